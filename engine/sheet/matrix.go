package sheet

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
)

// overtimeMark in a cell beside the days makes a line the second one of a worker: his overtime.
const overtimeMark = "加班"

// worked is one line of a matrix: a worker's month.
type worked struct {
	row   int
	who   *line
	days  map[int]*day
	extra int               // row of the overtime line, 0 = none
	bad   map[int][]Problem // by day
}

// day is a cell of a matrix, with the overtime of the line below.
type day struct {
	at    place
	value attended
}

// above reads what stands over the table: 项目：锦绣花园一期, a label with the value in the next cell, 2026年6月.
func (b *builder) above() {
	for row := range b.header.row {
		for i := range b.grid.rows[row] {
			b.labelled(row, i)
			b.titled(b.grid.at(row, i))
		}
	}
}

// labelled takes a value that stands behind its label.
func (b *builder) labelled(row, column int) {
	text := strings.ReplaceAll(b.grid.at(row, column), "：", ":")
	label, value, found := strings.Cut(text, ":")
	if value = strings.TrimSpace(value); !found || value == "" {
		for next := column + 1; next < len(b.grid.rows[row]) && value == ""; next++ {
			if after := strings.TrimSpace(b.grid.at(row, next)); after != strings.TrimSpace(text) {
				value = after
			}
		}
	}
	for _, c := range b.columns {
		if c.field != nil && c.field.Parent == nil && c.is(folded(label)) && value != "" && b.given[c.field.Path] == "" {
			b.given[c.field.Path] = value
		}
	}
}

var monthTitle = regexp.MustCompile(`(20[0-9]{2})\s*[年./-]\s*(1[0-2]|0?[1-9])\s*月?`)

// titled takes the month from a title.
func (b *builder) titled(text string) {
	if m := monthTitle.FindStringSubmatch(text); m != nil && b.given[b.matrix.Days] == "" {
		b.given[b.matrix.Days] = m[1] + "-" + fmt.Sprintf("%02s", m[2])
	}
}

// monthColumn takes the month from a column of the table, where a template has it.
func (b *builder) monthColumn() {
	for column, c := range b.header.columns {
		if c.field == nil || c.field.Path != b.matrix.Days {
			continue
		}
		delete(b.header.columns, column)
		for row := b.header.data; row < len(b.grid.rows) && b.given[b.matrix.Days] == ""; row++ {
			b.given[b.matrix.Days] = strings.TrimSpace(b.grid.at(row, column))
		}
	}
}

// month is the month of the matrix, however it was written.
func (b *builder) month() string {
	field, ok := b.entity.Field(b.matrix.Days)
	if !ok {
		return ""
	}
	text := b.given[b.matrix.Days]
	for _, kind := range []def.FieldType{def.TypeMonth, def.TypeDate} {
		as := *field
		as.XType = kind
		if value, ok := clean(&as, text, b.lang, b.grid.is1904).(string); ok && len(value) >= 7 {
			if _, fine := dateOf(value[:7], 1); fine {
				return value[:7]
			}
		}
	}
	return ""
}

// matrixDrafts reads a month of attendance: a record for each day, with a row for each worker who was there.
func (b *builder) matrixDrafts(ctx context.Context) ([]*draft, error) {
	b.above()
	b.monthColumn()
	month := b.month()
	if month == "" {
		return nil, fileError("bad_value", "name", b.matrix.Days)
	}
	delete(b.given, b.matrix.Days)
	b.readWorkers()
	if err := b.resolver.resolve(ctx); err != nil {
		return nil, err
	}
	b.refer()
	byDate := map[string]*draft{}
	for _, w := range b.workers() {
		if err := b.readDays(w); err != nil {
			return nil, err
		}
		b.checkSums(w)
		b.spread(byDate, w, month)
	}
	all := slices.Collect(maps.Values(byDate))
	slices.SortFunc(all, func(x, y *draft) int {
		return cmp.Or(cmp.Compare(sameText(x.values[b.matrix.Days]), sameText(y.values[b.matrix.Days])), cmp.Compare(x.row, y.row))
	})
	return all, nil
}

