package sheet_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"formwork/engine/form"
	"formwork/engine/sheet"
)

// BenchmarkRun imports long workbooks as jobs, with every rule, on the embedded store: workers, a record for each line,
// and day-labor sheets of twenty lines with their lookups. heap-MB is the most memory in use at one time.
func BenchmarkRun(b *testing.B) {
	const lines = 20_000
	tests := []struct {
		name   string
		entity string
		order  sheet.Input
		book   func(w *world) [][]any
	}{
		{"workers", "worker", sheet.Input{}, manyWorkers},
		{"all workers or none", "worker", sheet.Input{All: true}, manyWorkers},
		{"sheets of twenty", "day_labor_sheet", sheet.Input{Import: "day_labor_rows", Reason: "补录"}, manySheets},
	}
	for _, tt := range tests {
		b.Run(tt.name, func(b *testing.B) {
			var took time.Duration
			var most uint64
			for b.Loop() {
				b.StopTimer()
				w := newWorld(b)
				in := tt.order
				in.File = w.book(tt.book(w))
				stop := peak(&most)
				b.StartTimer()
				began := time.Now()
				run := w.start(tt.entity, in)
				took += time.Since(began)
				stop()
				if run.Bad > 0 || run.Created == 0 || run.Rows != lines {
					b.Fatalf("run %+v: %v", run, problems(*run.Report)[:3])
				}
			}
			b.ReportMetric(float64(lines*b.N)/took.Seconds(), "lines/s")
			b.ReportMetric(float64(most)/(1<<20), "heap-MB")
		})
	}
}

// peak watches the live heap until it is stopped.
func peak(most *uint64) (stop func()) {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			*most = max(*most, m.HeapInuse)
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() { close(done); <-stopped }
}

func manyWorkers(*world) [][]any {
	list := rows{workerLabels}
	for i := range 20_000 {
		list = append(list, []any{fmt.Sprintf("N%06d", i), fmt.Sprint("新工人", i), "普工", "在岗", "P1", "320106199001010011", "13900000002"})
	}
	return list
}

// manySheets are a thousand sheets of fifty teams on twenty days.
func manySheets(w *world) [][]any {
	list := rows{{"日期", "项目", "班组", "姓名", "正常", "加班", "工作内容"}}
	for team := range 50 {
		w.seed("labor_team", fmt.Sprint("bt", team), form.Values{"code": fmt.Sprint("B", team), "name": fmt.Sprint("班", team), "project": "p1", "foreman": "u_boss"})
		for i := range 20 {
			w.worker(fmt.Sprintf("B%02d%02d", team, i), fmt.Sprint("批工", team, i), "p1")
		}
		for day := range 20 {
			for i := range 20 {
				list = append(list, []any{fmt.Sprintf("2026-06-%02d", day+1), "P1", fmt.Sprint("B", team), fmt.Sprintf("B%02d%02d", team, i), 8, nil, "清理"})
			}
		}
	}
	return list
}
