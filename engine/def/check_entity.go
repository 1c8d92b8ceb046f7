//go:build !js

package def

import (
	"regexp"
	"slices"
	"strings"

	"formwork/engine/expr"
)

// entity checks one entity: names, references between its parts, rules, keys, fields and the graph of its formulas.
func (c *checker) entity(e *Entity) {
	c.at(KindEntity, e.Name)
	c.names("/properties", e.Properties)
	c.listed("/required", e.Properties, e.Required)
	c.listed("/x-order", e.Properties, e.Order)
	c.entityKeys(e)
	for i, path := range e.Summary {
		c.fieldAt(joinPointer("/x-summary", i), e, path)
	}
	scope := c.cat.Scope(e)
	c.rules(e, nil, "/x-rules", e.Rules, scope)
	c.unique(e)
	c.similar(e)
	for _, field := range e.Fields() {
		pointer := joinPointer("/properties", field.Name)
		c.field(e, field, pointer, scope)
		if !field.IsTable() {
			continue
		}
		c.names(pointer+"/items/properties", field.Items.Properties)
		c.listed(pointer+"/items/required", field.Items.Properties, field.Items.Required)
		c.listed(pointer+"/items/x-order", field.Items.Properties, field.Items.Order)
		row := c.cat.RowScope(e, field)
		c.rules(e, field, pointer+"/items/x-rules", field.Items.Rules, row)
		for _, column := range field.Columns() {
			c.field(e, column, joinPointer(pointer+"/items/properties", column.Name), row)
		}
	}
	c.formulaCircles(e)
	if _, err := newValidator(e); err != nil {
		c.fail("", "schema", "error", err.Error())
	}
}

// names refuses field names the expression language needs.
func (c *checker) names(pointer string, fields map[string]*Field) {
	for _, name := range sortedKeys(fields) {
		if expr.IsReserved(name) {
			c.fail(joinPointer(pointer, name), "reserved_name", "name", name)
		}
	}
}

// listed checks that a list names existing fields.
func (c *checker) listed(pointer string, fields map[string]*Field, names []string) {
	for i, name := range names {
		if _, ok := fields[name]; !ok {
			c.fail(joinPointer(pointer, i), "unknown_field", "field", name)
		}
	}
}

// entityKeys checks the keywords that name one field: x-display, x-natural, x-tree.
func (c *checker) entityKeys(e *Entity) {
	if e.Display != "" {
		if field, ok := c.ownField("/x-display", e, e.Display); ok && (field.IsTable() || field.IsList()) {
			c.fail("/x-display", "field_type", "field", e.Display)
		}
	}
	if e.Natural != "" {
		field, ok := c.ownField("/x-natural", e, e.Natural)
		if ok && !field.IsText() && field.XType != TypeSelect && field.XType != TypeDate && field.XType != TypeMonth && field.XType != TypeInteger {
			c.fail("/x-natural", "field_type", "field", e.Natural)
		}
	}
	if e.Tree != "" {
		field, ok := c.ownField("/x-tree", e, e.Tree)
		if ok && (field.XType != TypeReference || field.Entity != e.Name) {
			c.fail("/x-tree", "field_type", "field", e.Tree)
		}
	}
}

// rules checks the rules of a header, or of a sub-table's rows if table is set.
func (c *checker) rules(e *Entity, table *Field, pointer string, rules map[string]*Rule, scope expr.Scope) {
	for _, name := range sortedKeys(rules) {
		rule, at := rules[name], joinPointer(pointer, name)
		c.condition(at+"/must", rule.Must, scope)
		c.condition(at+"/when", rule.When, scope)
		if rule.Field != "" && !hasField(e, table, rule.Field) {
			c.fail(at+"/field", "unknown_field", "field", rule.Field, "entity", e.Name)
		}
		c.placeholders(at+"/message", rule.Message, e, table)
		for _, lang := range sortedKeys(rule.I18n) {
			c.placeholders(joinPointer(at, "x-i18n", lang, "message"), rule.I18n[lang]["message"], e, table)
		}
	}
}

