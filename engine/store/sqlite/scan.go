package sqlite

import (
	"context"
	"math"
	"math/big"
	"math/bits"
	"slices"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
	"formwork/engine/store"
)

// scan is an aggregation over an extract. Conditions are evaluated by query.Match, once for each different value of a
// column; the rest is loops over numbers. Sums have 128 bits.
type scan struct {
	t        *table
	a        query.Aggregation
	sub      *child // of the unwound sub-table, nil for records
	columns  []*extracted
	records  *query.Filter // the part of the filter that is about the record alone
	rows     *query.Filter // the rest
	keys     []*scanKey    // those of the record first
	measures []*scanMeasure
	tests    map[*query.Cond]*scanTest
	count    int                 // of groups
	parents  []map[uint64]uint32 // by key: what was reached before and the key's number → what is reached
	levels   [][][2]uint32       // the same the other way round
	block    *block              // the one being added
	buffers  map[string][]uint32
}

// scanKey is a grouping key. Its numbers are dense; 0 stands for missing.
type scanKey struct {
	query.By
	column *extracted
	field  store.Field // of the key's values
	bucket func(cell int64) int64
	ids    map[int64]uint32
	cells  []int64 // by number, from 1
}

// scanMeasure is a measure with what it has of each group.
type scanMeasure struct {
	query.Measure
	column *extracted // nil: count
	counts []int64
	sums   []wideInt
	ends   []int64
	ids    map[int64]uint32 // of different values, for count_distinct
	sets   [][]uint64
	words  int
}

// wideInt is a number of 128 bits.
type wideInt struct {
	high int64
	low  uint64
}

func (w *wideInt) add(n int64) {
	low, carry := bits.Add64(w.low, uint64(n), 0) //nolint:gosec // two's complement
	w.low = low
	w.high += n>>63 + int64(carry) //nolint:gosec // 0 or 1
}

func (w wideInt) big() *big.Int {
	total := big.NewInt(w.high)
	return total.Lsh(total, 64).Add(total, new(big.Int).SetUint64(w.low))
}

// What a scan keeps at most; beyond that SQL does better.
const (
	maxScanGroups = 1 << 20
	maxScanWords  = 4 << 20 // of the bit sets of count_distinct
)

// newScan makes an aggregation ready; false if an extract cannot hold what it needs.
func newScan(t *table, a query.Aggregation) (*scan, bool) {
	s := &scan{t: t, a: a, tests: map[*query.Cond]*scanTest{}, buffers: map[string][]uint32{}}
	if a.Unwind != "" {
		c := t.byPath[a.Unwind]
		if s.sub = t.child(a.Unwind); s.sub == nil || c == nil || c.gone {
			return nil, false
		}
	}
	for _, by := range a.By {
		if !s.addKey(by) {
			return nil, false
		}
	}
	slices.SortStableFunc(s.keys, func(x, y *scanKey) int { return order(x.column.sub != nil) - order(y.column.sub != nil) })
	for _, m := range a.Measures {
		if !s.addMeasure(m) {
			return nil, false
		}
	}
	where := a.Where
	if !store.NamesDeleted(where) {
		living := &query.Filter{Cond: &query.Cond{Path: []string{query.FieldDeleted}, Op: query.Eq, Value: false, Type: def.TypeBoolean}}
		where = &query.Filter{And: []*query.Filter{living, where}}
	}
	s.split(where)
	if !s.addTests(s.records) || !s.addTests(s.rows) {
		return nil, false
	}
	s.parents = make([]map[uint64]uint32, len(s.keys))
	s.levels = make([][][2]uint32, len(s.keys))
	for i := range s.keys {
		s.parents[i] = map[uint64]uint32{}
	}
	if len(s.keys) == 0 {
		s.count = 1
		s.grow()
	}
	return s, true
}

func order(later bool) int { //nolint:revive // the number of a truth value
	if later {
		return 1
	}
	return 0
}

// column finds or adds the column of a path; nil if an extract cannot hold it.
func (s *scan) column(path []string) *extracted {
	var found *extracted
	switch {
	case len(path) == 1:
		cell, field, ok := s.t.systemOrOwn(path[0])
		if !ok || !extractable(&column{field: field, wide: s.t.byPath[path[0]] != nil && s.t.byPath[path[0]].wide}) {
			return nil
		}
		found = &extracted{name: cell, cell: cell, field: field}
	case len(path) == 2 && s.sub != nil && path[0] == s.sub.name:
		for _, c := range s.sub.columns {
			if c.field.Name() == path[1] && extractable(c) {
				found = &extracted{name: s.sub.name + "." + c.name(), cell: c.name(), field: c.field, sub: s.sub}
			}
		}
	}
	if found == nil {
		return nil
	}
	for _, known := range s.columns {
		if known.name == found.name {
			return known
		}
	}
	if !isNumber(found.field.Type) {
		found.texts = s.t.extract.dictionary(found.name)
	}
	s.columns = append(s.columns, found)
	return found
}

func (s *scan) addKey(by query.By) bool {
	c := s.column(by.Path)
	if c == nil {
		return false
	}
	key := &scanKey{By: by, column: c, field: c.field, ids: map[int64]uint32{}}
	s.keys = append(s.keys, key)
	return by.Unit == "" || key.setBucket(by.Unit, s.a.Zone)
}

