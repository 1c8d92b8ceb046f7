package query

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// class groups field types that are compared alike.
type class uint8

const (
	classNone    class = iota
	classText          // free text, code points
	classID            // option names and ids: equal or not
	classInteger       // int64
	classDecimal       // decimal strings, by value
	classDate          // dates and months: texts of fixed width
	classTime          // instants
	classBoolean
	classList // of ids or option names
	classTable
)

func classOf(t def.FieldType) class {
	switch t {
	case def.TypeText, def.TypeLongText, def.TypeAutoNumber, def.TypePhone, def.TypeIDCard, def.TypeCreditCode,
		def.TypeBankCard:
		return classText
	case def.TypeSelect, def.TypeUser, def.TypeDepartment, def.TypeReference, def.TypeSignature:
		return classID
	case def.TypeInteger:
		return classInteger
	case def.TypeDecimal, def.TypePercent, def.TypeMoney:
		return classDecimal
	case def.TypeDate, def.TypeMonth:
		return classDate
	case def.TypeDateTime:
		return classTime
	case def.TypeBoolean:
		return classBoolean
	case def.TypeMultiSelect, def.TypeUsers, def.TypeReferences, def.TypeAttachment, def.TypeImage:
		return classList
	case def.TypeTable:
		return classTable
	default:
		return classNone
	}
}

// operators says for each operator which classes it takes, as bits.
var operators = func() map[Op]uint {
	bits := func(classes ...class) (set uint) {
		for _, c := range classes {
			set |= 1 << c
		}
		return set
	}
	ordered := bits(classText, classInteger, classDecimal, classDate, classTime)
	scalars := ordered | bits(classID)
	return map[Op]uint{
		Eq: scalars | bits(classBoolean), Ne: scalars | bits(classBoolean),
		Lt: ordered, Le: ordered, Gt: ordered, Ge: ordered, Between: ordered,
		In:       scalars | bits(classList),
		Contains: bits(classText, classList),
		Starts:   bits(classText),
		Any:      bits(classTable),
		Empty:    scalars | bits(classBoolean, classList, classTable),
	}
}()

// Takes tells whether an operator may be used on fields of a type.
func (op Op) Takes(t def.FieldType) bool {
	return operators[op]&(1<<classOf(t)) != 0 && classOf(t) != classNone
}

// Missing tells whether a wire value is missing: nil, the empty text, the empty list.
func Missing(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case []any:
		return len(value) == 0
	}
	return false
}

// Canonical gives a scalar wire value in the one form used in resolved filters and cursors: decimals shortest, instants
// in UTC, texts in NFC. It takes whole numbers for decimals and whole decimals for integers. For list fields it is
// about one element. False if the value does not fit the type.
func Canonical(t def.FieldType, value any) (any, bool) {
	switch value := value.(type) {
	case string:
		return canonicalText(t, value)
	case int64:
		if value > MaxInteger || value < -MaxInteger {
			return nil, false
		}
		switch classOf(t) {
		case classInteger:
			return value, true
		case classDecimal:
			return expr.DecimalString(expr.DecimalFromInt(value)), true
		default:
			return nil, false
		}
	case int:
		return Canonical(t, int64(value))
	case bool:
		return value, classOf(t) == classBoolean
	}
	return nil, false
}

func canonicalText(t def.FieldType, value string) (any, bool) {
	if value == "" || strings.ContainsRune(value, 0) {
		return nil, false
	}
	switch classOf(t) {
	case classText, classID, classList:
		return norm.NFC.String(value), true
	case classDecimal:
		d, err := expr.ParseDecimal(value)
		return expr.DecimalString(d), err == nil
	case classInteger:
		d, err := expr.ParseDecimal(value)
		n, ok := expr.DecimalInt64(d)
		return n, err == nil && ok && n <= MaxInteger && n >= -MaxInteger
	case classDate:
		if t == def.TypeMonth {
			_, err := expr.ParseMonth(value)
			return value, err == nil
		}
		_, err := expr.ParseDate(value)
		return value, err == nil
	case classTime:
		at, err := expr.ParseTime(value)
		return expr.TimeString(at), err == nil
	default:
		return nil, false
	}
}

// Compare orders two wire values of one type: missing first, texts by code point, decimals by value, instants by time,
// false before true. A value that is not of the type counts as missing.
func Compare(t def.FieldType, a, b any) int {
	missingA, missingB := Missing(a), Missing(b)
	if missingA || missingB {
		return rank(!missingA) - rank(!missingB)
	}
	switch classOf(t) {
	case classInteger:
		x, okX := integer(a)
		y, okY := integer(b)
		if !okX || !okY || x == y {
			return rank(okX) - rank(okY)
		}
		return 2*rank(x > y) - 1
	case classDecimal:
		x, okX := decimal(a)
		y, okY := decimal(b)
		if !okX || !okY {
			return rank(okX) - rank(okY)
		}
		return expr.CompareDecimal(x, y)
	case classTime:
		x, okX := instant(a)
		y, okY := instant(b)
		if !okX || !okY {
			return rank(okX) - rank(okY)
		}
		return expr.StdTime(x).Compare(expr.StdTime(y))
	case classBoolean:
		x, okX := a.(bool)
		y, okY := b.(bool)
		if !okX || !okY {
			return rank(okX) - rank(okY)
		}
		return rank(x) - rank(y)
	default:
		x, okX := a.(string)
		y, okY := b.(string)
		if !okX || !okY {
			return rank(okX) - rank(okY)
		}
		return strings.Compare(x, y) // order of bytes in UTF-8 is order of code points
	}
}

func rank(present bool) int { //nolint:revive // the number of a truth value
	if present {
		return 1
	}
	return 0
}

func integer(value any) (int64, bool) {
	switch value := value.(type) {
	case int64:
		return value, true
	case int:
		return int64(value), true
	}
	return 0, false
}

func decimal(value any) (expr.Decimal, bool) {
	text, ok := value.(string)
	if !ok {
		n, ok := integer(value)
		return expr.DecimalFromInt(n), ok
	}
	d, err := expr.ParseDecimal(text)
	return d, err == nil
}

func instant(value any) (expr.Time, bool) {
	text, ok := value.(string)
	if !ok {
		return expr.Time{}, false
	}
	at, err := expr.ParseTime(text)
	return at, err == nil
}
