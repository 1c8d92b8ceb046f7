package def

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Definitions are decoded definitions by reference. The name of a reference is the definition's name; for one with
// x-extend it is "<entity>@<template>" or "<role>@<template>", as several templates may extend one.
type Definitions map[Ref]Definition

// ExtensionSeparator stands between entity (or role) and template in the reference of an extension.
const ExtensionSeparator = "@"

// RefOf is the reference under which a template's (or company's) definition is kept.
func RefOf(owner string, d Definition) Ref {
	name := d.Common().Name
	if extends(d) {
		name += ExtensionSeparator + owner
	}
	return Ref{KindOf(d), name}
}

// extends tells whether a definition adds to another one of its name.
func extends(d Definition) bool {
	switch d := d.(type) {
	case *Entity:
		return d.Extend
	case *Role:
		return d.Extend
	}
	return false
}

// ParseRef reads "entities/project".
func ParseRef(text string) (Ref, bool) {
	kind, name, ok := strings.Cut(text, "/")
	return Ref{Kind(kind), name}, ok && slices.Contains(Kinds, Kind(kind)) && name != ""
}

// Refs lists the references: kinds in the order of Kinds, names sorted.
func (d Definitions) Refs() []Ref {
	refs := slices.Collect(maps.Keys(d))
	slices.SortFunc(refs, func(a, b Ref) int {
		if order := slices.Index(Kinds, a.Kind) - slices.Index(Kinds, b.Kind); order != 0 {
			return order
		}
		return strings.Compare(a.Name, b.Name)
	})
	return refs
}

// Manifest hashes every definition.
func (d Definitions) Manifest() (Manifest, error) {
	manifest := Manifest{}
	for ref, definition := range d {
		raw, err := Encode(definition)
		if err != nil {
			return nil, err
		}
		manifest[ref.String()] = Hash(raw)
	}
	return manifest, nil
}

// Version is the hash of a manifest: the version of the catalog it describes.
func (m Manifest) Version() string {
	tree := make(map[string]any, len(m))
	for ref, hash := range m {
		tree[ref] = hash
	}
	return Hash(appendCanonical(nil, tree))
}

// DefaultLang is the language of titles where nothing else is said.
const DefaultLang = "zh-CN"

// Compile builds a catalog: system entities are added, x-extend is applied, dictionaries become options, names and paths
// are filled in, and entities without form or view get generated ones. The given definitions are not changed. Problems
// are what makes linking impossible; Check finds the rest. The catalog is nil only if there are problems that leave none.
func Compile(defs Definitions, lang string) (*Catalog, []Problem) {
	manifest, err := defs.Manifest()
	if err != nil {
		return nil, []Problem{failure("", "encoding", "error", err.Error())}
	}
	if lang == "" {
		lang = DefaultLang
	}
	c := &compiler{cat: &Catalog{
		Version: manifest.Version(), Lang: lang, Manifest: manifest, Definitions: defs,
		Entities: map[string]*Entity{}, Forms: map[string]*Form{}, Views: map[string]*View{}, Flows: map[string]*Flow{},
		Datasets: map[string]*Dataset{}, Dashboards: map[string]*Dashboard{},
		Roles: map[string]*Role{}, Dictionaries: map[string]*Dictionary{}, Menus: map[string]*Menu{}, Settings: map[string]*Settings{},
		Imports: map[string]*Import{}, Prints: map[string]*Print{},
		origins: map[string]string{},
	}}
	if err := c.addSystem(); err != nil {
		return nil, []Problem{failure("", "system", "error", err.Error())}
	}
	var extensions []Ref
	for _, ref := range defs.Refs() {
		if extends(defs[ref]) {
			extensions = append(extensions, ref)
			continue
		}
		c.add(ref, defs[ref])
	}
	for _, ref := range extensions {
		switch extension := defs[ref].(type) {
		case *Entity:
			c.extend(ref, extension)
			c.place(extension)
		case *Role:
			c.extendRole(ref, extension)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.cat.Entities)) {
		c.link(c.cat.Entities[name])
	}
	c.linkFields()
	c.generate()
	return c.cat, c.problems
}

