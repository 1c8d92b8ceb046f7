package flow_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestDeadlinesFireOnceWhoeverLooks lets several look for the same deadlines at the same time.
func TestDeadlinesFireOnceWhoeverLooks(t *testing.T) {
	w := newWorld(t)
	const runs = 30
	for range runs {
		w.submit("900")
	}
	w.mu.Lock()
	w.now = w.now.Add(25 * time.Hour)
	w.mu.Unlock()
	var total atomic.Int64
	var lookers sync.WaitGroup
	for range 3 {
		lookers.Go(func() {
			n, err := w.flows.FireDue(w.ctx, tenantName)
			if err != nil {
				t.Error(err)
			}
			total.Add(int64(n))
		})
	}
	lookers.Wait()
	fired := map[string]int{}
	events, err := w.store.Events(w.ctx, 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Type == "timed_out" {
			fired[e.Record]++
		}
	}
	if total.Load() != runs || len(fired) != runs {
		t.Errorf("%d fired over %d runs, want %d", total.Load(), len(fired), runs)
	}
	for id, n := range fired {
		if n != 1 {
			t.Errorf("the deadline of %s fired %d times", id, n)
		}
	}
}
