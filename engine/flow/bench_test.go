package flow

import (
	"encoding/json"
	"fmt"
	"testing"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
)

// longFlow has n approvals one after the other, every fifth of them on a condition.
func longFlow(n int) *def.Flow {
	f := &def.Flow{Head: def.Head{Name: "long"}, Settings: def.FlowSettings{Admins: []string{"user:adm"}}}
	for i := range n {
		node := &def.Node{Name: fmt.Sprintf("n%d", i), Type: def.NodeApprove, Who: []string{fmt.Sprintf("user:p%d", i)}}
		if i%5 == 0 {
			node.When = fmt.Sprintf("amount > %d", i)
		}
		f.Nodes = append(f.Nodes, node)
	}
	return f
}

// BenchmarkStep approves half-way through a flow of 30 nodes; the target is 20 µs.
func BenchmarkStep(b *testing.B) {
	plan := compilePlan(nil, longFlow(30))
	values := form.Values{"amount": json.Number("1000"), "subject": "cement", "project": "p1"}
	org := newCaseOrg(nil)
	world := World{
		Now: epoch, Org: org, Values: func(form.Values) (form.Values, error) { return values, nil },
		Env: func(v form.Values) *expr.Env { return &expr.Env{Self: caseValues(v)} },
	}
	out, err := Step(plan, State{}, Command{Verb: Start, Actor: Person{ID: "u1"}}, world)
	for i := 0; i < 15 && err == nil; i++ {
		out, err = Step(plan, out.State, Command{Verb: Approve, Actor: Person{ID: fmt.Sprintf("p%d", i)}}, world)
	}
	if err != nil {
		b.Fatal(err)
	}
	cmd := Command{Verb: Approve, Actor: Person{ID: "p15"}, Key: "k"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Step(plan, out.State, cmd, world); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLint checks a flow of 300 nodes with 60 conditions; the target is 200 ms.
func BenchmarkLint(b *testing.B) {
	f := longFlow(300)
	cat := &def.Catalog{Flows: map[string]*def.Flow{"long": f}}
	b.ReportAllocs()
	for b.Loop() {
		if problems := Lint(cat, f); len(problems) > 0 {
			b.Fatalf("%+v", problems[0])
		}
	}
}
