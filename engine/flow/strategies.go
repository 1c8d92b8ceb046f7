package flow

import "slices"

// The reasons of automatic decisions.
const (
	AutoDedupe      = "dedupe"
	AutoSelfSkip    = "self_skip"
	AutoEmptyPass   = "empty_pass"
	AutoTimeoutPass = "timeout_pass"
	autoGroup       = "group" // rejected by those who were added before
)

// assignment is whom a node asks, or what happens when it asks nobody.
type assignment struct {
	people   []Person
	auto     string // passes at once, for this reason
	reject   bool
	incident string
}

// assign finds the people of a node and applies the strategies for the initiator among them and for nobody at all.
func (r *run) assign(n *node) assignment {
	if r.unpicked(n) {
		return assignment{}
	}
	people := r.resolve(n, n.Who)
	others := slices.DeleteFunc(slices.Clone(people), func(p Person) bool { return p.ID == r.st.Initiator.ID })
	if len(others) == len(people) || n.onSelf == "self" {
		return r.orEmpty(n, people)
	}
	switch n.onSelf {
	case "skip":
		r.ruled(n, ruleSelfSkip, others)
		if len(others) == 0 {
			return assignment{auto: AutoSelfSkip}
		}
		return assignment{people: others}
	case "leader":
		people = r.instead(people, r.leaderOf(r.st.Initiator.ID))
		r.ruled(n, ruleSelfLeader, people)
	default: // head
		people = r.instead(people, r.world.Org.Head(r.st.Initiator.Department))
		r.ruled(n, ruleSelfHead, people)
	}
	return r.orEmpty(n, people)
}

// instead puts somebody in the initiator's place. The initiator himself, nobody, or somebody who is asked anyway only
// leaves the place empty.
func (r *run) instead(people []Person, id string) []Person {
	var changed []Person
	for _, p := range people {
		switch {
		case p.ID != r.st.Initiator.ID:
			changed = append(changed, p)
		case id != r.st.Initiator.ID:
			changed = append(changed, r.active(id)...)
		}
	}
	return unique(changed)
}

// leaderOf gives the nearest active leader of somebody; a circle ends the search.
func (r *run) leaderOf(id string) string {
	seen := map[string]bool{id: true}
	for range maxLevels {
		id = r.world.Org.Leader(id)
		if id == "" || seen[id] {
			return ""
		}
		if _, ok := r.world.Org.Person(id); ok {
			return id
		}
		seen[id] = true
	}
	return ""
}

// orEmpty applies onEmpty when nobody is left. A node never passes silently because it could not find its admin.
func (r *run) orEmpty(n *node, people []Person) assignment {
	if len(people) > 0 {
		return assignment{people: people}
	}
	kind, arg, _ := cutWho(n.onEmpty)
	switch kind {
	case "pass":
		r.ruled(n, ruleEmptyPass, nil)
		return assignment{auto: AutoEmptyPass}
	case "reject":
		r.ruled(n, ruleEmptyReject, nil)
		return assignment{reject: true}
	case "error":
		r.ruled(n, ruleEmptyError, nil)
		return assignment{incident: IncidentNoApprover}
	case "user":
		people = r.active(arg)
	case "role":
		people = r.world.Org.Holders(arg)
	}
	people = r.butSelf(n, people)
	if len(people) > 0 {
		r.ruled(n, ruleEmptyOther, people)
		return assignment{people: people}
	}
	people = r.notSelf(n, r.admins())
	r.ruled(n, ruleEmptyAdmin, people)
	if len(people) == 0 {
		return assignment{incident: IncidentNoApprover}
	}
	return assignment{people: people}
}

// notSelf leaves the initiator out where he may not approve, unless nobody else is there.
func (r *run) notSelf(n *node, people []Person) []Person {
	if others := r.butSelf(n, people); len(others) > 0 {
		return others
	}
	return people
}

// butSelf leaves the initiator out where he may not approve.
func (r *run) butSelf(n *node, people []Person) []Person {
	if n.onSelf == "self" {
		return people
	}
	return slices.DeleteFunc(slices.Clone(people), func(p Person) bool { return p.ID == r.st.Initiator.ID })
}

// decideAuto notes an automatic decision on a node, for a user or ("") for nobody.
func (r *run) decideAuto(n *node, user, reason string) {
	d := Decision{Node: n.Name, User: user, Reason: reason}
	r.st.Decisions = append(r.st.Decisions, d)
	r.fact.Auto = append(r.fact.Auto, d)
}

// duplicate tells whether somebody's approval elsewhere counts on a node.
func (r *run) duplicate(n *node, user string) bool {
	prev := r.st.Active[n.Name].Prev
	for _, a := range r.st.Approvers {
		if a.User == user && (n.dedupe == "any" || slices.Contains(prev, a.Node)) {
			return true
		}
	}
	return false
}

// remember notes an approval for the removal of duplicates.
func (r *run) remember(node, user string) {
	a := Approval{Node: node, User: user}
	if !slices.Contains(r.st.Approvers, a) {
		r.st.Approvers = append(r.st.Approvers, a)
	}
}