// setBucket turns cells of dates, months and instants into those of their day, month or year, as grouping.bucket does.
func (k *scanKey) setBucket(unit, zoneName string) bool {
	perMonth := int64(100)
	day := func(cell int64) int64 { return cell }
	switch k.column.field.Type {
	case def.TypeDateTime:
		zone, err := zoneOf(zoneName)
		if err != nil {
			return false
		}
		day = func(cell int64) int64 {
			year, month, day := expr.DateParts(expr.DateOf(time.UnixMilli(cell), zone))
			return int64(year*10000 + month*100 + day)
		}
	case def.TypeDate:
	case def.TypeMonth:
		perMonth = 1
	default:
		return false
	}
	divisor := int64(1)
	switch unit {
	case query.Day:
		k.field = store.Field{Type: def.TypeDate}
	case query.Month:
		k.field, divisor = store.Field{Type: def.TypeMonth}, perMonth
	case query.Year:
		k.field, divisor = store.Field{Type: def.TypeInteger}, 100*perMonth
	default:
		return false
	}
	k.bucket = func(cell int64) int64 { return day(cell) / divisor }
	return true
}

func (s *scan) addMeasure(m query.Measure) bool {
	made := &scanMeasure{Measure: m}
	if m.Agg != query.Count {
		if made.column = s.column(m.Path); made.column == nil {
			return false
		}
		made.ids = map[int64]uint32{}
		number := made.column.field.Type == def.TypeInteger || isDecimal(made.column.field.Type)
		if (m.Agg == query.Sum || m.Agg == query.Avg) && !number {
			return false
		}
	}
	s.measures = append(s.measures, made)
	return s.addTests(m.Where)
}

// many tells whether the filter admits so many records that loading an extract is worth it.
func (s *scan) many(ctx context.Context, r *reader, limit int) (bool, error) {
	b := &renderer{t: s.t}
	text, err := b.countQuery(query.Query{Where: s.a.Where}, limit)
	if err != nil {
		return false, err
	}
	var n int
	err = r.row(ctx, &n, text, b.args...)
	return n > limit, err
}

// cell gives a stored cell as SQL would.
func (s *scan) cell(c *extracted, value int64) any {
	if c.texts != nil {
		return c.texts.all()[value]
	}
	return value
}

// places gives the expanded column of the block being added.
func (s *scan) places(c *extracted) []uint32 {
	buffer := s.buffers[c.name]
	if len(buffer) == 0 {
		buffer = s.block.columns[c.name].expand(buffer)
		s.buffers[c.name] = buffer
	}
	return buffer
}

// entry is a record, or one of its rows.
type entry struct{ record, row int32 }

func (e entry) at(c *extracted) int32 {
	if c.sub != nil {
		return e.row
	}
	return e.record
}

// add adds a block; false if there is too much to keep.
func (s *scan) add(b *block) bool {
	s.block = b
	for name := range s.buffers {
		s.buffers[name] = s.buffers[name][:0]
	}
	items := s.items()
	if len(items) == 0 {
		return true
	}
	groups := s.group(items)
	if s.count > maxScanGroups {
		return false
	}
	s.grow()
	for _, m := range s.measures {
		if !s.measure(m, items, groups) {
			return false
		}
	}
	return true
}

// items lists what the filter admits.
func (s *scan) items() []entry {
	all := make([]entry, len(s.block.numbers))
	for i := range all {
		all[i].record = int32(i)
	}
	all = s.matching(s.records, all)
	if s.sub == nil {
		return all
	}
	starts := s.block.starts[s.sub.name]
	rows := make([]entry, 0, 4*len(all))
	for _, one := range all {
		for row := starts[one.record]; row < starts[one.record+1]; row++ {
			rows = append(rows, entry{one.record, row})
		}
	}
	return s.matching(s.rows, rows)
}

func (s *scan) matching(f *query.Filter, items []entry) []entry {
	if f == nil {
		return items
	}
	kept := items[:0]
	for i, yes := range s.truths(f, items) {
		if yes {
			kept = append(kept, items[i])
		}
	}
	return kept
}

// group gives each item its group: level by level, what was reached so far and the next key make a number.
func (s *scan) group(items []entry) []uint32 {
	groups := make([]uint32, len(items))
	for level, key := range s.keys {
		segment := s.block.columns[key.column.name]
		ids := make([]uint32, len(segment.values))
		for place, cell := range segment.values {
			if place != segment.null {
				ids[place] = key.id(cell)
			}
		}
		places := s.places(key.column)
		known, pair := s.parents[level], uint64(math.MaxUint64)
		var group uint32
		for i, one := range items {
			next := uint64(groups[i])<<32 | uint64(ids[places[one.at(key.column)]])
			if next != pair { // the rows of a record are next to each other
				pair = next
				var ok bool
				if group, ok = known[pair]; !ok {
					group = uint32(len(s.levels[level])) //nolint:gosec // at most one per row
					known[pair] = group
					s.levels[level] = append(s.levels[level], [2]uint32{groups[i], ids[places[one.at(key.column)]]})
				}
			}
			groups[i] = group
		}
	}
	if len(s.keys) > 0 {
		s.count = len(s.levels[len(s.keys)-1])
	}
	return groups
}

func (k *scanKey) id(cell int64) uint32 {
	if k.bucket != nil {
		cell = k.bucket(cell)
	}
	id, ok := k.ids[cell]
	if !ok {
		k.cells = append(k.cells, cell)
		id = uint32(len(k.cells)) //nolint:gosec // at most one per row
		k.ids[cell] = id
	}
	return id
}
