package flow

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/form"
)

// CaseSetting is what a case plays on: its definitions, the organisation, and an example of every value it uses.
type CaseSetting struct {
	ID       string
	Flow     *def.Flow
	Called   map[string]*def.Flow   // by name
	Values   map[string]any         // of the main flow's record, by field
	SubValue map[string]form.Values // of the records of called flows, by flow and field
	Leaders  map[string]string
	Roles    map[string][]string
	People   []string // who has a part in its steps, beside the usual ones

	Departments map[string]string // of users
	Heads       map[string]string // of departments
}

// setting collects what the stage has to know before the first step.
func (c *scenario) setting() CaseSetting {
	org := newCaseOrg(c.Org)
	set := CaseSetting{
		ID: c.ID, Flow: c.Def.flow(""), Called: map[string]*def.Flow{}, Values: map[string]any{},
		SubValue: map[string]form.Values{}, Leaders: org.leaders, Roles: org.roles, Departments: org.departments, Heads: org.heads,
	}
	for _, name := range fieldsRead(c.Def.Nodes) {
		set.Values[name] = json.Number("0")
	}
	for name, sub := range c.Defs {
		set.Called[name] = sub.flow(name)
		set.SubValue[name] = form.Values{}
		for _, field := range fieldsRead(sub.Nodes) {
			set.SubValue[name][field] = json.Number("0")
		}
	}
	set.Values = withRead(set.Values, set.Flow)
	for name, f := range set.Called {
		set.SubValue[name] = withRead(set.SubValue[name], f)
	}
	calls := map[string]string{} // call node to flow
	set.connect(calls, c.Def.Nodes, set.Values)
	for _, name := range slices.Sorted(maps.Keys(c.Defs)) {
		set.connect(calls, c.Defs[name].Nodes, set.SubValue[name])
	}
	for i := range c.Steps {
		for _, step := range append([]caseStep{c.Steps[i]}, c.Steps[i].Race...) {
			set.People = append(set.People, step.people()...)
			into := set.Values
			if step.On != "" {
				into = set.SubValue[calls[step.On]]
			}
			give(into, step.Data)
		}
	}
	set.hand(c.Def.Nodes, set.Values)
	for _, name := range slices.Sorted(maps.Keys(c.Defs)) {
		set.hand(c.Defs[name].Nodes, set.SubValue[name])
	}
	return set
}

// give notes values by their fields. A field that is cleared keeps the type it had.
func give(values, data form.Values) {
	for field, value := range data {
		if _, known := values[field]; value != nil || !known {
			values[field] = value
		}
	}
}

// withRead adds the fields that the conditions of a flow read, as numbers unless a step gives them otherwise.
func withRead(values form.Values, f *def.Flow) form.Values {
	plan := compilePlan(nil, f)
	for _, n := range plan.order {
		conditions := []*condition{n.when, n.until}
		for _, b := range n.branches {
			conditions = append(conditions, b.when)
		}
		for _, c := range conditions {
			if c == nil || c.err != nil {
				continue
			}
			for _, path := range c.program.Reads() {
				if path = withoutRecord(path); len(path) == 1 && values[path[0]] == nil {
					values[path[0]] = json.Number("0")
				}
			}
		}
	}
	return values
}

// connect notes which flows some nodes call and the fields that take their results.
func (set *CaseSetting) connect(calls map[string]string, nodes []shortNode, values form.Values) {
	for _, n := range callNodes(nodes) {
		calls[n.ID] = n.Flow
		for out, from := range n.Out {
			values[out] = json.Number("0")
			if sub := set.SubValue[n.Flow]; sub != nil {
				sub[from] = json.Number("0")
			}
		}
	}
}

// hand gives the called flows of some nodes the fields that are mapped to them.
func (set *CaseSetting) hand(nodes []shortNode, values form.Values) {
	for _, n := range callNodes(nodes) {
		for in, from := range n.Map {
			if sub := set.SubValue[n.Flow]; sub != nil {
				sub[in] = mapped(values, n.Each, from)
			}
		}
	}
}

// people lists who has a part in a step.
func (step *caseStep) people() []string {
	ids := append([]string{step.By, step.User, step.From}, step.Users...)
	switch Verb(step.Do) {
	case Transfer, Delegate, Reassign, HandOver, "proxy":
		ids = append(ids, step.To)
	default:
	}
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
}

// callNodes lists the nodes that call flows, in branches too.
func callNodes(nodes []shortNode) []*shortNode {
	var list []*shortNode
	for i := range nodes {
		n := &nodes[i]
		if n.Flow != "" {
			list = append(list, n)
		}
		for k := range n.Branches {
			list = append(list, callNodes(n.Branches[k].Nodes)...)
		}
	}
	return list
}

// mapped is a value of what an expression names, of the rows of a table or of the record, to tell its type; 0 for any other
// expression.
func mapped(values form.Values, each, from string) any {
	name := strings.TrimPrefix(from, "row.")
	rows, _ := values[each].([]any)
	for _, row := range rows {
		if row, _ := row.(map[string]any); row[name] != nil {
			return row[name]
		}
	}
	if value, known := values[name]; known {
		return value
	}
	return json.Number("0")
}

// fieldsRead lists the fields that rights and approvers of some nodes name.
func fieldsRead(nodes []shortNode) []string {
	var names []string
	for i := range nodes {
		for path := range nodes[i].Fields {
			names = append(names, path)
		}
		for k := range nodes[i].Branches {
			names = append(names, fieldsRead(nodes[i].Branches[k].Nodes)...)
		}
	}
	return names
}

// CaseField names the type of a case's value: numbers are decimals, texts that name people are users, lists name several.
func CaseField(value any, people func(string) bool) def.FieldType {
	switch v := value.(type) {
	case string:
		if people(v) {
			return def.TypeUser
		}
		return def.TypeText
	case bool:
		return def.TypeBoolean
	case []any:
		return def.TypeUsers
	default:
		return def.TypeDecimal
	}
}
