package builder

import (
	"slices"
	"testing"

	"formwork/engine/def"
)

// filtersOf checks the filters of a few definitions given as JSON, by reference.
func filtersOf(t *testing.T, texts map[string]string) []string {
	t.Helper()
	defs := def.Definitions{}
	for key, text := range texts {
		ref, _ := def.ParseRef(key)
		definition, problems := def.Decode(ref.Kind, []byte(text))
		if len(problems) > 0 {
			t.Fatalf("%s: %v", key, problems)
		}
		defs[ref] = definition
	}
	catalog, problems := def.Compile(defs, "")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var found []string
	for _, p := range checkFilters(catalog) {
		found = append(found, p.Ref+p.Path+" "+p.Code)
	}
	return found
}

func TestFiltersAreCheckedWhereTheyStand(t *testing.T) {
	const rate = `{"name":"rate","title":"R","type":"object","properties":{
		"worker":{"type":"string","x-type":"text"},"day":{"type":"string","format":"date","x-type":"date"},"price":{"type":"string","x-type":"money"}}}`
	sheet := func(where string) map[string]string {
		return map[string]string{
			"entities/rate": rate,
			"settings/pay":  `{"name":"pay","title":"P","properties":{"since":{"type":"string","format":"date","x-type":"date","default":"2026-01-01"}}}`,
			"entities/sheet": `{"name":"sheet","title":"S","type":"object","properties":{
				"day":{"type":"string","format":"date","x-type":"date"},
				"lines":{"type":"array","x-type":"table","items":{"type":"object","properties":{
					"worker":{"type":"string","x-type":"text"},
					"price":{"type":"string","x-type":"money","x-lookup":[{"name":"a","entity":"rate","take":"price","where":` + where + `}]}}}}}}`,
		}
	}
	const at = "entities/sheet/properties/lines/items/properties/price/x-lookup/0/where"
	tests := []struct {
		name  string
		where string
		want  []string
	}{
		{"equal to the row, not after the header", `{"and":[{"field":"worker","op":"eq","value":{"var":"row.worker"}},{"field":"day","op":"le","value":{"var":"record.day"}}]}`, nil},
		{"one equality", `{"field":"worker","op":"eq","value":"W01"}`, nil},
		{"a setting", `{"field":"day","op":"ge","value":{"var":"setting.pay.since"}}`, nil},
		{"an unknown setting", `{"field":"day","op":"ge","value":{"var":"setting.pay.until"}}`, []string{at + "/value unknown_variable"}},
		{"two bounds", `{"and":[{"field":"day","op":"ge","value":"2026-01-01"},{"field":"day","op":"le","value":"2026-12-31"}]}`, []string{at + " lookup_filter"}},
		{"an alternative", `{"or":[{"field":"worker","op":"eq","value":"W01"}]}`, []string{at + " lookup_filter"}},
		{"a negation", `{"not":{"field":"worker","op":"eq","value":"W01"}}`, []string{at + " lookup_filter"}},
		{"another operator", `{"field":"worker","op":"starts","value":"W"}`, []string{at + " lookup_filter"}},
		{"a column the row does not have", `{"field":"worker","op":"eq","value":{"var":"row.person"}}`, []string{at + "/value unknown_variable"}},
		{"a field the entity does not have", `{"field":"person","op":"eq","value":"W01"}`, []string{at + "/field unknown_field"}},
		{"both levels of and", `{"and":[{"and":[{"field":"worker","op":"eq","value":"W01"}]}]}`, []string{at + " lookup_filter"}},
		{"a condition without operator", `{"field":"worker"}`, []string{at + "/op unknown_operator"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := filtersOf(t, sheet(tt.where)); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestFiltersOfViewsFormsKeysAndFlows(t *testing.T) {
	const sheet = `{"name":"sheet","title":"S","type":"object","x-approval":true,"properties":{
		"no":{"type":"string","x-type":"text"},"lines":{"type":"array","x-type":"table","items":{"type":"object","properties":{"worker":{"type":"string","x-type":"text"}}}}},
		"x-unique":{"no":{"fields":["no"],"where":{"field":"nr","op":"eq","value":"1"}}}}`
	got := filtersOf(t, map[string]string{
		"entities/sheet": sheet,
		"views/sheets": `{"name":"sheets","title":"S","entity":"sheet","columns":[{"field":"no"}],"params":{"a":{"type":"string","x-type":"text"}},
			"where":{"and":[{"field":"no","op":"eq","value":{"var":"param.a"}},{"field":"no","op":"eq","value":{"var":"param.b"}}]}}`,
		"forms/sheet": `{"name":"sheet","title":"S","entity":"sheet","sections":[{"name":"a","items":[{"field":"lines","fill":[
			{"name":"f","title":"F","from":{"entity":"sheet","rows":"lines","where":{"field":"no","op":"eq","value":{"var":"record.nr"}}},"map":{"lines.worker":"lines.worker"}}]}]}]}`,
		"flows/sheet": `{"name":"sheet","title":"S","entity":"sheet","where":{"field":"no","op":"eq","value":{"var":"record.no"}},"nodes":[]}`,
		"roles/clerk": `{"name":"clerk","title":"C","sets":{"mine":{"entity":"sheet","where":{"field":"created_by","op":"eq","value":{"var":"sets.mine"}}}},
			"grants":{"a":{"entity":"sheet","actions":["read"],"where":{"field":"id","op":"in","value":{"var":"sets.mine"}}}}}`,
	})
	want := []string{
		"entities/sheet/x-unique/no/where/field unknown_field",
		"forms/sheet/sections/0/items/0/fill/0/from/where/value unknown_variable",
		"views/sheets/where/and/1/value unknown_variable",
		"roles/clerk/sets/mine/where/value unknown_variable",
		"flows/sheet/where/value unknown_variable",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFiltersOfDatasetsAndDashboards(t *testing.T) {
	got := filtersOf(t, map[string]string{
		"entities/sheet": `{"name":"sheet","title":"S","type":"object","x-approval":true,"properties":{
			"day":{"type":"string","format":"date","x-type":"date"},"hours":{"type":"string","x-type":"decimal"}}}`,
		"datasets/hours": `{"name":"hours","title":"H","params":{"from":{"type":"string","format":"date","x-type":"date"}},
			"sources":[{"as":"s","entity":"sheet","by":{"on":"day"},"where":{"field":"day","op":"ge","value":{"var":"param.since"}},
				"measures":{"hours":{"sum":"hours","where":{"field":"days","op":"eq","value":"2026-01-01"}}}}],
			"columns":{"total":{"title":"T","value":"s.hours","x-type":"decimal"}},
			"having":{"and":[{"field":"total","op":"gt","value":"0"},{"field":"on","op":"ge","value":{"var":"param.from"}},
				{"field":"hours","op":"gt","value":"0"},{"field":"state","op":"eq","value":"approved"}]},
			"drill":{"entity":"sheet","where":{"and":[{"field":"day","op":"eq","value":{"var":"key.on"}},
				{"field":"day","op":"ge","value":{"var":"param.from"}},{"field":"day","op":"eq","value":{"var":"key.day"}}]}}}`,
		"dashboards/site": `{"name":"site","title":"S","widgets":[{"name":"w","title":"W","type":"table","dataset":"hours","x":0,"y":0,"w":6,"h":4,
			"where":{"and":[{"field":"on","op":"ge","value":{"var":"param.from"}},{"field":"day","op":"empty","value":false}]}}]}`,
	})
	want := []string{
		"datasets/hours/sources/0/where/value unknown_variable",
		"datasets/hours/sources/0/measures/hours/where/field unknown_field",
		"datasets/hours/having/and/2/field unknown_field",
		"datasets/hours/drill/where/and/2/value unknown_variable",
		"dashboards/site/widgets/0/where/and/1/field unknown_field",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
