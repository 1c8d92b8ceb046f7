package mongo

import (
	"fmt"
	"math/big"
	"strconv"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// accumulators are those a measure needs in the group stage, under names that begin with name.
func (g *grouping) accumulators(m query.Measure, name string) (bson.D, measured, error) {
	if m.Agg == query.Count {
		return one(name, one("$sum", 1)), readCount(m.Name, name), nil
	}
	at, err := g.place(m.Path)
	if err != nil {
		return nil, nil, err
	}
	value := any("$" + at.path)
	switch m.Agg {
	case query.Min:
		// MongoDB's $min leaves missing values out by itself. DocumentDB takes them for the least, so they are put last.
		return one(name, one("$min", one("$ifNull", bson.A{value, primitive.MaxKey{}}))), readScalar(m.Name, name, at.field), nil
	case query.Max:
		return one(name, one("$max", value)), readScalar(m.Name, name, at.field), nil
	case query.Sum, query.Avg:
	default:
		return nil, nil, fmt.Errorf("%s of %v: %w", m.Agg, m.Path, store.ErrInvalid)
	}
	switch {
	case at.field.Type == def.TypeInteger: // a sum of int64 may overflow into a double
		value = one("$toDecimal", value)
	case !isDecimal(at.field.Type):
		return nil, nil, fmt.Errorf("%s of %v: %w", m.Agg, m.Path, store.ErrInvalid)
	}
	cells := one(name, one("$sum", value))
	if m.Agg == query.Sum {
		return cells, readSum(m.Name, name, at.field), nil
	}
	isThere := one("$ne", bson.A{one("$ifNull", bson.A{"$" + at.path, nil}), nil})
	return append(cells, e(name+"n", one("$sum", one("$cond", bson.A{isThere, 1, 0})))), readAverage(m.Name, name), nil
}

func readCount(measure, name string) measured {
	return func(row bson.Raw, group map[string]any) error {
		n, ok := row.Lookup(name).AsInt64OK()
		if !ok {
			return fmt.Errorf("count is a %s", row.Lookup(name).Type)
		}
		group[measure] = n
		return nil
	}
}

func readScalar(measure, name string, field store.Field) measured {
	return func(row bson.Raw, group map[string]any) error {
		value, err := decodeScalar(field, row.Lookup(name))
		if err == nil && value != nil {
			group[measure] = value
		}
		return err
	}
}

// number is an exact number of a result.
func number(value bson.RawValue) (*big.Rat, error) {
	if d, ok := value.Decimal128OK(); ok {
		return rational(d)
	}
	n, ok := value.AsInt64OK()
	if !ok || value.Type == bson.TypeDouble && float64(n) != value.Double() {
		return nil, fmt.Errorf("sum is a %s", value.Type)
	}
	return new(big.Rat).SetInt64(n), nil
}

func readSum(measure, name string, field store.Field) measured {
	return func(row bson.Raw, group map[string]any) error {
		sum, err := number(row.Lookup(name))
		if err == nil {
			group[measure] = store.SumText(sum, field)
		}
		return err
	}
}

func readAverage(measure, name string) measured {
	return func(row bson.Raw, group map[string]any) error {
		sum, err := number(row.Lookup(name))
		count := row.Lookup(name + "n").AsInt64()
		if err == nil && count > 0 {
			group[measure], err = store.Mean(sum, count)
		}
		return err
	}
}

// distinct counts different values: groups by the keys and the value, then groups those by the keys.
func (g *grouping) distinct(m query.Measure) (*pass, error) {
	at, err := g.place(m.Path)
	if err != nil {
		return nil, err
	}
	stages, err := g.group(nil, at.path)
	if err != nil {
		return nil, err
	}
	var id any
	if len(g.a.By) > 0 {
		keys := bson.D{}
		for i := range g.a.By {
			name := "k" + strconv.Itoa(i)
			keys = append(keys, e(name, "$_id."+name))
		}
		id = keys
	}
	stages = append(stages, one("$group", bson.D{e("_id", id), e("n", one("$sum", 1))}))
	return &pass{present: at.path, stages: stages, measured: []measured{readCount(m.Name, "n")}}, nil
}

// total is a sum that is made here.
type total struct {
	group map[string]any
	sum   *big.Rat
	count int64
}

// tally gives every different value and how often it occurs, and makes sum or average of them.
func (g *grouping) tally(m query.Measure) (*pass, error) {
	at, err := g.place(m.Path)
	if err != nil {
		return nil, err
	}
	stages, err := g.group(one("n", one("$sum", 1)), at.path)
	totals := map[string]*total{}
	add := func(row bson.Raw, group map[string]any) error {
		value, err := number(row.Lookup("_id", "x"))
		if err != nil {
			return err
		}
		key, err := g.keyText(group)
		if err != nil {
			return err
		}
		if totals[key] == nil {
			totals[key] = &total{group: group, sum: new(big.Rat)}
		}
		n := row.Lookup("n").AsInt64()
		totals[key].count += n
		totals[key].sum.Add(totals[key].sum, value.Mul(value, new(big.Rat).SetInt64(n)))
		return nil
	}
	finish := func() error {
		for _, t := range totals {
			if m.Agg == query.Sum {
				t.group[m.Name] = store.SumText(t.sum, at.field)
				continue
			}
			mean, err := store.Mean(t.sum, t.count)
			if err != nil {
				return err
			}
			t.group[m.Name] = mean
		}
		return nil
	}
	return &pass{present: at.path, stages: stages, measured: []measured{add}, finish: finish}, err
}
