package flow

import (
	"encoding/json"
	"testing"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
)

func slots(states string) []slot {
	list := make([]slot, len(states))
	for i, s := range states {
		list[i] = slot{map[rune]verdict{'+': passed, '-': rejected, '.': pending}[s], 1}
	}
	return list
}

func TestQuorum(t *testing.T) {
	half := quorum{mode: "vote", percent: 5000}
	twoThirds := quorum{mode: "vote", percent: 6667}
	two := quorum{mode: "vote", count: 2}
	tests := []struct {
		name   string
		quorum quorum
		slots  string // + approved, - rejected, . pending
		want   verdict
	}{
		{"all: two of three is not enough", quorum{mode: "all"}, "++.", pending},
		{"all: three of three is", quorum{mode: "all"}, "+++", passed},
		{"all: one against ends it", quorum{mode: "all"}, "+-.", rejected},
		{"all: nobody has nothing against it", quorum{mode: "all"}, "", passed},
		{"any: one is enough", quorum{mode: "any"}, ".+.", passed},
		{"any: the first against ends it", quorum{mode: "any"}, ".-.", rejected},
		{"any, all must reject: one against does not end it", quorum{mode: "any", rejectAll: true}, ".-.", pending},
		{"any, all must reject: the last one does", quorum{mode: "any", rejectAll: true}, "---", rejected},
		{"seq is all, one after the other", quorum{mode: "seq"}, "+..", pending},
		{"half of five is three", half, "++...", pending},
		{"half of five is reached by three", half, "+++..", passed},
		{"half of four is two", half, "++..", passed},
		{"half of five cannot be reached after three against", half, "---..", rejected},
		{"66.67 of three is three: nothing is rounded", twoThirds, "++.", pending},
		{"66.67 of three cannot be reached after one against", twoThirds, "++-", rejected},
		{"two of five", two, "--++.", passed},
		{"two of five cannot be reached", two, "----.", rejected},
		{"waitAll: reached, but somebody is pending", quorum{mode: "vote", count: 1, waitAll: true}, "+.", pending},
		{"waitAll: lost, but somebody is pending", quorum{mode: "vote", count: 2, waitAll: true}, "-.", pending},
		{"waitAll: all have spoken", quorum{mode: "vote", count: 1, waitAll: true}, "+-", passed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.quorum.decide(slots(tt.slots)); got != tt.want {
				t.Errorf("decide(%s) = %v, want %v", tt.slots, got, tt.want)
			}
		})
	}
}

func TestWeightsCount(t *testing.T) {
	list := []slot{{passed, 3}, {rejected, 1}, {pending, 1}}
	if got := (quorum{mode: "vote", percent: 6000}).decide(list); got != passed {
		t.Errorf("three of five with 60%%: %v", got)
	}
	if got := (quorum{mode: "vote", count: 5}).decide(list); got != rejected {
		t.Errorf("five of five after one against: %v", got)
	}
}

