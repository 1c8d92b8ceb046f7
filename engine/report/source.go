package report

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
)

// group is one group of a source: wire values by name. A missing key is absent.
type group struct {
	keys     map[string]any
	measures map[string]any
}

// run is one source being asked for one reader.
type run struct {
	*request
	*source
	params    map[string]any
	discloses bool // fields the reader may not read count as well; rows his grants do not admit never do
	where     *query.Filter
	wheres    []*query.Filter // of the measures
	narrowed  []string
}

// ask gives the groups of a source as far as the reader may know.
func (q *run) ask(ctx context.Context) ([]group, error) {
	if err := q.prepare(ctx); err != nil {
		return nil, err
	}
	if q.far {
		return q.regroup(ctx)
	}
	a := q.aggregation()
	names := q.groupBy(&a)
	for i, m := range q.measures {
		a.Measures = append(a.Measures, query.Measure{Name: measureName(i), Agg: m.agg, Path: m.path, Where: q.wheres[i], Type: m.field.XType})
	}
	found, err := q.aggregate(ctx, a)
	if err != nil {
		return nil, err
	}
	groups := make([]group, len(found))
	for n, values := range found {
		g := group{make(map[string]any, len(q.keys)), make(map[string]any, len(q.measures))}
		for i, k := range q.keys {
			put(g.keys, k.name, values[names[i]])
		}
		for i, m := range q.measures {
			put(g.measures, m.name, values[measureName(i)])
		}
		groups[n] = g
	}
	return groups, nil
}

func measureName(i int) string { return "m" + strconv.Itoa(i) }

func put(into map[string]any, name string, value any) {
	if value != nil {
		into[name] = value
	}
}

// prepare resolves the filters and joins the source's with what the reader's grants admit.
func (q *run) prepare(ctx context.Context) error {
	rights, err := q.service.config.Access.Rights(ctx, q.actor, q.Entity, access.Read)
	if err != nil {
		return err
	}
	asked, err := q.resolve(q.source.where, q.params, nil)
	if err != nil {
		return err
	}
	paths := access.Paths(asked)
	for _, k := range q.keys {
		paths = append(paths, strings.Join(k.own, "."))
	}
	q.wheres = make([]*query.Filter, len(q.measures))
	for i, m := range q.measures {
		if m.path != nil {
			paths = append(paths, strings.Join(m.path, "."))
		}
		if q.wheres[i], err = q.resolve(m.where, q.params, nil); err != nil {
			return err
		}
		paths = append(paths, access.Paths(q.wheres[i])...)
	}
	extra, err := q.narrow(rights, paths)
	if err != nil {
		return err
	}
	follower := q.follower()
	if asked, err = follower.Follow(ctx, asked, q.entity); err != nil {
		return q.denied(err)
	}
	for i := range q.wheres {
		if q.wheres[i], err = follower.Follow(ctx, q.wheres[i], q.entity); err != nil {
			return q.denied(err)
		}
	}
	q.where = access.Join(access.Filter(rights), extra, asked)
	return nil
}

// narrow keeps to the rows in which the reader may read all that is used.
func (q *run) narrow(rights access.Rights, paths []string) (*query.Filter, error) {
	if q.discloses {
		return nil, nil //nolint:nilnil // no narrowing
	}
	extra, narrowed, err := rights.Narrow(paths)
	if err != nil {
		return nil, q.denied(err)
	}
	for _, path := range narrowed {
		q.narrowed = append(q.narrowed, q.Entity+"."+path)
	}
	return extra, nil
}

// denied says in a refusal which entity the fields are of.
func (q *run) denied(err error) error {
	refused, ok := err.(*access.FieldError) //nolint:errorlint // as Narrow gives it; a wrapped one names its entity already
	if !ok {
		return err
	}
	fields := make([]string, len(refused.Fields))
	for i, field := range refused.Fields {
		fields[i] = q.Entity + "." + field
	}
	return &access.FieldError{Fields: fields}
}

// follower answers reference paths of filters: with the reader's eyes unless the dataset discloses.
func (q *run) follower() *access.Follower {
	f := &access.Follower{Store: q.store, Catalog: q.catalog}
	if !q.discloses {
		f.Rights = func(ctx context.Context, entity string) (access.Rights, error) {
			return q.service.config.Records.ReadRights(ctx, q.actor, entity)
		}
	}
	return f
}

// aggregation begins a query of the source, without keys and measures.
func (q *run) aggregation() query.Aggregation {
	return query.Aggregation{Collection: q.Entity, Unwind: q.Unwind, Where: q.where, Zone: q.zone.String()}
}

// groupBy adds the keys as far as they lie in the source's own records, each path once, and tells under which name each
// key's value is found.
func (q *run) groupBy(a *query.Aggregation) []string {
	names := make([]string, len(q.keys))
	for i, k := range q.keys {
		unit := k.unit
		if len(k.rest) > 0 {
			unit = ""
		}
		same := slices.IndexFunc(a.By, func(by query.By) bool { return slices.Equal(by.Path, k.own) && by.Unit == unit })
		if same < 0 {
			same = len(a.By)
			a.By = append(a.By, query.By{Name: "k" + strconv.Itoa(same), Path: k.own, Unit: unit, Type: k.ownField.XType})
		}
		names[i] = a.By[same].Name
	}
	return names
}

func (q *run) aggregate(ctx context.Context, a query.Aggregation) ([]map[string]any, error) {
	found, err := q.store.Aggregate(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", q.As, err)
	}
	if len(found) > MaxRows {
		return nil, &query.Error{Code: query.CodeTooManyValues, Params: map[string]any{"max": MaxRows, "source": q.As}}
	}
	return found, nil
}

// typeOf is the type the store is told for a path of the source.
func (q *run) typeOf(path []string) def.FieldType {
	if field, ok := q.entity.Field(strings.Join(path, ".")); ok {
		return field.XType
	}
	return ""
}
