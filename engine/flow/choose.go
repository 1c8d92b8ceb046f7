package flow

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/store"
)

// choose finds the flow a submitted record takes: among the submit flows of its entity the first, by priority from high
// to low and then by name, whose where matches the completed record. nil if none does.
func (s *Service) choose(ctx context.Context, d *deciding) (*Plan, error) {
	cat := d.full.Catalog
	flows := submitFlows(cat, d.full.Entity.Name)
	if len(flows) == 0 {
		return nil, nil //nolint:nilnil // no flow is an answer
	}
	values, err := d.values(d.act.Values)
	if err != nil {
		return nil, err
	}
	for _, f := range flows {
		ok, err := s.takes(ctx, d, f, values)
		if err != nil {
			return nil, err
		}
		if ok {
			return s.plan(cat, f.Name), nil
		}
	}
	return nil, nil //nolint:nilnil // no flow is an answer
}

// submitFlows lists the flows a person starts by submitting a record of an entity.
func submitFlows(cat *def.Catalog, entity string) []*def.Flow {
	var flows []*def.Flow
	for _, f := range cat.Flows {
		if f.Entity == entity && submits(f.Start) {
			flows = append(flows, f)
		}
	}
	slices.SortFunc(flows, func(a, b *def.Flow) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Name, b.Name))
	})
	return flows
}

func submits(start *def.Start) bool {
	if start == nil {
		return true
	}
	return start.Schedule == "" && start.Webhook == "" && (len(start.On) == 0 || slices.Contains(start.On, "submit"))
}

// takes tells whether a flow's where matches the record with values.
func (s *Service) takes(ctx context.Context, d *deciding, f *def.Flow, values form.Values) (bool, error) {
	if len(f.Where) == 0 {
		return true, nil
	}
	where, err := access.ParseFilter(f.Where, d.full.Catalog, f.Entity)
	if err != nil {
		return false, fmt.Errorf("where of flow %s: %w", f.Name, err)
	}
	vars, err := s.config.Access.Vars(ctx, d.actor)
	if err != nil {
		return false, err
	}
	if where, err = query.Resolve(where, vars); err != nil {
		return false, fmt.Errorf("where of flow %s: %w", f.Name, err)
	}
	st, err := s.config.Stores(ctx, d.actor.Tenant)
	if err != nil {
		return false, err
	}
	follower := &access.Follower{
		Store: st, Catalog: d.full.Catalog,
		Rights: func(context.Context, string) (access.Rights, error) { return access.Rights{All: true}, nil },
	}
	if where, err = follower.Follow(ctx, where, d.full.Entity); err != nil {
		return false, fmt.Errorf("where of flow %s: %w", f.Name, err)
	}
	doc := store.Doc{
		ID: d.stored.ID, Rev: d.stored.Rev, State: d.stored.State, Values: values,
		CreatedBy: d.stored.CreatedBy, CreatedAt: d.stored.CreatedAt,
		UpdatedBy: d.stored.UpdatedBy, UpdatedAt: d.stored.UpdatedAt,
	}
	return query.Match(where, doc.Record()), nil
}
