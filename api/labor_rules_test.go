package api_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
)

// laborEntities are the entities of the labor template.
var laborEntities = []string{
	"labor_policy", "labor_team", "worker", "worker_rate", "piece_item", "day_labor_sheet", "piece_sheet", "wage_advance", "wage_adjust",
	"wage_sheet", "wage_payment", "chargeback_note", "day_labor_settlement",
}

// rulesWorld is a company with a past: sheets of May, a closed June of one project, wages of April.
type rulesWorld struct {
	*world
	by     map[string]*client // people by account
	tested map[string]bool    // codes that were answered
}

// key names a record by its natural key.
func key(text string) object { return object{"key": text} }

// line is a worker's line on a sheet: hours, overtime.
func line(worker, normal, overtime string) object {
	return object{"worker": key(worker), "normal_hours": normal, "ot_hours": overtime}
}

// with adds values to a copy.
func with(base, more object) object {
	all := maps.Clone(base)
	maps.Copy(all, more)
	return all
}

func sheetOf(project, team, day string, lines ...object) object {
	return object{
		"project": key(project), "team": key(team), "work_date": day, "work_content": "零星用工", "reason_type": "misc", "lines": lines,
	}
}

func newRulesWorld(w *world) *rulesWorld {
	r := &rulesWorld{world: w, by: map[string]*client{}, tested: map[string]bool{}}
	for _, account := range []string{"admin", "clerk", "labor", "foreman", "manager", "cost", "cashier", "finance", "steward"} {
		r.by[account] = w.signIn(account)
	}
	r.create("labor", "worker_rate", object{"worker": key("W11"), "effective_from": "2026-05-02", "day_rate": "50.00"})
	r.create("finance", "accounting_period", object{"project": key("P3"), "month": "2026-06", "status": "closed"})
	var past []object
	for day := 4; day <= 12; day++ { // nine days of four hours overtime: the 36 of a month
		past = append(past, sheetOf("P1", "T1", fmt.Sprintf("2026-05-%02d", day), line("W01", "8", "4")))
	}
	past = append(past,
		sheetOf("P1", "T1", "2026-05-20", line("W02", "8", "0")),
		sheetOf("P1", "T1", "2026-06-01", line("W03", "8", "0"), with(line("W04", "8", "0"), object{"chargeback_contract": key("FB-P1-06")})),
		sheetOf("P1", "T2", "2026-05-06", line("W05", "8", "0")),
		sheetOf("P2", "T3", "2026-05-04", line("W11", "9", "0"), line("W08", "9", "0")),
		sheetOf("P3", "T4", "2026-05-05", line("W12", "8", "0")),
	)
	r.opening("day_labor_sheet", past...)
	r.opening("wage_sheet",
		object{"project": key("P1"), "month": "2026-04", "due_date": "2026-05-20", "opening_gross": "1000.00", "no": "GZ-P1-202604"},
		object{"project": key("P3"), "month": "2026-04", "due_date": "2026-05-20", "opening_gross": "1000.00", "no": "GZ-P3-202604"})
	r.opening("wage_advance", object{
		"worker": key("W02"), "project": key("P1"), "advance_date": "2026-05-21", "amount": "900.00", "bank_account": key("BA03"),
		"deduct_month": "2026-05", "status": "paid",
	})
	r.create("cashier", "wage_payment", object{
		"wage_sheet": key("GZ-P1-202604"), "payment_date": "2026-05-20", "amount": "600.00", "bank_account": key("BA03"), "status": "paid",
	})
	return r
}

func (r *rulesWorld) create(account, entity string, values object) {
	r.t.Helper()
	r.by[account].do("POST", "/entities/"+entity+"/records", object{"values": values}).want(http.StatusCreated, "")
}

func (r *rulesWorld) submit(account, entity string, values object) string {
	r.t.Helper()
	body := object{"values": values, "submit": true}
	return r.by[account].do("POST", "/entities/"+entity+"/records", body).want(http.StatusCreated, "").text("id")
}

