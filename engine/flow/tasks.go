package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// Named is somebody as lists show him.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// TaskItem is one entry of somebody's task list.
type TaskItem struct {
	ID          string        `json:"id"`
	Tab         string        `json:"tab"`
	Entity      string        `json:"entity"`
	EntityTitle string        `json:"entityTitle"`
	Record      string        `json:"record"`
	Flow        string        `json:"flow"`
	Node        string        `json:"node,omitempty"`
	NodeTitle   string        `json:"nodeTitle,omitempty"`
	Subject     string        `json:"subject"`
	Summary     []SummaryItem `json:"summary"`
	Kind        string        `json:"kind,omitempty"` // approve or handle; "" of what is no task
	Initiator   Named         `json:"initiator"`
	For         *Named        `json:"for,omitempty"` // whose task it is, in the list of a proxy
	ArrivedAt   time.Time     `json:"arrivedAt,omitzero"`
	DueAt       *time.Time    `json:"dueAt,omitempty"`
	DoneAt      *time.Time    `json:"doneAt,omitempty"`
	Decision    string        `json:"decision,omitempty"`
	Unread      bool          `json:"unread,omitempty"`
	State       string        `json:"state"` // of the record
}

// SummaryItem is one value of the record the reader may see: display text for references and options, else the wire value.
type SummaryItem struct {
	Field string        `json:"field"`
	Title string        `json:"title"`
	Value any           `json:"value"`
	Type  def.FieldType `json:"type"` // how the value is to be written: an amount of money has its thousands apart
}

// TaskPage is one page of tasks, the latest first.
type TaskPage struct {
	Tasks []TaskItem `json:"tasks"`
	Next  string     `json:"next"`
}

// Counts are the numbers beside the tabs: tasks to approve and to handle, copies not read yet, and what others' tasks the
// actor may do.
type Counts struct {
	Open    int `json:"open"`
	Handle  int `json:"handle"`
	CC      int `json:"cc"`
	Proxied int `json:"proxied"`
	Overdue int `json:"overdue"` // of those to approve and to handle
}

// maxCounted ends the counting of tasks; lists show "999+".
const maxCounted = 1000

func taskField(field string, kind def.FieldType, value any) *query.Filter {
	return &query.Filter{Cond: &query.Cond{Path: []string{field}, Op: query.Eq, Value: value, Type: kind}}
}

func tasksOf(actor access.Actor, tab string) *query.Filter {
	return query.AllOf(taskField("user", def.TypeUser, actor.ID), taskField("tab", def.TypeSelect, tab))
}

// items turns entries of the list into what the actor sees: titles in the catalog's language, and the summary of each
// record as far as he may read it.
func (s *Service) items(ctx context.Context, actor access.Actor, docs []store.Doc) ([]TaskItem, error) {
	cat, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	records, err := s.summarised(ctx, actor, cat, docs)
	if err != nil {
		return nil, err
	}
	return s.itemsWith(ctx, actor, docs, records)
}

// itemsWith is items with the records whose summaries are shown.
func (s *Service) itemsWith(ctx context.Context, actor access.Actor, docs []store.Doc, records map[target]record.Record) ([]TaskItem, error) {
	cat, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	var initiators []string
	for _, doc := range docs {
		initiators = append(initiators, textOf(doc.Values, "initiator"), textOf(doc.Values, "user"))
	}
	names, err := s.names(ctx, actor.Tenant, initiators)
	if err != nil {
		return nil, err
	}
	items := make([]TaskItem, 0, len(docs))
	for _, doc := range docs {
		item := itemOf(doc, names)
		if holder := textOf(doc.Values, "user"); holder != actor.ID {
			item.For = &Named{holder, names[holder]}
		}
		entity := cat.Entities[item.Entity]
		if entity == nil {
			continue // its definition was removed
		}
		item.EntityTitle = entity.Label(actor.Lang)
		if plan := s.plan(cat, item.Flow); plan != nil && item.Node != "" && plan.nodes[item.Node] != nil {
			item.NodeTitle = plan.titleOf(item.Node, actor.Lang)
		}
		if rec, there := records[target{entity: item.Entity, id: item.Record}]; there {
			item.Summary = summaryOf(entity, rec, actor.Lang)
		}
		items = append(items, item)
	}
	return items, nil
}

