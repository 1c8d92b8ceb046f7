package flow

import (
	"context"
	"sync/atomic"
	"time"
)

// courtesy lets people go first: it counts their requests that are being served, and has the work of deadlines wait for
// them and rest between two batches while they are about. Without people it is done without a pause.
type courtesy struct {
	clock  func() time.Time
	people atomic.Int32
	gently atomic.Int32 // batches to go that rest afterwards
}

const (
	yieldTo     = 25 * time.Millisecond  // how long a batch waits for people: deadlines are fired however many there are
	gentlePace  = 800 * time.Microsecond // for one deadline while people are about: 1,250 a second
	longestRest = 25 * time.Millisecond
	aboutFor    = 64 // so many batches go gently after the last request of a person, about a second
)

// Serving says that a request of a person is being served until the function it gives is called: deadlines wait for it.
func (s *Service) Serving() (served func()) { return s.courtesy.enter() }

// enter begins a request of a person; the function it gives ends it.
func (c *courtesy) enter() (leave func()) {
	c.people.Add(1)
	c.gently.Store(aboutFor)
	return func() { c.people.Add(-1) }
}

// after does a batch of n deadlines when nobody is being served. While people are about it then rests, so long that there
// are no more than gentlePace allows, and at least an eighth of the time the batch took. It fails only when the context
// has ended; the batch may not have been done then.
func (c *courtesy) after(ctx context.Context, n int, batch func()) error {
	c.yield(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	begin := c.clock()
	batch()
	took := c.clock().Sub(begin)
	if c.gently.Load() <= 0 || took <= 0 { // or the clock stands still, or was set back
		return ctx.Err()
	}
	c.gently.Add(-1)
	timer := time.NewTimer(min(max(time.Duration(n)*gentlePace-took, took/8), longestRest))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// yield waits until no request of a person is being served, for yieldTo at most.
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
