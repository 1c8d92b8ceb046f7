package query_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"formwork/engine/def"
	"formwork/engine/query"
)

type entities map[string]*def.Entity

func (e entities) Entity(name string) (*def.Entity, bool) {
	entity, ok := e[name]
	return entity, ok
}

func field(t def.FieldType) *def.Field { return &def.Field{XType: t} }

func reference(entity string) *def.Field { return &def.Field{XType: def.TypeReference, Entity: entity} }

func table(columns map[string]*def.Field) *def.Field {
	return &def.Field{XType: def.TypeTable, Items: &def.Items{Properties: columns}}
}

// site is a small construction company: sheets of day labor, teams, contracts, companies.
var site = entities{
	"sheet": {Properties: map[string]*def.Field{
		"no": field(def.TypeText), "project": reference("project"), "team": reference("team"),
		"work_date": field(def.TypeDate), "total": field(def.TypeMoney), "heads": field(def.TypeInteger),
		"night": field(def.TypeBoolean), "reason": field(def.TypeSelect), "tags": field(def.TypeMultiSelect),
		"at": field(def.TypeDateTime), "period": field(def.TypeMonth), "photos": field(def.TypeImage),
		"lines": table(map[string]*def.Field{"worker": reference("worker"), "hours": field(def.TypeDecimal)}),
	}},
	"team":     {Properties: map[string]*def.Field{"contract": reference("contract"), "name": field(def.TypeText), "foreman": field(def.TypeUser)}},
	"contract": {Properties: map[string]*def.Field{"supplier": reference("company"), "amount": field(def.TypeMoney)}},
	"company":  {Properties: map[string]*def.Field{"name": field(def.TypeText), "parent": reference("company")}},
	"project":  {Properties: map[string]*def.Field{"name": field(def.TypeText)}},
	"worker":   {Properties: map[string]*def.Field{"name": field(def.TypeText), "team": reference("team")}},
}

func checked(t *testing.T, text string) *query.Filter {
	t.Helper()
	f, err := query.Parse([]byte(text))
	if err != nil {
		t.Fatalf("parse %s: %v", text, err)
	}
	if err := query.Check(f, site["sheet"], site, query.Allow("param")); err != nil {
		t.Fatalf("check %s: %v", text, err)
	}
	return f
}

