//go:build !js

package def

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/expr"
)

// Check finds everything that keeps a catalog from being published, except filters and flows, which packages above this
// one know (query, flow). Problems are sorted by definition and place. Codes, beside those of expressions (expr.Error):
//
//	unknown_entity unknown_field unknown_form unknown_view unknown_role unknown_dictionary unknown_column unknown_option
//	reserved_name   a field named like a word, variable or function of the expression language, or a system field
//	field_type      a field of a type that cannot stand here
//	exclusive       two keywords that exclude each other
//	literal         a constant that does not fit the field's type
//	range           a lower bound above the upper one, or a bound beyond the type's own
//	unrounded       a division reaches a stored value without round
//	cycle           fields that are computed or rolled up from each other in a circle; roles that inherit, items that contain each other
//	number_token    a token of x-number that is no field, date part or counter
//	placeholder     a {placeholder} of a message that is no field
//	one_table       a unique rule, or a button that fills, over two sub-tables
//	duplicate_field a field placed twice in a form
//	widget          a widget or keyword that does not fit the field
//	too_deep        a menu of more than three levels
//	discloses       a role may read a computed value but not what it is made from
//	no_approval     a flow that starts on submit of an entity without x-approval
//	unknown_dataset unknown_dashboard unknown_call (a source that calls a function this engine does not have)
//	unknown_param   a button that fills gives a dataset a param it does not have
//	keys_differ     sources of a dataset that are joined but grouped by different keys
//	unknown_parse   a grammar of an import that this engine does not have, or that does not fit the field
//	shape           a widget whose type needs another number of measures or dimensions
//	unknown_node    a place to sign of a node that no flow of the entity has
//	not_searched    a likeness over a text that is not in the search index
//	no_via          a rollup over records whose reference does not lead to this entity
//	schema          plain JSON Schema keywords that do not compile
func Check(cat *Catalog) []Problem {
	c := &checker{cat: cat}
	for _, name := range sortedKeys(cat.Entities) {
		if !IsSystem(name) || extendable(name) {
			c.entity(cat.Entities[name])
		}
	}
	c.rollupCircles()
	for _, name := range sortedKeys(cat.Forms) {
		if cat.published(KindForm, name) {
			c.form(cat.Forms[name])
		}
	}
	for _, name := range sortedKeys(cat.Views) {
		if cat.published(KindView, name) {
			c.view(cat.Views[name])
		}
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
		c.flow(cat.Flows[name])
	}
	for _, name := range sortedKeys(cat.Menus) {
		c.at(KindMenu, name)
		c.menu("/items", cat.Menus[name].Items, 1)
	}
	for _, name := range sortedKeys(cat.Dictionaries) {
		c.dictionary(cat.Dictionaries[name])
	}
	for _, name := range sortedKeys(cat.Settings) {
		c.settings(cat.Settings[name])
	}
	for _, name := range sortedKeys(cat.Imports) {
		c.importing(cat.Imports[name])
	}
	for _, name := range sortedKeys(cat.Prints) {
		c.printing(cat.Prints[name])
	}
	slices.SortStableFunc(c.problems, func(a, b Problem) int {
		return strings.Compare(a.Ref+"\x00"+a.Path, b.Ref+"\x00"+b.Path)
	})
	return c.problems
}

// published tells whether a definition was given, not generated.
func (c *Catalog) published(kind Kind, name string) bool {
	_, ok := c.Definitions[Ref{kind, name}]
	return ok
}

// Origin is the reference of the definition a part of an entity comes from: the entity's own, or an extension's.
func (c *Catalog) Origin(entity, pointer string) string {
	return c.OriginOf(Ref{KindEntity, entity}, pointer)
}

