package flow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// TaskQuery asks for one page of the actor's own tasks, or of those he may do for others (TabProxied).
type TaskQuery struct {
	Tab       string // open, handle, cc, started, handled, proxied; "" = open
	Search    string // text the subject must contain
	Entity    string // "" = all
	Flow      string // "" = all
	Initiator string // id of a user, "" = all
	From, To  string // days in the tenant's zone between which it arrived, "" = open
	Unread    bool   // only what was not read
	Overdue   bool   // only what is past its deadline
	Sort      string // arrived_at, due_at, done_at, with "-" in front from late to early; "" = -arrived_at
	After     string // TaskPage.Next of the page before
	Limit     int    // 1 to 100; 0 = 20
}

// toHandle matches the actor's open tasks of handle nodes, toApprove all others.
func toHandle(actor access.Actor) *query.Filter {
	return query.AllOf(tasksOf(actor, TabOpen), taskField("kind", def.TypeText, kindHandle))
}

func toApprove(actor access.Actor) *query.Filter {
	return query.AllOf(tasksOf(actor, TabOpen), &query.Filter{Not: taskField("kind", def.TypeText, kindHandle)})
}

// onTab matches the entries of a tab; nil if there can be none.
func (s *Service) onTab(ctx context.Context, st store.Store, actor access.Actor, tab string) (*query.Filter, error) {
	switch tab {
	case TabOpen:
		return toApprove(actor), nil
	case TabHandle:
		return toHandle(actor), nil
	case TabProxied:
		proxies, err := proxiesTo(ctx, st, actor.ID, s.config.Clock())
		return proxied(proxies, actor.ID), err
	default:
		return tasksOf(actor, tab), nil
	}
}

// Tasks gives one page of the actor's tasks. An unknown tab or order is *query.Error.
func (s *Service) Tasks(ctx context.Context, actor access.Actor, in TaskQuery) (TaskPage, error) {
	defer s.courtesy.enter()()
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return TaskPage{}, err
	}
	tab := first(in.Tab, TabOpen)
	if !slices.Contains([]string{TabOpen, TabHandle, TabCC, TabStarted, TabHandled, TabProxied}, tab) {
		return TaskPage{}, &query.Error{Code: query.CodeUnknownField, Params: map[string]any{"field": tab}}
	}
	where, err := s.onTab(ctx, st, actor, tab)
	if err != nil {
		return TaskPage{}, err
	}
	if where == nil {
		return TaskPage{Tasks: []TaskItem{}}, nil
	}
	narrowed, err := s.narrow(ctx, actor, in)
	if err != nil {
		return TaskPage{}, err
	}
	order, err := taskOrder(in.Sort)
	if err != nil {
		return TaskPage{}, err
	}
	limit := in.Limit
	if limit < 1 || limit > 100 {
		limit = 20
	}
	page, err := st.Find(ctx, query.Query{
		Collection: def.EntityTask, Where: query.AllOf(append(narrowed, where)...), Search: in.Search, Limit: limit,
		After: in.After, Sort: []query.Sort{order},
	})
	if err != nil {
		return TaskPage{}, fmt.Errorf("tasks of %s: %w", actor.ID, err)
	}
	items, err := s.items(ctx, actor, page.Docs)
	return TaskPage{Tasks: items, Next: page.Next}, err
}

// narrow gives the conditions of a query beside its tab.
func (s *Service) narrow(ctx context.Context, actor access.Actor, in TaskQuery) ([]*query.Filter, error) {
	var all []*query.Filter
	for field, value := range map[string]string{"entity": in.Entity, "flow": in.Flow} {
		if value != "" {
			all = append(all, taskField(field, def.TypeText, value))
		}
	}
	if in.Initiator != "" {
		all = append(all, taskField("initiator", def.TypeUser, in.Initiator))
	}
	if in.Unread {
		all = append(all, taskField("unread", def.TypeBoolean, true))
	}
	if in.Overdue {
		all = append(all, overdue(s.config.Clock()))
	}
	if in.From == "" && in.To == "" {
		return all, nil
	}
	zone, err := s.config.Zone(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	for _, bound := range []struct {
		day string
		op  query.Op
		add int
	}{{in.From, query.Ge, 0}, {in.To, query.Lt, 1}} {
		if bound.day == "" {
			continue
		}
		at, err := time.ParseInLocation(time.DateOnly, bound.day, zone)
		if err != nil {
			return nil, &query.Error{Code: query.CodeValueType, Params: map[string]any{"type": string(def.TypeDate)}}
		}
		all = append(all, &query.Filter{Cond: &query.Cond{
			Path: []string{"arrived_at"}, Op: bound.op, Value: wireTime(at.AddDate(0, 0, bound.add)), Type: def.TypeDateTime,
		}})
	}
	return all, nil
}

// overdue matches open tasks whose next deadline has passed.
func overdue(now time.Time) *query.Filter {
	return &query.Filter{Cond: &query.Cond{
		Path: []string{"due_at"}, Op: query.Lt, Value: wireTime(now), Type: def.TypeDateTime,
	}}
}

func taskOrder(by string) (query.Sort, error) {
	field, desc := strings.CutPrefix(first(by, "-arrived_at"), "-")
	if !slices.Contains([]string{"arrived_at", "due_at", "done_at"}, field) {
		return query.Sort{}, &query.Error{Code: query.CodeUnknownField, Params: map[string]any{"field": field}}
	}
	return query.Sort{Field: field, Desc: desc, Type: def.TypeDateTime}, nil
}

// TaskCounts counts what the tabs of the actor's task list show.
func (s *Service) TaskCounts(ctx context.Context, actor access.Actor) (Counts, error) {
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return Counts{}, err
	}
	now := s.config.Clock()
	proxies, err := proxiesTo(ctx, st, actor.ID, now)
	if err != nil {
		return Counts{}, err
	}
	var c Counts
	for _, counted := range []struct {
		into  *int
		where *query.Filter
	}{
		{&c.Open, toApprove(actor)},
		{&c.Handle, toHandle(actor)},
		{&c.CC, query.AllOf(tasksOf(actor, TabCC), taskField("unread", def.TypeBoolean, true))},
		{&c.Proxied, proxied(proxies, actor.ID)},
		{&c.Overdue, query.AllOf(tasksOf(actor, TabOpen), overdue(now))},
	} {
		if counted.where == nil {
			continue
		}
		*counted.into, _, err = st.Count(ctx, query.Query{Collection: def.EntityTask, Where: counted.where}, maxCounted)
		if err != nil {
			return c, fmt.Errorf("count tasks of %s: %w", actor.ID, err)
		}
	}
	return c, nil
}
