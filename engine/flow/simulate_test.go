package flow_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
)

// draft is the purchase company with a changed flow, as a draft holds it.
func draft(t *testing.T, old, changed string) *def.Catalog {
	t.Helper()
	return catalog(t, func(defs def.Definitions) {
		ref := def.Ref{Kind: def.KindFlow, Name: "purchase"}
		raw, err := def.Encode(defs[ref])
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(raw), old) {
			t.Fatalf("the flow has no %s: %s", old, raw)
		}
		delete(defs, ref)
		add(t, defs, def.KindFlow, strings.Replace(string(raw), old, changed, 1))
	})
}

func (w *world) simulate(in flow.SimulateInput) flow.Simulation {
	w.Helper()
	if in.Catalog == nil {
		in.Catalog = w.version
	}
	if in.Flow == "" {
		in.Flow = "purchase"
	}
	sim, err := w.flows.Simulate(w.ctx, tenantName, in)
	if err != nil {
		w.Fatalf("simulate: %s", explain(err))
	}
	return sim
}

// places gives where each node of a trace stands.
func places(trace *flow.Trace) map[string]string {
	at := map[string]string{}
	for _, n := range trace.Nodes {
		at[n.Node] = n.Status
	}
	return at
}

func node(t *testing.T, trace *flow.Trace, name string) flow.TracedNode {
	t.Helper()
	i := slices.IndexFunc(trace.Nodes, func(n flow.TracedNode) bool { return n.Node == name })
	if i < 0 {
		t.Fatalf("no node %s in %+v", name, trace.Nodes)
	}
	return trace.Nodes[i]
}

func TestSimulationShowsThePathAndWhy(t *testing.T) {
	w := newWorld(t)
	before, err := w.store.Events(w.ctx, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	small := w.simulate(flow.SimulateInput{User: wang.ID, Values: purchase("900")})
	if small.Status != flow.Approved || places(&small.Trace)["finance"] != "skipped" {
		t.Errorf("900: %s %v", small.Status, places(&small.Trace))
	}
	why := node(t, &small.Trace, "finance").Why
	if len(why) != 1 || why[0].When != "double > 2000" || why[0].Reads["double"] != "1800" || why[0].Holds != "no" {
		t.Errorf("why is finance skipped: %+v", why)
	}
	large := w.simulate(flow.SimulateInput{User: wang.ID, Values: purchase("1500")})
	finance := node(t, &large.Trace, "finance")
	if large.Status != flow.Approved || finance.Status != "done" || len(finance.Tasks) != 2 {
		t.Fatalf("1500: %s %+v", large.Status, finance)
	}
	if last := finance.Why[len(finance.Why)-1]; last.Who != "role:finance" || len(last.People) != 2 || last.People[0].Name != "Name u_fin" {
		t.Errorf("why these people: %+v", finance.Why)
	}
	if copied := large.Steps[len(large.Steps)-1].Copied; len(copied) != 1 || copied[0].ID != zhou.ID {
		t.Errorf("copies %+v", copied)
	}
	after, err := w.store.Events(w.ctx, 0, 1000)
	if err != nil || len(after) != len(before) || len(w.tab(li, flow.TabOpen)) != 0 {
		t.Errorf("a simulation left %d events, %v", len(after)-len(before), err)
	}
}

func TestSimulationPlaysWhatPeopleDo(t *testing.T) {
	w := newWorld(t)
	tests := []struct {
		name    string
		plays   []flow.Play
		status  flow.Status
		refused string
	}{
		{"somebody rejects", []flow.Play{{Node: "finance", User: sun.ID, Do: "reject"}}, flow.Rejected, ""},
		{"sent back and left there", []flow.Play{{Node: "manager", Do: "return"}}, flow.Returned, ""},
		{"sent back, changed and sent again", []flow.Play{
			{Node: "manager", Do: "return"}, {Node: "start", Do: "resubmit", Values: form.Values{"amount": "20"}},
		}, flow.Approved, ""},
		{"stopped in the middle", []flow.Play{{Node: "finance", Do: "stop"}}, flow.Running, ""},
		{"a field the node does not give", []flow.Play{{Node: "manager", Do: "approve", Values: form.Values{"amount": "1"}}}, flow.Running, "field_denied"},
		{"the second deadline hands it to an admin", []flow.Play{
			{Node: "manager", Do: "timeout"}, {Node: "manager", Do: "timeout"}, {Node: "manager", User: chen.ID, Do: "reject"},
		}, flow.Rejected, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sim := w.simulate(flow.SimulateInput{User: wang.ID, Values: purchase("1500"), Plays: tt.plays})
			if sim.Status != tt.status || sim.Refused != tt.refused {
				t.Errorf("%s %q, want %s %q; %+v", sim.Status, sim.Refused, tt.status, tt.refused, sim.Steps)
			}
		})
	}
	if sim := w.simulate(flow.SimulateInput{User: wang.ID, Values: form.Values{"amount": "1500"}}); len(sim.Problems) == 0 {
		t.Error("nobody is told that the record would be refused")
	}
	_, err := w.flows.Simulate(w.ctx, tenantName, flow.SimulateInput{Catalog: w.version, Flow: "purchase", User: "u_gone"})
	w.refused(err, flow.CodeUserDisabled)
	_, err = w.flows.Simulate(w.ctx, tenantName, flow.SimulateInput{Catalog: w.version, Flow: "nothing", User: wang.ID})
	if !errors.Is(err, record.ErrNotFound) {
		t.Errorf("an unknown flow: %v", err)
	}
}