type compiler struct {
	cat      *Catalog
	problems []Problem
}

func (c *compiler) fail(ref Ref, pointer, code string, params ...any) {
	p := failure(pointer, code, params...)
	p.Ref = ref.String()
	c.problems = append(c.problems, p)
}

func (c *compiler) addSystem() error {
	entities, err := systemEntities()
	if err != nil {
		return err
	}
	for _, entity := range entities {
		c.cat.Entities[entity.Name] = cloneEntity(entity)
	}
	return nil
}

// add puts one definition into its map under its name.
func (c *compiler) add(ref Ref, definition Definition) {
	name := definition.Common().Name
	if name != ref.Name || KindOf(definition) != ref.Kind {
		c.fail(ref, "/name", "name_mismatch", "name", name)
		return
	}
	switch d := definition.(type) {
	case *Entity:
		if IsSystem(name) {
			c.fail(ref, "/name", "reserved_name", "name", name)
			return
		}
		c.cat.Entities[name] = cloneEntity(d)
	case *Form:
		c.cat.Forms[name] = d
	case *View:
		c.cat.Views[name] = cloneView(d)
	case *Dataset:
		c.cat.Datasets[name] = cloneDataset(d)
	case *Dashboard:
		c.cat.Dashboards[name] = cloneDashboard(d)
	case *Import:
		c.cat.Imports[name] = d
	case *Print:
		c.cat.Prints[name] = d
	case *Flow:
		c.cat.Flows[name] = d
	case *Role:
		if name == RoleAdmin {
			c.fail(ref, "/name", "reserved_name", "name", name)
			return
		}
		c.cat.Roles[name] = cloneRole(d)
	case *Dictionary:
		c.cat.Dictionaries[name] = d
	case *Menu:
		c.cat.Menus[name] = d
	case *Settings:
		c.cat.Settings[name] = cloneSettings(d)
	}
}

// extend adds the properties, rules, keys and likenesses of an extension to its entity; what is there stays as it is.
func (c *compiler) extend(ref Ref, extension *Entity) {
	target := c.cat.Entities[extension.Name]
	if !c.fits(ref, extension.Name, target != nil, "unknown_entity") {
		return
	}
	if IsSystem(extension.Name) && !extendable(extension.Name) {
		c.fail(ref, "/name", "reserved_name", "name", extension.Name)
		return
	}
	before := namesOf(target.Properties, target.Order, target.Required)
	addTo(c, ref, "/properties", &target.Properties, cloneFields(extension.Properties))
	addTo(c, ref, "/x-rules", &target.Rules, extension.Rules)
	addTo(c, ref, "/x-unique", &target.Unique, extension.Unique)
	addTo(c, ref, "/x-similar", &target.Similar, extension.Similar)
	target.Order = slices.Concat(before, extension.Order)
	for i, name := range extension.Required {
		if _, own := extension.Properties[name]; !own {
			c.fail(ref, fmt.Sprintf("/required/%d", i), "extend_conflict", "name", name)
			continue
		}
		target.Required = append(target.Required, name)
	}
	target.raw = nil
}

// extendRole adds the sets, grants and inherited roles of an extension to its role; what is there stays as it is.
func (c *compiler) extendRole(ref Ref, extension *Role) {
	target := c.cat.Roles[extension.Name]
	if !c.fits(ref, extension.Name, target != nil, "unknown_role") {
		return
	}
	addTo(c, ref, "/sets", &target.Sets, extension.Sets)
	addTo(c, ref, "/grants", &target.Grants, extension.Grants)
	for _, name := range extension.Inherits {
		if !slices.Contains(target.Inherits, name) {
			target.Inherits = append(target.Inherits, name)
		}
	}
}

