package flow

import (
	"testing"
	"time"
)

func TestCron(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	cairo, err := time.LoadLocation("Africa/Cairo")
	if err != nil {
		t.Fatal(err)
	}
	azores, err := time.LoadLocation("Atlantic/Azores")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, cron, after, want string
		zone                    *time.Location
	}{
		{"every day", "30 2 * * *", "2026-03-02T02:30:00", "2026-03-03T02:30:00", shanghai},
		{"later the same day", "30 2 * * *", "2026-03-02T02:29:59", "2026-03-02T02:30:00", shanghai},
		{"every quarter of an hour", "*/15 * * * *", "2026-03-02T23:50:00", "2026-03-03T00:00:00", shanghai},
		{"office hours", "0 9-17/4 * * 1-5", "2026-03-06T17:00:00", "2026-03-09T09:00:00", shanghai},
		{"the last of months that have 31 days", "0 0 31 * *", "2026-03-31T00:00:00", "2026-05-31T00:00:00", shanghai},
		{"either day suffices", "0 0 13 * 5", "2026-03-01T00:00:00", "2026-03-06T00:00:00", shanghai},
		{"sunday is 0 and 7", "0 0 * * 7", "2026-03-02T00:00:00", "2026-03-08T00:00:00", shanghai},
		{"29 February", "0 0 29 2 *", "2026-03-01T00:00:00", "2028-02-29T00:00:00", shanghai},
		{"a list", "5,10 4 1 1,7 *", "2026-01-01T04:05:00", "2026-01-01T04:10:00", shanghai},
		{"an hour the clocks skip: when they do", "30 2 * * *", "2026-03-28T12:00:00", "2026-03-29T03:00:00", berlin},
		{"an hour the clocks skip: once", "*/10 2,3 * * *", "2026-03-29T03:00:00", "2026-03-29T03:10:00", berlin},
		{"an hour the clocks skip: the day after as ever", "30 2 * * *", "2026-03-29T03:00:00", "2026-03-30T02:30:00", berlin},
		{"an hour the clocks skip: every hour has its own", "30 * * * *", "2026-03-29T01:30:00", "2026-03-29T03:30:00", berlin},
		{"a midnight the clocks skip, east", "0 0 * * *", "2026-04-23T12:00:00", "2026-04-24T01:00:00", cairo},
		{"a midnight the clocks skip, west", "0 0 * * *", "2026-03-28T12:00:00", "2026-03-29T01:00:00", azores},
		{"an hour the clocks repeat comes once", "30 2 * * *", "2026-10-25T02:30:00", "2026-10-26T02:30:00", berlin},
	}
	const layout = "2006-01-02T15:04:05"
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parseCron(tt.cron)
			if err != nil {
				t.Fatal(err)
			}
			after, err := time.ParseInLocation(layout, tt.after, tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.next(after).Format(layout); got != tt.want {
				t.Errorf("next %s, want %s", got, tt.want)
			}
		})
	}
}

func TestCronRefuses(t *testing.T) {
	for _, text := range []string{
		"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *",
		"a * * * *", "1,,2 * * * *", "-1 * * * *", "0 0 30 2 *", "001 * * * *", "1/ * * * *",
	} {
		if _, err := parseCron(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

// TestMissedTimes counts what a schedule that slept has missed, and does not count for ever.
func TestMissedTimes(t *testing.T) {
	c, err := parseCron("* * * * *")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 3, 1, 0, 0, 30, 0, time.UTC)
	if last, missed := c.latest(from, from.Add(5*time.Minute), 1000); missed != 5 || !last.Equal(from.Add(5*time.Minute-30*time.Second)) {
		t.Errorf("%d times, the last at %v", missed, last)
	}
	if last, missed := c.latest(from, from.Add(20*time.Second), 1000); missed != 0 || !last.IsZero() {
		t.Errorf("%d times before the next one", missed)
	}
	now := from.AddDate(1, 0, 0)
	if last, missed := c.latest(from, now, 1000); missed == 0 || now.Sub(last) > time.Minute {
		t.Errorf("after a year: %d times, the last at %v", missed, last)
	}
}

// FuzzCron makes sure that no text makes the parser fail, and that what it takes has a next time after the given one.
func FuzzCron(f *testing.F) {
	for _, text := range []string{"* * * * *", "*/5 1-3 1,15 * 0", "0 0 29 2 *", "59 23 31 12 7"} {
		f.Add(text)
	}
	from := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCron(text)
		if err != nil {
			return
		}
		if next := c.next(from); !next.After(from) {
			t.Errorf("%q comes next at %v", text, next)
		}
	})
}
