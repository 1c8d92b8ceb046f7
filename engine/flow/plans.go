package flow

import (
	"context"
	"errors"
	"fmt"

	"formwork/engine/def"
)

// planKey identifies a compiled flow; catalogs never change.
type planKey struct {
	catalog *def.Catalog
	flow    string
}

// maxPlans bounds the cache; beyond it everything is compiled anew.
const maxPlans = 2000

// plan gives the compiled flow of a catalog, nil if there is none of that name.
func (s *Service) plan(cat *def.Catalog, name string) *Plan {
	key := planKey{cat, name}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.plans[key]; ok {
		return p
	}
	f := cat.Flows[name]
	if f == nil {
		return nil
	}
	if len(s.plans) >= maxPlans {
		clear(s.plans)
	}
	p := compilePlan(cat, f) // a condition that broke suspends the run that meets it, not all of them
	s.plans[key] = p
	return p
}

// published gives a version of the definitions, "" for the one in force.
func (s *Service) published(ctx context.Context, tenant, version string) (*def.Catalog, error) {
	if version == "" {
		return s.config.Catalogs.Active(ctx, tenant)
	}
	return s.config.Catalogs.Version(ctx, tenant, version)
}

// errNoFlow is a run whose flow is not in the catalog it is pinned to.
var errNoFlow = errors.New("flow of a run not found")

// pinnedPlan gives the plan a run goes by: that of the catalog it started in.
func (s *Service) pinnedPlan(ctx context.Context, tenant string, st *State) (*Plan, error) {
	cat, err := s.config.Catalogs.Version(ctx, tenant, st.Catalog)
	if err != nil {
		return nil, fmt.Errorf("catalog of flow %s: %w", st.Name, err)
	}
	p := s.plan(cat, st.Name)
	if p == nil {
		return nil, fmt.Errorf("%w: %s in catalog %s", errNoFlow, st.Name, st.Catalog)
	}
	return p, nil
}
