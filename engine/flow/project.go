package flow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/expr"
	"formwork/engine/record"
	"formwork/engine/store"
	tenants "formwork/engine/tenant"
)

// The tabs of the task list.
const (
	TabOpen    = "open"
	TabHandled = "handled"
	TabCC      = "cc"
	TabStarted = "started"
	TabHandle  = "handle"  // of what is open: what is to be handled, not approved
	TabProxied = "proxied" // what is open for those the reader may act for
)

// The kinds of tasks in the list.
const (
	kindApprove = "approve"
	kindHandle  = "handle"
)

// historyCollection tells which events of the log are about a record.
const historyCollection = "event_of_record"

// subscriber is the name under which this package follows the event logs.
const subscriber = "flow"

// maxTries is how often a projection is written again when another process writes it at the same time.
const maxTries = 10

// Follow keeps a tenant's projections up to date from its event log; call it before the tail runs. The tasks of a record
// are a function of the record as it is stored, so following twice, or again from the start, does no harm.
func (s *Service) Follow(tenant string, tail *event.Tail) {
	tail.Subscribe(subscriber, func(ctx context.Context, events []store.Event) error {
		return s.follow(ctx, tenant, events, s.projected.covers)
	})
	tail.Subscribe(triggers, func(ctx context.Context, events []store.Event) error { return s.triggered(ctx, tenant, events) })
}

// flowEvents are the types after which tasks may be others.
var flowEvents = func() map[string]bool {
	types := map[string]bool{event.TypeVoided: true, event.TypeDeleted: true, event.TypeRestored: true}
	for _, t := range eventTypes {
		types[t] = true
	}
	return types
}()

// follow does what events mean for the projections. Tasks that are known to be as an event left them are not made again.
func (s *Service) follow(ctx context.Context, tenant string, events []store.Event, known func(tenant string, e store.Event) bool) error {
	if err := s.prepare(ctx, tenant); err != nil {
		return err
	}
	done := map[target]bool{}
	for _, e := range events {
		left, err := disabled(e)
		if err != nil {
			return err
		}
		if left {
			if err := s.HandOver(ctx, tenant, e.Record); err != nil {
				return err
			}
		}
		at := target{entity: e.Entity, id: e.Record}
		if !flowEvents[e.Type] || done[at] || known(tenant, e) {
			continue
		}
		done[at] = true
		if err := s.refresh(ctx, tenant, at); err != nil {
			return err
		}
	}
	return s.index(ctx, tenant, events)
}

// refresh brings the tasks of one record up to date. A record whose definitions are gone must not keep the tasks of all
// others from being shown.
func (s *Service) refresh(ctx context.Context, tenant string, at target) error {
	_, err := s.project(ctx, tenant, at.entity, at.id)
	if errors.Is(err, errNoFlow) || errors.Is(err, tenants.ErrVersion) {
		s.config.Log.ErrorContext(ctx, "tasks of a record cannot be made",
			"tenant", tenant, "entity", at.entity, "record", at.id, "error", err)
		return nil
	}
	return err
}

// prepare creates the collections of the projections.
func (s *Service) prepare(ctx context.Context, tenant string) error {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return fmt.Errorf("projections of %s: %w", tenant, err)
	}
	if known, ok := s.ready.Load(tenant); ok && known == st {
		return nil
	}
	err = st.Ensure(ctx, store.Collection{
		Name:    historyCollection,
		Fields:  []store.Field{{Path: "entity", Type: def.TypeText}, {Path: "record", Type: def.TypeText}, {Path: "seq", Type: def.TypeInteger}},
		Indexes: [][]string{{"record", "seq"}},
	}, migrationShape, veilShape)
	if err != nil {
		return fmt.Errorf("projections of %s: %w", tenant, err)
	}
	s.ready.Store(tenant, st)
	return nil
}