func itemOf(doc store.Doc, names map[string]string) TaskItem {
	v := doc.Values
	initiator := textOf(v, "initiator")
	unread, _ := v["unread"].(bool)
	item := TaskItem{
		ID: doc.ID, Tab: textOf(v, "tab"), Entity: textOf(v, "entity"), Record: textOf(v, "record"),
		Kind: textOf(v, "kind"), Flow: textOf(v, "flow"), Node: textOf(v, "node"), NodeTitle: textOf(v, "node_title"), Subject: textOf(v, "subject"),
		Initiator: Named{initiator, names[initiator]}, Decision: textOf(v, "decision"), Unread: unread,
		State: textOf(v, "record_state"), Summary: []SummaryItem{},
	}
	if at := timeOf(v, "arrived_at"); at != nil {
		item.ArrivedAt = *at
	}
	item.DueAt, item.DoneAt = timeOf(v, "due_at"), timeOf(v, "done_at")
	return item
}

func textOf(values map[string]any, field string) string {
	text, _ := values[field].(string)
	return text
}

func timeOf(values map[string]any, field string) *time.Time {
	t, err := expr.ParseTime(textOf(values, field))
	if err != nil {
		return nil
	}
	at := expr.StdTime(t)
	return &at
}

// maxSummary is how many values of a record a card shows.
const maxSummary = 5

// summaryOf gives the values of a record that its entity names for cards, as far as they are shown, titled in a language.
func summaryOf(entity *def.Entity, rec record.Record, lang string) []SummaryItem {
	items := []SummaryItem{}
	for _, name := range entity.Summary {
		field, ok := entity.Field(name)
		value, there := rec.Values[name]
		if !ok || !there || len(items) == maxSummary {
			continue
		}
		if text, isText := value.(string); isText {
			value = shownText(field, text, rec, lang)
		}
		items = append(items, SummaryItem{Field: name, Title: field.Label(lang), Value: value, Type: field.XType})
	}
	return items
}

// shownText is a text value as people know it: the display text of a reference, the title of an option.
func shownText(field *def.Field, text string, rec record.Record, lang string) string {
	if field.Target() != "" {
		return first(rec.Refs[field.Target()+"/"+text], text)
	}
	if option, ok := field.Option(text); ok && option.Title != "" {
		return option.Label(lang)
	}
	return text
}

// summarised gives the records of some tasks as the actor may see them: in one query per entity those he may read by
// grant, one by one those he sees only because he takes part.
func (s *Service) summarised(ctx context.Context, actor access.Actor, cat *def.Catalog, docs []store.Doc) (map[target]record.Record, error) {
	records, others, err := s.granted(ctx, actor, cat, docs)
	if err != nil {
		return nil, err
	}
	for _, at := range others {
		rec, err := s.Record(ctx, actor, at.entity, at.id)
		if errors.Is(err, record.ErrNotFound) {
			continue // he may not see it any more
		}
		if err != nil {
			return nil, err
		}
		records[at] = rec
	}
	return records, nil
}

// granted gives the records of some tasks that the actor may read by grant, in one query per entity, and which the others
// are.
func (s *Service) granted(ctx context.Context, actor access.Actor, cat *def.Catalog, docs []store.Doc) (map[target]record.Record, []target, error) {
	wanted := map[string][]string{}
	for i := range docs {
		at := aboutOf(&docs[i])
		if cat.Entities[at.entity] != nil && !slices.Contains(wanted[at.entity], at.id) {
			wanted[at.entity] = append(wanted[at.entity], at.id)
		}
	}
	records := map[target]record.Record{}
	var others []target
	for entity, ids := range wanted {
		listed, err := s.listed(ctx, actor, entity, ids)
		if err != nil {
			return nil, nil, err
		}
		for _, rec := range listed {
			records[target{entity: entity, id: rec.ID}] = rec
		}
		for _, id := range ids {
			at := target{entity: entity, id: id}
			if _, known := records[at]; !known {
				others = append(others, at)
			}
		}
	}
	return records, others, nil
}

