package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"time"

	"formwork/engine/query"
	"formwork/engine/store"
)

var readCases = []Case{
	{"filters compare by value and know missing", filters},
	{"a page follows the other whatever the sort", paging},
	{"paging is stable while others write", pagingUnderWrites},
	{"a cursor belongs to its sort", foreignCursor},
	{"counting stops at its limit", counting},
	{"only the wanted fields are read", projection},
	{"the recycle bin is asked for by name", recycleBin},
	{"due deadlines are found", dueDeadlines},
	{"unknown names are refused", unknownNames},
	{"a cancelled context ends the call", cancelled},
}

// find gives the ids of all pages, in order.
func (d *database) find(q query.Query) []string {
	d.t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	ids := []string{}
	for {
		page, err := d.Find(d.t.Context(), q)
		if err != nil {
			d.t.Fatalf("find %s: %v", describe(q), err)
		}
		if len(page.Docs) > q.Limit || page.Next != "" && len(page.Docs) != q.Limit {
			d.t.Fatalf("find %s: page of %d, next %q", describe(q), len(page.Docs), page.Next)
		}
		for i := range page.Docs {
			ids = append(ids, page.Docs[i].ID)
		}
		if page.Next == "" {
			return ids
		}
		q.After = page.Next
	}
}

func describe(q query.Query) string {
	return fmt.Sprintf("%s where %s search %q sort %v limit %d", q.Collection, asJSON(q.Where), q.Search, q.Sort, q.Limit)
}

// expect finds and compares ids; without a sort their order is that of the ids.
func (d *database) expect(q query.Query, want ...string) {
	d.t.Helper()
	if got := d.find(q); !slices.Equal(got, want) {
		d.t.Errorf("find %s\n got %q\nwant %q", describe(q), got, want)
	}
	n, more, err := d.Count(d.t.Context(), q, 1000)
	if err != nil || n != len(want) || more {
		d.t.Errorf("count %s = %d, %v, %v; want %d", describe(q), n, more, err, len(want))
	}
}

