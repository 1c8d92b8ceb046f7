package record_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"formwork/engine/access"
	"formwork/engine/event"
	"formwork/engine/form"
	"formwork/engine/record"
)

// Fifty times the same request, at once and later, is one record; another body under the key is refused.
func TestIdempotentCreate(t *testing.T) {
	w := newWorld(t).furnish()
	in := record.CreateInput{Key: "k-1", Values: form.Values{"project": "p1", "amount": "12.50"}}
	var fresh atomic.Int32
	var group sync.WaitGroup
	ids := make([]string, 50)
	for i := range ids {
		group.Go(func() {
			created, err := w.records.Create(w.ctx, laborer, "order", in)
			if err != nil {
				t.Error(explain(err))
				return
			}
			if !created.Replay {
				fresh.Add(1)
			}
			ids[i] = created.Record.ID
		})
	}
	group.Wait()
	if fresh.Load() != 1 {
		t.Errorf("%d requests made a record, want 1", fresh.Load())
	}
	for _, id := range ids {
		if id != ids[0] || len(id) != 26 {
			t.Fatalf("ids differ or are none: %q, %q", id, ids[0])
		}
	}
	if list := w.list(laborer, "order", record.ListInput{}); len(list.Records) != 1 {
		t.Fatalf("%d records are stored, want 1", len(list.Records))
	}
	w.patch(laborer, "order", record.Record{ID: ids[0], Rev: 1}, form.Values{"amount": "13"})
	again, err := w.records.Create(w.ctx, laborer, "order", in)
	if err != nil || !again.Replay || again.Record.Values["amount"] != "13.00" {
		t.Errorf("a late replay gives %+v, %v; want the present record", again, err)
	}
	tests := []struct {
		name  string
		actor access.Actor
		in    record.CreateInput
		want  error
	}{
		{"another body", laborer, record.CreateInput{Key: "k-1", Values: form.Values{"project": "p1", "amount": "99"}}, record.ErrIdempotencyConflict},
		{"the same with a submit", laborer, record.CreateInput{Key: "k-1", Values: in.Values, Change: doNothing}, record.ErrIdempotencyConflict},
		{"another person's key", buyer, in, nil},
		{"another key", laborer, record.CreateInput{Key: "k-2", Values: in.Values}, nil},
	}
	for _, tt := range tests {
		created, err := w.records.Create(w.ctx, tt.actor, "order", tt.in)
		if !errors.Is(err, tt.want) || (err == nil && (created.Replay || created.Record.ID == ids[0])) {
			t.Errorf("%s: %+v, %v", tt.name, created.Replay, err)
		}
	}
}

func doNothing(record.Record, *record.Full) (record.Change, error) { return record.Change{}, nil }

// A replay whose first request took a unique key is a replay, not a duplicate.
func TestReplayWithUniqueKey(t *testing.T) {
	w := newWorld(t).furnish()
	in := record.CreateInput{Key: "k", Values: form.Values{"project": "p1", "amount": "1", "invoice": "F1"}}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := w.records.Create(w.ctx, laborer, "order", in); err != nil {
				t.Error(explain(err))
			}
		})
	}
	group.Wait()
}

// Of several edits of one revision one wins, the others are told.
func TestConcurrentUpdatesOneWins(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(laborer, "order", form.Values{"project": "p1", "amount": "1"})
	var won, lost atomic.Int32
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			_, err := w.records.Patch(w.ctx, laborer, "order", rec.ID, record.PatchInput{
				IfRev: 1, Values: form.Values{"amount": fmt.Sprint(100 + i)},
			})
			var conflict *record.ConflictError
			switch {
			case err == nil:
				won.Add(1)
			case errors.As(err, &conflict):
				lost.Add(1)
			default:
				t.Error(explain(err))
			}
		})
	}
	group.Wait()
	if won.Load() != 1 || lost.Load() != 15 {
		t.Errorf("%d won, %d were told; want 1 and 15", won.Load(), lost.Load())
	}
}

