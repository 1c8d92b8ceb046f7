package report_test

import (
	"errors"
	"flag"
	"fmt"
	"testing"
	"time"

	"formwork/engine/query"
	"formwork/engine/report"
	"formwork/engine/store"
	"formwork/engine/store/sqlite"
	"formwork/templates"
)

// The benchmark works on a file that is made once, or kept between runs:
//
//	go test ./engine/report -run - -bench Labor -sheets-dir /tmp/sheets
var (
	sheetsDir   = flag.String("sheets-dir", "", "folder that keeps the sheets of the benchmark")
	sheetsCount = flag.Int("sheets", 300_000, "sheets of the benchmark, of four lines each")
)

// manySheets is the labor template with sheets over three years: 50 projects of 8 teams, each team of 5 workers.
func manySheets(b *testing.B) *world {
	b.Helper()
	dir := *sheetsDir
	if dir == "" {
		dir = b.TempDir()
	}
	backend, err := sqlite.New(sqlite.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	w := newWorldOf(b, open(b, backend), templateCatalog(b, templates.Files))
	n, _, err := w.store.Count(b.Context(), query.Query{Collection: "day_labor_sheet"}, *sheetsCount)
	if err != nil {
		b.Fatal(err)
	}
	if n == 0 {
		for i := range 2000 {
			w.put("worker", workerID(i), map[string]any{"code": workerID(i), "name": fmt.Sprint("工人", i), "trade": []string{"general", "skilled"}[i%2]})
		}
	}
	for at := n; at < *sheetsCount; at += 1000 {
		batch := make([]store.Write, 0, 1000)
		for i := at; i < min(at+1000, *sheetsCount); i++ {
			batch = append(batch, w.laborSheet(i))
		}
		if err := errors.Join(w.store.Put(b.Context(), batch...)...); err != nil {
			b.Fatal(err)
		}
	}
	return w
}

func workerID(i int) string { return fmt.Sprintf("01JWORKER%017d", i) }

// laborSheet is the i-th sheet: a team, a day, four of the team's workers.
func (w *world) laborSheet(i int) store.Write {
	team := i % 400
	day := time.Date(2023, 7, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i/400%1096)
	rows := make([]any, 4)
	for n := range rows {
		rows[n] = map[string]any{
			"_id": fmt.Sprint("r", n), "worker": workerID(team*5 + (n+i/400)%5), "pay_type": "day", "normal_hours": "8", "ot_hours": "1.5",
			"day_type": "workday", "day_rate": "260.00", "normal_gong": "1.0000", "ot_gong": "0.1875", "normal_pay": "260.00", "ot_pay": "73.13", "line_amount": "333.13",
		}
	}
	return w.write("approved", "day_labor_sheet", fmt.Sprintf("01JSHEET%018d", i), map[string]any{
		"no": fmt.Sprintf("DG-%08d", i), "project": fmt.Sprintf("01JPROJECT%016d", team/8), "team": fmt.Sprintf("01JTEAM%019d", team),
		"work_date": day.Format(time.DateOnly), "work_content": "零星用工", "reason_type": "misc", "std_hours": "8", "lines": rows,
		"head_count": int64(4), "total_hours": "38", "total_gong": "4.7500", "total_amount": "1332.52",
	})
}

// BenchmarkLaborByWorker runs the dataset over all sheets, and over one month of them.
func BenchmarkLaborByWorker(b *testing.B) {
	w := manySheets(b)
	for name, from := range map[string]string{"all": "2023-07-01", "month": "2025-05-01"} {
		to := map[string]string{"all": "2026-06-30", "month": "2025-05-31"}[name]
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				result := w.run(admin, "labor_by_worker", report.RunInput{Params: map[string]any{"from": from, "to": to}, Limit: 1000})
				if result.Count != 2000 {
					b.Fatalf("%d rows", result.Count)
				}
			}
		})
	}
}
