package sheet

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
)

// builder makes drafts from a grid.
type builder struct {
	*plan
	grid     *grid
	header   *header
	lang     string
	resolver *resolver
	given    map[string]string // values for all lines, by field
	hours    func(ids form.Values) (string, error)

	lines []*line
}

// line is one line of values. Values of references are texts until resolve.
type line struct {
	row      int
	values   map[string]any   // by path
	places   map[string]place // by path
	problems []Problem
}

func (l *line) fail(at place, field, code string, params ...any) {
	d := draft{}
	d.fail(at, field, code, params...)
	l.problems = append(l.problems, d.problems...)
}

// windowRows is how many lines are taken together, so that a long workbook does not stand in memory as records.
const windowRows = 5_000

// windows parts the lines below the header. The lines of one record stay together: of more than one window, those that
// write the fields of the group the same way.
func (b *builder) windows() [][]int {
	var rows []int
	for row := b.header.data; row < len(b.grid.rows); row++ {
		if !b.blank(row) && !b.isTotal(row) {
			rows = append(rows, row)
		}
	}
	if len(b.group) > 0 && len(rows) > windowRows {
		order, first := make([]int, len(rows)), map[string]int{}
		for i, row := range rows {
			key, whole := b.writtenGroup(row)
			if _, known := first[key]; !known || !whole {
				first[key] = i
			}
			order[i] = first[key]
		}
		return b.together(rows, order)
	}
	return slices.Collect(slices.Chunk(rows, windowRows))
}

// together makes windows of rows with the same order; a window ends with the last row of some record.
func (b *builder) together(rows, order []int) [][]int {
	sorted := make([]int, len(rows))
	for i := range sorted {
		sorted[i] = i
	}
	slices.SortStableFunc(sorted, func(x, y int) int { return order[x] - order[y] })
	var all [][]int
	var window []int
	for n, i := range sorted {
		if len(window) >= windowRows && order[i] != order[sorted[n-1]] {
			all, window = append(all, window), nil
		}
		window = append(window, rows[i])
	}
	return append(all, window)
}

// writtenGroup is what groups a line before references are resolved; whole is false if something is missing.
func (b *builder) writtenGroup(row int) (key string, whole bool) {
	values := map[string]any{}
	for i, c := range b.header.columns {
		if c != nil && c.field != nil && slices.Contains(b.group, c.field.Path) {
			values[c.field.Path] = clean(c.field, b.grid.at(row, i), b.lang, b.grid.is1904)
		}
	}
	for _, path := range b.group {
		if text := b.given[path]; text != "" && values[path] == nil {
			values[path] = text
		}
	}
	return keyOf(values, b.group)
}

// read takes lines apart and asks for what they refer to.
func (b *builder) read(rows []int) {
	b.lines = nil
	for _, row := range rows {
		l := &line{row: row, values: map[string]any{}, places: map[string]place{}}
		for i := range maxColumns {
			if c := b.header.columns[i]; c != nil && c.field != nil {
				b.take(l, c, place{row, i})
			}
		}
		b.complete(l)
		b.lines = append(b.lines, l)
	}
}

// complete adds the given values and notes what the import cannot do without.
func (b *builder) complete(l *line) {
	for _, path := range slices.Sorted(maps.Keys(b.given)) {
		if field, ok := b.entity.Field(path); ok && l.values[path] == nil {
			l.values[path] = b.asked(field, clean(field, b.given[path], b.lang, false))
		}
	}
	for _, c := range b.columns {
		if c.required && c.field != nil && l.values[c.field.Path] == nil && !l.has(c.field.Path) {
			at, ok := l.places[c.field.Path]
			if !ok {
				at = place{l.row, -1}
			}
			l.fail(at, c.field.Path, "required")
		}
	}
}

// has tells whether a field already has a problem.
func (l *line) has(path string) bool {
	return slices.ContainsFunc(l.problems, func(p Problem) bool { return p.Field == path })
}

var sheetErrors = []string{"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"}

// take reads one cell.
func (b *builder) take(l *line, c *column, at place) {
	text := b.grid.at(at.row, at.column)
	path := c.field.Path
	l.places[path] = at
	switch {
	case slices.Contains(sheetErrors, strings.TrimSpace(text)):
		l.fail(at, path, "sheet_error", "text", strings.TrimSpace(text))
		return
	case b.isDamaged(c.field, text, at):
		l.fail(at, path, "number_damaged", "text", text)
		return
	}
	if value := b.asked(c.field, clean(c.field, text, b.lang, b.grid.is1904)); value != nil {
		l.values[path] = value
	}
}

// asked passes a value on and asks for the record it names.
func (b *builder) asked(field *def.Field, value any) any {
	if text, ok := value.(string); ok && field.Target() != "" {
		b.resolver.want(field, text)
	}
	return value
}

