package flow_test

import (
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"formwork/engine/flow"
	"formwork/engine/store"
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

// TestADeadlineThatFailsKeepsNoOtherFromFiring has a run in the middle of the batch whose catalog is gone, and one whose
// document does not fit its flow.
func TestADeadlineThatFailsKeepsNoOtherFromFiring(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for range 6 {
		ids = append(ids, w.submit("900").ID)
	}
	spoil := func(id string, change func(*flow.State)) {
		doc := w.doc("purchase", id)
		var st flow.State
		if err := json.Unmarshal(doc.Flow, &st); err != nil {
			t.Fatal(err)
		}
		change(&st)
		raw, err := json.Marshal(st)
		if err != nil {
			t.Fatal(err)
		}
		doc.Flow, doc.Rev = raw, doc.Rev+1
		if err := w.store.Put(w.ctx, store.Write{Collection: "purchase", Doc: doc, IfRev: doc.Rev - 1})[0]; err != nil {
			t.Fatal(err)
		}
	}
	spoil(ids[1], func(st *flow.State) { st.Catalog = "gone" })
	spoil(ids[3], func(st *flow.State) { st.Blocks = map[string]flow.Block{"nowhere": {}} })
	w.mu.Lock()
	w.now = w.now.Add(25 * time.Hour)
	w.mu.Unlock()
	fired, err := w.flows.FireDue(w.ctx, tenantName)
	if fired != 4 || err == nil || !strings.Contains(err.Error(), ids[1]) || !strings.Contains(err.Error(), ids[3]) {
		t.Errorf("%d fired, %v; want 4, and the two that failed", fired, err)
	}
	var st flow.State
	if err := json.Unmarshal(w.doc("purchase", ids[3]).Flow, &st); err != nil || st.Status != flow.Suspended {
		t.Errorf("the run that does not fit its flow is %s, %v", st.Status, err)
	}
	for _, i := range []int{0, 2, 4, 5} {
		if at := w.doc("purchase", ids[i]).NextDue; at != nil && !at.After(w.now) {
			t.Errorf("run %d is still due at %s", i, at)
		}
	}
}

func (w *world) doc(entity, id string) store.Doc {
	w.Helper()
	docs, err := w.store.Get(w.ctx, entity, id)
	if err != nil || len(docs) != 1 {
		w.Fatalf("%s/%s: %d documents, %v", entity, id, len(docs), err)
	}
	return docs[0]
}