// readWorkers finds the lines of workers and asks for them; an overtime line belongs to the one above it.
func (b *builder) readWorkers() {
	for row := b.header.data; row < len(b.grid.rows); row++ {
		if b.blank(row) || b.isTotal(row) {
			continue
		}
		l := &line{row: row, values: map[string]any{}, places: map[string]place{}}
		if b.isOvertime(row) && len(b.lines) > 0 {
			b.lines[len(b.lines)-1].places[overtimeMark] = place{row, -1}
			continue
		}
		for i := range maxColumns {
			if c := b.header.columns[i]; c != nil && c.field != nil {
				b.take(l, c, place{row, i})
			}
		}
		if l.values[b.matrix.Name] == nil && !b.anyDay(row) {
			continue // a note below the table
		}
		b.complete(l)
		if l.values[b.matrix.Name] == nil && !l.has(b.matrix.Name) {
			l.fail(place{row, -1}, b.matrix.Name, "required")
		}
		b.lines = append(b.lines, l)
	}
}

func (b *builder) anyDay(row int) bool {
	for column := range b.header.days {
		if strings.TrimSpace(b.grid.at(row, column)) != "" {
			return true
		}
	}
	return false
}

func (b *builder) isOvertime(row int) bool {
	for column, text := range b.grid.rows[row] {
		if _, isDay := b.header.days[column]; !isDay && strings.TrimSpace(text) == overtimeMark {
			return true
		}
	}
	return false
}

func (b *builder) workers() []*worked {
	all := make([]*worked, len(b.lines))
	for i, l := range b.lines {
		all[i] = &worked{row: l.row, who: l, days: map[int]*day{}, bad: map[int][]Problem{}}
		if at, ok := l.places[overtimeMark]; ok {
			all[i].extra = at.row
			delete(l.places, overtimeMark)
		}
	}
	return all
}

// readDays reads the cells of a worker.
func (b *builder) readDays(w *worked) error {
	text, err := b.hours(w.who.values)
	if err != nil {
		return err
	}
	full, err := expr.ParseDecimal(text)
	if err != nil || expr.SignDecimal(full) <= 0 {
		w.who.fail(place{w.row, -1}, b.matrix.Full, "full_day_unknown")
		return nil //nolint:nilerr // told in the report
	}
	for _, column := range slices.Sorted(maps.Keys(b.header.days)) {
		at := place{w.row, column}
		value, code := attendance(b.grid.at(w.row, column), full)
		if _, pays := b.table.Column(payType); value.Pay == payPiece && !pays {
			code = codeToken
		}
		if code != "" {
			w.spoil(b.header.days[column], at, b.table.Name, b.grid.at(w.row, column), code)
			continue
		}
		d := &day{at: at, value: value}
		if w.extra > 0 {
			b.addOvertime(w, d, b.header.days[column], place{w.extra, column})
		}
		if !d.value.Absent {
			w.days[b.header.days[column]] = d
		}
	}
	return nil
}

// spoil notes a cell that cannot be read: the sheet of its day is not stored without it.
func (w *worked) spoil(n int, at place, field, text, code string) {
	l := line{}
	l.fail(at, field, code, "text", text)
	w.bad[n] = append(w.bad[n], l.problems...)
}

// addOvertime adds the hours of the second line of a worker.
func (b *builder) addOvertime(w *worked, d *day, n int, at place) {
	text := strings.TrimSpace(b.grid.at(at.row, at.column))
	if absences[strings.ToLower(text)] {
		return
	}
	extra, err := expr.ParseDecimal(shortest(text))
	if err != nil || !plainHours.MatchString(text) {
		w.spoil(n, at, b.table.Name, text, codeToken)
		return
	}
	if d.value.Absent {
		d.value = attended{Normal: expr.DecimalFromInt(0), Over: extra, Pay: payDay}
		return
	}
	d.value.Over = expr.AddDecimal(d.value.Over, extra)
}

