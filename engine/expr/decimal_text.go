package expr

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// ParseDecimal reads a decimal in its wire form: an optional minus, digits without leading zeros, and after a
// point at least one digit. "8.50", "-0.1", "0". No exponent, no plus, no blanks; at most 34 digits.
func ParseDecimal(s string) (Decimal, error) {
	rest := strings.TrimPrefix(s, "-")
	d, ok := scanDecimal(rest)
	if !ok || len(rest) > 1 && rest[0] == '0' && rest[1] != '.' {
		return Decimal{}, fmt.Errorf("decimal %.50q: %w", s, ErrValue)
	}
	if len(rest) < len(s) {
		return NegDecimal(d), nil
	}
	return d, nil
}

// scanDecimal reads digits with at most one point between digits.
func scanDecimal(s string) (Decimal, bool) {
	var coef int64
	point, count := -1, 0
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '.' && point < 0 && i > 0 && i < len(s)-1:
			point = i
		case c < '0' || c > '9':
			return Decimal{}, false
		default:
			if coef > 0 || c != '0' {
				count++
			}
			if count <= maxFastScale {
				coef = coef*10 + int64(c-'0')
			}
		}
	}
	scale := 0
	if point >= 0 {
		scale = len(s) - point - 1
	}
	if s == "" || count > Digits || scale > 2*Digits {
		return Decimal{}, false
	}
	if count <= maxFastScale && scale <= maxFastScale {
		return Decimal{coef: coef, scale: int32(scale)}, true
	}
	x, _, err := apd.NewFromString(s)
	if err != nil {
		return Decimal{}, false
	}
	return fromBig(x), true
}

// parseLiteral reads a number of the language: as the wire form, and also 1e3, .5, 5., 1_000, 0xFF, 0o17, 0b11.
func parseLiteral(s string) (Decimal, bool) {
	s = strings.ToLower(strings.ReplaceAll(s, "_", ""))
	if len(s) > 2 && s[0] == '0' && strings.ContainsRune("xob", rune(s[1])) {
		n, err := strconv.ParseInt(s, 0, 64)
		return DecimalFromInt(n), err == nil
	}
	mantissa, exponent, hasExponent := strings.Cut(s, "e")
	var power int64
	if hasExponent {
		var err error
		if power, err = strconv.ParseInt(exponent, 10, 32); err != nil || power > maxExponent || power < -maxExponent {
			return Decimal{}, false
		}
	}
	if strings.HasPrefix(mantissa, ".") {
		mantissa = "0" + mantissa
	}
	d, ok := scanDecimal(strings.TrimSuffix(mantissa, "."))
	if !ok || power == 0 {
		return d, ok
	}
	var x apd.Decimal
	x.Set(asBig(d))
	x.Exponent += int32(power)
	d, err := inRange(&x)
	return d, err == nil
}

// numberOf reads a decimal from a text a person typed: blanks around, a plus and leading zeros are forgiven.
func numberOf(s string) (Decimal, bool) {
	s = strings.TrimSpace(s)
	rest := strings.TrimPrefix(s, "-")
	if len(rest) == len(s) {
		return scanDecimal(strings.TrimPrefix(s, "+"))
	}
	d, ok := scanDecimal(rest)
	return NegDecimal(d), ok
}

// DecimalString writes a decimal shortest: no exponent, no zeros at the end. "8.5", "100", "-0.01".
func DecimalString(d Decimal) string { return FormatDecimal(d, -1, false) }

// FormatDecimal writes a decimal with at most scale places, rounded half up; fixed: with exactly scale places.
// A negative scale writes as many places as the number has.
func FormatDecimal(d Decimal, scale int, fixed bool) string { //nolint:revive // fixed is x-fixed of the definition, not a mode
	if scale >= 0 {
		d = RoundDecimal(d, scale)
	}
	d = shortest(d)
	text := plain(d)
	if !fixed || scale <= 0 {
		return text
	}
	places := 0
	if point := strings.IndexByte(text, '.'); point >= 0 {
		places = len(text) - point - 1
	} else {
		text += "."
	}
	return text + strings.Repeat("0", scale-places)
}

