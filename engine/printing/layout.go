package printing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/flow"
	"formwork/engine/record"
	"formwork/engine/report"
)

// layout fills in the blocks of one document.
type layout struct {
	*run
	document *Document
	names    map[string]string // "entity/id" → display text
	env      *expr.Env         // of texts and conditions outside tables
	signs    map[string]flow.NodeSigns
	steps    []flow.TrailStep

	visible func(path []string) (bool, error) // whether the reader sees what stands at a path
	masked  func(path []string) bool
	value   func(path []string) any // outside tables
	rows    func(b *block) []line   // of a table
	whole   bool                    // texts may be made from what the reader does not see
}

// line is a row of a table: its values by path, and what its texts run over.
type line struct {
	value func(path []string) any
	env   *expr.Env
}

// fill makes all blocks. What is made from something hidden falls out.
func (l *layout) fill(ctx context.Context) error {
	l.document.Refs = map[string]string{}
	for _, b := range l.blocks {
		if holds, err := l.holds(b.when, l.env); err != nil || !holds {
			if err != nil {
				return fmt.Errorf("block %s: %w", b.Name, err)
			}
			continue
		}
		made, ok, err := l.make(b)
		if err != nil {
			return fmt.Errorf("block %s: %w", b.Name, err)
		}
		if ok {
			l.document.Blocks = append(l.document.Blocks, made)
		}
	}
	return ctx.Err()
}

func (l *layout) make(b *block) (made Block, ok bool, err error) {
	made = Block{Name: b.Name, Type: b.Type, Title: b.title, Align: b.Align, Across: b.Across, MinRows: b.MinRows}
	if made.Text, err = l.words(b.text, l.env); err != nil {
		return made, false, err
	}
	switch b.Type {
	case def.BlockTitle:
		if b.text == nil {
			made.Text = l.definition.Label(l.lang)
		}
		return made, made.Text != "", nil
	case def.BlockText:
		return made, made.Text != "", nil
	case def.BlockFields:
		made.Items, err = l.items(b)
		return made, len(made.Items) > 0, err
	case def.BlockTable:
		err = l.table(b, &made)
		return made, len(made.Columns) > 0, err
	case def.BlockMatrix:
		err = l.matrix(b, &made)
		return made, made.Matrix != nil, err
	case def.BlockSigns:
		made.Boxes, err = l.boxes(b)
		return made, len(made.Boxes) > 0, err
	case def.BlockPhotos:
		made.Photos, err = l.photos(b)
		return made, len(made.Photos) > 0, err
	case def.BlockTrail:
		made.Steps = l.steps
		return made, len(made.Steps) > 0, nil
	}
	return made, true, nil
}

// sees tells whether the reader sees all that a text reads.
func (l *layout) sees(t *text) (bool, error) {
	if l.whole {
		return true, nil
	}
	for _, path := range t.reads {
		if shown, err := l.visible(path); err != nil || !shown {
			return false, err
		}
	}
	return true, nil
}

// words is a text; "" if there is none, or if the reader does not see all it is made from.
func (l *layout) words(t *text, env *expr.Env) (string, error) {
	if t == nil {
		return "", nil
	}
	value, err := l.eval(t, env)
	words, _ := value.(string)
	return words, err
}

// holds tells whether a condition holds. One the reader does not see all of does not.
func (l *layout) holds(t *text, env *expr.Env) (bool, error) {
	if t == nil {
		return true, nil
	}
	value, err := l.eval(t, env)
	return value == true, err
}

// eval gives a text or condition; nil where it cannot be computed.
func (l *layout) eval(t *text, env *expr.Env) (any, error) {
	if shown, err := l.sees(t); err != nil || !shown {
		return nil, err
	}
	value, err := t.program.Eval(env)
	var failed *expr.EvalError
	if errors.As(err, &failed) { // a division by zero: there is nothing to print
		return nil, nil //nolint:nilnil // missing
	}
	if err == nil && value != nil {
		for _, path := range t.reads {
			l.personal(path)
		}
	}
	return value, err
}

// personal notes that a personal value is printed in full.
func (l *layout) personal(path []string) {
	joined := strings.Join(path, ".")
	field, ok := l.catalog.Field(l.definition.Entity, joined)
	if l.entity == nil {
		field, ok = l.shape.Properties[path[0]], l.shape.Properties[path[0]] != nil
	}
	if !ok || field.Personal == "" || l.masked(path) || slices.Contains(l.document.personal, joined) {
		return
	}
	l.document.personal = append(l.document.personal, joined)
}

// emit notes what showing a value needs: the names of what it refers to, and that it is personal.
func (l *layout) emit(p *part, value any) any {
	if value == nil || p.field == nil {
		return value
	}
	l.personal(p.path)
	target := p.field.Target()
	if p.field.IsFile() {
		target = def.EntityFile // the names of uploads
	}
	if target != "" {
		for _, id := range record.IDsOf(value) {
			if name := l.names[target+"/"+id]; name != "" {
				l.document.Refs[target+"/"+id] = name
			}
		}
	}
	return value
}