// What a run waits for comes from outside of a simulation: it is taken to come, unless the play stops there.
func TestSimulationPassesAWaitForACondition(t *testing.T) {
	a := newAutomated(t, `{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [`+leaderNode+`,
		{"name": "until", "type": "wait", "until": "nz(noted, 'no') == 'ok'"}, {"name": "finance", "type": "approve", "who": ["role:finance"]}]}`)
	for _, tt := range []struct {
		plays  []flow.Play
		status flow.Status
	}{
		{nil, flow.Approved},
		{[]flow.Play{{Node: "until", Do: "stop"}}, flow.Running},
		{[]flow.Play{{Node: "until", Do: "return"}}, flow.Returned},
	} {
		sim := a.simulate(flow.SimulateInput{Flow: "receive", User: wang.ID, Values: delivery(line("水泥", 2, "10")), Plays: tt.plays})
		if sim.Status != tt.status || sim.Refused != "" {
			t.Errorf("%v: %s %q, want %s", tt.plays, sim.Status, sim.Refused, tt.status)
		}
		if asked := places(&sim.Trace)["finance"]; (asked == "done") != (tt.status == flow.Approved) {
			t.Errorf("%v: finance is %q", tt.plays, asked)
		}
	}
}

func TestSimulationOfADraftOverARecord(t *testing.T) {
	w := newWorld(t)
	rec := w.load(w.submit("1500"))
	sim := w.simulate(flow.SimulateInput{
		Catalog: draft(t, "double > 2000", "double > 5000"), User: wang.ID, Record: &rec,
	})
	if sim.Status != flow.Approved || places(&sim.Trace)["finance"] != "skipped" {
		t.Errorf("%s %v", sim.Status, places(&sim.Trace))
	}
	if now := w.load(rec); now.Rev != rec.Rev || now.State != "running" {
		t.Errorf("the record is at %d, %s", now.Rev, now.State)
	}
}

