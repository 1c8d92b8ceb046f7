package sqlite

import (
	"context"
	"fmt"
	"math/big"
	"strings"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// Aggregate groups in memory what is large and simple (see extract), the rest in SQL. There sums are first tried as plain 64-bit sums, which SQLite refuses to overflow; then they are
// split into halves of 32 bits that cannot.
func (db *database) Aggregate(ctx context.Context, a query.Aggregation) ([]map[string]any, error) {
	var groups []map[string]any
	err := db.read(ctx, func(r *reader, s *schema) error {
		t, err := s.table(a.Collection)
		if err != nil {
			return err
		}
		if err := t.refuseScan(ctx, r, a.Where); err != nil {
			return err
		}
		var done bool
		if groups, done, err = db.fromExtract(ctx, r, t, a); err != nil || done {
			return err
		}
		groups, err = t.aggregate(ctx, r, a, plainSum)
		if isOverflow(err) {
			groups, err = t.aggregate(ctx, r, a, splitSum)
		}
		return err
	})
	return groups, wrap("aggregate "+a.Collection, err)
}

// sumKind is how a sum is written and read.
type sumKind int

const (
	plainSum sumKind = iota // sum(x)
	splitSum                // sums of the high and low halves
	wideSum                 // fw_sum(x) over wide texts
)

// output reads cells of a result row into one entry of a group; it answers how many it took.
type output func(row []any, group map[string]any) (int, error)

// grouping is an aggregation as SQL.
type grouping struct {
	b        *renderer
	a        query.Aggregation
	sums     sumKind
	selected []string
	groupBy  []string
	outputs  []output
}

func (t *table) aggregate(ctx context.Context, r *reader, a query.Aggregation, sums sumKind) ([]map[string]any, error) {
	common, err := t.commonState(ctx, r, a.Where)
	if err != nil {
		return nil, err
	}
	g := &grouping{b: &renderer{t: t, unwound: a.Unwind, common: common}, a: a, sums: sums}
	statement, err := g.statement()
	if err != nil {
		return nil, err
	}
	rows, err := r.query(ctx, statement, g.b.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	groups := []map[string]any{}
	dest, values := cells(len(g.selected))
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		group := make(map[string]any, len(g.outputs))
		at := 0
		for _, read := range g.outputs {
			taken, err := read(values[at:], group)
			if err != nil {
				return nil, err
			}
			at += taken
		}
		groups = append(groups, group)
	}
	return groups, rows.Err()
}

func (g *grouping) statement() (string, error) {
	t := g.b.t
	from := t.rows() + " r"
	if g.a.Unwind != "" {
		if c := t.byPath[g.a.Unwind]; c == nil || c.gone || c.field.Type != def.TypeTable {
			return "", fmt.Errorf("sub-table %s: %w", g.a.Unwind, store.ErrUnknown)
		}
		from += " JOIN " + t.childTable(g.a.Unwind) + " u ON u.n = r.n"
	}
	for _, by := range g.a.By {
		if err := g.key(by); err != nil {
			return "", err
		}
	}
	for _, m := range g.a.Measures {
		if err := g.measure(m); err != nil {
			return "", err
		}
	}
	if len(g.selected) == 0 {
		g.selected = []string{"count(*)"}
		g.outputs = append(g.outputs, func([]any, map[string]any) (int, error) { return 1, nil })
	}
	where, err := g.b.where(g.a.Where)
	if err != nil {
		return "", err
	}
	statement := "SELECT " + strings.Join(g.selected, ", ") + " FROM " + from + " WHERE " + where
	if len(g.groupBy) > 0 {
		statement += " GROUP BY " + strings.Join(g.groupBy, ", ")
	}
	return statement, nil
}

// column finds the SQL text of a path: a field of the record or a column of the unwound rows.
func (g *grouping) column(path []string) (string, *column, error) {
	in, name := recordScope, ""
	switch {
	case len(path) == 1:
		name = path[0]
	case len(path) == 2 && path[0] == g.a.Unwind:
		in, name = scope{"u", g.b.t.child(g.a.Unwind)}, path[1]
	}
	col, err := g.b.column(name, in)
	if err != nil {
		return "", nil, err
	}
	if col.field.List || col.field.Type == def.TypeTable {
		return "", nil, fmt.Errorf("grouping by %s: %w", name, store.ErrInvalid)
	}
	if in.sub == nil && g.b.t.byPath[name] == nil {
		return "r." + name, col, nil
	}
	return in.alias + "." + col.name(), col, nil
}

func (g *grouping) key(by query.By) error {
	x, col, err := g.column(by.Path)
	if err != nil {
		return err
	}
	field := col.field
	if by.Unit != "" {
		if x, field, err = g.bucket(by, x, field); err != nil {
			return err
		}
	}
	g.selected = append(g.selected, x)
	g.groupBy = append(g.groupBy, fmt.Sprint(len(g.selected)))
	g.outputs = append(g.outputs, g.reads(by.Name, field))
	return nil
}

func (g *grouping) reads(name string, field store.Field) output {
	return func(row []any, group map[string]any) (int, error) {
		if row[0] == nil {
			return 1, nil
		}
		value, err := decodeScalar(field, row[0])
		group[name] = value
		return 1, err
	}
}

// bucket turns a date, month or instant into its day, month or year.
func (g *grouping) bucket(by query.By, x string, field store.Field) (string, store.Field, error) {
	perMonth := 100
	switch field.Type {
	case def.TypeDateTime:
		if _, err := zoneOf(g.a.Zone); err != nil {
			return "", field, err
		}
		x = "fw_day(" + x + ", " + g.b.bind(g.a.Zone) + ")"
	case def.TypeDate:
	case def.TypeMonth:
		perMonth = 1
	default:
		return "", field, fmt.Errorf("%s of %s: %w", by.Unit, field.Path, store.ErrInvalid)
	}
	switch by.Unit {
	case query.Day:
		return x, store.Field{Type: def.TypeDate}, nil
	case query.Month:
		if c := g.b.t.byPath[field.Path]; c != nil && c.hasMonth() {
			return "r." + c.monthName(), store.Field{Type: def.TypeMonth}, nil
		}
		if perMonth == 1 {
			return x, store.Field{Type: def.TypeMonth}, nil
		}
		return x + "/100", store.Field{Type: def.TypeMonth}, nil
	case query.Year:
		return fmt.Sprint(x, "/", perMonth*100), store.Field{Type: def.TypeInteger}, nil
	}
	return "", field, fmt.Errorf("unit %q: %w", by.Unit, store.ErrInvalid)
}

func (g *grouping) measure(m query.Measure) error {
	if m.Agg == query.Count {
		text := "count(*)"
		if m.Where != nil {
			condition, err := g.b.filter(m.Where, recordScope, false)
			if err != nil {
				return err
			}
			text = "count(CASE WHEN " + condition + " THEN 1 END)"
		}
		g.add(text, func(row []any, group map[string]any) (int, error) {
			group[m.Name] = row[0]
			return 1, nil
		})
		return nil
	}
	x, col, err := g.column(m.Path)
	if err != nil {
		return err
	}
	switch m.Agg {
	case query.CountDistinct:
		return g.add1(m, "count(DISTINCT ", x, func(row []any, group map[string]any) (int, error) {
			group[m.Name] = row[0]
			return 1, nil
		})
	case query.Min, query.Max:
		return g.add1(m, m.Agg+"(", x, g.reads(m.Name, col.field))
	case query.Sum, query.Avg:
		if col.field.Type == def.TypeInteger || isDecimal(col.field.Type) {
			return g.sum(m, x, col)
		}
	}
	return fmt.Errorf("%s of %s: %w", m.Agg, col.field.Path, store.ErrInvalid)
}

func (g *grouping) add(text string, read output) {
	g.selected = append(g.selected, text)
	if read != nil {
		g.outputs = append(g.outputs, read)
	}
}

// add1 adds a function of a column, limited by the measure's own filter.
func (g *grouping) add1(m query.Measure, function, x string, read output) error {
	if m.Where == nil {
		g.add(function+x+")", read)
		return nil
	}
	condition, err := g.b.filter(m.Where, recordScope, false)
	if err == nil {
		g.add(function+"CASE WHEN "+condition+" THEN "+x+" END)", read)
	}
	return err
}

// sum adds the cells a sum needs, and for an average the count.
func (g *grouping) sum(m query.Measure, x string, col *column) error {
	kind := g.sums
	if col.wide {
		kind = wideSum
	}
	var err error
	parts := 1
	switch kind {
	case plainSum:
		err = g.add1(m, "sum(", x, nil)
	case wideSum:
		err = g.add1(m, "fw_sum(", x, nil)
	case splitSum:
		parts = 2
		if err = g.add1(m, "sum(", "("+x+" >> 32)", nil); err == nil {
			err = g.add1(m, "sum(", "("+x+" & 4294967295)", nil)
		}
	}
	if err != nil {
		return err
	}
	if m.Agg == query.Sum {
		g.outputs = append(g.outputs, func(row []any, group map[string]any) (int, error) {
			total, err := readSum(kind, row)
			group[m.Name] = plainDecimal(total, col.field)
			return parts, err
		})
		return nil
	}
	return g.add1(m, "count(", x, func(row []any, group map[string]any) (int, error) {
		total, err := readSum(kind, row)
		count, _ := row[parts].(int64)
		if err != nil || count == 0 {
			return parts + 1, err
		}
		group[m.Name], err = store.Mean(new(big.Rat).SetFrac(total, pow10(col.field.Scale)), count)
		return parts + 1, err
	})
}

// readSum puts a sum together; over nothing it is zero.
func readSum(kind sumKind, row []any) (*big.Int, error) {
	total := new(big.Int)
	if row[0] == nil {
		return total, nil
	}
	if text, ok := row[0].(string); ok && kind == wideSum {
		if _, ok := total.SetString(text, 10); !ok {
			return total, fmt.Errorf("sum %q is damaged", text)
		}
		return total, nil
	}
	high, _ := row[0].(int64)
	total.SetInt64(high)
	if kind == splitSum {
		low, _ := row[1].(int64)
		total.Lsh(total, 32).Add(total, big.NewInt(low))
	}
	return total, nil
}
