package store

import (
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/query"
)

// maxIndexes keeps a collection within the 64 indexes MongoDB allows, with room for the store's own.
const maxIndexes = 48

// CollectionOf describes the collection of an entity: its fields and columns, and the indexes its references, x-index,
// the views, the lookups into it and the limits of uniqueness need. An unknown entity gives an empty collection.
func CollectionOf(cat *def.Catalog, entity string) Collection {
	e, ok := cat.Entities[entity]
	if !ok {
		return Collection{Name: entity}
	}
	c := Collection{Name: entity}
	for _, field := range e.AllFields() {
		c.Fields = append(c.Fields, fieldOf(field))
	}
	plan := &indexPlan{shape: NewShape(c)}
	for _, index := range def.SystemIndexes(entity) {
		plan.add(index)
	}
	plan.ofViews(cat, entity)
	plan.ofLookups(cat, entity)
	for _, field := range c.Fields {
		if field.Index {
			plan.add([]string{field.Path})
		}
	}
	c.Indexes = plan.indexes()
	return c
}

func fieldOf(f *def.Field) Field {
	return Field{
		Path:   f.Path,
		Type:   f.XType,
		Scale:  scaleOf(f),
		Fixed:  f.IsDecimal() && f.IsFixed(),
		List:   f.IsList(),
		Search: f.Search,
		Pinyin: f.Collation == "pinyin",
		Index:  f.Index || f.Target() != "",
	}
}

func scaleOf(f *def.Field) int {
	if f.IsDecimal() {
		return f.EffectiveScale()
	}
	return 0
}

// indexPlan collects indexes and drops those a longer one makes superfluous.
type indexPlan struct {
	shape *Shape
	lists [][]string
}

// add takes an index over fields of the record (or one column, or one list) that the collection has.
func (p *indexPlan) add(paths []string) {
	for _, path := range paths {
		field, ok := p.shape.Field(IndexedPath(path))
		if !ok || field.Type == def.TypeTable || field.Type == def.TypeLongText {
			return
		}
		if len(paths) > 1 && (field.List || strings.Contains(path, ".")) {
			return
		}
	}
	anyway := len(paths) == 1 && paths[0] == def.FieldState // stores index it by themselves
	if len(paths) > 0 && !anyway {
		p.lists = append(p.lists, slices.Clone(paths))
	}
}

// IndexedPath is the field path of one part of an index, without the signs around it.
func IndexedPath(part string) string {
	return strings.TrimSuffix(strings.TrimLeft(part, "-+"), monthSuffix)
}

const monthSuffix = ":month"

// IsCarried tells whether a part of an index has no order.
func IsCarried(part string) bool { return strings.HasPrefix(part, "+") }

// IsMonth tells whether a part of an index is the month of a date.
func IsMonth(part string) bool { return strings.HasSuffix(part, monthSuffix) }

// ofViews adds for each view of the entity an index in its order, and one per filtered reference followed by that
// order, so that a filtered list need not be sorted. They carry what the view filters and sums by.
func (p *indexPlan) ofViews(cat *def.Catalog, entity string) {
	for _, name := range sortedNames(cat.Views) {
		view := cat.Views[name]
		if view.Entity != entity {
			continue
		}
		var order []string
		for _, key := range view.Sort {
			path := key.Field
			if key.Dir == "desc" {
				path = "-" + path
			}
			order = append(order, path)
		}
		carried := p.carried(view, cat.Entities[entity].Approval)
		p.add(p.carry(order, carried))
		for _, path := range view.Filters {
			field, ok := p.shape.Field(path)
			if ok && equalityType(field.Type) && !slices.Contains(order, path) && !slices.Contains(order, "-"+path) {
				p.add(p.carry(append([]string{path}, order...), carried))
			}
		}
	}
}

// carried lists the short fields a view filters or sums by.
func (p *indexPlan) carried(view *def.View, approval bool) []string { //nolint:revive // approval: whether records have a state
	var paths []string
	if approval {
		paths = append(paths, def.FieldState)
	}
	paths = append(paths, view.Filters...)
	for _, column := range view.Columns {
		if column.Total != "" {
			paths = append(paths, column.Field)
		}
	}
	return slices.DeleteFunc(paths, func(path string) bool {
		field, ok := p.shape.Field(path)
		return !ok || field.List || strings.Contains(path, ".") || !short(field.Type)
	})
}

