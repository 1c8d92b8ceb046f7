package form

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"unicode/utf8"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// limits are the bounds of a field's values, compiled.
type limits struct {
	min, max           any // runtime values, nil = none
	minText, maxText   string
	minLength          int
	maxLength          int // 0 = none
	minItems, maxItems int
	pattern            *regexp.Regexp
	constant           any // of `const`, wire form; nil = none
}

// wholeDigits is how many digits a decimal may have before the point: what the portable schema allows.
const wholeDigits = 28

// compileLimits reads the bounds of a field. A bound that is no value of the field's type is an error.
func compileLimits(f *def.Field) (limits, error) {
	l := limits{minText: f.Min, maxText: f.Max, maxLength: f.EffectiveMaxLength(), maxItems: f.EffectiveMaxItems()}
	switch f.XType {
	case def.TypeInteger:
		l.minText, l.maxText = f.Minimum.String(), f.Maximum.String()
	case def.TypeMoney:
		l.minText, l.maxText = orElse(f.Min, "-10000000000000"), orElse(f.Max, "10000000000000")
	case def.TypePercent:
		l.minText, l.maxText = orElse(f.Min, "0"), orElse(f.Max, "100")
	default: // x-min and x-max say it all
	}
	var err error
	if l.min, err = bound(f, l.minText); err != nil {
		return l, err
	}
	if l.max, err = bound(f, l.maxText); err != nil {
		return l, err
	}
	if f.MinLength != nil {
		l.minLength = *f.MinLength
	}
	if f.MinItems != nil {
		l.minItems = *f.MinItems
	}
	if f.Pattern != "" {
		if l.pattern, err = regexp.Compile(f.Pattern); err != nil {
			return l, fmt.Errorf("pattern of %s: %w", f.Path, err)
		}
	}
	l.constant = def.WireValue(f.Const)
	return l, nil
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// bound reads the text of x-min, x-max, minimum or maximum as a value of the field's type; nil for "".
func bound(f *def.Field, text string) (any, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no bound is the usual case
	}
	var value any
	var err error
	switch f.XType {
	case def.TypeDate:
		value, err = expr.ParseDate(text)
	case def.TypeMonth:
		value, err = expr.ParseMonth(text)
	case def.TypeDateTime:
		value, err = expr.ParseTime(text)
	default:
		value, err = expr.ParseDecimal(text)
	}
	if err != nil {
		return nil, fmt.Errorf("bound of %s: %w", f.Path, err)
	}
	return value, nil
}

func (f *field) checkBounds(c cleaned) cleaned {
	if order, ok := expr.Compare(c.val, f.min); ok && order < 0 {
		c.fault("min", map[string]any{"min": f.minText})
	}
	if order, ok := expr.Compare(c.val, f.max); ok && order > 0 {
		c.fault("max", map[string]any{"max": f.maxText})
	}
	if d, ok := c.val.(expr.Decimal); ok && f.IsDecimal() && expr.CompareDecimal(expr.AbsDecimal(d), tooWide) >= 0 {
		c.fault("max", map[string]any{"digits": wholeDigits})
	}
	return c
}

// tooWide is the first number with more than wholeDigits digits before the point.
var tooWide = func() expr.Decimal {
	d, _ := expr.ParseDecimal("1" + fmt.Sprintf("%0*d", wholeDigits, 0))
	return d
}()

func (f *field) checkConst(c cleaned) cleaned {
	if f.constant != nil && c.wire != nil && !sameWire(c.wire, f.constant) {
		c.fault("option", map[string]any{"const": f.constant})
	}
	return c
}

func (f *field) checkOption(c cleaned, name string) cleaned {
	if _, ok := f.Option(name); !ok {
		c.fault("option", map[string]any{"value": name})
	}
	return c
}

// checkText checks length and pattern, and the numbers that carry a check digit.
func (f *field) checkText(c cleaned, text string) cleaned {
	length := utf8.RuneCountInString(text)
	if length < f.minLength {
		c.fault("length", map[string]any{"min": f.minLength})
	}
	if f.maxLength > 0 && length > f.maxLength {
		c.fault("length", map[string]any{"max": f.maxLength})
	}
	if f.pattern != nil && !f.pattern.MatchString(text) {
		c.fault("pattern", map[string]any{"pattern": f.Pattern})
	}
	switch f.XType {
	case def.TypePhone:
		if !phonePattern.MatchString(text) {
			c.fault("pattern", map[string]any{"type": string(f.XType)})
		}
	case def.TypeIDCard, def.TypeCreditCode:
		if !checkDigitOK(f.XType, text) {
			c.fault("pattern", map[string]any{"type": string(f.XType)})
		}
	case def.TypeBankCard:
		c = checkBankCard(c, text)
	default: // free text
	}
	return f.checkConst(c)
}

// phonePattern is a mobile number of mainland China, or a landline: area code, number, extension; 400 and 800 numbers.
var phonePattern = regexp.MustCompile(`^(1[3-9][0-9]{9}|(0[0-9]{2,3}-?)?[2-9][0-9]{6,7}(-[0-9]{1,6})?|[48]00-?[0-9]{3}-?[0-9]{4})$`)

var bankCardPattern = regexp.MustCompile(`^[0-9]{12,30}$`)

// RuleLuhn names the warning of a bank card number whose check digit fails: public accounts often have none.
const RuleLuhn = "luhn"

func checkBankCard(c cleaned, text string) cleaned {
	if !bankCardPattern.MatchString(text) {
		c.fault("pattern", map[string]any{"type": string(def.TypeBankCard)})
		return c
	}
	if !checkDigitOK(def.TypeBankCard, text) {
		c.faults = append(c.faults, fault{
			code: "card_check", level: def.LevelWarning, rule: RuleLuhn, params: map[string]any{"type": string(def.TypeBankCard)},
		})
	}
	return c
}

func checkDigitOK(t def.FieldType, text string) bool {
	switch t {
	case def.TypeIDCard:
		return expr.IDCardOK(text)
	case def.TypeCreditCode:
		return expr.CreditCodeOK(text)
	default:
		return expr.LuhnOK(text)
	}
}

func (f *field) checkItems(c *cleaned, n int) {
	if n < f.minItems {
		c.fault("items", map[string]any{"min": f.minItems})
	}
	if f.maxItems > 0 && n > f.maxItems {
		c.fault("items", map[string]any{"max": f.maxItems})
	}
}

// sameWire compares two wire values of one field; both are canonical. Rows count their columns.
func sameWire(a, b any) bool {
	switch a := a.(type) {
	case []any:
		other, ok := b.([]any)
		return ok && slices.EqualFunc(a, other, sameWire)
	case map[string]any:
		other, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, other, sameWire)
	}
	switch b.(type) {
	case []any, map[string]any:
		return false // not comparable by ==
	}
	return a == b
}
