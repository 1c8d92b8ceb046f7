package flow_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
)

// TestASchedulesClockWasWrong: the clock ran a year ahead, and is set right. The schedule goes on from now; what ran by the
// right clock before runs no second time.
func TestASchedulesClockWasWrong(t *testing.T) {
	a := newAutomated(t, `{"name": "nightly", "title": "x", "start": {"schedule": "30 2 * * *"}, "nodes": [
		{"name": "post", "type": "action", "do": {"create": {"entity": "posting", "values": {"item": "scheduled_at", "amount": "missed"}}}}]}`)
	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	ran := []string{}
	tick := func(wait time.Duration, more ...string) {
		t.Helper()
		a.pass(wait)
		for range 2 {
			if _, err := a.flows.RunSchedules(a.ctx, tenantName); err != nil {
				t.Fatal(explain(err))
			}
		}
		a.settle()
		ran = append(ran, more...)
		a.wantValues("posting", "item", ran...)
	}
	tick(0)
	tick(day, "2026-03-02T18:30:00Z")
	tick(-20 * time.Minute) // a little: nothing ran in that time
	tick(20 * time.Minute)
	tick(-8 * time.Hour) // before its last run, which does not come again
	tick(8 * time.Hour)
	ran = append(ran, "2027-03-02T18:30:00Z")
	tick(year)
	tick(-year)
	ran = []string{"2026-03-02T18:30:00Z", "2026-03-03T18:30:00Z", "2027-03-02T18:30:00Z"}
	tick(day)
	ran = []string{"2026-03-02T18:30:00Z", "2026-03-03T18:30:00Z", "2026-03-04T18:30:00Z", "2027-03-02T18:30:00Z"}
	tick(day)
}

// TestAMigrationGoesToTheVersionItWasStartedFor: while it is under way another version is published. Its names are those of
// the version it was started for, so it goes there; runs that began by the newest are left alone.
func TestAMigrationGoesToTheVersionItWasStartedFor(t *testing.T) {
	w := newWorld(t)
	publish := func(node string) string {
		w.version = catalog(t, func(defs def.Definitions) {
			add(t, defs, def.KindFlow, `{"name": "purchase", "title": "采购审批", "entity": "purchase", "start": {"on": "submit"}, "nodes": [
				{"name": "`+node+`", "type": "approve", "title": "经理", "who": ["field:project.manager"]},
				{"name": "end", "type": "approve", "who": ["user:u_boss"]}]}`)
		})
		w.older[w.version.Version] = w.version
		return w.version.Version
	}
	old := w.submit("900")
	second := publish("leader")
	id := "m1"
	if _, err := w.flows.StartMigration(w.ctx, chen, id, flow.MigrationInput{
		Flow: "purchase", Map: map[string]string{"manager": "leader", "chief": "end"}, Comment: "改版",
	}); err != nil {
		t.Fatal(explain(err))
	}
	third := publish("chief")
	young := w.submit("900")
	m, err := w.flows.ContinueMigration(w.ctx, chen, id)
	if err != nil || m.Unfinished() || m.Done != 1 || m.Count != 0 {
		t.Fatalf("%+v, %v", m, err)
	}
	if st := w.run(old); st.Catalog != second || len(st.OpenTasks()) != 1 || st.OpenTasks()[0].Node != "leader" {
		t.Errorf("the old run goes by %s, tasks %+v", st.Catalog, st.OpenTasks())
	}
	if st := w.run(young); st.Catalog != third || st.OpenTasks()[0].Node != "chief" || st.Rev != 0 {
		t.Errorf("the new run was touched: %+v", st)
	}
}

// run is the run on a record as it is stored.
func (w *world) run(rec record.Record) *flow.State {
	w.Helper()
	var st flow.State
	if err := json.Unmarshal(w.load(rec).Flow, &st); err != nil {
		w.Fatal(err)
	}
	return &st
}

