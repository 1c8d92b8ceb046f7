package form

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// slice is what a browser gets of a catalog to run one form: this entity, the form, and of everything else only what
// their expressions read.
type slice struct {
	Lang     string                   `json:"lang"`
	Entity   *def.Entity              `json:"entity"`
	Form     *def.Form                `json:"form,omitempty"`
	Rights   map[string]string        `json:"rights,omitempty"`
	Entities map[string]*def.Entity   `json:"entities,omitempty"`
	Settings map[string]*def.Settings `json:"settings,omitempty"`
}

// Slice reduces a catalog to what a reader's browser needs for one form. Fields he may not read are not in it; a field
// that is computed from such fields, here or in other entities, loses its expression and is named in "server"; rules,
// conditions and filters that read such fields are left out: the server decides them at save.
func Slice(cat *def.Catalog, entity string, layout Layout, readable func(entity, path string) bool) (json.RawMessage, error) {
	full, err := Compile(cat, entity, layout)
	if err != nil {
		return nil, err
	}
	c := &cutter{form: full, readable: readable, server: map[string]bool{}, settings: map[string]bool{}}
	c.entity = full.entity.Resolved(c.keeps)
	c.entity.Plain = nil // for the validator only
	for _, f := range c.entity.AllFields() {
		f.Plain = nil
		if f.Items != nil {
			f.Items.Plain = nil
		}
	}
	c.cutFields()
	c.cutRules()
	cut := slice{
		Lang: cat.Lang, Entity: c.entity, Form: c.cutForm(layout.Form), Rights: layout.Rights,
	}
	cut.Entities, cut.Settings = c.entities(), c.settingsUsed()
	raw, err := json.Marshal(cut)
	if err != nil {
		return nil, fmt.Errorf("slice of %s: %w", entity, err)
	}
	return raw, nil
}

// serverKeyword marks the fields of a slice that only the server computes.
const serverKeyword = "x-server"

// cutter takes away what a reader may not read.
type cutter struct {
	form     *Form
	entity   *def.Entity // the copy being cut
	readable func(entity, path string) bool
	server   map[string]bool
	foreign  []FieldRead
	settings map[string]bool
}

// keeps tells whether the reader may read a field or column; a column only with its sub-table.
func (c *cutter) keeps(path string) bool {
	table, _, nested := strings.Cut(path, ".")
	return c.readable(c.form.entity.Name, path) && (!nested || c.readable(c.form.entity.Name, table))
}

// open tells whether everything a unit reads is readable; if it is, what it reads elsewhere is needed.
func (c *cutter) open(u *unit) bool {
	for _, r := range u.reads {
		if !c.keeps(r.field.Path) {
			return false
		}
	}
	for _, foreign := range u.foreign {
		// System fields of others, such as the state sums are taken by, are read with the record.
		if _, system := def.SystemField(foreign.Path); !system && !c.readable(foreign.Entity, foreign.Path) {
			return false
		}
	}
	c.foreign = append(c.foreign, u.foreign...)
	return true
}

// program tells the same for one expression; "" is open.
func (c *cutter) program(g *group, text string) bool {
	b := &builder{form: c.form, needs: map[string]map[string]bool{}, needPaths: map[string]string{}}
	p, err := b.program(g, text, expr.KindAny, "")
	if err != nil || p == nil {
		return err == nil
	}
	u := &unit{kind: unitRule, group: g}
	b.reads(u, p)
	if !c.open(u) {
		return false
	}
	for _, path := range p.Settings() {
		c.settings[path] = true
	}
	return true
}

// cutFields takes expressions away whose inputs are not readable. A field that is made from a field only the server
// computes is computed there, too.
func (c *cutter) cutFields() {
	for _, u := range c.form.units {
		if u.kind != unitValue {
			continue
		}
		f, ok := c.entity.Field(u.field.Path)
		if !ok || c.readsServer(u) || !c.open(u) {
			c.close(u.field, f)
			continue
		}
		for _, text := range expressionsOf(u.field.Field) {
			c.program(u.group, text)
		}
	}
	for _, g := range append([]*group{c.form.head}, c.form.tables...) {
		for _, f := range g.fields {
			copied, ok := c.entity.Field(f.Path)
			if ok && len(f.choice) > 0 && !c.choiceOpen(g, f) {
				copied.Filter = nil
			}
		}
	}
}

