package expr

import (
	"testing"
	"time"
)

// Every day of the calendar agrees with package time, in both directions.
func TestDatesAgreeWithTime(t *testing.T) {
	d, _ := NewDate(1, 1, 1)
	at := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for range 9999 * 366 {
		text := at.Format("2006-01-02")
		if DateString(d) != text {
			t.Fatalf("%s is written %s", text, DateString(d))
		}
		if back, err := ParseDate(text); err != nil || back != d {
			t.Fatalf("%s is read as %v, %v", text, back, err)
		}
		if weekday := (int(at.Weekday())+6)%7 + 1; Weekday(d) != weekday {
			t.Fatalf("%s is weekday %d, want %d", text, Weekday(d), weekday)
		}
		next, ok := AddDays(d, 1)
		if !ok {
			break
		}
		d, at = next, at.AddDate(0, 0, 1)
		if at.Year()%97 != 0 { // every 97th year in full, the others in steps
			if skipped, ok := AddDays(d, 29); ok {
				d, at = skipped, at.AddDate(0, 0, 29)
			}
		}
	}
	if year, month, day := DateParts(d); year != 9999 || month != 12 || day != 31 {
		t.Errorf("the last day is %s", DateString(d))
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "2026-6-1", "2026-06-31", "2026-13-01", "0000-01-01", "2026/06/01", "2026-06-01 ", "20260601", "2026-02-29"} {
		if d, err := ParseDate(s); err == nil {
			t.Errorf("date %q is read as %s", s, DateString(d))
		}
	}
	for _, s := range []string{"", "2026-6", "2026-13", "2026-00", "2026-06-01", "0000-01"} {
		if m, err := ParseMonth(s); err == nil {
			t.Errorf("month %q is read as %s", s, MonthString(m))
		}
	}
	for _, s := range []string{"", "2026-06-30", "2026-06-30T06:05:00", "2026-06-30 06:05:00Z", "2026-06-30T6:05:00Z", "2026-06-30T06:05:00,5Z", "2026-06-30T06:05:00+25:00", "2026-06-31T06:05:00Z", "2026-06-30T24:05:00Z"} {
		if at, err := ParseTime(s); err == nil {
			t.Errorf("datetime %q is read as %s", s, TimeString(at))
		}
	}
}

func TestTimesOnTheWire(t *testing.T) {
	for in, want := range map[string]string{
		"2026-06-30T14:05:00+08:00":      "2026-06-30T06:05:00Z",
		"2026-06-30T06:05:00.250Z":       "2026-06-30T06:05:00.25Z",
		"2026-06-30T06:05:00.000999999Z": "2026-06-30T06:05:00Z",
	} {
		at, err := ParseTime(in)
		if err != nil || TimeString(at) != want {
			t.Errorf("%s is written %s, %v, want %s", in, TimeString(at), err, want)
		}
	}
}

func TestZeroDateIsNoDate(t *testing.T) {
	if IsDate(Date{}) {
		t.Error("the zero date is a date")
	}
	if DateString(Date{}) != "" || MonthString(Month{}) != "" || !IsMissing(Key(Date{})) {
		t.Error("the zero date is written")
	}
	if d, ok := AddDays(Date{}, 0); ok {
		t.Errorf("the zero date plus 0 is %s", DateString(d))
	}
}