func TestApproverTableFromTheBoundaries(t *testing.T) {
	w := newWorld(t)
	changed := draft(t, `"when":"double > 2000"`, `"when":"double > 2000 and (note ?? '') != 'urgent'"`)
	table, err := w.flows.ApproverTable(w.ctx, tenantName, flow.SimulateInput{
		Catalog: changed, Flow: "purchase", User: wang.ID, Values: purchase("1"), Lang: "zh-CN",
	})
	if err != nil {
		t.Fatal(explain(err))
	}
	raw, _ := json.Marshal(table)
	if len(table.Variables) != 2 || len(table.Rows) != 4 || len(table.Undecided) != 0 || table.Truncated {
		t.Fatalf("table %s", raw)
	}
	if table.Variables[0].Title != "两倍" || table.Variables[1].Title != "备注" {
		t.Errorf("variables %+v", table.Variables)
	}
	withFinance := 0
	for _, row := range table.Rows {
		if slices.Contains(row.Nodes, "finance") {
			withFinance++
			if row.When[0].From != "2000" || row.When[0].FromClosed || row.When[0].To != "" || !row.When[1].Other {
				t.Errorf("finance at %+v", row.When)
			}
		}
	}
	if withFinance != 1 {
		t.Errorf("finance in %d rows: %s", withFinance, raw)
	}
	people := map[string]int{}
	for _, n := range table.Nodes {
		people[n.Node] = len(n.Entries[0].People)
	}
	if people["manager"] != 1 || people["finance"] != 2 || people["tell"] != 1 {
		t.Errorf("people %v", people)
	}
}

func TestReplayFindsWhatADraftWouldChange(t *testing.T) {
	w := newWorld(t)
	for _, amount := range []string{"900", "1500", "1600"} {
		w.submit(amount)
	}
	for _, task := range w.tab(li, flow.TabOpen) {
		act := flow.Act{Verb: flow.Approve}
		if task.Summary[2].Value == "1600.00" {
			act = flow.Act{Verb: flow.Reject, Comment: "no"}
		}
		if _, err := w.flows.Decide(w.ctx, li, task.ID, act); err != nil {
			t.Fatal(explain(err))
		}
	}
	replay := func(cat *def.Catalog) flow.Replay {
		t.Helper()
		r, err := w.flows.Replay(w.ctx, chen, cat, "purchase", 10)
		if err != nil {
			t.Fatal(explain(err))
		}
		return r
	}
	if same := replay(w.version); same.Played != 3 || same.Differing != 0 || len(same.Failed) != 0 {
		raw, _ := json.Marshal(same)
		t.Fatalf("the same flow differs: %s", raw)
	}
	route := replay(draft(t, "double > 2000", "double > 5000"))
	if route.Differing != 1 || route.Runs[0].Differences[0].What != "route" || route.Runs[0].Differences[0].Cause != "draft" {
		t.Errorf("route: %+v", route)
	}
	people := replay(draft(t, "field:project.manager", "user:u_boss"))
	if people.Differing != 3 || people.Runs[0].Differences[0].What != "approvers" {
		t.Errorf("approvers: %+v", people)
	}
	value := replay(catalog(t, func(defs def.Definitions) {
		entity, ok := defs[def.Ref{Kind: def.KindEntity, Name: "purchase"}].(*def.Entity)
		if !ok {
			t.Fatal("no entity")
		}
		entity.Properties["double"].Compute = "amount * 2 + 1"
	}))
	if value.Differing != 3 || value.Runs[0].Differences[0].What != "value" || value.Runs[0].Differences[0].Field != "double" {
		t.Errorf("values: %+v", value)
	}
}

