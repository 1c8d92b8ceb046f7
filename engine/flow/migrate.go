package flow

import (
	"slices"
)

// migrate moves the run to another version of its flow. Every active node and block must have its place there; open
// tasks stay as they are.
func (r *run) migrate() error {
	if !r.admin() {
		return refuse(CodeNotAdmin)
	}
	next := r.cmd.Next
	if next == nil {
		return refuse(CodeMigrateUnmapped)
	}
	m := renaming(r.cmd.Map)
	if err := m.check(r.plan, next, r.st); err != nil {
		return err
	}
	if err := r.givesReason(); err != nil {
		return err
	}
	st := r.st
	st.CallRound = st.lastCall()
	st.Active = m.actives(r.plan, next, st.Active)
	st.Blocks = renamed(m, st.Blocks)
	st.Rounds = renamed(m, st.Rounds)
	st.Choices = m.choices(st.Choices)
	st.Set, st.Picks = renamed(m, st.Set), renamed(m, st.Picks)
	st.Last = m.name(st.Last)
	for i := range st.Tasks {
		st.Tasks[i].Node = m.name(st.Tasks[i].Node)
	}
	for i := range st.Incident {
		st.Incident[i].Node = m.name(st.Incident[i].Node)
		st.Incident[i].Prev = m.names(st.Incident[i].Prev)
	}
	st.Approvers = slices.Clone(st.Approvers)
	for i := range st.Approvers {
		st.Approvers[i].Node = m.name(st.Approvers[i].Node)
	}
	m.renameHistory(st)
	for name, block := range st.Blocks {
		block.Left, block.Prev, block.Done = m.names(block.Left), m.names(block.Prev), m.names(block.Done)
		st.Blocks[name] = block
	}
	if st.Resume != nil {
		resume := *st.Resume
		resume.Node, resume.Prev = m.name(resume.Node), m.names(resume.Prev)
		resume.Choices = m.choices(resume.Choices)
		st.Resume = &resume
	}
	st.Name, st.Catalog, st.Settings = next.Flow.Name, next.Catalog, next.settings
	r.fact.Comment = r.cmd.Comment
	r.plan = next
	return r.reschedule()
}

// renameHistory gives what is remembered of nodes their new names: who was copied where (what is hidden from him hangs on
// it), what was decided by itself, and what actions posted, also those that are still to be delivered.
func (m renaming) renameHistory(st *State) {
	st.CC, st.Decisions = slices.Clone(st.CC), slices.Clone(st.Decisions)
	st.Posted, st.Outbox = slices.Clone(st.Posted), slices.Clone(st.Outbox)
	for i := range st.CC {
		st.CC[i].Node = m.name(st.CC[i].Node)
	}
	for i := range st.Decisions {
		st.Decisions[i].Node = m.name(st.Decisions[i].Node)
	}
	for i := range st.Posted {
		st.Posted[i].Node = m.name(st.Posted[i].Node)
	}
	for i := range st.Outbox {
		if st.Outbox[i].Kind == EffectAction { // a call is known to its children by the name it had
			st.Outbox[i].Node = m.name(st.Outbox[i].Node)
		}
	}
}

// renaming maps old names of nodes and branches to new ones; what it does not mention keeps its name.
type renaming map[string]string

func (m renaming) name(old string) string {
	if renamed, ok := m[old]; ok {
		return renamed
	}
	return old
}

func (m renaming) names(old []string) []string {
	if old == nil {
		return nil
	}
	renamed := make([]string, len(old))
	for i, name := range old {
		renamed[i] = m.name(name)
	}
	return renamed
}

// actives gives the tokens under the new names. A node that waits for children stays known to them as it was.
func (m renaming) actives(from, to *Plan, old map[string]Active) map[string]Active {
	moved := renamed(m, old)
	for name := range old {
		now := m.name(name)
		active := moved[now]
		active.Prev = m.names(active.Prev)
		called := active.called(from.nodes[name])
		if len(active.Children) > 0 && called != (Called{Node: now, Flow: to.nodes[now].Flow}) {
			active.Called = &called
		}
		moved[now] = active
	}
	return moved
}

// choices gives the branches taken under the new names of nodes and branches.
func (m renaming) choices(old map[string][]string) map[string][]string {
	moved := renamed(m, old)
	for name, taken := range moved {
		if _, condition := cutQuestion(name); !condition { // of a node's own condition it is yes or no
			moved[name] = m.names(taken)
		}
	}
	return moved
}

// renamed gives a map by node under the new names. Results of conditions stand under names with a question mark.
func renamed[V any](m renaming, old map[string]V) map[string]V {
	moved := make(map[string]V, len(old))
	for name, v := range old {
		if plain, ok := cutQuestion(name); ok {
			moved[m.name(plain)+"?"] = v
			continue
		}
		moved[m.name(name)] = v
	}
	return moved
}

func cutQuestion(name string) (string, bool) {
	if n := len(name); n > 0 && name[n-1] == '?' {
		return name[:n-1], true
	}
	return name, false
}

// check refuses a migration that would lose a token or put it into other blocks.
func (m renaming) check(from, to *Plan, st *State) error {
	held := st.standing()
	slices.Sort(held)
	for _, name := range held {
		old, now := from.nodes[name], to.nodes[m.name(name)]
		if old == nil || now == nil || now.Type != old.Type && (!now.human() || !old.human()) {
			return refuseWith(CodeMigrateUnmapped, "node", name)
		}
	}
	taken := map[*list]bool{}
	for _, name := range held {
		l := to.nodes[m.name(name)].list
		if taken[l] || !slices.Equal(m.names(from.nodes[name].scope()), to.nodes[m.name(name)].scope()) {
			return refuseWith(CodeMigrateScope, "node", name)
		}
		taken[l] = true // one token in a list, also where two branches become one
	}
	return nil
}

// scope lists the blocks and branches around a node, from inside out.
func (n *node) scope() []string {
	around := []string{}
	for l := n.list; l.owner != nil; l = l.owner.list {
		around = append(around, l.branch.Name, l.owner.Name)
	}
	return around
}
