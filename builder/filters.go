package builder

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/query"
)

// filterCheck checks the filters of a catalog: def is below query and cannot.
type filterCheck struct {
	cat      *def.Catalog
	problems []def.Problem
}

// place is where a filter stands and which variables it may use.
type place struct {
	ref     string
	pointer string
	entity  string                     // whose records it selects
	vars    func(name string) bool     // beside those that stand everywhere; nil = none
	shape   func(f *query.Filter) bool // further demand on its form; nil = none
	stored  bool                       // what it selects is stored for everybody: no reader, no today
}

// checkFilters checks every filter of a catalog.
func checkFilters(cat *def.Catalog) []def.Problem {
	c := &filterCheck{cat: cat}
	for _, name := range sortedKeys(cat.Entities) {
		c.entity(cat.Entities[name])
	}
	for _, name := range sortedKeys(cat.Forms) {
		c.form(cat.Forms[name])
	}
	for _, name := range sortedKeys(cat.Views) {
		view := cat.Views[name]
		at := place{ref: ref(def.KindView, name), pointer: "/where", entity: view.Entity, vars: func(v string) bool {
			param, ok := strings.CutPrefix(v, "param.")
			return ok && view.Params[param] != nil
		}}
		c.filter(at, view.Where)
	}
	for _, name := range sortedKeys(cat.Datasets) {
		c.dataset(cat.Datasets[name])
	}
	for _, name := range sortedKeys(cat.Dashboards) {
		c.dashboard(cat.Dashboards[name])
	}
	for _, name := range sortedKeys(cat.Roles) {
		c.role(cat.Roles[name])
	}
	for _, name := range sortedKeys(cat.Flows) {
		flow := cat.Flows[name]
		c.filter(place{ref: ref(def.KindFlow, name), pointer: "/where", entity: flow.Entity}, flow.Where)
		if flow.Start != nil {
			entity := flow.Start.Entity
			if entity == "" {
				entity = flow.Entity
			}
			c.filter(place{ref: ref(def.KindFlow, name), pointer: "/start/where", entity: entity}, flow.Start.Where)
		}
	}
	return c.problems
}

func ref(kind def.Kind, name string) string { return def.Ref{Kind: kind, Name: name}.String() }

func (c *filterCheck) entity(e *def.Entity) {
	for _, field := range e.AllFields() {
		pointer := "/properties/" + strings.ReplaceAll(field.Path, ".", "/items/properties/")
		vars := c.recordVars(e, field.Parent)
		c.filter(place{ref: c.cat.Origin(e.Name, pointer), pointer: pointer + "/x-filter", entity: field.Target(), vars: vars}, field.Filter)
		for i, source := range field.Lookup {
			at := place{
				ref: c.cat.Origin(e.Name, pointer), pointer: fmt.Sprintf("%s/x-lookup/%d/where", pointer, i),
				entity: source.Entity, vars: vars, shape: isLookup,
			}
			c.filter(at, source.Where)
		}
		if field.Rollup != nil {
			c.filter(place{ref: c.cat.Origin(e.Name, pointer), pointer: pointer + "/x-rollup/where", entity: field.Rollup.Entity, stored: true}, field.Rollup.Where)
		}
	}
	for _, name := range sortedKeys(e.Unique) {
		pointer := "/x-unique/" + name
		c.filter(place{ref: c.cat.Origin(e.Name, pointer), pointer: pointer + "/where", entity: e.Name}, e.Unique[name].Where)
	}
}

// recordVars admits record.<path> and, for a column, row.<path>, if they lead to a field.
func (c *filterCheck) recordVars(e *def.Entity, table *def.Field) func(string) bool {
	return func(name string) bool {
		if path, ok := strings.CutPrefix(name, "record."); ok {
			_, found := c.cat.Field(e.Name, path)
			return found
		}
		path, ok := strings.CutPrefix(name, "row.")
		if !ok || table == nil {
			return false
		}
		_, found := c.cat.Field(e.Name, table.Name+"."+path)
		return found
	}
}

