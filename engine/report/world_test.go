package report_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/report"
	"formwork/engine/store"
	"formwork/engine/store/mongo"
	"formwork/engine/store/sqlite"
)

const tenantName = "site"

// The people. The manager leads project p1.
var (
	boss    = access.Actor{Tenant: tenantName, ID: "u_boss", Name: "Boss", Roles: []string{"boss"}}
	manager = access.Actor{Tenant: tenantName, ID: "u_manager", Name: "Manager", Roles: []string{"manager"}}
	clerk   = access.Actor{Tenant: tenantName, ID: "u_clerk", Name: "Clerk", Roles: []string{"clerk"}}
	nobody  = access.Actor{Tenant: tenantName, ID: "u_nobody", Name: "Nobody"}
)

// world is a company with sheets and pieces, and the report service over a real store.
type world struct {
	testing.TB
	t       *testing.T // nil in a benchmark
	ctx     context.Context
	reports *report.Service
	records *record.Service
	access  *access.Service
	store   *counting
	catalog *def.Catalog
	now     time.Time
}

// counting counts the aggregations of the store.
type counting struct {
	store.Store
	mu      sync.Mutex
	queries map[string]int
}

func (c *counting) Aggregate(ctx context.Context, a query.Aggregation) ([]map[string]any, error) {
	c.mu.Lock()
	c.queries[a.Collection]++
	c.mu.Unlock()
	return c.Store.Aggregate(ctx, a)
}

// catalogs is a tenant whose catalog never changes.
type catalogs struct{ catalog *def.Catalog }

func (c catalogs) Active(context.Context, string) (*def.Catalog, error) { return c.catalog, nil }
func (c catalogs) Version(context.Context, string, string) (*def.Catalog, error) {
	return c.catalog, nil
}

// catalogOf compiles the definitions of a folder. They are not checked: some roles hide what datasets granted to them use.
func catalogOf(tb testing.TB, pattern string) *def.Catalog {
	tb.Helper()
	defs := def.Definitions{}
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		tb.Fatalf("no definitions at %s: %v", pattern, err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		definition, problems := def.Decode(def.Kind(filepath.Base(filepath.Dir(file))), raw)
		if len(problems) > 0 {
			tb.Fatalf("%s: %v", file, problems)
		}
		defs[def.RefOf("test", definition)] = definition
	}
	catalog, problems := def.Compile(defs, "zh-CN")
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	return catalog
}

// onStores runs a test on the embedded store and, when MONGODB_URI is set, on that server.
func onStores(t *testing.T, test func(w *world)) {
	t.Helper()
	onStoresWith(t, catalogOf(t, "testdata/site/*/*.json"), test)
}

func onStoresWith(t *testing.T, catalog *def.Catalog, test func(w *world)) {
	t.Helper()
	run := func(t *testing.T, st store.Store) {
		t.Helper()
		w := newWorldOf(t, st, catalog)
		w.t = t
		test(w)
	}
	t.Run("sqlite", func(t *testing.T) { run(t, openSQLite(t)) })
	t.Run("mongodb", func(t *testing.T) { run(t, openMongo(t)) })
}

