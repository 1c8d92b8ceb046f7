package api_test

import (
	"net/http"
	"testing"
	"time"
)

// TestAMonthClosesDuringPublicity: when the display of wages ends in a closed month their approval is suspended, with the
// reason before the eyes of the flow's administrator; it goes on by itself when the month is opened again.
func TestAMonthClosesDuringPublicity(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		r := newRulesWorld(w)
		id := r.submit("labor", "wage_sheet", object{"project": key("P2"), "month": "2026-05", "lines": []object{{"worker": key("W08")}}})
		r.decide("manager", id, object{}).want(http.StatusOK, "")
		r.decide("cost", id, object{}).want(http.StatusOK, "")
		record := "/entities/wage_sheet/records/" + id
		period := r.by["finance"].do("POST", "/entities/accounting_period/records", object{
			"values": object{"project": key("P2"), "month": "2026-05", "status": "closed"},
		}).want(http.StatusCreated, "").text("id")
		fire := func() {
			t.Helper()
			_, err := w.engine.Flows.FireDue(t.Context(), "demo")
			w.must(err)
		}
		fire()
		if got := r.by["labor"].do("GET", record, nil).text("state"); got != "running" {
			t.Fatalf("before the display ends it is %s", got)
		}
		w.clock.pass(73 * time.Hour)
		for range 3 { // tried again, told once
			fire()
		}
		labor, finance := w.signIn("labor"), w.signIn("finance")
		if got := labor.do("GET", record, nil).text("state"); got != "suspended" {
			t.Fatalf("in a closed month it is %s", got)
		}
		runs := labor.do("GET", "/flows/runs?state=suspended&flow=wage_sheet", nil).want(http.StatusOK, "")
		if runs.text("runs.0.record") != id || runs.text("runs.0.incident.code") != "refused" ||
			runs.text("runs.0.incident.problem") != "period_closed" || runs.text("runs.0.incident.message") != "该项目本月已关账，不能再录入" || runs.text("runs.0.incident.node") != "publicity_3d" {
			t.Errorf("the monitor does not say why: %s", runs.body)
		}
		line := labor.do("GET", record+"/timeline", nil).want(http.StatusOK, "")
		told := 0
		entries, _ := line.at("entries").([]any)
		for _, item := range entries {
			if entry, _ := item.(object); entry["type"] == "suspended" {
				told++
			}
		}
		if told != 1 || line.text("flow.incident.problem") != "period_closed" {
			t.Errorf("suspended %d times: %v", told, line.at("flow.incident"))
		}
		w.until("the administrator to be told", func() bool {
			list, _ := labor.do("GET", "/notifications", nil).want(http.StatusOK, "").at("messages").([]any)
			for _, item := range list {
				if told, _ := item.(object); told["kind"] == "incident" && told["record"] == id {
					return true
				}
			}
			return false
		})
		refused := labor.do("POST", record+"/retry", object{}).want(http.StatusUnprocessableEntity, "invalid")
		if refused.text("problems.0.code") != "period_closed" {
			t.Errorf("a retry in a closed month: %s", refused.body)
		}

		finance.do("PATCH", "/entities/accounting_period/records/"+period, object{"values": object{"status": "open"}}, header(`If-Match: "1"`)).want(http.StatusOK, "")
		fire()
		after := labor.do("GET", record, nil).want(http.StatusOK, "")
		if after.text("state") != "running" || after.text("values.status") != "confirmed" {
			t.Fatalf("the month is open again, the sheet is %s, %s", after.text("state"), after.text("values.status"))
		}
		finance.act(finance.open(id), "approve", nil).want(http.StatusOK, "")
	})
}
