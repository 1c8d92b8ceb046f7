package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// grouping is an aggregation on its way. It is answered by one or more pipelines with the same keys, run at once:
//
//   - one for the measures over all records of the groups, which also says which groups there are;
//   - one for each measure with a filter of its own: conditions then are those of queries, which have an index and the
//     meaning of Find, and need not be written a second time as expressions;
//   - one for each count of different values, which counts groups of groups;
//   - one for each sum that Decimal128 might round (see _wide): it gives every different value and how often it
//     occurs, and the sum is made here.
//
// Averages are divided here.
type grouping struct {
	x      *translator
	a      query.Aggregation
	groups map[string]map[string]any // by the text of their keys
	mu     sync.Mutex
}

// pass is one pipeline and how its results are read.
type pass struct {
	where    *query.Filter // of the measure, beside that of the aggregation
	present  string        // path of values that must not be missing; "" for none
	stages   []bson.D
	measured []measured
	finish   func() error // after the last result
}

// measured reads the value of a measure from a result into a group.
type measured func(row bson.Raw, group map[string]any) error

// Aggregate groups exactly; see query.Aggregation.
func (db *database) Aggregate(ctx context.Context, a query.Aggregation) ([]map[string]any, error) {
	groups, err := db.aggregate(ctx, a)
	return groups, wrap("aggregate "+a.Collection, err)
}

func (db *database) aggregate(ctx context.Context, a query.Aggregation) ([]map[string]any, error) {
	t, err := db.table(a.Collection)
	if err != nil {
		return nil, err
	}
	if err := db.refuseScan(ctx, t, a.Where); err != nil {
		return nil, err
	}
	g := &grouping{x: &translator{t: t, unwound: a.Unwind}, a: a, groups: map[string]map[string]any{}}
	if len(a.By) == 0 {
		g.groups["{}"] = map[string]any{}
	}
	wide, err := db.wideSums(ctx, t, a)
	if err != nil {
		return nil, err
	}
	passes, err := g.passes(wide)
	if err != nil {
		return nil, err
	}
	errs := make([]error, len(passes))
	jobs := make([]func(), len(passes))
	for i, p := range passes {
		jobs[i] = func() { errs[i] = g.run(ctx, db.collection(a.Collection), p) }
	}
	parallel(jobs)
	if err := errors.Join(errs...); err != nil {
		return nil, plain(ctx, err)
	}
	return g.answer()
}

// answer completes groups in which no value was counted or summed.
func (g *grouping) answer() ([]map[string]any, error) {
	groups := make([]map[string]any, 0, len(g.groups))
	for _, group := range g.groups {
		for _, m := range g.a.Measures {
			if _, ok := group[m.Name]; ok {
				continue
			}
			switch m.Agg {
			case query.Count, query.CountDistinct:
				group[m.Name] = int64(0)
			case query.Sum:
				at, err := g.place(m.Path)
				if err != nil {
					return nil, err
				}
				group[m.Name] = store.SumText(new(big.Rat), at.field)
			}
		}
		groups = append(groups, group)
	}
	return groups, nil
}

// wideSums tells which of the summed fields hold numbers that Decimal128 might round together.
func (db *database) wideSums(ctx context.Context, t *table, a query.Aggregation) (map[string]bool, error) {
	wide := map[string]bool{}
	for _, m := range a.Measures {
		path := strings.Join(m.Path, ".")
		if m.Agg != query.Sum && m.Agg != query.Avg || !isDecimal(t.live[path].Type) {
			continue
		}
		if _, known := wide[path]; known {
			continue
		}
		err := db.collection(t.name()).FindOne(ctx, one("_wide", path), options.FindOne().SetProjection(one("_id", 1))).Err()
		if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
			return nil, plain(ctx, err)
		}
		wide[path] = err == nil
	}
	return wide, nil
}

