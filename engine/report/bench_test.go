package report_test

import (
	"errors"
	"flag"
	"fmt"
	"syscall"
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

// BenchmarkLaborByWorker runs the dataset over all sheets, and over one month of them. First is the run after a start,
// which has to read what the later ones find in memory; between written runs somebody stores a sheet.
func BenchmarkLaborByWorker(b *testing.B) {
	w := manySheets(b)
	params := map[string]map[string]any{
		"all": {"from": "2023-07-01", "to": "2026-06-30"}, "month": {"from": "2025-05-01", "to": "2025-05-31"},
	}
	ask := func(b *testing.B, period string) {
		b.Helper()
		result := w.run(admin, "labor_by_worker", report.RunInput{Params: params[period], Limit: 1000})
		if result.Count != 2000 {
			b.Fatalf("%d rows", result.Count)
		}
	}
	began, spent := time.Now(), processorTime()
	ask(b, "all")
	first, firstCPU := time.Since(began), processorTime()-spent
	for _, period := range []string{"all", "month"} {
		b.Run(period, func(b *testing.B) {
			spent := processorTime()
			for b.Loop() {
				ask(b, period)
			}
			b.ReportMetric(float64((processorTime()-spent).Milliseconds())/float64(b.N), "cpu-ms/op")
			if period == "all" {
				b.ReportMetric(float64(first.Milliseconds()), "first-ms")
				b.ReportMetric(float64(firstCPU.Milliseconds()), "first-cpu-ms")
			}
		})
	}
	b.Run("written", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			b.StopTimer()
			sheet := w.laborSheet(*sheetsCount + n)
			sheet.Doc.ID = fmt.Sprintf("01JFRESH%018d", time.Now().UnixNano())
			if err := w.store.Put(b.Context(), sheet)[0]; err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			ask(b, "all")
		}
	})
}

// processorTime is what this process has used so far; other work on the machine disturbs it less than the clock.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
