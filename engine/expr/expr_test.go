package expr

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func refusedWith(t *testing.T, source, code string) *Error {
	t.Helper()
	_, err := Compile(source, Scope{}, KindAny)
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != code {
		t.Fatalf("%.60s: %v, want %s", source, err, code)
	}
	return refused
}

func TestTheReferenceHas65Functions(t *testing.T) {
	want := map[string]int{"logic": 8, "numbers": 8, "lists": 12, "text": 8, "dates": 18, "chinese": 7, "context": 4}
	got := map[string]int{}
	for _, fn := range Functions() {
		got[fn.Group]++
		if !strings.Contains(fn.Signature, fn.Name+"(") {
			t.Errorf("%s is shown as %s", fn.Name, fn.Signature)
		}
	}
	if !reflect.DeepEqual(got, want) || len(Functions()) != 65 {
		t.Errorf("groups %v, want %v", got, want)
	}
}

func TestReservedNames(t *testing.T) {
	for _, name := range []string{"and", "nil", "record", "param", "sum", "IF", "today", "trim", "rev", "created_at", "contains"} {
		if !IsReserved(name) {
			t.Errorf("%s may be a field", name)
		}
	}
	for _, name := range []string{"total", "project", "work_date", "if_any"} {
		if IsReserved(name) {
			t.Errorf("%s may not be a field", name)
		}
	}
	if !slices.IsSorted(Reserved()) {
		t.Error("the reserved names are not sorted")
	}
}

// Whoever holds a value can only use the functions of this package: no field, no method.
func TestValuesAreOpaque(t *testing.T) {
	for _, v := range []any{Decimal{}, Date{}, Time{}, Month{}, Ref{}} {
		for _, typ := range []reflect.Type{reflect.TypeOf(v), reflect.PointerTo(reflect.TypeOf(v))} {
			if typ.NumMethod() != 0 {
				t.Errorf("%s has the method %s", typ, typ.Method(0).Name)
			}
		}
		typ := reflect.TypeOf(v)
		for i := range typ.NumField() {
			if typ.Field(i).IsExported() {
				t.Errorf("%s has the field %s", typ, typ.Field(i).Name)
			}
		}
	}
}

func TestSourceLimits(t *testing.T) {
	tests := []struct{ name, source, code string }{
		{"900 KB of nots", strings.Repeat("!", 900_000) + "true", CodeTooLong},
		{"brackets", strings.Repeat("(", MaxSource/2-1) + "1" + strings.Repeat(")", MaxSource/2-1), CodeTooDeep},
		{"minus signs", strings.Repeat("-", MaxSource-1) + "1", CodeTooDeep},
		{"powers", strings.Repeat("2^", MaxSource/2-1) + "1", CodeTooDeep},
		{"ternaries", strings.Repeat("true?1:", MaxSource/8) + "1", CodeTooDeep},
		{"lets", strings.Repeat("let a=1;", MaxSource/8-1) + "1", CodeTooDeep},
		{"terms of a sum", "1" + strings.Repeat("+1", MaxSource/2-1), CodeTooDeep},
		{"nots with brackets", strings.Repeat("not (", MaxSource/8) + "true" + strings.Repeat(")", MaxSource/8), CodeTooDeep},
		{"lists", strings.Repeat("[", MaxSource/2-1) + strings.Repeat("]", MaxSource/2-1), CodeTooDeep},
		{"templates", "`" + strings.Repeat("${", MaxSource/2-2) + "`", CodeSyntax},
	}
	started := time.Now()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if refused := refusedWith(t, tt.source, tt.code); refused.Line != 1 {
				t.Errorf("on line %d", refused.Line)
			}
		})
	}
	if took := time.Since(started); took > 20*time.Second {
		t.Errorf("refusing took %s", took)
	}
	deepest := strings.Repeat("("+strings.Repeat("-", maxPrefixes), maxBrackets/2) + "1" + strings.Repeat(")", maxBrackets/2)
	if p, err := Compile(deepest, Scope{}, KindNumber); err != nil {
		t.Errorf("what is just allowed: %v", err)
	} else if got, err := p.Eval(nil); err != nil || Key(got) != "1" {
		t.Errorf("what is just allowed: %v, %v", got, err)
	}
	tooDeep := strings.Repeat("("+strings.Repeat("-", maxPrefixes), maxBrackets) + "1" + strings.Repeat(")", maxBrackets)
	if refused := refusedWith(t, tooDeep, CodeTooDeep); refused.Params["max"] == nil {
		t.Errorf("%+v", refused)
	}
	if _, err := Compile("1"+strings.Repeat(" + 1", 300), Scope{}, KindNumber); err != nil {
		t.Errorf("a sum of 301 terms: %v", err)
	}
	if _, err := CompileTemplate(strings.Repeat("x", MaxSource+1), Scope{}); err == nil {
		t.Error("a text above the limit is compiled")
	}
}