func (r *rulesWorld) opening(entity string, records ...object) {
	r.t.Helper()
	report := r.by["admin"].do("POST", "/import/"+entity, object{"records": records}).want(http.StatusOK, "")
	if report.at("created") != number(fmt.Sprint(len(records))) {
		r.t.Fatalf("opening %s: %s", entity, report.body)
	}
}

// only finds the one record of an entity a filter admits.
func (r *rulesWorld) only(account, entity, filter string) string {
	r.t.Helper()
	list := r.by[account].do("GET", escapeQuery("/entities/"+entity+"/records?filter="+filter), nil).want(http.StatusOK, "")
	if list.at("records.1") != nil || list.text("records.0.id") == "" {
		r.t.Fatalf("not one %s: %s", entity, list.body)
	}
	return list.text("records.0.id")
}

// decide lets somebody decide or handle his task of a record.
func (r *rulesWorld) decide(account, id string, body object) reply {
	r.t.Helper()
	for _, tab := range []string{"open", "handle"} {
		tasks, _ := r.by[account].do("GET", "/tasks?tab="+tab, nil).want(http.StatusOK, "").at("tasks").([]any)
		for _, task := range tasks {
			if task, _ := task.(object); task["record"] == id {
				name := fmt.Sprint(task["id"])
				seen := r.by[account].do("GET", "/tasks/"+name, nil).text("seen")
				return r.by[account].do("POST", "/tasks/"+name+"/approve", with(with(body, object{"seen": seen}), r.by[account].approval(name)))
			}
		}
	}
	r.t.Fatalf("%s has nothing to do about %s", account, id)
	return reply{}
}

// refused holds an answer to a problem at a place: an error, or a warning that a reason lets pass.
func (r *rulesWorld) refused(name string, answer reply, field, code string) {
	r.t.Helper()
	problems, _ := answer.at("problems").([]any)
	found := slices.ContainsFunc(problems, func(p any) bool {
		problem, _ := p.(object)
		return problem["code"] == code && rowID.ReplaceAllString(fmt.Sprint(problem["field"]), "[]") == field
	})
	if answer.status != http.StatusUnprocessableEntity || !found {
		r.t.Errorf("%s: answer %d %s, want %s at %s", name, answer.status, answer.body, code, field)
	}
	r.tested[code] = true
}

// ruleCase is something that must not be entered.
type ruleCase struct {
	name, account, entity string
	submit                bool
	values                object
	field, code           string
}

func (r *rulesWorld) run(cases []ruleCase) {
	r.t.Helper()
	for _, tt := range cases {
		values := tt.values
		if tt.entity == "day_labor_sheet" {
			values = with(values, object{"photos": []string{r.by[tt.account].uploaded("?use=image", "site.jpg", photo(8, 6))}})
		}
		answer := r.by[tt.account].do("POST", "/entities/"+tt.entity+"/records", object{"values": values, "submit": tt.submit})
		r.refused(tt.name, answer, tt.field, tt.code)
	}
}

// Each rule of the labor template answers with its code, at the field or row it is about, and has its text in Chinese
// and English.
func TestRulesOfLabor(t *testing.T) {
	onStores(t, func(w *world) {
		r := newRulesWorld(w)
		r.run(sheetRules())
		r.run(masterRules())
		r.run(r.pieceRules())
		r.run(r.wageRules())
		r.paymentRules()
		r.publicityRules()
		r.onceRules()
		r.sharedRules()
		r.lateEntry()
		r.newWorker()
		r.everyRuleIsTold()
	})
}