// plain writes a number as it is, with all the places it has.
func plain(d Decimal) string {
	if d.big != nil {
		return d.big.Text('f')
	}
	if d.scale == 0 {
		return strconv.FormatInt(d.coef, 10)
	}
	var digits [24]byte
	number := strconv.AppendUint(digits[:0], magnitude(d.coef), 10)
	buf := make([]byte, 0, 44)
	if d.coef < 0 {
		buf = append(buf, '-')
	}
	whole := len(number) - int(d.scale)
	if whole <= 0 {
		buf = append(buf, '0', '.')
		for ; whole < 0; whole++ {
			buf = append(buf, '0')
		}
		return string(append(buf, number...))
	}
	buf = append(append(buf, number[:whole]...), '.')
	return string(append(buf, number[whole:]...))
}

// shortest drops the zeros at the end of the places.
func shortest(d Decimal) Decimal {
	if d.big != nil {
		var x apd.Decimal
		x.Reduce(d.big)
		return fromBig(&x)
	}
	for d.scale > 0 && d.coef%10 == 0 {
		d.coef /= 10
		d.scale--
	}
	return d
}

// Places is how many digits the number has after the point, zeros at the end not counted: 8.50 has 1.
func Places(d Decimal) int {
	d = shortest(d)
	if d.big != nil {
		return max(0, int(-d.big.Exponent))
	}
	return int(d.scale)
}

// roundMode says where a number goes that lies between two steps.
type roundMode uint8

const (
	halfUp     roundMode = iota // to the nearer, in the middle away from zero
	awayZero                    // away from zero
	towardZero                  // toward zero
	upward                      // to the larger
	downward                    // to the smaller
)

// RoundDecimal rounds half up, away from zero, to places after the point; negative places round to tens
// and hundreds.
func RoundDecimal(d Decimal, places int) Decimal { return roundTo(d, places, halfUp) }

func roundTo(d Decimal, places int, mode roundMode) Decimal {
	if mode == upward || mode == downward {
		away := (mode == upward) == (SignDecimal(d) > 0)
		mode = towardZero
		if away {
			mode = awayZero
		}
	}
	places = max(min(places, 3*maxExponent), -3*maxExponent)
	if d.big != nil {
		return roundBig(d.big, places, mode)
	}
	drop := int(d.scale) - places
	if drop <= 0 {
		return d
	}
	if drop > maxFastScale || places < -maxFastScale {
		return roundBig(asBig(d), places, mode)
	}
	unit := magnitude(pow10[drop])
	quotient, rest := bits.Div64(0, magnitude(d.coef), unit)
	if rest > 0 && (mode == awayZero || mode == halfUp && rest >= unit-rest) {
		quotient++
	}
	coef, ok := signed(quotient, d.coef < 0)
	if ok && places >= 0 {
		return Decimal{coef: coef, scale: int32(places)}
	}
	if wide, fits := mulInt64(coef, pow10[max(-places, 0)]); ok && fits {
		return Decimal{coef: wide}
	}
	return roundBig(asBig(d), places, mode)
}

func roundBig(x *apd.Decimal, places int, mode roundMode) Decimal {
	if int(x.Exponent) >= -places {
		return Decimal{big: x}
	}
	context := apd.Context{Precision: 4 * maxExponent, MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent}
	switch mode {
	case awayZero:
		context.Rounding = apd.RoundUp
	case towardZero:
		context.Rounding = apd.RoundDown
	default:
		context.Rounding = apd.RoundHalfUp
	}
	var rounded apd.Decimal
	_, _ = context.Quantize(&rounded, x, int32(-places)) //nolint:gosec // roundTo bounds the places
	return fromBig(&rounded)
}
