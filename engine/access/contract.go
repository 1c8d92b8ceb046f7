// Package access answers one question: may this actor do this, and with which fields? It turns roles and grants
// (definitions.md §10) into row filters and field masks. Deny by default: no grant matches nothing, an empty list
// allows nothing. Grants add up per row: a field is readable in a row if one grant that admits the row shows it.
package access

import (
	"formwork/engine/def"
	"formwork/engine/query"
)

// Action is what an actor wants to do with an entity or dataset.
type Action string

// The actions of definitions.md §10.
const (
	Create Action = "create"
	Read   Action = "read"
	Update Action = "update"
	Delete Action = "delete"
	Submit Action = "submit"
	Act    Action = "act"
	Void   Action = "void"
	Export Action = "export"
	Import Action = "import"
	Print  Action = "print"
)

// Actor is who acts: a person, an API key, or the system. ID is the id of the user record in the tenant.
type Actor struct {
	Tenant         string
	ID             string
	Name           string
	Lang           string
	Roles          []string // assigned roles; inherited ones are followed through the catalog
	Departments    []string
	DepartmentTree []string
	Admin          bool   // tenant administrator: may manage definitions, people and see every record
	System         bool   // the engine itself: may do everything; its writes are marked "system"
	Key            string // id of the API key that acts for ID, ""
	Cause          string // what made the engine act, kept in events; flows write it, "" for people
}

// Rights are what an actor may do with one entity under one action: one entry per grant.
type Rights struct {
	All    bool // everything, every field (system, tenant administrator)
	Grants []Right

	veil func() (Veil, error) // what runs hide from the actor; nil = nothing
}

// Right is one grant with its row filter resolved (variables and sets filled in; nil = all rows).
type Right struct {
	Where  *query.Filter
	Fields map[string]def.FieldRight // by path, "*" the default
}
