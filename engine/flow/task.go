package flow

import (
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/form"
)

// claim says how a task belongs to the actor; the strongest one is taken.
type claim int

const (
	claimNone        claim = iota
	claimClosedProxy       // his principal's, no longer live
	claimClosed
	claimWaitingProxy
	claimWaiting
	claimDelegated // his, but somebody else has to give an opinion first
	claimOpenProxy
	claimOpen
)

// held finds the actor's open task and its node, or says why he has none.
func (r *run) held() (*Task, *node, error) {
	task, claimed := r.claimed()
	if task == nil {
		return nil, nil, refuse(CodeNotAssignee)
	}
	n := r.plan.nodes[task.Node]
	proxy := claimed == claimClosedProxy || claimed == claimWaitingProxy || claimed == claimOpenProxy
	if proxy && n != nil && n.onSelf != "self" && r.initiator() {
		return nil, nil, refuse(CodeSelf)
	}
	switch claimed {
	case claimWaiting, claimWaitingProxy:
		return nil, nil, refuse(CodeTaskWaiting)
	case claimClosed, claimClosedProxy:
		return nil, nil, refuse(CodeTaskClosed)
	case claimDelegated:
		return nil, nil, refuse(CodeDelegated)
	default:
	}
	if task.Kind == TaskStart {
		return nil, nil, refuse(CodeUseResubmit)
	}
	r.fact.Node, r.fact.Round, r.fact.Task = task.Node, task.Round, task.ID
	if task.User.ID != r.cmd.Actor.ID {
		holder := task.User
		r.fact.For = &holder
	}
	return task, n, nil
}

// claimed gives the task that belongs most to the actor, among those the command may mean.
func (r *run) claimed() (*Task, claim) {
	if best, strongest := r.claimedAmong(nil); strongest == claimOpen {
		return best, strongest // as a rule: nobody has to look up for whom he may act
	}
	return r.claimedAmong(r.world.Org.Principals(r.cmd.Actor.ID, r.world.Now))
}

// claimedAmong is claimed, with those the actor may act for.
func (r *run) claimedAmong(principals []string) (*Task, claim) {
	var best *Task
	strongest := claimNone
	for i := range r.st.Tasks {
		t := &r.st.Tasks[i]
		if r.cmd.Task != "" && t.ID != r.cmd.Task || r.cmd.Node != "" && t.Node != r.cmd.Node {
			continue
		}
		if c := claimOn(t, r.cmd.Actor.ID, principals); c > strongest {
			best, strongest = t, c
		}
	}
	return best, strongest
}

func claimOn(t *Task, actor string, principals []string) claim {
	own := t.User.ID == actor
	proxy := slices.Contains(principals, t.User.ID)
	switch {
	case t.Status == TaskOpen && own:
		return claimOpen
	case t.Status == TaskOpen && proxy:
		return claimOpenProxy
	case t.live() && t.Owner != nil && t.Owner.ID == actor:
		return claimDelegated
	case t.Status == TaskWaiting && own:
		return claimWaiting
	case t.Status == TaskWaiting && proxy:
		return claimWaitingProxy
	case t.Kind == TaskStart:
		return claimNone // its history is that of the run, not of a task
	case !t.live() && own, slices.Contains(t.Past, actor), t.By != nil && t.By.ID == actor:
		return claimClosed
	case !t.live() && proxy:
		return claimClosedProxy
	default:
		return claimNone
	}
}

// done closes the actor's task and notes who acted if it was a proxy.
func (r *run) done(t *Task, status TaskStatus) {
	if t.User.ID != r.cmd.Actor.ID {
		by := r.cmd.Actor
		t.By = &by
	}
	r.close(t, status)
	r.fact.Comment = r.cmd.Comment
}

// allows tells whether a node lets its people do a verb.
func (n *node) allows(verb string) bool { return slices.Contains(n.allow, verb) }

// liveOn finds the live task somebody has on a node, as its holder or as the owner of a delegated one.
func (r *run) liveOn(n *node, user string) *Task {
	for _, t := range r.st.tasksOf(n.Name, r.st.Active[n.Name].Round) {
		if t.live() && (t.User.ID == user || t.Owner != nil && t.Owner.ID == user) {
			return t
		}
	}
	return nil
}

