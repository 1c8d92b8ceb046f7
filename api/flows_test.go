package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"formwork/engine/flow"
)

const dayFlow = "/flows/day_labor_sheet"

// withFlow puts the day-labor flow into the draft with a change in its text.
func (c *client) withFlow(old, changed string) {
	c.w.t.Helper()
	r := c.do("GET", dayFlow, nil).want(http.StatusOK, "")
	var text bytes.Buffer
	plain := json.NewEncoder(&text)
	plain.SetEscapeHTML(false)
	c.w.must(plain.Encode(r.at("definition")))
	if !strings.Contains(text.String(), old) {
		c.w.t.Fatalf("the flow has no %s: %s", old, text.String())
	}
	c.do("PUT", "/draft/flows/day_labor_sheet", strings.Replace(text.String(), old, changed, 1)).want(http.StatusNoContent, "")
}

// codes are those of findings.
func (r reply) codes(path string) []string {
	var codes []string
	list, _ := r.at(path).([]any)
	for _, item := range list {
		finding, _ := item.(object)
		code, _ := finding["code"].(string)
		codes = append(codes, code)
	}
	return codes
}

// place is where a node of a trace stands.
func (r reply) place(node string) string {
	nodes, _ := r.at("nodes").([]any)
	for _, item := range nodes {
		if n, _ := item.(object); n["node"] == node {
			status, _ := n["status"].(string)
			return status
		}
	}
	return ""
}

func TestFlowsAreForTheirAdministrators(t *testing.T) {
	onStores(t, func(w *world) {
		clerk, admin := w.signIn("clerk"), w.signIn("admin")
		if list := clerk.do("GET", "/flows", nil); string(list.body) != "[]" {
			t.Errorf("the clerk administers %s", list.body)
		}
		if menu := clerk.do("GET", "/menu", nil); menu.at("flows") != false {
			t.Errorf("the clerk's menu offers flows")
		}
		for _, path := range []string{"", "/people", "/versions", "/approvers-table"} {
			clerk.do("GET", dayFlow+path, nil).want(http.StatusNotFound, "not_found")
		}
		for _, path := range []string{"/simulate", "/replay", "/scenarios"} {
			clerk.do("POST", dayFlow+path, object{}).want(http.StatusNotFound, "not_found")
		}
		if list := admin.do("GET", "/flows", nil); !strings.Contains(string(list.body), `"day_labor_sheet"`) {
			t.Errorf("the admin's flows: %s", list.body)
		}
		// A flow admin who is no administrator of the company sees and plays, and cannot change the draft.
		user := w.people["cost"].User
		admin.do("PATCH", "/members/"+user, object{"roles": []string{"labor_flow_admin"}}, header(`If-Match: "`+revOf(admin, user)+`"`)).want(http.StatusOK, "")
		keeper := w.signIn("cost")
		if r := keeper.do("GET", dayFlow, nil).want(http.StatusOK, ""); r.at("edit") != false || r.at("playable") != true {
			t.Errorf("edit %v, playable %v", r.at("edit"), r.at("playable"))
		}
		if menu := keeper.do("GET", "/menu", nil); menu.at("flows") != true {
			t.Error("the flow admin's menu has no flows")
		}
		sim := keeper.do("POST", dayFlow+"/simulate", object{"user": w.people["clerk"].User, "values": clerk.sheet("2026-06-02")}).want(http.StatusOK, "")
		if sim.text("status") != "approved" {
			t.Errorf("got %s", sim.body)
		}
	})
}

func TestShippedFlowsRaiseNoAlarm(t *testing.T) {
	onStores(t, func(w *world) {
		admin := w.signIn("admin")
		var flows []struct{ Name string }
		w.must(json.Unmarshal(admin.do("GET", "/flows", nil).body, &flows))
		if len(flows) < 5 {
			t.Fatalf("%d flows", len(flows))
		}
		for _, f := range flows {
			r := admin.do("GET", "/flows/"+f.Name, nil).want(http.StatusOK, "")
			if found := r.codes("problems"); len(found) > 0 {
				t.Errorf("%s: %s", f.Name, r.body)
			}
		}
	})
}

