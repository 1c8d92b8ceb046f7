package flow_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"formwork/engine/def"
	"formwork/engine/flow"
)

// lintOf checks the purchase flow with its nodes replaced.
func lintOf(t *testing.T, nodes string) []def.Problem {
	t.Helper()
	cat := withNodes(t, nodes)
	return flow.Lint(cat, cat.Flows["purchase"])
}

func withNodes(t *testing.T, nodes string) *def.Catalog {
	t.Helper()
	return catalog(t, func(defs def.Definitions) {
		delete(defs, def.Ref{Kind: def.KindFlow, Name: "purchase"})
		add(t, defs, def.KindFlow, fmt.Sprintf(
			`{"name": "purchase", "title": "P", "entity": "purchase", "settings": {"onSelf": "self"}, "nodes": %s}`, nodes))
	})
}

func TestFindingsOfferTheirFix(t *testing.T) {
	const rest = `{"name": "b", "else": true, "nodes": []}`
	tests := []struct{ name, nodes, code, fix string }{
		{
			"a number that may be missing",
			`[{"name": "a", "type": "approve", "who": ["role:finance"], "when": "margin > 5 and note == 'margin'"}]`, "maybe_missing",
			`[{"op":"replace","path":"/nodes/0/when","value":"nz(margin, 0) \u003e 5 and nz(note, '-') == 'margin'"}]`,
		},
		{
			"in a branch, guarded once already",
			`[{"name": "a", "type": "branch", "branches": [{"name": "x", "when": "nz(margin, 0) > 1 or margin < 5", "nodes": []}, ` + rest + `]}]`,
			"maybe_missing", `[{"op":"replace","path":"/nodes/0/branches/0/when","value":"nz(margin, 0) \u003e 1 or nz(margin, 0) \u003c 5"}]`,
		},
		{
			"a gap without else",
			`[{"name": "a", "type": "branch", "branches": [{"name": "x", "when": "amount > 5", "nodes": []}, {"name": "y", "when": "amount < 5", "nodes": []}]}]`,
			"no_else", `[{"op":"add","path":"/nodes/0/branches/-","value":{"else":true,"name":"otherwise","nodes":[]}}]`,
		},
		{
			"an else before the end",
			`[{"name": "a", "type": "branch", "branches": [` + rest + `, {"name": "x", "when": "amount > 5", "nodes": []}]}]`,
			"else_not_last", `[{"op":"move","path":"/nodes/0/branches/1","from":"/nodes/0/branches/0"}]`,
		},
		{
			"a condition that always holds",
			`[{"name": "a", "type": "approve", "who": ["role:finance"], "when": "amount > 5 or amount <= 5"}]`,
			"else_unreachable", `[{"op":"remove","path":"/nodes/0/when"}]`,
		},
		{
			"a name taken twice",
			`[{"name": "a", "type": "approve", "who": ["role:finance"]}, {"name": "a", "type": "approve", "who": ["role:finance"]}]`,
			"dup_id", `[{"op":"replace","path":"/nodes/1/name","value":"a_2"}]`,
		},
		{
			"a role nobody knows beside one that is known",
			`[{"name": "a", "type": "approve", "who": ["role:finance", "role:nobody"]}]`,
			"unknown_name", `[{"op":"remove","path":"/nodes/0/who/1"}]`,
		},
		{
			"a field nobody knows",
			`[{"name": "a", "type": "approve", "who": ["role:finance"], "fields": {"colour": "w"}}]`,
			"unknown_field", `[{"op":"remove","path":"/nodes/0/fields/colour"}]`,
		},
		{
			"a return to below",
			`[{"name": "a", "type": "approve", "who": ["role:finance"], "returnTo": ["initiator", "b"]}, {"name": "b", "type": "approve", "who": ["role:finance"]}]`,
			"return_target", `[{"op":"remove","path":"/nodes/0/returnTo/1"}]`,
		},
		{
			"more votes than voters",
			`[{"name": "a", "type": "approve", "mode": "vote", "pass": {"count": 3}, "who": ["user:u_li", "user:u_fin"]}]`,
			"vote_unreachable", `[{"op":"replace","path":"/nodes/0/pass/count","value":2}]`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			problems := lintOf(t, tt.nodes)
			i := slices.IndexFunc(problems, func(p def.Problem) bool { return p.Code == tt.code })
			if i < 0 {
				t.Fatalf("no %s in %+v", tt.code, problems)
			}
			fix, err := json.Marshal(problems[i].Fix)
			if err != nil || string(fix) != tt.fix {
				t.Errorf("fix %s, want %s", fix, tt.fix)
			}
		})
	}
}

func TestNoFixWhereAPersonMustDecide(t *testing.T) {
	for _, nodes := range []string{
		`[{"name": "a", "type": "approve", "who": []}]`,
		`[{"name": "a", "type": "branch", "branches": [{"name": "x", "when": "amount > 5", "nodes": []}]}]`,
	} {
		for _, p := range lintOf(t, nodes) {
			if (p.Code == "no_who" || p.Code == "one_branch") && p.Fix != nil {
				t.Errorf("%s offers %+v", p.Code, p.Fix)
			}
		}
	}
}

