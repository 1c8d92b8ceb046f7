package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// What starts a flow by itself; see def.Start.
const (
	onCreated  = "created"
	onUpdated  = "updated"
	onApproved = "approved"
	onVoided   = "voided"
	onDeleted  = "deleted"
	onButton   = "button"
	onCall     = "call"
	onSchedule = "schedule"
	onWebhook  = "webhook"
)

// triggers is the name under which automations follow the event logs.
const triggers = "flow_triggers"

// schedules keeps when each scheduled flow ran last.
const schedules = "flow_schedule"

// triggered follows a tenant's log for automations: it starts the flows events set off, has waits looked at again when
// their record changed, and has postings reversed when it was voided. All of it may be done twice.
func (s *Service) triggered(ctx context.Context, tenant string, events []store.Event) error {
	cat, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Hash == "" || def.IsEngines(e.Entity) {
			continue
		}
		var written event.Written
		switch e.Type {
		case event.TypeCreated, event.TypeUpdated, event.TypeVoided, event.TypeDeleted:
			if written, err = event.Decode(e.Data); err != nil {
				return err
			}
		default:
			continue
		}
		if err := s.react(ctx, tenant, cat, e, &written); err != nil {
			return fmt.Errorf("automations of %s/%s: %w", e.Entity, e.Record, err)
		}
	}
	return nil
}

// Automate hands what was written after an event to the automations, as Follow does with time, and gives the number of the
// last event; for tests whose clock stands still, as DeliverQueued.
func (s *Service) Automate(ctx context.Context, tenant string, after int64) (int64, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return after, fmt.Errorf("automations of %s: %w", tenant, err)
	}
	for {
		events, err := st.Events(ctx, after, automated)
		if err != nil {
			return after, fmt.Errorf("events after %d: %w", after, err)
		}
		if len(events) == 0 {
			return after, nil
		}
		if err := s.triggered(ctx, tenant, events); err != nil {
			return after, err
		}
		after = events[len(events)-1].Seq
	}
}

// automated is how many events Automate takes at once.
const automated = 500

// react does what one written event means for automations.
func (s *Service) react(ctx context.Context, tenant string, cat *def.Catalog, e store.Event, written *event.Written) error {
	at := target{entity: e.Entity, id: e.Record}
	for _, kind := range kindsOf(e, written) {
		for _, f := range triggeredBy(cat, e.Entity, kind) {
			n := &newRun{
				id:   derivedID("run", f.Name, at.entity, at.id, strconv.FormatInt(e.Rev, 10), kind),
				flow: f.Name, trigger: kind, about: at, at: e.At,
				begin: beginning{initiator: s.whoDid(ctx, tenant, e.Actor), depth: parseCause(written.Cause).depth},
			}
			if err := s.trigger(ctx, tenant, cat, n); err != nil {
				return err
			}
		}
	}
	switch {
	case e.Type == event.TypeVoided:
		return s.eachRun(ctx, tenant, at, Act{Verb: Reverse})
	case e.Type == event.TypeUpdated && len(written.Changes) > 0 && waitsFor(cat):
		return s.eachRun(ctx, tenant, at, Act{Verb: Recheck})
	}
	return nil
}

// kindsOf says what an event is to triggers: a record that is approved when it is made is both.
func kindsOf(e store.Event, w *event.Written) []string {
	var kinds []string
	switch {
	case e.Type == event.TypeCreated:
		kinds = append(kinds, onCreated)
	case e.Type == event.TypeVoided:
		return []string{onVoided}
	case e.Type == event.TypeDeleted:
		return []string{onDeleted}
	case len(w.Changes) > 0:
		kinds = append(kinds, onUpdated)
	}
	if w.State != nil && w.State.To == string(Approved) {
		kinds = append(kinds, onApproved)
	}
	return kinds
}

// triggeredBy lists the flows a kind of event of an entity sets off, by name.
func triggeredBy(cat *def.Catalog, entity, kind string) []*def.Flow {
	var flows []*def.Flow
	for _, name := range slices.Sorted(maps.Keys(cat.Flows)) {
		f := cat.Flows[name]
		if f.Start != nil && slices.Contains(f.Start.On, kind) && first(f.Start.Entity, f.Entity) == entity {
			flows = append(flows, f)
		}
	}
	return flows
}

// waitsFor tells whether any flow waits for something its record says.
func waitsFor(cat *def.Catalog) bool {
	var waits func([]*def.Node) bool
	waits = func(nodes []*def.Node) bool {
		return slices.ContainsFunc(nodes, func(n *def.Node) bool {
			return n.Until != "" || slices.ContainsFunc(n.Branches, func(b *def.Branch) bool { return waits(b.Nodes) })
		})
	}
	for _, f := range cat.Flows {
		if waits(f.Nodes) {
			return true
		}
	}
	return false
}

