package store

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"formwork/engine/expr"
)

// SumText writes an exact sum with the places of its field, as Aggregate gives it. Sums may have more digits than a
// decimal.
func SumText(sum *big.Rat, field Field) string {
	text := sum.FloatString(field.Scale)
	if !field.Fixed && strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// Mean divides an exact sum by a count of at least one, to 34 digits, half away from zero, as Aggregate gives averages.
// The sum may have more digits than a decimal; expr.ErrRange only if the mean is too large for one.
func Mean(sum *big.Rat, count int64) (string, error) {
	mean := new(big.Rat).Quo(sum, new(big.Rat).SetInt64(count))
	if mean.Sign() == 0 {
		return "0", nil
	}
	// The number of digits before the point is that of the numerator less that of the denominator, or one more.
	places := expr.Digits + 1 + len(mean.Denom().String()) - len(new(big.Int).Abs(mean.Num()).String())
	n := halfUp(mean, places)
	for len(new(big.Int).Abs(n).String()) > expr.Digits {
		places--
		n = halfUp(mean, places)
	}
	d, err := expr.DecimalFromBigInt(n, places)
	if err != nil {
		return "", fmt.Errorf("average: %w", err)
	}
	return expr.DecimalString(d), nil
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

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// WholeNumbers gives the whole numbers of decoded JSON (json.Number) the type values have: int64. Other numbers stay as
// they are written. Lists and objects are changed in place.
func WholeNumbers(value any) any {
	return eachNumber(value, func(n json.Number) any {
		if whole, err := n.Int64(); err == nil {
			return whole
		}
		return n
	})
}

// StoredNumbers is WholeNumbers for what a store keeps as JSON: other numbers are float64, as they were when it was kept.
func StoredNumbers(value any) any {
	return eachNumber(value, func(n json.Number) any {
		if whole, err := n.Int64(); err == nil {
			return whole
		}
		if f, err := n.Float64(); err == nil {
			return f
		}
		return n.String()
	})
}

func eachNumber(value any, of func(json.Number) any) any {
	switch value := value.(type) {
	case json.Number:
		return of(value)
	case map[string]any:
		for k, v := range value {
			value[k] = eachNumber(v, of)
		}
	case []any:
		for i, v := range value {
			value[i] = eachNumber(v, of)
		}
	}
	return value
}
