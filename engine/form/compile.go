package form

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// Compile prepares an entity's record logic. The catalog must have passed its checks: a wrong expression or filter is
// an error that wraps *expr.Error.
func Compile(cat *def.Catalog, entity string, layout Layout) (*Form, error) {
	return compileWith(cat, entity, layout, nil)
}

// compileWith is Compile where some paths are computed on the server only.
func compileWith(cat *def.Catalog, entity string, layout Layout, server map[string]bool) (*Form, error) {
	ent, ok := cat.Entity(entity)
	if !ok {
		return nil, fmt.Errorf("compile form of %s: %w", entity, ErrUnknownEntity)
	}
	b := &builder{
		form:   &Form{cat: cat, entity: ent, rights: layout.Rights, sources: map[string]*source{}, wanted: map[string][]string{}},
		server: server, needs: map[string]map[string]bool{}, needPaths: map[string]string{},
	}
	if err := b.build(layout); err != nil {
		return nil, fmt.Errorf("compile form of %s: %w", entity, err)
	}
	return b.form, nil
}

// builder compiles one form.
type builder struct {
	form      *Form
	server    map[string]bool
	units     []*unit
	needs     map[string]map[string]bool // path of references → fields read there
	needPaths map[string]string          // path of references → entity
}

func (b *builder) build(layout Layout) error {
	if err := b.addFields(); err != nil {
		return err
	}
	steps := []func() error{
		b.addValues, func() error { return b.addLooks(layout.Form) }, b.addRules, b.addChoices, b.addUnique, b.sort,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	b.link()
	b.addNeeds()
	return nil
}

func (b *builder) addFields() error {
	var err error
	if b.form.head, err = b.group(-1, nil, b.form.entity.Fields(), b.form.entity.Required); err != nil {
		return err
	}
	for _, f := range b.form.head.fields {
		if !f.IsTable() {
			continue
		}
		var required []string
		if f.Items != nil {
			required = f.Items.Required
		}
		if f.rows, err = b.group(len(b.form.tables), f, f.Columns(), required); err != nil {
			return err
		}
		b.form.tables = append(b.form.tables, f.rows)
	}
	return nil
}

func (b *builder) group(index int, table *field, fields []*def.Field, required []string) (*group, error) {
	g := &group{index: index, field: table, byName: make(map[string]*field, len(fields))}
	if table != nil {
		g.name = table.Name
	}
	for pos, d := range fields {
		f := &field{
			Field: d, id: b.form.ids, pos: pos, group: g, origin: b.origin(d),
			scale: d.EffectiveScale(), fixed: d.IsFixed(), cleaning: d.EffectiveCleaning(),
			required: slices.Contains(required, d.Name),
		}
		b.form.ids++
		if table != nil {
			f.column = b.form.columns
			b.form.columns++
		}
		if table == nil && d.Name == b.form.entity.Natural {
			f.cleaning = naturalSteps(d)
		}
		var err error
		if f.limits, err = compileLimits(d); err != nil {
			return nil, err
		}
		f.fallback = f.clean(d.DefaultValue())
		g.fields = append(g.fields, f)
		g.byName[d.Name] = f
	}
	return g, nil
}

func (b *builder) origin(f *def.Field) origin {
	switch {
	case b.server[f.Path]:
		return fromServer
	case f.Compute != "":
		return fromFormula
	case len(f.Lookup) > 0:
		return fromLookup
	case f.Rollup != nil, f.Number != nil:
		return fromEngine
	}
	return fromPeople
}

// scope is what expressions in a group may name.
func (b *builder) scope(g *group) expr.Scope {
	if g.field == nil {
		return b.form.cat.Scope(b.form.entity)
	}
	return b.form.cat.RowScope(b.form.entity, g.field.Field)
}

// program compiles an expression of a group; "" gives nil.
func (b *builder) program(g *group, text string, want expr.Kind, where string) (*expr.Program, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no expression is the usual case
	}
	p, err := expr.Compile(text, b.scope(g), want)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return p, nil
}

// valueKind is the kind an expression for the field must have. References take a record or an id.
func valueKind(f *def.Field) expr.Kind {
	if kind := def.FieldKind(f); kind != expr.KindRecord {
		return kind
	}
	return expr.KindAny
}

