package builder

import (
	"context"
	"fmt"
	"slices"

	"formwork/engine/def"
)

// Drafted gives the catalog that would be published, and everything a check finds about it. The catalog is nil while
// the draft does not compile. Without a draft it is the one in force, compiled anew.
func (b *Builder) Drafted(ctx context.Context, tenant string) (*def.Catalog, []def.Problem, error) {
	active, err := b.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return nil, nil, err
	}
	draft, err := b.apply(ctx, tenant, active)
	if err != nil {
		return nil, nil, err
	}
	catalog, problems, err := b.examine(ctx, tenant, draft, active)
	return catalog, sorted(problems), err
}

// examine compiles definitions and gives everything that stands against publishing them: what is wrong with them, what
// stored records and those in force say to them, and how their flows play. The catalog is nil if they do not compile.
func (b *Builder) examine(ctx context.Context, tenant string, draft drafted, active *def.Catalog) (*def.Catalog, []def.Problem, error) {
	catalog, problems := b.compile(draft.definitions, active)
	problems = append(draft.problems, problems...)
	if catalog != nil {
		found, err := b.approvalImpact(ctx, tenant, active, catalog)
		if err != nil {
			return nil, nil, err
		}
		problems = append(problems, found...)
	}
	rehearsed, err := b.rehearse(ctx, tenant, catalog, active, problems)
	return catalog, append(problems, rehearsed...), err
}

// rehearse plays the flows of a catalog with the company's people: those that differ from the ones in force, and the
// scenarios saved with any. A catalog with errors is not played.
func (b *Builder) rehearse(ctx context.Context, tenant string, catalog, active *def.Catalog, problems []def.Problem) ([]def.Problem, error) {
	if catalog == nil || b.config.Rehearse == nil || slices.ContainsFunc(problems, isError) {
		return nil, nil
	}
	var found []def.Problem
	for _, name := range sortedKeys(catalog.Flows) {
		f := catalog.Flows[name]
		ref := def.Ref{Kind: def.KindFlow, Name: name}.String()
		changed := catalog.Manifest[ref] != active.Manifest[ref]
		if !changed && len(f.Scenarios) == 0 {
			continue
		}
		played, err := b.config.Rehearse(ctx, tenant, catalog, f, changed)
		if err != nil {
			return nil, fmt.Errorf("rehearse flow %s: %w", name, err)
		}
		found = append(found, played...)
	}
	return found, nil
}
