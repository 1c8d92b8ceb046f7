package mongo

import (
	"fmt"
	"math/big"

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
