package flow

import "time"

// transfer gives the actor's task to somebody else; it keeps its slot, order and weight, and the signers added to it.
func (r *run) transfer() error {
	t, n, err := r.held()
	if err != nil {
		return err
	}
	if !n.allows("transfer") {
		return refuse(CodeNotAllowed)
	}
	p, err := r.mayTake(n, t, r.cmd.To)
	if err != nil {
		return err
	}
	r.done(t, TaskTransferred)
	r.st.Acted = true
	r.fact.Users = []Person{p}
	r.moveTask(t, p)
	return nil
}

// moveTask opens a task for somebody in the place of one that was transferred. A delegated task stays its owner's,
// unless it goes back to him.
func (r *run) moveTask(old *Task, to Person) {
	t := *old
	t.User, t.Status, t.ArrivedAt, t.DoneAt = to, TaskOpen, r.now(), time.Time{}
	t.By, t.Past, t.Auto, t.Sign, t.DataHash = nil, nil, "", "", ""
	if t.Owner != nil && t.Owner.ID == to.ID {
		t.Owner = nil
	}
	r.addTask(t)
}

// delegate asks somebody for an opinion; the task comes back.
func (r *run) delegate() error {
	t, n, err := r.held()
	if err != nil {
		return err
	}
	switch {
	case t.Owner != nil:
		return refuse(CodeDelegated)
	case !n.allows("delegate"):
		return refuse(CodeNotAllowed)
	case r.cmd.To == t.User.ID || r.cmd.To == r.cmd.Actor.ID:
		return refuse(CodeSelfTarget)
	}
	named, err := r.people(r.cmd.To)
	switch {
	case err != nil:
		return err
	case r.liveOn(n, r.cmd.To) != nil:
		return refuse(CodeDupApprover)
	}
	owner, p := t.User, named[0]
	t.Owner, t.User, t.ArrivedAt = &owner, p, r.now()
	r.fact.Users, r.fact.Comment = []Person{p}, r.cmd.Comment
	return nil
}

// resolve gives a delegated task back to its owner.
func (r *run) giveBack() error {
	t, n, err := r.held()
	if err != nil {
		return err
	}
	if t.Owner == nil {
		return refuse(CodeNotDelegated)
	}
	t.Past = append(t.Past[:len(t.Past):len(t.Past)], t.User.ID)
	t.User, t.Owner, t.ArrivedAt = *t.Owner, nil, r.now()
	r.relieve(n, t) // he may have left meanwhile
	r.fact.Users, r.fact.Comment = []Person{t.User}, r.cmd.Comment
	return nil
}

// substitute finds who decides instead of somebody who has left: whoever had only asked him for an opinion, else his
// leader, else an admin of the flow. Whoever has a live task on the node already cannot take another.
func (r *run) substitute(n *node, t *Task) (Person, bool) {
	var candidates []Person
	if t.Owner != nil {
		candidates = r.active(t.Owner.ID)
	}
	candidates = append(append(candidates, r.active(r.leaderOf(t.User.ID))...), r.admins()...)
	for _, p := range candidates {
		if r.free(n, t, p.ID) && p.ID != t.User.ID && (p.ID != r.st.Initiator.ID || n.onSelf == "self") {
			return p, true
		}
	}
	return Person{}, false
}

// reassign gives somebody's live task to another person, by an admin of the flow: the one named by the command, or that
// of its node.
func (r *run) reassign() error {
	if !r.admin() {
		return refuse(CodeNotAdmin)
	}
	t := r.named()
	if t == nil {
		return refuse(CodeTaskClosed)
	}
	n := r.plan.nodes[t.Node]
	p, err := r.mayTake(n, t, r.cmd.To)
	if err != nil {
		return err
	}
	if err := r.givesReason(); err != nil {
		return err
	}
	holder := t.User
	r.fact.Node, r.fact.Round, r.fact.Task, r.fact.For = t.Node, t.Round, t.ID, &holder
	r.fact.Users, r.fact.Comment = []Person{p}, r.cmd.Comment
	r.giveTo(t, p)
	return nil
}

// named is the live task a command is about, by its id or as the only one of its node.
func (r *run) named() *Task {
	var found *Task
	for i := range r.st.Tasks {
		t := &r.st.Tasks[i]
		if !t.live() || t.Kind == TaskStart || r.plan.nodes[t.Node] == nil {
			continue
		}
		if r.cmd.Task == t.ID || r.cmd.Task == "" && r.cmd.Node == t.Node && found == nil {
			found = t
		}
	}
	return found
}

// mayTake tells whether somebody may take a live task of a node: the refusals of a transfer.
func (r *run) mayTake(n *node, t *Task, user string) (Person, error) {
	named, err := r.people(user)
	if err != nil {
		return Person{}, err
	}
	p, live := named[0], r.liveOn(n, user)
	switch {
	case t.User.ID == p.ID:
		return p, refuse(CodeSelfTarget)
	case live != nil && live.ID != t.ID:
		return p, refuse(CodeDupApprover)
	case p.ID == r.st.Initiator.ID && n.onSelf != "self":
		return p, refuse(CodeSelf)
	}
	return p, nil
}

// giveTo closes a live task as transferred and opens it for somebody else, or lets it wait on as it did.
func (r *run) giveTo(t *Task, p Person) {
	waiting := t.Status == TaskWaiting
	r.close(t, TaskTransferred)
	r.moveTask(t, p)
	if last := &r.st.Tasks[len(r.st.Tasks)-1]; waiting {
		last.Status, last.ArrivedAt = TaskWaiting, time.Time{}
	}
}

// handOver gives the live tasks of somebody who leaves to the person the command names, or none of them if he cannot
// take one; without a name his open ones go to his leader, else to an admin.
func (r *run) handOver() error {
	if !r.admin() {
		return refuse(CodeNotAdmin)
	}
	r.fact.Comment = r.cmd.Comment
	for i := range r.st.Tasks {
		t := r.st.Tasks[i]
		n := r.plan.nodes[t.Node]
		if !t.live() || t.User.ID != r.cmd.To || n == nil {
			continue
		}
		if len(r.cmd.Users) > 0 {
			p, err := r.mayTake(n, &t, r.cmd.Users[0])
			if err != nil {
				return err
			}
			r.fact.Users = append(r.fact.Users, p)
			r.giveTo(&r.st.Tasks[i], p)
			continue
		}
		if p, ok := r.substitute(n, &t); ok && t.Status == TaskOpen {
			r.fact.Users = append(r.fact.Users, p)
			r.giveTo(&r.st.Tasks[i], p)
		}
	}
	if len(r.fact.Users) == 0 { // his own task of a returned run, or nobody is there who could take it
		return refuse(CodeTaskClosed)
	}
	return nil
}
