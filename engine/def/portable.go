package def

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Patterns of the wire forms that have one. They are what engine/form accepts, without check digits.
const (
	patternDate     = `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`
	patternMonth    = `^[0-9]{4}-(0[1-9]|1[0-2])$`
	patternDateTime = `^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?Z$`
	patternPhone    = `^(1[3-9][0-9]{9}|(0[0-9]{2,3}-?)?[2-9][0-9]{6,7}(-[0-9]{1,6})?|[48]00-?[0-9]{3}-?[0-9]{4})$`
	patternIDCard   = `^[1-9][0-9]{16}[0-9X]$`
	patternUSCC     = `^[0-9A-HJ-NPQRTUWXY]{18}$`
	patternBankCard = `^[0-9]{12,30}$`
)

// maxSafeInteger is the largest integer all JSON readers keep exact.
const maxSafeInteger = 1<<53 - 1

// maxID is the most characters of a record's id.
const maxID = 64

// PortableSchema gives the values of an entity's records as plain JSON Schema 2020-12 without x- keywords, for stock
// validators (definitions.md §14), in canonical form.
func PortableSchema(e *Entity) json.RawMessage { return appendCanonical(nil, portable{}.entity(e)) }

// portable writes schemas; opening leaves out what imported opening data need not satisfy (required, minItems), terse
// writes options without their titles, for our own validator: of oneOf it makes an error for every option a value is not.
type portable struct{ opening, terse bool }

func (p portable) entity(e *Entity) map[string]any {
	schema := plainTree(e.Plain)
	p.object(schema, e.Properties, e.Required)
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	describe(schema, e.Title, e.Description)
	return schema
}

// object fills in the properties of a header or a row.
func (p portable) object(schema map[string]any, fields map[string]*Field, required []string) {
	properties := map[string]any{}
	for name, field := range fields {
		properties[name] = p.field(field)
	}
	schema["type"] = "object"
	schema["properties"] = properties
	schema["additionalProperties"] = false
	needed := slices.DeleteFunc(slices.Clone(required), func(name string) bool {
		field := fields[name]
		return field == nil || field.IsReadOnly() // computed ones are asked for at submit only
	})
	if len(needed) > 0 && !p.opening {
		slices.Sort(needed)
		schema["required"] = anyList(needed)
	}
}

func (p portable) field(f *Field) map[string]any {
	schema := plainTree(f.Plain)
	describe(schema, f.Title, f.Description)
	if f.IsReadOnly() {
		schema["readOnly"] = true
	}
	if value := jsonTree(f.Const); value != nil {
		schema["const"] = value
	}
	schema["type"] = "string"
	switch {
	case f.IsTable():
		p.table(schema, f)
	case f.IsList():
		p.list(schema, f)
	case f.XType == TypeBoolean:
		schema["type"] = "boolean"
	case f.XType == TypeInteger:
		schema["type"] = "integer"
		schema["minimum"], schema["maximum"] = number(f.Minimum, -maxSafeInteger), number(f.Maximum, maxSafeInteger)
	case f.IsDecimal():
		schema["pattern"] = decimalPattern(f)
	case f.Target() != "", f.IsFile():
		schema["maxLength"] = count(maxID)
	case f.XType == TypeSelect:
		p.options(schema, f.Opts)
	case f.IsText():
		texts(schema, f)
	default:
		schema["pattern"] = typePatterns[f.XType]
	}
	return schema
}

var typePatterns = map[FieldType]string{
	TypeDate: patternDate, TypeMonth: patternMonth, TypeDateTime: patternDateTime, TypePhone: patternPhone,
	TypeIDCard: patternIDCard, TypeCreditCode: patternUSCC, TypeBankCard: patternBankCard,
}

func texts(schema map[string]any, f *Field) {
	schema["maxLength"] = count(f.EffectiveMaxLength())
	if f.MinLength != nil {
		schema["minLength"] = count(*f.MinLength)
	}
	shape, typed := typePatterns[f.XType]
	switch {
	case typed && f.Pattern != "":
		schema["pattern"] = shape
		also, _ := schema["allOf"].([]any)
		schema["allOf"] = append(slices.Clone(also), map[string]any{"pattern": f.Pattern})
	case typed:
		schema["pattern"] = shape
	case f.Pattern != "":
		schema["pattern"] = f.Pattern
	}
}

func (p portable) table(schema map[string]any, f *Field) {
	rows := plainTree(f.Items.Plain)
	p.object(rows, f.Items.Properties, f.Items.Required)
	if columns, ok := rows["properties"].(map[string]any); ok {
		columns["_id"] = map[string]any{"type": "string", "maxLength": count(maxID)}
	}
	p.list(schema, f)
	schema["items"] = rows
}

func (p portable) list(schema map[string]any, f *Field) {
	schema["type"] = "array"
	schema["maxItems"] = count(f.EffectiveMaxItems())
	if f.MinItems != nil && !p.opening {
		schema["minItems"] = count(*f.MinItems)
	}
	items := map[string]any{"type": "string"}
	if f.IsOption() {
		p.options(items, f.Opts)
	} else {
		items["maxLength"] = count(maxID)
	}
	schema["items"] = items
}

// options writes the options in force; disabled ones stay valid in records that have them.
func (p portable) options(schema map[string]any, opts []*Option) {
	if len(opts) == 0 {
		return
	}
	list := make([]any, len(opts))
	if p.terse {
		for i, option := range opts {
			list[i] = option.Const
		}
		schema["enum"] = list
		return
	}
	for i, option := range opts {
		list[i] = map[string]any{"const": option.Const, "title": option.Title}
	}
	schema["oneOf"] = list
}

func decimalPattern(f *Field) string {
	sign := "-?"
	if f.Min != "" && f.Min[0] != '-' {
		sign = ""
	}
	places := ""
	if scale := f.EffectiveScale(); scale > 0 {
		places = fmt.Sprintf(`(\.[0-9]{1,%d})?`, scale)
	}
	return "^" + sign + "(0|[1-9][0-9]{0,27})" + places + "$"
}

func describe(schema map[string]any, title, description string) {
	if title != "" {
		schema["title"] = title
	}
	if description != "" {
		schema["description"] = description
	}
}

func plainTree(plain map[string]json.RawMessage) map[string]any {
	schema := map[string]any{}
	for key, raw := range plain {
		schema[key] = jsonTree(raw)
	}
	delete(schema, "$schema")
	return schema
}

// jsonTree reads a JSON constant of a decoded definition; nil for none.
func jsonTree(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	tree, problems := readJSON(raw)
	if len(problems) > 0 {
		return nil
	}
	return tree
}

func count(n int) json.Number { return json.Number(fmt.Sprint(n)) }

func number(n json.Number, otherwise int) json.Number {
	if n == "" {
		return count(otherwise)
	}
	return n
}

func anyList(names []string) []any {
	list := make([]any, len(names))
	for i, name := range slices.Sorted(slices.Values(names)) {
		list[i] = name
	}
	return list
}