// place finds a field of the record, or a column of the rows that are unwound.
func (g *grouping) place(path []string) (place, error) {
	var at place
	var err error
	switch {
	case len(path) == 1:
		at, err = g.x.place(path[0], recordScope)
	case len(path) == 2 && path[0] == g.a.Unwind:
		at, err = g.x.place(path[1], scope{rowName + ".", g.a.Unwind + "."})
	default:
		return at, fmt.Errorf("field %v of %s: %w", path, g.x.t.name(), store.ErrUnknown)
	}
	if err == nil && (at.field.List || at.field.Type == def.TypeTable) {
		err = fmt.Errorf("grouping by %v: %w", path, store.ErrInvalid)
	}
	return at, err
}

// passes plans the pipelines.
func (g *grouping) passes(wide map[string]bool) ([]*pass, error) {
	base := &pass{}
	var accumulators bson.D
	var others []*pass
	for i, m := range g.a.Measures {
		var err error
		var extra *pass
		name := "m" + strconv.Itoa(i)
		switch {
		case m.Agg == query.CountDistinct:
			extra, err = g.distinct(m)
		case wide[strings.Join(m.Path, ".")] && (m.Agg == query.Sum || m.Agg == query.Avg):
			extra, err = g.tally(m)
		default:
			var cells bson.D
			var read measured
			if cells, read, err = g.accumulators(m, name); err != nil {
				return nil, err
			}
			if m.Where == nil {
				accumulators = append(accumulators, cells...)
				base.measured = append(base.measured, read)
				continue
			}
			extra = &pass{measured: []measured{read}}
			extra.stages, err = g.group(cells, "")
		}
		if err != nil {
			return nil, err
		}
		extra.where = m.Where
		others = append(others, extra)
	}
	var err error
	base.stages, err = g.group(accumulators, "")
	return append(others, base), err
}

// group is the stage that makes the groups; with also, the values of a path are keys too.
func (g *grouping) group(accumulators bson.D, also string) ([]bson.D, error) {
	var keys bson.D
	for i, by := range g.a.By {
		expression, err := g.key(by)
		if err != nil {
			return nil, err
		}
		keys = append(keys, e("k"+strconv.Itoa(i), expression))
	}
	if also != "" {
		keys = append(keys, e("x", "$"+also))
	}
	var id any
	if len(keys) > 0 {
		id = keys
	}
	return []bson.D{one("$group", append(one("_id", id), accumulators...))}, nil
}

// key is the expression of a key. Days and months are kept as texts, of which a month or year is the beginning.
func (g *grouping) key(by query.By) (any, error) {
	at, err := g.place(by.Path)
	if err != nil {
		return nil, err
	}
	value := any("$" + at.path)
	if by.Unit == "" {
		return one("$ifNull", bson.A{value, nil}), nil
	}
	length, ok := map[string]int{query.Day: 10, query.Month: 7, query.Year: 4}[by.Unit]
	switch {
	case !ok:
		return nil, fmt.Errorf("unit %q: %w", by.Unit, store.ErrInvalid)
	case at.field.Type == def.TypeDateTime:
		zone := g.a.Zone
		if zone == "" {
			zone = "UTC"
		}
		if _, err := time.LoadLocation(zone); err != nil {
			return nil, fmt.Errorf("time zone: %w", err)
		}
		value = one("$dateToString", bson.D{e("date", value), e("format", "%Y-%m-%d"), e("timezone", zone)})
	case at.field.Type != def.TypeDate && at.field.Type != def.TypeMonth:
		return nil, fmt.Errorf("%s of %v: %w", by.Unit, by.Path, store.ErrInvalid)
	}
	return one("$substrBytes", bson.A{value, 0, length}), nil
}

// run does one pipeline.
func (g *grouping) run(ctx context.Context, c *mongo.Collection, p *pass) error {
	pipeline, err := g.pipeline(p)
	if err != nil {
		return err
	}
	cursor, err := c.Aggregate(ctx, pipeline, options.Aggregate().SetAllowDiskUse(true))
	if err != nil {
		return err
	}
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // Err is looked at
	for cursor.Next(ctx) {
		if err := g.take(cursor.Current, p); err != nil {
			return err
		}
	}
	if err := cursor.Err(); err != nil || p.finish == nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return p.finish()
}

