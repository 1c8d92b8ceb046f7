//go:build !js

package def

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"formwork/engine/expr"
)

func exampleCatalog(tb testing.TB) *Catalog {
	tb.Helper()
	catalog, problems := Compile(workedExample(tb), "")
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	return catalog
}

func TestPathsFollowReferences(t *testing.T) {
	catalog := exampleCatalog(t)
	tests := []struct {
		entity, path string
		want         FieldType // "" = there is no such field
	}{
		{"day_labor_sheet", "project", TypeReference},
		{"day_labor_sheet", "lines", TypeTable},
		{"day_labor_sheet", "lines.worker", TypeReference},
		{"day_labor_sheet", "lines.worker.trade", TypeSelect},
		{"day_labor_sheet", "team.contract.project", TypeReference},
		{"day_labor_sheet", "team.contract.project.name", TypeText},
		{"day_labor_sheet", "team.contract.project.labor_policy.code", ""}, // four references
		{"day_labor_sheet", "team.foreman", TypeUser},
		{"day_labor_sheet", "team.foreman.department.head", TypeUser},
		{"day_labor_sheet", "state", TypeSelect},
		{"worker", "state", ""}, // no approval, no state
		{"worker", "created_by.name", TypeText},
		{"worker", "name.first", ""},
		{"worker", "", ""},
		{"nobody", "name", ""},
	}
	for _, tt := range tests {
		field, ok := catalog.Field(tt.entity, tt.path)
		switch {
		case ok != (tt.want != ""):
			t.Errorf("%s.%s: found %v", tt.entity, tt.path, ok)
		case ok && field.XType != tt.want:
			t.Errorf("%s.%s is %s, want %s", tt.entity, tt.path, field.XType, tt.want)
		}
	}
}

func TestOwnerIsTheEntityOfTheLastField(t *testing.T) {
	catalog := exampleCatalog(t)
	for path, want := range map[string]string{
		"project": "day_labor_sheet", "lines.worker": "day_labor_sheet", "lines.worker.trade": "worker", "team.contract.no": "expense_contract",
	} {
		if owner, ok := catalog.Owner("day_labor_sheet", path); !ok || owner.Name != want {
			t.Errorf("%s belongs to %v, want %s", path, owner, want)
		}
	}
}

func TestDefaultsOfFields(t *testing.T) {
	catalog := exampleCatalog(t)
	field := func(path string) *Field {
		f, ok := catalog.Field("day_labor_sheet", path)
		if !ok {
			t.Fatalf("no %s", path)
		}
		return f
	}
	if f := field("total_amount"); f.EffectiveScale() != 2 || !f.IsFixed() || !f.IsReadOnly() || !f.IsNumber() {
		t.Errorf("money %+v", f)
	}
	if f := field("lines.ot_hours"); f.EffectiveScale() != 1 || f.IsFixed() || f.IsReadOnly() || f.DefaultValue() != "0" {
		t.Errorf("decimal %+v", f)
	}
	if f := field("remark"); f.EffectiveMaxLength() != 500 || !f.IsText() {
		t.Errorf("longtext %+v", f)
	}
	if f := field("lines"); f.EffectiveMaxItems() != 200 || !f.IsTable() || f.IsList() {
		t.Errorf("table %+v", f)
	}
	if f := field("lines.worker.trade"); len(f.Opts) != 2 || f.Opts[0].Label("en-GB") != "General" || f.Opts[0].Label("zh-CN") != "普工" {
		t.Errorf("options of the dictionary: %+v", f.Opts)
	}
	if f := field("lines.worker"); f.Path != "lines.worker" || f.Name != "worker" || f.Parent.Name != "lines" {
		t.Errorf("column %+v", f)
	}
}

func TestOrderOfFields(t *testing.T) {
	sheet := exampleCatalog(t).Entities["day_labor_sheet"]
	var names []string
	for _, field := range sheet.Fields() {
		names = append(names, field.Name)
	}
	want := "no project team work_date wbs_task reason_type work_content location lines total_gong total_hours head_count total_amount"
	if got := strings.Join(names[:13], " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := sheet.Tables(); len(got) != 1 || got[0].Name != "lines" {
		t.Errorf("tables %v", got)
	}
	if !sheet.IsRequired("lines.worker") || sheet.IsRequired("lines.day_rate") || !sheet.IsRequired("project") {
		t.Error("required")
	}
	if sheet.Keys()[KeyNatural].Fields[0] != "no" || len(sheet.Keys()) != 3 || sheet.Unique[KeyNatural] != nil {
		t.Errorf("keys %v", sheet.Keys())
	}
}

