package flow

import (
	"context"
	"slices"

	"formwork/engine/def"
)

// Rehearse plays a flow of a catalog that is to be published with the company's people: its saved scenarios, and when
// it is changed a dry run over everybody. What it finds are errors and warnings like those of Lint.
func (s *Service) Rehearse(ctx context.Context, tenant string, cat *def.Catalog, f *def.Flow, changed bool) ([]def.Problem, error) { //nolint:revive // changed is a fact about the flow
	var found []def.Problem
	if changed {
		var err error
		if found, err = s.LintPeople(ctx, tenant, cat, f); err != nil {
			return nil, err
		}
		outward, err := s.LintOutward(ctx, tenant, cat, f)
		if err != nil {
			return nil, err
		}
		found = append(found, outward...)
	}
	if slices.ContainsFunc(found, func(p def.Problem) bool { return p.Level == levelError }) {
		return found, nil
	}
	scenarios, err := s.LintScenarios(ctx, tenant, cat, f)
	return append(found, scenarios...), err
}
