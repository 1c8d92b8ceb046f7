package api

import (
	"maps"

	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/notify"
)

// tellFlow adds what a flow needs to be told in words, as some catalogs have it.
func (s *server) tellFlow(r *request, catalogs []*def.Catalog, name string, answer *flowAnswer) error {
	for _, of := range catalogs {
		if err := s.readFlow(r, of, name, answer); err != nil {
			return err
		}
	}
	var err error
	answer.Targets, err = s.webhookTargets(r)
	return err
}

// webhookTargets tells where the webhooks go that are switched on, by name.
func (s *server) webhookTargets(r *request) (map[string]string, error) {
	channels, err := s.Engine.Notify.Channels(r.ctx, r.actor.Tenant)
	if err != nil {
		return nil, err
	}
	targets := map[string]string{}
	for i := range channels {
		if c := &channels[i]; c.Kind == notify.Webhook && c.Enabled {
			targets[c.Name] = c.Target
		}
	}
	return targets, nil
}

// readFlow adds the readings of a catalog's flow, if there is one; what its nodes do is told as the last catalog has it.
func (s *server) readFlow(r *request, cat *def.Catalog, name string, answer *flowAnswer) error {
	if cat == nil || cat.Flows[name] == nil {
		return nil
	}
	var err error
	if answer.Doings, err = s.Engine.Flows.Doings(r.ctx, r.actor.Tenant, cat, cat.Flows[name], r.actor.Lang); err != nil {
		return err
	}
	return s.readConditions(r, cat, cat.Flows[name], answer.Readings)
}

// readConditions adds the readings of a flow's conditions, as a catalog names what they read.
func (s *server) readConditions(r *request, cat *def.Catalog, f *def.Flow, into map[string]flow.Reading) error {
	readings, err := s.Engine.Flows.Readings(r.ctx, r.actor.Tenant, cat, f, r.actor.Lang)
	maps.Copy(into, readings)
	return err
}
