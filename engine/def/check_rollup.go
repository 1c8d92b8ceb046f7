//go:build !js

package def

import (
	"slices"
	"strings"
)

// rollup checks a rolled-up field: children that refer to the entity, and an aggregate that gives the field's type. The
// filter is checked above this package.
func (c *checker) rollup(e *Entity, f *Field, pointer string) {
	if f.Parent != nil {
		c.fail(pointer, "field_type", "field", f.Path) // children refer to records, not to rows
		return
	}
	child, ok := c.entityNamed(pointer+"/entity", f.Rollup.Entity)
	if !ok {
		return
	}
	if IsEngines(child.Name) {
		c.fail(pointer+"/entity", "unknown_entity", "name", child.Name)
		return
	}
	if via, ok := c.ownField(pointer+"/via", child, f.Rollup.Via); ok && (via.Parent != nil || via.Target() != e.Name) {
		c.fail(pointer+"/via", "no_via", "field", f.Rollup.Via, "entity", e.Name)
	}
	taken, ok := c.ownField(pointer+"/take", child, f.Rollup.Take.Path)
	if ok && !rolls(f, taken, f.Rollup.Take.Agg) {
		c.fail(pointer+"/take", "field_type", "field", f.Rollup.Take.Path)
	}
}

// rolls tells whether an aggregate over a field of the children can be the value of f.
func rolls(f, taken *Field, agg string) bool {
	if agg == "count" {
		return f.IsNumber()
	}
	return !taken.IsTable() && !taken.IsList() && takes(f, taken, agg)
}

// rollupCircles finds rollups that would set each other off for ever: fields of several entities of which each is rolled
// up or computed from the next. A rollup along the entity's own tree ends at the root and is no circle.
func (c *checker) rollupCircles() {
	var names []string
	for _, entity := range sortedKeys(c.cat.Entities) {
		for _, field := range c.cat.Entities[entity].Fields() {
			if field.Rollup != nil {
				names = append(names, entity+"."+field.Name)
			}
		}
	}
	edges := map[string][]string{}
	for _, circle := range circles(names, func(name string) []string {
		if _, known := edges[name]; !known {
			entity, field, _ := c.fieldNamed(name)
			edges[name] = c.feeds(entity, field)
		}
		return edges[name]
	}) {
		for _, name := range circle {
			entity, field, ok := c.fieldNamed(name)
			if !ok || field.Rollup == nil {
				continue // circles of formulas alone are told elsewhere
			}
			c.at(KindEntity, entity.Name)
			c.fail(PointerOf(field)+"/x-rollup", "cycle", "fields", circle)
			break
		}
	}
}

// fieldNamed finds the field "entity.path".
func (c *checker) fieldNamed(name string) (*Entity, *Field, bool) {
	entity, path, _ := strings.Cut(name, ".")
	e := c.cat.Entities[entity]
	field, ok := e.Field(path)
	return e, field, ok
}

// feeds lists what the value of a field follows from, as "entity.path": of its own record, and of the children that are
// rolled up into it.
func (c *checker) feeds(e *Entity, f *Field) []string {
	var from []string
	for _, path := range c.inputs(e, f) {
		from = append(from, e.Name+"."+path)
	}
	child, ok := c.cat.Entities[rollupEntity(f)]
	if !ok || (child == e && f.Rollup.Via == e.Tree) {
		return from
	}
	for _, path := range append(filterFields(f.Rollup.Where), f.Rollup.Via, f.Rollup.Take.Path) {
		if _, ok := child.Field(path); ok && !slices.Contains(from, child.Name+"."+path) {
			from = append(from, child.Name+"."+path)
		}
	}
	return from
}

func rollupEntity(f *Field) string {
	if f.Rollup == nil {
		return ""
	}
	return f.Rollup.Entity
}

// filterFields lists the fields and columns of the entity itself a filter looks at.
func filterFields(filter []byte) []string {
	var fields []string
	walkTree(jsonTree(filter), func(object map[string]any) {
		if path, ok := object["field"].(string); ok {
			fields = append(fields, path)
		}
	})
	slices.Sort(fields)
	return slices.Compact(fields)
}

// FollowRollups lists the fields and columns of an entity that follow from its rollups: those computed from one, or from
// another that is.
func (c *Catalog) FollowRollups(e *Entity) []*Field {
	check := &checker{cat: c}
	follows := map[string]bool{}
	for _, field := range e.Fields() {
		if field.Rollup != nil {
			follows[field.Name] = true
		}
	}
	var found []*Field
	for grown := len(follows) > 0; grown; {
		grown = false
		for _, field := range e.AllFields() {
			if follows[field.Path] || field.Compute == "" && len(field.Lookup) == 0 {
				continue
			}
			if slices.ContainsFunc(check.inputs(e, field), func(path string) bool { return follows[path] }) {
				follows[field.Path], grown = true, true
				found = append(found, field)
			}
		}
	}
	return found
}
