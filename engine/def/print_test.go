//go:build !js

package def

import (
	"slices"
	"testing"
)

func TestCheckRefusesPrints(t *testing.T) {
	const sheet, month = "prints/day_labor_sheet", "prints/attendance"
	tests := []struct {
		name, ref, pointer, value string
		path                      string // of the problem; "" = the pointer
		code                      string
	}{
		{"an unknown entity", sheet, "/entity", `"sheet"`, "", "unknown_entity"},
		{"a document for each of what is no sub-table", sheet, "/each", `"project"`, "", "field_type"},
		{"a field that is not there", sheet, "/blocks/2/items/0/field", `"number"`, "", "unknown_field"},
		{"a column outside its table", sheet, "/blocks/2/items/0/field", `"lines.worker"`, "", "unknown_field"},
		{"a text that does not compile", sheet, "/blocks/2/items/3/text", `"${work_day}"`, "", "unknown_name"},
		{"a translation that does not compile", sheet, "/blocks/0/x-i18n/en/text", `"${projekt}"`, "", "unknown_name"},
		{"a condition that is no condition", sheet, "/blocks/2/when", `"total_amount"`, "", "type"},
		{"rows that are no sub-table", sheet, "/blocks/3/rows", `"project"`, "", "field_type"},
		{"a table without rows", sheet, "/blocks/3/rows", ``, "", "missing_key"},
		{"a column of nothing", sheet, "/blocks/3/columns/1/field", `"man"`, "", "unknown_column"},
		{"a sum of names", sheet, "/blocks/3/columns/1/total", `true`, "", "field_type"},
		{"a node that no flow has", sheet, "/blocks/4/boxes/0/node", `"owner"`, "", "unknown_node"},
		{"photos that are none", sheet, "/blocks/1", `{"name":"photos","type":"photos","field":"project"}`, "/blocks/1/field", "field_type"},
		{"an unknown dataset", month, "/dataset", `"hours"`, "", "unknown_dataset"},
		{"a param the dataset does not have", month, "/blocks/0/items/0/field", `"param.team"`, "", "unknown_field"},
		{"rows of a dataset", month, "/blocks/1/rows", `"lines"`, "", "not_applicable"},
		{"a qr code to no record", month, "/blocks/0", `{"name":"qr","type":"qr"}`, "/blocks/0/type", "not_applicable"},
		{"a matrix by what is no key", month, "/blocks/2/matrix/row", `"gong"`, "", "unknown_column"},
		{"days that are no dates", month, "/blocks/2/matrix/day", `"worker"`, "", "field_type"},
		{"a month that is a date", month, "/blocks/2/matrix/month", `"from"`, "", "field_type"},
		{"a line of texts", month, "/blocks/2/matrix/lines/0/field", `"worker"`, "", "field_type"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defs := workedExample(t)
			addAttendance(t, defs)
			if tt.path == "" {
				tt.path = tt.pointer
			}
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

// addAttendance adds a print over a dataset of the days of a month.
func addAttendance(t *testing.T, defs Definitions) {
	t.Helper()
	for ref, raw := range map[Ref]string{
		{KindDataset, "days"}: `{"name":"days","title":"考勤","params":{"month":{"type":"string","x-type":"month","title":"月份"},
			"from":{"type":"string","format":"date","x-type":"date","title":"开始"}},
			"sources":[{"as":"day","entity":"day_labor_sheet","unwind":"lines","by":{"worker":"lines.worker","date":"work_date"},
				"measures":{"gong":{"sum":"lines.normal_gong"}}}],
			"columns":{"gong":{"title":"工数","value":"day.gong","x-type":"decimal"}}}`,
		{KindPrint, "attendance"}: `{"name":"attendance","title":"考勤表","dataset":"days","page":{"size":"A3","landscape":true},"blocks":[
			{"name":"head","type":"fields","items":[{"name":"month","field":"param.month"},{"name":"note","title":"月份","text":"${param.month}"}]},
			{"name":"rows","type":"table","columns":[{"name":"worker","field":"worker"},{"name":"gong","field":"gong","total":true}]},
			{"name":"days","type":"matrix","columns":[{"name":"worker","field":"worker"}],
				"matrix":{"row":"worker","day":"date","month":"month","lines":[{"name":"gong","field":"gong"}]}}]}`,
	} {
		definition, problems := Decode(ref.Kind, []byte(raw))
		if len(problems) > 0 {
			t.Fatalf("%s: %v", ref, problems)
		}
		defs[ref] = definition
	}
}

func TestAPrintOverADatasetIsFine(t *testing.T) {
	defs := workedExample(t)
	addAttendance(t, defs)
	catalog, problems := Compile(defs, "")
	for _, p := range append(problems, Check(catalog)...) {
		t.Errorf("%s%s: %s %v", p.Ref, p.Path, p.Code, p.Params)
	}
	if got := catalog.PrintsOver("days"); len(got) != 1 || got[0].Name != "attendance" || len(catalog.PrintsOf("")) != 0 {
		t.Errorf("got %v", got)
	}
}