// OriginOf is the reference of the definition a part of another one comes from: its own, or that of an extension.
func (c *Catalog) OriginOf(ref Ref, pointer string) string {
	parts := strings.SplitN(strings.TrimPrefix(pointer, "/"), "/", 3)
	if len(parts) >= 2 {
		if extension, ok := c.origins[ref.String()+"/"+parts[0]+"/"+parts[1]]; ok {
			return extension
		}
	}
	return ref.String()
}

// checker collects problems; ref is the definition being looked at.
type checker struct {
	cat      *Catalog
	ref      Ref
	problems []Problem
}

func (c *checker) at(kind Kind, name string) { c.ref = Ref{kind, name} }

func (c *checker) fail(pointer, code string, params ...any) {
	p := failure(pointer, code, params...)
	p.Ref = c.cat.OriginOf(c.ref, pointer)
	c.problems = append(c.problems, p)
}

// compile checks an expression; nil if it has problems or there is none.
func (c *checker) compile(pointer, source string, scope expr.Scope, want expr.Kind) *expr.Program {
	if source == "" {
		return nil
	}
	program, err := expr.Compile(source, scope, want)
	if err != nil {
		c.expression(pointer, err)
		return nil
	}
	return program
}

// condition checks an expression that must be true or false.
func (c *checker) condition(pointer, source string, scope expr.Scope) {
	c.compile(pointer, source, scope, expr.KindBool)
}

func (c *checker) expression(pointer string, err error) {
	var bad *expr.Error
	if !errors.As(err, &bad) {
		c.fail(pointer, expr.CodeSyntax, "error", err.Error())
		return
	}
	c.fail(pointer, bad.Code)
	params := maps.Clone(bad.Params)
	if params == nil {
		params = map[string]any{}
	}
	for key, n := range map[string]int{"line": bad.Line, "column": bad.Column, "offset": bad.Offset, "length": bad.Length} {
		params[key] = n
	}
	if bad.Name != "" {
		params["name"] = bad.Name
	}
	if bad.Suggestion != "" {
		params["suggestion"] = bad.Suggestion
	}
	c.problems[len(c.problems)-1].Params = params
}

// entityNamed finds an entity or says that there is none.
func (c *checker) entityNamed(pointer, name string) (*Entity, bool) {
	entity, ok := c.cat.Entities[name]
	if !ok {
		c.fail(pointer, "unknown_entity", "name", name)
	}
	return entity, ok
}

// fieldAt finds the field at a path from an entity or says that there is none.
func (c *checker) fieldAt(pointer string, entity *Entity, path string) (*Field, bool) {
	field, ok := c.cat.Field(entity.Name, path)
	if !ok {
		c.fail(pointer, "unknown_field", "field", path, "entity", entity.Name)
	}
	return field, ok
}

// ownField finds a field or column of the entity itself or says that there is none.
func (c *checker) ownField(pointer string, entity *Entity, path string) (*Field, bool) {
	field, ok := entity.Field(path)
	if !ok {
		c.fail(pointer, "unknown_field", "field", path, "entity", entity.Name)
	}
	return field, ok
}

func (c *checker) roles(pointer string, names []string) {
	for i, name := range names {
		if _, ok := c.cat.Roles[name]; !ok && name != RoleAdmin {
			c.fail(pointer+"/"+strconv.Itoa(i), "unknown_role", "name", name)
		}
	}
}

// circle finds names that lead back to themselves; edges gives the names a name leads to. Each circle is reported once,
// beginning with its smallest name.
func circles(names []string, edges func(string) []string) [][]string {
	const (
		unseen = iota
		open
		done
	)
	state := map[string]int{}
	var stack []string
	var found [][]string
	var visit func(name string)
	visit = func(name string) {
		switch state[name] {
		case done:
			return
		case open:
			found = append(found, slices.Clone(stack[slices.Index(stack, name):]))
			return
		}
		state[name] = open
		stack = append(stack, name)
		for _, next := range edges(name) {
			visit(next)
		}
		stack = stack[:len(stack)-1]
		state[name] = done
	}
	for _, name := range names {
		visit(name)
	}
	return found
}
