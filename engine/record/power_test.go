package record_test

import (
	"errors"
	"slices"
	"testing"

	"formwork/engine/access"
	"formwork/engine/form"
	"formwork/engine/record"
)

// A grant on members does not open what gives power: nobody promotes himself. Tasks are nobody's to write.
func TestPowersAreNotGranted(t *testing.T) {
	w := newWorld(t).furnish()
	hr := person("u_buyer", "hr")
	for field, value := range map[string]any{"roles": []any{"admin"}, "disabled": true, "login": "root"} {
		_, err := w.records.Patch(w.ctx, hr, "user", "u_buyer", record.PatchInput{Values: form.Values{field: value}})
		var denied *access.FieldError
		if !errors.As(err, &denied) || !slices.Equal(denied.Fields, []string{field}) {
			t.Errorf("update of %s: %v", field, err)
		}
		_, err = w.records.Create(w.ctx, hr, "user", record.CreateInput{Values: form.Values{"name": "new", field: value}})
		if !errors.As(err, &denied) {
			t.Errorf("create with %s: %v", field, err)
		}
	}
	if _, err := w.records.Patch(w.ctx, hr, "user", "u_buyer", record.PatchInput{Values: form.Values{"name": "王五"}}); err != nil {
		t.Errorf("update of a name: %v", err)
	}
	if _, err := w.records.Patch(w.ctx, manager, "user", "u_buyer", record.PatchInput{Values: form.Values{"roles": []any{"hr", "buyer"}}}); err != nil {
		t.Errorf("roles by the administrator: %v", err)
	}
	task := form.Values{"user": "u_buyer", "tab": "open", "entity": "order", "record": "x", "arrived_at": "2026-06-01T00:00:00Z"}
	if _, err := w.records.Create(w.ctx, manager, "task", record.CreateInput{Values: task}); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("a task by the administrator: %v", err)
	}
}

// A rule may look at what its reader does not see; its problem does not tell him.
func TestProblemsDoNotTellHiddenValues(t *testing.T) {
	w := newWorld(t).furnish()
	w.patch(laborer, "worker_rate", record.Record{ID: "raisew1", Rev: 1}, form.Values{"day_rate": "9000"})
	for _, tt := range []struct {
		actor access.Actor
		total any
	}{{laborer, "9000.00"}, {clerk, nil}} {
		_, err := w.records.Create(w.ctx, tt.actor, "day_labor_sheet", record.CreateInput{Values: sheet("2026-06-01", line("w1"))})
		problems := problemsOf(err)
		if len(problems) != 1 || problems[0].Rule != "dear" || problems[0].Params["total_amount"] != tt.total || problems[0].Params["head_count"] == nil {
			t.Errorf("%s is told %s", tt.actor.ID, explain(err))
		}
	}
}
