package record_test

import (
	"testing"

	"formwork/engine/event"
	"formwork/engine/form"
	"formwork/engine/store"
)

// logged is an event of the log with its data read.
type logged struct {
	store.Event
	written event.Written
}

// events gives the log of one record.
func (w *world) events(id string) []logged {
	w.Helper()
	var list []logged
	var after int64
	for {
		page, err := w.store.Events(w.ctx, after, 500)
		if err != nil {
			w.Fatal(err)
		}
		if len(page) == 0 {
			return list
		}
		for _, e := range page {
			after = e.Seq
			if e.Record != id {
				continue
			}
			written, err := event.Decode(e.Data)
			if err != nil {
				w.Fatal(err)
			}
			list = append(list, logged{e, written})
		}
	}
}

func TestEveryWriteIsChained(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	w.patch(clerk, "day_labor_sheet", rec, form.Values{"work_content": "拆模"})
	w.bring(rec.ID, "running")
	w.bring(rec.ID, "approved")
	chain, err := event.Verify(w.ctx, w.store)
	if err != nil || len(chain.Findings()) != 0 {
		t.Fatalf("findings %v, %v", chain.Findings(), err)
	}
	docs, err := w.store.Get(w.ctx, "day_labor_sheet", rec.ID)
	if err != nil || docs[0].Chain == "" || docs[0].Chain != chain.Last("day_labor_sheet", rec.ID) {
		t.Errorf("the document's chain %q is not the log's end %q (%v)", docs[0].Chain, chain.Last("day_labor_sheet", rec.ID), err)
	}
	var types []string
	for _, e := range w.events(rec.ID) {
		types = append(types, e.Type)
	}
	want := []string{"created", "updated", "updated", "running", "updated", "approved"}
	if len(types) != len(want) {
		t.Fatalf("types = %v, want %v", types, want)
	}
	for i := range want {
		if types[i] != want[i] {
			t.Fatalf("types = %v, want %v", types, want)
		}
	}
	if change := w.events(rec.ID)[2].written.State; change == nil || change.From != "draft" || change.To != "running" {
		t.Errorf("state change = %+v", change)
	}
}

// The changes of an event are shown by the reader's rights; personal values can be erased without breaking the chain.
func TestChangesAreMasked(t *testing.T) {
	w := newWorld(t).furnish()
	created := w.events("w1")[0].written.Changes
	find := func(changes []event.Change, field string) (event.Change, bool) {
		for _, c := range changes {
			if c.Field == field {
				return c, true
			}
		}
		return event.Change{}, false
	}
	if c, _ := find(created, "id_no"); c.Salt == "" || c.To != "320106198001010001" {
		t.Errorf("change of a personal field = %+v, want it salted", c)
	}
	shown, err := w.records.Changes(w.ctx, clerk, "worker", "w1", created)
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := find(shown, "id_no"); !ok || c.To != "3201**********0001" || c.Salt != "" {
		t.Errorf("the clerk sees %+v", c)
	}
	rec := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	shown, err = w.records.Changes(w.ctx, clerk, "day_labor_sheet", rec.ID, w.events(rec.ID)[0].written.Changes)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := find(shown, "total_amount"); ok {
		t.Error("the clerk sees the change of a hidden field")
	}
	for _, c := range shown {
		if row, ok := c.To.(map[string]any); ok && row["day_rate"] != nil {
			t.Errorf("the clerk sees a hidden column in %+v", c)
		}
	}
}
