package flow

import (
	"maps"
	"slices"

	"formwork/engine/def"
)

// Words that stand where the name of a node could stand.
const (
	toInitiator = "initiator"
	toPrev      = "prev"
)

// resumeRestart is how a returned run goes on unless it is told otherwise: from its first node.
const resumeRestart = "restart"

// sendBack returns the run to its initiator or to an earlier node.
func (r *run) sendBack() error {
	if n := r.plan.waitsAt(r.st); n != nil && r.cmd.Task == "" && (r.initiator() || r.admin()) {
		return r.object(n)
	}
	t, n, err := r.held()
	if err != nil {
		return err
	}
	to := first(r.cmd.To, toInitiator)
	if !n.allows("return") || len(n.ReturnTo) > 0 && !r.listed(n, to) {
		return refuse(CodeNotAllowed)
	}
	target, ok := r.backTarget(n, to)
	if !ok {
		return refuse(CodeBadTarget)
	}
	if n.comment == "always" && r.silent() {
		return refuse(CodeCommentRequired)
	}
	r.done(t, TaskReturned)
	r.st.Acted = true
	r.goBack(n, target, first(r.cmd.Resubmit, n.Resubmit))
	return nil
}

// waitsAt is the wait a run rests on, where nobody holds a task: the first one in document order. nil if somebody is
// asked, or nothing is waited for.
func (p *Plan) waitsAt(st *State) *node {
	var at *node
	for _, n := range p.order {
		if _, active := st.Active[n.Name]; !active || st.Status != Running {
			continue
		}
		if n.Type != def.NodeWait {
			return nil
		}
		if at == nil {
			at = n
		}
	}
	return at
}

// object sends a run back that only waits: somebody objects to what it waits with. The way is walked anew in any case,
// so that the time begins anew too.
func (r *run) object(n *node) error {
	target, ok := r.backTarget(n, first(r.cmd.To, toInitiator))
	if !ok {
		return refuse(CodeBadTarget)
	}
	if r.silent() {
		return refuse(CodeCommentRequired)
	}
	r.fact.Node, r.fact.Round, r.fact.Comment = n.Name, r.st.Active[n.Name].Round, r.cmd.Comment
	r.st.Acted = true
	r.goBack(n, target, resumeRestart)
	return nil
}

// listed tells whether a node's returnTo names a target, by its name or as the node before.
func (r *run) listed(n *node, to string) bool {
	if slices.Contains(n.ReturnTo, to) {
		return true
	}
	target, ok := r.backTarget(n, to)
	if !ok {
		return false
	}
	return slices.ContainsFunc(n.ReturnTo, func(name string) bool {
		allowed, ok := r.backTarget(n, name)
		return ok && allowed == target
	})
}

// backTarget finds a target of a return: nil is the initiator. It must stand before the node in a list around it and
// must not have been skipped.
func (r *run) backTarget(n *node, to string) (target *node, ok bool) {
	switch to {
	case toInitiator, StartNode:
		return nil, true
	case toPrev:
		return r.nodeBefore(n), true
	}
	target = r.plan.nodes[to]
	if target == nil || !n.above(target) || r.skipped(target) {
		return nil, false
	}
	return target, true
}

// above tells whether a target stands before n in one of the lists around n.
func (n *node) above(target *node) bool {
	at, ok := n.within(target.list)
	return ok && target.index < at.index
}

// skipped tells whether a node's own condition was false when the run came by.
func (r *run) skipped(n *node) bool { return slices.Contains(r.st.Choices[n.whenKey()], "no") }

// nodeBefore is what asked people last before a node: a human node, or the block that held it (to be entered anew).
// nil means the initiator.
func (r *run) nodeBefore(n *node) *node {
	for at := n; at != nil; at = at.list.owner {
		for i := at.index - 1; i >= 0; i-- {
			if before := at.list.nodes[i]; r.visited(before) {
				return before
			}
		}
	}
	return nil
}

// visited tells whether people were asked at a node, or inside it, on the way the run took.
func (r *run) visited(n *node) bool {
	if r.skipped(n) {
		return false
	}
	if n.Type != def.NodeBranch {
		return n.human() && r.st.Rounds[n.Name] > 0
	}
	for _, b := range n.branches {
		if slices.Contains(r.st.Choices[n.Name], b.Name) && slices.ContainsFunc(b.list.nodes, r.visited) {
			return true
		}
	}
	return false
}

// goBack cancels everything from the target on and enters it in a new round, whatever its own condition says now. All are asked again, so approvals given
// before count nowhere any more.
func (r *run) goBack(from, target *node, resubmit string) {
	r.st.Approvers = nil
	if target == nil {
		r.fact.To = toInitiator
		r.toInitiator(from, resubmit)
		return
	}
	r.fact.To = target.Name
	r.unset(target.list, target.index)
	r.cancelRegion(target.list, target.index)
	r.forget(target.list, target.index)
	r.placed = target
	r.walk(target.list, target.index, r.namesBefore(target))
}

