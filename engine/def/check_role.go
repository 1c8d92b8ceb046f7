//go:build !js

package def

import (
	"slices"
	"strings"
)

// role checks one role: what it names, and that no grant shows a value made from what its holders may not read.
func (c *checker) role(r *Role) {
	c.at(KindRole, r.Name)
	c.roles("/inherits", r.Inherits)
	for _, circle := range circles([]string{r.Name}, c.inherited) {
		if circle[0] == r.Name {
			c.fail("/inherits", "cycle", "names", circle)
		}
	}
	for _, name := range sortedKeys(r.Sets) {
		set, pointer := r.Sets[name], joinPointer("/sets", name)
		if entity, ok := c.entityNamed(pointer+"/entity", set.Entity); ok && set.Take != "" {
			c.fieldAt(pointer+"/take", entity, set.Take)
		}
	}
	for _, name := range sortedKeys(r.Grants) {
		c.grant(r, r.Grants[name], joinPointer("/grants", name))
	}
}

func (c *checker) inherited(name string) []string {
	if role, ok := c.cat.Roles[name]; ok {
		return role.Inherits
	}
	return nil
}

func (c *checker) grant(r *Role, g *Grant, pointer string) {
	if g.Dataset != "" {
		c.datasetGrant(r, g, pointer+"/dataset")
		return
	}
	entity, ok := c.entityNamed(pointer+"/entity", g.Entity)
	if !ok {
		return
	}
	for _, path := range sortedKeys(g.Fields) {
		if path != "*" {
			c.ownField(joinPointer(pointer, "fields", path), entity, path)
		}
	}
	if !slices.Contains(g.Actions, "read") {
		return
	}
	for _, field := range entity.AllFields() {
		if field.Discloses || !g.Shows(field) {
			continue
		}
		if hidden := c.hiddenInput(r, g, entity, field); hidden != "" {
			c.fail(pointer+"/fields", "discloses", "field", field.Path, "input", hidden)
		}
	}
}

// Shows tells whether a grant lets its holder read a field as it is: not hidden, not masked. Personal and masked fields
// are shown only if the grant names them.
func (g *Grant) Shows(f *Field) bool {
	right, named := g.Fields[f.Path]
	if !named && f.Parent != nil {
		right, named = g.Fields[f.Parent.Path]
	}
	if !named {
		right, named = g.Fields["*"]
		if f.Personal != "" || f.Mask != nil {
			return false
		}
	}
	return !named || right == FieldRead || right == FieldWrite
}

// hiddenInput finds something a computed field is made from that the grant's holder may not read; "" if there is none.
func (c *checker) hiddenInput(r *Role, g *Grant, entity *Entity, field *Field) string {
	for _, path := range c.reads(entity, field) {
		local, ok := localPath(entity, field.Parent, path)
		if !ok {
			continue
		}
		input, ok := entity.Field(local)
		if !ok {
			continue
		}
		if !g.Shows(input) {
			return local
		}
		if hidden := c.hiddenBehind(r, input, path); hidden != "" {
			return hidden
		}
	}
	for _, source := range field.Lookup {
		if target, ok := c.cat.Entities[source.Entity]; ok {
			if taken, ok := target.Field(source.Take.Path); ok && !c.readable(r, target, taken) {
				return source.Entity + "." + source.Take.Path
			}
		}
	}
	if child, ok := c.cat.Entities[rollupEntity(field)]; ok {
		if taken, ok := child.Field(field.Rollup.Take.Path); ok && !c.readable(r, child, taken) {
			return child.Name + "." + taken.Path
		}
	}
	return ""
}

// hiddenBehind follows the references of a path ("policy.std_hours") and finds a field the role has no grant to read.
func (c *checker) hiddenBehind(r *Role, input *Field, path []string) string {
	rest := path[slices.Index(path, input.Name)+1:]
	for len(rest) > 0 && input.Target() != "" && !IsSystem(input.Target()) {
		target, ok := c.cat.Entities[input.Target()]
		if !ok {
			return ""
		}
		next, ok := target.Field(rest[0])
		if !ok {
			return ""
		}
		if !c.readable(r, target, next) {
			return target.Name + "." + strings.Join(rest[:1], ".")
		}
		input, rest = next, rest[1:]
	}
	return ""
}

// readable tells whether some grant of the role, or of one it inherits, shows a field. System fields are always shown
// with their record.
func (c *checker) readable(r *Role, entity *Entity, field *Field) bool {
	_, system := SystemField(field.Path)
	for _, role := range c.cat.RolesWith([]string{r.Name}) {
		for _, grant := range role.Grants {
			if grant.Entity == entity.Name && slices.Contains(grant.Actions, "read") && (system || grant.Shows(field)) {
				return true
			}
		}
	}
	return false
}
