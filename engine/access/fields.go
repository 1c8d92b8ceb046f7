package access

import (
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/query"
)

// Fields are what an actor may do with the fields of one record: the sum of the grants that admit it.
type Fields struct {
	all    bool
	grants int
	rights map[string]def.FieldRight   // of the first grant
	more   []map[string]def.FieldRight // of the others
}

// AllFields are the rights of the engine: everything.
func AllFields() Fields { return Fields{all: true} }

// Admitted tells whether any grant admits the record. If not, its very existence is not shown.
func (f Fields) Admitted() bool { return f.all || f.grants > 0 }

// Right is what may be done with a field or column, by its path in the definition ("lines.worker"). System fields of
// an admitted record are readable.
func (f Fields) Right(path string) def.FieldRight {
	if f.all {
		return def.FieldWrite
	}
	best, given := f.rights[path]
	for _, rights := range f.more {
		if right := rights[path]; rank(right) > rank(best) {
			best, given = right, true
		}
	}
	if given {
		return best
	}
	if _, ok := def.SystemField(path); ok && f.grants > 0 {
		return def.FieldRead
	}
	return def.FieldHidden
}

// Shows tells whether the value is shown in full.
func (f Fields) Shows(path string) bool { return rank(f.Right(path)) >= rank(def.FieldRead) }

// Writes tells whether the value may be written.
func (f Fields) Writes(path string) bool { return f.Right(path) == def.FieldWrite }

// On sums up the grants that admit a record.
func (r Rights) On(rec query.Record) Fields {
	if r.All {
		return AllFields()
	}
	var f Fields
	for _, g := range r.Grants {
		if g.Where == nil || query.Match(g.Where, rec) {
			f.add(g.Fields)
		}
	}
	return f
}

// Anywhere sums up all grants, whatever rows they admit: the most an actor may see in some record.
func (r Rights) Anywhere() Fields {
	if r.All {
		return AllFields()
	}
	var f Fields
	for _, g := range r.Grants {
		f.add(g.Fields)
	}
	return f
}

// Admits tells whether a grant admits the record.
func (r Rights) Admits(rec query.Record) bool {
	return r.All || slices.ContainsFunc(r.Grants, func(g Right) bool { return g.Where == nil || query.Match(g.Where, rec) })
}

// add sums up one more grant. Maps are shared, never copied: a record has fewer fields than there are rights.
func (f *Fields) add(rights map[string]def.FieldRight) {
	if f.grants++; f.grants == 1 {
		f.rights = rights
		return
	}
	f.more = append(f.more, rights)
}

// Mask gives the values as a reader may see them: hidden ones are left out, masked texts show their ends only. The
// second result lists the masked paths. The given values are not changed.
func (f Fields) Mask(entity *def.Entity, values map[string]any) (map[string]any, []string) {
	if f.all {
		return values, nil
	}
	shown := make(map[string]any, len(values))
	var masked []string
	for name, value := range values {
		field := entity.Properties[name]
		if field == nil {
			continue // not in the definition: left over from a deleted field
		}
		if field.IsTable() {
			if rows, ok := f.maskRows(field, value, &masked); ok {
				shown[name] = rows
			}
			continue
		}
		f.put(shown, field, value, &masked)
	}
	slices.Sort(masked)
	return shown, slices.Compact(masked)
}

func (f Fields) maskRows(table *def.Field, value any, masked *[]string) ([]any, bool) {
	rows, ok := value.([]any)
	if !ok || !f.Shows(table.Path) {
		return nil, false
	}
	shown := make([]any, 0, len(rows))
	for _, item := range rows {
		row, ok := item.(map[string]any)
		if !ok {
			continue
		}
		visible := make(map[string]any, len(row))
		for name, cell := range row {
			if name == "_id" {
				visible[name] = cell
			} else if column, ok := table.Column(name); ok {
				f.put(visible, column, cell, masked)
			}
		}
		shown = append(shown, visible)
	}
	return shown, true
}

// put adds one value to what is shown, in full, masked or not at all.
func (f Fields) put(shown map[string]any, field *def.Field, value any, masked *[]string) {
	switch f.Right(field.Path) {
	case def.FieldRead, def.FieldWrite:
		shown[field.Name] = value
	case def.FieldMasked:
		*masked = append(*masked, field.Path)
		if text, ok := value.(string); ok && field.IsText() {
			shown[field.Name] = MaskText(text, field.Mask)
		}
	case def.FieldHidden:
	}
}

// MaskText hides a text but for its ends: "3201**********0118" for keep [4, 4]. Without a mask, or when fewer than two
// characters would be left to hide, all is hidden.
func MaskText(text string, mask *def.Mask) string {
	runes := []rune(text)
	head, tail := 0, 0
	if mask != nil {
		head, tail = max(mask.Keep[0], 0), max(mask.Keep[1], 0)
	}
	if head+tail > len(runes)-2 {
		head, tail = 0, 0
	}
	return string(runes[:head]) + strings.Repeat("*", len(runes)-head-tail) + string(runes[len(runes)-tail:])
}
