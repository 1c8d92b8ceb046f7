package expr

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
)

func parsed(tb testing.TB, s string) Decimal {
	tb.Helper()
	d, err := ParseDecimal(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestParseDecimalWireForm(t *testing.T) {
	good := map[string]string{
		"0": "0", "-0": "0", "8.50": "8.5", "-0.10": "-0.1", "100": "100", "0.000001": "0.000001",
		"1234567890123456789012345678901234":   "1234567890123456789012345678901234",
		"-12345678901234567890.5":              "-12345678901234567890.5",
		"0.1234567890123456789012345678901234": "0.1234567890123456789012345678901234",
		"9223372036854775808":                  "9223372036854775808",
	}
	for in, want := range good {
		if got := DecimalString(parsed(t, in)); got != want {
			t.Errorf("%s is written %s, want %s", in, got, want)
		}
	}
	bad := []string{
		"", "-", ".5", "5.", "+1", "01", "-01", "1e3", "1,000", " 1", "1 ", "1..2", "1.2.3", "--1", "0x1", "NaN", "Infinity", "１",
		strings.Repeat("9", 35), "1." + strings.Repeat("0", 40), "0." + strings.Repeat("0", 80) + "1",
	}
	for _, in := range bad {
		if d, err := ParseDecimal(in); !errors.Is(err, ErrValue) {
			t.Errorf("%q is read as %s, %v", in, DecimalString(d), err)
		}
	}
}

func TestFormatDecimal(t *testing.T) {
	tests := []struct {
		in    string
		scale int
		fixed bool
		want  string
	}{
		{"8.5", 4, true, "8.5000"},
		{"8.5000", 4, false, "8.5"},
		{"1234.5", 2, true, "1234.50"},
		{"1234.565", 2, true, "1234.57"},
		{"-1234.565", 2, true, "-1234.57"},
		{"0", 2, true, "0.00"},
		{"-0.004", 2, true, "0.00"},
		{"26", 0, true, "26"},
		{"26.5", 0, true, "27"},
		{"26.125", -1, false, "26.125"},
		{"99999999999999999999999999.999", 2, true, "100000000000000000000000000.00"},
		{"0.05", 2, true, "0.05"},
		{"0.005", 1, true, "0.0"},
	}
	for _, tt := range tests {
		if got := FormatDecimal(parsed(t, tt.in), tt.scale, tt.fixed); got != tt.want {
			t.Errorf("%s with scale %d, fixed %v is written %s, want %s", tt.in, tt.scale, tt.fixed, got, tt.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	for in, want := range map[string]int{
		"8.50": 1, "8": 0, "8.00": 0, "0.001": 3, "1234567890123456789012345.1250": 3, "100": 0,
		"0.00000000000000000000001": 23,
	} {
		if got := Places(parsed(t, in)); got != want {
			t.Errorf("%s has %d places, want %d", in, got, want)
		}
	}
}

func TestScaledIntegers(t *testing.T) {
	if n, ok := ScaledDecimal(parsed(t, "1234.50"), 2); !ok || n != 123450 {
		t.Errorf("1234.50 scaled by 2 is %d, %v", n, ok)
	}
	if n, ok := ScaledDecimal(parsed(t, "1234.505"), 2); ok {
		t.Errorf("1234.505 scaled by 2 is %d", n)
	}
	if n, ok := ScaledDecimal(parsed(t, "92233720368547758.08"), 2); ok {
		t.Errorf("a number above int64 is %d", n)
	}
	for _, in := range []string{"0", "-1.5", "1234567890123456789012345678901234", "0.000000000000000000000001", "1200"} {
		coef, scale := DecimalBigInt(parsed(t, in))
		back, err := DecimalFromBigInt(coef, scale)
		if err != nil || DecimalString(back) != in {
			t.Errorf("%s comes back as %s, %v", in, DecimalString(back), err)
		}
	}
	if _, err := DecimalFromBigInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(120), nil), 0); !errors.Is(err, ErrRange) {
		t.Errorf("10^120 is taken: %v", err)
	}
	if d, err := DecimalFromScaled(math.MinInt64, 2); err != nil || DecimalString(d) != "-92233720368547758.08" {
		t.Errorf("the smallest int64 is %s, %v", DecimalString(d), err)
	}
	if _, err := DecimalFromScaled(1, 19); !errors.Is(err, ErrRange) {
		t.Errorf("scale 19 is taken: %v", err)
	}
	if got := DecimalString(DecimalFromInt(math.MinInt64)); got != "-9223372036854775808" {
		t.Errorf("the smallest int64 is %s", got)
	}
}

// ratio is the number as an exact fraction.
func ratio(d Decimal) *big.Rat {
	r, _ := new(big.Rat).SetString(DecimalString(d))
	return r
}

// FuzzDecimalArithmetic holds the fast and the slow path against exact fractions.
func FuzzDecimalArithmetic(f *testing.F) {
	for _, seed := range [][2]string{
		{"260", "8"},
		{"0.1", "0.2"},
		{"9223372036854775807", "1"},
		{"-1", "3"},
		{"999999999999999999", "999999999999999999"},
		{"0.000000000000000001", "0.000000000000000001"},
		{"1234567890123456789012345678901234", "0.5"},
		{"100000000000000000", "0.01"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, left, right string) {
		a, errA := ParseDecimal(left)
		b, errB := ParseDecimal(right)
		if errA != nil || errB != nil {
			return
		}
		x, y := ratio(a), ratio(b)
		near(t, "+", ratio(AddDecimal(a, b)), new(big.Rat).Add(x, y))
		near(t, "-", ratio(SubDecimal(a, b)), new(big.Rat).Sub(x, y))
		if got, err := MulDecimal(a, b); err == nil {
			near(t, "*", ratio(got), new(big.Rat).Mul(x, y))
		}
		if got, err := QuoDecimal(a, b); err == nil {
			near(t, "/", ratio(got), new(big.Rat).Quo(x, y))
		}
		if got, want := CompareDecimal(a, b), x.Cmp(y); got != want {
			t.Errorf("compare %s with %s: %d, want %d", left, right, got, want)
		}
		if Equal(a, b) != (Key(a) == Key(b)) {
			t.Errorf("%s and %s: equality and keys differ", left, right)
		}
		for _, places := range []int{-2, 0, 2, 4} {
			checkRounding(t, a, places)
		}
	})
}

// near fails unless got is want to 34 digits.
func near(t *testing.T, op string, got, want *big.Rat) {
	t.Helper()
	off := new(big.Rat).Sub(got, want)
	off.Abs(off)
	limit := new(big.Rat).Abs(want)
	limit.Quo(limit, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(33), nil)))
	if off.Cmp(limit) > 0 {
		t.Errorf("%s gives %s, want %s", op, got.FloatString(60), want.FloatString(60))
	}
}

// checkRounding fails unless rounding moves the number by half a step at most, and away from zero by half a step.
func checkRounding(t *testing.T, d Decimal, places int) {
	t.Helper()
	rounded := ratio(RoundDecimal(d, places))
	step := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(places, -places))), nil))
	if places >= 0 {
		step.Inv(step)
	}
	if !new(big.Rat).Quo(rounded, step).IsInt() {
		t.Errorf("round(%s, %d) = %s is no step", DecimalString(d), places, rounded)
	}
	x := ratio(d)
	off := new(big.Rat).Sub(rounded, x)
	double := new(big.Rat).Add(off, off)
	half := new(big.Rat).Abs(double).Cmp(step)
	away := off.Sign()*x.Sign() >= 0
	if half > 0 || half == 0 && !away {
		t.Errorf("round(%s, %d) = %s", DecimalString(d), places, rounded)
	}
}