// describe tells the browser how to show the values of a part.
func describe(p *part) report.Column {
	if p.field == nil {
		return report.Column{Name: p.name, Title: p.title, XType: def.TypeText}
	}
	f := p.field
	options := f.Opts
	return report.Column{
		Name: p.name, Title: p.title, XType: f.XType, Scale: f.EffectiveScale(), Fixed: f.IsFixed(), Unit: f.Unit,
		Entity: f.Target(), OneOf: options,
	}
}

// shown tells whether a part is on the paper of this reader at all.
func (l *layout) shown(p *part) (bool, error) {
	switch {
	case p.field != nil:
		return l.visible(p.path)
	case p.text != nil:
		return l.sees(p.text)
	}
	return true, nil
}

func (l *layout) items(b *block) ([]Item, error) {
	var items []Item
	for _, p := range b.items {
		item, ok, err := l.item(p)
		if err != nil {
			return nil, err
		}
		if ok {
			items = append(items, item)
		}
	}
	return items, nil
}

func (l *layout) item(p *part) (Item, bool, error) {
	shown, err := l.shown(p)
	if err != nil || !shown {
		return Item{}, false, err
	}
	item := Item{Column: describe(p), Span: p.span}
	if p.text == nil {
		item.Value = l.emit(p, l.value(p.path))
		return item, true, nil
	}
	words, err := l.words(p.text, l.env)
	if words != "" {
		item.Value = words
	}
	return item, true, err
}

// shownColumns are the columns of a table that are on the paper of this reader.
func (l *layout) shownColumns(b *block) ([]*part, error) {
	var parts []*part
	for _, p := range b.columns {
		shown, err := l.shown(p)
		if err != nil {
			return nil, err
		}
		if shown {
			parts = append(parts, p)
		}
	}
	return parts, nil
}

func columnOf(p *part) Column {
	column := Column{Column: describe(p), Width: p.width, Align: p.align, Blank: p.field == nil && p.text == nil}
	column.Total = p.total
	return column
}

// cell is what stands in a column of a row.
func (l *layout) cell(p *part, at line) (any, error) {
	switch {
	case p.field != nil:
		return l.emit(p, at.value(p.path)), nil
	case p.text != nil:
		words, err := l.words(p.text, at.env)
		if words == "" {
			return nil, err
		}
		return words, err
	}
	return nil, nil //nolint:nilnil // blank
}

func (l *layout) table(b *block, made *Block) error {
	if b.table != nil {
		if shown, err := l.visible([]string{b.table.Name}); err != nil || !shown {
			return err
		}
	}
	parts, err := l.shownColumns(b)
	if err != nil {
		return err
	}
	made.Columns = make([]Column, len(parts))
	for i, p := range parts {
		made.Columns[i] = columnOf(p)
	}
	made.Rows = [][]any{}
	for _, at := range l.rows(b) {
		cells := make([]any, len(parts))
		for i, p := range parts {
			if cells[i], err = l.cell(p, at); err != nil {
				return err
			}
		}
		made.Rows = append(made.Rows, cells)
	}
	made.Totals = totals(parts, made.Rows)
	return nil
}

// totals sums the columns that ask for it; nil if none does.
func totals(parts []*part, rows [][]any) []any {
	if !slices.ContainsFunc(parts, func(p *part) bool { return p.total }) {
		return nil
	}
	sums := make([]any, len(parts))
	for i, p := range parts {
		if !p.total {
			continue
		}
		values := make([]any, len(rows))
		for n, row := range rows {
			values[n] = row[i]
		}
		sums[i] = sum(p.field, values)
	}
	return sums
}

// sum adds wire values exactly; missing ones add nothing, and without any there is no sum.
func sum(field *def.Field, values []any) any {
	total, found := expr.DecimalFromInt(0), false
	for _, value := range values {
		if number, ok := def.ExprValue(field, value).(expr.Decimal); ok {
			total, found = expr.AddDecimal(total, number), true
		}
	}
	switch {
	case !found:
		return nil
	case field.XType == def.TypeInteger:
		n, _ := expr.DecimalInt64(total)
		return n
	}
	return expr.FormatDecimal(total, field.EffectiveScale(), field.IsFixed())
}

func (l *layout) boxes(b *block) ([]Box, error) {
	var boxes []Box
	for _, definition := range b.boxes {
		holds, err := l.holds(definition.when, l.env)
		if err != nil {
			return nil, err
		}
		signs, run := l.signs[definition.Node]
		if !holds || (run && signs.Skipped) {
			continue
		}
		made := Box{Name: definition.Name, Title: definition.title}
		for _, by := range signs.By {
			made.Signs = append(made.Signs, Sign{Name: by.Name, At: by.At, File: by.File})
		}
		if definition.value != nil {
			item, ok, err := l.item(definition.value)
			if err != nil {
				return nil, err
			}
			if ok && item.Value != nil {
				made.Value = &item
			}
		}
		boxes = append(boxes, made)
	}
	return boxes, nil
}

// photos are the first few of a field with pictures.
func (l *layout) photos(b *block) ([]string, error) {
	path := []string{b.Field}
	if shown, err := l.visible(path); err != nil || !shown {
		return nil, err
	}
	ids := record.IDsOf(l.value(path))
	most := b.Max
	if most == 0 {
		most = 4
	}
	return ids[:min(len(ids), most)], nil
}
