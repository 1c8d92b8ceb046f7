package builder

import (
	"errors"
	"testing"

	"formwork/engine/flow"
	"formwork/engine/record"
)

// Template labor 0.4.0 wants team leaders to sign. What was submitted before goes on as it began; what is submitted after
// is signed.
func TestRunsKeepTheFlowTheyBeganWith(t *testing.T) {
	s := newSite(t)
	publish := func(from, to string) {
		t.Helper()
		s.edit(t, "flows/day_labor_sheet", from, to)
		if _, err := s.Publish(s.ctx, s.admin, PublishInput{Accept: []string{"scenario_failed"}}); err != nil {
			t.Fatal(explained(err))
		}
	}
	submit := func(day string) record.Record {
		t.Helper()
		sheet, err := s.enter(day, [3]string{"W01", "8", "0"})
		if err == nil {
			sheet, err = s.flows.Act(s.ctx, s.people["clerk"], sheet.Entity, sheet.ID, flow.Act{Verb: flow.Start})
		}
		if err != nil {
			t.Fatal(explained(err))
		}
		return sheet
	}
	approve := func(sheet record.Record) error {
		t.Helper()
		open, err := s.flows.Tasks(s.ctx, s.people["foreman"], flow.TaskQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range open.Tasks {
			if task.Record == sheet.ID {
				_, err := s.flows.Decide(s.ctx, s.people["foreman"], task.ID, flow.Act{Verb: flow.Approve})
				return err
			}
		}
		t.Fatalf("the foreman is not asked about %v", sheet.Values["no"])
		return nil
	}

	publish(`"sign":true,`, ``) // as it was in 0.3.0
	before := submit("2026-06-01")
	publish(`"name":"team_leader",`, `"name":"team_leader","sign":true,`)
	after := submit("2026-05-31")

	if err := approve(before); err != nil {
		t.Errorf("what was submitted before the upgrade: %s", explained(err))
	}
	var refused *flow.Refused
	if err := approve(after); !errors.As(err, &refused) || refused.Code != flow.CodeSignRequired {
		t.Errorf("what was submitted after it is not signed: %v", err)
	}
}
