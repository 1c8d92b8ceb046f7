package sheet

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
)

// clean reads the text of a cell as a wire value of a field, as people write values into sheets (domain.md §14 D-02).
// What it cannot read stays as it is: record logic refuses it and says why. nil for an empty cell. References stay texts.
func clean(field *def.Field, text, lang string, is1904 bool) any {
	text = strings.TrimSpace(natural(strings.TrimSpace(text)))
	if text == "" {
		return nil
	}
	if field.Target() != "" {
		return text
	}
	switch field.XType {
	case def.TypeDate:
		return serial(text, is1904, "2006-01-02", form.ParseText(field, text, lang))
	case def.TypeMonth:
		return serial(text, is1904, "2006-01", form.ParseText(field, text, lang))
	case def.TypeDecimal, def.TypeMoney, def.TypePercent:
		return form.ParseText(field, amount(text), lang)
	case def.TypeText:
		return spaced(text)
	case def.TypePhone:
		return phone(text)
	default: // as people write it anywhere
	}
	return form.ParseText(field, text, lang)
}

// Serial dates that are taken for days: 1954 to 2119. Others are numbers.
const (
	firstSerial = 20_000
	lastSerial  = 80_000
)

var serialDate = regexp.MustCompile(`^[0-9]{5}(\.[0-9]+)?$`)

// serial reads the number a workbook keeps for a date.
func serial(text string, is1904 bool, layout string, otherwise any) any {
	if !serialDate.MatchString(text) {
		return otherwise
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < firstSerial || n > lastSerial {
		return otherwise
	}
	day, err := excelize.ExcelDateToTime(n, is1904)
	if err != nil {
		return otherwise
	}
	return day.Format(layout)
}

var (
	bracketed = regexp.MustCompile(`^[(（]([^()（）-]+)[)）]$`)
	inWan     = regexp.MustCompile(`^(-?[0-9][0-9,]*(?:\.[0-9]+)?)万元?$`)
	moneyMark = strings.NewReplacer("人民币", "", "RMB", "", "rmb", "", "CNY", "", "圆", "元")
)

// amount reads how people write amounts: 人民币 88元, 1.2万, (500.00) for −500.00.
func amount(text string) string {
	text = strings.ReplaceAll(moneyMark.Replace(norm.NFKC.String(text)), " ", "")
	if m := bracketed.FindStringSubmatch(text); m != nil {
		text = "-" + strings.TrimLeft(m[1], "¥￥")
	}
	m := inWan.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	value, err := expr.ParseDecimal(strings.ReplaceAll(m[1], ",", ""))
	if err != nil {
		return text
	}
	product, err := expr.MulDecimal(value, expr.DecimalFromInt(10_000))
	if err != nil {
		return text
	}
	return expr.DecimalString(product)
}

var (
	blanks    = regexp.MustCompile(`[\s　]+`)
	wideAlnum = regexp.MustCompile(`[０-９Ａ-Ｚａ-ｚ]+`)
)

// spaced makes blanks of any width one, and letters and digits narrow.
func spaced(text string) string {
	text = wideAlnum.ReplaceAllStringFunc(text, norm.NFKC.String)
	return blanks.ReplaceAllString(text, " ")
}

var (
	countryCode = regexp.MustCompile(`^(?:\+|00)?86[- ]?`)
	mobile      = regexp.MustCompile(`^1[0-9]{10}$`)
)

// phone takes the country code and the strokes of a mobile number away; other numbers stay.
func phone(text string) string {
	bare := strings.NewReplacer("-", "", " ", "", "(", "", ")", "").Replace(countryCode.ReplaceAllString(norm.NFKC.String(text), ""))
	if mobile.MatchString(bare) {
		return bare
	}
	return text
}

// dateOf is the day of a month; false if the month does not have it.
func dateOf(month string, day int) (string, bool) {
	first, err := time.Parse("2006-01", month)
	if err != nil {
		return "", false
	}
	date := first.AddDate(0, 0, day-1)
	return date.Format(time.DateOnly), date.Month() == first.Month()
}
