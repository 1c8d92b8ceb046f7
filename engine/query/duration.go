package query

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// duration is an ISO 8601 duration: whole years, months, weeks, days, and hours, minutes, seconds.
type duration struct {
	months, days int
	clock        time.Duration
}

// maxPart keeps sums of parts far from overflow; ten thousand years are 3.7 million days.
const maxPart = 10_000_000

// parseDuration reads "P1Y2M", "P2W", "-P3D", "PT36H30M".
func parseDuration(text string) (duration, error) {
	var d duration
	rest, negative := strings.CutPrefix(text, "-")
	rest, ok := strings.CutPrefix(rest, "P")
	date, clock, hasClock := strings.Cut(rest, "T")
	if !ok || rest == "" || hasClock && clock == "" {
		return d, fmt.Errorf("duration %.40q: %w", text, expr.ErrValue)
	}
	parts, err := durationParts(date, "YMWD")
	if err != nil {
		return d, fmt.Errorf("duration %.40q: %w", text, err)
	}
	times, err := durationParts(clock, "HMS")
	if err != nil {
		return d, fmt.Errorf("duration %.40q: %w", text, err)
	}
	d.months = parts['Y']*12 + parts['M']
	d.days = parts['W']*7 + parts['D']
	d.clock = time.Duration(times['H'])*time.Hour + time.Duration(times['M'])*time.Minute +
		time.Duration(times['S'])*time.Second
	if negative {
		d.months, d.days, d.clock = -d.months, -d.days, -d.clock
	}
	return d, nil
}

// durationParts reads numbers followed by a unit each; units come in the given order, each at most once.
func durationParts(text, units string) (map[byte]int, error) {
	parts := map[byte]int{}
	for text != "" {
		end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
		if end <= 0 {
			return nil, expr.ErrValue
		}
		at := strings.IndexByte(units, text[end])
		n, err := strconv.Atoi(text[:end])
		if at < 0 || err != nil || n > maxPart {
			return nil, expr.ErrValue
		}
		parts[text[end]] = n
		units, text = units[at+1:], text[end+1:]
	}
	return parts, nil
}

// addDuration moves a date, instant or month on the wire; false if the value is none, if it has no such part (hours of
// a date, days of a month), or if the result is out of range.
func addDuration(t def.FieldType, value any, d duration) (any, bool) {
	text, ok := value.(string)
	if !ok {
		return nil, false
	}
	switch t {
	case def.TypeDate:
		date, err := expr.ParseDate(text)
		if err != nil || d.clock != 0 {
			return nil, false
		}
		date, ok = shift(date, d)
		return expr.DateString(date), ok
	case def.TypeMonth:
		month, err := expr.ParseMonth(text)
		if err != nil || d.clock != 0 || d.days != 0 {
			return nil, false
		}
		first, _ := expr.MonthDays(month)
		first, ok = expr.AddMonths(first, d.months)
		return expr.MonthString(expr.MonthOf(first)), ok
	case def.TypeDateTime:
		at, err := expr.ParseTime(text)
		if err != nil {
			return nil, false
		}
		moment := expr.StdTime(at)
		day := expr.DateOf(moment, time.UTC)
		since := moment.Sub(midnight(day))
		if day, ok = shift(day, d); !ok {
			return nil, false
		}
		moment = midnight(day).Add(since).Add(d.clock)
		return expr.TimeString(expr.TimeOf(moment)), moment.Year() >= 1 && moment.Year() <= 9999
	default:
		return nil, false
	}
}

func shift(date expr.Date, d duration) (expr.Date, bool) {
	date, ok := expr.AddMonths(date, d.months)
	if !ok {
		return date, false
	}
	return expr.AddDays(date, d.days)
}

func midnight(day expr.Date) time.Time {
	year, month, dom := expr.DateParts(day)
	return time.Date(year, time.Month(month), dom, 0, 0, 0, 0, time.UTC)
}