// ownFields admits record.<field>: a button sees what is on the screen and follows no references.
func ownFields(e *def.Entity) func(string) bool {
	return func(name string) bool {
		path, ok := strings.CutPrefix(name, "record.")
		field, found := e.Field(path)
		return ok && found && field.Parent == nil
	}
}

func (c *filterCheck) form(f *def.Form) {
	entity, ok := c.cat.Entities[f.Entity]
	if !ok {
		return
	}
	check := func(pointer string, fills []*def.Fill) {
		for i, fill := range fills {
			at := place{
				ref: ref(def.KindForm, f.Name), pointer: fmt.Sprintf("%s/fill/%d/from/where", pointer, i),
				entity: fill.From.Entity, vars: ownFields(entity),
			}
			c.filter(at, fill.From.Where)
		}
	}
	check("", f.Fill)
	for i, section := range f.Sections {
		for j, item := range section.Items {
			check(fmt.Sprintf("/sections/%d/items/%d", i, j), item.Fill)
		}
	}
}

func (c *filterCheck) role(r *def.Role) {
	sets := func(name string) bool {
		set, ok := strings.CutPrefix(name, "sets.")
		return ok && r.Sets[set] != nil
	}
	for _, name := range sortedKeys(r.Sets) {
		c.filter(place{ref: c.cat.OriginOf(def.Ref{Kind: def.KindRole, Name: r.Name}, "/sets/"+name), pointer: "/sets/" + name + "/where", entity: r.Sets[name].Entity}, r.Sets[name].Where)
	}
	for _, name := range sortedKeys(r.Grants) {
		grant := r.Grants[name] // one of a dataset has no filter
		c.filter(place{ref: c.cat.OriginOf(def.Ref{Kind: def.KindRole, Name: r.Name}, "/grants/"+name), pointer: "/grants/" + name + "/where", entity: grant.Entity, vars: sets}, grant.Where)
	}
}

// filter parses and checks one filter; one over an unknown entity is left to def.Check.
func (c *filterCheck) filter(at place, raw json.RawMessage) {
	entity, ok := c.cat.Entities[at.entity]
	if len(raw) == 0 || !ok {
		return
	}
	filter, err := query.Parse(raw)
	if err == nil {
		err = query.Check(filter, entity, c.cat, c.allowed(at))
	}
	if err != nil {
		c.refuse(at, err)
		return
	}
	if at.shape != nil && !at.shape(filter) {
		c.fail(at, "", "lookup_filter", nil)
	}
}

// allowed tells which variables exist: settings of the catalog, those that stand everywhere, and the place's own.
func (c *filterCheck) allowed(at place) func(string) bool {
	everywhere := query.Allow()
	return func(name string) bool {
		if path, ok := strings.CutPrefix(name, "setting."); ok {
			_, _, found := c.cat.Setting(path)
			return found
		}
		return !at.stored && everywhere(name) || at.vars != nil && at.vars(name)
	}
}

func (c *filterCheck) refuse(at place, err error) {
	var all query.Errors
	if errors.As(err, &all) {
		for _, one := range all {
			c.fail(at, one.Path, one.Code, one.Params)
		}
		return
	}
	var one *query.Error
	if errors.As(err, &one) {
		c.fail(at, one.Path, one.Code, one.Params)
		return
	}
	c.fail(at, "", query.CodeSyntax, map[string]any{"error": err.Error()})
}

func (c *filterCheck) fail(at place, pointer, code string, params map[string]any) {
	c.problems = append(c.problems, def.Problem{Ref: at.ref, Path: at.pointer + pointer, Code: code, Level: def.LevelError, Params: params})
}

// isLookup tells whether a filter is what lookups can answer in one query: equalities joined by and, and at most one
// bound from above or below.
func isLookup(f *query.Filter) bool {
	conditions := f.And
	if f.Cond != nil {
		conditions = []*query.Filter{f}
	}
	bounds := 0
	for _, part := range conditions {
		if part.Cond == nil {
			return false
		}
		switch part.Cond.Op {
		case query.Eq:
		case query.Le, query.Ge:
			bounds++
		default:
			return false
		}
	}
	return bounds <= 1 && f.Or == nil && f.Not == nil
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
