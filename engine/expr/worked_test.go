package expr

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// checkedExample are the small checks of the worked example that this package decides.
type checkedExample struct {
	IDCard []struct {
		IDNo   string `json:"id_no"`
		Valid  bool   `json:"valid"`
		Gender string `json:"gender"`
		Birth  string `json:"birth"`
	} `json:"id_card"`
	CreditCode []struct {
		Code  string `json:"uscc"`
		Valid bool   `json:"valid"`
	} `json:"uscc"`
	BankCard []struct {
		Card  string `json:"card"`
		Valid bool   `json:"valid"`
	} `json:"bank_card"`
	RMBUpper []struct {
		Amount string `json:"amount"`
		Text   string `json:"text"`
	} `json:"rmb_upper"`
	Rounding []struct {
		Expr   string          `json:"expr"`
		Result json.RawMessage `json:"result"`
	} `json:"rounding"`
}

// workedExample reads the file that lies beside the checkout; FORMWORK_CASES names another folder.
func workedExample(t *testing.T) checkedExample {
	t.Helper()
	folder := os.Getenv("FORMWORK_CASES")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "cases")
	}
	raw, err := os.ReadFile(filepath.Join(folder, "worked_example.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("worked_example.json is not beside the checkout; FORMWORK_CASES may name its folder")
	}
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases checkedExample `json:"cases"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

// value evaluates an expression over one text or number named x.
func value(t *testing.T, source string, x any) any {
	t.Helper()
	p, err := Compile(source, Scope{Vars: map[string]Type{"x": {Kind: KindOf(x)}}}, KindAny)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Eval(&Env{Vars: map[string]any{"x": x}})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestWorkedExample(t *testing.T) {
	example := workedExample(t)
	for _, tc := range example.IDCard {
		if got := value(t, "id_card_ok(x)", tc.IDNo); got != tc.Valid {
			t.Errorf("id_card_ok(%s) = %v", tc.IDNo, got)
		}
		if got := Key(value(t, "birth_of(x)", tc.IDNo)); got != tc.Birth {
			t.Errorf("birth_of(%s) = %s, want %s", tc.IDNo, got, tc.Birth)
		}
		if got := Key(value(t, "gender_of(x)", tc.IDNo)); got != tc.Gender {
			t.Errorf("gender_of(%s) = %s, want %s", tc.IDNo, got, tc.Gender)
		}
	}
	for _, tc := range example.CreditCode {
		if got := value(t, "credit_code_ok(x)", tc.Code); got != tc.Valid {
			t.Errorf("credit_code_ok(%s) = %v", tc.Code, got)
		}
	}
	for _, tc := range example.BankCard {
		if got := value(t, "luhn_ok(x)", tc.Card); got != tc.Valid {
			t.Errorf("luhn_ok(%s) = %v", tc.Card, got)
		}
	}
	for _, tc := range example.RMBUpper {
		if got := value(t, "rmb_upper(x)", parsed(t, tc.Amount)); got != tc.Text {
			t.Errorf("rmb_upper(%s) = %v, want %s", tc.Amount, got, tc.Text)
		}
	}
	if len(example.IDCard)*len(example.CreditCode)*len(example.BankCard)*len(example.RMBUpper) == 0 {
		t.Error("the example has no checks")
	}
}

func TestWorkedExampleRounding(t *testing.T) {
	computed := 0
	for _, tc := range workedExample(t).Rounding {
		var want string
		if json.Unmarshal(tc.Result, &want) != nil || !regexp.MustCompile(`^[0-9.*/ ]+$`).MatchString(tc.Expr) {
			continue // shared out over several lines: no matter of an expression
		}
		computed++
		got, ok := value(t, "round("+tc.Expr+", 2)", "x").(Decimal)
		if !ok || FormatDecimal(got, 2, true) != want {
			t.Errorf("round(%s, 2) = %s, want %s", tc.Expr, DecimalString(got), want)
		}
	}
	if computed == 0 {
		t.Error("the example rounds nothing")
	}
}
