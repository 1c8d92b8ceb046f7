package form

import (
	"sync"
	"testing"
)

// sheet is a day-labor sheet as the site clerk fills it in.
func sheet(project, team, day string, lines ...any) Values {
	return Values{
		"project": project, "team": team, "work_date": day, "work_content": "零星用工", "reason_type": "misc", "lines": lines,
	}
}

func entry(worker, hours, overtime string) Values {
	return Values{"worker": worker, "normal_hours": hours, "ot_hours": overtime}
}

func TestDayLaborSheet(t *testing.T) {
	f := mustCompile(t, labor(t), "day_labor_sheet", Layout{})
	tests := []struct {
		name   string
		values Values
		line   Values // of the first line
		header Values
	}{
		{
			"factor: overtime pays 1.5 of the hour",
			sheet("P1", "T1", "2026-06-01", entry("W1", "8", "2"), entry("W2", "8", "0")),
			Values{"day_rate": "320.00", "day_type": "workday", "pay_factor": "1", "ot_base": "8", "normal_gong": "1.0000", "ot_gong": "0.2500", "normal_pay": "320.00", "ot_pay": "120.00", "line_amount": "440.00"},
			Values{"policy": "factor", "std_hours": "8", "head_count": int64(2), "total_hours": "18", "total_gong": "2.2500", "total_amount": "700.00", "max_ot_hours": "2"},
		},
		{
			"gong: six hours of overtime are one gong",
			sheet("P2", "T1", "2026-06-01", entry("W1", "9", "3")),
			Values{"day_rate": "320.00", "ot_base": "6", "normal_gong": "1.0000", "ot_gong": "0.5000", "normal_pay": "320.00", "ot_pay": "160.00", "line_amount": "480.00"},
			Values{"policy": "gong", "std_hours": "9", "total_gong": "1.5000", "total_amount": "480.00"},
		},
		{
			"a holiday pays three times, overtime too",
			sheet("P1", "T1", "2026-06-19", entry("W1", "8", "2")),
			Values{"day_type": "holiday", "pay_factor": "3", "normal_pay": "960.00", "ot_pay": "240.00"},
			Values{"total_amount": "1200.00"},
		},
		{
			"a rest day pays twice",
			sheet("P1", "T1", "2026-06-06", entry("W2", "8", "0")),
			Values{"day_type": "restday", "pay_factor": "2", "day_rate": "260.00", "normal_pay": "520.00"},
			Values{},
		},
		{
			"the rate of the day: before the raise",
			sheet("P1", "T1", "2026-04-30", entry("W1", "8", "0")),
			Values{"day_rate": "300.00", "normal_pay": "300.00"},
			Values{},
		},
		{
			"a subcontractor's team is paid by its contract and the worker's trade",
			sheet("P1", "T2", "2026-06-01", entry("W1", "8", "0"), entry("W2", "8", "0")),
			Values{"day_rate": "420.00"},
			Values{"total_amount": "700.00"},
		},
		{
			"piece work pays nothing here",
			sheet("P1", "T1", "2026-06-01", Values{"worker": "W1", "pay_type": "piece", "normal_hours": "8"}),
			Values{"pay_type": "piece", "ot_hours": "0", "normal_pay": "0.00", "line_amount": "0.00"},
			Values{"total_amount": "0.00"},
		},
		{
			"standard hours are the default",
			sheet("P2", "T1", "2026-06-01", Values{"worker": "W1"}),
			Values{"normal_hours": "9", "ot_hours": "0", "pay_type": "day"},
			Values{"total_hours": "9"},
		},
		{
			"rework is charged back",
			sheet("P1", "T1", "2026-06-01", Values{"worker": "W1", "chargeback_contract": "C2"}, entry("W2", "8", "0")),
			Values{},
			Values{"chargeback_amount": "320.00", "total_amount": "580.00"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			result := newOffice(t, f).evaluate(Input{Values: tt.values, Context: on("2026-06-20")})
			wantCodes(t, result.Problems)
			wantValues(t, rowsOf(result.Values, "lines")[0], tt.line)
			wantValues(t, result.Values, tt.header)
		})
	}
}

