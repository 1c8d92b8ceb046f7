package flow_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"formwork/engine/def"
	"formwork/engine/flow"
)

// payments is a catalog with an entity of many kinds of field; flows on it are checked, never run.
func payments(t *testing.T, definition string) (*def.Catalog, *def.Flow) {
	t.Helper()
	cat := catalog(t, func(defs def.Definitions) {
		add(t, defs, def.KindEntity, `{"name": "payment", "title": "付款", "type": "object", "x-approval": true, "required": ["amount", "kind", "bills"],
		 "properties": {
		  "no": {"type": "string", "x-type": "autonumber", "title": "编号", "x-number": {"pattern": "P-{seq:4}"}},
		  "amount": {"type": "string", "x-type": "money", "title": "金额", "x-min": "0"},
		  "budget": {"type": "string", "x-type": "money", "title": "预算"},
		  "doubled": {"type": "string", "x-type": "money", "title": "两倍", "x-compute": "amount * 2"},
		  "kind": {"type": "string", "x-type": "select", "title": "类别", "oneOf": [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]},
		  "way": {"type": "string", "x-type": "select", "title": "方式", "oneOf": [{"const": "cash", "title": "C"}, {"const": "bank", "title": "B"}]},
		  "urgent": {"type": "boolean", "x-type": "boolean", "title": "急"},
		  "copies": {"type": "integer", "x-type": "integer", "title": "份数", "minimum": 0},
		  "due": {"type": "string", "format": "date", "x-type": "date", "title": "到期"},
		  "note": {"type": "string", "x-type": "text", "title": "备注"},
		  "secret": {"type": "string", "x-type": "text", "title": "机密"},
		  "clerk": {"type": "string", "x-type": "user", "title": "经办"},
		  "rows": {"type": "array", "x-type": "table", "title": "明细", "items": {"type": "object", "properties": {
		   "price": {"type": "string", "x-type": "money", "title": "价"}, "count": {"type": "integer", "x-type": "integer", "title": "量"}}}},
		  "bills": {"type": "array", "x-type": "table", "title": "发票", "items": {"type": "object", "required": ["sum"], "properties": {
		   "sum": {"type": "string", "x-type": "money", "title": "额"}}}}}}`)
		add(t, defs, def.KindRole, `{"name": "payer", "title": "付款人", "grants": {"p": {"entity": "payment", "actions": ["read", "act"], "fields": {"secret": "hidden"}}}}`)
		add(t, defs, def.KindRole, `{"name": "chief", "title": "主管", "grants": {"p": {"entity": "payment", "actions": ["read", "act"]}}}`)
	})
	canonical, problems := def.Canonical([]byte(definition))
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	parsed, err := def.Parse(def.KindFlow, canonical)
	if err != nil {
		t.Fatal(err)
	}
	f, _ := parsed.(*def.Flow)
	cat.Flows[f.Name] = f
	return cat, f
}

// findings checks a flow over payments; more are members beside its nodes. A finding reads "error no_else /nodes/0/branches".
func findings(t *testing.T, nodes, more string) []string {
	t.Helper()
	cat, f := payments(t, `{"name": "payment", "title": "付款", "entity": "payment", "nodes": [`+nodes+`]`+more+`}`)
	var got []string
	for _, p := range flow.Lint(cat, f) {
		got = append(got, p.Level+" "+p.Code+" "+p.Path)
	}
	return got
}

