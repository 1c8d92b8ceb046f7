package flow

import (
	"context"
	"errors"
	"fmt"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/record"
)

// place is where somebody stands to a run: whether he takes part in it or in an earlier one on the record, and which paths
// the nodes he stands at hide from him.
type place struct {
	part   bool
	hidden func(path string) bool
}

// placeOf finds out where somebody stands to the run on a loaded record. Who took part in an earlier run only stands where
// that left him, unless he reads by his grants anyway.
func (s *Service) placeOf(ctx context.Context, actor access.Actor, full *record.Full, at *standing) (place, error) {
	now := s.config.Clock()
	p := place{hidden: at.plan.Hidden(at.state, at.dir, actor.ID, now), part: at.plan.MayView(at.state, at.dir, actor.ID, now)}
	if p.part || at.dir.err != nil {
		return p, at.dir.err
	}
	rights, err := s.config.Access.Rights(ctx, actor, full.Record.Entity, access.Read)
	if err != nil || full.Admits(rights) {
		return p, err
	}
	nodes, err := s.cards(ctx, actor, full)
	if errors.Is(err, record.ErrNotFound) {
		return p, nil
	}
	return place{part: true, hidden: hiddenAt(nodes)}, err
}

// standing is a run with its flow and the people around it.
type standing struct {
	plan  *Plan
	state *State
	dir   *directory
}

// cards gives the nodes of what earlier runs left in somebody's task list: what he handled and was copied then, he may
// still read. record.ErrNotFound if there is nothing, or nobody knows any more what those nodes hide.
func (s *Service) cards(ctx context.Context, actor access.Actor, full *record.Full) ([]*node, error) {
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	cat, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	page, err := st.Find(ctx, query.Query{Collection: def.EntityTask, Limit: maxCards, Where: query.AllOf(
		taskField("record", def.TypeText, full.Record.ID), taskField("entity", def.TypeText, full.Record.Entity),
		taskField("user", def.TypeUser, actor.ID),
	)})
	if err != nil {
		return nil, fmt.Errorf("entries of %s about %s: %w", actor.ID, full.Record.ID, err)
	}
	var nodes []*node
	for i := range page.Docs {
		values := page.Docs[i].Values
		tab, name, plan := textOf(values, "tab"), textOf(values, "node"), s.plan(cat, textOf(values, "flow"))
		if (tab == TabCC || tab == TabHandled) && plan != nil && (name == "" || plan.nodes[name] != nil) {
			nodes = append(nodes, plan.copiedAt(name))
		}
	}
	if len(nodes) == 0 {
		return nil, record.ErrNotFound
	}
	return nodes, nil
}

// maxCards is how many entries about one record are looked at.
const maxCards = 100
