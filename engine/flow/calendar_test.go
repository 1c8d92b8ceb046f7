package flow

import (
	"encoding/json"
	"testing"
	"time"

	"formwork/engine/form"
)

// TestWorkingTime counts deadlines in workdays of Shanghai, over the holidays of May and a Saturday that is worked.
func TestWorkingTime(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	c := &Calendar{Zone: zone, Workday: func(date string) bool {
		switch date {
		case "2026-05-01", "2026-05-04", "2026-05-05":
			return false
		case "2026-05-09":
			return true
		}
		return MondayToFriday(date)
	}}
	tests := []struct{ name, from, after, want string }{
		{"within a day", "2026-04-28 09:00", "PT4H", "2026-04-28 13:00"},
		{"overnight", "2026-04-28 18:00", "PT24H", "2026-04-29 18:00"},
		{"over a weekend", "2026-04-24 18:00", "PT24H", "2026-04-27 18:00"},
		{"over a long holiday", "2026-04-30 18:00", "PT24H", "2026-05-06 18:00"},
		{"begun on a holiday", "2026-05-02 10:00", "PT2H", "2026-05-06 02:00"},
		{"a Saturday that is worked", "2026-05-08 12:00", "PT24H", "2026-05-09 12:00"},
		{"to the end of a day", "2026-04-24 12:00", "PT12H", "2026-04-25 00:00"},
		{"a week of work", "2026-04-20 09:00", "P5D", "2026-04-27 09:00"},
		{"no time at all", "2026-05-02 10:00", "PT0S", "2026-05-02 10:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from, err := time.ParseInLocation("2006-01-02 15:04", tt.from, zone)
			if err != nil {
				t.Fatal(err)
			}
			d, err := parseDuration(tt.after)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.After(from, d).In(zone).Format("2006-01-02 15:04"); got != tt.want {
				t.Errorf("%s after %s is %s, want %s", tt.after, tt.from, got, tt.want)
			}
		})
	}
	never := &Calendar{Zone: zone, Workday: func(string) bool { return false }}
	if at := never.After(time.Date(2026, 5, 1, 0, 0, 0, 0, zone), time.Hour); at.Year() != 2036 {
		t.Errorf("a calendar without workdays gives %s", at)
	}
}

// TestRescheduleFollowsTheCalendar moves a deadline when a day becomes a holiday, once, and fires what is due after all.
func TestRescheduleFollowsTheCalendar(t *testing.T) {
	short := shortFlow{Key: "t", Nodes: []shortNode{{
		ID: "a", Type: "approve", Who: []string{"user:m1"}, Timeout: []shortTimeout{{After: "24", Do: "pass"}},
	}}}
	plan := compilePlan(nil, short.flow(""))
	holidays := map[string]bool{}
	calendar := &Calendar{Zone: time.UTC, Workday: func(date string) bool { return !holidays[date] && MondayToFriday(date) }}
	s := newStage(&scenario{Def: short})
	step := func(st State, at string, cmd Command) Outcome {
		t.Helper()
		now, err := time.Parse(time.DateTime, at)
		if err != nil {
			t.Fatal(err)
		}
		world := s.world(s.main)
		world.Now, world.Calendar = now, calendar
		out, err := Step(plan, st, cmd, world)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	due := func(st State) string { return st.NextDue.Format(time.DateTime) }

	st := step(State{}, "2026-04-30 10:00:00", Command{Verb: Start, Actor: Person{ID: "u1"}}).State
	if due(st) != "2026-05-01 10:00:00" {
		t.Fatalf("due %s", due(st))
	}
	if out := step(st, "2026-04-30 11:00:00", Command{Verb: Reschedule}); !out.Replay {
		t.Error("a calendar that says the same changes something")
	}
	holidays["2026-05-01"] = true
	out := step(st, "2026-04-30 12:00:00", Command{Verb: Reschedule})
	if out.Replay || due(out.State) != "2026-05-04 10:00:00" || out.State.Rev != st.Rev+1 {
		t.Fatalf("after the holiday was noted: due %s", due(out.State))
	}
	timer := Command{Verb: Timer, Node: "a", Round: 1}
	if late := step(out.State, "2026-05-02 00:00:00", timer); !late.Replay {
		t.Error("the deadline fired on a holiday")
	}
	if done := step(out.State, "2026-05-04 10:00:00", timer); done.State.Status != Approved {
		t.Errorf("after the deadline: %s", done.State.Status)
	}
}

// TestTheCalendarChangesWhileARunLiesStill: a holiday is noted while a run is suspended, and nobody works its deadlines out
// anew then. When it is free again, they go by the calendar as it is.
func TestTheCalendarChangesWhileARunLiesStill(t *testing.T) {
	short := shortFlow{Key: "t", Nodes: []shortNode{{ID: "p", Type: "branch", Mode: "parallel", Branches: []shortBranch{
		{ID: "p1", Nodes: []shortNode{{ID: "a", Type: "approve", Who: []string{"user:m1"}, Timeout: []shortTimeout{{After: "24", Do: "pass"}}}}},
		{ID: "p2", Nodes: []shortNode{{ID: "c", Type: "approve", Who: []string{"user:f1"}, When: "amount > 5"}}},
	}}}}
	s := newStage(&scenario{Def: short})
	holidays := map[string]bool{}
	step := func(at string, cmd Command) {
		t.Helper()
		now, err := time.Parse(time.DateTime, at)
		if err != nil {
			t.Fatal(err)
		}
		world := s.world(s.main)
		world.Now, world.Calendar = now, &Calendar{Zone: time.UTC, Workday: func(date string) bool { return !holidays[date] && MondayToFriday(date) }}
		out, err := Step(s.plan, s.main.state, cmd, world)
		if err != nil {
			t.Fatal(err)
		}
		s.main.state, s.main.values = out.State, merged(s.main.values, out.Patch)
	}
	step("2026-04-30 10:00:00", Command{Verb: Start, Actor: Person{ID: "u1"}})
	if st := s.main.state; st.Status != Suspended {
		t.Fatalf("%s", st.Status)
	}
	holidays["2026-05-01"] = true
	step("2026-04-30 11:00:00", Command{Verb: Retry, Actor: Person{ID: caseAdmin}, Data: form.Values{"amount": json.Number("9")}})
	if due := s.main.state.NextDue.Format(time.DateTime); due != "2026-05-04 10:00:00" {
		t.Errorf("due %s", due)
	}
}
