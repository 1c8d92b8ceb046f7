package flow

import "time"

// clockTime is the instant at which the clocks of a zone show a time of a day. Where they show it twice it is the first;
// where they skip it (skipped), it is when they do. Some zones skip midnight (the Azores, Cairo, Havana): there a day begins
// at one o'clock. time.Date may give eleven o'clock of the day before for it.
func clockTime(day time.Time, hour, minute int, zone *time.Location) (at time.Time, skipped bool) {
	y, m, d := day.Date()
	at = time.Date(y, m, d, hour, minute, 0, 0, zone)
	from, to := at.ZoneBounds()
	asked, shows := time.Date(y, m, d, hour, minute, 0, 0, time.UTC), clockFace(at)
	switch {
	case shows.Before(asked):
		return to.In(zone), true
	case shows.After(asked):
		return from.In(zone), true
	case from.IsZero():
		return at, false
	}
	_, now := at.Zone()
	_, before := from.Add(-time.Second).Zone()
	if first := at.Add(time.Duration(now-before) * time.Second); now < before && first.Before(from) {
		return first, false
	}
	return at, false
}

// clockFace is what a clock shows, as if it were that of UTC.
func clockFace(at time.Time) time.Time {
	y, m, d := at.Date()
	return time.Date(y, m, d, at.Hour(), at.Minute(), at.Second(), 0, time.UTC)
}

// dayAfter is when the day after an instant begins, by the clocks of the instant's zone.
func dayAfter(at time.Time) time.Time {
	y, m, d := at.Date()
	begins, _ := clockTime(time.Date(y, m, d+1, 12, 0, 0, 0, time.UTC), 0, 0, at.Location())
	return begins
}
