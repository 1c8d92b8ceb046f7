package record_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"formwork/engine/record"
	"formwork/engine/store"
)

// BenchmarkCreateSheet creates 4-line sheets with all rules, durably, from many clients.
func BenchmarkCreateSheet(b *testing.B) {
	w := newWorld(b).furnish()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			in := record.CreateInput{Values: sheet("2026-06-01", line("w1"), line("w2", "8", "1.5"), line("w3"), line("w4", "4"))}
			if _, err := w.records.Create(w.ctx, laborer, "day_labor_sheet", in); err != nil {
				b.Error(explain(err))
				return
			}
		}
	})
}

// BenchmarkPatchSheet changes one cell of a 4-line sheet.
func BenchmarkPatchSheet(b *testing.B) {
	w := newWorld(b).furnish()
	rec := w.create(laborer, "day_labor_sheet", sheet("2026-06-01", line("w1"), line("w2"), line("w3"), line("w4")))
	row := linesOf(rec)[0]["_id"]
	var n atomic.Int64
	for b.Loop() {
		hours := fmt.Sprint(1 + n.Add(1)%2)
		in := record.PatchInput{Values: map[string]any{"lines": []any{map[string]any{"_id": row, "ot_hours": hours}}}}
		if _, err := w.records.Patch(w.ctx, laborer, "day_labor_sheet", rec.ID, in); err != nil {
			b.Fatal(explain(err))
		}
	}
}

// BenchmarkGetSheet reads one sheet with masks and display texts.
func BenchmarkGetSheet(b *testing.B) {
	w := newWorld(b).furnish()
	rec := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1"), line("w2"), line("w3"), line("w4")))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := w.records.Get(w.ctx, clerk, "day_labor_sheet", rec.ID); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkListSheets lists 20 of 2,000 sheets with two filters, the view's columns and display texts.
func BenchmarkListSheets(b *testing.B) {
	w := newWorld(b).furnish()
	for range 2000 {
		w.create(laborer, "day_labor_sheet", sheet("2026-06-01", line("w1"), line("w2"), line("w3"), line("w4")))
	}
	in := record.ListInput{View: "day_labor_sheets", Filter: json.RawMessage(`{"and": [{"field": "project", "op": "eq", "value": "p1"}, {"field": "state", "op": "eq", "value": "draft"}]}`)}
	b.ResetTimer()
	for range b.N {
		if _, err := w.records.List(w.ctx, clerk, "day_labor_sheet", in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCreateSimilar creates companies whose names are compared with those of 200,000 others.
func BenchmarkCreateSimilar(b *testing.B) {
	w := newWorld(b).furnish()
	w.found(200_000)
	steward := person("u_steward", "steward")
	var n int
	for b.Loop() {
		n++
		name := companyName(1_000_000 + n)
		in := record.CreateInput{Values: map[string]any{"name": name}, Acknowledged: map[string]string{"similar_name": "另一家公司"}}
		if _, err := w.records.Create(w.ctx, steward, "partner", in); err != nil {
			b.Fatal(explain(err))
		}
	}
}

// found stores companies as they are stored, without asking anybody whether they are alike.
func (w *world) found(companies int) {
	w.Helper()
	for first := 0; first < companies; first += 1000 {
		writes := make([]store.Write, 0, 1000)
		for i := first; i < first+1000; i++ {
			doc := store.Doc{
				ID: fmt.Sprintf("C%025d", i), Rev: 1, Values: map[string]any{"name": companyName(i)}, CreatedBy: "u_steward", UpdatedBy: "u_steward",
				CreatedAt: w.now, UpdatedAt: w.now,
			}
			writes = append(writes, store.Write{Collection: "partner", Doc: doc})
		}
		if err := errors.Join(w.store.Put(w.ctx, writes...)...); err != nil {
			w.Fatal(err)
		}
	}
}

// companyName is a name as companies of the trade have them: a city, two or three characters of its own, a trade.
func companyName(i int) string {
	cities := []string{"南京", "苏州", "上海", "杭州", "无锡", "常州", "合肥", "宁波", "徐州", "扬州", "镇江", "南通", "盐城", "泰州", "淮安", "芜湖"}
	trades := []string{"建筑劳务", "建筑工程", "装饰工程", "机电安装", "钢结构工程", "建材贸易", "混凝土", "园林绿化", "市政工程", "防水工程", "起重设备租赁", "土石方工程"}
	own := []rune("宏达鑫源华泰恒通瑞丰盛世金鼎中天立信永安东方新兴建安龙腾飞跃广厦长城大地佳美顺发百川德润海纳同创远景嘉和万隆正阳")
	seed := uint64(i)*0x9e3779b97f4a7c15 + 12345
	pick := func(n int) int {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		return int(seed % uint64(n))
	}
	name := cities[pick(len(cities))]
	for range 2 + pick(2) {
		name += string(own[pick(len(own))])
	}
	return name + trades[pick(len(trades))] + "有限公司"
}