// isDamaged tells whether a workbook took a long number, such as one of an identity card, for a quantity.
func (b *builder) isDamaged(field *def.Field, text string, at place) bool {
	if !field.IsText() {
		return false
	}
	if b.grid.damaged[at] {
		return true
	}
	long := field.XType == def.TypeIDCard || field.XType == def.TypeBankCard || field.XType == def.TypeCreditCode
	return long && scientific.MatchString(strings.TrimSpace(text))
}

func (b *builder) blank(row int) bool {
	return !slices.ContainsFunc(b.grid.rows[row], func(text string) bool { return strings.TrimSpace(text) != "" })
}

// isTotal tells whether a line sums others up: one of its first three filled cells says so.
func (b *builder) isTotal(row int) bool {
	seen := 0
	for _, text := range b.grid.rows[row] {
		label := folded(text)
		if label == "" {
			continue
		}
		if slices.Contains(b.skip, label) {
			return true
		}
		if seen++; seen == 3 {
			return false
		}
	}
	return false
}

// refer turns texts into ids: first what stands by itself, then what depends on the record, then columns of rows.
func (b *builder) refer() {
	for _, l := range b.lines {
		header := form.Values{}
		paths := slices.Sorted(maps.Keys(l.values))
		for round := range 3 {
			for _, path := range paths {
				field, ok := b.entity.Field(path)
				if !ok || roundOf(field) != round {
					continue
				}
				if field.Target() != "" {
					b.pick(l, field, header)
				}
				if field.Parent == nil && l.values[path] != nil {
					header[path] = l.values[path]
				}
			}
		}
	}
}

func roundOf(field *def.Field) int {
	switch {
	case field.Parent != nil:
		return 2
	case depends(field):
		return 1
	}
	return 0
}

// pick resolves the text of one reference.
func (b *builder) pick(l *line, field *def.Field, header form.Values) {
	text, _ := l.values[field.Path].(string)
	delete(l.values, field.Path)
	at, ok := l.places[field.Path]
	if !ok {
		at = place{l.row, -1}
	}
	var ids []any
	for _, one := range named(field, text) {
		id, code, n := b.resolver.pick(field, one, header)
		switch code {
		case "":
			ids = append(ids, id)
		case "ambiguous":
			l.fail(at, field.Path, code, "text", one, "n", n)
		default:
			l.fail(at, field.Path, code, "entity", field.Target(), "key", one, "reason", "absent")
		}
	}
	switch {
	case len(ids) == 0:
	case field.IsList():
		l.values[field.Path] = ids
	default:
		l.values[field.Path] = ids[0]
	}
}

// drafts makes a record of each line, or of the lines of each group.
func (b *builder) drafts() []*draft {
	var all []*draft
	groups := map[string]*draft{}
	for _, l := range b.lines {
		key, whole := b.groupOf(l)
		d := groups[key]
		if d == nil || !whole {
			d = newDraft(l.row)
			all = append(all, d)
			if whole {
				groups[key] = d
			}
		}
		b.add(d, l)
	}
	return all
}

// groupOf is what the lines of a record have in common; whole is false for a line that is a record by itself.
func (b *builder) groupOf(l *line) (key string, whole bool) {
	if len(b.group) == 0 {
		return "", false
	}
	return keyOf(l.values, b.group)
}

// keyOf joins the values of some fields; ok is false if one is missing.
func keyOf(values map[string]any, fields []string) (key string, ok bool) {
	parts := make([]string, len(fields))
	for i, name := range fields {
		if values[name] == nil {
			return "", false
		}
		parts[i] = sameText(values[name])
	}
	return strings.Join(parts, "\x1f"), true
}

// sameText writes values that are equal the same way: 8.50 and 8.5.
func sameText(value any) string {
	text := fmt.Sprint(value)
	if d, err := expr.ParseDecimal(text); err == nil {
		return expr.DecimalString(d)
	}
	return text
}

// add puts a line into a record.
func (b *builder) add(d *draft, l *line) {
	d.problems = append(d.problems, l.problems...)
	row := map[string]any{}
	key := ""
	if b.table != nil {
		rows, _ := d.values[b.table.Name].([]any)
		key = fmt.Sprintf("+%d", len(rows)+1)
		d.lines[key] = l.row
	}
	for _, path := range slices.Sorted(maps.Keys(l.places)) {
		if field, ok := b.entity.Field(path); ok && field.Parent != nil {
			d.places[key+"."+field.Name] = l.places[path]
		} else if _, known := d.places[path]; !known {
			d.places[path] = l.places[path]
		}
	}
	for _, path := range slices.Sorted(maps.Keys(l.values)) {
		field, ok := b.entity.Field(path)
		if !ok {
			continue
		}
		if field.Parent != nil {
			row[field.Name] = l.values[path]
			continue
		}
		known := d.values[path]
		if known == nil {
			d.values[path] = l.values[path]
		} else if sameText(known) != sameText(l.values[path]) {
			d.add(l.places[path], path, "differs", levelWarning)
		}
	}
	if b.table != nil && len(row) > 0 {
		rows, _ := d.values[b.table.Name].([]any)
		d.values[b.table.Name] = append(rows, row)
	}
}
