package stage_test

import (
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"formwork/engine"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/flow"
	"formwork/engine/stage"
	"formwork/engine/store"
)

// wrong is a clock that is wrong by so much, which may change. The right time is that of the stage and what has passed since.
type wrong struct {
	right  *stage.Clock
	passed *atomic.Int64
	by     atomic.Int64
}

func (w *wrong) Now() time.Time {
	return w.right.Now().Add(time.Duration(w.passed.Load() + w.by.Load()))
}

// servers are two processes on one store, each with a clock of its own.
type servers struct {
	t       *testing.T
	company *stage.Company
	clock   *stage.Clock
	passed  atomic.Int64
	clocks  [2]*wrong
	engines [2]*engine.Engine
}

func twoServers(t *testing.T, backend store.Backend) *servers {
	t.Helper()
	s := &servers{t: t, clock: stage.NewClock(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))}
	for i := range s.engines {
		s.clocks[i] = &wrong{right: s.clock, passed: &s.passed}
		s.engines[i] = assemble(t, backend, s.clocks[i].Now)
	}
	var err error
	if s.company, err = stage.Found(t.Context(), s.engines[0], s.clock, "race"); err != nil {
		t.Fatal(err)
	}
	return s
}

// deadlines are those of the node everybody is asked at: hours after it was reached, and what then happens.
var deadlines = []def.Timeout{
	{After: "PT1H", Do: "remind"}, {After: "PT2H", Do: "transfer:user:m2"}, {After: "PT3H", Do: "remind"}, {After: "PT4H", Do: "pass"},
}

// begin starts a run and gives its stage.
func (s *servers) begin(id string) flow.CaseStage {
	s.t.Helper()
	run, err := s.company.Open(s.t.Context())(flow.CaseSetting{
		ID: id, Values: map[string]any{"x": 0},
		Flow: &def.Flow{
			Settings: def.FlowSettings{Comment: "none"},
			Nodes:    []*def.Node{{Name: "a", Type: def.NodeApprove, Who: []string{"user:m1"}, Timeout: deadlines}},
		},
	})
	if err == nil {
		err = run.Do(flow.CaseCommand{Verb: flow.Start, By: "u1"})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return run
}

func (s *servers) pass(d time.Duration) { s.passed.Add(int64(d)) }

// fire has both servers look for deadlines at the same time.
func (s *servers) fire() {
	s.t.Helper()
	var both sync.WaitGroup
	for _, e := range s.engines {
		both.Go(func() {
			if _, err := e.Flows.FireDue(s.t.Context(), s.company.Tenant); err != nil {
				s.t.Errorf("deadlines: %v", err)
			}
		})
	}
	both.Wait()
}

// fired lists what deadlines did, by the log: each has come once, in its order, and so have the revisions.
func (s *servers) fired() (all []string) {
	s.t.Helper()
	db, err := s.engines[0].Tenants.Store(s.t.Context(), s.company.Tenant)
	if err != nil {
		s.t.Fatal(err)
	}
	chain, err := event.Verify(s.t.Context(), db)
	if err != nil || len(chain.Findings()) > 0 {
		s.t.Errorf("event log: %v %v", chain.Findings(), err)
	}
	for after := int64(0); ; {
		events, err := db.Events(s.t.Context(), after, 1000)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(events) == 0 {
			return all
		}
		for _, e := range events {
			after = e.Seq
			var fact flow.Fact
			if e.Type == "timed_out" && json.Unmarshal(e.Data, &fact) == nil {
				all = append(all, fact.Do)
			}
		}
	}
}

// wantFired waits until the log says that so many deadlines came: events may reach it soon after the write.
func (s *servers) wantFired(want ...string) {
	s.t.Helper()
	got := s.fired()
	for range 1200 { // a minute: relays are busy on a busy machine
		if len(got) >= len(want) {
			break
		}
		time.Sleep(50 * time.Millisecond)
		got = s.fired()
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("deadlines came as %v, want %v", got, want)
	}
}

// TestDeadlinesWhenClocksJump is R06: while a run waits, the clocks of two servers jump, tremble, and are ten minutes apart.
// No deadline is lost, none comes twice, and they come in their order.
func TestDeadlinesWhenClocksJump(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for name, jumps := range map[string][][2]time.Duration{ // of both clocks, every 20 minutes
		"an hour ahead and back": {{time.Hour, 0}, {0, 0}, {-time.Hour, 0}, {time.Hour, -time.Hour}, {0, 0}},
		"a year ahead and back":  {{0, 0}, {year, 0}, {0, 0}, {-year, 0}, {0, year}},
		"trembling":              {{5 * time.Second, -5 * time.Second}, {-5 * time.Second, 5 * time.Second}},
		"ten minutes apart":      {{0, 10 * time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			onStores(t, func(t *testing.T, backend store.Backend) {
				t.Helper()
				s := twoServers(t, backend)
				run := s.begin("R06")
				for step := range 15 { // five hours
					for _, shake := range []time.Duration{0, 3 * time.Second, -3 * time.Second} {
						for i, by := range jumps[step%len(jumps)] {
							s.clocks[i].by.Store(int64(by + shake))
						}
						s.fire()
					}
					s.pass(20 * time.Minute)
				}
				s.wantFired("remind", "transfer", "remind", "pass")
				stored, _, err := run.Run("", "u1")
				if err != nil || stored.State.Status != flow.Approved {
					t.Errorf("the run is %s: %v", stored.State.Status, err)
				}
			})
		})
	}
}

// TestARunThatComesBackHasItsDeadlinesAgain is R06: after a return the node is entered in a new round, whose deadlines come
// once more, also when the clock has gone back behind those of the first.
func TestARunThatComesBackHasItsDeadlinesAgain(t *testing.T) {
	onStores(t, func(t *testing.T, backend store.Backend) {
		t.Helper()
		s := twoServers(t, backend)
		run := s.begin("R06b")
		s.pass(90 * time.Minute)
		s.fire()
		for _, clock := range s.clocks {
			clock.by.Store(-int64(time.Hour))
		}
		for _, c := range []flow.CaseCommand{
			{Verb: flow.Return, By: "m1", Node: "a", To: "initiator"}, {Verb: flow.Resubmit, By: "u1"},
		} {
			if err := run.Do(c); err != nil {
				t.Fatal(err)
			}
		}
		for range 15 {
			s.fire()
			s.pass(20 * time.Minute)
		}
		s.fire()
		s.wantFired("remind", "remind", "transfer", "remind", "pass")
	})
}
