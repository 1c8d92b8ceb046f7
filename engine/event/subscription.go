package event

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"formwork/engine/store"
)

// subscription is a named subscriber at work: it holds the lease of its name and knows its cursor.
type subscription struct {
	tail    *Tail
	store   store.Store
	sub     subscriber
	renewed time.Time // when the lease was taken or renewed; zero = not held
	handled time.Time // when events were handled last, by this process
	rev     int64     // of the cursor document
	after   int64     // Seq of the last event handled
}

// serve hands the log to a subscriber until the context ends. Failures and a lost lease are retried after a pause that
// grows to the poll interval times 30.
func (t *Tail) serve(ctx context.Context, st store.Store, sub subscriber) {
	ctx = store.Behind(ctx) // what is made of the log may wait for what is written into it
	s := &subscription{tail: t, store: st, sub: sub}
	pause := t.config.Poll / 10
	for ctx.Err() == nil {
		err := s.step(ctx)
		switch {
		case err == nil:
			pause = t.config.Poll / 10
			continue
		case ctx.Err() != nil:
			return
		case errors.Is(err, store.ErrLeased):
			pause = t.config.Lease / 3
		default:
			t.config.Log.ErrorContext(ctx, "event subscriber failed",
				"tenant", t.tenant, "subscriber", sub.name, "after", s.after, "error", err)
			pause = min(2*pause, 30*t.config.Poll)
		}
		s.renewed = time.Time{} // take the lease and read the cursor anew: another process may have gone on
		wait(ctx, pause)
	}
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// step handles the next events, or renews the lease when there were none for a while.
func (s *subscription) step(ctx context.Context) error {
	if err := s.hold(ctx); err != nil {
		return err
	}
	quiet, cancel := context.WithTimeout(ctx, s.tail.config.Lease/3)
	events, err := s.tail.Next(quiet, s.after)
	cancel()
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.sub.handle(ctx, events); err != nil {
		return fmt.Errorf("handle events after %d: %w", s.after, err)
	}
	if err := s.advance(ctx, events[len(events)-1].Seq); err != nil {
		return err
	}
	if len(events) < page {
		s.gather(ctx)
	}
	return nil
}

// gather lets events come together while there are many: what a page of them leads to, and the cursor, is stored once for
// all. Who is first after a quiet time does not wait.
func (s *subscription) gather(ctx context.Context) {
	now := s.tail.config.Clock()
	since := now.Sub(s.handled)
	s.handled = now
	if since >= 0 && since < s.tail.config.Poll {
		wait(ctx, s.tail.config.Poll/10)
	}
}

// hold takes or renews the lease of the name when that is due, and reads the cursor after taking it.
func (s *subscription) hold(ctx context.Context) error {
	now := s.tail.config.Clock()
	if !s.renewed.IsZero() && now.Sub(s.renewed) < s.tail.config.Lease/3 {
		return nil
	}
	if _, err := s.store.Lease(ctx, "subscriber/"+s.sub.name, s.tail.config.Holder, s.tail.config.Lease); err != nil {
		return fmt.Errorf("lease of subscriber %s: %w", s.sub.name, err)
	}
	taken := s.renewed.IsZero()
	s.renewed = now
	if !taken {
		return nil
	}
	docs, err := s.store.Get(ctx, Cursors, s.sub.name)
	if err != nil {
		return fmt.Errorf("cursor of %s: %w", s.sub.name, err)
	}
	s.rev, s.after = 0, 0
	if len(docs) == 1 {
		s.rev = docs[0].Rev
		s.after = sequence(docs[0].Values["after"])
	}
	return nil
}

// advance stores the cursor. The condition on its revision is the fence: a process that lost its lease without
// noticing fails here.
func (s *subscription) advance(ctx context.Context, seq int64) error {
	now := s.tail.config.Clock().UTC().Truncate(time.Millisecond)
	doc := store.Doc{ID: s.sub.name, Rev: s.rev + 1, Values: map[string]any{"after": seq}, CreatedAt: now, UpdatedAt: now}
	errs := s.store.Put(ctx, store.Write{Collection: Cursors, Doc: doc, IfRev: s.rev})
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("store cursor of %s: %w", s.sub.name, err)
	}
	s.rev, s.after = doc.Rev, seq
	return nil
}

// sequence reads a whole number a store gave back, whatever Go type its document decoder chose.
func sequence(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case json.Number:
		n, err := v.Int64()
		if err == nil {
			return n
		}
	}
	return 0
}
