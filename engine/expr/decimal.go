package expr

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"

	"github.com/cockroachdb/apd/v3"
)

// Decimal is an exact decimal number of up to 34 digits. The zero Decimal is 0. It never changes.
//
// Most numbers of a form fit in 18 digits: they are coef / 10^scale and cost no allocation. The rest is kept
// in big. One value may have both shapes and several scales, so compare with CompareDecimal or Equal.
type Decimal struct {
	coef  int64
	scale int32 // 0 to maxFastScale
	big   *apd.Decimal
}

// Digits is how many digits a Decimal keeps; a result with more is rounded half up.
const Digits = 34

const (
	maxFastScale = 18
	maxExponent  = 99 // a result of 10^100 and more is out of range, one below 10^-99 becomes 0
)

// ErrRange is returned when a result is too large for a Decimal.
var ErrRange = errors.New("number out of range")

// ErrDivision is returned by a division by zero.
var ErrDivision = errors.New("division by zero")

var pow10 = [maxFastScale + 1]int64{
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
}

// exact keeps 34 digits and rounds half up, away from zero.
var exact = apd.Context{
	Precision: Digits, MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent, Rounding: apd.RoundHalfUp,
}

// DecimalFromInt makes a decimal of a whole number.
func DecimalFromInt(n int64) Decimal {
	if n == math.MinInt64 {
		return fromBig(apd.New(n, 0))
	}
	return Decimal{coef: n}
}

// DecimalFromScaled makes coef / 10^scale, for stores that keep scaled integers. The scale is 0 to 18.
func DecimalFromScaled(coef int64, scale int) (Decimal, error) {
	if scale < 0 || scale > maxFastScale {
		return Decimal{}, fmt.Errorf("scale %d: %w", scale, ErrRange)
	}
	if coef == math.MinInt64 {
		return fromBig(apd.New(coef, int32(-scale))), nil
	}
	return Decimal{coef: coef, scale: int32(scale)}, nil
}

// DecimalFromBigInt makes coef / 10^scale of a coefficient of any size; a negative scale adds zeros.
// More than 34 digits are out of range.
func DecimalFromBigInt(coef *big.Int, scale int) (Decimal, error) {
	if coef.Sign() == 0 {
		return Decimal{}, nil
	}
	if scale < -maxExponent || scale > 2*maxExponent {
		return Decimal{}, fmt.Errorf("scale %d: %w", scale, ErrRange)
	}
	x := apd.NewWithBigInt(new(apd.BigInt).SetMathBigInt(coef), int32(-scale))
	if x.Reduce(x); x.NumDigits() > Digits {
		return Decimal{}, ErrRange
	}
	return inRange(x)
}

// ScaledDecimal is the whole number d × 10^scale; false if d has more places than scale or it does not fit.
func ScaledDecimal(d Decimal, scale int) (int64, bool) {
	d = shortest(d)
	up := scale - int(d.scale)
	if d.big != nil || up < 0 || up > maxFastScale {
		return 0, d.big == nil && d.coef == 0
	}
	return mulInt64(d.coef, pow10[up])
}

// DecimalBigInt gives coefficient and scale (0 or more) of a decimal, shortest: d = coef / 10^scale.
func DecimalBigInt(d Decimal) (coef *big.Int, scale int) {
	x := new(apd.Decimal)
	x.Reduce(asBig(d))
	coef = x.Coeff.MathBigInt()
	if x.Negative {
		coef.Neg(coef)
	}
	if x.Exponent > 0 {
		return coef.Mul(coef, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(x.Exponent)), nil)), 0
	}
	return coef, int(-x.Exponent)
}

// DecimalInt64 is the number as int64; false if it is not whole or does not fit.
func DecimalInt64(d Decimal) (int64, bool) { return ScaledDecimal(d, 0) }

// asBig gives the number as an apd decimal that must not be changed.
func asBig(d Decimal) *apd.Decimal {
	if d.big != nil {
		return d.big
	}
	return apd.New(d.coef, -d.scale)
}

