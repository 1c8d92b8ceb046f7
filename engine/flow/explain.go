package flow

import (
	"context"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/record"
)

// Explain tells why the last run on a record went where it went: which conditions held over which values, by which entry
// of its list each node found its people, which rule put others in their place or skipped somebody. Everything is as it
// was then: it is read from the events. Whoever may see the record may ask; reasons that rest on values he may not see
// are marked and left out. It fails with
// record.ErrNotFound if no flow ran on the record, or he may not see it.
func (s *Service) Explain(ctx context.Context, actor access.Actor, entity, id string) (Trace, error) {
	shown, err := s.Record(ctx, actor, entity, id)
	if err != nil {
		return Trace{}, err
	}
	full, err := s.config.Records.Load(ctx, actor.Tenant, entity, id)
	if err != nil {
		return Trace{}, err
	}
	st, err := decodeState(full.Record.Flow)
	if err != nil {
		return Trace{}, err
	}
	if st.Status == "" {
		return Trace{}, record.ErrNotFound
	}
	plan, err := s.pinnedPlan(ctx, actor.Tenant, &st)
	if err != nil {
		return Trace{}, err
	}
	events, err := s.eventsOf(ctx, actor.Tenant, entity, id)
	if err != nil {
		return Trace{}, err
	}
	t := &tracer{plan: plan, cat: full.Catalog, state: &st, lang: actor.Lang, read: &readings{cat: full.Catalog, entity: full.Entity, lang: actor.Lang}}
	if t.facts, err = readFacts(events); err != nil {
		return Trace{}, err
	}
	if t.hidden, err = s.unseen(ctx, actor, plan, full, shown); err != nil {
		return Trace{}, err
	}
	if t.names, err = s.names(ctx, actor.Tenant, t.people()); err != nil {
		return Trace{}, err
	}
	return t.trace(), nil
}

// unseen tells which paths of a record somebody may not see in an explanation.
func (s *Service) unseen(ctx context.Context, actor access.Actor, plan *Plan, full *record.Full, shown record.Record) (func(path string) bool, error) {
	full.Actor = actor
	dir, err := s.newDirectory(ctx, actor.Tenant, full)
	if err != nil {
		return nil, err
	}
	dir.flow = plan.Flow.Name
	if actor.Admin {
		return func(string) bool { return false }, dir.err
	}
	byGrants := s.concealed(ctx, actor, full.Catalog, full.Entity)
	st, err := decodeState(full.Record.Flow)
	if err != nil {
		return nil, err
	}
	byNode := plan.Hidden(&st, dir, actor.ID, s.config.Clock())
	if dir.err != nil {
		return nil, dir.err
	}
	return func(path string) bool {
		first, _, further := strings.Cut(path, ".")
		field, known := full.Entity.Field(first)
		if further && (!known || !field.IsTable()) {
			return byGrants(path)
		}
		return byNode(path) || !s.readable(ctx, actor, shown, first)
	}, nil
}

// readable tells whether somebody may read a field of a record in full, whatever its value.
func (s *Service) readable(ctx context.Context, actor access.Actor, shown record.Record, field string) bool {
	if _, there := shown.Values[field]; there {
		return !slices.Contains(shown.Masked, field)
	}
	probe := []event.Change{{Field: field, From: "a", To: "b"}}
	seen, err := s.config.Records.Changes(ctx, actor, shown.Entity, shown.ID, probe)
	return err == nil && len(seen) == 1 && seen[0].To == "b"
}

// Administers tells whether somebody administers a flow: by its own list, or as an administrator of the company.
func (s *Service) Administers(ctx context.Context, actor access.Actor, f *def.Flow) (bool, error) {
	if actor.Admin || actor.System {
		return true, nil
	}
	for _, who := range adminsOf(f) {
		kind, name, _ := cutWho(who)
		if kind == "user" && name == actor.ID {
			return true, nil
		}
		if kind != "role" {
			continue
		}
		if holds, err := s.config.Access.Holds(ctx, actor, name); err != nil || holds {
			return holds, err
		}
	}
	return false, nil
}

// concealed tells which paths of an entity somebody may not see in any record, or, behind references, not in all. The
// values of the record itself are looked at by whoever has one.
func (s *Service) concealed(ctx context.Context, actor access.Actor, cat *def.Catalog, entity *def.Entity) func(path string) bool {
	return func(path string) bool {
		at := entity
		names := strings.Split(path, ".")
		for i := 0; i < len(names); i++ {
			field, ok := at.Field(names[i])
			if !ok {
				return false // a system field
			}
			if field.IsTable() {
				names, i = []string{strings.Join(names[i:], ".")}, 0
			}
			if !s.shows(ctx, actor, at.Name, names[i], at == entity) {
				return true
			}
			if at = cat.Entities[field.Target()]; at == nil {
				break
			}
		}
		return false
	}
}

// shows tells whether somebody's grants show a field: in some records, or in every one.
func (s *Service) shows(ctx context.Context, actor access.Actor, entity, path string, anywhere bool) bool { //nolint:revive // anywhere: in which records
	rights, err := s.config.Access.Rights(ctx, actor, entity, access.Read)
	if err != nil {
		return false // in doubt nothing is shown
	}
	if anywhere {
		return rights.Anywhere().Shows(path)
	}
	everywhere := access.Rights{All: rights.All}
	for _, grant := range rights.Grants {
		if grant.Where == nil {
			everywhere.Grants = append(everywhere.Grants, grant)
		}
	}
	return everywhere.Anywhere().Shows(path)
}
