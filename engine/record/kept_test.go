package record_test

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/store"
)

// another is a second server on the same database, without the wrapper of the tests: it knows what the store promises.
func (w *world) another(stores func(ctx context.Context, tenant string) (store.Store, error)) *record.Service {
	w.Helper()
	clock := func() time.Time { return w.now }
	zone := func(context.Context, string) (*time.Location, error) { return time.FixedZone("CST", 8*3600), nil }
	rights := access.New(access.Config{Catalog: catalogs{w.catalog}.active, Stores: stores, Clock: clock, Zone: zone})
	records, err := record.New(record.Config{
		Catalogs: catalogs{w.catalog}, Stores: stores, Access: rights, Clock: clock, Zone: zone,
		NewID: func() string { return fmt.Sprintf("N%025d", w.ids.Add(1)) },
	})
	if err != nil {
		w.Fatal(err)
	}
	return records
}

func (w *world) sameStore(context.Context, string) (store.Store, error) { return w.store.Store, nil }

// teamShown is how a server calls the team of a sheet.
func (w *world) teamShown(server *record.Service, id string) string {
	w.Helper()
	rec, err := server.Get(w.ctx, clerk, "day_labor_sheet", id)
	if err != nil {
		w.Fatal(explain(err))
	}
	return rec.Refs["labor_team/t1"]
}

func (w *world) set(server *record.Service, entity, id string, values form.Values) {
	w.Helper()
	if _, err := server.Patch(w.ctx, engine, entity, id, record.PatchInput{Values: values}); err != nil {
		w.Fatalf("patch %s/%s: %s", entity, id, explain(err))
	}
}

// A writer decides over what is stored, whichever server wrote it a moment ago; a reader is told by the event log. So it
// is on a store that has events in its log at once, and on one that has them later.
func TestAnotherServerChangesWhatIsKept(t *testing.T) {
	for name, open := range map[string]func(w *world) store.Store{
		"prompt log": func(w *world) store.Store { return w.store.Store },
		"late log":   func(w *world) store.Store { return w.store },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).furnish()
			stores := func(context.Context, string) (store.Store, error) { return open(w), nil }
			anotherServerChanges(w, w.another(stores), w.another(stores))
		})
	}
}

func anotherServerChanges(w *world, here, there *record.Service) {
	w.Helper()
	create := func(date string, line map[string]any) (record.Record, error) {
		made, err := here.Create(w.ctx, clerk, "day_labor_sheet", record.CreateInput{Values: sheet(date, line)})
		return made.Record, err
	}
	first, err := create("2026-06-02", line("w1", "8"))
	if err != nil {
		w.Fatal(explain(err))
	}
	if shown := w.teamShown(here, first.ID); shown != "木工一班" {
		w.Fatalf("the team is called %q", shown)
	}

	w.set(there, "labor_policy", "policy", form.Values{"std_hours": "6"})
	made, err := create("2026-06-01", line("w1", "6"))
	if err != nil || made.Values["std_hours"] != "6" {
		w.Errorf("standard hours after the policy changed: %v, %v", made.Values["std_hours"], err)
	}
	w.set(there, "worker", "w1", form.Values{"status": "left"})
	if _, err := create("2026-06-01", line("w1", "6")); problemsOf(err) == nil {
		w.Errorf("a worker who has left is put on a sheet: %v", err)
	}

	after := w.lastEvent()
	w.set(there, "labor_team", "t1", form.Values{"name": "木工二班"})
	if shown := w.teamShown(there, first.ID); shown != "木工二班" {
		w.Errorf("the server that wrote it calls the team %q", shown)
	}
	events, err := w.store.Events(w.ctx, after, 500)
	if err != nil {
		w.Fatal(err)
	}
	here.Observe(tenantName, events)
	if shown := w.teamShown(here, first.ID); shown != "木工二班" {
		w.Errorf("told by the log, the other server calls the team %q", shown)
	}

	w.set(there, "labor_team", "t1", form.Values{"name": "木工三班"})
	w.now = w.now.Add(31 * time.Second)
	if shown := w.teamShown(here, first.ID); shown != "木工三班" {
		w.Errorf("told by nobody, the other server calls the team %q for longer than half a minute", shown)
	}
}

