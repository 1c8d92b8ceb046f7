package api_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// workbook makes a workbook of rows.
func (w *world) workbook(rows ...[]any) []byte {
	w.t.Helper()
	file := excelize.NewFile()
	for i, row := range rows {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		w.must(err)
		w.must(file.SetSheetRow("Sheet1", at, &row))
	}
	var b bytes.Buffer
	w.must(file.Write(&b))
	w.must(file.Close())
	return b.Bytes()
}

// cells reads the first sheet of a workbook that was answered.
func (r reply) cells() [][]string {
	r.t.Helper()
	file, err := excelize.OpenReader(bytes.NewReader(r.body))
	if err != nil {
		r.t.Fatalf("no workbook: %v: %.200s", err, r.body)
	}
	defer func() { _ = file.Close() }()
	rows, err := file.GetRows(file.GetSheetList()[0])
	if err != nil {
		r.t.Fatal(err)
	}
	return rows
}

// send posts a workbook with the fields of a form.
func (c *client) send(path string, book []byte, fields map[string]string) reply {
	c.w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		c.w.must(form.WriteField(name, value))
	}
	part, err := form.CreateFormFile("file", "book.xlsx")
	c.w.must(err)
	_, err = part.Write(book)
	c.w.must(err)
	c.w.must(form.Close())
	return c.do("POST", path, body.String(), header("Content-Type: "+form.FormDataContentType()))
}

// A labor administrator brings a daily report: first a look, then the good lines, then the same again.
func TestImportOfADailyReport(t *testing.T) {
	onStores(t, func(w *world) {
		labor := w.signIn("labor")
		book := w.workbook(
			[]any{"日期", "项目", "班组", "姓名", "工种", "正常", "加班", "工作内容", "部位"},
			[]any{"2026-06-02", "P1", "T1", "W01", "普工", 8, 2, "清理", "3#楼"},
			[]any{"2026-06-02", "P1", "T1", "W02", "普工", 7.5, nil, "清理", "3#楼"},
			[]any{"2026-06-02", "P1", "T1", "查无此人", "普工", 8, nil, "清理", "3#楼"},
			[]any{"2026-06-03", "P1", "T1", "W01", "普工", 8, nil, "清理", "3#楼"},
			[]any{"合计", nil, nil, nil, nil, 31.5},
		)
		const path = "/entities/day_labor_sheet/import"
		look := labor.send(path, book, map[string]string{"import": "day_labor_rows", "dryRun": "true"}).want(http.StatusOK, "")
		if look.text("problems.0.code") != "reference" || look.at("problems.0.row") != number("4") || look.text("problems.0.column") != "D" || look.at("ok") != number("1") {
			t.Fatalf("report %s", look.body)
		}
		if n := labor.do("GET", escapeQuery(sheets+"?count=true&filter={\"field\":\"work_date\",\"op\":\"ge\",\"value\":\"2026-06-02\"}"), nil).at("count.n"); n != number("0") {
			t.Errorf("a look stored %v sheets", n)
		}
		marked := labor.send(path+"/marked", book, map[string]string{"title": "错误说明", "notes": `[{"row":4,"column":"D","text":"没有此工人"}]`})
		if rows := marked.want(http.StatusOK, "").cells(); rows[3][len(rows[3])-1] != "没有此工人" {
			t.Errorf("marked %v", rows[3])
		}
		stored := labor.send(path, book, map[string]string{"import": "day_labor_rows"}).want(http.StatusOK, "")
		if stored.at("created") != number("1") {
			t.Fatalf("report %s", stored.body)
		}
		list := labor.do("GET", escapeQuery(sheets+"?filter={\"field\":\"work_date\",\"op\":\"eq\",\"value\":\"2026-06-03\"}"), nil).want(http.StatusOK, "")
		// A workbook holds no photos; they are asked for when the sheet goes to the foreman.
		missing := labor.do("POST", sheets+"/"+list.text("records.0.id")+"/submit", object{}).want(http.StatusUnprocessableEntity, "invalid")
		if missing.text("problems.0.field") != "photos" || missing.text("problems.0.code") != "required" {
			t.Errorf("problems %s", missing.body)
		}
		again := labor.send(path, book, map[string]string{"import": "day_labor_rows", "mode": "upsert"}).want(http.StatusOK, "")
		if again.at("created") != number("0") || again.at("same") != number("1") {
			t.Errorf("report %s", again.body)
		}
		export := labor.do("GET", "/entities/day_labor_sheet/export?view=day_labor_sheets&rows=lines", nil).want(http.StatusOK, "")
		rows := export.cells()
		if len(rows) < 2 || !strings.Contains(strings.Join(rows[0], " "), "工长") || !strings.Contains(strings.Join(rows[1], " "), "主体杂工班") {
			t.Errorf("export %v", rows)
		}
	})
}

