package flow

import (
	"slices"
	"time"

	"formwork/engine/def"
)

// MayView tells whether somebody takes part in a run, so that he may see its record: the initiator, whoever holds or
// held a task (or acts for one who holds one), readers in copy, and the admins of the flow.
func (p *Plan) MayView(st *State, org Org, user string, now time.Time) bool {
	return p.Invites(st, org, user, now) || p.Admin(org, user)
}

// Invites tells whether a run has asked or told somebody of its record, so that he may read it without any grant: its
// initiator, whoever holds or held a task (or acts for one who holds one), and readers in copy. An admin of the flow who
// has no grant on its records does not read them.
func (p *Plan) Invites(st *State, org Org, user string, now time.Time) bool {
	if user == st.Initiator.ID || st.copied(user) {
		return true
	}
	for i := range st.Tasks {
		if concerns(&st.Tasks[i], user) {
			return true
		}
	}
	principals := org.Principals(user, now)
	for i := range st.Tasks {
		if t := &st.Tasks[i]; t.live() && slices.Contains(principals, t.User.ID) {
			return true
		}
	}
	return false
}

// concerns tells whether somebody holds or held a task.
func concerns(t *Task, user string) bool {
	return t.User.ID == user || t.Owner != nil && t.Owner.ID == user || t.By != nil && t.By.ID == user ||
		slices.Contains(t.Past, user)
}

// Hidden tells which paths a run hides from somebody who takes part in it: those that every node he stands at hides.
// Live tasks count before those that are over. The initiator and admins see what their grants show.
func (p *Plan) Hidden(st *State, org Org, user string, now time.Time) func(path string) bool {
	if !p.hides() || user == st.Initiator.ID || p.Admin(org, user) {
		return func(string) bool { return false }
	}
	return hiddenAt(p.nodesOf(st, org.Principals(user, now), user))
}

// hides tells whether any node hides anything. Most flows do not, and need not ask who somebody is.
func (p *Plan) hides() bool {
	for _, n := range p.nodes {
		for _, right := range n.Fields {
			if right == "-" {
				return true
			}
		}
	}
	return false
}

// hiddenAt hides what every one of some nodes hides.
func hiddenAt(nodes []*node) func(path string) bool {
	return func(path string) bool {
		hides := func(n *node) bool { return n.right(path) == "-" }
		return len(nodes) > 0 && !slices.ContainsFunc(nodes, func(n *node) bool { return !hides(n) })
	}
}

// nodesOf gives the nodes somebody stands at: those of his live tasks, else those of his past ones and of the copies.
func (p *Plan) nodesOf(st *State, principals []string, user string) []*node {
	var live, past []*node
	for i := range st.Tasks {
		t := &st.Tasks[i]
		n := p.nodes[t.Node]
		switch {
		case n == nil && t.Kind != TaskStart && concerns(t, user):
			past = append(past, p.gone())
		case n == nil:
		case t.live() && (t.User.ID == user || slices.Contains(principals, t.User.ID)):
			live = append(live, n)
		case concerns(t, user):
			past = append(past, n)
		}
	}
	if len(live) > 0 {
		return live
	}
	for _, c := range st.CC {
		if c.ID == user {
			past = append(past, p.copiedAt(c.Node))
		}
	}
	return past
}

// copiedAt is the node somebody was sent a copy at; one without rights of its own for copies of the initiator and admins.
func (p *Plan) copiedAt(name string) *node {
	if n := p.nodes[name]; n != nil {
		return n
	}
	if name != "" {
		return p.gone()
	}
	return &node{Node: &def.Node{Type: def.NodeCC}}
}

// gone stands for a node that the version a run was migrated to has no more: what it hid is not known any more, so it hides
// what any node hides.
func (p *Plan) gone() *node {
	fields := map[string]string{}
	for _, n := range p.order {
		for path, right := range n.Fields {
			if right == "-" {
				fields[path] = right
			}
		}
	}
	return &node{Node: &def.Node{Type: def.NodeCC, Fields: fields}}
}

// NodeRights gives what a node says about fields: path to w, r or -. Unknown nodes say nothing.
func (p *Plan) NodeRights(name string) map[string]string {
	if n := p.nodes[name]; n != nil {
		return n.Fields
	}
	return nil
}

// Writable tells which paths somebody may write with an open task on a node.
func (p *Plan) Writable(name string) func(path string) bool {
	n := p.nodes[name]
	return func(path string) bool { return n != nil && n.writable(path) }
}