func filters(t T, s *suite) {
	db := s.store()
	row := func(worker, hours string) any { return map[string]any{"_id": worker, "worker": worker, "hours": hours} }
	running := create(sheet, "c", map[string]any{"no": "Ｃ-3", "total": "-5.00", "lines": []any{row("w1", "4"), row("w2", "8")}})
	running.Doc.State = "running"
	db.put(
		create(sheet, "a", map[string]any{"no": "a_1%", "total": "9.00", "heads": int64(0), "night": false, "tags": []any{"x", "y"}, "work_date": "2026-05-31"}),
		create(sheet, "b", map[string]any{
			"no": "A-2", "total": "10.00", "heads": int64(query.MaxInteger), "night": true, "tags": []any{"y"}, "work_date": "2026-06-01",
			"lines": []any{row("w1", "8"), row("w2", "4")},
		}),
		running,
		create(sheet, "d", map[string]any{}),
	)
	tests := []struct {
		where string
		want  []string
	}{
		{`{"and":[]}`, []string{"a", "b", "c", "d"}},
		{`{"or":[]}`, nil},
		{`{"field":"total","op":"lt","value":"10"}`, []string{"a", "c"}},
		{`{"field":"total","op":"ne","value":"9"}`, []string{"b", "c"}},
		{`{"not":{"field":"total","op":"eq","value":"9"}}`, []string{"b", "c", "d"}},
		{`{"not":{"field":"total","op":"gt","value":"9"}}`, []string{"a", "c", "d"}},
		{`{"field":"total","op":"between","value":["-5","9.00"]}`, []string{"a", "c"}},
		{`{"field":"total","op":"eq","value":"9.001"}`, nil},
		{`{"field":"total","op":"gt","value":"8.999"}`, []string{"a", "b"}},
		{`{"field":"total","op":"lt","value":"99999999999999999999999999999999"}`, []string{"a", "b", "c"}},
		{`{"field":"heads","op":"ge","value":9007199254740991}`, []string{"b"}},
		{`{"field":"heads","op":"empty","value":true}`, []string{"c", "d"}},
		{`{"field":"night","op":"eq","value":false}`, []string{"a"}},
		{`{"field":"work_date","op":"le","value":"2026-05-31"}`, []string{"a"}},
		{`{"field":"no","op":"contains","value":"_1%"}`, []string{"a"}},
		{`{"field":"no","op":"starts","value":"a"}`, []string{"a", "b"}},
		{`{"field":"no","op":"starts","value":"c-"}`, []string{"c"}},
		{`{"field":"no","op":"lt","value":"a"}`, []string{"b"}},
		{`{"field":"tags","op":"contains","value":"x"}`, []string{"a"}},
		{`{"field":"tags","op":"in","value":["x","y"]}`, []string{"a", "b"}},
		{`{"not":{"field":"tags","op":"in","value":["x"]}}`, []string{"b", "c", "d"}},
		{`{"field":"tags","op":"empty","value":false}`, []string{"a", "b"}},
		{`{"field":"lines.hours","op":"eq","value":"8.0"}`, []string{"b", "c"}},
		{`{"field":"lines","op":"any","where":{"and":[{"field":"worker","op":"eq","value":"w1"},{"field":"hours","op":"eq","value":"8"}]}}`, []string{"b"}},
		{`{"field":"lines","op":"any","where":{"not":{"field":"pay","op":"gt","value":"1"}}}`, []string{"b", "c"}},
		{`{"not":{"field":"lines.worker","op":"eq","value":"w2"}}`, []string{"a", "d"}},
		{`{"field":"lines","op":"empty","value":true}`, []string{"a", "d"}},
		{`{"field":"state","op":"eq","value":"running"}`, []string{"c"}},
		{`{"field":"state","op":"empty","value":true}`, []string{"a", "b", "d"}},
		{`{"field":"id","op":"in","value":["a","d","x"]}`, []string{"a", "d"}},
		{`{"field":"created_at","op":"eq","value":"2026-06-01T08:30:00Z"}`, []string{"a", "b", "c", "d"}},
		{`{"field":"no","op":"in","value":[]}`, nil},
	}
	for _, tt := range tests {
		db.expect(query.Query{Collection: sheet, Where: filter(t, tt.where)}, tt.want...)
	}
	db.expect(query.Query{Collection: sheet}, "a", "b", "c", "d")
}

func paging(t T, s *suite) {
	db := s.store()
	values := []map[string]any{
		{"no": "b", "total": "2.00", "work_date": "2026-01-02", "qty": "0.1"},
		{"no": "a", "total": "10.00", "work_date": "2026-01-01", "qty": "12345678901234567890.5"},
		{"no": "ä", "total": "-1.00", "work_date": "2026-01-02"},
		{"total": "2.00", "work_date": "2026-01-02", "qty": "-12345678901234567890.5"},
		{"no": "Z", "work_date": "2026-01-01", "qty": "-0.1"},
		{"no": "中", "total": "2.00"},
		{"no": "a", "total": "2.00", "qty": "12345678901234567890.4"},
		{},
	}
	var docs []store.Doc
	for i, v := range values {
		w := create(sheet, fmt.Sprint("s", (i*5)%8), v)
		w.Doc.CreatedAt = epoch.Add(time.Duration(i%3) * time.Millisecond)
		docs = append(docs, w.Doc)
		db.put(w)
	}
	for _, fields := range [][]string{
		nil, {"no"}, {"-no"}, {"total"}, {"-total"}, {"qty"}, {"-qty"}, {"-work_date", "no"}, {"work_date", "-total", "no"}, {"-created_at"}, {"state"}, {"-id"}, {"rev", "-id"},
	} {
		keys := order(t, fields...)
		sorted := slices.Clone(docs)
		sort.Slice(sorted, func(i, j int) bool {
			return query.CompareRecords(keys, sorted[i].Record(), sorted[j].Record()) < 0
		})
		var want []string
		for i := range sorted {
			want = append(want, sorted[i].ID)
		}
		for _, limit := range []int{1, 2, 3, 8, 100} {
			db.expect(query.Query{Collection: sheet, Sort: keys, Limit: limit}, want...)
		}
	}
}

