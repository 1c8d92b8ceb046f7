package sheet

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// What is read out of the sheet's own XML is what the reader of workbooks says with the whole sheet in memory.
func TestTraitsAreThoseOfTheReader(t *testing.T) {
	file := excelize.NewFile()
	for at, value := range map[string]any{
		"A1": "姓名 < & > \"m\"", "B1": "320106199001010011", "C1": 3.20106199001010011e17, "D1": 0.1 + 0.2, "E1": "1e5", "F1": true,
		"A3": "mergeCell ref=\"A1:B2\"", "B3": 12345678901234.5, "C3": "0.30000000000000004",
	} {
		if err := file.SetCellValue("Sheet1", at, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := file.SetCellFormula("Sheet1", "D3", "SUM(D1,B3)"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"B5:C7", "A9:A9", "D5:F5"} {
		first, last, _ := strings.Cut(name, ":")
		if err := file.MergeCell("Sheet1", first, last); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := file.NewSheet("另一张 & \"表\""); err != nil {
		t.Fatal(err)
	}
	var book bytes.Buffer
	if err := file.Write(&book); err != nil {
		t.Fatal(err)
	}
	g := &grid{name: "Sheet1", damaged: map[place]bool{}}
	opened, err := open(book.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := g.readRows(opened); err != nil {
		t.Fatal(err)
	}
	long := g.long()
	got, err := readTraits(book.Bytes(), "Sheet1", long)
	if err != nil {
		t.Fatal(err)
	}
	merged, err := g.mergedOf(opened)
	if err != nil || !reflect.DeepEqual(got.merged, merged) {
		t.Errorf("merged %v, want %v, %v", got.merged, merged, err)
	}
	slow := &grid{name: g.name, damaged: map[place]bool{}}
	for _, row := range g.rows {
		slow.rows = append(slow.rows, append([]string(nil), row...))
	}
	if err := slow.readNumbers(opened, long, nil); err != nil {
		t.Fatal(err)
	}
	if err := g.readNumbers(nil, long, got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(g.rows, slow.rows) || !reflect.DeepEqual(g.damaged, slow.damaged) || len(g.damaged) != 1 {
		t.Errorf("rows %v, damaged %v\nwant %v, %v", g.rows, g.damaged, slow.rows, slow.damaged)
	}
	if _, err := readTraits(book.Bytes(), "另一张 & \"表\"", long); err == nil {
		t.Error("a sheet without cells is not as usual")
	}
}

// A sheet whose tags have prefixes is not read tag by tag.
func TestForeignTags(t *testing.T) {
	for _, text := range []string{
		`<x:worksheet><x:sheetData><x:row><x:c r="A1" t="s"/></x:row></x:sheetData></x:worksheet>`,
		`<worksheet><sheetData><row><c t="s"/></row></sheetData></worksheet>`, `<c r="A1" `, ``,
	} {
		if got, err := scanTraits(strings.NewReader(text), nil); err == nil {
			t.Errorf("%s: %+v", text, got)
		}
	}
}
