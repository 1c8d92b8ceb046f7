package def

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// MaxReferences is how many references a path may follow.
const MaxReferences = 3

// Entity finds an entity by name.
func (c *Catalog) Entity(name string) (*Entity, bool) {
	entity, ok := c.Entities[name]
	return entity, ok
}

// Field finds the field at the end of a path that starts at an entity: a field, a column ("lines.worker"), a system
// field, or up to MaxReferences references followed by one of these ("team.contract.supplier").
func (c *Catalog) Field(entity, path string) (*Field, bool) {
	steps := strings.Split(path, ".")
	references := 0
	for {
		current, ok := c.Entities[entity]
		if !ok {
			return nil, false
		}
		field, ok := current.Field(steps[0])
		if !ok {
			return nil, false
		}
		if field.IsTable() && len(steps) > 1 {
			if field, ok = field.Column(steps[1]); !ok {
				return nil, false
			}
			steps = steps[1:]
		}
		if len(steps) == 1 {
			return field, true
		}
		references++
		if entity = field.Target(); entity == "" || references > MaxReferences {
			return nil, false
		}
		steps = steps[1:]
	}
}

// Owner is the entity at the end of a path's references: the one its last field belongs to.
func (c *Catalog) Owner(entity, path string) (*Entity, bool) {
	cut := strings.LastIndexByte(path, '.')
	if cut < 0 {
		return c.Entity(entity)
	}
	field, ok := c.Field(entity, path[:cut])
	if !ok {
		return nil, false
	}
	if field.IsTable() {
		return c.Owner(entity, path[:cut])
	}
	return c.Entity(field.Target())
}

// The devices of a form.
const (
	DeviceAny   = "any"
	DeviceDesk  = "desk"
	DevicePhone = "phone"
)

// FormsOf lists the forms of an entity by name.
func (c *Catalog) FormsOf(entity string) []*Form {
	return named(c.Forms, func(f *Form) bool { return f.Entity == entity })
}

// ViewsOf lists the views of an entity by name.
func (c *Catalog) ViewsOf(entity string) []*View {
	return named(c.Views, func(v *View) bool { return v.Entity == entity })
}

// FormFor picks the form of an entity for a device: one made for the device, else one for any device; the one named like
// the entity wins. The roles of a form are not considered.
func (c *Catalog) FormFor(entity, device string) (*Form, bool) {
	rank := func(f *Form) int {
		fits := map[string]int{device: 0, DeviceAny: 2, "": 2}
		at, ok := fits[f.Device]
		switch {
		case !ok:
			return 4
		case f.Name == entity:
			return at
		}
		return at + 1
	}
	forms := c.FormsOf(entity)
	if len(forms) == 0 {
		return nil, false
	}
	return slices.MinFunc(forms, func(a, b *Form) int { return cmp.Compare(rank(a), rank(b)) }), true
}

// SubmitFlows lists the flows that start on submit of an entity: higher priority first, then by name.
func (c *Catalog) SubmitFlows(entity string) []*Flow {
	flows := named(c.Flows, func(f *Flow) bool { return f.Entity == entity && f.OnSubmit() })
	slices.SortStableFunc(flows, func(a, b *Flow) int { return cmp.Compare(b.Priority, a.Priority) })
	return flows
}

// OnSubmit tells whether the flow starts by submitting a record: the default.
func (f *Flow) OnSubmit() bool {
	if f.Start == nil {
		return true
	}
	if f.Start.Schedule != "" || f.Start.Webhook != "" {
		return false
	}
	return len(f.Start.On) == 0 || slices.Contains(f.Start.On, "submit")
}

// RolesWith gives the roles and everything they inherit, each once; unknown names are left out.
func (c *Catalog) RolesWith(names []string) []*Role {
	var found []*Role
	seen := map[string]bool{}
	queue := slices.Clone(names)
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		role, ok := c.Roles[name]
		if !ok || seen[name] {
			continue
		}
		seen[name] = true
		found = append(found, role)
		queue = append(queue, role.Inherits...)
	}
	return found
}

// Setting gives the constant behind "group.name" as a wire value (nil if it has none) and its field.
func (c *Catalog) Setting(path string) (any, *Field, bool) {
	field, raw, ok := c.settingJSON(path)
	if !ok {
		return nil, nil, false
	}
	return WireValue(raw), field, true
}

// named lists the values of a map a test admits, in the order of their names.
func named[T any](things map[string]T, admits func(T) bool) []T {
	var list []T
	for _, name := range slices.Sorted(maps.Keys(things)) {
		if admits(things[name]) {
			list = append(list, things[name])
		}
	}
	return list
}
