package flow

import (
	"testing"
	"time"
)

// cutZones have clocks that are put forward and back, at night, at midnight and from midnight back into the day before.
var cutZones = []string{
	"Asia/Shanghai", "Europe/Berlin", "America/New_York", "Atlantic/Azores", "Africa/Cairo", "Asia/Beirut", "America/Havana",
	"America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
}

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// TestDaysBeginWhereClocksAreChanged walks through two years in half hours: the next day begins later, shows the next date,
// and the moment before it shows the date of today.
func TestDaysBeginWhereClocksAreChanged(t *testing.T) {
	for _, name := range cutZones {
		zone := zoneOf(t, name)
		for at := time.Date(2025, 12, 31, 9, 0, 0, 0, time.UTC); at.Year() < 2028; at = at.Add(30 * time.Minute) {
			here := at.In(zone)
			next := dayAfter(here)
			y, m, d := here.Date()
			want := time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
			if !next.After(here) || next.Format(time.DateOnly) != want {
				t.Fatalf("%s: after %s the day begins at %s", name, here, next)
			}
			if before := next.Add(-time.Second); before.Format(time.DateOnly) != here.Format(time.DateOnly) {
				t.Fatalf("%s: %s is the last second of the day of %s", name, before, here)
			}
		}
	}
}

// TestWorkingTimeWhereClocksAreChanged counts real hours of days that have 23 or 25 of them.
func TestWorkingTimeWhereClocksAreChanged(t *testing.T) {
	always := func(string) bool { return true }
	tests := []struct {
		zone, from, after, want string
		workday                 func(string) bool
	}{
		{"America/New_York", "2026-03-07 12:00", "PT24H", "2026-03-08 13:00", always},
		{"America/New_York", "2026-03-06 18:00", "PT24H", "2026-03-09 18:00", MondayToFriday},
		{"America/New_York", "2026-10-30 18:00", "PT24H", "2026-11-02 18:00", MondayToFriday},
		{"Europe/Berlin", "2026-10-24 12:00", "PT24H", "2026-10-25 11:00", always},
		{"Europe/Berlin", "2026-03-29 01:59", "PT1M", "2026-03-29 03:00", always},
		{"Atlantic/Azores", "2026-03-28 23:30", "PT2H", "2026-03-29 02:30", always},
		{"Atlantic/Azores", "2026-03-27 20:00", "PT24H", "2026-03-30 20:00", MondayToFriday},
		{"Atlantic/Azores", "2026-10-24 23:30", "PT2H", "2026-10-25 00:30", always},
		{"America/Havana", "2026-03-07 23:00", "PT24H", "2026-03-09 00:00", always},
		{"America/Havana", "2026-10-31 12:00", "PT12H", "2026-11-01 00:00", always},
		{"Africa/Cairo", "2026-04-23 23:00", "PT24H", "2026-04-25 00:00", always},
		{"America/Santiago", "2026-09-05 12:00", "PT13H", "2026-09-06 02:00", always},
		{"America/Santiago", "2026-04-04 12:00", "PT13H", "2026-04-05 00:00", always},
	}
	for _, tt := range tests {
		t.Run(tt.zone+" "+tt.from, func(t *testing.T) {
			zone := zoneOf(t, tt.zone)
			from, err := time.ParseInLocation("2006-01-02 15:04", tt.from, zone)
			if err != nil {
				t.Fatal(err)
			}
			d, err := parseDuration(tt.after)
			if err != nil {
				t.Fatal(err)
			}
			c := &Calendar{Zone: zone, Workday: tt.workday}
			if got := c.After(from, d).In(zone).Format("2006-01-02 15:04"); got != tt.want {
				t.Errorf("%s after %s is %s, want %s", tt.after, tt.from, got, tt.want)
			}
		})
	}
}

// TestDeadlinesKeepTheirOrder: by whatever calendar, what is due after more hours is due later, and not before its hours.
func TestDeadlinesKeepTheirOrder(t *testing.T) {
	for _, name := range cutZones {
		c := &Calendar{Zone: zoneOf(t, name), Workday: MondayToFriday}
		for at := time.Date(2026, 3, 1, 0, 15, 0, 0, time.UTC); at.Year() < 2027; at = at.Add(7 * time.Hour) {
			last := at
			for hours := range 30 {
				due := c.After(at, time.Duration(hours+1)*time.Hour)
				if !due.After(last) || due.Sub(at) < time.Duration(hours+1)*time.Hour {
					t.Fatalf("%s: %d hours after %s are over at %s, those before at %s", name, hours+1, at, due, last)
				}
				last = due
			}
		}
	}
}

// TestEveryDayHasItsRun: a daily schedule runs on every date once, whatever is done to the clocks.
func TestEveryDayHasItsRun(t *testing.T) {
	for _, name := range cutZones {
		for _, text := range []string{"0 0 * * *", "30 0 * * *", "30 2 * * *", "0 3 * * *", "30 1 * * *", "59 23 * * *"} {
			c, err := parseCron(text)
			if err != nil {
				t.Fatal(err)
			}
			dates := map[string]int{}
			at := time.Date(2025, 12, 31, 23, 59, 0, 0, zoneOf(t, name))
			for range 365 {
				at = c.next(at)
				dates[at.Format(time.DateOnly)]++
			}
			if len(dates) != 365 || at.Format(time.DateOnly) != "2026-12-31" {
				t.Errorf("%q in %s: 365 runs on %d dates, the last at %s", text, name, len(dates), at)
			}
		}
	}
}
