package event_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"formwork/engine/event"
	"formwork/engine/store"
	"formwork/engine/store/sqlite"
)

const tenantName = "yuhua"

// company is one tenant's database with a collection of sheets.
type company struct {
	testing.TB
	store  store.Store
	chains map[string]string
	revs   map[string]int64
}

var start = time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)

func newCompany(tb testing.TB) *company {
	tb.Helper()
	backend, err := sqlite.New(sqlite.Options{Dir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := backend.Close(); err != nil {
			tb.Error(err)
		}
	})
	st, err := backend.Open(context.Background(), tenantName)
	if err != nil {
		tb.Fatal(err)
	}
	if err := st.Ensure(context.Background(), store.Collection{Name: "sheet"}); err != nil {
		tb.Fatal(err)
	}
	return &company{TB: tb, store: st, chains: map[string]string{}, revs: map[string]int64{}}
}

// write stores the next revision of a sheet with events of these types.
func (c *company) write(id string, types ...string) {
	c.Helper()
	rev := c.revs[id] + 1
	var events []store.Event
	for _, kind := range types {
		data, err := json.Marshal(event.Written{Changes: []event.Change{
			{Field: "note", To: fmt.Sprint(rev)}, {Field: "id_no", To: "3201", Salt: "salt"},
		}})
		if err != nil {
			c.Fatal(err)
		}
		events = append(events, store.Event{
			Entity: "sheet", Record: id, Rev: rev, Type: kind, Actor: "u1", At: start.Add(time.Duration(rev) * time.Second), Data: data,
		})
	}
	sealed, last, err := event.Seal(c.chains[id], events)
	if err != nil {
		c.Fatal(err)
	}
	doc := store.Doc{ID: id, Rev: rev, Chain: last, Values: map[string]any{}, CreatedAt: start, UpdatedAt: start}
	errs := c.store.Put(context.Background(), store.Write{Collection: "sheet", Doc: doc, IfRev: rev - 1, Events: sealed})
	if err := errors.Join(errs...); err != nil {
		c.Fatal(err)
	}
	c.chains[id], c.revs[id] = last, rev
}

func (c *company) log() []store.Event {
	c.Helper()
	events, err := c.store.Events(context.Background(), 0, 1000)
	if err != nil {
		c.Fatal(err)
	}
	return events
}

func TestChainHoldsInTheStore(t *testing.T) {
	c := newCompany(t)
	c.write("s1", "created")
	c.write("s2", "created", "started")
	c.write("s1", "updated", "approved")
	chain, err := event.Verify(t.Context(), c.store)
	if err != nil || len(chain.Findings()) != 0 {
		t.Fatalf("findings %v, %v", chain.Findings(), err)
	}
	for id, last := range c.chains {
		if got := chain.Last("sheet", id); got != last || got == "" {
			t.Errorf("chain of %s ends at %q, the document says %q", id, got, last)
		}
	}
}

