package flow

import (
	"slices"
	"time"

	"formwork/engine/def"
)

// Where a verb is sent: to the task of the actor, or to the record with its run.
const (
	onTask   = "task"
	onRecord = "record"
)

// Possible is a verb somebody may use now, and what it needs to be accepted.
type Possible struct {
	Verb     Verb          `json:"verb"`
	On       string        `json:"on"`                  // task or record: which route takes it
	Comment  bool          `json:"comment,omitempty"`   // a comment must be given
	Sign     bool          `json:"sign,omitempty"`      // a drawn signature must be given
	Password bool          `json:"password,omitempty"`  // the actor's password must be given
	Person   bool          `json:"person,omitempty"`    // "to" is a user: of those GET /people finds
	People   bool          `json:"people,omitempty"`    // "users" are, the same way
	To       []TitledNode  `json:"to,omitempty"`        // "to" is one of these nodes
	Signers  []Named       `json:"signers,omitempty"`   // "to" is one of these people
	Kinds    []TaskKind    `json:"kinds,omitempty"`     // of addsign: before, after, parallel
	Picks    []Pick        `json:"picks,omitempty"`     // approvers that may be, or must be, chosen
	Resubmit string        `json:"resubmit,omitempty"`  // of return to the initiator: how he will go on unless told otherwise
	NotYet   *time.Time    `json:"notBefore,omitempty"` // of remind: earlier is refused
	Task     string        `json:"task,omitempty"`      // of the verbs of a task: which one
	Tasks    []OpenTaskRef `json:"tasks,omitempty"`     // of reassign: "task" is one of these
}

// OpenTaskRef is a live task somebody else holds.
type OpenTaskRef struct {
	Task  string `json:"task"`
	Title string `json:"title"`
	User  Named  `json:"user"`
}

// can lists the verbs of the reader: those of his task, then those of the run.
func (b *historian) can(mine *Task, dir *directory) []Possible {
	list := []Possible{}
	if mine != nil {
		list = b.canTask(mine)
	}
	for _, verb := range b.plan.runVerbs(&b.state, dir, b.actor.ID) {
		list = append(list, b.onRun(Verb(verb)))
	}
	return list
}

// canTask lists what the holder of an open task may do with it.
func (b *historian) canTask(t *Task) []Possible {
	n := b.plan.nodes[t.Node]
	if n == nil {
		return []Possible{} // his own of a returned run: resubmit is among the verbs of the run
	}
	id := taskID(b.full.Record.Entity, b.full.Record.ID, t.ID)
	var list []Possible
	add := func(p Possible) {
		p.On, p.Task = onTask, id
		list = append(list, p)
	}
	needs := n.commentRequired()
	if t.Owner != nil {
		add(Possible{Verb: Resolve}) // an opinion: what the node opens is its owner's to fill in
		return list
	}
	add(Possible{
		Verb: Approve, Comment: slices.Contains(needs, string(Approve)), Sign: n.Sign, Password: n.Confirm == "password",
		Picks: b.plan.toPick(&b.state, b.actor.Lang),
	})
	if n.Type == def.NodeApprove {
		add(Possible{Verb: Reject, Comment: slices.Contains(needs, string(Reject)), Password: n.Confirm == "password"})
	}
	if targets := b.returnTargets(n); n.allows("return") && len(targets) > 0 {
		add(Possible{
			Verb: Return, Comment: slices.Contains(needs, string(Return)), To: targets, Resubmit: first(n.Resubmit, "restart"),
		})
	}
	if n.hasWritable() {
		add(Possible{Verb: Save})
	}
	for _, verb := range []Verb{Transfer, Delegate} {
		if n.allows(string(verb)) {
			add(Possible{Verb: verb, Person: true})
		}
	}
	if kinds := b.signKinds(n, t); len(kinds) > 0 {
		add(Possible{Verb: AddSign, People: true, Kinds: kinds})
	}
	if signers := b.removable(n); len(signers) > 0 {
		add(Possible{Verb: RemoveSign, Signers: signers})
	}
	if n.allows("cc") {
		add(Possible{Verb: CarbonCopy, People: true})
	}
	return list
}

