package flow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// Deadlines are fired in batches: the runs of a batch are read by one query, each is decided by itself, and they are stored
// together, so that they share the commit and the reading of what others wrote. While a batch is being stored the next one
// is decided; it is stored when the one before is through, so that the log has deadlines in their order.
const (
	fireAtOnce = 10 // runs of a batch
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
		err := f.entity(ctx, entity)
		f.working.Wait()
		if err != nil {
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
	working sync.WaitGroup
	before  <-chan struct{} // closed when the batch that was taken last is through

	mu     sync.Mutex
	fired  int
	failed []error // at most maxFailed
}

// maxFailed is how many failures of a round are told.
const maxFailed = 20

// entity goes through the runs of an entity by the index of deadlines, the oldest first. Its cursor passes by those that
// stay due because they fail: they keep nobody else waiting. The last batches may still be at work when it returns.
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

// take has the deadlines of a batch of runs fired when its turn has come. It fails only when the context has ended.
func (f *firing) take(ctx context.Context, entity string, docs []store.Doc) error {
	s := f.service
	select {
	case s.firing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	b := &batch{tenant: f.tenant, entity: entity, before: f.before, patience: yieldTo}
	if err := s.courtesy.begin(ctx, len(docs), &b.patience); err != nil {
		<-s.firing
		return err
	}
	for i := range docs {
		b.runs = append(b.runs, &alarm{at: target{entity: entity, id: docs[i].ID}})
	}
	through := make(chan struct{})
	f.before = through
	f.working.Go(func() {
		defer func() { <-s.firing }()
		defer close(through)
		s.fireAll(ctx, b)
		f.note(b)
	})
	return nil
}

// note counts what became of a batch.
func (f *firing) note(b *batch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, run := range b.runs {
		f.fired += run.fired
		if run.err != nil && len(f.failed) < maxFailed {
			f.failed = append(f.failed, fmt.Errorf("deadlines of %s/%s: %w", run.at.entity, run.at.id, run.err))
		}
	}
}

// batch are runs of an entity whose deadlines are fired together.
type batch struct {
	tenant, entity string
	runs           []*alarm
	before         <-chan struct{} // closed when the batch before is through; nil: there is none
	patience       time.Duration   // how long it still waits for people
}

// await waits until the batch before is through. It bounds itself: no batch goes on for ever.
func (b *batch) await() {
	if b.before != nil {
		<-b.before
	}
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

// fireAll fires all deadlines of the runs of a batch that are due, of each run in their order, then delivers its effects.
func (s *Service) fireAll(ctx context.Context, b *batch) {
	runs := slices.Clone(b.runs)
	for range maxSteps {
		s.fireOnce(ctx, b, runs)
		runs = slices.DeleteFunc(runs, func(run *alarm) bool {
			if run.err == nil && run.due.Node != "" && !run.state.NextDue.IsZero() && !run.state.NextDue.After(s.config.Clock()) {
				return false
			}
			if run.err == nil && len(run.state.Outbox) > 0 {
				run.err = s.deliver(ctx, dueRun{b.tenant, run.at})
			}
			return true
		})
		if len(runs) == 0 {
			return
		}
	}
}

// fireOnce fires the first deadline of each of some runs of a batch, if it is due. What is due is decided over the record
// as it is when it is written: a run that another write came upon meanwhile is decided again by itself.
func (s *Service) fireOnce(ctx context.Context, b *batch, runs []*alarm) {
	in := record.Changing{Records: make([]record.Deciding, len(runs))}
	firing := make(map[string]*alarm, len(runs))
	for i, run := range runs {
		run.due, run.plan, run.state = Due{}, nil, State{}
		firing[run.at.id] = run
		decide := s.decides(ctx, engineActor(b.tenant), run.at, Act{Verb: Timer, due: &run.due, alarm: run})
		in.Records[i] = record.Deciding{ID: run.at.id, Decide: func(stored record.Record, full *record.Full) (record.Change, error) {
			s.courtesy.yield(ctx, &b.patience)
			return decide(stored, full)
		}}
	}
	in.Along = func(ctx context.Context, fulls []*record.Full) []record.Along {
		along := s.alongAll(ctx, b.tenant, firing, fulls)
		b.await()
		return along
	}
	changed, err := s.config.Records.ChangeMany(ctx, engineActor(b.tenant), b.entity, in)
	b.await()
	for i, run := range runs {
		if err != nil || errors.Is(changed[i].Err, store.ErrConflict) { // err may be of one of them: which is not known
			s.fireAlone(ctx, b.tenant, run)
			continue
		}
		s.fired(ctx, b.tenant, run, changed[i].Full, changed[i].Err)
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
