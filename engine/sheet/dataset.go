package sheet

import (
	"context"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/record"
)

// Dataset is a computed table on its way into a workbook. What its reader may see was decided when it was computed.
type Dataset struct {
	Columns []DatasetColumn
	Rows    []map[string]any  // wire values by column
	Totals  map[string]any    // the same; nil = no last line
	Refs    map[string]string // "entity/id" → display text
}

// DatasetColumn is a column as a field, titled in the catalog's languages.
type DatasetColumn struct {
	Name  string
	Field *def.Field
}

// Dataset writes a table as a workbook: numbers as numbers, formulas neutralised, a line of totals at the end.
func (s *Service) Dataset(ctx context.Context, actor access.Actor, name string, data Dataset, to io.Writer) error {
	catalog, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return fmt.Errorf("catalog of %s: %w", actor.Tenant, err)
	}
	definition := catalog.Datasets[name]
	if definition == nil {
		return fmt.Errorf("dataset %s: %w", name, record.ErrNotFound)
	}
	zone, err := s.config.Zone(ctx, actor.Tenant)
	if err != nil {
		return fmt.Errorf("time zone of %s: %w", actor.Tenant, err)
	}
	file := excelize.NewFile()
	defer func() { _ = file.Close() }() // temporary files only: what matters was written or reported
	e := &export{
		file: file, catalog: catalog,
		writer: &writer{styles: newStyles(file), lang: language(actor, catalog), zone: zone},
	}
	if err := e.dataset(definition.Label(e.lang), data); err != nil {
		return fmt.Errorf("export %s: %w", name, err)
	}
	if err := e.end(to); err != nil {
		return fmt.Errorf("export %s: %w", name, err)
	}
	return nil
}

func (e *export) dataset(title string, data Dataset) error {
	for _, c := range data.Columns {
		e.columns = append(e.columns, shownColumn{path: c.Name, title: titleOf(c.Field, e.lang), field: c.Field})
	}
	var err error
	if e.main, err = e.table(sheetName(title), e.columns); err != nil {
		return err
	}
	rows := data.Rows
	if len(data.Totals) > 0 {
		rows = append(rows[:len(rows):len(rows)], data.Totals)
	}
	for _, row := range rows {
		cells := make([]any, len(e.columns))
		for i, c := range e.columns {
			if cells[i], err = e.cell(c.field, row[c.path], data.Refs); err != nil {
				return err
			}
		}
		if err := e.main.add(cells); err != nil {
			return err
		}
	}
	return nil
}
