package flow

import (
	"time"

	"formwork/engine/expr"
	"formwork/engine/form"
)

// World is what a step takes from outside. The same world gives the same outcome.
type World struct {
	Now time.Time
	Org Org
	// Values gives the record's complete values with a merge patch applied: computed fields as form evaluates them. nil is
	// the patch that changes nothing. An error (the record's rules refuse the values) refuses the command with it.
	Values func(patch form.Values) (form.Values, error)
	// Env gives what conditions are evaluated over.
	Env func(values form.Values) *expr.Env
	// Seen gives the hash of the values the actor may see now; nil if commands name none.
	Seen func() (string, error)
	// Calendar says which time counts for deadlines; nil: all of it.
	Calendar *Calendar
	// About is the record the values belong to when the run is not part of its document; patches become effects on it. A
	// run on its own record, or with values of its own, has none.
	About *About
}

// Org is the directory as it is now, seen from one record.
type Org interface {
	// Person finds an active person; false for unknown and disabled ones.
	Person(id string) (Person, bool)
	// Holders gives the active holders of a role whose row filter admits this record, in a stable order.
	Holders(role string) []Person
	// HasRole tells whether somebody holds a role, for this record.
	HasRole(user, role string) bool
	// Leader gives the id of somebody's leader, also a disabled one; "" if he has none.
	Leader(user string) string
	// Head gives the id of the head of a department; "" if it has none.
	Head(department string) string
	// Field follows a path of references from the record's values to users or departments.
	Field(path []string, values form.Values) []Ref
	// Principals gives those for whom somebody may act at an instant, in this flow. It is one hop.
	Principals(proxy string, at time.Time) []string
}

// Ref is what a path of fields ends at.
type Ref struct {
	ID         string
	Department bool // a department, otherwise a user
}
