//go:build !js

package def

import (
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// accept tells whether a value is certainly valid. It is false for what is not valid, and for what it cannot tell: then
// the validator itself is asked, which also says why. It does without the validator's bookkeeping of what to say where,
// which is nearly all of its work for a record without faults.
type accept func(value any) bool

// acceptor compiles a schema to its accept; nil if the schema has a keyword that is not understood here.
func acceptor(s *jsonschema.Schema) accept {
	if s == nil || !plain(s) {
		return nil
	}
	var all []accept
	for _, part := range []func(*jsonschema.Schema) (accept, bool){
		acceptType, acceptConst, acceptObject, acceptList, acceptText, acceptNumber, acceptAll,
	} {
		one, ok := part(s)
		if !ok {
			return nil
		}
		if one != nil {
			all = append(all, one)
		}
	}
	return func(value any) bool {
		for _, one := range all {
			if !one(value) {
				return false
			}
		}
		return true
	}
}

// understood are the keywords an acceptor obeys, and those that refuse nothing.
var understood = map[string]bool{
	"Types": true, "Constant": true, "Enum": true, "AllOf": true, "Required": true, "Properties": true, "AdditionalProperties": true,
	"MinItems": true, "MaxItems": true, "Items2020": true, "MinLength": true, "MaxLength": true, "Pattern": true,
	"Minimum": true, "Maximum": true, "ContainsEval": true, // which says how Contains works, if there is one
	"Location": true, "Draft": true, "Title": true, "Description": true, "Default": true, "Comment": true, "ReadOnly": true,
	"WriteOnly": true, "Examples": true, "Deprecated": true, "Format": true,
}

// plain tells whether a schema has no keyword beyond those understood. A format is one that asserts nothing.
func plain(s *jsonschema.Schema) bool {
	without, schema := reflect.ValueOf(bare()).Elem(), reflect.ValueOf(s).Elem()
	for i := range schema.NumField() {
		field := schema.Type().Field(i)
		switch {
		case understood[field.Name]:
		case !field.IsExported() && field.Type.Kind() == reflect.Func: // a format or content that is asserted
			if !schema.Field(i).IsNil() {
				return false
			}
		case !field.IsExported(): // follow from exported ones
		case field.Type.Kind() == reflect.Map, field.Type.Kind() == reflect.Slice:
			if schema.Field(i).Len() > 0 {
				return false
			}
		case !reflect.DeepEqual(schema.Field(i).Interface(), without.Field(i).Interface()):
			return false
		}
	}
	return true
}

// bare is a schema that says nothing, as the compiler leaves it.
func bare() *jsonschema.Schema {
	return &jsonschema.Schema{
		MinProperties: -1, MaxProperties: -1, MinItems: -1, MaxItems: -1, MinContains: 1, MaxContains: -1, MinLength: -1, MaxLength: -1,
	}
}

// acceptType knows the JSON types wire values have.
func acceptType(s *jsonschema.Schema) (accept, bool) {
	if len(s.Types) == 0 {
		return nil, true
	}
	types := slices.Clone(s.Types)
	return func(value any) bool {
		switch value.(type) {
		case string:
			return slices.Contains(types, "string")
		case bool:
			return slices.Contains(types, "boolean")
		case int64:
			return slices.Contains(types, "integer") || slices.Contains(types, "number")
		case []any:
			return slices.Contains(types, "array")
		case map[string]any:
			return slices.Contains(types, "object")
		}
		return false
	}, true
}

// acceptConst understands constants and options that are texts.
func acceptConst(s *jsonschema.Schema) (accept, bool) {
	if len(s.Constant) == 0 && len(s.Enum) == 0 {
		return nil, true
	}
	allowed, ok := textSet(s.Enum)
	if len(s.Constant) > 0 {
		one, isText := s.Constant[0].(string)
		if ok = ok && isText && (len(s.Enum) == 0 || allowed[one]); ok {
			allowed = map[string]bool{one: true}
		}
	}
	return func(value any) bool {
		text, isText := value.(string)
		return isText && allowed[text]
	}, ok
}

func textSet(values []any) (map[string]bool, bool) {
	set := make(map[string]bool, len(values))
	for _, value := range values {
		text, ok := value.(string)
		if !ok {
			return nil, false
		}
		set[text] = true
	}
	return set, true
}

func acceptObject(s *jsonschema.Schema) (accept, bool) {
	if len(s.Properties) == 0 && len(s.Required) == 0 && s.AdditionalProperties == nil {
		return nil, true
	}
	closed := false
	if s.AdditionalProperties != nil {
		allowed, isBool := s.AdditionalProperties.(bool)
		if !isBool {
			return nil, false
		}
		closed = !allowed
	}
	properties := make(map[string]accept, len(s.Properties))
	for name, property := range s.Properties {
		if properties[name] = acceptor(property); properties[name] == nil {
			return nil, false
		}
	}
	return objects{properties, slices.Clone(s.Required), closed}.accept, true
}

// objects are what a schema says of objects.
type objects struct {
	properties map[string]accept
	required   []string
	closed     bool // other properties are refused
}

func (o objects) accept(value any) bool {
	object, ok := value.(map[string]any)
	if !ok {
		return true // the type says what it must be
	}
	for _, name := range o.required {
		if _, has := object[name]; !has {
			return false
		}
	}
	for name, item := range object {
		property, known := o.properties[name]
		if known && !property(item) || !known && o.closed {
			return false
		}
	}
	return true
}

func acceptList(s *jsonschema.Schema) (accept, bool) {
	if s.MinItems == -1 && s.MaxItems == -1 && s.Items2020 == nil {
		return nil, true
	}
	each := func(any) bool { return true }
	if s.Items2020 != nil {
		if each = acceptor(s.Items2020); each == nil {
			return nil, false
		}
	}
	least, most := s.MinItems, s.MaxItems
	return func(value any) bool {
		list, ok := value.([]any)
		if !ok {
			return true
		}
		if len(list) < least || most != -1 && len(list) > most {
			return false
		}
		for _, item := range list {
			if !each(item) {
				return false
			}
		}
		return true
	}, true
}

func acceptText(s *jsonschema.Schema) (accept, bool) {
	if s.MinLength == -1 && s.MaxLength == -1 && s.Pattern == nil {
		return nil, true
	}
	matches := func(string) bool { return true }
	if s.Pattern != nil {
		matches = matcher(s.Pattern)
	}
	least, most := s.MinLength, s.MaxLength
	return func(value any) bool {
		text, ok := value.(string)
		if !ok {
			return true
		}
		if least > 0 || most != -1 && len(text) > most {
			length := utf8.RuneCountInString(text)
			if length < least || most != -1 && length > most {
				return false
			}
		}
		return matches(text)
	}, true
}

// decimals are the patterns of decimals: a sign or none, and how many places.
var decimals = regexp.MustCompile(`^\^(-\?)?\(0\|\[1-9\]\[0-9\]\{0,27\}\)(?:\(\\\.\[0-9\]\{1,([0-9]+)\}\)\?)?\$$`)

// matcher is a pattern as a function; the patterns every sheet has many values of are done without a regular expression.
func matcher(pattern *regexp.Regexp) func(string) bool {
	text := pattern.String()
	if text == patternDate {
		return isDate
	}
	if found := decimals.FindStringSubmatch(text); found != nil {
		places, _ := strconv.Atoi(found[2])
		signed := found[1] != ""
		return func(text string) bool {
			if signed {
				text = strings.TrimPrefix(text, "-")
			}
			return isDecimal(text, places)
		}
	}
	return pattern.MatchString
}

// isDate is patternDate.
func isDate(text string) bool {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' || !digits(text[:4]) || !digits(text[5:7]) || !digits(text[8:]) {
		return false
	}
	month, day := text[5:7], text[8:]
	return month >= "01" && month <= "12" && day >= "01" && day <= "31"
}