// Rebuild makes the projections of a tenant anew from its event log and records. What is there already is corrected.
func (s *Service) Rebuild(ctx context.Context, tenant string) error {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return fmt.Errorf("rebuild tasks of %s: %w", tenant, err)
	}
	const page = 500
	for after := int64(0); ; {
		events, err := st.Events(ctx, after, page)
		if err != nil {
			return fmt.Errorf("rebuild tasks of %s: %w", tenant, err)
		}
		if err := s.follow(ctx, tenant, events, func(string, store.Event) bool { return false }); err != nil {
			return err
		}
		if len(events) < page {
			return nil
		}
		after = events[len(events)-1].Seq
	}
}

// project brings the tasks of a record to what the stored record says, and gives the record it saw: nil if it is gone.
// The person who acted waits for it, so that he reads what he wrote.
func (s *Service) project(ctx context.Context, tenant, entity, id string) (*record.Full, error) {
	for range maxTries {
		full, err := s.config.Records.Load(ctx, tenant, entity, id)
		if errors.Is(err, record.ErrNotFound) {
			return nil, nil //nolint:nilnil // removed since, or of an entity that is gone
		}
		if err != nil {
			return nil, fmt.Errorf("project tasks of %s/%s: %w", entity, id, err)
		}
		if len(full.Record.Flow) == 0 {
			return full, nil
		}
		done, err := s.projectRecord(ctx, tenant, full)
		if done || err != nil {
			return full, err
		}
	}
	return nil, fmt.Errorf("project tasks of %s/%s: %w", entity, id, store.ErrConflict)
}

// projectWritten is project for a record that was just written, and gives the record it saw. As a rule the tasks were
// written along with it.
func (s *Service) projectWritten(ctx context.Context, tenant string, written *record.Full) (*record.Full, error) {
	if len(written.Record.Flow) == 0 || s.projected.has(tenant, &written.Record) {
		return written, nil
	}
	if done, err := s.projectRecord(ctx, tenant, written); done || err != nil {
		return written, err
	}
	full, err := s.project(ctx, tenant, written.Record.Entity, written.Record.ID)
	if full == nil {
		full = written
	}
	return full, err
}

// projectRecord writes the tasks that differ; done is false if another process wrote one at the same time.
func (s *Service) projectRecord(ctx context.Context, tenant string, full *record.Full) (done bool, err error) {
	if full.Record.Entity == def.EntityRun {
		return true, nil // nobody has tasks in it
	}
	st, err := decodeState(full.Record.Flow)
	if err != nil {
		return false, err
	}
	plan, err := s.pinnedPlan(ctx, tenant, &st)
	if err != nil {
		return false, err
	}
	p, err := s.projection(ctx, tenant, full, plan, &st)
	if err != nil {
		return false, err
	}
	stored, err := s.entries(ctx, tenant, p)
	if err != nil {
		return false, err
	}
	writes := p.writes(stored)
	for _, err := range s.config.Records.Project(ctx, tenant, writes...) {
		switch {
		case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound):
			return false, nil
		case err != nil:
			return false, fmt.Errorf("write tasks of %s/%s: %w", full.Record.Entity, full.Record.ID, err)
		}
	}
	s.projected.note(tenant, &full.Record, p.after(stored, writes))
	return true, nil
}

// entries gives the entries of some projections (nil: none) that are stored, by id.
func (s *Service) entries(ctx context.Context, tenant string, projections ...*projection) (map[string]*listed, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, err
	}
	ids := map[string][]string{}
	stored := map[string]*listed{}
	for _, p := range projections {
		if p == nil {
			continue
		}
		for _, t := range p.tasks {
			ids[t.collection] = append(ids[t.collection], t.ID)
		}
		if err := s.strays(ctx, tenant, p, stored); err != nil {
			return nil, err
		}
	}
	for _, collection := range slices.Sorted(maps.Keys(ids)) {
		existing, err := st.Get(ctx, collection, ids[collection]...)
		if err != nil {
			return nil, fmt.Errorf("read %ss: %w", collection, err)
		}
		for i := range existing {
			stored[existing[i].ID] = listedOf(collection, &existing[i])
		}
	}
	return stored, nil
}

// writes brings the entries from what is stored to what they must be.
func (p *projection) writes(stored map[string]*listed) []store.Write {
	var writes []store.Write
	for _, t := range p.tasks {
		if w, changed := p.write(t, stored[t.ID]); changed {
			writes = append(writes, w)
		}
	}
	return append(writes, p.outdated(stored)...)
}

