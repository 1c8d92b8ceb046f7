// Package job runs work that waits for the machine: durable jobs with delays and retries, and schedules.
//
// A job is a document of the tenant's collection "job", so it survives a crash. A worker claims a due job by one
// conditional write that moves its run_at into the future (its visibility time), and moves it on while the handler
// works, however long that takes: if the worker dies, the job becomes due again by itself. A handler therefore may run
// more than once and must be idempotent. A job that succeeded is removed; one that failed too often stays with status
// "failed" for people to see. A few jobs run at once, so that a slow one does not hold up the others.
//
//	enqueue ──▶ waiting ──claim──▶ (hidden until run_at) ──success──▶ removed
//	               ▲                    │ error: run_at = now + back-off
//	               └────────────────────┘ maxAttempts errors ──▶ failed
//
// A claimed job has given up its key: who enqueues the same work now gets another run, since this one may have read too
// early what there is to do.
package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"sync"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

const (
	collection  = "job"
	visibility  = 30 * time.Second // so long after the last sign of life a job is taken over
	parallel    = 8                // jobs at once
	maxAttempts = 12               // about nine hours with back-off
	firstDelay  = 2 * time.Second
	longestWait = 2 * time.Hour
	batch       = 100
	idle        = 5 * time.Second // how often the collection is looked at without a wake-up
)

// Job is one piece of work.
type Job struct {
	Type    string          // names the handler
	Key     string          // two waiting jobs never share a key; "" = none
	Payload json.RawMessage // the handler's own
	RunAt   time.Time       // not before; zero = now
}

// Handler does the work of one job of a tenant. An error means: try again later.
type Handler func(ctx context.Context, tenant string, payload json.RawMessage) error

// Later is a failure of a Handler that is none: the work cannot be done before then. It is tried at that time, and does not
// count among the attempts.
type Later struct{ At time.Time } //nolint:errname // not a mistake

// Error satisfies error.
func (l *Later) Error() string { return "not before " + stamp(l.At) }

// Config is what a Runner needs.
type Config struct {
	Store   func(ctx context.Context, tenant string) (store.Store, error)
	Tenants func(ctx context.Context) ([]string, error)
	Clock   func() time.Time
	NewID   func() string
	Holder  string // names this process in leases
	Log     *slog.Logger
}

// Runner runs jobs and schedules of all tenants. Register and Every before Run.
type Runner struct {
	Config
	handlers  map[string]Handler
	schedules []schedule
	wake      chan struct{}
	slots     chan struct{} // holds one per job at work
	ensured   sync.Map      // tenants whose collection exists
}

type schedule struct {
	name  string
	every time.Duration
	work  func(ctx context.Context) error
}

// NewRunner gives a runner without handlers.
func NewRunner(cfg Config) *Runner {
	return &Runner{
		Config: cfg, handlers: map[string]Handler{}, wake: make(chan struct{}, 1), slots: make(chan struct{}, parallel),
	}
}

// Register names the handler of a type of job.
func (r *Runner) Register(jobType string, h Handler) { r.handlers[jobType] = h }

// Every runs work once per interval, in one process of the installation (by a lease of the system database).
func (r *Runner) Every(name string, interval time.Duration, work func(ctx context.Context) error) {
	r.schedules = append(r.schedules, schedule{name, interval, work})
}

// Enqueue stores a job. It is durable when Enqueue returns. A key that waits already is no error: the work is to be
// done anyway.
func (r *Runner) Enqueue(ctx context.Context, tenant string, j Job) error {
	return r.EnqueueAll(ctx, tenant, j)
}

// EnqueueAll is Enqueue for some jobs, stored together.
func (r *Runner) EnqueueAll(ctx context.Context, tenant string, jobs ...Job) error {
	if len(jobs) == 0 {
		return nil
	}
	db, err := r.open(ctx, tenant)
	if err != nil {
		return err
	}
	writes := make([]store.Write, len(jobs))
	for i, j := range jobs {
		writes[i] = store.Write{Collection: collection, Doc: r.document(j)}
	}
	errs := db.Put(ctx, writes...)
	for i, j := range jobs {
		var dup *store.DuplicateError
		if errs[i] != nil && !errors.As(errs[i], &dup) {
			return fmt.Errorf("enqueue %s: %w", j.Type, errs[i])
		}
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
	return nil
}

// document is a new job as it is stored.
func (r *Runner) document(j Job) store.Doc {
	now := r.Clock()
	if j.RunAt.IsZero() {
		j.RunAt = now
	}
	doc := store.Doc{
		ID: r.NewID(), Rev: 1, CreatedBy: "system", UpdatedBy: "system", CreatedAt: now, UpdatedAt: now,
		Values: map[string]any{"type": j.Type, "status": "waiting", "run_at": stamp(j.RunAt), "attempts": int64(0)},
	}
	if len(j.Payload) > 0 {
		doc.Values["payload"] = string(j.Payload)
	}
	if j.Key != "" {
		doc.Keys = []string{"key|" + j.Key}
		doc.Values["key"] = j.Key
	}
	return doc
}

// Run works until the context ends.
func (r *Runner) Run(ctx context.Context) {
	var schedules sync.WaitGroup
	for _, s := range r.schedules {
		schedules.Go(func() { r.keepSchedule(ctx, s) })
	}
	defer schedules.Wait()
	var working sync.WaitGroup
	defer working.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-timer.C:
		}
		if err := r.startDue(ctx, &working); err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "run due jobs", "error", err)
		}
		timer.Reset(idle)
	}
}