func source(t *testing.T, condition string) string {
	t.Helper()
	raw, err := json.Marshal(condition)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// branching is an exclusive branch with an approval behind each condition; a last "else" is one.
func branching(t *testing.T, conditions ...string) string {
	t.Helper()
	branches := make([]string, len(conditions))
	for i, c := range conditions {
		when := `"when": ` + source(t, c)
		if c == "else" {
			when = `"else": true`
		}
		branches[i] = fmt.Sprintf(`{"name": "b%d", %s, "nodes": [{"name": "n%d", "type": "approve", "who": ["role:chief"]}]}`, i, when, i)
	}
	return `{"name": "way_on", "type": "branch", "branches": [` + strings.Join(branches, ",") + `]}`
}

// TestRightConditionsRaiseNoAlarm: what a company may well write is neither refused nor warned of.
func TestRightConditionsRaiseNoAlarm(t *testing.T) {
	for _, condition := range []string{
		"sum(rows, nz(.price, 0)) > 1000", "count(rows, nz(.count, 0) > 3) > 2", "any(rows, nz(.count, 0) > 3)", "len(rows) > 2",
		"max(map(bills, .sum)) > 5", "nz(max(map(rows, .price)), 0) > 5", "days(today(), nz(due, today())) > 30", "month_of(nz(due, today())) == 12",
		"workdays(today(), nz(due, today())) > 5", "len(nz(note, '-')) > 5", "nz(left(note, 2), '-') == 'AB'", "nz(note, '-') matches '^A'",
		"IFS(amount > 500, 'h', amount > 100, 'm', 'l') == 'm'", "SWITCH(kind, 'a', amount > 5, amount > 10)", "has_role('chief')",
		"let x = amount * 2; x > 10", "actor.id == 'u_li'", "abs(amount - nz(budget, 0)) > 5", "due != nil and due > today()", "is_empty(budget)",
		"budget == nil", "nz(way, 'none') == 'none'", "nz(copies, -1) == -1", "amount > 100.1 and amount < 100.3", "kind in ['a']",
		"amount / 3 > 1000", "amount * amount > 1000", "(amount > 5) != nz(urgent, false)", "created_by != nil", "nz(note, '-') < 'M'",
	} {
		t.Run(condition, func(t *testing.T) {
			if got := findings(t, `{"name": "a", "type": "approve", "who": ["role:chief"], "when": `+source(t, condition)+`}`, ""); len(got) > 0 {
				t.Errorf("found %v", got)
			}
		})
	}
	for _, conditions := range [][]string{
		{"kind == 'a'", "kind == 'b'"},
		{"nz(copies, 0) <= 3", "nz(copies, 0) >= 4"},
		{"mod(nz(copies, 0), 2) == 0", "mod(nz(copies, 0), 2) == 1"},
		{"amount >= 0"}, // nothing is below its bound
		{"amount > nz(budget, 0)", "amount <= nz(budget, 0)"},
		{"amount > nz(budget, 0) * 2 + 100", "amount <= nz(budget, 0) * 2 + 100"},
		{"weekday_of(today()) in [6, 7]", "else"},
		{"nz(urgent, false)", "not nz(urgent, false)"},
		{"amount < 100", "amount >= 100 and amount < 1000", "amount >= 1000"},
		{"nz(due, today()) < date_of(2026, 1, 1)", "nz(due, today()) >= date_of(2026, 1, 1)"},
	} {
		t.Run(strings.Join(conditions, " | "), func(t *testing.T) {
			if len(conditions) == 1 {
				conditions = append(conditions, "amount > 5") // a second branch that is never reached is told elsewhere
			}
			for _, found := range findings(t, branching(t, conditions...), "") {
				if !strings.HasPrefix(found, "warning branch_unreachable /nodes/0/branches/1") || conditions[0] != "amount >= 0" {
					t.Errorf("found %s", found)
				}
			}
		})
	}
}

// TestMistakesAreFound plants one mistake in a right flow at a time.
func TestMistakesAreFound(t *testing.T) {
	const chief = `{"name": "a", "type": "approve", "who": ["role:chief"]`
	tests := []struct{ name, nodes, more, want string }{
		{"a gap between options", branching(t, "kind == 'a'", "nz(way, 'cash') == 'cash'"), "", "error no_else /nodes/0/branches"},
		{"a gap between whole numbers", branching(t, "nz(copies, 0) < 3", "nz(copies, 0) > 3"), "", "error no_else /nodes/0/branches"},
		{"an option there is not", branching(t, "kind == 'c'", "else"), "", "warning branch_unreachable /nodes/0/branches/0"},
		{"below the bound", branching(t, "amount < 0", "else"), "", "warning branch_unreachable /nodes/0/branches/0"},
		{"a deadline for a role there is not", chief + `, "timeout": [{"after": "PT1H", "do": "transfer:role:nobody"}]}`, "", "error unknown_name /nodes/0/timeout/0/do"},
		{"a deadline for a field of no people", chief + `, "timeout": [{"after": "PT1H", "do": "transfer:field:note"}]}`, "", "error unknown_name /nodes/0/timeout/0/do"},
		{"a deadline without a time", chief + `, "timeout": [{"after": "P", "do": "remind"}]}`, "", "error timeout_order /nodes/0/timeout/0"},
		{"administrators there are not", chief + `}`, `, "settings": {"admins": ["role:nobody"]}`, "error unknown_name /settings/admins/0"},
		{"a subject that cannot be made", chief + `}`, `, "settings": {"subject": "colour"}`, "error unknown_field /settings/subject"},
		{"a subject that is no text", chief + `}`, `, "settings": {"subject": "amount > 1"}`, "error condition_type /settings/subject"},
		{"a subject with what a role may not read", chief + `}`, `, "settings": {"subject": "no + nz(secret, '-')"}`, "warning text_exposes /settings/subject"},
		{"a subject with what a node hides", chief + `, "fields": {"note": "-"}}`, `, "settings": {"subject": "no + nz(note, '-')"}`, "warning text_exposes /settings/subject"},
		{
			"a message with what its reader may not read", chief + `}, {"name": "tell", "type": "action", "do": {"notify": {"who": ["role:payer"], "title": "nz(secret, '-')"}}}`, "",
			"warning text_exposes /nodes/1/do/notify/title",
		},
		{"a choice among a role there is not", `{"name": "a", "type": "approve", "who": ["pick:nobody"]}`, "", "error unknown_name /nodes/0/who/0"},
		{"leaders up to a role there is not", `{"name": "a", "type": "approve", "who": ["chain:role:nobody"]}`, "", "error unknown_name /nodes/0/who/0"},
		{"those of a node below", `{"name": "a", "type": "approve", "who": ["same:b"]}, {"name": "b", "type": "approve", "who": ["role:chief"]}`, "", "warning same_later /nodes/0/who/0"},
		{"a computed field to fill in", chief + `, "fields": {"doubled": "w"}}`, "", "error not_writable /nodes/0/fields/doubled"},
		{"a number to fill in", chief + `, "fields": {"no": "w"}}`, "", "error not_writable /nodes/0/fields/no"},
		{"an option set that there is not", chief + `}, {"name": "s", "type": "action", "do": {"set": {"kind": "'c'"}}}`, "", "error value_type /nodes/1/do/set/kind"},
		{"a called flow's record without what it needs", chief + `}, {"name": "c", "type": "call", "flow": "purchase", "in": {"amount": "amount"}}`, "", "error leaves_empty /nodes/1/in"},
		{"a table and its column at the same time", `{"name": "p", "type": "branch", "mode": "parallel", "branches": [
			{"name": "l", "nodes": [` + chief + `, "fields": {"rows": "w"}}]},
			{"name": "r", "nodes": [{"name": "b", "type": "approve", "who": ["role:chief"], "fields": {"rows.price": "w"}}]}]}`, "", "warning field_race /nodes/0"},
		{"a person and the flow at the same time", `{"name": "p", "type": "branch", "mode": "parallel", "branches": [
			{"name": "l", "nodes": [` + chief + `, "fields": {"note": "w"}}]},
			{"name": "r", "nodes": [` + strings.Replace(chief, `"a"`, `"b"`, 1) + `}, {"name": "s", "type": "action", "do": {"set": {"note": "'x'"}}}]}]}`, "", "warning field_race /nodes/0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := findings(t, tt.nodes, tt.more)
			for _, found := range got {
				if found != tt.want && !strings.HasPrefix(found, "error leaves_empty") {
					t.Errorf("found %s", found)
				}
			}
			if len(got) == 0 || got[0] != tt.want {
				t.Errorf("found %v, want %s", got, tt.want)
			}
		})
	}
}

// TestTextsForWhoMayReadThemRaiseNoAlarm: a message to a role that reads all, a subject of what everybody reads.
func TestTextsForWhoMayReadThemRaiseNoAlarm(t *testing.T) {
	got := findings(t, `{"name": "a", "type": "approve", "who": ["role:chief"]},
		{"name": "tell", "type": "action", "do": {"notify": {"who": ["role:chief"], "title": "nz(secret, '-')", "body": "no + ' ' + kind"}}}`,
		`, "settings": {"subject": "no + ' ' + to_text(amount, '0.00')"}`)
	if len(got) > 0 {
		t.Errorf("found %v", got)
	}
}
