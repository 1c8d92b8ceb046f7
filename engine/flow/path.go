package flow

import (
	"slices"

	"formwork/engine/def"
)

// Where a node of the path stands.
const (
	pathDone    = "done"
	pathActive  = "active"
	pathWaiting = "waiting"
	pathSkipped = "skipped"
)

// path lists the nodes in the order of the definition, with where each stands.
func (p *Plan) path(st *State, lang string) []PathNode {
	path := []PathNode{}
	status := pathWaiting
	if st.Status == Approved {
		status = pathDone
	}
	p.pathOf(st, p.root, status, &path)
	for i := range path {
		path[i].Title = p.titleOf(path[i].Node, lang)
	}
	return path
}

// pathOf adds the nodes of a list; status is that of a list no token stands in.
func (p *Plan) pathOf(st *State, l *list, status string, path *[]PathNode) {
	r := &run{plan: p, st: st}
	token := slices.IndexFunc(l.nodes, func(n *node) bool {
		_, active := st.Active[n.Name]
		_, open := st.Blocks[n.Name]
		return active || open || slices.ContainsFunc(st.Incident, func(s Stuck) bool { return s.Node == n.Name })
	})
	for i, n := range l.nodes {
		at := status
		switch {
		case token >= 0 && i < token:
			at = pathDone
		case token >= 0 && i == token:
			at = pathActive
		case token >= 0:
			at = pathWaiting
		}
		switch {
		case r.skipped(n) && at != pathWaiting:
			at = pathSkipped
		case st.Status.Ended() && st.Status != Approved:
			at = pathSkipped
			if st.Rounds[n.Name] > 0 {
				at = pathDone
			}
		}
		if n.Type != def.NodeBranch {
			*path = append(*path, PathNode{Node: n.Name, Type: n.Type, Status: at})
			continue
		}
		p.pathOfBranches(st, n, at, path)
	}
}

func (p *Plan) pathOfBranches(st *State, n *node, at string, path *[]PathNode) {
	for _, b := range n.branches {
		inside := at
		chosen := slices.Contains(st.Choices[n.Name], b.Name)
		switch {
		case at == pathActive && chosen:
			inside = pathDone // unless a token stands in it
		case (at == pathActive || at == pathDone) && !chosen:
			inside = pathSkipped
		}
		p.pathOf(st, b.list, inside, path)
	}
}
