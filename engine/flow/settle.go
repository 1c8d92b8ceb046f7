package flow

import (
	"strconv"
	"strings"
)

// enterHuman asks the people of a node. It goes on at once when nobody needs to be asked, or those who would be have
// approved already.
func (r *run) enterHuman(n *node, prev []string) (next []string, ok bool) {
	a := r.assign(n)
	switch {
	case r.err != nil:
		return nil, false
	case a.incident != "":
		r.stick(n, a.incident, prev)
		return nil, false
	}
	r.activate(n, prev)
	switch {
	case a.reject:
		r.rejectNode(n)
		return nil, false
	case a.auto != "":
		r.decideAuto(n, "", a.auto)
		return r.settledPrev(n), true
	}
	for i, p := range a.people {
		r.addTask(Task{
			Node: n.Name, Round: r.st.Rounds[n.Name], Slot: r.st.number(), Order: i, User: p, Weight: n.weight(p.ID),
			Status: TaskWaiting,
		})
	}
	switch r.settle(n) {
	case passed:
		return r.settledPrev(n), true
	case rejected:
		r.rejectNode(n)
	case pending:
	}
	return nil, false
}

// weight is that of somebody's vote.
func (n *node) weight(user string) int {
	if w, ok := n.Weights[user]; ok {
		return w
	}
	return 1
}

// addTask adds a task and gives it its id. Waiting ones are opened by settle when it is their turn.
func (r *run) addTask(t Task) {
	t.ID = "t" + strconv.Itoa(r.st.number())
	r.st.Tasks = append(r.st.Tasks, t)
}

// proceed works out what an active node has come to and moves its token accordingly.
func (r *run) proceed(n *node) {
	switch r.settle(n) {
	case passed:
		r.pass(n)
	case rejected:
		r.rejectNode(n)
	case pending:
	}
}

// rejectNode does what a rejection of the node means: the end, or the way back.
func (r *run) rejectNode(n *node) {
	to, back := strings.CutPrefix(n.OnReject, "return:")
	if !back {
		r.end(Rejected)
		return
	}
	target, ok := r.backTarget(n, to)
	if !ok { // Lint refuses such a definition
		r.end(Rejected)
		return
	}
	r.goBack(n, target, n.Resubmit)
}

// settle opens the tasks whose turn it is and decides the node; live tasks of a decided node are cancelled.
func (r *run) settle(n *node) verdict {
	g := newGroup(n, r.st.tasksOf(n.Name, r.st.Active[n.Name].Round))
	for changed := true; changed; {
		changed = false
		for _, t := range g.tasks {
			changed = r.advance(g, t) || changed
		}
	}
	v := n.quorum.decide(g.slots())
	if v != pending {
		for _, t := range g.tasks {
			r.close(t, TaskCancelled)
		}
	}
	return v
}

// advance changes one task if the others demand it, and tells whether it did.
func (r *run) advance(g *group, t *Task) bool {
	switch {
	case !t.live():
		return false
	case g.gathered(t.Slot, TaskBefore) == rejected:
		t.Auto = autoGroup
		return r.close(t, TaskRejected)
	case g.needless(t):
		return r.close(t, TaskCancelled)
	case t.Status == TaskWaiting && g.ready(t):
		r.open(g, t)
		return true
	default:
		return false
	}
}

// open gives a task to its person, or takes an approval he has given elsewhere.
func (r *run) open(g *group, t *Task) {
	t.Status, t.ArrivedAt = TaskOpen, r.now()
	r.relieve(g.node, t)
	if t.Kind == TaskBase && g.node.removesDuplicates() && r.duplicate(g.node, t.User.ID) {
		t.Auto = AutoDedupe
		r.close(t, TaskApproved)
		r.decideAuto(g.node, t.User.ID, AutoDedupe)
		r.remember(g.node.Name, t.User.ID)
	}
}

// relieve gives an open task whose person has left to somebody else, if anybody is there.
func (r *run) relieve(n *node, t *Task) {
	if _, active := r.world.Org.Person(t.User.ID); active {
		return
	}
	p, ok := r.substitute(n, t)
	if !ok {
		return
	}
	t.Past = append(t.Past[:len(t.Past):len(t.Past)], t.User.ID)
	t.User = p
	if t.Owner != nil && t.Owner.ID == p.ID {
		t.Owner = nil
	}
}

