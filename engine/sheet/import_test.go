package sheet_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"formwork/engine/record"
	"formwork/engine/sheet"
)

type rows = [][]any

var workerLabels = []any{"工号", "姓名", "工种", "状态", "项目", "身份证号", "电话"}

// Each trap of a real workbook: what is read, and what is said about it.
func TestTrapsOfWorkbooks(t *testing.T) {
	const id = "320106199001010011"
	tests := []struct {
		name   string
		rows   rows
		merged []string
		want   []string
		ok     int
	}{
		{"plain lines", rows{workerLabels, {"A1", "张三", "普工", "在岗", "P1", id, "13900000002"}}, nil, nil, 1},
		{"a title and a date above", rows{{"工人花名册"}, {"2026年6月"}, workerLabels, {"A1", "张三"}}, []string{"A1:G1"}, nil, 1},
		{"labels with blanks, stars and wide letters", rows{{" 工 号*", "姓名", "状态：", "项目"}, {"A1", "张三", "在岗", "项目2"}}, nil, nil, 1},
		{"a column nobody knows", rows{{"序号", "工号", "姓名", "状态"}, {1, "A1", "张三", "在岗"}}, nil, nil, 1},
		{"totals", rows{workerLabels, {"A1", "张三"}, {"小 计", "1"}, {nil, "合计", 2}}, nil, nil, 1},
		{"a project merged over two lines", rows{workerLabels, {"A1", "张三", nil, nil, "P1"}, {"A2", "李四"}}, []string{"E2:E3"}, nil, 2},
		{"a number of an identity card kept as a quantity", rows{workerLabels, {"A1", "张三", nil, nil, nil, 3.20106199001010011e17}}, nil, []string{"2F number_damaged"}, 0},
		{"a phone kept as a quantity", rows{workerLabels, {"A1", "张三", nil, nil, nil, nil, 13900000002}}, nil, nil, 1},
		{"a phone with country code and strokes", rows{workerLabels, {"A1", "张三", nil, nil, nil, nil, "+86 139-0000-0002"}}, nil, nil, 1},
		{"a project nobody knows", rows{workerLabels, {"A1", "张三", nil, nil, "P9"}}, nil, []string{"2E reference"}, 0},
		{"a project by display text and key", rows{workerLabels, {"A1", "张三", nil, nil, "项目1（P1）"}}, nil, nil, 1},
		{"an unknown option", rows{workerLabels, {"A1", "张三", "飞行员"}}, nil, []string{"2C option"}, 0},
		{"no name", rows{workerLabels, {"A1"}}, nil, []string{"2B required"}, 0},
		{"a formula without a result", rows{workerLabels, {"A1", "#REF!"}}, nil, []string{"2B sheet_error"}, 0},
		{"the same worker twice", rows{workerLabels, {"A1", "张三"}, {"A1", "张三"}}, nil, []string{"3 duplicate_line"}, 1},
		{"a worker who is there already", rows{workerLabels, {"W1", "张三"}}, nil, []string{"2A exists"}, 0},
		{"blank lines", rows{workerLabels, {}, {"A1", "张三"}, {" "}, {"A2", "李四"}}, nil, nil, 2},
	}
	w := newWorld(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report := w.load(importer, "worker", sheet.Input{File: w.book(tt.rows, tt.merged...), Dry: true})
			got := problems(report)
			if !reflect.DeepEqual(got, tt.want) || report.OK != tt.ok {
				t.Errorf("problems %v, %d fine, want %v, %d", got, report.OK, tt.want, tt.ok)
			}
		})
	}
	if n := w.count("worker"); n != 5 {
		t.Errorf("dry runs left %d workers, want 5", n)
	}
}

