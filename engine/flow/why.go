package flow

import (
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// Reason is one look-up that decided where a run went: a condition that was evaluated, an entry of a node's people, or a
// rule that put others in their place. A command's reasons are kept in its event, so that what happened can be explained
// after values, people and definitions have changed.
type Reason struct {
	Node   string         `json:"node"`
	Branch string         `json:"branch,omitempty"` // of a branch node's condition
	When   string         `json:"when,omitempty"`   // source of a condition
	Reads  map[string]any `json:"reads,omitempty"`  // what it read, by path or setting: the text of the value, the number of rows, nil = missing
	Holds  string         `json:"holds,omitempty"`  // of a condition: yes, no, failed
	Who    string         `json:"who,omitempty"`    // an entry of the node's people: role:finance
	Rule   string         `json:"rule,omitempty"`   // self_skip, self_leader, self_head, empty_pass, …; see the rule constants
	People []string       `json:"people,omitempty"` // ids of those an entry or rule gave
}

// What a condition came to.
const (
	holdsYes    = "yes"
	holdsNo     = "no"
	holdsFailed = "failed"
)

// The rules that change who is asked. Those that decide by themselves have the names of automatic decisions.
const (
	ruleSelfSkip    = AutoSelfSkip
	ruleSelfLeader  = "self_leader"
	ruleSelfHead    = "self_head"
	ruleEmptyPass   = AutoEmptyPass
	ruleEmptyReject = "empty_reject"
	ruleEmptyError  = "empty_error"
	ruleEmptyOther  = "empty_other" // those onEmpty names
	ruleEmptyAdmin  = "empty_admin"
)

// noteReads finds out, once per plan, which values its conditions read that may be kept: personal data may not, as what
// is in the log cannot be erased.
func (p *Plan) noteReads(cat *def.Catalog) {
	for _, c := range p.conditions() {
		if c.program == nil {
			continue
		}
		for _, path := range c.program.Reads() {
			path = withoutRecord(path)
			if !p.personal(cat, path) && !slices.ContainsFunc(c.reads, func(other expr.Path) bool { return slices.Equal(other, path) }) {
				c.reads = append(c.reads, path)
			}
		}
	}
}

// personal tells whether a path ends at, or leads through, a personal field.
func (p *Plan) personal(cat *def.Catalog, path expr.Path) bool {
	entity := p.entity
	for i := 0; i < len(path) && entity != nil; i++ {
		field, ok := entity.Field(path[i])
		if !ok {
			return false
		}
		if field.Personal != "" || slices.ContainsFunc(field.Columns(), func(c *def.Field) bool { return c.Personal != "" }) {
			return true
		}
		entity = cat.Entities[field.Target()]
	}
	return false
}

// because notes what a condition came to, and over which values.
func (r *run) because(n *node, branch string, c *condition, holds string) {
	reason := Reason{Node: n.Name, Branch: branch, When: c.source, Holds: holds}
	if values, ok := r.current(); ok && c.program != nil {
		self := r.env(values).Self
		reason.Reads = make(map[string]any, len(c.reads))
		for _, path := range c.reads {
			reason.Reads[strings.Join(path, ".")] = readAt(self, path)
		}
		for _, name := range c.program.Settings() {
			reason.Reads["setting('"+name+"')"] = r.plan.settings[name]
		}
	}
	r.why = append(r.why, reason)
}

// readAt follows a path from an object. A list is shown as its length: rows are not copied into the log.
func readAt(at expr.Object, path expr.Path) any {
	for i, name := range path {
		if at == nil {
			return nil
		}
		value := at.Get(name)
		list, isList := value.([]any)
		switch {
		case isList:
			return len(list)
		case expr.IsMissing(value):
			return nil
		case i == len(path)-1:
			return expr.Key(value)
		}
		ref, ok := value.(expr.Ref)
		if !ok {
			return nil
		}
		at = expr.RefObject(ref)
	}
	return nil
}

// answered is the result of a condition in words.
func answered(hold, ok bool) string {
	switch {
	case !ok:
		return holdsFailed
	case hold:
		return holdsYes
	default:
		return holdsNo
	}
}

// asked notes whom an entry of a node's people named.
func (r *run) asked(n *node, entry string, people []Person) {
	r.why = append(r.why, Reason{Node: n.Name, Who: entry, People: peopleIDs(people)})
}

// ruled notes a rule that took the place of a node's own people.
func (r *run) ruled(n *node, rule string, people []Person) {
	r.why = append(r.why, Reason{Node: n.Name, Rule: rule, People: peopleIDs(people)})
}

func peopleIDs(people []Person) []string {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	return ids
}
