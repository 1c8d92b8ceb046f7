package form

import "formwork/engine/def"

// Result is everything as it stands now.
func (s *Session) Result() Result {
	result := Result{Values: s.Values(), Problems: s.Problems(), States: s.states(), Asks: s.Asks()}
	for _, ask := range result.Asks {
		s.shown[ask.Key] = true
	}
	return result
}

// Values are the record's values now: what was given, defaults and computed values. What is not readable or not known
// yet is left out; what is no value of its field is in it as it was given.
func (s *Session) Values() Values {
	values := make(Values, len(s.header.cells))
	for _, f := range s.form.head.fields {
		switch {
		case s.sealed[f.id]:
		case f.rows != nil:
			if rows := s.rowsWire(f.rows); len(rows) > 0 {
				values[f.Name] = rows
			} else if wire := s.header.cells[f.pos].wire; wire != nil {
				values[f.Name] = wire // not even a list
			}
		default:
			s.header.put(values, f)
		}
	}
	return values
}

func (l *line) put(values Values, f *field) {
	if wire := l.cells[f.pos].wire; wire != nil && !l.s.sealed[f.id] {
		values[f.Name] = wire
	}
}

func (s *Session) rowsWire(g *group) []any {
	rows := make([]any, 0, len(s.rows[g.index]))
	for _, l := range s.rows[g.index] {
		row := make(Values, len(l.cells)+1)
		row[rowID] = l.id
		if s.ctx.NewID != nil && IsTemporaryID(l.id) {
			row[rowID] = s.ctx.NewID()
		}
		for _, f := range g.fields {
			l.put(row, f)
		}
		rows = append(rows, row)
	}
	return rows
}

// Problems lists what is wrong now: the header's, then row by row.
func (s *Session) Problems() []Problem {
	var list []Problem
	s.eachProblem(func(p Problem) { list = append(list, p) })
	return list
}

func (s *Session) eachProblem(visit func(Problem)) {
	s.lineProblems(s.header, visit)
	for _, g := range s.form.tables {
		for _, row := range s.rows[g.index] {
			s.lineProblems(row, visit)
		}
	}
}

func (s *Session) lineProblems(l *line, visit func(Problem)) {
	for i := range l.odd {
		visit(l.odd[i])
	}
	for pos := range l.cells {
		for _, f := range l.cells[pos].faults {
			if level := s.level(f); level != "" {
				visit(Problem{Field: l.path(l.group.fields[pos]), Code: f.code, Rule: f.rule, Level: level, Params: f.params})
			}
		}
	}
	for _, found := range l.found {
		for i := range found {
			visit(found[i])
		}
	}
}

// states lists what is not simply shown: fields, whole columns, and cells that differ from their column.
func (s *Session) states() map[string]State {
	states := map[string]State{}
	for _, f := range s.form.head.fields {
		if state := s.header.cells[f.pos].state; state != (State{}) {
			states[f.Name] = state
		}
	}
	for _, g := range s.form.tables {
		for _, f := range g.fields {
			if state := s.looks[f.column]; state != (State{}) {
				states[f.Path] = state
			}
		}
		for _, row := range s.rows[g.index] {
			for pos, f := range g.fields {
				if state := row.cells[pos].state; state != s.looks[f.column] {
					states[row.path(f)] = state
				}
			}
		}
	}
	return states
}

// Patch is what to send to the server: a merge patch from the stored values, for a new record the values themselves.
// Only what people may write is in it. Rows are addressed by _id; new ones keep their temporary ids, which the server's
// problems then name.
func (s *Session) Patch() Values {
	patch := Values{}
	for _, f := range s.form.head.fields {
		if f.rows == nil {
			s.patchCell(patch, s.header, f)
			continue
		}
		if rows := s.patchRows(f); len(rows) > 0 {
			patch[f.Name] = rows
		}
	}
	return patch
}

// patchCell writes what differs from what is stored. On a new line a value the person emptied is written as null, so
// that no default takes its place.
func (s *Session) patchCell(patch Values, l *line, f *field) {
	c := &l.cells[f.pos]
	if f.origin != fromPeople || !s.open[f.id] || s.sealed[f.id] || c.pending {
		return
	}
	switch {
	case !l.fresh():
		if !sameWire(c.wire, s.storedCell(l, f).wire) {
			patch[f.Name] = c.wire
		}
	case c.wire != nil, c.touched && f.value != nil:
		patch[f.Name] = c.wire
	}
}

func (s *Session) patchRows(f *field) []any {
	var patch []any
	left := []string{} // ids as the server would have them without a word about order
	for _, id := range rowIDs(s.stored[f.Name]) {
		if _, ok := s.row(f.rows, id); ok {
			left = append(left, id)
			continue
		}
		if !s.sealed[f.id] {
			patch = append(patch, Values{rowID: id, rowDelete: true})
		}
	}
	for _, row := range s.rows[f.rows.index] {
		if row.fresh() {
			left = append(left, row.id)
		}
	}
	before, ordered := "", true
	for i, row := range s.rows[f.rows.index] {
		change := Values{rowID: row.id}
		for _, column := range f.rows.fields {
			s.patchCell(change, row, column)
		}
		if ordered = ordered && left[i] == row.id; !ordered && s.stored != nil {
			change[rowAfter] = before
		}
		if len(change) > 1 || row.fresh() {
			patch = append(patch, change)
		}
		before = row.id
	}
	return patch
}

// Choices is what may be chosen in a reference field now: the x-filter with the values of its variables.
type Choices struct {
	Entity  string         `json:"entity"`
	Filter  any            `json:"filter,omitempty"`
	Args    map[string]any `json:"args,omitempty"`
	Pending bool           `json:"pending,omitempty"` // a variable waits for an ask
}

// Choices tells what may be chosen at a path; false if there is no such reference.
func (s *Session) Choices(path string) (Choices, bool) {
	l, f, ok := s.locate(path)
	if !ok || f.Target() == "" {
		return Choices{}, false
	}
	s.hit = hits{keys: s.hit.keys[:0]}
	args, _ := s.arguments(f.choice, l)
	return Choices{Entity: f.Target(), Filter: def.WireValue(f.Filter), Args: args, Pending: s.hit.pending}, true
}