func TestWorkbooksThatCannotBeUsed(t *testing.T) {
	w := newWorld(t)
	long := rows{workerLabels}
	for i := range sheet.MaxRows + 20 {
		long = append(long, []any{fmt.Sprintf("A%d", i), "张三"})
	}
	tests := []struct {
		name string
		in   sheet.Input
		code string
	}{
		{"no archive", sheet.Input{File: []byte("工号,姓名")}, "not_a_workbook"},
		{"no header", sheet.Input{File: w.book(rows{{"一", "二"}, {"A1", "张三"}})}, "no_header"},
		{"a required column is absent", sheet.Input{File: w.book(rows{{"工号", "工种", "状态", "项目", "身份证号", "电话"}, {"A1"}})}, "columns_missing"},
		{"a header only", sheet.Input{File: w.book(rows{workerLabels})}, "no_rows"},
		{"too many lines", sheet.Input{File: w.book(long)}, "too_many_rows"},
		{"an import nobody defined", sheet.Input{File: w.book(rows{workerLabels}), Import: "roster"}, "unknown_import"},
		{"an import of another entity", sheet.Input{File: w.book(rows{workerLabels}), Import: "day_labor_rows"}, "unknown_import"},
		{"a value for a field that is not there", sheet.Input{File: w.book(rows{workerLabels}), Given: map[string]string{"id": "x"}}, "bad_value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.sheets.Import(w.ctx, importer, "worker", tt.in)
			var file *sheet.FileError
			if !errors.As(err, &file) || file.Code != tt.code {
				t.Errorf("got %v, want %s", err, tt.code)
			}
		})
	}
	if _, err := w.sheets.Import(w.ctx, viewer, "worker", sheet.Input{}); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("without the grant: %v", err)
	}
	if _, err := w.sheets.Import(w.ctx, engine, "user", sheet.Input{}); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("members are accounts, not lines: %v", err)
	}
}

var dailyLabels = []any{"日期", "项目", "班组", "姓名", "工种", "正常", "加班", "工作内容"}

// A daily report: lines of one day, project and team are one sheet; serial dates, teams and workers of one name in two
// projects, defaults and rules.
func TestDailyReport(t *testing.T) {
	w := newWorld(t)
	day := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	book := w.book(rows{
		dailyLabels,
		{day, "项目1", "杂工班", "工人1", "技工", 8, 2, "清理"},
		{"2026/6/1", "P1", "T1", "工人2", "技工", 7.5, nil, "清理"},
		{"2026年6月1日", "P2", "杂工班", "工人1", nil, 8},
		{"20260602", "P1", "T1", "W3", nil, 20, 0},
		{"本日合计", nil, nil, nil, nil, 43.5},
	})
	in := sheet.Input{File: book, Import: "day_labor_rows", Reason: "补录"}
	report := w.load(importer, "day_labor_sheet", in)
	if got, want := problems(report), []string{"5A late?", "5G hours_over_daily_limit"}; !reflect.DeepEqual(got, want) {
		t.Fatalf("problems %v, want %v: %+v", got, want, report.Problems)
	}
	if report.Rows != 4 || report.Records != 3 || report.Created != 2 || report.OK != 2 {
		t.Errorf("report %+v", report)
	}
	first := w.only("day_labor_sheet", "project", "p1")
	lines, _ := first.Values["lines"].([]any)
	row, _ := lines[0].(map[string]any)
	if len(lines) != 2 || first.Values["work_date"] != "2026-06-01" || row["worker"] != "idW1" || row["ot_hours"] != "2" || first.State != "draft" || first.Values["team"] != "t1" {
		t.Errorf("first sheet %+v", first)
	}
	other := w.only("day_labor_sheet", "project", "p2")
	lines, _ = other.Values["lines"].([]any)
	if row, _ := lines[0].(map[string]any); row["worker"] != "idW5" || other.Values["team"] != "t2" {
		t.Errorf("of two 工人1 and two 杂工班 those of the project count: %+v", other)
	}
	t.Run("again as upsert changes nothing", func(t *testing.T) {
		again := in
		again.Mode = sheet.ModeUpsert
		if report := w.load(importer, "day_labor_sheet", again); report.Same != 2 || report.Created+report.Updated != 0 {
			t.Errorf("report %+v", report)
		}
	})
	t.Run("a corrected line changes its row", func(t *testing.T) {
		fixed := w.book(rows{dailyLabels, {day, "P1", "T1", "W2", nil, 6, 1, "清理"}, {day, "P1", "T1", "W3", nil, 8, 0, "清理"}})
		report := w.load(importer, "day_labor_sheet", sheet.Input{File: fixed, Import: "day_labor_rows", Mode: sheet.ModeUpsert, Reason: "更正"})
		now := w.only("day_labor_sheet", "project", "p1")
		lines, _ := now.Values["lines"].([]any)
		second, _ := lines[1].(map[string]any)
		if report.Updated != 1 || len(lines) != 3 || second["normal_hours"] != "6" || second["_id"] == nil {
			t.Errorf("report %+v, lines %v", report, lines)
		}
	})
}

