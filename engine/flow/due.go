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

// maxDue is how many runs with a due deadline one call looks at per entity; the rest is for the next one.
const maxDue = 500

// FireDue fires the deadlines of a tenant that are due, each as one command of the engine, and gives their number. It
// may run in several processes at once: a deadline that another one fired is over and does nothing.
func (s *Service) FireDue(ctx context.Context, tenant string) (int, error) {
	cat, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return 0, err
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return 0, err
	}
	now := wireTime(s.config.Clock())
	fired := 0
	var failed []error
	for _, entity := range slices.Sorted(maps.Keys(cat.Entities)) {
		if !cat.Entities[entity].Approval && entity != def.EntityRun {
			continue
		}
		page, err := st.Find(ctx, query.Query{
			Collection: entity, Fields: []string{}, Limit: maxDue,
			Sort: []query.Sort{{Field: query.FieldNextDue, Type: def.TypeDateTime}}, // by its index, the oldest first
			Where: &query.Filter{Cond: &query.Cond{
				Path: []string{query.FieldNextDue}, Op: query.Le, Value: now, Type: def.TypeDateTime,
			}},
		})
		if err != nil {
			return fired, fmt.Errorf("deadlines of %s: %w", entity, err)
		}
		for _, doc := range page.Docs {
			at := target{entity: entity, id: doc.ID}
			n, err := s.fire(ctx, tenant, at)
			fired += n
			if err == nil {
				err = s.deliver(ctx, dueRun{tenant, at})
			}
			if err != nil {
				failed = append(failed, fmt.Errorf("deadlines of %s/%s: %w", entity, doc.ID, err))
			}
		}
	}
	return fired, errors.Join(failed...)
}

// fire fires the deadlines of one run that are due, in their order.
func (s *Service) fire(ctx context.Context, tenant string, at target) (fired int, err error) {
	for range maxSteps {
		full, err := s.config.Records.Load(ctx, tenant, at.entity, at.id)
		if err != nil {
			return fired, err
		}
		st, err := decodeState(full.Record.Flow)
		if err != nil {
			return fired, err
		}
		plan, err := s.pinnedPlan(ctx, tenant, &st)
		if err != nil {
			return fired, err
		}
		due, ok := plan.NextDue(&st)
		if !ok || due.At.After(s.config.Clock()) {
			return fired, nil
		}
		if _, _, err := s.act(ctx, engineActor(tenant), at, Act{Verb: Timer, due: &due}); err != nil {
			return fired, err
		}
		fired++
	}
	return fired, nil
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
				_, _, err := s.act(ctx, engineActor(tenant), target{entity: entity, id: doc.ID}, Act{Verb: Reschedule})
				var refused *Refused // over meanwhile
				if err != nil && !errors.As(err, &refused) && !errors.Is(err, record.ErrNotFound) {
					return fmt.Errorf("deadlines of %s/%s: %w", entity, doc.ID, err)
				}
			}
			q.After = page.Next
		}
	}
	return nil
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
