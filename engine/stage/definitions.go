package stage

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"formwork/engine/def"
	"formwork/engine/flow"
)

// definitions makes the entity of a case, its flows and the roles.
func (p *playing) definitions(main *def.Flow) (def.Definitions, error) {
	defs := def.Definitions{}
	add := func(kind def.Kind, value any) error {
		raw, err := json.Marshal(value)
		if err != nil {
			return err
		}
		canonical, problems := def.Canonical(raw)
		if len(problems) > 0 {
			return fmt.Errorf("definition: %s at %s", problems[0].Code, problems[0].Path)
		}
		d, err := def.Parse(kind, canonical)
		if err != nil {
			return err
		}
		defs[def.RefOf("cases", d)] = d
		return nil
	}
	if err := add(def.KindEntity, object{
		"name": calendarEntity, "title": calendarEntity, "type": "object", "properties": object{
			"date":     object{"type": "string", "format": "date", "x-type": "date", "title": "date"},
			"day_type": object{"type": "string", "x-type": "text", "title": "day_type"},
		},
	}); err != nil {
		return nil, err
	}
	entities := map[string]map[string]any{p.entity: p.set.Values}
	for name, values := range p.set.SubValue {
		entities[p.entity+"_"+name] = values
	}
	for entity, values := range entities {
		if err := add(def.KindEntity, p.entityOf(entity, values)); err != nil {
			return nil, err
		}
	}
	flows := map[string]*def.Flow{p.entity: main}
	for name, f := range p.set.Called {
		flows[p.entity+"_"+name] = f
	}
	for name, f := range flows {
		if err := add(def.KindFlow, p.flowOf(name, f)); err != nil {
			return nil, err
		}
	}
	for role, value := range rolesOf(slices.Collect(maps.Keys(entities)), p.set.Roles) {
		if err := add(def.KindRole, value); err != nil {
			return nil, fmt.Errorf("role %s: %w", role, err)
		}
	}
	return defs, nil
}

type object = map[string]any

func (p *playing) entityOf(name string, values map[string]any) object {
	properties := object{"subject_line": object{"type": "string", "x-type": "text", "title": "S"}}
	for field, value := range values {
		properties[field] = p.propertyOf(field, value)
	}
	return object{
		"name": name, "title": name, "type": "object", "x-approval": true, "x-display": "subject_line", "properties": properties,
	}
}

// propertyOf is a field that takes a value of the case: rows make a sub-table with the columns of the first.
func (p *playing) propertyOf(field string, value any) object {
	if rows, _ := value.([]any); len(rows) > 0 {
		if row, ok := rows[0].(map[string]any); ok {
			columns := object{}
			for name, cell := range row {
				columns[name] = p.propertyOf(name, cell)
			}
			return object{"type": "array", "x-type": "table", "title": field, "items": object{"type": "object", "properties": columns}}
		}
	}
	kind := flow.CaseField(value, func(text string) bool { return slices.Contains(everybody(&p.set), text) })
	if text, ok := value.(string); ok && p.set.Heads[text] != "" {
		kind = def.TypeDepartment
	}
	property := object{"type": "string", "x-type": string(kind), "title": field}
	switch kind {
	case def.TypeUsers:
		property["type"], property["items"] = "array", object{"type": "string"}
	case def.TypeBoolean:
		property["type"] = "boolean"
	case def.TypeDecimal:
		property["x-scale"] = 4
	default:
	}
	return property
}

// flowOf is a flow of the case on its own entity; the flows it calls have the case in their names.
func (p *playing) flowOf(name string, f *def.Flow) *def.Flow {
	g := *f
	g.Name, g.Title, g.Entity = name, name, name
	if name != p.entity {
		g.Start = &def.Start{On: def.Strings{"call"}}
	}
	g.Nodes = p.renamed(f.Nodes)
	return &g
}

func (p *playing) renamed(nodes []*def.Node) []*def.Node {
	list := make([]*def.Node, len(nodes))
	for i, n := range nodes {
		m := *n
		if m.Flow != "" {
			m.Flow = p.entity + "_" + m.Flow
		}
		m.Branches = nil
		for _, b := range n.Branches {
			c := *b
			c.Nodes = p.renamed(b.Nodes)
			m.Branches = append(m.Branches, &c)
		}
		list[i] = &m
	}
	return list
}

// rolesOf lets staff start and read their own, and holders of the cases' roles be asked.
func rolesOf(entities []string, roles map[string][]string) map[string]object {
	own := object{"field": "created_by", "op": "eq", "value": object{"var": "actor.id"}}
	staff, asked := object{}, object{}
	for _, entity := range entities {
		staff[entity] = object{"entity": entity, "actions": []string{"create", "read", "update", "submit"}, "where": own}
		asked[entity] = object{"entity": entity, "actions": []string{"act"}}
	}
	all := map[string]object{"staff": {"name": "staff", "title": "staff", "grants": staff}}
	for role := range roles {
		all[role] = object{"name": role, "title": role, "grants": asked}
	}
	return all
}
