package flow

// start begins a run on a record: a new one, or one whose run has ended.
func (r *run) start() error {
	old := r.st
	if old.Status != "" && !old.Status.Ended() {
		return refuse(CodeFlowRunning)
	}
	initiator := r.cmd.Actor
	if r.cmd.Initiator != nil {
		initiator = *r.cmd.Initiator
	}
	fresh := State{
		Format: format, Name: r.plan.Flow.Name, Catalog: r.plan.Catalog, Status: Running, Initiator: initiator,
		StartedAt: r.now(), Settings: r.plan.settings, Parent: r.cmd.Parent, Keys: old.Keys,
		Serial: old.Serial, Outbox: old.Outbox, Posted: old.Posted, Depth: r.cmd.Depth, CallRound: old.lastCall(),
	}
	r.st = fresh.clone()
	if err := r.pick(); err != nil {
		return err
	}
	r.change(r.cmd.Data)
	r.fact.Comment = r.cmd.Comment
	if r.cmd.Depth > maxChain && len(r.plan.root.nodes) > 0 {
		r.stick(r.plan.root.nodes[0], IncidentChain, nil)
		return nil
	}
	return r.restart()
}

// maxChain is how many automations may set off one another before the last one is stopped for an administrator to see.
const maxChain = 8

// withdraw gives a run back to its initiator at his own wish.
func (r *run) withdraw() error {
	if !r.initiator() {
		return refuse(CodeNotInitiator)
	}
	allowed := first(r.plan.Flow.Settings.Withdraw, "before_first")
	if allowed == "never" || allowed == "before_first" && r.st.Acted {
		return refuse(CodeNotAllowed)
	}
	r.st.Resume, r.st.Approvers = nil, nil
	r.fact.Comment = r.cmd.Comment
	r.unset(r.plan.root, 0)
	r.rest(Draft)
	return nil
}

// cancel ends a run at the wish of its initiator or of an admin.
func (r *run) cancel() error {
	if !r.initiator() && !r.admin() {
		return refuse(CodeNotInitiator)
	}
	r.fact.Comment = r.cmd.Comment
	r.end(Cancelled)
	return nil
}

// terminate ends a run by an admin, also a suspended or withdrawn one.
func (r *run) terminate() error {
	if !r.admin() {
		return refuse(CodeNotAdmin)
	}
	if r.st.Status.Ended() || r.st.Status == "" {
		return refuse(CodeEnded)
	}
	if err := r.givesReason(); err != nil {
		return err
	}
	r.fact.Comment = r.cmd.Comment
	r.end(Terminated)
	return nil
}

// givesReason refuses what an administrator does with somebody else's run without saying why. The engine needs no reason.
func (r *run) givesReason() error {
	if !r.cmd.engine() && r.silent() {
		return refuse(CodeCommentRequired)
	}
	return nil
}

// remark adds to the history, in any state, also after the end. Only people who are not there cannot be named.
func (r *run) remark() error {
	people, err := r.people(r.cmd.Users...)
	if err != nil {
		return err
	}
	r.fact.Comment, r.fact.Users = r.cmd.Comment, people
	return nil
}

// retry puts the tokens that are stuck before their nodes again, with data that may make the difference.
func (r *run) retry() error {
	if !r.admin() {
		return refuse(CodeNotAdmin)
	}
	if r.st.Status != Suspended {
		return refuse(CodeNotSuspended)
	}
	if err := r.pick(); err != nil {
		return err
	}
	r.change(r.cmd.Data)
	r.fact.Comment = r.cmd.Comment
	r.st.Status = Running
	if r.plan.holds(r.st) == nil { // else it is still damaged and stays suspended
		r.releaseAll()
		return r.takeUp()
	}
	return nil
}

// releaseAll puts every stuck token before its node again.
func (r *run) releaseAll() {
	stuck := r.st.Incident
	for _, s := range stuck {
		// One of them may have ended the run or sent it back: then the others are gone.
		if !r.moving() || !r.release(s) {
			continue
		}
		if n := r.plan.nodes[s.Node]; n != nil {
			r.goOn(n, s)
		}
	}
}

// release takes a stuck token off the list and tells whether it was still there.
func (r *run) release(s Stuck) bool {
	for i, other := range r.st.Incident {
		if other.Node == s.Node {
			r.st.Incident = append(r.st.Incident[:i:i], r.st.Incident[i+1:]...)
			return true
		}
	}
	return false
}

// suspend stops a run whose document is damaged, or whose record refuses what a deadline does; nothing else is touched.
func (r *run) suspend() error {
	if !r.cmd.engine() && !r.admin() {
		return refuse(CodeNotAdmin)
	}
	r.fact.Comment = r.cmd.Comment
	if r.cmd.Node != "" {
		r.refusedAt(r.plan.nodes[r.cmd.Node])
		return nil
	}
	stuck := Stuck{Code: IncidentIntegrity}
	r.st.Incident = append(r.st.Incident, stuck)
	r.fact.Incident = append(r.fact.Incident, stuck)
	return nil
}

// jump puts the run into a node of an admin's choice, whatever it was doing and whatever the conditions on the way to it
// say.
func (r *run) jump() error {
	if !r.admin() {
		return refuse(CodeNotAdmin)
	}
	n := r.plan.nodes[r.cmd.To]
	if n == nil || n.insideFork() || r.skipped(n) {
		return refuse(CodeBadTarget)
	}
	if err := r.givesReason(); err != nil {
		return err
	}
	r.fact.To, r.fact.Comment = n.Name, r.cmd.Comment
	r.st.Approvers, r.st.Resume, r.st.Status = nil, nil, Running
	r.cancelRegion(r.plan.root, 0)
	r.closeTasks(func(*Task) bool { return true })
	r.unset(n.list, n.index)
	r.placed = n
	r.enterAt(n, r.namesBefore(n))
	return nil
}

// insideFork tells whether a node stands in a branch of a block that may hold several tokens.
func (n *node) insideFork() bool {
	for owner := n.list.owner; owner != nil; owner = owner.list.owner {
		if owner.fork() {
			return true
		}
	}
	return false
}