func TestConditionsKnowWhatMayBeMissing(t *testing.T) {
	catalog := exampleCatalog(t)
	scope := catalog.Scope(catalog.Entities["day_labor_sheet"])
	tests := []struct {
		source string
		want   []string
	}{
		{"max_ot_hours > setting('labor.ot_check_hours')", nil}, // an aggregate always has a value
		{"head_count > 3", nil},
		{"project.manager == actor.id", nil}, // required, and required there
		{"location == 'A'", []string{"location"}},
		{"nz(location, '-') == 'A'", nil},
		{"nz(location, '') == 'A'", []string{"location"}}, // the empty text is missing too
		{"team.pay_mode == 'direct_wage'", []string{"team.pay_mode"}},
		{"std_hours > 8", nil}, // computed from what is required all along
		{"state == 'draft'", nil},
	}
	for _, tt := range tests {
		program, err := expr.Compile(tt.source, scope, expr.KindBool)
		if err != nil {
			t.Errorf("%s: %v", tt.source, err)
			continue
		}
		var got []string
		for _, path := range program.MaybeMissing() {
			got = append(got, path.String())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s may miss %v, want %v", tt.source, got, tt.want)
		}
	}
}

func TestSettings(t *testing.T) {
	catalog := exampleCatalog(t)
	if value, _, ok := catalog.Setting("labor.backentry_days"); !ok || value != int64(3) {
		t.Errorf("backentry_days = %v, %v", value, ok)
	}
	if value, _, ok := catalog.Setting("labor.ot_check_hours"); !ok || value != "4" {
		t.Errorf("ot_check_hours = %v, %v", value, ok)
	}
	for _, path := range []string{"labor.days", "labor", "cost.mode"} {
		if _, _, ok := catalog.Setting(path); ok {
			t.Errorf("%s is a setting", path)
		}
	}
	defs := workedExample(t)
	change(t, defs, "settings/labor", "/values/backentry_days", "7")
	changed, _ := Compile(defs, "")
	if value, _, _ := changed.Setting("labor.backentry_days"); value != int64(7) {
		t.Errorf("the tenant's value is not used: %v", value)
	}
}

func TestEveryEntityHasAFormAndAView(t *testing.T) {
	catalog := exampleCatalog(t)
	for name := range catalog.Entities {
		form, hasForm := catalog.FormFor(name, DevicePhone)
		views := catalog.ViewsOf(name)
		if IsEngines(name) {
			continue
		}
		if !hasForm || len(views) == 0 {
			t.Fatalf("%s: form %v, views %d", name, hasForm, len(views))
		}
		if form.Entity != name || len(form.Sections) == 0 || len(views[0].Columns) == 0 {
			t.Errorf("%s: %+v %+v", name, form, views[0])
		}
	}
	if form, _ := catalog.FormFor("day_labor_sheet", DeviceDesk); len(form.Sections) != 4 {
		t.Error("the published form is not used")
	}
}