// namesBefore is the prev of a token that is put before a node.
func (r *run) namesBefore(n *node) []string {
	if before := r.nodeBefore(n); before != nil && before.human() {
		return []string{before.Name}
	}
	return nil
}

// toInitiator gives the run back to its initiator and remembers where it was.
func (r *run) toInitiator(from *node, resubmit string) {
	resume := &Resume{
		Node: from.Name, Mode: first(resubmit, resumeRestart), Prev: r.st.Active[from.Name].Prev,
		Choices: maps.Clone(r.st.Choices),
	}
	for name := range r.st.Blocks {
		resume.Torn = resume.Torn || r.plan.nodes[name].fork() && len(r.st.Choices[name]) > 1
	}
	r.st.Resume = resume
	if resume.Mode == resumeRestart { // a run that resumes does not come by again
		r.unset(r.plan.root, 0)
	}
	r.rest(Returned)
}

// rest stops the run and gives it to the initiator, in the status returned or draft.
func (r *run) rest(status Status) {
	r.cancelRegion(r.plan.root, 0)
	r.forget(r.plan.root, 0)
	r.closeTasks(func(*Task) bool { return true })
	r.st.Rounds[StartNode]++
	r.addTask(Task{
		Node: StartNode, Round: r.st.Rounds[StartNode], Slot: r.st.number(), Kind: TaskStart, Weight: 1,
		User: r.st.Initiator, Status: TaskOpen, ArrivedAt: r.now(),
	})
	r.st.Status = status
	r.stopped = true
}

// resubmit sends a returned or withdrawn run on its way again: from the first node, or straight to the node that
// returned it if nothing before it would be decided otherwise.
func (r *run) resubmit() error {
	st := r.st
	if st.Status != Returned && st.Status != Draft {
		return refuse(CodeNotReturned)
	}
	if !r.initiator() {
		return refuse(CodeNotAssignee)
	}
	r.change(r.cmd.Data)
	r.fact.Comment = r.cmd.Comment
	for i := range st.Tasks {
		r.close(&st.Tasks[i], TaskApproved)
	}
	if err := r.pick(); err != nil {
		return err
	}
	resume := st.Resume
	st.Status, st.Resume = Running, nil
	if resume == nil || resume.Mode != "resume" {
		return r.restart()
	}
	n := r.plan.nodes[resume.Node]
	if resume.Torn || n == nil || !r.unchangedBefore(n, resume.Choices) {
		r.fact.Restart = true
		return r.restart()
	}
	st.Choices = cloneMap(resume.Choices)
	r.enterAt(n, resume.Prev)
	return nil
}

// restart enters the run from its first node on.
func (r *run) restart() error {
	if err := r.countRows(); err != nil {
		return err
	}
	r.walk(r.plan.root, 0, nil)
	return nil
}

// unchangedBefore tells whether all conditions before a node still give what they gave.
func (r *run) unchangedBefore(n *node, choices map[string][]string) bool {
	if owner := n.list.owner; owner != nil && !r.unchangedBefore(owner, choices) {
		return false
	}
	for _, before := range n.list.nodes[:n.index] {
		if !r.unchanged(before, choices) {
			return false
		}
	}
	return r.sameChoice(n, choices)
}

// unchanged tells whether a node and those inside it would be passed the same way.
func (r *run) unchanged(n *node, choices map[string][]string) bool {
	if !r.sameChoice(n, choices) {
		return false
	}
	for _, b := range n.branches {
		if !slices.Contains(choices[n.Name], b.Name) {
			continue
		}
		for _, inner := range b.list.nodes {
			if !r.unchanged(inner, choices) {
				return false
			}
		}
	}
	return true
}

// sameChoice evaluates a node's conditions again. What the run never came by decides nothing.
func (r *run) sameChoice(n *node, choices map[string][]string) bool {
	if before, decided := choices[n.whenKey()]; decided && n.when != nil {
		if hold, ok := r.holds(n.when); !ok || hold != slices.Contains(before, "yes") {
			return false
		}
	}
	before, decided := choices[n.Name]
	if !decided {
		return true
	}
	chosen, code := r.choose(n)
	return code == "" && slices.EqualFunc(chosen, before, func(b *branch, name string) bool { return b.Name == name })
}

// enterAt puts a token before a node, opening the exclusive branches around it.
func (r *run) enterAt(n *node, prev []string) {
	r.forget(n.list, n.index)
	for at := n; at.list.owner != nil; at = at.list.owner {
		owner := at.list.owner
		r.forget(owner.list, owner.index+1)
		way := []string{at.list.branch.Name}
		if owner.when != nil {
			r.st.Choices[owner.whenKey()] = []string{"yes"}
		}
		r.st.Choices[owner.Name] = way
		r.st.Blocks[owner.Name] = Block{Left: way, Serial: r.st.number()}
	}
	r.walk(n.list, n.index, prev)
}
