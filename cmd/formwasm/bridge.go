package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
)

// bridge keeps the open sessions and answers calls in texts of JSON. The browser has one thread: no call overlaps.
type bridge struct {
	sessions map[int]*form.Session
	last     int
}

func newBridge() *bridge { return &bridge{sessions: map[int]*form.Session{}} }

// failure is what a call answers when it could not be done.
type failure struct {
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"` // for logs; people see a translation of the code
}

// Error satisfies error.
func (f failure) Error() string { return f.Code + ": " + f.Detail }

func failed(code string, err error) failure {
	f := failure{Code: code}
	if err != nil {
		f.Detail = err.Error()
	}
	return f
}

// answer runs a call and writes its result or failure. It never panics: an editor must survive a bug here, the server
// checks everything again.
func answer(call func() (any, error)) (text string) {
	defer func() {
		if cause := recover(); cause != nil {
			text = written(failure{Code: "internal", Detail: fmt.Sprint(cause)})
		}
	}()
	result, err := call()
	if err != nil {
		var f failure
		if !errors.As(err, &f) {
			f = failed("internal", err)
		}
		return written(f)
	}
	return written(result)
}

func written(result any) string {
	raw, err := json.Marshal(result)
	if err != nil {
		return `{"code":"internal"}`
	}
	return string(raw)
}

// read decodes JSON: unknown keys are refused, whole numbers become int64, other numbers stay texts of JSON.
func read(text string, into any) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return failed("bad_json", err)
	}
	if decoder.More() {
		return failure{Code: "bad_json", Detail: "more than one value"}
	}
	return nil
}

// input is form.Input in JSON.
type input struct {
	Values  form.Values  `json:"values"`
	Stored  form.Values  `json:"stored"`
	Touched *[]string    `json:"touched"`
	Related form.Related `json:"related"`
	Context context      `json:"context"`
}

// context is form.Context in JSON: what functions are in Go are lists here.
type context struct {
	Event        form.Event        `json:"event"`
	Now          string            `json:"now"`
	Zone         string            `json:"zone"`
	Actor        actor             `json:"actor"`
	Roles        []string          `json:"roles"`
	ReadOnly     []string          `json:"readOnly"`
	Calendar     map[string]bool   `json:"calendar"`
	Record       system            `json:"record"`
	Acknowledged map[string]string `json:"acknowledged"`
}

