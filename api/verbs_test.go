package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"formwork/engine/flow"
)

// approvedBy publishes a flow that day-labor sheets take instead of the template's: nodes as JSON.
func (c *client) approvedBy(nodes string) {
	c.w.t.Helper()
	body := `{"name": "verbs", "title": "点工单审批", "entity": "day_labor_sheet", "form": "day_labor_sheet", "priority": 100,
		"settings": {"admins": ["user:` + c.w.people["admin"].User + `"]}, "nodes": ` + nodes + `}`
	c.do("PUT", "/draft/flows/verbs", body).want(http.StatusNoContent, "")
	c.do("POST", "/draft/publish", object{}).want(http.StatusOK, "")
}

var sheetReasons = object{"trained": "补签中", "long_overtime": "抢工"}

// submitted submits a sheet of a day and gives its id.
func (c *client) submitted(date string) string {
	c.w.t.Helper()
	return c.do("POST", sheets, object{"values": c.sheet(date), "submit": true, "acknowledged": sheetReasons}).
		want(http.StatusCreated, "").text("id")
}

// act does a verb of a task.
func (c *client) act(task, verb string, body object) reply {
	c.w.t.Helper()
	if body == nil {
		body = object{}
	}
	body["acknowledged"] = sheetReasons
	return c.do("POST", "/tasks/"+task+"/"+verb, body)
}

// can is the possible verb of a task, nil if it is none now.
func (c *client) can(task, verb string) object {
	c.w.t.Helper()
	list, _ := c.do("GET", "/tasks/"+task, nil).want(http.StatusOK, "").at("flow.can").([]any)
	for _, item := range list {
		if possible, _ := item.(object); possible["verb"] == verb {
			return possible
		}
	}
	return nil
}

func (w *world) who(name string) string { return w.people[name].User }

// node is an approval by people of the demo company.
func (w *world) node(name, more string, people ...string) string {
	who := make([]string, len(people))
	for i, p := range people {
		who[i] = `"user:` + w.who(p) + `"`
	}
	return fmt.Sprintf(`{"name": %q, "type": "approve", "title": %q, "who": [%s]%s}`, name, name, strings.Join(who, ","), more)
}

