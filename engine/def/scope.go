package def

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"formwork/engine/expr"
)

// Scope is what expressions over a record of an entity may name: its fields and system fields as bare names, record (the
// same record), actor and settings. Use it for the header's rules and computed fields, for forms and for flows.
func (c *Catalog) Scope(entity *Entity) expr.Scope {
	return c.scopeOver(recordShape{c, entity, c.mayMiss})
}

// RowScope is what expressions of a sub-table's rows may name: the columns as bare names, record (the header), actor and
// settings; row_no() is allowed.
func (c *Catalog) RowScope(entity *Entity, table *Field) expr.Scope {
	return c.rowScopeOver(recordShape{c, entity, c.mayMiss}, table)
}

// RowsScope is what an expression that runs once per row of a sub-table on behalf of the header may name (actions of a
// flow): the header's fields as bare names and as record, and row (the row).
func (c *Catalog) RowsScope(entity *Entity, table *Field) expr.Scope {
	scope := c.Scope(entity)
	scope.Vars["row"] = expr.Type{Kind: expr.KindRecord, Shape: rowShape{c, table, entity, c.mayMiss}}
	return scope
}

// SettingsScope is what expressions without a record may name: actor and settings.
func (c *Catalog) SettingsScope() expr.Scope {
	return expr.Scope{Vars: map[string]expr.Type{"actor": actorType}, Setting: c.settingConstant}
}

// RecordShape tells the fields of an entity's records to the expression checker.
func (c *Catalog) RecordShape(entity *Entity) expr.Shape { return recordShape{c, entity, c.mayMiss} }

// RowShape tells the columns of a sub-table's rows to the expression checker.
func (c *Catalog) RowShape(entity *Entity, table *Field) expr.Shape {
	return rowShape{c, table, entity, c.mayMiss}
}

// FieldKind is the kind a field's values have in expressions.
func FieldKind(f *Field) expr.Kind {
	switch f.XType {
	case TypeInteger, TypeDecimal, TypePercent, TypeMoney:
		return expr.KindNumber
	case TypeBoolean:
		return expr.KindBool
	case TypeDate:
		return expr.KindDate
	case TypeDateTime:
		return expr.KindDateTime
	case TypeMonth:
		return expr.KindMonth
	case TypeUser, TypeDepartment, TypeReference:
		return expr.KindRecord
	case TypeMultiSelect, TypeUsers, TypeReferences, TypeTable, TypeAttachment, TypeImage:
		return expr.KindList
	default:
		return expr.KindText
	}
}

// misses tells whether a field may hold no value in a submitted record of its entity.
type misses func(entity *Entity, field *Field) bool

func (c *Catalog) scopeOver(shape recordShape) expr.Scope {
	return expr.Scope{
		Self:    shape,
		Vars:    map[string]expr.Type{"record": {Kind: expr.KindRecord, Shape: shape}, "actor": actorType},
		Setting: c.settingConstant,
	}
}

func (c *Catalog) rowScopeOver(header recordShape, table *Field) expr.Scope {
	scope := c.scopeOver(header)
	scope.Self = rowShape{c, table, header.entity, header.misses}
	scope.InRow = true
	return scope
}

// exprType is the type of a field's values; the members of references are found when asked for.
func (c *Catalog) exprType(entity *Entity, field *Field, misses misses) expr.Type {
	t := expr.Type{Kind: FieldKind(field), Optional: misses(entity, field)}
	shape := c.targetShape(field, misses)
	switch {
	case t.Kind == expr.KindRecord:
		t.Shape = shape
	case field.IsTable():
		t.Shape = rowShape{c, field, entity, misses}
		t.Elem = &expr.Type{Kind: expr.KindRecord, Shape: t.Shape}
	case t.Kind == expr.KindList && shape != nil:
		t.Elem = &expr.Type{Kind: expr.KindRecord, Shape: shape}
	case t.Kind == expr.KindList:
		t.Elem = &expr.Type{Kind: expr.KindText}
	}
	return t
}

func (c *Catalog) targetShape(field *Field, misses misses) expr.Shape {
	if entity, ok := c.Entities[field.Target()]; ok {
		return recordShape{c, entity, misses}
	}
	return nil
}

// recordShape is an entity as the expression checker sees it.
type recordShape struct {
	cat    *Catalog
	entity *Entity
	misses misses
}

func (s recordShape) Name() string { return s.entity.Name }

func (s recordShape) Field(name string) (expr.Type, bool) {
	field, ok := s.entity.Field(name)
	if !ok || strings.Contains(name, ".") {
		return expr.Type{}, false
	}
	return s.cat.exprType(s.entity, field, s.misses), true
}

func (s recordShape) Names() []string {
	names := slices.Collect(maps.Keys(s.entity.Properties))
	for _, name := range SystemFields() {
		if _, ok := s.entity.Field(name); ok {
			names = append(names, name)
		}
	}
	return names
}

