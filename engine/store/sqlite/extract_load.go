package sqlite

import (
	"context"
	"fmt"
	"math"
	"strings"
)

// segment is one column of a block: the different cells, and for each record or row which of them it has.
type segment struct {
	shape  string      // of the column it was read for
	texts  *dictionary // nil for numbers
	values []int64     // numbers as kept, texts by their number in the dictionary
	null   int         // the place in values that stands for a missing value; -1 = none is missing
	small  []uint8     // one of the three holds the places
	medium []uint16
	large  []uint32
}

// of tells whether the segment is there and numbers texts like a column: an extract that was let go begins anew.
func (s *segment) of(c *extracted) bool { return s != nil && s.texts == c.texts }

// expand writes the places into a buffer.
func (s *segment) expand(into []uint32) []uint32 {
	into = into[:0]
	switch {
	case s.small != nil:
		into = widened(into, s.small)
	case s.medium != nil:
		into = widened(into, s.medium)
	default:
		into = append(into, s.large...)
	}
	return into
}

func widened[N uint8 | uint16](into []uint32, places []N) []uint32 {
	for _, place := range places {
		into = append(into, uint32(place))
	}
	return into
}

func narrowed[N uint8 | uint16](places []uint32) []N {
	out := make([]N, len(places))
	for i, place := range places {
		out[i] = N(place)
	}
	return out
}

func (s *segment) bytes() int64 {
	return int64(8*len(s.values) + len(s.small) + 2*len(s.medium) + 4*len(s.large))
}

// segmentBuilder collects the cells of a segment.
type segmentBuilder struct {
	column *extracted
	places map[int64]uint32
	values []int64
	null   int
	all    []uint32
}

func newSegmentBuilder(c *extracted) *segmentBuilder {
	return &segmentBuilder{column: c, places: map[int64]uint32{}, null: -1}
}

func (b *segmentBuilder) add(cell any) error {
	var value int64
	switch cell := cell.(type) {
	case nil:
		if b.null < 0 {
			b.null = len(b.values)
			b.values = append(b.values, 0)
		}
		b.all = append(b.all, uint32(b.null)) //nolint:gosec // a place in a block
		return nil
	case int64:
		value = cell
	case string:
		if b.column.texts == nil {
			return fmt.Errorf("column %s holds the text %.50q", b.column.name, cell)
		}
		value = b.column.texts.id([]byte(cell))
	default:
		return fmt.Errorf("column %s holds a %T", b.column.name, cell)
	}
	place, ok := b.places[value]
	if !ok {
		place = uint32(len(b.values)) //nolint:gosec // a place in a block
		b.places[value] = place
		b.values = append(b.values, value)
	}
	b.all = append(b.all, place)
	return nil
}

func (b *segmentBuilder) segment() *segment {
	s := &segment{shape: b.column.shape(), texts: b.column.texts, values: b.values, null: b.null}
	switch {
	case len(b.values) <= math.MaxUint8:
		s.small = narrowed[uint8](b.all)
	case len(b.values) <= math.MaxUint16:
		s.medium = narrowed[uint16](b.all)
	default:
		s.large = b.all
	}
	return s
}

// loader reads one block, of the rows or of the file.
type loader struct {
	*reader
	scan  *scan
	first int64 // number of the block's first record
	count int64 // of numbers
}

// load gives a block of the reader's snapshot with what it lacks, from the rows.
func (l *loader) load(ctx context.Context, known *block) (*block, error) {
	next := known.copied(known.version)
	bySub := map[*child][]*extracted{}
	for _, c := range l.scan.columns {
		if !next.columns[c.name].of(c) {
			bySub[c.sub] = append(bySub[c.sub], c)
		}
	}
	if next.numbers == nil || bySub[nil] != nil {
		if err := l.records(ctx, next, bySub[nil]); err != nil {
			return nil, err
		}
	}
	sub := l.scan.sub
	if sub == nil || (bySub[sub] == nil && next.starts[sub.name] != nil) {
		return next, nil
	}
	return next, l.rows(ctx, next, sub, bySub[sub])
}

func (l *loader) records(ctx context.Context, into *block, columns []*extracted) error {
	into.numbers = nil
	return l.each(ctx, part{l.scan.t.rows(), "n", columns}, into, func(n int64) error {
		into.numbers = append(into.numbers, uint16(n-l.first)) //nolint:gosec // a block has at most 65,536 numbers
		return nil
	})
}

// rows reads the rows of a sub-table, which come in the order of their records.
func (l *loader) rows(ctx context.Context, into *block, sub *child, columns []*extracted) error {
	starts := make([]int32, 0, len(into.numbers)+1)
	at, row := 0, int32(0)
	err := l.each(ctx, part{l.scan.t.childTable(sub.name), "n, pos", columns}, into, func(n int64) error {
		for at < len(into.numbers) && int64(into.numbers[at]) < n-l.first {
			at++
		}
		if at == len(into.numbers) || int64(into.numbers[at]) != n-l.first {
			return fmt.Errorf("rows %s of record %d that does not exist", sub.name, n)
		}
		for len(starts) <= at {
			starts = append(starts, row)
		}
		row++
		return nil
	})
	for len(starts) <= len(into.numbers) {
		starts = append(starts, row)
	}
	into.starts[sub.name] = starts
	return err
}

// part is what of a table belongs to a block.
type part struct {
	table, order string
	columns      []*extracted
}

// each reads the block's part of a table and hands each row's number on.
func (l *loader) each(ctx context.Context, p part, into *block, take func(n int64) error) error {
	names := []string{"n"}
	builders := make([]*segmentBuilder, len(p.columns))
	for i, c := range p.columns {
		names = append(names, c.cell)
		builders[i] = newSegmentBuilder(c)
	}
	rows, err := l.query(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+p.table+" WHERE n >= ? AND n < ? ORDER BY "+p.order, l.first, l.first+l.count)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	dest, values := cells(len(names))
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		n, _ := values[0].(int64)
		if err := take(n); err != nil {
			return err
		}
		for i, b := range builders {
			if err := b.add(values[i+1]); err != nil {
				return err
			}
		}
	}
	for i, c := range p.columns {
		into.columns[c.name] = builders[i].segment()
	}
	return rows.Err()
}
