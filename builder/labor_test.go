package builder

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"formwork/engine/access"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
)

// site is a world with the sample of labor and its people by account.
type site struct {
	*world
	t      *testing.T
	people map[string]access.Actor
}

func newSite(t *testing.T) *site {
	t.Helper()
	w := installed(t)
	people, err := w.Sample(w.ctx, access.Actor{Tenant: "acme", System: true}, "labor", "")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{world: w, t: t, people: map[string]access.Actor{}}
	for _, p := range people {
		actor, err := w.config.Identity.Actor(w.ctx, "acme", p.User)
		if err != nil {
			t.Fatal(err)
		}
		s.people[p.Name] = actor
	}
	return s
}

// enter saves a sheet of team T1 on project P1 as the clerk. Lines are worker, normal and overtime hours.
func (s *site) enter(day string, lines ...[3]string) (record.Record, error) {
	rows := make([]any, len(lines))
	for i, line := range lines {
		rows[i] = map[string]any{"worker": map[string]any{"key": line[0]}, "normal_hours": line[1], "ot_hours": line[2]}
	}
	created, err := s.records.Create(s.ctx, s.people["clerk"], "day_labor_sheet", record.CreateInput{Values: form.Values{
		"project": map[string]any{"key": "P1"}, "team": map[string]any{"key": "T1"}, "work_date": day,
		"work_content": "二层模板清理", "reason_type": "cleanup", "lines": rows, "photos": s.photos(s.t, s.people["clerk"]),
	}})
	return created.Record, err
}

func TestTheClerkEntersASheet(t *testing.T) {
	s := newSite(t)
	sheet, err := s.enter("2026-06-01", [3]string{"W01", "8", "2"}, [3]string{"W02", "4.5", "0"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"no": "DG-P1-T1-20260601", "std_hours": "8", "head_count": int64(2), "total_hours": "14.5", "total_gong": "1.8125",
		"max_ot_hours": "2",
	}
	for field, value := range want {
		if got := sheet.Values[field]; got != value {
			t.Errorf("%s = %v (%T), want %v", field, got, got, value)
		}
	}
	if sheet.State != "draft" {
		t.Errorf("state %s", sheet.State)
	}
}

func TestTheSheetRefuses(t *testing.T) {
	s := newSite(t)
	tests := []struct {
		name  string
		day   string
		lines [][3]string
		code  string
	}{
		{"a day in the future", "2026-06-02", [][3]string{{"W01", "8", "0"}}, "date_not_allowed"},
		{"more than the standard hours", "2026-06-01", [][3]string{{"W01", "8.5", "0"}}, "hours_over_daily_limit"},
		{"more than the daily limit", "2026-06-01", [][3]string{{"W01", "8", "6.5"}}, "hours_over_daily_limit"},
		{"fifths of an hour", "2026-06-01", [][3]string{{"W01", "7.2", "0"}}, "hours_over_daily_limit"},
		{"a worker before he came", "2025-11-01", [][3]string{{"W01", "8", "0"}}, "date_not_allowed"},
		{"a worker twice", "2026-06-01", [][3]string{{"W01", "8", "0"}, {"W01", "8", "0"}}, "duplicate_row"},
		{"no lines", "2026-06-01", nil, "required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := s.enter(tt.day, tt.lines...)
			var invalid *record.InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("got %v", err)
			}
			if !slices.ContainsFunc(invalid.Problems, func(p form.Problem) bool { return p.Code == tt.code }) {
				t.Errorf("got %+v, want %s", invalid.Problems, tt.code)
			}
		})
	}
}

func TestWhoSeesWhatOfLabor(t *testing.T) {
	s := newSite(t)
	if _, err := s.enter("2026-06-01", [3]string{"W01", "8", "0"}); err != nil {
		t.Fatal(err)
	}
	count := func(account, entity string) int {
		list, err := s.records.List(s.ctx, s.people[account], entity, record.ListInput{Limit: 100})
		if errors.Is(err, record.ErrForbidden) {
			return -1
		}
		if err != nil {
			t.Fatal(err)
		}
		return len(list.Records)
	}
	tests := []struct {
		account, entity string
		want            int
	}{
		{"clerk", "project", 3},
		{"clerk", "worker", 14},
		{"clerk", "labor_team", 4},
		{"clerk", "day_labor_sheet", 1},
		{"foreman", "labor_team", 4},
		{"foreman", "worker", 14},
		{"foreman", "day_labor_sheet", 1},
		{"manager", "project", 3},
		{"manager", "day_labor_sheet", 1},
		{"labor", "worker", 14},
		{"labor", "day_labor_sheet", 1},
		{"clerk", "worker_rate", -1},
		{"foreman", "worker_rate", -1},
		{"labor", "worker_rate", 12},
		{"cost", "worker_rate", 12},
		{"clerk", "wage_sheet", 0},
		{"foreman", "wage_sheet", 0},
		{"planner", "wage_sheet", -1},
		{"planner", "day_labor_sheet", 1},
		{"planner", "wbs_task", 40},
		{"planner", "worker_rate", -1},
		{"cashier", "day_labor_sheet", -1},
		{"director", "day_labor_sheet", 1},
		{"auditor", "day_labor_sheet", 1},
	}
	for _, tt := range tests {
		if got := count(tt.account, tt.entity); got != tt.want {
			t.Errorf("%s sees %d of %s, want %d", tt.account, got, tt.entity, tt.want)
		}
	}
	first := func(account string) form.Values {
		filter, _ := json.Marshal(map[string]any{"field": "code", "op": "eq", "value": "W01"})
		list, err := s.records.List(s.ctx, s.people[account], "worker", record.ListInput{Filter: filter})
		if err != nil || len(list.Records) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		return list.Records[0].Values
	}
	if got := first("clerk")["id_no"]; got == "320199198503120118" {
		t.Errorf("the clerk reads %v", got)
	}
	if got := first("labor")["id_no"]; got != "320199198503120118" {
		t.Errorf("the labor administrator reads %v", got)
	}
}