// fits tells whether an extension stands under the name of what it extends, and whether that is there.
func (c *compiler) fits(ref Ref, name string, known bool, unknown string) bool {
	base, _, marked := strings.Cut(ref.Name, ExtensionSeparator)
	switch {
	case !marked || base != name:
		c.fail(ref, "/name", "name_mismatch", "name", name)
	case !known:
		c.fail(ref, "/name", unknown, "name", name)
	default:
		return true
	}
	return false
}

// addTo copies named things that must not be there yet.
func addTo[T any](c *compiler, ref Ref, pointer string, target *map[string]T, added map[string]T) {
	if len(added) > 0 && *target == nil {
		*target = map[string]T{}
	}
	for _, name := range slices.Sorted(maps.Keys(added)) {
		if _, taken := (*target)[name]; taken {
			c.fail(ref, joinPointer(pointer, name), "extend_conflict", "name", name)
			continue
		}
		(*target)[name] = added[name]
		of, _, _ := strings.Cut(ref.Name, ExtensionSeparator)
		c.cat.origins[Ref{ref.Kind, of}.String()+joinPointer(pointer, name)] = ref.String()
	}
}

// link fills in names, paths, parents and options of an entity's fields.
func (c *compiler) link(entity *Entity) {
	ref := Ref{KindEntity, entity.Name}
	for name, field := range entity.Properties {
		field.Name, field.Path = name, name
		pointer := "/properties/" + name
		c.fold(ref, pointer, field)
		if field.Items == nil {
			continue
		}
		for column, child := range field.Items.Properties {
			child.Name, child.Path, child.Parent = column, name+"."+column, field
			c.fold(ref, pointer+"/items/properties/"+column, child)
		}
	}
	if entity.Name == EntityUser {
		entity.Properties["roles"].Opts = c.roleOptions()
	}
}

// linkFields does the same for the fields of settings and for the parameters of views, datasets and dashboards.
func (c *compiler) linkFields() {
	for name, settings := range c.cat.Settings {
		c.linkMap(Ref{KindSettings, name}, "/properties/", settings.Properties)
	}
	for name, view := range c.cat.Views {
		c.linkMap(Ref{KindView, name}, "/params/", view.Params)
	}
	for name, dataset := range c.cat.Datasets {
		c.linkMap(Ref{KindDataset, name}, "/params/", dataset.Params)
	}
	for name, dashboard := range c.cat.Dashboards {
		c.linkMap(Ref{KindDashboard, name}, "/params/", dashboard.Params)
	}
}

func (c *compiler) linkMap(ref Ref, pointer string, fields map[string]*Field) {
	for name, field := range fields {
		field.Name, field.Path = name, name
		c.fold(ref, pointer+name, field)
	}
}

// fold puts the options in force into the field.
func (c *compiler) fold(ref Ref, pointer string, field *Field) {
	field.Opts = field.OneOf
	dictionary := field.Dictionary
	if field.Items != nil && field.XType == TypeMultiSelect {
		pointer += "/items"
		field.Opts = field.Items.OneOf
		dictionary = field.Items.Dictionary
	}
	if dictionary == "" {
		return
	}
	source, ok := c.cat.Dictionaries[dictionary]
	if !ok {
		c.fail(ref, pointer+"/x-dictionary", "unknown_dictionary", "name", dictionary)
		return
	}
	field.Opts = source.Options()
}

// Options are a dictionary's items as options of a select.
func (d *Dictionary) Options() []*Option {
	options := make([]*Option, len(d.Items))
	for i, item := range d.Items {
		options[i] = &Option{Const: item.Name, Title: item.Title, Color: item.Color, Disabled: item.Disabled, I18n: item.I18n}
	}
	return options
}

// RoleAdmin is the role of tenant administrators: every tenant has it without a definition.
const RoleAdmin = "admin"