func sheetRules() []ruleCase {
	const sheet, workers = "day_labor_sheet", "lines[].worker"
	return []ruleCase{
		{"a day to come", "clerk", sheet, false, sheetOf("P1", "T1", "2026-06-04", line("W01", "8", "0")), "work_date", "date_not_allowed"},
		{"too late for the clerk", "clerk", sheet, true, sheetOf("P1", "T1", "2026-05-28", line("W01", "8", "0")), "work_date", "date_not_allowed"},
		{"before the worker came", "clerk", sheet, false, sheetOf("P1", "T1", "2025-11-30", line("W01", "8", "0")), workers, "date_not_allowed"},
		{"a closed month", "clerk", sheet, false, sheetOf("P3", "T4", "2026-06-02", line("W12", "8", "0")), "work_date", "period_closed"},
		{"a team of elsewhere", "clerk", sheet, false, sheetOf("P1", "T3", "2026-06-02", line("W08", "8", "0")), "team", "team_of_other_project"},
		{"more than the daily limit", "clerk", sheet, false, sheetOf("P1", "T1", "2026-06-02", line("W01", "8", "6.5")), "lines[].ot_hours", "hours_over_daily_limit"},
		{"more than a day of normal hours", "clerk", sheet, false, sheetOf("P1", "T1", "2026-06-02", line("W01", "8.5", "0")), "lines[].ot_hours", "hours_over_daily_limit"},
		{"no half hours", "clerk", sheet, false, sheetOf("P1", "T1", "2026-06-02", line("W01", "7.3", "0")), "lines[].normal_hours", "hours_over_daily_limit"},
		{"nobody set a rate", "clerk", sheet, true, sheetOf("P1", "T1", "2026-06-02", line("W05", "8", "0")), workers, "rate_missing"},
		{"no contract, no training", "clerk", sheet, true, sheetOf("P2", "T3", "2026-06-02", line("W09", "9", "0")), workers, "no_contract_or_training"},
		{"more than 36 hours of overtime", "clerk", sheet, true, sheetOf("P1", "T1", "2026-05-31", line("W01", "8", "0.5")), "lines[].ot_hours", "overtime_limit"},
		{
			"the team's own contract", "clerk", sheet, false,
			sheetOf("P1", "T2", "2026-06-02", with(line("W05", "8", "0"), object{"chargeback_contract": key("FB-P1-01")})),
			"lines[].chargeback_contract", "chargeback_own_contract",
		},
		{"a worker twice", "clerk", sheet, false, sheetOf("P1", "T1", "2026-06-02", line("W01", "4", "0"), line("W01", "4", "0")), workers, "duplicate_row"},
		{"on another sheet that day", "clerk", sheet, true, sheetOf("P2", "T3", "2026-06-01", line("W08", "9", "0"), line("W03", "9", "0")), workers, "worker_already_on_sheet_that_day"},
		{"a second sheet of the team", "clerk", sheet, true, sheetOf("P1", "T1", "2026-06-01", line("W02", "8", "0")), "project", "team_already_has_sheet_that_day"},
	}
}

