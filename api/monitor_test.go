package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"formwork/engine/flow"
)

// TestTheMonitorCountsWhatItsReaderLists: the numbers of the monitor are those of the runs and tasks its reader can list:
// of his projects, and what he was sent a copy of.
func TestTheMonitorCountsWhatItsReaderLists(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk := w.signIn("admin"), w.signIn("clerk")
		mine := clerk.choice("project", "P1", object{})
		admin.do("PUT", "/draft/roles/site_flow_admin", object{
			"name": "site_flow_admin", "title": "项目流程管理员", "grants": object{"sheets": object{
				"entity": "day_labor_sheet", "actions": []string{"read", "act"}, "where": object{"field": "project", "op": "eq", "value": mine},
				"fields": object{"*": "hidden", "no": "read", "project": "read", "work_date": "read"}, // the number stands in what a run is called
			}},
		}).want(http.StatusNoContent, "")
		admin.do("PUT", "/draft/flows/verbs", `{"name": "verbs", "title": "点工单审批", "entity": "day_labor_sheet", "form": "day_labor_sheet", "priority": 100,
			"settings": {"admins": ["user:`+w.who("admin")+`", "role:site_flow_admin", "role:flow_admin"]}, "nodes": [`+
			w.node("a", `, "timeout": [{"after": "PT24H", "do": "remind"}], "allow": ["cc"]`, "foreman")+","+w.node("b", "", "manager")+`]}`).
			want(http.StatusNoContent, "")
		admin.do("POST", "/draft/publish", object{}).want(http.StatusOK, "")
		for person, role := range map[string]string{"cost": "site_flow_admin", "planner": "flow_admin"} {
			user := w.people[person].User
			admin.do("PATCH", "/members/"+user, object{"roles": []string{role}}, header(`If-Match: "`+revOf(admin, user)+`"`)).want(http.StatusOK, "")
		}
		near, far := clerk.submitted("2026-06-01"), admin.elsewhere("2026-06-01")
		clerk.submitted("2026-06-02")
		admin.elsewhere("2026-06-02")
		admin.elsewhere("2026-06-03")
		w.clock.pass(90 * time.Minute)
		foreman := w.signIn("foreman")
		foreman.act(foreman.open(near), "approve", nil).want(http.StatusOK, "")
		foreman.act(foreman.open(far), "approve", nil).want(http.StatusOK, "")

		w.clock.pass(6 * 24 * time.Hour)
		const none = "running 0 overdue 0, runs 0"
		w.watches("admin", "running 5 overdue 3, runs 5, a 3/3/2, b 2/0/0, foreman 3/3, manager 2/0")
		w.watches("cost", "running 2 overdue 1, runs 2, a 1/1/1, b 1/0/0, foreman 1/1, manager 1/0")
		w.watches("planner", none)
		for id, want := range map[string]string{near: "b", far: ""} {
			runs := w.signIn("cost").do("GET", "/flows/runs?flow=verbs&limit=100", nil).want(http.StatusOK, "")
			if got := stepOf(runs, id); got != want {
				t.Errorf("the run stands at %q, want %q: %s", got, want, runs.body)
			}
		}

		foreman = w.signIn("foreman")
		copied := w.signIn("admin").elsewhere("2026-06-09")
		foreman.act(foreman.open(copied), "cc", object{"users": []string{w.who("cost")}}).want(http.StatusOK, "")
		w.until("the copy", func() bool { return w.monitor("cost").running() == 3 })
		w.watches("cost", "running 3 overdue 1, runs 3, a 2/1/1, b 1/0/0, foreman 2/1, manager 1/0")
		w.watches("planner", none)
	})
}

// stepOf is the title of the node a listed run of a record rests on, "" if it is not listed.
func stepOf(runs reply, id string) string {
	list, _ := runs.at("runs").([]any)
	for i := range list {
		if at := fmt.Sprintf("runs.%d.", i); runs.text(at+"record") == id {
			return runs.text(at + "steps.0.title")
		}
	}
	return ""
}