// RunDue runs what is due now in every tenant and returns when nothing more is.
func (r *Runner) RunDue(ctx context.Context) error {
	for {
		var working sync.WaitGroup
		started, err := r.start(ctx, &working)
		working.Wait()
		if err != nil || !started {
			return err
		}
	}
}

// startDue starts what is due now in every tenant, as slots become free, and does not wait for its end.
func (r *Runner) startDue(ctx context.Context, working *sync.WaitGroup) error {
	_, err := r.start(ctx, working)
	return err
}

func (r *Runner) start(ctx context.Context, working *sync.WaitGroup) (started bool, err error) {
	tenants, err := r.Tenants(ctx)
	if err != nil {
		return false, err
	}
	for _, tenant := range tenants {
		some, err := r.startTenant(ctx, tenant, working)
		if err != nil {
			return started, fmt.Errorf("jobs of %s: %w", tenant, err)
		}
		started = started || some
	}
	return started, nil
}

func (r *Runner) startTenant(ctx context.Context, tenant string, working *sync.WaitGroup) (started bool, err error) {
	db, err := r.open(ctx, tenant)
	if err != nil {
		return false, err
	}
	for {
		page, err := db.Find(ctx, query.Query{
			Collection: collection, Where: r.due(), Limit: batch,
			Sort: []query.Sort{{Field: "run_at", Type: def.TypeDateTime}},
		})
		if err != nil {
			return started, fmt.Errorf("find due jobs: %w", err)
		}
		for _, doc := range page.Docs {
			some, err := r.startOne(ctx, tenant, db, doc, working)
			if err != nil {
				return started, err
			}
			started = started || some
		}
		if len(page.Docs) < batch || !started {
			return started, nil
		}
	}
}

// due matches waiting jobs whose time has come.
func (r *Runner) due() *query.Filter {
	cond := func(field string, op query.Op, value any, t def.FieldType) *query.Filter {
		return &query.Filter{Cond: &query.Cond{Path: []string{field}, Op: op, Value: value, Type: t}}
	}
	return &query.Filter{And: []*query.Filter{
		cond("status", query.Eq, "waiting", def.TypeText),
		cond("run_at", query.Le, stamp(r.Clock()), def.TypeDateTime),
	}}
}

// startOne waits for a free slot, claims a job and runs it beside. Losing the claim to another worker is fine.
func (r *Runner) startOne(ctx context.Context, tenant string, db store.Store, doc store.Doc, working *sync.WaitGroup) (bool, error) {
	jobType, _ := doc.Values["type"].(string)
	handler, known := r.handlers[jobType]
	if !known {
		return false, nil // a process of another version may know it
	}
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	release := func() { <-r.slots }
	doc.Values["claimed"] = true
	doc.Values["run_at"] = stamp(r.Clock().Add(visibility))
	doc, err := r.put(ctx, db, doc, false)
	if err != nil {
		release()
		if errors.Is(err, store.ErrConflict) {
			err = nil
		}
		return false, err
	}
	working.Go(func() {
		defer release()
		if err := r.work(ctx, tenant, db, doc, handler); err != nil && ctx.Err() == nil {
			r.Log.ErrorContext(ctx, "settle job", "tenant", tenant, "type", jobType, "job", doc.ID, "error", err)
		}
	})
	return true, nil
}

// work runs a claimed job, shows that it lives, and settles it.
func (r *Runner) work(ctx context.Context, tenant string, db store.Store, doc store.Doc, handler Handler) error {
	payload, _ := doc.Values["payload"].(string)
	done := make(chan error, 1)
	go func() { done <- handler(ctx, tenant, json.RawMessage(payload)) }()
	alive := time.NewTicker(visibility / 4)
	defer alive.Stop()
	for {
		select {
		case failure := <-done:
			if failure != nil && ctx.Err() != nil { // the process ends: that is no fault of the job, and the next one goes on at once
				return r.putBack(context.WithoutCancel(ctx), db, doc, postponed(doc, r.Clock()))
			}
			return r.settle(ctx, db, doc, failure)
		case <-alive.C:
			doc.Values["run_at"] = stamp(r.Clock().Add(visibility))
			moved, err := r.put(ctx, db, doc, false)
			switch {
			case errors.Is(err, store.ErrConflict): // taken over: the other one settles it
				if failure := <-done; failure != nil {
					r.Log.WarnContext(ctx, "job failed after it was taken over", "tenant", tenant, "job", doc.ID, "error", failure)
				}
				return nil
			case err == nil:
				doc = moved
			} // a store that does not answer is asked again
		}
	}
}