func TestDecimalRanges(t *testing.T) {
	large := number("1e99")
	if _, err := MulDecimal(large, number("100")); !errors.Is(err, ErrRange) {
		t.Errorf("10^101: %v", err)
	}
	if _, err := QuoDecimal(large, number("1e-9")); !errors.Is(err, ErrRange) {
		t.Errorf("10^108: %v", err)
	}
	small, err := MulDecimal(number("1e-60"), number("1e-60"))
	if err != nil || SignDecimal(small) != 0 {
		t.Errorf("10^-120 is %s, %v", DecimalString(small), err)
	}
	if _, err := QuoDecimal(number("1"), Decimal{}); !errors.Is(err, ErrDivision) {
		t.Errorf("1 / 0: %v", err)
	}
	if got, err := RemDecimal(number("1e50"), number("7")); err != nil || DecimalString(got) != "2" {
		t.Errorf("10^50 %% 7 = %s, %v", DecimalString(got), err)
	}
	if got, err := RemDecimal(number("1e98"), number("3e-90")); err != nil || CompareDecimal(got, number("3e-90")) >= 0 {
		t.Errorf("10^98 %% 3e-90 = %s, %v", DecimalString(got), err)
	}
}

// A decimal must not change when it was used to make another.
func TestDecimalsDoNotShare(t *testing.T) {
	a := parsed(t, "12345678901234567890.123456")
	b := NegDecimal(a)
	_ = RoundDecimal(a, 2)
	_ = AddDecimal(a, b)
	_ = DecimalString(a)
	coef, _ := DecimalBigInt(a)
	coef.SetInt64(7)
	if got := DecimalString(a); got != "12345678901234567890.123456" {
		t.Errorf("a became %s", got)
	}
	if got := DecimalString(b); got != "-12345678901234567890.123456" {
		t.Errorf("b became %s", got)
	}
}

func BenchmarkDecimalParse(b *testing.B) {
	for b.Loop() {
		if _, err := ParseDecimal("1234567.89"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecimalFormat(b *testing.B) {
	d := number("1234567.89")
	for b.Loop() {
		if FormatDecimal(d, 2, true) == "" {
			b.Fatal("empty")
		}
	}
}