// fromBig takes x over; it keeps the short shape where the number fits.
func fromBig(x *apd.Decimal) Decimal {
	if x.IsZero() {
		return Decimal{}
	}
	if x.Exponent < -maxFastScale || x.Exponent > 0 || !x.Coeff.IsInt64() {
		x.Reduce(x)
	}
	if x.Exponent < -maxFastScale || x.Exponent > maxFastScale || !x.Coeff.IsInt64() {
		return Decimal{big: x}
	}
	coef := x.Coeff.Int64()
	if x.Negative {
		coef = -coef
	}
	if x.Exponent <= 0 {
		return Decimal{coef: coef, scale: -x.Exponent}
	}
	if wide, ok := mulInt64(coef, pow10[x.Exponent]); ok {
		return Decimal{coef: wide}
	}
	return Decimal{big: x}
}

// inRange is fromBig for results that may have left the range.
func inRange(x *apd.Decimal) (Decimal, error) {
	if x.Form != apd.Finite {
		return Decimal{}, ErrRange
	}
	if !x.IsZero() {
		adjusted := int64(x.Exponent) + x.NumDigits() - 1
		if adjusted > maxExponent {
			return Decimal{}, ErrRange
		}
		if adjusted < -maxExponent {
			return Decimal{}, nil
		}
	}
	return fromBig(x), nil
}

// mulInt64 multiplies; false when the product does not fit (the smallest int64 counts as not fitting).
func mulInt64(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	product, ok := signed(lo, (a < 0) != (b < 0))
	return product, ok && hi == 0
}

// signed gives a magnitude its sign; false if it does not fit.
func signed(n uint64, negative bool) (int64, bool) { //nolint:revive // the sign is data
	if n > math.MaxInt64 {
		return 0, false
	}
	if negative {
		return -int64(n), true
	}
	return int64(n), true
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return uint64(-a)
	}
	return uint64(a)
}

// aligned brings two short numbers to one scale; false if one of them does not fit.
func aligned(a, b Decimal) (x, y int64, scale int32, ok bool) {
	if a.big != nil || b.big != nil {
		return 0, 0, 0, false
	}
	switch {
	case a.scale == b.scale:
		return a.coef, b.coef, a.scale, true
	case a.scale < b.scale:
		x, ok = mulInt64(a.coef, pow10[b.scale-a.scale])
		return x, b.coef, b.scale, ok
	default:
		y, ok = mulInt64(b.coef, pow10[a.scale-b.scale])
		return a.coef, y, a.scale, ok
	}
}

// AddDecimal is a + b.
func AddDecimal(a, b Decimal) Decimal {
	if x, y, scale, ok := aligned(a, b); ok {
		sum := x + y
		if (sum > x) == (y > 0) && sum != math.MinInt64 {
			return Decimal{coef: sum, scale: scale}
		}
	}
	var x apd.Decimal
	_, _ = exact.Add(&x, asBig(a), asBig(b)) // conditions only tell of rounding: nothing is trapped
	return fromBig(&x)
}

// SubDecimal is a − b.
func SubDecimal(a, b Decimal) Decimal { return AddDecimal(a, NegDecimal(b)) }

// NegDecimal is −d.
func NegDecimal(d Decimal) Decimal {
	if d.big == nil {
		return Decimal{coef: -d.coef, scale: d.scale}
	}
	var x apd.Decimal
	x.Neg(d.big)
	return Decimal{big: &x}
}

// AbsDecimal is d without its sign.
func AbsDecimal(d Decimal) Decimal {
	if SignDecimal(d) < 0 {
		return NegDecimal(d)
	}
	return d
}

// SignDecimal is -1, 0 or 1.
func SignDecimal(d Decimal) int {
	if d.big != nil {
		return d.big.Sign()
	}
	switch {
	case d.coef < 0:
		return -1
	case d.coef > 0:
		return 1
	}
	return 0
}