// TestATaskPassesThroughManyHands: it is transferred, an opinion asked for, signers are added and taken away, and the
// answer says at each point what can be done.
func TestATaskPassesThroughManyHands(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk, foreman, labor, manager := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman"), w.signIn("labor"), w.signIn("manager")
		admin.approvedBy("[" + w.node("a", `, "allow": ["transfer", "delegate", "addsign", "removesign", "return", "cc"], "fields": {"remark": "w"}`, "foreman") + "]")
		id := clerk.submitted("2026-06-01")
		task := foreman.open(id)

		for _, verb := range []string{"approve", "reject", "return", "transfer", "delegate", "addsign", "cc", "comment"} {
			if foreman.can(task, verb) == nil {
				t.Errorf("the foreman cannot %s", verb)
			}
		}
		if foreman.can(task, "terminate") != nil || foreman.can(task, "resubmit") != nil {
			t.Error("the foreman is offered what he may not do")
		}
		people := foreman.do("GET", "/people?role=project_manager", nil)
		if !strings.Contains(string(people.body), w.who("manager")) || strings.Contains(string(people.body), "phone") {
			t.Errorf("people: %s", people.body)
		}

		foreman.act(task, "delegate", object{"to": w.who("labor"), "comment": "请核对"}).want(http.StatusOK, "")
		foreman.act(task, "approve", nil).want(http.StatusConflict, "delegated")
		asked := labor.open(id)
		if labor.can(asked, "resolve") == nil || labor.can(asked, "approve") != nil {
			t.Error("whoever is asked for an opinion may give it, and no more")
		}
		if labor.can(asked, "save") != nil {
			t.Error("what the node opens is for its owner to fill in")
		}
		labor.act(asked, "save", object{"values": object{"remark": "代填"}}).want(http.StatusConflict, "delegated")
		labor.act(asked, "resolve", object{"comment": "无误"}).want(http.StatusOK, "")

		task = foreman.open(id)
		foreman.act(task, "transfer", object{"to": w.who("foreman")}).want(http.StatusUnprocessableEntity, "self_target")
		foreman.act(task, "transfer", object{"to": w.who("labor")}).want(http.StatusOK, "")
		foreman.act(task, "approve", nil).want(http.StatusConflict, "task_closed")

		task = labor.open(id)
		labor.act(task, "addsign", object{"kind": "before", "users": []string{w.who("manager"), w.who("cost")}}).want(http.StatusOK, "")
		labor.act(task, "approve", nil).want(http.StatusConflict, "task_waiting")
		manager.act(manager.open(id), "approve", nil).want(http.StatusOK, "")
		labor.act(task, "removesign", object{"to": w.who("cost")}).want(http.StatusOK, "")
		clerk.do("POST", sheets+"/"+id+"/remind", object{}).want(http.StatusOK, "")
		clerk.do("POST", sheets+"/"+id+"/remind", object{}).want(http.StatusTooManyRequests, "rate_limit")
		clerk.do("POST", sheets+"/"+id+"/jump", object{"to": "a"}).want(http.StatusForbidden, "not_admin")
		labor.act(labor.open(id), "approve", nil).want(http.StatusOK, "")
		if state := clerk.do("GET", sheets+"/"+id, nil).text("state"); state != "approved" {
			t.Errorf("the sheet is %s", state)
		}
		var types []string
		entries, _ := clerk.do("GET", sheets+"/"+id+"/timeline", nil).at("entries").([]any)
		for _, e := range entries {
			entry, _ := e.(object)
			types = append(types, fmt.Sprint(entry["type"]))
		}
		want := []string{"started", "delegated", "resolved", "transferred", "signers_added", "approved", "signer_removed", "reminded", "approved"}
		if !slices.Equal(types, want) {
			t.Errorf("history %v", types)
		}
	})
}

// TestWhoDecidesProvesItIsHe: a node asks for a drawn signature and the password.
func TestWhoDecidesProvesItIsHe(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk, foreman := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman")
		admin.approvedBy("[" + w.node("a", `, "sign": true, "confirm": "password"`, "foreman") + "]")
		id := clerk.submitted("2026-06-01")
		task := foreman.open(id)
		if need := foreman.can(task, "approve"); need["sign"] != true || need["password"] != true {
			t.Errorf("approve needs %v", need)
		}
		password := w.people["foreman"].Password
		foreman.act(task, "approve", object{"password": password}).want(http.StatusUnprocessableEntity, "sign_required")
		sign := foreman.drawn()
		foreman.act(task, "approve", object{"sign": sign}).want(http.StatusUnprocessableEntity, "confirm_required")
		foreman.act(task, "approve", object{"sign": sign, "password": "guess"}).want(http.StatusUnprocessableEntity, "wrong_password")
		batch := foreman.do("POST", "/tasks/batch", object{"tasks": []string{task}, "verb": "approve"}).want(http.StatusOK, "")
		if batch.text("skipped.0.code") != "sign_required" {
			t.Errorf("a batch: %s", batch.body)
		}
		foreman.act(task, "approve", object{"sign": sign, "password": password}).want(http.StatusOK, "")
		line := clerk.do("GET", sheets+"/"+id+"/timeline", nil)
		if line.text("entries.1.sign") != sign || line.at("entries.1.confirmed") != true {
			t.Errorf("the history does not tell how he decided: %s", line.body)
		}
		second := foreman.open(clerk.submitted("2026-06-02"))
		foreman.act(second, "approve", object{"sign": sign, "password": password}).want(http.StatusConflict, "signature_used")
		for range 5 {
			foreman.act(second, "reject", object{"password": "guess", "comment": "x"})
		}
		foreman.act(second, "reject", object{"password": password, "comment": "x"}).want(http.StatusTooManyRequests, "throttled")
	})
}

