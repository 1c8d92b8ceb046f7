package flow

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"time"

	"formwork/engine/access"
	"formwork/engine/record"
	"formwork/engine/store"
)

// The outbox of a run is part of its document: an effect is there from the write that caused it until the write that
// acknowledges its delivery (verb Deliver). Between the two it may be delivered more than once, after a crash; so every
// delivery is idempotent by the effect's id, or carries the id to the receiver. A run with something to deliver has a
// next_due, so the scan for deadlines finds it; the process that wrote it does not wait for the scan.
//
//	command ──write──▶ outbox ──perform──▶ done ──write──▶ gone
//	                     ▲        │ error: Next = now + back-off
//	                     └────────┤
//	                              └ permanent, or MaxAttempts errors ──▶ dead: shown, an admin may retry

const (
	deliverers   = 4                // deliveries at once in this process
	queued       = 4096             // more than that wait for the scan
	outwardLimit = 20 * time.Second // for one message to the outside
	leaseShards  = 64
	leaseTime    = 20 * time.Second // after a crash nobody else delivers for so long
	firstPause   = 2 * time.Second
	longestPause = 2 * time.Hour
	// suspendedPause is the longest time until a suspended run is told again what it has to know.
	suspendedPause = 10 * time.Minute
	maxPasses      = 100
)

// outbox delivers the effects of this process's runs.
type outbox struct {
	queue  chan dueRun
	mu     sync.Mutex
	busy   map[dueRun]bool
	leases map[string]*sharedLease
}

type dueRun struct {
	tenant string
	at     target
}

func newOutbox() *outbox {
	return &outbox{queue: make(chan dueRun, queued), busy: map[dueRun]bool{}, leases: map[string]*sharedLease{}}
}

// begin claims a run for one goroutine of this process.
func (o *outbox) begin(run dueRun) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.busy[run] {
		return false
	}
	o.busy[run] = true
	return true
}

func (o *outbox) end(run dueRun) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.busy, run)
}

// wake has the effects of a run delivered soon. When the queue is full the scan for deadlines will find them.
func (s *Service) wake(tenant string, at target) {
	at.task = ""
	select {
	case s.outbox.queue <- dueRun{tenant, at}:
	default:
	}
}

// Run delivers effects as they come until the context ends. Without it they are delivered by FireDue alone.
func (s *Service) Run(ctx context.Context) {
	var workers sync.WaitGroup
	for range deliverers {
		workers.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case run := <-s.outbox.queue:
					if err := s.deliver(ctx, run); err != nil && ctx.Err() == nil {
						s.config.Log.ErrorContext(ctx, "effects of a flow", "tenant", run.tenant,
							"entity", run.at.entity, "record", run.at.id, "error", err)
					}
				}
			}
		})
	}
	workers.Wait()
}

// DeliverQueued delivers what waits in this process's queue, also what comes into it meanwhile, and returns: what Run does
// with time, for tests whose clock stands still. An effect that fails stays in its run's outbox as ever.
func (s *Service) DeliverQueued(ctx context.Context) error {
	for {
		select {
		case run := <-s.outbox.queue:
			if err := s.deliver(ctx, run); err != nil {
				return fmt.Errorf("effects of %s/%s: %w", run.at.entity, run.at.id, err)
			}
		default:
			return nil
		}
	}
}

