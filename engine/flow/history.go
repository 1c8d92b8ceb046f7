package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/record"
	"formwork/engine/store"
)

// systemName is the actor of events the engine wrote by itself.
const systemName = "system"

// View is a run as a reader of its record sees it.
type View struct {
	Name      string        `json:"name"`
	Title     string        `json:"title"`
	Status    Status        `json:"status"`
	Rev       int64         `json:"rev"`
	Subject   string        `json:"subject"`
	Initiator Named         `json:"initiator"`
	StartedAt time.Time     `json:"startedAt"`
	Active    []ActiveNode  `json:"active"`
	Mine      *Mine         `json:"mine"` // the reader's own open task, nil if he has none
	Verbs     []string      `json:"verbs"`
	Can       []Possible    `json:"can"` // all the reader may do now, with what each needs
	Path      []PathNode    `json:"path"`
	Incident  *ViewIncident `json:"incident,omitempty"`
	Effects   []ViewEffect  `json:"effects,omitempty"` // not delivered yet
	Copies    []Receipt     `json:"copies,omitempty"`  // who was sent a copy, and whether he has opened it
}

// ActiveNode is a node the run rests on.
type ActiveNode struct {
	Node  string     `json:"node"`
	Title string     `json:"title"`
	Tasks []ViewTask `json:"tasks"`
}

// ViewTask is one task of an active node.
type ViewTask struct {
	ID        string     `json:"id"`
	User      Named      `json:"user"`
	Status    TaskStatus `json:"status"`
	ArrivedAt time.Time  `json:"arrivedAt,omitzero"`
}

// Mine is what the reader can do with his open task.
type Mine struct {
	Task            string            `json:"task"`
	For             *Named            `json:"for,omitempty"` // whose task it is, if the reader acts as a proxy
	Node            string            `json:"node"`
	Title           string            `json:"title"`
	Verbs           []string          `json:"verbs"`
	ReturnTo        []TitledNode      `json:"returnTo"`
	CommentRequired []string          `json:"commentRequired"`
	Fields          map[string]string `json:"fields"`
}

// TitledNode is a node to choose.
type TitledNode struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// PathNode is a node in the order of the definition. Status is done, active, waiting or skipped.
type PathNode struct {
	Node   string       `json:"node"`
	Title  string       `json:"title"`
	Type   def.NodeType `json:"type"`
	Status string       `json:"status"`
}

// ViewIncident is why a run is suspended.
type ViewIncident struct {
	Code    string `json:"code"`
	Node    string `json:"node"`
	Problem string `json:"problem,omitempty"` // of refused: the code of what the record refused
	Message string `json:"message,omitempty"` // of refused: what the rule of the definition says
}

// shownIncident shows why a run is suspended, in a language.
func shownIncident(stuck Stuck, entity *def.Entity, lang string) *ViewIncident {
	shown := &ViewIncident{Code: stuck.Code, Node: stuck.Node, Problem: stuck.Problem}
	if stuck.Problem == "" || entity == nil {
		return shown
	}
	for name, rule := range entity.Rules {
		if first(rule.Code, name) == stuck.Problem {
			shown.Message = rule.Label(lang)
		}
	}
	return shown
}

// Entry is one thing that happened to a record, for its history.
type Entry struct {
	Seq       int64             `json:"seq"`
	At        time.Time         `json:"at"`
	Type      string            `json:"type"` // type of the event; auto for an automatic decision
	Actor     Named             `json:"actor"`
	For       *Named            `json:"for,omitempty"` // whose task it was, when the actor stood in for somebody
	Node      string            `json:"node,omitempty"`
	NodeTitle string            `json:"nodeTitle,omitempty"`
	Round     int               `json:"round,omitempty"`
	Comment   string            `json:"comment,omitempty"`
	Auto      string            `json:"auto,omitempty"` // reason of an automatic decision
	To        string            `json:"to,omitempty"`   // where it was returned or sent to
	Status    Status            `json:"status,omitempty"`
	Users     []Named           `json:"users,omitempty"`
	Files     []Attached        `json:"files,omitempty"`     // what he attached
	Sign      string            `json:"sign,omitempty"`      // the signature he drew
	Confirmed bool              `json:"confirmed,omitempty"` // with his password
	Do        string            `json:"do,omitempty"`        // of a deadline: remind, transfer, pass, …
	Changes   []EntryChange     `json:"changes,omitempty"`
	Reasons   map[string]string `json:"reasons,omitempty"`
	Sent      []Sent            `json:"sent,omitempty"`    // effects that were delivered or tried
	Cause     string            `json:"cause,omitempty"`   // the effect of a flow this write was: entity/record/number
	Publish   int64             `json:"publish,omitempty"` // of in_force: the publish that introduced approval
}