func (w *world) lastEvent() int64 {
	w.Helper()
	var last int64
	for {
		events, err := w.store.Events(w.ctx, last, 500)
		if err != nil {
			w.Fatal(err)
		}
		if len(events) == 0 {
			return last
		}
		last = events[len(events)-1].Seq
	}
}

// What is kept is what is stored, whatever writes and readings came by.
func TestKeptDocumentsStayAsTheyAreStored(t *testing.T) {
	w := newWorld(t).furnish()
	server := w.another(w.sameStore)
	for range 3 {
		in := record.CreateInput{Values: sheet("2026-06-01", line("w1", "8"), line("w2", "8", "1"))}
		made, err := server.Create(w.ctx, clerk, "day_labor_sheet", in)
		if err != nil {
			t.Fatal(explain(err))
		}
		for _, reader := range []access.Actor{clerk, manager, engine} {
			if _, err := server.Get(w.ctx, reader, "day_labor_sheet", made.Record.ID); err != nil {
				t.Fatal(explain(err))
			}
		}
		w.set(server, "day_labor_sheet", made.Record.ID, form.Values{"work_content": "拆模"})
		full, err := server.LoadAs(w.ctx, engine, "day_labor_sheet", made.Record.ID)
		if err != nil {
			t.Fatal(err)
		}
		for entity, ids := range map[string][]string{
			"project": {"p1"}, "labor_team": {"t1"}, "labor_policy": {"policy"}, "worker": {"w1", "w2"}, def.EntityUser: {"u_clerk"},
		} {
			kept, err := full.Others(w.ctx, entity, ids...)
			if err != nil || len(kept) != len(ids) {
				t.Fatalf("%s: %d of %v, %v", entity, len(kept), ids, err)
			}
			for _, doc := range kept {
				stored, err := w.store.Store.Get(w.ctx, entity, doc.ID)
				if err != nil || len(stored) != 1 {
					t.Fatal(entity, err)
				}
				if !reflect.DeepEqual(stored[0].Values, doc.Values) || stored[0].Rev != doc.Rev {
					t.Errorf("kept of %s/%s:\n%v\nstored:\n%v", entity, doc.ID, doc.Values, stored[0].Values)
				}
			}
		}
	}
}

// While many read, a writer always reads what he wrote.
func TestWritersReadTheirOwnWrites(t *testing.T) {
	w := newWorld(t).furnish()
	server := w.another(w.sameStore)
	made, err := server.Create(w.ctx, clerk, "day_labor_sheet", record.CreateInput{Values: sheet("2026-06-01", line("w1", "8"))})
	if err != nil {
		t.Fatal(explain(err))
	}
	quit := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-quit:
					return
				default:
				}
				if _, err := server.Get(w.ctx, clerk, "day_labor_sheet", made.Record.ID); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 60 {
		w.set(server, "labor_team", "t1", form.Values{"name": fmt.Sprint("班组", i)})
		shown := w.teamShown(server, made.Record.ID)
		if n, err := strconv.Atoi(strings.TrimPrefix(shown, "班组")); err != nil || n != i {
			t.Fatalf("after 班组%d the team is shown as %q", i, shown)
		}
	}
	close(quit)
	readers.Wait()
}

// What is kept of one company is nothing to another.
func TestKeptDocumentsBelongToATenant(t *testing.T) {
	ours, theirs := newWorld(t).furnish(), newWorld(t).furnish()
	ours.set(ours.records, "labor_team", "t1", form.Values{"name": "我们的班组"})
	server := ours.another(func(_ context.Context, tenant string) (store.Store, error) {
		if tenant == tenantName {
			return ours.store.Store, nil
		}
		return theirs.store.Store, nil
	})
	for _, tt := range []struct{ tenant, want string }{{tenantName, "我们的班组"}, {"other", "木工一班"}, {tenantName, "我们的班组"}} {
		who := clerk
		who.Tenant = tt.tenant
		made, err := server.Create(ours.ctx, who, "day_labor_sheet", record.CreateInput{Values: sheet("2026-06-01", line("w1", "8"))})
		if err != nil || made.Record.Refs["labor_team/t1"] != tt.want {
			t.Errorf("%s calls its team %q: %v", tt.tenant, made.Record.Refs["labor_team/t1"], err)
		}
	}
}
