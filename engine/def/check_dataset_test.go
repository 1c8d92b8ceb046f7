//go:build !js

package def

import (
	"slices"
	"strings"
	"testing"
)

func TestCheckRefusesDatasets(t *testing.T) {
	const (
		byWorker = "datasets/labor_by_worker"
		center   = "dashboards/labor_center"
		admin    = "roles/labor_admin"
	)
	tests := []struct {
		name    string
		ref     string
		pointer string
		value   string
		path    string // of the problem; "" = the pointer
		code    string
	}{
		{"a source over an unknown entity", byWorker, "/sources/0/entity", `"sheet"`, "", "unknown_entity"},
		{"a function nobody registered", byWorker, "/sources/0", `{"as":"path","call":"critical_path"}`, "/sources/0/call", "unknown_call"},
		{"rows of what is no sub-table", byWorker, "/sources/0/unwind", `"project"`, "", "field_type"},
		{"a key that leads nowhere", byWorker, "/sources/0/by/team", `"crew"`, "", "unknown_field"},
		{"a key over a sub-table that is not unwound", byWorker, "/sources/0/unwind", "", "/sources/0/by/worker", "field_type"},
		{"a key that is a sub-table", byWorker, "/sources/0/by/team", `"lines"`, "", "field_type"},
		{"the month of a reference", byWorker, "/sources/0/by/team", `{"month":"team"}`, "", "field_type"},
		{"keys the other source does not have", byWorker, "/sources/1/by", `{"worker":"lines.worker"}`, "", "keys_differ"},
		{"a key of another entity", byWorker, "/sources/1/by/team", `"project"`, "", "keys_differ"},
		{"a sum of dates", byWorker, "/sources/0/measures/dates", `{"sum":"work_date"}`, "", "field_type"},
		{"the first of some references", byWorker, "/sources/0/measures/dates", `{"min":"team"}`, "", "field_type"},
		{"a sum through a reference", byWorker, "/sources/0/measures/dates", `{"sum":"policy.std_hours"}`, "", "unknown_field"},
		{"a column of an unknown measure", byWorker, "/columns/day_pay/value", `"day.wages"`, "", "unknown_name"},
		{"a column of the wrong kind", byWorker, "/columns/day_pay/value", `"key.worker"`, "", "type"},
		{"a division that is not rounded", byWorker, "/columns/ot_ratio/value", `"ot_hours / normal_hours"`, "", "unrounded"},
		{"columns in a circle", byWorker, "/columns/day_pay/value", `"labor_cost - ot_pay"`, "/columns/day_pay", "cycle"},
		{"a column named like a source", byWorker, "/columns/piece", `{"title":"P","value":"1","x-type":"integer"}`, "/sources/1/as", "duplicate_name"},
		{"a column named like a function", byWorker, "/columns/sum", `{"title":"P","value":"1","x-type":"integer"}`, "", "reserved_name"},
		{"a running sum of nothing", byWorker, "/window", `{"so_far":{"running_sum":"cost"}}`, "/window/so_far/running_sum", "unknown_column"},
		{"a running sum of an unknown key", byWorker, "/window", `{"so_far":{"running_sum":"labor_cost","over":["site"]}}`, "/window/so_far/over/0", "unknown_column"},
		{"a running sum named like a column", byWorker, "/window", `{"gong":{"running_sum":"labor_cost"}}`, "/window/gong", "duplicate_name"},
		{"an order by nothing", byWorker, "/order/0/field", `"day.dates"`, "", "unknown_column"},
		{"showing nothing", byWorker, "/show/0", `"man"`, "", "unknown_column"},
		{"a total of a key", byWorker, "/totals/0", `"worker"`, "", "field_type"},
		{"a parameter of an unknown entity", byWorker, "/params/project/x-entity", `"site"`, "", "unknown_entity"},
		{"a parameter with a wrong default", byWorker, "/params/from/x-default", `"1 + 1"`, "", "type"},
		{"a parameter that is computed", byWorker, "/params/project", `{"type":"string","x-type":"text","x-compute":"'P1'"}`, "", "field_type"},
		{"records behind a row of nothing", byWorker, "/drill/entity", `"sheet"`, "", "unknown_entity"},
		{"a widget over an unknown dataset", center, "/widgets/0/dataset", `"labor_by_day"`, "", "unknown_dataset"},
		{"a widget of an unknown column", center, "/widgets/0/measure", `"cost"`, "", "unknown_column"},
		{"a widget that adds workers up", center, "/widgets/0/measure", `"worker"`, "", "field_type"},
		{"a number with a dimension", center, "/widgets/0/dimension", `"worker"`, "/widgets/0/type", "shape"},
		{"a pie of nothing", center, "/widgets/0/type", `"pie"`, "", "shape"},
		{"a widget over the edge", center, "/widgets/0/x", `10`, "/widgets/0/w", "range"},
		{"a parameter of another type than the dataset's", center, "/params/from", `{"type":"string","x-type":"month"}`, "/widgets/0/dataset", "param_type"},
		{"a link to an unknown view", center, "/widgets/1/link", `{"view":"sheets"}`, "/widgets/1/link/view", "unknown_view"},
		{"a menu with an unknown dashboard", "menus/main", "/items/0/items/0/items/1/dashboard", `"center"`, "", "unknown_dashboard"},
		{"a menu with an unknown dataset", "menus/main", "/items/0/items/0/items/2/dataset", `"center"`, "", "unknown_dataset"},
		{"a grant on an unknown dataset", admin, "/grants/by_worker/dataset", `"wages"`, "", "unknown_dataset"},
		{"a dataset of hidden pay", admin, "/grants/sheets/fields", `{"lines.normal_pay":"hidden"}`, "/grants/by_worker/dataset", "discloses"},
		{"a dataset of sheets that may not be read", admin, "/grants/pieces/actions", `["create"]`, "/grants/by_worker/dataset", "discloses"},
		{"the datasets of a dashboard", admin, "/grants/by_worker/dataset", `"labor_center"`, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defs := workedExample(t)
			if tt.path == "" {
				tt.path = tt.pointer
			}
			change(t, defs, tt.ref, tt.pointer, tt.value)
			catalog, problems := Compile(defs, "")
			problems = append(problems, Check(catalog)...)
			if tt.code == "" {
				if len(problems) > 0 {
					t.Errorf("got %v", problems)
				}
				return
			}
			at := func(p Problem) bool { return p.Ref == tt.ref && p.Path == tt.path && p.Code == tt.code }
			if !slices.ContainsFunc(problems, at) {
				t.Errorf("got %v, want %s at %s", problems, tt.code, tt.path)
			}
		})
	}
}

