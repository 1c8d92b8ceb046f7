package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/record"
)

// Button is a flow a person may start on a record he looks at.
type Button struct {
	Flow  string `json:"flow"`
	Title string `json:"title"`
}

// Buttons lists the flows the actor may start on a record: those whose where admits it, for whoever may change it and has
// one of the roles the flow names.
func (s *Service) Buttons(ctx context.Context, actor access.Actor, entity, id string) ([]Button, error) {
	full, err := s.seen(ctx, actor, entity, id)
	if err != nil {
		return nil, err
	}
	buttons := []Button{}
	cat, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(cat.Flows)) {
		ok, err := s.mayPress(ctx, actor, cat, cat.Flows[name], full)
		if err != nil {
			return nil, err
		}
		if ok {
			buttons = append(buttons, Button{Flow: name, Title: cat.Flows[name].Label(actor.Lang)})
		}
	}
	return buttons, nil
}

// seen loads a record the actor may see, in his name.
func (s *Service) seen(ctx context.Context, actor access.Actor, entity, id string) (*record.Full, error) {
	if _, err := s.Record(ctx, actor, entity, id); err != nil {
		return nil, err
	}
	return s.config.Records.LoadAs(ctx, actor, entity, id)
}

func (s *Service) mayPress(ctx context.Context, actor access.Actor, cat *def.Catalog, f *def.Flow, full *record.Full) (bool, error) {
	entity := full.Record.Entity
	if f == nil || f.Start == nil || !slices.Contains(f.Start.On, onButton) || first(f.Start.Entity, f.Entity) != entity {
		return false, nil
	}
	if len(f.Start.Roles) > 0 && !actor.Admin {
		held := false
		for _, role := range f.Start.Roles {
			has, err := full.HasRole(ctx, role)
			if err != nil {
				return false, err
			}
			held = held || has
		}
		if !held {
			return false, nil
		}
	} else if may, err := full.May(ctx, access.Update); err != nil || !may {
		return false, err
	}
	return s.admits(ctx, actor.Tenant, cat, f.Start.Where, &full.Record)
}

// Press starts a flow on a record. key is the Idempotency-Key: pressing twice with one starts it once; "" is never the
// same. It gives the id of the run.
func (s *Service) Press(ctx context.Context, actor access.Actor, at [2]string, flow, key string) (string, error) {
	full, err := s.seen(ctx, actor, at[0], at[1])
	if err != nil {
		return "", err
	}
	cat, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return "", err
	}
	ok, err := s.mayPress(ctx, actor, cat, cat.Flows[flow], full)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", fmt.Errorf("start %s: %w", flow, record.ErrForbidden)
	}
	now := s.config.Clock()
	if key == "" {
		key = wireStamp(now) + fmt.Sprint(full.Record.Rev)
	}
	n := newRun{
		id: derivedID("button", flow, at[0], at[1], actor.ID, key), flow: flow, trigger: onButton,
		about: target{entity: at[0], id: at[1]}, at: now, begin: beginning{initiator: s.whoDid(ctx, actor.Tenant, actor.ID)},
	}
	if known, err := s.known(ctx, actor.Tenant, n.id); known || err != nil {
		return n.id, err
	}
	_, err = s.startRun(ctx, actor.Tenant, &n)
	return n.id, err
}

// known tells whether a run exists.
func (s *Service) known(ctx context.Context, tenant, id string) (bool, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return false, err
	}
	docs, err := st.Get(ctx, def.EntityRun, id)
	return len(docs) > 0, err
}
