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

// Whoever opens the demo finds sheets in every state, and work to do.
func TestTheDemoIsAtWork(t *testing.T) {
	at := &place{data: t.TempDir()}
	f, err := at.open(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.close(); err != nil {
			t.Error(err)
		}
	}()
	demo, err := foundDemo(t.Context(), f, at.data)
	if err != nil {
		t.Fatal(err)
	}
	system := access.Actor{Tenant: demoTenant, ID: "system", System: true}
	sheets, err := f.engine.Records.List(t.Context(), system, "day_labor_sheet", record.ListInput{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, sheet := range sheets.Records {
		states[sheet.State]++
		if fmt.Sprint(sheet.Values["total_amount"]) == "0.00" {
			t.Errorf("%v pays nothing", sheet.Values["no"])
		}
	}
	if want := map[string]int{"approved": 3, "running": 4, "returned": 1}; !maps.Equal(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
	users, err := f.engine.Records.List(t.Context(), system, "user", record.ListInput{Limit: 100})
	if err != nil || len(users.Records) != len(demo.People) {
		t.Fatalf("%d users, %d people, %v", len(users.Records), len(demo.People), err)
	}
	open := map[string]int{}
	for _, user := range users.Records {
		actor, err := f.engine.Identity.Actor(t.Context(), demoTenant, user.ID)
		if err != nil {
			t.Fatal(err)
		}
		tasks, err := f.engine.Flows.Tasks(t.Context(), actor, flow.TaskQuery{})
		if err != nil {
			t.Fatal(err)
		}
		if len(tasks.Tasks) > 0 {
			open[fmt.Sprint(user.Values["login"])] = len(tasks.Tasks)
		}
	}
	if want := map[string]int{"clerk": 1, "foreman": 1, "labor": 1, "cost": 1, "manager": 1}; !maps.Equal(open, want) {
		t.Errorf("open tasks %v, want %v", open, want)
	}
}