func masterRules() []ruleCase {
	worker := object{
		"code": "W99", "name": "马小军", "id_no": "110101199003070118", "phone": "13900000099", "home_team": key("T1"), "trade": "general",
		"entry_date": "2026-06-01", "status": "active",
	}
	team := object{"code": "T9", "name": "抹灰班", "project": key("P2"), "foreman": "", "pay_mode": "direct_wage"}
	policy := object{
		"code": "LP9", "name": "计时", "std_hours": "8", "ot_mode": "factor", "ot_factor": "1.5", "restday_factor": "2", "holiday_factor": "3",
		"max_daily_hours": "14", "ot_month_limit": "36",
	}
	supplier := object{"name": "远大建材", "uscc": "91320199MA0000099X", "supplier_type": "material"}
	return []ruleCase{
		{"a wrong check digit", "labor", "worker", false, with(worker, object{"id_no": "320199199001010010"}), "id_no", "id_card_invalid"},
		{"a known ID card", "labor", "worker", false, with(worker, object{"id_no": "320199198503120118"}), "id_no", "duplicate_id_card"},
		{"a child", "labor", "worker", false, with(worker, object{"id_no": "320199201005010017"}), "id_no", "worker_under_age"},
		{"an old man", "labor", "worker", false, with(worker, object{"id_no": "320199195001010011"}), "id_no", "over_age"},
		{"a mistyped card", "labor", "worker", false, with(worker, object{"bank_card_no": "6222020000000000019"}), "bank_card_no", "card_check"},
		{"somebody else's card", "labor", "worker", false, with(worker, object{"bank_card_no": "6222020000000000018"}), "bank_card_no", "duplicate_card"},
		{"a code twice", "labor", "worker", false, with(worker, object{"code": "W01"}), "code", "duplicate_code"},
		{"gone before he came", "labor", "worker", false, with(worker, object{"exit_date": "2026-05-01"}), "exit_date", "date_order"},
		{"left on no day", "labor", "worker", false, with(worker, object{"status": "left"}), "exit_date", "left_has_exit"},
		{"two rates from one day", "labor", "worker_rate", false, object{"worker": key("W01"), "effective_from": "2025-12-01", "day_rate": "1.00"}, "worker", "duplicate_rate"},
		{"a team over before it began", "labor", "labor_team", false, with(team, object{"valid_from": "2026-06-02", "valid_to": "2026-06-01"}), "valid_to", "date_order"},
		{"settled without a contract", "labor", "labor_team", false, with(team, object{"pay_mode": "sub_settle"}), "contract", "contract_required"},
		{
			"a contract without day rates", "labor", "labor_team", false, with(team, object{"pay_mode": "sub_settle", "contract": key("FB-P2-01")}),
			"contract", "day_rates_missing",
		},
		{"overtime without a factor", "labor", "labor_policy", false, with(policy, object{"ot_factor": nil}), "ot_factor", "factor_given"},
		{"overtime without hours", "labor", "labor_policy", false, with(policy, object{"ot_mode": "hours_per_gong"}), "ot_hours_per_gong", "hours_given"},
		{"holidays below the law", "labor", "labor_policy", false, with(policy, object{"holiday_factor": "2"}), "holiday_factor", "holiday_legal"},
		{"a limit below a day", "labor", "labor_policy", false, with(policy, object{"max_daily_hours": "7"}), "max_daily_hours", "daily_limit"},
		{"a wrong credit code", "steward", "supplier", false, supplier, "uscc", "uscc_invalid"},
		{"a known credit code", "steward", "supplier", false, with(supplier, object{"uscc": "91320199MA0000001Q"}), "uscc", "duplicate_uscc"},
		{"a price item twice", "labor", "piece_item", false, object{"project": key("P3"), "code": "A01", "name": "地砖", "unit": "m²", "unit_price": "1.00"}, "project", "duplicate_code"},
	}
}

func (r *rulesWorld) pieceRules() []ruleCase {
	const piece = "piece_sheet"
	share := func(worker string) object { return object{"worker": key(worker), "share": "1"} }
	item := r.only("labor", "piece_item", `{"field":"code","op":"eq","value":"A01"}`)
	sheet := func(day string, lines ...object) object {
		return object{
			"project": key("P3"), "team": key("T4"), "sheet_date": day, "wbs_task": key("P3-2.2"), "piece_item": item, "quantity": "10", "lines": lines,
		}
	}
	return []ruleCase{
		{"was not there that month", "clerk", piece, true, sheet("2026-05-30", share("W13")), "lines[].worker", "piece_split"},
		{"above the list", "clerk", piece, true, with(sheet("2026-05-30", share("W12")), object{"unit_price": "39.00"}), "unit_price", "price_over_list"},
		{"a closed month", "clerk", piece, false, sheet("2026-06-02", share("W12")), "sheet_date", "period_closed"},
		{"a day to come", "clerk", piece, false, sheet("2026-06-04", share("W12")), "sheet_date", "date_not_allowed"},
		{"a worker twice", "clerk", piece, false, sheet("2026-05-30", share("W12"), share("W12")), "lines[].worker", "duplicate_row"},
		{"a team of elsewhere", "clerk", piece, false, with(sheet("2026-05-30", share("W12")), object{"team": key("T1")}), "team", "team_of_other_project"},
	}
}

