package storetest

import (
	"fmt"
	"math/bits"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

var randomCases = []Case{{"random queries agree with the reference", differential}}

// QueriesVariable names the environment variable that sets how many random queries are compared; the default suits CI.
const QueriesVariable = "STORETEST_QUERIES"

const defaultQueries = 3000

func queryCount() int {
	if n, err := strconv.Atoi(os.Getenv(QueriesVariable)); err == nil && n > 0 {
		return n
	}
	return defaultQueries
}

// random is a small generator (splitmix64): the same seed gives the same documents everywhere.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below gives a number from 0 to n-1.
func (r *random) below(n int) int {
	high, _ := bits.Mul64(r.next(), uint64(n)) //nolint:gosec // n is positive
	return int(high)                           //nolint:gosec // less than n
}

func (r *random) chance(percent int) bool { return r.below(100) < percent }

func pick[E any](r *random, list []E) E { return list[r.below(len(list))] }

// tricky are texts that storage engines treat differently or that break careless quoting.
var tricky = []string{
	"a", "A", "b", "B1", "ab", "Ab c", "é", "É", "e\u0301", "ß", "SS", "中文", "中", "文中", "👷", "👷🏽", "'", "\"", "a'b", "100%", "_", "%", "\\", "\\n",
	"a.b", "$a", "line\nbreak", "tab\tx", " ", "0", "00", "-1", "1e3", "null", "true", "2026-01-01", "\ufffd", "\u202e", "\u200d", "ﬁ", "fi", "Ⅳ", "ｱ", "ア", "\U0010ffff", "\ue000", "[1]", "{}",
}

var (
	decimals2 = []string{"0.00", "0.01", "-0.01", "9.00", "10.00", "100.00", "-9.99", "9999999999999.99", "-9999999999999.99", "1.10"}
	decimals4 = []string{"0.0000", "0.0001", "-0.0001", "1.2500", "1.3000", "99.9999", "-3.0000"}
	decimals6 = []string{"0", "0.1", "0.2", "0.3", "-0.1", "8.5", "1000000", "9223372036854.775807", "9223372036854.775808", "-9223372036854.775808", "-9223372036854.775809", "1234567890123456789012345678.123456", "-1234567890123456789012345678.123456"}
	percents  = []string{"0.00", "62.50", "100.00", "33.33"}
	halves    = []string{"0", "0.5", "4", "8", "7.5", "-1"}
	integers  = []int64{0, 1, -1, 2, 10, 9, 1 << 31, -1 << 31, 1<<53 - 1, -(1<<53 - 1), 1<<53 - 2}
	dates     = []string{"2026-01-01", "2026-01-31", "2026-02-01", "2025-12-31", "2024-02-29", "1999-12-31", "0001-01-01", "9999-12-31"}
	months    = []string{"2026-01", "2026-02", "2025-12", "0001-01", "9999-12"}
	instants  = []string{"2026-01-01T00:00:00Z", "2026-01-01T00:00:00.001Z", "2025-12-31T16:00:00Z", "2025-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z", "0001-01-02T00:00:00Z", "9999-12-30T23:59:59Z", "2026-03-29T01:00:00Z"}
	names     = []string{"p1", "p2", "p3", "w1", "w2", "u1"}
)

// value makes a value for a field; about a quarter is missing.
func (r *random) value(field store.Field) any {
	switch {
	case r.chance(25):
		return nil
	case field.List:
		list := []any{}
		for range r.below(4) {
			if name := any(pick(r, names)); !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
		return list
	}
	return r.present(field)
}

func (r *random) present(field store.Field) any {
	switch field.Type {
	case def.TypeMoney:
		return pick(r, decimals2)
	case def.TypePercent:
		return pick(r, percents)
	case def.TypeDecimal:
		switch field.Scale {
		case 1:
			return pick(r, halves)
		case 4:
			return pick(r, decimals4)
		}
		return pick(r, decimals6)
	case def.TypeInteger:
		return pick(r, integers)
	case def.TypeBoolean:
		return r.chance(50)
	case def.TypeDate:
		return pick(r, dates)
	case def.TypeMonth:
		return pick(r, months)
	case def.TypeDateTime:
		return pick(r, instants)
	case def.TypeText, def.TypeLongText:
		return pick(r, tricky)
	default:
		return pick(r, names)
	}
}

// document makes a document with random values, state and place.
func (r *random) document(shape *store.Shape, id string) store.Doc {
	doc := newDoc(id, map[string]any{})
	for _, field := range shape.Top() {
		if field.Type == def.TypeTable {
			if rows := r.rows(shape, field.Path); len(rows) > 0 {
				doc.Values[field.Path] = rows
			}
			continue
		}
		if value := r.value(field); !query.Missing(value) {
			doc.Values[field.Path] = value
		}
	}
	doc.State = pick(r, []string{"", "draft", "running", "approved"})
	doc.CreatedBy, doc.UpdatedBy = pick(r, names), pick(r, names)
	doc.Deleted = r.chance(8)
	if r.chance(30) {
		due := epoch.AddDate(0, 0, r.below(5))
		doc.NextDue = &due
	}
	return doc
}

func (r *random) rows(shape *store.Shape, table string) []any {
	rows := []any{}
	for i := range r.below(4) {
		row := map[string]any{"_id": fmt.Sprint("r", i)}
		for _, column := range shape.Columns(table) {
			if value := r.value(column); !query.Missing(value) {
				row[column.Name()] = value
			}
		}
		rows = append(rows, row)
	}
	return rows
}

var systemNames = []string{def.FieldID, def.FieldState, def.FieldRev, def.FieldCreatedBy, def.FieldUpdatedBy, def.FieldCreatedAt, query.FieldNextDue, query.FieldDeleted}

// filter makes a tree of conditions over the fields of the record, or the columns of a sub-table.
func (r *random) filter(shape *store.Shape, table string, depth int) *query.Filter {
	if depth > 0 {
		switch r.below(6) {
		case 0:
			return &query.Filter{Not: r.filter(shape, table, depth-1)}
		case 1, 2:
			list := []*query.Filter{}
			for range r.below(4) {
				list = append(list, r.filter(shape, table, depth-1))
			}
			if r.chance(50) {
				return &query.Filter{Or: list}
			}
			return &query.Filter{And: list}
		}
	}
	return &query.Filter{Cond: r.condition(shape, table, depth)}
}

func (r *random) condition(shape *store.Shape, table string, depth int) *query.Cond {
	field := r.field(shape, table)
	cond := &query.Cond{Path: splitPath(field.Path)}
	if table != "" {
		cond.Path = cond.Path[1:]
	}
	if field.Type == def.TypeTable {
		if cond.Op = query.Any; depth == 0 || r.chance(25) {
			cond.Op, cond.Value = query.Empty, r.chance(50)
			return cond
		}
		cond.Where = r.filter(shape, field.Path, depth-1)
		return cond
	}
	ops := []query.Op{query.Eq, query.Ne, query.Lt, query.Le, query.Gt, query.Ge, query.Between, query.In, query.Contains, query.Starts, query.Empty}
	for cond.Op = pick(r, ops); !cond.Op.Takes(field.Type); {
		cond.Op = pick(r, ops)
	}
	switch cond.Op {
	case query.Empty:
		cond.Value = r.chance(50)
	case query.Between:
		cond.Value = []any{r.operand(field), r.operand(field)}
	case query.In:
		list := []any{}
		for range r.below(5) {
			list = append(list, r.operand(field))
		}
		cond.Value = list
	default:
		cond.Value = r.operand(field)
	}
	return cond
}

func (r *random) field(shape *store.Shape, table string) store.Field {
	if table != "" {
		return pick(r, shape.Columns(table))
	}
	if r.chance(15) {
		field, _ := shape.Field(pick(r, systemNames))
		return field
	}
	return pick(r, shape.Fields)
}

// operand makes a value to compare with; decimals often have more places or digits than the field can hold.
func (r *random) operand(field store.Field) any {
	switch {
	case field.Path == def.FieldID:
		return fmt.Sprint("s", r.below(80))
	case field.Path == def.FieldState:
		return pick(r, []string{"draft", "running", "approved", "voided"})
	case field.Path == def.FieldRev:
		return int64(r.below(4))
	case field.Path == query.FieldNextDue:
		return pick(r, []string{"2026-06-01T08:30:00Z", "2026-06-03T08:30:00Z", "2026-06-05T08:29:59.999Z"})
	case field.Type == def.TypeDecimal || field.Type == def.TypeMoney || field.Type == def.TypePercent:
		if r.chance(20) {
			return pick(r, []string{"0.005", "8.999999999", "99999999999999999999999999999999", "-99999999999999999999999999999999", "-0.000000001"})
		}
	case field.Type == def.TypeText && r.chance(30):
		return pick(r, []string{"Á", "é", "FI", "iv", "ss", "中", "B", "%", "\\"})
	}
	return r.present(field)
}

var sortable = []string{"no", "content", "total", "qty", "rate", "heads", "night", "reason", "work_date", "at", "period", "project", "state", "rev", "created_by", "next_due", "deleted"}

func (r *random) sort() []query.Sort {
	var keys []query.Sort
	for range r.below(4) {
		name := pick(r, sortable)
		if !slices.ContainsFunc(keys, func(k query.Sort) bool { return k.Field == name }) {
			keys = append(keys, query.Sort{Field: name, Desc: r.chance(50)})
		}
	}
	return keys
}

// aggregation makes groups and measures over the record or its rows.
func (r *random) aggregation(shape *store.Shape) query.Aggregation {
	a := query.Aggregation{Collection: shape.Name, Where: r.filter(shape, "", 2)}
	keys := []string{"project", "reason", "night", "state", "heads", "total", "no"}
	days := []string{"work_date", "at", "period"}
	numbers := []string{"total", "qty", "rate", "heads", "share"}
	if r.chance(40) {
		a.Unwind = "lines"
		keys = append(keys, "lines.worker", "lines.kind", "lines.done")
		days = append(days, "lines.day", "lines.start")
		numbers = append(numbers, "lines.hours", "lines.pay", "lines.pieces")
	}
	a.Zone = pick(r, []string{"", "Asia/Shanghai", "America/New_York"})
	for i := range r.below(3) {
		by := query.By{Name: fmt.Sprint("k", i), Path: splitPath(pick(r, keys))}
		if r.chance(50) {
			by.Path, by.Unit = splitPath(pick(r, days)), pick(r, []string{query.Month, query.Year})
		}
		a.By = append(a.By, by)
	}
	for i := range 1 + r.below(4) {
		m := query.Measure{Name: fmt.Sprint("m", i), Agg: pick(r, []string{query.Count, query.CountDistinct, query.Sum, query.Min, query.Max, query.Avg})}
		if m.Agg != query.Count {
			m.Path = splitPath(pick(r, numbers))
		}
		if (m.Agg == query.Min || m.Agg == query.CountDistinct) && r.chance(40) {
			m.Path = splitPath(pick(r, []string{"no", "work_date", "at", "period"}))
		}
		if r.chance(25) {
			m.Where = r.filter(shape, "", 1)
		}
		a.Measures = append(a.Measures, m)
	}
	return a
}

func splitPath(path string) []string { return strings.Split(path, ".") }

// differential compares random queries with the reference while documents change.
func differential(t T, s *suite) {
	const documents = 80
	db := s.store()
	shape := store.NewShape(sheets)
	for seed := range uint64(4) {
		r := &random{state: seed + 1}
		docs := db.renew(r, shape, documents)
		for n := range queryCount() / 4 {
			if n%50 == 49 {
				db.change(r, shape, docs)
			}
			if n%4 == 3 {
				db.compareGroups(r.aggregation(shape), docs, shape)
			} else {
				db.compareFind(r, docs, shape)
			}
		}
	}
}

// renew fills the collection with new documents, replacing those there.
func (d *database) renew(r *random, shape *store.Shape, count int) []store.Doc {
	docs := make([]store.Doc, count)
	for i := range docs {
		docs[i] = r.document(shape, fmt.Sprint("s", i))
		stored, err := d.Get(d.t.Context(), shape.Name, docs[i].ID)
		if err != nil {
			d.t.Fatalf("get: %v", err)
		}
		if len(stored) == 1 {
			docs[i].Rev = stored[0].Rev + 1
		}
		d.put(store.Write{Collection: shape.Name, Doc: docs[i], IfRev: docs[i].Rev - 1})
	}
	return docs
}

// change rewrites some documents.
func (d *database) change(r *random, shape *store.Shape, docs []store.Doc) {
	for range 5 {
		i := r.below(len(docs))
		doc := r.document(shape, docs[i].ID)
		doc.Rev = docs[i].Rev + 1
		d.put(store.Write{Collection: shape.Name, Doc: doc, IfRev: docs[i].Rev})
		docs[i] = doc
		compareDocs(d.t, d.get(shape.Name, doc.ID), doc)
	}
}

func (d *database) compareFind(r *random, docs []store.Doc, shape *store.Shape) {
	d.t.Helper()
	q := query.Query{Collection: shape.Name, Where: r.filter(shape, "", 3), Sort: r.sort(), Limit: 1 + r.below(90)}
	if r.chance(15) {
		q.Search = pick(r, []string{"中", "文中", "a", "ab", "100%", "b 中", "👷", "fi", "ア"})
	}
	if r.chance(15) {
		q.AnyGram = pick(r, [][]string{{"中文", "ab"}, {"文"}, {"👷", "00", "fi"}, {"文 中", "00 fi"}, {"中文 b", "ab"}, {}})
	}
	entity := catalog.Entities[shape.Name]
	if err := query.Check(q.Where, entity, noEntities{}, nil); err != nil {
		d.t.Fatalf("generated filter %s: %v", asJSON(q.Where), err)
	}
	if err := query.CheckSort(q.Sort, entity); err != nil {
		d.t.Fatalf("generated sort: %v", err)
	}
	d.expect(q, matching(docs, q, shape)...)
}

func (d *database) compareGroups(a query.Aggregation, docs []store.Doc, shape *store.Shape) {
	d.t.Helper()
	got := d.aggregate(a) // types the filters a shares
	if err := query.CheckAggregation(&a, catalog.Entities[a.Collection], noEntities{}, nil); err != nil {
		d.t.Fatalf("generated aggregation: %v", err)
	}
	if want := aggregated(docs, a, shape); !reflect.DeepEqual(got, want) {
		d.t.Errorf("aggregate %s by %v unwind %q zone %q measures %s\n got %s\nwant %s", asJSON(a.Where), a.By, a.Unwind, a.Zone, asJSON(a.Measures), asJSON(got), asJSON(want))
	}
}