// EntryChange is one changed value, as the reader may see it.
type EntryChange struct {
	Field string `json:"field"`
	From  any    `json:"from"`
	To    any    `json:"to"`
}

// Timeline is a record's run and history.
type Timeline struct {
	Flow    *View           `json:"flow"`
	Entries []Entry         `json:"entries"`
	Runs    []AutomationRun `json:"runs,omitempty"` // automations about the record, newest first
}

// Timeline gives what happened to a record, oldest first, to whoever may see it. Flow is nil if none ran on it.
func (s *Service) Timeline(ctx context.Context, actor access.Actor, entity, id string) (Timeline, error) {
	return s.timeline(ctx, actor, target{entity: entity, id: id})
}

// timeline is Timeline for somebody who looks at a certain task.
func (s *Service) timeline(ctx context.Context, actor access.Actor, at target) (Timeline, error) {
	entity, id := at.entity, at.id
	rec, err := s.Record(ctx, actor, entity, id)
	if err != nil {
		return Timeline{}, err
	}
	full, err := s.config.Records.Load(ctx, actor.Tenant, entity, id)
	if err != nil {
		return Timeline{}, err
	}
	full.Actor = actor
	b := historian{service: s, ctx: ctx, actor: actor, full: full, task: at.task}
	if b.state, err = decodeState(full.Record.Flow); err != nil {
		return Timeline{}, err
	}
	if b.state.Status != "" {
		if b.plan, err = s.pinnedPlan(ctx, actor.Tenant, &b.state); err != nil {
			return Timeline{}, err
		}
	}
	line := Timeline{Entries: []Entry{}}
	if b.plan != nil {
		if line.Flow, err = b.view(rec); err != nil {
			return Timeline{}, err
		}
	}
	if line.Runs, err = s.runsAbout(ctx, actor.Tenant, target{entity: entity, id: id}); err != nil {
		return Timeline{}, err
	}
	line.Entries, err = b.entries(rec)
	return line, err
}

// historian puts together what a reader sees of one record.
type historian struct {
	service *Service
	ctx     context.Context //nolint:containedctx // it lives as long as one call
	actor   access.Actor
	full    *record.Full
	task    string // the task he looks at, "" = none in particular
	state   State
	plan    *Plan
}

// view shows the run.
func (b *historian) view(rec record.Record) (*View, error) {
	st, p := &b.state, b.plan
	dir, err := b.service.newDirectory(b.ctx, b.actor.Tenant, b.full)
	if err != nil {
		return nil, err
	}
	dir.flow = st.Name
	subject, err := b.service.subject(b.ctx, b.actor.Tenant, p, b.full)
	if err != nil {
		return nil, err
	}
	v := &View{
		Name: st.Name, Title: p.Flow.Label(b.actor.Lang), Status: st.Status, Rev: st.Rev, Subject: subject,
		Initiator: named(st.Initiator), StartedAt: st.StartedAt, Active: []ActiveNode{},
		Verbs: p.runVerbs(st, dir, b.actor.ID), Path: p.path(st, b.actor.Lang),
	}
	for _, n := range p.order {
		active, ok := st.Active[n.Name]
		if !ok {
			continue
		}
		shown := ActiveNode{Node: n.Name, Title: p.titleOf(n.Name, b.actor.Lang), Tasks: []ViewTask{}}
		for _, t := range st.tasksOf(n.Name, active.Round) {
			shown.Tasks = append(shown.Tasks, ViewTask{
				ID: taskID(rec.Entity, rec.ID, t.ID), User: named(t.User), Status: t.Status, ArrivedAt: t.ArrivedAt,
			})
		}
		v.Active = append(v.Active, shown)
	}
	held := b.held(dir)
	v.Mine, v.Can = b.mine(rec, held), b.can(held, dir)
	v.Effects = shownEffects(st, b.full.Catalog, b.actor.Lang)
	if v.Copies, err = b.receipts(); err != nil {
		return nil, err
	}
	if len(st.Incident) > 0 {
		v.Incident = shownIncident(st.Incident[0], b.full.Entity, b.actor.Lang)
	}
	return v, dir.err
}