func TestReplayTellsWhatHasChangedSince(t *testing.T) {
	w := newWorld(t)
	w.submit("900")
	w.decide(li, flow.Act{Verb: flow.Approve})
	full, err := w.records.Load(w.ctx, tenantName, "project", "p1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.records.Patch(w.ctx, engineActor, "project", "p1", record.PatchInput{Values: form.Values{"manager": boss.ID}, IfRev: full.Record.Rev})
	if err != nil {
		t.Fatal(explain(err))
	}
	r, err := w.flows.Replay(w.ctx, chen, w.version, "purchase", 5)
	if err != nil || r.Differing != 1 || r.Runs[0].Differences[0].Cause != "since" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestScenariosArePlayed(t *testing.T) {
	w := newWorld(t)
	scenarios := `"scenarios":[
	 {"name":"small","user":"role:staff","values":{"subject":"a","project":"p1","amount":"900"},
	  "expect":{"status":"approved","path":["manager","tell"],"approvers":{"manager":["u_li"]}}},
	 {"name":"large","user":"user:u_wang","values":{"subject":"a","project":"p1","amount":"2000"},"plays":[{"node":"finance","do":"reject"}],
	  "expect":{"status":"approved","path":["manager","finance"]}},
	 {"name":"gone","user":"user:u_gone","expect":{"status":"approved"}}],"settings"`
	cat := draft(t, `"settings"`, scenarios)
	results, err := w.flows.Scenarios(w.ctx, tenantName, cat, cat.Flows["purchase"])
	if err != nil || len(results) != 3 {
		t.Fatalf("%+v, %v", results, err)
	}
	if !results[0].Passed {
		t.Errorf("small: %+v", results[0])
	}
	if d := results[1].Differences; len(d) != 1 || d[0].What != "status" || d[0].Got[0] != "rejected" {
		t.Errorf("large: %+v", d)
	}
	if d := results[2].Differences; len(d) != 1 || d[0].What != "error" || d[0].Got[0] != flow.CodeUserDisabled {
		t.Errorf("gone: %+v", d)
	}
	found, err := w.flows.LintScenarios(w.ctx, tenantName, cat, cat.Flows["purchase"])
	if err != nil || len(found) != 2 || found[0].Path != "/scenarios/1" || found[0].Level != def.LevelWarning {
		t.Errorf("findings %+v, %v", found, err)
	}
}

func TestExplainTellsWhatWasTrueThen(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("1500")
	w.decide(li, flow.Act{Verb: flow.Approve})
	w.version = draft(t, "double > 2000", "double > 5000")
	trace, err := w.flows.Explain(w.ctx, chen, "purchase", rec.ID)
	if err != nil {
		t.Fatal(explain(err))
	}
	why := node(t, &trace, "finance").Why
	if len(why) != 2 || why[0].When != "double > 2000" || why[0].Reads["double"] != "3000" || why[0].Holds != "yes" || why[0].At.IsZero() {
		t.Errorf("why finance: %+v", why)
	}
	if asked := node(t, &trace, "manager"); len(asked.Tasks) != 1 || asked.Tasks[0].User.ID != li.ID || asked.Status != "done" {
		t.Errorf("the manager: %+v", asked)
	}
	if len(trace.Steps) != 2 || trace.Steps[1].Type != "approved" || trace.Steps[1].Actor.Name != "Name u_li" {
		t.Errorf("steps %+v", trace.Steps)
	}
	if _, err := w.flows.Explain(w.ctx, none, "purchase", rec.ID); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a stranger got %v", err)
	}
}

func TestExplainKeepsHiddenValues(t *testing.T) {
	w := newWorld(t)
	w.version = draft(t, "double > 2000", "nz(margin, 0) > 5")
	w.older[w.version.Version] = w.version
	rec := w.submit("1500")
	w.decide(li, flow.Act{Verb: flow.Approve})
	for _, tt := range []struct {
		name   string
		who    string
		hidden bool
	}{{"the manager, from whom his node hides the margin", "li", true}, {"an admin of the flow", "chen", false}} {
		t.Run(tt.name, func(t *testing.T) {
			who := li
			if tt.who == "chen" {
				who = chen
			}
			trace, err := w.flows.Explain(w.ctx, who, "purchase", rec.ID)
			if err != nil {
				t.Fatal(explain(err))
			}
			why := node(t, &trace, "finance").Why[0]
			if why.Hidden != tt.hidden || (why.Reads == nil) != tt.hidden || (why.When == "") != tt.hidden {
				t.Errorf("%+v", why)
			}
		})
	}
}

var engineActor = access.Actor{Tenant: tenantName, System: true}
