package api_test

import (
	"net/http"
	"sync"
	"testing"
)

// open gives the one open task of a person for a record.
func (c *client) open(record string) string {
	c.w.t.Helper()
	r := c.do("GET", "/tasks?tab=open", nil).want(http.StatusOK, "")
	tasks, _ := r.at("tasks").([]any)
	for _, task := range tasks {
		if task, _ := task.(object); task["record"] == record {
			id, _ := task["id"].(string)
			return id
		}
	}
	c.w.t.Fatalf("no open task for %s: %s", record, r.body)
	return ""
}

// TestSheetThroughItsSteps is the journey of a sheet with long overtime: the team leader, the labor administrator, then
// the manager.
func TestSheetThroughItsSteps(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		clerk, foreman, labor, manager := w.signIn("clerk"), w.signIn("foreman"), w.signIn("labor"), w.signIn("manager")
		values := clerk.sheet("2026-06-02")
		rows, _ := values["lines"].([]object)
		rows[0]["ot_hours"] = "5"
		rows[0]["worker"] = clerk.choice("lines.worker", "W09", object{"project": values["project"], "team": values["team"]}) // no contract
		refused := clerk.do("POST", sheets, object{"values": values, "submit": true}).want(http.StatusUnprocessableEntity, "needs_reason")
		reasons := object{}
		problems, _ := refused.at("problems").([]any)
		for _, p := range problems {
			p, _ := p.(object)
			rule, _ := p["rule"].(string)
			reasons[rule] = "抢工"
		}
		made := clerk.do("POST", sheets, object{"values": values, "submit": true, "acknowledged": reasons}).want(http.StatusCreated, "")
		id := made.text("id")
		if got := made.text("values.total_gong"); got != "2.5625" {
			t.Errorf("total gong = %s, want 2.5625", got)
		}
		if made.text("state") != "running" {
			t.Errorf("state = %s", made.text("state"))
		}
		foreman.do("POST", "/tasks/"+foreman.open(id)+"/approve", foreman.signed()).want(http.StatusOK, "")
		task := labor.open(id)
		labor.do("POST", "/tasks/"+task+"/return", object{"comment": "请核对加班"}).want(http.StatusOK, "")
		returned := clerk.do("GET", sheets+"/"+id, nil).want(http.StatusOK, "")
		if returned.text("state") != "returned" {
			t.Fatalf("state = %s, want returned", returned.text("state"))
		}
		lines, _ := returned.at("values.lines").([]any)
		first, _ := lines[0].(object)
		patch := object{"lines": []object{{"_id": first["_id"], "ot_hours": "4.5"}}}
		clerk.do("POST", sheets+"/"+id+"/resubmit", object{"values": patch, "acknowledged": reasons, "comment": "已核对"}).want(http.StatusOK, "")
		labor.do("POST", "/tasks/"+task+"/approve", object{}).want(http.StatusConflict, "task_closed")
		foreman.do("POST", "/tasks/"+foreman.open(id)+"/approve", foreman.signed()).want(http.StatusOK, "")
		labor.do("POST", "/tasks/"+labor.open(id)+"/approve", object{"comment": "同意"}).want(http.StatusOK, "")
		next := manager.open(id)
		manager.do("POST", "/tasks/"+next+"/reject", object{}).want(http.StatusUnprocessableEntity, "comment_required")
		decided := manager.do("POST", "/tasks/"+next+"/approve", object{}).want(http.StatusOK, "")
		if decided.at("record") != nil || decided.at("next") != nil {
			t.Errorf("nobody asked for more than the status, got %s", decided.body)
		}
		if decided.text("status") != "approved" {
			t.Errorf("status = %s", decided.text("status"))
		}
		line := clerk.do("GET", sheets+"/"+id+"/timeline", nil).want(http.StatusOK, "")
		entries, _ := line.at("entries").([]any)
		var types []string
		for _, e := range entries {
			e, _ := e.(object)
			kind, _ := e["type"].(string)
			types = append(types, kind)
		}
		want := []string{"started", "approved", "returned", "resubmitted", "approved", "approved", "approved"}
		if !equal(types, want) {
			t.Errorf("timeline %v, want %v", types, want)
		}
	})
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestWithdrawChangeSubmitAgain(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		clerk, foreman, manager := w.signIn("clerk"), w.signIn("foreman"), w.signIn("manager")
		made := clerk.do("POST", sheets, object{"values": clerk.sheet("2026-06-02"), "submit": true}).want(http.StatusCreated, "")
		path := sheets + "/" + made.text("id")
		clerk.do("PATCH", path, object{"values": object{"work_content": "改"}}, `If-Match: "1"`).want(http.StatusConflict, "not_editable")
		clerk.do("POST", path+"/withdraw", object{}).want(http.StatusOK, "")
		clerk.do("PATCH", path, object{"values": object{"work_content": "改"}}).want(http.StatusPreconditionRequired, "if_match_required")
		stale := clerk.do("PATCH", path, object{"values": object{"work_content": "改"}}, `If-Match: "1"`).want(http.StatusConflict, "conflict")
		if stale.text("current.state") != "draft" {
			t.Errorf("the conflict does not show the record as it is: %s", stale.body)
		}
		clerk.do("PATCH", path, object{"values": object{"work_content": "改过"}}, `If-Match: "2"`).want(http.StatusOK, "")
		clerk.do("POST", path+"/submit", object{}).want(http.StatusOK, "")
		foreman.do("POST", "/tasks/"+foreman.open(made.text("id"))+"/approve", foreman.signed()).want(http.StatusOK, "")
		manager.do("POST", "/tasks/"+manager.open(made.text("id"))+"/approve", object{}).want(http.StatusOK, "")
		clerk.do("POST", path+"/withdraw", object{}).want(http.StatusConflict, "ended")
	})
}

