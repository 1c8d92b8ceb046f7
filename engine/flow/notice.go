package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// NoticeKind says why somebody is told of something.
type NoticeKind string

// The kinds of notices.
const (
	NoticeTask     NoticeKind = "task"     // a task came to him
	NoticeReturned NoticeKind = "returned" // what he started came back to him
	NoticeEnded    NoticeKind = "ended"    // what he started is approved, rejected or terminated
	NoticeCC       NoticeKind = "cc"       // he was sent a copy
	NoticeRemind   NoticeKind = "remind"   // somebody, or a deadline, reminds him of a task
	NoticeMention  NoticeKind = "mention"  // somebody named him in a comment
	NoticeIncident NoticeKind = "incident" // a run is stuck; for the administrators of its flow
)

// NoticeKinds lists all kinds in the order people are shown them.
func NoticeKinds() []NoticeKind {
	return []NoticeKind{
		NoticeTask, NoticeReturned, NoticeEnded, NoticeCC, NoticeRemind, NoticeMention, NoticeIncident,
	}
}

// Notice is something people should be told of. It holds no value of the record: what a reader may see of it is read
// for him when the message is made (Card).
type Notice struct {
	Kind    NoticeKind
	Users   []string
	Task    string // id of the task, for task; else ""
	Key     string // the same thing happening has the same key, whatever event tells of it
	Entity  string
	Record  string
	Flow    string
	Status  Status // of the run
	Actor   string // who caused it; "system" for the engine
	Comment string
}

