package record_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// world is a company with two projects, its people and the record service over a real store.
type world struct {
	testing.TB
	ctx     context.Context
	records *record.Service
	access  *access.Service
	catalog *def.Catalog
	store   *counting
	now     time.Time
	ids     atomic.Int64
}

const tenantName = "yuhua"

// The people. Clerk and clerk2 are members of project P1, outsider of P2.
var (
	clerk    = person("u_clerk", "site_clerk")
	clerk2   = person("u_clerk2", "site_clerk")
	outsider = person("u_outsider", "site_clerk")
	laborer  = person("u_labor", "labor_admin")
	foreman  = person("u_foreman", "team_leader")
	buyer    = person("u_buyer", "buyer")
	buyer2   = person("u_buyer2", "buyer")
	chief    = person("u_chief", "chief")
	nobody   = person("u_nobody")
	manager  = access.Actor{Tenant: tenantName, ID: "u_manager", Name: "u_manager", Admin: true}
	engine   = access.Actor{Tenant: tenantName, System: true}
)

func person(id string, roles ...string) access.Actor {
	return access.Actor{Tenant: tenantName, ID: id, Name: "Name " + id, Roles: roles}
}

// catalogs is a tenant whose catalog never changes.
type catalogs struct{ catalog *def.Catalog }

func (c catalogs) Active(context.Context, string) (*def.Catalog, error) { return c.catalog, nil }

func (c catalogs) Version(_ context.Context, _, version string) (*def.Catalog, error) {
	if version != c.catalog.Version {
		return nil, fmt.Errorf("no version %s", version)
	}
	return c.catalog, nil
}

var laborCatalog = sync.OnceValues(func() (*def.Catalog, error) {
	defs := def.Definitions{}
	files, err := filepath.Glob("testdata/labor/*/*.json")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		canonical, problems := def.Canonical(raw)
		if len(problems) > 0 {
			return nil, fmt.Errorf("%s: %v", file, problems)
		}
		definition, err := def.Parse(def.Kind(filepath.Base(filepath.Dir(file))), canonical)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		defs[def.RefOf("test", definition)] = definition
	}
	catalog, problems := def.Compile(defs, "zh-CN")
	for _, p := range problems {
		return nil, fmt.Errorf("compile: %+v", p)
	}
	return catalog, nil
})

// counting counts the queries of the store by collection, while it is told to.
type counting struct {
	store.Store
	mu      sync.Mutex
	queries map[string]int
	broken  error  // of writes to failing
	failing string // a collection
}

// fail makes writes to a collection fail as if the outcome were unknown, until err is nil.
func (c *counting) fail(err error, collection string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken, c.failing = err, collection
}

func (c *counting) Put(ctx context.Context, writes ...store.Write) []error {
	c.mu.Lock()
	err := c.broken
	for _, w := range writes {
		if w.Collection != c.failing {
			err = nil
		}
	}
	c.mu.Unlock()
	if err == nil {
		return c.Store.Put(ctx, writes...)
	}
	errs := make([]error, len(writes))
	for i := range errs {
		errs[i] = err
	}
	return errs
}

func (c *counting) count(collection string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queries != nil {
		c.queries[collection]++
	}
}

func (c *counting) Get(ctx context.Context, collection string, ids ...string) ([]store.Doc, error) {
	c.count(collection)
	return c.Store.Get(ctx, collection, ids...)
}

func (c *counting) Find(ctx context.Context, q query.Query) (store.Page, error) {
	c.count(q.Collection)
	return c.Store.Find(ctx, q)
}

// during gives the number of queries by collection that run while f does.
func (c *counting) during(f func()) map[string]int {
	c.mu.Lock()
	c.queries = map[string]int{}
	c.mu.Unlock()
	f()
	c.mu.Lock()
	defer c.mu.Unlock()
	counted := c.queries
	c.queries = nil
	return counted
}

