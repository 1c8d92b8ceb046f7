package event

import (
	"context"
	"fmt"
	"log/slog"
	"sort"
	"sync"
	"time"

	"formwork/engine/def"
	"formwork/engine/store"
)

// Cursors is the system collection that keeps how far each named subscriber has come; see Ensure.
const Cursors = "event_cursor"

// kept is how many of the latest events a Tail keeps, for subscribers that are close behind.
const kept = 4096

// Config is what a Hub needs.
type Config struct {
	Stores func(ctx context.Context, tenant string) (store.Store, error)
	Clock  func() time.Time
	Holder string        // names this process in leases; unique among processes
	Poll   time.Duration // how often the log is read when nothing wakes the poller; 0 = 1 s
	Lease  time.Duration // how long a silent process keeps its named subscriptions; 0 = 15 s
	Log    *slog.Logger
}

// Hub keeps one Tail per tenant.
type Hub struct {
	config Config
	mu     sync.Mutex
	tails  map[string]*Tail
}

// NewHub makes a Hub without tails.
func NewHub(c Config) *Hub {
	if c.Poll == 0 {
		c.Poll = time.Second
	}
	if c.Lease == 0 {
		c.Lease = 15 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Hub{config: c, tails: map[string]*Tail{}}
}

// Tail gives the tail of a tenant's log; one per tenant, idle until Run.
func (h *Hub) Tail(tenant string) *Tail {
	h.mu.Lock()
	defer h.mu.Unlock()
	t, ok := h.tails[tenant]
	if !ok {
		t = &Tail{tenant: tenant, config: h.config, wake: make(chan struct{}, 1), news: make(chan struct{})}
		h.tails[tenant] = t
	}
	return t
}

// Wake tells a tenant's poller that something was written here, so that it does not wait for its next poll.
func (h *Hub) Wake(tenant string) {
	h.mu.Lock()
	t := h.tails[tenant]
	h.mu.Unlock()
	if t != nil {
		t.signal()
	}
}

// Tail follows one tenant's log. Subscribe before Run.
type Tail struct {
	tenant string
	config Config
	wake   chan struct{}
	subs   []subscriber

	mu     sync.Mutex
	ready  bool          // head is known
	head   int64         // Seq of the last event read
	base   int64         // recent holds all events with base < Seq ≤ head
	recent []store.Event // the latest events, oldest first
	news   chan struct{} // closed and replaced when events arrive
}

type subscriber struct {
	name   string
	handle Handler
}

// Handler takes the next events, oldest first. When it fails it gets the same events again after a pause, so it must
// cope with events it has seen.
type Handler func(ctx context.Context, events []store.Event) error

// Ensure creates the collection of cursors in a tenant's database.
func Ensure(ctx context.Context, st store.Store) error {
	err := st.Ensure(ctx, store.Collection{Name: Cursors, Fields: []store.Field{{Path: "after", Type: def.TypeInteger}}})
	if err != nil {
		return fmt.Errorf("ensure %s: %w", Cursors, err)
	}
	return nil
}

// Subscribe adds a named subscriber with a durable cursor: it sees every event of the log at least once, in order,
// also those written while nobody ran. Among several processes one at a time handles a name.
func (t *Tail) Subscribe(name string, handle Handler) {
	t.subs = append(t.subs, subscriber{name, handle})
}

// Run polls the log and serves the subscribers until the context ends.
func (t *Tail) Run(ctx context.Context) error {
	st, err := t.config.Stores(ctx, t.tenant)
	if err != nil {
		return fmt.Errorf("tail of %s: %w", t.tenant, err)
	}
	if err := Ensure(ctx, st); err != nil {
		return err
	}
	var group sync.WaitGroup
	for _, sub := range t.subs {
		group.Go(func() { t.serve(ctx, st, sub) })
	}
	t.poll(ctx, st)
	group.Wait()
	return nil
}

// poll reads the log until the context ends. A failing store is asked again at the next poll.
func (t *Tail) poll(ctx context.Context, st store.Store) {
	ticker := time.NewTicker(t.config.Poll)
	defer ticker.Stop()
	for {
		if err := t.read(ctx, st); err != nil && ctx.Err() == nil {
			t.config.Log.ErrorContext(ctx, "reading the event log failed", "tenant", t.tenant, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.wake:
		case <-ticker.C:
		}
	}
}

// read takes what is new into the buffer. At first it looks for the end of the log: what was there before is read by
// those subscribers that need it.
func (t *Tail) read(ctx context.Context, st store.Store) error {
	if !t.isReady() {
		head, err := End(ctx, st)
		if err != nil {
			return err
		}
		t.mu.Lock()
		t.head, t.base, t.ready = head, head, true
		t.announce()
		t.mu.Unlock()
	}
	for {
		t.mu.Lock()
		after := t.head
		t.mu.Unlock()
		events, err := st.Events(ctx, after, page)
		if err != nil {
			return fmt.Errorf("events after %d: %w", after, err)
		}
		if len(events) > 0 {
			t.take(events)
		}
		if len(events) < page {
			return nil
		}
	}
}

func (t *Tail) isReady() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ready
}

func (t *Tail) take(events []store.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.recent = append(t.recent, events...)
	if drop := len(t.recent) - kept; drop > kept {
		t.base = t.recent[drop-1].Seq
		t.recent = append([]store.Event(nil), t.recent[drop:]...)
	}
	t.head = events[len(events)-1].Seq
	t.announce()
}

// announce wakes everybody who waits for news. The caller holds the lock.
func (t *Tail) announce() {
	close(t.news)
	t.news = make(chan struct{})
}

func (t *Tail) signal() {
	select {
	case t.wake <- struct{}{}:
	default: // a wake-up is waiting already
	}
}

// Next gives the events after a sequence number, at least one, at most 500; it waits until there are some or the
// context ends. Those far behind read the store, the others share what the poller read.
func (t *Tail) Next(ctx context.Context, after int64) ([]store.Event, error) {
	for {
		t.mu.Lock()
		ready, head, news := t.ready, t.head, t.news
		events, buffered := t.after(after)
		t.mu.Unlock()
		if buffered && len(events) > 0 {
			return events, nil
		}
		if ready && after < head && !buffered {
			return t.stored(ctx, after)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-news:
		}
	}
}

// after gives the buffered events after a sequence number; false if the buffer does not reach back that far.
// The caller holds the lock.
func (t *Tail) after(seq int64) ([]store.Event, bool) {
	if !t.ready || seq < t.base {
		return nil, false
	}
	i := sort.Search(len(t.recent), func(i int) bool { return t.recent[i].Seq > seq })
	events := t.recent[i:min(len(t.recent), i+page)]
	return events[:len(events):len(events)], true
}

func (t *Tail) stored(ctx context.Context, after int64) ([]store.Event, error) {
	st, err := t.config.Stores(ctx, t.tenant)
	if err != nil {
		return nil, fmt.Errorf("tail of %s: %w", t.tenant, err)
	}
	events, err := st.Events(ctx, after, page)
	if err != nil {
		return nil, fmt.Errorf("events after %d: %w", after, err)
	}
	return events, nil
}

// Head is the sequence number of the last event the poller has read; 0 before Run has found the end of the log.
func (t *Tail) Head() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.head
}

// End finds the sequence number of the last event of a log, 0 if it is empty. The contract has no other way than to
// read on, so it gallops: sequence numbers are dense enough that a log of a million events takes some 40 short reads.
func End(ctx context.Context, st store.Store) (int64, error) {
	var last, step int64 = 0, 1024
	for step > 0 {
		events, err := st.Events(ctx, last+step-1, 1)
		if err != nil {
			return 0, fmt.Errorf("end of the log: %w", err)
		}
		if len(events) > 0 {
			last, step = events[0].Seq, step*2
			continue
		}
		step /= 2
	}
	return last, nil
}
