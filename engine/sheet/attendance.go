package sheet

import (
	"regexp"
	"strings"

	"golang.org/x/text/unicode/norm"

	"formwork/engine/expr"
)

// Codes of cells of an attendance sheet that cannot be read.
const (
	codeAmbiguous = "ambiguous_gong" // between one and two: a day and a half, or an hour and a half?
	codeToken     = "unknown_token"
)

// What a day is paid by, and the column that says so.
const (
	payType  = "pay_type"
	payDay   = "day"
	payPiece = "piece"
)

// attended is one day of one worker. Absent has no other values.
type attended struct {
	Normal expr.Decimal
	Over   expr.Decimal
	Pay    string
	Absent bool
}

var (
	plainHours = regexp.MustCompile(`^(?:[0-9]{1,3}(?:\.[0-9]{1,4})?|\.[0-9]{1,4})$`)
	pairHours  = regexp.MustCompile(`^([0-9]{1,3}(?:\.[0-9]{1,4})?)\+([0-9]{1,3}(?:\.[0-9]{1,4})?)$`)
)

// absences are the marks of a day without work.
var absences = map[string]bool{"": true, "×": true, "x": true, "—": true, "-": true, "–": true, "休": true, "0": true, "/": true}

// attendance reads a cell of an attendance sheet (domain.md §13): √ or 1 is a full day, a number below 1 or 半 a part of
// one, a number from 2 on hours of which those above a full day are overtime, 8+2 both, 件 a day of piece work. The code
// is "" if the cell could be read.
func attendance(cell string, full expr.Decimal) (attended, string) {
	text := strings.ToLower(strings.ReplaceAll(norm.NFKC.String(strings.TrimSpace(cell)), " ", ""))
	zero := expr.DecimalFromInt(0)
	switch {
	case absences[text]:
		return attended{Absent: true}, ""
	case text == "√" || text == "✓" || text == "✔":
		return attended{Normal: full, Over: zero, Pay: payDay}, ""
	case text == "半":
		return part(full, "0.5")
	case text == "件":
		return attended{Normal: full, Over: zero, Pay: payPiece}, ""
	}
	if m := pairHours.FindStringSubmatch(text); m != nil {
		normal, err := expr.ParseDecimal(shortest(m[1]))
		over, err2 := expr.ParseDecimal(shortest(m[2]))
		if err != nil || err2 != nil {
			return attended{}, codeToken
		}
		return attended{Normal: normal, Over: over, Pay: payDay}, ""
	}
	if !plainHours.MatchString(text) {
		return attended{}, codeToken
	}
	return hours(shortest(text), full)
}

// hours reads a plain number.
func hours(text string, full expr.Decimal) (attended, string) {
	n, err := expr.ParseDecimal(text)
	if err != nil {
		return attended{}, codeToken
	}
	one, two, zero := expr.DecimalFromInt(1), expr.DecimalFromInt(2), expr.DecimalFromInt(0)
	switch {
	case expr.SignDecimal(n) == 0:
		return attended{Absent: true}, ""
	case expr.CompareDecimal(n, one) < 0:
		return part(full, text)
	case expr.CompareDecimal(n, one) == 0:
		return attended{Normal: full, Over: zero, Pay: payDay}, ""
	case expr.CompareDecimal(n, two) < 0:
		return attended{}, codeAmbiguous
	case expr.CompareDecimal(n, full) > 0:
		return attended{Normal: full, Over: expr.SubDecimal(n, full), Pay: payDay}, ""
	}
	return attended{Normal: n, Over: zero, Pay: payDay}, ""
}

// part is a part of a full day.
func part(full expr.Decimal, share string) (attended, string) {
	factor, err := expr.ParseDecimal(share)
	if err != nil {
		return attended{}, codeToken
	}
	normal, err := expr.MulDecimal(full, factor)
	if err != nil {
		return attended{}, codeToken
	}
	return attended{Normal: normal, Over: expr.DecimalFromInt(0), Pay: payDay}, ""
}

// shortest writes a number without the zeros ParseDecimal does not take.
func shortest(text string) string {
	if strings.HasPrefix(text, ".") {
		text = "0" + text
	}
	whole, rest, found := strings.Cut(text, ".")
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if !found {
		return whole
	}
	return whole + "." + rest
}