func openSQLite(tb testing.TB) store.Store {
	tb.Helper()
	backend, err := sqlite.New(sqlite.Options{Dir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	return open(tb, backend)
}

func openMongo(t *testing.T) store.Store {
	t.Helper()
	uri := os.Getenv("MONGODB_URI")
	if uri == "" {
		t.Skip("MongoDB part skipped: MONGODB_URI is not set (.ci/mongo start prints one)")
	}
	parsed, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	parsed.Path = fmt.Sprintf("/fwreport%d_%d", os.Getpid(), databases.Add(1))
	backend, err := mongo.Open(t.Context(), parsed.String())
	if err != nil {
		t.Fatal(err)
	}
	st := open(t, backend)
	t.Cleanup(func() {
		if err := st.Drop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return st
}

var databases atomic.Int64

func open(tb testing.TB, backend store.Backend) store.Store {
	tb.Helper()
	tb.Cleanup(func() {
		if err := backend.Close(); err != nil {
			tb.Error(err)
		}
	})
	st, err := backend.Open(context.Background(), tenantName)
	if err != nil {
		tb.Fatal(err)
	}
	return st
}

// newWorld is the company of testdata/site without records, on 2026-06-30 in Shanghai.
func newWorld(tb testing.TB, st store.Store) *world {
	tb.Helper()
	return newWorldOf(tb, st, catalogOf(tb, "testdata/site/*/*.json"))
}

func newWorldOf(tb testing.TB, st store.Store, catalog *def.Catalog) *world {
	tb.Helper()
	w := &world{
		TB: tb, ctx: context.Background(), catalog: catalog, store: &counting{Store: st, queries: map[string]int{}},
		now: time.Date(2026, 6, 30, 2, 0, 0, 0, time.UTC),
	}
	var collections []store.Collection
	for name := range catalog.Entities {
		collections = append(collections, store.CollectionOf(catalog, name))
	}
	if err := w.store.Ensure(w.ctx, collections...); err != nil {
		tb.Fatal(err)
	}
	stores := func(context.Context, string) (store.Store, error) { return w.store, nil }
	clock := func() time.Time { return w.now }
	zone := func(context.Context, string) (*time.Location, error) { return time.LoadLocation("Asia/Shanghai") }
	active := func(ctx context.Context, tenant string) (*def.Catalog, error) {
		return catalogs{catalog}.Active(ctx, tenant)
	}
	rights := access.New(access.Config{Catalog: active, Stores: stores, Clock: clock, Zone: zone})
	var err error
	w.records, err = record.New(record.Config{
		Catalogs: catalogs{catalog}, Stores: stores, Access: rights, Clock: clock, Zone: zone, NewID: func() string { return "unused" },
	})
	if err != nil {
		tb.Fatal(err)
	}
	w.access = rights
	w.reports, err = report.New(report.Config{Catalog: active, Stores: stores, Access: rights, Records: w.records, Clock: clock, Zone: zone})
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// put stores a record as it is, approved if its entity knows states.
func (w *world) put(entity, id string, values map[string]any) {
	w.Helper()
	w.putIn("approved", entity, id, values)
}

func (w *world) putIn(state, entity, id string, values map[string]any) {
	w.Helper()
	if err := errors.Join(w.store.Put(w.ctx, w.write(state, entity, id, values))...); err != nil {
		w.Fatalf("put %s/%s: %v", entity, id, err)
	}
}

func (w *world) write(state, entity, id string, values map[string]any) store.Write {
	doc := store.Doc{ID: id, Rev: 1, Values: values, CreatedBy: "u", CreatedAt: w.now, UpdatedBy: "u", UpdatedAt: w.now}
	if w.catalog.Entities[entity].Approval {
		doc.State = state
	}
	return store.Write{Collection: entity, Doc: doc}
}

// furnish fills the company: projects p1 (of the manager) and p2, teams t1 of p1 and t2 of p2, workers w1 to w4.
func (w *world) furnish() *world {
	w.Helper()
	w.put("project", "p1", map[string]any{"code": "P1", "name": "锦绣花园", "manager": "u_manager"})
	w.put("project", "p2", map[string]any{"code": "P2", "name": "滨江路", "manager": "u_other"})
	w.put("team", "t1", map[string]any{"code": "T1", "name": "木工班", "project": "p1"})
	w.put("team", "t2", map[string]any{"code": "T2", "name": "钢筋班", "project": "p2"})
	// The ids go the other way than the codes: order is by code.
	w.put("worker", "w1", map[string]any{"code": "W4", "name": "王一", "trade": "general", "birth": "1980-01-01", "home_team": "t1"})
	w.put("worker", "w2", map[string]any{"code": "W3", "name": "李二", "trade": "general", "birth": "1980-12-31", "home_team": "t1"})
	w.put("worker", "w3", map[string]any{"code": "W2", "name": "张三", "trade": "skilled", "birth": "1975-05-05", "home_team": "t2"})
	w.put("worker", "w4", map[string]any{"code": "W1", "name": "赵四", "home_team": "t2"})
	return w
}

// line is a row of a sheet: worker, hours, gong, pay.
func line(worker, hours, gong, pay string) any {
	row := map[string]any{"_id": "r" + worker + hours}
	for name, value := range map[string]string{"worker": worker, "hours": hours, "gong": gong, "pay": pay} {
		if value != "" {
			row[name] = value
		}
	}
	return row
}

func sheet(project, team, date string, lines ...any) map[string]any {
	return map[string]any{"project": project, "team": team, "work_date": date, "reason": "misc", "temperature": int64(25), "lines": lines}
}

// june fills the company with a few days of June.
func (w *world) june() *world {
	w.Helper()
	w.furnish()
	w.put("sheet", "s1", sheet("p1", "t1", "2026-06-01", line("w1", "8", "1.0000", "260.00"), line("w2", "9.5", "1.1875", "313.75")))
	w.put("sheet", "s2", sheet("p1", "t1", "2026-06-02", line("w1", "8", "1.0000", "260.00"), line("w3", "4", "0.5000", "190.00")))
	w.put("sheet", "s3", sheet("p2", "t2", "2026-06-02", line("w3", "10", "1.2500", "475.00"), line("w4", "8", "1.0000", "300.10")))
	w.putIn("running", "sheet", "s4", sheet("p1", "t1", "2026-06-03", line("w1", "8", "1.0000", "260.00")))
	w.put("sheet", "s5", sheet("p1", "t1", "2026-05-31", line("w1", "8", "1.0000", "250.00")))
	w.put("piece", "c1", map[string]any{"project": "p2", "team": "t2", "sheet_date": "2026-06-10", "lines": []any{
		map[string]any{"_id": "a", "worker": "w3", "amount": "100.05"}, map[string]any{"_id": "b", "worker": "w2", "amount": "50.00"},
	}})
	return w
}

// run runs a dataset and fails the test if that is refused.
func (w *world) run(actor access.Actor, dataset string, in report.RunInput) report.Result {
	w.Helper()
	result, err := w.reports.Run(w.ctx, actor, dataset, in)
	if err != nil {
		w.Fatalf("run %s: %v", dataset, err)
	}
	return result
}