// TestABatchTellsWhatItSkipped decides what it can, each by itself, and once.
func TestABatchTellsWhatItSkipped(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk, foreman := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman")
		admin.approvedBy("[" + w.node("a", "", "foreman") + "]")
		var tasks []string
		for day := 1; day <= 3; day++ {
			values := clerk.sheet(fmt.Sprintf("2026-06-%02d", day))
			id := clerk.do("POST", sheets, object{"values": values, "submit": true, "acknowledged": sheetReasons}).want(http.StatusCreated, "").text("id")
			tasks = append(tasks, foreman.open(id))
		}
		foreman.act(tasks[0], "approve", nil).want(http.StatusOK, "")
		body := object{"tasks": append(slices.Clone(tasks), tasks[1], "day_labor_sheet.none.t1"), "verb": "reject", "comment": "重做"}
		for range 2 { // the same request once more changes nothing
			r := foreman.do("POST", "/tasks/batch", body, "Idempotency-Key: b1").want(http.StatusOK, "")
			if fmt.Sprint(r.at("done")) != "2" || r.text("skipped.0.task") != tasks[0] || r.text("skipped.0.code") != "ended" || r.text("skipped.1.code") != "not_found" {
				t.Fatalf("the batch: %s", r.body)
			}
		}
		foreman.do("POST", "/tasks/batch", object{"tasks": tasks, "verb": "terminate"}).want(http.StatusBadRequest, "bad_parameter")
		foreman.do("POST", "/tasks/batch", object{"tasks": []string{}, "verb": "approve"}).want(http.StatusBadRequest, "bad_parameter")
		handled := foreman.do("GET", "/tasks?tab=handled&entity=day_labor_sheet&initiator="+w.who("clerk"), nil).want(http.StatusOK, "")
		if list, _ := handled.at("tasks").([]any); len(list) != 3 {
			t.Errorf("handled: %s", handled.body)
		}
		for query, n := range map[string]int{
			"tab=open": 0, "tab=handle": 0, "tab=handled&from=2026-06-04": 0, "tab=handled&to=2026-06-03": 3, "tab=handled&flow=none": 0,
			"tab=handled&sort=done_at": 3, "tab=proxied": 0,
		} {
			r := foreman.do("GET", "/tasks?"+query, nil).want(http.StatusOK, "")
			if list, _ := r.at("tasks").([]any); len(list) != n {
				t.Errorf("%s: %d tasks, want %d", query, len(list), n)
			}
		}
		foreman.do("GET", "/tasks?sort=subject", nil).want(http.StatusBadRequest, "filter_unknown_field")
		foreman.do("GET", "/tasks?from=yesterday", nil).want(http.StatusBadRequest, "filter_value_type")
	})
}

