package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// over waits until an import is over.
func (c *client) over(path string) reply {
	c.w.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		r := c.do("GET", path, nil).want(http.StatusOK, "")
		switch r.text("status") {
		case "waiting", "running", "undoing":
			time.Sleep(50 * time.Millisecond)
		default:
			return r
		}
	}
	c.w.t.Fatalf("the import %s does not end", path)
	return reply{}
}

// A labor administrator brings a daily report as a job, sees what became of it, and takes it back.
func TestImportAsAJob(t *testing.T) {
	onStores(t, func(w *world) {
		labor, clerk := w.signIn("labor"), w.signIn("clerk")
		book := w.workbook(
			[]any{"日期", "项目", "班组", "姓名", "工种", "正常", "加班", "工作内容", "部位"},
			[]any{"2026-06-02", "P1", "T1", "W01", "普工", 8, 2, "清理", "3#楼"},
			[]any{"2026-06-02", "P1", "T1", "查无此人", "普工", 8, nil, "清理", "3#楼"},
			[]any{"2026-06-03", "P1", "T1", "W01", "普工", 8, nil, "清理", "3#楼"},
		)
		const path = "/entities/day_labor_sheet/import-runs"
		clerk.send("/entities/worker/import-runs", book, nil).want(http.StatusForbidden, "forbidden")
		labor.send(path, book, map[string]string{"dryRun": "true"}).want(http.StatusBadRequest, "unknown_parameter")
		labor.send(path, book, map[string]string{"import": "nothing"}).want(http.StatusUnprocessableEntity, "unknown_import")
		begun := labor.send(path, book, map[string]string{"import": "day_labor_rows"}).want(http.StatusAccepted, "")
		own := path + "/" + begun.text("id")
		run := labor.over(own)
		if run.text("status") != "done" || run.at("created") != number("1") || run.at("bad") != number("1") || run.text("report.problems.0.code") != "reference" {
			t.Fatalf("run %s", run.body)
		}
		if list := labor.do("GET", path, nil).want(http.StatusOK, ""); !strings.Contains(string(list.body), begun.text("id")) || !strings.Contains(string(list.body), `"fileName":"book.xlsx"`) {
			t.Errorf("runs %s", list.body)
		}
		if kept := labor.do("GET", own+"/workbook", nil).want(http.StatusOK, ""); kept.cells()[1][3] != "W01" {
			t.Errorf("the workbook is another one")
		}
		labor.do("POST", own+"/cancel", nil).want(http.StatusConflict, "import_state")
		labor.do("POST", own+"/undo", nil).want(http.StatusOK, "")
		if run := labor.over(own); run.text("status") != "undone" {
			t.Errorf("run %s", run.body)
		}
		if n := labor.do("GET", escapeQuery(sheets+"?count=true&filter={\"field\":\"work_date\",\"op\":\"eq\",\"value\":\"2026-06-03\"}"), nil).at("count.n"); n != number("0") {
			t.Errorf("%v sheets are left", n)
		}
		labor.do("POST", own+"/undo", nil).want(http.StatusConflict, "import_state")
	})
}

// A dataset as a workbook: titles, numbers, totals; only for who may export it.
func TestExportOfADataset(t *testing.T) {
	onStores(t, func(w *world) {
		admin := w.signIn("admin")
		rows := admin.do("POST", "/datasets/labor_by_worker/export", object{"params": object{"from": "2026-01-01", "to": "2026-12-31"}}).want(http.StatusOK, "").cells()
		if len(rows) == 0 || !strings.Contains(strings.Join(rows[0], " "), "出勤天数") {
			t.Errorf("export %v", rows)
		}
		admin.do("POST", "/datasets/labor_by_worker/export", object{"params": object{"from": "soon"}}).want(http.StatusUnprocessableEntity, "invalid")
		w.signIn("clerk").do("POST", "/datasets/labor_by_worker/export", object{}).want(http.StatusNotFound, "not_found")
	})
}

// A list of workers: ID cards that are registered, and those that stand in the list twice, are found before anything is
// stored.
func TestTheCheckOfAnImportFindsIDCardsTwice(t *testing.T) {
	onStores(t, func(w *world) {
		labor := w.signIn("labor")
		line := func(code, id string) []any {
			return []any{code, "马小军", "在场", "T1", "普工", id, "13900000099", "2026-06-01"}
		}
		book := w.workbook(
			[]any{"编码", "姓名", "状态", "所属班组", "工种", "身份证号", "电话", "进场日期"},
			line("W91", "320199198503120118"), // that of W01
			line("W92", "110101199003070118"),
			line("W93", "110101199003070118"),
		)
		const path = "/entities/worker/import"
		reports := map[string]reply{
			"look":   labor.send(path, book, map[string]string{"dryRun": "true"}).want(http.StatusOK, ""),
			"stored": labor.send(path, book, nil).want(http.StatusOK, ""),
		}
		for name, r := range reports {
			if r.at("ok") != number("1") || r.text("problems.0.column") != "F" || r.text("problems.0.code") != "duplicate_id_card" || r.at("problems.0.row") != number("2") ||
				r.text("problems.1.code") != "duplicate_id_card" || r.at("problems.1.row") != number("4") {
				t.Errorf("%s: %s", name, r.body)
			}
		}
		if row := reports["look"].at("problems.1.params.row"); row != number("3") {
			t.Errorf("the check names row %v, want 3", row)
		}
		// A wrong check digit is one mistake of one cell, though the type and a rule of the template both find it.
		bad := w.workbook([]any{"编码", "姓名", "状态", "所属班组", "工种", "身份证号", "电话", "进场日期"}, line("W94", "110101199003070117"))
		wrong := labor.send(path, bad, map[string]string{"dryRun": "true"}).want(http.StatusOK, "")
		if wrong.text("problems.0.code") != "id_card_invalid" || wrong.at("problems.1") != nil {
			t.Errorf("a wrong check digit: %s", wrong.body)
		}
		// Whoever is there already keeps his own card.
		again := w.workbook([]any{"编码", "姓名", "状态", "所属班组", "工种", "身份证号", "电话", "进场日期"}, line("W92", "110101199003070118"))
		same := labor.send(path, again, map[string]string{"dryRun": "true", "mode": "upsert"}).want(http.StatusOK, "")
		if same.at("ok") != number("1") {
			t.Errorf("the same again: %s", same.body)
		}
	})
}
