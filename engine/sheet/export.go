package sheet

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/record"
)

// ExportInput says what is exported.
type ExportInput struct {
	List record.ListInput // its page is not used
	Rows string           // a sub-table whose rows become a second sheet; "" = none
}

// Export writes the records a view shows as a workbook, under the grants to export: what they hide is left out, what they
// mask is masked. Display texts stand for references and options. Records are read page by page; more than MaxExport are
// a *FileError. It fails with record.ErrForbidden without the grant, and as record.Service.List does.
func (s *Service) Export(ctx context.Context, actor access.Actor, entity string, in ExportInput, to io.Writer) error {
	if _, err := s.rights(ctx, actor, entity, access.Export); err != nil {
		return err
	}
	catalog, definition, err := s.entity(ctx, actor.Tenant, entity)
	if err != nil {
		return err
	}
	zone, err := s.config.Zone(ctx, actor.Tenant)
	if err != nil {
		return fmt.Errorf("time zone of %s: %w", actor.Tenant, err)
	}
	file := excelize.NewFile()
	defer func() { _ = file.Close() }() // temporary files only: what matters was written or reported
	e := &export{
		file: file, catalog: catalog, entity: definition,
		writer: &writer{styles: newStyles(file), lang: language(actor, catalog), zone: zone},
	}
	if err := e.begin(in); err != nil {
		return fmt.Errorf("export %s: %w", entity, err)
	}
	in.List.Action, in.List.Limit, in.List.Count, in.List.After = access.Export, 1000, false, ""
	for n := 0; ; {
		page, err := s.config.Records.List(ctx, actor, entity, in.List)
		if err != nil {
			return err
		}
		if n += len(page.Records); n > MaxExport {
			return fileError("export_too_large", "max", MaxExport)
		}
		for i := range page.Records {
			if err := e.add(&page.Records[i]); err != nil {
				return fmt.Errorf("export %s: %w", entity, err)
			}
		}
		if in.List.After = page.Next; page.Next == "" {
			break
		}
	}
	if err := e.end(to); err != nil {
		return fmt.Errorf("export %s: %w", entity, err)
	}
	return nil
}

// export is a workbook being written.
type export struct {
	*writer
	file    *excelize.File
	catalog *def.Catalog
	entity  *def.Entity
	columns []shownColumn
	main    *table
	rows    *table // of the sub-table, nil for none
	sub     *def.Field
}

// shownColumn is a column of an export.
type shownColumn struct {
	path  string
	title string
	field *def.Field
}

// table is one sheet being streamed.
type table struct {
	stream *excelize.StreamWriter
	next   int // number of the next row
}

func (t *table) add(cells []any) error {
	at, err := excelize.CoordinatesToCellName(1, t.next)
	if err != nil {
		return err
	}
	t.next++
	return t.stream.SetRow(at, cells)
}

func (e *export) begin(in ExportInput) error {
	e.columns = e.shown(in.List.View)
	var err error
	if e.main, err = e.table(sheetName(e.entity.Title), e.columns); err != nil {
		return err
	}
	if in.Rows == "" {
		return nil
	}
	sub, ok := e.entity.Properties[in.Rows]
	if !ok || !sub.IsTable() {
		return fmt.Errorf("sub-table %s: %w", in.Rows, record.ErrNotFound)
	}
	e.sub = sub
	columns := []shownColumn{{title: word(e.lang, "rows_of")}}
	for _, field := range sub.Columns() {
		columns = append(columns, shownColumn{path: field.Name, title: field.Label(e.lang), field: field})
	}
	name := sheetName(sub.Label(e.lang))
	if name == sheetName(e.entity.Title) {
		name = sheetName(e.sub.Name)
	}
	e.rows, err = e.table(name, columns)
	return err
}