// checkSums compares what stands at the end of a line with its days: days of attendance, hours of overtime, and shifts if
// there was none (overtime counts for shifts as the policy says).
func (b *builder) checkSums(w *worked) {
	days, over, normal := expr.DecimalFromInt(0), expr.DecimalFromInt(0), expr.DecimalFromInt(0)
	for _, d := range w.days {
		days = expr.AddDecimal(days, expr.DecimalFromInt(1))
		over, normal = expr.AddDecimal(over, d.value.Over), expr.AddDecimal(normal, d.value.Normal)
	}
	sums := map[string]expr.Decimal{def.ParseAttendDays: days, def.ParseOvertime: over}
	if text, err := b.hours(w.who.values); err == nil && expr.SignDecimal(over) == 0 {
		if full, err := expr.ParseDecimal(text); err == nil && expr.SignDecimal(full) > 0 {
			if shifts, err := expr.QuoDecimal(normal, full); err == nil {
				sums[def.ParseGong] = shifts
			}
		}
	}
	for _, column := range slices.Sorted(maps.Keys(b.header.columns)) {
		sum, known := sums[b.header.columns[column].parse]
		text := strings.TrimSpace(b.grid.at(w.row, column))
		if !known || text == "" || len(w.who.problems)+len(w.bad) > 0 {
			continue
		}
		stated, err := expr.ParseDecimal(shortest(text))
		if err != nil {
			continue
		}
		if places := expr.Places(stated); expr.CompareDecimal(expr.RoundDecimal(sum, places), stated) != 0 {
			d := draft{}
			d.add(place{w.row, column}, "", "sum_differs", levelWarning,
				"sum", expr.DecimalString(expr.RoundDecimal(sum, 4)), "found", text)
			w.who.problems = append(w.who.problems, d.problems...)
		}
	}
}

// spread puts the days of a worker into the records of these days. What is wrong with a cell keeps the record of its day
// from being stored, what is wrong with the worker all of his; it is listed once.
func (b *builder) spread(byDate map[string]*draft, w *worked, month string) {
	problems := w.who.problems
	blocked := slices.ContainsFunc(problems, isError)
	numbers := slices.Collect(maps.Keys(w.days))
	for n := range w.bad {
		if w.days[n] == nil {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) == 0 && len(problems) > 0 {
		d := newDraft(w.row)
		d.problems = problems
		byDate[fmt.Sprintf("row %d", w.row)] = d
		return
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		l := b.lineOf(w, n, month)
		l.problems = append(l.problems, problems...)
		problems = nil
		key, _ := b.groupOf(l)
		d := byDate[key]
		if d == nil {
			d = newDraft(w.row)
			byDate[key] = d
		}
		d.blocked = d.blocked || blocked
		b.add(d, l)
	}
}

// lineOf is one day of a worker as a line of values.
func (b *builder) lineOf(w *worked, n int, month string) *line {
	date, ok := dateOf(month, n)
	l := &line{row: w.row, values: maps.Clone(w.who.values), places: maps.Clone(w.who.places), problems: slices.Clone(w.bad[n])}
	l.values[b.matrix.Days] = date
	cell := w.days[n]
	if cell == nil {
		return l
	}
	if !ok {
		l.fail(cell.at, b.matrix.Days, "no_such_day", "day", n, "month", month)
	}
	prefix := b.table.Name + "."
	for i, value := range []any{expr.DecimalString(cell.value.Normal), expr.DecimalString(cell.value.Over), cell.value.Pay} {
		if _, ok := b.table.Column(def.AttendanceColumns[i]); !ok {
			continue
		}
		l.values[prefix+def.AttendanceColumns[i]] = value
		l.places[prefix+def.AttendanceColumns[i]] = cell.at
	}
	return l
}

// fullDay reads the hours of a full day along a path of references, remembering what it read.
func fullDay(ctx context.Context, s *Service, look *resolver, entity *def.Entity, path string) func(form.Values) (string, error) {
	known := map[string]string{}
	return func(values form.Values) (string, error) {
		steps := strings.Split(path, ".")
		value, at := values[steps[0]], entity
		id, _ := value.(string)
		if text, ok := known[id]; ok {
			return text, nil
		}
		for _, step := range steps[1:] {
			field, ok := at.Field(steps[0])
			next, isID := value.(string)
			if !ok || !isID {
				return "", nil
			}
			target, ok := look.catalog.Entity(field.Target())
			if !ok {
				return "", nil
			}
			seen, err := s.config.Records.Look(ctx, look.actor, target.Name, []string{next}, []string{step})
			if err != nil {
				return "", fmt.Errorf("hours of a full day: %w", err)
			}
			value, at, steps = seen[next][step], target, steps[1:]
		}
		text, _ := value.(string)
		known[id] = text
		return text, nil
	}
}
