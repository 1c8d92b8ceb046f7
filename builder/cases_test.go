package builder

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
)

// completed adds what a case leaves out because it does not matter there.
var completed = map[string]form.Values{
	"day_labor_sheet": {"work_content": "零星用工", "reason_type": "misc"},
	"worker": {
		"code": "W99", "name": "测试", "phone": "13900000099", "home_team": map[string]any{"key": "T1"}, "trade": "general", "status": "active",
		"entry_date": "2026-06-01",
	},
}

// The cases of labor: what is entered against a rule is refused with the rule's code.
func TestCasesOfValidation(t *testing.T) {
	c := newCompany(t)
	// V-LAB-01 speaks of a worker who is on another sheet that day; the inputs have him on none.
	c.bring(t, c.active(t).Entities["day_labor_sheet"], []map[string]any{{
		"no": "DG-P1-T1-20260622", "status": "approved", "project": "P1", "team": "T1", "work_date": "2026-06-22", "work_content": "零星用工",
		"lines": []any{map[string]any{"worker": "W04", "normal_hours": "8"}},
	}})
	ran := 0
	for _, tt := range c.Cases["validation"] {
		entity, ok := c.active(t).Entity(fmt.Sprint(tt["entity"]))
		if !ok {
			continue // of another template
		}
		input, _ := tt["input"].(map[string]any)
		ran++
		t.Run(fmt.Sprint(tt["rule"]), func(t *testing.T) {
			in := record.CreateInput{Values: c.opening(t, entity, input).Values, Acknowledged: map[string]string{"trained": "补签中"}}
			for name, value := range completed[entity.Name] {
				if in.Values[name] == nil {
					in.Values[name] = value
				}
			}
			person := c.person(t, "U05") // enters workers; the rest is for clerks
			if day, ok := input["work_date"].(string); ok {
				date, err := time.Parse(time.DateOnly, day)
				if err != nil {
					t.Fatal(err)
				}
				c.now = date.Add(8 * time.Hour)
				person = c.person(t, map[any]string{"P1": "U09", "P2": "U10"}[input["project"]])
				in.Values["photos"] = c.photos(t, person)
			}
			var err error
			if entity.Approval {
				_, err = c.flows.Create(c.ctx, person, entity.Name, in)
			} else {
				_, err = c.records.Create(c.ctx, person, entity.Name, in)
			}
			var invalid *record.InvalidError
			if !errors.As(err, &invalid) || !slices.ContainsFunc(invalid.Problems, func(p form.Problem) bool { return p.Code == tt["error"] }) {
				t.Errorf("got %s, want %v", explained(err), tt["error"])
			}
		})
	}
	if ran < 4 {
		t.Errorf("%d cases ran", ran)
	}
}

// route submits a record and lets everybody approve whose turn it is; it gives the nodes in the order they were asked.
func (c *company) route(tb testing.TB, initiator, entity string, values form.Values) []string {
	tb.Helper()
	made, err := c.flows.Create(c.ctx, c.person(tb, initiator), entity, record.CreateInput{Values: values, Acknowledged: map[string]string{
		"trained": "补签中", "over_list": "现场难度大", "minimum_wage": "已核对",
	}})
	if err != nil {
		tb.Fatal(explained(err))
	}
	var asked []string
	for range 12 {
		decided := false
		for code := range c.users {
			task := c.waiting(tb, code, made.Record.ID)
			if task.ID == "" {
				continue
			}
			asked = append(asked, task.Node)
			act := flow.Act{Verb: flow.Approve}
			if task.Node == "team_leader" {
				act.Sign = c.signature(tb, c.person(tb, code))
			}
			if _, err := c.flows.Decide(c.ctx, c.person(tb, code), task.ID, act); err != nil {
				tb.Fatalf("%s by %s: %s", task.Node, code, explained(err))
			}
			decided = true
			break
		}
		if waits := c.resting(tb, entity, made.Record.ID); !decided && waits != "" {
			asked, decided = append(asked, waits), true
			c.now = c.now.Add(72 * time.Hour)
			if _, err := c.flows.FireDue(c.ctx, "acme"); err != nil {
				tb.Fatal(explained(err))
			}
		}
		if !decided {
			break
		}
	}
	rec, err := c.records.Get(c.ctx, c.system, entity, made.Record.ID)
	if err != nil || rec.State != "approved" {
		tb.Fatalf("%s ends as %s after %v: %v", entity, rec.State, asked, err)
	}
	return asked
}

// resting is the node a run waits at without asking anybody, "" if there is none.
func (c *company) resting(tb testing.TB, entity, id string) string {
	tb.Helper()
	line, err := c.flows.Timeline(c.ctx, c.system, entity, id)
	if err != nil {
		tb.Fatal(err)
	}
	if len(line.Flow.Active) == 1 && len(line.Flow.Active[0].Tasks) == 0 {
		return line.Flow.Active[0].Node
	}
	return ""
}

// waiting is the task of a record that waits for a person, to approve or to handle; zero if none does.
func (c *company) waiting(tb testing.TB, code, id string) flow.TaskItem {
	tb.Helper()
	for _, tab := range []string{flow.TabOpen, flow.TabHandle} {
		open, err := c.flows.Tasks(c.ctx, c.person(tb, code), flow.TaskQuery{Tab: tab, Limit: 100})
		if err != nil {
			tb.Fatal(err)
		}
		if i := slices.IndexFunc(open.Tasks, func(task flow.TaskItem) bool { return task.Record == id }); i >= 0 {
			return open.Tasks[i]
		}
	}
	return flow.TaskItem{}
}

