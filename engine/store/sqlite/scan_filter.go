package sqlite

import (
	"slices"

	"formwork/engine/query"
)

// scanTest is a condition with its verdicts by value.
type scanTest struct {
	column   *extracted
	filter   *query.Filter
	verdicts map[int64]bool
	missing  bool
}

// split parts a filter into what is about the record alone and the rest.
func (s *scan) split(f *query.Filter) {
	members := []*query.Filter{f}
	if f != nil && f.And != nil {
		members = f.And
	}
	for _, member := range members {
		switch {
		case member == nil:
		case s.aboutRows(member):
			s.rows = both(s.rows, member)
		default:
			s.records = both(s.records, member)
		}
	}
}

func both(f, member *query.Filter) *query.Filter {
	if f == nil {
		return member
	}
	return &query.Filter{And: []*query.Filter{f, member}}
}

func (s *scan) aboutRows(f *query.Filter) bool {
	switch {
	case f == nil:
		return false
	case f.Cond != nil:
		return s.sub != nil && f.Cond.Rows && f.Cond.Path[0] == s.sub.name
	case f.Not != nil:
		return s.aboutRows(f.Not)
	}
	return slices.ContainsFunc(f.And, s.aboutRows) || slices.ContainsFunc(f.Or, s.aboutRows)
}

// addTests prepares the conditions of a filter.
func (s *scan) addTests(f *query.Filter) bool {
	switch {
	case f == nil:
		return true
	case f.Not != nil:
		return s.addTests(f.Not)
	case f.Cond != nil:
		return s.addTest(f.Cond)
	}
	for _, member := range slices.Concat(f.And, f.Or) {
		if !s.addTests(member) {
			return false
		}
	}
	return true
}

// tested is the name a tested value goes by.
const tested = "value"

func (s *scan) addTest(c *query.Cond) bool {
	if c.Refs > 0 || c.Op == query.Any || c.List || (c.Rows && !s.aboutRows(&query.Filter{Cond: c})) {
		return false
	}
	column := s.column(c.Path)
	if column == nil {
		return false
	}
	alone := *c
	alone.Path, alone.Rows = []string{tested}, false
	test := &scanTest{column: column, filter: &query.Filter{Cond: &alone}, verdicts: map[int64]bool{}}
	test.missing = query.Match(test.filter, query.Values{})
	s.tests[c] = test
	return true
}

// verdict tells whether a value meets a test.
func (s *scan) verdict(t *scanTest, value int64) bool {
	known, ok := t.verdicts[value]
	if !ok {
		wire, err := decodeScalar(t.column.field, s.cell(t.column, value))
		known = err == nil && query.Match(t.filter, query.Values{tested: wire})
		t.verdicts[value] = known
	}
	return known
}

// truths gives for each item whether it meets a filter.
func (s *scan) truths(f *query.Filter, items []entry) []bool {
	out := make([]bool, len(items))
	switch {
	case f == nil:
		for i := range out {
			out[i] = true
		}
	case f.Cond != nil:
		s.test(s.tests[f.Cond], items, out)
	case f.Not != nil:
		for i, yes := range s.truths(f.Not, items) {
			out[i] = !yes
		}
	case f.Or != nil:
		for _, member := range f.Or {
			for i, yes := range s.truths(member, items) {
				out[i] = out[i] || yes
			}
		}
	default:
		for i := range out {
			out[i] = true
		}
		for _, member := range f.And {
			for i, yes := range s.truths(member, items) {
				out[i] = out[i] && yes
			}
		}
	}
	return out
}

// test asks a condition once for each value of the block.
func (s *scan) test(t *scanTest, items []entry, out []bool) {
	segment := s.block.columns[t.column.name]
	verdicts := make([]bool, len(segment.values))
	for place, value := range segment.values {
		if place == segment.null {
			verdicts[place] = t.missing
		} else {
			verdicts[place] = s.verdict(t, value)
		}
	}
	places := s.places(t.column)
	for i, one := range items {
		out[i] = verdicts[places[one.at(t.column)]]
	}
}
