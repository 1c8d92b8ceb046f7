package sheet

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"formwork/engine/def"
)

// exactDigits is how many significant digits a number in a workbook keeps.
const exactDigits = 15

// neutral keeps a text from being read as a formula by whoever opens, saves or converts the workbook.
func neutral(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// natural takes the mark of neutral off again.
func natural(text string) string {
	if len(text) > 1 && text[0] == '\'' && strings.ContainsRune("=+-@\t\r", rune(text[1])) {
		return text[1:]
	}
	return text
}

// shorten keeps a text within what a cell holds.
func shorten(text string) string {
	if utf8.RuneCountInString(text) <= maxCell {
		return text
	}
	return string([]rune(text)[:maxCell])
}

// styles are the cell styles of one workbook by number format.
type styles struct {
	file *excelize.File
	ids  map[string]int
}

func newStyles(file *excelize.File) *styles { return &styles{file: file, ids: map[string]int{}} }

func (s *styles) format(code string) (int, error) {
	if id, ok := s.ids[code]; ok {
		return id, nil
	}
	id, err := s.file.NewStyle(&excelize.Style{CustomNumFmt: &code})
	if err != nil {
		return 0, fmt.Errorf("number format %s: %w", code, err)
	}
	s.ids[code] = id
	return id, nil
}

// header is the style of a header row.
func (s *styles) header() (int, error) {
	return s.file.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E8EEF7"}},
	})
}

// writer turns wire values into cells.
type writer struct {
	styles *styles
	lang   string
	zone   *time.Location
}

// cell is a value as a cell: numbers that are exact as numbers, dates as dates, all else as text.
func (w *writer) cell(field *def.Field, value any, refs map[string]string) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil //nolint:nilnil // an empty cell
	case bool:
		if v {
			return word(w.lang, "yes"), nil
		}
		return word(w.lang, "no"), nil
	case int64:
		return w.number(field, strconv.FormatInt(v, 10))
	case int:
		return w.number(field, strconv.Itoa(v))
	case []any:
		return w.list(field, v, refs), nil
	case time.Time:
		return w.time(v)
	case string:
		return w.text(field, v, refs)
	}
	return neutral(shorten(fmt.Sprint(value))), nil
}

func (w *writer) list(field *def.Field, values []any, refs map[string]string) any {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = w.plain(field, fmt.Sprint(value), refs)
	}
	return neutral(shorten(strings.Join(texts, "、")))
}

// plain is an option by its title, a reference by its display text.
func (w *writer) plain(field *def.Field, text string, refs map[string]string) string {
	target := field.Target()
	if field.IsFile() {
		target = def.EntityFile
	}
	switch {
	case field.IsOption():
		return optionText(field, text, w.lang)
	case target != "":
		if shown := refs[target+"/"+text]; shown != "" {
			return shown
		}
	}
	return text
}

func (w *writer) text(field *def.Field, text string, refs map[string]string) (any, error) {
	switch field.XType {
	case def.TypeDecimal, def.TypeMoney, def.TypePercent:
		return w.number(field, text)
	case def.TypeDate:
		if day, err := time.Parse(time.DateOnly, text); err == nil {
			return w.dated(day, "yyyy-mm-dd")
		}
	case def.TypeDateTime:
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return w.time(at)
		}
	default: // as text
	}
	return neutral(shorten(w.plain(field, text, refs))), nil
}

// time writes an instant as the clock of the tenant's zone shows it; workbooks know no zones.
func (w *writer) time(at time.Time) (any, error) {
	at = at.In(w.zone)
	wall := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
	return w.dated(wall, "yyyy-mm-dd hh:mm")
}

func (w *writer) dated(at time.Time, format string) (any, error) {
	if at.Year() < 1901 {
		return at.Format(time.DateOnly), nil // before the calendar of workbooks
	}
	style, err := w.styles.format(format)
	return excelize.Cell{StyleID: style, Value: at}, err
}

// number writes a decimal as a number if the workbook can hold it exactly.
func (w *writer) number(field *def.Field, text string) (any, error) {
	f, failed := strconv.ParseFloat(text, 64)
	if failed != nil || digits(text) > exactDigits {
		return text, nil //nolint:nilerr // masked, or too long: a number cell would change it
	}
	style, err := w.styles.format(numberFormat(field))
	return excelize.Cell{StyleID: style, Value: f}, err
}

// digits counts the significant digits of a decimal text.
func digits(text string) int {
	text = strings.TrimLeft(strings.ReplaceAll(strings.TrimPrefix(text, "-"), ".", ""), "0")
	return len(text)
}

// numberFormat shows a number as its field stores it.
func numberFormat(field *def.Field) string {
	places := strings.Repeat("0", field.EffectiveScale())
	switch {
	case field.XType == def.TypePercent:
		return `0.` + places + `"%"`
	case field.XType == def.TypeMoney:
		return "#,##0." + places
	case field.IsFixed() && places != "":
		return "0." + places
	}
	return "General"
}