func (c *cutter) readsServer(u *unit) bool {
	return slices.ContainsFunc(u.reads, func(r read) bool { return c.server[r.field.Path] })
}

// close takes the expressions of a field away; copied is nil if the reader may not even see it.
func (c *cutter) close(f *field, copied *def.Field) {
	if copied == nil {
		return
	}
	if f.origin == fromFormula || f.origin == fromLookup {
		c.server[f.Path] = true
		copied.Plain = map[string]json.RawMessage{serverKeyword: json.RawMessage("true")}
	}
	readOnly := copied.IsReadOnly()
	copied.Compute, copied.Lookup, copied.DefaultExpr, copied.Snapshot = "", nil, "", false
	copied.ReadOnly = &readOnly
}

func expressionsOf(f *def.Field) []string {
	texts := []string{f.Compute, f.DefaultExpr}
	for _, source := range f.Lookup {
		texts = append(texts, source.When)
	}
	return texts
}

func (c *cutter) choiceOpen(g *group, f *field) bool {
	u := &unit{kind: unitChoice, group: g, field: f}
	b := &builder{form: c.form, needs: map[string]map[string]bool{}, needPaths: map[string]string{}}
	for _, v := range f.choice {
		b.readVariable(u, v)
	}
	return c.open(u)
}

func (c *cutter) cutRules() {
	c.entity.Rules = c.rules(c.form.head, c.entity.Rules)
	for _, g := range c.form.tables {
		if table, ok := c.entity.Properties[g.name]; ok && table.Items != nil {
			table.Items.Rules = c.rules(g, table.Items.Rules)
		}
	}
	c.entity.Unique = maps.Clone(c.entity.Unique)
	maps.DeleteFunc(c.entity.Unique, func(_ string, key *def.Key) bool {
		return slices.ContainsFunc(key.Fields, func(path string) bool { return !c.keeps(path) })
	})
	c.entity.Similar = maps.Clone(c.entity.Similar)
	maps.DeleteFunc(c.entity.Similar, func(_ string, similar *def.Similar) bool { return !c.keeps(similar.Field) })
	if c.entity.Natural != "" && !c.keeps(c.entity.Natural) {
		c.entity.Natural = ""
	}
	if c.entity.Display != "" && !c.keeps(c.entity.Display) {
		c.entity.Display = ""
	}
	c.entity.Summary = slices.DeleteFunc(slices.Clone(c.entity.Summary), func(path string) bool { return !c.keeps(path) })
}

func (c *cutter) rules(g *group, rules map[string]*def.Rule) map[string]*def.Rule {
	kept := map[string]*def.Rule{}
	for name, rule := range rules {
		if c.program(g, rule.Must) && c.program(g, rule.When) {
			kept[name] = rule
		}
	}
	return kept
}

// cutForm copies the form without items that are not readable and without what only the server knows about them.
func (c *cutter) cutForm(form *def.Form) *def.Form {
	if form == nil {
		return nil
	}
	clone := *form
	clone.Fill, clone.Sections = nil, nil
	for _, section := range form.Sections {
		copied := *section
		copied.Visible = c.kept(c.form.head, section.Visible)
		copied.Items = nil
		for _, item := range section.Items {
			if c.keeps(item.Field) {
				copied.Items = append(copied.Items, c.cutItem(item))
			}
		}
		clone.Sections = append(clone.Sections, &copied)
	}
	return &clone
}

// kept is the expression if the reader may read all of it, else nothing.
func (c *cutter) kept(g *group, text string) string {
	if c.program(g, text) {
		return text
	}
	return ""
}

func (c *cutter) cutItem(item *def.FormItem) *def.FormItem {
	head := c.form.head
	copied := *item
	copied.Visible, copied.Required, copied.ReadOnly = c.kept(head, item.Visible), c.kept(head, item.Required), c.kept(head, item.ReadOnly)
	copied.Fill, copied.Columns = nil, nil
	table, ok := head.byName[item.Field]
	if !ok || table.rows == nil {
		return &copied
	}
	for _, column := range item.Columns {
		if !c.keeps(item.Field + "." + column.Field) {
			continue
		}
		cut := *column
		cut.Visible, cut.Required, cut.ReadOnly = c.kept(table.rows, column.Visible), c.kept(table.rows, column.Required), c.kept(table.rows, column.ReadOnly)
		copied.Columns = append(copied.Columns, &cut)
	}
	return &copied
}

