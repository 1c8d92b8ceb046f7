package flow

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

var errDuration = errors.New("not a duration")

// parseDuration reads an ISO 8601 duration of weeks, days, hours, minutes and seconds: "PT24H", "P3D", "P1DT12H".
// Months and years have no fixed length and are refused. A day is 24 hours: deadlines do not move with the clocks.
func parseDuration(text string) (time.Duration, error) {
	rest, negative := strings.CutPrefix(text, "-")
	rest, ok := strings.CutPrefix(rest, "P")
	if !ok || rest == "" || strings.HasSuffix(rest, "T") {
		return 0, errDuration
	}
	date, clock, _ := strings.Cut(rest, "T")
	days, err := durationParts(date, "WD", []time.Duration{7 * 24 * time.Hour, 24 * time.Hour})
	if err != nil {
		return 0, err
	}
	hours, err := durationParts(clock, "HMS", []time.Duration{time.Hour, time.Minute, time.Second})
	if err != nil {
		return 0, err
	}
	if days > math.MaxInt64-hours {
		return 0, errDuration
	}
	if negative {
		return -days - hours, nil
	}
	return days + hours, nil
}

// durationParts reads whole numbers that are followed by a unit each; units come in the given order.
func durationParts(text, units string, lengths []time.Duration) (time.Duration, error) {
	var sum time.Duration
	for text != "" {
		end := strings.IndexAny(text, units)
		if end <= 0 {
			return 0, errDuration
		}
		n, err := strconv.ParseUint(text[:end], 10, 31)
		if err != nil {
			return 0, errDuration
		}
		at := strings.IndexByte(units, text[end])
		if time.Duration(n) > math.MaxInt64/lengths[at]/4 {
			return 0, errDuration
		}
		sum += time.Duration(n) * lengths[at]
		text, units, lengths = text[end+1:], units[at+1:], lengths[at+1:]
	}
	return sum, nil
}
