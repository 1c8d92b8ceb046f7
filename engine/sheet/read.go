package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/unicode/norm"
)

// grid is a sheet as texts. Merged cells all have the text of the first, formulas their cached value, dates their serial
// number; a number is written as people see it, without the noise of its binary form.
type grid struct {
	name    string
	rows    [][]string
	damaged map[place]bool // numbers with more digits than a workbook keeps
	is1904  bool           // serial dates count from 1904
}

// place is a cell, both from 0.
type place struct{ row, column int }

// at is the text of a cell, "" outside.
func (g *grid) at(row, column int) string {
	if row < 0 || row >= len(g.rows) || column < 0 || column >= len(g.rows[row]) {
		return ""
	}
	return g.rows[row][column]
}

// columnName is a column as people know it: A, B, … AA.
func columnName(column int) string {
	name, err := excelize.ColumnNumberToName(column + 1)
	if err != nil {
		return strconv.Itoa(column + 1)
	}
	return name
}

// open opens a workbook after a look at what its archive holds: a small file may unpack to gigabytes.
func open(raw []byte) (*excelize.File, error) {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fileError("not_a_workbook")
	}
	if len(archive.File) > maxEntries {
		return nil, fileError("workbook_too_large", "max", maxEntries, "unit", "files")
	}
	var total uint64
	for _, entry := range archive.File {
		total += entry.UncompressedSize64
		if entry.UncompressedSize64 > maxUnzipped || total > maxUnzipped {
			return nil, fileError("workbook_too_large", "max", maxUnzipped>>20, "unit", "MB")
		}
		name := path.Clean(strings.ReplaceAll(entry.Name, `\`, "/"))
		if path.IsAbs(name) || strings.HasPrefix(name, "..") {
			return nil, fileError("not_a_workbook")
		}
		if strings.HasPrefix(name, "xl/worksheets/") && entry.UncompressedSize64 > maxSheetBytes {
			return nil, fileError("workbook_too_large", "max", maxSheetBytes>>20, "unit", "MB")
		}
	}
	file, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{
		UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: 16 << 20, RawCellValue: true,
	})
	if err != nil {
		return nil, fileError("not_a_workbook")
	}
	return file, nil
}

// read reads a sheet of a workbook; name "" is the first visible one. More rows than an import takes are a *FileError.
// A workbook that makes the reader panic is no workbook.
func read(raw []byte, name string) (g *grid, err error) {
	defer func() {
		if recover() != nil {
			g, err = nil, fileError("not_a_workbook")
		}
	}()
	file, err := open(raw)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // temporary files only
	if name, err = chosen(file, name); err != nil {
		return nil, err
	}
	g = &grid{name: name, damaged: map[place]bool{}}
	if props, err := file.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		g.is1904 = *props.Date1904
	}
	if err := g.readRows(file); err != nil {
		return nil, err
	}
	return g, g.readTraits(file, raw)
}

// readTraits mends numbers and fills merged cells by what the sheet says about its cells.
func (g *grid) readTraits(file *excelize.File, raw []byte) error {
	long := g.long()
	t, err := readTraits(raw, g.name, long)
	if err != nil {
		t = nil // written in an unusual way
	}
	if err := g.readNumbers(file, long, t); err != nil {
		return err
	}
	if t != nil {
		return g.fillMerged(t.merged)
	}
	merged, err := g.mergedOf(file)
	if err != nil {
		return err
	}
	return g.fillMerged(merged)
}

func chosen(file *excelize.File, name string) (string, error) {
	for _, sheet := range file.GetSheetList() {
		visible, err := file.GetSheetVisible(sheet)
		if name == sheet || (name == "" && err == nil && visible) {
			return sheet, nil
		}
	}
	return "", fileError("no_rows")
}

func (g *grid) readRows(file *excelize.File) error {
	rows, err := file.Rows(g.name)
	if err != nil {
		return fileError("not_a_workbook")
	}
	read := func() error {
		empty := 0
		for rows.Next() {
			cells, err := rows.Columns(excelize.Options{RawCellValue: true})
			if err != nil {
				return fileError("not_a_workbook")
			}
			cells = trimmed(cells)
			if len(cells) == 0 {
				empty++ // formatted to the bottom, as people do: kept only if something follows
				continue
			}
			if len(g.rows)+empty+1 > MaxRows+headerRows {
				return fileError("too_many_rows", "max", MaxRows)
			}
			g.rows = append(append(g.rows, make([][]string, empty)...), cells)
			empty = 0
		}
		return nil
	}
	err = read()
	if closing := rows.Close(); closing != nil && err == nil {
		err = fmt.Errorf("close rows: %w", closing)
	}
	if err == nil && len(g.rows) == 0 {
		return fileError("no_rows")
	}
	return err
}

// trimmed copies the cells up to the last one with a text.
func trimmed(cells []string) []string {
	if len(cells) > maxColumns {
		cells = cells[:maxColumns]
	}
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return append([]string(nil), cells...)
}

var (
	longNumber = regexp.MustCompile(`^-?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?$`)
	scientific = regexp.MustCompile(`^[0-9](\.[0-9]+)?[eE]\+?[0-9]+$`)
)

// readNumbers writes numbers as people see them. Only what may be the binary form of a number is looked at: texts of
// digits stay as they are.
func (g *grid) readNumbers(file *excelize.File, long map[place]bool, t *traits) error {
	for at := range long {
		if t != nil {
			if !t.texts[at] {
				g.round(at)
			}
			continue
		}
		name, err := excelize.CoordinatesToCellName(at.column+1, at.row+1)
		if err != nil {
			return err
		}
		kind, err := file.GetCellType(g.name, name)
		if err != nil {
			return fileError("not_a_workbook")
		}
		if kind == excelize.CellTypeUnset || kind == excelize.CellTypeNumber || kind == excelize.CellTypeFormula {
			g.round(at)
		}
	}
	return nil
}

// long lists the cells that may hold the binary form of a number.
func (g *grid) long() map[place]bool {
	all := map[place]bool{}
	for r, row := range g.rows {
		for c, text := range row {
			if (len(text) > exactDigits || strings.ContainsAny(text, "eE")) && len(text) <= 30 && longNumber.MatchString(text) {
				all[place{r, c}] = true
			}
		}
	}
	return all
}

// round writes the number of a cell as people see it.
func (g *grid) round(at place) {
	text := rounded(g.rows[at.row][at.column])
	g.rows[at.row][at.column] = text
	if whole, _, _ := strings.Cut(strings.TrimPrefix(text, "-"), "."); len(whole) > exactDigits {
		g.damaged[at] = true
	}
}

// rounded is a binary number with the 15 digits a workbook shows.
func rounded(text string) string {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return text
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(f, 'e', exactDigits-1, 64), 64)
	if err != nil {
		return text
	}
	return strconv.FormatFloat(short, 'f', -1, 64)
}

// mergedOf reads the merged ranges with the reader of workbooks.
func (g *grid) mergedOf(file *excelize.File) ([]span, error) {
	merged, err := file.GetMergeCells(g.name, true)
	if err != nil {
		return nil, fileError("not_a_workbook")
	}
	spans := make([]span, 0, len(merged))
	for _, m := range merged {
		first, ok := cellPlace(m.GetStartAxis())
		last, ok2 := cellPlace(m.GetEndAxis())
		if !ok || !ok2 {
			return nil, fileError("not_a_workbook")
		}
		spans = append(spans, span{first, last})
	}
	return spans, nil
}

// fillMerged gives every cell of a merged range the text of its first.
func (g *grid) fillMerged(merged []span) error {
	filled := 0
	for _, m := range merged {
		text := g.at(m.first.row, m.first.column)
		if text == "" {
			continue
		}
		for r := m.first.row; r <= min(m.last.row, len(g.rows)-1); r++ {
			for c := m.first.column; c <= min(m.last.column, maxColumns-1); c++ {
				for len(g.rows[r]) <= c {
					g.rows[r] = append(g.rows[r], "")
				}
				if filled++; filled > maxMerged {
					return fileError("workbook_too_large", "max", maxMerged, "unit", "cells")
				}
				g.rows[r][c] = text
				if g.damaged[m.first] {
					g.damaged[place{r, c}] = true
				}
			}
		}
	}
	return nil
}

// folded is a label for comparison: width, case, blanks and the star of required columns do not matter.
func folded(text string) string {
	text = strings.ToLower(norm.NFKC.String(text))
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n*_　:：", r) {
			return -1
		}
		return r
	}, text)
}