// entities reduces the entities that are read to the fields that are read, as plain values.
func (c *cutter) entities() map[string]*def.Entity {
	fields := map[string]map[string]bool{}
	for _, foreign := range c.foreign {
		if fields[foreign.Entity] == nil {
			fields[foreign.Entity] = map[string]bool{}
		}
		fields[foreign.Entity][foreign.Path] = true
		table, _, _ := strings.Cut(foreign.Path, ".")
		fields[foreign.Entity][table] = true
	}
	for _, f := range c.entity.AllFields() { // what is referred to must exist
		if target := f.Target(); target != "" && fields[target] == nil {
			fields[target] = map[string]bool{}
		}
	}
	delete(fields, c.entity.Name) // whole already, as far as it is readable
	cut := map[string]*def.Entity{}
	for name, wanted := range fields {
		entity, ok := c.form.cat.Entity(name)
		if !ok {
			continue
		}
		copied := entity.Resolved(func(path string) bool { return wanted[path] })
		cut[name] = plainEntity(copied)
	}
	return cut
}

// plainEntity is an entity whose values are only read: no expressions, rules and keys.
func plainEntity(e *def.Entity) *def.Entity {
	e.Rules, e.Unique, e.Similar, e.Summary, e.Plain, e.Description, e.I18n, e.Tree = nil, nil, nil, nil, nil, "", nil, ""
	if _, ok := e.Properties[e.Natural]; !ok {
		e.Natural = ""
	}
	if _, ok := e.Properties[e.Display]; !ok {
		e.Display = ""
	}
	for _, f := range e.AllFields() {
		*f = def.Field{
			Type: f.Type, XType: f.XType, Title: f.Title, Entity: f.Entity, OneOf: f.OneOf, Scale: f.Scale, Fixed: f.Fixed,
			Display: f.Display, Items: f.Items,
		}
		if f.Items != nil {
			f.Items.Rules = nil
		}
	}
	return e
}

// settingsUsed gives the constants that the expressions left name, with the value in force as default.
func (c *cutter) settingsUsed() map[string]*def.Settings {
	used := map[string]*def.Settings{}
	for path := range c.settings {
		value, field, ok := c.form.cat.Setting(path)
		group, name, _ := strings.Cut(path, ".")
		if !ok {
			continue
		}
		if used[group] == nil {
			used[group] = &def.Settings{Head: def.Head{Name: group, Title: group}, Properties: map[string]*def.Field{}}
		}
		copied := *field
		if raw, err := json.Marshal(value); err == nil {
			copied.Default = raw
		}
		used[group].Properties[name] = &copied
	}
	return used
}

// OpenSlice compiles what Slice gave.
func OpenSlice(raw []byte) (*Form, error) {
	var s slice
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("open slice: %w", err)
	}
	if s.Entity == nil || s.Entity.Name == "" {
		return nil, fmt.Errorf("open slice: %w", ErrUnknownEntity)
	}
	if s.Entities == nil {
		s.Entities = map[string]*def.Entity{}
	}
	s.Entities[s.Entity.Name] = s.Entity
	for name, entity := range s.Entities {
		if entity == nil {
			delete(s.Entities, name)
			continue
		}
		linkFields("", nil, entity.Properties)
	}
	for name, settings := range s.Settings {
		if settings == nil {
			delete(s.Settings, name)
			continue
		}
		linkFields("", nil, settings.Properties)
	}
	cat := &def.Catalog{Lang: s.Lang, Entities: s.Entities, Settings: s.Settings}
	server := map[string]bool{}
	for _, f := range s.Entity.AllFields() {
		if f.Plain[serverKeyword] != nil {
			server[f.Path] = true
		}
	}
	return compileWith(cat, s.Entity.Name, Layout{Form: s.Form, Rights: s.Rights}, server)
}

// linkFields fills in what a catalog fills in: names, paths, parents, options.
func linkFields(prefix string, parent *def.Field, fields map[string]*def.Field) {
	for name, f := range fields {
		if f == nil {
			delete(fields, name)
			continue
		}
		f.Name, f.Path, f.Parent, f.Opts = name, prefix+name, parent, f.OneOf
		if f.Items == nil {
			continue
		}
		if f.IsTable() {
			linkFields(name+".", f, f.Items.Properties)
		} else {
			f.Opts = f.Items.OneOf
		}
	}
}