func TestAFlowIsCheckedPlayedAndPublished(t *testing.T) {
	onStores(t, func(w *world) {
		admin, clerk := w.signIn("admin"), w.signIn("clerk")
		values := clerk.sheet("2026-06-02")
		user := w.people["clerk"].User
		before := admin.do("POST", dayFlow+"/simulate", object{"user": user, "values": values}).want(http.StatusOK, "")
		if before.text("status") != "approved" || before.place("labor_admin") != "skipped" || before.at("problems") != nil {
			t.Fatalf("got %s", before.body)
		}
		if sheets := admin.do("GET", sheets, nil); sheets.at("records.0") != nil {
			t.Errorf("a simulation left %s", sheets.body)
		}

		admin.withFlow("max_ot_hours > setting('labor.ot_check_hours')", "max_ot_hours > 1")
		after := admin.do("POST", dayFlow+"/simulate", object{"user": user, "values": values, "draft": true}).want(http.StatusOK, "")
		if after.place("labor_admin") != "done" {
			t.Errorf("got %s", after.body)
		}
		if after.at("nodes.1.why.0.told") == nil {
			t.Errorf("a condition is not told: %v", after.at("nodes.1.why"))
		}
		still := admin.do("POST", dayFlow+"/simulate", object{"user": user, "values": values}).want(http.StatusOK, "")
		if still.place("labor_admin") != "skipped" {
			t.Error("the draft counts before it is published")
		}
		rejected := admin.do("POST", dayFlow+"/simulate", object{
			"user": user, "values": values, "plays": []object{{"node": "team_leader", "do": "reject"}},
		}).want(http.StatusOK, "")
		if rejected.text("status") != "rejected" {
			t.Errorf("got %s", rejected.body)
		}
		failing := admin.do("POST", "/draft/publish", object{"note": "long overtime"}).want(http.StatusUnprocessableEntity, "definitions_refused")
		if !slices.Contains(failing.codes("findings"), "scenario_failed") {
			t.Errorf("the template's scenarios do not tell: %s", failing.body)
		}
		admin.do("POST", "/draft/publish", object{"note": "long overtime", "accept": []string{"scenario_failed"}}).want(http.StatusOK, "")
		versions := admin.do("GET", dayFlow+"/versions", nil)
		var told []struct{ Readings map[string]flow.Reading }
		w.must(json.Unmarshal(versions.body, &told))
		for i, source := range []string{"max_ot_hours > 1", "max_ot_hours > setting('labor.ot_check_hours')"} {
			if r := told[i].Readings[source]; r.Op != "gt" || r.Args[0].Title != "最大加班小时" {
				t.Errorf("version %d: %+v", i, told[i].Readings)
			}
		}
		detail := admin.do("GET", dayFlow, nil).want(http.StatusOK, "")
		if readings, _ := detail.at("readings").(object); len(readings) == 0 {
			t.Errorf("no readings: %s", detail.body)
		}
		var past []struct{ Note string }
		w.must(json.Unmarshal(versions.body, &past))
		if len(past) != 2 || past[0].Note != "long overtime" {
			t.Errorf("versions %s", versions.body)
		}
	})
}

func TestFindingsOfADraftCarryTheirFix(t *testing.T) {
	onStores(t, func(w *world) {
		admin := w.signIn("admin")
		admin.withFlow(`"when":"chargeback_amount > 0","who":["role:cost_engineer"]`, `"when":"chargeback_ratio > 0","who":["role:cost_engineer","user:nobody"]`)
		r := admin.do("GET", dayFlow, nil).want(http.StatusOK, "")
		if !slices.Contains(r.codes("problems"), "unknown_field") {
			t.Fatalf("got %s", r.body)
		}
		admin.do("POST", dayFlow+"/replay", object{}).want(http.StatusOK, "")
		admin.withFlow("chargeback_ratio > 0", "chargeback_amount > 0")
		r = admin.do("GET", dayFlow, nil).want(http.StatusOK, "")
		if r.text("problems.0.code") != "unknown_name" || r.text("problems.0.fix.0.op") != "remove" || r.text("problems.0.fix.0.path") != r.text("problems.0.path") {
			t.Errorf("got %s", r.body)
		}
		admin.do("POST", "/draft/publish", object{"note": "no"}).want(http.StatusUnprocessableEntity, "definitions_refused")
	})
}

func TestWarningsAboutPeopleNeedATick(t *testing.T) {
	onStores(t, func(w *world) {
		admin := w.signIn("admin")
		admin.withFlow(`"who":["role:cost_engineer"]`, `"who":["leader:3"]`)
		r := admin.do("GET", dayFlow, nil).want(http.StatusOK, "")
		if r.text("problems.0.code") != "no_approver" || r.text("problems.0.params.node") != "cost_engineer" || r.at("problems.0.params.people.0") == nil {
			t.Fatalf("got %s", r.body)
		}
		admin.do("POST", "/draft/publish", object{"note": "no"}).want(http.StatusUnprocessableEntity, "definitions_refused")
		admin.do("POST", "/draft/publish", object{"note": "yes", "accept": []string{"no_approver"}}).want(http.StatusOK, "")
	})
}

