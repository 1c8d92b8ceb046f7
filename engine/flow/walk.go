package flow

import (
	"slices"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
)

// walk moves a token into a list at a position, and on until it rests on a node or is gone. prev are the human nodes
// directly before it on its path.
func (r *run) walk(l *list, i int, prev []string) {
	for r.moving() {
		if i == len(l.nodes) {
			if l, i, prev = r.leave(l, prev); l == nil {
				return
			}
			continue
		}
		n := l.nodes[i]
		if r.steps++; r.steps > maxSteps {
			r.stick(n, IncidentStepLimit, prev)
			return
		}
		hold, ok := r.admits(n, prev)
		if !ok {
			return
		}
		if !hold {
			i++
			continue
		}
		if prev, ok = r.enter(n, prev); !ok {
			return
		}
		i++
	}
}

// moving tells whether tokens still move in this step.
func (r *run) moving() bool { return r.err == nil && !r.stopped }

// admits evaluates a node's own condition. ok is false when that failed: the token is stuck before the node. Where
// somebody put the token before this very node the condition is not asked.
func (r *run) admits(n *node, prev []string) (hold, ok bool) {
	if n.when == nil {
		return true, true
	}
	if r.placed == n {
		r.placed = nil
		r.st.Choices[n.whenKey()] = []string{"yes"}
		return true, true
	}
	hold, ok = r.holds(n.when)
	if r.err == nil {
		r.because(n, "", n.when, answered(hold, ok))
	}
	switch {
	case !ok && r.err == nil:
		r.stick(n, IncidentCondition, prev)
		return false, false
	case !ok:
		return false, false
	case hold:
		r.st.Choices[n.whenKey()] = []string{"yes"}
	default:
		r.st.Choices[n.whenKey()] = []string{"no"}
		r.fact.Skipped = append(r.fact.Skipped, n.Name)
	}
	return hold, true
}

// whenKey is where the result of a node's own condition stands among the choices; no name has a question mark.
func (n *node) whenKey() string { return n.Name + "?" }

// enter brings a token to a node. ok tells whether it goes on at once, next is then its prev.
func (r *run) enter(n *node, prev []string) (next []string, ok bool) {
	switch n.Type {
	case def.NodeApprove, def.NodeHandle:
		return r.enterHuman(n, prev)
	case def.NodeBranch:
		r.enterBranch(n, prev)
		return nil, false
	case def.NodeCC:
		r.round(n)
		r.copyTo(r.resolve(n, n.Who), n.Name)
	case def.NodeAction:
		r.round(n)
		if !r.act(n, prev) {
			return nil, false
		}
		r.effects = append(r.effects, "action:"+n.Name)
	case def.NodeCall:
		if !r.enterCall(n, prev) {
			return nil, false
		}
	case def.NodeWait:
		if !r.enterWait(n, prev) {
			return nil, false
		}
	}
	r.fact.Passed = append(r.fact.Passed, n.Name)
	return prev, true
}

// round counts one more entering of a node.
func (r *run) round(n *node) int {
	if n.Type == def.NodeCall { // its children are known by its name and round, and either may have been another's
		r.st.Rounds[n.Name] = max(r.st.Rounds[n.Name], r.st.CallRound)
	}
	r.st.Rounds[n.Name]++
	return r.st.Rounds[n.Name]
}

// activate puts a token on a node.
func (r *run) activate(n *node, prev []string) Active {
	active := Active{Round: r.round(n), EnteredAt: r.now(), Prev: prev, Due: r.deadlines(n, r.now())}
	r.st.Active[n.Name] = active
	return active
}

// pass takes the token off a node that has decided and moves it on.
func (r *run) pass(n *node) {
	prev := r.settledPrev(n)
	r.walk(n.list, n.index+1, prev)
}

// settledPrev takes the token off a node and gives the prev of the token that leaves it.
func (r *run) settledPrev(n *node) []string {
	prev := r.st.Active[n.Name].Prev
	delete(r.st.Active, n.Name)
	r.fact.Passed = append(r.fact.Passed, n.Name)
	if n.human() {
		r.st.Last = n.Name
		return []string{n.Name}
	}
	return prev
}

// enterBranch opens a block: one branch of an exclusive node, all of a parallel one, those whose condition holds of an
// inclusive one. A condition that fails, or no branch at all, leaves the token stuck before the node.
func (r *run) enterBranch(n *node, prev []string) {
	chosen, code := r.choose(n)
	if r.err != nil {
		return
	}
	if code != "" {
		r.stick(n, code, prev)
		return
	}
	names := make([]string, len(chosen))
	for i, b := range chosen {
		names[i] = b.Name
	}
	r.st.Choices[n.Name] = names
	serial := r.st.number()
	r.st.Blocks[n.Name] = Block{Left: names, Prev: prev, Serial: serial}
	for _, b := range chosen {
		// A branch may end the run or send it back before the fork: then this opening of the block is gone.
		if !r.moving() || r.st.Blocks[n.Name].Serial != serial {
			return
		}
		r.walk(b.list, 0, prev)
	}
}