func (r *rulesWorld) wageRules() []ruleCase {
	advance := object{
		"worker": key("W01"), "project": key("P1"), "advance_date": "2026-06-03", "amount": "50000.00", "bank_account": key("BA03"), "deduct_month": "2026-06",
	}
	adjust := object{"worker": key("W12"), "project": key("P3"), "month": "2026-05", "adjust_type": "allowance", "reason": "meal", "amount": "100.00"}
	wages := func(project, month string, workers ...string) object {
		lines := make([]object, len(workers))
		for i, worker := range workers {
			lines[i] = object{"worker": key(worker)}
		}
		return object{"project": key(project), "month": month, "lines": lines}
	}
	r.create("labor", "wage_adjust", adjust)
	return []ruleCase{
		{"more than may be advanced", "labor", "wage_advance", true, advance, "amount", "advance_over_limit"},
		{"paid before it was asked for", "labor", "wage_advance", false, with(advance, object{"paid_date": "2026-06-02"}), "paid_date", "date_order"},
		{
			"an advance in a closed month", "labor", "wage_advance", false,
			with(advance, object{"worker": key("W12"), "project": key("P3"), "bank_account": key("BA05")}), "advance_date", "period_closed",
		},
		{"an adjustment twice", "labor", "wage_adjust", false, adjust, "worker", "duplicate_adjust"},
		{"an adjustment of a closed month", "labor", "wage_adjust", false, with(adjust, object{"month": "2026-06"}), "month", "period_closed"},
		{"wages of a closed month", "labor", "wage_sheet", false, wages("P3", "2026-06", "W12"), "month", "period_closed"},
		{"wages of nobody", "labor", "wage_sheet", true, wages("P1", "2026-05"), "lines", "required"},
		{"wages of one man twice", "labor", "wage_sheet", false, wages("P1", "2026-05", "W01", "W01"), "lines[].worker", "duplicate_row"},
		{"more advanced than earned", "labor", "wage_sheet", false, wages("P1", "2026-05", "W02"), "lines[].net_amount", "negative_net"},
		{"below the minimum wage", "labor", "wage_sheet", true, wages("P2", "2026-05", "W11"), "lines[].gross_amount", "below_minimum_wage"},
		{"a supplement without anything new", "labor", "wage_sheet", true, wages("P3", "2026-04", "W12"), "lines[].worker", "nothing_new"},
		{
			"on display too short", "labor", "wage_sheet", false,
			with(wages("P1", "2026-05", "W01"), object{"publicity_from": "2026-06-03T00:00:00Z", "publicity_to": "2026-06-05T23:00:00Z"}),
			"publicity_to", "publicity_too_short",
		},
	}
}

func (r *rulesWorld) paymentRules() {
	worker := r.only("labor", "worker", `{"field":"code","op":"eq","value":"W01"}`)
	payment := object{
		"wage_sheet": key("GZ-P1-202604"), "payment_date": "2026-06-02", "amount": "400.00", "bank_account": key("BA03"), "status": "unpaid",
	}
	r.run([]ruleCase{
		{"more than the wages, with what was paid before", "cashier", "wage_payment", false, with(payment, object{"amount": "400.01"}), "amount", "payment_exceeds_wages"},
		{"lines that do not add up", "cashier", "wage_payment", false, with(payment, object{"lines": []object{{"worker": worker, "amount": "399.99"}}}), "amount", "lines_sum"},
		{"from another account", "cashier", "wage_payment", false, with(payment, object{"bank_account": key("BA01")}), "bank_account", "no_wage_account"},
	})
	r.create("cashier", "wage_payment", payment) // the rest may be paid
}

