package sheet

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/form"
	"formwork/engine/record"
)

// Problem is one thing wrong with a workbook, where people find it: row from 1 and column A, B, …; "" = the whole line.
// Codes are those of form.Problem, and:
//
//	required         an empty cell the import needs
//	reference        no such record (params entity, key, reason)
//	ambiguous        several records have this name (params text, n)
//	number_damaged   a workbook keeps 15 digits: the rest of this number is lost
//	sheet_error      a formula without a result, such as #REF!
//	differs          another line of the record says something else; the first counts (warning)
//	duplicate_line   another line is about the same record (params row)
//	exists absent    the record to insert is there already; that to update is not
//	no_such_day      a day the month does not have
//	ambiguous_gong unknown_token  cells of an attendance sheet
//	full_day_unknown the hours of a full day are not known
//	sum_differs      a sum at the end of a line is not that of its days (warning; params sum, found)
//	(a unique rule)  another record has this, or another line (params row)
//	forbidden field_denied not_editable conflict  what the person may not do
type Problem struct {
	Row    int            `json:"row"`
	Column string         `json:"column,omitempty"`
	Field  string         `json:"field"`
	Code   string         `json:"code"`
	Rule   string         `json:"rule,omitempty"`
	Level  string         `json:"level"`
	Params map[string]any `json:"params,omitempty"`
}

// Report is what became of an import, or would become of it.
type Report struct {
	Import   string      `json:"import,omitempty"` // name of the import definition
	Sheet    string      `json:"sheet,omitempty"`
	Rows     int         `json:"rows"`    // lines of data
	Records  int         `json:"records"` // they make
	OK       int         `json:"ok"`      // records without errors
	Created  int         `json:"created"`
	Updated  int         `json:"updated"`
	Same     int         `json:"same"` // found as they are
	Columns  []TakenFrom `json:"columns,omitempty"`
	Ignored  []Ignored   `json:"ignored,omitempty"`
	Problems []Problem   `json:"problems"` // the first thousand, by row
	More     int         `json:"more"`     // further ones
	Stored   bool        `json:"stored"`   // something was written, or would not have been needed
}

// TakenFrom says which column of the sheet gave a field.
type TakenFrom struct {
	Column string `json:"column"`
	Label  string `json:"label"`
	Field  string `json:"field"`
}

const (
	levelError   = "error"
	levelWarning = "warning"
)

// note counts what became of some records.
func (r *Report) note(some []*draft) {
	for _, d := range some {
		r.Records++
		if !d.failed() {
			r.OK++
		}
		switch d.became {
		case created:
			r.Created++
		case updated:
			r.Updated++
		case same:
			r.Same++
		}
		r.add(d.problems)
	}
}

// add keeps problems; of very many the first ones.
func (r *Report) add(problems []Problem) {
	room := max(0, maxKept-len(r.Problems))
	if len(problems) > room {
		r.More += len(problems) - room
		problems = problems[:room]
	}
	r.Problems = append(r.Problems, problems...)
}

// list puts the problems in order and keeps the first.
func (r *Report) list() {
	slices.SortStableFunc(r.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(len(a.Column), len(b.Column)), strings.Compare(a.Column, b.Column))
	})
	if over := len(r.Problems) - maxProblems; over > 0 {
		r.Problems = r.Problems[:maxProblems]
		r.More += over
	}
	if r.Problems == nil {
		r.Problems = []Problem{}
	}
}

// What may become of a draft that is stored.
const (
	created = "created"
	updated = "updated"
	same    = "same"
)

// draft is a record on its way from lines to the store.
type draft struct {
	values   form.Values
	row      int              // first line, from 0
	places   map[string]place // of header fields, by name; of columns "<key>.<column>" with the keys of lines
	lines    map[string]int   // "+1" or a row's id → line
	problems []Problem
	blocked  bool   // a problem listed elsewhere keeps it from being stored
	id       string // of the record it changes, "" = new
	state    string
	number   int // its place among all of the workbook
	became   string
	before   *record.Record // what it changes, as it was
	begun    bool           // an attempt that died changed it already
	claims   []form.Claim   // when dry: the unique keys it would take
	keeps    bool           // when dry: it says what is stored, and the record keeps its keys
}

