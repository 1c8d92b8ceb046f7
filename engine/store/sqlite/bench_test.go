package sqlite_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// The million-record benchmarks work on a file that is made once per run, or kept between runs:
//
//	go test ./engine/store/sqlite -run - -bench Million -million /tmp/million
var (
	millionDir  = flag.String("million", "", "folder that keeps the file of the million-record benchmarks")
	millionSize = flag.Int("million-size", 1_000_000, "records of the million-record benchmarks")
)

// laborSheets is the collection of day-labor sheets as the labor template and its list view make it.
func laborSheets() (store.Collection, *def.Entity) {
	one, four := 1, 4
	yes := true
	of := func(t def.FieldType) *def.Field { return &def.Field{XType: t} }
	to := func(entity string) *def.Field { return &def.Field{XType: def.TypeReference, Entity: entity} }
	entity := &def.Entity{
		Approval: true,
		Properties: map[string]*def.Field{
			"no": {XType: def.TypeAutoNumber, Search: true}, "project": to("project"), "team": to("labor_team"),
			"work_date": {XType: def.TypeDate, Index: true}, "reason_type": of(def.TypeSelect), "location": of(def.TypeText),
			"work_content": of(def.TypeLongText), "head_count": of(def.TypeInteger), "total_hours": {XType: def.TypeDecimal, Scale: &one},
			"total_gong": {XType: def.TypeDecimal, Scale: &four, Fixed: &yes}, "total_amount": of(def.TypeMoney),
			"lines": {XType: def.TypeTable, Items: &def.Items{Properties: map[string]*def.Field{
				"worker": to("worker"), "pay_type": of(def.TypeSelect), "normal_hours": {XType: def.TypeDecimal, Scale: &one},
				"ot_hours": {XType: def.TypeDecimal, Scale: &one}, "line_amount": of(def.TypeMoney),
			}}},
		},
	}
	for name, field := range entity.Properties {
		field.Name, field.Path = name, name
		if field.Items != nil {
			for column, cell := range field.Items.Properties {
				cell.Name, cell.Path = column, name+"."+column
			}
		}
	}
	catalog := &def.Catalog{
		Entities: map[string]*def.Entity{"sheet": entity},
		Views: map[string]*def.View{"sheets": {
			Entity: "sheet", Filters: []string{"project", "team", "work_date", "state", "reason_type"},
			Sort:    []def.Sort{{Field: "work_date", Dir: "desc"}, {Field: "no"}},
			Columns: []*def.ViewColumn{{Field: "no"}, {Field: "total_amount", Total: "sum"}},
		}},
	}
	collection := store.CollectionOf(catalog, "sheet")
	byMonth := byProjectAndMonth()
	if err := query.CheckAggregation(&byMonth, entity, nil, nil); err == nil {
		collection = collection.WithGrouping(byMonth) // as a dataset of the catalog would have it
	}
	return collection, entity
}

// laborSheet is the i-th sheet: 50 projects with 8 teams each, three years of days.
func laborSheet(i int, lines int) store.Write {
	mix := uint64(i) * 0x9e3779b97f4a7c15
	mix ^= mix >> 29
	project := int(mix % 50)
	day := time.Date(2023, 6, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(mix>>8%1095))
	id := fmt.Sprintf("01J%022d", i)
	values := map[string]any{
		"no": fmt.Sprintf("DG-P%02d-%07d", project, i), "project": fmt.Sprintf("01JPROJECT%015d", project), "team": fmt.Sprintf("01JTEAM%018d", project*8+int(mix>>20%8)),
		"work_date": day.Format(time.DateOnly), "reason_type": []string{"temporary", "rework", "cleaning"}[mix>>24%3], "location": "3号楼",
		"work_content": "三层楼板钢筋绑扎配合清理", "head_count": int64(4), "total_hours": "32.5", "total_gong": "4.0625",
		"total_amount": strconv.Itoa(200+int(mix>>30%900)) + ".50",
	}
	if lines > 0 {
		rows := make([]any, lines)
		for n := range rows {
			rows[n] = map[string]any{"_id": fmt.Sprint("r", n), "worker": fmt.Sprintf("01JWORKER%016d", project*40+n), "pay_type": "day", "normal_hours": "8", "ot_hours": "0.5", "line_amount": "260.00"}
		}
		values["lines"] = rows
	}
	state := "approved"
	if mix>>40%5 == 0 {
		state = "running"
	}
	at := day.Add(10 * time.Hour)
	w := store.Write{Collection: "sheet", Doc: store.Doc{ID: id, Rev: 1, State: state, Values: values, CreatedBy: "01JUSER", CreatedAt: at, UpdatedBy: "01JUSER", UpdatedAt: at}}
	w.Events = []store.Event{{Entity: "sheet", Record: id, Rev: 1, Type: "created", Actor: "01JUSER", At: at, Data: []byte(`{"fields":["no","project","team"]}`), Hash: "5f2b51ca2fdc5baa31ec02e002f69aec"}}
	return w
}

