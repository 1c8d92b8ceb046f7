package form

import (
	"errors"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// runValue gives a field its computed, looked-up or default value.
func (s *Session) runValue(u *unit, l *line) {
	f, c := u.field, &l.cells[u.field.pos]
	var v cleaned
	var known bool
	switch {
	case s.sealed[f.id]:
		return
	case f.origin == fromPeople:
		if !l.fresh() || c.touched && s.open[f.id] {
			return
		}
		if c.given != nil && s.open[f.id] && f.defaultExpr == nil {
			return // a constant default is for what was not given at all
		}
		v, known = s.defaultOf(f, l)
	case f.Snapshot && s.keeps(u, l):
		v, known = s.storedCell(l, f), true
	case f.origin == fromFormula:
		v, known = s.formula(f, f.compute, l)
	default:
		v, known = s.lookup(f, l)
	}
	sealed := !known && s.hit.sealed
	if sealed {
		v = s.storedCell(l, f)
	}
	s.set(l, f, v, cell{pending: !known, sealed: sealed})
}

// set writes a value an evaluation gave and tells everything that reads it. Of marks only pending and sealed count.
func (s *Session) set(l *line, f *field, v cleaned, marks cell) {
	c := &l.cells[f.pos]
	same := sameWire(c.wire, v.wire) && c.pending == marks.pending && c.sealed == marks.sealed
	if same && len(c.faults) == 0 && len(v.faults) == 0 {
		return
	}
	if s.log != nil && len(c.faults)+len(v.faults) > 0 {
		s.log.problemPaths[l.path(f)] = true
	}
	if same {
		c.faults = v.faults
		return
	}
	s.put(c, f, v)
	c.pending, c.sealed = marks.pending, marks.sealed
	if marks.pending {
		c.val = nil
		if !marks.sealed {
			c.wire, c.faults = nil, nil
		}
	}
	s.spread(l, f)
}

func (s *Session) defaultOf(f *field, l *line) (cleaned, bool) {
	if f.defaultExpr == nil {
		return f.fallback, true
	}
	return s.formula(f, f.defaultExpr, l)
}

func (s *Session) formula(f *field, p *expr.Program, l *line) (cleaned, bool) {
	value, known, err := s.eval(p, l)
	if !known {
		return cleaned{}, false
	}
	if err != nil {
		return cleaned{faults: []fault{computeFault(err)}}, true
	}
	return f.adopt(value), true
}

// computeFault says why an expression gave no value.
func computeFault(err error) fault {
	reason := "failed"
	var failed *expr.EvalError
	if errors.As(err, &failed) {
		reason = failed.Code
	}
	return fault{code: "compute", level: def.LevelError, params: map[string]any{"reason": reason}}
}

// lookup finds the value of x-lookup: the first source whose condition holds decides, even if it finds nothing.
func (s *Session) lookup(f *field, l *line) (cleaned, bool) {
	for _, source := range f.lookups {
		if source.when != nil {
			holds, known, err := s.eval(source.when, l)
			if !known {
				return cleaned{}, false
			}
			if err != nil || holds != true {
				continue
			}
		}
		args, complete := s.arguments(source.vars, l)
		if s.hit.pending {
			return cleaned{}, false
		}
		if !complete {
			return f.fallback, true // nothing equals a missing value
		}
		found, known := s.askLookup(source, args)
		if !known {
			return cleaned{}, false
		}
		if found == nil {
			return f.fallback, true
		}
		return f.adopt(s.runtime(f.Field, found)), true
	}
	return f.fallback, true
}

// keeps tells whether a snapshot stays as stored: once submitted (without approval: once stored), and as long as no field
// of the record it was made from has changed. A change of the source never touches it.
func (s *Session) keeps(u *unit, l *line) bool {
	if l.stored == nil || l.stored[u.field.Name] == nil || s.form.entity.Approval && !s.submitted() {
		return false
	}
	for _, r := range u.reads {
		if s.differs(r, l) {
			return false
		}
	}
	return true
}

// submitted tells whether the record was submitted before: from then on snapshots stay.
func (s *Session) submitted() bool { return s.ctx.Record.State != "" && s.ctx.Record.State != "draft" }

// differs tells whether what a unit reads is not as it was stored.
func (s *Session) differs(r read, l *line) bool {
	changed := func(l *line) bool {
		return !sameWire(l.cells[r.field.pos].wire, s.storedCell(l, r.field).wire)
	}
	switch {
	case r.field.rows != nil:
		return s.rowsChanged(r.field)
	case r.same && r.field.group == l.group:
		return changed(l)
	case r.field.group.field == nil:
		return changed(s.header)
	}
	for _, row := range s.rows[r.field.group.index] {
		if changed(row) {
			return true
		}
	}
	return false
}

// adopt brings a runtime value to the wire form of the field, rounded half up to the places it stores, and checks it.
func (f *field) adopt(value any) cleaned {
	switch v := value.(type) {
	case nil:
		return cleaned{}
	case expr.Decimal:
		return f.adoptNumber(v)
	case bool:
		return f.clean(v)
	case string:
		return f.clean(v)
	case expr.Ref:
		id, _ := expr.RefID(v)
		return f.clean(id)
	case []any:
		list := make([]any, 0, len(v))
		for _, item := range v {
			if !expr.IsMissing(item) {
				list = append(list, expr.Key(item))
			}
		}
		return f.clean(list)
	case expr.Date, expr.Time, expr.Month:
		return f.clean(expr.Key(v))
	}
	return f.typeFault(nil)
}

func (f *field) adoptNumber(d expr.Decimal) cleaned {
	switch {
	case f.IsDecimal():
		d = expr.RoundDecimal(d, f.scale)
		return f.checkBounds(cleaned{wire: f.decimalText(d), val: d})
	case f.XType == def.TypeInteger:
		n, ok := expr.DecimalInt64(d)
		if !ok {
			c := cleaned{}
			c.fault("scale", map[string]any{"scale": 0})
			return c
		}
		return f.cleanInteger(n)
	}
	return f.typeFault(nil)
}

// wireOf is the wire form of a runtime value for the field it came from: arguments of filters.
func wireOf(f *def.Field, value any) any {
	switch v := value.(type) {
	case expr.Decimal:
		if n, ok := expr.DecimalInt64(v); ok && f.XType == def.TypeInteger {
			return n
		}
		return expr.DecimalString(v)
	case bool:
		return v
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = wireOf(f, item)
		}
		return list
	}
	if text := expr.Key(value); text != "" {
		return text
	}
	return nil
}

// label is how people see a value: the title of an option, the display of a record.
func (s *Session) label(path expr.Path, value any) (string, bool) {
	end, ok := s.form.pathEnd(s.env.Self, path)
	if !ok {
		return "", false
	}
	switch v := value.(type) {
	case string:
		if option, ok := end.Option(v); ok {
			return option.Label(s.form.cat.Lang), true
		}
	case expr.Ref:
		target, ok := s.form.cat.Entity(end.Target())
		object := expr.RefObject(v)
		if !ok || object == nil {
			return "", false
		}
		text := expr.Key(object.Get(orElse(end.Display, target.DisplayField())))
		return text, text != ""
	}
	return "", false
}

// pathEnd is the field at the end of a path as an expression of a line names it.
func (f *Form) pathEnd(self expr.Object, path expr.Path) (*def.Field, bool) {
	steps := []string(path)
	if l, ok := self.(*line); ok && l.group.field != nil && l.group.byName[steps[0]] != nil {
		steps = append([]string{l.group.name}, steps...)
	} else if steps[0] == "record" && f.head.byName["record"] == nil {
		steps = steps[1:]
	}
	if len(steps) == 0 {
		return nil, false
	}
	return f.cat.Field(f.entity.Name, joinSteps(steps))
}