func TestOneSheetPerTeamAndDay(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		clerk := w.signIn("clerk")
		values := clerk.sheet("2026-06-02")
		clerk.do("POST", sheets, object{"values": values, "submit": true}).want(http.StatusCreated, "")
		again := clerk.do("POST", sheets, object{"values": values, "submit": true}).want(http.StatusUnprocessableEntity, "invalid")
		if again.text("problems.0.code") == "" || again.text("problems.0.field") == "" {
			t.Errorf("no problem at a field: %s", again.body)
		}
	})
}

// TestReplay is R03 in a size for every run: many identical requests make one record, another body is refused.
func TestReplay(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		clerk := w.signIn("clerk")
		body := object{"values": clerk.sheet("2026-06-02"), "submit": true}
		const key = header("Idempotency-Key: 7d4e6a52-0c53-4f0e-9d4e-3f2b64c01e5a")
		ids := make([]string, 50)
		var all sync.WaitGroup
		for i := range ids {
			all.Go(func() {
				r, err := clerk.try("POST", sheets, body, key)
				if err == nil && r.status < 300 {
					ids[i] = r.text("id")
				}
			})
		}
		all.Wait()
		for _, id := range ids {
			if id == "" || id != ids[0] {
				t.Fatalf("ids differ or are missing: %v", ids)
			}
		}
		replay := clerk.do("POST", sheets, body, key).want(http.StatusOK, "")
		if replay.header.Get("Idempotent-Replay") != "true" {
			t.Error("a replay is not marked")
		}
		clerk.do("POST", sheets, object{"values": clerk.sheet("2026-06-01"), "submit": true}, key).
			want(http.StatusConflict, "idempotency_conflict")
		if n := clerk.do("GET", sheets+"?count=true", nil).at("count.n"); n != number("1") {
			t.Errorf("%v sheets, want 1", n)
		}
	})
}

// TestOneWinner lets a team leader decide from many windows at once: one approval counts, the others are told.
func TestOneWinner(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		clerk, foreman := w.signIn("clerk"), w.signIn("foreman")
		made := clerk.do("POST", sheets, object{"values": clerk.sheet("2026-06-02"), "submit": true}).want(http.StatusCreated, "")
		task := foreman.open(made.text("id"))
		verbs := []string{"approve", "reject", "approve", "return", "approve", "reject"}
		results := make([]reply, len(verbs))
		signs := make([]string, len(verbs))
		for i := range signs {
			signs[i] = foreman.drawn()
		}
		var all sync.WaitGroup
		for i, verb := range verbs {
			all.Go(func() {
				results[i], _ = foreman.try("POST", "/tasks/"+task+"/"+verb, object{"comment": "x", "sign": signs[i]})
			})
		}
		all.Wait()
		winners := 0
		for _, r := range results {
			switch {
			case r.status == http.StatusOK:
				winners++
			case r.status != http.StatusConflict:
				t.Errorf("a loser was answered %d %s", r.status, r.body)
			}
		}
		if winners != 1 {
			t.Errorf("%d winners, want 1", winners)
		}
	})
}
