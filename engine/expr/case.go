package expr

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A case is one line of testdata/*.json: an expression, the values it reads, and the value or the error it
// must give. The notation is in testdata/README.md. Cases are run here and, compiled to WASM, in the browser:
// both must agree.
type testCase struct {
	Note       string          `json:"note"`
	Expr       string          `json:"expr"`
	Env        json.RawMessage `json:"env"`
	Want       json.RawMessage `json:"want"`
	Error      string          `json:"error"`
	At         []int           `json:"at"`
	Suggestion *string         `json:"suggestion"`
	Kind       string          `json:"kind"`
	Reads      *[]string       `json:"reads"`
	Missing    *[]string       `json:"missing"`
	Unrounded  *bool           `json:"unrounded"`
}

type caseEnv struct {
	Self     map[string]json.RawMessage   `json:"self"`
	Vars     map[string]json.RawMessage   `json:"vars"`
	Settings map[string]json.RawMessage   `json:"settings"`
	Labels   map[string]map[string]string `json:"labels"`
	Roles    []string                     `json:"roles"`
	Holidays []string                     `json:"holidays"`
	Now      string                       `json:"now"`
	Zone     string                       `json:"zone"`
	AsOf     string                       `json:"asOf"`
	Row      int                          `json:"row"`
	Steps    int                          `json:"steps"`
}

// RunCase runs one case, given as JSON. Nil means that the expression did what the case says; the error tells
// what differs, or that the case itself cannot be read.
func RunCase(raw []byte) error {
	var tc testCase
	if err := strictly(raw, &tc); err != nil {
		return fmt.Errorf("read case: %w", err)
	}
	scope, env, err := tc.environment()
	if err != nil {
		return fmt.Errorf("case %q: %w", tc.Note, err)
	}
	program, err := Compile(tc.Expr, scope, kindNamed(tc.Kind))
	if err != nil {
		return tc.wantError(err)
	}
	if err := tc.checkProgram(program); err != nil {
		return err
	}
	value, err := program.Eval(env)
	if err != nil {
		return tc.wantError(err)
	}
	if tc.Error != "" {
		return fmt.Errorf("%s: got %s, want the error %s", tc.Expr, describe(value), tc.Error)
	}
	want, _, err := caseValue(tc.Want)
	if err != nil {
		return fmt.Errorf("case %q: %w", tc.Note, err)
	}
	if !Equal(value, want) || !IsMissing(value) && KindOf(value) != KindOf(want) {
		return fmt.Errorf("%s: got %s, want %s", tc.Expr, describe(value), describe(want))
	}
	return nil
}

// strictly decodes JSON: no unknown keys, nothing behind it, numbers by their text.
func strictly(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	return decoder.Decode(into)
}

func describe(v any) string {
	if IsMissing(v) {
		return "missing"
	}
	return KindOf(v).String() + " " + Key(v)
}

func kindNamed(name string) Kind {
	kind := KindList
	for kind > KindAny && kind.String() != name {
		kind--
	}
	return kind
}

// wantError compares an error of Compile or Eval with what the case expects.
func (tc *testCase) wantError(err error) error {
	if tc.Error == "" {
		return fmt.Errorf("%s: %w", tc.Expr, err)
	}
	var refused *Error
	var failed *EvalError
	switch {
	case errors.As(err, &refused):
		if refused.Code != tc.Error {
			return fmt.Errorf("%s: %w, want %s", tc.Expr, err, tc.Error)
		}
		if len(tc.At) == 2 && (refused.Line != tc.At[0] || refused.Column != tc.At[1]) {
			return fmt.Errorf("%s: %w, want it at %v", tc.Expr, err, tc.At)
		}
		if tc.Suggestion != nil && refused.Suggestion != *tc.Suggestion {
			return fmt.Errorf("%s: %w, want the suggestion %q", tc.Expr, err, *tc.Suggestion)
		}
	case errors.As(err, &failed) && failed.Code != tc.Error:
		return fmt.Errorf("%s: %w, want %s", tc.Expr, err, tc.Error)
	}
	return nil
}

// checkProgram compares what the compiler found out.
func (tc *testCase) checkProgram(p *Program) error {
	if tc.Reads != nil && pathTexts(p.Reads()) != strings.Join(*tc.Reads, " ") {
		return fmt.Errorf("%s: reads %s, want %v", tc.Expr, pathTexts(p.Reads()), *tc.Reads)
	}
	if tc.Missing != nil && pathTexts(p.MaybeMissing()) != strings.Join(*tc.Missing, " ") {
		return fmt.Errorf("%s: may be missing for %s, want %v", tc.Expr, pathTexts(p.MaybeMissing()), *tc.Missing)
	}
	if tc.Unrounded != nil && p.Unrounded() != *tc.Unrounded {
		return fmt.Errorf("%s: unrounded %v", tc.Expr, p.Unrounded())
	}
	return nil
}

func pathTexts(paths []Path) string {
	texts := make([]string, len(paths))
	for i, path := range paths {
		texts[i] = path.String()
	}
	return strings.Join(texts, " ")
}

// caseObject is a record of a case: its values and, as a Shape, their types.
type caseObject struct {
	name   string
	values map[string]any
	types  map[string]Type
}

func (o *caseObject) Name() string                   { return o.name }
func (o *caseObject) Names() []string                { return slices.Sorted(maps.Keys(o.types)) }
func (o *caseObject) Field(name string) (Type, bool) { t, ok := o.types[name]; return t, ok }
func (o *caseObject) Get(name string) any            { return o.values[name] }

func newCaseObject(name string, fields map[string]json.RawMessage) (*caseObject, error) {
	o := &caseObject{name: name, values: map[string]any{}, types: map[string]Type{}}
	for field, raw := range fields {
		value, t, err := caseValue(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field, err)
		}
		o.values[field], o.types[field] = value, t
	}
	return o, nil
}

func (tc *testCase) environment() (Scope, *Env, error) {
	var ce caseEnv
	if tc.Env != nil {
		if err := strictly(tc.Env, &ce); err != nil {
			return Scope{}, nil, err
		}
	}
	self, err := newCaseObject("self", ce.Self)
	if err != nil {
		return Scope{}, nil, err
	}
	vars, err := newCaseObject("vars", ce.Vars)
	if err != nil {
		return Scope{}, nil, err
	}
	settings, err := newCaseObject("settings", ce.Settings)
	if err != nil {
		return Scope{}, nil, err
	}
	scope := Scope{Self: self, Vars: vars.types, InRow: ce.Row > 0, Setting: func(path string) (any, Type, bool) {
		t, ok := settings.types[path]
		return settings.values[path], t, ok
	}}
	env := &Env{Self: self, Vars: vars.values, RowNo: ce.Row, Steps: ce.Steps}
	env.HasRole = func(role string) bool { return slices.Contains(ce.Roles, role) }
	env.Label = func(path Path, value any) (string, bool) {
		text, ok := ce.Labels[path.String()][Key(value)]
		return text, ok
	}
	env.Calendar = func(d Date) bool { return Weekday(d) <= 5 && !slices.Contains(ce.Holidays, DateString(d)) }
	return scope, env, ce.clock(env)
}

// clock sets the time, the zone (an offset such as +08:00) and the data date.
func (ce *caseEnv) clock(env *Env) error {
	if ce.Now != "" {
		now, err := ParseTime(ce.Now)
		if err != nil {
			return err
		}
		env.Now = StdTime(now)
	}
	if ce.Zone != "" {
		at, err := time.Parse("-07:00", ce.Zone)
		if err != nil {
			return err
		}
		env.Zone = at.Location()
	}
	if ce.AsOf != "" {
		asOf, err := ParseDate(ce.AsOf)
		if err != nil {
			return err
		}
		env.AsOf = asOf
	}
	return nil
}

// caseValue reads a value and its type in the notation of the cases.
func caseValue(raw json.RawMessage) (any, Type, error) {
	var v any
	if len(raw) > 0 {
		if err := strictly(raw, &v); err != nil {
			return nil, Type{}, err
		}
	}
	switch v := v.(type) {
	case nil:
		return nil, Type{Optional: true}, nil
	case bool:
		return v, Type{Kind: KindBool}, nil
	case string:
		return v, Type{Kind: KindText}, nil
	case json.Number:
		d, ok := parseLiteral(strings.TrimPrefix(v.String(), "-"))
		if !ok {
			return nil, Type{}, fmt.Errorf("number %s: %w", v, ErrValue)
		}
		if strings.HasPrefix(v.String(), "-") {
			d = NegDecimal(d)
		}
		return d, Type{Kind: KindNumber}, nil
	case []any:
		return caseList(raw)
	}
	return taggedValue(raw)
}

func caseList(raw json.RawMessage) (any, Type, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, Type{}, err
	}
	t := Type{Kind: KindList}
	list := make([]any, len(items))
	for i, item := range items {
		value, elem, err := caseValue(item)
		if err != nil {
			return nil, Type{}, fmt.Errorf("item %d: %w", i, err)
		}
		list[i] = value
		if value != nil {
			t.Elem = &elem
		}
	}
	return list, t, nil
}

// tagged is a value whose kind JSON does not show.
type tagged struct {
	Date     string                       `json:"date"`
	DateTime string                       `json:"datetime"`
	Month    string                       `json:"month"`
	Missing  string                       `json:"missing"`
	Optional json.RawMessage              `json:"optional"`
	Any      json.RawMessage              `json:"any"`
	Record   *string                      `json:"record"`
	Of       string                       `json:"of"`
	Fields   map[string]json.RawMessage   `json:"fields"`
	Rows     []map[string]json.RawMessage `json:"rows"`
}

func taggedValue(raw json.RawMessage) (any, Type, error) {
	var t tagged
	if err := strictly(raw, &t); err != nil {
		return nil, Type{}, err
	}
	switch {
	case t.Date != "":
		v, err := ParseDate(t.Date)
		return v, Type{Kind: KindDate}, err
	case t.DateTime != "":
		v, err := ParseTime(t.DateTime)
		return v, Type{Kind: KindDateTime}, err
	case t.Month != "":
		v, err := ParseMonth(t.Month)
		return v, Type{Kind: KindMonth}, err
	case t.Missing != "":
		return nil, Type{Kind: kindNamed(t.Missing), Optional: true}, nil
	case t.Optional != nil:
		v, inner, err := caseValue(t.Optional)
		inner.Optional = true
		return v, inner, err
	case t.Any != nil:
		v, _, err := caseValue(t.Any)
		return v, Type{}, err
	case t.Record != nil:
		fields, err := newCaseObject(t.Of, t.Fields)
		if err != nil {
			return nil, Type{}, err
		}
		return NewRef(*t.Record, fields), Type{Kind: KindRecord, Shape: fields}, nil
	}
	return caseRows(t.Rows)
}

// caseRows reads the rows of a sub-table; the type has the fields of all rows, optional where one lacks it.
func caseRows(rows []map[string]json.RawMessage) (any, Type, error) {
	shape := &caseObject{name: "rows", types: map[string]Type{}}
	list := make([]any, len(rows))
	for i, fields := range rows {
		row, err := newCaseObject("rows", fields)
		if err != nil {
			return nil, Type{}, fmt.Errorf("row %d: %w", i+1, err)
		}
		list[i] = NewRef("r"+strconv.Itoa(i+1), row)
		for name, t := range row.types {
			if known, ok := shape.types[name]; ok && known.Kind != KindAny {
				t = Type{Kind: known.Kind, Elem: known.Elem, Shape: known.Shape, Optional: known.Optional || t.Optional}
			}
			shape.types[name] = t
		}
	}
	for name, t := range shape.types {
		for _, fields := range rows {
			if _, ok := fields[name]; !ok {
				t.Optional = true
				shape.types[name] = t
			}
		}
	}
	return list, Type{Kind: KindList, Shape: shape}, nil
}
