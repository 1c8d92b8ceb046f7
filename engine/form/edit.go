package form

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Changes is what an edit changed, by path ("work_date", "lines.ot_hours" for a column's state, "lines[r1].ot_hours").
type Changes struct {
	Values   map[string]any       `json:"values,omitempty"` // nil = empty now
	Rows     map[string][]string  `json:"rows,omitempty"`   // sub-table → ids of its rows in order
	States   map[string]State     `json:"states,omitempty"`
	Problems map[string][]Problem `json:"problems,omitempty"` // all problems of that path; empty = none left
	Asks     []Ask                `json:"asks,omitempty"`     // new ones only
}

// journal notes what an edit changes.
type journal struct {
	values       map[place]bool
	states       map[place]bool
	columns      map[*field]bool
	rows         map[*group]bool
	problemPaths map[string]bool
}

// place is one cell.
type place struct {
	line  *line
	field *field
}

func newJournal() *journal {
	return &journal{map[place]bool{}, map[place]bool{}, map[*field]bool{}, map[*group]bool{}, map[string]bool{}}
}

func (j *journal) value(l *line, f *field) { j.values[place{l, f}] = true }
func (j *journal) state(l *line, f *field) { j.states[place{l, f}] = true }

func (j *journal) problems(list []Problem) {
	for i := range list {
		j.problemPaths[list[i].Field] = true
	}
}

// change runs an edit and everything that depends on it.
func (s *Session) change(edit func()) Changes {
	s.log = newJournal()
	edit()
	s.runDue()
	changes := s.changes()
	s.log = nil
	return changes
}

func (s *Session) changes() Changes {
	ch := Changes{Asks: s.newAsks()}
	for at := range s.log.values {
		if at.line.removed || s.sealed[at.field.id] || at.field.rows != nil {
			continue
		}
		setIn(&ch.Values, at.line.path(at.field), at.line.cells[at.field.pos].wire)
	}
	for g := range s.log.rows {
		setIn(&ch.Rows, g.name, s.ids(g))
	}
	for f := range s.log.columns {
		setIn(&ch.States, f.Path, s.looks[f.column])
	}
	for at := range s.log.states {
		if !at.line.removed {
			setIn(&ch.States, at.line.path(at.field), at.line.cells[at.field.pos].state)
		}
	}
	if len(s.log.problemPaths) > 0 {
		ch.Problems = make(map[string][]Problem, len(s.log.problemPaths))
		for path := range s.log.problemPaths {
			ch.Problems[path] = []Problem{}
		}
		s.eachProblem(func(p Problem) {
			if list, ok := ch.Problems[p.Field]; ok {
				ch.Problems[p.Field] = append(list, p)
			}
		})
	}
	return ch
}

func setIn[T any](into *map[string]T, key string, value T) {
	if *into == nil {
		*into = map[string]T{}
	}
	(*into)[key] = value
}

// Set is a person's change of one value: a field, a cell, or a whole sub-table (a list of rows). nil empties it.
// Unknown and computed paths change nothing.
func (s *Session) Set(path string, value any) Changes {
	return s.change(func() { s.assign(path, value) })
}

// SetAll is a person's change of many values in one step, by path: a column that is filled, a range that is cleared.
// It is Set for each of them, but what depends on them is run once.
func (s *Session) SetAll(values map[string]any) Changes {
	return s.change(func() {
		for _, path := range slices.Sorted(maps.Keys(values)) {
			s.assign(path, values[path])
		}
	})
}

func (s *Session) assign(path string, value any) {
	l, f, ok := s.locate(path)
	switch {
	case !ok:
	case f.rows != nil:
		s.replaceRows(f, value)
	case f.origin == fromPeople:
		s.write(l, f, value)
	}
}

// write puts what a person wrote into a cell and spreads the change.
func (s *Session) write(l *line, f *field, value any) {
	if s.sealed[f.id] || f.origin != fromPeople {
		return
	}
	c := &l.cells[f.pos]
	before := *c
	s.enter(l, f, value, true)
	c.touched = true
	if len(before.faults)+len(c.faults) > 0 {
		s.log.problemPaths[l.path(f)] = true
	}
	if s.open[f.id] && sameWire(before.wire, c.wire) && before.pending == c.pending && before.touched {
		return
	}
	s.spread(l, f)
	if f.value != nil {
		s.mark(f.value, l)
	}
}

// replaceRows takes a whole sub-table; everything is run anew.
func (s *Session) replaceRows(f *field, value any) {
	if !s.open[f.id] {
		return
	}
	for _, row := range s.rows[f.rows.index] {
		s.forget(row)
	}
	s.loadRows(f, value)
	s.log.problemPaths[f.Path] = true
	for _, row := range s.rows[f.rows.index] {
		for _, column := range f.rows.fields {
			row.cells[column.pos].touched = row.cells[column.pos].has
			s.log.value(row, column)
			s.log.state(row, column) // a row that was here before may have had others
		}
		s.lineProblems(row, func(p Problem) { s.log.problemPaths[p.Field] = true })
		for _, u := range f.rows.units {
			s.mark(u, row)
		}
	}
	s.membersChanged(f.rows)
}

// locate finds the cell of a path: "work_date", "lines[r1].worker".
func (s *Session) locate(path string) (*line, *field, bool) {
	table, rest, isCell := strings.Cut(path, "[")
	if !isCell {
		f, ok := s.form.head.byName[path]
		return s.header, f, ok
	}
	id, column, ok := strings.Cut(rest, "].")
	f, found := s.form.head.byName[table]
	if !ok || !found || f.rows == nil {
		return nil, nil, false
	}
	row, found := s.row(f.rows, id)
	if !found {
		return nil, nil, false
	}
	c, ok := f.rows.byName[column]
	return row, c, ok
}

// Answer takes answers to asks and runs what waited for them.
func (s *Session) Answer(related Related) Changes {
	return s.change(func() {
		news := false
		for key, record := range related.Records {
			before, known := s.related.Records[key]
			s.related.Records[key] = record
			news = news || known && !reflect.DeepEqual(before, record)
			s.wake(key)
		}
		for key, value := range related.Lookups {
			before, known := s.related.Lookups[key]
			s.related.Lookups[key] = value
			news = news || known && !reflect.DeepEqual(before, value)
			s.wake(key)
		}
		if news { // an answer that was already used: nobody knows by whom
			for _, u := range s.form.units {
				s.markAll(u)
			}
		}
	})
}

func (s *Session) wake(key string) {
	for _, at := range s.waiting[key] {
		s.mark(at.unit, at.line)
	}
}

// Acknowledge takes the reasons given for warnings by rule name, in place of the earlier ones.
func (s *Session) Acknowledge(reasons map[string]string) Changes {
	return s.change(func() {
		s.eachProblem(func(p Problem) { s.log.problemPaths[p.Field] = true })
		s.ctx.Acknowledged = reasons
		for _, u := range s.form.units {
			if u.kind == unitRule {
				s.markAll(u)
			}
		}
		s.eachProblem(func(p Problem) { s.log.problemPaths[p.Field] = true })
	})
}
