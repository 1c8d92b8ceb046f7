package report

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
	"formwork/engine/store"
)

// regroup answers a source with keys behind references: grouped by the references, then by what the records referred to
// hold. Sums and counts are added, averages made of sums and counts, different values counted as a set.
func (q *run) regroup(ctx context.Context) ([]group, error) {
	a := q.aggregation()
	names := q.groupBy(&a)
	for i, m := range q.measures {
		a.Measures = append(a.Measures, q.parts(i, m)...)
	}
	found, err := q.aggregate(ctx, a)
	if err != nil {
		return nil, err
	}
	ends, err := q.ends(ctx, names, found)
	if err != nil {
		return nil, err
	}
	merged := &regrouping{run: q, names: names, ends: ends, byKey: map[string]*pile{}}
	for _, values := range found {
		if err := merged.add(values); err != nil {
			return nil, err
		}
	}
	for i, m := range q.measures {
		if m.agg == query.CountDistinct {
			if err := merged.distinct(ctx, i, m); err != nil {
				return nil, err
			}
		}
	}
	return merged.groups()
}

// countSuffix marks the count beside a sum that an average is made from.
const countSuffix = "n"

// parts are the aggregates a measure is put together from.
func (q *run) parts(i int, m *measure) []query.Measure {
	one := query.Measure{Name: measureName(i), Agg: m.agg, Path: m.path, Where: q.wheres[i], Type: m.field.XType}
	switch m.agg {
	case query.CountDistinct:
		return nil // asked separately
	case query.Avg:
		one.Agg = query.Sum
		present := &query.Filter{Cond: &query.Cond{
			Path: m.path, Op: query.Empty, Value: false, Type: m.field.XType, Rows: len(m.path) > 1,
		}}
		return []query.Measure{one, {
			Name: measureName(i) + countSuffix, Agg: query.Count, Where: access.Join(q.wheres[i], present), Type: def.TypeInteger,
		}}
	default:
		return []query.Measure{one}
	}
}

// ends finds for every key behind references what the ids of its first reference lead to: key name → id → value.
func (q *run) ends(ctx context.Context, names []string, found []map[string]any) (map[string]map[string]any, error) {
	ends := map[string]map[string]any{}
	for i, k := range q.keys {
		if len(k.rest) == 0 {
			continue
		}
		reached := map[string]string{} // first id → the id reached so far
		for _, values := range found {
			if id, ok := values[names[i]].(string); ok {
				reached[id] = id
			}
		}
		values, err := q.walk(ctx, k, reached)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", k.name, err)
		}
		ends[k.name] = values
	}
	return ends, nil
}

// walk follows the rest of a key's path; each entity on the way is read once.
func (q *run) walk(ctx context.Context, k *key, reached map[string]string) (map[string]any, error) {
	entity := q.catalog.Entities[k.ownField.Target()]
	for n, step := range k.rest {
		if entity == nil {
			return nil, fmt.Errorf("%s leads nowhere", strings.Join(k.rest, "."))
		}
		seen, err := q.look(ctx, entity, slices.Collect(maps.Values(reached)), step)
		if err != nil {
			return nil, err
		}
		if n == len(k.rest)-1 {
			values := make(map[string]any, len(reached))
			for first, id := range reached {
				put(values, first, q.bucket(k, seen[id][step]))
			}
			return values, nil
		}
		for first, id := range reached {
			next, ok := seen[id][step].(string)
			if !ok {
				delete(reached, first)
				continue
			}
			reached[first] = next
		}
		field, _ := entity.Field(step)
		entity = q.catalog.Entities[field.Target()]
	}
	return map[string]any{}, nil
}

// look reads one field of records as the reader sees them. A field he may read nowhere is refused.
func (q *run) look(ctx context.Context, entity *def.Entity, ids []string, field string) (map[string]map[string]any, error) {
	actor := q.actor
	if q.discloses {
		actor = access.Actor{Tenant: q.actor.Tenant, System: true}
	}
	rights, err := q.service.config.Records.ReadRights(ctx, actor, entity.Name)
	if err != nil {
		return nil, err
	}
	if !rights.Anywhere().Shows(field) {
		return nil, &access.FieldError{Fields: []string{entity.Name + "." + field}}
	}
	return q.service.config.Records.Look(ctx, actor, entity.Name, ids, []string{field})
}

// bucket turns a date, month or instant into the day, month or year a key asks for.
func (q *run) bucket(k *key, value any) any {
	text, ok := value.(string)
	if k.unit == "" || !ok {
		return value
	}
	if at, err := expr.ParseTime(text); err == nil {
		text = expr.DateString(expr.DateOf(expr.StdTime(at), q.zone))
	}
	const day, month, year = len("2026-06-30"), len("2026-06"), len("2026")
	switch {
	case k.unit == query.Day && len(text) >= day:
		return text[:day]
	case k.unit == query.Month && len(text) >= month:
		return text[:month]
	case k.unit == query.Year && len(text) >= year:
		n, err := strconv.ParseInt(text[:year], 10, 64)
		if err == nil {
			return n
		}
	}
	return nil
}

