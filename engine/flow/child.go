package flow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/record"
)

// A called flow with people runs on a record of its own entity, made of the mapped fields: people need a form to decide
// over. One without people is a flow_run with the mapped fields as its data. Parent and child tell each other by effects,
// so that either may be asked again after a crash; a child's id follows from its parent, node, round and index.

// childID is the id of a called run.
func childID(at target, node string, round, index int) string {
	return derivedID("call", at.entity, at.id, node, strconv.Itoa(round), strconv.Itoa(index))
}

// people tells whether a flow asks anybody.
func hasPeople(nodes []*def.Node) bool {
	for _, n := range nodes {
		if n.Type == def.NodeApprove || n.Type == def.NodeHandle || n.Type == def.NodeCC {
			return true
		}
		for _, b := range n.Branches {
			if hasPeople(b.Nodes) {
				return true
			}
		}
	}
	return false
}

// childEntity is where the runs of a called flow are.
func childEntity(f *def.Flow) string {
	if f.Entity != "" && hasPeople(f.Nodes) {
		return f.Entity
	}
	return def.EntityRun
}

// call starts a child, unless its parent has given up waiting for it.
func (d *delivery) call(ctx context.Context, e *Effect) error {
	_, active, waits := d.state.calling(e.Node, e.Round)
	if e.Parent != nil && (!waits || !active.awaits(e.Index)) {
		return nil
	}
	s := d.service
	cat, err := s.config.Catalogs.Active(ctx, d.run.tenant)
	if err != nil {
		return err
	}
	f := cat.Flows[e.Flow]
	if f == nil {
		return fmt.Errorf("call %s: %w", e.Flow, errNoFlow)
	}
	id := childID(d.run.at, e.Node, e.Round, e.Index)
	begin := beginning{initiator: d.state.Initiator, depth: d.state.Depth}
	if e.Parent != nil {
		parent := *e.Parent
		parent.Entity, parent.Record = d.run.at.entity, d.run.at.id
		begin.parent = &parent
	}
	if childEntity(f) == def.EntityRun {
		_, err := s.startRun(ctx, d.run.tenant, &newRun{id: id, flow: e.Flow, trigger: "call", data: e.Values, at: e.At, begin: begin})
		return ignoreUsed(err)
	}
	return ignoreUsed(d.callOnRecord(ctx, e, f, id, begin))
}

// ignoreUsed takes a child that is there already, whatever it was made of, for this one: its id names it.
func ignoreUsed(err error) error {
	if errors.Is(err, record.ErrIdempotencyConflict) {
		return nil
	}
	return err
}

// callOnRecord makes a record of the mapped fields and starts the called flow on it.
func (d *delivery) callOnRecord(ctx context.Context, e *Effect, f *def.Flow, id string, begin beginning) error {
	s, actor := d.service, d.actor(e)
	values := e.Values
	if values == nil {
		values = form.Values{}
	}
	full, _, err := s.config.Records.CreateFull(ctx, actor, f.Entity, record.CreateInput{
		ID: id, Values: values,
		Change: func(stored record.Record, full *record.Full) (record.Change, error) {
			c := &deciding{service: s, ctx: ctx, actor: actor, act: Act{Verb: Start, begin: &begin}, stored: stored, full: full}
			plan := s.plan(full.Catalog, f.Name)
			if plan == nil {
				return record.Change{}, fmt.Errorf("call %s: %w", f.Name, errNoFlow)
			}
			return c.step(plan)
		},
	})
	if err != nil {
		return fmt.Errorf("call %s: %w", f.Name, err)
	}
	_, _, err = s.settled(ctx, actor.Tenant, full)
	return err
}

// cancelChildren ends the children of a node that nobody waits for any more.
func (d *delivery) cancelChildren(ctx context.Context, e *Effect) error {
	pinned, err := d.service.config.Catalogs.Version(ctx, d.run.tenant, d.state.Catalog)
	if err != nil {
		return err
	}
	active, err := d.service.config.Catalogs.Active(ctx, d.run.tenant)
	if err != nil {
		return err
	}
	name := e.Flow
	if plan := d.service.plan(pinned, d.state.Name); name == "" && plan != nil && plan.nodes[e.Node] != nil {
		name = plan.nodes[e.Node].Flow // written by an older version
	}
	for _, entity := range childEntities(name, pinned, active) {
		for _, index := range e.Kids {
			at := target{entity: entity, id: childID(d.run.at, e.Node, e.Round, index)}
			if err := d.service.end(ctx, d.run.tenant, at, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// childEntities lists where the runs of a called flow may be. The versions of the definitions may say different things of
// it, or nothing any more, since it was called: then its runs may be wherever people decide, or without a record.
func childEntities(name string, cats ...*def.Catalog) []string {
	var entities []string
	add := func(entity string) {
		if !slices.Contains(entities, entity) {
			entities = append(entities, entity)
		}
	}
	for _, cat := range cats {
		if f := cat.Flows[name]; f != nil {
			add(childEntity(f))
			continue
		}
		add(def.EntityRun)
		for _, entity := range slices.Sorted(maps.Keys(cat.Entities)) {
			if cat.Entities[entity].Approval {
				add(entity)
			}
		}
	}
	return entities
}

// end ends a run that is not wanted any more, whatever state it is in.
func (s *Service) end(ctx context.Context, tenant string, at target, _ *Effect) error {
	_, _, err := s.act(ctx, engineActor(tenant), at, Act{Verb: Cancel})
	var refused *Refused
	if errors.As(err, &refused) { // suspended or withdrawn: what lies still cannot be cancelled
		_, _, err = s.act(ctx, engineActor(tenant), at, Act{Verb: Terminate})
	}
	if errors.As(err, &refused) || errors.Is(err, record.ErrNotFound) {
		return nil // it has ended, or never began
	}
	return err
}

// tellParent gives a child's result to the run that called it.
func (d *delivery) tellParent(ctx context.Context, e *Effect) error {
	at := target{entity: e.Parent.Entity, id: e.Parent.Record}
	act := Act{Verb: ChildEnded, ended: &ending{parent: *e.Parent, status: e.Status, values: e.Values}}
	_, _, err := d.service.act(ctx, engineActor(d.run.tenant), at, act)
	if errors.Is(err, record.ErrNotFound) {
		return nil
	}
	return err
}
