package access

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"formwork/engine/def"
	"formwork/engine/query"
)

// policy is the roles of one catalog made ready to decide by: filters parsed, masks complete, inheritance followed.
type policy struct {
	catalog *def.Catalog
	roles   map[string]*role
}

// role is one role. closure holds its own name and those it inherits from, holders the roles that include this one.
type role struct {
	closure []string
	holders []string
	sets    map[string]*set
	grants  []*grant // its own ones only
}

type set struct {
	entity string
	where  *query.Filter
	take   string
}

type grant struct {
	role     string // whose sets its filter names
	name     string
	entity   string
	datasets []string // those it is about, if it is no grant on an entity
	actions  map[Action]bool
	where    *query.Filter             // nil = all rows
	fields   map[string]def.FieldRight // every path of the entity
}

// newPolicy compiles the roles of a catalog. Publishing has checked them, so a failure is a damaged catalog.
func newPolicy(catalog *def.Catalog) (*policy, error) {
	p := &policy{catalog: catalog, roles: make(map[string]*role, len(catalog.Roles))}
	for name, definition := range catalog.Roles {
		compiled, err := p.compile(name, definition)
		if err != nil {
			return nil, fmt.Errorf("role %s: %w", name, err)
		}
		p.roles[name] = compiled
	}
	for _, name := range slices.Sorted(maps.Keys(p.roles)) {
		for _, included := range p.roles[name].closure {
			if other := p.roles[included]; other != nil {
				other.holders = append(other.holders, name)
			}
		}
	}
	return p, nil
}

func (p *policy) compile(name string, definition *def.Role) (*role, error) {
	r := &role{closure: p.inherited(name), sets: map[string]*set{}}
	for setName, s := range definition.Sets {
		where, err := p.filter(s.Where, s.Entity)
		if err != nil {
			return nil, fmt.Errorf("set %s: %w", setName, err)
		}
		take := s.Take
		if take == "" {
			take = def.FieldID
		}
		r.sets[setName] = &set{s.Entity, where, take}
	}
	for _, grantName := range slices.Sorted(maps.Keys(definition.Grants)) {
		g := definition.Grants[grantName]
		compiled := &grant{role: name, name: grantName, entity: g.Entity, datasets: p.catalog.GrantedDatasets(g), actions: map[Action]bool{}}
		for _, action := range g.Actions {
			compiled.actions[Action(action)] = true
		}
		if g.Entity != "" {
			where, err := p.filter(g.Where, g.Entity)
			if err != nil {
				return nil, fmt.Errorf("grant %s: %w", grantName, err)
			}
			compiled.where = where
			compiled.fields = complete(p.catalog.Entities[g.Entity], g)
		}
		r.grants = append(r.grants, compiled)
	}
	return r, nil
}

// inherited lists a role and those it inherits from, each once; a circle ends where it began.
func (p *policy) inherited(name string) []string {
	closure := []string{name}
	for i := 0; i < len(closure); i++ {
		definition := p.catalog.Roles[closure[i]]
		if definition == nil {
			continue
		}
		for _, parent := range definition.Inherits {
			if !slices.Contains(closure, parent) {
				closure = append(closure, parent)
			}
		}
	}
	return closure
}

// filter parses and types a filter of a role; nil for none.
func (p *policy) filter(raw json.RawMessage, entity string) (*query.Filter, error) {
	if len(raw) == 0 {
		return nil, nil //nolint:nilnil // no filter is all rows
	}
	return ParseFilter(raw, p.catalog, entity)
}

// closure lists the roles an actor has, inherited ones included, each once.
func (p *policy) closure(roles []string) []string {
	var all []string
	for _, name := range roles {
		r := p.roles[name]
		if r == nil {
			continue // assigned, but gone from the catalog: grants nothing
		}
		for _, included := range r.closure {
			if !slices.Contains(all, included) {
				all = append(all, included)
			}
		}
	}
	return all
}

// grants lists what the given roles grant on an entity under an action.
func (p *policy) grants(roles []string, entity string, action Action) []*grant {
	var found []*grant
	for _, name := range roles {
		r := p.roles[name]
		if r == nil {
			continue
		}
		for _, g := range r.grants {
			if g.entity == entity && g.actions[action] {
				found = append(found, g)
			}
		}
	}
	return found
}

// complete spells a grant's field rights out for every path of the entity. The most specific name decides: the path
// itself, the sub-table it is a column of, masked for personal data that is not named, "*", then write (read if the
// grant changes nothing).
func complete(entity *def.Entity, g *def.Grant) map[string]def.FieldRight {
	rights := map[string]def.FieldRight{}
	if entity == nil {
		return rights
	}
	rest := def.FieldRead
	writes := []Action{Create, Update, Import}
	if slices.ContainsFunc(writes, func(a Action) bool { return slices.Contains(g.Actions, string(a)) }) {
		rest = def.FieldWrite
	}
	if named, ok := g.Fields["*"]; ok {
		rest = named
	}
	decide := func(f *def.Field, inherited def.FieldRight) def.FieldRight {
		right := inherited
		if (f.Personal != "" || f.Mask != nil) && rank(right) > rank(def.FieldMasked) {
			right = def.FieldMasked
		}
		if named, ok := g.Fields[f.Path]; ok {
			right = named
		}
		return right
	}
	for _, field := range entity.Fields() {
		right := decide(field, rest)
		rights[field.Path] = right
		shown := right
		for _, column := range field.Columns() {
			rights[column.Path] = decide(column, right)
			if rank(rights[column.Path]) > rank(shown) {
				shown = def.FieldRead
			}
		}
		// A hidden sub-table with a column opened by name is shown, with that column only.
		if rank(right) < rank(def.FieldRead) && rank(shown) >= rank(def.FieldRead) {
			rights[field.Path] = def.FieldRead
		}
	}
	return rights
}

var ranks = map[def.FieldRight]int{def.FieldHidden: 0, def.FieldMasked: 1, def.FieldRead: 2, def.FieldWrite: 3}

// rank orders field rights from least to most; an unknown one is hidden.
func rank(r def.FieldRight) int { return ranks[r] }