// isDecimal is decimalPattern without the sign.
func isDecimal(text string, places int) bool {
	whole, fraction, point := strings.Cut(text, ".")
	if whole == "" || len(whole) > 28 || !digits(whole) || whole[0] == '0' && len(whole) > 1 {
		return false
	}
	return !point || fraction != "" && len(fraction) <= places && digits(fraction)
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

func acceptNumber(s *jsonschema.Schema) (accept, bool) {
	if s.Minimum == nil && s.Maximum == nil {
		return nil, true
	}
	within := func(bound *big.Rat, sign int) (func(int64) bool, bool) {
		if bound == nil {
			return func(int64) bool { return true }, true
		}
		if !bound.IsInt() || !bound.Num().IsInt64() {
			return nil, false
		}
		limit := bound.Num().Int64()
		if sign < 0 {
			return func(n int64) bool { return n >= limit }, true
		}
		return func(n int64) bool { return n <= limit }, true
	}
	least, ok := within(s.Minimum, -1)
	most, also := within(s.Maximum, 1)
	return func(value any) bool {
		n, isNumber := value.(int64)
		return !isNumber || least(n) && most(n)
	}, ok && also
}

func acceptAll(s *jsonschema.Schema) (accept, bool) {
	if len(s.AllOf) == 0 {
		return nil, true
	}
	all := make([]accept, len(s.AllOf))
	for i, part := range s.AllOf {
		if all[i] = acceptor(part); all[i] == nil {
			return nil, false
		}
	}
	return func(value any) bool {
		for _, part := range all {
			if !part(value) {
				return false
			}
		}
		return true
	}, true
}
