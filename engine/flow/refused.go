package flow

import (
	"context"
	"errors"

	"formwork/engine/def"
	"formwork/engine/record"
)

// When a wait is over or a deadline passes a node, what comes next may be refused by the record's own rules: a wage sheet
// is on display until Friday, and on Thursday its month is closed. No person did it, so nobody would be told. The run is
// suspended with the incident "refused" and the code of the problem, for the admins of the flow; it goes on by itself at
// the next deadline round after the rules let it, or at once when an admin retries. A node that asks people keeps its
// token and its tasks meanwhile: what is tried again is its deadline.

// rests tells whether a running run rests on the node whose deadline a suspension is about.
func (r *run) rests(name string) bool {
	n := r.plan.nodes[name]
	active, there := r.before.Active[name]
	if r.before.Status != Running || !there || n == nil {
		return false
	}
	return n.Type == def.NodeWait || active.Round == r.cmd.Round && r.cmd.Index < len(n.timeouts)
}

// refusedAt takes the token off a wait whose end was refused and keeps it before it, or notes which deadline of a node
// that asks people was.
func (r *run) refusedAt(n *node) {
	stuck := Stuck{Code: IncidentRefused, Node: n.Name, Problem: r.cmd.Problem, Due: r.now()}
	if n.Type == def.NodeWait {
		stuck.Prev = r.st.Active[n.Name].Prev
		delete(r.st.Active, n.Name)
	} else {
		stuck.Deadline = r.cmd.Index + 1
	}
	r.st.Incident = append(r.st.Incident, stuck)
	r.fact.Node = n.Name
	r.fact.Incident = append(r.fact.Incident, stuck)
}

// refusal is the refused end of a wait, or deadline, that is to be tried again; false if the run is not suspended by one alone.
func (s *State) refusal() (Due, bool) {
	if s.Status != Suspended || len(s.Incident) == 0 {
		return Due{}, false
	}
	for _, stuck := range s.Incident {
		if stuck.Code != IncidentRefused {
			return Due{}, false
		}
	}
	return Due{Node: s.Incident[0].Node, At: s.Incident[0].Due}, true
}

// goesOnAt is the place in its list where a stuck token goes on: at the node it stands before. A wait of a given length
// that was refused when it was over does not begin anew.
func (n *node) goesOnAt(stuck Stuck) int {
	if stuck.Code == IncidentRefused && n.until == nil {
		return n.index + 1
	}
	return n.index
}

// goOn lets a released token move on; one on a node that asks people does what its deadline says, if the version of the
// flow it was migrated to has that still.
func (r *run) goOn(n *node, stuck Stuck) {
	if stuck.holdsToken() {
		r.walk(n.list, n.goesOnAt(stuck), stuck.Prev)
		return
	}
	if _, active := r.st.Active[n.Name]; active && stuck.Deadline <= len(n.timeouts) {
		r.expire(n, stuck.Deadline-1)
	}
}

// tryAgain does again what was refused at a node.
func (r *run) tryAgain(n *node) error {
	r.fact.Node = n.Name
	for _, stuck := range r.st.Incident {
		if stuck.Node == n.Name && r.release(stuck) {
			r.st.Status = Running
			r.goOn(n, stuck)
			return r.takeUp()
		}
	}
	return nil
}

// refused suspends a run whose record refuses what a deadline does or what comes after a wait, and gives the run as it is then. One that is
// suspended so already stays as it is: it was only tried again. Whatever else went wrong is given back.
func (s *Service) refused(ctx context.Context, tenant string, at target, due Due, err error) (State, error) {
	var invalid *record.InvalidError
	if !errors.As(err, &invalid) || len(invalid.Problems) == 0 || due.Node == "" {
		return State{}, err
	}
	full, suspendErr := s.change(ctx, engineActor(tenant), at, Act{Verb: Suspend, due: &due, problem: invalid.Problems[0].Code})
	if suspendErr != nil {
		return State{}, errors.Join(err, suspendErr)
	}
	st, decodeErr := decodeState(full.Record.Flow)
	if decodeErr != nil {
		return st, decodeErr
	}
	if _, waits := st.refusal(); !waits {
		return st, err
	}
	_, projectErr := s.projectWritten(ctx, tenant, full)
	return st, projectErr
}
