package flow_test

import (
	"testing"

	"formwork/engine/flow"
	"formwork/engine/record"
	"formwork/engine/store"
)

// BenchmarkDecide measures an approval end to end: decided, checked, stored durably, with the task list brought up to
// date and the answer made. Compare with BenchmarkBareWrite; the target is 0.4 of its rate.
func BenchmarkDecide(b *testing.B) {
	w := newWorld(b)
	var tasks []string
	for b.Loop() {
		b.StopTimer()
		w.submit("1500")
		tasks = tasks[:0]
		for _, t := range w.tab(li, flow.TabOpen) {
			tasks = append(tasks, t.ID)
		}
		b.StartTimer()
		if _, err := w.flows.Decide(w.ctx, li, tasks[0], flow.Act{Verb: flow.Approve}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBareWrite is one conditional write of the same document, and nothing else.
func BenchmarkBareWrite(b *testing.B) {
	w := newWorld(b)
	var rec record.Record
	for b.Loop() {
		b.StopTimer()
		rec = w.submit("1500")
		docs, err := w.store.Get(w.ctx, "purchase", rec.ID)
		if err != nil {
			b.Fatal(err)
		}
		doc := docs[0]
		doc.Rev++
		b.StartTimer()
		if err := w.store.Put(w.ctx, store.Write{Collection: "purchase", Doc: doc, IfRev: rec.Rev})[0]; err != nil {
			b.Fatal(err)
		}
	}
}
