package flow

import (
	"maps"
	"slices"
	"strings"
)

// Pick is a node whose approvers somebody chooses: the initiator when he submits, or an approver on the way.
type Pick struct {
	Node     string `json:"node"`
	Title    string `json:"title"`
	Role     string `json:"role,omitempty"` // only holders of it may be chosen, "" = anybody
	Required bool   `json:"required"`       // nobody else would be asked there
}

// picks gives what a node lets people choose; false if it asks nobody chosen.
func (n *node) picks() (role string, ok bool) {
	for _, who := range n.Who {
		if kind, arg, _ := cutWho(who); kind == "pick" {
			if role = strings.TrimPrefix(arg, "role:"); role == "all" {
				role = ""
			}
			return role, true
		}
	}
	return "", false
}

// toPick lists the nodes whose approvers are still to be chosen, in document order.
func (p *Plan) toPick(st *State, lang string) []Pick {
	var picks []Pick
	for _, n := range p.order {
		role, ok := n.picks()
		if !ok || len(st.Picks[n.Name]) > 0 || st.Rounds[n.Name] > 0 && st.Status == Running {
			continue
		}
		picks = append(picks, Pick{Node: n.Name, Title: p.titleOf(n.Name, lang), Role: role, Required: len(n.Who) == 1})
	}
	return picks
}

// pick takes over whom the actor chose; it refuses a node that asks nobody chosen, and people the node does not admit.
// Choices for the node "" count for every node.
func (r *run) pick() error {
	if len(r.cmd.Picks) == 0 {
		return nil
	}
	chosen := maps.Clone(r.st.Picks)
	if chosen == nil {
		chosen = map[string][]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(r.cmd.Picks)) {
		if err := r.mayPick(name, r.cmd.Picks[name]); err != nil {
			return err
		}
		chosen[name] = r.cmd.Picks[name]
	}
	r.st.Picks = chosen
	return nil
}

func (r *run) mayPick(name string, users []string) error {
	refused := func(user string) error {
		return &Refused{Code: CodePickInvalid, Params: map[string]any{"node": name, "user": user}}
	}
	n := r.plan.nodes[name]
	role := ""
	if name != "" {
		ok := n != nil
		if ok {
			role, ok = n.picks()
		}
		if !ok {
			return refused("")
		}
	}
	if _, err := r.people(users...); err != nil {
		return err
	}
	for _, user := range users {
		if role != "" && !r.world.Org.HasRole(user, role) {
			return refused(user)
		}
	}
	return nil
}

// unpicked refuses a command that leads to a node nobody was chosen for, so that whoever acts chooses now. What the
// engine does by itself goes on: the node then does as it does when it finds nobody.
func (r *run) unpicked(n *node) bool {
	if r.cmd.engine() || len(n.Who) != 1 {
		return false
	}
	role, ok := n.picks()
	if !ok || len(r.st.Picks[n.Name]) > 0 || len(r.st.Picks[""]) > 0 {
		return false
	}
	switch r.cmd.Verb {
	case Start, Resubmit, Approve:
		r.err = &Refused{Code: CodePickRequired, Params: map[string]any{"picks": []Pick{
			{Node: n.Name, Title: n.Label(""), Role: role, Required: true},
		}}}
		return true
	default:
		return false
	}
}