// CompareDecimal is -1, 0 or 1 as a is below, equal to or above b.
func CompareDecimal(a, b Decimal) int {
	if x, y, _, ok := aligned(a, b); ok {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	return asBig(a).Cmp(asBig(b))
}

// MulDecimal is a × b. It fails with ErrRange from 10^100 on.
func MulDecimal(a, b Decimal) (Decimal, error) {
	if a.big == nil && b.big == nil && a.scale+b.scale <= maxFastScale {
		if product, ok := mulInt64(a.coef, b.coef); ok {
			return Decimal{coef: product, scale: a.scale + b.scale}, nil
		}
	}
	var x apd.Decimal
	_, _ = exact.Mul(&x, asBig(a), asBig(b))
	return inRange(&x)
}

// QuoDecimal is a / b, rounded half up to 34 digits where it does not end. It fails with ErrDivision or ErrRange.
func QuoDecimal(a, b Decimal) (Decimal, error) {
	if SignDecimal(b) == 0 {
		return Decimal{}, ErrDivision
	}
	if q, ok := quoExact(a, b); ok {
		return q, nil
	}
	var x apd.Decimal
	_, _ = exact.Quo(&x, asBig(a), asBig(b))
	return inRange(&x)
}

// quoExact divides short numbers whose quotient ends after a few places.
func quoExact(a, b Decimal) (Decimal, bool) {
	if a.big != nil || b.big != nil {
		return Decimal{}, false
	}
	divisor := magnitude(b.coef)
	for _, more := range [...]int32{0, 4, 12} {
		scale := more + a.scale - b.scale
		if scale < 0 {
			more, scale = more-scale, 0
		}
		if scale > maxFastScale || more > maxFastScale {
			continue
		}
		hi, lo := bits.Mul64(magnitude(a.coef), magnitude(pow10[more]))
		if hi >= divisor {
			return Decimal{}, false
		}
		quotient, rest := bits.Div64(hi, lo, divisor)
		if coef, ok := signed(quotient, (a.coef < 0) != (b.coef < 0)); ok && rest == 0 {
			return Decimal{coef: coef, scale: scale}, true
		}
	}
	return Decimal{}, false
}

// RemDecimal is the rest of the division of a by b that goes toward zero: it has the sign of a.
func RemDecimal(a, b Decimal) (Decimal, error) {
	if SignDecimal(b) == 0 {
		return Decimal{}, ErrDivision
	}
	if x, y, scale, ok := aligned(a, b); ok {
		return Decimal{coef: x % y, scale: scale}, nil
	}
	quotient := apd.Context{Precision: 2*maxExponent + 2*Digits, MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent}
	var x apd.Decimal
	if _, err := quotient.Rem(&x, asBig(a), asBig(b)); err != nil || x.Form != apd.Finite {
		return Decimal{}, ErrRange
	}
	return inRange(&x)
}

// ModDecimal is the rest with the sign of b: mod(-1, 3) = 2.
func ModDecimal(a, b Decimal) (Decimal, error) {
	rest, err := RemDecimal(a, b)
	if err == nil && SignDecimal(rest)*SignDecimal(b) < 0 {
		rest = AddDecimal(rest, b)
	}
	return rest, err
}

// PowDecimal is a to the power of b, to 34 digits. Exponents are whole up to ±10,000, or any number of that
// size when a is not negative. It fails with ErrDivision (0 to a negative power) or ErrRange.
func PowDecimal(a, b Decimal) (Decimal, error) {
	sign := SignDecimal(a)
	_, whole := DecimalInt64(b)
	switch {
	case SignDecimal(b) == 0:
		return DecimalFromInt(1), nil
	case sign == 0 && SignDecimal(b) < 0:
		return Decimal{}, ErrDivision
	case sign == 0:
		return Decimal{}, nil
	case sign < 0 && !whole, CompareDecimal(AbsDecimal(b), DecimalFromInt(10_000)) > 0:
		return Decimal{}, ErrRange
	}
	wide := apd.Context{Precision: Digits + 10, MaxExponent: 10_000, MinExponent: -10_000, Rounding: apd.RoundHalfUp}
	var x apd.Decimal
	condition, _ := wide.Pow(&x, asBig(a), asBig(b))
	if condition.Underflow() {
		return Decimal{}, nil
	}
	if condition.Overflow() || x.Form != apd.Finite {
		return Decimal{}, ErrRange
	}
	_, _ = exact.Round(&x, &x)
	return inRange(&x)
}
