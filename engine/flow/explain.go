package flow

import (
	"context"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/event"
	"formwork/engine/record"
)

// Explain tells why the last run on a record went where it went: which conditions held over which values, by which entry
// of its list each node found its people, which rule put others in their place or skipped somebody. Everything is as it
// was then: it is read from the events. Whoever may see the record may ask; reasons that rest on values he may not see
// are marked and left out, and values behind references are for administrators of the flow only. It fails with
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
	t := &tracer{plan: plan, state: &st, lang: actor.Lang}
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
	if actor.Admin || plan.Admin(dir, actor.ID) {
		return func(string) bool { return false }, dir.err
	}
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
			return true // of another record
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
