//go:build !js

package def

import (
	"slices"
	"testing"
)

func TestCheckRefusesImports(t *testing.T) {
	const rows = "imports/day_labor_rows"
	tests := []struct {
		name, pointer, value string
		path                 string // of the problem; "" = the pointer
		code                 string
	}{
		{"an unknown entity", "/entity", `"sheet"`, "", "unknown_entity"},
		{"a column that leads nowhere", "/columns/0/field", `"day"`, "", "unknown_field"},
		{"a field twice", "/columns/1/field", `"work_date"`, "", "duplicate_field"},
		{"a value the engine computes", "/columns/6/field", `"total_amount"`, "", "field_type"},
		{"a whole sub-table", "/columns/6/field", `"lines"`, "", "field_type"},
		{"a grammar nobody registered", "/columns/4/parse", `"hours"`, "", "unknown_parse"},
		{"a sum of a matrix on a field", "/columns/6/parse", `"gong"`, "", "unknown_parse"},
		{"a sum outside a matrix", "/columns/6", `{"name":"gong","labels":["工数"],"parse":"gong"}`, "/columns/6/parse", "unknown_parse"},
		{"rows of a sub-table that nothing groups", "/group", "", "", "missing_key"},
		{"groups by a column of the sub-table", "/group/0", `"lines.worker"`, "", "field_type"},
		{"groups by what the sheet does not have", "/group/0", `"reason_type"`, "", "unknown_column"},
		{"matches by what the sheet does not have", "/match/0", `"no"`, "", "unknown_column"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defs := workedExample(t)
			if tt.path == "" {
				tt.path = tt.pointer
			}
			change(t, defs, rows, tt.pointer, tt.value)
			catalog, problems := Compile(defs, "")
			problems = append(problems, Check(catalog)...)
			at := func(p Problem) bool { return p.Ref == rows && p.Path == tt.path && p.Code == tt.code }
			if !slices.ContainsFunc(problems, at) {
				t.Errorf("got %v, want %s at %s", problems, tt.code, tt.path)
			}
		})
	}
}