func TestDryRunOverThePeople(t *testing.T) {
	w := newWorld(t)
	tests := []struct {
		name, nodes string
		want        []string // codes with their places
	}{
		{"everybody finds somebody", `[{"name": "a", "type": "approve", "who": ["role:finance"]}]`, nil},
		{"nobody has a leader", `[{"name": "a", "type": "approve", "who": ["leader:1"]}]`, []string{"no_approver /nodes/0/who"}},
		{"the record may tell", `[{"name": "a", "type": "approve", "who": ["leader:1", "field:project.manager"]}]`, nil},
		{"a person who left", `[{"name": "a", "type": "approve", "who": ["role:finance", "user:u_gone"]}]`, []string{"unknown_name /nodes/0/who/1"}},
		{"a department nobody founded", `[{"name": "a", "type": "handle", "who": ["role:finance", "head:d9"]}]`, []string{"unknown_name /nodes/0/who/1"}},
		{"a deadline for a person who left", `[{"name": "a", "type": "approve", "who": ["role:finance"], "timeout": [{"after": "PT1H", "do": "transfer:user:u_gone"}]}]`, []string{"unknown_name /nodes/0/timeout/0/do"}},
		{"a deadline for a department nobody founded", `[{"name": "a", "type": "approve", "who": ["role:finance"], "timeout": [{"after": "PT1H", "do": "transfer:head:d9"}]}]`, []string{"unknown_name /nodes/0/timeout/0/do"}},
		{"the vote of a person who left", `[{"name": "a", "type": "approve", "who": ["role:finance"], "mode": "vote", "pass": {"count": 1}, "weights": {"u_gone": 2}}]`, []string{"unknown_name /nodes/0/weights/u_gone"}},
		{"leaders up to a role", `[{"name": "a", "type": "approve", "who": ["chain:role:finance"]}]`, []string{"no_approver /nodes/0/who"}},
		{"leaders up to a person who left", `[{"name": "a", "type": "approve", "who": ["role:finance", "chain:user:u_gone"]}]`, []string{"unknown_name /nodes/0/who/1"}},
		{"one's own approval", `[{"name": "a", "type": "approve", "who": ["initiator"]}]`, []string{"self_approval /nodes/0/who"}},
		{"one's own work is no approval", `[{"name": "a", "type": "handle", "who": ["initiator"]}]`, nil},
		{"the leader instead", `[{"name": "a", "type": "approve", "who": ["initiator"], "onSelf": "leader"}]`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cat := withNodes(t, tt.nodes)
			problems, err := w.flows.LintPeople(w.ctx, tenantName, cat, cat.Flows["purchase"])
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range problems {
				got = append(got, p.Code+" "+p.Path)
				if p.Code == "no_approver" && p.Params["count"] == 0 {
					t.Errorf("nobody is listed: %+v", p)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// TestSettingsNamePeopleWhoAreThere: administrators and stand-ins of a whole flow are looked up too.
func TestSettingsNamePeopleWhoAreThere(t *testing.T) {
	w := newWorld(t)
	cat := withNodes(t, `[{"name": "a", "type": "approve", "who": ["role:finance"]}]`)
	f := cat.Flows["purchase"]
	f.Settings.OnEmpty, f.Settings.Admins = "user:u_gone", []string{"role:flow_admin", "user:u_left"}
	problems, err := w.flows.LintPeople(w.ctx, tenantName, cat, f)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range problems {
		got = append(got, p.Code+" "+p.Path)
	}
	if want := []string{"unknown_name /settings/onEmpty", "unknown_name /settings/admins/1"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// longFlow has n nodes with conditions, a third of them in branches.
func longFlow(n int) string {
	var nodes []string
	for i := 0; i < n; i += 3 {
		nodes = append(nodes, fmt.Sprintf(`{"name": "a%d", "type": "approve", "who": ["role:finance"], "when": "double > %d"},
		 {"name": "b%d", "type": "branch", "branches": [
		  {"name": "big%d", "when": "amount > %d and double < 90000", "nodes": [{"name": "c%d", "type": "approve", "who": ["field:project.manager"]}]},
		  {"name": "rest%d", "else": true, "nodes": []}]}`, i, i, i, i, i, i, i))
	}
	return "[" + strings.Join(nodes, ",") + "]"
}

// BenchmarkLint checks a flow of 300 nodes; the target is 200 ms.
func BenchmarkLint(b *testing.B) {
	cat := catalog(b, func(defs def.Definitions) {
		delete(defs, def.Ref{Kind: def.KindFlow, Name: "purchase"})
		add(b, defs, def.KindFlow, `{"name": "purchase", "title": "P", "entity": "purchase", "nodes": `+longFlow(300)+`}`)
	})
	b.ResetTimer()
	for range b.N {
		if problems := flow.Lint(cat, cat.Flows["purchase"]); len(problems) > 0 {
			b.Fatalf("%+v", problems)
		}
	}
}
