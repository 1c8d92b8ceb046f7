package builder

import (
	"context"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/form"
)

// Check compiles the draft over the catalog in force and gives everything that stands against publishing it: problems
// of level error block, those of level warning need a tick.
func (b *Builder) Check(ctx context.Context, tenant string) ([]def.Problem, error) {
	_, problems, err := b.Drafted(ctx, tenant)
	return problems, err
}

// compile makes a catalog of definitions and checks it, alone and against the one in force.
func (b *Builder) compile(definitions def.Definitions, active *def.Catalog) (*def.Catalog, []def.Problem) {
	catalog, problems := def.Compile(definitions, active.Lang)
	if len(problems) > 0 {
		return nil, problems
	}
	problems = def.Check(catalog)
	problems = append(problems, checkFilters(catalog)...)
	for _, name := range sortedKeys(catalog.Flows) {
		problems = append(problems, b.config.Lint(catalog, catalog.Flows[name])...)
	}
	problems = append(problems, impact(active, catalog)...)
	if !slices.ContainsFunc(problems, isError) {
		problems = append(problems, checkForms(catalog)...)
	}
	return catalog, sorted(problems)
}

// checkForms compiles the record logic of every entity and form as the engine will: whatever it refuses must not be
// published.
func checkForms(catalog *def.Catalog) []def.Problem {
	var problems []def.Problem
	refuse := func(ref def.Ref, err error) {
		problems = append(problems, def.Problem{Ref: ref.String(), Code: "form", Level: def.LevelError, Params: map[string]any{"error": err.Error()}})
	}
	for _, name := range sortedKeys(catalog.Entities) {
		if _, err := form.Compile(catalog, name, form.Layout{}); err != nil {
			refuse(def.Ref{Kind: def.KindEntity, Name: name}, err)
		}
	}
	for _, name := range sortedKeys(catalog.Forms) {
		layout := catalog.Forms[name]
		if _, err := form.Compile(catalog, layout.Entity, form.Layout{Form: layout}); err != nil {
			refuse(def.Ref{Kind: def.KindForm, Name: name}, err)
		}
	}
	return problems
}

func isError(p def.Problem) bool { return p.Level != def.LevelWarning }

// sorted orders problems by definition and place; errors before warnings.
func sorted(problems []def.Problem) []def.Problem {
	key := func(p def.Problem) string { return p.Level + "\x00" + p.Ref + "\x00" + p.Path + "\x00" + p.Code }
	slices.SortStableFunc(problems, func(a, b def.Problem) int { return strings.Compare(key(a), key(b)) })
	return problems
}