// Changes of flows are decided anew when another came first: none is lost, each sees the one before.
func TestConcurrentChangesAreDecidedAnew(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(laborer, "order", form.Values{"project": "p1", "amount": "0"})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			_, err := w.records.Change(w.ctx, engine, "order", rec.ID, func(stored record.Record, _ *record.Full) (record.Change, error) {
				var n int
				if _, err := fmt.Sscanf(fmt.Sprint(stored.Values["amount"]), "%d.00", &n); err != nil {
					return record.Change{}, err
				}
				return record.Change{Patch: form.Values{"amount": fmt.Sprint(n + 1)}}, nil
			})
			if err != nil {
				t.Error(explain(err))
			}
		})
	}
	group.Wait()
	got, err := w.records.Get(w.ctx, laborer, "order", rec.ID)
	if err != nil || got.Values["amount"] != "8.00" || got.Rev != 9 {
		t.Errorf("amount %v at revision %d, want 8.00 at 9 (%v)", got.Values["amount"], got.Rev, err)
	}
	chain, err := event.Verify(w.ctx, w.store)
	if err != nil || len(chain.Findings()) > 0 {
		t.Errorf("chain: %v %v", chain.Findings(), err)
	}
}

// Ten sheets want the same team's day: the unique key lets one through.
func TestUniqueKeyUnderConcurrency(t *testing.T) {
	w := newWorld(t).furnish()
	var ids []string
	for range 10 {
		ids = append(ids, w.create(laborer, "day_labor_sheet", sheet("2026-06-01", line("w1"))).ID)
	}
	var won atomic.Int32
	var group sync.WaitGroup
	for _, id := range ids {
		group.Go(func() {
			err := w.to(id, "running")
			switch {
			case err == nil:
				won.Add(1)
			case problemsOf(err) == nil: // the losers are told which field or row is taken
				t.Error(explain(err))
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("%d sheets took the day, want 1", won.Load())
	}
}

// A tenant's ids mean nothing in another tenant.
func TestForeignTenantIDs(t *testing.T) {
	mine, theirs := newWorld(t).furnish(), newWorld(t).furnish()
	theirs.seed("project", "p77", form.Values{"code": "P77", "name": "secret", "status": "in_progress", "policy": "policy"})
	foreign := theirs.create(laborer, "order", form.Values{"project": "p77", "amount": "1"})
	if _, err := mine.records.Get(mine.ctx, manager, "order", foreign.ID); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("get: %v", err)
	}
	if _, err := mine.records.Patch(mine.ctx, manager, "order", foreign.ID, record.PatchInput{Values: form.Values{"amount": "2"}}); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("patch: %v", err)
	}
	_, err := mine.records.Create(mine.ctx, laborer, "order", record.CreateInput{Values: form.Values{"project": "p77", "amount": "1"}})
	if !hasProblem(err, "project", "reference") {
		t.Errorf("reference: %s", explain(err))
	}
	related, err := mine.records.Related(mine.ctx, laborer, "order", []form.Ask{{Key: "project/p77", Entity: "project", ID: "p77", Fields: []string{"name"}}})
	if err != nil || related.Records["project/p77"] != nil {
		t.Errorf("related: %+v, %v", related, err)
	}
}

// What a flow writes is checked by what the node opens, not by the approver's grants.
func TestChangeWritesOnlyWhatIsOpen(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	w.bring(rec.ID, "running")
	row := linesOf(rec)[0]["_id"]
	opens := func(paths ...string) func(string) bool {
		return func(path string) bool {
			for _, open := range paths {
				if path == open {
					return true
				}
			}
			return false
		}
	}
	change := func(values form.Values, writable func(string) bool) (record.Record, error) {
		return w.records.Change(w.ctx, foreman, "day_labor_sheet", rec.ID, func(_ record.Record, full *record.Full) (record.Change, error) {
			if may, err := full.May(w.ctx, access.Act); err != nil || !may {
				return record.Change{}, errors.Join(err, record.ErrForbidden)
			}
			return record.Change{Patch: values, Writable: writable}, nil
		})
	}
	hours := form.Values{"lines": []any{map[string]any{"_id": row, "ot_hours": "2"}}}
	got, err := change(hours, opens("lines.ot_hours"))
	if err != nil || linesOf(got)[0]["ot_hours"] != "2" {
		t.Fatalf("opened hours: %v, %s", got.Values["lines"], explain(err))
	}
	var denied *access.FieldError
	if _, err := change(hours, opens("remark")); !errors.As(err, &denied) {
		t.Errorf("closed hours: %v", err)
	}
	if _, err := change(form.Values{"lines": []any{line("w2")}}, opens("lines.ot_hours")); !errors.As(err, &denied) {
		t.Errorf("a new row in a closed table: %v", err)
	}
	if _, err := change(form.Values{"remark": "x"}, nil); !errors.As(err, &denied) {
		t.Errorf("no node: the grants hold: %v", err)
	}
	_, err = change(form.Values{"lines": []any{map[string]any{"_id": row, "ot_hours": "20"}}}, opens("lines.ot_hours"))
	if !hasProblem(err, fmt.Sprintf("lines[%v].ot_hours", row), "hours_over_daily_limit") {
		t.Errorf("an edit that breaks a rule: %s", explain(err))
	}
	if _, err := w.records.Change(w.ctx, chief, "day_labor_sheet", rec.ID, func(_ record.Record, full *record.Full) (record.Change, error) {
		may, err := full.May(w.ctx, access.Act)
		if err == nil && !may {
			err = record.ErrForbidden
		}
		return record.Change{}, err
	}); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("another team's foreman: %v", err)
	}
}

