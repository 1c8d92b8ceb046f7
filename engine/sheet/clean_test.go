package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/xuri/excelize/v2"

	"formwork/engine/def"
)

// The cleaning rules of domain.md §14 D-02 for the types there are.
func TestCleaning(t *testing.T) {
	tests := []struct {
		kind def.FieldType
		in   string
		want any
	}{
		{def.TypeText, "  钢筋 HRB400　Φ12 ", "钢筋 HRB400 Φ12"},
		{def.TypeText, "ＡＢＣ１２３", "ABC123"},
		{def.TypeText, "规格；m²", "规格；m²"},
		{def.TypeText, "'=1+1", "=1+1"},
		{def.TypePhone, "+86 139-0000-0001", "13900000001"},
		{def.TypePhone, "0086 13900000001", "13900000001"},
		{def.TypePhone, "139000000012", "139000000012"}, // no number: record logic says so
		{def.TypePhone, "025-83112345", "025-83112345"},
		{def.TypeDate, "2026/6/1", "2026-06-01"},
		{def.TypeDate, "2026.06.01", "2026-06-01"},
		{def.TypeDate, "2026年6月1日", "2026-06-01"},
		{def.TypeDate, "20260601", "2026-06-01"},
		{def.TypeDate, "46174", "2026-06-01"},
		{def.TypeDate, "46174.5", "2026-06-01"},
		{def.TypeDate, "12345", "12345"},
		{def.TypeMonth, "46174", "2026-06"},
		{def.TypeMonth, "2026年6月", "2026-06"},
		{def.TypeMoney, "¥1,234.50", "1234.50"},
		{def.TypeMoney, "1.2万", "12000"},
		{def.TypeMoney, "-1.25万元", "-12500"},
		{def.TypeMoney, "(500.00)", "-500.00"},
		{def.TypeMoney, "（¥500）", "-500"},
		{def.TypeMoney, "人民币 88元", "88"},
		{def.TypeMoney, "约30000", "约30000"},
		{def.TypeMoney, "(5)(6)", "(5)(6)"},
		{def.TypePercent, "85%", "85"},
		{def.TypeInteger, "1,200", int64(1200)},
		{def.TypeBoolean, "是", true},
		{def.TypeText, " ", nil},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %s", tt.kind, tt.in), func(t *testing.T) {
			if got := clean(&def.Field{XType: tt.kind}, tt.in, "zh-CN", false); got != tt.want {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
		})
	}
	if got := clean(&def.Field{XType: def.TypeDate}, "44712", "zh-CN", true); got != "2026-06-01" {
		t.Errorf("days from 1904: %v", got)
	}
}

func TestFormulasAreNeutralised(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+8613": "'+8613", "-x": "'-x", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "\rx": "'\rx", "张三": "张三", "": "", "a=b": "a=b",
	} {
		if got := neutral(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
		if got := natural(neutral(in)); got != in {
			t.Errorf("%q came back as %q", in, got)
		}
	}
}

func TestNumbersAsPeopleSeeThem(t *testing.T) {
	for in, want := range map[string]string{
		"8.1999999999999993": "8.2", "0.30000000000000004": "0.3", "1.3900000001E10": "13900000001", "3.20106199001010E+17": "320106199001010000",
	} {
		if got := rounded(in); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}

// An archive that says it unpacks to more than is allowed is not unpacked.
func TestArchivesThatUnpackToGigabytes(t *testing.T) {
	archive := func(name string, size int) []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		part, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		block := make([]byte, 1<<20)
		for range size {
			if _, err := part.Write(block); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	var many bytes.Buffer
	w := zip.NewWriter(&many)
	for i := range maxEntries + 1 {
		if _, err := w.Create(fmt.Sprintf("xl/%d.xml", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		raw  []byte
		code string
	}{
		{"a sheet of 193 MB", archive("xl/worksheets/sheet1.xml", 193), "workbook_too_large"},
		{"parts of 257 MB", archive("xl/media/x", 257), "workbook_too_large"},
		{"thousands of parts", many.Bytes(), "workbook_too_large"},
		{"a way out", archive("../../etc/passwd", 1), "not_a_workbook"},
		{"an empty archive", archive("x", 1), "not_a_workbook"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(tt.raw, "")
			var file *FileError
			if !errors.As(err, &file) || file.Code != tt.code {
				t.Errorf("got %v, want %s", err, tt.code)
			}
		})
	}
}

// Whatever is sent as a workbook is read or refused, never a panic.
func FuzzRead(f *testing.F) {
	file := excelize.NewFile()
	for cell, value := range map[string]any{"A1": "工号", "B1": "姓名", "A2": "W1", "B2": 8.2} {
		if err := file.SetCellValue("Sheet1", cell, value); err != nil {
			f.Fatal(err)
		}
	}
	if err := file.MergeCell("Sheet1", "A2", "A3"); err != nil {
		f.Fatal(err)
	}
	var b bytes.Buffer
	if err := file.Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		g, err := read(raw, "")
		var refused *FileError
		if err != nil && !errors.As(err, &refused) {
			t.Errorf("an error without a code: %v", err)
		}
		if err == nil && len(g.rows) > MaxRows+headerRows {
			t.Errorf("%d rows", len(g.rows))
		}
	})
}
