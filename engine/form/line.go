package form

import (
	"strconv"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// line is one header or one row while it is evaluated.
type line struct {
	s       *Session
	group   *group
	id      string // of a row
	no      int    // position of a row, from 1
	cells   []cell
	due     []bool      // by unit slot: waits to be run
	found   [][]Problem // by unit slot
	odd     []Problem   // what was given that has no place here
	stored  Values      // as stored, nil for a new line
	removed bool
}

// cell is the value of one field of a line.
type cell struct {
	wire    any // canonical; what was given if that is not of the field's type; nil = missing
	val     any // runtime value
	given   any // what the caller gave, canonical
	has     bool
	touched bool // the person wrote it
	pending bool // not known yet, or never here
	sealed  bool // never known here: not readable, or made from what is not; pending too. wire is then what was stored
	state   State
	faults  []fault
}

func (s *Session) newLine(g *group, id string, stored Values) *line {
	return &line{
		s: s, group: g, id: id, stored: stored,
		cells: make([]cell, len(g.fields)), due: make([]bool, len(g.units)), found: make([][]Problem, len(g.units)),
	}
}

// Get answers expressions: the runtime value of a field, nil when missing. Whoever reads what is not known yet is not
// known either.
func (l *line) Get(name string) any {
	f, ok := l.group.byName[name]
	if !ok {
		return l.s.system(l, name)
	}
	c := &l.cells[f.pos]
	if c.pending {
		l.s.hit.pending = true
		l.s.hit.sealed = l.s.hit.sealed || c.sealed
		return nil
	}
	if f.rows != nil {
		return l.s.rowValues(f.rows)
	}
	return c.val
}

// system answers for the system fields of the record.
func (s *Session) system(l *line, name string) any {
	if l.group.field != nil {
		return nil
	}
	record := &s.ctx.Record
	switch name {
	case def.FieldID:
		return record.ID
	case def.FieldRev:
		return expr.DecimalFromInt(record.Rev)
	case def.FieldState:
		return record.State
	case def.FieldCreatedBy:
		return s.reference(def.EntityUser, record.CreatedBy)
	case def.FieldUpdatedBy:
		return s.reference(def.EntityUser, record.UpdatedBy)
	case def.FieldCreatedAt:
		if !record.CreatedAt.IsZero() {
			return expr.TimeOf(record.CreatedAt)
		}
	case def.FieldUpdatedAt:
		if !record.UpdatedAt.IsZero() {
			return expr.TimeOf(record.UpdatedAt)
		}
	}
	return nil
}

// rowValues is a sub-table as a list of records. It is kept until rows come or go: cells are read when asked for.
func (s *Session) rowValues(g *group) any {
	if s.lists[g.index] == nil {
		list := make([]any, len(s.rows[g.index]))
		for i, row := range s.rows[g.index] {
			list[i] = expr.NewRef(row.id, row)
		}
		s.lists[g.index] = list
	}
	return s.lists[g.index]
}

// path is how problems and states name a cell of the line.
func (l *line) path(f *field) string {
	if l.group.field == nil {
		return f.Name
	}
	return l.group.name + "[" + l.id + "]." + f.Name
}

// self is how problems name the line as a whole: "" is the record.
func (l *line) self() string {
	if l.group.field == nil {
		return ""
	}
	return l.group.name + "[" + l.id + "]"
}

// fresh tells whether defaults apply: the line was never stored.
func (l *line) fresh() bool { return l.stored == nil }

// reference makes a record value whose fields come from Related, and are asked for when they are not there yet.
func (s *Session) reference(entity, id string) any {
	if id == "" {
		return nil
	}
	target, ok := s.form.cat.Entity(entity)
	if !ok {
		return expr.NewRef(id, nil)
	}
	return expr.NewRef(id, &other{s: s, entity: target, id: id})
}

// other is a record of Related, or of what is known.
type other struct {
	s      *Session
	entity *def.Entity
	id     string
	found  Getter // once it was known
}

// Get answers expressions from Related.
func (o *other) Get(name string) any {
	f, ok := o.entity.Field(name)
	if !ok {
		return nil
	}
	if name == def.FieldID {
		return o.id
	}
	if len(o.s.related.Records) > 0 {
		if values, ok := o.s.related.Records[o.entity.Name+"/"+o.id]; ok {
			return o.s.runtime(f, values[name])
		}
	}
	if o.found == nil && !o.find() {
		o.s.askRecord(o.entity.Name, o.id)
		return nil
	}
	return o.s.runtime(f, o.found.Get(name))
}

// find looks for the record where nobody need be asked. An answer of Related may be replaced by a newer one, so it is
// looked up each time.
func (o *other) find() bool {
	if o.s.known == nil {
		return false
	}
	found, known := o.s.known.Record(o.entity.Name, o.id)
	if known {
		o.found = found
	}
	return known
}

// otherRow is a row of a sub-table of a record of Related.
type otherRow struct {
	s      *Session
	table  *def.Field
	values map[string]any
}

// Get answers expressions from the row.
func (o *otherRow) Get(name string) any {
	f, ok := o.table.Column(name)
	if !ok {
		return nil
	}
	return o.s.runtime(f, o.values[name])
}

// runtime turns a canonical wire value of any field into a runtime value.
func (s *Session) runtime(f *def.Field, wire any) any {
	switch {
	case wire == nil:
		return nil
	case f.IsTable():
		return s.otherRows(f, wire)
	case f.XType == def.TypeInteger:
		if n, ok := wholeNumber(wire); ok {
			return expr.DecimalFromInt(n)
		}
	case f.Target() == "":
		return def.ExprValue(f, wire)
	}
	switch v := wire.(type) {
	case string:
		return s.reference(f.Target(), v)
	case []any:
		list := make([]any, 0, len(v))
		for _, item := range v {
			if id, ok := item.(string); ok {
				list = append(list, s.reference(f.Target(), id))
			}
		}
		return list
	}
	return nil
}

func (s *Session) otherRows(table *def.Field, wire any) any {
	rows, ok := wire.([]any)
	if !ok {
		return nil
	}
	list := make([]any, 0, len(rows))
	for _, row := range rows {
		values, ok := row.(map[string]any)
		if !ok {
			continue
		}
		id, _ := values["_id"].(string)
		list = append(list, expr.NewRef(id, &otherRow{s, table, values}))
	}
	return list
}

// person is the actor for expressions.
type person struct{ actor Actor }

// Get answers actor.id and actor.name.
func (p person) Get(name string) any {
	switch name {
	case "id":
		return p.actor.ID
	case "name":
		return p.actor.Name
	}
	return nil
}

// temporaryID is the id of a new row by its position: "+3".
func temporaryID(position int) string { return "+" + strconv.Itoa(position) }

// IsTemporaryID tells whether a row's id was given by a client or an evaluation, not by the server: it begins with "+".
func IsTemporaryID(id string) bool { return id != "" && id[0] == '+' }