// signKinds are the kinds of signers the holder of a task may add now.
func (b *historian) signKinds(n *node, t *Task) []TaskKind {
	nested := t.Kind == TaskBefore || t.Kind == TaskAfter
	if !n.allows("addsign") || nested && !n.NestedSign {
		return nil
	}
	var kinds []TaskKind
	for _, kind := range []TaskKind{TaskBefore, TaskAfter, TaskParallel} {
		r := &run{plan: b.plan, st: &b.state, cmd: &Command{Kind: kind}}
		if !r.mixes(t) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// removable are the signers the reader added to a node who have not acted.
func (b *historian) removable(n *node) []Named {
	if !n.allows("removesign") {
		return nil
	}
	var people []Named
	for _, t := range b.state.tasksOf(n.Name, b.state.Active[n.Name].Round) {
		if t.live() && t.added() && t.AddedBy == b.actor.ID {
			people = append(people, named(t.User))
		}
	}
	return people
}

// onRun says what a verb of the run needs.
func (b *historian) onRun(verb Verb) Possible {
	p := Possible{Verb: verb, On: onRecord}
	switch verb {
	case Resubmit, Retry:
		p.Picks = b.plan.toPick(&b.state, b.actor.Lang)
	case CarbonCopy:
		p.People = true
	case Return:
		p.Comment, p.To = true, b.objectTargets()
	case Remind:
		if last, ok := b.state.Reminded[b.actor.ID]; ok && b.full.Now.Sub(last).Abs() < remindEvery {
			next := last.Add(remindEvery)
			p.NotYet = &next
		}
	case Jump:
		p.Comment, p.To = true, b.jumpTargets()
	case Terminate, Migrate:
		p.Comment = true
	case Reassign:
		p.Comment, p.Person = true, true
		p.Tasks = b.liveTasks()
	default:
	}
	return p
}

// objectTargets lists to where a run that only waits may be sent back, the initiator first.
func (b *historian) objectTargets() []TitledNode {
	targets := []TitledNode{{Name: toInitiator}}
	at := b.plan.waitsAt(&b.state)
	if at == nil {
		return targets
	}
	r := &run{plan: b.plan, st: &b.state}
	for _, other := range b.plan.order {
		if _, ok := r.backTarget(at, other.Name); ok && r.visited(other) && other.human() {
			targets = append(targets, TitledNode{Name: other.Name, Title: b.plan.titleOf(other.Name, b.actor.Lang)})
		}
	}
	return targets
}

// jumpTargets are the nodes an admin may put the run before.
func (b *historian) jumpTargets() []TitledNode {
	targets := []TitledNode{}
	r := &run{plan: b.plan, st: &b.state}
	for _, n := range b.plan.order {
		if n.human() && !n.insideFork() && !r.skipped(n) {
			targets = append(targets, TitledNode{Name: n.Name, Title: b.plan.titleOf(n.Name, b.actor.Lang)})
		}
	}
	return targets
}

// liveTasks are those an admin may give to somebody else.
func (b *historian) liveTasks() []OpenTaskRef {
	var list []OpenTaskRef
	for _, t := range b.state.Tasks {
		if t.live() && t.Kind != TaskStart && b.plan.nodes[t.Node] != nil {
			list = append(list, OpenTaskRef{
				Task:  taskID(b.full.Record.Entity, b.full.Record.ID, t.ID),
				Title: b.plan.titleOf(t.Node, b.actor.Lang), User: named(t.User),
			})
		}
	}
	return list
}

// mayRetrieve tells whether somebody could take his approval back now.
func (p *Plan) mayRetrieve(st *State, user string) bool {
	n := p.nodes[st.Last]
	if n == nil || st.Status != Running || len(st.Active) != 1 {
		return false
	}
	r := &run{plan: p, st: st, cmd: &Command{Actor: Person{ID: user}}}
	next := r.successor(n)
	if next == nil || next.Type == def.NodeCall || r.approvedBy(n) == nil {
		return false
	}
	active, ok := st.Active[next.Name]
	return ok && !slices.ContainsFunc(st.tasksOf(next.Name, active.Round), touched)
}