// TestAProxyActsForHisPrincipal in the window, in its flows, and says so; not longer, and not for what he submitted.
func TestAProxyActsForHisPrincipal(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk, foreman, labor := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman"), w.signIn("labor")
		admin.approvedBy("[" + w.node("a", "", "foreman") + "]")
		first, second := clerk.submitted("2026-06-01"), clerk.submitted("2026-06-02")
		task, later := foreman.open(first), foreman.open(second)
		labor.act(task, "approve", nil).want(http.StatusForbidden, "not_assignee")

		now := w.clock.Now()
		window := func(to string, from, until time.Duration) object {
			return object{"to": w.who(to), "start": now.Add(from), "end": now.Add(until), "flows": []string{"verbs"}, "reason": "休假"}
		}
		foreman.do("POST", "/proxies", window("foreman", 0, time.Hour)).want(http.StatusUnprocessableEntity, "self_target")
		foreman.do("POST", "/proxies", window("labor", time.Hour, 0)).want(http.StatusUnprocessableEntity, "proxy_window")
		clerk.do("POST", "/proxies", object{"principal": w.who("foreman"), "to": w.who("clerk"), "start": now, "end": now.Add(time.Hour)}).
			want(http.StatusForbidden, "forbidden")
		made := foreman.do("POST", "/proxies", window("labor", -time.Minute, 24*time.Hour)).want(http.StatusCreated, "")
		foreman.do("POST", "/proxies", window("clerk", time.Hour, 2*time.Hour)).want(http.StatusConflict, "proxy_overlap")
		labor.do("DELETE", "/proxies/"+made.text("id"), nil).want(http.StatusNotFound, "not_found")

		listed := labor.do("GET", "/tasks?tab=proxied", nil).want(http.StatusOK, "")
		if list, _ := listed.at("tasks").([]any); len(list) != 2 || listed.text("tasks.0.for.id") != w.who("foreman") {
			t.Fatalf("tasks for others: %s", listed.body)
		}
		if counts := labor.do("GET", "/tasks/counts", nil); fmt.Sprint(counts.at("proxied")) != "2" {
			t.Errorf("counts %s", counts.body)
		}
		if detail := labor.do("GET", "/tasks/"+task, nil).want(http.StatusOK, ""); detail.text("flow.mine.for.id") != w.who("foreman") {
			t.Errorf("the task does not say for whom: %s", detail.body)
		}
		labor.act(task, "approve", nil).want(http.StatusOK, "")
		line := clerk.do("GET", sheets+"/"+first+"/timeline", nil)
		if line.text("entries.1.actor.id") != w.who("labor") || line.text("entries.1.for.id") != w.who("foreman") {
			t.Errorf("the history: %s", line.body)
		}
		for _, who := range []*client{labor, foreman} {
			if list, _ := who.do("GET", "/tasks?tab=handled", nil).at("tasks").([]any); len(list) != 1 {
				t.Errorf("%d handled", len(list))
			}
		}
		rev := fmt.Sprint(made.at("rev"))
		shorter := window("labor", -time.Minute, time.Hour)
		foreman.do("PUT", "/proxies/"+made.text("id"), shorter).want(http.StatusPreconditionRequired, "if_match_required")
		foreman.do("PUT", "/proxies/"+made.text("id"), shorter, header(`If-Match: "`+rev+`"`)).want(http.StatusOK, "")
		w.clock.pass(2 * time.Hour)
		labor = w.signIn("labor")
		labor.act(later, "approve", nil).want(http.StatusForbidden, "not_assignee")
		if list := labor.do("GET", "/proxies", nil); !strings.Contains(string(list.body), `"active":false`) {
			t.Errorf("proxies: %s", list.body)
		}
	})
}

// TestApproversAreChosenOnTheWay: whoever comes to a node for which nobody was chosen is told, and chooses.
func TestApproversAreChosenOnTheWay(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk, foreman, manager := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman"), w.signIn("manager")
		admin.approvedBy(`[` + w.node("a", "", "foreman") + `, {"name": "b", "type": "approve", "title": "复核", "who": ["pick:project_manager"]}]`)
		id := clerk.submitted("2026-06-01")
		task := foreman.open(id)
		if need := foreman.can(task, "approve"); need["picks"] == nil {
			t.Errorf("the foreman is not told whom to choose: %v", need)
		}
		r := foreman.act(task, "approve", nil).want(http.StatusUnprocessableEntity, "pick_required")
		if r.text("params.picks.0.node") != "b" || r.text("params.picks.0.role") != "project_manager" {
			t.Errorf("what is to be chosen: %s", r.body)
		}
		pick := func(user string) object { return object{"picks": object{"b": []string{w.who(user)}}} }
		foreman.act(task, "approve", pick("clerk")).want(http.StatusUnprocessableEntity, "pick_invalid")
		foreman.act(task, "approve", object{"picks": object{"a": []string{w.who("manager")}}}).want(http.StatusUnprocessableEntity, "pick_invalid")
		foreman.act(task, "approve", pick("manager")).want(http.StatusOK, "")
		manager.act(manager.open(id), "approve", nil).want(http.StatusOK, "")
	})
}