func named(p Person) Named { return Named{p.ID, p.Name} }

// held is the reader's open task, as its holder or as a proxy: that of the task he looks at, else any.
func (b *historian) held(dir *directory) *Task {
	principals := dir.Principals(b.actor.ID, b.full.Now)
	var task *Task
	for i := range b.state.Tasks {
		t := &b.state.Tasks[i]
		own := t.User.ID == b.actor.ID
		if t.Status != TaskOpen || !own && !b.mayStandIn(t, principals) {
			continue
		}
		if t.ID == b.task {
			return t
		}
		if task == nil || own && task.User.ID != b.actor.ID {
			task = t
		}
	}
	return task
}

// mayStandIn tells whether the reader may act for the holder of a task: the initiator may not where he may not approve.
func (b *historian) mayStandIn(t *Task, principals []string) bool {
	n := b.plan.nodes[t.Node]
	if !slices.Contains(principals, t.User.ID) || n == nil {
		return false
	}
	return n.onSelf == "self" || b.state.Initiator.ID != b.actor.ID
}

// mine shows the reader's open task.
func (b *historian) mine(rec record.Record, task *Task) *Mine {
	if task == nil {
		return nil
	}
	m := &Mine{
		For:  b.standsIn(task),
		Task: taskID(rec.Entity, rec.ID, task.ID), Node: task.Node, Title: b.plan.titleOf(task.Node, b.actor.Lang),
		ReturnTo: []TitledNode{}, CommentRequired: []string{}, Fields: map[string]string{},
	}
	n := b.plan.nodes[task.Node]
	if n == nil {
		m.Verbs = []string{string(Resubmit)}
		return m
	}
	m.Verbs, m.ReturnTo = b.taskVerbs(n, task), b.returnTargets(n)
	m.CommentRequired = n.commentRequired()
	for path, right := range n.Fields {
		m.Fields[path] = right
	}
	return m
}

// standsIn is whom the reader would act for.
func (b *historian) standsIn(t *Task) *Named {
	if t.User.ID == b.actor.ID {
		return nil
	}
	holder := named(t.User)
	return &holder
}

func (b *historian) taskVerbs(n *node, t *Task) []string {
	if t.Owner != nil {
		return []string{string(Resolve)}
	}
	verbs := []string{string(Approve)}
	if n.Type == def.NodeApprove {
		verbs = append(verbs, string(Reject))
	}
	verbs = append(verbs, n.allow...)
	if n.hasWritable() {
		verbs = append(verbs, string(Save))
	}
	return verbs
}

// commentRequired lists the verbs a node wants a comment for.
func (n *node) commentRequired() []string {
	switch n.comment {
	case "always":
		return []string{string(Approve), string(Reject), string(Return)}
	case "none":
		return []string{}
	default:
		return []string{string(Reject)}
	}
}

// returnTargets lists to where a node's people may send the run back, the initiator first.
func (b *historian) returnTargets(n *node) []TitledNode {
	r := &run{plan: b.plan, st: &b.state}
	targets := []TitledNode{}
	allowed := func(to string) bool { return n.allows("return") && (len(n.ReturnTo) == 0 || r.listed(n, to)) }
	if allowed(toInitiator) {
		targets = append(targets, TitledNode{Name: toInitiator})
	}
	for _, other := range b.plan.order {
		if _, ok := r.backTarget(n, other.Name); ok && r.visited(other) && allowed(other.Name) {
			targets = append(targets, TitledNode{Name: other.Name, Title: b.plan.titleOf(other.Name, b.actor.Lang)})
		}
	}
	return targets
}

