package expr

import (
	"cmp"
	"strings"
)

// Ref is a record that is referred to: its id, and its fields as far as they were read.
type Ref struct {
	id     string
	fields Object
}

// NewRef makes a record value. The fields may be nil: then every member of it is missing. Variables without
// an id (param, key) take the empty id.
func NewRef(id string, fields Object) Ref { return Ref{id, fields} }

// RefID is the id of a record value, or of a text that is taken as an id; false for other values.
func RefID(v any) (string, bool) {
	switch v := v.(type) {
	case Ref:
		return v.id, true
	case string:
		return v, v != ""
	}
	return "", false
}

// RefObject gives the fields of a record value; nil if they are not known.
func RefObject(r Ref) Object { return r.fields }

// KindOf is the kind of a runtime value; KindAny for nil and for what is no runtime value.
func KindOf(v any) Kind {
	switch v.(type) {
	case bool:
		return KindBool
	case string:
		return KindText
	case Decimal:
		return KindNumber
	case Date:
		return KindDate
	case Time:
		return KindDateTime
	case Month:
		return KindMonth
	case Ref:
		return KindRecord
	case []any:
		return KindList
	}
	return KindAny
}

// IsMissing is true for nil and for the empty text.
func IsMissing(v any) bool { return v == nil || v == "" }

// Equal compares two runtime values by value: 8.5 equals 8.50, a record equals its id, lists are equal item by
// item. Missing equals missing. Values of different kinds are not equal.
func Equal(a, b any) bool {
	if IsMissing(a) || IsMissing(b) {
		return IsMissing(a) && IsMissing(b)
	}
	switch a := a.(type) {
	case bool:
		other, ok := b.(bool)
		return ok && a == other
	case Ref:
		id, ok := RefID(b)
		return ok && a.id == id
	case []any:
		other, ok := b.([]any)
		return ok && equalLists(a, other)
	case string:
		if ref, ok := b.(Ref); ok {
			return a == ref.id
		}
	}
	order, ok := Compare(a, b)
	return ok && order == 0
}

func equalLists(a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// Compare orders two values of one kind: texts by code point, numbers by value, dates, instants and months by
// time. False if they have no order: other kinds, different kinds, missing.
func Compare(a, b any) (int, bool) {
	switch a := a.(type) {
	case string:
		other, ok := b.(string)
		return strings.Compare(a, other), ok
	case Decimal:
		other, ok := b.(Decimal)
		return CompareDecimal(a, other), ok
	case Date:
		other, ok := b.(Date)
		return cmp.Compare(a.day, other.day), ok
	case Month:
		other, ok := b.(Month)
		return cmp.Compare(a.month, other.month), ok
	case Time:
		other, ok := b.(Time)
		return a.at.Compare(other.at), ok
	}
	return 0, false
}

// Key writes a value so that equal values have equal texts and different ones (of one kind) different texts:
// decimals shortest, records by id, the wire form for the rest. Missing is the empty text.
func Key(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "true"
		}
		return "false"
	case string:
		return v
	case Decimal:
		return DecimalString(v)
	case Date:
		return DateString(v)
	case Time:
		return TimeString(v)
	case Month:
		return MonthString(v)
	case Ref:
		return v.id
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = Key(item)
		}
		return strings.Join(parts, "\x1f")
	}
	return ""
}
