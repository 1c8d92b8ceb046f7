package flow

import "slices"

// addSign adds signers to the actor's task: before it, after it, or beside it as slots of their own.
func (r *run) addSign() error {
	t, n, err := r.held()
	if err != nil {
		return err
	}
	people, err := r.mayAddSign(t, n)
	if err != nil {
		return err
	}
	r.fact.Users, r.fact.Comment = people, r.cmd.Comment
	order := t.Order
	if r.cmd.Kind == TaskParallel {
		r.makeRoom(n, order, len(people))
	} else {
		order = r.lastOrder(n, t.Slot)
	}
	added := Task{
		Node: n.Name, Round: t.Round, Kind: r.cmd.Kind, Weight: 1, AddedBy: r.cmd.Actor.ID, Status: TaskWaiting,
	}
	if r.cmd.Kind != TaskParallel {
		added.Of, added.Mode = t.Slot, first(r.cmd.Mode, "all")
	}
	if r.cmd.Kind == TaskBefore {
		t.Status = TaskWaiting
	}
	for i, p := range people { // t must not be used any more: adding tasks moves them in memory
		task := added
		task.Slot, task.Order, task.User = r.st.number(), order+1+i, p
		r.addTask(task)
	}
	r.proceed(n)
	return nil
}

// mayAddSign gives the people a command adds to a task, or refuses it.
func (r *run) mayAddSign(t *Task, n *node) ([]Person, error) {
	live := slices.ContainsFunc(r.cmd.Users, func(id string) bool { return r.liveOn(n, id) != nil })
	nested := t.Kind == TaskBefore || t.Kind == TaskAfter
	people, absent := r.people(r.cmd.Users...)
	switch {
	case !n.allows("addsign"):
		return nil, refuse(CodeNotAllowed)
	case nested && !n.NestedSign:
		return nil, refuse(CodeNestedSign)
	case live:
		return nil, refuse(CodeDupApprover)
	case absent != nil:
		return nil, absent
	case r.mixes(t):
		return nil, refuse(CodeSignMix)
	case len(people) == 0, r.cmd.Kind != TaskBefore && r.cmd.Kind != TaskAfter && r.cmd.Kind != TaskParallel:
		return nil, refuse(CodeBadTarget)
	}
	return people, nil
}

// mixes tells whether signers before and signers after would stand on one task.
func (r *run) mixes(t *Task) bool {
	for _, o := range r.st.tasksOf(t.Node, t.Round) {
		opposite := o.Kind == TaskBefore && r.cmd.Kind == TaskAfter || o.Kind == TaskAfter && r.cmd.Kind == TaskBefore
		if o.Of == t.Slot && opposite && o.Status != TaskRemoved {
			return true
		}
	}
	return false
}

// lastOrder is the highest place among the signers added to a slot.
func (r *run) lastOrder(n *node, slot int) int {
	last := 0
	for _, o := range r.st.tasksOf(n.Name, r.st.Active[n.Name].Round) {
		if o.Of == slot {
			last = max(last, o.Order)
		}
	}
	return last
}

// makeRoom moves the slots after a place back, so that new ones come directly after it in a sequence.
func (r *run) makeRoom(n *node, order, places int) {
	for _, o := range r.st.tasksOf(n.Name, r.st.Active[n.Name].Round) {
		if (o.Kind == TaskBase || o.Kind == TaskParallel) && o.Order > order {
			o.Order += places
		}
	}
}

// removeSign takes away an added signer who has not acted. The node may be decided by that.
func (r *run) removeSign() error {
	user := first(r.cmd.To, first(r.cmd.Users...))
	t := r.liveTask(user)
	if t == nil {
		return refuse(CodeTaskClosed)
	}
	n := r.plan.nodes[t.Node]
	switch {
	case n == nil || !t.added():
		return refuse(CodeNotAddedSigner)
	case !r.admin() && (t.AddedBy != r.cmd.Actor.ID || !n.allows("removesign")):
		return refuse(CodeNotAllowed)
	}
	r.fact.Node, r.fact.Round, r.fact.Task = t.Node, t.Round, t.ID
	r.fact.Users, r.fact.Comment = []Person{t.User}, r.cmd.Comment
	r.close(t, TaskRemoved)
	for _, o := range r.st.tasksOf(t.Node, t.Round) { // those he had added go with him
		if o.Of == t.Slot {
			r.close(o, TaskRemoved)
		}
	}
	r.proceed(n)
	return nil
}

// liveTask finds somebody's live task, on the command's node if it names one; an added one before others.
func (r *run) liveTask(user string) *Task {
	var found *Task
	for i := range r.st.Tasks {
		t := &r.st.Tasks[i]
		if !t.live() || t.User.ID != user || t.Kind == TaskStart || r.cmd.Node != "" && t.Node != r.cmd.Node {
			continue
		}
		if found == nil || t.added() && !found.added() {
			found = t
		}
	}
	return found
}