func (b *builder) addValues() error {
	for _, g := range b.groups() {
		for _, f := range g.fields {
			u := &unit{kind: unitValue, group: g, field: f}
			if err := b.valueOf(u, f); err != nil {
				return err
			}
			if f.origin == fromFormula || f.origin == fromLookup || f.defaultExpr != nil || f.fallback.wire != nil {
				f.value = u
				b.units = append(b.units, u)
			}
		}
	}
	return nil
}

// valueOf compiles what gives a field its value.
func (b *builder) valueOf(u *unit, f *field) error {
	var err error
	switch f.origin {
	case fromFormula:
		f.compute, err = b.program(f.group, f.Compute, valueKind(f.Field), f.Path+" x-compute")
		b.reads(u, f.compute)
	case fromLookup:
		err = b.lookupsOf(u, f)
	case fromPeople:
		f.defaultExpr, err = b.program(f.group, f.DefaultExpr, valueKind(f.Field), f.Path+" x-default")
		b.reads(u, f.defaultExpr)
	case fromEngine, fromServer: // given
	}
	return err
}

func (b *builder) lookupsOf(u *unit, f *field) error {
	for _, d := range f.Lookup {
		s := &source{Lookup: d, key: f.Path + "/" + d.Name}
		var err error
		if s.when, err = b.program(f.group, d.When, expr.KindBool, s.key+" when"); err != nil {
			return err
		}
		b.reads(u, s.when)
		if s.vars, err = b.variables(f.group, d.Where, s.key); err != nil {
			return err
		}
		for _, v := range s.vars {
			b.readVariable(u, v)
		}
		u.foreign = append(u.foreign, lookupFields(d)...)
		f.lookups = append(f.lookups, s)
		b.form.sources[s.key] = s
		need := LookupNeed{Source: s.key, Lookup: d}
		for _, v := range s.vars {
			need.Vars = append(need.Vars, v.name)
		}
		b.form.needs.Lookups = append(b.form.needs.Lookups, need)
	}
	return nil
}

// lookupFields lists what a source reads of its entity: the value it takes, what it filters and sorts by.
func lookupFields(d *def.Lookup) []FieldRead {
	fields := []FieldRead{{d.Entity, d.Take.Path}}
	for _, key := range d.Order {
		fields = append(fields, FieldRead{d.Entity, key.Field})
	}
	paths := map[string]bool{}
	collect(def.WireValue(d.Where), "field", paths)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		if table, _, nested := strings.Cut(path, "."); nested && table != d.Rows {
			path = table // through a reference: what is read of the entity itself
		}
		fields = append(fields, FieldRead{d.Entity, path})
	}
	return fields
}

// variables finds the record. and row. variables of a filter, each once, sorted by name.
func (b *builder) variables(g *group, filter json.RawMessage, where string) ([]variable, error) {
	names := map[string]bool{}
	collect(def.WireValue(filter), "var", names)
	var list []variable
	for _, name := range slices.Sorted(maps.Keys(names)) {
		root, rest, _ := strings.Cut(name, ".")
		if root != "record" && root != "row" {
			continue // known everywhere: the server fills it in
		}
		v := variable{name: name, own: root == "row", steps: strings.Split(rest, ".")}
		start := b.form.head
		path := rest
		if v.own {
			start, path = g, g.name+"."+rest
		}
		var ok bool
		if v.field, ok = start.byName[v.steps[0]]; !ok && start == b.form.head {
			_, ok = def.SystemField(v.steps[0])
		}
		if v.end, _ = b.form.cat.Field(b.form.entity.Name, path); !ok || v.end == nil {
			return nil, fmt.Errorf("%s: variable %s: %w", where, name, errUnknownPath)
		}
		list = append(list, v)
	}
	return list, nil
}

// collect walks a filter and gathers the texts under a key: "var" or "field", wherever it stands.
func collect(node any, key string, found map[string]bool) {
	switch node := node.(type) {
	case []any:
		for _, item := range node {
			collect(item, key, found)
		}
	case map[string]any:
		if text, ok := node[key].(string); ok {
			found[text] = true
		}
		for _, item := range node {
			collect(item, key, found)
		}
	}
}