func TestTamperingIsFound(t *testing.T) {
	c := newCompany(t)
	c.write("s1", "created")
	c.write("s2", "created")
	c.write("s1", "updated", "approved")
	c.write("s1", "voided")
	type finding struct {
		code string
		seq  int64
	}
	tests := []struct {
		name   string
		tamper func([]store.Event) []store.Event
		want   []finding
	}{
		{"nothing", func(e []store.Event) []store.Event { return e }, nil},
		{"another value", func(e []store.Event) []store.Event {
			e[2].Data = json.RawMessage(`{"changes":[{"field":"note","to":"9"}]}`)
			return e
		}, []finding{{"hash", 3}}},
		{"another actor", func(e []store.Event) []store.Event { e[2].Actor = "u2"; return e }, []finding{{"hash", 3}}},
		{"another time", func(e []store.Event) []store.Event { e[0].At = e[0].At.Add(time.Millisecond); return e }, []finding{{"hash", 1}}},
		{"one removed", func(e []store.Event) []store.Event { return slices.Delete(e, 2, 3) }, []finding{{"order", 4}, {"hash", 4}}},
		{"two swapped", func(e []store.Event) []store.Event { e[2], e[3] = e[3], e[2]; return e }, []finding{{"order", 4}, {"hash", 4}, {"order", 3}, {"hash", 3}, {"hash", 5}}},
		{"one twice", func(e []store.Event) []store.Event { return slices.Insert(e, 3, e[2]) }, []finding{{"order", 3}, {"hash", 3}}},
		{"keys in another order", func(e []store.Event) []store.Event {
			e[0].Data = json.RawMessage(`{ "changes": [ {"to": "1", "field": "note"}, {"salt": "salt", "to": "3201", "field": "id_no"} ] }`)
			return e
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chain := event.NewChain()
			for _, e := range tt.tamper(c.log()) {
				if err := chain.Add(e); err != nil {
					t.Fatal(err)
				}
			}
			var got []finding
			for _, f := range chain.Findings() {
				got = append(got, finding{f.Code, f.Seq})
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
		})
	}
}

// Erasing a person's values leaves the chain whole, and guessing at them is not possible without the salt.
func TestErasedValuesKeepTheChain(t *testing.T) {
	c := newCompany(t)
	c.write("s1", "created")
	log := c.log()
	written, err := event.Decode(log[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range written.Changes {
		if written.Changes[i], err = written.Changes[i].Erase(); err != nil {
			t.Fatal(err)
		}
	}
	if id := written.Changes[1]; id.To != nil || id.Salt != "" || id.Digest == "" {
		t.Errorf("erased change = %+v", id)
	}
	if note := written.Changes[0]; note.To != "1" {
		t.Errorf("a value without salt was erased: %+v", note)
	}
	if log[0].Data, err = json.Marshal(written); err != nil {
		t.Fatal(err)
	}
	chain := event.NewChain()
	if err := chain.Add(log[0]); err != nil || len(chain.Findings()) != 0 {
		t.Errorf("after the erasure: %v, %v", chain.Findings(), err)
	}
}

func TestEndOfTheLog(t *testing.T) {
	c := newCompany(t)
	for n := range 40 {
		got, err := event.End(t.Context(), c.store)
		if err != nil || got != int64(n) {
			t.Fatalf("end of %d events = %d, %v", n, got, err)
		}
		c.write("s1", "updated")
	}
}

// listener collects what a subscriber got.
type listener struct {
	mu     sync.Mutex
	seqs   []int64
	fail   int // how many calls fail first
	signal chan struct{}
}

func newListener() *listener { return &listener{signal: make(chan struct{}, 1)} }

func (l *listener) handle(_ context.Context, events []store.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail > 0 {
		l.fail--
		return errors.New("receiver is down")
	}
	for _, e := range events {
		l.seqs = append(l.seqs, e.Seq)
	}
	select {
	case l.signal <- struct{}{}:
	default:
	}
	return nil
}

// await waits until n events were handled and gives their numbers.
func (l *listener) await(tb testing.TB, n int) []int64 {
	tb.Helper()
	deadline := time.NewTimer(10 * time.Second)
	defer deadline.Stop()
	for {
		l.mu.Lock()
		got := slices.Clone(l.seqs)
		l.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-l.signal:
		case <-deadline.C:
			tb.Fatalf("got %d of %d events", len(got), n)
		}
	}
}

func (c *company) hub(holder string) *event.Hub { return c.hubPolling(holder, 50*time.Millisecond) }

func (c *company) hubPolling(holder string, poll time.Duration) *event.Hub {
	return event.NewHub(event.Config{
		Stores: func(context.Context, string) (store.Store, error) { return c.store, nil },
		Clock:  time.Now, Holder: holder, Poll: poll, Lease: 300 * time.Millisecond,
	})
}

// run starts a tail and gives what stops it.
func run(tb testing.TB, tail *event.Tail) (stop func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := tail.Run(ctx); err != nil {
			tb.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	tb.Cleanup(stop)
	return stop
}

func upTo(n int) []int64 {
	seqs := make([]int64, n)
	for i := range seqs {
		seqs[i] = int64(i + 1)
	}
	return seqs
}

// A named subscriber sees the whole log once and in order, goes on after a restart where it stopped, and gets again what
// it failed on.
func TestNamedSubscriber(t *testing.T) {
	c := newCompany(t)
	for range 3 {
		c.write("s1", "updated")
	}
	first := newListener()
	first.fail = 2
	hub := c.hub("a")
	hub.Tail(tenantName).Subscribe("tasks", first.handle)
	stop := run(t, hub.Tail(tenantName))
	first.await(t, 3)
	for range 4 {
		c.write("s2", "updated")
		hub.Wake(tenantName)
	}
	if got := first.await(t, 7); !slices.Equal(got, upTo(7)) {
		t.Fatalf("handled %v, want each once and in order", got)
	}
	stop()
	for range 2 {
		c.write("s1", "updated")
	}
	second := newListener()
	again := c.hub("b")
	again.Tail(tenantName).Subscribe("tasks", second.handle)
	run(t, again.Tail(tenantName))
	got := second.await(t, 2)
	// The first process may have been stopped between handling events and noting it: those may come again.
	if got[len(got)-1] != 9 || got[len(got)-2] != 8 {
		t.Errorf("after the restart: %v", got)
	}
}

// Two processes share the work of one name: each event is handled once.
func TestOneProcessHandlesAName(t *testing.T) {
	c := newCompany(t)
	one, two := newListener(), newListener()
	for holder, l := range map[string]*listener{"a": one, "b": two} {
		hub := c.hub(holder)
		hub.Tail(tenantName).Subscribe("tasks", l.handle)
		run(t, hub.Tail(tenantName))
	}
	for range 20 {
		c.write("s1", "updated")
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		one.mu.Lock()
		two.mu.Lock()
		all := slices.Concat(one.seqs, two.seqs)
		two.mu.Unlock()
		one.mu.Unlock()
		if len(all) >= 20 {
			slices.Sort(all)
			if !slices.Equal(all, upTo(20)) {
				t.Errorf("handled %v", all)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("handled %d of 20", len(all))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// A follower starts anywhere: far behind it reads the store, near the end what the poller read.
func TestFollow(t *testing.T) {
	c := newCompany(t)
	for range 5 {
		c.write("s1", "updated")
	}
	hub := c.hubPolling("a", time.Hour) // so that only a wake-up brings news
	tail := hub.Tail(tenantName)
	run(t, tail)
	follow := func(after int64, n int) []int64 {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		var seqs []int64
		for len(seqs) < n {
			events, err := tail.Next(ctx, after)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				seqs, after = append(seqs, e.Seq), e.Seq
			}
		}
		return seqs
	}
	if got := follow(0, 5); !slices.Equal(got, upTo(5)) {
		t.Errorf("from the start: %v", got)
	}
	c.write("s2", "created")
	hub.Wake(tenantName)
	if got := follow(5, 1); got[0] != 6 {
		t.Errorf("a local write, long before the next poll: %v", got)
	}
	if head := tail.Head(); head != 6 {
		t.Errorf("head = %d", head)
	}
	if got := follow(3, 3); !slices.Equal(got, []int64{4, 5, 6}) {
		t.Errorf("from the middle: %v", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := tail.Next(ctx, 6); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("nothing new: %v", err)
	}
}

func BenchmarkSeal(b *testing.B) {
	data, err := json.Marshal(event.Written{Changes: []event.Change{{Field: "total", From: "1.00", To: "2.00"}, {Field: "note", To: "x"}}})
	if err != nil {
		b.Fatal(err)
	}
	events := []store.Event{{Entity: "sheet", Record: "s1", Rev: 2, Type: "updated", Actor: "u1", At: start, Data: data}}
	for b.Loop() {
		if _, _, err := event.Seal("last", events); err != nil {
			b.Fatal(err)
		}
	}
}
