package notify

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/textproto"
	"sync"
	"time"

	"github.com/wneessen/go-mail"

	"formwork/engine/def"
	"formwork/engine/job"
	"formwork/engine/query"
	"formwork/engine/store"
)

// A receiver that fails again and again is left alone for a while: otherwise each message waits for its own timeout, and
// the workers of all other receivers wait with it. What comes meanwhile is put off until the rest is over and counts as no
// attempt. The first message after a rest tries the receiver; the next rest is twice as long if it fails again. That is no
// attempt of the message either: nothing is wrong with it. Only after patience does waiting count.
//
//	closed ──restAfter failures in a row──▶ open until the rest is over ──▶ one tries ──success──▶ closed
//	                                             ▲                            │ failure
//	                                             └────────────────────────────┘

const (
	restAfter   = 3
	firstRest   = 15 * time.Second
	longestRest = 15 * time.Minute

	// patience is how long a message waits for its receiver before that counts as failing: then it is given up within hours.
	patience = 72 * time.Hour
)

// CodePaused says that a message waits because its receiver rests.
const CodePaused = "receiver_paused"

// paused is a call that was not made, because the receiver rests until then.
type paused struct{ until time.Time }

// Error satisfies error.
func (p *paused) Error() string { return CodePaused + " until " + stamp(p.until) }

// later is when a message goes that met a receiver at rest: spread over a quarter of it, so that not all come at once.
func (p *paused) later(id string, now time.Time) time.Time {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return p.until.Add(p.until.Sub(now) / 4 * time.Duration(h.Sum32()%1000) / 1000)
}

// circuits remembers, in this process, the receivers that failed last.
type circuits struct {
	mu  sync.Mutex
	all map[string]*circuit
}

type circuit struct {
	failures int // in a row
	until    time.Time
}

// pass says whether a receiver may be called: not while it rests. A probe is the first call after a rest, and the only one
// for as long as a call may take.
type pass struct {
	rests time.Time // until then; zero = it may be called
	probe bool
}

// enter asks to call a receiver.
func (c *circuits) enter(key string, now time.Time) pass {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.all[key]
	switch {
	case at == nil || at.failures < restAfter:
		return pass{}
	case now.Before(at.until):
		return pass{rests: at.until}
	}
	at.until = now.Add(3 * callTimeout) // who tries may die at it: then another does
	return pass{probe: true}
}

// leave says what a call failed with, if it did. It gives until when the receiver rests now, and whether that has changed.
func (c *circuits) leave(key string, now time.Time, by pass, result error) (until time.Time, changed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.all[key]
	if !unanswered(result) {
		delete(c.all, key)
		return time.Time{}, at != nil && at.failures >= restAfter
	}
	if at == nil {
		at = &circuit{}
		c.all[key] = at
	}
	if at.failures >= restAfter && !by.probe {
		return at.until, false // it was under way when the receiver was given its rest
	}
	if at.failures++; at.failures < restAfter {
		return time.Time{}, false
	}
	rest := firstRest
	for range at.failures - restAfter {
		rest = min(2*rest, longestRest)
	}
	at.until = now.Add(rest)
	return at.until, true
}

// unanswered tells whether a failure is the receiver's, and not that of one message: it was not there, took too long, or
// said that something is wrong with itself.
func unanswered(err error) bool {
	var lasting *permanent
	var reply *textproto.Error
	var refused *mail.SendError
	switch {
	case err == nil, errors.As(err, &lasting), errors.As(err, &reply):
		return false
	case errors.As(err, &refused):
		return refused.ErrorCode() == 0
	}
	return true
}

// reach calls a channel's receiver with what a delivery says, unless it rests. It fails with *paused if it rests now.
func (s *Service) reach(ctx context.Context, tenant string, doc *store.Doc, call func() error) error {
	channel, _ := doc.Values["channel"].(string)
	key := tenant + "/" + channel
	by := s.circuits.enter(key, s.config.Clock())
	if !by.rests.IsZero() {
		return s.waits(doc, by.rests)
	}
	err := call()
	if ctx.Err() != nil {
		return err // this process stops: it says nothing of the receiver
	}
	until, changed := s.circuits.leave(key, s.config.Clock(), by, err)
	if changed {
		s.showRest(ctx, tenant, channel, until)
	}
	if by.probe && !until.IsZero() {
		s.config.Log.WarnContext(ctx, "receiver still does not answer", "tenant", tenant, "channel", channel, "error", err)
		return s.waits(doc, until)
	}
	return err
}