func TestTheSheetIsApproved(t *testing.T) {
	tests := []struct {
		name     string
		lines    [][3]string
		approved string // by whom, in order
	}{
		{"little overtime: the team leader and the manager", [][3]string{{"W01", "8", "2"}}, "foreman manager"},
		{"the limit itself is no long overtime", [][3]string{{"W01", "8", "4"}}, "foreman manager"},
		{"long overtime: the labor administrator too", [][3]string{{"W01", "8", "4.5"}}, "foreman labor manager"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			sheet, err := s.enter("2026-06-01", tt.lines...)
			if err != nil {
				t.Fatal(err)
			}
			sheet, err = s.flows.Act(s.ctx, s.people["clerk"], sheet.Entity, sheet.ID, flow.Act{Verb: flow.Start})
			if err != nil {
				t.Fatal(err)
			}
			for _, account := range strings.Fields(tt.approved) {
				if sheet.State != "running" {
					t.Fatalf("%s before %s decided", sheet.State, account)
				}
				open, err := s.flows.Tasks(s.ctx, s.people[account], flow.TaskQuery{})
				if err != nil || len(open.Tasks) != 1 {
					t.Fatalf("%s has %d tasks, %v", account, len(open.Tasks), err)
				}
				act := flow.Act{Verb: flow.Approve, Want: flow.Wanted{Record: true}}
				if account == "foreman" {
					act.Sign = s.signature(t, s.people[account])
				}
				decided, err := s.flows.Decide(s.ctx, s.people[account], open.Tasks[0].ID, act)
				if err != nil {
					t.Fatal(err)
				}
				sheet = *decided.Record
			}
			if sheet.State != "approved" {
				t.Errorf("state %s", sheet.State)
			}
			copies, err := s.flows.Tasks(s.ctx, s.people["labor"], flow.TaskQuery{Tab: "cc"})
			if err != nil || len(copies.Tasks) != 1 || copies.Tasks[0].Subject != "点工单 DG-P1-T1-20260601" {
				t.Errorf("copies for the labor administrator: %+v, %v", copies.Tasks, err)
			}
		})
	}
}

// The law allows 36 hours of overtime a month; what was approved before counts.
func TestOvertimeOfTheMonth(t *testing.T) {
	s := newSite(t)
	for day := 1; day <= 9; day++ {
		_, err := s.records.Create(s.ctx, access.Actor{Tenant: "acme", ID: "system", System: true}, "day_labor_sheet", record.CreateInput{
			Imported: true, State: "approved", Values: form.Values{
				"project": map[string]any{"key": "P1"}, "team": map[string]any{"key": "T1"}, "work_date": fmt.Sprintf("2026-06-%02d", day),
				"work_content": "浇筑", "reason_type": "misc",
				"lines": []any{map[string]any{"worker": map[string]any{"key": "W01"}, "normal_hours": "8", "ot_hours": "4"}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s.now = s.now.AddDate(0, 0, 10)
	tests := []struct {
		line [3]string
		want string // code of the warning
	}{
		{[3]string{"W01", "8", "0"}, ""},
		{[3]string{"W01", "8", "0.5"}, "overtime_limit"},
		{[3]string{"W02", "8", "4"}, ""},
	}
	for _, tt := range tests {
		sheet, err := s.enter("2026-06-10", tt.line)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.flows.Act(s.ctx, s.people["clerk"], sheet.Entity, sheet.ID, flow.Act{Verb: flow.Start})
		if tt.want == "" && err == nil {
			_, err = s.flows.Act(s.ctx, s.people["clerk"], sheet.Entity, sheet.ID, flow.Act{Verb: flow.Withdraw})
		}
		var invalid *record.InvalidError
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%v: %v", tt.line, err)
		case tt.want != "" && (!errors.As(err, &invalid) || !invalid.NeedsReason || invalid.Problems[0].Code != tt.want):
			t.Errorf("%v: got %v, want a warning %s", tt.line, err, tt.want)
		}
	}
}

// The clerk counts hours; what they cost is none of his business.
func TestTheClerkSeesNoPay(t *testing.T) {
	s := newSite(t)
	sheet, err := s.enter("2026-06-01", [3]string{"W01", "8", "2"})
	if err != nil {
		t.Fatal(err)
	}
	pay := func(account string) [2]any {
		seen, err := s.records.Get(s.ctx, s.people[account], sheet.Entity, sheet.ID)
		if err != nil {
			t.Fatal(err)
		}
		rows, _ := seen.Values["lines"].([]any)
		row, _ := rows[0].(map[string]any)
		return [2]any{row["line_amount"], seen.Values["total_amount"]}
	}
	for account, want := range map[string][2]any{
		"clerk": {nil, nil}, "foreman": {nil, nil}, "labor": {"357.50", "357.50"}, "manager": {"357.50", "357.50"}, "finance": {"357.50", "357.50"},
	} {
		if got := pay(account); got != want {
			t.Errorf("%s sees %v, want %v", account, got, want)
		}
	}
}

func TestATeamHasOneSheetADay(t *testing.T) {
	s := newSite(t)
	for i, want := range []bool{true, false} {
		sheet, err := s.enter("2026-06-01", [3]string{[]string{"W01", "W02"}[i], "8", "0"})
		if err == nil {
			_, err = s.flows.Act(s.ctx, s.people["clerk"], sheet.Entity, sheet.ID, flow.Act{Verb: flow.Start})
		}
		if (err == nil) != want {
			t.Errorf("sheet %d: %v", i+1, err)
		}
	}
}
