package form

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
)

var errUnknownPath = errors.New("unknown path")

// reads notes what a program reads for its unit, and what it needs of other records.
func (b *builder) reads(u *unit, p *expr.Program) {
	if p == nil {
		return
	}
	for _, path := range p.Reads() {
		f, rest := b.resolve(u, path)
		if f == nil {
			continue
		}
		b.need(u, f, rest)
		if p.Uses("label_of") || p.Type().Kind == expr.KindText { // a text may show a record by its label
			b.needLabel(u, f, rest)
		}
	}
	if p.Uses("row_no") {
		u.reads = append(u.reads, read{field: u.group.field})
	}
}

// resolve notes the field a path starts at and gives what follows it. A path into a sub-table starts at the column and
// also reads which rows there are.
func (b *builder) resolve(u *unit, path expr.Path) (*field, []string) {
	steps := []string(path)
	start, same := u.group, true
	if u.kind == unitLook {
		start = b.lookGroup(u)
	}
	f, ok := start.byName[steps[0]]
	if !ok && steps[0] == "record" && len(steps) > 1 {
		steps = steps[1:]
		start, same = b.form.head, u.group == b.form.head
		f, ok = start.byName[steps[0]]
	}
	if !ok {
		return b.resolveSystem(u, steps)
	}
	u.reads = append(u.reads, read{f, same})
	if f.rows == nil || len(steps) == 1 {
		return f, steps[1:]
	}
	column, ok := f.rows.byName[steps[1]]
	if !ok {
		return f, nil // the row's id
	}
	u.reads = append(u.reads, read{column, false})
	return column, steps[2:]
}

// lookGroup is where the names of a look's expressions start: a column's look stands in the header but its
// expressions are written for rows.
func (b *builder) lookGroup(u *unit) *group {
	if u.field != nil {
		return u.field.group
	}
	return u.group
}

// resolveSystem needs what is read of created_by and updated_by; they never change while a record is evaluated.
func (b *builder) resolveSystem(u *unit, steps []string) (*field, []string) {
	system, ok := def.SystemField(steps[0])
	if ok && system.Target() != "" && len(steps) > 1 {
		b.needFrom(u, steps[0], system, steps[1:])
	}
	return nil, nil
}

func (b *builder) readVariable(u *unit, v variable) {
	if v.field == nil {
		b.resolveSystem(u, v.steps)
		return
	}
	u.reads = append(u.reads, read{v.field, v.own || u.group == b.form.head})
	b.need(u, v.field, v.steps[1:])
}

// need notes what is read behind a reference.
func (b *builder) need(u *unit, f *field, rest []string) {
	if len(rest) > 0 {
		b.needFrom(u, f.Path, f.Field, rest)
	}
}

func (b *builder) needFrom(u *unit, path string, f *def.Field, rest []string) {
	for len(rest) > 0 && f.Target() != "" {
		if rest[0] == def.FieldID {
			return
		}
		entity, ok := b.form.cat.Entity(f.Target())
		if !ok {
			return
		}
		if b.needs[path] == nil {
			b.needs[path] = map[string]bool{}
		}
		b.needs[path][rest[0]] = true
		b.needPaths[path] = entity.Name
		next, ok := entity.Field(rest[0])
		if !ok {
			return
		}
		path, rest = path+"."+rest[0], rest[1:]
		if next.IsTable() && len(rest) > 0 {
			if next, ok = next.Column(rest[0]); !ok {
				return
			}
			path, rest = path+"."+rest[0], rest[1:]
		}
		u.foreign = append(u.foreign, FieldRead{entity.Name, next.Path})
		f = next
	}
}

// needLabel needs the display field of the record at the end of a path, for label_of.
func (b *builder) needLabel(u *unit, f *field, rest []string) {
	end, ok := b.form.cat.Field(b.form.entity.Name, strings.Join(append([]string{f.Path}, rest...), "."))
	if !ok || end.Target() == "" {
		return
	}
	if entity, ok := b.form.cat.Entity(end.Target()); ok {
		b.need(u, f, append(slices.Clone(rest), entity.DisplayField()))
	}
}

// addNeeds sums up the needs by path and by entity.
func (b *builder) addNeeds() {
	byEntity := map[string]map[string]bool{}
	for _, path := range slices.Sorted(maps.Keys(b.needs)) {
		entity := b.needPaths[path]
		b.form.needs.Records = append(b.form.needs.Records, RecordNeed{
			Path: path, Entity: entity, Fields: slices.Sorted(maps.Keys(b.needs[path])),
		})
		if byEntity[entity] == nil {
			byEntity[entity] = map[string]bool{}
		}
		maps.Copy(byEntity[entity], b.needs[path])
	}
	for entity, fields := range byEntity {
		b.form.wanted[entity] = slices.Sorted(maps.Keys(fields))
	}
}