// approve decides the actor's slot in favour. The patch may only touch what the node opens; whether the record accepts
// the patched values is asked in any case (finish).
func (r *run) approve() error {
	t, n, err := r.held()
	switch {
	case err != nil:
		return err
	case t.Owner != nil:
		return refuse(CodeDelegated)
	case n.Sign && (r.cmd.Sign == "" || r.signed(r.cmd.Sign)):
		return refuse(CodeSignRequired)
	case n.unconfirmed(r.cmd):
		return refuse(CodeConfirmRequired)
	case n.comment == "always" && r.silent():
		return refuse(CodeCommentRequired)
	}
	if err := r.mayWrite(n); err != nil {
		return err
	}
	if err := r.pick(); err != nil {
		return err
	}
	r.change(r.cmd.Data)
	t.Sign = r.cmd.Sign
	r.fact.Sign, r.fact.Signed, r.fact.Confirmed = r.cmd.Sign, r.cmd.Signed, r.cmd.Confirmed
	r.done(t, TaskApproved)
	r.st.Acted = true
	// A proxy decides for another, who has not seen it: neither has approved for himself, so neither is a duplicate later.
	if n.Type == def.NodeApprove && t.By == nil {
		r.remember(n.Name, r.cmd.Actor.ID)
	}
	r.proceed(n)
	return nil
}

// unconfirmed tells whether a node asks for the password of whoever decides, and he has not typed it.
func (n *node) unconfirmed(cmd *Command) bool { return n.Confirm == "password" && !cmd.Confirmed }

// signed tells whether an image of a signature has been used in this run: it is bound to the task it was made for.
func (r *run) signed(sign string) bool {
	for i := range r.st.Tasks {
		if r.st.Tasks[i].Sign == sign {
			return true
		}
	}
	return false
}

func (r *run) silent() bool { return strings.TrimSpace(r.cmd.Comment) == "" }

// mayWrite refuses a patch that names a path the node does not open. Computed fields in a patch are ignored by the
// record, so they are here.
func (r *run) mayWrite(n *node) error {
	for _, path := range r.plan.paths(r.cmd.Data) {
		if !n.writable(path) {
			return refuseWith(CodeFieldDenied, "field", path)
		}
	}
	return nil
}

// paths lists what a merge patch writes: fields, and columns of rows that exist. Adding or removing a row writes the
// sub-table itself.
func (p *Plan) paths(patch form.Values) []string {
	var paths []string
	for field, value := range patch {
		if p.computed(field) {
			continue
		}
		rows, ok := value.([]any)
		if !ok || len(rows) == 0 {
			paths = append(paths, field)
			continue
		}
		for _, row := range rows {
			paths = append(paths, p.rowPaths(field, row)...)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

func (p *Plan) rowPaths(field string, row any) []string {
	columns, ok := row.(map[string]any)
	if !ok || columns["_id"] == nil || columns["_delete"] != nil {
		return []string{field}
	}
	var paths []string
	for column := range columns {
		if path := field + "." + column; column != "_id" && !p.computed(path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func (p *Plan) computed(path string) bool {
	if p.entity == nil {
		return false
	}
	field, ok := p.entity.Field(path)
	return ok && (field.Compute != "" || field.Rollup != nil || len(field.Lookup) > 0)
}

// reject decides the actor's slot against.
func (r *run) reject() error {
	t, n, err := r.held()
	switch {
	case err != nil:
		return err
	case t.Owner != nil:
		return refuse(CodeDelegated)
	case n.unconfirmed(r.cmd):
		return refuse(CodeConfirmRequired)
	case n.comment != "none" && r.silent():
		return refuse(CodeCommentRequired)
	}
	r.fact.Confirmed = r.cmd.Confirmed
	r.done(t, TaskRejected)
	r.st.Acted = true
	r.proceed(n)
	return nil
}

// save writes the actor's data; the task stays open.
func (r *run) save() error {
	t, n, err := r.held()
	switch {
	case err != nil:
		return err
	case t.Owner != nil:
		return refuse(CodeDelegated)
	}
	if err := r.mayWrite(n); err != nil {
		return err
	}
	r.change(r.cmd.Data)
	r.fact.Comment = r.cmd.Comment
	return nil
}