// short tells whether values of a type are small enough to be carried in indexes.
func short(t def.FieldType) bool {
	switch t {
	case def.TypeInteger, def.TypeDecimal, def.TypePercent, def.TypeMoney, def.TypeBoolean, def.TypeDate, def.TypeMonth,
		def.TypeDateTime, def.TypeSelect:
		return true
	default:
		return equalityType(t)
	}
}

// carry adds what an index does not hold yet.
func (p *indexPlan) carry(index, carried []string) []string {
	if len(index) == 0 {
		return nil
	}
	for _, path := range carried {
		if !slices.ContainsFunc(index, func(part string) bool { return IndexedPath(part) == path }) {
			index = append(index[:len(index):len(index)], "+"+path)
		}
	}
	return index
}

// equalityType tells whether a quick filter over the type usually names one value.
func equalityType(t def.FieldType) bool {
	switch t {
	case def.TypeReference, def.TypeUser, def.TypeDepartment:
		return true
	default:
		return false
	}
}

// ofLookups adds an index for each lookup into the entity: its equalities, then its bound.
func (p *indexPlan) ofLookups(cat *def.Catalog, entity string) {
	for _, name := range sortedNames(cat.Entities) {
		for _, field := range cat.Entities[name].AllFields() {
			for _, lookup := range field.Lookup {
				if lookup.Entity == entity {
					p.add(lookupIndex(lookup))
				}
			}
		}
	}
}

func lookupIndex(lookup *def.Lookup) []string {
	where, err := query.Parse(lookup.Where)
	if err != nil {
		return nil
	}
	members := where.And
	if where.Cond != nil {
		members = []*query.Filter{where}
	}
	var equal, bound []string
	for _, member := range members {
		if member.Cond == nil || len(member.Cond.Path) != 1 {
			continue
		}
		switch member.Cond.Op {
		case query.Eq, query.In:
			if member.Cond.Path[0] == def.FieldID {
				return nil // found by id, nothing is quicker
			}
			equal = append(equal, member.Cond.Path[0])
		case query.Le, query.Lt, query.Ge, query.Gt:
			bound = append(bound, "-"+member.Cond.Path[0])
		default:
		}
	}
	return append(equal, bound...)
}

// indexes gives the plan in a stable order, without repetitions and without indexes whose ordered parts another begins
// with.
func (p *indexPlan) indexes() [][]string {
	var kept [][]string
	for i, index := range p.lists {
		covered := false
		for j, other := range p.lists {
			mine, theirs := orderedParts(index), orderedParts(other)
			longer := len(theirs) > len(mine) || len(theirs) == len(mine) && j < i
			covered = covered || i != j && longer && slices.Equal(mine, theirs[:len(mine)])
		}
		if !covered {
			kept = append(kept, index)
		}
	}
	return kept[:min(len(kept), maxIndexes)]
}

func orderedParts(index []string) []string {
	if at := slices.IndexFunc(index, IsCarried); at >= 0 {
		return index[:at]
	}
	return index
}

// WithGrouping adds the index that answers an aggregation from the index alone: its keys, then what its filters and
// measures read. Keys behind a sub-table, and fields too long for an index, are left to a scan.
func (c Collection) WithGrouping(a query.Aggregation) Collection {
	plan := &indexPlan{shape: NewShape(c), lists: slices.Clone(c.Indexes)}
	var index, carried []string
	for _, by := range a.By {
		part := strings.Join(by.Path, ".")
		if by.Unit == query.Month && by.Type == def.TypeDate {
			part += monthSuffix
		} else if by.Unit != "" {
			return c
		}
		index = append(index, part)
	}
	for _, m := range a.Measures {
		carried = append(carried, strings.Join(m.Path, "."))
		carried = append(carried, query.Fields(m.Where)...)
	}
	carried = append(carried, query.Fields(a.Where)...)
	for _, path := range slices.Concat(keyPaths(a), carried) {
		field, ok := plan.shape.Field(path)
		if path != "" && (!ok || field.List || strings.Contains(path, ".") || !short(field.Type)) {
			return c
		}
	}
	carried = slices.DeleteFunc(carried, func(path string) bool { return path == "" })
	plan.add(plan.carry(index, carried))
	c.Indexes = plan.indexes()
	return c
}

func keyPaths(a query.Aggregation) []string {
	paths := make([]string, len(a.By))
	for i, by := range a.By {
		paths[i] = strings.Join(by.Path, ".")
	}
	return paths
}

func sortedNames[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
