package query

import (
	"strings"

	"formwork/engine/def"
)

// Values are wire values by field name, as a Record.
type Values map[string]any

// Get gives the value of a field.
func (v Values) Get(field string) any { return v[field] }

// Related is a Record whose references can be followed. Without it a condition behind a reference matches nothing.
type Related interface {
	Record
	// Related gives the records a reference field names, as far as they exist.
	Related(field string) []Record
}

// Match tells whether a record meets a checked and resolved filter (definitions.md §6). Conditions are two-valued: one
// over a missing value, or with a variable that was not resolved, does not match, and not turns that into a match. A
// list or the rows of a sub-table match if one element does.
func Match(f *Filter, r Record) bool {
	switch {
	case f == nil:
		return true
	case f.Cond != nil:
		return matchCondition(f.Cond, r)
	case f.Not != nil:
		return !Match(f.Not, r)
	case f.Or != nil:
		for _, member := range f.Or {
			if Match(member, r) {
				return true
			}
		}
		return false
	}
	for _, member := range f.And {
		if !Match(member, r) {
			return false
		}
	}
	return true
}

func matchCondition(c *Cond, r Record) bool {
	if c.Refs > 0 {
		return matchBehind(c, c.Refs, r)
	}
	if c.Rows {
		return matchRows(r.Get(c.Path[0]), func(row Record) bool { return matchValue(c, row.Get(c.Path[1])) })
	}
	value := r.Get(c.Path[0])
	if c.Op == Any {
		return matchRows(value, func(row Record) bool { return Match(c.Where, row) })
	}
	return matchValue(c, value)
}

// matchBehind follows references; some record at the end must match.
func matchBehind(c *Cond, refs int, r Record) bool {
	at := c.Refs - refs
	if refs == 0 {
		last := *c
		last.Path, last.Refs = c.Path[at:], 0
		return matchCondition(&last, r)
	}
	related, ok := r.(Related)
	if !ok {
		return false
	}
	for _, next := range related.Related(c.Path[at]) {
		if matchBehind(c, refs-1, next) {
			return true
		}
	}
	return false
}

func matchRows(value any, matches func(Record) bool) bool {
	rows, _ := value.([]any)
	for _, row := range rows {
		values, ok := row.(map[string]any)
		if ok && matches(Values(values)) {
			return true
		}
	}
	return false
}

func matchValue(c *Cond, value any) bool {
	if c.Op == Empty {
		return Missing(value) == (c.Value == true)
	}
	if Missing(value) {
		return false
	}
	if c.List {
		return matchList(c, value)
	}
	return matchScalar(c, value)
}

func matchList(c *Cond, value any) bool {
	items, _ := value.([]any)
	for _, item := range items {
		switch wanted := c.Value.(type) {
		case []any:
			for _, one := range wanted {
				if c.Op == In && item == one {
					return true
				}
			}
		default:
			if c.Op == Contains && item == wanted {
				return true
			}
		}
	}
	return false
}

func matchScalar(c *Cond, value any) bool {
	switch c.Op {
	case Contains, Starts:
		text, isText := value.(string)
		part, isPart := c.Value.(string)
		if !isText || !isPart {
			return false
		}
		if c.Op == Contains {
			return ContainsFolded(text, part)
		}
		return StartsFolded(text, part)
	case In:
		list, _ := c.Value.([]any)
		for _, one := range list {
			if !unresolved(one) && Compare(c.Type, value, one) == 0 {
				return true
			}
		}
		return false
	case Between:
		bounds, _ := c.Value.([]any)
		return len(bounds) == 2 && !unresolved(bounds[0]) && !unresolved(bounds[1]) &&
			Compare(c.Type, value, bounds[0]) >= 0 && Compare(c.Type, value, bounds[1]) <= 0
	default:
		return !unresolved(c.Value) && matchOrder(c.Op, Compare(c.Type, value, c.Value))
	}
}

func matchOrder(op Op, order int) bool {
	switch op {
	case Eq:
		return order == 0
	case Ne:
		return order != 0
	case Lt:
		return order < 0
	case Le:
		return order <= 0
	case Gt:
		return order > 0
	case Ge:
		return order >= 0
	default:
		return false
	}
}

func unresolved(value any) bool {
	_, isVar := value.(Var)
	return isVar || Missing(value)
}

// CompareRecords orders two records by the sort keys and then by id, ascending: missing first, or last with Desc.
func CompareRecords(sort []Sort, a, b Record) int {
	for _, key := range sort {
		order := Compare(key.Type, a.Get(key.Field), b.Get(key.Field))
		if order == 0 {
			continue
		}
		if key.Desc {
			return -order
		}
		return order
	}
	idA, _ := a.Get(def.FieldID).(string)
	idB, _ := b.Get(def.FieldID).(string)
	return strings.Compare(idA, idB)
}
