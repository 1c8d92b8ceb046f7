package store_test

import (
	"math/big"
	"testing"

	"formwork/engine/store"
)

func rational(t *testing.T, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%s is no number", text)
	}
	return r
}

func TestMean(t *testing.T) {
	tests := []struct {
		sum   string
		count int64
		want  string
	}{
		{"0", 3, "0"},
		{"1", 3, "0.3333333333333333333333333333333333"},
		{"2", 3, "0.6666666666666666666666666666666667"},
		{"-2", 3, "-0.6666666666666666666666666666666667"},
		{"10", 4, "2.5"},
		{"20", 3, "6.666666666666666666666666666666667"},
		{"99999999999999999999999999999999999999.5", 1, "100000000000000000000000000000000000000"},
		{"12345678901234567890123456789012345678", 2, "6172839450617283945061728394506173000"},
		{"0.000001", 8, "0.000000125"},
	}
	for _, tt := range tests {
		if got, err := store.Mean(rational(t, tt.sum), tt.count); err != nil || got != tt.want {
			t.Errorf("%s / %d = %s, %v; want %s", tt.sum, tt.count, got, err, tt.want)
		}
	}
}

func TestSumText(t *testing.T) {
	tests := []struct {
		sum   string
		field store.Field
		want  string
	}{
		{"0", store.Field{Scale: 2, Fixed: true}, "0.00"},
		{"0", store.Field{Scale: 6}, "0"},
		{"100", store.Field{Scale: 6}, "100"},
		{"-1.50", store.Field{Scale: 6}, "-1.5"},
		{"100", store.Field{}, "100"},
		{"12345678901234567890123456789012345678.9", store.Field{Scale: 2, Fixed: true}, "12345678901234567890123456789012345678.90"},
	}
	for _, tt := range tests {
		if got := store.SumText(rational(t, tt.sum), tt.field); got != tt.want {
			t.Errorf("sum %s is written %s, want %s", tt.sum, got, tt.want)
		}
	}
}
