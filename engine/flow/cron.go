package flow

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// schedule is a cron expression of five fields: minute, hour, day of the month, month, day of the week (0 or 7 is Sunday).
// A field is *, a number, a range a-b, any of these with a step /n, or several with commas. When both days are restricted,
// either suffices, as in cron.
//
// It is read here and not by a library: the usual one has had no release for years, and flows need three functions.
type schedule struct {
	minute, hour, day, month, weekday uint64
	anyDay, anyWeekday                bool
}

var errCron = errors.New("not a cron expression")

// maxYears is how far ahead a next time is looked for: 29 February comes within eight years.
const maxYears = 9

func parseCron(text string) (*schedule, error) {
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return nil, fmt.Errorf("%w: %d fields", errCron, len(fields))
	}
	c := &schedule{anyDay: fields[2] == "*", anyWeekday: fields[4] == "*"}
	for i, at := range []struct {
		set      *uint64
		from, to int
	}{{&c.minute, 0, 59}, {&c.hour, 0, 23}, {&c.day, 1, 31}, {&c.month, 1, 12}, {&c.weekday, 0, 7}} {
		for part := range strings.SplitSeq(fields[i], ",") {
			set, err := cronPart(part, at.from, at.to)
			if err != nil {
				return nil, err
			}
			*at.set |= set
		}
	}
	if c.weekday&(1<<7) != 0 {
		c.weekday |= 1
	}
	if c.next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("%w: never", errCron) // 30 February
	}
	return c, nil
}

// cronPart reads *, a, a-b, and these with /step.
func cronPart(part string, from, to int) (uint64, error) {
	span, stepText, stepped := strings.Cut(part, "/")
	step := 1
	if stepped {
		var ok bool
		if step, ok = cronNumber(stepText, 1, to); !ok {
			return 0, fmt.Errorf("%w: step %q", errCron, stepText)
		}
	}
	low, high := from, to
	if span != "*" {
		a, b, ranged := strings.Cut(span, "-")
		var ok bool
		if low, ok = cronNumber(a, from, to); !ok {
			return 0, fmt.Errorf("%w: %q", errCron, part)
		}
		switch {
		case ranged:
			if high, ok = cronNumber(b, low, to); !ok {
				return 0, fmt.Errorf("%w: %q", errCron, part)
			}
		case !stepped:
			high = low
		}
	}
	var set uint64
	for i := low; i <= high; i += step {
		set |= 1 << i
	}
	return set, nil
}

func cronNumber(text string, from, to int) (int, bool) {
	if len(text) == 0 || len(text) > 2 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= from && n <= to
}

// everyHour is the set of all hours.
const everyHour = 1<<24 - 1

func has(set uint64, n int) bool { return set&(1<<n) != 0 }

func (c *schedule) onDay(t time.Time) bool {
	day, weekday := has(c.day, t.Day()), has(c.weekday, int(t.Weekday()))
	switch {
	case !has(c.month, int(t.Month())):
		return false
	case c.anyDay || c.anyWeekday:
		return day && weekday
	default:
		return day || weekday
	}
}

// next is the first time after t the schedule names, in t's zone; zero if there is none within maxYears. What stands in an
// hour that the clocks skip comes when they do, once, so that a day has its run, unless the schedule names every hour. What
// stands in one that they repeat comes in the first.
func (c *schedule) next(t time.Time) time.Time {
	year, month, day := t.Date()
	for offset := range maxYears * 366 {
		date := time.Date(year, month, day+offset, 12, 0, 0, 0, time.UTC)
		if !c.onDay(date) {
			continue
		}
		for hours := c.hour; hours != 0; hours &= hours - 1 {
			hour := bits.TrailingZeros64(hours)
			for minutes := c.minute; minutes != 0; minutes &= minutes - 1 {
				minute := bits.TrailingZeros64(minutes)
				at, skipped := clockTime(date, hour, minute, t.Location())
				if at.After(t) && (!skipped || c.hour != everyHour) {
					return at
				}
			}
		}
	}
	return time.Time{}
}

// latest is the last time in (after, now] and how many there are, at most limit.
func (c *schedule) latest(after, now time.Time, limit int) (last time.Time, missed int) {
	for at := c.next(after); !at.IsZero() && !at.After(now); at = c.next(at) {
		last = at
		if missed++; missed >= limit {
			// Far behind: begin anew a day before now at the earliest, the rest does not matter.
			if from := now.Add(-24 * time.Hour); from.After(at) {
				return c.latest(from, now, 24*60+1)
			}
		}
	}
	return last, missed
}
