package report_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/report"
)

// lines writes the rows of a result, the columns in their order, a missing value as "-".
func lines(result report.Result) []string {
	rows := make([]string, len(result.Rows))
	for i, row := range result.Rows {
		var cells []string
		for _, column := range result.Columns {
			cell := "-"
			if value, ok := row[column.Name]; ok {
				cell = fmt.Sprint(value)
			}
			cells = append(cells, cell)
		}
		rows[i] = strings.Join(cells, " ")
	}
	return rows
}

func same(tb testing.TB, got, want []string) {
	tb.Helper()
	if !slices.Equal(got, want) {
		tb.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestSourcesAreJoinedOnEqualKeys(t *testing.T) {
	onStores(t, func(w *world) {
		w.june()
		result := w.run(boss, "by_worker", report.RunInput{})
		same(w, lines(result), []string{ // by code of the worker: W1 is w4
			"w4 p2 t2 1 8 1.0000 300.10 0.00 300.10 300.10",
			"w3 p1 t1 1 4 0.5000 190.00 0.00 190.00 380.00",
			"w3 p2 t2 1 10 1.2500 475.00 100.05 575.05 460.04",
			"w2 p1 t1 1 9.5 1.1875 313.75 0.00 313.75 264.21",
			"w2 p2 t2 0 0 0.0000 0.00 50.00 50.00 -",
			"w1 p1 t1 2 16 2.0000 520.00 0.00 520.00 260.00",
		})
		if got := fmt.Sprint(result.Totals); got != "map[cost:1948.90 gong:5.9375 hours:47.5]" {
			w.Errorf("totals %s", got)
		}
		if got := result.Refs["worker/w4"] + " " + result.Refs["team/t2"]; got != "赵四 钢筋班" {
			w.Errorf("refs %v", result.Refs)
		}
		want := []report.Failure{{Column: "price", Code: "division_by_zero", Rows: 1}}
		if !slices.Equal(result.Failed, want) {
			w.Errorf("failed %v, want %v", result.Failed, want)
		}
		if result.Count != 6 || result.AsOf != "2026-06-30" || len(result.Narrowed) > 0 {
			w.Errorf("count %d, as of %s, narrowed %v", result.Count, result.AsOf, result.Narrowed)
		}
	})
}

func TestParamsChooseTheRows(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	tests := []struct {
		name   string
		params map[string]any
		want   []string
	}{
		{"one project", map[string]any{"project": "p2"}, []string{"p2", "p2", "p2"}},
		{"one day", map[string]any{"from": "2026-06-01", "to": "2026-06-01"}, []string{"p1", "p1"}},
		{"the month before", map[string]any{"from": "2026-05-01", "to": "2026-05-31"}, []string{"p1"}},
		{"no project chosen", map[string]any{"project": nil, "to": "2026-06-01"}, []string{"p1", "p1"}},
		{"no beginning", map[string]any{"from": nil}, nil}, // a condition without value matches nothing
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var projects []string
			for _, row := range w.run(boss, "by_worker", report.RunInput{Params: tt.params}).Rows {
				projects = append(projects, fmt.Sprint(row["project"]))
			}
			same(t, projects, tt.want)
		})
	}
	t.Run("what is in force comes back", func(t *testing.T) {
		result := w.run(boss, "by_worker", report.RunInput{Params: map[string]any{"to": " 2026-06-02 "}})
		if got := fmt.Sprint(result.Params); got != "map[from:2026-06-01 to:2026-06-02]" {
			t.Errorf("got %s", got)
		}
	})
}

func TestParamsAreCheckedLikeFields(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	tests := []struct {
		name    string
		dataset string
		params  map[string]any
		field   string
		code    string
	}{
		{"no date", "by_worker", map[string]any{"from": "June"}, "from", "type"},
		{"a number for a date", "by_worker", map[string]any{"from": int64(20260601)}, "from", "type"},
		{"a param nobody knows", "by_worker", map[string]any{"since": "2026-06-01"}, "since", "unknown_field"},
		{"below the bound", "by_month", map[string]any{"at_least": "-1.00"}, "at_least", "min"},
		{"too many places", "by_month", map[string]any{"at_least": "1.001"}, "at_least", "scale"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.reports.Run(w.ctx, admin, tt.dataset, report.RunInput{Params: tt.params})
			var invalid *record.InvalidError
			if !errors.As(err, &invalid) {
				t.Fatalf("got %v", err)
			}
			if len(invalid.Problems) != 1 || invalid.Problems[0].Field != tt.field || invalid.Problems[0].Code != tt.code {
				t.Errorf("got %+v, want %s at %s", invalid.Problems, tt.code, tt.field)
			}
		})
	}
}

