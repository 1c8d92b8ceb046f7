package expr

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// fuzzScope has a field of every kind, required (named by its kind) and optional (with opt_ before).
func fuzzScope() (Scope, *Env) {
	d, _ := NewDate(2026, 6, 30)
	at, _ := ParseTime("2026-06-30T06:05:00Z")
	inner := &shape{"team", map[string]Type{"name": {Kind: KindText}, "rate": numberType, "opt_rate": {Kind: KindNumber, Optional: true}}}
	team := NewRef("t1", object{"name": "木工班", "rate": number("8.50")})
	record := Type{Kind: KindRecord, Shape: inner}
	types := map[string]Type{
		"number": numberType, "text": {Kind: KindText}, "flag": {Kind: KindBool}, "date": {Kind: KindDate},
		"datetime": {Kind: KindDateTime}, "month": {Kind: KindMonth}, "team": record,
		"lines": {Kind: KindList, Shape: inner}, "list": {Kind: KindList, Elem: &Type{Kind: KindNumber}}, "any_value": {},
	}
	values := object{
		"number": number("12.5"), "text": "abc工程", "flag": true, "date": d, "datetime": at, "month": MonthOf(d), "team": team,
		"lines": []any{team, NewRef("t2", object{"name": "b", "rate": number("-3"), "opt_rate": number("2")})},
		"list":  []any{number("1"), number("2.25"), number("-7")}, "any_value": number("3"),
	}
	self := &shape{"sheet", types}
	for name, t := range types {
		t.Optional = true
		if name != "any_value" && len(name) < 9 {
			self.fields["opt_"+name] = t
		}
	}
	scope := Scope{
		Self: self, Vars: map[string]Type{"record": {Kind: KindRecord, Shape: self}}, InRow: true,
		Setting: func(path string) (any, Type, bool) { return number("4"), numberType, path == "a.b" },
	}
	env := &Env{
		Self: values, Vars: map[string]any{"record": NewRef("r1", values)}, Now: time.Unix(1782000000, 0), RowNo: 1, Steps: 20_000,
		Zone: time.FixedZone("", 8*3600),
	}
	return scope, env
}

// FuzzCompileEval: no source makes the compiler or an evaluation panic, hang or make more than it may, and what
// the compiler says cannot be missing is not.
func FuzzCompileEval(f *testing.F) {
	for _, list := range readCases(f) {
		for _, raw := range list {
			var tc testCase
			if err := json.Unmarshal(raw, &tc); err != nil {
				f.Fatal(err)
			}
			f.Add(tc.Expr)
		}
	}
	for _, seed := range []string{
		"sum(lines, .rate * number) + nz(opt_number, 0)", "IF(opt_flag, opt_text, text)", "record.opt_team.opt_rate ?? 1",
		"map(lines, `${.name}/${.opt_rate}`)", "opt_date != nil and opt_date > date", "first(opt_lines).rate", "SWITCH(opt_text, 'a', 1, 2)",
		"let x = opt_number; x == nil ? 0 : x ^ 2", "any_value + text", "filter(opt_list, # > opt_number)[0]",
	} {
		f.Add(seed)
	}
	scope, env := fuzzScope()
	f.Fuzz(func(t *testing.T, source string) {
		started := time.Now()
		p, err := Compile(source, scope, KindAny)
		if err != nil {
			var refused *Error
			if !errors.As(err, &refused) || refused.Code == "" || refused.Line < 1 || refused.Column < 1 || refused.Offset > len([]rune(source)) {
				t.Errorf("refused without a place: %+v", err)
			}
			return
		}
		value, err := p.Eval(env)
		if took := time.Since(started); took > 20*time.Second {
			t.Errorf("took %s", took)
		}
		var failed *EvalError
		switch {
		case err != nil && !errors.As(err, &failed):
			t.Errorf("failed without a code: %v", err)
		case err == nil && value == nil && !p.Type().Optional && p.Type().Kind != KindAny:
			t.Errorf("missing, though it cannot be")
		case err == nil && size(value) > maxBytes:
			t.Errorf("made %d bytes", size(value))
		}
	})
}

// size is about how many bytes a value takes.
func size(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []any:
		total := 0
		for _, item := range v {
			total += 16 + size(item)
		}
		return total
	}
	return 16
}