// deliver performs the effects of one run that are due and acknowledges them. Another process that does so already, or
// another goroutine, is left to it.
func (s *Service) deliver(ctx context.Context, run dueRun) error {
	if !s.outbox.begin(run) {
		return nil
	}
	defer s.outbox.end(run)
	release, err := s.lease(ctx, run)
	if errors.Is(err, store.ErrLeased) {
		return nil
	}
	if err != nil {
		return err
	}
	defer release()
	for range maxPasses {
		more, err := s.deliverOnce(ctx, run)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// lease keeps other processes from delivering the same effects at the same time. Runs share leases, so that there are few;
// the last of this process that uses one gives it back.
func (s *Service) lease(ctx context.Context, run dueRun) (release func(), err error) {
	if s.config.Holder == "" {
		return func() {}, nil
	}
	st, err := s.config.Stores(ctx, run.tenant)
	if err != nil {
		return nil, err
	}
	h := fnv.New32a()
	_, _ = fmt.Fprint(h, run.at.entity, "/", run.at.id)
	name := fmt.Sprintf("effects/%d", h.Sum32()%leaseShards)
	shared := s.outbox.shared(run.tenant + "/" + name)
	shared.Lock()
	defer shared.Unlock()
	if _, err := st.Lease(ctx, name, s.config.Holder, leaseTime); err != nil {
		return nil, err
	}
	if shared.users++; shared.users == 1 {
		shared.keep(ctx, func(ctx context.Context) {
			_, _ = st.Lease(ctx, name, s.config.Holder, leaseTime) // taken over: whoever did delivers too, which does no harm
		})
	}
	return func() {
		shared.Lock()
		defer shared.Unlock()
		if shared.users--; shared.users == 0 {
			shared.stop()
			// If it cannot be given back, also because this process stops, it runs out by itself.
			_, _ = st.Lease(context.WithoutCancel(ctx), name, s.config.Holder, 0)
		}
	}, nil
}

// sharedLease is a lease as the goroutines of this process use it.
type sharedLease struct {
	sync.Mutex
	users int
	stop  context.CancelFunc
}

// keep renews a lease until it is stopped: a receiver may take its time.
func (l *sharedLease) keep(ctx context.Context, renew func(context.Context)) {
	ctx, l.stop = context.WithCancel(ctx)
	go func() {
		alive := time.NewTicker(leaseTime / 3)
		defer alive.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-alive.C:
				renew(ctx)
			}
		}
	}()
}

func (o *outbox) shared(name string) *sharedLease {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := o.leases[name]
	if l == nil {
		l = &sharedLease{}
		o.leases[name] = l
	}
	return l
}

