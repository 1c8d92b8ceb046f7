package flow

import (
	"errors"
	"testing"
	"time"

	"formwork/engine/def"
)

// TestWhereARefusedWaitGoesOn: a length of time that is over does not begin anew; a date or condition is looked at again.
func TestWhereARefusedWaitGoesOn(t *testing.T) {
	length := &node{Node: &def.Node{Type: def.NodeWait, For: "P3D"}, index: 2}
	date := &node{Node: &def.Node{Type: def.NodeWait, Until: "publicity_to"}, index: 2, until: &condition{}}
	for name, one := range map[string]struct {
		node *node
		code string
		want int
	}{
		"a length that was refused when it was over": {length, IncidentRefused, 3},
		"a length that something else stopped":       {length, IncidentStepLimit, 2},
		"a date":                                     {date, IncidentRefused, 2},
	} {
		if got := one.node.goesOnAt(Stuck{Code: one.code, Node: "show"}); got != one.want {
			t.Errorf("%s goes on at %d, want %d", name, got, one.want)
		}
	}
}

// TestADeadlineThatWasRefused: the run is suspended on the node, whose tasks stay; what is tried again is the deadline, and
// nothing where the version it was migrated to has none.
func TestADeadlineThatWasRefused(t *testing.T) {
	nodes := func(timeouts ...def.Timeout) *def.Flow {
		return &def.Flow{Head: def.Head{Name: "t"}, Settings: def.FlowSettings{Admins: []string{"user:adm"}}, Nodes: []*def.Node{
			{Name: "a", Type: def.NodeApprove, Who: []string{"user:m1"}, Timeout: timeouts},
			{Name: "b", Type: def.NodeApprove, Who: []string{"user:ceo"}},
		}}
	}
	pass := def.Timeout{After: "PT4H", Do: "pass"}
	for name, one := range map[string]struct {
		next *def.Flow // migrated to meanwhile
		cmd  Command   // what ends it
		want string    // the node that is active then
	}{
		"tried again":                      {nil, Command{Verb: Timer, Node: "a"}, "b"},
		"retried":                          {nil, Command{Verb: Retry, Actor: Person{ID: "adm"}}, "b"},
		"the new version has the deadline": {nodes(pass), Command{Verb: Timer, Node: "a"}, "b"},
		"the new version has none":         {nodes(), Command{Verb: Timer, Node: "a"}, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(&scenario{})
			s.plan = compilePlan(nil, nodes(pass))
			s.main.plan = s.plan
			do := func(cmd Command) {
				t.Helper()
				if err := s.command(s.main, cmd); err != nil { // checks the invariants too
					t.Fatalf("%s: %v", cmd.Verb, err)
				}
			}
			do(Command{Verb: Start, Actor: Person{ID: "u1"}})
			s.now = s.now.Add(4 * time.Hour)
			do(Command{Verb: Suspend, Node: "a", Round: 1, Index: 0, Problem: "period_closed"})
			st := &s.main.state
			if st.Status != Suspended || len(st.OpenTasks()) != 1 || st.NextDue.IsZero() || st.Incident[0].Problem != "period_closed" {
				t.Fatalf("%s, %v, due %s, %+v", st.Status, st.OpenTasks(), st.NextDue, st.Incident)
			}
			var refused *Refused
			err := s.command(s.main, Command{Verb: Approve, Actor: Person{ID: "m1"}})
			if !errors.As(err, &refused) || refused.Code != CodeSuspended {
				t.Errorf("approve: %v", err)
			}
			if one.next != nil {
				do(Command{Verb: Migrate, Actor: Person{ID: "adm"}, Comment: "why", Next: compilePlan(nil, one.next)})
			}
			do(one.cmd)
			if _, active := st.Active[one.want]; !active || st.Status != Running || len(st.Active) != 1 || len(st.Incident) != 0 {
				t.Errorf("%s at %v, %+v", st.Status, st.Active, st.Incident)
			}
		})
	}
}