// A sub-table may have 5,000 rows: what people write over it must stay within the budget.
func TestFiveThousandRows(t *testing.T) {
	rows := make([]any, 5000)
	for i := range rows {
		rows[i] = NewRef(fmt.Sprint(i), object{"amount": DecimalFromInt(int64(i)), "pay_type": "day"})
	}
	scope := Scope{Self: &shape{"sheet", map[string]Type{"lines": {Kind: KindList, Shape: lineShape}}}}
	env := &Env{Self: object{"lines": rows}}
	for source, want := range map[string]string{
		"sum(lines, .amount)": "12497500",
		"len(join(map(lines, `${.pay_type}:${.amount}`), ','))":                     "43889",
		"len(uniq(map(lines, .pay_type)))":                                          "1",
		"count(filter(lines, .amount > 100 and .pay_type == 'day'), .amount < 200)": "99",
		"max(map(lines, round(.amount / 7, 2)))":                                    "714.14",
	} {
		p, err := Compile(source, scope, KindNumber)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Eval(env); err != nil || Key(got) != want {
			t.Errorf("%s = %s, %v, want %s", source, Key(got), err, want)
		}
	}
}

func TestTemplateOfPlainText(t *testing.T) {
	scope := Scope{Vars: map[string]Type{"no": {Kind: KindText, Optional: true}}}
	p, err := CompileTemplate("单号 `${no}`", scope)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Eval(&Env{Vars: map[string]any{"no": "DG-1"}})
	if err != nil || got != "单号 `DG-1`" {
		t.Errorf("%v, %v", got, err)
	}
	_, err = CompileTemplate("单号\n${nr}", scope)
	var refused *Error
	if !errors.As(err, &refused) || refused.Line != 2 || refused.Column != 3 || refused.Offset != 5 || refused.Suggestion != "no" {
		t.Errorf("%+v", err)
	}
}

func TestErrorsMarkTheirPlace(t *testing.T) {
	refused := refusedWith(t, "1 +\n 'a'", CodeType)
	if refused.Line != 2 || refused.Column != 2 || refused.Offset != 5 || refused.Length != 3 {
		t.Errorf("%+v", refused)
	}
	if refused.Params["want"] != "number" || refused.Params["got"] != "text" {
		t.Errorf("params %v", refused.Params)
	}
	p, err := Compile("1 + 2 / (3 - n)", Scope{Vars: map[string]Type{"n": {Kind: KindNumber}}}, KindAny)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Eval(&Env{Vars: map[string]any{"n": DecimalFromInt(3)}})
	var failed *EvalError
	if !errors.As(err, &failed) || failed.Code != EvalDivision || failed.Offset != 6 {
		t.Errorf("%+v", err)
	}
}

func TestWhatAProgramTells(t *testing.T) {
	team := Type{Kind: KindRecord, Shape: &shape{"team", map[string]Type{"name": {Kind: KindText}}}}
	scope := Scope{
		Self:    &shape{"sheet", map[string]Type{"kind": {Kind: KindText}, "team": team, "d": {Kind: KindDate}}},
		Setting: func(path string) (any, Type, bool) { return DecimalFromInt(3), numberType, path == "labor.days" },
	}
	source := "days(d, today()) > setting('labor.days') ? `${team}: ${team.name}` : label_of(kind)"
	p, err := Compile(source, scope, KindText)
	if err != nil {
		t.Fatal(err)
	}
	if p.Source() != source || p.Type().Kind != KindText || p.Type().Optional {
		t.Errorf("%s, %+v", p.Source(), p.Type())
	}
	if got := pathTexts(p.Reads()); got != "d kind team team.name" {
		t.Errorf("reads %s", got)
	}
	if got := pathTexts(p.Labels()); got != "kind team" {
		t.Errorf("labels %s", got)
	}
	if !reflect.DeepEqual(p.Settings(), []string{"labor.days"}) {
		t.Errorf("settings %v", p.Settings())
	}
	if !p.Uses("today") || !p.Uses("label_of") || p.Uses("now") {
		t.Error("today and label_of are used, now is not")
	}
}

func TestKeysAreUnique(t *testing.T) {
	d, _ := NewDate(2026, 6, 1)
	at, _ := ParseTime("2026-06-30T06:05:00Z")
	fields := object{"a": "b"}
	for want, v := range map[string]any{
		"": nil, "a": "a", "true": true, "false": false, "8.5": number("8.50"), "2026-06-01": d, "2026-06": MonthOf(d),
		"2026-06-30T06:05:00Z": at, "w1": NewRef("w1", fields), "1\x1f2": []any{number("1.0"), number("2")},
	} {
		if got := Key(v); got != want {
			t.Errorf("key %q, want %q", got, want)
		}
	}
	if RefObject(NewRef("w1", fields)).Get("a") != "b" {
		t.Error("a record's fields are its object")
	}
	if id, ok := RefID(number("1")); ok {
		t.Errorf("a number is the id %s", id)
	}
}

