package sqlite

import (
	"math/big"
	"math/bits"

	"formwork/engine/query"
	"formwork/engine/store"
)

// grow makes room for new groups.
func (s *scan) grow() {
	for _, m := range s.measures {
		missing := s.count - len(m.counts)
		m.counts = append(m.counts, make([]int64, missing)...)
		switch m.Agg {
		case query.Sum, query.Avg:
			m.sums = append(m.sums, make([]wideInt, missing)...)
		case query.Min, query.Max:
			m.ends = append(m.ends, make([]int64, missing)...)
		case query.CountDistinct:
			m.sets = append(m.sets, make([][]uint64, missing)...)
		}
	}
}

// measure adds the items of a block to their groups; false if there is too much to keep.
func (s *scan) measure(m *scanMeasure, items []entry, groups []uint32) bool {
	var admitted []bool
	if m.Where != nil {
		admitted = s.truths(m.Where, items)
	}
	if m.Agg == query.Count {
		for i, group := range groups {
			if admitted == nil || admitted[i] {
				m.counts[group]++
			}
		}
		return true
	}
	segment, places := s.block.columns[m.column.name], s.places(m.column)
	cells := segment.values
	if m.Agg == query.CountDistinct {
		cells = m.numbered(segment)
	}
	take := m.taker()
	for i, one := range items {
		place := places[one.at(m.column)]
		if int(place) == segment.null || (admitted != nil && !admitted[i]) {
			continue
		}
		take(groups[i], cells[place])
	}
	return m.words <= maxScanWords
}

// taker gives the function that adds one cell to a group.
func (m *scanMeasure) taker() func(group uint32, cell int64) {
	switch m.Agg {
	case query.Sum, query.Avg:
		return func(group uint32, cell int64) {
			m.sums[group].add(cell)
			m.counts[group]++
		}
	case query.CountDistinct:
		return m.mark
	}
	less := m.column.less()
	return func(group uint32, cell int64) {
		end := &m.ends[group]
		if m.counts[group] == 0 || (m.Agg == query.Min && less(cell, *end)) || (m.Agg == query.Max && less(*end, cell)) {
			*end = cell
		}
		m.counts[group]++
	}
}

// less orders cells as SQL does: numbers by value, texts by code point.
func (c *extracted) less() func(x, y int64) bool {
	if c.texts == nil {
		return func(x, y int64) bool { return x < y }
	}
	texts := c.texts.all()
	return func(x, y int64) bool { return texts[x] < texts[y] }
}

// numbered numbers the values of a segment.
func (m *scanMeasure) numbered(s *segment) []int64 {
	out := make([]int64, len(s.values))
	for place, value := range s.values {
		if place == s.null {
			continue
		}
		id, ok := m.ids[value]
		if !ok {
			id = uint32(len(m.ids)) //nolint:gosec // at most one per row
			m.ids[value] = id
		}
		out[place] = int64(id)
	}
	return out
}

// mark notes a value of a group.
func (m *scanMeasure) mark(group uint32, id int64) {
	set, word := m.sets[group], int(id>>6)
	if word >= len(set) {
		more := word + 1 - len(set)
		set = append(set, make([]uint64, more)...)
		m.sets[group] = set
		m.words += more
	}
	set[word] |= 1 << (id & 63)
}

// groups gives the result.
func (s *scan) groups() ([]map[string]any, error) {
	out := make([]map[string]any, s.count)
	for group := range out {
		values := make(map[string]any, len(s.keys)+len(s.measures))
		if err := s.keysOf(uint32(group), values); err != nil {
			return nil, err
		}
		for _, m := range s.measures {
			value, err := s.value(m, group)
			if err != nil {
				return nil, err
			}
			if value != nil {
				values[m.Name] = value
			}
		}
		out[group] = values
	}
	return out, nil
}

// keysOf goes back from a group to the keys it was made from.
func (s *scan) keysOf(group uint32, into map[string]any) error {
	for level := len(s.keys) - 1; level >= 0; level-- {
		key, made := s.keys[level], s.levels[level][group]
		group = made[0]
		if made[1] == 0 {
			continue
		}
		value := any(key.cells[made[1]-1])
		if key.bucket == nil {
			value = s.cell(key.column, key.cells[made[1]-1])
		}
		var err error
		if into[key.Name], err = decodeScalar(key.field, value); err != nil {
			return err
		}
	}
	return nil
}

func (s *scan) value(m *scanMeasure, group int) (any, error) {
	switch m.Agg {
	case query.Count:
		return m.counts[group], nil
	case query.CountDistinct:
		n := int64(0)
		for _, word := range m.sets[group] {
			n += int64(bits.OnesCount64(word))
		}
		return n, nil
	case query.Sum:
		sum := m.sums[group]
		if sum.high == int64(sum.low)>>63 { //nolint:gosec // it fits a word
			return scaledText(int64(sum.low), m.column.field), nil //nolint:gosec // it fits a word
		}
		return plainDecimal(sum.big(), m.column.field), nil
	}
	if m.counts[group] == 0 {
		return nil, nil //nolint:nilnil // over nothing
	}
	if m.Agg == query.Avg {
		total := new(big.Rat).SetFrac(m.sums[group].big(), pow10(m.column.field.Scale))
		return store.Mean(total, m.counts[group])
	}
	return decodeScalar(m.column.field, s.cell(m.column, m.ends[group]))
}
