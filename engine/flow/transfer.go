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
	p, ok := r.world.Org.Person(r.cmd.To)
	live := r.liveOn(n, r.cmd.To)
	switch {
	case !ok:
		return refuse(CodeUserDisabled)
	case t.User.ID == p.ID:
		return refuse(CodeSelfTarget)
	case live != nil && live != t:
		return refuse(CodeDupApprover)
	case p.ID == r.st.Initiator.ID && n.onSelf != "self":
		return refuse(CodeSelf)
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
	p, ok := r.world.Org.Person(r.cmd.To)
	switch {
	case t.Owner != nil:
		return refuse(CodeDelegated)
	case !n.allows("delegate"):
		return refuse(CodeNotAllowed)
	case r.cmd.To == t.User.ID || r.cmd.To == r.cmd.Actor.ID:
		return refuse(CodeSelfTarget)
	case !ok:
		return refuse(CodeUserDisabled)
	case r.liveOn(n, p.ID) != nil:
		return refuse(CodeDupApprover)
	}
	owner := t.User
	t.Owner, t.User, t.ArrivedAt = &owner, p, r.now()
	r.fact.Users, r.fact.Comment = []Person{p}, r.cmd.Comment
	return nil
}

// resolve gives a delegated task back to its owner.
func (r *run) giveBack() error {
	t, _, err := r.held()
	if err != nil {
		return err
	}
	if t.Owner == nil {
		return refuse(CodeNotDelegated)
	}
	r.fact.Users, r.fact.Comment = []Person{*t.Owner}, r.cmd.Comment
	t.Past = append(t.Past[:len(t.Past):len(t.Past)], t.User.ID)
	t.User, t.Owner, t.ArrivedAt = *t.Owner, nil, r.now()
	return nil
}

// substitute finds who decides instead of somebody who has left: his leader, else an admin of the flow. Whoever has a
// live task on the node already cannot take another.
func (r *run) substitute(n *node, t *Task) (Person, bool) {
	candidates := append(r.active(r.leaderOf(t.User.ID)), r.admins()...)
	for _, p := range candidates {
		if r.liveOn(n, p.ID) == nil && (p.ID != r.st.Initiator.ID || n.onSelf == "self") {
			return p, true
		}
	}
	return Person{}, false
}

// handOver gives the open tasks of somebody who was disabled to his leader, else to an admin.
func (r *run) handOver() error {
	if !r.admin() {
		return refuse(CodeNotAdmin)
	}
	for i := range r.st.Tasks {
		t := r.st.Tasks[i]
		n := r.plan.nodes[t.Node]
		if t.Status != TaskOpen || t.User.ID != r.cmd.To || n == nil {
			continue
		}
		p, ok := r.substitute(n, &t)
		if !ok {
			continue
		}
		r.close(&r.st.Tasks[i], TaskTransferred)
		r.fact.Users = append(r.fact.Users, p)
		r.moveTask(&r.st.Tasks[i], p)
	}
	return nil
}
