package record_test

import (
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"

	"formwork/engine/record"
)

// BenchmarkCreateSheet creates 4-line sheets with all rules, durably, from many clients.
func BenchmarkCreateSheet(b *testing.B) {
	w := newWorld(b).furnish()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			in := record.CreateInput{Values: sheet("2026-06-01", line("w1"), line("w2", "8", "1.5"), line("w3"), line("w4", "4"))}
			if _, err := w.records.Create(w.ctx, laborer, "day_labor_sheet", in); err != nil {
				b.Error(explain(err))
				return
			}
		}
	})
}

// BenchmarkPatchSheet changes one cell of a 4-line sheet.
func BenchmarkPatchSheet(b *testing.B) {
	w := newWorld(b).furnish()
	rec := w.create(laborer, "day_labor_sheet", sheet("2026-06-01", line("w1"), line("w2"), line("w3"), line("w4")))
	row := linesOf(rec)[0]["_id"]
	var n atomic.Int64
	for b.Loop() {
		hours := fmt.Sprint(1 + n.Add(1)%2)
		in := record.PatchInput{Values: map[string]any{"lines": []any{map[string]any{"_id": row, "ot_hours": hours}}}}
		if _, err := w.records.Patch(w.ctx, laborer, "day_labor_sheet", rec.ID, in); err != nil {
			b.Fatal(explain(err))
		}
	}
}

// BenchmarkGetSheet reads one sheet with masks and display texts.
func BenchmarkGetSheet(b *testing.B) {
	w := newWorld(b).furnish()
	rec := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1"), line("w2"), line("w3"), line("w4")))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := w.records.Get(w.ctx, clerk, "day_labor_sheet", rec.ID); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkListSheets lists 20 of 2,000 sheets with two filters, the view's columns and display texts.
func BenchmarkListSheets(b *testing.B) {
	w := newWorld(b).furnish()
	for range 2000 {
		w.create(laborer, "day_labor_sheet", sheet("2026-06-01", line("w1"), line("w2"), line("w3"), line("w4")))
	}
	in := record.ListInput{View: "day_labor_sheets", Filter: json.RawMessage(`{"and": [{"field": "project", "op": "eq", "value": "p1"}, {"field": "state", "op": "eq", "value": "draft"}]}`)}
	b.ResetTimer()
	for range b.N {
		if _, err := w.records.List(w.ctx, clerk, "day_labor_sheet", in); err != nil {
			b.Fatal(err)
		}
	}
}
