package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

var goods = store.Collection{
	Name: "goods",
	Fields: []store.Field{
		{Path: "name", Type: def.TypeText, Search: true},
		{Path: "note", Type: def.TypeLongText},
		{Path: "project", Type: def.TypeReference, Index: true},
		{Path: "size", Type: def.TypeDecimal, Scale: 6, Index: true},
		{Path: "bought", Type: def.TypeDate},
		{Path: "tags", Type: def.TypeMultiSelect, List: true, Index: true},
		{Path: "lines", Type: def.TypeTable},
		{Path: "lines.worker", Type: def.TypeReference, Index: true},
		{Path: "lines.pay", Type: def.TypeDecimal, Scale: 2},
	},
	Indexes: [][]string{{"project", "-bought", "+state"}, {"-bought", "name"}, {"size"}, {"lines.worker"}, {"project", "bought:month", "+size"}},
}

func openGoods(t *testing.T) *database {
	t.Helper()
	backend, err := New(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := backend.Close(); err != nil {
			t.Error(err)
		}
	})
	opened, err := backend.Open(context.Background(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.Ensure(context.Background(), goods); err != nil {
		t.Fatal(err)
	}
	db, ok := opened.(*database)
	if !ok {
		t.Fatalf("store is a %T", opened)
	}
	return db
}

func item(id string, values map[string]any) store.Write {
	return store.Write{Collection: "goods", Doc: store.Doc{ID: id, Rev: 1, Values: values}}
}

func put(t *testing.T, db *database, writes ...store.Write) {
	t.Helper()
	if err := errors.Join(db.Put(context.Background(), writes...)...); err != nil {
		t.Fatal(err)
	}
}

func cond(path string, op query.Op, value any, kind def.FieldType) *query.Filter {
	field, _ := store.NewShape(goods).Field(path)
	parts := strings.Split(path, ".")
	return &query.Filter{Cond: &query.Cond{Path: parts, Op: op, Value: value, Type: kind, List: field.List, Rows: len(parts) > 1}}
}

func all(filters ...*query.Filter) *query.Filter { return &query.Filter{And: filters} }

func TestQueriesOfViewsUseIndexes(t *testing.T) {
	db := openGoods(t)
	newest := []query.Sort{{Field: "bought", Desc: true, Type: def.TypeDate}}
	newestByName := append(newest, query.Sort{Field: "name", Type: def.TypeText})
	project := cond("project", query.Eq, "p1", def.TypeReference)
	cursor := query.EncodeCursor(newest, []any{"2026-01-01"}, "x")
	tests := []struct {
		name        string
		q           query.Query
		page, count string // what the plans must hold
	}{
		{"no filter", query.Query{}, "USING INDEX i:goods:id", "USING COVERING INDEX"},
		{"filter and order of a view", query.Query{Where: project, Sort: newest}, "SEARCH r USING COVERING INDEX i:goods:project,-bought,+state (f_project=?)", "SEARCH r USING COVERING INDEX"},
		{"state beside it", query.Query{Where: all(project, cond("state", query.Eq, "approved", def.TypeSelect)), Sort: newest}, "SEARCH r USING", "SEARCH r USING COVERING INDEX"},
		{"next page", query.Query{Where: project, Sort: newest, After: cursor}, "(f_project=? AND f_bought", ""},
		{"order of a view", query.Query{Sort: newestByName}, "SCAN r USING COVERING INDEX i:goods:-bought,name", ""},
		{"range", query.Query{Where: cond("bought", query.Between, []any{"2026-01-01", "2026-01-31"}, def.TypeDate), Sort: newestByName}, "SEARCH r USING COVERING INDEX i:goods:-bought,name (f_bought>? AND f_bought<?)", ""},
		{"id", query.Query{Where: cond("id", query.In, []any{"a", "b"}, def.TypeText)}, "i:goods:id (id=?)", ""},
		{"worker of a row", query.Query{Where: cond("lines.worker", query.Eq, "w1", def.TypeReference)}, "i:goods:lines.worker (f_worker=?)", "i:goods:lines.worker (f_worker=?)"},
		{"element of a list", query.Query{Where: cond("tags", query.Contains, "x", def.TypeMultiSelect)}, "SEARCH l:goods.tags USING PRIMARY KEY (v=?)", ""},
		{"deadline", query.Query{Where: cond("next_due", query.Le, "2026-01-01T00:00:00Z", def.TypeDateTime), Sort: []query.Sort{{Field: "next_due", Type: def.TypeDateTime}}}, "i:goods:next_due (next_due<?)", ""},
		{"search", query.Query{Search: "钢筋"}, "VIRTUAL TABLE INDEX", "VIRTUAL TABLE INDEX"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.q.Collection = "goods"
			page, count := plan(t, db, tt.q)
			if !strings.Contains(page, tt.page) {
				t.Errorf("plan of the page %q, want %q in it", page, tt.page)
			}
			if !strings.Contains(count, tt.count) {
				t.Errorf("plan of the count %q, want %q in it", count, tt.count)
			}
			if tt.q.Search == "" && !strings.HasPrefix(tt.name, "worker") && !strings.HasPrefix(tt.name, "element") && strings.Contains(page, "TEMP B-TREE") {
				t.Errorf("plan of the page sorts: %q", page)
			}
		})
	}
}

