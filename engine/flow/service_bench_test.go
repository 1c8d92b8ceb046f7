package flow_test

import (
	"encoding/json"
	"testing"

	"formwork/engine/access"
	"formwork/engine/flow"
	"formwork/engine/form"
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

// BenchmarkVeiledList lists 20 of 1,000 records by a field that the first node of their flow hides: for the manager who
// stands at that node in all of them, for finance, who stands nowhere, and by what no flow hides; each with and without asking
// what runs hide.
func BenchmarkVeiledList(b *testing.B) {
	w, _, _ := veiled(b, oneWorld)
	for range 1000 {
		if _, err := w.flows.Create(w.ctx, wang, "purchase", record.CreateInput{
			Values: form.Values{"subject": "S", "project": "p1", "amount": "100", "margin": "7"},
		}); err != nil {
			b.Fatal(explain(err))
		}
	}
	for _, bm := range []struct {
		name   string
		who    access.Actor
		entity string
		filter string
	}{
		{"at the node", li, "purchase", `{"field": "margin", "op": "ge", "value": "0"}`},
		{"nowhere", sun, "purchase", `{"field": "margin", "op": "ge", "value": "0"}`},
		{"nothing hidden", li, "project", `{"field": "name", "op": "ne", "value": "x"}`},
	} {
		for name, off := range map[string]bool{"asked": false, "not asked": true} {
			b.Run(bm.name+"/"+name, func(b *testing.B) {
				w.unveiled = off
				for b.Loop() {
					if _, err := w.records.List(w.ctx, bm.who, bm.entity, record.ListInput{Filter: json.RawMessage(bm.filter)}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
