package api_test

import (
	"net/http"
	"testing"
)

// disable lets somebody leave the company, or come back.
func (w *world) disable(admin *client, name string, gone bool) {
	w.t.Helper()
	user := w.who(name)
	admin.do("PATCH", "/members/"+user, object{"disabled": gone}, header(`If-Match: "`+revOf(admin, user)+`"`)).want(http.StatusOK, "")
}

// TestWhatCouldNotBeHandedOverIsLater: his run was suspended when he left, so his task stayed his; once it goes on, the task
// goes to somebody else by itself.
func TestWhatCouldNotBeHandedOverIsLater(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk := w.signIn("admin"), w.signIn("clerk")
		admin.approvedBy(`[{"name": "both", "type": "branch", "mode": "parallel", "branches": [
			{"name": "l", "nodes": [` + w.node("a", `, "allow": ["delegate"]`, "foreman") + `]},
			{"name": "r", "nodes": [` + w.node("b", `, "onEmpty": "error"`, "auditor") + `]}]}]`)
		w.disable(admin, "auditor", true)
		id := clerk.submitted("2026-06-01")
		if state := clerk.do("GET", sheets+"/"+id, nil).text("state"); state != "suspended" {
			t.Fatalf("the sheet is %s", state)
		}
		w.disable(admin, "foreman", true)
		w.must(w.engine.Flows.HandOver(t.Context(), "demo", w.who("foreman"))) // as when he left: the run is suspended
		w.disable(admin, "auditor", false)
		admin.do("POST", sheets+"/"+id+"/retry", object{}).want(http.StatusOK, "")
		w.must(w.engine.Flows.HandOverAll(t.Context(), "demo"))
		// A store whose log comes later may have done it by itself at the event of his leaving.
		held := admin.do("GET", "/flows/tasks?node=a", nil).want(http.StatusOK, "")
		if held.text("tasks.0.record") != id || held.text("tasks.0.for.id") == w.who("foreman") {
			t.Errorf("the task is with %s", held.body)
		}
	})
}

// TestAnOpinionDoesNotGoBackToWhoHasLeft: it comes to who decides in his place.
func TestAnOpinionDoesNotGoBackToWhoHasLeft(t *testing.T) {
	onStores(t, func(w *world) {
		admin, clerk, foreman, labor := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman"), w.signIn("labor")
		admin.approvedBy("[" + w.node("a", `, "allow": ["delegate"]`, "foreman") + "]")
		id := clerk.submitted("2026-06-01")
		foreman.act(foreman.open(id), "delegate", object{"to": w.who("labor")}).want(http.StatusOK, "")
		w.disable(admin, "foreman", true)
		labor.act(labor.open(id), "resolve", object{"comment": "无误"}).want(http.StatusOK, "")
		held := admin.do("GET", "/flows/tasks?node=a", nil).want(http.StatusOK, "")
		if held.text("tasks.0.record") != id || held.text("tasks.0.for.id") == w.who("foreman") {
			w.t.Errorf("the task is with %s", held.body)
		}
	})
}
