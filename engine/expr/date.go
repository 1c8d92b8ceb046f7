package expr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrValue is wrapped by every Parse function of this package that meets a text which is no such value.
var ErrValue = errors.New("not a value")

// Date is a day of the years 1 to 9999, without a zone. The zero Date is no day (see IsDate).
type Date struct{ day int32 } // days since 1 January of the year 1, plus 1

// Month is a month of the years 1 to 9999. The zero Month is no month.
type Month struct{ month int32 } // year*12 + month-1

// Time is an instant, kept in UTC.
type Time struct{ at time.Time }

const (
	secondsPerDay = 24 * 60 * 60
	unixDay       = 719163 // Date.day of 1970-01-01
	lastDay       = 3652059
)

// NewDate makes a date; false if there is no such day.
func NewDate(year, month, day int) (Date, bool) {
	if year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return Date{}, false
	}
	at := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return Date{int32(at.Unix()/secondsPerDay + unixDay)}, true //nolint:gosec // the year 9999 is below 4 million days
}

// DateOf is the day of an instant in a zone (nil = UTC).
func DateOf(at time.Time, zone *time.Location) Date {
	if zone == nil {
		zone = time.UTC
	}
	year, month, day := at.In(zone).Date()
	date, _ := NewDate(year, int(month), day)
	return date
}

// IsDate is false for the zero Date.
func IsDate(d Date) bool { return d.day != 0 }

// ParseDate reads "2026-06-30".
func ParseDate(s string) (Date, error) {
	year, okYear := digits(s, 0, 4)
	month, okMonth := digits(s, 5, 2)
	day, okDay := digits(s, 8, 2)
	if len(s) != 10 || !okYear || !okMonth || !okDay || s[4] != '-' || s[7] != '-' {
		return Date{}, fmt.Errorf("date %.20q: %w", s, ErrValue)
	}
	d, ok := NewDate(year, month, day)
	if !ok {
		return Date{}, fmt.Errorf("date %s: %w", s, ErrValue)
	}
	return d, nil
}

// digits reads the number of n decimal digits at position at.
func digits(s string, at, n int) (int, bool) {
	if at+n > len(s) {
		return 0, false
	}
	value := 0
	for _, c := range []byte(s[at : at+n]) {
		if c < '0' || c > '9' {
			return 0, false
		}
		value = value*10 + int(c-'0')
	}
	return value, true
}

// DateString writes "2026-06-30"; the zero Date is the empty text.
func DateString(d Date) string {
	if !IsDate(d) {
		return ""
	}
	year, month, day := DateParts(d)
	buf := appendPadded(make([]byte, 0, 10), year, 4)
	buf = appendPadded(append(buf, '-'), month, 2)
	return string(appendPadded(append(buf, '-'), day, 2))
}

func appendPadded(buf []byte, value, width int) []byte {
	text := strconv.Itoa(value)
	for i := len(text); i < width; i++ {
		buf = append(buf, '0')
	}
	return append(buf, text...)
}

// DateParts is the year, month (1 to 12) and day of a date.
func DateParts(d Date) (year, month, day int) {
	y, m, dd := dateTime(d).Date()
	return y, int(m), dd
}

func dateTime(d Date) time.Time {
	return time.Unix((int64(d.day)-unixDay)*secondsPerDay, 0).UTC()
}

// AddDays moves a date by n days; false outside the years 1 to 9999.
func AddDays(d Date, n int) (Date, bool) {
	day := int64(d.day) + int64(n)
	if n < -lastDay || n > lastDay || day < 1 || day > lastDay {
		return Date{}, false
	}
	return Date{int32(day)}, true
}