func pagingUnderWrites(t T, s *suite) {
	db := s.store()
	for i := range 40 {
		db.put(create(sheet, fmt.Sprintf("old%02d", i), map[string]any{"total": fmt.Sprint(i / 4)}))
	}
	for _, fields := range [][]string{{"total"}, {"-total"}} {
		seen := db.pagesWhileWriting(query.Query{Collection: sheet, Sort: order(t, fields...), Limit: 7}, fmt.Sprint("new", fields))
		for i := range 40 {
			if n := seen[fmt.Sprintf("old%02d", i)]; n != 1 {
				t.Errorf("sort %v: old%02d is seen %d times", fields, i, n)
			}
		}
	}
}

// pagesWhileWriting pages through a query, writes new sheets between the pages, and counts how often each id is seen.
func (d *database) pagesWhileWriting(q query.Query, prefix string) map[string]int {
	d.t.Helper()
	seen := map[string]int{}
	for round := 0; ; round++ {
		page, err := d.Find(d.t.Context(), q)
		if err != nil {
			d.t.Fatalf("find: %v", err)
		}
		for i := range page.Docs {
			seen[page.Docs[i].ID]++
		}
		if q.After = page.Next; page.Next == "" {
			return seen
		}
		for i := range 3 {
			d.put(create(sheet, fmt.Sprint(prefix, round, "x", i), map[string]any{"total": fmt.Sprint(i * 4)}))
		}
	}
}

func foreignCursor(t T, s *suite) {
	db := s.store()
	db.put(create(sheet, "a", nil), create(sheet, "b", nil))
	page, err := db.Find(t.Context(), query.Query{Collection: sheet, Sort: order(t, "no"), Limit: 1})
	if err != nil || page.Next == "" {
		t.Fatalf("first page: %v", err)
	}
	for _, q := range []query.Query{
		{Collection: sheet, Sort: order(t, "-no"), After: page.Next, Limit: 1},
		{Collection: sheet, After: "nonsense", Limit: 1},
	} {
		if _, err := db.Find(t.Context(), q); !errors.Is(err, query.ErrCursor) {
			t.Errorf("cursor %q under sort %v: %v, want ErrCursor", q.After, q.Sort, err)
		}
	}
}

func counting(t T, s *suite) {
	db := s.store()
	for i := range 12 {
		db.put(create(sheet, fmt.Sprint("s", i), map[string]any{"heads": int64(i)}))
	}
	q := query.Query{Collection: sheet, Where: filter(t, `{"field":"heads","op":"ge","value":2}`)}
	for _, tt := range []struct {
		limit, want int
		more        bool
	}{{9, 9, true}, {10, 10, false}, {100, 10, false}} {
		n, more, err := db.Count(t.Context(), q, tt.limit)
		if err != nil || n != tt.want || more != tt.more {
			t.Errorf("count up to %d = %d, %v, %v; want %d, %v", tt.limit, n, more, err, tt.want, tt.more)
		}
	}
}

