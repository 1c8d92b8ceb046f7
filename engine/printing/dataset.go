package printing

import (
	"context"
	"fmt"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/report"
)

// rows makes the document of a dataset, and gives the params in force.
func (r *run) rows(ctx context.Context, given map[string]any) (Document, map[string]any, error) {
	dataset := r.catalog.Datasets[r.definition.Dataset]
	result, err := r.service.config.Reports.Run(ctx, r.actor, dataset.Name, report.RunInput{Params: given, Action: access.Print})
	if err != nil {
		return Document{}, nil, err
	}
	if result.Count > MaxRows {
		return Document{}, nil, &query.Error{Code: query.CodeTooManyValues, Params: map[string]any{"max": MaxRows}}
	}
	names, err := r.paramNames(ctx, dataset, result)
	if err != nil {
		return Document{}, nil, err
	}
	d := Document{Blocks: []Block{}}
	env := r.env()
	env.Vars[def.VarParam] = expr.NewRef("", plain{dataset.Params, result.Params})
	env.Label = r.label(names, nil)
	l := &layout{
		run: r, document: &d, names: names, env: env,
		visible: func([]string) (bool, error) { return true, nil }, // what the reader may not see did not count
		masked:  func([]string) bool { return false },
		value:   func(path []string) any { return result.Params[path[len(path)-1]] },
		rows: func(*block) []line {
			lines := make([]line, len(result.Rows))
			for i, row := range result.Rows {
				in := *env
				in.Self, in.RowNo = plain{r.shape.Properties, row}, i+1
				lines[i] = line{value: func(path []string) any { return row[path[0]] }, env: &in}
			}
			return lines
		},
	}
	return d, result.Params, l.fill(ctx)
}

// paramNames gives the names of what the rows and the params refer to.
func (r *run) paramNames(ctx context.Context, dataset *def.Dataset, result report.Result) (map[string]string, error) {
	names := map[string]string{}
	for ref, text := range result.Refs {
		names[ref] = text
	}
	wanted := map[string][]string{}
	for name, field := range dataset.Params {
		if target := field.Target(); r.catalog.Entities[target] != nil {
			wanted[target] = append(wanted[target], record.IDsOf(result.Params[name])...)
		}
	}
	found, err := r.service.config.Records.Names(ctx, r.actor, wanted)
	if err != nil {
		return nil, err
	}
	for ref, name := range found {
		names[ref] = name.Display
	}
	return names, nil
}

// matrix lays the rows out as a month. Rows of one value of the row key on one day are summed up.
func (l *layout) matrix(b *block, made *Block) error {
	m := b.Matrix
	text, _ := l.value([]string{m.Month}).(string)
	month, err := expr.ParseMonth(text)
	if err != nil {
		return &record.InvalidError{Problems: []form.Problem{{Field: m.Month, Code: "required", Level: def.LevelError}}}
	}
	grid := &grid{layout: l, block: b, index: map[string]int{}, made: Matrix{Rows: []MatrixRow{}}}
	for _, column := range b.columns {
		if column.field == nil && column.text == nil {
			continue
		}
		grid.lead = append(grid.lead, column)
	}
	for _, definition := range m.Lines {
		p := &part{name: definition.Name, title: definition.Label(l.lang), field: l.shape.Properties[definition.Field], path: []string{definition.Field}}
		if p.field == nil {
			return fmt.Errorf("no column %s", definition.Field)
		}
		if p.title == "" {
			p.title = p.field.Label(l.lang)
		}
		grid.lines = append(grid.lines, p)
	}
	grid.month(month)
	for _, at := range l.rows(b) {
		if err := grid.add(at); err != nil {
			return err
		}
	}
	for _, p := range b.columns {
		made.Columns = append(made.Columns, columnOf(p))
	}
	made.Matrix = grid.finish()
	return nil
}

// grid is a matrix on its way.
type grid struct {
	*layout
	block *block
	lead  []*part
	lines []*part
	made  Matrix
	index map[string]int // of rows by the value of the row key
	cells [][][][]any    // by row, line and day: what stands there
}

// month makes the days with their weekdays.
func (g *grid) month(month expr.Month) {
	first, last := expr.MonthDays(month)
	_, _, days := expr.DateParts(last)
	weekday := expr.Weekday(first)
	for day := 1; day <= days; day++ {
		g.made.Days = append(g.made.Days, day)
		g.made.Weekdays = append(g.made.Weekdays, (weekday-1+day-1)%7+1)
	}
}

// add puts a row of the dataset into its place.
func (g *grid) add(at line) error {
	m := g.block.Matrix
	id, _ := at.value([]string{m.Row}).(string)
	date, err := expr.ParseDate(textOf(at.value([]string{m.Day})))
	if err != nil {
		return nil //nolint:nilerr // a row without a day has no place
	}
	_, _, day := expr.DateParts(date)
	n, known := g.index[id]
	if !known {
		n = len(g.cells)
		g.index[id] = n
		at.env.RowNo = n + 1
		row := MatrixRow{Lead: make([]any, len(g.lead))}
		for i, p := range g.lead {
			if row.Lead[i], err = g.cell(p, at); err != nil {
				return err
			}
		}
		g.made.Rows = append(g.made.Rows, row)
		lines := make([][][]any, len(g.lines))
		for i := range lines {
			lines[i] = make([][]any, len(g.made.Days))
		}
		g.cells = append(g.cells, lines)
	}
	for i, p := range g.lines {
		if value := at.value(p.path); value != nil && day <= len(g.made.Days) {
			g.cells[n][i][day-1] = append(g.cells[n][i][day-1], value)
		}
	}
	return nil
}

// finish sums up.
func (g *grid) finish() *Matrix {
	for _, p := range g.lines {
		g.made.Lines = append(g.made.Lines, Item{Column: describe(p)})
	}
	for n := range g.made.Rows {
		row := &g.made.Rows[n]
		for i, p := range g.lines {
			cells, all := make([]any, len(g.made.Days)), []any{}
			for day, values := range g.cells[n][i] {
				cells[day] = sum(p.field, values)
				all = append(all, values...)
			}
			row.Cells = append(row.Cells, cells)
			row.Totals = append(row.Totals, sum(p.field, all))
		}
	}
	return &g.made
}

func textOf(value any) string {
	text, _ := value.(string)
	return strings.TrimSpace(text)
}