// The routes of the example are those the sheets really take.
func TestCasesOfRoutes(t *testing.T) {
	c := newCompany(t)
	key := func(text any) map[string]any { return map[string]any{"key": text} }
	c.now = time.Date(2026, 7, 2, 8, 0, 0, 0, time.UTC)
	day := 0
	for _, tt := range c.Cases["approval_route"] {
		input, _ := tt["input"].(map[string]any)
		var asked []string
		switch tt["flow"] {
		case "F-DLS":
			day++
			line := map[string]any{"worker": key("W01"), "normal_hours": "8", "ot_hours": input["max_ot_hours"]}
			if input["chargeback_amount"] != "0.00" {
				line["chargeback_contract"] = key("FB-P1-01")
			}
			asked = c.route(t, "U09", "day_labor_sheet", form.Values{
				"project": key("P1"), "team": key("T1"), "work_date": fmt.Sprintf("2026-07-%02d", day), "work_content": "零星用工", "reason_type": "misc",
				"lines": []any{line}, "photos": c.photos(t, c.person(t, "U09")),
			})
		case "F-WAGE":
			var lines []any
			for _, worker := range []string{"W01", "W02", "W03", "W04"} {
				lines = append(lines, map[string]any{"worker": key(worker)})
			}
			asked = c.route(t, "U05", "wage_sheet", form.Values{"project": key("P1"), "month": "2026-06", "lines": lines})
		default:
			continue // of another template
		}
		if want := fmt.Sprint(tt["expect"]); fmt.Sprint(asked) != want {
			t.Errorf("%v %v goes to %v, want %s", tt["flow"], input, asked, want)
		}
	}
	if day != 2 {
		t.Errorf("%d day-labor sheets", day)
	}
}

// The other documents of labor find their people too.
func TestRoutesOfLabor(t *testing.T) {
	c := newCompany(t)
	key := func(text string) map[string]any { return map[string]any{"key": text} }
	c.now = time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC)
	c.bring(t, c.active(t).Entities["day_labor_sheet"], []map[string]any{{
		"no": "DG-P3-T4-20260701", "status": "approved", "project": "P3", "team": "T4", "work_date": "2026-07-01", "work_content": "窗台板安装",
		"lines": []any{map[string]any{"worker": "W12", "pay_type": "piece", "normal_hours": "8"}},
	}})
	piece := func(price string) form.Values {
		return form.Values{
			"project": key("P3"), "team": key("T4"), "sheet_date": "2026-07-01", "wbs_task": key("P3-2.2"), "item": "窗台板安装", "unit": "m", "quantity": "10",
			"unit_price": price, "lines": []any{map[string]any{"worker": key("W12"), "share": "1"}},
		}
	}
	item, err := c.records.Create(c.ctx, c.person(t, "U05"), "piece_item", record.CreateInput{Values: form.Values{
		"project": key("P3"), "code": "A01", "name": "窗台板安装", "unit": "m", "unit_price": "12.00",
	}})
	if err != nil {
		t.Fatal(explained(err))
	}
	listed := func(price string) form.Values {
		values := piece(price)
		values["piece_item"] = item.Record.ID
		return values
	}
	tests := []struct {
		name, initiator, entity string
		values                  form.Values
		want                    []string
	}{
		{"piece work without a list price", "U11", "piece_sheet", piece("30.00"), []string{"team_leader", "project_manager"}},
		{"piece work at the list price", "U11", "piece_sheet", listed("12.00"), []string{"team_leader", "project_manager"}},
		{"piece work above the list price", "U11", "piece_sheet", listed("12.01"), []string{"team_leader", "cost_engineer", "project_manager"}},
		{
			"a chargeback", "U04", "chargeback_note",
			form.Values{
				"contract": key("FB-P1-01"), "note_date": "2026-06-30",
				"lines": []any{map[string]any{"sheet": key("DG-P1-T1-20260608"), "worker": key("W01")}},
			},
			[]string{"cost_engineer", "project_manager", "supplier_confirm"},
		},
		{
			"an advance", "U05", "wage_advance",
			form.Values{"worker": key("W09"), "project": key("P2"), "advance_date": "2026-06-30", "amount": "500.00", "bank_account": key("BA04")},
			[]string{"labor_admin", "project_manager", "cashier"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := c.route(t, tt.initiator, tt.entity, tt.values); !slices.Equal(got, tt.want) {
				t.Errorf("goes to %v, want %v", got, tt.want)
			}
		})
	}
}

// An advance is half of what a worker has earned and is not on a wage sheet yet, less what he has not paid back.
func TestTheLimitOfAdvances(t *testing.T) {
	c := newCompany(t)
	key := func(text string) map[string]any { return map[string]any{"key": text} }
	// 徐志刚 has earned 8150.00 in June and drawn 1500.00.
	for amount, want := range map[string]string{"2575.00": "", "2575.01": "advance_over_limit"} {
		_, err := c.flows.Create(c.ctx, c.person(t, "U05"), "wage_advance", record.CreateInput{Values: form.Values{
			"worker": key("W08"), "project": key("P2"), "advance_date": "2026-06-30", "amount": amount, "bank_account": key("BA04"),
		}})
		var invalid *record.InvalidError
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %s", amount, explained(err))
		case want != "" && (!errors.As(err, &invalid) || invalid.Problems[0].Code != want):
			t.Errorf("%s: %v, want %s", amount, explained(err), want)
		}
	}
}