// hasField tells whether a path names a column of the table (if there is one) or a field of the entity.
func hasField(e *Entity, table *Field, path string) bool {
	if table != nil {
		if _, ok := table.Column(path); ok {
			return true
		}
	}
	_, ok := e.Field(path)
	return ok
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// placeholders checks the {field} placeholders of a message.
func (c *checker) placeholders(pointer, message string, e *Entity, table *Field) {
	for _, match := range placeholder.FindAllStringSubmatch(message, -1) {
		if !hasField(e, table, match[1]) {
			c.fail(pointer, "placeholder", "name", match[1])
		}
	}
}

// unique checks the unique rules: existing scalar fields, columns of one sub-table at most.
func (c *checker) unique(e *Entity) {
	for _, name := range sortedKeys(e.Unique) {
		key, at := e.Unique[name], joinPointer("/x-unique", name)
		table := ""
		for i, path := range key.Fields {
			field, ok := c.ownField(joinPointer(at, "fields", i), e, path)
			if !ok {
				continue
			}
			if field.IsTable() || field.IsList() {
				c.fail(joinPointer(at, "fields", i), "field_type", "field", path)
			}
			if field.Parent == nil {
				continue
			}
			if table != "" && table != field.Parent.Name {
				c.fail(joinPointer(at, "fields", i), "one_table", "field", path)
			}
			table = field.Parent.Name
		}
		c.placeholders(at+"/message", key.Message, e, nil)
	}
}

// similar checks likenesses: a text of the header that is in the search index, under a name no rule has, as reasons are
// given by name.
func (c *checker) similar(e *Entity) {
	for _, name := range sortedKeys(e.Similar) {
		similar, at := e.Similar[name], joinPointer("/x-similar", name)
		if field, ok := c.ownField(at+"/field", e, similar.Field); ok {
			switch {
			case field.Parent != nil || !field.IsText():
				c.fail(at+"/field", "field_type", "field", similar.Field)
			case !field.Search:
				c.fail(at+"/field", "not_searched", "field", similar.Field)
			}
		}
		if _, taken := e.Rules[name]; taken {
			c.fail(at, "exclusive", "keywords", []string{"x-rules", "x-similar"})
		}
		for _, match := range placeholder.FindAllStringSubmatch(similar.Message, -1) { // the similar records are told beside it
			c.fail(at+"/message", "placeholder", "name", match[1])
		}
	}
}

// formulaCircles finds fields that are computed, looked up or filled in from each other in a circle.
func (c *checker) formulaCircles(e *Entity) {
	edges := map[string][]string{}
	names := make([]string, 0, len(e.Properties))
	for _, field := range e.AllFields() {
		names = append(names, field.Path)
		edges[field.Path] = c.inputs(e, field)
	}
	for _, circle := range circles(names, func(name string) []string { return edges[name] }) {
		field, ok := e.Field(circle[0])
		if !ok {
			continue
		}
		c.fail(PointerOf(field), "cycle", "fields", circle)
	}
}

// PointerOf is the JSON pointer of a field in its entity.
func PointerOf(f *Field) string {
	if f.Parent != nil {
		return joinPointer("/properties", f.Parent.Name, "items", "properties", f.Name)
	}
	return joinPointer("/properties", f.Name)
}

// inputs lists the fields and columns of the same entity that a field's value is made from.
func (c *checker) inputs(e *Entity, f *Field) []string {
	var own []string
	for _, path := range append(c.reads(e, f), c.defaultReads(e, f)...) {
		if local, ok := localPath(e, f.Parent, path); ok && !slices.Contains(own, local) {
			own = append(own, local)
		}
	}
	slices.Sort(own)
	return own
}

// reads lists what a field's formula or lookups read, each path from a bare name or a variable on.
func (c *checker) reads(e *Entity, f *Field) [][]string {
	scope := c.fieldScope(e, f)
	var reads [][]string
	add := func(source string) {
		program, err := expr.Compile(source, scope, expr.KindAny)
		if source == "" || err != nil {
			return
		}
		for _, path := range program.Reads() {
			reads = append(reads, path)
		}
	}
	add(f.Compute)
	for _, source := range f.Lookup {
		add(source.When)
		for _, name := range variables(source.Where) {
			reads = append(reads, strings.Split(name, "."))
		}
	}
	return reads
}

func (c *checker) defaultReads(e *Entity, f *Field) [][]string {
	program, err := expr.Compile(f.DefaultExpr, c.fieldScope(e, f), expr.KindAny)
	if f.DefaultExpr == "" || err != nil {
		return nil
	}
	var reads [][]string
	for _, path := range program.Reads() {
		reads = append(reads, path)
	}
	return reads
}

func (c *checker) fieldScope(e *Entity, f *Field) expr.Scope {
	if f.Parent != nil {
		return c.cat.RowScope(e, f.Parent)
	}
	return c.cat.Scope(e)
}

// localPath turns what an expression reads into a path of the same entity: the header field it begins with, or the
// column. False for variables that are not of this record, and for system fields.
func localPath(e *Entity, table *Field, path []string) (string, bool) {
	switch path[0] {
	case "record":
		table, path = nil, path[1:]
	case "row":
		path = path[1:]
	case "actor":
		return "", false
	}
	if len(path) == 0 {
		return "", false
	}
	if table != nil {
		_, ok := table.Column(path[0])
		return table.Name + "." + path[0], ok
	}
	field, ok := e.Properties[path[0]]
	if ok && field.IsTable() && len(path) > 1 {
		_, ok = field.Column(path[1])
		return path[0] + "." + path[1], ok
	}
	return path[0], ok
}

// variables lists the names of the variables in a filter.
func variables(filter []byte) []string {
	var names []string
	walkTree(jsonTree(filter), func(object map[string]any) {
		if name, ok := object["var"].(string); ok {
			names = append(names, name)
		}
	})
	slices.Sort(names)
	return slices.Compact(names)
}
