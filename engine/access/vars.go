package access

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// ParseFilter parses a filter of a definition or request and types it against an entity of the catalog. Variables are
// those that stand everywhere and those that begin with one of the prefixes; without prefixes, sets.
func ParseFilter(raw json.RawMessage, catalog *def.Catalog, entity string, prefixes ...string) (*query.Filter, error) {
	definition := catalog.Entities[entity]
	if definition == nil {
		return nil, fmt.Errorf("filter over unknown entity %s", entity)
	}
	f, err := query.Parse(raw)
	if err != nil {
		return nil, err
	}
	if len(prefixes) == 0 {
		prefixes = []string{"sets"}
	}
	return f, query.Check(f, definition, catalog, query.Allow(prefixes...))
}

// Vars gives the variables that stand in every filter: the actor's, today and now, settings of the active catalog.
func (s *Service) Vars(ctx context.Context, actor Actor) (query.Vars, error) {
	catalog, err := s.config.Catalog(ctx, actor.Tenant)
	if err != nil {
		return nil, fmt.Errorf("variables: %w", err)
	}
	zone, err := s.config.Zone(ctx, actor.Tenant)
	if err != nil {
		return nil, fmt.Errorf("variables: %w", err)
	}
	now := s.config.Clock()
	return func(name string) (any, bool) {
		switch name {
		case "actor.id":
			return actor.ID, actor.ID != ""
		case "actor.departments":
			return texts(actor.Departments), true
		case "actor.department_tree":
			return texts(actor.DepartmentTree), true
		case "today":
			return now.In(zone).Format(time.DateOnly), true
		case "now":
			return instant(now), true
		}
		if path, ok := strings.CutPrefix(name, "setting."); ok {
			value, _, ok := catalog.Setting(path)
			return value, ok && value != nil
		}
		return nil, false
	}, nil
}

func texts(list []string) []any {
	items := make([]any, len(list))
	for i, item := range list {
		items[i] = item
	}
	return items
}

// instant is the wire form of a moment, in milliseconds; nil for the zero time.
func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
}

// actorOf makes the actor a user record stands for, as far as row filters look at him.
func (s *Service) actorOf(ctx context.Context, tenant string, user *store.Doc) (Actor, error) {
	actor := Actor{Tenant: tenant, ID: user.ID, Roles: listOf(user.Values["roles"])}
	actor.Name, _ = user.Values["name"].(string)
	actor.Departments = listOf(user.Values["departments"])
	if own, _ := user.Values["department"].(string); own != "" && !slices.Contains(actor.Departments, own) {
		actor.Departments = append([]string{own}, actor.Departments...)
	}
	if len(actor.Departments) == 0 {
		return actor, nil
	}
	tree, err := s.departments(ctx, actor)
	actor.DepartmentTree = tree
	return actor, err
}

// departments lists an actor's departments and all below them.
func (s *Service) departments(ctx context.Context, actor Actor) ([]string, error) {
	kept, err := s.kept(ctx, Actor{Tenant: actor.Tenant}, "departments", func(st store.Store) (list, []string, error) {
		docs, more, err := findAll(ctx, st, query.Query{
			Collection: def.EntityDepartment, Fields: []string{"parent"}, Limit: pageSize,
		}, maxDepartments)
		if err == nil && more {
			err = &query.Error{Code: query.CodeTooManyValues, Params: map[string]any{"max": maxDepartments}}
		}
		var edges []any
		for _, doc := range docs {
			if parent, ok := doc.Values["parent"].(string); ok {
				edges = append(edges, [2]string{parent, doc.ID})
			}
		}
		return list{ids: edges}, []string{def.EntityDepartment}, err
	})
	if err != nil {
		return nil, fmt.Errorf("departments: %w", err)
	}
	children := map[string][]string{}
	for _, item := range kept.ids {
		if edge, ok := item.([2]string); ok {
			children[edge[0]] = append(children[edge[0]], edge[1])
		}
	}
	tree := slices.Clone(actor.Departments)
	for i := 0; i < len(tree); i++ {
		for _, child := range children[tree[i]] {
			if !slices.Contains(tree, child) { // a circle ends here
				tree = append(tree, child)
			}
		}
	}
	return tree, nil
}

// maxDepartments is how many departments a tenant may have for department trees in row filters.
const maxDepartments = 20_000

func listOf(v any) []string {
	items, _ := v.([]any)
	list := make([]string, 0, len(items))
	for _, item := range items {
		if text, ok := item.(string); ok {
			list = append(list, text)
		}
	}
	return list
}