// shown lists the columns: those of the view, else the entity's in their order.
func (e *export) shown(viewName string) []shownColumn {
	var columns []shownColumn
	if view := e.catalog.Views[viewName]; view != nil {
		for _, c := range view.Columns {
			field, ok := e.catalog.Field(e.entity.Name, c.Field)
			if !ok {
				continue
			}
			title := c.Title
			if text := c.I18n[e.lang]["title"]; text != "" {
				title = text
			}
			if title == "" {
				title = titleOf(field, e.lang)
			}
			columns = append(columns, shownColumn{path: c.Field, title: title, field: field})
		}
		return columns
	}
	for _, field := range e.entity.Fields() {
		if !field.IsTable() {
			columns = append(columns, shownColumn{path: field.Name, title: field.Label(e.lang), field: field})
		}
	}
	if e.entity.Approval {
		state, _ := def.SystemField(def.FieldState)
		columns = append(columns, shownColumn{path: def.FieldState, title: titleOf(state, e.lang), field: state})
	}
	return columns
}

// table begins a sheet with its header; the first one takes the place of the sheet every new file has.
func (e *export) table(name string, columns []shownColumn) (*table, error) {
	var err error
	if e.main == nil {
		err = e.file.SetSheetName("Sheet1", name)
	} else {
		_, err = e.file.NewSheet(name)
	}
	if err != nil {
		return nil, fmt.Errorf("sheet %s: %w", name, err)
	}
	t := &table{next: 1}
	if t.stream, err = e.file.NewStreamWriter(name); err != nil {
		return nil, err
	}
	bold, err := e.styles.header()
	if err != nil {
		return nil, err
	}
	cells := make([]any, len(columns))
	for i, c := range columns {
		cells[i] = excelize.Cell{StyleID: bold, Value: neutral(c.title)}
	}
	if err := t.stream.SetColWidth(1, max(1, len(columns)), 16); err != nil {
		return nil, err
	}
	panes := &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}
	if err := t.stream.SetPanes(panes); err != nil {
		return nil, err
	}
	return t, t.add(cells)
}

func (e *export) add(rec *record.Record) error {
	cells := make([]any, len(e.columns))
	var err error
	for i, c := range e.columns {
		if cells[i], err = e.cell(c.field, valueAt(rec, c.path), rec.Refs); err != nil {
			return err
		}
	}
	if err := e.main.add(cells); err != nil || e.rows == nil {
		return err
	}
	rows, _ := rec.Values[e.sub.Name].([]any)
	for _, item := range rows {
		row, _ := item.(map[string]any)
		cells := []any{neutral(displayOf(e.entity, rec))}
		for _, column := range e.sub.Columns() {
			cell, err := e.cell(column, row[column.Name], rec.Refs)
			if err != nil {
				return err
			}
			cells = append(cells, cell)
		}
		if err := e.rows.add(cells); err != nil {
			return err
		}
	}
	return nil
}

func (e *export) end(to io.Writer) error {
	for _, t := range []*table{e.main, e.rows} {
		if t == nil {
			continue
		}
		if err := t.stream.Flush(); err != nil {
			return err
		}
	}
	return e.file.Write(to)
}

// valueAt is a value of a shown record by a view's path.
func valueAt(rec *record.Record, path string) any {
	if strings.Contains(path, ".") {
		return rec.Related[path]
	}
	switch path {
	case def.FieldID:
		return rec.ID
	case def.FieldRev:
		return rec.Rev
	case def.FieldState:
		return rec.State
	case def.FieldCreatedBy:
		return rec.CreatedBy
	case def.FieldCreatedAt:
		return rec.CreatedAt
	case def.FieldUpdatedBy:
		return rec.UpdatedBy
	case def.FieldUpdatedAt:
		return rec.UpdatedAt
	}
	return rec.Values[path]
}

// displayOf is what a record is called in the sheet of its rows.
func displayOf(entity *def.Entity, rec *record.Record) string {
	for _, name := range []string{entity.Natural, entity.DisplayField()} {
		if text, ok := rec.Values[name].(string); ok && text != "" {
			return text
		}
	}
	return rec.ID
}

// sheetName makes a title fit for a sheet: at most 31 characters and none of []:*?/\'.
func sheetName(title string) string {
	text := []rune(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) {
			return '_'
		}
		return r
	}, title))
	if len(text) > 31 {
		text = text[:31]
	}
	if len(text) == 0 {
		return "Sheet"
	}
	return string(text)
}