func projection(t T, s *suite) {
	db := s.store()
	db.put(store.Write{Collection: sheet, Doc: full("s1")})
	page, err := db.Find(t.Context(), query.Query{Collection: sheet, Fields: []string{"total", "lines", "dept", "tags", "state"}, Limit: 10})
	if err != nil || len(page.Docs) != 1 {
		t.Fatalf("find: %d, %v", len(page.Docs), err)
	}
	got, whole := page.Docs[0], full("s1")
	want := map[string]any{"total": whole.Values["total"], "lines": whole.Values["lines"], "dept": "d1", "tags": whole.Values["tags"]}
	if !reflect.DeepEqual(got.Values, want) || got.Flow != nil {
		t.Errorf("values %s, flow %s; want %s", asJSON(got.Values), got.Flow, asJSON(want))
	}
	if got.State != "running" || got.Rev != 1 || got.CreatedBy != "u1" || !got.CreatedAt.Equal(whole.CreatedAt) || got.NextDue == nil {
		t.Errorf("system fields are not complete: %+v", got)
	}
	page, err = db.Find(t.Context(), query.Query{Collection: sheet, Fields: []string{}, Limit: 10})
	if err != nil || len(page.Docs) != 1 || len(page.Docs[0].Values) != 0 {
		t.Errorf("no fields: %s, %v", asJSON(page.Docs), err)
	}
	page, err = db.Find(t.Context(), query.Query{Collection: sheet, Limit: 10})
	if err != nil || len(page.Docs) != 1 {
		t.Fatalf("find: %d, %v", len(page.Docs), err)
	}
	compareDocs(t, page.Docs[0], whole)
}

func recycleBin(t T, s *suite) {
	db := s.store()
	gone := newDoc("gone", map[string]any{"no": "1", "content": "deleted"})
	db.put(store.Write{Collection: sheet, Doc: gone}, create(sheet, "here", map[string]any{"no": "1"}))
	gone.Deleted = true
	db.put(update(gone))
	no := `{"field":"no","op":"eq","value":"1"}`
	db.expect(query.Query{Collection: sheet, Where: filter(t, no)}, "here")
	db.expect(query.Query{Collection: sheet}, "here")
	db.expect(query.Query{Collection: sheet, Search: "deleted"})
	db.expect(query.Query{Collection: sheet, Where: filter(t, `{"and":[`+no+`,{"field":"deleted","op":"eq","value":true}]}`)}, "gone")
	db.expect(query.Query{Collection: sheet, Where: filter(t, `{"field":"deleted","op":"empty","value":false}`)}, "gone", "here")
	db.expect(query.Query{Collection: sheet, Where: filter(t, `{"not":{"field":"deleted","op":"eq","value":true}}`)}, "here")
	if got := db.get(sheet, "gone"); !got.Deleted {
		t.Errorf("get does not say that the record is deleted")
	}
}

func dueDeadlines(t T, s *suite) {
	db := s.store()
	for i, hours := range []int{5, 1, 3, -1} {
		w := create(sheet, fmt.Sprint("s", i), nil)
		if hours > 0 {
			due := epoch.Add(time.Duration(hours) * time.Hour)
			w.Doc.NextDue = &due
		}
		db.put(w)
	}
	q := query.Query{
		Collection: sheet, Sort: order(t, query.FieldNextDue),
		Where: filter(t, `{"field":"next_due","op":"le","value":"2026-06-01T11:30:00Z"}`),
	}
	db.expect(q, "s1", "s2")
	done := db.get(sheet, "s1")
	done.NextDue = nil
	db.put(update(done))
	db.expect(q, "s2")
}

func unknownNames(t T, s *suite) {
	db := s.store()
	strange := &query.Filter{Cond: &query.Cond{Path: []string{"colour"}, Op: query.Eq, Value: "red", Type: "text"}}
	for _, q := range []query.Query{
		{Collection: "nowhere", Limit: 1},
		{Collection: sheet, Where: strange, Limit: 1},
		{Collection: sheet, Sort: []query.Sort{{Field: "colour", Type: "text"}}, Limit: 1},
	} {
		if _, err := db.Find(t.Context(), q); !errors.Is(err, store.ErrUnknown) {
			t.Errorf("find %s: %v, want ErrUnknown", describe(q), err)
		}
	}
	if _, err := db.Get(t.Context(), "nowhere", "a"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("get: %v, want ErrUnknown", err)
	}
}

func cancelled(t T, s *suite) {
	db := s.store()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Put(ctx, create(sheet, "s1", nil))[0]; !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v, want context.Canceled", err)
	}
	if _, err := db.Find(ctx, query.Query{Collection: sheet, Limit: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("find: %v, want context.Canceled", err)
	}
	db.put(create(sheet, "s2", nil))
}
