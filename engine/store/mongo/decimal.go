package mongo

import (
	"fmt"
	"math/big"
	"strings"

	"go.mongodb.org/mongo-driver/bson/primitive"

	"formwork/engine/expr"
	"formwork/engine/store"
)

// wideDigits bounds what sums add without rounding: numbers below 10^13 with at most 12 places, a thousand million of
// them, fit in the 34 digits of a Decimal128. Greater ones are wide.
const wideDigits = 13

var wideFrom = new(big.Int).Exp(big.NewInt(10), big.NewInt(wideDigits), nil)

// toDecimal128 gives the one form in which a number is kept: no zeros at the end of its places.
func toDecimal128(d expr.Decimal) (primitive.Decimal128, error) {
	coef, scale := expr.DecimalBigInt(d)
	n, ok := primitive.ParseDecimal128FromBigInt(coef, -scale)
	if !ok {
		return n, fmt.Errorf("decimal %s: %w", expr.DecimalString(d), store.ErrInvalid)
	}
	return n, nil
}

// isWide tells whether sums over a number need care.
func isWide(d expr.Decimal) bool {
	coef, scale := expr.DecimalBigInt(d)
	return coef.Quo(coef, pow10(scale)).CmpAbs(wideFrom) >= 0
}

// fromDecimal128 writes a number as its field does. One with more places, from before the field had fewer, keeps them.
func fromDecimal128(n primitive.Decimal128, field store.Field) (string, error) {
	coef, exp, err := n.BigInt()
	if err != nil {
		return "", fmt.Errorf("decimal of %s: %w", field.Path, err)
	}
	d, err := expr.DecimalFromBigInt(coef, -exp)
	if err != nil {
		return "", fmt.Errorf("decimal of %s: %w", field.Path, err)
	}
	return expr.FormatDecimal(d, max(field.Scale, expr.Places(d)), field.Fixed), nil
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// rational is the exact value of a Decimal128.
func rational(n primitive.Decimal128) (*big.Rat, error) {
	coef, exp, err := n.BigInt()
	if err != nil {
		return nil, fmt.Errorf("decimal: %w", err)
	}
	if exp >= 0 {
		return new(big.Rat).SetInt(coef.Mul(coef, pow10(exp))), nil
	}
	return new(big.Rat).SetFrac(coef, pow10(-exp)), nil
}

// sumText writes a sum with the places of its field. Sums may have more than 34 digits.
func sumText(sum *big.Rat, field store.Field) string {
	text := sum.FloatString(field.Scale)
	if !field.Fixed && strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// average divides exactly to 34 digits, half up.
func average(sum *big.Rat, count int64) (string, error) {
	mean := new(big.Rat).Quo(sum, new(big.Rat).SetInt64(count))
	if mean.Sign() == 0 {
		return "0", nil
	}
	// The number of digits before the point is that of the numerator less that of the denominator, or one more.
	places := expr.Digits + 1 + len(mean.Denom().String()) - len(new(big.Int).Abs(mean.Num()).String())
	for ; ; places-- {
		n := halfUp(mean, places)
		if len(new(big.Int).Abs(n).String()) > expr.Digits {
			continue
		}
		d, err := expr.DecimalFromBigInt(n, places)
		if err != nil {
			return "", fmt.Errorf("average: %w", err)
		}
		return expr.DecimalString(d), nil
	}
}

// halfUp is r × 10^places, rounded half away from zero.
func halfUp(r *big.Rat, places int) *big.Int {
	num, den := new(big.Int).Lsh(new(big.Int).Abs(r.Num()), 1), new(big.Int).Set(r.Denom())
	if places >= 0 {
		num.Mul(num, pow10(places))
	} else {
		den.Mul(den, pow10(-places))
	}
	n := num.Add(num, den)
	n.Quo(n, den.Lsh(den, 1))
	if r.Sign() < 0 {
		n.Neg(n)
	}
	return n
}