func newDraft(row int) *draft {
	return &draft{values: form.Values{}, row: row, places: map[string]place{}, lines: map[string]int{}}
}

func isError(p Problem) bool { return p.Level != levelWarning }

// failed tells whether the draft cannot be stored.
func (d *draft) failed() bool {
	return d.blocked || slices.ContainsFunc(d.problems, isError)
}

func (d *draft) fail(at place, field, code string, params ...any) {
	d.add(at, field, code, levelError, params...)
}

func (d *draft) add(at place, field, code, level string, params ...any) {
	p := Problem{Row: at.row + 1, Field: field, Code: code, Level: level}
	if at.column >= 0 {
		p.Column = columnName(at.column)
	}
	for i := 0; i+1 < len(params); i += 2 {
		if p.Params == nil {
			p.Params = map[string]any{}
		}
		name, _ := params[i].(string)
		p.Params[name] = params[i+1]
	}
	d.problems = append(d.problems, p)
}

// where finds the cell a problem's path is about: that of the field, else the line, else the record's first line.
func (d *draft) where(path string) place {
	table, rest, ok := strings.Cut(path, "[")
	if !ok {
		if at, known := d.places[path]; known {
			return at
		}
		return place{d.row, -1}
	}
	key, cell, _ := strings.Cut(rest, "]")
	cell = strings.TrimPrefix(cell, ".")
	if at, known := d.places[key+"."+cell]; known {
		return at
	}
	if line, known := d.lines[key]; known {
		return place{line, -1}
	}
	if at, known := d.places[table]; known {
		return at
	}
	return place{d.row, -1}
}

// refused notes why the record was not stored. An error nobody expects is returned.
func (d *draft) refused(err error) error {
	var (
		invalid  *record.InvalidError
		field    *access.FieldError
		conflict *record.ConflictError
	)
	switch {
	case err == nil:
	case errors.As(err, &invalid):
		for _, p := range oncePerCause(invalid.Problems) {
			at := d.where(p.Field)
			level := cmp.Or(p.Level, levelError)
			if invalid.NeedsReason {
				level = levelError // nobody gave one
			}
			d.add(at, plainPath(p.Field), p.Code, level)
			last := &d.problems[len(d.problems)-1]
			last.Rule, last.Params = p.Rule, p.Params
			if invalid.NeedsReason {
				last.Params = withReason(p.Params)
			}
		}
	case errors.As(err, &field):
		for _, path := range field.Fields {
			d.fail(d.where(path), plainPath(path), "field_denied")
		}
	case errors.As(err, &conflict):
		d.fail(place{d.row, -1}, "", "conflict")
	case errors.Is(err, record.ErrNotEditable):
		d.fail(place{d.row, -1}, "", "not_editable")
	case errors.Is(err, record.ErrForbidden), errors.Is(err, record.ErrNotFound):
		d.fail(place{d.row, -1}, "", "forbidden")
	default:
		return err
	}
	return nil
}

// oncePerCause drops what a type says of a value in general where a rule says what is wrong with it: the check digit of
// an ID card is one mistake, whoever finds it.
func oncePerCause(all []form.Problem) []form.Problem {
	ruled := map[string]bool{}
	for _, p := range all {
		if p.Rule != "" && p.Level != levelWarning {
			ruled[p.Field] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(p form.Problem) bool {
		return p.Code == "pattern" && p.Params["type"] != nil && ruled[p.Field]
	})
}

func withReason(params map[string]any) map[string]any {
	all := map[string]any{"needsReason": true}
	for name, value := range params {
		all[name] = value
	}
	return all
}

// plainPath is a path without the row: lines[+1].worker → lines.worker.
func plainPath(path string) string {
	table, rest, ok := strings.Cut(path, "[")
	if !ok {
		return path
	}
	_, cell, _ := strings.Cut(rest, "]")
	return table + cell
}

func asInvalid(err error) (*record.InvalidError, bool) {
	var invalid *record.InvalidError
	ok := errors.As(err, &invalid)
	return invalid, ok
}