func (c *compiler) roleOptions() []*Option {
	options := []*Option{{Const: RoleAdmin, Title: "系统管理员", I18n: I18n{"en": {"title": "Administrator"}}}}
	for _, name := range slices.Sorted(maps.Keys(c.cat.Roles)) {
		role := c.cat.Roles[name]
		options = append(options, &Option{Const: name, Title: role.Title, I18n: role.I18n})
	}
	return options
}

// cloneEntity copies what the compiler changes: the struct, its fields and the lists it appends to.
func cloneEntity(e *Entity) *Entity {
	clone := *e
	clone.Properties = cloneFields(e.Properties)
	clone.Rules = maps.Clone(e.Rules)
	clone.Unique = maps.Clone(e.Unique)
	clone.Similar = maps.Clone(e.Similar)
	clone.Required = slices.Clone(e.Required)
	clone.Order = slices.Clone(e.Order)
	return &clone
}

func cloneFields(fields map[string]*Field) map[string]*Field {
	if fields == nil {
		return nil
	}
	clones := make(map[string]*Field, len(fields))
	for name, field := range fields {
		clone := *field
		if field.Items != nil {
			items := *field.Items
			items.Properties = cloneFields(items.Properties)
			clone.Items = &items
		}
		clones[name] = &clone
	}
	return clones
}

// cloneRole copies what an extension adds to.
func cloneRole(r *Role) *Role {
	clone := *r
	clone.Sets, clone.Grants, clone.Inherits = maps.Clone(r.Sets), maps.Clone(r.Grants), slices.Clone(r.Inherits)
	return &clone
}

func cloneView(v *View) *View {
	clone := *v
	clone.Params = cloneFields(v.Params)
	return &clone
}

func cloneDataset(d *Dataset) *Dataset {
	clone := *d
	clone.Params = cloneFields(d.Params)
	return &clone
}

func cloneDashboard(d *Dashboard) *Dashboard {
	clone := *d
	clone.Params = cloneFields(d.Params)
	return &clone
}

func cloneSettings(s *Settings) *Settings {
	clone := *s
	clone.Properties = cloneFields(s.Properties)
	return &clone
}

// Resolved is an entity as a browser needs it: only the fields keep admits, options of dictionaries in oneOf.
// The result is a copy; keep gets the path of each field and column (nil keeps all).
func (e *Entity) Resolved(keep func(path string) bool) *Entity {
	clone := cloneEntity(e)
	clone.raw = nil
	clone.Properties = resolveFields(clone.Properties, keep)
	has := func(name string) bool { return clone.Properties[name] == nil }
	clone.Required = slices.DeleteFunc(clone.Required, has)
	clone.Order = slices.DeleteFunc(clone.Order, has)
	return clone
}

func resolveFields(fields map[string]*Field, keep func(path string) bool) map[string]*Field {
	maps.DeleteFunc(fields, func(_ string, f *Field) bool { return keep != nil && !keep(f.Path) })
	for _, field := range fields {
		switch {
		case field.Items == nil:
			field.OneOf, field.Dictionary = field.Opts, ""
		case field.IsTable():
			field.Items.Properties = resolveFields(field.Items.Properties, keep)
			gone := func(name string) bool { return field.Items.Properties[name] == nil }
			field.Items.Required = slices.DeleteFunc(slices.Clone(field.Items.Required), gone)
			field.Items.Order = slices.DeleteFunc(slices.Clone(field.Items.Order), gone)
		default:
			field.Items.OneOf, field.Items.Dictionary = field.Opts, ""
		}
	}
	return fields
}

// settingJSON finds the constant behind "group.name": the tenant's value, else the default.
func (c *Catalog) settingJSON(path string) (*Field, json.RawMessage, bool) {
	group, name, ok := strings.Cut(path, ".")
	settings, found := c.Settings[group]
	if !ok || !found {
		return nil, nil, false
	}
	field, ok := settings.Properties[name]
	if !ok {
		return nil, nil, false
	}
	if value, set := settings.Values[name]; set {
		return field, value, true
	}
	return field, field.Default, true
}
