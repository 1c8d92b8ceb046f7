package sqlite

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"formwork/engine/expr"
	"formwork/engine/store"
)

// coefficient is a decimal text as a whole number of units of 10^-scale. For a number with more places it is the next
// lower one, and exact is false.
func coefficient(text string, scale int) (coef *big.Int, exact bool, err error) {
	d, err := expr.ParseDecimal(text)
	if err != nil {
		return nil, false, fmt.Errorf("decimal %.50q: %w", text, store.ErrInvalid)
	}
	if n, ok := expr.ScaledDecimal(d, scale); ok {
		return big.NewInt(n), true, nil
	}
	coef, places := expr.DecimalBigInt(d)
	if places <= scale {
		return coef.Mul(coef, pow10(scale-places)), true, nil
	}
	rest := new(big.Int)
	coef.DivMod(coef, pow10(places-scale), rest) // Euclidean: rounds down for a positive divisor
	return coef, rest.Sign() == 0, nil
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// wideText writes a whole number so that the order of the texts is the order of the numbers: "1", two digits for the
// length and the digits; for negative numbers "0" and the nines' complement of both.
func wideText(n *big.Int) string {
	digits := n.String()
	if n.Sign() >= 0 {
		return fmt.Sprintf("1%02d%s", len(digits), digits)
	}
	digits = digits[1:]
	return fmt.Sprintf("0%02d%s", 99-len(digits), complement(digits))
}

func complement(digits string) string {
	out := []byte(digits)
	for i := range out {
		out[i] = '0' + '9' - out[i]
	}
	return string(out)
}

// wideNumber reads what wideText wrote.
func wideNumber(text string) (*big.Int, error) {
	if len(text) < 4 {
		return nil, fmt.Errorf("wide decimal %q is damaged", text)
	}
	digits := text[3:]
	negative := text[0] == '0'
	if negative {
		digits = complement(digits)
	}
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return nil, fmt.Errorf("wide decimal %q is damaged", text)
	}
	if negative {
		n.Neg(n)
	}
	return n, nil
}

// plainDecimal writes n / 10^scale; fixed keeps the zeros at the end.
func plainDecimal(n *big.Int, field store.Field) string {
	digits := new(big.Int).Abs(n).String()
	if missing := field.Scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	whole, places := digits[:len(digits)-field.Scale], digits[len(digits)-field.Scale:]
	if !field.Fixed {
		places = strings.TrimRight(places, "0")
	}
	if places != "" {
		whole += "." + places
	}
	if n.Sign() < 0 {
		return "-" + whole
	}
	return whole
}

// scaledText is plainDecimal for numbers of a word.
func scaledText(n int64, field store.Field) string {
	if field.Scale == 0 {
		return strconv.FormatInt(n, 10)
	}
	var digits [24]byte
	magnitude := uint64(n) //nolint:gosec // two's complement: the magnitude of a negative number is its negation
	if n < 0 {
		magnitude = -magnitude
	}
	number := strconv.AppendUint(digits[:0], magnitude, 10)
	out := make([]byte, 0, 28)
	if n < 0 {
		out = append(out, '-')
	}
	whole := len(number) - field.Scale
	if whole <= 0 {
		out = append(out, '0', '.')
		for range -whole {
			out = append(out, '0')
		}
		out = append(out, number...)
	} else {
		out = append(append(append(out, number[:whole]...), '.'), number[whole:]...)
	}
	if field.Fixed {
		return string(out)
	}
	for out[len(out)-1] == '0' {
		out = out[:len(out)-1]
	}
	if out[len(out)-1] == '.' {
		out = out[:len(out)-1]
	}
	return string(out)
}
