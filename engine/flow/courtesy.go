package flow

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// courtesy lets people go first: it counts their requests that are being served, and has the work of deadlines wait for
// them and keep to a pace while they are about. Without people it is done without a pause.
type courtesy struct {
	clock  func() time.Time
	people atomic.Int32
	gently atomic.Int32 // batches to go that keep to the pace

	mu   sync.Mutex
	next time.Time // when the next batch may begin, while people are about
}

const (
	yieldTo     = 25 * time.Millisecond  // how long a batch waits for people: deadlines are fired however many there are
	gentlePace  = 950 * time.Microsecond // for one deadline while people are about: 1,050 a second
	longestRest = 25 * time.Millisecond
	aboutFor    = 128 // so many batches go gently after the last request of a person, about a second
)

// Serving says that a request of a person is being served until the function it gives is called: deadlines wait for it.
func (s *Service) Serving() (served func()) { return s.courtesy.enter() }

// enter begins a request of a person; the function it gives ends it.
func (c *courtesy) enter() (leave func()) {
	c.people.Add(1)
	c.gently.Store(aboutFor)
	return func() { c.people.Add(-1) }
}

// begin waits until a batch of n deadlines may begin: until nobody is being served, and while people are about as long as
// those before it take at gentlePace. It fails only when the context has ended.
func (c *courtesy) begin(ctx context.Context, n int, patience *time.Duration) error {
	if c.gently.Load() > 0 {
		c.gently.Add(-1)
		sleep(ctx, c.rest(n))
	}
	c.yield(ctx, patience)
	return ctx.Err()
}

// rest is how long it is until a batch may begin, and says when the one after n deadlines may.
func (c *courtesy) rest(n int) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock()
	rest := min(max(0, c.next.Sub(now)), longestRest) // the clock may have been set back
	c.next = now.Add(rest + time.Duration(n)*gentlePace)
	return rest
}

// yield waits until no request of a person is being served, at most for as long as there is patience.
func (c *courtesy) yield(ctx context.Context, patience *time.Duration) {
	const look = time.Millisecond
	for c.people.Load() > 0 && *patience >= look && ctx.Err() == nil {
		sleep(ctx, look)
		*patience -= look
	}
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