// million opens the big file and fills it when it is new.
func million(b *testing.B) store.Store {
	b.Helper()
	dir := *millionDir
	if dir == "" {
		dir = filepath.Join(os.TempDir(), fmt.Sprint("formwork-million-", os.Getpid()))
	}
	db := openMillion(b, dir)
	n, _, err := db.Count(b.Context(), query.Query{Collection: "sheet"}, *millionSize)
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	for at := n; at < *millionSize; at += 1000 {
		batch := make([]store.Write, 0, 1000)
		for i := at; i < min(at+1000, *millionSize); i++ {
			batch = append(batch, laborSheet(i, 0))
		}
		if err := errors.Join(db.Put(b.Context(), batch...)...); err != nil {
			b.Fatal(err)
		}
	}
	if n < *millionSize {
		b.Logf("%d records made in %s", *millionSize-n, time.Since(start).Round(time.Second))
	}
	return db
}

var (
	millionOnce sync.Once
	millionDB   store.Store
)

func openMillion(b *testing.B, dir string) store.Store {
	b.Helper()
	millionOnce.Do(func() {
		db, err := openBackend(b, dir).Open(context.Background(), "bench")
		if err != nil {
			b.Fatal(err)
		}
		collection, _ := laborSheets()
		if err := db.Ensure(context.Background(), collection); err != nil {
			b.Fatal(err)
		}
		millionDB = db
	})
	if millionDB == nil {
		b.Fatal("the file could not be opened")
	}
	return millionDB
}

// laborFilter parses and checks a filter over the sheets.
func laborFilter(tb testing.TB, text string) *query.Filter {
	tb.Helper()
	_, entity := laborSheets()
	f, err := query.Parse([]byte(text))
	if err == nil {
		err = query.Check(f, entity, nil, nil)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// percentile reports the 95th percentile beside the mean: the target is about it.
func percentile(b *testing.B, times []time.Duration) {
	b.Helper()
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, "p95-ms")
}

func BenchmarkMillionList(b *testing.B) {
	db := million(b)
	lists := map[string]string{
		"ProjectState":   `{"and":[{"field":"project","op":"eq","value":"01JPROJECT%015d"},{"field":"state","op":"eq","value":"approved"}]}`,
		"ProjectsReason": `{"and":[{"field":"project","op":"in","value":["01JPROJECT%015d","01JPROJECT000000000000007"]},{"field":"reason_type","op":"eq","value":"rework"}]}`,
		"StateRange":     `{"and":[{"field":"state","op":"eq","value":"running"},{"field":"work_date","op":"between","value":["2024-01-%02d","2025-06-30"]}]}`,
		"TeamState":      `{"and":[{"field":"team","op":"eq","value":"01JTEAM%018d"},{"field":"state","op":"in","value":["approved","running"]}]}`,
	}
	_, entity := laborSheets()
	sort := []query.Sort{{Field: "work_date", Desc: true}, {Field: "no"}}
	if err := query.CheckSort(sort, entity); err != nil {
		b.Fatal(err)
	}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range lists {
			if !yield(name) {
				return
			}
		}
	}) {
		b.Run(name, func(b *testing.B) {
			var times []time.Duration
			for i := range b.N {
				q := query.Query{Collection: "sheet", Where: laborFilter(b, fmt.Sprintf(lists[name], 1+i%28)), Sort: sort, Limit: 20}
				start := time.Now()
				page, err := db.Find(b.Context(), q)
				if err != nil || len(page.Docs) != 20 {
					b.Fatalf("%d documents, %v", len(page.Docs), err)
				}
				if _, _, err := db.Count(b.Context(), q, 10_000); err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(start))
			}
			percentile(b, times)
		})
	}
}