// projection is what a record's run means for the task list.
type projection struct {
	plan    *Plan
	state   *State
	record  *record.Record
	subject string
	tasks   []entry
}

// entry is one line of the task list, or of what runs hide; Values is nil if there must be none.
type entry struct {
	collection string
	ID         string
	Values     map[string]any
	fresh      map[string]any // values that are set once, when the entry is new
}

func (s *Service) projection(ctx context.Context, tenant string, full *record.Full, plan *Plan, st *State) (*projection, error) {
	p := &projection{plan: plan, state: st, record: &full.Record}
	var err error
	if p.subject, err = s.subject(ctx, tenant, plan, full); err != nil {
		return nil, err
	}
	for i := range st.Tasks {
		p.addTask(&st.Tasks[i])
	}
	for i, c := range st.CC {
		if slices.ContainsFunc(st.CC[:i], func(earlier Copy) bool { return earlier.ID == c.ID }) {
			continue // one card for all copies
		}
		values := map[string]any{}
		if c.Node != "" {
			values["node"], values["node_title"] = c.Node, plan.titleOf(c.Node, "")
		}
		p.add(c.ID, cardOf(c.ID), TabCC, values, map[string]any{"arrived_at": wireTime(full.Record.UpdatedAt), "unread": true})
	}
	p.add(st.Initiator.ID, "run."+wireStamp(st.StartedAt), TabStarted, map[string]any{
		"arrived_at": wireTime(st.StartedAt),
	}, nil)
	if plan.hides() {
		if err := s.prepare(ctx, tenant); err != nil {
			return nil, err
		}
		p.addVeils()
	}
	return p, nil
}

// cardOf is the id, among the tasks of a record, of the entry of somebody in copy.
func cardOf(user string) string { return "cc." + user }

// subject is the line a run is known by: what its flow says, else the display text of the record.
func (s *Service) subject(ctx context.Context, tenant string, plan *Plan, full *record.Full) (string, error) {
	if plan.subject != nil {
		dir, err := s.newDirectory(ctx, tenant, full)
		if err != nil {
			return "", err
		}
		value, err := plan.subject.Eval(dir.env(full.Record.Values))
		if dir.err != nil {
			return "", dir.err
		}
		if text, ok := value.(string); ok && err == nil && text != "" {
			return text, nil
		}
	}
	display, _ := full.Record.Values[full.Entity.Display].(string)
	return strings.TrimSpace(plan.Flow.Title + " " + display), nil
}

// addTask lists a task for whoever holds it, and for those who acted in his place.
func (p *projection) addTask(t *Task) {
	values := map[string]any{
		"node": t.Node, "round": int64(t.Round), "status": string(t.Status), "node_title": p.plan.titleOf(t.Node, ""),
	}
	if !t.ArrivedAt.IsZero() {
		values["arrived_at"] = wireTime(t.ArrivedAt)
	}
	if !t.DoneAt.IsZero() {
		values["done_at"] = wireTime(t.DoneAt)
	}
	values["kind"] = p.kindOf(t)
	fresh := map[string]any{"unread": true}
	switch t.Status {
	case TaskOpen:
		if due, ok := p.dueOf(t); ok {
			values["due_at"] = wireTime(due)
		}
		p.add(t.User.ID, t.ID, TabOpen, values, fresh)
	case TaskApproved, TaskRejected, TaskReturned, TaskTransferred:
		values["decision"], values["unread"] = string(t.Status), false
		if !t.DoneAt.IsZero() && !t.ArrivedAt.IsZero() {
			values["waited"] = int64(t.DoneAt.Sub(t.ArrivedAt) / time.Second)
		}
		if t.Kind == TaskStart || t.Auto != "" || t.ArrivedAt.IsZero() {
			p.drop(t.ID)
			break
		}
		holder := t.User.ID
		if t.By != nil { // whoever he acted for sees it too
			holder = t.By.ID
			p.add(t.User.ID, t.ID+"."+t.User.ID, TabHandled, maps.Clone(values), nil)
		}
		p.add(holder, t.ID, TabHandled, values, fresh)
	default:
		p.drop(t.ID)
	}
	for _, past := range t.Past {
		handled := map[string]any{
			"node": t.Node, "round": int64(t.Round), "status": string(t.Status), "node_title": p.plan.titleOf(t.Node, ""),
			"decision": "resolved", "unread": false, "arrived_at": wireTime(t.ArrivedAt),
		}
		p.add(past, t.ID+"."+past, TabHandled, handled, nil)
	}
}

