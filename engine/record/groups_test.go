package record_test

import (
	"context"
	"fmt"
	"testing"

	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/store"
)

// prompt counts the queries of a store that has its events in the log at once.
type prompt struct{ *counting }

// Prompt implements store.Prompt; the tests that need it run on the embedded store alone.
func (prompt) Prompt() {}

func promptStore(w *world) store.Store {
	if _, ok := w.store.Store.(store.Prompt); !ok {
		w.Skip("events of this store are in the log later")
	}
	return prompt{w.store}
}

// rated creates a sheet of one worker and gives the day rate it found, with the queries of rates it took.
func (w *world) rated(server *record.Service, worker, date string) (rate string, queries int) {
	w.Helper()
	var made record.Created
	counted := w.store.during(func() {
		var err error
		in := record.CreateInput{Values: sheet(date, line(worker, "8"))}
		if made, err = server.Create(w.ctx, laborer, "day_labor_sheet", in); err != nil {
			w.Fatal(explain(err))
		}
	})
	return fmt.Sprint(linesOf(made.Record)[0]["day_rate"]), counted["worker_rate"]
}

// The rates of a worker are read once and answer every date, until a rate changes, whoever changed it.
func TestRatesOfAWorkerAreKept(t *testing.T) {
	w := newWorld(t).furnish()
	kept := promptStore(w)
	here := w.another(func(context.Context, string) (store.Store, error) { return kept, nil })
	there := w.another(w.sameStore)
	newest := func(server *record.Service) func() {
		return func() {
			in := record.CreateInput{ID: "newest", Values: form.Values{"worker": "w1", "effective_from": "2026-06-02", "day_rate": "400"}}
			if _, err := server.Create(w.ctx, engine, "worker_rate", in); err != nil {
				t.Fatal(explain(err))
			}
		}
	}
	set := func(server *record.Service, id, rate string) func() {
		return func() { w.set(server, "worker_rate", id, form.Values{"day_rate": rate}) }
	}
	remove := func() {
		if err := there.Delete(w.ctx, engine, "worker_rate", "newest", 0); err != nil {
			t.Fatal(explain(err))
		}
	}
	steps := []struct {
		name         string
		before       func()
		worker, date string
		want         string
		queries      int
	}{
		{"nobody asked before", nil, "w1", "2026-05-03", "240.00", 1},
		{"somebody did: all rates of the worker are read", nil, "w1", "2026-05-04", "240.00", 1},
		{"they answer another day", nil, "w1", "2026-06-02", "320.00", 0},
		{"and a day without rate", nil, "w1", "2025-12-31", "<nil>", 0},
		{"another worker's are read", nil, "w2", "2026-06-02", "320.00", 1},
		{"and kept", nil, "w2", "2026-05-05", "240.00", 0},
		{"a new rate, stored by another server", newest(there), "w1", "2026-06-02", "400.00", 1},
		{"asked for once more, they are read whole", nil, "w1", "2026-06-01", "320.00", 1},
		{"and kept", nil, "w1", "2026-06-02", "400.00", 0},
		{"a rate changed here", set(here, "newest", "410"), "w1", "2026-06-02", "410.00", 1},
		{"read whole again", nil, "w1", "2026-06-02", "410.00", 1},
		{"a rate in the recycle bin counts no more", remove, "w1", "2026-06-02", "320.00", 1},
		{"read whole without it", nil, "w1", "2026-06-02", "320.00", 1},
		{"kept without it", nil, "w1", "2026-06-02", "320.00", 0},
	}
	for i, step := range steps {
		if step.before != nil {
			step.before()
		}
		rate, queries := w.rated(here, step.worker, step.date)
		if rate != step.want || queries != step.queries {
			t.Errorf("%d, %s: %s by %d queries, want %s by %d", i, step.name, rate, queries, step.want, step.queries)
		}
	}
}

// Where events come later than their writes, a writer asks the store each time.
func TestRatesAreNotKeptForWritersWhereTheLogIsLate(t *testing.T) {
	w := newWorld(t).furnish()
	here := w.another(func(context.Context, string) (store.Store, error) { return w.store, nil })
	for i := range 4 {
		if rate, queries := w.rated(here, "w1", "2026-05-03"); rate != "240.00" || queries != 1 {
			t.Errorf("%d: %s by %d queries", i, rate, queries)
		}
	}
}

// A group that is too large is asked for by what the lookup seeks, and remembered as such.
func TestManyRatesOfAWorkerAreNotKept(t *testing.T) {
	w := newWorld(t).furnish()
	kept := promptStore(w)
	here := w.another(func(context.Context, string) (store.Store, error) { return kept, nil })
	day := w.now.AddDate(-4, 0, 0)
	for range 600 {
		in := form.Values{"worker": "w1", "effective_from": day.Format("2006-01-02"), "day_rate": "100"}
		if _, err := here.Create(w.ctx, engine, "worker_rate", record.CreateInput{Values: in}); err != nil {
			t.Fatal(explain(err))
		}
		day = day.AddDate(0, 0, 1)
	}
	for i, queries := range []int{1, 2, 1, 1} {
		if rate, counted := w.rated(here, "w1", "2026-06-02"); rate != "320.00" || counted != queries {
			t.Errorf("%d: %s by %d queries, want %d", i, rate, counted, queries)
		}
	}
}