// Notices tells whom an event of the log concerns. Nobody is told of what he did himself.
func (s *Service) Notices(ctx context.Context, tenant string, e store.Event) ([]Notice, error) {
	if e.Type == EventEnded {
		return s.endNotices(ctx, tenant, e)
	}
	if !slices.Contains(commandEvents, e.Type) {
		return nil, nil
	}
	var fact Fact
	if err := json.Unmarshal(e.Data, &fact); err != nil {
		return nil, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	notices := noticesOf(e, &fact)
	if len(fact.Incident) > 0 {
		admins, err := s.adminsOf(ctx, tenant, e, fact.Flow)
		if err != nil {
			return nil, err
		}
		notices = append(notices, noticeFor(e, &fact, NoticeIncident, admins...))
	}
	return slices.DeleteFunc(notices, func(n Notice) bool { return len(n.Users) == 0 }), nil
}

// commandEvents are the types of events whose data is a Fact.
var commandEvents = func() []string {
	types := make([]string, 0, len(eventTypes))
	for _, t := range eventTypes {
		types = append(types, t)
	}
	return types
}()

// noticesOf reads from a command's event alone whom it concerns.
func noticesOf(e store.Event, fact *Fact) []Notice {
	var notices []Notice
	named := idsOf(fact.Users)
	for _, t := range fact.Delta.Tasks {
		if t.Status != TaskOpen {
			continue
		}
		kind := NoticeTask
		if t.Kind == TaskStart {
			kind = NoticeReturned
		}
		n := noticeFor(e, fact, kind, t.User.ID)
		n.Task = taskID(e.Entity, e.Record, t.ID)
		n.Key = fmt.Sprintf("%s|%s|%s", n.Task, t.User.ID, wireTime(t.ArrivedAt)) // a task may change after it came
		notices = append(notices, n)
	}
	notices = append(notices,
		noticeFor(e, fact, NoticeCC, idsOf(fact.Copied)...), noticeFor(e, fact, NoticeRemind, idsOf(fact.Reminds)...))
	switch e.Type {
	case eventTypes[Comment]:
		notices = append(notices, noticeFor(e, fact, NoticeMention, named...))
	case eventTypes[CarbonCopy]:
		notices = append(notices, noticeFor(e, fact, NoticeCC, named...))
	}
	return notices
}

func noticeFor(e store.Event, fact *Fact, kind NoticeKind, users ...string) Notice {
	told := slices.DeleteFunc(slices.Clone(users), func(id string) bool { return id == e.Actor || id == "" })
	slices.Sort(told)
	return Notice{
		Kind: kind, Users: slices.Compact(told), Entity: e.Entity, Record: e.Record, Flow: fact.Flow, Status: fact.Status,
		Actor: e.Actor, Comment: fact.Comment, Key: fmt.Sprintf("%s|%s|%d|%d|%s", e.Entity, e.Record, e.Rev, e.N, kind),
	}
}

// endNotices tells the initiator how his run ended.
func (s *Service) endNotices(ctx context.Context, tenant string, e store.Event) ([]Notice, error) {
	var end Ending
	if err := json.Unmarshal(e.Data, &end); err != nil {
		return nil, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	full, err := s.config.Records.Load(ctx, tenant, e.Entity, e.Record)
	if err != nil {
		return nil, fmt.Errorf("notices of %s/%s: %w", e.Entity, e.Record, err)
	}
	st, err := decodeState(full.Record.Flow)
	if err != nil {
		return nil, err
	}
	n := noticeFor(e, &Fact{Flow: end.Flow, Status: end.Status}, NoticeEnded, st.Initiator.ID)
	if len(n.Users) == 0 {
		return nil, nil
	}
	return []Notice{n}, nil
}

// adminsOf gives the administrators of a flow who may see a record.
func (s *Service) adminsOf(ctx context.Context, tenant string, e store.Event, flow string) ([]string, error) {
	full, err := s.config.Records.Load(ctx, tenant, e.Entity, e.Record)
	if err != nil {
		return nil, fmt.Errorf("administrators of %s: %w", flow, err)
	}
	st, err := decodeState(full.Record.Flow)
	if err != nil {
		return nil, err
	}
	plan, err := s.pinnedPlan(ctx, tenant, &st)
	if err != nil {
		return nil, err
	}
	var admins []string
	for _, who := range plan.admins {
		kind, name, _ := strings.Cut(who, ":")
		if kind == "user" {
			admins = append(admins, name)
			continue
		}
		holders, err := full.Holders(ctx, name)
		if err != nil {
			return nil, err
		}
		admins = append(admins, holders...)
	}
	return admins, nil
}

// Card gives what a person may see of a record that one of his lists holds: subject and summary, titled in his language,
// and the entry to open. Of several entries it is the latest of a tab, else the latest of all. It is nil when none of his
// lists holds it any more.
func (s *Service) Card(ctx context.Context, actor access.Actor, entity, id, tab string) (*TaskItem, error) {
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	page, err := st.Find(ctx, query.Query{
		Collection: def.EntityTask, Limit: 100,
		Where: query.AllOf(
			taskField("record", def.TypeText, id), taskField("user", def.TypeUser, actor.ID),
			taskField("entity", def.TypeText, entity),
		),
		Sort: []query.Sort{{Field: "arrived_at", Desc: true, Type: def.TypeDateTime}},
	})
	if err != nil {
		return nil, fmt.Errorf("card of %s/%s: %w", entity, id, err)
	}
	if len(page.Docs) == 0 {
		return nil, nil //nolint:nilnil // nothing is an answer
	}
	chosen := max(0, slices.IndexFunc(page.Docs, func(doc store.Doc) bool { return textOf(doc.Values, "tab") == tab }))
	items, err := s.items(ctx, actor, page.Docs[chosen:chosen+1])
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return &items[0], nil
}

// TaskCard is Card for one open task, also for somebody who may do it in its holder's place. It is nil for anybody else, and
// once it is done.
func (s *Service) TaskCard(ctx context.Context, actor access.Actor, task string) (*TaskItem, error) {
	doc, err := s.taskFor(ctx, actor, task)
	if errors.Is(err, record.ErrNotFound) {
		return nil, nil //nolint:nilnil // nothing is an answer
	}
	if err != nil {
		return nil, err
	}
	items, err := s.items(ctx, actor, []store.Doc{*doc})
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return &items[0], nil
}

// StandIns gives who may act now in the place of somebody in a flow.
func (s *Service) StandIns(ctx context.Context, tenant string) (func(flow, user string) []string, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, err
	}
	now := s.config.Clock()
	at := func(field string, op query.Op) *query.Filter {
		return &query.Filter{Cond: &query.Cond{Path: []string{field}, Op: op, Value: wireTime(now), Type: def.TypeDateTime}}
	}
	q := query.Query{Collection: def.EntityProxy, Where: query.AllOf(at("start", query.Le), at("end", query.Gt)), Limit: store.MaxPage}
	var inForce []Proxy
	for more := true; more; more = q.After != "" {
		page, err := st.Find(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("proxies in force: %w", err)
		}
		for _, doc := range page.Docs {
			inForce = append(inForce, proxyOf(doc))
		}
		q.After = page.Next
	}
	return func(flow, user string) []string {
		var people []string
		for _, p := range inForce {
			if p.Principal == user && p.covers(flow, now) {
				people = append(people, p.To)
			}
		}
		return people
	}, nil
}

// Subject gives the subject of a run as lists show it, for places that have no one reader. "" if nothing runs there.
func (s *Service) Subject(ctx context.Context, tenant, entity, id string) (string, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return "", err
	}
	page, err := st.Find(ctx, query.Query{
		Collection: def.EntityTask, Limit: 1, Fields: []string{"subject"},
		Where: query.AllOf(taskField("record", def.TypeText, id), taskField("entity", def.TypeText, entity)),
	})
	if err != nil {
		return "", fmt.Errorf("subject of %s/%s: %w", entity, id, err)
	}
	if len(page.Docs) == 0 {
		return "", nil
	}
	return textOf(page.Docs[0].Values, "subject"), nil
}

func idsOf(people []Person) []string {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	return ids
}
