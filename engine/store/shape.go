package store

import (
	"fmt"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
)

// Shape is a collection made ready for looking fields up. It never changes.
type Shape struct {
	Collection
	fields  map[string]Field
	columns map[string][]Field // of each sub-table, in the order of Fields
	tops    []Field            // fields of the record itself, in the order of Fields
	search  []Field            // in the search index
}

// NewShape compiles a collection.
func NewShape(c Collection) *Shape {
	s := &Shape{Collection: c, fields: map[string]Field{}, columns: map[string][]Field{}}
	for _, field := range c.Fields {
		s.fields[field.Path] = field
		if table, _, nested := strings.Cut(field.Path, "."); nested {
			s.columns[table] = append(s.columns[table], field)
		} else {
			s.tops = append(s.tops, field)
		}
		if field.Search {
			s.search = append(s.search, field)
		}
	}
	return s
}

// Field finds a field or column by path, or a system field by name.
func (s *Shape) Field(path string) (Field, bool) {
	if field, ok := s.fields[path]; ok {
		return field, true
	}
	if t, ok := query.SystemType(path); ok {
		return Field{Path: path, Type: t}, true
	}
	return Field{}, false
}

// Top lists the fields of the record itself, without columns and system fields.
func (s *Shape) Top() []Field { return s.tops }

// Columns lists the columns of a sub-table.
func (s *Shape) Columns(table string) []Field { return s.columns[table] }

// Name is the last part of the field's path: the column's name.
func (f Field) Name() string { return f.Path[strings.LastIndexByte(f.Path, '.')+1:] }

// SearchTexts lists the texts of canonical values the search index holds.
func (s *Shape) SearchTexts(values map[string]any) []string {
	var texts []string
	for _, field := range s.search {
		table, column, nested := strings.Cut(field.Path, ".")
		if !nested {
			texts = appendText(texts, values[table])
			continue
		}
		rows, _ := values[table].([]any)
		for _, row := range rows {
			if row, ok := row.(map[string]any); ok {
				texts = appendText(texts, row[column])
			}
		}
	}
	return texts
}

func appendText(texts []string, value any) []string {
	if text, ok := value.(string); ok && text != "" {
		return append(texts, text)
	}
	return texts
}

// HasSearch tells whether the collection has a search index.
func (s *Shape) HasSearch() bool { return len(s.search) > 0 }

