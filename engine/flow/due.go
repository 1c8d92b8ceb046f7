package flow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// maxDue is how many runs are looked up at once.
const maxDue = 500

// findDue looks for the deadline a timer command fires; false if none is due any more.
func (d *deciding) findDue(plan *Plan) bool {
	due, ok := plan.NextDue(&d.state)
	if !ok || due.At.After(d.full.Now) {
		*d.act.due = Due{}
		return false
	}
	*d.act.due = due
	return true
}

// Reschedule works out the deadlines of all runs anew, after the calendar has changed.
func (s *Service) Reschedule(ctx context.Context, tenant string) error {
	cat, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return err
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return err
	}
	for _, entity := range slices.Sorted(maps.Keys(cat.Entities)) {
		if !cat.Entities[entity].Approval {
			continue
		}
		q := query.Query{
			Collection: entity, Fields: []string{}, Limit: maxDue,
			Where: &query.Filter{Not: &query.Filter{Cond: &query.Cond{
				Path: []string{query.FieldNextDue}, Op: query.Empty, Value: true, Type: def.TypeDateTime,
			}}},
		}
		for more := true; more; more = q.After != "" {
			page, err := st.Find(ctx, q)
			if err != nil {
				return fmt.Errorf("deadlines of %s: %w", entity, err)
			}
			for _, doc := range page.Docs {
				if err := s.reschedule(ctx, tenant, target{entity: entity, id: doc.ID}); err != nil {
					return fmt.Errorf("deadlines of %s/%s: %w", entity, doc.ID, err)
				}
			}
			q.After = page.Next
		}
	}
	return nil
}

// reschedule works out the deadlines of one run anew. A record that breaks a unique rule since must not keep all others
// from it: its deadlines stay as they are.
func (s *Service) reschedule(ctx context.Context, tenant string, at target) error {
	_, _, err := s.act(ctx, engineActor(tenant), at, Act{Verb: Reschedule})
	var refused *Refused // over meanwhile
	var invalid *record.InvalidError
	switch {
	case errors.As(err, &refused), errors.Is(err, record.ErrNotFound):
		return nil
	case errors.As(err, &invalid):
		s.config.Log.ErrorContext(ctx, "deadlines of a record stay as they are",
			"tenant", tenant, "entity", at.entity, "record", at.id, "error", err)
		return nil
	}
	return err
}

// HandOver gives all open tasks of somebody who is disabled to his leader or to an admin of the flow, run by run. For
// somebody who is not (he may have come back since) it does nothing.
func (s *Service) HandOver(ctx context.Context, tenant, user string) error {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return err
	}
	users, err := st.Get(ctx, def.EntityUser, user)
	if err != nil {
		return fmt.Errorf("tasks of %s: %w", user, err)
	}
	if len(users) == 0 || users[0].Values["disabled"] != true {
		return nil
	}
	where := query.AllOf(taskField("user", def.TypeUser, user), taskField("tab", def.TypeSelect, TabOpen))
	after := ""
	for {
		page, err := st.Find(ctx, query.Query{Collection: def.EntityTask, Where: where, Limit: maxDue, After: after})
		if err != nil {
			return fmt.Errorf("tasks of %s: %w", user, err)
		}
		for _, doc := range page.Docs {
			at := target{entity: textOf(doc.Values, "entity"), id: textOf(doc.Values, "record")}
			_, _, err := s.act(ctx, engineActor(tenant), at, Act{Verb: HandOver, To: user})
			var refused *Refused // suspended or over meanwhile
			if err != nil && !errors.As(err, &refused) && !errors.Is(err, record.ErrNotFound) {
				return fmt.Errorf("hand over tasks of %s: %w", user, err)
			}
		}
		if after = page.Next; after == "" {
			return nil
		}
	}
}

// HandOverAll is HandOver for everybody who is disabled: what was not handed over when he left, because the run was suspended
// then or nobody was there to take it, and what came back to him since.
func (s *Service) HandOverAll(ctx context.Context, tenant string) error {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return err
	}
	gone := query.Query{Collection: def.EntityUser, Where: taskField("disabled", def.TypeBoolean, true), Fields: []string{}, Limit: maxDue}
	for more := true; more; more = gone.After != "" {
		page, err := st.Find(ctx, gone)
		if err != nil {
			return fmt.Errorf("who has left %s: %w", tenant, err)
		}
		holders, err := openAmong(ctx, st, page.Docs)
		if err != nil {
			return fmt.Errorf("tasks of who has left %s: %w", tenant, err)
		}
		for _, user := range holders {
			if err := s.HandOver(ctx, tenant, user); err != nil {
				return err
			}
		}
		gone.After = page.Next
	}
	return nil
}

// openAmong gives those of some users who hold open tasks.
func openAmong(ctx context.Context, st store.Store, users []store.Doc) ([]string, error) {
	if len(users) == 0 {
		return nil, nil
	}
	ids := make([]any, len(users))
	for i := range users {
		ids[i] = users[i].ID
	}
	q := query.Query{
		Collection: def.EntityTask, Fields: []string{"user"}, Limit: maxDue,
		Where: query.AllOf(taskField("tab", def.TypeSelect, TabOpen), &query.Filter{Cond: &query.Cond{
			Path: []string{"user"}, Op: query.In, Value: ids, Type: def.TypeUser,
		}}),
	}
	var holders []string
	for more := true; more; more = q.After != "" {
		page, err := st.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, doc := range page.Docs {
			holders = append(holders, textOf(doc.Values, "user"))
		}
		q.After = page.Next
	}
	slices.Sort(holders)
	return slices.Compact(holders), nil
}

// disabled tells whether an event is about a user who was disabled.
func disabled(e store.Event) (bool, error) {
	if e.Entity != def.EntityUser || e.Type != event.TypeUpdated {
		return false, nil
	}
	written, err := event.Decode(e.Data)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(written.Changes, func(c event.Change) bool {
		return c.Field == "disabled" && c.To == true
	}), nil
}