func TestDurations(t *testing.T) {
	tests := map[string]time.Duration{
		"PT24H": 24 * time.Hour, "P3D": 72 * time.Hour, "P1W": 168 * time.Hour, "P1DT12H30M": 36*time.Hour + 30*time.Minute,
		"PT90S": 90 * time.Second, "-PT1H": -time.Hour,
	}
	for text, want := range tests {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%s = %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "P", "PT", "24H", "P1M", "P1Y", "PT1.5H", "P1H", "PT1D", "P1DT", "PT1M1H", "PT99999999999H", "PH"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

// TestStateKeepsWhatANewerVersionWrote lets this code work on a document of a newer one.
func TestStateKeepsWhatANewerVersionWrote(t *testing.T) {
	raw := `{"v": 2, "name": "t", "rev": 3, "status": "running", "mood": {"good": true}, "tasks": []}`
	var st State
	if err := json.Unmarshal([]byte(raw), &st); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(out, &tree); err != nil {
		t.Fatal(err)
	}
	if tree["v"] != 2.0 || tree["rev"] != 3.0 || tree["mood"] == nil {
		t.Errorf("written back as %s", out)
	}
}

func TestComparisons(t *testing.T) {
	setting := func(path string) (any, expr.Type, bool) {
		return expr.DecimalFromInt(8), expr.Type{Kind: expr.KindNumber}, path == "labor.hours"
	}
	tests := []struct{ source, name, want string }{
		{"amount > 100", "amount", "100"},
		{"100 <= amount", "amount", "100"},
		{"amount > -5", "amount", "-5"},
		{"record.amount > 1 and kind == 'x'", "amount", "1"},
		{"record.amount > 1 and kind == 'x'", "kind", "x"},
		{"kind in [\"a\", 'b']", "kind", "a b"},
		{"nz(amount, 0) >= 7", "amount", "7"},
		{"(amount ?? 0) * 2 > (10)", "amount", "10"},
		{"hours > setting('labor.hours')", "hours", "8"},
		{"team.pay_mode == 'day' ? amount > 3 : false", "team.pay_mode", "day"},
		{"not (amount > 3)", "amount", "3"},
		{"amount > limit", "amount", ""},
		{"note == 'a > 5'", "note", "a > 5"},
	}
	for _, tt := range tests {
		t.Run(tt.source, func(t *testing.T) {
			got := ""
			for _, v := range comparisons(tt.source, setting).constants[tt.name] {
				if got != "" {
					got += " "
				}
				got += expr.Key(v)
			}
			if got != tt.want {
				t.Errorf("%s is compared with %q, want %q", tt.name, got, tt.want)
			}
		})
	}
}

// FuzzTokens makes sure that no source makes the scanner fail or hang.
func FuzzTokens(f *testing.F) {
	f.Add("amount > 100 and kind in ['a', \"b\"]")
	f.Add("'open")
	f.Fuzz(func(_ *testing.T, source string) { comparisons(source, nil) })
}

// TestLintOfACatalog finds what needs more than the flow itself.
func TestLintOfACatalog(t *testing.T) {
	defs := def.Definitions{}
	for kind, text := range map[def.Kind][]string{
		def.KindEntity: {`{"name": "order", "title": "o", "type": "object", "x-approval": true, "required": ["amount", "lines"],
			"properties": {"amount": {"type": "string", "x-type": "money", "title": "a"},
			"discount": {"type": "string", "x-type": "money", "title": "d"},
			"buyer": {"type": "string", "x-type": "user", "title": "b"},
			"lines": {"type": "array", "x-type": "table", "title": "l", "items": {"type": "object", "required": ["cost"],
			"properties": {"cost": {"type": "string", "x-type": "money", "title": "c"}}}}}}`},
		def.KindRole: {`{"name": "finance", "title": "f", "grants": {}}`},
		def.KindFlow: {`{"name": "loop", "title": "l", "entity": "order", "nodes": [{"name": "c", "type": "call", "title": "c", "flow": "order"}]}`},
	} {
		for _, raw := range text {
			d, err := def.Parse(kind, []byte(raw))
			if err != nil {
				t.Fatal(err)
			}
			defs[def.RefOf("test", d)] = d
		}
	}
	cat, problems := def.Compile(defs, "")
	if len(problems) > 0 {
		t.Fatalf("%+v", problems)
	}
	f := &def.Flow{Head: def.Head{Name: "order"}, Entity: "order", Nodes: []*def.Node{
		{Name: "act", Type: def.NodeAction},
		{Name: "a", Type: def.NodeApprove, Who: []string{"role:nobody", "field:buyer", "field:amount", "same:x"}, When: "discount > 5"},
		{Name: "p", Type: def.NodeBranch, Mode: "parallel", Branches: []*def.Branch{
			{Name: "p1", Nodes: []*def.Node{{Name: "b", Type: def.NodeApprove, Who: []string{"role:finance"}, Fields: map[string]string{"amount": "w"}}}},
			{Name: "p2", Nodes: []*def.Node{{Name: "c", Type: def.NodeApprove, Who: []string{"initiator"}, Fields: map[string]string{"amount": "w", "lines": "w", "lines.cost": "-"}}}},
		}},
		{Name: "sub", Type: def.NodeCall, Flow: "loop"},
		{Name: "lost", Type: def.NodeCall, Flow: "nowhere"},
	}}
	cat.Flows["order"] = f
	got := map[string]int{}
	for _, p := range Lint(cat, f) {
		got[p.Level+" "+p.Code]++
	}
	want := map[string]int{
		"warning early_action": 1, "error unknown_name": 4, "error maybe_missing": 1, "warning field_race": 1,
		"error hidden_required": 1, "error call_cycle": 1, "error nothing_to_do": 1,
	}
	for key, n := range want {
		if got[key] != n {
			t.Errorf("%s: %d findings, want %d", key, got[key], n)
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("unexpected findings %v", got)
	}
}