// Submitting at once starts the flow in the create's own write.
func TestCreateWithChange(t *testing.T) {
	w := newWorld(t).furnish()
	submit := func(rec record.Record, full *record.Full) (record.Change, error) {
		values, problems, err := full.Evaluate(w.ctx, nil, form.Submit)
		if err != nil || rec.Rev != 0 || len(problems) > 0 {
			return record.Change{}, errors.Join(err, &record.InvalidError{Problems: problems})
		}
		if values["total_amount"] != "320.00" {
			t.Errorf("total while deciding = %v", values["total_amount"])
		}
		return record.Change{
			Event: form.Submit, State: "running", Flow: []byte(`{"status":"running"}`), Events: []record.Event{{Type: "started"}},
		}, nil
	}
	created, err := w.records.Create(w.ctx, laborer, "day_labor_sheet", record.CreateInput{Values: sheet("2026-06-01", line("w1")), Change: submit})
	if err != nil {
		t.Fatal(explain(err))
	}
	full, err := w.records.Load(w.ctx, tenantName, "day_labor_sheet", created.Record.ID)
	if err != nil || full.Record.State != "running" || full.Record.Rev != 1 || len(full.Record.Flow) == 0 {
		t.Errorf("stored %+v, %v", full, err)
	}
	events := w.events(created.Record.ID)
	if len(events) != 2 || events[0].Type != "created" || events[1].Type != "started" || events[1].Rev != 1 {
		t.Errorf("events = %+v", events)
	}
	// A rule of submit refuses the whole, nothing is stored.
	w.seed("worker", "w5", form.Values{"no": "W5", "name": "新人", "status": "active", "project": "p1"})
	_, err = w.records.Create(w.ctx, laborer, "day_labor_sheet", record.CreateInput{Values: sheet("2026-06-02", line("w5")), Change: submit})
	if !hasProblem(err, "lines[+1].worker", "rate_missing") {
		t.Errorf("a worker without a rate: %s", explain(err))
	}
	if n := len(w.list(laborer, "day_labor_sheet", record.ListInput{}).Records); n != 1 {
		t.Errorf("%d sheets are stored, want 1", n)
	}
}

// An approval without an edit does not ask the rules again: the sheet was on time when it was written.
func TestCarryingOnAsksNoRules(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	w.bring(rec.ID, "running")
	w.now = w.now.AddDate(0, 1, 0) // now it would be late
	_, err := w.records.Change(w.ctx, foreman, "day_labor_sheet", rec.ID, func(record.Record, *record.Full) (record.Change, error) {
		return record.Change{State: "approved", Flow: []byte(`{}`), Events: []record.Event{{Type: "approved"}}}, nil
	})
	if err != nil {
		t.Fatal(explain(err))
	}
	_, err = w.records.Change(w.ctx, engine, "day_labor_sheet", rec.ID, func(record.Record, *record.Full) (record.Change, error) {
		return record.Change{Event: form.Approve, Events: []record.Event{{Type: "approved"}}}, nil
	})
	var invalid *record.InvalidError
	if !errors.As(err, &invalid) || !invalid.NeedsReason {
		t.Errorf("with an occasion the rules are asked: got %s", explain(err))
	}
}
