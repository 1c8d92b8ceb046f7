package flow

import (
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/form"
)

// maxRows is for how many rows a call node may start children.
const maxRows = 200

// enterCall starts the children of a call node. It tells whether the token goes on at once: nobody waits for an
// asynchronous child, and a sub-table without rows has none.
func (r *run) enterCall(n *node, prev []string) bool {
	values, ok := r.current()
	if !ok {
		return false
	}
	rows := []map[string]any{nil}
	if n.Each != "" {
		rows = rowsOf(values, n.Each)
	}
	if len(rows) > maxRows {
		r.tooManyRows(n, len(rows), prev)
		return false
	}
	active := r.activate(n, prev)
	waits := (n.Wait == nil || *n.Wait) && len(rows) > 0
	for i, row := range rows {
		id, _ := row["_id"].(string)
		e := Effect{
			Kind: EffectCall, Node: n.Name, Round: active.Round, Flow: n.Flow, Row: id, Values: n.input(values, row), Index: i,
		}
		if waits {
			e.Parent = &Parent{Node: n.Name, Round: active.Round, Index: i}
		}
		r.send(e)
		active.Children = append(active.Children, Child{Index: i, Row: id, Status: Running})
	}
	if !waits {
		delete(r.st.Active, n.Name)
		return true
	}
	r.st.Active[n.Name] = active
	return false
}

// tooManyRows refuses a command of somebody who can do something about the rows, or choose another way, before he does it:
// whoever submits or approves. What the engine or an administrator leads to such a node suspends the run.
func (r *run) tooManyRows(n *node, rows int, prev []string) {
	switch r.cmd.Verb {
	case Start, Resubmit, Approve:
		if !r.cmd.engine() {
			r.err = rowsRefused(n, rows)
			return
		}
	default:
	}
	r.stick(n, IncidentTooManyRows, prev)
}

func rowsRefused(n *node, rows int) error {
	return &Refused{Code: CodeTooManyRows, Params: map[string]any{
		"node": n.Name, "title": n.Label(""), "field": n.Each, "rows": rows, "max": maxRows,
	}}
}

// countRows refuses to submit what a call on the way could not take, however the conditions turn out: it stands in the
// flow's own list without one, or in a parallel branch of it, and nobody before it may take rows out. What the engine starts
// is stopped when it comes there.
func (r *run) countRows() error {
	if r.cmd.engine() {
		return nil
	}
	for _, n := range r.plan.certain {
		values, ok := r.current()
		if !ok {
			return r.err
		}
		if rows := len(rowsOf(values, n.Each)); rows > maxRows {
			return rowsRefused(n, rows)
		}
	}
	return nil
}

// certainCalls lists the calls for each row that a run comes to in any case, with the rows it was submitted with. open
// collects the sub-tables people on the way may change.
func certainCalls(l *list, open map[string]bool) []*node {
	var found []*node
	for _, n := range l.nodes {
		switch {
		case n.Type == def.NodeCall && n.Each != "" && n.when == nil && !open[n.Each]:
			found = append(found, n)
		case n.Type == def.NodeBranch && n.Mode == "parallel" && n.when == nil:
			for _, b := range n.branches {
				if b.when == nil {
					found = append(found, certainCalls(b.list, open)...)
				}
			}
		}
		walkNodes(&list{nodes: []*node{n}}, 0, func(inner *node) {
			for path, right := range inner.Fields {
				open[path] = open[path] || right == "w"
			}
		})
	}
	return found
}

// rowsOf gives the rows of a sub-table.
func rowsOf(values form.Values, table string) []map[string]any {
	list, _ := values[table].([]any)
	rows := make([]map[string]any, 0, len(list))
	for _, item := range list {
		if row, ok := item.(map[string]any); ok {
			rows = append(rows, row)
		}
	}
	return rows
}

// input maps the parent's fields to the child's; for a row its columns, with or without "row." before them, come first.
func (n *node) input(values form.Values, row map[string]any) form.Values {
	child := form.Values{}
	for field, from := range n.In {
		source := values
		column, named := strings.CutPrefix(from, "row.")
		if _, there := row[column]; there || named {
			source, from = row, column
		}
		if v, ok := source[from]; ok {
			child[field] = v
		}
	}
	return child
}

// output maps a child's fields to the parent's, or to the columns of the row it was called for. A row without an id (of
// values no entity describes) cannot be addressed: the parent's fields take the result.
func (n *node) output(child form.Values, row string) form.Values {
	mapped := form.Values{}
	for field, from := range n.Out {
		if v, ok := child[from]; ok {
			mapped[field] = v
		}
	}
	if n.Each == "" || row == "" || len(mapped) == 0 {
		return mapped
	}
	mapped["_id"] = row
	return form.Values{n.Each: []any{mapped}}
}

// awaits tells whether a child of an active call node has not ended yet.
func (a Active) awaits(index int) bool {
	return slices.ContainsFunc(a.Children, func(c Child) bool { return c.Index == index && c.Status == Running })
}

// called is the node as its running children know it.
func (a Active) called(n *node) Called {
	if a.Called != nil {
		return *a.Called
	}
	return Called{Node: n.Name, Flow: n.Flow}
}

// calling finds the active node that called in a round under a name, which a migration may have given to another since.
func (s *State) calling(name string, round int) (node string, active Active, ok bool) {
	for node, active := range s.Active {
		named := active.Called != nil && active.Called.Node == name || active.Called == nil && node == name
		if named && active.Round == round {
			return node, active, true
		}
	}
	return "", Active{}, false
}

// lastCall is a round no call of the run has come beyond: whoever calls later, under whatever name, calls in a higher one.
func (s *State) lastCall() int {
	last := s.CallRound
	for _, round := range s.Rounds {
		last = max(last, round)
	}
	return last
}

// childEnded takes a child's result; the node passes or rejects as its children have.
func (r *run) childEnded() error {
	name, active, _ := r.st.calling(r.cmd.Node, r.cmd.Round)
	n := r.plan.nodes[name]
	active.Children = slices.Clone(active.Children)
	slots := make([]slot, len(active.Children))
	for i := range active.Children {
		c := &active.Children[i]
		if c.Index == r.cmd.Index {
			c.Status = r.cmd.Ended
			if c.Status == Approved {
				r.change(n.output(r.cmd.Data, c.Row))
			}
		}
		slots[i] = slot{childState(c.Status), 1}
	}
	r.st.Active[n.Name] = active
	r.fact.Node, r.fact.Round, r.fact.Do = n.Name, active.Round, string(r.cmd.Ended)
	switch n.quorum.decide(slots) {
	case passed:
		r.cancelChildren(n, active)
		r.pass(n)
	case rejected:
		r.rejectNode(n)
	case pending:
	}
	return nil
}

func childState(s Status) verdict {
	switch s {
	case Approved:
		return passed
	case Rejected, Cancelled, Terminated:
		return rejected
	default:
		return pending
	}
}

// cancelChildren asks for the end of the children that still run.
func (r *run) cancelChildren(n *node, active Active) {
	var kids []int
	for _, c := range active.Children {
		if c.Status == Running {
			kids = append(kids, c.Index)
		}
	}
	if len(kids) > 0 {
		called := active.called(n)
		r.send(Effect{Kind: EffectCancelChild, Node: called.Node, Flow: called.Flow, Round: active.Round, Kids: kids})
	}
}