type actor struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type system struct {
	ID        string    `json:"id"`
	Rev       int64     `json:"rev"`
	State     string    `json:"state"`
	CreatedBy string    `json:"createdBy"`
	UpdatedBy string    `json:"updatedBy"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// formInput turns the input into what Open takes.
func (in *input) formInput(f *form.Form) (form.Input, error) {
	now, err := time.Parse(time.RFC3339, in.Context.Now)
	if err != nil {
		return form.Input{}, failed("bad_input", err)
	}
	zone := time.UTC
	if in.Context.Zone != "" {
		at, err := time.Parse("-07:00", in.Context.Zone)
		if err != nil {
			return form.Input{}, failed("bad_input", err)
		}
		zone = at.Location()
	}
	c := &in.Context
	context := form.Context{
		Event: c.Event, Now: now, Zone: zone, Actor: form.Actor(c.Actor), Acknowledged: c.Acknowledged,
		HasRole:  func(role string) bool { return slices.Contains(c.Roles, role) },
		Writable: writable(f.Entity(), c.ReadOnly),
		Workday:  workday(c.Calendar),
		Record: form.System{
			ID: c.Record.ID, Rev: c.Record.Rev, State: c.Record.State, CreatedBy: c.Record.CreatedBy, UpdatedBy: c.Record.UpdatedBy,
			CreatedAt: c.Record.CreatedAt, UpdatedAt: c.Record.UpdatedAt,
		},
	}
	if in.Touched != nil {
		context.Touched = make(map[string]bool, len(*in.Touched))
		for _, path := range *in.Touched {
			context.Touched[path] = true
		}
	}
	return form.Input{
		Values: wireValues(in.Values), Stored: wireValues(in.Stored), Related: wireRelated(in.Related), Context: context,
	}, nil
}

// writable closes the fields a person's grants do not open; a sub-table closes its columns.
func writable(entity *def.Entity, readOnly []string) func(path string) bool {
	return func(path string) bool {
		f, ok := entity.Field(path)
		if !ok || f.IsReadOnly() || slices.Contains(readOnly, path) {
			return false
		}
		return f.Parent == nil || !slices.Contains(readOnly, f.Parent.Path)
	}
}

// workday is the tenant's calendar: exceptions from Monday to Friday.
func workday(calendar map[string]bool) func(date string) bool {
	if len(calendar) == 0 {
		return nil
	}
	return func(date string) bool {
		if is, known := calendar[date]; known {
			return is
		}
		d, err := expr.ParseDate(date)
		return err == nil && expr.Weekday(d) <= 5
	}
}

// wireValues turns whole JSON numbers into int64, the wire form of integers.
func wireValues(values form.Values) form.Values {
	for key, value := range values {
		values[key] = wire(value)
	}
	return values
}

func wire(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
	case []any:
		for i := range v {
			v[i] = wire(v[i])
		}
	case map[string]any:
		wireValues(v)
	}
	return value
}

func wireRelated(related form.Related) form.Related {
	for _, record := range related.Records {
		wireValues(record)
	}
	wireValues(related.Lookups)
	return related
}

// opened is the answer of open.
type opened struct {
	Handle int `json:"handle"`
	form.Result
}

func (b *bridge) open(sliceText, inputText string) (any, error) {
	f, err := form.OpenSlice([]byte(sliceText))
	if err != nil {
		return nil, failed("bad_slice", err)
	}
	var in input
	if err := read(inputText, &in); err != nil {
		return nil, err
	}
	given, err := in.formInput(f)
	if err != nil {
		return nil, err
	}
	b.last++
	s := form.Open(f, given)
	b.sessions[b.last] = s
	return opened{b.last, s.Result()}, nil
}

// with runs a call on an open session.
func (b *bridge) with(handle int, call func(*form.Session) (any, error)) (any, error) {
	s, ok := b.sessions[handle]
	if !ok {
		return nil, failure{Code: "unknown_handle"}
	}
	return call(s)
}

func (b *bridge) set(handle int, path, valueText string) (any, error) {
	return b.with(handle, func(s *form.Session) (any, error) {
		var value any
		if err := read(valueText, &value); err != nil {
			return nil, err
		}
		return s.Set(path, wire(value)), nil
	})
}

// The operations on rows.
const (
	opInsert = "insert"
	opDelete = "delete"
	opMove   = "move"
	opPaste  = "paste"
	opWrite  = "write"
)

func (b *bridge) rows(handle int, table, op, arg string) (any, error) {
	return b.with(handle, func(s *form.Session) (any, error) {
		switch op {
		case opInsert:
			in := struct {
				At   *int          `json:"at"`
				Rows []form.Values `json:"rows"`
			}{}
			if err := read(arg, &in); err != nil {
				return nil, err
			}
			at := int(^uint(0) >> 1) // behind the last
			if in.At != nil {
				at = *in.At
			}
			for _, row := range in.Rows {
				wireValues(row)
			}
			return s.Insert(table, at, in.Rows), nil
		case opDelete, opMove:
			in := struct {
				Rows []string `json:"rows"`
				At   int      `json:"at"`
			}{}
			if err := read(arg, &in); err != nil {
				return nil, err
			}
			if op == opDelete {
				return s.Delete(table, in.Rows), nil
			}
			return s.Move(table, in.Rows, in.At), nil
		case opPaste:
			var in form.Paste
			if err := read(arg, &in); err != nil {
				return nil, err
			}
			return s.Paste(table, in), nil
		case opWrite:
			return writeCells(s, table, arg)
		}
		return nil, failure{Code: "unknown_operation"}
	})
}

// writeCells sets many cells of a sub-table in one step.
func writeCells(s *form.Session, table, arg string) (any, error) {
	var in struct {
		Cells map[string]any `json:"cells"`
	}
	if err := read(arg, &in); err != nil {
		return nil, err
	}
	for path := range in.Cells {
		if !strings.HasPrefix(path, table+"[") {
			return nil, failure{Code: "unknown_path", Detail: path}
		}
	}
	return s.SetAll(wireValues(in.Cells)), nil
}

func (b *bridge) answer(handle int, relatedText string) (any, error) {
	return b.with(handle, func(s *form.Session) (any, error) {
		var related form.Related
		if err := read(relatedText, &related); err != nil {
			return nil, err
		}
		return s.Answer(wireRelated(related)), nil
	})
}

func (b *bridge) acknowledge(handle int, reasonsText string) (any, error) {
	return b.with(handle, func(s *form.Session) (any, error) {
		var reasons map[string]string
		if err := read(reasonsText, &reasons); err != nil {
			return nil, err
		}
		return s.Acknowledge(reasons), nil
	})
}

func (b *bridge) result(handle int) (any, error) {
	return b.with(handle, func(s *form.Session) (any, error) { return s.Result(), nil })
}

func (b *bridge) patch(handle int) (any, error) {
	return b.with(handle, func(s *form.Session) (any, error) { return s.Patch(), nil })
}

func (b *bridge) choices(handle int, path string) (any, error) {
	return b.with(handle, func(s *form.Session) (any, error) {
		choices, ok := s.Choices(path)
		if !ok {
			return nil, failure{Code: "unknown_path"}
		}
		return choices, nil
	})
}

func (b *bridge) close(handle int) { delete(b.sessions, handle) }

// evalCases runs a whole file of cases: they reach expr as they were written, with all their digits.
func evalCases(text string) (any, error) {
	var cases []json.RawMessage
	if err := read(text, &cases); err != nil {
		return nil, err
	}
	verdicts := make([]verdict, len(cases))
	for i, raw := range cases {
		verdicts[i] = evalCase(string(raw))
	}
	return verdicts, nil
}

// verdict is the answer of evalCase.
type verdict struct {
	Pass  bool   `json:"pass"`
	Error string `json:"error,omitempty"`
}

func evalCase(text string) verdict {
	if err := expr.RunCase([]byte(text)); err != nil {
		return verdict{Error: err.Error()}
	}
	return verdict{Pass: true}
}

// function is one function of the language, for editors.
type function struct {
	Name      string `json:"name"`
	Group     string `json:"group"`
	Signature string `json:"signature"`
}

func functions() []function {
	var list []function
	for _, f := range expr.Functions() {
		list = append(list, function(f))
	}
	return list
}