func TestWideText(t *testing.T) {
	var numbers []*big.Int
	for _, text := range []string{"0", "1", "9", "10", "99", "100", "9223372036854775807", "9223372036854775808", strings.Repeat("9", 46)} {
		n, _ := new(big.Int).SetString(text, 10)
		numbers = append(numbers, n, new(big.Int).Neg(n))
	}
	for range 100 {
		numbers = append(numbers, big.NewInt(rand.Int64()>>rand.IntN(63)), big.NewInt(-rand.Int64()>>rand.IntN(63)))
	}
	for _, a := range numbers {
		back, err := wideNumber(wideText(a))
		if err != nil || back.Cmp(a) != 0 {
			t.Fatalf("%s comes back as %s, %v", a, back, err)
		}
		for _, b := range numbers {
			if got, want := strings.Compare(wideText(a), wideText(b)), a.Cmp(b); got != want {
				t.Fatalf("order of %s and %s is %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestScaledText(t *testing.T) {
	tests := []struct {
		n           int64
		scale       int
		fixed, want string
	}{
		{0, 2, "0.00", "0"},
		{5, 2, "0.05", "0.05"},
		{-5, 2, "-0.05", "-0.05"},
		{850, 2, "8.50", "8.5"},
		{-100000, 2, "-1000.00", "-1000"},
		{7, 0, "7", "7"},
		{100, 0, "100", "100"},
		{-9223372036854775808, 6, "-9223372036854.775808", "-9223372036854.775808"},
	}
	for _, tt := range tests {
		for fixed, want := range map[bool]string{true: tt.fixed, false: tt.want} {
			field := store.Field{Scale: tt.scale, Fixed: fixed}
			if got := scaledText(tt.n, field); got != want {
				t.Errorf("scaledText(%d, %+v) = %s, want %s", tt.n, field, got, want)
			}
			if got := plainDecimal(big.NewInt(tt.n), field); got != want {
				t.Errorf("plainDecimal(%d, %+v) = %s, want %s", tt.n, field, got, want)
			}
		}
	}
}

// A decimal beyond 63 bits changes how its column is kept while others read and write it.
func TestWideningUnderReaders(t *testing.T) {
	db := openGoods(t)
	for i := range 50 {
		put(t, db, item(fmt.Sprintf("n%02d", i), map[string]any{"size": fmt.Sprint(i), "lines": []any{map[string]any{"_id": "r", "pay": fmt.Sprint(i)}}}))
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				small := all(cond("size", query.Lt, "10", def.TypeDecimal), cond("lines.pay", query.Lt, "10", def.TypeDecimal))
				n, _, err := db.Count(context.Background(), query.Query{Collection: "goods", Where: small}, 1000)
				if err != nil || n != 10 {
					t.Errorf("%d small ones, %v; want 10", n, err)
					return
				}
			}
		})
	}
	huge := strings.Repeat("9", 28)
	put(t, db, item("huge", map[string]any{"size": huge}), item("tiny", map[string]any{"size": "10.5", "lines": []any{map[string]any{"_id": "r", "pay": "-" + huge}}}))
	time.Sleep(20 * time.Millisecond)
	close(stop)
	readers.Wait()
	page, err := db.Find(t.Context(), query.Query{Collection: "goods", Sort: []query.Sort{{Field: "size", Desc: true, Type: def.TypeDecimal}}, Limit: 3})
	if err != nil || page.Docs[0].Values["size"] != huge || page.Docs[1].Values["size"] != "49" {
		t.Errorf("largest first: %v, %v", page.Docs, err)
	}
}

func TestFullDisk(t *testing.T) {
	db := openGoods(t)
	limit := func(pages int) {
		err := db.alter(t.Context(), true, func(ctx context.Context, w *writer) error {
			var got int
			return w.conn.QueryRowContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&got)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	put(t, db, item("before", map[string]any{"name": "here"}))
	limit(200) // pages of 4 KB
	note := strings.Repeat("x", 100_000)
	var full error
	stored := 1
	for i := 0; full == nil && i < 100; i++ {
		w := item(fmt.Sprintf("big%02d", i), map[string]any{"note": note, "name": "big"})
		w.Doc.Keys = []string{w.Doc.ID}
		w.Events = []store.Event{{Record: w.Doc.ID, Rev: 1}}
		if full = db.Put(t.Context(), w)[0]; full == nil {
			stored++
		}
	}
	if !errors.Is(full, store.ErrFull) {
		t.Fatalf("writing until full: %v, want ErrFull", full)
	}
	n, _, err := db.Count(t.Context(), query.Query{Collection: "goods"}, 1000)
	if err != nil || n != stored {
		t.Errorf("%d records, %v; want the %d acknowledged", n, err, stored)
	}
	events, err := db.Events(t.Context(), 0, 1000)
	if err != nil || len(events) != stored-1 {
		t.Errorf("%d events, %v; want %d", len(events), err, stored-1)
	}
	limit(1_000_000)
	again := item(fmt.Sprintf("big%02d", stored-1), map[string]any{"note": note, "name": "big"})
	again.Doc.Keys = []string{again.Doc.ID}
	put(t, db, again)
}

// holdWriter keeps the writer busy with something that changes tables until release is called.
func holdWriter(t *testing.T, db *database, group *sync.WaitGroup) (release func()) {
	t.Helper()
	return hold(context.Background(), t, db, group, true)
}

// hold keeps the writer busy until release is called; it may be tried again when something with it breaks.
func hold(ctx context.Context, t *testing.T, db *database, group *sync.WaitGroup, alone bool) (release func()) {
	t.Helper()
	gate, begun := make(chan struct{}), make(chan struct{})
	var once sync.Once
	group.Go(func() {
		err := db.alter(ctx, alone, func(context.Context, *writer) error {
			once.Do(func() { close(begun) })
			<-gate
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	return func() { close(gate) }
}

// Whoever breaks a transaction must not break the others in it.
func TestOneBrokenRequestFailsAlone(t *testing.T) {
	db := openGoods(t)
	broken := errors.New("broken")
	var group sync.WaitGroup
	release := holdWriter(t, db, &group)
	for i := range 10 {
		group.Go(func() {
			if err := db.Put(t.Context(), item(fmt.Sprint("n", i), map[string]any{"name": "n"}))[0]; err != nil {
				t.Errorf("write beside a broken request: %v", err)
			}
		})
	}
	group.Go(func() {
		err := db.alter(t.Context(), false, func(ctx context.Context, w *writer) error {
			if _, err := w.conn.ExecContext(ctx, "INSERT INTO lease(name, holder, fence, until) VALUES('x', 'x', 1, 1)"); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("broken request: %v", err)
		}
	})
	for len(db.writer.queue) < 11 {
		time.Sleep(time.Millisecond)
	}
	release()
	group.Wait()
	n, _, err := db.Count(t.Context(), query.Query{Collection: "goods"}, 100)
	if err != nil || n != 10 {
		t.Errorf("%d records, %v; want 10", n, err)
	}
	if fence, err := db.Lease(t.Context(), "x", "me", time.Minute); err != nil || fence != 1 {
		t.Errorf("what the broken request did is still there: fence %d, %v", fence, err)
	}
}

// TestWhatLetsOthersGoFirst has people's writes done before those that let others go first, but for one: it had begun.
func TestWhatLetsOthersGoFirst(t *testing.T) {
	db := openGoods(t)
	var group sync.WaitGroup
	release := holdWriter(t, db, &group)
	var mu sync.Mutex
	var done []string
	write := func(ctx context.Context, name string) {
		group.Go(func() {
			err := db.alter(ctx, false, func(context.Context, *writer) error {
				mu.Lock()
				defer mu.Unlock()
				done = append(done, name)
				return nil
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	for range 3 {
		write(store.Behind(t.Context()), "deadline")
	}
	for len(db.writer.behind) < 3 {
		time.Sleep(time.Millisecond)
	}
	for range 4 {
		write(t.Context(), "person")
	}
	for len(db.writer.queue) < 4 {
		time.Sleep(time.Millisecond)
	}
	release()
	group.Wait()
	if len(done) != 7 || !slices.Contains(done[4:5], "person") && !slices.Equal(done[:4], slices.Repeat([]string{"person"}, 4)) {
		t.Errorf("done in the order %v", done)
	}
}

func TestContextEndsWaiting(t *testing.T) {
	db := openGoods(t)
	var group sync.WaitGroup
	release := holdWriter(t, db, &group)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := db.Put(ctx, item("late", nil))[0]; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting write: %v, want DeadlineExceeded", err)
	}
	release()
	group.Wait()
	docs, err := db.Get(t.Context(), "goods", "late")
	if err != nil || len(docs) != 0 {
		t.Errorf("the write that was given up is done: %d, %v", len(docs), err)
	}
}

func TestSubstringNeedsIndexInManyRecords(t *testing.T) {
	db := openGoods(t)
	batch := make([]store.Write, 0, 1000)
	for i := range store.ScanLimit + 1 {
		batch = append(batch, item(fmt.Sprintf("n%06d", i), map[string]any{"note": fmt.Sprint("note ", i), "project": fmt.Sprint("p", i%100)}))
		if len(batch) == cap(batch) || i == store.ScanLimit {
			put(t, db, batch...)
			batch = batch[:0]
		}
	}
	note := cond("note", query.Contains, "777", def.TypeLongText)
	if _, _, err := db.Count(t.Context(), query.Query{Collection: "goods", Where: note}, 100); !errors.Is(err, store.ErrNeedsIndex) {
		t.Errorf("substring in %d records: %v, want ErrNeedsIndex", store.ScanLimit+1, err)
	}
	n, _, err := db.Count(t.Context(), query.Query{Collection: "goods", Where: all(note, cond("project", query.Eq, "p77", def.TypeReference))}, 100)
	if err != nil || n != 50 {
		t.Errorf("substring in one project: %d, %v; want 50", n, err)
	}
	put(t, db, item("named", map[string]any{"name": "钢筋绑扎"}))
	n, _, err = db.Count(t.Context(), query.Query{Collection: "goods", Where: cond("name", query.Contains, "筋绑", def.TypeText)}, 100)
	if err != nil || n != 1 {
		t.Errorf("substring of a searched field: %d, %v; want 1", n, err)
	}
}

func TestUpdateTouchesOnlyWhatChanged(t *testing.T) {
	db := openGoods(t)
	values := map[string]any{"name": "steel", "project": "p1", "lines": []any{map[string]any{"_id": "r", "worker": "w1", "pay": "1"}}}
	put(t, db, item("a", values))
	for _, forbidden := range []string{"c:goods.lines", "s:goods", "key"} {
		err := db.alter(t.Context(), true, func(ctx context.Context, w *writer) error {
			if strings.HasPrefix(forbidden, "s:") {
				return nil // triggers cannot watch virtual tables
			}
			_, err := w.conn.ExecContext(ctx, "CREATE TRIGGER "+quote("watch "+forbidden)+" BEFORE DELETE ON "+quote(forbidden)+" BEGIN SELECT RAISE(ABORT, 'touched'); END")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	next := item("a", map[string]any{"name": "steel", "project": "p2", "lines": values["lines"]})
	next.Doc.Rev, next.Doc.State, next.IfRev = 2, "approved", 1
	put(t, db, next)
	docs, err := db.Get(t.Context(), "goods", "a")
	if err != nil || docs[0].State != "approved" || docs[0].Values["project"] != "p2" {
		t.Errorf("after the update: %v, %v", docs, err)
	}
}

func TestTenantNames(t *testing.T) {
	backend, err := New(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := backend.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"", "../x", "A", "a/b", "a.b", strings.Repeat("a", 101)} {
		if _, err := backend.Open(t.Context(), name); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("Open(%q): %v, want ErrInvalid", name, err)
		}
	}
	if _, err := backend.Open(t.Context(), "_system"); err != nil {
		t.Errorf("Open(_system): %v", err)
	}
}