// kindOf tells what a task asks for: the initiator's own of a returned run is among those to approve.
func (p *projection) kindOf(t *Task) string {
	if n := p.plan.nodes[t.Node]; n != nil && n.Type == def.NodeHandle {
		return kindHandle
	}
	return kindApprove
}

// dueOf is the next deadline of a task's node.
func (p *projection) dueOf(t *Task) (time.Time, bool) {
	n := p.plan.nodes[t.Node]
	active, ok := p.state.Active[t.Node]
	if n == nil || !ok {
		return time.Time{}, false
	}
	var next time.Time
	for k := range n.timeouts {
		if at, ok := n.due(active, k); ok && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, !next.IsZero()
}

// taskID is the id of an entry of the task list: it names the record, so that a task is found without the list.
func taskID(entity, id, task string) string { return entity + "." + id + "." + task }

// splitTaskID undoes taskID.
func splitTaskID(id string) (target, bool) {
	parts := strings.SplitN(id, ".", 3)
	if len(parts) != 3 {
		return target{}, false
	}
	return target{entity: parts[0], id: parts[1], task: parts[2]}, true
}

func (p *projection) add(user, task, tab string, values, fresh map[string]any) {
	for field, v := range map[string]any{
		"user": user, "tab": tab, "entity": p.record.Entity, "record": p.record.ID, "flow": p.state.Name,
		"initiator": p.state.Initiator.ID, "record_state": string(p.state.Status), "record_rev": p.record.Rev,
	} {
		values[field] = v
	}
	if p.subject != "" {
		values["subject"] = p.subject
	}
	if p.record.State != "" {
		values["record_state"] = p.record.State
	}
	p.tasks = append(p.tasks, entry{
		collection: def.EntityTask, ID: taskID(p.record.Entity, p.record.ID, task), Values: values, fresh: fresh,
	})
}

func (p *projection) drop(task string) {
	p.tasks = append(p.tasks, entry{collection: def.EntityTask, ID: taskID(p.record.Entity, p.record.ID, task)})
}

// write gives the write that brings an entry to what it must be; changed is false if it is so already, or newer.
func (p *projection) write(t entry, old *listed) (w store.Write, changed bool) {
	at := p.record.UpdatedAt
	doc := store.Doc{ID: t.ID, Rev: 1, Values: t.Values, CreatedAt: at, UpdatedAt: at}
	switch {
	case old == nil && (t.Values == nil || p.record.Deleted):
		return w, false
	case old == nil:
		for field, v := range t.fresh {
			doc.Values[field] = v
		}
		return store.Write{Collection: t.collection, Doc: doc}, true
	}
	if old.recordRev > p.record.Rev {
		return w, false
	}
	doc.Rev, doc.CreatedAt = old.rev+1, old.made
	if t.Values == nil || p.record.Deleted {
		return store.Write{Collection: t.collection, Doc: doc, IfRev: old.rev, Remove: true}, true
	}
	for field := range t.fresh { // kept as people left it
		if v := old.fresh(field); v != nil && doc.Values[field] == nil {
			doc.Values[field] = v
		}
	}
	return store.Write{Collection: t.collection, Doc: doc, IfRev: old.rev}, old.sum != sumOf(doc.Values)
}

// titleOf is the title of a node in a language, "" for that of the catalog; its name if it has none.
func (p *Plan) titleOf(name, lang string) string {
	if n := p.nodes[name]; n != nil {
		return n.Label(lang)
	}
	return strings.TrimRight(name, aside)
}

func wireTime(t time.Time) string { return expr.TimeString(expr.TimeOf(t)) }

// wireStamp is an instant as part of an id.
func wireStamp(t time.Time) string { return fmt.Sprint(t.UnixMilli()) }