func (b *builder) addRules() error {
	if err := b.rulesOf(b.form.head, b.form.entity.Rules); err != nil {
		return err
	}
	for _, g := range b.form.tables {
		if g.field.Items == nil {
			continue
		}
		if err := b.rulesOf(g, g.field.Items.Rules); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) rulesOf(g *group, rules map[string]*def.Rule) error {
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		d := rules[name]
		r := &rule{Rule: d, name: name, params: placeholders(d), field: g.byName[d.Field]}
		u := &unit{kind: unitRule, group: g, rule: r}
		var err error
		if r.must, err = b.program(g, d.Must, expr.KindBool, "rule "+name); err != nil {
			return err
		}
		if r.when, err = b.program(g, d.When, expr.KindBool, "rule "+name+" when"); err != nil {
			return err
		}
		b.reads(u, r.must)
		b.reads(u, r.when)
		for _, param := range r.params {
			if f, ok := g.byName[param]; ok {
				u.reads = append(u.reads, read{f, true})
			}
		}
		b.units = append(b.units, u)
	}
	return nil
}

var placeholderPattern = regexp.MustCompile(`\{([a-z][a-z0-9_]*)\}`)

// placeholders lists the {field} names in the messages of a rule, sorted.
func placeholders(r *def.Rule) []string {
	texts := []string{r.Message}
	for _, translated := range r.I18n {
		texts = append(texts, translated["message"])
	}
	names := map[string]bool{}
	for _, text := range texts {
		for _, match := range placeholderPattern.FindAllStringSubmatch(text, -1) {
			names[match[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// addChoices compiles the variables of x-filters. Those that go through references must be asked for.
func (b *builder) addChoices() error {
	for _, g := range b.groups() {
		for _, f := range g.fields {
			var err error
			if f.choice, err = b.variables(g, f.Filter, f.Path+" x-filter"); err != nil {
				return err
			}
			u := &unit{kind: unitChoice, group: g, field: f}
			for _, v := range f.choice {
				if len(v.steps) > 1 {
					b.readVariable(u, v)
				}
			}
			if len(u.reads) > 0 {
				b.units = append(b.units, u)
			}
		}
	}
	return nil
}

// addUnique finds the keys one record can violate alone: those of a sub-table's rows. Keys with a filter are left to
// Keys, which is given what evaluates filters.
func (b *builder) addUnique() error {
	for _, name := range slices.Sorted(maps.Keys(b.form.entity.Keys())) {
		key := b.form.entity.Keys()[name]
		fields, rows, err := b.keyFields(key)
		if err != nil {
			return err
		}
		if rows != nil && key.Where == nil {
			b.uniqueUnit(&uniqueness{name: name, fields: fields, rows: rows})
		}
	}
	return nil
}

func (b *builder) uniqueUnit(key *uniqueness) {
	u := &unit{kind: unitUnique, group: b.form.head, key: key}
	u.reads = append(u.reads, read{field: key.rows.field})
	for _, f := range key.fields {
		u.reads = append(u.reads, read{field: f})
	}
	b.units = append(b.units, u)
}

// keyFields finds the fields of a key and the one sub-table it goes into.
func (b *builder) keyFields(key *def.Key) (fields []*field, rows *group, err error) {
	for _, path := range key.Fields {
		f, ok := b.form.find(path)
		if !ok {
			return nil, nil, fmt.Errorf("x-unique %s: %w", path, errUnknownPath)
		}
		if f.group.field != nil {
			rows = f.group
		}
		fields = append(fields, f)
	}
	return fields, rows, nil
}

// groups lists the header and the sub-tables.
func (b *builder) groups() []*group { return append([]*group{b.form.head}, b.form.tables...) }

// find finds a field of the header, or a column by its full path.
func (f *Form) find(path string) (*field, bool) {
	table, column, nested := strings.Cut(path, ".")
	found, ok := f.head.byName[table]
	if !ok || !nested {
		return found, ok
	}
	if found.rows == nil {
		return nil, false
	}
	found, ok = found.rows.byName[column]
	return found, ok
}