// addLooks adds the units that say how fields are shown and whether they miss something. A column has one for the whole
// column and one for each cell: what does not depend on the row is decided once.
func (b *builder) addLooks(form *def.Form) error {
	if form != nil {
		for _, section := range form.Sections {
			if err := b.sectionLooks(section); err != nil {
				return err
			}
		}
	}
	var cells []*unit
	for _, g := range b.groups() {
		for _, f := range g.fields {
			f.shape = &unit{kind: unitLook, group: b.form.head, field: f}
			b.readLook(f.shape, f.look)
			b.units = append(b.units, f.shape)
			if g.field == nil {
				f.shape.reads = append(f.shape.reads, read{f, true})
				continue
			}
			f.cell = &unit{kind: unitCell, group: g, field: f, reads: []read{{f, true}}}
			b.readLook(f.cell, f.cellLook)
			cells = append(cells, f.cell)
		}
	}
	b.units = append(b.units, cells...)
	return nil
}

func (b *builder) sectionLooks(section *def.Section) error {
	for _, item := range section.Items {
		if err := b.lookOf(section, item); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) readLook(u *unit, l look) {
	for _, programs := range [][]*expr.Program{l.visible, l.required, l.readOnly} {
		for _, p := range programs {
			b.reads(u, p)
		}
	}
}

// lookOf compiles the expressions of an item and, of a sub-table, of its columns.
func (b *builder) lookOf(section *def.Section, item *def.FormItem) error {
	f, ok := b.form.head.byName[item.Field]
	if !ok {
		return nil // a form may show what a reader's slice lacks
	}
	where := "form item " + item.Field
	for _, visible := range []string{section.Visible, item.Visible} {
		if err := b.addLook(f, &f.look.visible, visible, where); err != nil {
			return err
		}
	}
	if err := b.addLook(f, &f.look.required, item.Required, where); err != nil {
		return err
	}
	if err := b.addLook(f, &f.look.readOnly, item.ReadOnly, where); err != nil {
		return err
	}
	if f.rows == nil {
		return nil
	}
	for _, column := range item.Columns {
		if err := b.columnLook(f.rows, column, where+"."+column.Field); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) columnLook(g *group, column *def.FormColumn, where string) error {
	f, ok := g.byName[column.Field]
	if !ok {
		return nil
	}
	sources := []struct {
		text      string
		all, cell *[]*expr.Program
	}{
		{column.Visible, &f.look.visible, &f.cellLook.visible},
		{column.Required, &f.look.required, &f.cellLook.required},
		{column.ReadOnly, &f.look.readOnly, &f.cellLook.readOnly},
	}
	for _, s := range sources {
		p, err := b.program(g, s.text, expr.KindBool, where)
		switch {
		case err != nil:
			return err
		case p == nil:
		case readsRow(g, p):
			*s.cell = append(*s.cell, p)
		default:
			*s.all = append(*s.all, p)
		}
	}
	return nil
}

// readsRow tells whether a program's result depends on the row.
func readsRow(g *group, p *expr.Program) bool {
	return p.Uses("row_no") || slices.ContainsFunc(p.Reads(), func(path expr.Path) bool { return g.byName[path[0]] != nil })
}

func (b *builder) addLook(f *field, list *[]*expr.Program, text, where string) error {
	p, err := b.program(f.group, text, expr.KindBool, where)
	if p != nil {
		*list = append(*list, p)
	}
	return err
}

// sort brings the units into an order in which nothing reads what is computed later: values by their dependencies, then
// the rest, which no value reads.
func (b *builder) sort() error {
	state := map[*unit]int{} // 1 = being placed, 2 = placed
	var trail []string
	var place func(u *unit) error
	place = func(u *unit) error {
		switch state[u] {
		case 1:
			return fmt.Errorf("%w: %s", ErrCircle, strings.Join(append(trail, u.field.Path), " → "))
		case 2:
			return nil
		}
		state[u] = 1
		trail = append(trail, u.field.Path)
		for _, r := range u.reads {
			if r.field.value == nil {
				continue
			}
			if err := place(r.field.value); err != nil {
				return err
			}
		}
		trail = trail[:len(trail)-1]
		state[u] = 2
		b.form.units = append(b.form.units, u)
		return nil
	}
	for _, u := range b.units {
		if u.kind != unitValue {
			b.form.units = append(b.form.units, u)
			continue
		}
		if err := place(u); err != nil {
			return err
		}
	}
	for order, u := range b.form.units {
		u.order, u.slot = order, len(u.group.units)
		u.group.units = append(u.group.units, u)
	}
	return nil
}

// link tells every field which units read it.
func (b *builder) link() {
	for _, u := range b.form.units {
		seen := map[read]bool{}
		u.reads = slices.DeleteFunc(u.reads, func(r read) bool {
			was := seen[r]
			seen[r] = true
			return was
		})
		for _, r := range u.reads {
			if r.field.rows != nil {
				r.field.rows.readers = append(r.field.rows.readers, u)
				continue
			}
			r.field.readers = append(r.field.readers, link{u, r.same && r.field.group == u.group})
		}
	}
}