var errWaitedLong = errors.New(CodePaused)

// waits is what a delivery fails with whose receiver rests.
func (s *Service) waits(doc *store.Doc, until time.Time) error {
	if s.config.Clock().Sub(doc.CreatedAt) > patience {
		return errWaitedLong
	}
	return &paused{until}
}

// revive forgets that a receiver failed: it answered, or has another address now.
func (s *Service) revive(ctx context.Context, tenant, channel string) {
	if _, changed := s.circuits.leave(tenant+"/"+channel, s.config.Clock(), pass{probe: true}, nil); changed {
		s.showRest(ctx, tenant, channel, time.Time{})
	}
}

const pauseCollection = "notify_pause"

var pauseFields = []store.Field{{Path: "until", Type: def.TypeDateTime}}

// showRest stores until when a receiver rests, for administrators; each process finds out for itself. The zero time ends
// the rest.
func (s *Service) showRest(ctx context.Context, tenant, channel string, until time.Time) {
	if until.IsZero() {
		s.config.Log.InfoContext(ctx, "receiver answers again", "tenant", tenant, "channel", channel)
		until = s.config.Clock()
	} else {
		s.config.Log.WarnContext(ctx, "receiver does not answer and is left alone", "tenant", tenant, "channel", channel, "until", until)
	}
	if err := s.putRest(ctx, tenant, channel, until); err != nil && !errors.Is(err, store.ErrConflict) {
		s.config.Log.ErrorContext(ctx, "rest of a receiver", "tenant", tenant, "channel", channel, "error", err)
	}
}

func (s *Service) putRest(ctx context.Context, tenant, channel string, until time.Time) error {
	st, err := s.open(ctx, tenant)
	if err != nil {
		return err
	}
	docs, err := st.Get(ctx, pauseCollection, channel)
	if err != nil {
		return fmt.Errorf("rest of %s: %w", channel, err)
	}
	now := s.config.Clock()
	doc := store.Doc{ID: channel, CreatedBy: "system", CreatedAt: now}
	if len(docs) > 0 {
		doc = docs[0]
	}
	rev := doc.Rev
	doc.Rev, doc.UpdatedBy, doc.UpdatedAt = rev+1, "system", now
	doc.Values = map[string]any{"until": stamp(until)}
	return s.config.Records.Project(ctx, tenant, store.Write{Collection: pauseCollection, Doc: doc, IfRev: rev})[0]
}

// rests gives until when the receivers of a tenant rest that do, by channel.
func (s *Service) rests(ctx context.Context, tenant string) (map[string]time.Time, error) {
	st, err := s.open(ctx, tenant)
	if err != nil {
		return nil, err
	}
	page, err := st.Find(ctx, query.Query{Collection: pauseCollection, Limit: store.MaxPage})
	if err != nil {
		return nil, fmt.Errorf("resting receivers of %s: %w", tenant, err)
	}
	resting := map[string]time.Time{}
	for _, doc := range page.Docs {
		if until := timeOf(doc.Values, "until"); until != nil && until.After(s.config.Clock()) {
			resting[doc.ID] = *until
		}
	}
	return resting, nil
}

// hold notes in the log that a delivery waits for its receiver, and says when it is to be tried.
func (s *Service) hold(ctx context.Context, tenant string, doc *store.Doc, p *paused) (time.Time, error) {
	at := p.later(doc.ID, s.config.Clock())
	doc.Values["error"], doc.Values["due_at"] = CodePaused, stamp(at)
	if doc.Values["status"] == string(Failed) { // an administrator had it tried again
		doc.Values["status"] = string(Waiting)
	}
	err := s.put(ctx, tenant, doc)
	if errors.Is(err, store.ErrConflict) {
		err = nil // another process is at it
	}
	return at, err
}

// postponed is what a job fails with whose receiver rests.
func (s *Service) postponed(ctx context.Context, tenant string, doc *store.Doc, p *paused) error {
	at, err := s.hold(ctx, tenant, doc, p)
	if err != nil {
		return err
	}
	return &job.Later{At: at}
}