// TestAMemberLeaves: what he holds is listed and given to another; what cannot be given is told.
func TestAMemberLeaves(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk, labor := w.signIn("admin"), w.signIn("clerk"), w.signIn("labor")
		admin.approvedBy("[" + w.node("a", "", "foreman") + "]")
		id := clerk.submitted("2026-06-01")
		path := "/members/" + w.who("foreman") + "/handover"
		w.signIn("foreman").do("POST", "/proxies", object{
			"to": w.who("labor"), "start": w.clock.Now().Format(time.RFC3339), "end": w.clock.Now().Add(time.Hour).Format(time.RFC3339),
		}).want(http.StatusCreated, "")
		clerk.do("GET", path, nil).want(http.StatusForbidden, "forbidden")
		held := admin.do("GET", path, nil).want(http.StatusOK, "")
		if fmt.Sprint(held.at("taskCount")) != "1" || held.text("roles.0") == "" || held.text("references.0.path") == "" {
			t.Fatalf("holdings: %s", held.body)
		}
		if held.text("proxies.0.to.id") != w.who("labor") || held.at("proxies.1") != nil || held.text("tasks.0.record") != id {
			t.Errorf("proxies and tasks he holds: %s", held.body)
		}
		if held.text("flows.0.id") != "verbs" || held.text("flows.0.name") != "点工单审批" || held.at("flows.1") != nil {
			t.Errorf("flows that name him: %v", held.at("flows"))
		}
		var paths []string
		references, _ := held.at("references").([]any)
		for _, ref := range references {
			one, _ := ref.(object)
			paths = append(paths, fmt.Sprint(one["path"]))
		}
		if !slices.Contains(paths, "labor_team.foreman") {
			t.Fatalf("references %v", paths)
		}
		admin.do("POST", path, object{"to": w.who("foreman"), "tasks": true}).want(http.StatusUnprocessableEntity, "self_target")
		given := admin.do("POST", path, object{
			"to": w.who("labor"), "tasks": true, "roles": held.at("roles"), "references": append(paths, "project.none"), "proxies": true, "comment": "离职",
		}).want(http.StatusOK, "")
		for what, want := range map[string]string{"task": "1", "role": "1", "proxy": "1"} {
			if got := fmt.Sprint(given.at("given." + what)); got != want {
				t.Errorf("%s of %s were handed over, want %s", got, what, want)
			}
		}
		if given.text("failed.0.name") != "project.none" || given.text("failed.0.code") != "not_found" || given.at("failed.1") != nil {
			t.Errorf("handover: %s", given.body)
		}
		labor.act(labor.open(id), "approve", nil).want(http.StatusOK, "")
		after := admin.do("GET", path, nil)
		if fmt.Sprint(after.at("taskCount")) != "0" || after.text("roles.0") != "" || after.text("references.0.path") != "" || after.at("proxies.0") != nil {
			t.Errorf("he still holds %s", after.body)
		}
	})
}

