package access

import (
	"context"
	"slices"
)

// Dataset tells whether an actor may run (Read) or export (Export) a dataset. Which rows and fields count for him is
// decided by his rights on the entities it is made from.
func (s *Service) Dataset(ctx context.Context, actor Actor, dataset string, action Action) (bool, error) {
	if actor.System || actor.Admin {
		return true, nil
	}
	p, err := s.policy(ctx, actor.Tenant)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(p.closure(actor.Roles), func(name string) bool {
		r := p.roles[name]
		return r != nil && slices.ContainsFunc(r.grants, func(g *grant) bool {
			return slices.Contains(g.datasets, dataset) && g.actions[action]
		})
	}), nil
}