// AddMonths moves a date by n months and clips it to the month's end: 31 January + 1 is 28 or 29 February.
// False outside the years 1 to 9999.
func AddMonths(d Date, n int) (Date, bool) {
	year, month, day := DateParts(d)
	if n < -12*9999 || n > 12*9999 {
		return Date{}, false
	}
	months := year*12 + month - 1 + n
	if months < 12 {
		return Date{}, false
	}
	year, month = months/12, months%12+1
	return NewDate(year, month, min(day, daysIn(year, month)))
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// DaysBetween is b − a in days.
func DaysBetween(a, b Date) int { return int(b.day) - int(a.day) }

// Weekday is 1 for Monday to 7 for Sunday.
func Weekday(d Date) int { return (int(d.day)-1)%7 + 1 }

// NewMonth makes a month; false if there is none.
func NewMonth(year, month int) (Month, bool) {
	if year < 1 || year > 9999 || month < 1 || month > 12 {
		return Month{}, false
	}
	return Month{int32(year*12 + month - 1)}, true
}

// MonthOf is the month of a date.
func MonthOf(d Date) Month {
	year, month, _ := DateParts(d)
	m, _ := NewMonth(year, month)
	return m
}

// ParseMonth reads "2026-06".
func ParseMonth(s string) (Month, error) {
	year, okYear := digits(s, 0, 4)
	month, okMonth := digits(s, 5, 2)
	if len(s) != 7 || !okYear || !okMonth || s[4] != '-' {
		return Month{}, fmt.Errorf("month %.20q: %w", s, ErrValue)
	}
	m, ok := NewMonth(year, month)
	if !ok {
		return Month{}, fmt.Errorf("month %s: %w", s, ErrValue)
	}
	return m, nil
}

// MonthString writes "2026-06"; the zero Month is the empty text.
func MonthString(m Month) string {
	if m.month == 0 {
		return ""
	}
	year, month := MonthParts(m)
	return string(appendPadded(append(appendPadded(make([]byte, 0, 7), year, 4), '-'), month, 2))
}

// MonthParts is the year and month (1 to 12).
func MonthParts(m Month) (year, month int) { return int(m.month) / 12, int(m.month)%12 + 1 }

// MonthDays is the first and the last day of a month.
func MonthDays(m Month) (first, last Date) {
	year, month := MonthParts(m)
	first, _ = NewDate(year, month, 1)
	last, _ = NewDate(year, month, daysIn(year, month))
	return first, last
}

// ParseTime reads an instant in RFC 3339, "2026-06-30T06:05:00Z"; other offsets are turned into UTC.
func ParseTime(s string) (Time, error) {
	if !isRFC3339(s) {
		return Time{}, fmt.Errorf("datetime %.40q: %w", s, ErrValue)
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || at.UTC().Year() < 1 || at.UTC().Year() > 9999 {
		return Time{}, fmt.Errorf("datetime %.40q: %w", s, ErrValue)
	}
	return TimeOf(at), nil
}

// TimeOf makes an instant of a time. What is below a millisecond is dropped: no store keeps it.
func TimeOf(at time.Time) Time { return Time{at.UTC().Truncate(time.Millisecond)} }

// StdTime is the instant as a time in UTC.
func StdTime(t Time) time.Time { return t.at }

// TimeString writes the instant in RFC 3339 and UTC, with milliseconds only if there are some.
func TimeString(t Time) string { return t.at.Format("2006-01-02T15:04:05.999Z07:00") }

// isRFC3339 is stricter than package time, which takes one digit as an hour and a comma before fractions.
func isRFC3339(s string) bool {
	if len(s) < len("2026-06-30T06:05:00Z") || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return false
	}
	_, hour := digits(s, 11, 2)
	_, minute := digits(s, 14, 2)
	_, second := digits(s, 17, 2)
	zone := s[19:]
	if fraction, ok := strings.CutPrefix(zone, "."); ok {
		zone = strings.TrimLeft(fraction, "0123456789")
		if places := len(fraction) - len(zone); places == 0 || places > 9 {
			return false
		}
	}
	return hour && minute && second && (zone == "Z" || isOffset(zone))
}

// isOffset tells an offset from UTC: "+08:00".
func isOffset(zone string) bool {
	if len(zone) != 6 || zone[0] != '+' && zone[0] != '-' || zone[3] != ':' {
		return false
	}
	hours, ok := digits(zone, 1, 2)
	minutes, okMinutes := digits(zone, 4, 2)
	return ok && okMinutes && hours < 24 && minutes < 60
}
