//go:build !js

package def

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/expr"
)

// field checks one field or column: its target, its bounds and constants, and how it gets its value.
func (c *checker) field(e *Entity, f *Field, pointer string, scope expr.Scope) {
	c.target(f, pointer)
	c.bounds(f, pointer)
	c.constant(f, pointer+"/default", f.Default)
	c.constant(f, pointer+"/const", f.Const)
	c.exclusive(f, pointer)
	want := FieldKind(f)
	for keyword, source := range map[string]string{"/x-compute": f.Compute, "/x-default": f.DefaultExpr} {
		program := c.compile(pointer+keyword, source, scope, want)
		if program != nil && f.IsNumber() && program.Unrounded() {
			c.fail(pointer+keyword, "unrounded")
		}
		c.sameTarget(pointer+keyword, f, program)
	}
	for i, source := range f.Lookup {
		c.lookup(f, source, joinPointer(pointer, "x-lookup", i), scope)
	}
	if f.Rollup != nil {
		c.rollup(e, f, pointer+"/x-rollup")
	}
	if f.Number != nil {
		c.number(e, f.Number, pointer+"/x-number")
	}
}

// sameTarget refuses a formula of a reference that gives a record of another entity.
func (c *checker) sameTarget(pointer string, f *Field, program *expr.Program) {
	if program == nil || f.Target() == "" || f.IsList() {
		return
	}
	if shape := program.Type().Shape; shape != nil && shape.Name() != f.Target() && shape.Name() != "actor" {
		c.fail(pointer, expr.CodeType, "want", f.Target(), "got", shape.Name())
	}
}

func (c *checker) target(f *Field, pointer string) {
	if f.XType != TypeReference && f.XType != TypeReferences {
		return
	}
	if IsEngines(f.Entity) { // files have fields of their own types; who may see one depends on where it stands
		c.fail(pointer+"/x-entity", "unknown_entity", "name", f.Entity)
		return
	}
	target, ok := c.entityNamed(pointer+"/x-entity", f.Entity)
	if ok && f.Display != "" {
		c.fieldAt(pointer+"/x-display", target, f.Display)
	}
}

// bounds checks that lower bounds are not above upper ones and that both are constants of the field's type.
func (c *checker) bounds(f *Field, pointer string) {
	for _, pair := range [][2]*int{{f.MinLength, f.MaxLength}, {f.MinItems, f.MaxItems}} {
		if pair[0] != nil && pair[1] != nil && *pair[0] > *pair[1] {
			c.fail(pointer, "range", "min", *pair[0], "max", *pair[1])
		}
	}
	if f.MaxLength != nil && f.XType != TypeLongText && *f.MaxLength > 255 {
		c.fail(pointer+"/maxLength", "range", "max", 255)
	}
	if f.MaxItems != nil && f.IsList() && *f.MaxItems > 500 {
		c.fail(pointer+"/maxItems", "range", "max", 500)
	}
	low, lowOK := c.bound(f, pointer+"/x-min", f.Min)
	high, highOK := c.bound(f, pointer+"/x-max", f.Max)
	if f.XType == TypeInteger {
		low, high = exprText(expr.KindNumber, f.Minimum.String()), exprText(expr.KindNumber, f.Maximum.String())
		lowOK, highOK = low != nil, high != nil
	}
	if !lowOK || !highOK {
		return
	}
	if order, comparable := expr.Compare(low, high); comparable && order > 0 {
		c.fail(pointer, "range", "min", f.Min+f.Minimum.String(), "max", f.Max+f.Maximum.String())
	}
}

func (c *checker) bound(f *Field, pointer, text string) (any, bool) {
	if text == "" {
		return nil, false
	}
	value := exprText(FieldKind(f), text)
	if value == nil || (f.IsDecimal() && !scaled(value, f)) {
		c.fail(pointer, "literal", "value", text)
		return nil, false
	}
	return value, true
}

// scaled tells whether a decimal has no more places than the field stores.
func scaled(value any, f *Field) bool {
	d, ok := value.(expr.Decimal)
	return ok && expr.Places(d) <= f.EffectiveScale()
}

