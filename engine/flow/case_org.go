package flow

import (
	"maps"
	"slices"
	"time"

	"formwork/engine/form"
)

// caseAdmin is the flow admin of the cases.
const caseAdmin = "adm"

// caseOrg is the organisation of the cases. Everybody is known and active unless he was disabled.
type caseOrg struct {
	leaders     map[string]string
	roles       map[string][]string
	heads       map[string]string
	departments map[string]string
	disabled    map[string]bool
	proxies     []Proxy
	flow        string // the flow that asks, for the scope of proxies
}

func newCaseOrg(change *orgChange) *caseOrg {
	o := &caseOrg{
		leaders: map[string]string{"u1": "m1", "u2": "m1", "m1": "m2", "m2": "ceo"},
		roles: map[string][]string{
			"finance": {"f1", "f2", "f3"}, "board": {"e1", "e2", "e3", "e4", "e5"}, "legal": {"l1"},
			"flow_admin": {caseAdmin},
		},
		heads: map[string]string{}, departments: map[string]string{}, disabled: map[string]bool{},
	}
	if change != nil {
		o.lead(change.Leaders)
		o.lead(change.Leader)
		maps.Copy(o.roles, change.Roles)
		maps.Copy(o.heads, change.Heads)
		maps.Copy(o.heads, change.Head)
		maps.Copy(o.departments, change.Departments)
		maps.Copy(o.departments, change.Dept)
		for _, id := range change.Disabled {
			o.disabled[id] = true
		}
	}
	return o
}

// lead sets the leaders.
func (o *caseOrg) lead(leaders map[string]*string) {
	partly := false
	for _, leader := range leaders {
		partly = partly || leader == nil
	}
	if leaders != nil && !partly {
		clear(o.leaders)
	}
	for user, leader := range leaders {
		if leader == nil {
			delete(o.leaders, user)
			continue
		}
		o.leaders[user] = *leader
	}
}

func (o *caseOrg) clone() *caseOrg {
	c := *o
	c.disabled = maps.Clone(o.disabled)
	c.proxies = slices.Clone(o.proxies)
	return &c
}

// Person implements Org.
func (o *caseOrg) Person(id string) (Person, bool) {
	return Person{ID: id, Name: id, Department: o.departments[id]}, id != "" && !o.disabled[id]
}

// Holders implements Org.
func (o *caseOrg) Holders(role string) []Person {
	var people []Person
	for _, id := range o.roles[role] {
		if p, ok := o.Person(id); ok {
			people = append(people, p)
		}
	}
	return people
}

// HasRole implements Org.
func (o *caseOrg) HasRole(user, role string) bool { return slices.Contains(o.roles[role], user) }

// Leader implements Org.
func (o *caseOrg) Leader(user string) string { return o.leaders[user] }

// Head implements Org.
func (o *caseOrg) Head(department string) string { return o.heads[department] }

// Field implements Org. The cases have one level of untyped fields: whatever names a department is one.
func (o *caseOrg) Field(path []string, values form.Values) []Ref {
	var ids []any
	switch v := values[path[0]].(type) {
	case string:
		ids = []any{v}
	case []any:
		ids = v
	}
	var refs []Ref
	for _, id := range ids {
		if text, ok := id.(string); ok {
			_, department := o.heads[text]
			refs = append(refs, Ref{ID: text, Department: department})
		}
	}
	return refs
}

// Principals implements Org.
func (o *caseOrg) Principals(proxy string, at time.Time) []string {
	return Principals(o.proxies, proxy, o.flow, at)
}