var admin = access.Actor{Tenant: tenantName, ID: "u_admin", Name: "Admin", Admin: true}

func TestKeysBehindReferencesAreGroupedExactly(t *testing.T) {
	onStores(t, func(w *world) {
		w.june()
		warm := sheet("p1", "t1", "2026-06-04", line("w1", "8", "1.0000", "260.00"), line("w2", "12", "1.5000", ""))
		warm["temperature"], warm["reason"] = int64(36), "rework"
		w.put("sheet", "s6", warm)
		result := w.run(boss, "by_trade", report.RunInput{})
		// born site trade | last_note least long mean most pay rework rows warm_days workers
		same(w, lines(result), []string{
			"- p2 - - 8 0 300.1 8 300.10 0.00 1 0 1",
			"1975 p1 skilled - 4 0 190 4 190.00 0.00 1 0 1",
			"1975 p2 skilled - 10 1 475 10 475.00 0.00 1 0 1",
			"1980 p1 general - 8 2 273.4375 12 1093.75 260.00 5 1 2",
		})
	})
}

func TestMonthsRunningSumsAndHaving(t *testing.T) {
	onStores(t, func(w *world) {
		w.june()
		result := w.run(admin, "by_month", report.RunInput{})
		same(w, lines(result), []string{ // month project pay mean cold age so_far
			"2026-05 p1 250.00 250 25 60 250.00",
			"2026-06 p1 1023.75 255.9375 25 29 1273.75",
			"2026-06 p2 775.10 387.55 25 29 775.10",
		})
		result = w.run(admin, "by_month", report.RunInput{Params: map[string]any{"at_least": "500.00"}})
		same(w, lines(result), []string{"2026-06 p1 1023.75 255.9375 25 29 1023.75", "2026-06 p2 775.10 387.55 25 29 775.10"})
		if result.Totals["pay"] != "1798.85" {
			w.Errorf("total %v", result.Totals)
		}
	})
}

func TestDaysOfInstantsAreThoseOfTheCompany(t *testing.T) {
	onStores(t, func(w *world) {
		w.now = time.Date(2026, 5, 31, 15, 59, 0, 0, time.UTC) // a minute before midnight
		w.furnish()
		w.now = w.now.Add(time.Minute) // June in Shanghai
		w.put("worker", "w5", map[string]any{"code": "W5", "name": "钱五"})
		w.put("sheet", "s1", sheet("p1", "t1", "2026-05-31", line("w1", "8", "", ""), line("w5", "8", "", "")))
		same(w, lines(w.run(admin, "by_entry", report.RunInput{})), []string{ // doc entered joined year_in latest rows
			"s1 2026-06-01 2026-05 2026 2026-05-31T16:00:00Z 1",
			"s1 2026-06-01 2026-06 2026 2026-05-31T16:00:00Z 1",
		})
	})
}

func TestALeftJoinKeepsTheFirstSource(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	result := w.run(boss, "pieces_left", report.RunInput{})
	same(t, lines(result), []string{"w2 313.75 50.00", "w3 665.00 100.05"}) // worker, day pay, piece pay
}

func TestADatasetWithoutKeysHasOneRow(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	// again, cost, heads, third: other columns read what a column shows, rounded to its places
	same(t, lines(w.run(boss, "whole", report.RunInput{})), []string{"1948.89 1948.90 4 649.63"})
	same(t, lines(w.run(boss, "whole", report.RunInput{Params: map[string]any{"from": "2030-01-01"}})), []string{"0.00 0.00 0 0.00"})
}

