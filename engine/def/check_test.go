//go:build !js

package def

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestTheWorkedExampleCompilesAndChecks(t *testing.T) {
	catalog, problems := Compile(workedExample(t), "")
	if len(problems) > 0 {
		t.Fatalf("compile: %v", problems)
	}
	for _, p := range Check(catalog) {
		t.Errorf("%s%s: %s %v", p.Ref, p.Path, p.Code, p.Params)
	}
}

// change sets (or, with an empty value, removes) what stands at a JSON pointer of a definition.
func change(t *testing.T, defs Definitions, ref, pointer, value string) {
	t.Helper()
	r, _ := ParseRef(ref)
	raw, err := Encode(defs[r])
	if err != nil {
		t.Fatal(err)
	}
	tree, _ := readJSON(raw)
	cut := strings.LastIndexByte(pointer, '/')
	key := pointer[cut+1:]
	var item any
	if value != "" {
		var problems []Problem
		if item, problems = readJSON([]byte(value)); len(problems) > 0 {
			t.Fatalf("%s: %v", value, problems)
		}
	}
	switch parent := resolvePointer(tree, pointer[:cut]).(type) {
	case map[string]any:
		if parent[key] = item; value == "" {
			delete(parent, key)
		}
	case []any:
		var i int
		if err := json.Unmarshal([]byte(key), &i); err != nil {
			t.Fatal(err)
		}
		parent[i] = item
	default:
		t.Fatalf("nothing at %s", pointer[:cut])
	}
	definition, problems := Decode(r.Kind, appendCanonical(nil, tree))
	if len(problems) > 0 {
		t.Fatalf("the change does not decode: %v", problems)
	}
	defs[r] = definition
}

