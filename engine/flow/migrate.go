package flow

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"formwork/engine/def"
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
	n := m.apart(r.plan, st)
	st.CallRound = st.lastCall()
	st.Active = n.actives(r.plan, next, st.Active)
	st.Blocks = renamed(n, st.Blocks)
	st.Rounds = renamed(n, st.Rounds)
	st.Choices = n.choices(m, st.Choices)
	st.Set, st.Picks = renamed(n, st.Set), renamed(n, st.Picks)
	st.Last = n.name(st.Last)
	for i := range st.Tasks {
		st.Tasks[i].Node = n.name(st.Tasks[i].Node)
	}
	n.incidents(r.plan, next, st)
	st.Approvers = slices.Clone(st.Approvers)
	for i := range st.Approvers {
		st.Approvers[i].Node = n.name(st.Approvers[i].Node)
	}
	n.renameHistory(st)
	for name, block := range st.Blocks {
		block.Left, block.Prev, block.Done = m.names(block.Left), n.names(block.Prev), n.names(block.Done)
		st.Blocks[name] = block
	}
	if st.Resume != nil {
		resume := *st.Resume
		resume.Node, resume.Prev = n.name(resume.Node), n.names(resume.Prev)
		resume.Choices = n.choices(m, resume.Choices)
		st.Resume = &resume
	}
	st.Name, st.Catalog, st.Settings = next.Flow.Name, next.Catalog, next.settings
	r.fact.Comment = r.cmd.Comment
	r.plan = next
	r.waitAnew()
	return r.takeUp()
}

// waitAnew works out how long the waits last that the run rests on, as its version of the flow says it. What is over
// already ends with the next deadlines.
func (r *run) waitAnew() {
	for _, n := range r.plan.order {
		active, there := r.st.Active[n.Name]
		if !there || n.Type != def.NodeWait {
			continue
		}
		if n.until == nil {
			active.Until = active.EnteredAt.Add(n.duration)
		} else if until, over, ok := r.waitsUntil(n); over || !ok { // if it cannot be told, the deadline finds that out
			active.Until = r.now()
		} else {
			active.Until = until
		}
		r.st.Active[n.Name] = active
	}
}

// takeUp lets a run go on under other circumstances than those its nodes were entered in, or after it lay still: deadlines
// go by the calendar as it is, and nodes are decided as their flow says now. A suspended run does so when it is free again.
func (r *run) takeUp() error {
	if err := r.reschedule(); err != nil || r.st.Status != Running || len(r.st.Incident) > 0 {
		return err
	}
	for _, n := range r.plan.order {
		if _, active := r.st.Active[n.Name]; active && n.human() && r.moving() {
			r.proceed(n)
		}
	}
	return r.err
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

// aside marks the name of a node of an older version whose history must not be taken for that of another one.
const aside = "~"

// apart gives the new names of the nodes a run came by, so that no two of them have one: what was decided on one node must
// not count on another, because that was given the name the first one had, or both became one. The name is that of the node
// the run stands on, else that of the one it was meant for, else that of the later one.
func (m renaming) apart(from *Plan, st *State) renaming {
	names := st.cameBy()
	standing := st.standing()
	order := map[string]int{}
	for i, n := range from.order {
		order[n.Name] = i + 1
	}
	slices.SortFunc(names, func(a, b string) int {
		rank := func(name string) int {
			_, meant := m[name]
			switch {
			case slices.Contains(standing, name) || name == StartNode || name == "":
				return 0
			case meant:
				return 1
			default:
				return 2
			}
		}
		return cmp.Or(rank(a)-rank(b), order[b]-order[a], strings.Compare(a, b))
	})
	given := renaming{} // also for names only the map knows
	maps.Copy(given, m)
	taken := map[string]bool{}
	for _, name := range names {
		now := m.name(name)
		for taken[now] {
			now += aside
		}
		given[name], taken[now] = now, true
	}
	return given
}

// cameBy names the nodes a run remembers something of, each once.
func (s *State) cameBy() []string {
	names := slices.AppendSeq(s.standing(), maps.Keys(s.Rounds))
	for _, choices := range []map[string][]string{s.Choices, s.resumeChoices()} {
		for name := range choices {
			node, _ := cutQuestion(name)
			names = append(names, node)
		}
	}
	names = slices.AppendSeq(slices.AppendSeq(names, maps.Keys(s.Set)), maps.Keys(s.Picks))
	for i := range s.Tasks {
		names = append(names, s.Tasks[i].Node)
	}
	for _, p := range s.Posted {
		names = append(names, p.Node)
	}
	for _, c := range s.CC {
		names = append(names, c.Node)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (s *State) resumeChoices() map[string][]string {
	if s.Resume == nil {
		return nil
	}
	return s.Resume.Choices
}

// actives gives the tokens under the new names. A node that waits for children stays known to them as it was.
func (m renaming) actives(from, to *Plan, old map[string]Active) map[string]Active {
	moved := renamed(m, old)
	for name := range old {
		now := m.name(name)
		active := moved[now]
		active.Prev = m.names(active.Prev)
		active.Fired = from.nodes[name].firedIn(to.nodes[now], active.Fired)
		called := active.called(from.nodes[name])
		if len(active.Children) > 0 && called != (Called{Node: now, Flow: to.nodes[now].Flow}) {
			active.Called = &called
		}
		moved[now] = active
	}
	return moved
}

// firedIn gives the deadlines of another version of a node that count as fired: what they do was done when it was their time
// or later. A deadline that version has beyond that still comes.
func (n *node) firedIn(to *node, fired []int) []int {
	var done []int
	for k, d := range to.timeouts {
		if slices.ContainsFunc(fired, func(i int) bool {
			return i < len(n.timeouts) && d.doesAs(n.timeouts[i]) && d.after <= n.timeouts[i].after
		}) {
			done = append(done, k)
		}
	}
	return done
}

// doesAs tells whether two deadlines do the same.
func (d deadline) doesAs(other deadline) bool { return d.do == other.do && d.to == other.to }

// incidents gives the stuck tokens under the new names. A deadline that was refused is the one that does the same in the new
// version; where none does, it is over.
func (m renaming) incidents(from, to *Plan, st *State) {
	for i := range st.Incident {
		s := &st.Incident[i]
		old := from.nodes[s.Node]
		s.Node, s.Prev = m.name(s.Node), m.names(s.Prev)
		now := to.nodes[s.Node]
		if s.holdsToken() || old == nil || now == nil || s.Deadline > len(old.timeouts) {
			continue
		}
		refused := old.timeouts[s.Deadline-1]
		k := slices.IndexFunc(now.timeouts, refused.doesAs)
		if k < 0 {
			k = len(now.timeouts)
		}
		s.Deadline = k + 1
	}
}

// choices gives the branches taken under the new names of nodes and, by another renaming, branches.
func (m renaming) choices(branches renaming, old map[string][]string) map[string][]string {
	moved := renamed(m, old)
	for name, taken := range moved {
		if _, condition := cutQuestion(name); !condition { // of a node's own condition it is yes or no
			moved[name] = branches.names(taken)
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
