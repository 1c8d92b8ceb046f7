package engine

import (
	"context"
	"fmt"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
)

// Person is a member as every other member may know him.
type Person struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Department string `json:"department,omitempty"` // display text
}

// PeopleQuery asks for active members, to choose from.
type PeopleQuery struct {
	Search string // text the name or the login contains; "" = everybody
	Role   string // only its holders, "" = all
	Limit  int    // 1 to 100; 0 = 20
}

// People finds active members by name. Every member may: their names stand in approvals anyway; nothing else is told.
func (e *Engine) People(ctx context.Context, actor access.Actor, in PeopleQuery) ([]Person, error) {
	db, err := e.Tenants.Store(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	cond := func(c query.Cond) *query.Filter { return &query.Filter{Cond: &c} }
	where := &query.Filter{And: []*query.Filter{
		{Not: cond(query.Cond{Path: []string{"disabled"}, Op: query.Eq, Value: true, Type: def.TypeBoolean})},
	}}
	if in.Search != "" {
		where.And = append(where.And, &query.Filter{Or: []*query.Filter{
			cond(query.Cond{Path: []string{"name"}, Op: query.Contains, Value: in.Search, Type: def.TypeText}),
			cond(query.Cond{Path: []string{"login"}, Op: query.Contains, Value: in.Search, Type: def.TypeText}),
		}})
	}
	if in.Role != "" {
		where.And = append(where.And, cond(query.Cond{
			Path: []string{"roles"}, Op: query.Contains, Value: in.Role, Type: def.TypeMultiSelect, List: true,
		}))
	}
	if in.Limit < 1 || in.Limit > 100 {
		in.Limit = 20
	}
	page, err := db.Find(ctx, query.Query{
		Collection: def.EntityUser, Where: where, Fields: []string{"name", "department"}, Limit: in.Limit,
		Sort: []query.Sort{{Field: "name", Type: def.TypeText}},
	})
	if err != nil {
		return nil, fmt.Errorf("find people: %w", err)
	}
	people := make([]Person, len(page.Docs))
	var departments []string
	for i, doc := range page.Docs {
		people[i] = Person{ID: doc.ID, Name: text(doc.Values, "name"), Department: text(doc.Values, "department")}
		departments = append(departments, people[i].Department)
	}
	units, err := db.Get(ctx, def.EntityDepartment, departments...)
	if err != nil {
		return nil, fmt.Errorf("departments of people: %w", err)
	}
	names := map[string]string{}
	for _, unit := range units {
		names[unit.ID] = text(unit.Values, "name")
	}
	for i := range people {
		people[i].Department = names[people[i].Department]
	}
	return people, nil
}

func text(values map[string]any, field string) string {
	s, _ := values[field].(string)
	return s
}
