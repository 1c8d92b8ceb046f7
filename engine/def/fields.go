package def

import (
	"maps"
	"slices"
	"strings"
)

// The system fields of a record (definitions.md §5.1).
const (
	FieldID        = "id"
	FieldRev       = "rev"
	FieldState     = "state"
	FieldCreatedBy = "created_by"
	FieldCreatedAt = "created_at"
	FieldUpdatedBy = "updated_by"
	FieldUpdatedAt = "updated_at"
)

// States lists the values of the system field state, in the order of a record's life.
var States = []string{
	"draft", "running", "returned", "suspended", "approved", "rejected", "cancelled", "terminated", "voided",
}

var systemFields = func() map[string]*Field {
	readOnly := true
	fields := map[string]*Field{
		FieldID:        {Type: "string", XType: TypeText},
		FieldRev:       {Type: "integer", XType: TypeInteger},
		FieldState:     {Type: "string", XType: TypeSelect, Opts: stateOptions()},
		FieldCreatedBy: {Type: "string", XType: TypeUser},
		FieldCreatedAt: {Type: "string", XType: TypeDateTime, Format: "date-time"},
		FieldUpdatedBy: {Type: "string", XType: TypeUser},
		FieldUpdatedAt: {Type: "string", XType: TypeDateTime, Format: "date-time"},
	}
	for name, field := range fields {
		field.Name, field.Path, field.ReadOnly = name, name, &readOnly
	}
	return fields
}()

// stateOptions have no titles: the web translates states, they are the same in every catalog.
func stateOptions() []*Option {
	options := make([]*Option, len(States))
	for i, state := range States {
		options[i] = &Option{Const: state, Title: state}
	}
	return options
}

// SystemField gives a system field (id, rev, state, created_by …) as a field; it belongs to no entity.
func SystemField(name string) (*Field, bool) {
	field, ok := systemFields[name]
	return field, ok
}

// SystemFields lists the names of the system fields, sorted.
func SystemFields() []string { return slices.Sorted(maps.Keys(systemFields)) }

// Field finds a field ("team"), a column ("lines.worker") or a system field ("state"; only with x-approval) of the
// entity itself. References are not followed: see Catalog.Field.
func (e *Entity) Field(path string) (*Field, bool) {
	name, column, nested := strings.Cut(path, ".")
	field, ok := e.Properties[name]
	if ok && nested {
		return field.Column(column)
	}
	if ok {
		return field, true
	}
	if nested || (name == FieldState && !e.Approval) {
		return nil, false
	}
	return SystemField(name)
}

// Fields lists the fields in their order: x-order, then those it does not name, required ones first, then by name.
func (e *Entity) Fields() []*Field { return ordered(e.Properties, e.Order, e.Required) }

// Tables lists the sub-tables in the order of Fields.
func (e *Entity) Tables() []*Field {
	return slices.DeleteFunc(e.Fields(), func(f *Field) bool { return !f.IsTable() })
}

// AllFields lists the fields of the header and, each after its sub-table, the columns.
func (e *Entity) AllFields() []*Field {
	var all []*Field
	for _, field := range e.Fields() {
		all = append(append(all, field), field.Columns()...)
	}
	return all
}

// IsRequired tells whether a field, or a column within its row, must hold a value.
func (e *Entity) IsRequired(path string) bool {
	name, column, nested := strings.Cut(path, ".")
	if !nested {
		return slices.Contains(e.Required, name)
	}
	field, ok := e.Properties[name]
	return ok && field.Items != nil && slices.Contains(field.Items.Required, column)
}

// DisplayField is what a reference shows: x-display, else x-natural, else id.
func (e *Entity) DisplayField() string {
	switch {
	case e.Display != "":
		return e.Display
	case e.Natural != "":
		return e.Natural
	}
	return FieldID
}

// SummaryPaths lists the lines of a card: x-summary, else the display field.
func (e *Entity) SummaryPaths() []string {
	if len(e.Summary) > 0 {
		return e.Summary
	}
	return []string{e.DisplayField()}
}

// KeyNatural is the name of the unique rule x-natural implies.
const KeyNatural = "natural"

// Keys gives the unique rules by name, the one of x-natural included.
func (e *Entity) Keys() map[string]*Key {
	keys := maps.Clone(e.Unique)
	if e.Natural != "" {
		if keys == nil {
			keys = map[string]*Key{}
		}
		if keys[KeyNatural] == nil {
			keys[KeyNatural] = &Key{Fields: []string{e.Natural}}
		}
	}
	return keys
}

// ordered lists fields: those of order, then required ones, then the rest, the latter two by name.
func ordered(fields map[string]*Field, order, required []string) []*Field {
	names := namesOf(fields, order, required)
	list := make([]*Field, len(names))
	for i, name := range names {
		list[i] = fields[name]
	}
	return list
}

func namesOf(fields map[string]*Field, order, required []string) []string {
	rank := func(name string) int {
		if i := slices.Index(order, name); i >= 0 {
			return i
		}
		if slices.Contains(required, name) {
			return len(order)
		}
		return len(order) + 1
	}
	names := slices.Collect(maps.Keys(fields))
	slices.SortFunc(names, func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return names
}