func byProjectAndMonth() query.Aggregation {
	return query.Aggregation{
		Collection: "sheet",
		By:         []query.By{{Name: "project", Path: []string{"project"}}, {Name: "month", Path: []string{"work_date"}, Unit: query.Month}},
		Measures:   []query.Measure{{Name: "total", Agg: query.Sum, Path: []string{"total_amount"}}},
	}
}

func BenchmarkMillionSumByProjectAndMonth(b *testing.B) {
	db := million(b)
	_, entity := laborSheets()
	a := byProjectAndMonth()
	if err := query.CheckAggregation(&a, entity, nil, nil); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		groups, err := db.Aggregate(b.Context(), a)
		if err != nil || len(groups) != 50*36 {
			b.Fatalf("%d groups, %v", len(groups), err)
		}
	}
}

func BenchmarkMillionSearch(b *testing.B) {
	db := million(b)
	var times []time.Duration
	for i := range b.N {
		start := time.Now()
		page, err := db.Find(b.Context(), query.Query{Collection: "sheet", Search: fmt.Sprintf("%07d", i%*millionSize), Limit: 20})
		if err != nil || len(page.Docs) == 0 {
			b.Fatalf("%d documents, %v", len(page.Docs), err)
		}
		times = append(times, time.Since(start))
	}
	percentile(b, times)
}

// BenchmarkCreate is what 64 clients get who create sheets of 4 lines, each waiting for its own.
func BenchmarkCreate(b *testing.B) {
	backend := openBackend(b, b.TempDir())
	b.Cleanup(func() { closeBackend(b, backend) })
	db, err := backend.Open(b.Context(), "bench")
	if err != nil {
		b.Fatal(err)
	}
	collection, _ := laborSheets()
	if err := db.Ensure(b.Context(), collection); err != nil {
		b.Fatal(err)
	}
	clients(b, 64, func(i int) error {
		w := laborSheet(i, 4)
		w.Doc.Keys = []string{"team_day|" + w.Doc.ID, "worker_day|1|" + w.Doc.ID, "worker_day|2|" + w.Doc.ID, "worker_day|3|" + w.Doc.ID, "worker_day|4|" + w.Doc.ID}
		return db.Put(context.Background(), w)[0]
	})
}

// clients runs b.N calls from some goroutines and reports the rate.
func clients(b *testing.B, count int, call func(i int) error) {
	b.Helper()
	var next atomic.Int64
	var group sync.WaitGroup
	failures := make(chan error, count)
	start := time.Now()
	b.ResetTimer()
	for range count {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				if err := call(int(i)); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "writes/s")
	select {
	case err := <-failures:
		b.Fatal(err)
	default:
	}
}

// BenchmarkCreateBare is the limit of BenchmarkCreate: the same clients and the same group commit into one table of
// JSON texts, without revisions, keys, lines, indexes, search or events.
func BenchmarkCreateBare(b *testing.B) {
	pool, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_journal_mode=WAL&_synchronous=FULL")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := pool.Close(); err != nil {
			b.Error(err)
		}
	})
	pool.SetMaxOpenConns(1)
	if _, err := pool.ExecContext(b.Context(), "CREATE TABLE doc(id TEXT PRIMARY KEY, doc TEXT)"); err != nil {
		b.Fatal(err)
	}
	type request struct {
		id, doc string
		done    chan error
	}
	queue := make(chan *request, 1024)
	b.Cleanup(func() { close(queue) })
	insert, err := pool.PrepareContext(b.Context(), "INSERT INTO doc(id, doc) VALUES(?, ?)")
	if err != nil {
		b.Fatal(err)
	}
	go func() {
		for first := range queue {
			batch := []*request{first}
			for more := true; more && len(batch) < 1024; {
				select {
				case next := <-queue:
					batch = append(batch, next)
				default:
					more = false
				}
			}
			tx, err := pool.BeginTx(context.Background(), nil)
			for i := 0; err == nil && i < len(batch); i++ {
				_, err = tx.StmtContext(context.Background(), insert).ExecContext(context.Background(), batch[i].id, batch[i].doc) //nolint:sqlclosecheck // closed with its transaction
			}
			if err == nil {
				err = tx.Commit()
			}
			for _, r := range batch {
				r.done <- err
			}
		}
	}()
	clients(b, 64, func(i int) error {
		w := laborSheet(i, 4)
		raw, err := json.Marshal(w.Doc)
		if err != nil {
			return err
		}
		r := &request{w.Doc.ID, string(raw), make(chan error, 1)}
		queue <- r
		return <-r.done
	})
}