func TestAllOrNothing(t *testing.T) {
	w := newWorld(t)
	book := w.book(rows{workerLabels, {"A1", "张三"}, {"A2", "李四", "飞行员"}})
	if report := w.load(importer, "worker", sheet.Input{File: book, All: true}); report.Stored || report.Created != 0 || report.OK != 1 {
		t.Errorf("all or nothing: %+v", report)
	}
	if n := w.count("worker"); n != 5 {
		t.Fatalf("%d workers, want 5", n)
	}
	if report := w.load(importer, "worker", sheet.Input{File: book}); !report.Stored || report.Created != 1 {
		t.Errorf("the good ones only: %+v", report)
	}
	if n := w.count("worker"); n != 6 {
		t.Errorf("%d workers, want 6", n)
	}
}

func TestUpdateByKey(t *testing.T) {
	w := newWorld(t)
	book := w.book(rows{{"工号", "姓名", "电话", "状态"}, {"W1", "改名", "13900000009", "离场"}, {"W9", "新人"}})
	report := w.load(importer, "worker", sheet.Input{File: book, Mode: sheet.ModeUpdate})
	if got, want := problems(report), []string{"3A absent"}; !reflect.DeepEqual(got, want) || report.Updated != 1 {
		t.Errorf("problems %v, report %+v", got, report)
	}
	if rec := w.only("worker", "no", "W1"); rec.Values["name"] != "改名" || rec.Values["status"] != "left" || rec.Values["trade"] != "skilled" {
		t.Errorf("got %v", rec.Values)
	}
}

// A month of attendance: values above the table, an overtime line, sums at the end.
func TestAttendanceMatrix(t *testing.T) {
	w := newWorld(t)
	header := []any{"序号", "姓名", "工种"}
	for day := 1; day <= 31; day++ {
		header = append(header, day)
	}
	header = append(header, "出勤", "加班", "工数")
	month := func(name any, cells map[int]any, sums ...any) []any {
		row := make([]any, len(header))
		row[1] = name
		for day, cell := range cells {
			row[2+day] = cell
		}
		copy(row[34:], sums)
		return row
	}
	overtime := month(nil, map[int]any{1: 1.5})
	overtime[2] = "加班"
	book := w.book(rows{
		{"2026年6月考勤表"},
		{"项目：项目1", nil, nil, "班组", "T1"},
		header,
		month("工人1", map[int]any{1: "√", 2: "8+2", 3: "半", 4: "休"}, 3, 2, nil),
		month("工人2", map[int]any{1: 10, 2: "1.5", 3: "×"}),
		month("工人3", map[int]any{1: 1}, 2, 1.5, nil), overtime,
		month("合计", nil, 9),
	})
	in := sheet.Input{File: book, Import: "attendance_matrix", Mode: sheet.ModeUpsert, Reason: "补录", Dry: true}
	report := w.load(importer, "day_labor_sheet", in)
	want := []string{"5E ambiguous_gong", "6AI sum_differs?"}
	if got := problems(report); !reflect.DeepEqual(got, want) {
		t.Fatalf("problems %v, want %v: %+v", got, want, report.Problems)
	}
	if report.Rows != 3 || report.Records != 3 {
		t.Errorf("report %+v", report)
	}
}

func TestAttendanceMatrixStored(t *testing.T) {
	w := newWorld(t)
	header := []any{"姓名"}
	row := []any{"W1"}
	for day := 1; day <= 30; day++ {
		header = append(header, fmt.Sprintf("%d日", day))
		row = append(row, map[bool]any{true: "8+2", false: nil}[day == 5])
	}
	in := sheet.Input{
		File: w.book(rows{header, row}), Import: "attendance_matrix", Reason: "补录",
		Given: map[string]string{"project": "P1", "team": "T1", "work_date": "2026-06"},
	}
	if report := w.load(importer, "day_labor_sheet", in); report.Created != 1 {
		t.Fatalf("report %+v", report)
	}
	rec := w.only("day_labor_sheet", "work_date", "2026-06-05")
	lines, _ := rec.Values["lines"].([]any)
	if line, _ := lines[0].(map[string]any); line["normal_hours"] != "8" || line["ot_hours"] != "2" {
		t.Errorf("line %v", line)
	}
}

