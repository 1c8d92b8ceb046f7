package sheet

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"formwork/engine/access"
	"formwork/engine/def"
)

// listsSheet holds the options the cells may be chosen from; nobody sees it.
const listsSheet = "_lists"

// templateRows is how far down choices are offered.
const templateRows = 5_000

// Template writes an empty workbook for an import: row 1 labels (a star marks what is required), row 2 names, hidden,
// row 3 notes; options are offered for choice. Fields the actor may not write are left out. It needs the grant import.
func (s *Service) Template(ctx context.Context, actor access.Actor, entity, name string, to io.Writer) error {
	rights, err := s.mayImport(ctx, actor, entity)
	if err != nil {
		return err
	}
	catalog, definition, err := s.entity(ctx, actor.Tenant, entity)
	if err != nil {
		return err
	}
	lang := language(actor, catalog)
	p, err := choose(catalog, definition, name, lang)
	if err != nil {
		return err
	}
	file := excelize.NewFile()
	defer func() { _ = file.Close() }() // temporary files only
	t := &template{file: file, sheet: sheetName(definition.Title), lang: lang}
	columns := p.writable(rights)
	err = t.write(columns)
	for day := 1; day <= 31 && p.matrix != nil && err == nil; day++ {
		err = file.SetCellStr(t.sheet, columnName(len(columns)+day-1)+"1", dayNames[day])
	}
	if err != nil {
		return fmt.Errorf("template of %s: %w", entity, err)
	}
	return file.Write(to)
}

type template struct {
	file  *excelize.File
	sheet string
	lang  string
	lists int // columns of listsSheet in use
}

func (t *template) write(columns []*column) error {
	if err := t.file.SetSheetName("Sheet1", t.sheet); err != nil {
		return err
	}
	bold, err := newStyles(t.file).header()
	if err != nil {
		return err
	}
	asText, err := t.file.NewStyle(&excelize.Style{NumFmt: 49}) // text: Excel leaves long numbers alone
	if err != nil {
		return err
	}
	for i, c := range columns {
		if err := t.column(i, c, bold, asText); err != nil {
			return err
		}
	}
	if len(columns) > 0 {
		if err := t.file.SetColWidth(t.sheet, "A", columnName(len(columns)-1), 18); err != nil {
			return err
		}
	}
	return t.file.SetRowVisible(t.sheet, 2, false)
}

// column writes one column: label, name and note, and what may be chosen below.
func (t *template) column(i int, c *column, bold, asText int) error {
	letter := columnName(i)
	label := c.title
	if c.required {
		label += "*"
	}
	note := t.note(c)
	if i == 0 {
		note = noteMark + " " + note
	}
	for row, text := range []string{label, c.name, note} {
		if err := t.file.SetCellStr(t.sheet, fmt.Sprintf("%s%d", letter, row+1), neutral(text)); err != nil {
			return err
		}
	}
	if c.field.IsText() || c.field.XType == def.TypeMonth {
		if err := t.file.SetColStyle(t.sheet, letter, asText); err != nil {
			return err
		}
	}
	if err := t.file.SetCellStyle(t.sheet, letter+"1", letter+"1", bold); err != nil {
		return err
	}
	return t.offer(c.field, letter)
}

// note says how a column is filled.
func (t *template) note(c *column) string {
	var parts []string
	if c.required {
		parts = append(parts, word(t.lang, "required"))
	}
	switch {
	case c.field.IsList():
		parts = append(parts, word(t.lang, "list_note"))
	case c.field.Target() != "":
		parts = append(parts, word(t.lang, "reference_note"))
	case c.field.XType == def.TypeDate:
		parts = append(parts, word(t.lang, "date_note"))
	case c.field.XType == def.TypeMonth:
		parts = append(parts, word(t.lang, "month_note"))
	case c.field.XType == def.TypeIDCard, c.field.XType == def.TypeBankCard:
		parts = append(parts, word(t.lang, "text_note"))
	}
	if c.field.Unit != "" {
		parts = append(parts, c.field.Unit)
	}
	return strings.Join(parts, "; ")
}

// offer lets the cells of a column be chosen from its options.
func (t *template) offer(field *def.Field, letter string) error {
	var texts []string
	switch field.XType {
	case def.TypeSelect:
		for _, option := range field.Opts {
			if !option.Disabled {
				texts = append(texts, option.Label(t.lang))
			}
		}
	case def.TypeBoolean:
		texts = []string{word(t.lang, "yes"), word(t.lang, "no")}
	default:
	}
	if len(texts) == 0 {
		return nil
	}
	if t.lists == 0 {
		if _, err := t.file.NewSheet(listsSheet); err != nil {
			return err
		}
		if err := t.file.SetSheetVisible(listsSheet, false); err != nil {
			return err
		}
	}
	list := columnName(t.lists)
	t.lists++
	for i, text := range texts {
		if err := t.file.SetCellStr(listsSheet, fmt.Sprintf("%s%d", list, i+1), neutral(text)); err != nil {
			return err
		}
	}
	choice := excelize.NewDataValidation(true)
	choice.Sqref = fmt.Sprintf("%s4:%s%d", letter, letter, templateRows)
	choice.SetSqrefDropList(fmt.Sprintf("%s!$%s$1:$%s$%d", listsSheet, list, list, len(texts)))
	return t.file.AddDataValidation(t.sheet, choice)
}