// close gives a live task its last status and tells whether it was live.
func (r *run) close(t *Task, status TaskStatus) bool {
	if !t.live() {
		return false
	}
	t.Status, t.DoneAt = status, r.now()
	return true
}

// group is the tasks of one node in one round.
type group struct {
	node  *node
	tasks []*Task
	added bool // some were added later
}

func newGroup(n *node, tasks []*Task) *group {
	g := &group{node: n, tasks: tasks}
	for _, t := range tasks {
		g.added = g.added || t.Kind == TaskBefore || t.Kind == TaskAfter
	}
	return g
}

// counts tells whether a task still stands for its slot.
func counts(t *Task) bool {
	switch t.Status {
	case TaskTransferred, TaskRemoved, TaskCancelled, TaskReturned:
		return false
	default:
		return true
	}
}

// slots gives the places that decide the node: those of its approvers and of parallel-added signers. In a vote a slot
// that was cancelled by an earlier decision keeps its weight among all.
func (g *group) slots() []slot {
	slots := make([]slot, 0, len(g.tasks))
	for _, t := range g.tasks {
		switch {
		case t.Kind != TaskBase && t.Kind != TaskParallel:
		case counts(t):
			slots = append(slots, slot{g.state(t), t.Weight})
		case t.Status == TaskCancelled && g.node.mode == "vote":
			slots = append(slots, slot{rejected, t.Weight})
		}
	}
	return slots
}

// state is what a slot has come to: with its own task and those added before and after it.
func (g *group) state(t *Task) verdict {
	switch t.Status {
	case TaskRejected:
		return rejected
	case TaskApproved:
		return g.gathered(t.Slot, TaskAfter)
	default:
		if g.gathered(t.Slot, TaskBefore) == rejected {
			return rejected
		}
		return pending
	}
}

// gathered decides the signers added before or after a slot; without any it has passed.
func (g *group) gathered(of int, kind TaskKind) verdict {
	if !g.added {
		return passed
	}
	var slots []slot
	var mode string
	for _, t := range g.tasks {
		if t.Of == of && t.Kind == kind && counts(t) {
			mode = first(mode, t.Mode)
			slots = append(slots, slot{g.state(t), 1})
		}
	}
	return quorum{mode: mode}.decide(slots)
}

// needless tells whether nothing depends on an added task any more: its group has decided, or its owner has rejected.
func (g *group) needless(t *Task) bool {
	if t.Kind != TaskBefore && t.Kind != TaskAfter {
		return false
	}
	owner := g.holder(t.Of)
	return owner == nil || owner.Status == TaskRejected || g.gathered(t.Of, t.Kind) != pending
}

// holder is the task that stands for a slot now; nil if none does.
func (g *group) holder(slot int) *Task {
	for _, t := range g.tasks {
		if t.Slot == slot && counts(t) {
			return t
		}
	}
	return nil
}

// ready tells whether a waiting task's turn has come.
func (g *group) ready(t *Task) bool {
	if g.gathered(t.Slot, TaskBefore) != passed {
		return false
	}
	mode := t.Mode
	switch t.Kind {
	case TaskAfter:
		if owner := g.holder(t.Of); owner == nil || owner.Status != TaskApproved {
			return false
		}
	case TaskBase, TaskParallel:
		mode = g.node.mode
	default:
	}
	return mode != "seq" || g.precedingPassed(t)
}

// precedingPassed tells whether everybody before a task in its sequence has approved.
func (g *group) precedingPassed(t *Task) bool {
	slotKind := func(k TaskKind) bool { return k == TaskBase || k == TaskParallel }
	for _, o := range g.tasks {
		together := o.Of == t.Of && (o.Kind == t.Kind || slotKind(o.Kind) && slotKind(t.Kind))
		if together && o.Order < t.Order && counts(o) && g.state(o) != passed {
			return false
		}
	}
	return true
}