// publicityRules take wages to the end: they are not approved before everybody could look at them.
func (r *rulesWorld) publicityRules() {
	wages := func(project, worker string) string {
		values := object{"project": key(project), "month": "2026-05", "lines": []object{{"worker": key(worker)}}}
		id := r.submit("labor", "wage_sheet", values)
		r.decide("manager", id, object{}).want(http.StatusOK, "")
		r.decide("cost", id, object{}).want(http.StatusOK, "")
		return id
	}
	first := wages("P1", "W01")
	again := object{"values": object{"project": key("P1"), "month": "2026-05", "lines": []object{{"worker": key("W03")}}}, "submit": true}
	r.refused("wages of a month twice", r.by["labor"].do("POST", "/entities/wage_sheet/records", again), "project", "duplicate_wage_sheet")
	// An administrator of the flow may jump; what the law wants holds all the same.
	jump := func(id string) {
		path := "/entities/wage_sheet/records/" + id + "/jump"
		r.by["labor"].do("POST", path, object{"to": "finance_manager", "comment": "急"}).want(http.StatusOK, "")
		r.decide("finance", id, object{}).want(http.StatusOK, "")
	}
	jump(first)
	r.refused("still on display", r.decide("cashier", first, object{}), "publicity_to", "publicity_running")

	second := r.submit("labor", "wage_sheet", object{"project": key("P2"), "month": "2026-05", "lines": []object{{"worker": key("W08")}}})
	jump(second)
	r.refused("never on display", r.decide("cashier", second, object{}), "publicity_to", "publicity_missing")
}

// onceRules enter what counts once, and again.
func (r *rulesWorld) onceRules() {
	charged := r.only("cost", "day_labor_sheet", `{"and":[{"field":"team.code","op":"eq","value":"T1"},{"field":"work_date","op":"eq","value":"2026-06-01"}]}`)
	note := func(worker string) object {
		return object{
			"contract": key("FB-P1-06"), "note_date": "2026-06-03", "month": "2026-06", "lines": []object{{"sheet": charged, "worker": key(worker)}},
		}
	}
	closed := with(note("W03"), object{"contract": key("FB-P3-01")})
	r.run([]ruleCase{{"a charge in a closed month", "cost", "chargeback_note", false, closed, "month", "period_closed"}})
	r.run([]ruleCase{{"not charged back", "cost", "chargeback_note", false, note("W03"), "lines[].worker", "not_flagged"}})
	r.submit("cost", "chargeback_note", note("W04"))
	r.run([]ruleCase{{"charged back twice", "cost", "chargeback_note", true, note("W04"), "lines[].sheet", "line_charged_twice"}})

	settled := r.only("labor", "day_labor_sheet", `{"and":[{"field":"team.code","op":"eq","value":"T2"},{"field":"work_date","op":"eq","value":"2026-05-06"}]}`)
	settlement := object{"team": key("T2"), "month": "2026-05", "lines": []object{{"sheet": settled}}}
	r.create("labor", "day_labor_settlement", settlement)
	r.run([]ruleCase{{"settled twice", "labor", "day_labor_settlement", false, settlement, "lines[].sheet", "settled_twice"}})
}

// sharedRules are those of the master data the template rests on: names alike, a project without a wage account, what is
// in use, what is disabled.
func (r *rulesWorld) sharedRules() {
	r.t.Helper()
	supplier := object{"values": object{"name": "宏达建筑劳务(南京)有限公司", "uscc": "91320199MA0000002U", "supplier_type": "labor_sub"}}
	alike := r.by["steward"].do("POST", "/entities/supplier/records", supplier).want(http.StatusUnprocessableEntity, "needs_reason")
	r.refused("a name like another", alike, "name", "similar_name")
	if alike.text("problems.0.params.similar.0.text") != "宏达建筑劳务有限公司" || alike.text("problems.0.params.similar.0.id") == "" {
		r.t.Errorf("the similar supplier is not named: %s", alike.body)
	}
	r.by["steward"].do("POST", "/entities/supplier/records", with(supplier, object{"acknowledged": object{"similar_name": "子公司"}})).
		want(http.StatusCreated, "")

	policy := r.only("admin", "labor_policy", `{"field":"code","op":"eq","value":"LP01"}`)
	used := r.by["admin"].do("DELETE", "/entities/labor_policy/records/"+policy, nil).want(http.StatusConflict, "master_in_use")
	if used.text("params.by.1.entity") != "project" || used.text("params.by.1.title") != "项目" {
		r.t.Errorf("what uses the policy is not told: %s", used.body)
	}

	account := "/entities/bank_account/records/" + r.only("finance", "bank_account", `{"field":"code","op":"eq","value":"BA04"}`)
	r.by["finance"].do("PATCH", account, object{"values": object{"enabled": false}}, header(`If-Match: "1"`)).want(http.StatusOK, "")
	contract := object{
		"project": key("P2"), "supplier": key("S09"), "contract_type": "labor_sub", "name": "附属劳务", "sign_date": "2026-06-01",
		"lines": []object{{"cost_subject": key("0101"), "amount_excl": "1000.00"}},
	}
	advance := object{
		"worker": key("W08"), "project": key("P2"), "advance_date": "2026-06-03", "amount": "1.00", "bank_account": key("BA04"), "deduct_month": "2026-06",
	}
	r.run([]ruleCase{
		{"no wage account in use", "admin", "expense_contract", true, contract, "project", "no_wage_account"},
		{"from a disabled account", "labor", "wage_advance", false, advance, "bank_account", "reference"},
	})
}