// trigger starts a run for an event, if the flow's where admits the record as it is now. A record in the recycle bin
// sets off only what its deletion does.
func (s *Service) trigger(ctx context.Context, tenant string, cat *def.Catalog, n *newRun) error {
	full, err := s.config.Records.Load(ctx, tenant, n.about.entity, n.about.id)
	if errors.Is(err, record.ErrNotFound) || err == nil && full.Record.Deleted && n.trigger != onDeleted {
		return nil
	}
	if err != nil {
		return err
	}
	ok, err := s.admits(ctx, tenant, cat, cat.Flows[n.flow].Start.Where, &full.Record)
	if err != nil || !ok {
		return err
	}
	_, err = s.startRun(ctx, tenant, n)
	if errors.Is(err, record.ErrIdempotencyConflict) {
		return nil // it was started before under another title
	}
	if err != nil {
		if _, _, permanent := failureOf(err); permanent { // it must not keep other events from being looked at
			s.config.Log.ErrorContext(ctx, "automation could not start", "tenant", tenant, "flow", n.flow,
				"entity", n.about.entity, "record", n.about.id, "error", err)
			return nil
		}
	}
	return err
}

// prepareAutomation creates the collections of schedules and hooks.
func (s *Service) prepareAutomation(ctx context.Context, tenant string, st store.Store) error {
	key := tenant + "/automation"
	if known, ok := s.ready.Load(key); ok && known == st {
		return nil
	}
	err := st.Ensure(ctx,
		store.Collection{Name: schedules, Fields: []store.Field{{Path: "last", Type: def.TypeDateTime}, {Path: "cron", Type: def.TypeText}}},
		hookShape,
	)
	if err != nil {
		return fmt.Errorf("automations of %s: %w", tenant, err)
	}
	s.ready.Store(key, st)
	return nil
}

// whoDid is the person an event is of; the zero Person for the engine.
func (s *Service) whoDid(ctx context.Context, tenant, id string) Person {
	if id == "" || id == systemName {
		return Person{}
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return Person{ID: id}
	}
	docs, err := st.Get(ctx, def.EntityUser, id)
	if err != nil || len(docs) == 0 {
		return Person{ID: id}
	}
	return Person{ID: id, Name: textOf(docs[0].Values, "name"), Department: textOf(docs[0].Values, "department")}
}

// admits tells whether a filter of a definition matches a record, with the engine's eyes. No filter matches all.
func (s *Service) admits(ctx context.Context, tenant string, cat *def.Catalog, raw json.RawMessage, rec *record.Record) (bool, error) {
	if len(raw) == 0 {
		return true, nil
	}
	entity := rec.Entity
	where, err := access.ParseFilter(raw, cat, entity)
	if err != nil {
		return false, fmt.Errorf("filter over %s: %w", entity, err)
	}
	vars, err := s.config.Access.Vars(ctx, engineActor(tenant))
	if err != nil {
		return false, err
	}
	if where, err = query.Resolve(where, vars); err != nil {
		return false, fmt.Errorf("filter over %s: %w", entity, err)
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return false, err
	}
	if where, err = s.follower(st, cat).Follow(ctx, where, cat.Entities[entity]); err != nil {
		return false, fmt.Errorf("filter over %s: %w", entity, err)
	}
	doc := store.Doc{
		ID: rec.ID, Rev: rec.Rev, State: rec.State, Values: rec.Values, CreatedBy: rec.CreatedBy, CreatedAt: rec.CreatedAt,
		UpdatedBy: rec.UpdatedBy, UpdatedAt: rec.UpdatedAt,
	}
	return query.Match(where, doc.Record()), nil
}

// eachRun gives a command of the engine to the run on a record and to those about it.
func (s *Service) eachRun(ctx context.Context, tenant string, at target, act Act) error {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return err
	}
	runs := []target{at}
	after := ""
	for {
		page, err := st.Find(ctx, query.Query{
			Collection: def.EntityRun, Where: aboutRecord(at), Fields: []string{"trigger"}, Limit: maxDue, After: after,
		})
		if err != nil {
			return fmt.Errorf("runs about %s/%s: %w", at.entity, at.id, err)
		}
		for _, doc := range page.Docs {
			if act.Verb == Reverse && doc.Values["trigger"] == onVoided {
				continue // what a void set off stays
			}
			runs = append(runs, target{entity: def.EntityRun, id: doc.ID})
		}
		if after = page.Next; after == "" {
			break
		}
	}
	for _, run := range runs {
		_, _, err := s.act(ctx, engineActor(tenant), run, act)
		var refused *Refused
		var invalid *record.InvalidError
		switch {
		case err == nil, errors.As(err, &refused), errors.Is(err, record.ErrNotFound):
		case errors.As(err, &invalid): // it must keep no other event waiting: its deadline, at midnight, tells the admins
			s.config.Log.WarnContext(ctx, "what comes after a wait is refused", "tenant", tenant, "entity", run.entity,
				"record", run.id, "error", err)
		default:
			return err
		}
	}
	return nil
}