// TestAChildIsCancelledAlthoughItsFlowIsGone: the parent was migrated to a version that calls another flow, and the one it
// had called is no more. When the parent ends, its child does.
func TestAChildIsCancelledAlthoughItsFlowIsGone(t *testing.T) {
	a := newAutomated(t, callFlow, inspectFlow)
	rec := a.deliver(delivery(line("水泥", 2, "10")))
	a.settle()
	renamed := strings.NewReplacer(`"flow": "inspect"`, `"flow": "look_at"`, `"name": "inspect"`, `"name": "look_at"`)
	a.publish(renamed.Replace(callFlow), renamed.Replace(inspectFlow))
	if _, err := a.flows.Act(a.ctx, chen, "delivery", rec.ID, flow.Act{Verb: flow.Migrate, Comment: "改版"}); err != nil {
		t.Fatal(explain(err))
	}
	if _, err := a.flows.Act(a.ctx, wang, "delivery", rec.ID, flow.Act{Verb: flow.Cancel}); err != nil {
		t.Fatal(explain(err))
	}
	a.settle()
	children := a.stored("inspection")
	if len(children) != 1 || children[0].State != "cancelled" {
		t.Errorf("children %+v", children)
	}
	if open := a.tab(boss, flow.TabOpen); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
}

// TestAProxyForOneFlowFindsNoHiddenFieldInLists: what a node hides from its people is hidden from who acts for them, also
// where he does so in some flows only.
func TestAProxyForOneFlowFindsNoHiddenFieldInLists(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("900") // the node manager hides the margin
	start := w.clock()
	for _, flows := range [][]string{{"purchase"}, nil} {
		p, err := w.flows.AddProxy(w.ctx, li, flow.ProxyInput{Proxy: flow.Proxy{To: sun.ID, Flows: flows, Start: start, End: start.Add(time.Hour)}})
		if err != nil {
			t.Fatal(explain(err))
		}
		listed := []record.Record{w.load(rec)}
		if err := w.flows.Veil(w.ctx, sun, listed); err != nil {
			t.Fatal(err)
		}
		if _, shown := listed[0].Values["margin"]; shown {
			t.Errorf("a proxy for %v finds the margin in a list", flows)
		}
		if err := w.flows.EndProxy(w.ctx, li, p.ID); err != nil {
			t.Fatal(err)
		}
	}
	listed := []record.Record{w.load(rec)}
	if err := w.flows.Veil(w.ctx, sun, listed); err != nil {
		t.Fatal(err)
	}
	if _, shown := listed[0].Values["margin"]; !shown {
		t.Error("who acts for nobody finds nothing")
	}
}

// TestWhoWasAskedForAnOpinionLeaves: the task goes back to who asked him, not to an administrator.
func TestWhoWasAskedForAnOpinionLeaves(t *testing.T) {
	w := newWorld(t)
	w.version = catalog(t, func(defs def.Definitions) {
		add(t, defs, def.KindFlow, `{"name": "purchase", "title": "采购审批", "entity": "purchase", "start": {"on": "submit"}, "nodes": [
			{"name": "manager", "type": "approve", "title": "经理", "who": ["field:project.manager"], "allow": ["delegate"]}]}`)
	})
	w.older[w.version.Version] = w.version
	rec := w.submit("900")
	w.decide(li, flow.Act{Verb: flow.Delegate, To: sun.ID, Comment: "?"})
	engine := access.Actor{Tenant: tenantName, System: true}
	if _, err := w.records.Patch(w.ctx, engine, "user", sun.ID, record.PatchInput{Values: form.Values{"disabled": true}}); err != nil {
		t.Fatal(err)
	}
	if err := w.flows.Rebuild(w.ctx, tenantName); err != nil {
		t.Fatal(err)
	}
	if tasks := w.run(rec).OpenTasks(); len(tasks) != 1 || tasks[0].User.ID != li.ID || tasks[0].Owner != nil {
		t.Fatalf("tasks %+v", tasks)
	}
	if d := w.decide(li, flow.Act{Verb: flow.Approve}); d.Status != flow.Approved {
		t.Errorf("status %s", d.Status)
	}
}