// TestRunsMoveToTheNewVersion: a preview says which can, a job moves them, and the monitor sees them.
func TestRunsMoveToTheNewVersion(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk, foreman := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman")
		labor, manager := w.signIn("labor"), w.signIn("manager")
		admin.approvedBy("[" + w.node("a", "", "foreman") + "," + w.node("b", "", "manager") + "]")
		first, second := clerk.submitted("2026-06-01"), clerk.submitted("2026-06-02")
		foreman.act(foreman.open(second), "approve", nil).want(http.StatusOK, "")
		admin.approvedBy("[" + w.node("a2", "", "foreman") + "," + w.node("c", "", "manager") + "]")

		const flowPath = "/flows/verbs"
		clerk.do("POST", flowPath+"/migration", object{}).want(http.StatusForbidden, "not_admin")
		preview := admin.do("POST", flowPath+"/migration", object{}).want(http.StatusOK, "")
		if fmt.Sprintf("%v %v", preview.at("ready"), preview.at("count")) != "0 2" || preview.text("refused.0.code") != "migrate_unmapped" {
			t.Fatalf("preview: %s", preview.body)
		}
		preview = admin.do("POST", flowPath+"/migration", object{"map": object{"a": "a2"}}).want(http.StatusOK, "")
		if fmt.Sprintf("%v %v", preview.at("ready"), preview.at("count")) != "1 1" {
			t.Fatalf("preview: %s", preview.body)
		}
		clerk.do("POST", flowPath+"/migrate", object{}).want(http.StatusForbidden, "not_admin")
		admin.do("POST", flowPath+"/migrate", object{"map": object{"a": "a2"}, "comment": " "}).want(http.StatusUnprocessableEntity, "comment_required")
		admin.do("POST", flowPath+"/migrate", object{"map": object{"a": "a2"}, "comment": "新的审批人"}).want(http.StatusAccepted, "")
		w.until("the migration", func() bool {
			list := admin.do("GET", flowPath+"/migrations", nil)
			return strings.Contains(string(list.body), `"status":"done","done":1,"count":1`)
		})
		foreman.act(foreman.open(first), "approve", nil).want(http.StatusOK, "")
		manager.open(first) // the new path

		clerk.do("GET", "/flows/monitor", nil).want(http.StatusForbidden, "not_admin")
		var m flow.Monitor
		w.decode(admin.do("GET", "/flows/monitor", nil).want(http.StatusOK, ""), &m)
		at := slices.IndexFunc(m.Flows, func(l flow.Load) bool { return l.Flow == "verbs" })
		if at < 0 || m.Flows[at].Running != 2 || len(m.Nodes) < 3 || len(m.People) != 1 {
			t.Errorf("monitor: %+v", m)
		}
		waiting := admin.do("GET", "/flows/tasks?flow=verbs&node=b", nil).want(http.StatusOK, "")
		task := waiting.text("tasks.0.id")
		if waiting.text("tasks.0.can.0") != "reassign" {
			t.Errorf("the flow admin may not reassign: %s", waiting.body)
		}
		for _, load := range m.Flows {
			if want := load.Flow == "verbs"; (len(load.Can) > 0) != want {
				t.Errorf("%s: the admin may %v", load.Flow, load.Can)
			}
		}
		unsaid := object{"tasks": []string{task}, "to": w.who("labor")}
		admin.do("POST", "/flows/reassign", unsaid).want(http.StatusUnprocessableEntity, "comment_required")
		for verb, body := range map[string]object{
			"reassign": {"task": task, "to": w.who("labor")}, "jump": {"to": "a"}, "terminate": {"comment": " "}, "migrate": {"map": object{"b": "c", "a": "a2"}},
		} {
			admin.do("POST", sheets+"/"+second+"/"+verb, body).want(http.StatusUnprocessableEntity, "comment_required")
		}
		moved := admin.do("POST", "/flows/reassign", object{"tasks": []string{task}, "to": w.who("labor"), "comment": "出差"}).want(http.StatusOK, "")
		if fmt.Sprint(moved.at("done")) != "1" {
			t.Errorf("reassign: %s", moved.body)
		}
		labor.act(labor.open(second), "approve", nil).want(http.StatusOK, "")
		runs := admin.do("GET", "/flows/runs?flow=verbs", nil).want(http.StatusOK, "")
		if list, _ := runs.at("runs").([]any); len(list) != 1 {
			t.Errorf("runs: %s", runs.body)
		}
	})
}