// lateEntry: what is too late for the clerk the labor administrator may enter.
func (r *rulesWorld) lateEntry() {
	late := sheetOf("P1", "T1", "2026-05-28", line("W02", "8", "0"))
	late["photos"] = []string{r.by["labor"].uploaded("?use=image", "site.jpg", photo(8, 6))}
	r.submit("labor", "day_labor_sheet", late)
}

// newWorker: the clerk registers a worker with his ID card, and does not read it in full afterwards.
func (r *rulesWorld) newWorker() {
	r.t.Helper()
	made := r.by["clerk"].do("POST", "/entities/worker/records", object{"values": object{
		"code": "W98", "name": "马小军", "id_no": "110101199003070118", "phone": "13900000098", "home_team": key("T1"), "trade": "general",
		"entry_date": "2026-06-01", "status": "active",
	}}).want(http.StatusCreated, "")
	seen := r.by["clerk"].do("GET", "/entities/worker/records/"+made.text("id"), nil).want(http.StatusOK, "")
	if seen.text("values.id_no") != "1101**********0118" || seen.text("values.phone") != "139****0098" {
		r.t.Errorf("the clerk reads %v, %v", seen.at("values.id_no"), seen.at("values.phone"))
	}
	r.by["clerk"].do("PATCH", "/entities/worker/records/"+made.text("id"), object{"values": object{"name": "马军"}}, header(`If-Match: "1"`)).
		want(http.StatusForbidden, "forbidden")
}

// everyRuleIsTold holds the codes that were answered to those the template has, and every rule to a text in Chinese and
// one in English.
func (r *rulesWorld) everyRuleIsTold() {
	r.t.Helper()
	for _, entity := range laborEntities {
		definition := r.by["admin"].do("GET", "/definitions/entities/"+entity, nil).want(http.StatusOK, "").content
		r.told(entity, definition)
		fields, _ := definition["properties"].(object)
		for name, field := range fields {
			field, _ := field.(object)
			if rows, ok := field["items"].(object); ok {
				r.told(entity+"."+name, rows)
			}
		}
	}
}

// numbers are given by the engine, so that none is there twice.
const givenNumber = "duplicate_no"

func (r *rulesWorld) told(where string, definition object) {
	r.t.Helper()
	for _, keyword := range []string{"x-rules", "x-unique"} {
		rules, _ := definition[keyword].(object)
		for name, rule := range rules {
			rule, _ := rule.(object)
			code, named := rule["code"].(string)
			if !named {
				code = name
			}
			if code != givenNumber && !r.tested[code] {
				r.t.Errorf("%s: no test is refused with %s", where, code)
			}
			other, _ := rule["x-i18n"].(object)
			english, _ := other["en"].(object)
			if text, _ := rule["message"].(string); text == "" || english["message"] == nil || english["message"] == text {
				r.t.Errorf("%s: rule %s has no text in both languages", where, name)
			}
		}
	}
}
