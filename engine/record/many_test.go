package record_test

import (
	"errors"
	"fmt"
	"testing"

	"formwork/engine/access"
	"formwork/engine/event"
	"formwork/engine/form"
	"formwork/engine/record"
)

// A hundred sheets of an import: the good ones are stored, the others say why not, and every entity is asked once a round.
func TestCreateMany(t *testing.T) {
	w := newWorld(t).furnish()
	key := func(text string) map[string]any { return map[string]any{"key": text} }
	var in record.ManyInput
	for i := range 100 {
		values := form.Values{
			"project": key("P1"), "team": key("T1"), "work_date": fmt.Sprintf("2026-05-3%d", i%2),
			"lines": []any{map[string]any{"worker": key(fmt.Sprintf("W%d", 1+i%4)), "normal_hours": "8"}},
		}
		switch i {
		case 7:
			values["project"] = key("P9")
		case 8:
			values["work_date"] = "2026-07-01"
		case 9:
			values["lines"] = []any{map[string]any{"worker": key("W1"), "normal_hours": "20"}}
		}
		in.Records = append(in.Records, record.CreateInput{Values: values})
	}
	want := map[int][2]string{
		7: {"project", "reference"}, 8: {"work_date", "date_not_allowed"}, 9: {"lines[+1].ot_hours", "hours_over_daily_limit"},
	}
	check := func(answers []record.Many) {
		t.Helper()
		for i, answer := range answers {
			problem, refused := want[i]
			switch {
			case refused && !hasProblem(answer.Err, problem[0], problem[1]):
				t.Errorf("record %d: %s, want %v", i, explain(answer.Err), problem)
			case !refused && answer.Err != nil:
				t.Errorf("record %d: %s", i, explain(answer.Err))
			}
		}
	}
	in.Dry = true
	answers, err := w.records.CreateMany(w.ctx, laborer, "day_labor_sheet", in)
	if err != nil {
		t.Fatal(err)
	}
	check(answers)
	if n := w.list(laborer, "day_labor_sheet", record.ListInput{Count: true}).Count.N; n != 0 {
		t.Fatalf("a dry run stored %d records", n)
	}
	in.Dry = false
	queries := w.store.during(func() { answers, err = w.records.CreateMany(w.ctx, laborer, "day_labor_sheet", in) })
	if err != nil {
		t.Fatal(err)
	}
	check(answers)
	for entity, n := range queries {
		if n > 2 && entity != record.Counters { // by key, and by what is needed of the record found
			t.Errorf("%d queries of %s for 100 records", n, entity)
		}
	}
	list := w.list(laborer, "day_labor_sheet", record.ListInput{Count: true, Limit: 200})
	if list.Count.N != 97 {
		t.Errorf("%d records are stored, want 97", list.Count.N)
	}
	numbers := map[any]bool{}
	for _, rec := range list.Records {
		if rec.Values["total_amount"] != "240.00" || // all of May: before the raise
			numbers[rec.Values["no"]] {
			t.Errorf("stored %v", rec.Values)
		}
		numbers[rec.Values["no"]] = true
	}
	chain, err := event.Verify(w.ctx, w.store)
	if err != nil || len(chain.Findings()) > 0 {
		t.Errorf("chain: %v %v", chain.Findings(), err)
	}
}

// Two records of one batch that want the same key: one gets it.
func TestCreateManyKeepsKeys(t *testing.T) {
	w := newWorld(t).furnish()
	one := record.CreateInput{Values: form.Values{"project": "p1", "amount": "1", "invoice": "F1"}}
	answers, err := w.records.CreateMany(w.ctx, laborer, "order", record.ManyInput{Records: []record.CreateInput{one, one}})
	if err != nil {
		t.Fatal(err)
	}
	if (answers[0].Err == nil) == (answers[1].Err == nil) {
		t.Fatalf("both or none stored: %v, %v", answers[0].Err, answers[1].Err)
	}
	if refused := errors.Join(answers[0].Err, answers[1].Err); !hasProblem(refused, "invoice", "invoice_used") {
		t.Errorf("the other is told %s", explain(refused))
	}
	if _, err := w.records.CreateMany(w.ctx, nobody, "order", record.ManyInput{Records: []record.CreateInput{one}}); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("by nobody: %v", err)
	}
}

func BenchmarkCreateMany(b *testing.B) {
	w := newWorld(b).furnish()
	var in record.ManyInput
	for range 500 {
		in.Records = append(in.Records, record.CreateInput{Values: sheet("2026-06-01", line("w1"), line("w2", "8", "1.5"), line("w3"), line("w4", "4"))})
	}
	b.ResetTimer()
	for range b.N {
		if _, err := w.records.CreateMany(w.ctx, laborer, "day_labor_sheet", in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(in.Records)*4)/b.Elapsed().Seconds(), "lines/s")
}

func TestWhatAnImportMayBring(t *testing.T) {
	w := newWorld(t).furnish()
	one := record.CreateInput{Values: form.Values{"no": "DG-OLD-1", "project": "p1", "team": "t1", "work_date": "2026-06-01", "lines": []any{line("w1")}}}
	for _, actor := range []access.Actor{clerk, laborer} {
		one.Import = true
		answers, err := w.records.CreateMany(w.ctx, actor, "day_labor_sheet", record.ManyInput{Records: []record.CreateInput{one}})
		if actor.ID == clerk.ID {
			if !errors.Is(err, record.ErrForbidden) {
				t.Errorf("a clerk without the grant: %v", err)
			}
			continue
		}
		if err != nil || answers[0].Err != nil {
			t.Fatalf("import: %v, %s", err, explain(answers[0].Err))
		}
		rec, err := w.records.Get(w.ctx, actor, "day_labor_sheet", answers[0].ID)
		if err != nil || rec.Values["no"] != "DG-OLD-1" || rec.State != "draft" || rec.Imported {
			t.Errorf("got %+v, %v", rec, err)
		}
	}
}

func TestADryPatchStoresNothing(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	patch := func(hours string) error {
		_, err := w.records.TryPatch(w.ctx, clerk, "day_labor_sheet", rec.ID, record.PatchInput{
			Values: form.Values{"lines": []any{map[string]any{"worker": "w2", "normal_hours": hours}}},
		})
		return err
	}
	if err := patch("8"); err != nil {
		t.Errorf("good hours: %s", explain(err))
	}
	if err := patch("20"); !hasProblem(err, "lines[+2].ot_hours", "hours_over_daily_limit") {
		t.Errorf("too many hours: %s", explain(err))
	}
	if now, err := w.records.Get(w.ctx, clerk, "day_labor_sheet", rec.ID); err != nil || now.Rev != rec.Rev {
		t.Errorf("got revision %d, %v, want %d", now.Rev, err, rec.Rev)
	}
}
