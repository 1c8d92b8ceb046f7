package access

import (
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/query"
)

// FieldError is a field an actor may not use: to write it, or to filter, sort, group or search by it.
type FieldError struct{ Fields []string }

// Error satisfies error; people see a translation of the code field_denied.
func (e *FieldError) Error() string { return "field denied: " + strings.Join(e.Fields, ", ") }

// Filter is the rows the rights admit: nil = all of them, an empty Or = none.
func Filter(r Rights) *query.Filter {
	return admitting(r, func(Right) bool { return true })
}

// admitting is the union of the rows of those grants that meet a condition; nil = all rows.
func admitting(r Rights, meets func(Right) bool) *query.Filter {
	if r.All {
		return nil
	}
	union := []*query.Filter{}
	for _, g := range r.Grants {
		if !meets(g) {
			continue
		}
		if g.Where == nil {
			return nil
		}
		union = append(union, g.Where)
	}
	if len(union) == 1 {
		return union[0]
	}
	return &query.Filter{Or: union}
}

// Narrow gives the filter a query must be joined with because it filters, sorts, groups or searches by these paths:
// the rows in which all of them are readable in full, by grants and by the nodes of flows the actor stands at. Without it a
// hidden value could be found out by asking. Nil means no narrowing; narrowed lists the paths that caused it. A path
// readable in no row is a *FieldError.
func (r Rights) Narrow(paths []string) (extra *query.Filter, narrowed []string, err error) {
	granted, narrowed, err := r.granted(paths)
	if err != nil {
		return nil, nil, err
	}
	unveiled, hidden, err := r.unveiled(paths)
	if err != nil || unveiled == nil {
		return granted, narrowed, err
	}
	return Join(granted, unveiled), unique(append(narrowed, hidden...)), nil
}

// granted is Narrow as far as grants tell.
func (r Rights) granted(paths []string) (extra *query.Filter, narrowed []string, err error) {
	if r.All {
		return nil, nil, nil
	}
	var denied []string
	var parts []*query.Filter
	for _, path := range unique(paths) {
		if _, system := def.SystemField(path); system {
			continue
		}
		shows := func(g Right) bool { return rank(g.Fields[path]) >= rank(def.FieldRead) }
		switch n := count(r.Grants, shows); {
		case n == 0:
			denied = append(denied, path)
		case n < len(r.Grants):
			if part := admitting(r, shows); part != nil {
				parts = append(parts, part)
				narrowed = append(narrowed, path)
			}
		}
	}
	switch {
	case len(denied) > 0:
		return nil, nil, &FieldError{denied}
	case len(parts) == 0:
		return nil, nil, nil
	case len(parts) == 1:
		return parts[0], narrowed, nil
	}
	return &query.Filter{And: parts}, narrowed, nil
}

func count(grants []Right, meets func(Right) bool) int {
	n := 0
	for _, g := range grants {
		if meets(g) {
			n++
		}
	}
	return n
}

func unique(paths []string) []string {
	sorted := slices.Clone(paths)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// Paths lists the fields of the entity itself a filter looks at: fields, columns ("lines.worker"), and the first
// reference of a path that leads on.
func Paths(f *query.Filter) []string {
	var paths []string
	collect(f, "", &paths)
	return unique(paths)
}

func collect(f *query.Filter, table string, paths *[]string) {
	if f == nil {
		return
	}
	for _, part := range f.And {
		collect(part, table, paths)
	}
	for _, part := range f.Or {
		collect(part, table, paths)
	}
	collect(f.Not, table, paths)
	c := f.Cond
	if c == nil {
		return
	}
	path := c.Path[0]
	if c.Refs == 0 && c.Rows {
		path = strings.Join(c.Path[:2], ".")
	}
	*paths = append(*paths, table+path)
	collect(c.Where, path+".", paths)
}

// Join is the conjunction of filters; nil ones match everything and are left out.
func Join(filters ...*query.Filter) *query.Filter {
	kept := slices.DeleteFunc(slices.Clone(filters), func(f *query.Filter) bool { return f == nil })
	switch len(kept) {
	case 0:
		return nil
	case 1:
		return kept[0]
	}
	return &query.Filter{And: kept}
}
