package record_test

import (
	"fmt"
	"sync"
	"testing"

	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/store"
)

// project reads the rollups of a project.
func (w *world) project(id string) string {
	w.Helper()
	rec, err := w.records.Get(w.ctx, laborer, "project", id)
	if err != nil {
		w.Fatal(err)
	}
	v := rec.Values
	return fmt.Sprint(v["ordered"], " ", v["orders"], " ", v["ordered_kilo"], " ", v["hours"], " ", v["last_day"])
}

// The parent follows its children: created, changed, moved, deleted, approved, voided. The writer reads it at once.
func TestRollupsFollowTheChildren(t *testing.T) {
	w := newWorld(t).furnish()
	expect := func(when, project, want string) {
		t.Helper()
		if got := w.project(project); got != want {
			t.Errorf("%s: %s has %q, want %q", when, project, got, want)
		}
	}
	one := w.create(buyer, "order", form.Values{"project": "p1", "amount": "1000.10"})
	two := w.create(buyer, "order", form.Values{"project": "p1", "amount": "500.20"})
	expect("after two orders", "p1", "1500.30 2 1.5 <nil> <nil>")
	two = w.patch(buyer, "order", two, form.Values{"amount": "0.90"})
	expect("after a change", "p1", "1001.00 2 1 <nil> <nil>")
	one = w.patch(buyer, "order", one, form.Values{"project": "p2"})
	expect("after a move, the old one", "p1", "0.90 1 0 <nil> <nil>")
	expect("after a move, the new one", "p2", "1000.10 1 1 <nil> <nil>")
	w.patch(buyer, "order", one, form.Values{"closed": true})
	expect("closed ones do not count", "p2", "0.00 1 0 <nil> <nil>")
	if err := w.records.Delete(w.ctx, buyer, "order", two.ID, 0); err != nil {
		t.Fatal(err)
	}
	expect("after a delete", "p1", "0.00 0 0 <nil> <nil>")

	rec := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1", "8"), line("w2", "7.5")))
	w.bring(rec.ID, "approved")
	expect("after an approval", "p1", "0.00 0 0 15.5 2026-06-01")
	if _, err := w.records.Void(w.ctx, laborer, "day_labor_sheet", rec.ID, record.VoidInput{Reason: "wrong"}); err != nil {
		t.Fatal(explain(err))
	}
	expect("after a void", "p1", "0.00 0 0 0 <nil>")
	before, err := w.records.Get(w.ctx, laborer, "project", "p1")
	if err != nil {
		t.Fatal(err)
	}
	w.create(clerk, "day_labor_sheet", sheet("2026-06-02", line("w1", "8")))
	if after, _ := w.records.Get(w.ctx, laborer, "project", "p1"); after.Rev != before.Rev {
		t.Errorf("a draft that counts nothing wrote the project: revision %d, was %d", after.Rev, before.Rev)
	}
	w.patch(laborer, "project", before, form.Values{"ordered": "77.00", "name": "新名"}) // not people's to write
	expect("after an edit of the project", "p1", "0.00 0 0 0 <nil>")
}

// Under concurrency nothing is lost, and an import of many children recomputes their parent once.
func TestRollupsUnderConcurrency(t *testing.T) {
	w := newWorld(t).furnish()
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { w.create(laborer, "order", form.Values{"project": "p1", "amount": "0.10"}) })
	}
	group.Wait()
	if got := w.project("p1"); got != "2.00 20 0 <nil> <nil>" {
		t.Errorf("after twenty at once: %s", got)
	}
	before, err := w.records.Get(w.ctx, laborer, "project", "p1")
	if err != nil {
		t.Fatal(err)
	}
	var in record.ManyInput
	for range 50 {
		in.Records = append(in.Records, record.CreateInput{Values: form.Values{"project": "p1", "amount": "0.10"}})
	}
	if _, err := w.records.CreateMany(w.ctx, laborer, "order", in); err != nil {
		t.Fatal(err)
	}
	after, err := w.records.Get(w.ctx, laborer, "project", "p1")
	if err != nil || after.Values["ordered"] != "7.00" || after.Rev != before.Rev+1 {
		t.Errorf("after an import: %v at revision %d, was %d (%v)", after.Values["ordered"], after.Rev, before.Rev, err)
	}
}

// What a dead process left undone, the subscriber does: here a child that was stored past the service.
func TestRollupSubscriberCatchesUp(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(laborer, "order", form.Values{"project": "p1", "amount": "5"})
	docs, err := w.store.Get(w.ctx, "order", rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	doc := docs[0]
	doc.Rev++
	doc.Values["amount"], doc.Values["project"] = "9.00", "p2"
	data := []byte(`{"changes":[{"field":"project","from":"p1","to":"p2"}]}`)
	events := []store.Event{{Entity: "order", Record: rec.ID, Rev: doc.Rev, Type: "updated", At: w.now, Data: data}}
	for _, err := range w.store.Put(w.ctx, store.Write{Collection: "order", Doc: doc, IfRev: doc.Rev - 1, Events: events}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.records.RollUp(tenantName)(w.ctx, append(events, store.Event{Entity: "gone", Record: "x"})); err != nil {
		t.Fatal(err)
	}
	if p1, p2 := w.project("p1"), w.project("p2"); p1 != "0.00 0 0 <nil> <nil>" || p2 != "9.00 1 0.01 <nil> <nil>" {
		t.Errorf("p1 %q, p2 %q", p1, p2)
	}
}
