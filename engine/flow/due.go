package flow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

const (
	maxDue  = 500                   // runs with a due deadline that are looked up at once
	firers  = 4                     // deadlines of this process that are fired at once: they share the disk's syncs
	yieldTo = 50 * time.Millisecond // how long a deadline waits for people who are being served
)

// FireDue fires the deadlines of a tenant that are due, each as one command of the engine, and gives their number. It
// returns when it has come to the last that was due when it began. It may run in several processes at once: a deadline
// that another one fired is over and does nothing. People go first (courtesy).
func (s *Service) FireDue(ctx context.Context, tenant string) (int, error) {
	cat, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return 0, err
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return 0, err
	}
	f := &firing{service: s, tenant: tenant, store: st, now: s.config.Clock()}
	for _, entity := range slices.Sorted(maps.Keys(cat.Entities)) {
		if !cat.Entities[entity].Approval && entity != def.EntityRun {
			continue
		}
		if err := f.entity(ctx, entity); err != nil {
			f.failed = append(f.failed, err)
			break
		}
	}
	return f.fired, errors.Join(f.failed...)
}

// firing is one round through the due deadlines of a tenant.
type firing struct {
	service *Service
	tenant  string
	store   store.Store
	now     time.Time

	mu     sync.Mutex
	fired  int
	failed []error // at most maxFailed
}

// maxFailed is how many failures of a round are told.
const maxFailed = 20

// entity goes through the runs of an entity by the index of deadlines, the oldest first. Its cursor passes by those that
// stay due because they fail: they keep nobody else waiting.
func (f *firing) entity(ctx context.Context, entity string) error {
	q := query.Query{
		Collection: entity, Fields: []string{}, Limit: maxDue,
		Sort: []query.Sort{{Field: query.FieldNextDue, Type: def.TypeDateTime}},
		Where: &query.Filter{Cond: &query.Cond{
			Path: []string{query.FieldNextDue}, Op: query.Le, Value: wireTime(f.now), Type: def.TypeDateTime,
		}},
	}
	for {
		page, err := f.store.Find(ctx, q)
		if err != nil {
			return fmt.Errorf("deadlines of %s: %w", entity, err)
		}
		var working sync.WaitGroup
		for _, doc := range page.Docs {
			select {
			case f.service.firing <- struct{}{}:
			case <-ctx.Done():
				working.Wait()
				return ctx.Err()
			}
			working.Go(func() {
				defer func() { <-f.service.firing }()
				f.run(ctx, target{entity: entity, id: doc.ID})
			})
		}
		working.Wait()
		if q.After = page.Next; q.After == "" {
			return nil
		}
	}
}

// run fires what is due in one run and delivers its effects.
func (f *firing) run(ctx context.Context, at target) {
	n, err := f.service.fire(ctx, f.tenant, at)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fired += n
	if err != nil && len(f.failed) < maxFailed {
		f.failed = append(f.failed, fmt.Errorf("deadlines of %s/%s: %w", at.entity, at.id, err))
	}
}

// fire fires the deadlines of one run that are due, in their order, then delivers its effects.
func (s *Service) fire(ctx context.Context, tenant string, at target) (fired int, err error) {
	for range maxSteps {
		st, one, err := s.fireOne(ctx, tenant, at)
		if errors.Is(err, record.ErrNotFound) {
			return fired, nil // deleted meanwhile
		}
		if err != nil {
			return fired, err
		}
		if one {
			fired++
		}
		if one && !st.NextDue.IsZero() && !st.NextDue.After(s.config.Clock()) {
			continue
		}
		if len(st.Outbox) > 0 {
			err = s.deliver(ctx, dueRun{tenant, at})
		}
		return fired, err
	}
	return fired, nil
}

// fireOne fires the first deadline that is due, if one is, and gives the run as it is then. What is due is decided over the
// record as it is when it is written.
func (s *Service) fireOne(ctx context.Context, tenant string, at target) (st State, fired bool, err error) {
	s.courtesy.yield(ctx)
	due := &Due{}
	full, err := s.change(ctx, engineActor(tenant), at, Act{Verb: Timer, due: due})
	if err != nil {
		return st, false, s.stopped(ctx, tenant, at, err)
	}
	if st, err = decodeState(full.Record.Flow); err != nil || due.Node == "" {
		return st, false, err
	}
	_, err = s.projectWritten(ctx, tenant, full)
	return st, true, err
}

// stopped suspends a run whose document does not fit its flow, as act does, and gives the error.
func (s *Service) stopped(ctx context.Context, tenant string, at target, err error) error {
	var refused *Refused
	if errors.As(err, &refused) && refused.Code == CodeIntegrity {
		_, suspendErr := s.change(ctx, engineActor(tenant), at, Act{Verb: Suspend})
		return errors.Join(err, suspendErr)
	}
	return err
}

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

// courtesy counts the commands of people that are at work.
type courtesy struct{ people atomic.Int32 }

// enter begins a command of a person; the function it gives ends it.
func (c *courtesy) enter() (leave func()) {
	c.people.Add(1)
	return func() { c.people.Add(-1) }
}

// yield lets people go first. It waits for yieldTo at most: deadlines are fired however many people work.
func (c *courtesy) yield(ctx context.Context) {
	if c.people.Load() == 0 {
		return
	}
	const look = time.Millisecond
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for range int(yieldTo / look) {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if c.people.Load() == 0 {
			return
		}
	}
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