func TestParseRefuses(t *testing.T) {
	deep := strings.Repeat(`{"not":`, 9) + `{"and":[]}` + strings.Repeat(`}`, 9)
	cond := `{"field":"no","op":"eq","value":"x"}`
	values := `{"field":"no","op":"in","value":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 2001), ",") + `]}`
	tests := []struct{ name, text, code, path string }{
		{"no JSON", `{"and":[`, "syntax", "/and"},
		{"text after it", `{"and":[]} {}`, "syntax", ""},
		{"a list", `[]`, "syntax", ""},
		{"empty object", `{}`, "syntax", ""},
		{"two words", `{"and":[],"or":[]}`, "syntax", ""},
		{"unknown word", `{"xor":[]}`, "syntax", ""},
		{"unknown key", `{"field":"no","op":"eq","value":"x","case":true}`, "syntax", ""},
		{"repeated key", `{"field":"no","field":"no","op":"eq","value":"x"}`, "syntax", ""},
		{"no value", `{"field":"no","op":"eq"}`, "syntax", ""},
		{"where without any", `{"field":"no","op":"eq","where":{"and":[]}}`, "syntax", ""},
		{"value and where", `{"field":"lines","op":"any","value":"x","where":{"and":[]}}`, "syntax", ""},
		{"field is no name", `{"field":"No.","op":"eq","value":"x"}`, "unknown_field", "/field"},
		{"operator", `{"field":"no","op":"like","value":"x"}`, "unknown_operator", "/op"},
		{"null", `{"field":"no","op":"eq","value":null}`, "value_type", "/value"},
		{"empty text", `{"field":"no","op":"eq","value":""}`, "value_type", "/value"},
		{"U+0000", `{"field":"no","op":"eq","value":"a\u0000"}`, "value_type", "/value"},
		{"float", `{"field":"heads","op":"eq","value":1.5}`, "value_type", "/value"},
		{"2^53", `{"field":"heads","op":"eq","value":9007199254740992}`, "value_type", "/value"},
		{"between of one", `{"field":"no","op":"between","value":["a"]}`, "value_type", "/value"},
		{"in without list", `{"field":"no","op":"in","value":"a"}`, "value_type", "/value"},
		{"too many values", values, "too_many_values", "/value"},
		{"empty of text", `{"field":"no","op":"empty","value":"yes"}`, "value_type", "/value"},
		{"duration", `{"field":"at","op":"gt","value":{"var":"now","plus":"3 days"}}`, "value_type", "/value/plus"},
		{"variable key", `{"field":"at","op":"gt","value":{"var":"now","minus":"P3D"}}`, "syntax", "/value"},
		{"nine levels", deep, "too_deep", strings.Repeat("/not", 8)},
		{"101 conditions", `{"and":[` + strings.TrimSuffix(strings.Repeat(cond+",", 101), ",") + `]}`, "too_many", "/and/100"},
		{"endless nesting", strings.Repeat(`[`, 100_000), "too_deep", strings.Repeat("/0", 21)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := query.Parse([]byte(tt.text))
			var problem *query.Error
			if !errors.As(err, &problem) || problem.Code != tt.code || problem.Path != tt.path {
				t.Errorf("Parse = %v, want %s at %q", err, tt.code, tt.path)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	tests := []struct{ name, text, code string }{
		{"field of the record", `{"field":"no","op":"starts","value":"DG"}`, ""},
		{"system field", `{"field":"state","op":"in","value":["approved"]}`, ""},
		{"recycle bin", `{"field":"deleted","op":"eq","value":true}`, ""},
		{"deadline", `{"field":"next_due","op":"le","value":{"var":"now"}}`, ""},
		{"column", `{"field":"lines.hours","op":"gt","value":"4"}`, ""},
		{"any row", `{"field":"lines","op":"any","where":{"and":[{"field":"hours","op":"gt","value":"4"},{"field":"worker.team.name","op":"eq","value":"A"}]}}`, ""},
		{"two references", `{"field":"team.contract.supplier","op":"eq","value":"c1"}`, ""},
		{"three references", `{"field":"team.contract.supplier.name","op":"contains","value":"建"}`, ""},
		{"behind the creator", `{"field":"team.foreman","op":"eq","value":{"var":"actor.id"}}`, ""},
		{"list of the actor's", `{"field":"created_by","op":"in","value":{"var":"actor.departments"}}`, ""},
		{"element of a list", `{"field":"tags","op":"contains","value":"urgent"}`, ""},
		{"30 days ago", `{"field":"work_date","op":"between","value":[{"var":"today","plus":"-P30D"},{"var":"today"}]}`, ""},
		{"param", `{"field":"project","op":"eq","value":{"var":"param.project"},"optional":true}`, ""},

		{"unknown field", `{"field":"colour","op":"eq","value":"x"}`, "unknown_field"},
		{"unknown column", `{"field":"lines.colour","op":"eq","value":"x"}`, "unknown_field"},
		{"field of a text", `{"field":"no.length","op":"eq","value":"x"}`, "unknown_field"},
		{"a row's reference outside any", `{"field":"lines.worker.name","op":"eq","value":"x"}`, "unknown_field"},
		{"header inside any", `{"field":"lines","op":"any","where":{"field":"no","op":"eq","value":"x"}}`, "unknown_field"},
		{"four references", `{"field":"team.contract.supplier.parent.name","op":"eq","value":"x"}`, "path_too_long"},
		{"less than a choice", `{"field":"reason","op":"lt","value":"x"}`, "operator_type"},
		{"list equals", `{"field":"tags","op":"eq","value":"x"}`, "operator_type"},
		{"contains of money", `{"field":"total","op":"contains","value":"1"}`, "operator_type"},
		{"any of a text", `{"field":"no","op":"any","where":{"and":[]}}`, "operator_type"},
		{"money as number", `{"field":"total","op":"gt","value":"1,5"}`, "value_type"},
		{"no such day", `{"field":"work_date","op":"eq","value":"2026-02-30"}`, "value_type"},
		{"flag for text", `{"field":"no","op":"eq","value":true}`, "value_type"},
		{"text for flag", `{"field":"night","op":"eq","value":"true"}`, "value_type"},
		{"day for an instant", `{"field":"at","op":"gt","value":{"var":"today"}}`, "value_type"},
		{"list variable for a scalar", `{"field":"project","op":"eq","value":{"var":"actor.departments"}}`, "value_type"},
		{"hours on a day", `{"field":"work_date","op":"gt","value":{"var":"today","plus":"PT3H"}}`, "value_type"},
		{"plus on a text", `{"field":"no","op":"eq","value":{"var":"param.no","plus":"P1D"}}`, "value_type"},
		{"variable of elsewhere", `{"field":"project","op":"eq","value":{"var":"record.project"}}`, "unknown_variable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := query.Parse([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			err = query.Check(f, site["sheet"], site, query.Allow("param"))
			var problem *query.Error
			errors.As(err, &problem)
			if tt.code == "" && err != nil || tt.code != "" && (problem == nil || problem.Code != tt.code) {
				t.Errorf("Check = %v, want %q", err, tt.code)
			}
		})
	}
}

func TestCheckFindsEverything(t *testing.T) {
	f, err := query.Parse([]byte(`{"or":[{"field":"x","op":"eq","value":"1"},{"not":{"field":"total","op":"starts","value":"1"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var found query.Errors
	if err := query.Check(f, site["sheet"], site, nil); !errors.As(err, &found) || len(found) != 2 || found[1].Path != "/or/1/not/op" {
		t.Errorf("Check = %v, want two findings with their places", err)
	}
}

func TestCheckFillsIn(t *testing.T) {
	f := checked(t, `{"and":[{"field":"lines.hours","op":"ge","value":"8.50"},{"field":"team.contract.amount","op":"lt","value":"1000.00"},
		{"field":"at","op":"eq","value":"2026-06-30T14:05:00.000+08:00"},{"field":"tags","op":"in","value":["a"]},{"field":"total","op":"eq","value":7}]}`)
	rows, behind, at, tags, total := f.And[0].Cond, f.And[1].Cond, f.And[2].Cond, f.And[3].Cond, f.And[4].Cond
	if !rows.Rows || rows.Type != def.TypeDecimal || rows.Value != "8.5" {
		t.Errorf("column = %+v", rows)
	}
	if behind.Refs != 2 || behind.Type != def.TypeMoney || behind.Value != "1000" {
		t.Errorf("behind references = %+v", behind)
	}
	if at.Value != "2026-06-30T06:05:00Z" || !tags.List || total.Value != "7" {
		t.Errorf("at %v, tags list %v, total %v", at.Value, tags.List, total.Value)
	}
	want := []string{"at", "lines.hours", "tags", "team.contract.amount", "total"}
	if got := query.Fields(f); !reflect.DeepEqual(got, want) {
		t.Errorf("Fields = %v, want %v", got, want)
	}
}

func TestResolve(t *testing.T) {
	vars := func(name string) (any, bool) {
		values := map[string]any{
			"today": "2026-03-31", "now": "2026-03-31T22:30:00Z", "actor.id": "u1",
			"actor.departments": []any{"d1", "d2"}, "param.month": "2026-01", "param.total": "8.50",
		}
		value, ok := values[name]
		return value, ok
	}
	tests := []struct{ name, text, want string }{
		{"text", `{"field":"created_by","op":"eq","value":{"var":"actor.id"}}`, `{"field":"created_by","op":"eq","value":"u1"}`},
		{"list", `{"field":"team","op":"in","value":{"var":"actor.departments"}}`, `{"field":"team","op":"in","value":["d1","d2"]}`},
		{"a month ago is clipped", `{"field":"work_date","op":"ge","value":{"var":"today","plus":"-P1M"}}`, `{"field":"work_date","op":"ge","value":"2026-02-28"}`},
		{"weeks", `{"field":"work_date","op":"ge","value":{"var":"today","plus":"P2W"}}`, `{"field":"work_date","op":"ge","value":"2026-04-14"}`},
		{"hours", `{"field":"at","op":"ge","value":{"var":"now","plus":"P1DT2H"}}`, `{"field":"at","op":"ge","value":"2026-04-02T00:30:00Z"}`},
		{"months", `{"field":"period","op":"eq","value":{"var":"param.month","plus":"-P1M"}}`, `{"field":"period","op":"eq","value":"2025-12"}`},
		{"decimal is canonical", `{"field":"total","op":"eq","value":{"var":"param.total"}}`, `{"field":"total","op":"eq","value":"8.5"}`},
		{"missing matches nothing", `{"field":"project","op":"eq","value":{"var":"param.none"}}`, `{"or":[]}`},
		{"missing under not", `{"not":{"field":"project","op":"eq","value":{"var":"param.none"}}}`, `{"not":{"or":[]}}`},
		{"half a range", `{"field":"total","op":"between","value":[{"var":"param.none"},"5"]}`, `{"or":[]}`},
		{"missing member", `{"field":"no","op":"in","value":[{"var":"param.none"},"5"]}`, `{"field":"no","op":"in","value":["5"]}`},
		{"missing list", `{"field":"no","op":"in","value":{"var":"param.none"}}`, `{"or":[]}`},
		{
			"optional is dropped", `{"and":[{"field":"no","op":"eq","value":{"var":"param.none"},"optional":true},{"field":"night","op":"eq","value":true}]}`,
			`{"and":[{"field":"night","op":"eq","value":true}]}`,
		},
		{"optional alone", `{"not":{"field":"no","op":"eq","value":{"var":"param.none"},"optional":true}}`, `{"and":[]}`},
		{"all alternatives dropped", `{"or":[{"field":"no","op":"eq","value":{"var":"param.none"},"optional":true}]}`, `{"and":[]}`},
		{"optional with a value", `{"field":"total","op":"eq","value":{"var":"param.total"},"optional":true}`, `{"field":"total","op":"eq","value":"8.5"}`},
		{
			"rows", `{"field":"lines","op":"any","where":{"field":"worker","op":"eq","value":{"var":"actor.id"}}}`,
			`{"field":"lines","op":"any","where":{"field":"worker","op":"eq","value":"u1"}}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := checked(t, tt.text)
			before, _ := json.Marshal(f)
			resolved, err := query.Resolve(f, vars)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := json.Marshal(resolved); string(got) != tt.want {
				t.Errorf("Resolve = %s, want %s", got, tt.want)
			}
			if after, _ := json.Marshal(f); string(after) != string(before) {
				t.Errorf("Resolve changed its argument to %s", after)
			}
		})
	}
	_, err := query.Resolve(checked(t, `{"field":"total","op":"eq","value":{"var":"param.month"}}`), vars)
	var problem *query.Error
	if !errors.As(err, &problem) || problem.Code != query.CodeValueType {
		t.Errorf("a month for money: %v, want value_type", err)
	}
}

func TestMatch(t *testing.T) {
	sheet := query.Values{
		"id": "s1", "no": "DG-P1 ﾃｽﾄ Ⅳ", "project": "p1", "work_date": "2026-06-01", "total": "1040.00", "heads": int64(3),
		"night": false, "tags": []any{"urgent", "rework"}, "at": "2026-06-01T08:00:00.5Z", "period": "2026-06",
		"lines": []any{
			map[string]any{"worker": "w1", "hours": "8"},
			map[string]any{"worker": "w2", "hours": "4.5"},
			map[string]any{"worker": "w3"},
		},
	}
	tests := []struct {
		name, text string
		want       bool
	}{
		{"all", `{"and":[]}`, true},
		{"none", `{"or":[]}`, false},
		{"decimals by value", `{"field":"total","op":"eq","value":"1040"}`, true},
		{"decimals not by text", `{"field":"total","op":"gt","value":"999"}`, true},
		{"instants by time", `{"field":"at","op":"gt","value":"2026-06-01T08:00:00Z"}`, true},
		{"between is inclusive", `{"field":"work_date","op":"between","value":["2026-06-01","2026-06-01"]}`, true},
		{"false is a value", `{"field":"night","op":"eq","value":false}`, true},
		{"ne of missing", `{"field":"reason","op":"ne","value":"x"}`, false},
		{"not eq of missing", `{"not":{"field":"reason","op":"eq","value":"x"}}`, true},
		{"lt of missing", `{"field":"team","op":"in","value":["x"]}`, false},
		{"missing", `{"field":"reason","op":"empty","value":true}`, true},
		{"missing list", `{"field":"photos","op":"empty","value":false}`, false},
		{"folded width and case", `{"field":"no","op":"contains","value":"テスト iv"}`, true},
		{"folded prefix", `{"field":"no","op":"starts","value":"dg-"}`, true},
		{"percent is no wildcard", `{"field":"no","op":"contains","value":"%"}`, false},
		{"element", `{"field":"tags","op":"contains","value":"rework"}`, true},
		{"part of an element", `{"field":"tags","op":"contains","value":"re"}`, false},
		{"one of elements", `{"field":"tags","op":"in","value":["x","urgent"]}`, true},
		{"some row", `{"field":"lines.hours","op":"lt","value":"5"}`, true},
		{"some row is missing", `{"field":"lines.hours","op":"empty","value":true}`, true},
		{"ne of some row", `{"field":"lines.worker","op":"ne","value":"w1"}`, true},
		{"no row", `{"not":{"field":"lines.worker","op":"eq","value":"w9"}}`, true},
		{"different rows do not add up", `{"field":"lines","op":"any","where":{"and":[{"field":"worker","op":"eq","value":"w2"},{"field":"hours","op":"eq","value":"8"}]}}`, false},
		{"one row has both", `{"field":"lines","op":"any","where":{"and":[{"field":"worker","op":"eq","value":"w1"},{"field":"hours","op":"eq","value":"8.0"}]}}`, true},
		{"a row not", `{"field":"lines","op":"any","where":{"not":{"field":"hours","op":"gt","value":"1"}}}`, true},
		{"variable left over", `{"field":"project","op":"eq","value":{"var":"param.x"}}`, false},
		{"reference not followed", `{"field":"team.name","op":"eq","value":"A"}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := query.Match(checked(t, tt.text), sheet); got != tt.want {
				t.Errorf("Match(%s) = %v, want %v", tt.text, got, tt.want)
			}
		})
	}
}

// linked is a record whose references lead to other records.
type linked struct {
	query.Values
	refs map[string][]query.Record
}

func (l linked) Related(field string) []query.Record { return l.refs[field] }

func TestMatchBehindReferences(t *testing.T) {
	contract := linked{query.Values{"amount": "500.00"}, nil}
	team := linked{query.Values{"name": "钢筋班"}, map[string][]query.Record{"contract": {contract}}}
	sheet := linked{query.Values{"team": "t1"}, map[string][]query.Record{"team": {team}}}
	if !query.Match(checked(t, `{"field":"team.contract.amount","op":"ge","value":"500"}`), sheet) {
		t.Error("the contract's amount behind two references is not found")
	}
	if query.Match(checked(t, `{"field":"team.name","op":"eq","value":"木工班"}`), sheet) {
		t.Error("a team of another name matches")
	}
}

func TestCompareRecords(t *testing.T) {
	sort := []query.Sort{{Field: "total", Desc: true}, {Field: "work_date"}}
	if err := query.CheckSort(sort, site["sheet"]); err != nil {
		t.Fatal(err)
	}
	ordered := []query.Values{
		{"id": "1", "total": "10.00"},
		{"id": "2", "total": "9.00"},
		{"id": "3", "total": "9.00"},
		{"id": "0", "total": "9.00", "work_date": "2026-01-01"},
		{"id": "0", "total": "9.00", "work_date": "2026-01-02"},
		{"id": "9"},
	}
	for i, a := range ordered {
		for j, b := range ordered {
			got := query.CompareRecords(sort, a, b)
			if want := i - j; got < 0 != (want < 0) || got > 0 != (want > 0) {
				t.Errorf("CompareRecords(%v, %v) = %d, want the sign of %d", a, b, got, want)
			}
		}
	}
}

func TestCheckSort(t *testing.T) {
	for _, bad := range [][]query.Sort{
		{{Field: "colour"}},
		{{Field: "lines"}},
		{{Field: "tags"}},
		{{Field: "no"}, {Field: "no", Desc: true}},
		{{Field: "no"}, {Field: "at"}, {Field: "rev"}, {Field: "state"}, {Field: "total"}, {Field: "heads"}},
	} {
		if err := query.CheckSort(bad, site["sheet"]); err == nil {
			t.Errorf("CheckSort(%v) accepts it", bad)
		}
	}
}

func TestCursor(t *testing.T) {
	sort := []query.Sort{{Field: "total", Desc: true, Type: def.TypeMoney}, {Field: "heads", Type: def.TypeInteger}, {Field: "no", Type: def.TypeText}}
	sort = append(sort, query.Sort{Field: "name", Type: def.TypeText})
	values := []any{"10.5", int64(query.MaxInteger), nil, "e\u0301"} // stored texts need not be in NFC
	text := query.EncodeCursor(sort, values, "s1")
	got, id, err := query.DecodeCursor(sort, text)
	if err != nil || id != "s1" || !reflect.DeepEqual(got, values) {
		t.Errorf("DecodeCursor = %v, %q, %v", got, id, err)
	}
	other := []query.Sort{{Field: "total", Type: def.TypeMoney}, sort[1], sort[2], sort[3]}
	for _, bad := range []string{"", "x", text[:len(text)-3], text + "A"} {
		if _, _, err := query.DecodeCursor(sort, bad); !errors.Is(err, query.ErrCursor) {
			t.Errorf("DecodeCursor(%q) = %v, want ErrCursor", bad, err)
		}
	}
	if _, _, err := query.DecodeCursor(other, text); !errors.Is(err, query.ErrCursor) {
		t.Errorf("cursor of another direction: %v, want ErrCursor", err)
	}
}

func TestGrams(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"张大力", []string{"张大", "大力", "力"}},
		{"Ｗ01 木", []string{"w0", "01", "1", "木"}},
		{"", nil},
		{"哈哈哈", []string{"哈哈", "哈"}},
	}
	for _, tt := range tests {
		if got := query.Grams(tt.text); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("Grams(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
	if !query.MatchSearch("大力 W0", []string{"张大力", "w01"}) || query.MatchSearch("大力 王", []string{"张大力", "w01"}) {
		t.Error("each word must stand in one of the texts")
	}
}

func TestCheckAggregation(t *testing.T) {
	good := query.Aggregation{
		Collection: "sheet", Unwind: "lines",
		By: []query.By{{Name: "worker", Path: []string{"lines", "worker"}}, {Name: "month", Path: []string{"work_date"}, Unit: query.Month}},
		Measures: []query.Measure{
			{Name: "n", Agg: query.Count},
			{Name: "hours", Agg: query.Sum, Path: []string{"lines", "hours"}},
			{Name: "days", Agg: query.CountDistinct, Path: []string{"work_date"}},
		},
	}
	if err := query.CheckAggregation(&good, site["sheet"], site, nil); err != nil {
		t.Fatal(err)
	}
	if good.By[1].KeyType() != def.TypeMonth || good.Measures[1].Type != def.TypeDecimal {
		t.Errorf("types not filled in: %+v", good)
	}
	bad := map[string]query.Aggregation{
		"column without unwind": {By: []query.By{{Name: "w", Path: []string{"lines", "worker"}}}},
		"unwound text":          {Unwind: "no"},
		"month of a text":       {By: []query.By{{Name: "m", Path: []string{"no"}, Unit: query.Month}}},
		"sum of texts":          {Measures: []query.Measure{{Name: "s", Agg: query.Sum, Path: []string{"no"}}}},
		"by a list":             {By: []query.By{{Name: "t", Path: []string{"tags"}}}},
		"behind a reference":    {By: []query.By{{Name: "c", Path: []string{"team", "contract"}}}},
		"no such aggregate":     {Measures: []query.Measure{{Name: "s", Agg: "median", Path: []string{"total"}}}},
	}
	for name, a := range bad {
		if err := query.CheckAggregation(&a, site["sheet"], site, nil); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"and":[{"field":"project","op":"in","value":{"var":"sets.my_projects"}},{"field":"lines","op":"any","where":{"field":"hours","op":"gt","value":"4"}}]}`)
	f.Add(`{"not":{"or":[{"field":"work_date","op":"between","value":[{"var":"today","plus":"-P30D"},"2026-01-01"],"optional":true}]}}`)
	f.Add(`{"field":"heads","op":"in","value":[1,-2,true,"x"]}`)
	vars := func(name string) (any, bool) { return "2026-01-01", name == "today" }
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := query.Parse([]byte(text))
		if err != nil {
			return
		}
		first, err := json.Marshal(parsed)
		if err != nil {
			t.Fatalf("parsed but not written: %v", err)
		}
		again, err := query.Parse(first)
		if err != nil {
			t.Fatalf("written form %s is refused: %v", first, err)
		}
		second, err := json.Marshal(again)
		if err != nil || string(second) != string(first) {
			t.Fatalf("written again: %s, first %s (%v)", second, first, err)
		}
		if err := query.Check(parsed, site["sheet"], site, query.Allow("param", "sets")); err != nil {
			return
		}
		resolved, err := query.Resolve(parsed, vars)
		if err != nil {
			return
		}
		record := query.Values{"id": "1", "no": "x", "work_date": "2026-01-01", "lines": []any{map[string]any{"hours": "5"}}}
		if query.Match(resolved, record) == query.Match(&query.Filter{Not: resolved}, record) {
			t.Fatalf("%s and its negation agree", first)
		}
	})
}

func ExampleMatch() {
	f, _ := query.Parse([]byte(`{"and":[{"field":"heads","op":"ge","value":3},{"not":{"field":"no","op":"contains","value":"作废"}}]}`))
	_ = query.Check(f, site["sheet"], site, query.Allow())
	fmt.Println(query.Match(f, query.Values{"no": "DG-01", "heads": int64(4)}))
	// Output: true
}