func TestDayLaborRules(t *testing.T) {
	f := mustCompile(t, labor(t), "day_labor_sheet", Layout{})
	good := func(changes Values) Values {
		values := sheet("P1", "T1", "2026-06-01", entry("W1", "8", "0"))
		for name, value := range changes {
			values[name] = value
		}
		return values
	}
	tests := []struct {
		name   string
		event  Event
		values Values
		want   []string
	}{
		{"a good sheet", Submit, good(nil), nil},
		{"nothing given", Save, Values{"work_date": nil}, []string{
			"lines required", "project required", "team required", "work_content required", "work_date required",
		}},
		{"tomorrow", Save, good(Values{"work_date": "2026-06-03"}), []string{"work_date date_not_allowed"}},
		{"back entry is only looked at when submitting", Save, good(Values{"work_date": "2026-05-20"}), nil},
		{"back entry too late", Submit, good(Values{"work_date": "2026-05-20"}), []string{"work_date date_not_allowed"}},
		{"too many hours", Save, good(Values{"lines": []any{entry("W1", "8", "7")}}), []string{"lines[+1].ot_hours hours_over_daily_limit"}},
		{"not half hours", Save, good(Values{"lines": []any{entry("W1", "7.3", "0")}}), []string{"lines[+1].normal_hours hours_over_daily_limit"}},
		{"no such day", Save, good(Values{"work_date": "2026-02-30"}), []string{"work_date type"}},
		{"twenty-five hours", Save, good(Values{"lines": []any{entry("W1", "25", "0")}}), []string{
			"lines[+1].normal_hours max", "lines[+1].ot_hours hours_over_daily_limit",
		}},
		{"a second place", Save, good(Values{"lines": []any{entry("W1", "7.55", "0")}}), []string{
			"lines[+1].normal_hours scale", "lines[+1].normal_hours hours_over_daily_limit",
		}},
		{"left the site, untrained", Submit, good(Values{"lines": []any{entry("W3", "8", "0")}}), []string{
			"lines[+1].worker date_not_allowed", "lines[+1].worker no_contract_or_training?", "lines[+1].worker rate_missing",
		}},
		{"one worker twice", Save, good(Values{"lines": []any{entry("W1", "4", "0"), entry("W2", "4", "0"), entry("W1", "4", "0")}}), []string{
			"lines[+3].worker duplicate_row",
		}},
		{"own contract charged", Save, Values{
			"project": "P1", "team": "T2", "work_date": "2026-06-01", "work_content": "返工", "reason_type": "rework",
			"lines": []any{Values{"worker": "W1", "chargeback_contract": "C1"}},
		}, []string{"lines[+1].chargeback_contract own_contract"}},
		{"fields nobody knows", Save, good(Values{"color": "red", "lines": []any{Values{"worker": "W1", "shoe": "42"}}}), []string{
			"color unknown_field", "lines[+1].shoe unknown_field",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			context := on("2026-06-02")
			context.Event = tt.event
			result := newOffice(t, f).evaluate(Input{Values: tt.values, Context: context})
			wantCodes(t, result.Problems, tt.want...)
		})
	}
}

func TestWarningPassesWithReason(t *testing.T) {
	f := mustCompile(t, labor(t), "day_labor_sheet", Layout{})
	o := newOffice(t, f)
	o.records["worker"]["W1"]["contract_signed"] = false
	context := on("2026-06-01")
	context.Event = Submit
	in := Input{Values: sheet("P1", "T1", "2026-06-01", entry("W1", "8", "0")), Context: context}
	wantCodes(t, o.evaluate(in).Problems, "lines[+1].worker no_contract_or_training?")
	in.Context.Acknowledged = map[string]string{"trained": "  "}
	wantCodes(t, o.evaluate(in).Problems, "lines[+1].worker no_contract_or_training?")
	in.Context.Acknowledged = map[string]string{"trained": "合同今日补签"}
	wantCodes(t, o.evaluate(in).Problems)
}

func TestSnapshotStaysAfterSubmit(t *testing.T) {
	f := mustCompile(t, labor(t), "day_labor_sheet", Layout{})
	o := newOffice(t, f)
	first := o.evaluate(Input{Values: sheet("P1", "T1", "2026-06-01", entry("W1", "8", "0")), Context: on("2026-06-01")}).Values
	rowsOf(first, "lines")[0]["_id"] = "r1"
	o.records["worker_rate"]["R2"]["day_rate"] = "350.00"
	o.records["labor_policy"]["factor"]["std_hours"] = "10"

	again := func(state string, change func(Values)) Values {
		values, _ := Merge(first, nil)
		if change != nil {
			change(values)
		}
		context := on("2026-06-05")
		context.Record.State = state
		return o.evaluate(Input{Values: values, Stored: first, Context: context}).Values
	}
	draft := again("draft", nil)
	wantValues(t, draft, Values{"std_hours": "10"})
	wantValues(t, rowsOf(draft, "lines")[0], Values{"day_rate": "350.00", "normal_pay": "280.00"})

	running := again("running", nil)
	wantValues(t, running, Values{"std_hours": "8", "policy": "factor"})
	wantValues(t, rowsOf(running, "lines")[0], Values{"day_rate": "320.00", "normal_pay": "320.00"})

	other := again("returned", func(values Values) {
		values["lines"] = []any{Values{"_id": "r1", "worker": "W2", "pay_type": "day", "normal_hours": "8", "ot_hours": "0"}}
	})
	wantValues(t, rowsOf(other, "lines")[0], Values{"day_rate": "260.00"}) // another worker has another rate
}

func TestAsksNameWhatIsMissing(t *testing.T) {
	f := mustCompile(t, labor(t), "day_labor_sheet", Layout{})
	result := f.Evaluate(Input{Values: sheet("P1", "T1", "2026-06-01", entry("W1", "8", "0"), entry("W1", "4", "0")), Context: on("2026-06-01")})
	keys := []string{}
	for _, ask := range result.Asks {
		keys = append(keys, ask.Key)
	}
	want := []string{"labor_team/T1", `lines.day_type/calendar?record.work_date="2026-06-01"`, "project/P1", "worker/W1"}
	if len(keys) != len(want) {
		t.Fatalf("asks %q, want %q", keys, want)
	}
	for i := range want {
		if keys[i] != want[i] {
			t.Errorf("ask %q, want %q", keys[i], want[i])
		}
	}
	if !result.States["lines[+1].day_rate"].Pending || !result.States["total_amount"].Pending {
		t.Errorf("rate and amount are not pending: %v", result.States)
	}
}

func TestOneFormForManyGoroutines(t *testing.T) {
	f := mustCompile(t, labor(t), "day_labor_sheet", Layout{})
	in := Input{Values: sheet("P1", "T1", "2026-06-01", entry("W1", "8", "2")), Context: on("2026-06-01")}
	s := Open(f, in)
	newOffice(t, f).settle(s)
	in.Related = s.related
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				if got := f.Evaluate(in).Values["total_amount"]; got != "440.00" {
					t.Errorf("total %v", got)
				}
			}
		})
	}
	all.Wait()
}
