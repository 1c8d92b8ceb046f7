package main

import (
	"fmt"
	"log/slog"
	"maps"
	"testing"

	"formwork/engine/access"
	"formwork/engine/flow"
	"formwork/engine/record"
)

// demoWorld is a demo company that was just founded.
type demoWorld struct {
	*formwork
	t      *testing.T
	demo   *demoCompany
	system access.Actor
}

func newDemoWorld(t *testing.T) *demoWorld {
	t.Helper()
	at := &place{data: t.TempDir()}
	f, err := at.open(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.close(); err != nil {
			t.Error(err)
		}
	})
	demo, err := foundDemo(t.Context(), f, at.data)
	if err != nil {
		t.Fatal(err)
	}
	again, err := readDemo(at.data)
	if err != nil || len(again.People) != len(demo.People) {
		t.Errorf("read again: %+v, %v", again, err)
	}
	return &demoWorld{f, t, demo, access.Actor{Tenant: demoTenant, ID: "system", System: true}}
}

// all lists the records of an entity.
func (w *demoWorld) all(entity string) []record.Record {
	w.t.Helper()
	list, err := w.engine.Records.List(w.t.Context(), w.system, entity, record.ListInput{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	return list.Records
}

// Whoever opens the demo finds the history of June, documents in every state, and work to do.
func TestTheDemoIsAtWork(t *testing.T) {
	w := newDemoWorld(t)
	live, opening := map[string]int{}, 0
	for _, sheet := range w.all("day_labor_sheet") {
		photos, _ := sheet.Values["photos"].([]any)
		switch {
		case sheet.Imported:
			opening++
		case len(photos) != 1:
			t.Errorf("%v has no photo", sheet.Values["no"])
		case fmt.Sprint(sheet.Values["total_amount"]) == "0.00":
			t.Errorf("%v pays nothing", sheet.Values["no"])
		default:
			live[sheet.State]++
		}
	}
	if opening != 103 {
		t.Errorf("%d sheets of June", opening)
	}
	if want := map[string]int{"approved": 4, "running": 4, "returned": 1, "rejected": 1, "voided": 1, "draft": 1}; !maps.Equal(live, want) {
		t.Errorf("states %v, want %v", live, want)
	}
	for entity, want := range map[string]string{
		"wage_sheet": "running", "wage_advance": "running", "piece_sheet": "approved", "chargeback_note": "running",
	} {
		found := false
		for _, document := range w.all(entity) {
			found = found || !document.Imported && document.State == want
		}
		if !found {
			t.Errorf("no live %s is %s", entity, want)
		}
	}
	if users := w.all("user"); len(users) != len(w.demo.People) {
		t.Errorf("%d users, %d people", len(users), len(w.demo.People))
	}
}

// Six people work in the demo; each tab of the to-do center has something for one of them.
func TestEveryTabOfTheDemoHasSomething(t *testing.T) {
	w := newDemoWorld(t)
	tabs := map[string]map[string]int{}
	for _, user := range w.all("user") {
		actor, err := w.engine.Identity.Actor(t.Context(), demoTenant, user.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, tab := range []string{flow.TabOpen, flow.TabHandle, flow.TabCC, flow.TabStarted, flow.TabHandled} {
			tasks, err := w.engine.Flows.Tasks(t.Context(), actor, flow.TaskQuery{Tab: tab, Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			if n := len(tasks.Tasks); n > 0 {
				if tabs[tab] == nil {
					tabs[tab] = map[string]int{}
				}
				tabs[tab][fmt.Sprint(user.Values["login"])] = n
			}
		}
	}
	for tab, want := range map[string]map[string]int{
		flow.TabOpen:   {"clerk": 1, "foreman": 1, "labor": 2, "cost": 2, "manager": 3, "finance": 1},
		flow.TabHandle: {"cost": 1, "cashier": 1},
	} {
		if !maps.Equal(tabs[tab], want) {
			t.Errorf("%s: %v, want %v", tab, tabs[tab], want)
		}
	}
	if tabs[flow.TabCC]["labor"] == 0 || tabs[flow.TabStarted]["clerk"] == 0 || tabs[flow.TabHandled]["foreman"] == 0 {
		t.Errorf("tabs %v", tabs)
	}
}

// Nothing that the engine writes, in whatever way, is without its history.
func TestEveryRecordOfTheDemoIsWhatItsHistorySays(t *testing.T) {
	w := newDemoWorld(t)
	records, signatures := map[string]int{}, 0
	err := w.engine.ProveAll(t.Context(), demoTenant, func(entity, id string, p flow.Proof) {
		records[entity]++
		signatures += p.Signatures
		if len(p.Mismatches) > 0 {
			t.Errorf("%s/%s: %+v", entity, id, p.Mismatches)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, entity := range []string{"day_labor_sheet", "wage_sheet", "worker", "user"} {
		if records[entity] == 0 {
			t.Errorf("no %s was looked at: %v", entity, records)
		}
	}
	if signatures == 0 {
		t.Error("nobody has signed")
	}
}