// Canonical gives the values in the form they are given back: decimals with their field's places, instants in UTC to
// the millisecond, nothing missing. Values without a field are kept as they are. A value that does not fit its field
// wraps ErrInvalid. The argument stays as it is; parts that need no change are shared.
func (s *Shape) Canonical(values map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(values))
	for name, value := range values {
		if query.Missing(value) {
			continue
		}
		field, ok := s.fields[name]
		if !ok {
			out[name] = value
			continue
		}
		var err error
		if field.Type == def.TypeTable {
			out[name], err = s.canonicalRows(name, value)
		} else {
			out[name], err = canonicalValue(field, value)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Shape) canonicalRows(table string, value any) (any, error) {
	rows, ok := value.([]any)
	if !ok {
		return nil, unfit(table, value)
	}
	out := make([]any, len(rows))
	for i, row := range rows {
		cells, ok := row.(map[string]any)
		if !ok {
			return nil, unfit(table, row)
		}
		kept := make(map[string]any, len(cells))
		for name, cell := range cells {
			if query.Missing(cell) {
				continue
			}
			field, ok := s.fields[table+"."+name]
			if !ok {
				kept[name] = cell
				continue
			}
			canonical, err := canonicalValue(field, cell)
			if err != nil {
				return nil, err
			}
			kept[name] = canonical
		}
		out[i] = kept
	}
	return out, nil
}

func canonicalValue(field Field, value any) (any, error) {
	if field.List {
		items, ok := value.([]any)
		for _, item := range items {
			text, isText := item.(string)
			ok = ok && isText && storable(text)
		}
		if !ok {
			return nil, unfit(field.Path, value)
		}
		return value, nil
	}
	switch field.Type {
	case def.TypeDecimal, def.TypePercent, def.TypeMoney:
		return canonicalDecimal(field, value)
	case def.TypeInteger:
		if n, ok := value.(int); ok {
			value = int64(n)
		}
		if _, ok := value.(int64); !ok {
			return nil, unfit(field.Path, value)
		}
		return value, nil
	case def.TypeBoolean:
		if _, ok := value.(bool); !ok {
			return nil, unfit(field.Path, value)
		}
		return value, nil
	case def.TypeDate, def.TypeMonth, def.TypeDateTime:
		canonical, ok := query.Canonical(field.Type, value)
		if !ok {
			return nil, unfit(field.Path, value)
		}
		return canonical, nil
	default:
		if text, ok := value.(string); !ok || !storable(text) {
			return nil, unfit(field.Path, value)
		}
		return value, nil
	}
}

func canonicalDecimal(field Field, value any) (any, error) {
	text, ok := value.(string)
	if !ok {
		return nil, unfit(field.Path, value)
	}
	d, err := expr.ParseDecimal(text)
	if err != nil || expr.Places(d) > field.Scale {
		return nil, unfit(field.Path, value)
	}
	return expr.FormatDecimal(d, field.Scale, field.Fixed), nil
}

// storable refuses U+0000: SQLite's text functions stop there.
func storable(text string) bool { return !strings.ContainsRune(text, 0) }

func unfit(path string, value any) error {
	return fmt.Errorf("value %.60v of field %s: %w", value, path, ErrInvalid)
}

// CheckWrites finds writes that no store may do, before any is done: one error per write, nil for good ones. Each is
// ErrTooLarge or wraps ErrInvalid.
func CheckWrites(writes []Write) []error {
	errs := make([]error, len(writes))
	seen := make(map[[2]string]bool, len(writes))
	var leads error // of the write that others follow
	for i, w := range writes {
		key := [2]string{w.Collection, w.Doc.ID}
		switch {
		case seen[key]:
			errs[i] = fmt.Errorf("document %s twice in one call: %w", w.Doc.ID, ErrInvalid)
		case w.Follows && i == 0:
			errs[i] = fmt.Errorf("document %s follows nothing: %w", w.Doc.ID, ErrInvalid)
		case w.Follows && leads != nil:
			errs[i] = ErrLeft
		default:
			errs[i] = checkWrite(w)
		}
		if !w.Follows || i == 0 {
			leads = errs[i]
		}
		seen[key] = true
	}
	return errs
}

func checkWrite(w Write) error {
	switch {
	case w.Doc.ID == "" || !storable(w.Doc.ID):
		return fmt.Errorf("document without id in %s: %w", w.Collection, ErrInvalid)
	case w.IfRev < 0 || w.Remove && w.IfRev == 0 || !w.Remove && w.Doc.Rev != w.IfRev+1:
		return fmt.Errorf("revision %d of %s after %d: %w", w.Doc.Rev, w.Doc.ID, w.IfRev, ErrInvalid)
	case w.Doc.Deleted && len(w.Doc.Keys) > 0:
		return fmt.Errorf("deleted document %s with keys: %w", w.Doc.ID, ErrInvalid)
	}
	seen := make([]int, 0, 4)
	for _, event := range w.Events {
		if event.Record != w.Doc.ID || event.Rev != w.IfRev+1 || slices.Contains(seen, event.N) {
			return fmt.Errorf("event %s of %s rev %d: %w", event.Type, event.Record, event.Rev, ErrInvalid)
		}
		seen = append(seen, event.N)
	}
	if sizeOf(w.Doc.Values)+len(w.Doc.Flow) > MaxDocument {
		return fmt.Errorf("document %s: %w", w.Doc.ID, ErrTooLarge)
	}
	return nil
}

// sizeOf is about the size of a value as JSON, without making it.
func sizeOf(value any) int {
	switch value := value.(type) {
	case string:
		return len(value) + 2
	case []any:
		size := 2
		for _, item := range value {
			size += sizeOf(item) + 1
		}
		return size
	case map[string]any:
		size := 2
		for name, item := range value {
			size += len(name) + sizeOf(item) + 4
		}
		return size
	}
	return 8
}
