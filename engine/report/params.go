package report

import (
	"fmt"
	"maps"
	"slices"

	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/record"
)

// paramsEntity is the name under which params are compiled as a record; no entity can be called so.
const paramsEntity = "$params"

// compileParams makes params a form: they are cleaned, defaulted and checked like the fields of a record. Nil for none.
func compileParams(catalog *def.Catalog, params map[string]*def.Field) (*form.Form, error) {
	if len(params) == 0 {
		return nil, nil //nolint:nilnil // no params is usual
	}
	entity := &def.Entity{Head: def.Head{Name: paramsEntity}, Type: "object", Properties: params}
	alone := &def.Catalog{
		Version: catalog.Version, Lang: catalog.Lang, Entities: map[string]*def.Entity{paramsEntity: entity}, Settings: catalog.Settings,
	}
	compiled, err := form.Compile(alone, paramsEntity, form.Layout{})
	if err != nil {
		return nil, fmt.Errorf("params: %w", err)
	}
	return compiled, nil
}

// params completes and checks what was given; a failure is *record.InvalidError. The result has no missing values.
func (r *request) params(of *form.Form, given map[string]any) (map[string]any, error) {
	if of == nil && len(given) > 0 {
		return nil, &record.InvalidError{Problems: unknownParams(given)}
	}
	if of == nil {
		return map[string]any{}, nil
	}
	result := of.Evaluate(form.Input{Values: maps.Clone(given), Context: form.Context{
		Event: form.Save, Now: r.now, Zone: r.zone, Actor: form.Actor{ID: r.actor.ID, Name: r.actor.Name},
	}})
	problems := slices.DeleteFunc(result.Problems, func(p form.Problem) bool { return p.Level == def.LevelWarning })
	if len(problems) > 0 {
		return nil, &record.InvalidError{Problems: problems}
	}
	return result.Values, nil
}

func unknownParams(given map[string]any) []form.Problem {
	var problems []form.Problem
	for _, name := range slices.Sorted(maps.Keys(given)) {
		problems = append(problems, form.Problem{Field: name, Code: "unknown_field", Level: def.LevelError})
	}
	return problems
}