// One program serves many writes at once.
func TestProgramsAreSafeTogether(t *testing.T) {
	p, err := Compile("let x = n * 2; sum(l, SWITCH(#, 1, x, 2, # * x, 0)) + len(`${x}`)",
		Scope{Vars: map[string]Type{"n": {Kind: KindNumber}, "l": {Kind: KindList, Elem: &Type{Kind: KindNumber}}}}, KindNumber)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			env := &Env{Vars: map[string]any{"n": DecimalFromInt(int64(i)), "l": []any{DecimalFromInt(1), DecimalFromInt(2)}}}
			want := fmt.Sprint(6*i + len(fmt.Sprint(2*i)))
			for range 200 {
				got, err := p.Eval(env)
				if err != nil || Key(got) != want {
					t.Errorf("%v, %v, want %s", got, err, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

// Values that are not what their type says are reported, never taken for something else.
func TestWrongValuesAtRunTime(t *testing.T) {
	types := map[string]Type{
		"n": {Kind: KindNumber}, "s": {Kind: KindText}, "b": {Kind: KindBool}, "d": {Kind: KindDate},
		"l": {Kind: KindList, Elem: &Type{Kind: KindNumber}}, "r": {Kind: KindRecord, Shape: &shape{"x", map[string]Type{"f": {Kind: KindNumber}}}},
	}
	wrong := struct{ odd int }{7}
	vars := map[string]any{"n": wrong, "s": wrong, "b": wrong, "d": wrong, "l": wrong, "r": wrong}
	for _, source := range []string{
		"n", "b", "r", "n + 1", "-n", "n ^ 2", "round(n, 1)", "round(1, n)", "abs(n)", "n < 1", "n / 2", "upper(s)", "left(s, 1)", "left('a', n)",
		"mid(s, 1, 1)", "mid('a', n, 1)", "replace(s, 'a', 'b')", "s + 'a'", "s matches 'a'", "s contains 'a'", "to_number(s)",
		"b and true", "true and b", "b or false", "not b", "IF(b, 1, 2)", "b ? 1 : 2", "AND(b)", "all([1], b)", "filter([1], b)", "count([1], b)",
		"add_days(d, 1)", "year_of(d)", "days(d, d)", "to_text(d, 'yyyy')", "workdays(d, d)", "birth_of(s)", "luhn_ok(s)", "rmb_upper(n)",
		"sum(l)", "max(l)", "avg(l)", "first(l)", "uniq(l)", "len(l)", "len(s)", "map(l, #)", "1 in l", "l[0]", "[1][n]", "join(l, ',')",
		"r.f", "sum([1], n)", "avg([n])", "max([n, n])", "date_of(n, 1, 1)", "hours_between(now(), now()) + n", "age_at(d, d)", "mod(n, 2)",
	} {
		t.Run(source, func(t *testing.T) {
			p, err := Compile(source, Scope{Vars: types}, KindAny)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Eval(&Env{Vars: vars, Now: time.Unix(1e9, 0)})
			var failed *EvalError
			if !errors.As(err, &failed) || failed.Code != EvalType {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

func TestNearestNames(t *testing.T) {
	names := []string{"total_amount", "total_hours", "work_date", "project"}
	for name, want := range map[string]string{
		"totl_amount": "total_amount", "TOTAL_HOURS": "total_hours", "workdate": "work_date", "porject": "project", "x": "", "supplier": "",
		strings.Repeat("a", 200): "",
	} {
		if got := nearest(name, names); got != want {
			t.Errorf("%.20s: %q, want %q", name, got, want)
		}
	}
}

func TestEqualAndCompare(t *testing.T) {
	d1, _ := NewDate(2026, 6, 1)
	d2, _ := NewDate(2026, 6, 2)
	ref := NewRef("w1", nil)
	tests := []struct {
		name string
		a, b any
		want bool
	}{
		{"numbers by value", number("8.50"), number("8.5"), true},
		{"a long number by value", number("12345678901234567890.0"), number("12345678901234567890"), true},
		{"missing and the empty text", nil, "", true},
		{"missing and zero", nil, Decimal{}, false},
		{"a record and its id", ref, "w1", true},
		{"an id and its record", "w1", ref, true},
		{"a record and another", ref, NewRef("w2", nil), false},
		{"dates", d1, d2, false},
		{"a date and a text", d1, "2026-06-01", false},
		{"a number and a text", number("1"), "1", false},
		{"lists", []any{number("1"), nil}, []any{number("1.0"), ""}, true},
		{"lists of two lengths", []any{number("1")}, []any{}, false},
		{"booleans", true, true, true},
		{"a boolean and a text", true, "true", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if Equal(tt.a, tt.b) != tt.want {
				t.Errorf("Equal(%v, %v) is %v", tt.a, tt.b, !tt.want)
			}
		})
	}
	if order, ok := Compare(d1, d2); !ok || order >= 0 {
		t.Errorf("%v, %v", order, ok)
	}
	if _, ok := Compare(d1, number("1")); ok {
		t.Error("a date and a number have an order")
	}
}