// elsewhere submits a sheet of the second project.
func (c *client) elsewhere(date string) string {
	c.w.t.Helper()
	values := c.sheet(date)
	project := c.choice("project", "P2", object{})
	team := c.choice("team", "T3", object{"project": project})
	worker := c.choice("lines.worker", "W08", object{"project": project, "team": team})
	values["project"], values["team"] = project, team
	values["lines"] = []object{{"worker": worker, "normal_hours": "8", "ot_hours": "0"}}
	return c.do("POST", sheets, object{"values": values, "submit": true, "acknowledged": sheetReasons}).want(http.StatusCreated, "").text("id")
}

// monitor is what the flow "verbs" looks like to somebody.
type monitor struct {
	flow.Monitor
	reader *client
}

func (w *world) monitor(person string) monitor {
	w.t.Helper()
	m := monitor{reader: w.signIn(person)}
	w.decode(m.reader.do("GET", "/flows/monitor", nil).want(http.StatusOK, ""), &m.Monitor)
	return m
}

func (m monitor) running() int64 { return m.load().Running }

func (m monitor) load() flow.Load {
	at := slices.IndexFunc(m.Flows, func(l flow.Load) bool { return l.Flow == "verbs" })
	if at < 0 {
		return flow.Load{Flow: "verbs"}
	}
	return m.Flows[at]
}

// watches fails the test unless somebody's monitor says this, and its lists hold as much, read one by one.
func (w *world) watches(person, want string) {
	w.t.Helper()
	m := w.monitor(person)
	listed := func(path string) int {
		n := 0
		for next := ""; ; {
			r := m.reader.do("GET", path+"&limit=1&after="+next, nil).want(http.StatusOK, "")
			for _, list := range []string{"runs", "tasks"} {
				items, _ := r.at(list).([]any)
				n += len(items)
			}
			if next = r.text("next"); next == "" {
				return n
			}
		}
	}
	got := fmt.Sprintf("running %d overdue %d, runs %d", m.running(), m.load().Overdue, listed("/flows/runs?flow=verbs"))
	slices.SortFunc(m.Nodes, func(a, b flow.NodeLoad) int { return len(a.Node) - len(b.Node) + int(a.Node[0]) - int(b.Node[0]) })
	for _, n := range m.Nodes {
		if n.Flow != "verbs" {
			continue
		}
		got += fmt.Sprintf(", %s %d/%d/%d", n.Node, n.Open, n.Overdue, n.Handled)
		if tasks := listed("/flows/tasks?flow=verbs&node=" + n.Node); int64(tasks) != n.Open {
			w.t.Errorf("%s counts %d tasks at %s and lists %d", person, n.Open, n.Node, tasks)
		}
		if n.Open > 0 && n.Oldest == nil || n.Handled > 0 && (n.Average < "5400" || n.Average > "5500") {
			w.t.Errorf("%s: oldest %v, average %q at %s", person, n.Oldest, n.Average, n.Node)
		}
	}
	for _, name := range []string{"foreman", "manager"} {
		for _, p := range m.People {
			if p.User.ID != w.who(name) {
				continue
			}
			got += fmt.Sprintf(", %s %d/%d", name, p.Open, p.Overdue)
			if tasks := listed("/flows/tasks?flow=verbs&user=" + p.User.ID); int64(tasks) != p.Open {
				w.t.Errorf("%s counts %d tasks of %s and lists %d", person, p.Open, name, tasks)
			}
		}
	}
	if late := listed("/flows/tasks?flow=verbs&overdue=true"); int64(late) != m.load().Overdue {
		w.t.Errorf("%s counts %d overdue tasks and lists %d", person, m.load().Overdue, late)
	}
	if got != want {
		w.t.Errorf("%s sees %s\nwant %s", person, got, want)
	}
}