// listed gives those of some records the actor may read by grant, without what the node he stands at hides.
func (s *Service) listed(ctx context.Context, actor access.Actor, entity string, ids []string) ([]record.Record, error) {
	filter, err := json.Marshal(map[string]any{"field": def.FieldID, "op": query.In, "value": ids})
	if err != nil {
		return nil, err
	}
	list, err := s.config.Records.List(ctx, actor, entity, record.ListInput{Filter: filter, Limit: len(ids)})
	if errors.Is(err, record.ErrForbidden) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("records of tasks: %w", err)
	}
	return list.Records, nil
}

// names gives the names of users by id.
func (s *Service) names(ctx context.Context, tenant string, ids []string) (map[string]string, error) {
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" || id == systemName })
	names := map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, err
	}
	docs, err := st.Get(ctx, def.EntityUser, ids...)
	if err != nil {
		return nil, fmt.Errorf("names of users: %w", err)
	}
	for _, doc := range docs {
		names[doc.ID] = textOf(doc.Values, "name")
	}
	return names, nil
}

// Wanted is what the answer to a decision holds beside the run's status. Each part takes about as long as a sixth of the
// decision, so it is left out unless somebody asks for it.
type Wanted struct {
	Record bool // the record as the actor sees it now
	Next   bool // his next open task
}

// Decided is the answer to a decision: the run's status, and what was asked for.
type Decided struct {
	Status Status         `json:"status"`
	Record *record.Record `json:"record,omitempty"` // as the actor sees it now; nil if it was not wanted
	Next   string         `json:"next,omitempty"`   // his open task that has waited longest; "" if there is none or it was not wanted
}

// Decide does a verb of a task: approve, reject, return, save, transfer and the others that need one.
func (s *Service) Decide(ctx context.Context, actor access.Actor, task string, act Act) (Decided, error) {
	at, ok := splitTaskID(task)
	if !ok {
		return Decided{}, record.ErrNotFound
	}
	full, st, err := s.act(ctx, actor, at, act)
	if err != nil {
		return Decided{}, err
	}
	decided := Decided{Status: st.Status}
	if act.Want.Record {
		rec, err := s.shownTo(ctx, actor, full, st)
		if err != nil {
			return Decided{}, err
		}
		decided.Record = &rec
	}
	if act.Want.Next {
		decided.Next, err = s.openExcept(ctx, actor, task)
	}
	return decided, err
}

// openExcept gives the actor's open task that has waited longest, apart from one.
func (s *Service) openExcept(ctx context.Context, actor access.Actor, except string) (string, error) {
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return "", err
	}
	page, err := st.Find(ctx, query.Query{
		Collection: def.EntityTask, Where: tasksOf(actor, TabOpen), Fields: []string{"arrived_at"}, Limit: 2,
		Sort: []query.Sort{{Field: "arrived_at", Type: def.TypeDateTime}},
	})
	if err != nil {
		return "", fmt.Errorf("tasks of %s: %w", actor.ID, err)
	}
	for _, doc := range page.Docs {
		if doc.ID != except {
			return doc.ID, nil
		}
	}
	return "", nil
}

// maxNeighbours is among how many open tasks the next and the previous one are looked for.
const maxNeighbours = 200

// openIDs lists the actor's open tasks as the list shows them.
func (s *Service) openIDs(ctx context.Context, actor access.Actor) ([]string, error) {
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	page, err := st.Find(ctx, query.Query{
		Collection: def.EntityTask, Where: tasksOf(actor, TabOpen), Fields: []string{"arrived_at"}, Limit: maxNeighbours,
		Sort: []query.Sort{{Field: "arrived_at", Desc: true, Type: def.TypeDateTime}},
	})
	if err != nil {
		return nil, fmt.Errorf("tasks of %s: %w", actor.ID, err)
	}
	ids := make([]string, len(page.Docs))
	for i, doc := range page.Docs {
		ids[i] = doc.ID
	}
	return ids, nil
}

