package flow_test

import (
	"encoding/json"
	"slices"
	"testing"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// nothing is a record without any value.
type nothing struct{}

func (nothing) Get(string) any { return nil }

// TestWhatMayBeMissing: a condition is reported when it has no answer for a record without the optional fields it reads, and
// only then: the check says what happens. The empty text is missing itself (definitions.md §4.3), so it stands in for nothing.
func TestWhatMayBeMissing(t *testing.T) {
	cat := catalog(t, nil)
	for _, tt := range []struct {
		when    string
		missing bool
		fix     string // the condition that is offered, "" = none
	}{
		{"nz(margin, 0) > 5", false, ""},
		{"(margin ?? 0) > 5", false, ""},
		{"nz(margin, nz(double, 0)) > 5", false, ""},
		{"nz(margin * 2, 0) > 5", false, ""},
		{"0 < nz(margin, 0) + 1", false, ""},
		{"nz(note, '-') == 'x'", false, ""},
		{"(note ?? '-') == 'x'", false, ""},
		{"nz(note, '-') in ['x', 'y']", false, ""},
		{"nz(note, '') == ''", false, ""},
		{"nz(note, '') != ''", false, ""},
		{"note == ''", false, ""},
		{"is_empty(note)", false, ""},
		{"note != nil and note == 'x'", false, ""},
		{"nz(note, '') != '' and note == 'x'", false, ""},
		{"margin != nil and margin > 5", false, ""},
		{"nz(note, '') == '' or note == 'x'", false, ""},
		{"nz(margin, 0) > 5 and margin < 9", false, ""},
		{"nz(margin, 0) <= 5 or margin < 9", false, ""},
		{"(margin ?? 0) != 0 and margin < 9", false, ""},
		{"nz(note, '-') in ['x', 'y'] and note != 'x'", false, ""},
		{"not (nz(margin * 2, 0) > 5) or margin < 9", false, ""},

		{"margin > 5", true, "nz(margin, 0) > 5"},
		{"nz(margin, 9) > 5 and margin < 9", true, "nz(margin, 9) > 5 and nz(margin, 0) < 9"},
		{"nz(margin, 0) > 5 or margin < 9", true, "nz(margin, 0) > 5 or nz(margin, 0) < 9"},
		{"nz(margin, 0) < 5 and margin < 9", true, "nz(margin, 0) < 5 and nz(margin, 0) < 9"},
		{"nz(margin, margin) > 5", true, "nz(margin, nz(margin, 0)) > 5"},
		{"(margin ?? nil) > 5", true, ""},
		{"nz(note, '') == 'x'", true, "nz(note, '-') == 'x'"},
		{"nz(record.note, \"\") == 'x'", true, "nz(record.note, '-') == 'x'"},
		{"(note ?? '') == 'x'", true, "(note ?? '-') == 'x'"},
		{"nz(note, '') in ['x', 'y']", true, "nz(note, '-') in ['x', 'y']"},
		{"nz(note, '') != '' or note == 'x'", true, "nz(note, '-') != '' or nz(note, '-') == 'x'"},
		{"margin == 5 or note != nil", true, "nz(margin, 0) == 5 or note != nil"},
	} {
		t.Run(tt.when, func(t *testing.T) {
			program, err := expr.Compile(tt.when, cat.Scope(cat.Entities["purchase"]), expr.KindBool)
			if err != nil {
				t.Fatal(err)
			}
			env := &expr.Env{Self: nothing{}, Vars: map[string]any{"record": expr.NewRef("r", nothing{})}}
			value, err := program.Eval(env)
			if err != nil {
				t.Fatal(err)
			}
			if _, answered := value.(bool); answered == tt.missing {
				t.Errorf("over nothing it is %v", value)
			}
			quoted, _ := json.Marshal(tt.when)
			problems := lintOf(t, `[{"name": "a", "type": "approve", "who": ["role:finance"], "when": `+string(quoted)+`}]`)
			i := slices.IndexFunc(problems, func(p def.Problem) bool { return p.Code == "maybe_missing" || p.Level == "error" })
			if (i >= 0) != tt.missing {
				t.Fatalf("findings %+v, want one: %v", problems, tt.missing)
			}
			fix := ""
			if i >= 0 && len(problems[i].Fix) == 1 {
				fix, _ = problems[i].Fix[0].Value.(string)
			}
			if fix != tt.fix {
				t.Errorf("offered %q, want %q", fix, tt.fix)
			}
		})
	}
}

// TestReservedNames: what returns call a place is no name of a node.
func TestReservedNames(t *testing.T) {
	for name, want := range map[string]string{"initiator": "reserved_name", "prev": "reserved_name", "start": "dup_id", "previous": "", "initiators": ""} {
		problems := lintOf(t, `[{"name": "a", "type": "approve", "who": ["role:finance"]}, {"name": "b", "type": "branch", "branches": [
			{"name": "x", "when": "amount > 5", "nodes": [{"name": "`+name+`", "type": "approve", "who": ["role:finance"]}]}, {"name": "y", "else": true, "nodes": []}]}]`)
		got, fix := "", ""
		for _, p := range problems {
			if p.Level == "error" {
				got = p.Code
				fix, _ = p.Fix[0].Value.(string)
			}
		}
		if got != want || want != "" && fix != name+"_2" {
			t.Errorf("a node named %s: %q, offered %q, want %q", name, got, fix, want)
		}
	}
}
