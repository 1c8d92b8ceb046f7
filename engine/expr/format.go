package expr

import (
	"strconv"
	"strings"
	"time"
)

// compileToText compiles to_text(x, fmt). The format is read once; it decides whether x is a number or a time.
func compileToText(c *compiler, call call) operand {
	x := c.argument(call.args[0], call.name, KindNumber, KindDate, KindDateTime, KindMonth)
	format, ok := c.constantText(call.args[1], call.name)
	if !ok {
		return absent(operand{})
	}
	number, isNumber := parseNumberFormat(format)
	date, isDate := parseDateFormat(format)
	fits := isNumber && accepts(x, KindNumber) || isDate && accepts(x, KindDate, KindDateTime, KindMonth)
	if !fits || isDate && date.needs > resolution(x.typ.Kind) {
		return c.refuse(refusal{code: CodeFormat, loc: call.args[1].Location(), name: format})
	}
	o := strict(KindText, x)
	of, at := x.run, call.at
	o.run = func(f *frame) any {
		value := of(f)
		if value == nil || !f.allocate(len(format)+64) {
			return nil
		}
		d, numeric := value.(Decimal)
		moment, needs, ok := f.moment(value)
		switch {
		case numeric && isNumber:
			return number.write(d)
		case ok && isDate && date.needs <= needs:
			return date.write(moment)
		}
		return f.fail(EvalType, at, "to_text")
	}
	return o
}

// numberFormat is a format such as "#,##0.00", "¥0.##", "0.0%".
type numberFormat struct {
	prefix, suffix      string
	grouped             bool
	whole               int // digits before the point, at least
	leastPlaces, atMost int // places after it
	percent             bool
}

func parseNumberFormat(format string) (numberFormat, bool) {
	start := strings.IndexAny(format, "#0")
	end := strings.LastIndexAny(format, "#0") + 1
	if start < 0 || len(format) > 64 {
		return numberFormat{}, false
	}
	n := numberFormat{prefix: format[:start], suffix: format[end:]}
	n.percent = strings.HasSuffix(n.suffix, "%")
	if strings.ContainsAny(n.prefix+n.suffix, ".,;123456789") {
		return numberFormat{}, false
	}
	whole, places, _ := strings.Cut(format[start:end], ".")
	n.grouped = strings.Contains(whole, ",")
	plain := strings.ReplaceAll(whole, ",", "")
	n.whole = strings.Count(plain, "0")
	n.leastPlaces, n.atMost = strings.Count(places, "0"), len(places)
	optional := strings.TrimLeft(plain, "#")
	if strings.Trim(optional, "0") != "" || strings.Trim(strings.TrimLeft(places, "0"), "#") != "" {
		return numberFormat{}, false
	}
	if n.grouped && !strings.HasSuffix(whole, ",##0") && !strings.HasSuffix(whole, ",###") && !strings.HasSuffix(whole, ",000") {
		return numberFormat{}, false
	}
	return n, n.atMost <= Digits
}

func (n numberFormat) write(d Decimal) string {
	if n.percent {
		d, _ = MulDecimal(d, DecimalFromInt(100))
	}
	text := FormatDecimal(d, n.atMost, false)
	sign := ""
	if text[0] == '-' {
		sign, text = "-", text[1:]
	}
	whole, places, _ := strings.Cut(text, ".")
	if whole == "0" && n.whole == 0 {
		whole = ""
	}
	if missing := n.whole - len(whole); missing > 0 {
		whole = strings.Repeat("0", missing) + whole
	}
	if missing := n.leastPlaces - len(places); missing > 0 {
		places += strings.Repeat("0", missing)
	}
	if n.grouped {
		whole = grouped(whole)
	}
	if places != "" {
		places = "." + places
	}
	return sign + n.prefix + whole + places + n.suffix
}

// grouped sets a comma between every three digits.
func grouped(digits string) string {
	var b strings.Builder
	for i, c := range []byte(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// precision says how fine a moment is known.
type precision uint8

const (
	toMonth precision = iota + 1
	toDay
	toSecond
)

// resolution is how fine a kind tells the time; a value of unknown kind may be an instant.
func resolution(kind Kind) precision {
	switch kind {
	case KindMonth:
		return toMonth
	case KindDate:
		return toDay
	default:
		return toSecond
	}
}

// moment is a date, a month or an instant (in the tenant's zone) as a time.
func (f *frame) moment(v any) (time.Time, precision, bool) {
	switch v := v.(type) {
	case Date:
		return dateTime(v), toDay, true
	case Month:
		first, _ := MonthDays(v)
		return dateTime(first), toMonth, true
	case Time:
		if f.env.Zone != nil {
			return v.at.In(f.env.Zone), toSecond, true
		}
		return v.at, toSecond, true
	}
	return time.Time{}, 0, false
}

// dateFormat is a format such as "yyyy-MM-dd", "yyyy年M月d日", "MM/dd HH:mm".
type dateFormat struct {
	parts []func(time.Time) string
	needs precision
}

// dateParts are the letters of a date format and how fine a moment they need.
var dateParts = map[string]struct {
	needs precision
	write func(time.Time) string
}{
	"yyyy": {toMonth, func(t time.Time) string { return padded(t.Year(), 4) }},
	"yy":   {toMonth, func(t time.Time) string { return padded(t.Year()%100, 2) }},
	"MM":   {toMonth, func(t time.Time) string { return padded(int(t.Month()), 2) }},
	"M":    {toMonth, func(t time.Time) string { return strconv.Itoa(int(t.Month())) }},
	"dd":   {toDay, func(t time.Time) string { return padded(t.Day(), 2) }},
	"d":    {toDay, func(t time.Time) string { return strconv.Itoa(t.Day()) }},
	"HH":   {toSecond, func(t time.Time) string { return padded(t.Hour(), 2) }},
	"H":    {toSecond, func(t time.Time) string { return strconv.Itoa(t.Hour()) }},
	"mm":   {toSecond, func(t time.Time) string { return padded(t.Minute(), 2) }},
	"m":    {toSecond, func(t time.Time) string { return strconv.Itoa(t.Minute()) }},
	"ss":   {toSecond, func(t time.Time) string { return padded(t.Second(), 2) }},
	"s":    {toSecond, func(t time.Time) string { return strconv.Itoa(t.Second()) }},
}

func padded(value, width int) string { return string(appendPadded(nil, value, width)) }

func parseDateFormat(format string) (dateFormat, bool) {
	var d dateFormat
	if len(format) > 64 {
		return d, false
	}
	for i := 0; i < len(format); {
		c := format[i]
		end := i + 1
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		for end < len(format) && letter && format[end] == c {
			end++
		}
		text := format[i:end]
		i = end
		if !letter {
			d.parts = append(d.parts, func(time.Time) string { return text })
			continue
		}
		part, ok := dateParts[text]
		if !ok {
			return dateFormat{}, false
		}
		d.parts = append(d.parts, part.write)
		d.needs = max(d.needs, part.needs)
	}
	return d, d.needs > 0
}

func (d dateFormat) write(at time.Time) string {
	var b strings.Builder
	for _, part := range d.parts {
		b.WriteString(part(at))
	}
	return b.String()
}
