package sheet

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"formwork/engine/expr"
)

func decimal(tb testing.TB, text string) expr.Decimal {
	tb.Helper()
	d, err := expr.ParseDecimal(text)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestAttendanceCells(t *testing.T) {
	tests := []struct{ cell, full, normal, over, pay, code string }{
		{"√", "8", "8", "0", "day", ""},
		{"1", "9", "9", "0", "day", ""},
		{"1.0", "8", "8", "0", "day", ""},
		{"0.5", "9", "4.5", "0", "day", ""},
		{".25", "8", "2", "0", "day", ""},
		{"半", "8", "4", "0", "day", ""},
		{"8", "8", "8", "0", "day", ""},
		{"2", "8", "2", "0", "day", ""},
		{"10.5", "8", "8", "2.5", "day", ""},
		{"8＋2", "8", "8", "2", "day", ""}, // wide plus
		{" 4 + 1.5 ", "8", "4", "1.5", "day", ""},
		{"０.５", "8", "4", "0", "day", ""},
		{"件", "8", "8", "0", "piece", ""},
		{"", "8", "", "", "", ""},
		{"休", "8", "", "", "", ""},
		{"×", "8", "", "", "", ""},
		{"—", "8", "", "", "", ""},
		{"0", "8", "", "", "", ""},
		{"0.0", "8", "", "", "", ""},
		{"1.5", "8", "", "", "", "ambiguous_gong"},
		{"1.99", "8", "", "", "", "ambiguous_gong"},
		{"病假", "8", "", "", "", "unknown_token"},
		{"8+", "8", "", "", "", "unknown_token"},
		{"-3", "8", "", "", "", "unknown_token"},
		{"1e3", "8", "", "", "", "unknown_token"},
		{"8+2+1", "8", "", "", "", "unknown_token"},
	}
	for _, tt := range tests {
		t.Run(tt.cell, func(t *testing.T) {
			got, code := attendance(tt.cell, decimal(t, tt.full))
			if code != tt.code {
				t.Fatalf("code %q, want %q", code, tt.code)
			}
			if code != "" {
				return
			}
			if got.Absent != (tt.normal == "") {
				t.Fatalf("absent %t", got.Absent)
			}
			if !got.Absent && (expr.DecimalString(got.Normal) != tt.normal || expr.DecimalString(got.Over) != tt.over || got.Pay != tt.pay) {
				t.Errorf("got %s + %s %s", expr.DecimalString(got.Normal), expr.DecimalString(got.Over), got.Pay)
			}
		})
	}
}

// The cells of the worked example, where its file is beside the checkout (see engine/expr).
func TestAttendanceCellsOfTheWorkedExample(t *testing.T) {
	folder := os.Getenv("FORMWORK_CASES")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "cases")
	}
	raw, err := os.ReadFile(filepath.Join(folder, "worked_example.json"))
	if err != nil {
		t.Skip("worked_example.json is not beside the checkout; FORMWORK_CASES may name its folder")
	}
	var file struct {
		Cases struct {
			Tokens []struct {
				Cell   string `json:"cell"`
				Full   string `json:"std_hours"`
				Result struct {
					Normal string `json:"normal_hours"`
					Over   string `json:"ot_hours"`
					Pay    string `json:"pay_type"`
					Absent bool   `json:"absent"`
					Error  string `json:"error"`
				} `json:"result"`
			} `json:"attendance_token"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases.Tokens) < 10 {
		t.Fatalf("only %d cases", len(file.Cases.Tokens))
	}
	for _, c := range file.Cases.Tokens {
		got, code := attendance(c.Cell, decimal(t, c.Full))
		want := c.Result
		if code != want.Error || got.Absent != want.Absent {
			t.Errorf("%q: code %q, absent %t, want %+v", c.Cell, code, got.Absent, want)
			continue
		}
		if want.Normal != "" && (expr.DecimalString(got.Normal) != want.Normal || expr.DecimalString(got.Over) != want.Over || got.Pay != want.Pay) {
			t.Errorf("%q: %s + %s %s, want %+v", c.Cell, expr.DecimalString(got.Normal), expr.DecimalString(got.Over), got.Pay, want)
		}
	}
}

// Whatever stands in a cell: hours are never negative, and normal hours of a single number never exceed a full day.
func FuzzAttendance(f *testing.F) {
	for _, cell := range []string{"√", "8+2", "0.5", "10", "半", "1.5", "件", "休", "８＋２", "999.9999+999"} {
		f.Add(cell, uint8(80))
	}
	f.Fuzz(func(t *testing.T, cell string, tenths uint8) {
		full, err := expr.DecimalFromScaled(int64(tenths)+20, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, code := attendance(cell, full)
		if code != "" || got.Absent {
			return
		}
		if expr.SignDecimal(got.Normal) < 0 || expr.SignDecimal(got.Over) < 0 || (got.Pay != payDay && got.Pay != payPiece) {
			t.Errorf("%q: %+v", cell, got)
		}
		if plainHours.MatchString(cell) && expr.CompareDecimal(got.Normal, full) > 0 {
			t.Errorf("%q: more than a full day", cell)
		}
	})
}
