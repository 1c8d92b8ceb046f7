package sqlite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
	"formwork/engine/store"
)

// widenError is a decimal that does not fit a narrow column; the writer widens the column and tries again.
type widenError struct{ path string }

func (e *widenError) Error() string { return "column of " + e.path + " is too narrow" }

// column is one typed column of a record or of the rows of a sub-table.
type column struct {
	field store.Field
	gone  bool // no longer in the definition; keeps what it holds
	wide  bool // decimals as wide texts
}

// name is the column's SQL name, quoted.
func (c *column) name() string { return quote("f_" + c.field.Name()) }

// hasMonth tells whether the column has a month key beside it.
func (c *column) hasMonth() bool {
	return c.field.Type == def.TypeDate && !c.gone && c.field.Name() == c.field.Path
}

// monthName is the SQL name of the month key of a date, quoted.
func (c *column) monthName() string { return quote("m_" + c.field.Path) }

func quote(name string) string { return `"` + name + `"` }

func isDecimal(t def.FieldType) bool {
	return t == def.TypeDecimal || t == def.TypePercent || t == def.TypeMoney
}

// encode turns a canonical value into what the column holds.
func (c *column) encode(value any) (any, error) {
	if value == nil {
		return nil, nil //nolint:nilnil // NULL is how a missing value is kept
	}
	if c.field.List {
		return jsonText(value)
	}
	switch c.field.Type {
	case def.TypeTable:
		rows, _ := value.([]any)
		return int64(len(rows)), nil
	case def.TypeDecimal, def.TypePercent, def.TypeMoney:
		return c.encodeDecimal(value)
	case def.TypeBoolean:
		if value == true {
			return int64(1), nil
		}
		return int64(0), nil
	case def.TypeDate, def.TypeMonth, def.TypeDateTime:
		return encodeTime(c.field.Type, value)
	default:
		return value, nil
	}
}

func (c *column) encodeDecimal(value any) (any, error) {
	text, _ := value.(string)
	coef, exact, err := coefficient(text, c.field.Scale)
	switch {
	case err != nil:
		return nil, err
	case !exact:
		return nil, fmt.Errorf("value %s of field %s: %w", text, c.field.Path, store.ErrInvalid)
	case c.wide:
		return wideText(coef), nil
	case !coef.IsInt64():
		return nil, &widenError{c.field.Path}
	}
	return coef.Int64(), nil
}

// encodeTime turns dates into 20260630, months into 202606 and instants into milliseconds.
func encodeTime(t def.FieldType, value any) (any, error) {
	text, _ := value.(string)
	switch t {
	case def.TypeDate:
		date, err := expr.ParseDate(text)
		year, month, day := expr.DateParts(date)
		return int64(year*10000 + month*100 + day), err
	case def.TypeMonth:
		m, err := expr.ParseMonth(text)
		year, month := expr.MonthParts(m)
		return int64(year*100 + month), err
	default:
		at, err := expr.ParseTime(text)
		return expr.StdTime(at).UnixMilli(), err
	}
}

// decode turns what the column holds into a wire value.
func (c *column) decode(cell any) (any, error) {
	if cell == nil {
		return nil, nil //nolint:nilnil // NULL is how a missing value is kept
	}
	if c.field.List {
		return readJSON(cell)
	}
	return decodeScalar(c.field, cell)
}

func decodeScalar(field store.Field, cell any) (any, error) {
	n, isInt := cell.(int64)
	switch field.Type {
	case def.TypeDecimal, def.TypePercent, def.TypeMoney:
		if isInt {
			return scaledText(n, field), nil
		}
		text, _ := cell.(string)
		coef, err := wideNumber(text)
		if err != nil {
			return nil, err
		}
		return plainDecimal(coef, field), nil
	case def.TypeBoolean:
		return n != 0, nil
	case def.TypeDate:
		return digits(n/10000, 4) + "-" + digits(n/100%100, 2) + "-" + digits(n%100, 2), nil
	case def.TypeMonth:
		return digits(n/100, 4) + "-" + digits(n%100, 2), nil
	case def.TypeDateTime:
		return expr.TimeString(expr.TimeOf(time.UnixMilli(n))), nil
	default:
		return cell, nil
	}
}

func digits(n int64, width int) string {
	text := strconv.FormatInt(n, 10)
	for len(text) < width {
		text = "0" + text
	}
	return text
}

func jsonText(value any) (any, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return nil, fmt.Errorf("value has no JSON form: %w", errors.Join(store.ErrInvalid, err))
	}
	return string(bytes.TrimSuffix(out.Bytes(), []byte{'\n'})), nil
}

// readJSON reads stored JSON; whole numbers become int64.
func readJSON(cell any) (any, error) {
	text, ok := cell.(string)
	if !ok {
		return nil, fmt.Errorf("stored JSON is a %T", cell)
	}
	if value, ok := plainJSON(text); ok {
		return value, nil
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, fmt.Errorf("stored JSON: %w", err)
	}
	return store.StoredNumbers(value), nil
}

// operand turns a literal of a filter or cursor into what the column holds. The literal is canonical.
func (c *column) operand(value any) (any, error) {
	if query.Missing(value) {
		return nil, nil //nolint:nilnil // NULL is how a missing value is kept
	}
	switch c.field.Type {
	case def.TypeBoolean:
		return c.encode(value)
	case def.TypeDate, def.TypeMonth, def.TypeDateTime:
		return encodeTime(c.field.Type, value)
	default:
		return value, nil
	}
}