// constant checks that a default (or const) is a value of the field's type.
func (c *checker) constant(f *Field, pointer string, raw json.RawMessage) {
	if len(raw) == 0 {
		return
	}
	value := WireValue(raw)
	if !fits(f, value) {
		c.fail(pointer, "literal", "value", value)
		return
	}
	if f.XType == TypeSelect || f.XType == TypeMultiSelect {
		c.options(f, pointer, value)
	}
}

// fits tells whether a wire value is of the field's type; options are looked at by options.
func fits(f *Field, value any) bool {
	switch v := value.(type) {
	case bool:
		return f.XType == TypeBoolean
	case int64:
		return f.XType == TypeInteger
	case []any:
		for _, item := range v {
			if _, text := item.(string); !text {
				return false
			}
		}
		return f.IsList()
	case string:
		if f.XType == TypeInteger || f.XType == TypeBoolean || f.IsList() || f.IsTable() {
			return false
		}
		typed := exprText(FieldKind(f), v)
		return typed != nil && (!f.IsDecimal() || scaled(typed, f))
	}
	return false
}

func (c *checker) options(f *Field, pointer string, value any) {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	for _, item := range list {
		name, _ := item.(string)
		if _, ok := f.Option(name); !ok {
			c.fail(pointer, "unknown_option", "value", name)
		}
	}
}

// exclusive refuses two ways to get a value, and what makes no sense beside one.
func (c *checker) exclusive(f *Field, pointer string) {
	sources := 0
	for _, has := range []bool{f.Compute != "", len(f.Lookup) > 0, f.Rollup != nil, f.Number != nil} {
		if has {
			sources++
		}
	}
	switch {
	case sources > 1:
		c.fail(pointer, "exclusive", "keywords", []string{"x-compute", "x-lookup", "x-rollup", "x-number"})
	case len(f.Default) > 0 && f.DefaultExpr != "":
		c.fail(pointer+"/x-default", "exclusive", "keywords", []string{"default", "x-default"})
	case sources > 0 && f.DefaultExpr != "":
		c.fail(pointer+"/x-default", "exclusive", "keywords", []string{"x-compute", "x-default"})
	case sources > 0 && f.ReadOnly != nil && !*f.ReadOnly:
		c.fail(pointer+"/readOnly", "exclusive", "keywords", []string{"x-compute", "readOnly"})
	}
	if f.Once && (sources > 0 || f.Parent != nil || f.IsTable() || f.IsReadOnly()) {
		c.fail(pointer+"/x-once", "field_type", "field", f.Path)
	}
	if f.Snapshot && f.Compute == "" && len(f.Lookup) == 0 {
		c.fail(pointer+"/x-snapshot", "exclusive", "keywords", []string{"x-snapshot"})
	}
}

// lookup checks one source of a looked-up value; its filter is checked above this package.
func (c *checker) lookup(f *Field, source *Lookup, pointer string, scope expr.Scope) {
	c.condition(pointer+"/when", source.When, scope)
	target, ok := c.entityNamed(pointer+"/entity", source.Entity)
	if !ok {
		return
	}
	if source.Rows != "" {
		if table, ok := c.ownField(pointer+"/rows", target, source.Rows); ok && !table.IsTable() {
			c.fail(pointer+"/rows", "field_type", "field", source.Rows)
		}
	}
	for i, key := range source.Order {
		c.ownField(joinPointer(pointer, "order", i, "field"), target, key.Field)
	}
	taken, ok := c.fieldAt(pointer+"/take", target, source.Take.Path)
	if ok && !takes(f, taken, source.Take.Agg) {
		c.fail(pointer+"/take", "field_type", "field", source.Take.Path)
	}
}

// takes tells whether the value of a field, or an aggregate over it, can be the value of f.
func takes(f, taken *Field, agg string) bool {
	switch agg {
	case "count":
		return f.IsNumber()
	case "sum", "avg":
		return f.IsNumber() && taken.IsNumber()
	}
	if f.Target() != "" && taken.Target() != "" && f.Target() != taken.Target() {
		return false
	}
	// The id of a record found is a text that names a record of the target.
	if taken.Path == FieldID && f.Target() != "" {
		return true
	}
	return FieldKind(f) == FieldKind(taken)
}