func TestCheckRefuses(t *testing.T) {
	const (
		sheet = "entities/day_labor_sheet"
		line  = "/properties/lines/items/properties/"
	)
	tests := []struct {
		name    string
		ref     string
		pointer string
		value   string
		path    string // of the problem; "" = the pointer
		code    string
	}{
		{"a field named like a function", sheet, "/properties/round", `{"type":"string","x-type":"text"}`, "", "reserved_name"},
		{"a column named like a variable", sheet, line + "row", `{"type":"string","x-type":"text"}`, "", "reserved_name"},
		{"a required field that is not there", sheet, "/required/0", `"site"`, "", "unknown_field"},
		{"an order over nothing", sheet, "/x-order/0", `"site"`, "", "unknown_field"},
		{"a display that is a table", sheet, "/x-display", `"lines"`, "", "field_type"},
		{"a natural key that is a person", "entities/project", "/x-natural", `"manager"`, "", "field_type"},
		{"a summary through a field that is no reference", sheet, "/x-summary/0", `"no.name"`, "", "unknown_field"},
		{"a tree over another entity", "entities/labor_team", "/x-tree", `"project"`, "", "field_type"},
		{"a reference to an unknown entity", sheet, "/properties/project/x-entity", `"site"`, "", "unknown_entity"},
		{"a dictionary that is not there", "entities/worker", "/properties/trade/x-dictionary", `"craft"`, "", "unknown_dictionary"},
		{"a formula with an unknown name", sheet, "/properties/total_hours/x-compute", `"sum(lines, .hours)"`, "", "unknown_name"},
		{"a formula of the wrong kind", sheet, "/properties/total_hours/x-compute", `"work_content"`, "", "type"},
		{"a formula of another entity's reference", sheet, "/properties/policy/x-compute", `"team"`, "", "type"},
		{"a division that is not rounded", sheet, "/properties/total_hours/x-compute", `"sum(lines, .ot_hours) / 3"`, "", "unrounded"},
		{"= for ==", sheet, "/x-rules/not_future/must", `"work_date = today()"`, "", "write_eq"},
		{"a rule that is no condition", sheet, "/x-rules/not_future/must", `"work_date"`, "", "type"},
		{"a rule about an unknown field", sheet, "/x-rules/not_future/field", `"day"`, "", "unknown_field"},
		{"a placeholder that is no field", sheet, "/x-rules/not_future/message", `"{day} ist zu spät"`, "", "placeholder"},
		{"an unknown setting", sheet, "/x-rules/back_entry/must", `"setting('labor.days') > 1"`, "", "unknown_setting"},
		{"a circle of formulas", sheet, line + "ot_base/x-compute", `"round(ot_gong * 2, 1)"`, "/properties/lines/items/properties/ot_gong", "cycle"},
		{"a circle through header and rows", sheet, "/properties/std_hours/x-compute", `"round(total_gong, 1)"`, "/properties/std_hours", "cycle"},
		{"a default that is no option", sheet, "/properties/reason_type/default", `"holiday"`, "", "unknown_option"},
		{"a default with too many places", sheet, line + "ot_hours/default", `"0.25"`, "", "literal"},
		{"a bound that is no number", sheet, line + "ot_hours/x-max", `"many"`, "", "literal"},
		{"a lower bound above the upper", sheet, line + "ot_hours/x-min", `"25"`, "/properties/lines/items/properties/ot_hours", "range"},
		{"a text longer than texts may be", sheet, "/properties/location/maxLength", `300`, "", "range"},
		{"a default beside x-default", sheet, line + "ot_hours/x-default", `"record.std_hours"`, "", "exclusive"},
		{"a formula beside a lookup", sheet, line + "day_rate/x-compute", `"1"`, "/properties/lines/items/properties/day_rate", "exclusive"},
		{"a snapshot of nothing", sheet, "/properties/remark/x-snapshot", `true`, "", "exclusive"},
		{"a lookup into an unknown entity", sheet, line + "day_rate/x-lookup/1/entity", `"wage"`, "", "unknown_entity"},
		{"a lookup of a value of another kind", sheet, line + "day_rate/x-lookup/1/take", `"effective_from"`, "", "field_type"},
		{"a lookup in rows that are none", sheet, line + "day_rate/x-lookup/0/rows", `"project"`, "", "field_type"},
		{"children of an unknown entity", "entities/project", "/properties/hours", `{"type":"string","x-type":"decimal","x-rollup":{"entity":"wage","via":"project","take":{"count":"id"}}}`, "/properties/hours/x-rollup/entity", "unknown_entity"},
		{"children that are files", "entities/project", "/properties/hours", `{"type":"string","x-type":"decimal","x-rollup":{"entity":"file","via":"project","take":{"count":"id"}}}`, "/properties/hours/x-rollup/entity", "unknown_entity"},
		{"children through an unknown reference", "entities/project", "/properties/hours", `{"type":"string","x-type":"decimal","x-rollup":{"entity":"day_labor_sheet","via":"site","take":{"count":"id"}}}`, "/properties/hours/x-rollup/via", "unknown_field"},
		{"children that refer to another entity", "entities/project", "/properties/hours", `{"type":"string","x-type":"decimal","x-rollup":{"entity":"day_labor_sheet","via":"team","take":{"count":"id"}}}`, "/properties/hours/x-rollup/via", "no_via"},
		{"a sum over an unknown field", "entities/project", "/properties/hours", `{"type":"string","x-type":"decimal","x-rollup":{"entity":"day_labor_sheet","via":"project","take":{"sum":"hours"}}}`, "/properties/hours/x-rollup/take", "unknown_field"},
		{"a sum over dates", "entities/project", "/properties/hours", `{"type":"string","x-type":"decimal","x-rollup":{"entity":"day_labor_sheet","via":"project","take":{"sum":"work_date"}}}`, "/properties/hours/x-rollup/take", "field_type"},
		{"the last day as a number", "entities/project", "/properties/hours", `{"type":"string","x-type":"decimal","x-rollup":{"entity":"day_labor_sheet","via":"project","take":{"max":"work_date"}}}`, "/properties/hours/x-rollup/take", "field_type"},
		{"a rollup of rows' children", sheet, line + "hours", `{"type":"string","x-type":"decimal","x-rollup":{"entity":"day_labor_sheet","via":"project","take":{"sum":"total_hours"}}}`, line + "hours/x-rollup", "field_type"},
		{"a rollup beside a formula", "entities/project", "/properties/hours", `{"type":"string","x-type":"decimal","x-compute":"1","x-rollup":{"entity":"day_labor_sheet","via":"project","take":{"sum":"total_hours"}}}`, "", "exclusive"},
		{"a likeness of an unknown field", "entities/worker", "/x-similar", `{"alike":{"field":"nick"}}`, "/x-similar/alike/field", "unknown_field"},
		{"a likeness of a date", "entities/day_labor_sheet", "/x-similar", `{"alike":{"field":"work_date"}}`, "/x-similar/alike/field", "field_type"},
		{"a likeness of what is not searched", sheet, "/x-similar", `{"alike":{"field":"location"}}`, "/x-similar/alike/field", "not_searched"},
		{"a likeness named like a rule", sheet, "/x-similar", `{"not_future":{"field":"work_content"}}`, "/x-similar/not_future", "exclusive"},
		{"a likeness with a placeholder that is no field", sheet, "/x-similar", `{"alike":{"field":"work_content","message":"{day}"}}`, "/x-similar/alike/message", "placeholder"},
		{"a number with an unknown token", sheet, "/properties/no/x-number/pattern", `"DG-{site}"`, "", "number_token"},
		{"a number with two counters", sheet, "/properties/no/x-number/pattern", `"DG-{seq:3}-{seq:2}"`, "", "number_token"},
		{"a number from a reference without natural key", "entities/worker_rate", "/properties/no", `{"type":"string","x-type":"autonumber","x-number":{"pattern":"{worker}-{seq:2}","date":"worker"}}`, "/properties/no/x-number/date", "field_type"},
		{"a key over two sub-tables", "entities/project", "/x-unique", `{"k":{"fields":["members.user","members"]}}`, "/x-unique/k/fields/1", "field_type"},
		{"plain keywords that are no schema", sheet, "/allOf", `[{"type":"texts"}]`, "/", "schema"},
		{"a form of an unknown entity", "forms/day_labor_sheet", "/entity", `"sheet"`, "", "unknown_entity"},
		{"a form with an unknown field", "forms/day_labor_sheet", "/sections/0/items/0/field", `"number"`, "", "unknown_field"},
		{"a form with a field twice", "forms/day_labor_sheet", "/sections/2/items/0/field", `"project"`, "", "duplicate_field"},
		{"a form with an unknown column", "forms/day_labor_sheet", "/sections/1/items/0/columns/0/field", `"person"`, "", "unknown_column"},
		{"a column's condition over the header without record", "forms/day_labor_sheet", "/sections/1/items/0/columns/8/visible", `"reason_type == 'rework'"`, "", "unknown_name"},
		{"a radio for a date", "forms/day_labor_sheet", "/sections/0/items/3/widget", `"radio"`, "", "widget"},
		{"a total over texts", "forms/day_labor_sheet", "/sections/1/items/0/columns/1/total", `"sum"`, "", "field_type"},
		{"a fill into a computed column", "forms/day_labor_sheet", "/fill/0/map", `{"lines.normal_gong":"lines.normal_gong"}`, "/fill/0/map/lines.normal_gong", "field_type"},
		{"a fill from rows that maps the header", "forms/day_labor_sheet", "/fill/0/map", `{"lines.worker":"created_by"}`, "/fill/0/map/lines.worker", "field_type"},
		{"a fill from an unknown dataset", "forms/day_labor_sheet", "/fill/0/from", `{"dataset":"labor_by_moon"}`, "/fill/0/from/dataset", "unknown_dataset"},
		{
			"a fill with a param the dataset does not have", "forms/day_labor_sheet", "/fill/0",
			`{"name":"f","title":"F","from":{"dataset":"labor_by_worker","params":{"day":"record.work_date"}},"map":{"lines.worker":"worker"}}`,
			"/fill/0/from/params/day", "unknown_param",
		},
		{
			"a fill with a param of another kind", "forms/day_labor_sheet", "/fill/0",
			`{"name":"f","title":"F","from":{"dataset":"labor_by_worker","params":{"project":"record.team"}},"map":{"lines.worker":"worker"}}`,
			"/fill/0/from/params/project", "field_type",
		},
		{
			"a fill from a column the dataset does not show", "forms/day_labor_sheet", "/fill/0",
			`{"name":"f","title":"F","from":{"dataset":"labor_by_worker"},"map":{"lines.worker":"person"}}`, "/fill/0/map/lines.worker", "unknown_column",
		},
		{
			"a fill from a column of another kind", "forms/day_labor_sheet", "/fill/0",
			`{"name":"f","title":"F","from":{"dataset":"labor_by_worker"},"map":{"lines.worker":"team"}}`, "/fill/0/map/lines.worker", "field_type",
		},
		{"a view over an unknown field", "views/day_labor_sheets", "/columns/3/field", `"team.boss"`, "", "unknown_field"},
		{"a view over a sub-table", "views/day_labor_sheets", "/columns/3/field", `"lines"`, "", "field_type"},
		{"a view sorted by a reference's field", "views/day_labor_sheets", "/sort/0/field", `"team.code"`, "", "unknown_field"},
		{"a view with another entity's form", "views/day_labor_sheets", "/form", `"worker"`, "", "unknown_form"},
		{"a grant on an unknown entity", "roles/labor_admin", "/grants/rates/entity", `"wage"`, "", "unknown_entity"},
		{"a mask on an unknown field", "roles/labor_admin", "/grants/sheets/fields", `{"lines.wage":"hidden"}`, "/grants/sheets/fields/lines.wage", "unknown_field"},
		{"a role that inherits itself", "roles/labor_admin", "/inherits", `["labor_admin"]`, "", "cycle"},
		{"a total whose parts are hidden", "roles/labor_admin", "/grants/sheets/fields", `{"lines.line_amount":"hidden"}`, "", "discloses"},
		{"rates looked up where rates may not be read", "roles/labor_admin", "/grants/rates", "", "/grants/sheets/fields", "discloses"},
		{"hours from a policy that may not be read", "roles/labor_admin", "/grants/policies/actions", `["create"]`, "/grants/sheets/fields", "discloses"},
		{"an approval of an entity without approval", "flows/day_labor_sheet", "/entity", `"worker"`, "", "no_approval"},
		{"a default of a setting that is no number", "settings/labor", "/properties/ot_check_hours/default", `"much"`, "", "literal"},
		{"a value of an unknown setting", "settings/labor", "/values/days", `1`, "", "unknown_field"},
		{"a parent that is not there", "dictionaries/trade", "/items/0/parent", `"craft"`, "", "unknown_option"},
		{"a parent of itself", "dictionaries/trade", "/items/0/parent", `"general"`, "/items", "cycle"},
		{"a menu of four levels", "menus/main", "/items/0/items/0/items/0", `{"name":"c","title":"C","items":[{"name":"d","title":"D","view":"day_labor_sheets"}]}`, "/items/0/items/0/items/0/items", "too_deep"},
		{"a menu with an unknown view", "menus/main", "/items/0/items/0/items/0/view", `"sheets"`, "", "unknown_view"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defs := workedExample(t)
			if tt.path == "" {
				tt.path = tt.pointer
			}
			tt.path = strings.TrimSuffix(tt.path, "/")
			change(t, defs, tt.ref, tt.pointer, tt.value)
			catalog, problems := Compile(defs, "")
			problems = append(problems, Check(catalog)...)
			at := func(p Problem) bool { return p.Ref == tt.ref && p.Path == tt.path && p.Code == tt.code }
			if !slices.ContainsFunc(problems, at) {
				t.Errorf("got %v, want %s at %s", problems, tt.code, tt.path)
			}
		})
	}
}