func TestAPhoneFormWinsOnAPhone(t *testing.T) {
	defs := workedExample(t)
	for _, text := range []string{
		`{"name":"quick","title":"Quick","entity":"worker","device":"phone","sections":[]}`,
		`{"name":"office","title":"Office","entity":"worker","sections":[]}`,
	} {
		form, problems := Decode(KindForm, []byte(text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		defs[RefOf("", form)] = form
	}
	catalog, _ := Compile(defs, "")
	for device, want := range map[string]string{DevicePhone: "quick", DeviceDesk: "office", DeviceAny: "office"} {
		if form, _ := catalog.FormFor("worker", device); form.Name != want {
			t.Errorf("%s gets %s, want %s", device, form.Name, want)
		}
	}
}

func TestResolvedHoldsOnlyWhatIsKept(t *testing.T) {
	catalog := exampleCatalog(t)
	sheet := catalog.Entities["day_labor_sheet"]
	kept := sheet.Resolved(func(path string) bool { return path != "total_amount" && path != "lines.day_rate" })
	if _, ok := kept.Field("total_amount"); ok {
		t.Error("total_amount was kept")
	}
	if _, ok := kept.Field("lines.day_rate"); ok {
		t.Error("lines.day_rate was kept")
	}
	if slices.Contains(kept.Order, "total_amount") || slices.Contains(kept.Properties["lines"].Items.Order, "day_rate") {
		t.Error("the order names what is gone")
	}
	if _, ok := sheet.Field("total_amount"); !ok {
		t.Fatal("the catalog's entity was changed")
	}
	worker := catalog.Entities["worker"].Resolved(nil)
	trade := worker.Properties["trade"]
	if len(trade.OneOf) != 2 || trade.Dictionary != "" {
		t.Errorf("dictionary not folded: %+v", trade)
	}
}

func TestPortableSchema(t *testing.T) {
	catalog := exampleCatalog(t)
	raw := PortableSchema(catalog.Entities["day_labor_sheet"])
	if strings.Contains(string(raw), `"x-`) {
		t.Error("the portable schema has x- keywords")
	}
	var schema struct {
		Required   []string
		Properties map[string]map[string]any
	}
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	if got := schema.Properties["total_amount"]["pattern"]; got != `^-?(0|[1-9][0-9]{0,27})(\.[0-9]{1,2})?$` {
		t.Errorf("money: %v", got)
	}
	if schema.Properties["total_amount"]["readOnly"] != true || slices.Contains(schema.Required, "no") {
		t.Error("computed fields are read-only and not required")
	}
}

func TestValidator(t *testing.T) {
	defs := workedExample(t)
	change(t, defs, "entities/worker", "/allOf", `[{"if":{"properties":{"status":{"const":"left"}},"required":["status"]},"then":{"required":["exit_date"]}}]`)
	catalog, _ := Compile(defs, "")
	validator, err := catalog.Validator("worker")
	if err != nil {
		t.Fatal(err)
	}
	good := func() map[string]any {
		return map[string]any{"code": "W01", "name": "张大力", "entry_date": "2025-12-01", "status": "active", "contract_signed": true}
	}
	tests := []struct {
		name   string
		change func(map[string]any)
		path   string // "-" = valid
	}{
		{"as it should be", func(map[string]any) {}, "-"},
		{"without a name", func(v map[string]any) { delete(v, "name") }, ""},
		{"a date that is none", func(v map[string]any) { v["entry_date"] = "2025-13-01" }, "/entry_date"},
		{"a text for a boolean", func(v map[string]any) { v["contract_signed"] = "true" }, "/contract_signed"},
		{"no option", func(v map[string]any) { v["status"] = "gone" }, "/status"},
		{"no option of the dictionary", func(v map[string]any) { v["trade"] = "pilot" }, "/trade"},
		{"an unknown field", func(v map[string]any) { v["age"] = int64(3) }, ""},
		{"left without a date, by the plain keywords", func(v map[string]any) { v["status"] = "left" }, ""},
		{"left with a date", func(v map[string]any) { v["status"], v["exit_date"] = "left", "2026-01-01" }, "-"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			values := good()
			tt.change(values)
			problems := validator.Check(values)
			if tt.path == "-" {
				if len(problems) > 0 {
					t.Errorf("got %v", problems)
				}
				return
			}
			if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Path == tt.path && p.Code == "schema" }) {
				t.Errorf("got %v, want schema at %q", problems, tt.path)
			}
		})
	}
	if problems := validator.CheckOpening(map[string]any{"code": "W01"}); len(problems) > 0 {
		t.Errorf("opening data need nothing: %v", problems)
	}
	if again, _ := catalog.Validator("worker"); again != validator {
		t.Error("made twice")
	}
}

func TestRowsKeepTheirIDs(t *testing.T) {
	catalog := exampleCatalog(t)
	validator, err := catalog.Validator("project")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{
		"code": "P1", "name": "云锦", "manager": "u1", "labor_policy": "p1", "members": []any{map[string]any{"_id": "r1", "user": "u1", "role": "clerk"}},
	}
	if problems := validator.Check(values); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestVersionIsTheContent(t *testing.T) {
	one, _ := Compile(workedExample(t), "")
	two, _ := Compile(workedExample(t), "")
	if one.Version != two.Version {
		t.Error("the same definitions have two versions")
	}
	defs := workedExample(t)
	change(t, defs, "settings/labor", "/title", `"设置"`)
	three, _ := Compile(defs, "")
	if three.Version == one.Version {
		t.Error("another title has the same version")
	}
}

func TestSubmitFlowsByPriority(t *testing.T) {
	defs := workedExample(t)
	for _, text := range []string{
		`{"name":"a","title":"A","entity":"day_labor_sheet","nodes":[]}`,
		`{"name":"b","title":"B","entity":"day_labor_sheet","priority":5,"nodes":[]}`,
		`{"name":"c","title":"C","entity":"day_labor_sheet","start":{"on":["approved"]},"nodes":[]}`,
		`{"name":"d","title":"D","start":{"schedule":"0 3 * * *"},"nodes":[]}`,
	} {
		flow, err := Parse(KindFlow, []byte(text)) // Decode does not take triggers yet
		if err != nil {
			t.Fatal(err)
		}
		defs[RefOf("", flow)] = flow
	}
	catalog, _ := Compile(defs, "")
	var names []string
	for _, flow := range catalog.SubmitFlows("day_labor_sheet") {
		names = append(names, flow.Name)
	}
	if want := []string{"b", "a", "day_labor_sheet"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}
