package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	boxEntity = `{"name": "cash_box", "title": "备用金", "type": "object", "x-display": "title", "required": ["title"], "properties": {
		"title": {"type": "string", "x-type": "text", "title": "名称"}, "open": {"type": "boolean", "x-type": "boolean", "title": "启用"}}}`
	claimEntity = `{"name": "claim", "title": "报销单", "type": "object", "x-approval": true, "x-display": "title", "required": ["title", "box"], "properties": {
		"title": {"type": "string", "x-type": "text", "title": "事由"},
		"box": {"type": "string", "x-type": "reference", "x-entity": "cash_box", "title": "备用金"}},
		"x-rules": {"box_open": {"must": "box.open == true", "on": ["approve"], "code": "box_closed", "field": "box", "message": "备用金已停用"}}}`
	claimFlow = `{"name": "claim", "title": "报销", "entity": "claim", "settings": {"admins": ["user:ADMIN"]}, "nodes": [
		{"name": "leader", "type": "approve", "title": "领导", "who": ["user:ADMIN"], "timeout": [{"after": "PT1H", "do": "remind"}, {"after": "PT2H", "do": "pass"}]}]}`
)

// TestADeadlineThatARuleRefuses: a node passes by itself after two hours, but a rule of the record refuses to have it
// approved. The run is suspended with the reason, the task stays; it goes on by itself when the rule allows it, or when
// the administrator of the flow retries.
func TestADeadlineThatARuleRefuses(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin := w.signIn("admin")
		user := admin.do("GET", "/session", nil).want(http.StatusOK, "").text("user.id")
		for _, d := range [][2]string{{"entities/cash_box", boxEntity}, {"entities/claim", claimEntity}, {"flows/claim", strings.ReplaceAll(claimFlow, "ADMIN", user)}} {
			admin.do("PUT", "/draft/"+d[0], d[1]).want(http.StatusNoContent, "")
		}
		admin.do("POST", "/draft/publish", object{"note": "claims", "accept": []string{"self_approval", "no_approver"}}).want(http.StatusOK, "")
		box := admin.do("POST", "/entities/cash_box/records", object{"values": object{"title": "工地", "open": false}}).want(http.StatusCreated, "").text("id")
		fire := func() {
			t.Helper()
			_, err := w.engine.Flows.FireDue(t.Context(), "demo")
			w.must(err)
		}
		submit := func() (record string) {
			t.Helper()
			made := admin.do("POST", "/entities/claim/records", object{"values": object{"title": "手套", "box": box}, "submit": true}).want(http.StatusCreated, "")
			return "/entities/claim/records/" + made.text("id")
		}
		mended, retried := submit(), submit()
		w.clock.pass(72 * time.Hour) // over a weekend, whenever that is
		for range 3 {                // tried again, told once
			fire()
		}
		admin = w.signIn("admin")
		for _, record := range []string{mended, retried} {
			if got := admin.do("GET", record, nil).text("state"); got != "suspended" {
				t.Fatalf("the rule refuses what the deadline does, and it is %s", got)
			}
			line := admin.do("GET", record+"/timeline", nil).want(http.StatusOK, "")
			told := 0
			entries, _ := line.at("entries").([]any)
			for _, item := range entries {
				if entry, _ := item.(object); entry["type"] == "suspended" {
					told++
				}
			}
			if told != 1 || line.text("flow.incident.code") != "refused" || line.text("flow.incident.problem") != "box_closed" ||
				line.text("flow.incident.message") != "备用金已停用" || line.text("flow.incident.node") != "leader" {
				t.Errorf("suspended %d times: %v", told, line.at("flow.incident"))
			}
			tasks := admin.do("GET", "/tasks?tab=open&limit=100", nil).want(http.StatusOK, "")
			if open, _ := tasks.at("tasks").([]any); len(open) != 2 {
				t.Errorf("the tasks are gone: %s", tasks.body)
			}
		}
		runs := admin.do("GET", "/flows/runs?state=suspended&flow=claim", nil).want(http.StatusOK, "")
		if runs.text("runs.0.incident.problem") != "box_closed" || runs.text("runs.1.incident.problem") != "box_closed" {
			t.Errorf("the monitor does not say why: %s", runs.body)
		}
		refused := admin.do("POST", retried+"/retry", object{}).want(http.StatusUnprocessableEntity, "invalid")
		if refused.text("problems.0.code") != "box_closed" {
			t.Errorf("a retry while the rule refuses: %s", refused.body)
		}
		admin.do("PATCH", "/entities/cash_box/records/"+box, object{"values": object{"open": true}}, header(`If-Match: "1"`)).want(http.StatusOK, "")
		if state := admin.do("POST", retried+"/retry", object{}).want(http.StatusOK, "").text("state"); state != "approved" {
			t.Errorf("retried when the rule allows it: %s", state)
		}
		fire()
		after := admin.do("GET", mended+"/timeline", nil).want(http.StatusOK, "")
		if state := admin.do("GET", mended, nil).text("state"); state != "approved" || after.at("flow.incident") != nil {
			t.Errorf("the rule allows it, and it is %s, %v", state, after.at("flow.incident"))
		}
		if tasks := admin.do("GET", "/tasks?tab=open&limit=100", nil).want(http.StatusOK, ""); tasks.at("tasks.0") != nil {
			t.Errorf("tasks of what is approved: %s", tasks.body)
		}
	})
}