// pile is a group being put together.
type pile struct {
	keys   map[string]any
	sums   map[string]*big.Rat            // by name of the part
	ends   map[string]any                 // min and max
	values map[string]map[string]struct{} // of count_distinct, by measure
}

// regrouping puts groups of references together by what lies behind them.
type regrouping struct {
	*run
	names []string                  // of the keys in the store's answer
	ends  map[string]map[string]any // by key: id → value
	byKey map[string]*pile
	order []string
}

// pile finds the group a group of the store belongs to.
func (g *regrouping) pile(values map[string]any) *pile {
	keys := make(map[string]any, len(g.keys))
	for i, k := range g.keys {
		value := values[g.names[i]]
		if len(k.rest) > 0 {
			id, _ := value.(string)
			value = g.ends[k.name][id]
		}
		put(keys, k.name, value)
	}
	text := keyText(g.keyFields(), keys)
	p, ok := g.byKey[text]
	if !ok {
		p = &pile{keys, map[string]*big.Rat{}, map[string]any{}, map[string]map[string]struct{}{}}
		g.byKey[text] = p
		g.order = append(g.order, text)
	}
	return p
}

func (g *regrouping) keyFields() []*def.Field {
	fields := make([]*def.Field, len(g.keys))
	for i, k := range g.keys {
		fields[i] = k.field
	}
	return fields
}

// add adds the parts of a group of the store.
func (g *regrouping) add(values map[string]any) error {
	p := g.pile(values)
	for i, m := range g.measures {
		name := measureName(i)
		switch m.agg {
		case query.CountDistinct:
			continue
		case query.Min, query.Max:
			p.keep(m, name, values[name])
			continue
		}
		for _, part := range []string{name, name + countSuffix} {
			value, ok := values[part]
			if !ok {
				continue
			}
			number, ok := new(big.Rat).SetString(fmt.Sprint(value))
			if !ok {
				return fmt.Errorf("measure %s: %v is no number", m.name, value)
			}
			if p.sums[part] != nil {
				number.Add(number, p.sums[part])
			}
			p.sums[part] = number
		}
	}
	return nil
}

// keep keeps the smaller or larger of two values.
func (p *pile) keep(m *measure, name string, value any) {
	known, ok := p.ends[name]
	if value == nil {
		return
	}
	order := query.Compare(m.field.XType, value, known)
	if !ok || (m.agg == query.Min && order < 0) || (m.agg == query.Max && order > 0) {
		p.ends[name] = value
	}
}

// distinct counts different values: the store groups by them as well.
func (g *regrouping) distinct(ctx context.Context, i int, m *measure) error {
	a := g.aggregation()
	g.groupBy(&a)
	const name = "value"
	a.By = append(a.By, query.By{Name: name, Path: m.path, Type: g.typeOf(m.path)})
	a.Measures = []query.Measure{{Name: countSuffix, Agg: query.Count, Where: g.wheres[i], Type: def.TypeInteger}}
	found, err := g.aggregate(ctx, a)
	if err != nil {
		return err
	}
	for _, values := range found {
		value, rows := values[name], values[countSuffix]
		if value == nil || rows == int64(0) {
			continue // missing, or only in rows the measure's filter leaves out
		}
		p := g.pile(values)
		if p.values[m.name] == nil {
			p.values[m.name] = map[string]struct{}{}
		}
		p.values[m.name][fmt.Sprint(value)] = struct{}{}
	}
	return nil
}

// groups finishes the measures.
func (g *regrouping) groups() ([]group, error) {
	groups := make([]group, 0, len(g.order))
	for _, text := range g.order {
		p := g.byKey[text]
		done := group{p.keys, make(map[string]any, len(g.measures))}
		for i, m := range g.measures {
			value, err := p.finish(m, measureName(i))
			if err != nil {
				return nil, err
			}
			put(done.measures, m.name, value)
		}
		groups = append(groups, done)
	}
	return groups, nil
}

// finish gives a measure as the store would have: counts as int64, sums with the places of their field.
func (p *pile) finish(m *measure, name string) (any, error) {
	sum := p.sums[name]
	if sum == nil {
		sum = new(big.Rat)
	}
	switch m.agg {
	case query.Count:
		return sum.Num().Int64(), nil
	case query.CountDistinct:
		return int64(len(p.values[m.name])), nil
	case query.Min, query.Max:
		return p.ends[name], nil
	case query.Sum:
		fixed := m.field.IsDecimal() && m.field.IsFixed()
		return store.SumText(sum, store.Field{Type: m.field.XType, Scale: m.field.EffectiveScale(), Fixed: fixed}), nil
	}
	count := p.sums[name+countSuffix]
	if count == nil || count.Sign() == 0 {
		return nil, nil //nolint:nilnil // the average of nothing is missing
	}
	mean, err := store.Mean(sum, count.Num().Int64())
	if err != nil {
		return nil, fmt.Errorf("average %s: %w", m.name, err)
	}
	return mean, nil
}
