package sheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"formwork/engine/access"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/sheet"
)

// opened reads a workbook that was written.
func opened(t *testing.T, raw []byte) *excelize.File {
	t.Helper()
	file, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

func (w *world) export(actor access.Actor, entity string, in sheet.ExportInput) []byte {
	w.Helper()
	var b bytes.Buffer
	w.must(w.sheets.Export(w.ctx, actor, entity, in, &b))
	return b.Bytes()
}

// What a view shows, under the reader's grants to export: rows they admit, hidden and masked fields, display texts, titles
// of options.
func TestExportOfAView(t *testing.T) {
	w := newWorld(t)
	w.seed("worker", "evil", form.Values{"no": "W0", "name": `=HYPERLINK("x")`, "status": "active", "project": "p2", "trade": "general", "id_no": "320106198001010011"})
	w.seed("worker", "left", form.Values{"no": "W8", "name": "离场者", "status": "left"})
	in := sheet.ExportInput{List: record.ListInput{View: "workers"}}
	file := opened(t, w.export(viewer, "worker", in))
	rows, err := file.GetRows("工人")
	w.must(err)
	if want := []string{"工号", "姓名", "工种", "项目", "状态", "身份证号", "电话"}; !reflect.DeepEqual(rows[0], want) {
		t.Errorf("header %v, want %v", rows[0], want)
	}
	if want := []string{"W0", `'=HYPERLINK("x")`, "普工", "项目2", "在建", "3201**********0011"}; !reflect.DeepEqual(rows[1], want) {
		t.Errorf("first line %v, want %v", rows[1], want)
	}
	if len(rows) != 7 {
		t.Errorf("%d lines, want the six workers who are there", len(rows)-1)
	}
	if formula, err := file.GetCellFormula("工人", "B2"); err != nil || formula != "" {
		t.Errorf("formula %q, %v", formula, err)
	}
	english := importer
	english.Lang = "en"
	rows, err = opened(t, w.export(importer, "worker", in)).GetRows("工人")
	w.must(err)
	if got := rows[2][6]; got != "13900000001" {
		t.Errorf("who may read phones gets %q", got)
	}
	rows, err = opened(t, w.export(english, "day_labor_sheet", sheet.ExportInput{})).GetRows("点工单")
	w.must(err)
	if last := rows[0][len(rows[0])-1]; last != "State" {
		t.Errorf("the state is called %q in English", last)
	}
	if err := w.sheets.Export(w.ctx, nobody, "worker", in, &bytes.Buffer{}); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("without the grant: %v", err)
	}
}

// Sheets with their rows on a second sheet; dates, money and hours are dates and numbers.
func TestExportWithRows(t *testing.T) {
	w := newWorld(t)
	w.seed("day_labor_sheet", "s1", form.Values{
		"project": "p1", "team": "t1", "work_date": "2026-06-30",
		"lines": []any{map[string]any{"worker": "idW1", "normal_hours": "8", "ot_hours": "2"}, map[string]any{"worker": "idW2", "normal_hours": "7.5"}},
	})
	file := opened(t, w.export(importer, "day_labor_sheet", sheet.ExportInput{Rows: "lines"}))
	raw := func(name, cell string) string {
		t.Helper()
		text, err := file.GetCellValue(name, cell, excelize.Options{RawCellValue: true})
		w.must(err)
		return text
	}
	rows, err := file.GetRows("点工单")
	w.must(err)
	for column, label := range rows[0] {
		name, err := excelize.ColumnNumberToName(column + 1)
		w.must(err)
		got := raw("点工单", name+"2")
		if want, ok := map[string]string{"日期": "46203", "项目": "项目1", "班组": "杂工班", "人数": "2", "总金额": "525", "状态": "草稿"}[label]; ok && got != want {
			t.Errorf("%s is %q, want %q", label, got, want)
		}
	}
	lines, err := file.GetRows("用工明细")
	w.must(err)
	if len(lines) != 3 || !strings.HasPrefix(lines[1][0], "DG-P1-20260630") {
		t.Errorf("lines %v", lines)
	}
}

