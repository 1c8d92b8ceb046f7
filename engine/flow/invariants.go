package flow

import (
	"fmt"
	"maps"
	"slices"
)

// holds tells whether a state fits the plan well enough to go on: every token stands on a node of the plan, and every
// block around it is open. A damaged document is caught here before anything is decided on it.
func (p *Plan) holds(st *State) error {
	for name := range st.Active {
		n := p.nodes[name]
		if n == nil {
			return fmt.Errorf("active node %s is not in the flow", name)
		}
		for l := n.list; l.owner != nil; l = l.owner.list {
			block, open := st.Blocks[l.owner.Name]
			if !open || !slices.Contains(block.Left, l.branch.Name) {
				return fmt.Errorf("node %s is active in a closed block %s", name, l.owner.Name)
			}
		}
	}
	for name := range st.Blocks {
		if n := p.nodes[name]; n == nil || n.branches == nil {
			return fmt.Errorf("open block %s is not in the flow", name)
		}
	}
	return nil
}

// CheckState holds a state to the invariants of flow.md §2 (I1 to I5; the others compare it with values, events and
// effects). It is for tests and for the doctor.
func CheckState(p *Plan, st *State) error {
	if err := p.holds(st); err != nil {
		return err
	}
	for _, check := range []func(*State) error{p.checkTree, p.checkTasks, p.checkNodes, checkEnd, checkPersons} {
		if err := check(st); err != nil {
			return err
		}
	}
	return nil
}

// standing names where tokens stand: on active nodes, before nodes they could not enter, and open blocks, in which others do.
func (s *State) standing() []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(s.Active)), maps.Keys(s.Blocks))
	for _, stuck := range s.Incident {
		if stuck.holdsToken() {
			names = append(names, stuck.Node)
		}
	}
	return names
}

// checkTree is I1: at most one token per list, and every open branch holds one.
func (p *Plan) checkTree(st *State) error {
	tokens := map[*list]int{}
	for _, name := range st.standing() {
		if n := p.nodes[name]; n != nil {
			tokens[n.list]++
		}
	}
	for l, count := range tokens {
		if count > 1 {
			return fmt.Errorf("I1: %d tokens in one list", count)
		}
		if l.owner != nil && !slices.Contains(st.Blocks[l.owner.Name].Left, l.branch.Name) {
			return fmt.Errorf("I1: a token in branch %s, which is not open", l.branch.Name)
		}
	}
	for name, block := range st.Blocks {
		for _, b := range p.nodes[name].branches {
			if slices.Contains(block.Left, b.Name) && tokens[b.list] != 1 {
				return fmt.Errorf("I1: branch %s of %s is open without a token", b.Name, name)
			}
		}
	}
	if st.Status == Running && tokens[p.root] != 1 {
		return fmt.Errorf("I1: running without a token")
	}
	return nil
}

// checkTasks is the first half of I2: live tasks stand on active nodes, in their round.
func (p *Plan) checkTasks(st *State) error {
	for _, t := range st.Tasks {
		if !t.live() {
			continue
		}
		if t.Kind == TaskStart {
			if st.Status != Returned && st.Status != Draft {
				return fmt.Errorf("I2: the initiator has a task in a %s run", st.Status)
			}
			continue
		}
		if active, ok := st.Active[t.Node]; !ok || active.Round != t.Round {
			return fmt.Errorf("I2: task %s is live on %s round %d, which is not active", t.ID, t.Node, t.Round)
		}
	}
	return nil
}

// checkNodes is the second half of I2: every active human node has an open task, so it can be decided.
func (p *Plan) checkNodes(st *State) error {
	for name, active := range st.Active {
		n := p.nodes[name]
		if !n.human() {
			continue
		}
		open := 0
		for _, t := range st.tasksOf(name, active.Round) {
			if t.Status == TaskOpen {
				open++
			}
		}
		if open == 0 {
			return fmt.Errorf("I2: node %s is active and asks nobody", name)
		}
	}
	if (st.Status == Returned || st.Status == Draft) && len(st.OpenTasks()) != 1 {
		return fmt.Errorf("I2: a %s run without the initiator's task", st.Status)
	}
	return nil
}

// checkEnd is I3: nothing is left of a run that has ended, nor of one that waits for its initiator.
func checkEnd(st *State) error {
	if st.Status == Running || st.Status == Suspended || st.Status == "" {
		return nil
	}
	if len(st.Active) > 0 || len(st.Blocks) > 0 || len(st.Incident) > 0 {
		return fmt.Errorf("I3: %s, but %v and %v are open", st.Status, slices.Sorted(maps.Keys(st.Active)),
			slices.Sorted(maps.Keys(st.Blocks)))
	}
	for _, t := range st.Tasks {
		if t.live() && t.Kind != TaskStart || t.live() && st.Status.Ended() {
			return fmt.Errorf("I3: %s, but task %s is %s", st.Status, t.ID, t.Status)
		}
	}
	return nil
}

// checkPersons is I5: nobody has two live tasks on one node.
func checkPersons(st *State) error {
	type place struct{ node, user string }
	seen := map[place]bool{}
	for _, t := range st.Tasks {
		if !t.live() {
			continue
		}
		at := place{t.Node, t.User.ID}
		if seen[at] {
			return fmt.Errorf("I5: %s has two live tasks on %s", t.User.ID, t.Node)
		}
		seen[at] = true
	}
	return nil
}