var (
	numberToken  = regexp.MustCompile(`\{([^{}]*)\}`)
	counterToken = regexp.MustCompile(`^(seq|next):([1-9]|1[0-2])$`)
)

// number checks the tokens of an automatic number.
func (c *checker) number(e *Entity, n *Number, pointer string) {
	if strings.ContainsAny(numberToken.ReplaceAllString(n.Pattern, ""), "{}") {
		c.fail(pointer+"/pattern", "number_token", "token", n.Pattern)
	}
	counters := 0
	for _, match := range numberToken.FindAllStringSubmatch(n.Pattern, -1) {
		token := match[1]
		switch {
		case token == "yyyy" || token == "MM" || token == "dd":
		case counterToken.MatchString(token):
			counters++
		case !c.numberField(e, n, token):
			c.fail(pointer+"/pattern", "number_token", "token", token)
		}
	}
	if counters > 1 {
		c.fail(pointer+"/pattern", "number_token", "token", "seq")
	}
	if n.Date != "" {
		field, ok := c.ownField(pointer+"/date", e, n.Date)
		if ok && field.XType != TypeDate && field.XType != TypeDateTime && field.XType != TypeMonth {
			c.fail(pointer+"/date", "field_type", "field", n.Date)
		}
	}
	c.numberMap(e, n, pointer+"/map")
}

// numberField tells whether a token names a field whose value can stand in a number.
func (c *checker) numberField(e *Entity, n *Number, token string) bool {
	field, ok := e.Field(token)
	if !ok || field.Parent != nil || field.IsTable() || field.IsList() || field.Number == n {
		return false
	}
	if field.XType != TypeReference {
		return true
	}
	target, ok := c.cat.Entities[field.Entity]
	return ok && target.Natural != ""
}

func (c *checker) numberMap(e *Entity, n *Number, pointer string) {
	for _, name := range sortedKeys(n.Map) {
		field, ok := c.ownField(joinPointer(pointer, name), e, name)
		if !ok {
			continue
		}
		if field.XType == TypeText || field.XType == TypeInteger {
			continue // any value
		}
		if field.XType != TypeSelect {
			c.fail(joinPointer(pointer, name), "field_type", "field", name)
			continue
		}
		for _, option := range sortedKeys(n.Map[name]) {
			if _, known := field.Option(option); !known {
				c.fail(joinPointer(pointer, name, option), "unknown_option", "value", option)
			}
		}
	}
}

// settings checks typed constants: defaults and the tenant's values.
func (c *checker) settings(s *Settings) {
	c.at(KindSettings, s.Name)
	for _, name := range sortedKeys(s.Properties) {
		field, pointer := s.Properties[name], joinPointer("/properties", name)
		c.target(field, pointer)
		c.bounds(field, pointer)
		c.constant(field, pointer+"/default", field.Default)
	}
	for _, name := range sortedKeys(s.Values) {
		field, ok := s.Properties[name]
		if !ok {
			c.fail(joinPointer("/values", name), "unknown_field", "field", name)
			continue
		}
		c.constant(field, joinPointer("/values", name), s.Values[name])
	}
}

// dictionary checks that parents exist and do not go in a circle.
func (c *checker) dictionary(d *Dictionary) {
	c.at(KindDictionary, d.Name)
	parents := map[string][]string{}
	var names []string
	for _, item := range d.Items {
		names = append(names, item.Name)
		if item.Parent != "" {
			parents[item.Name] = []string{item.Parent}
		}
	}
	for i, item := range d.Items {
		if item.Parent != "" && !slices.Contains(names, item.Parent) {
			c.fail("/items/"+strconv.Itoa(i)+"/parent", "unknown_option", "value", item.Parent)
		}
	}
	for _, circle := range circles(names, func(name string) []string { return parents[name] }) {
		c.fail("/items", "cycle", "names", circle)
	}
}