// rowShape is a sub-table's row as the expression checker sees it.
type rowShape struct {
	cat    *Catalog
	table  *Field
	entity *Entity
	misses misses
}

func (s rowShape) Name() string { return s.table.Name }

func (s rowShape) Field(name string) (expr.Type, bool) {
	field, ok := s.table.Column(name)
	if !ok {
		return expr.Type{}, false
	}
	return s.cat.exprType(s.entity, field, s.misses), true
}

func (s rowShape) Names() []string { return slices.Collect(maps.Keys(s.table.Items.Properties)) }

// actorShape has the two things expressions may know about who acts.
type actorShape struct{}

func (actorShape) Name() string { return "actor" }

func (actorShape) Field(name string) (expr.Type, bool) {
	if name == "id" || name == "name" {
		return expr.Type{Kind: expr.KindText}, true
	}
	return expr.Type{}, false
}

func (actorShape) Names() []string { return []string{"id", "name"} }

var actorType = expr.Type{Kind: expr.KindRecord, Shape: actorShape{}}

// settingConstant gives a setting as a runtime value of expressions.
func (c *Catalog) settingConstant(path string) (any, expr.Type, bool) {
	field, raw, ok := c.settingJSON(path)
	if !ok {
		return nil, expr.Type{}, false
	}
	value := ExprValue(field, WireValue(raw))
	t := c.exprType(nil, field, func(*Entity, *Field) bool { return value == nil })
	return value, t, true
}

// ExprValue turns a wire value of a field into a runtime value of expressions: nil, bool, string, expr.Decimal, expr.Date,
// expr.Time, expr.Month or a list of these. Ids stay texts (an id equals the record it names). What does not fit the
// field's type is nil. Rows of sub-tables are not handled here.
func ExprValue(field *Field, wire any) any {
	switch v := wire.(type) {
	case string:
		return exprText(FieldKind(field), v)
	case json.Number:
		return exprText(expr.KindNumber, v.String())
	case int64:
		return expr.DecimalFromInt(v)
	case bool:
		return v
	case []any:
		list := make([]any, len(v))
		copy(list, v)
		return list
	}
	return nil
}

func exprText(kind expr.Kind, text string) any {
	if text == "" {
		return nil
	}
	var value any
	var err error
	switch kind {
	case expr.KindNumber:
		value, err = expr.ParseDecimal(text)
	case expr.KindDate:
		value, err = expr.ParseDate(text)
	case expr.KindDateTime:
		value, err = expr.ParseTime(text)
	case expr.KindMonth:
		value, err = expr.ParseMonth(text)
	default:
		return text
	}
	if err != nil {
		return nil
	}
	return value
}

// optionality remembers which fields may hold no value. It is found out once, when first asked for, as it takes
// compiling every formula; afterwards it is only read.
type optionality struct {
	once sync.Once
	may  map[*Field]bool
}

// mayMiss tells whether a field may hold no value in a submitted record: false if it is required, has a default that
// cannot be taken away, or is computed by something that always has a result.
func (c *Catalog) mayMiss(entity *Entity, field *Field) bool {
	c.optional.once.Do(func() {
		search := optionalSearch{cat: c, may: map[*Field]bool{}}
		for _, name := range slices.Sorted(maps.Keys(c.Entities)) {
			for _, f := range c.Entities[name].AllFields() {
				search.find(c.Entities[name], f)
			}
		}
		c.optional.may = search.may
	})
	may, known := c.optional.may[field]
	if !known {
		return systemMayMiss(field)
	}
	return may
}

// systemMayMiss holds for fields that belong to no entity: the system fields are always there.
func systemMayMiss(field *Field) bool {
	_, system := systemFields[field.Path]
	return !system
}

// optionalSearch follows formulas into the fields they read; a circle counts as missing (Check refuses it).
type optionalSearch struct {
	cat *Catalog
	may map[*Field]bool
}

func (s optionalSearch) find(entity *Entity, field *Field) bool {
	if may, known := s.may[field]; known {
		return may
	}
	if entity == nil || (field.Parent == nil && entity.Properties[field.Name] != field) {
		return systemMayMiss(field)
	}
	s.may[field] = true // while its own formula is looked at
	may := s.decide(entity, field)
	s.may[field] = may
	return may
}

func (s optionalSearch) decide(entity *Entity, field *Field) bool {
	switch {
	case entity.IsRequired(field.Path), field.Number != nil, field.IsTable():
		return false
	case len(field.Lookup) > 0:
		return field.DefaultValue() == nil
	case field.Compute == "":
		return true
	}
	header := recordShape{s.cat, entity, s.find}
	scope := s.cat.scopeOver(header)
	if field.Parent != nil {
		scope = s.cat.rowScopeOver(header, field.Parent)
	}
	program, err := expr.Compile(field.Compute, scope, expr.KindAny)
	return err != nil || program.Type().Optional
}