// TestAPreviewRefusesWhatItsReaderMayNotSee: who administers a flow but has no grant for its records moves none of them,
// and does not learn what they are about.
func TestAPreviewRefusesWhatItsReaderMayNotSee(t *testing.T) {
	onStores(t, func(w *world) {
		admin, clerk := w.signIn("admin"), w.signIn("clerk")
		admin.approvedBy("[" + w.node("a", "", "foreman") + "]")
		clerk.submitted("2026-06-01")
		body := `{"name": "verbs", "title": "点工单审批", "entity": "day_labor_sheet", "form": "day_labor_sheet", "priority": 100,
			"settings": {"admins": ["user:` + w.people["admin"].User + `", "role:flow_admin"]}, "nodes": [` + w.node("a", "", "foreman") + "," + w.node("b", "", "manager") + `]}`
		admin.do("PUT", "/draft/flows/verbs", body).want(http.StatusNoContent, "")
		admin.do("POST", "/draft/publish", object{}).want(http.StatusOK, "")
		user := w.people["cost"].User
		admin.do("PATCH", "/members/"+user, object{"roles": []string{"flow_admin"}}, header(`If-Match: "`+revOf(admin, user)+`"`)).want(http.StatusOK, "")
		for reader, want := range map[*client]string{admin: "1 0 ", w.signIn("cost"): "0 1 not_admin"} {
			preview := reader.do("POST", "/flows/verbs/migration", object{}).want(http.StatusOK, "")
			got := fmt.Sprintf("%v %v %s", preview.at("ready"), preview.at("count"), preview.text("refused.0.code"))
			if got != want || preview.text("refused.0.subject") != "" {
				w.t.Errorf("want %s, got %s", want, preview.body)
			}
		}
	})
}

// TestDeadlinesKeepWorkingTime: what is due over a weekend waits for Monday, and goes to the leader then.
func TestDeadlinesKeepWorkingTime(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin := w.signIn("admin")
		admin.approvedBy("[" + w.node("a", `, "timeout": [{"after": "PT24H", "do": "remind"}, {"after": "P2D", "do": "transfer:user:`+w.who("manager")+`"}]`, "foreman") + "]")
		w.clock.pass(2 * 24 * time.Hour) // Friday noon
		clerk, foreman := w.signIn("clerk"), w.signIn("foreman")
		id := clerk.submitted("2026-06-03")
		due := func() string { return foreman.do("GET", "/tasks/"+foreman.open(id), nil).text("task.dueAt") }
		if got := due(); !strings.HasPrefix(got, "2026-06-08T04:") {
			t.Errorf("due %s", got)
		}
		admin = w.signIn("admin")
		admin.do("POST", "/entities/work_calendar/records", object{"values": object{"date": "2026-06-08", "day_type": "holiday"}}).
			want(http.StatusCreated, "")
		w.until("the deadline to move", func() bool { return strings.HasPrefix(due(), "2026-06-09T04:") })
		// The site of the project stands still one day more; what another site does is no matter.
		project := clerk.do("GET", sheets+"/"+id, nil).text("values.project")
		day := func(project, date, kind string) {
			admin.do("POST", "/entities/project_calendar/records", object{"values": object{"project": project, "date": date, "day_type": kind}}).
				want(http.StatusCreated, "")
		}
		day(w.otherProject(admin, project), "2026-06-10", "restday")
		day(project, "2026-06-09", "restday")
		w.until("the deadline to move again", func() bool { return strings.HasPrefix(due(), "2026-06-10T04:") })
		w.clock.pass(6 * 24 * time.Hour) // Thursday
		n, err := w.engine.Flows.FireDue(t.Context(), "demo")
		if w.must(err); n < 0 {
			t.Fatal("deadlines")
		}
		manager := w.signIn("manager")
		w.until("the transfer", func() bool { return strings.Contains(string(manager.do("GET", "/tasks", nil).body), id) })
	})
}

func (w *world) decode(r reply, into any) {
	w.t.Helper()
	w.must(json.Unmarshal(r.body, into))
}

// otherProject is a project other than one.
func (w *world) otherProject(admin *client, project string) string {
	w.t.Helper()
	list, _ := admin.do("GET", "/entities/project/records?limit=10", nil).want(http.StatusOK, "").at("records").([]any)
	for _, item := range list {
		if other, _ := item.(object); other["id"] != project {
			id, _ := other["id"].(string)
			return id
		}
	}
	w.t.Fatalf("there is no project but %s", project)
	return ""
}