// choose evaluates the conditions of a branch node. code is that of an incident.
func (r *run) choose(n *node) (chosen []*branch, code string) {
	if n.Mode == "parallel" {
		return n.branches, ""
	}
	var otherwise *branch
	for _, b := range n.branches {
		if b.Else {
			if otherwise == nil {
				otherwise = b
			}
			continue
		}
		hold, ok := r.holds(b.when)
		if r.err == nil {
			r.because(n, b.Name, b.when, answered(hold, ok))
		}
		if !ok {
			return nil, IncidentCondition
		}
		if hold {
			chosen = append(chosen, b)
			if n.mode != "inclusive" {
				return chosen, ""
			}
		}
	}
	switch {
	case len(chosen) > 0:
		return chosen, ""
	case otherwise != nil:
		return []*branch{otherwise}, ""
	default:
		return nil, IncidentNoBranch
	}
}

// leave ends a list: a branch finishes, and the last one of its block lets the token go on after the block. It gives
// no list when the token is gone.
func (r *run) leave(l *list, prev []string) (*list, int, []string) {
	if l.owner == nil {
		r.end(Approved)
		return nil, 0, nil
	}
	name := l.owner.Name
	block := r.st.Blocks[name]
	block.Left = without(block.Left, l.branch.Name)
	block.Done = union(block.Done, prev)
	if len(block.Left) > 0 {
		r.st.Blocks[name] = block
		return nil, 0, nil
	}
	delete(r.st.Blocks, name)
	return l.owner.list, l.owner.index + 1, block.Done
}

// stick leaves a token before a node that it cannot enter; the run is suspended until somebody retries.
func (r *run) stick(n *node, code string, prev []string) {
	stuck := Stuck{Code: code, Node: n.Name, Prev: prev}
	r.st.Incident = append(r.st.Incident, stuck)
	r.fact.Incident = append(r.fact.Incident, stuck)
}

// end finishes the run. Whatever was active is cancelled.
func (r *run) end(status Status) {
	r.cancelRegion(r.plan.root, 0)
	r.st.Status = status
	r.st.Resume = nil
	r.closeTasks(func(*Task) bool { return true })
	r.stopped = true
	r.effects = append(r.effects, string(status))
	r.more = append(r.more, Event{Type: EventEnded, Data: Ending{Flow: r.st.Name, Status: status}})
	if r.st.Parent != nil {
		values, _ := r.current()
		r.send(Effect{Kind: EffectTellParent, Parent: r.st.Parent, Status: status, Values: values})
	}
}

// cancelRegion takes all tokens, blocks and live tasks out of a list from a position on.
func (r *run) cancelRegion(l *list, from int) {
	gone := map[string]bool{}
	walkNodes(l, from, func(n *node) {
		gone[n.Name] = true
		if active, ok := r.st.Active[n.Name]; ok && n.Type == def.NodeCall {
			r.cancelChildren(n, active)
		}
		delete(r.st.Active, n.Name)
		delete(r.st.Blocks, n.Name)
	})
	if l == r.plan.root && from == 0 { // also what a damaged document holds beside the flow
		clear(r.st.Active)
		clear(r.st.Blocks)
		r.st.Incident = nil
	}
	r.closeTasks(func(t *Task) bool { return gone[t.Node] })
	r.st.Incident = slices.DeleteFunc(r.st.Incident, func(s Stuck) bool { return gone[s.Node] })
}

// forget drops the choices of a list from a position on: the run walks there anew.
func (r *run) forget(l *list, from int) {
	walkNodes(l, from, func(n *node) {
		delete(r.st.Choices, n.Name)
		delete(r.st.Choices, n.whenKey())
	})
}

// closeTasks cancels the live tasks that match.
func (r *run) closeTasks(match func(*Task) bool) {
	for i := range r.st.Tasks {
		if t := &r.st.Tasks[i]; t.live() && match(t) {
			t.Status, t.DoneAt = TaskCancelled, r.now()
		}
	}
}

// holds evaluates a condition over the patched values. ok is false when it fails, is missing or is no boolean, and when
// the record refused the values (r.err is set then).
func (r *run) holds(c *condition) (hold, ok bool) {
	value, ok := r.eval(c)
	if !ok {
		return false, false
	}
	hold, ok = value.(bool)
	return hold, ok
}

func (r *run) eval(c *condition) (any, bool) {
	values, ok := r.current()
	if !ok || c.err != nil {
		return nil, false
	}
	value, err := c.program.Eval(r.env(values))
	if err != nil || expr.IsMissing(value) {
		return nil, false
	}
	return value, true
}

func (r *run) env(values form.Values) *expr.Env {
	env := r.world.Env(values)
	env.Now = r.world.Now
	return env
}

// send puts an effect into the outbox.
func (r *run) send(e Effect) {
	e.N, e.At = r.st.number(), r.now()
	r.st.Outbox = append(r.st.Outbox, e)
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(s string) bool { return s == name })
}

func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}