func TestSheetsAreRefused(t *testing.T) {
	onStores(t, func(w *world) {
		labor, clerk := w.signIn("labor"), w.signIn("clerk")
		book := w.workbook([]any{"编码", "姓名"}, []any{"W77", "张三"})
		const path = "/entities/worker/import"
		clerk.send(path, book, nil).want(http.StatusForbidden, "forbidden")
		clerk.do("GET", "/entities/worker/export", nil).want(http.StatusForbidden, "forbidden")
		clerk.do("GET", "/entities/worker/import-template", nil).want(http.StatusForbidden, "forbidden")
		clerk.do("POST", "/import/worker", object{"records": []object{}}).want(http.StatusForbidden, "forbidden")
		labor.send(path, []byte("no workbook"), nil).want(http.StatusUnprocessableEntity, "not_a_workbook")
		labor.send(path, book, map[string]string{"mode": "replace"}).want(http.StatusBadRequest, "bad_parameter")
		labor.send(path, book, map[string]string{"sudo": "true"}).want(http.StatusBadRequest, "unknown_parameter")
		labor.send(path, nil, nil).want(http.StatusBadRequest, "bad_parameter")
		labor.do("POST", path, object{"file": "x"}).want(http.StatusUnsupportedMediaType, "media_type")
		labor.send(path, w.workbook([]any{"x"}), nil).want(http.StatusUnprocessableEntity, "no_header")
	})
}

// A template that was filled in is read without a word.
func TestTemplateThereAndBack(t *testing.T) {
	onStores(t, func(w *world) {
		labor := w.signIn("labor")
		template := labor.do("GET", "/entities/worker/import-template?import=workers", nil).want(http.StatusOK, "")
		file, err := excelize.OpenReader(bytes.NewReader(template.body))
		w.must(err)
		name := file.GetSheetList()[0]
		values := map[string]any{
			"code": "W77", "name": "=张三", "id_no": "110101199003070118", "phone": "13900000077", "home_team": "主体杂工班", "trade": "普工", "entry_date": "2026-06-01",
		}
		names := template.cells()[1]
		for i, column := range names {
			at, err := excelize.CoordinatesToCellName(i+1, 4)
			w.must(err)
			w.must(file.SetCellValue(name, at, values[column]))
		}
		var b bytes.Buffer
		w.must(file.Write(&b))
		report := labor.send("/entities/worker/import", b.Bytes(), map[string]string{"import": "workers", "all": "true"}).want(http.StatusOK, "")
		if report.at("created") != number("1") {
			t.Errorf("report %s", report.body)
		}
	})
}

func TestOpeningDataOverTheAPI(t *testing.T) {
	onStores(t, func(w *world) {
		admin := w.signIn("admin")
		body := object{"records": []object{{
			"project": "P1", "team": "T1", "work_date": "2025-12-31", "work_content": "清理", "reason_type": "misc",
			"lines": []object{{"worker": object{"key": "W01"}, "normal_hours": "8", "ot_hours": "0"}},
		}}}
		w.signIn("labor").do("POST", "/import/day_labor_sheet", body).want(http.StatusForbidden, "forbidden")
		if first := admin.do("POST", "/import/day_labor_sheet", body).want(http.StatusOK, ""); first.at("created") != number("1") {
			t.Fatalf("report %s", first.body)
		}
		if again := admin.do("POST", "/import/day_labor_sheet", body).want(http.StatusOK, ""); again.at("same") != number("1") || again.at("created") != number("0") {
			t.Errorf("report %s", again.body)
		}
	})
}

// A month of attendance of one team becomes a sheet for each day, by the hours of the project's policy.
func TestAttendanceOverTheAPI(t *testing.T) {
	onStores(t, func(w *world) {
		labor := w.signIn("labor")
		header := []any{"序号", "姓名", "工种"}
		first, second := []any{1, "W01", "普工", "8+2", "半"}, []any{2, "W02", "普工", "√", "1.5"}
		for day := 1; day <= 31; day++ {
			header = append(header, day)
		}
		book := w.workbook([]any{"2026年6月考勤表"}, header, first, second)
		fields := map[string]string{"import": "attendance_matrix", "given": `{"project":"P1","team":"T1","work_content":"零星用工"}`}
		report := labor.send("/entities/day_labor_sheet/import", book, fields).want(http.StatusOK, "")
		if report.at("ok") != number("1") || report.at("created") != number("1") || report.text("problems.0.code") != "ambiguous_gong" || report.text("problems.0.column") != "E" {
			t.Fatalf("report %s", report.body)
		}
		list := labor.do("GET", escapeQuery(sheets+"?filter={\"field\":\"work_date\",\"op\":\"ge\",\"value\":\"2026-06-01\"}"), nil).want(http.StatusOK, "")
		if lines, _ := list.at("records.0.values.lines").([]any); len(lines) != 2 || list.text("records.0.values.work_date") != "2026-06-01" || list.text("records.0.values.lines.0.ot_hours") != "2" || list.at("records.1") != nil {
			t.Errorf("sheets %s", list.body)
		}
	})
}