func TestExtensionsAddAndChangeNothing(t *testing.T) {
	extend := func(t *testing.T, text string) (*Catalog, []Problem) {
		t.Helper()
		definition, problems := Decode(KindEntity, []byte(text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		defs := workedExample(t)
		defs[RefOf("labor", definition)] = definition
		catalog, problems := Compile(defs, "")
		return catalog, append(problems, Check(catalog)...)
	}
	t.Run("a property, a rule and a key are added", func(t *testing.T) {
		catalog, problems := extend(t, `{"name":"worker","title":"x","x-extend":true,"type":"object","required":["badge"],
			"properties":{"badge":{"type":"string","x-type":"text","title":"工牌"}},
			"x-rules":{"has_badge":{"must":"len(badge) > 3","field":"badge"}},"x-unique":{"badge":{"fields":["badge"]}}}`)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		worker := catalog.Entities["worker"]
		if _, ok := worker.Field("badge"); !ok || worker.Rules["has_badge"] == nil || worker.Unique["badge"] == nil || !worker.IsRequired("badge") {
			t.Errorf("not extended: %+v", worker)
		}
		if worker.Title != "工人" {
			t.Errorf("title changed to %s", worker.Title)
		}
	})
	t.Run("what it requires is put into the forms that do not know of it", func(t *testing.T) {
		catalog, problems := extend(t, `{"name":"day_labor_sheet","title":"x","x-extend":true,"type":"object","required":["badge"],
			"properties":{"badge":{"type":"string","x-type":"text","title":"工牌"},"note":{"type":"string","x-type":"text","title":"说明"}}}`)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		ref := Ref{KindForm, "day_labor_sheet"}
		if form := catalog.Forms[ref.Name]; !form.shows("badge") || form.shows("note") {
			t.Errorf("the form shows the required field: %v, the other one: %v", form.shows("badge"), form.shows("note"))
		}
		if own, ok := catalog.Definitions[ref].(*Form); !ok || own.shows("badge") {
			t.Error("the definition itself was changed")
		}
	})
	t.Run("what is there stays", func(t *testing.T) {
		_, problems := extend(t, `{"name":"worker","title":"x","x-extend":true,"type":"object","properties":{"name":{"type":"string","x-type":"longtext"}}}`)
		if len(problems) != 1 || problems[0].Code != "extend_conflict" || problems[0].Path != "/properties/name" {
			t.Errorf("got %v", problems)
		}
	})
	t.Run("a system entity may be extended", func(t *testing.T) {
		catalog, problems := extend(t, `{"name":"user","title":"x","x-extend":true,"type":"object","properties":{"badge":{"type":"string","x-type":"text"}}}`)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if _, ok := catalog.Entities["user"].Field("badge"); !ok {
			t.Error("not extended")
		}
	})
	t.Run("a problem of an extension is shown at the extension", func(t *testing.T) {
		_, problems := extend(t, `{"name":"worker","title":"x","x-extend":true,"type":"object","properties":{"badge":{"type":"string","x-type":"text","x-compute":"nobody"}}}`)
		if len(problems) != 1 || problems[0].Ref != "entities/worker@labor" || problems[0].Path != "/properties/badge/x-compute" {
			t.Errorf("got %v", problems)
		}
	})
	t.Run("the task list is the engine's own", func(t *testing.T) {
		_, problems := extend(t, `{"name":"task","title":"x","x-extend":true,"type":"object","properties":{"badge":{"type":"string","x-type":"text"}}}`)
		if len(problems) != 1 || problems[0].Code != "reserved_name" {
			t.Errorf("got %v", problems)
		}
	})
}

// A role that a needed template brings gets what another one adds, and keeps what it has.
func TestRolesAreExtended(t *testing.T) {
	extend := func(t *testing.T, raw string) (*Catalog, []Problem) {
		t.Helper()
		definition, problems := Decode(KindRole, []byte(raw))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		defs := workedExample(t)
		defs[RefOf("safety", definition)] = definition
		catalog, problems := Compile(defs, "")
		return catalog, append(problems, Check(catalog)...)
	}
	t.Run("grants, sets and inherited roles are added", func(t *testing.T) {
		plain, _ := Compile(workedExample(t), "")
		catalog, problems := extend(t, `{"name":"labor_admin","title":"x","x-extend":true,
			"sets":{"mine":{"entity":"worker","where":{"field":"created_by","op":"eq","value":{"var":"actor.id"}}}},
			"grants":{"badges":{"entity":"worker","actions":["delete"],"where":{"field":"id","op":"in","value":{"var":"sets.mine"}}}}}`)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		before, after := plain.Roles["labor_admin"], catalog.Roles["labor_admin"]
		if len(after.Grants) != len(before.Grants)+1 || after.Grants["badges"] == nil || after.Sets["mine"] == nil {
			t.Errorf("not extended: %+v", after)
		}
		if after.Title != before.Title || after.Extend {
			t.Errorf("more than grants changed: %+v", after)
		}
	})
	t.Run("what is there stays", func(t *testing.T) {
		_, problems := extend(t, `{"name":"labor_admin","title":"x","x-extend":true,"grants":{"workers":{"entity":"worker","actions":["delete"]}}}`)
		if len(problems) != 1 || problems[0].Code != "extend_conflict" || problems[0].Path != "/grants/workers" || problems[0].Ref != "roles/labor_admin@safety" {
			t.Errorf("got %v", problems)
		}
	})
	t.Run("a problem of an extension is shown at the extension", func(t *testing.T) {
		_, problems := extend(t, `{"name":"labor_admin","title":"x","x-extend":true,"grants":{"badges":{"entity":"badge","actions":["read"]}}}`)
		if len(problems) != 1 || problems[0].Code != "unknown_entity" || problems[0].Ref != "roles/labor_admin@safety" {
			t.Errorf("got %v", problems)
		}
	})
	t.Run("there must be such a role", func(t *testing.T) {
		_, problems := extend(t, `{"name":"guard","title":"x","x-extend":true}`)
		if len(problems) != 1 || problems[0].Code != "unknown_role" {
			t.Errorf("got %v", problems)
		}
	})
}

// Rollups that would set each other off for ever are refused; along a tree they end at the root.
func TestRollupsInACircle(t *testing.T) {
	const (
		hours = `{"type":"string","x-type":"decimal","x-rollup":{"entity":"labor_team","via":"project","take":{"sum":"budget"}}}`
		share = `{"type":"string","x-type":"decimal","x-compute":"round(hours / 2, 2)"}`
		team  = `{"type":"string","x-type":"decimal","x-rollup":{"entity":"project","via":"main","take":{"sum":"share"}}}`
		tree  = `{"type":"string","x-type":"decimal","x-rollup":{"entity":"project","via":"above","take":{"sum":"below"}}}`
		above = `{"type":"string","x-type":"reference","x-entity":"project"}`
		main  = `{"type":"string","x-type":"reference","x-entity":"labor_team"}`
	)
	build := func(more map[string]string) []Problem {
		defs := workedExample(t)
		change(t, defs, "entities/project", "/properties/above", above)
		change(t, defs, "entities/project", "/properties/main", main)
		for pointer, value := range more {
			ref, at, _ := strings.Cut(pointer, ":")
			change(t, defs, ref, at, value)
		}
		catalog, problems := Compile(defs, "")
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return Check(catalog)
	}
	circle := map[string]string{
		"entities/project:/properties/hours": hours, "entities/project:/properties/share": share, "entities/labor_team:/properties/budget": team,
	}
	if got := build(circle); len(got) != 1 || got[0].Code != "cycle" || !strings.HasSuffix(got[0].Path, "/x-rollup") {
		t.Errorf("a circle through two entities: %v", got)
	}
	if got := build(map[string]string{"entities/project:/properties/below": tree}); len(got) != 1 || got[0].Code != "cycle" {
		t.Errorf("a rollup of itself along any reference: %v", got)
	}
	if got := build(map[string]string{"entities/project:/properties/below": tree, "entities/project:/x-tree": `"above"`}); len(got) != 0 {
		t.Errorf("along the tree: %v", got)
	}
}
