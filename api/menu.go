package api

import (
	"formwork/engine"
	"formwork/engine/def"
)

type (
	menuAnswer struct {
		Items []*engine.MenuItem `json:"items"`
		Flows bool               `json:"flows"` // the reader administers flows
	}
	bundleParams struct {
		Entity string `path:"entity"`
		Form   string `query:"form"`
		Device string `query:"device" enum:"desk,phone"`
		Task   string `query:"task" description:"id of an open task of yours: its node's field rights apply"`
	}
)

func (s *server) getMenu(r *request) error {
	items, err := s.Engine.Menu(r.ctx, r.actor)
	if err != nil {
		return err
	}
	flows, err := s.administersAny(r)
	if err != nil {
		return err
	}
	return r.JSON(menuAnswer{Items: items, Flows: flows})
}

func (s *server) getBundle(r *request) error {
	var p bundleParams
	if err := r.bind(&p); err != nil {
		return err
	}
	bundle, err := s.Engine.Bundle(r.ctx, r.actor, p.Entity, engine.BundleInput{Device: p.Device, Form: p.Form, Task: p.Task})
	if err != nil {
		return err
	}
	return r.JSON(bundle)
}

func (s *server) getSchema(r *request) error {
	catalog, err := s.Engine.Catalogs.Active(r.ctx, r.actor.Tenant)
	if err != nil {
		return err
	}
	entity, ok := catalog.Entity(r.Params("entity"))
	if !ok {
		return errNotFound
	}
	rights, err := s.Engine.Records.Rights(r.ctx, r.actor, entity.Name)
	if err != nil {
		return err
	}
	if len(rights.Actions) == 0 {
		return errNotFound
	}
	shown := entity.Resolved(func(path string) bool { _, ok := rights.Fields[path]; return ok })
	r.Set("Content-Type", "application/schema+json")
	return r.Send(def.PortableSchema(shown))
}