// settle removes a job that succeeded and puts one that failed back.
func (r *Runner) settle(ctx context.Context, db store.Store, doc store.Doc, failure error) error {
	var err error
	var later *Later
	switch {
	case failure == nil:
		_, err = r.put(ctx, db, doc, true)
	case errors.As(failure, &later):
		err = r.putBack(ctx, db, doc, postponed(doc, later.At))
	default:
		r.Log.WarnContext(ctx, "job failed", "type", doc.Values["type"], "job", doc.ID, "error", failure)
		err = r.putBack(ctx, db, doc, r.failed(doc, failure))
	}
	if errors.Is(err, store.ErrConflict) {
		return nil
	}
	return err
}

// putBack stores a job that waits again, unless the same work waits once more already: then it is removed.
func (r *Runner) putBack(ctx context.Context, db store.Store, doc, waiting store.Doc) error {
	_, err := r.put(ctx, db, waiting, false)
	var taken *store.DuplicateError
	if errors.As(err, &taken) {
		_, err = r.put(ctx, db, doc, true)
	}
	return err
}

// postponed is a job that waits until a time.
func postponed(doc store.Doc, at time.Time) store.Doc {
	doc.Values = maps.Clone(doc.Values)
	delete(doc.Values, "claimed")
	doc.Values["run_at"] = stamp(at)
	return doc
}

// failed is the job after an error: later again, or given up.
func (r *Runner) failed(doc store.Doc, failure error) store.Doc {
	doc.Values = maps.Clone(doc.Values)
	delete(doc.Values, "claimed")
	attempts, _ := doc.Values["attempts"].(int64)
	attempts++
	doc.Values["attempts"] = attempts
	doc.Values["error"] = failure.Error()
	doc.Values["run_at"] = stamp(r.Clock().Add(backoff(doc.ID, attempts)))
	if attempts >= maxAttempts {
		doc.Values["status"] = "failed"
		delete(doc.Values, "key")
	}
	return doc
}

// backoff doubles from two seconds to two hours, with up to a quarter of jitter taken from the job's id so that jobs
// that failed together do not come back together.
func backoff(id string, attempts int64) time.Duration {
	wait := firstDelay
	for range attempts - 1 {
		if wait *= 2; wait >= longestWait {
			wait = longestWait
			break
		}
	}
	h := fnv.New32a()
	_, _ = fmt.Fprint(h, id, attempts)
	return wait + wait/4*time.Duration(h.Sum32()%1000)/1000
}

func (r *Runner) put(ctx context.Context, db store.Store, doc store.Doc, remove bool) (store.Doc, error) {
	rev := doc.Rev
	doc.Rev, doc.UpdatedAt = rev+1, r.Clock()
	doc.Keys = nil
	if key, ok := doc.Values["key"].(string); ok && doc.Values["claimed"] != true {
		doc.Keys = []string{"key|" + key}
	}
	return doc, db.Put(ctx, store.Write{Collection: collection, Doc: doc, IfRev: rev, Remove: remove})[0]
}

// keepSchedule runs the work once per interval while this process holds the lease. While another one does, it looks more
// often whether that one still lives.
func (r *Runner) keepSchedule(ctx context.Context, s schedule) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		wait := s.every
		switch err := r.tick(ctx, s); {
		case errors.Is(err, store.ErrLeased):
			wait /= 3
		case err != nil && ctx.Err() == nil:
			r.Log.ErrorContext(ctx, "schedule failed", "schedule", s.name, "error", err)
		}
		timer.Reset(wait)
	}
}

// tick does the work of a schedule; it fails with store.ErrLeased if another process has it.
func (r *Runner) tick(ctx context.Context, s schedule) error {
	db, err := r.Store(ctx, "_system")
	if err != nil {
		return err
	}
	if _, err := db.Lease(ctx, "schedule|"+s.name, r.Holder, 2*s.every); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- s.work(ctx) }()
	alive := time.NewTicker(s.every)
	defer alive.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-alive.C: // work that takes long keeps its lease; whoever got it all the same does no harm
			if _, err := db.Lease(ctx, "schedule|"+s.name, r.Holder, s.every*2); err != nil && ctx.Err() == nil {
				r.Log.WarnContext(ctx, "lease of a schedule", "schedule", s.name, "error", err)
			}
		}
	}
}

func (r *Runner) open(ctx context.Context, tenant string) (store.Store, error) {
	db, err := r.Store(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if _, done := r.ensured.Load(tenant); done {
		return db, nil
	}
	err = db.Ensure(ctx, store.Collection{Name: collection, Fields: []store.Field{
		{Path: "type", Type: def.TypeText},
		{Path: "status", Type: def.TypeText},
		{Path: "key", Type: def.TypeText},
		{Path: "payload", Type: def.TypeLongText},
		{Path: "error", Type: def.TypeLongText},
		{Path: "run_at", Type: def.TypeDateTime},
		{Path: "attempts", Type: def.TypeInteger},
		{Path: "claimed", Type: def.TypeBoolean},
	}, Indexes: [][]string{{"status", "run_at"}}})
	if err != nil {
		return nil, fmt.Errorf("ensure jobs: %w", err)
	}
	r.ensured.Store(tenant, true)
	return db, nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
