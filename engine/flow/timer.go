package flow

import (
	"slices"
	"strings"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// remindEvery is how long somebody waits between two reminders of one run.
const remindEvery = time.Hour

// What a deadline does.
const (
	doRemind   = "remind"
	doTransfer = "transfer"
	doPass     = "pass"
	doReject   = "reject"
	doReturn   = "return"
)

// Due is a deadline of a run.
type Due struct {
	Node  string
	Round int
	Index int
	At    time.Time
}

// NextDue gives the earliest deadline of a running run that has not fired; false if there is none. The engine issues it
// as a Timer command, one after the other.
func (p *Plan) NextDue(st *State) (Due, bool) {
	var next Due
	found := false
	if st.Status == Suspended {
		return st.refusal()
	}
	if st.Status != Running {
		return next, false
	}
	for name, active := range st.Active {
		n := p.nodes[name]
		if n == nil {
			continue
		}
		for k := range max(len(n.timeouts), 1) {
			at, ok := n.due(active, k)
			d := Due{Node: name, Round: active.Round, Index: k, At: at}
			if ok && (!found || earlier(d, next)) {
				next, found = d, true
			}
		}
	}
	return next, found
}

func earlier(a, b Due) bool {
	if !a.At.Equal(b.At) {
		return a.At.Before(b.At)
	}
	if a.Node != b.Node {
		return a.Node < b.Node
	}
	return a.Index < b.Index
}

func (p *Plan) nextDue(st *State) time.Time {
	due, ok := p.NextDue(st)
	if !ok {
		return time.Time{}
	}
	return due.At
}

// due is when the k-th deadline of an active node fires; false if there is none or it has fired.
func (n *node) due(active Active, k int) (time.Time, bool) {
	if n.Type == def.NodeWait {
		return active.Until, k == 0 && !active.Until.IsZero()
	}
	if k < 0 || k >= len(n.timeouts) || slices.Contains(active.Fired, k) {
		return time.Time{}, false
	}
	if len(active.Due) == len(n.timeouts) {
		return active.Due[k], true
	}
	return active.EnteredAt.Add(n.timeouts[k].after), true
}

// timer fires a deadline. Step has made sure that it is due (late).
func (r *run) timer() error {
	n := r.plan.nodes[r.cmd.Node]
	if r.st.Status == Suspended {
		return r.tryAgain(n)
	}
	active := r.st.Active[n.Name]
	r.fact.Node, r.fact.Round = n.Name, active.Round
	if n.Type == def.NodeWait {
		return r.wakeUp(n, active)
	}
	r.expire(n, r.cmd.Index)
	return nil
}

// expire does what the k-th deadline of an active node says.
func (r *run) expire(n *node, k int) {
	active := r.st.Active[n.Name]
	d := n.timeouts[k]
	active.Fired = append(active.Fired[:len(active.Fired):len(active.Fired)], k)
	r.st.Active[n.Name] = active
	r.fact.Do = d.do
	switch d.do {
	case doRemind:
		r.nudge(n)
	case doTransfer:
		r.transferOverdue(n, d.to)
	case doPass:
		r.decideAuto(n, "", AutoTimeoutPass)
		r.closeTasks(func(t *Task) bool { return t.Node == n.Name })
		r.pass(n)
	case doReject:
		r.rejectNode(n)
	case doReturn:
		target, ok := r.backTarget(n, first(d.to, toInitiator))
		if !ok { // Lint refuses such a definition
			target = nil
		}
		r.goBack(n, target, n.Resubmit)
	}
}

// wakeUp ends a wait whose time has come. What it waits for may have moved since: then it goes on waiting.
func (r *run) wakeUp(n *node, active Active) error {
	if n.until == nil {
		r.pass(n)
		return nil
	}
	until, over, ok := r.waitsUntil(n)
	switch {
	case r.err != nil:
		return r.err
	case !ok:
		r.stick(n, IncidentCondition, active.Prev)
		delete(r.st.Active, n.Name)
	case over || r.cmd.Met:
		r.pass(n)
	default:
		active.Until = until
		r.st.Active[n.Name] = active
	}
	return nil
}

// waitsForCondition tells whether a wait ends when something has come to pass, not at a time.
func (n *node) waitsForCondition() bool {
	return n.until != nil && n.until.program != nil && n.until.program.Type().Kind == expr.KindBool
}

// nudge notes who has to be reminded: those who hold open tasks, of one node or (nil) of all.
func (r *run) nudge(n *node) {
	for _, t := range r.st.OpenTasks() {
		if n == nil || t.Node == n.Name {
			r.fact.Reminds = append(r.fact.Reminds, t.User)
		}
	}
}

// transferOverdue gives the open tasks of a node to somebody else. Who has a slot of his own there takes no second task: the
// overdue slot is then given up to his. Where nobody can take a task it stays; a node must not run out of people.
func (r *run) transferOverdue(n *node, to string) {
	for i := range r.st.Tasks {
		t := r.st.Tasks[i]
		if t.Node != n.Name || t.Status != TaskOpen {
			continue
		}
		candidates := r.overdueTo(n, &t, to)
		if slices.ContainsFunc(candidates, func(p Person) bool { return p.ID == t.User.ID }) {
			continue
		}
		taker := slices.IndexFunc(candidates, func(p Person) bool { return r.free(n, &t, p.ID) })
		switch {
		case taker >= 0:
			r.close(&r.st.Tasks[i], TaskTransferred)
			r.fact.Users = append(r.fact.Users, candidates[taker])
			r.moveTask(&r.st.Tasks[i], candidates[taker])
		case slices.ContainsFunc(candidates, func(p Person) bool { return r.decides(n, &t, p.ID) }):
			r.close(&r.st.Tasks[i], TaskTransferred)
		}
	}
	r.proceed(n)
}

// free tells whether somebody could take a task of a node: he has none there, or it is this one and he had only asked for
// an opinion on it.
func (r *run) free(n *node, t *Task, user string) bool {
	live := r.liveOn(n, user)
	return live == nil || live.ID == t.ID
}

// decides tells whether somebody has a slot of a node, other than by a task.
func (r *run) decides(n *node, t *Task, user string) bool {
	live := r.liveOn(n, user)
	return live != nil && live.ID != t.ID && (live.Kind == TaskBase || live.Kind == TaskParallel)
}

// overdueTo finds who takes an overdue task: "leader" is that of its holder, admin, an entry as in who, or the id of a
// user; nobody found means an admin.
func (r *run) overdueTo(n *node, t *Task, to string) []Person {
	var people []Person
	switch {
	case to == "leader":
		people = r.active(r.leaderOf(t.User.ID))
	case to == "admin" || to == toInitiator || strings.Contains(to, ":"):
		people = r.resolveOne(n, to)
	default:
		people = r.active(to) // a user's id
	}
	people = slices.DeleteFunc(slices.Clone(people), func(p Person) bool {
		return p.ID == r.st.Initiator.ID && n.onSelf != "self"
	})
	if len(people) == 0 {
		people = r.notSelf(n, r.admins())
	}
	return people
}

// enterWait lets the token rest until a time or a condition; it goes on at once when that is over already.
func (r *run) enterWait(n *node, prev []string) bool {
	until, over, ok := r.waitsUntil(n)
	switch {
	case !ok:
		if r.err == nil {
			r.stick(n, IncidentCondition, prev)
		}
		return false
	case over:
		r.round(n)
		return true
	}
	active := r.activate(n, prev)
	active.Until = until
	r.st.Active[n.Name] = active
	return false
}

// waitsUntil is when a wait is over, or has to be looked at again: at the next midnight for a condition, which may speak
// of today. ok is false when that cannot be told.
func (r *run) waitsUntil(n *node) (until time.Time, over, ok bool) {
	if n.until == nil {
		until = r.now().Add(n.duration)
		return until, !until.After(r.now()), true
	}
	value, ok := r.eval(n.until)
	if !ok {
		return time.Time{}, false, false
	}
	if hold, isCondition := value.(bool); isCondition {
		return r.midnight(), hold, true
	}
	until, ok = r.instant(value)
	return until, ok && !until.After(r.now()), ok
}

// midnight is the next beginning of a day in the tenant's zone.
func (r *run) midnight() time.Time {
	return dayAfter(r.now().In(r.zone())).UTC()
}

// zone is the tenant's.
func (r *run) zone() *time.Location {
	if env := r.world.Env(r.values); env.Zone != nil {
		return env.Zone
	}
	return time.UTC
}

// instant is the beginning of a date in the tenant's zone, or a time as it is.
func (r *run) instant(value any) (time.Time, bool) {
	switch v := value.(type) {
	case expr.Time:
		return expr.StdTime(v), true
	case expr.Date:
		year, month, day := expr.DateParts(v)
		begins, _ := clockTime(time.Date(year, time.Month(month), day, 12, 0, 0, 0, time.UTC), 0, 0, r.zone())
		return begins.UTC(), true
	default:
		return time.Time{}, false
	}
}

// remind reminds everybody the run waits for; the same person may do it once an hour.
func (r *run) remind() error {
	if !r.initiator() && !r.admin() {
		return refuse(CodeNotAllowed)
	}
	last, before := r.st.Reminded[r.cmd.Actor.ID]
	if before && r.world.Now.Sub(last).Abs() < remindEvery { // the clock may have been set back since
		return refuse(CodeRateLimit)
	}
	if r.st.Reminded == nil {
		r.st.Reminded = map[string]time.Time{}
	}
	r.st.Reminded[r.cmd.Actor.ID] = r.now()
	r.fact.Comment = r.cmd.Comment
	r.nudge(nil)
	return nil
}

// carbonCopy lets more people read; an approver may do it if his node allows it, the initiator and admins always.
func (r *run) carbonCopy() error {
	at := ""
	if !r.initiator() && !r.admin() {
		_, n, err := r.held()
		if err != nil {
			return err
		}
		if !n.allows("cc") {
			return refuse(CodeNotAllowed)
		}
		at = n.Name // what is hidden from him is hidden from whom he sends it to
	}
	people, err := r.people(r.cmd.Users...)
	switch {
	case err != nil:
		return err
	case len(people) == 0:
		return refuse(CodeBadTarget)
	}
	r.fact.Users, r.fact.Comment = people, r.cmd.Comment
	r.copyTo(people, at)
	return nil
}