// entries turns the events of the record into its history.
func (b *historian) entries(rec record.Record) ([]Entry, error) {
	events, err := b.service.eventsOf(b.ctx, b.actor.Tenant, rec.Entity, rec.ID)
	if err != nil {
		return nil, err
	}
	entries := []Entry{}
	for len(events) > 0 {
		n := 1
		for n < len(events) && events[n].Rev == events[0].Rev {
			n++
		}
		of, err := b.entriesOf(events[:n])
		if err != nil {
			return nil, err
		}
		entries = append(entries, of...)
		events = events[n:]
	}
	return b.withNames(entries)
}

// entriesOf turns the events of one write into entries: what the flow says takes the place of a plain update.
func (b *historian) entriesOf(events []store.Event) ([]Entry, error) {
	own := events[0]
	written, err := event.Decode(own.Data)
	if err != nil {
		return nil, err
	}
	entry := Entry{Seq: own.Seq, At: own.At, Type: own.Type, Actor: Named{ID: own.Actor}, Reasons: written.Reasons}
	entry.Comment, entry.Cause, entry.Publish = written.Reason, parseCause(written.Cause).effect, written.Publish
	if own.Type != event.TypeCreated {
		if entry.Changes, err = b.changes(written.Changes); err != nil {
			return nil, err
		}
	}
	entries := []Entry{entry}
	for _, e := range events[1:] {
		if e.Type == EventEnded {
			continue
		}
		var fact Fact
		if err := json.Unmarshal(e.Data, &fact); err != nil {
			return nil, fmt.Errorf("history of %s/%s: %w", e.Entity, e.Record, err)
		}
		told := &entries[0]
		told.Seq, told.Type = e.Seq, e.Type
		told.Node, told.Round, told.Comment, told.To, told.Status = fact.Node, fact.Round, fact.Comment, fact.To, fact.Status
		told.Sent = shownSent(fact.Sent, b.full.Catalog, b.actor.Lang)
		told.Files, told.Sign, told.Confirmed, told.Do = fact.Files, fact.Sign, fact.Confirmed, fact.Do
		if fact.For != nil {
			holder := named(*fact.For)
			told.For = &holder
		}
		for _, p := range slices.Concat(fact.Users, fact.Copied, fact.Reminds) {
			told.Users = append(told.Users, named(p))
		}
		for _, auto := range fact.Auto {
			entries = append(entries, Entry{
				Seq: e.Seq, At: e.At, Type: "auto", Actor: Named{ID: first(auto.User, systemName)}, Node: auto.Node, Auto: auto.Reason,
			})
		}
	}
	return entries, nil
}

// changes are those the reader may see: by his grants, and by the node he stands at.
func (b *historian) changes(all []event.Change) ([]EntryChange, error) {
	if len(all) == 0 {
		return nil, nil
	}
	shown, err := b.service.config.Records.Changes(b.ctx, b.actor, b.full.Record.Entity, b.full.Record.ID, all)
	if errors.Is(err, record.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	hidden := func(string) bool { return false }
	if b.plan != nil {
		dir, err := b.service.newDirectory(b.ctx, b.actor.Tenant, b.full)
		if err != nil {
			return nil, err
		}
		dir.flow = b.state.Name
		hidden = b.plan.Hidden(&b.state, dir, b.actor.ID, b.full.Now)
		if dir.err != nil {
			return nil, dir.err
		}
	}
	var changes []EntryChange
	for _, c := range shown {
		if !hidden(definitionPath(c.Field)) {
			changes = append(changes, EntryChange{Field: c.Field, From: c.From, To: c.To})
		}
	}
	return changes, nil
}

// definitionPath is the path of a changed value in the definition: lines[r1].hours is lines.hours.
func definitionPath(field string) string {
	table, rest, ok := strings.Cut(field, "[")
	if !ok {
		return field
	}
	_, column, ok := strings.Cut(rest, "].")
	if !ok {
		return table
	}
	return table + "." + column
}

// withNames fills in the names of actors and the titles of nodes.
func (b *historian) withNames(entries []Entry) ([]Entry, error) {
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.Actor.ID)
	}
	names, err := b.service.names(b.ctx, b.actor.Tenant, ids)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		e := &entries[i]
		e.Actor.Name = names[e.Actor.ID]
		if e.Node != "" && b.plan != nil {
			e.NodeTitle = b.plan.titleOf(e.Node, b.actor.Lang)
		}
	}
	return entries, nil
}