func TestApproversTableOfOvertime(t *testing.T) {
	onStores(t, func(w *world) {
		admin := w.signIn("admin")
		r := admin.do("GET", dayFlow+"/approvers-table?user="+w.people["clerk"].User, nil).want(http.StatusOK, "")
		if r.text("variables.0.path") != "max_ot_hours" || r.text("variables.1.path") != "chargeback_amount" {
			t.Fatalf("got %s", r.body)
		}
		rows, _ := r.at("rows").([]any)
		if len(rows) != 4 || r.text("rows.0.when.0.to") == "" || r.text("rows.3.when.0.from") != r.text("rows.0.when.0.to") {
			t.Errorf("got %s", r.body)
		}
		if r.text("nodes.1.node") != "labor_admin" || r.text("nodes.1.entries.0.people.0.name") == "" {
			t.Errorf("nobody at the labor administrator: %s", r.body)
		}
	})
}

func TestReplayAndExplainOfARealRun(t *testing.T) {
	onStores(t, func(w *world) {
		admin, clerk, foreman := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman")
		made := clerk.do("POST", sheets, object{"values": clerk.sheet("2026-06-02"), "submit": true}).want(http.StatusCreated, "")
		task := foreman.do("GET", "/tasks?tab=open", nil).text("tasks.0.id")
		foreman.do("POST", "/tasks/"+task+"/approve", foreman.signed()).want(http.StatusOK, "")

		same := admin.do("POST", dayFlow+"/replay", object{}).want(http.StatusOK, "")
		if same.at("played") != number("1") || same.at("differing") != number("0") {
			t.Errorf("the flow differs from itself: %s", same.body)
		}
		admin.withFlow("max_ot_hours > setting('labor.ot_check_hours')", "max_ot_hours > 1")
		replay := admin.do("POST", dayFlow+"/replay", object{"limit": 5}).want(http.StatusOK, "")
		if replay.text("runs.0.record") != made.text("id") || replay.text("runs.0.differences.0.what") != "route" || replay.text("runs.0.differences.0.cause") != "draft" {
			t.Errorf("got %s", replay.body)
		}

		why := clerk.do("GET", sheets+"/"+made.text("id")+"/explain", nil).want(http.StatusOK, "")
		if why.place("labor_admin") != "skipped" || why.place("project_manager") != "active" {
			t.Errorf("got %s", why.body)
		}
		if why.text("nodes.1.why.0.reads.max_ot_hours") != "2" || why.text("nodes.1.why.0.holds") != "no" {
			t.Errorf("why no labor administrator: %v", why.at("nodes.1"))
		}
		if why.text("nodes.0.why.0.who") != "field:team.foreman" || why.text("nodes.0.why.0.people.0.id") != w.people["foreman"].User {
			t.Errorf("why the foreman: %v", why.at("nodes.0"))
		}
		w.signIn("cashier").do("GET", sheets+"/"+made.text("id")+"/explain", nil).want(http.StatusNotFound, "not_found")

		record := admin.do("POST", dayFlow+"/simulate", object{"user": w.people["clerk"].User, "record": made.text("id"), "draft": true}).want(http.StatusOK, "")
		if record.text("status") != "approved" || record.place("labor_admin") != "done" {
			t.Errorf("got %s", record.body)
		}
	})
}

func TestScenariosOfAFlowAreKeptAndPlayed(t *testing.T) {
	onStores(t, func(w *world) {
		admin := w.signIn("admin")
		scenario := `"scenarios":[{"name":"plain","user":"role:site_clerk","expect":{"status":"approved","path":["team_leader"]}},`
		admin.withFlow(`"scenarios":[`, scenario)
		results := admin.do("POST", dayFlow+"/scenarios", object{"draft": true}).want(http.StatusOK, "")
		if results.at("scenarios.0.passed") != false || results.text("scenarios.0.differences.0.what") == "" {
			t.Errorf("got %s", results.body)
		}
		admin.do("POST", "/draft/publish", object{"note": "no"}).want(http.StatusUnprocessableEntity, "definitions_refused")
		admin.do("POST", "/draft/publish", object{"note": "yes", "accept": []string{"scenario_failed"}}).want(http.StatusOK, "")
		admin.do("POST", dayFlow+"/scenarios", object{}).want(http.StatusOK, "")
		if check := admin.do("POST", "/draft/check", object{}); !slices.Contains(check.codes("problems"), "scenario_failed") {
			t.Errorf("a scenario that fails is not told: %s", check.body)
		}
	})
}