func TestADatasetMayDiscloseWhatItIsMadeFrom(t *testing.T) {
	defs := workedExample(t)
	change(t, defs, "roles/labor_admin", "/grants/pieces/actions", `["create"]`)
	change(t, defs, "datasets/labor_by_worker", "/discloses", `true`)
	catalog, problems := Compile(defs, "")
	if problems = append(problems, Check(catalog)...); len(problems) > 0 {
		t.Errorf("got %v", problems)
	}
}

func TestWhatADatasetReads(t *testing.T) {
	source := exampleCatalog(t).Datasets["labor_by_worker"].Sources[1]
	want := "lines.amount lines.worker project sheet_date state team"
	if got := strings.Join(source.Inputs(), " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRowsOfADatasetAreFields(t *testing.T) {
	catalog := exampleCatalog(t)
	dataset := catalog.Datasets["labor_by_worker"]
	result := catalog.ResultEntity(dataset)
	for name, want := range map[string]FieldType{"worker": TypeReference, "gong": TypeDecimal, "labor_cost": TypeMoney, "attend_days": TypeInteger} {
		if field := result.Properties[name]; field == nil || field.XType != want {
			t.Errorf("%s is %+v, want %s", name, field, want)
		}
	}
	if result.Properties["worker"].Entity != "worker" || !result.Properties["gong"].IsFixed() || result.Properties["gong"].EffectiveScale() != 4 {
		t.Errorf("got %+v", result.Properties)
	}
}