// TaskDetail is all a person needs to decide a task.
type TaskDetail struct {
	Task     TaskItem      `json:"task"`
	Record   record.Record `json:"record"`
	Flow     *View         `json:"flow"`
	Entries  []Entry       `json:"entries"`
	Seen     string        `json:"seen"` // to be sent back with the decision
	Previous string        `json:"previous,omitempty"`
	Next     string        `json:"next,omitempty"`
}

// Task gives one of the actor's tasks, or one he may do for somebody else. ErrNotFound if it is neither.
func (s *Service) Task(ctx context.Context, actor access.Actor, id string) (TaskDetail, error) {
	var d TaskDetail
	doc, err := s.taskFor(ctx, actor, id)
	if err != nil {
		return d, err
	}
	items, err := s.items(ctx, actor, []store.Doc{*doc})
	if err != nil {
		return d, err
	}
	if len(items) == 0 {
		return d, record.ErrNotFound
	}
	d.Task = items[0]
	if d.Record, err = s.Record(ctx, actor, d.Task.Entity, d.Task.Record); err != nil {
		return d, err
	}
	if d.Seen, err = seenOf(d.Record.Values, d.Record.Rev, ""); err != nil {
		return d, err
	}
	at, _ := splitTaskID(id)
	line, err := s.timeline(ctx, actor, at)
	if err != nil {
		return d, err
	}
	d.Flow, d.Entries = line.Flow, line.Entries
	ids, err := s.openIDs(ctx, actor)
	if err != nil {
		return d, err
	}
	if at := slices.Index(ids, id); at >= 0 {
		if at > 0 {
			d.Previous = ids[at-1]
		}
		if at+1 < len(ids) {
			d.Next = ids[at+1]
		}
	}
	return d, nil
}

// taskFor finds an entry of the task list that is the actor's, or an open one he may do for somebody else.
func (s *Service) taskFor(ctx context.Context, actor access.Actor, id string) (*store.Doc, error) {
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	docs, err := st.Get(ctx, def.EntityTask, id)
	if err != nil {
		return nil, fmt.Errorf("task %s: %w", id, err)
	}
	if len(docs) == 0 {
		return nil, record.ErrNotFound
	}
	doc := &docs[0]
	holder := textOf(doc.Values, "user")
	if holder == actor.ID {
		return doc, nil
	}
	now := s.config.Clock()
	proxies, err := proxiesTo(ctx, st, actor.ID, now)
	if err != nil {
		return nil, err
	}
	if textOf(doc.Values, "tab") != TabOpen || !slices.Contains(Principals(proxies, actor.ID, textOf(doc.Values, "flow"), now), holder) {
		return nil, record.ErrNotFound
	}
	return doc, nil
}

// ownTask finds an entry of the actor's own.
func (s *Service) ownTask(ctx context.Context, actor access.Actor, id string) (*store.Doc, error) {
	doc, err := s.taskFor(ctx, actor, id)
	if err == nil && textOf(doc.Values, "user") != actor.ID {
		return nil, record.ErrNotFound
	}
	return doc, err
}

// Read marks one of the actor's tasks or copies as read.
func (s *Service) Read(ctx context.Context, actor access.Actor, id string) error {
	for range maxTries {
		doc, err := s.ownTask(ctx, actor, id)
		if err != nil {
			return err
		}
		if unread, _ := doc.Values["unread"].(bool); !unread {
			return nil
		}
		doc.Values["unread"] = false
		doc.Rev++
		err = errors.Join(s.config.Records.Project(ctx, actor.Tenant, store.Write{
			Collection: def.EntityTask, Doc: *doc, IfRev: doc.Rev - 1,
		})...)
		if at, ok := splitTaskID(id); ok {
			s.projected.forget(actor.Tenant, at)
		}
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("read task %s: %w", id, store.ErrConflict)
}