// newWorld opens a store with the labor catalog's collections and nobody in it.
func newWorld(tb testing.TB) *world {
	tb.Helper()
	catalog, err := laborCatalog()
	if err != nil {
		tb.Fatal(err)
	}
	w := &world{
		TB: tb, ctx: context.Background(), catalog: catalog, store: &counting{Store: openStore(tb)},
		now: time.Date(2026, 6, 2, 8, 0, 0, 0, time.UTC),
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
	zone := func(context.Context, string) (*time.Location, error) { return time.FixedZone("CST", 8*3600), nil }
	w.access = access.New(access.Config{
		Catalog: catalogs{catalog}.active, Stores: stores, Clock: clock, Zone: zone,
	})
	w.records, err = record.New(record.Config{
		Catalogs: catalogs{catalog}, Stores: stores, Access: w.access, Clock: clock, Zone: zone,
		NewID: func() string { return fmt.Sprintf("N%025d", w.ids.Add(1)) },
	})
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func (c catalogs) active(ctx context.Context, tenant string) (*def.Catalog, error) {
	return c.Active(ctx, tenant)
}

// furnish fills the company: people, projects P1 and P2 with their teams T1 and T2, workers W1 to W4 of P1 and W9 of P2,
// with day rates.
func (w *world) furnish() *world {
	w.Helper()
	for _, who := range []access.Actor{clerk, clerk2, outsider, laborer, foreman, buyer, buyer2, chief, nobody, manager} {
		roles := make([]any, len(who.Roles))
		for i, role := range who.Roles {
			roles[i] = role
		}
		w.seed("user", who.ID, form.Values{"name": "Name " + who.ID, "roles": roles})
	}
	w.seed("labor_policy", "policy", form.Values{"name": "标准", "std_hours": "8", "max_daily_hours": "12"})
	member := func(id, role string) map[string]any { return map[string]any{"user": id, "role": role} }
	w.seed("project", "p1", form.Values{
		"code": "P1", "name": "锦绣花园", "status": "in_progress", "policy": "policy", "manager": "u_manager",
		"members": []any{member("u_clerk", "clerk"), member("u_clerk2", "clerk")},
	})
	w.seed("project", "p2", form.Values{
		"code": "P2", "name": "滨江路", "status": "in_progress", "policy": "policy", "members": []any{member("u_outsider", "clerk")},
	})
	w.seed("labor_team", "t1", form.Values{"code": "T1", "name": "木工一班", "project": "p1", "foreman": "u_foreman"})
	w.seed("labor_team", "t2", form.Values{"code": "T2", "name": "钢筋班", "project": "p2", "foreman": "u_chief"})
	for i, project := range map[int]string{1: "p1", 2: "p1", 3: "p1", 4: "p1", 9: "p2"} {
		id := fmt.Sprintf("w%d", i)
		w.seed("worker", id, form.Values{
			"no": fmt.Sprintf("W%d", i), "name": fmt.Sprintf("工人%d", i), "status": "active", "project": project, "trade": "skilled",
			"id_no": fmt.Sprintf("32010619800101%04d", i), "phone": fmt.Sprintf("1390000000%d", i),
		})
		w.seed("worker_rate", "rate"+id, form.Values{"worker": id, "effective_from": "2026-01-01", "day_rate": "240"})
		w.seed("worker_rate", "raise"+id, form.Values{"worker": id, "effective_from": "2026-06-01", "day_rate": "320"})
	}
	return w
}

// seed stores a record of the engine under a given id.
func (w *world) seed(entity, id string, values form.Values) {
	w.Helper()
	if _, err := w.records.Create(w.ctx, engine, entity, record.CreateInput{ID: id, Values: values}); err != nil {
		w.Fatalf("seed %s/%s: %s", entity, id, explain(err))
	}
}

// create stores a record and fails the test if that is refused.
func (w *world) create(actor access.Actor, entity string, values form.Values) record.Record {
	w.Helper()
	created, err := w.records.Create(w.ctx, actor, entity, record.CreateInput{Values: values})
	if err != nil {
		w.Fatalf("create %s: %s", entity, explain(err))
	}
	return created.Record
}

// bring brings a sheet to a state, as a flow would.
func (w *world) bring(id, state string) {
	w.Helper()
	if err := w.to(id, state); err != nil {
		w.Fatalf("bring %s to %s: %s", id, state, explain(err))
	}
}

func (w *world) to(id, state string) error {
	_, err := w.records.Change(w.ctx, engine, "day_labor_sheet", id, func(record.Record, *record.Full) (record.Change, error) {
		return record.Change{Event: form.Submit, State: state, Events: []record.Event{{Type: state}}}, nil
	})
	return err
}

// line is a row of a sheet.
func line(worker string, hours ...string) map[string]any {
	row := map[string]any{"worker": worker}
	for i, name := range []string{"normal_hours", "ot_hours"} {
		if i < len(hours) {
			row[name] = hours[i]
		}
	}
	return row
}

// linesOf gives the rows of a sheet.
func linesOf(rec record.Record) []map[string]any {
	items, _ := rec.Values["lines"].([]any)
	rows := make([]map[string]any, len(items))
	for i, item := range items {
		rows[i], _ = item.(map[string]any)
	}
	return rows
}

// sheet is what a clerk types for team T1 of project P1.
func sheet(date string, lines ...any) form.Values {
	return form.Values{"project": "p1", "team": "t1", "work_date": date, "work_content": "支模", "lines": lines}
}

// explain writes an error with its problems, for failing tests.
func explain(err error) string {
	if invalid := problemsOf(err); invalid != nil {
		raw, _ := json.Marshal(invalid)
		return fmt.Sprintf("%v %s", err, raw)
	}
	return fmt.Sprint(err)
}
