package record_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"formwork/engine/access"
	"formwork/engine/form"
	"formwork/engine/record"
)

func TestChoices(t *testing.T) {
	w := newWorld(t).furnish()
	w.patch(laborer, "worker", record.Record{ID: "w4", Rev: 1}, form.Values{"status": "left"})
	texts := func(actor access.Actor, in record.ChoicesInput) string {
		t.Helper()
		choices, err := w.records.Choices(w.ctx, actor, "day_labor_sheet", in)
		if err != nil {
			t.Fatalf("choices of %s: %v", in.Field, err)
		}
		var list []string
		for _, item := range choices.Items {
			list = append(list, item.Text)
		}
		slices.Sort(list)
		return strings.Join(list, " ")
	}
	p1 := form.Values{"project": "p1"}
	tests := []struct {
		name  string
		actor access.Actor
		in    record.ChoicesInput
		want  string
	}{
		{"his projects only", clerk, record.ChoicesInput{Field: "project"}, "锦绣花园"},
		{"all projects", laborer, record.ChoicesInput{Field: "project"}, "滨江路 锦绣花园"},
		{"teams of the chosen project", laborer, record.ChoicesInput{Field: "team", Values: p1}, "木工一班"},
		{"none without a project", laborer, record.ChoicesInput{Field: "team"}, ""},
		{"active workers of the project", clerk, record.ChoicesInput{Field: "lines.worker", Values: p1}, "工人1 工人2 工人3"},
		{"by a part of the name", clerk, record.ChoicesInput{Field: "lines.worker", Values: p1, Search: "人2"}, "工人2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := texts(tt.actor, tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	managers, err := w.records.Choices(w.ctx, laborer, "project", record.ChoicesInput{Field: "manager", Search: "u_clerk2"})
	if err != nil || len(managers.Items) != 1 || managers.Items[0].ID != "u_clerk2" {
		t.Errorf("people: %+v, %v", managers, err)
	}
	if _, err := w.records.Choices(w.ctx, nobody, "day_labor_sheet", record.ChoicesInput{Field: "project"}); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("nobody picks: %v", err)
	}
	worker, err := w.records.Choices(w.ctx, laborer, "day_labor_sheet", record.ChoicesInput{Field: "lines.worker", Values: p1, Limit: 1})
	if err != nil || worker.Next == "" || !slices.Equal(worker.Items[0].Summary, []string{"W1", "技工"}) {
		t.Errorf("first page: %+v, %v", worker, err)
	}
}

// The answers of Related are what the reader may read; each entity is asked once, however many rows ask.
func TestRelatedAnswersInOneQueryPerEntity(t *testing.T) {
	w := newWorld(t).furnish()
	asks := []form.Ask{
		{Key: "project/p1", Entity: "project", ID: "p1", Fields: []string{"policy", "name"}},
		{Key: "project/p2", Entity: "project", ID: "p2", Fields: []string{"name"}},
		{Key: "labor_policy/policy", Entity: "labor_policy", ID: "policy", Fields: []string{"std_hours"}},
	}
	for i := 1; i <= 4; i++ {
		id := fmt.Sprintf("w%d", i)
		asks = append(asks,
			form.Ask{Key: "worker/" + id, Entity: "worker", ID: id, Fields: []string{"name", "id_no"}},
			form.Ask{Key: "rate" + id, Entity: "worker_rate", Source: "lines.day_rate/worker_rate", Args: map[string]any{"row.worker": id, "record.work_date": fmt.Sprintf("2026-05-3%d", i/4)}},
		)
	}
	var full form.Related
	queries := w.store.during(func() {
		var err error
		if full, err = w.records.Related(w.ctx, laborer, "day_labor_sheet", asks); err != nil {
			t.Fatal(err)
		}
	})
	for entity, n := range queries {
		if n > 1 {
			t.Errorf("%d queries of %s, want at most one", n, entity)
		}
	}
	if full.Lookups["ratew1"] != "240.00" || full.Records["worker/w1"]["id_no"] != "320106198001010001" || full.Records["labor_policy/policy"]["std_hours"] == nil {
		t.Errorf("the laborer gets %+v", full)
	}
	clerks, err := w.records.Related(w.ctx, clerk, "day_labor_sheet", asks)
	if err != nil {
		t.Fatal(err)
	}
	if clerks.Lookups["ratew1"] != nil || clerks.Records["worker/w1"]["id_no"] != nil || clerks.Records["project/p2"] != nil || clerks.Records["labor_policy/policy"] != nil {
		t.Errorf("the clerk is told %+v", clerks)
	}
	if clerks.Records["worker/w1"]["name"] != "工人1" {
		t.Errorf("the clerk is not told the worker's name: %+v", clerks)
	}
	for _, ask := range asks {
		if _, answered := clerks.Lookups[ask.Key]; ask.Source != "" && !answered {
			t.Errorf("%s has no answer", ask.Key)
		}
	}
}

// Creating a sheet of many rows reads each other entity a fixed number of times.
func TestCreateReadsEachEntityOnceARound(t *testing.T) {
	w := newWorld(t).furnish()
	few := w.store.during(func() { w.create(laborer, "day_labor_sheet", sheet("2026-06-01", line("w1"))) })
	w.bringTime()
	many := w.store.during(func() {
		w.create(laborer, "day_labor_sheet", sheet("2026-06-01", line("w1"), line("w2"), line("w3"), line("w4")))
	})
	for entity, n := range many {
		if n > few[entity] || n > 1 {
			t.Errorf("%s: %d queries for four rows, %d for one", entity, n, few[entity])
		}
	}
	if len(many) == 0 {
		t.Error("nothing was counted")
	}
}

// bringTime lets a second pass, so that number blocks do not grow.
func (w *world) bringTime() { w.now = w.now.Add(2e9) }