// deliverOnce is one pass: perform what is due, then acknowledge all of it in one write. more tells whether something new
// may have come into the outbox meanwhile.
func (s *Service) deliverOnce(ctx context.Context, run dueRun) (more bool, err error) {
	full, err := s.config.Records.Load(ctx, run.tenant, run.at.entity, run.at.id)
	if errors.Is(err, record.ErrNotFound) || err == nil && full.Record.Deleted {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	st, err := decodeState(full.Record.Flow)
	if err != nil {
		return false, err
	}
	d := &delivery{service: s, run: run, full: full, state: &st}
	if err := d.undo(ctx); err != nil {
		return false, err
	}
	results := d.perform(ctx)
	if len(results) == 0 || ctx.Err() != nil {
		return false, ctx.Err()
	}
	_, _, err = s.act(ctx, engineActor(run.tenant), run.at, Act{Verb: Deliver, results: results})
	return err == nil, err
}

// delivery is one pass over the outbox of one run as it was read.
type delivery struct {
	service *Service
	run     dueRun
	full    *record.Full
	state   *State
}

// lane is what keeps its order: what changes records of this company, and each receiver outside. A failure holds up its own
// lane only, until it is given up.
func (e *Effect) lane() string {
	if e.Action != nil && (e.Action.Do == actWebhook || e.Action.Do == actNotify) {
		return e.Action.Do + " " + e.Action.Webhook
	}
	return ""
}

// perform does the effects that are due, in order, and says what became of them.
func (d *delivery) perform(ctx context.Context) []Result {
	now := d.service.config.Clock()
	blocked := map[string]bool{}
	var results []Result
	for i := range d.state.Outbox {
		e := &d.state.Outbox[i]
		if e.Dead || blocked[e.lane()] {
			continue
		}
		if e.Next.After(now) {
			blocked[e.lane()] = true
			continue
		}
		posted, err := d.do(ctx, e)
		if ctx.Err() != nil {
			return results // this process stops: what was done counts, this one is tried again
		}
		result := d.result(e, err, now)
		result.Posted = posted
		blocked[e.lane()] = err != nil && !result.Dead
		results = append(results, result)
	}
	return results
}

// result says what became of an effect.
func (d *delivery) result(e *Effect, err error, now time.Time) Result {
	var resting *Paused
	switch {
	case err == nil:
		return Result{N: e.N}
	case errors.As(err, &resting):
		return Result{N: e.N, Error: resting.Code, Next: wireMilli(resting.Until), Paused: true}
	}
	code, detail, permanent := failureOf(err)
	id := d.effectID(e)
	d.service.config.Log.Warn("effect of a flow failed", "tenant", d.run.tenant, "effect", id, "kind", e.Kind,
		"attempt", e.Attempts+1, "permanent", permanent, "error", err)
	wait := pause(id, e.Attempts+1)
	dead := permanent || e.Attempts+1 >= MaxAttempts
	if code == CodeSuspended { // whoever frees the run must not have to free this too, nor to wait long for it
		wait, dead = min(wait, suspendedPause), false
	}
	result := Result{N: e.N, Error: code, Detail: detail, Dead: dead}
	if !dead {
		result.Next = wireMilli(now.Add(wait))
	}
	return result
}

func wireMilli(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// pause doubles from two seconds to two hours, with up to a quarter of jitter taken from the effect's id: what failed
// together does not come back together.
func pause(id string, attempts int) time.Duration {
	wait := firstPause
	for range attempts - 1 {
		if wait *= 2; wait >= longestPause {
			wait = longestPause
			break
		}
	}
	h := fnv.New32a()
	_, _ = fmt.Fprint(h, id, attempts)
	return wait + wait/4*time.Duration(h.Sum32()%1000)/1000
}

// The codes of effects that failed, beside those of Refused and of whoever sends outward.
const (
	failInvalid    = "invalid"
	failNotFound   = "not_found"
	failNotAllowed = "not_editable"
	failUsed       = "master_in_use"
	failOther      = "failed"
	failNoOutward  = "no_outward"
	failTooMany    = "too_many"
	failChanged    = "changed_meanwhile"
)

// failureOf gives the code of a failure, what values it is about, and whether trying again is of no use.
func failureOf(err error) (code, detail string, permanent bool) {
	var sent *Permanent
	var invalid *record.InvalidError
	var refused *Refused
	var field *access.FieldError
	switch {
	case errors.As(err, &sent):
		return sent.Code, sent.Detail, true
	case errors.As(err, &invalid) && len(invalid.Problems) > 0:
		p := invalid.Problems[0]
		return failInvalid, strings.Trim(p.Field+" "+p.Code, " "), true
	case errors.As(err, &field):
		return failInvalid, strings.Join(field.Fields, ", "), true
	case errors.As(err, &refused):
		return refused.Code, "", refused.Code != CodeSuspended
	case errors.Is(err, record.ErrNotFound), errors.Is(err, errNoFlow):
		return failNotFound, "", true
	case errors.Is(err, record.ErrNotEditable), errors.Is(err, record.ErrForbidden):
		return failNotAllowed, "", true
	case errors.Is(err, record.ErrInUse):
		return failUsed, "", true
	default:
		return failOther, "", false
	}
}

// effectID names an effect for ever; receivers outside know messages by it.
func (d *delivery) effectID(e *Effect) string {
	return fmt.Sprintf("%s/%s/%d", d.run.at.entity, d.run.at.id, e.N)
}

// derivedID is the id of a record that follows from other ids, so that making it twice makes it once.
func derivedID(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x1f")))
	return base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16])
}

// actor is who effects act as: the engine, in the name of whoever started the run.
func (d *delivery) actor(e *Effect) access.Actor {
	return access.Actor{
		Tenant: d.run.tenant, System: true, ID: d.state.Initiator.ID, Name: d.state.Initiator.Name,
		Cause: cause{depth: d.state.Depth + 1, effect: d.effectID(e)}.String(),
	}
}

// do performs one effect. It may have been performed before.
func (d *delivery) do(ctx context.Context, e *Effect) ([]Posted, error) {
	switch e.Kind {
	case EffectAction:
		return d.action(ctx, e)
	case EffectCall:
		return nil, d.call(ctx, e)
	case EffectCancelChild:
		return nil, d.cancelChildren(ctx, e)
	case EffectTellParent:
		return nil, d.tellParent(ctx, e)
	case EffectReverse:
		return nil, d.reverse(ctx, e)
	default:
		return nil, &Permanent{Code: failOther, Err: fmt.Errorf("effect of kind %q", e.Kind)}
	}
}
