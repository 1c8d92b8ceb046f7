package flow

import (
	"slices"
	"time"

	"formwork/engine/def"
)

// Calendar says which time counts for deadlines: that of workdays. The nil Calendar is one of workdays only.
type Calendar struct {
	Zone    *time.Location
	Workday func(date string) bool // "2026-05-01"
}

// farthest is how many days a deadline may lie ahead; a calendar without workdays must not be searched for ever.
const farthest = 3660

// After is the instant at which a duration of working time has passed. A workday counts from midnight to midnight, so
// that 24 hours on a Friday evening end on Monday evening; what begins on a day of rest begins with the next workday.
func (c *Calendar) After(from time.Time, d time.Duration) time.Time {
	if c == nil || d <= 0 {
		return from.Add(d)
	}
	at := from.In(c.Zone)
	for range farthest {
		midnight := dayAfter(at)
		if c.Workday(at.Format(time.DateOnly)) {
			left := midnight.Sub(at)
			if d <= left {
				return at.Add(d).UTC()
			}
			d -= left
		}
		at = midnight
	}
	return at.Add(d).UTC()
}

// MondayToFriday is the week of a company without a calendar of its own.
func MondayToFriday(date string) bool {
	day, err := time.Parse(time.DateOnly, date)
	return err == nil && day.Weekday() != time.Saturday && day.Weekday() != time.Sunday
}

// deadlines gives when each deadline of a node that was entered at an instant is due; nil where all time counts.
func (r *run) deadlines(n *node, entered time.Time) []time.Time {
	if r.world.Calendar == nil || len(n.timeouts) == 0 {
		return nil
	}
	due := make([]time.Time, len(n.timeouts))
	for k, t := range n.timeouts {
		due[k] = r.world.Calendar.After(entered, t.after)
	}
	return due
}

// reschedule works out the deadlines anew, for a calendar that has changed. What has fired stays fired.
func (r *run) reschedule() error {
	for name, active := range r.st.Active {
		n := r.plan.nodes[name]
		if n == nil || n.Type == def.NodeWait {
			continue
		}
		active.Due = r.deadlines(n, active.EnteredAt)
		r.st.Active[name] = active
	}
	return nil
}

// onTime tells whether a reschedule would change nothing.
func (r *run) onTime() bool {
	for name, active := range r.before.Active {
		n := r.plan.nodes[name]
		if n != nil && n.Type != def.NodeWait && !slices.EqualFunc(active.Due, r.deadlines(n, active.EnteredAt), time.Time.Equal) {
			return false
		}
	}
	return true
}
