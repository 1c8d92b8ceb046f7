package flow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// Deadlines are fired in batches: the runs of a batch are read by one query, each is decided by itself, and they are stored
// together, so that they share the commit and the reading of what others wrote. A batch is small: a person's write waits
// for one to be stored, not for all that is due.
const (
	fireAtOnce = 20 // runs of a batch
	firers     = 2  // batches of this process at once, whatever tenants they are of
)

// FireDue fires the deadlines of a tenant that are due, each as one command of the engine, and gives their number. It
// returns when it has come to the last that was due when it began. It may run in several processes at once: a deadline
// that another one fired is over and does nothing. People go first (courtesy).
func (s *Service) FireDue(ctx context.Context, tenant string) (int, error) {
	ctx = store.Behind(ctx)
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
	fired   int
	failed  []error // at most maxFailed
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
		for docs := range slices.Chunk(page.Docs, fireAtOnce) {
			if err := f.take(ctx, entity, docs); err != nil {
				return err
			}
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
	}
}

// take fires the deadlines of a batch of runs when its turn has come. It fails only when the context has ended.
func (f *firing) take(ctx context.Context, entity string, docs []store.Doc) error {
	s := f.service
	select {
	case s.firing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.firing }()
	return s.courtesy.after(ctx, len(docs), func() {
		batch := make([]*alarm, len(docs))
		for i := range docs {
			batch[i] = &alarm{at: target{entity: entity, id: docs[i].ID}}
		}
		s.fireAll(ctx, f.tenant, entity, batch)
		for _, run := range batch {
			f.fired += run.fired
			if run.err != nil && len(f.failed) < maxFailed {
				f.failed = append(f.failed, fmt.Errorf("deadlines of %s/%s: %w", run.at.entity, run.at.id, run.err))
			}
		}
	})
}

// alarm is a run whose deadlines are being fired.
type alarm struct {
	at      target
	due     Due   // the deadline that was fired last; its Node is "" if none was due any more
	plan    *Plan // it was decided by
	state   State // after it
	written record.Record
	fired   int
	err     error
}

// fireAll fires all deadlines of some runs of an entity that are due, of each run in their order, then delivers its effects.
func (s *Service) fireAll(ctx context.Context, tenant, entity string, batch []*alarm) {
	batch = slices.Clone(batch)
	for range maxSteps {
		s.fireOnce(ctx, tenant, entity, batch)
		batch = slices.DeleteFunc(batch, func(run *alarm) bool {
			if run.err == nil && run.due.Node != "" && !run.state.NextDue.IsZero() && !run.state.NextDue.After(s.config.Clock()) {
				return false
			}
			if run.err == nil && len(run.state.Outbox) > 0 {
				run.err = s.deliver(ctx, dueRun{tenant, run.at})
			}
			return true
		})
		if len(batch) == 0 {
			return
		}
	}
}

// fireOnce fires the first deadline of each of some runs, if it is due. What is due is decided over the record as it is
// when it is written: a run that another write came upon meanwhile is decided again by itself.
func (s *Service) fireOnce(ctx context.Context, tenant, entity string, batch []*alarm) {
	in := record.Changing{Records: make([]record.Deciding, len(batch))}
	firing := make(map[string]*alarm, len(batch))
	for i, run := range batch {
		run.due, run.plan, run.state = Due{}, nil, State{}
		firing[run.at.id] = run
		in.Records[i] = record.Deciding{ID: run.at.id, Decide: s.decides(ctx, engineActor(tenant), run.at, Act{Verb: Timer, due: &run.due, alarm: run})}
	}
	in.Along = func(ctx context.Context, fulls []*record.Full) []record.Along {
		return s.alongAll(ctx, tenant, firing, fulls)
	}
	changed, err := s.config.Records.ChangeMany(ctx, engineActor(tenant), entity, in)
	for i, run := range batch {
		if err != nil || errors.Is(changed[i].Err, store.ErrConflict) { // err may be of one of them: which is not known
			s.fireAlone(ctx, tenant, run)
			continue
		}
		s.fired(ctx, tenant, run, changed[i].Full, changed[i].Err)
	}
}

// alongAll gives the tasks of some runs as a batch of deadlines leaves them; those that are stored are read by one query.
func (s *Service) alongAll(ctx context.Context, tenant string, firing map[string]*alarm, fulls []*record.Full) []record.Along {
	along := make([]record.Along, len(fulls))
	projections := make([]*projection, len(fulls))
	for i, full := range fulls {
		if run := firing[full.Record.ID]; full.Record.Entity != def.EntityRun { // nobody has tasks in a run of its own
			run.written = full.Record
			projections[i], along[i].Err = s.projection(ctx, tenant, full, run.plan, &run.state)
		}
	}
	stored, err := s.entries(ctx, tenant, projections...)
	for i, p := range projections {
		switch {
		case p == nil:
		case err != nil:
			along[i].Err = err
		default:
			along[i].Writes = p.writes(stored)
		}
	}
	return along
}

// fireAlone is fireOnce for one run.
func (s *Service) fireAlone(ctx context.Context, tenant string, run *alarm) {
	run.due, run.plan = Due{}, nil
	full, err := s.change(ctx, engineActor(tenant), run.at, Act{Verb: Timer, due: &run.due, alarm: run})
	s.fired(ctx, tenant, run, full, err)
}

// fired notes what became of the deadline of a run, and sees to it that its tasks are made if they were not written along.
func (s *Service) fired(ctx context.Context, tenant string, run *alarm, full *record.Full, err error) {
	if err == nil && run.plan == nil { // else the state was decided just now
		run.state, err = decodeState(full.Record.Flow)
	}
	switch {
	case errors.Is(err, record.ErrNotFound): // deleted meanwhile
		run.due = Due{}
	case err != nil:
		run.state, run.err = s.refused(ctx, tenant, run.at, run.due, s.stopped(ctx, tenant, run.at, err))
		run.due = Due{}
	case run.due.Node != "":
		run.fired++
		_, run.err = s.projectWritten(ctx, tenant, full)
	}
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
