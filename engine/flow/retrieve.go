package flow

import "slices"

// retrieve takes back the actor's approval on the node decided last, while nobody has touched the next one.
func (r *run) retrieve() error {
	n := r.plan.nodes[r.st.Last]
	if n == nil {
		return refuse(CodeNotAllowed)
	}
	mine := r.approvedBy(n)
	next := r.successor(n)
	if mine == nil || next == nil || len(r.st.Active) != 1 || r.st.Status != Running {
		return refuse(CodeNotAllowed)
	}
	active, ok := r.st.Active[next.Name]
	switch {
	case !ok:
		return refuse(CodeNotAllowed)
	case next.Type == "call" || slices.ContainsFunc(r.st.tasksOf(next.Name, active.Round), touched):
		return refuse(CodeNextActed)
	}
	r.takeBack(n, next, mine)
	return nil
}

// takeBack puts the token back on a node and opens the actor's slot again; what the others decided there stays.
func (r *run) takeBack(n, next *node, mine *Task) {
	r.cancelRegion(next.list, next.index)
	r.forget(next.list, next.index)
	r.st.Approvers = slices.DeleteFunc(slices.Clone(r.st.Approvers), func(a Approval) bool {
		return a == Approval{Node: n.Name, User: r.cmd.Actor.ID}
	})
	r.st.Active[n.Name] = Active{Round: mine.Round, EnteredAt: r.now(), Prev: r.namesBefore(n), Due: r.deadlines(n, r.now())}
	r.fact.Node, r.fact.Round, r.fact.Comment = n.Name, mine.Round, r.cmd.Comment
	mine.Status = TaskReturned
	r.moveTask(mine, mine.User)
	r.fact.Task = r.st.Tasks[len(r.st.Tasks)-1].ID
	r.st.Last = ""
}

// approvedBy is the slot the actor himself approved last on a node, in its last round. Who signed before somebody else
// has not had the last word there: it would not be asked again.
func (r *run) approvedBy(n *node) *Task {
	var last *Task
	for _, t := range r.st.tasksOf(n.Name, r.st.Rounds[n.Name]) {
		holder := t.User.ID
		if t.By != nil {
			holder = t.By.ID
		}
		if t.Status == TaskApproved && t.Kind != TaskBefore && t.Auto == "" && holder == r.cmd.Actor.ID {
			last = t
		}
	}
	return last
}

// successor is the node directly after n in its list that the run came to; nodes that were skipped do not count.
func (r *run) successor(n *node) *node {
	for _, next := range n.list.nodes[n.index+1:] {
		if !r.skipped(next) {
			return next
		}
	}
	return nil
}

// touched tells whether somebody has done something with a task.
func touched(t *Task) bool {
	return !t.live() && t.Auto == "" || t.Owner != nil || t.added() || len(t.Past) > 0
}
