package form

import (
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// runLook decides how a field, or a whole column, is shown. Of a field it also says what is missing.
func (s *Session) runLook(u *unit, l *line) []Problem {
	f := u.field
	state := State{
		Hidden:   s.sealed[f.id] || s.form.rights != nil && s.form.right(f) == "-",
		ReadOnly: !s.open[f.id],
		Required: f.required && f.origin == fromPeople,
	}
	if f.group.field != nil {
		state.Hidden = state.Hidden || s.header.cells[f.group.field.pos].state.Hidden
		s.apply(f.look, &state, l)
		if s.looks[f.column] != state {
			s.looks[f.column] = state
			if s.log != nil {
				s.log.columns[f] = true
				s.markAll(f.cell)
			}
		}
		return nil
	}
	s.apply(f.look, &state, l)
	c := &l.cells[f.pos]
	state.Pending = c.pending
	if c.state != state {
		hid := c.state.Hidden != state.Hidden
		c.state = state
		s.noteState(l, f)
		if f.rows != nil && hid && s.log != nil {
			for _, column := range f.rows.fields {
				s.markAll(column.shape)
			}
		}
	}
	return s.shapeProblems(l, f)
}

// runCell decides how one cell of a sub-table is shown, and says what is missing.
func (s *Session) runCell(u *unit, l *line) []Problem {
	f := u.field
	state := s.looks[f.column]
	s.apply(f.cellLook, &state, l)
	c := &l.cells[f.pos]
	state.Pending = c.pending
	if c.state != state {
		c.state = state
		s.noteState(l, f)
	}
	return s.shapeProblems(l, f)
}

func (s *Session) noteState(l *line, f *field) {
	if s.log != nil {
		s.log.state(l, f)
	}
}

// apply evaluates the expressions of a look. What is not known yet changes nothing; a missing result is false.
func (s *Session) apply(look look, state *State, l *line) {
	if look.empty() {
		return
	}
	for _, p := range look.visible {
		if holds, known := s.holds(p, l); known && !holds {
			state.Hidden = true
		}
	}
	for _, p := range look.required {
		holds, _ := s.holds(p, l)
		state.Required = state.Required || holds
	}
	for _, p := range look.readOnly {
		holds, _ := s.holds(p, l)
		state.ReadOnly = state.ReadOnly || holds
	}
	if state.Hidden {
		state.Required = false
	}
}

func (s *Session) holds(p *expr.Program, l *line) (holds, known bool) {
	value, known, err := s.eval(p, l)
	return known && err == nil && value == true, known
}

// shapeProblems says whether a field lacks a value, or was written without the right to.
func (s *Session) shapeProblems(l *line, f *field) []Problem {
	c := &l.cells[f.pos]
	var found []Problem
	if f.rows != nil {
		found = s.tableProblems(f, c)
	}
	if c.wire == nil && !c.pending && len(c.faults) == 0 && s.must(f, c.state) && !s.hasRows(f) {
		found = append(found, s.entryProblem(l.path(f), "required", nil))
	}
	if s.denied(l, f) {
		found = append(found, Problem{Field: l.path(f), Code: "field_denied", Level: def.LevelError})
	}
	return found
}

func (s *Session) hasRows(f *field) bool { return f.rows != nil && len(s.rows[f.rows.index]) > 0 }

// must tells whether the field has to hold a value on this occasion. What the engine computes is asked for at submit.
func (s *Session) must(f *field, state State) bool {
	if s.ctx.Event == Void || state.Hidden {
		return false
	}
	switch f.origin {
	case fromPeople:
		return state.Required && !s.mayFollow(f)
	case fromFormula, fromLookup:
		return f.required && !s.beforeSubmit()
	default:
		return false
	}
}

// mayFollow tells whether a file may still be missing since a workbook could not bring it.
func (s *Session) mayFollow(f *field) bool { return s.ctx.Workbook && s.beforeSubmit() && f.IsFile() }

// beforeSubmit tells whether the record will be looked at once more before it counts.
func (s *Session) beforeSubmit() bool { return s.ctx.Event == Save && s.form.entity.Approval }

// denied tells whether a value was given that differs from what the caller may write.
func (s *Session) denied(l *line, f *field) bool {
	c := &l.cells[f.pos]
	if f.origin != fromPeople || s.open[f.id] || s.sealed[f.id] || c.pending {
		return false
	}
	if f.rows != nil {
		return s.rowsChanged(f)
	}
	if !c.has || l.fresh() && c.given == nil {
		return false
	}
	return !sameWire(c.given, c.wire)
}

func (s *Session) tableProblems(f *field, c *cell) []Problem {
	n := len(s.rows[f.rows.index])
	if s.ctx.Event == Void || n == 0 || c.state.Hidden {
		return nil
	}
	if n < f.minItems {
		return []Problem{s.entryProblem(f.Path, "items", map[string]any{"min": f.minItems})}
	}
	if n > f.maxItems {
		return []Problem{{Field: f.Path, Code: "items", Level: def.LevelError, Params: map[string]any{"max": f.maxItems}}}
	}
	return nil
}

// entryProblem is a problem about what people should have entered: of imported opening data it is only recorded.
func (s *Session) entryProblem(path, code string, params map[string]any) Problem {
	level := def.LevelError
	if s.ctx.Imported {
		level = def.LevelWarning
	}
	return Problem{Field: path, Code: code, Level: level, Params: params}
}

// runRule checks a rule on a line. Only false violates it; what is not known yet does not.
func (s *Session) runRule(u *unit, l *line) []Problem {
	r := u.rule
	if !r.RunsOn(string(s.ctx.Event)) {
		return nil
	}
	if r.when != nil {
		applies, known, err := s.eval(r.when, l)
		if err != nil && known {
			return []Problem{s.ruleFailed(r, l, err)}
		}
		if !known || applies != true {
			return nil
		}
	}
	kept, known, err := s.eval(r.must, l)
	switch {
	case !known:
		return nil
	case err != nil:
		return []Problem{s.ruleFailed(r, l, err)}
	case kept != false:
		return nil
	}
	p := Problem{Field: r.place(l), Code: r.EffectiveCode(r.name), Rule: r.name, Level: r.EffectiveLevel(), Params: s.ruleParams(r, l)}
	if s.ctx.Imported && p.Level == def.LevelError && (r.must.Uses("today") || r.must.Uses("now")) {
		p.Level, p.Rule = def.LevelWarning, ""
	}
	if p.Level == def.LevelWarning && s.acknowledged(p.Rule) {
		return nil
	}
	return []Problem{p}
}

func (s *Session) acknowledged(rule string) bool {
	return rule != "" && strings.TrimSpace(s.ctx.Acknowledged[rule]) != ""
}

func (s *Session) ruleFailed(r *rule, l *line, err error) Problem {
	f := computeFault(err)
	return Problem{Field: r.place(l), Code: f.code, Rule: r.name, Level: f.level, Params: f.params}
}

// place is where the problem of a rule is shown.
func (r *rule) place(l *line) string {
	switch {
	case r.field != nil:
		return l.path(r.field)
	case l.group.field != nil:
		return l.self()
	}
	return r.Field
}

// ruleParams gives the values of the {placeholders} in the rule's messages.
func (s *Session) ruleParams(r *rule, l *line) map[string]any {
	if len(r.params) == 0 {
		return nil
	}
	params := make(map[string]any, len(r.params))
	for _, name := range r.params {
		at, f := l, l.group.byName[name]
		if f == nil {
			at, f = s.header, s.form.head.byName[name]
		}
		if f != nil && at.cells[f.pos].wire != nil && !s.sealed[f.id] {
			params[name] = at.cells[f.pos].wire
		}
	}
	return params
}

// runUnique finds rows that repeat an earlier row's key.
func (s *Session) runUnique(u *unit) []Problem {
	key := u.key
	first := make(map[string]bool, len(s.rows[key.rows.index]))
	var found []Problem
	for _, row := range s.rows[key.rows.index] {
		text, place, complete := s.rowKey(key, row)
		if !complete {
			continue
		}
		if first[text] {
			found = append(found, Problem{
				Field: place, Code: "duplicate_row", Level: def.LevelError, Params: map[string]any{"key": key.name},
			})
		}
		first[text] = true
	}
	return found
}

// rowKey is the text of a key for one row and where its problem is shown; a row that lacks a part has none.
func (s *Session) rowKey(key *uniqueness, row *line) (text, place string, complete bool) {
	var parts strings.Builder
	for _, f := range key.fields {
		l := s.header
		if f.group == key.rows {
			l = row
			if place == "" {
				place = row.path(f)
			}
		}
		c := &l.cells[f.pos]
		if c.wire == nil || c.pending {
			return "", "", false
		}
		parts.WriteString(keyPart(f.Field, c.wire))
		parts.WriteByte(0)
	}
	return parts.String(), place, true
}
