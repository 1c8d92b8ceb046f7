package sheet

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Note is a sentence about a line of a workbook, written by whoever knows the reader's language. Row is from 1, Column A,
// B, …; "" = the whole line.
type Note struct {
	Row    int    `json:"row"`
	Column string `json:"column,omitempty"`
	Text   string `json:"text"`
}

// MarkInput is a workbook with what is wrong with it. Title is the label of the column the notes go to.
type MarkInput struct {
	File  []byte
	Sheet string
	Title string
	Notes []Note
}

// red fills cells that need a look.
var red = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFC7CE"}}

// Marked writes a copy of a workbook with the notes beside the lines and red cells. Up to 5,000 rows it keeps its layout,
// beyond, and if it has no styles at all, it is written anew: values, notes and red cells only. It fails with *FileError.
func Marked(in MarkInput, to io.Writer) error {
	g, err := read(in.File, in.Sheet)
	if err != nil {
		return err
	}
	m := marks{title: in.Title, texts: map[int][]string{}, cells: map[place]bool{}, header: len(g.rows)}
	for _, row := range g.rows {
		m.width = max(m.width, len(row))
	}
	for _, note := range in.Notes {
		if note.Row < 1 || note.Row > len(g.rows) {
			continue
		}
		m.header = min(m.header, note.Row-1)
		if text := strings.TrimSpace(note.Text); !slices.Contains(m.texts[note.Row-1], text) {
			m.texts[note.Row-1] = append(m.texts[note.Row-1], text)
		}
		if column, err := excelize.ColumnNameToNumber(note.Column); err == nil {
			m.cells[place{note.Row - 1, column - 1}] = true
		}
	}
	m.header = max(0, m.header-1)
	if len(g.rows) <= layoutRows {
		return m.onto(in.File, g, to)
	}
	return m.anew(g, to)
}

// marks are the notes by place.
type marks struct {
	title  string
	width  int // columns of the sheet; the notes stand behind
	header int // the row that gets the title
	texts  map[int][]string
	cells  map[place]bool
}

func (m *marks) note(row int) string {
	text := strings.Join(m.texts[row], "; ")
	if row == m.header && text == "" {
		text = m.title
	}
	return neutral(shorten(text))
}

// onto marks the workbook itself.
func (m *marks) onto(raw []byte, g *grid, to io.Writer) (err error) {
	defer func() {
		if recover() != nil {
			err = fileError("not_a_workbook")
		}
	}()
	file, err := open(raw)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // temporary files only
	if _, err := file.GetStyle(0); err != nil {
		return m.anew(g, to) // a workbook may do without styles, and then none can be added to it
	}
	filled := map[int]int{}
	for _, at := range m.places() {
		name, err := excelize.CoordinatesToCellName(at.column+1, at.row+1)
		if err != nil {
			return err
		}
		if err := paint(file, g.name, name, filled); err != nil {
			return fmt.Errorf("mark %s: %w", name, err)
		}
	}
	for row := range g.rows {
		if m.note(row) == "" {
			continue
		}
		name, err := excelize.CoordinatesToCellName(m.width+1, row+1)
		if err != nil {
			return err
		}
		if err := file.SetCellStr(g.name, name, m.note(row)); err != nil {
			return fmt.Errorf("note in %s: %w", name, err)
		}
	}
	var b bytes.Buffer
	if err := file.Write(&b); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	_, err = b.WriteTo(to)
	return err
}

func (m *marks) places() []place {
	all := make([]place, 0, len(m.cells))
	for at := range m.cells {
		all = append(all, at)
	}
	slices.SortFunc(all, func(a, b place) int { return cmp.Or(cmp.Compare(a.row, b.row), cmp.Compare(a.column, b.column)) })
	return all
}

// paint fills a cell and keeps the rest of its style; filled remembers the styles made.
func paint(file *excelize.File, sheet, cell string, filled map[int]int) error {
	id, err := file.GetCellStyle(sheet, cell)
	if err != nil {
		return err
	}
	if _, known := filled[id]; !known {
		style, err := file.GetStyle(id)
		if err != nil {
			return err
		}
		style.Fill = red
		if filled[id], err = file.NewStyle(style); err != nil {
			return err
		}
	}
	return file.SetCellStyle(sheet, cell, cell, filled[id])
}

// anew writes the values with the notes.
func (m *marks) anew(g *grid, to io.Writer) error {
	file := excelize.NewFile()
	defer func() { _ = file.Close() }() // temporary files only
	stream, err := file.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	fill, err := file.NewStyle(&excelize.Style{Fill: red})
	if err != nil {
		return err
	}
	for row, texts := range g.rows {
		cells := make([]any, m.width+1)
		for i, text := range texts {
			cells[i] = neutral(text)
		}
		for i := range cells {
			if m.cells[place{row, i}] {
				cells[i] = excelize.Cell{StyleID: fill, Value: cells[i]}
			}
		}
		if note := m.note(row); note != "" {
			cells[m.width] = note
		}
		name, err := excelize.CoordinatesToCellName(1, row+1)
		if err != nil {
			return err
		}
		if err := stream.SetRow(name, cells); err != nil {
			return err
		}
	}
	if err := stream.Flush(); err != nil {
		return err
	}
	return file.Write(to)
}
