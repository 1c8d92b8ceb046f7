package printing

import (
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/record"
)

// object is a record, a row of it, or another record it leads to, as expressions read it with somebody's eyes.
type object struct {
	run    *run
	eyes   *eyes
	of     *subject // nil for another record
	entity *def.Entity
	table  *def.Field // of a row
	values map[string]any
}

// Get gives a field as a runtime value; nil for what is not there or not to be seen.
func (o *object) Get(name string) any {
	path := name
	if o.table != nil {
		path = o.table.Name + "." + name
	}
	field, ok := o.entity.Field(path)
	if !ok || (o.of != nil && !o.eyes.whole && o.of.hidden(path)) {
		return nil
	}
	value := o.values[name]
	switch {
	case field.IsTable():
		rows := record.RowsOf(value)
		list := make([]any, len(rows))
		for i, row := range rows {
			id, _ := row["_id"].(string)
			list[i] = expr.NewRef(id, &object{run: o.run, eyes: o.eyes, of: o.of, entity: o.entity, table: field, values: row})
		}
		return list
	case o.run.catalog.Entities[field.Target()] != nil && !field.IsFile():
		return o.referred(field, value)
	}
	return def.ExprValue(field, value)
}

// referred is the record, or the records, a reference leads to.
func (o *object) referred(field *def.Field, value any) any {
	target := o.run.catalog.Entities[field.Target()]
	ref := func(id string) expr.Ref {
		return expr.NewRef(id, &object{run: o.run, eyes: o.eyes, entity: target, values: o.eyes.seen[target.Name+"/"+id]})
	}
	ids := record.IDsOf(value)
	if field.IsList() {
		list := make([]any, len(ids))
		for i, id := range ids {
			list[i] = ref(id)
		}
		return list
	}
	if len(ids) == 0 {
		return nil
	}
	return ref(ids[0])
}

// plain is an object whose references are ids: a row of a dataset, or its params.
type plain struct {
	fields map[string]*def.Field
	values map[string]any
}

// Get gives a column or param as a runtime value.
func (p plain) Get(name string) any {
	field := p.fields[name]
	if field == nil {
		return nil
	}
	return def.ExprValue(field, p.values[name])
}

// person is who prints, as expressions see him.
type person struct{ id, name string }

// Get gives id and name.
func (p person) Get(name string) any {
	switch name {
	case "id":
		return p.id
	case "name":
		return p.name
	}
	return nil
}

// env is what the programs of a print run over; Self and the variables of a record or dataset are the caller's to add.
func (r *run) env() *expr.Env {
	env := &expr.Env{Now: r.now, Zone: r.zone, Vars: map[string]any{"actor": expr.NewRef(r.actor.ID, person{r.actor.ID, r.actor.Name})}}
	env.HasRole = func(role string) bool {
		return slices.ContainsFunc(r.catalog.RolesWith(r.actor.Roles), func(held *def.Role) bool { return held.Name == role })
	}
	return env
}

// recordEnv is env over a record and, if the print makes a document of each, its row.
func (r *run) recordEnv(e *eyes, s *subject) *expr.Env {
	self := &object{run: r, eyes: e, of: s, entity: r.entity, values: s.of(e)}
	env := r.env()
	env.Self = self
	env.Vars["record"] = expr.NewRef(s.id, self)
	if r.each != nil {
		values := s.row
		if e.whole {
			values = s.wholeRow
		}
		row := &object{run: r, eyes: e, of: s, entity: r.entity, table: r.each, values: values}
		env.Vars["row"] = expr.NewRef("", row)
		env.RowNo = s.rowNo
	}
	env.Label = r.label(e.names, nil)
	return env
}

// rowEnv is env within a row of a sub-table.
func (r *run) rowEnv(base *expr.Env, e *eyes, s *subject, table *def.Field) func(row map[string]any, no int) *expr.Env {
	return func(row map[string]any, no int) *expr.Env {
		env := *base
		env.Self = &object{run: r, eyes: e, of: s, entity: r.entity, table: table, values: row}
		env.RowNo = no
		env.Label = r.label(e.names, table)
		return &env
	}
}

// label names options by their title and records by their display text.
func (r *run) label(names map[string]string, table *def.Field) func(path expr.Path, value any) (string, bool) {
	return func(path expr.Path, value any) (string, bool) {
		field, ok := r.labelled(path, table)
		if !ok {
			return "", false
		}
		id, _ := expr.RefID(value)
		if option, ok := field.Option(id); ok {
			return option.Label(r.lang), true
		}
		text := names[field.Target()+"/"+id]
		return text, text != ""
	}
}

// labelled finds the field at the end of a path of an expression.
func (r *run) labelled(path expr.Path, table *def.Field) (*def.Field, bool) {
	if r.entity == nil {
		if path[0] == def.VarParam && len(path) > 1 {
			field := r.catalog.Datasets[r.definition.Dataset].Params[path[1]]
			return field, field != nil
		}
		field := r.shape.Properties[path[0]]
		return field, field != nil
	}
	steps := r.steps(path, table)
	if steps == nil {
		return nil, false
	}
	return r.catalog.Field(r.entity.Name, strings.Join(steps, "."))
}