func TestOpeningDataTwice(t *testing.T) {
	w := newWorld(t)
	load := func(entity string, records ...map[string]any) sheet.Report {
		t.Helper()
		report, err := w.sheets.Opening(w.ctx, engine, entity, sheet.OpeningInput{Records: records})
		w.must(err)
		return report
	}
	_, err := w.sheets.Opening(w.ctx, importer, "day_labor_sheet", sheet.OpeningInput{})
	if !errors.Is(err, record.ErrForbidden) {
		t.Errorf("the grant import is enough for opening data, which nobody approves: %v", err)
	}
	sheets := map[string]any{
		"no": "DG-OLD-1", "project": "P1", "team": "T1", "work_date": "2025-12-31",
		"lines": []any{map[string]any{"worker": "W1", "normal_hours": "8"}, map[string]any{"worker": map[string]any{"key": "W2"}, "normal_hours": "4"}},
	}
	for round, want := range []sheet.Report{{Created: 1}, {Same: 1}} {
		report := load("day_labor_sheet", sheets)
		if report.Created != want.Created || report.Same != want.Same || len(report.Problems) != 0 {
			t.Fatalf("round %d: %+v", round, report)
		}
	}
	rec := w.only("day_labor_sheet", "no", "DG-OLD-1")
	if rec.State != "approved" || !rec.Imported {
		t.Errorf("got %+v", rec)
	}
	policy := map[string]any{"name": "九小时", "std_hours": "9", "max_daily_hours": "13"} // an entity without any key
	if a, b := load("labor_policy", policy), load("labor_policy", policy); a.Created != 1 || b.Same != 1 || w.count("labor_policy") != 2 {
		t.Errorf("without a key: %+v, %+v", a, b)
	}
	report := load("worker_rate", map[string]any{"worker": "W1", "effective_from": "2026-06-01", "day_rate": "300"}, map[string]any{"worker": "W99", "effective_from": "2026-06-01", "day_rate": "300"})
	if got, want := problems(report), []string{"2 reference"}; !reflect.DeepEqual(got, want) || report.Created != 1 {
		t.Errorf("problems %v, report %+v", got, report)
	}
	if _, err := w.sheets.Opening(w.ctx, nobody, "worker", sheet.OpeningInput{}); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("without the grant: %v", err)
	}
}

func BenchmarkImport(b *testing.B) {
	const lines = 5_000
	for range b.N {
		b.StopTimer()
		w := newWorld(b)
		for i := range 20 {
			w.worker(fmt.Sprintf("V%d", i), fmt.Sprintf("临时%d", i), "p1")
		}
		all := rows{dailyLabels}
		for i := range lines {
			date := time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i/20)
			all = append(all, []any{date, "P1", "T1", fmt.Sprintf("临时%d", i%20), "技工", 8, 0, "清理"})
		}
		book := w.book(all)
		b.StartTimer()
		report := w.load(importer, "day_labor_sheet", sheet.Input{File: book, Import: "day_labor_rows", Reason: "补录"})
		if report.Created != lines/20 {
			b.Fatalf("report %+v", report.Problems[:min(3, len(report.Problems))])
		}
	}
	b.ReportMetric(float64(b.N*lines)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(0, "ns/op")
}

// A record that stays as it is asks nobody for a reason again, however late it was; one that changes does.
func TestALineThatSaysWhatIsStoredAsksForNoReason(t *testing.T) {
	w := newWorld(t)
	late := func(hours any) []byte {
		return w.book(rows{{"日期", "项目", "班组", "姓名", "正常", "工作内容"}, {"2026-06-20", "P1", "T1", "W1", hours, "清理"}})
	}
	in := sheet.Input{File: late(8), Import: "day_labor_rows", Reason: "补录"}
	if report := w.load(importer, "day_labor_sheet", in); report.Created != 1 {
		t.Fatalf("the first time: %+v", report)
	}
	in = sheet.Input{File: late(8), Import: "day_labor_rows", Mode: sheet.ModeUpsert}
	if report := w.load(importer, "day_labor_sheet", in); report.Same != 1 || len(report.Problems) > 0 {
		t.Errorf("the same again: %+v", report)
	}
	in.File = late(4)
	if report := w.load(importer, "day_labor_sheet", in); report.Updated != 0 || len(report.Problems) != 1 {
		t.Errorf("a change: %+v", report)
	}
}