func TestLongNumbersStayExact(t *testing.T) {
	w := newWorld(t)
	w.seed("order", "o1", form.Values{"project": "p1", "amount": "1234567890123.45"})
	w.seed("order", "o2", form.Values{"project": "p1", "amount": "9999999999.99"})
	file := opened(t, w.export(engine, "order", sheet.ExportInput{List: record.ListInput{View: ""}}))
	rows, err := file.GetRows("采购单", excelize.Options{RawCellValue: true})
	w.must(err)
	all := fmt.Sprint(rows)
	for _, want := range []string{"1234567890123.45", "9999999999.99"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not in %s", want, all)
		}
	}
}

// A program may write a workbook without a part for styles.
func TestAWorkbookWithoutStylesIsMarked(t *testing.T) {
	w := newWorld(t)
	book := w.book(rows{workerLabels, {"A0", "张三"}})
	var plain, b bytes.Buffer
	from, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	w.must(err)
	to := zip.NewWriter(&plain)
	for _, part := range from.File {
		if part.Name != "xl/styles.xml" {
			w.must(to.Copy(part))
		}
	}
	w.must(to.Close())
	w.must(sheet.Marked(sheet.MarkInput{File: plain.Bytes(), Title: "x", Notes: []sheet.Note{{Row: 2, Column: "B", Text: "错"}}}, &b))
	file := opened(t, b.Bytes())
	for cell, want := range map[string]string{"H2": "错", "B2": "张三"} {
		if got, err := file.GetCellValue("Sheet1", cell); err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", cell, got, err, want)
		}
	}
}

func TestMarkedWorkbooks(t *testing.T) {
	w := newWorld(t)
	notes := []sheet.Note{{Row: 2, Column: "B", Text: "没有填写姓名"}, {Row: 2, Text: "记录已存在"}, {Row: 99, Text: "x"}}
	for _, lines := range []int{3, 5_200} {
		t.Run(fmt.Sprintf("%d lines", lines), func(t *testing.T) {
			book := rows{workerLabels}
			for i := range lines {
				book = append(book, []any{fmt.Sprintf("A%d", i), "张三", nil, nil, nil, nil, "=x"})
			}
			var b bytes.Buffer
			w.must(sheet.Marked(sheet.MarkInput{File: w.book(book), Title: "错误说明", Notes: notes}, &b))
			file := opened(t, b.Bytes())
			for cell, want := range map[string]string{"H1": "错误说明", "H2": "没有填写姓名; 记录已存在", "A2": "A0", "H3": ""} {
				if got, err := file.GetCellValue("Sheet1", cell); err != nil || got != want {
					t.Errorf("%s is %q, %v, want %q", cell, got, err, want)
				}
			}
			id, err := file.GetCellStyle("Sheet1", "B2")
			w.must(err)
			style, err := file.GetStyle(id)
			w.must(err)
			if len(style.Fill.Color) == 0 || style.Fill.Color[0] != "FFC7CE" {
				t.Errorf("B2 is filled %v", style.Fill)
			}
		})
	}
}

// A template has labels, hidden names and notes, and offers options; fields the person may not write are not in it.
func TestTemplate(t *testing.T) {
	w := newWorld(t)
	var b bytes.Buffer
	w.must(w.sheets.Template(w.ctx, importer, "worker", "", &b))
	file := opened(t, b.Bytes())
	rows, err := file.GetRows("工人")
	w.must(err)
	if rows[0][0] != "姓名*" && rows[0][0] != "工号*" {
		t.Errorf("labels %v", rows[0])
	}
	if visible, err := file.GetRowVisible("工人", 2); err != nil || visible {
		t.Errorf("the names are visible, %v", err)
	}
	if !strings.HasPrefix(rows[2][0], "※") {
		t.Errorf("notes %v", rows[2])
	}
	choices, err := file.GetDataValidations("工人")
	w.must(err)
	if len(choices) != 2 {
		t.Errorf("%d lists of options, want those of trade and status", len(choices))
	}
}

func BenchmarkExport(b *testing.B) {
	w := newWorld(b)
	for i := range 2_000 {
		w.seed("worker_rate", fmt.Sprintf("r%d", i), form.Values{"worker": "idW1", "effective_from": time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i).Format(time.DateOnly), "day_rate": "240.50"})
	}
	b.ResetTimer()
	for range b.N {
		w.export(engine, "worker_rate", sheet.ExportInput{})
	}
	b.ReportMetric(float64(b.N*2_000)/b.Elapsed().Seconds(), "records/s")
}