func TestWhatTheReaderAsksOnTop(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	t.Run("a filter over columns, totals of what is left, a limit", func(t *testing.T) {
		result := w.run(boss, "by_worker", report.RunInput{Where: []byte(`{"field":"cost","op":"ge","value":"300"}`), Limit: 2})
		same(t, lines(result), []string{"w4 p2 t2 1 8 1.0000 300.10 0.00 300.10 300.10", "w3 p2 t2 1 10 1.2500 475.00 100.05 575.05 460.04"})
		if result.Count != 4 || result.Totals["cost"] != "1708.90" {
			t.Errorf("count %d, totals %v", result.Count, result.Totals)
		}
		if _, there := result.Refs["worker/w1"]; there {
			t.Error("refs of rows that are not there")
		}
	})
	t.Run("a column that is not shown cannot be found out", func(t *testing.T) {
		var question *query.Error
		_, err := w.reports.Run(w.ctx, admin, "by_month", report.RunInput{Where: []byte(`{"field":"double","op":"gt","value":"500"}`)})
		if !errors.As(err, &question) || question.Code != query.CodeUnknownField {
			t.Errorf("got %v", err)
		}
	})
	for name, where := range map[string]string{
		"a measure is no column":  `{"field":"day.pay","op":"ge","value":"300"}`,
		"nor a system field":      `{"field":"state","op":"eq","value":"approved"}`,
		"a value of another type": `{"field":"cost","op":"ge","value":"much"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := w.reports.Run(w.ctx, boss, "by_worker", report.RunInput{Where: []byte(where)}); err == nil {
				t.Error("answered")
			}
		})
	}
}

func TestReadersSeeTheirRowsOnly(t *testing.T) {
	onStores(t, func(w *world) {
		w.june()
		result := w.run(manager, "by_worker", report.RunInput{})
		same(w, lines(result), []string{
			"w3 p1 t1 1 4 0.5000 190.00 0.00 190.00 380.00",
			"w2 p1 t1 1 9.5 1.1875 313.75 0.00 313.75 264.21",
			"w1 p1 t1 2 16 2.0000 520.00 0.00 520.00 260.00",
		})
		if result.Totals["cost"] != "1023.75" {
			w.Errorf("totals %v", result.Totals)
		}
	})
}

func TestFieldsReadableInSomeRowsNarrowTheSource(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	// The clerk reads every sheet without pay; where he manages the project, with it. He manages none, then p2.
	result := w.run(clerk, "by_month", report.RunInput{})
	if len(result.Rows) != 0 || !slices.Equal(result.Narrowed, []string{"sheet.lines.pay"}) {
		t.Errorf("got %v, narrowed %v", lines(result), result.Narrowed)
	}
	w.put("project", "p3", map[string]any{"code": "P3", "name": "学府", "manager": "u_clerk"})
	w.put("sheet", "s9", sheet("p3", "t1", "2026-06-05", line("w1", "8", "1.0000", "100.00")))
	w.access.Changed(tenantName, "project")
	same(t, lines(w.run(clerk, "by_month", report.RunInput{})), []string{"2026-06 p3 100.00 100 25 29 100.00"})
}

func TestTheFilterOfAMeasureTellsNothingHidden(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	same(t, lines(w.run(admin, "well_paid", report.RunInput{})), []string{"滨江路 18", "锦绣花园 9.5"})
	// The clerk may read hours but not pay: which hours were well paid would tell him what was paid.
	result := w.run(clerk, "well_paid", report.RunInput{})
	if len(result.Rows) != 0 || !slices.Equal(result.Narrowed, []string{"sheet.lines.pay"}) {
		t.Errorf("got %v, narrowed %v", lines(result), result.Narrowed)
	}
}

func TestAPathThatEndsEarlyLeadsNowhere(t *testing.T) {
	w := newWorld(t, openSQLite(t)).furnish()
	w.put("team", "p2", map[string]any{"code": "T9", "name": "无项目"}) // called like a project, but of none
	w.put("sheet", "s1", sheet("p1", "p2", "2026-06-01", line("w1", "8", "1.0000", "301.00")))
	same(t, lines(w.run(admin, "well_paid", report.RunInput{})), []string{"- 8"})
}

func TestWhatIsRefused(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	run := func(actor access.Actor, dataset string) error {
		_, err := w.reports.Run(w.ctx, actor, dataset, report.RunInput{})
		return err
	}
	if err := run(nobody, "by_worker"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("without grant: %v", err)
	}
	if err := run(boss, "by_weekday"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	var denied *access.FieldError
	if err := run(clerk, "by_trade"); !errors.As(err, &denied) || !slices.Equal(denied.Fields, []string{"worker.birth"}) {
		t.Errorf("trades of workers he may not read: %v", err)
	}
	if _, err := w.reports.Run(w.ctx, manager, "by_trade", report.RunInput{Action: access.Export}); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("export without grant: %v", err)
	}
}

func TestADatasetThatDiscloses(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	// The clerk reads neither pay nor workers; the sums are made from both all the same.
	same(t, lines(w.run(clerk, "open_book", report.RunInput{})), []string{"- 300.10", "skilled 665.00", "general 833.75"})
	if _, err := w.reports.Run(w.ctx, nobody, "open_book", report.RunInput{}); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("without grant: %v", err)
	}
}

func TestRecordsBehindARow(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	result := w.run(boss, "by_worker", report.RunInput{})
	for _, row := range result.Rows {
		key, _ := row[report.KeyName].(map[string]any)
		drilled, err := w.reports.Drill(w.ctx, boss, "by_worker", report.DrillInput{Key: key})
		if err != nil {
			t.Fatal(err)
		}
		list, err := w.records.List(w.ctx, boss, drilled.Entity, record.ListInput{Filter: drilled.Filter})
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := row["days"].(int64); int64(len(list.Records)) != n && fmt.Sprint(key["worker"], key["project"]) != "w1p1" {
			t.Errorf("%v: %d records behind %v days", key, len(list.Records), row["days"])
		}
	}
	t.Run("a key without value", func(t *testing.T) {
		drilled, err := w.reports.Drill(w.ctx, boss, "by_worker", report.DrillInput{Key: map[string]any{"worker": "w1"}})
		if err != nil {
			t.Fatal(err)
		}
		want := `{"and":[{"field":"team","op":"empty","value":true},{"field":"lines.worker","op":"eq","value":"w1"},{"field":"work_date","op":"between","value":["2026-06-01","2026-06-30"]}]}`
		if string(drilled.Filter) != want {
			t.Errorf("got %s", drilled.Filter)
		}
	})
	t.Run("a key nobody knows", func(t *testing.T) {
		var invalid *record.InvalidError
		if _, err := w.reports.Drill(w.ctx, boss, "by_worker", report.DrillInput{Key: map[string]any{"man": "w1"}}); !errors.As(err, &invalid) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a dataset without records", func(t *testing.T) {
		if _, err := w.reports.Drill(w.ctx, boss, "whole", report.DrillInput{}); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

func TestColumnsAreDescribed(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	info, err := w.reports.Dataset(w.ctx, boss, "by_trade")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(info.Columns[:4])
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"name":"born","title":"出生","x-type":"integer","x-scale":0,"x-fixed":false,"key":true},` +
		`{"name":"site","title":"项目","x-type":"reference","x-scale":0,"x-fixed":false,"entity":"project","key":true},` +
		`{"name":"trade","title":"工种","x-type":"select","x-scale":0,"x-fixed":false,"oneOf":[{"const":"skilled","title":"技工"},{"const":"general","title":"普工"}],"key":true},` +
		`{"name":"last_note","title":"备注","x-type":"text","x-scale":0,"x-fixed":false}]`
	if string(raw) != want {
		t.Errorf("got %s", raw)
	}
	if !info.Export || info.Params["from"].XType != def.TypeDate {
		t.Errorf("got %+v", info)
	}
}

func TestDashboardsRunEachDatasetOnce(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	answer, err := w.reports.RunDashboard(w.ctx, boss, "center", map[string]any{"from": "2026-06-02", "shift": "早"})
	if err != nil {
		t.Fatal(err)
	}
	rows := func(widget string) []string {
		m := answer.Widgets[widget]
		if m.Err != nil {
			t.Errorf("%s: %v", widget, m.Err)
		}
		return lines(m.Result)
	}
	same(t, rows("cost"), []string{"1375.14 1375.15 3 458.38"})
	same(t, rows("workers"), []string{"w3 p2 t2 1 10 1.2500 475.00 100.05 575.05 460.04"})
	if len(rows("table")) != 5 || len(rows("months")) != 3 { // months has no param from
		t.Errorf("table %v, months %v", rows("table"), rows("months"))
	}
	if w.store.queries["sheet"] != 3 || w.store.queries["piece"] != 2 {
		t.Errorf("queries %v", w.store.queries)
	}
}

func TestDashboardsShowWhatTheReaderMaySee(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	board, err := w.reports.Dashboard(w.ctx, manager, "center")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, widget := range board.Widgets {
		names = append(names, widget.Name)
	}
	same(t, names, []string{"workers", "table"})
	if _, err := w.reports.Dashboard(w.ctx, nobody, "center"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("without grant: %v", err)
	}
	if may, err := w.reports.MayDashboard(w.ctx, nobody, "center"); may || err != nil {
		t.Errorf("menu: %v %v", may, err)
	}
	if may, err := w.reports.MayDashboard(w.ctx, manager, "center"); !may || err != nil {
		t.Errorf("menu: %v %v", may, err)
	}
}
