package store

import (
	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
)

// Record shows a document to query.Match and query.CompareRecords.
func (d *Doc) Record() query.Record { return docRecord{d} }

type docRecord struct{ doc *Doc }

// Get gives a system field or a value of the document.
func (r docRecord) Get(field string) any {
	d := r.doc
	switch field {
	case def.FieldID:
		return d.ID
	case def.FieldRev:
		return d.Rev
	case def.FieldState:
		return d.State
	case def.FieldCreatedBy:
		return d.CreatedBy
	case def.FieldUpdatedBy:
		return d.UpdatedBy
	case def.FieldCreatedAt:
		return expr.TimeString(expr.TimeOf(d.CreatedAt))
	case def.FieldUpdatedAt:
		return expr.TimeString(expr.TimeOf(d.UpdatedAt))
	case query.FieldDeleted:
		return d.Deleted
	case query.FieldNextDue:
		if d.NextDue == nil {
			return nil
		}
		return expr.TimeString(expr.TimeOf(*d.NextDue))
	}
	return d.Values[field]
}

// NamesDeleted tells whether a filter says itself which of living and deleted documents it wants.
func NamesDeleted(f *query.Filter) bool {
	names := false
	f.Walk(func(prefix string, c *query.Cond) {
		names = names || prefix == "" && len(c.Path) == 1 && c.Path[0] == query.FieldDeleted
	})
	return names
}

// NeedsScan tells whether a filter looks for substrings (contains, starts on texts) with no condition beside them that
// an index narrows down; then the store must look at every record. Fields in the search index count as indexed for
// contains.
func (s *Shape) NeedsScan(f *query.Filter) bool {
	return s.hasSubstring(f) && !s.narrowed(f)
}

func (s *Shape) hasSubstring(f *query.Filter) bool {
	found := false
	f.Walk(func(_ string, c *query.Cond) {
		found = found || !c.List && (c.Op == query.Contains || c.Op == query.Starts)
	})
	return found
}

// narrowed tells whether every record that matches is reached through an index.
func (s *Shape) narrowed(f *query.Filter) bool {
	switch {
	case f == nil || f.Not != nil:
		return false
	case f.Cond != nil:
		return s.indexed(f.Cond)
	case f.Or != nil:
		for _, member := range f.Or {
			if !s.narrowed(member) {
				return false
			}
		}
		return true
	}
	for _, member := range f.And {
		if s.narrowed(member) {
			return true
		}
	}
	return false
}

func (s *Shape) indexed(c *query.Cond) bool {
	if c.Rows || len(c.Path) != 1 {
		return false
	}
	path := c.Path[0]
	switch c.Op {
	case query.Contains:
		return s.fields[path].Search || c.List && s.fields[path].Index
	case query.Eq, query.In, query.Between, query.Lt, query.Le, query.Gt, query.Ge:
		if path == def.FieldID || path == def.FieldState || path == query.FieldNextDue || s.fields[path].Index {
			return true
		}
		for _, index := range s.Indexes {
			if IndexedPath(index[0]) == path {
				return true
			}
		}
	default:
	}
	return false
}