func (g *grouping) pipeline(p *pass) (mongo.Pipeline, error) {
	where, err := g.x.where(g.a.Where)
	if err != nil {
		return nil, err
	}
	own, err := g.x.filter(p.where, recordScope)
	if err != nil {
		return nil, err
	}
	present := everything()
	if p.present != "" {
		present = one(p.present, one("$exists", true))
	}
	var pipeline mongo.Pipeline
	if g.a.Unwind != "" {
		if field, ok := g.x.t.live[g.a.Unwind]; !ok || field.Type != def.TypeTable {
			return nil, fmt.Errorf("sub-table %s: %w", g.a.Unwind, store.ErrUnknown)
		}
		before, err := g.beforeUnwind()
		if err != nil {
			return nil, err
		}
		pipeline = append(pipeline, one("$match", before),
			one("$addFields", one(rowName, "$v."+g.a.Unwind)), one("$unwind", "$"+rowName))
	}
	pipeline = append(pipeline, one("$match", both(where, own, present)))
	return append(pipeline, p.stages...), nil
}

// beforeUnwind is as much of the condition as is about the records only, so that an index serves.
func (g *grouping) beforeUnwind() (bson.D, error) {
	members := []*query.Filter{g.a.Where}
	if f := g.a.Where; f != nil && f.Cond == nil && f.Not == nil && f.Or == nil {
		members = f.And
	}
	plain := &query.Filter{And: []*query.Filter{}}
	for _, member := range members {
		if member != nil && !aboutRows(member, g.a.Unwind) {
			plain.And = append(plain.And, member)
		}
	}
	deleted := one("deleted", false)
	if store.NamesDeleted(g.a.Where) {
		deleted = one("deleted", one("$in", bson.A{false, true}))
	}
	condition, err := g.x.filter(plain, recordScope)
	return both(deleted, one("v."+g.a.Unwind, one("$exists", true)), condition), err
}

// aboutRows tells whether a filter has a condition on the rows that are unwound.
func aboutRows(f *query.Filter, unwind string) bool {
	found := false
	f.Walk(func(_ string, c *query.Cond) {
		found = found || c.Rows && c.Path[0] == unwind
	})
	return found
}

// take reads one result into its group.
func (g *grouping) take(row bson.Raw, p *pass) error {
	keys := map[string]any{}
	for i, by := range g.a.By {
		value, err := g.keyValue(by, row.Lookup("_id", "k"+strconv.Itoa(i)))
		if err != nil {
			return err
		}
		if value != nil {
			keys[by.Name] = value
		}
	}
	text, err := g.keyText(keys)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	group := g.groups[text]
	if group == nil {
		group = keys
		g.groups[text] = group
	}
	for _, read := range p.measured {
		if err := read(row, group); err != nil {
			return err
		}
	}
	return nil
}

// keyText names a group by its keys.
func (g *grouping) keyText(group map[string]any) (string, error) {
	keys := make(map[string]any, len(g.a.By))
	for _, by := range g.a.By {
		if value, ok := group[by.Name]; ok {
			keys[by.Name] = value
		}
	}
	raw, err := json.Marshal(keys)
	return string(raw), err
}

// keyValue is the wire value of a key; nil if it is missing.
func (g *grouping) keyValue(by query.By, value bson.RawValue) (any, error) {
	at, err := g.place(by.Path)
	if err != nil {
		return nil, err
	}
	text, isText := value.StringValueOK()
	switch {
	case by.Unit == "" || !isText:
		return decodeScalar(at.field, value)
	case text == "":
		return nil, nil //nolint:nilnil // the beginning of a missing text
	case by.Unit == query.Year:
		return strconv.ParseInt(text, 10, 64)
	}
	return text, nil
}