func aboutRecord(at target) *query.Filter {
	return query.AllOf(taskField("record", def.TypeText, at.id), taskField("entity", def.TypeText, at.entity))
}

// RunSchedules starts the scheduled flows of a tenant whose time has come. What was missed while nobody was there is
// caught up once, by the last time that was missed. It may run in several processes at once.
func (s *Service) RunSchedules(ctx context.Context, tenant string) (started int, err error) {
	cat, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, name := range slices.Sorted(maps.Keys(cat.Flows)) {
		f := cat.Flows[name]
		if f.Start == nil || f.Start.Schedule == "" {
			continue
		}
		ran, err := s.runSchedule(ctx, tenant, f)
		if err != nil {
			failed = append(failed, fmt.Errorf("schedule of %s: %w", name, err))
		}
		if ran {
			started++
		}
	}
	return started, errors.Join(failed...)
}

// maxMissed is how many missed times of a schedule are counted.
const maxMissed = 1000

// maxAhead is how far after now a schedule may have run last: the clocks of servers differ, or were set back a little. When it
// is more, the clock was wrong then, and the schedule begins anew; a time that comes again has the run it had.
const maxAhead = time.Hour

func (s *Service) runSchedule(ctx context.Context, tenant string, f *def.Flow) (bool, error) {
	cron, err := parseCron(f.Start.Schedule)
	if err != nil {
		return false, err
	}
	zone, err := s.config.Zone(ctx, tenant)
	if err != nil {
		return false, err
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return false, err
	}
	if err := s.prepareAutomation(ctx, tenant, st); err != nil {
		return false, err
	}
	docs, err := st.Get(ctx, schedules, f.Name)
	if err != nil {
		return false, err
	}
	now := s.config.Clock()
	next := store.Doc{ID: f.Name, Rev: 1, CreatedAt: wireMilli(now), UpdatedAt: wireMilli(now)}
	last := time.Time{}
	if len(docs) > 0 {
		next.Rev, next.CreatedAt = docs[0].Rev+1, docs[0].CreatedAt
		t := timeOf(docs[0].Values, "last")
		if t != nil && textOf(docs[0].Values, "cron") == f.Start.Schedule && t.Before(now.Add(maxAhead)) {
			last = *t
		}
	}
	ran := false
	at := now
	if !last.IsZero() {
		due, missed := cron.latest(last.In(zone), now.In(zone), maxMissed)
		if missed == 0 {
			return false, nil
		}
		at = due
		_, err := s.startRun(ctx, tenant, &newRun{
			id:   derivedID("schedule", f.Name, wireTime(due)),
			flow: f.Name, trigger: onSchedule, at: due.UTC(), data: map[string]any{"scheduled_at": wireTime(due), "missed": missed - 1},
		})
		if err != nil && !errors.Is(err, record.ErrIdempotencyConflict) {
			return false, err
		}
		ran = true
	}
	next.Values = map[string]any{"last": wireTime(at), "cron": f.Start.Schedule}
	err = errors.Join(s.config.Records.Project(ctx, tenant, store.Write{Collection: schedules, Doc: next, IfRev: next.Rev - 1})...)
	if errors.Is(err, store.ErrConflict) {
		err = nil // another process was first; the run is the same
	}
	return ran, err
}

// NextRun tells when a scheduled flow runs next, nil if none: by the schedule alone, in the zone of the company.
func (s *Service) NextRun(ctx context.Context, tenant string, f *def.Flow) (*time.Time, error) {
	if f.Start == nil || f.Start.Schedule == "" {
		return nil, nil //nolint:nilnil // it runs at no time of its own
	}
	cron, err := parseCron(f.Start.Schedule)
	if err != nil {
		return nil, err
	}
	zone, err := s.config.Zone(ctx, tenant)
	if err != nil {
		return nil, err
	}
	next := cron.next(s.config.Clock().In(zone)).UTC()
	return &next, nil
}
