package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/store"
	"formwork/engine/store/sqlite"
)

const tenantName = "yuhua"

// The people. Wang starts purchases, Li manages the project, Qian and Sun are finance, Zhou reads along.
var (
	wang = person("u_wang", "staff")
	li   = person("u_li", "manager")
	qian = person("u_fin", "finance")
	sun  = person("u_sun", "finance")
	zhou = person("u_zhou", "audit")
	boss = person("u_boss", "manager")
	chen = person("u_chen", "flow_admin")
	none = person("u_none")
)

func person(id string, roles ...string) access.Actor {
	return access.Actor{Tenant: tenantName, ID: id, Name: id, Roles: roles}
}

// world is a company with its records and flows on a real store.
type world struct {
	testing.TB
	ctx     context.Context
	records *record.Service
	flows   *flow.Service
	store   store.Store
	mu      sync.Mutex
	now     time.Time
	ids     atomic.Int64
	version *def.Catalog
	older   map[string]*def.Catalog

	unveiled bool // queries are not asked what runs hide, to measure what that costs
}

// Active and Version make the world a record.Catalogs.
func (w *world) Active(context.Context, string) (*def.Catalog, error) { return w.version, nil }

func (w *world) Version(_ context.Context, _, version string) (*def.Catalog, error) {
	if c := w.older[version]; c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("no version %s", version)
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Second)
	return w.now
}

// catalog compiles the definitions of the purchase company; change may alter them.
func catalog(tb testing.TB, change func(def.Definitions)) *def.Catalog {
	tb.Helper()
	defs := def.Definitions{}
	files, err := filepath.Glob("testdata/purchase/*/*.json")
	if err != nil {
		tb.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		add(tb, defs, def.Kind(filepath.Base(filepath.Dir(file))), string(raw))
	}
	if change != nil {
		change(defs)
	}
	compiled, problems := def.Compile(defs, "zh-CN")
	if len(problems) > 0 {
		tb.Fatalf("compile: %+v", problems)
	}
	return compiled
}

func add(tb testing.TB, defs def.Definitions, kind def.Kind, raw string) {
	tb.Helper()
	canonical, problems := def.Canonical([]byte(raw))
	if len(problems) > 0 {
		tb.Fatalf("%v", problems)
	}
	definition, err := def.Parse(kind, canonical)
	if err != nil {
		tb.Fatal(err)
	}
	defs[def.RefOf("test", definition)] = definition
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{
		TB: tb, ctx: context.Background(), version: catalog(tb, nil), older: map[string]*def.Catalog{},
		now: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC),
	}
	w.older[w.version.Version] = w.version
	backend, err := sqlite.New(sqlite.Options{Dir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = backend.Close() })
	if w.store, err = backend.Open(w.ctx, tenantName); err != nil {
		tb.Fatal(err)
	}
	for name := range w.version.Entities {
		if err := w.store.Ensure(w.ctx, store.CollectionOf(w.version, name)); err != nil {
			tb.Fatal(err)
		}
	}
	stores := func(context.Context, string) (store.Store, error) { return w.store, nil }
	zone := func(context.Context, string) (*time.Location, error) { return time.FixedZone("CST", 8*3600), nil }
	rights := access.New(access.Config{
		Catalog: w.Active, Stores: stores, Clock: w.clock, Zone: zone,
		Veil: func(ctx context.Context, actor access.Actor, entity string) (access.Veil, error) {
			if w.unveiled {
				return access.Veil{}, nil
			}
			return w.flows.Veiled(ctx, actor, entity)
		},
	})
	w.records, err = record.New(record.Config{
		Catalogs: w, Stores: stores, Access: rights, Clock: w.clock, Zone: zone, Instance: flow.Instance,
		NewID: func() string { return fmt.Sprintf("N%025d", w.ids.Add(1)) },
		Veil: func(ctx context.Context, actor access.Actor, records []record.Record) error {
			return w.flows.Veil(ctx, actor, records)
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	w.flows = flow.New(flow.Config{
		Catalogs: w, Stores: stores, Records: w.records, Access: rights, Clock: w.clock, Zone: zone,
	})
	for _, p := range []access.Actor{wang, li, qian, sun, zhou, boss, chen, none} {
		roles := []any{}
		for _, r := range p.Roles {
			roles = append(roles, r)
		}
		w.seed("user", p.ID, form.Values{"name": "Name " + p.ID, "roles": roles})
	}
	w.seed("project", "p1", form.Values{"name": "花园", "manager": li.ID})
	return w
}

func (w *world) seed(entity, id string, values form.Values) {
	w.Helper()
	engine := access.Actor{Tenant: tenantName, System: true}
	if _, err := w.records.Create(w.ctx, engine, entity, record.CreateInput{ID: id, Values: values}); err != nil {
		w.Fatalf("seed %s/%s: %v", entity, id, err)
	}
}

func purchase(amount string) form.Values {
	return form.Values{"subject": "水泥", "project": "p1", "amount": amount, "margin": "7"}
}

// submit makes and submits a purchase.
func (w *world) submit(amount string) record.Record {
	w.Helper()
	created, err := w.flows.Create(w.ctx, wang, "purchase", record.CreateInput{Values: purchase(amount)})
	if err != nil {
		w.Fatalf("submit: %s", explain(err))
	}
	return created.Record
}

func explain(err error) string {
	var invalid *record.InvalidError
	if errors.As(err, &invalid) {
		raw, _ := json.Marshal(invalid.Problems)
		return err.Error() + " " + string(raw)
	}
	return fmt.Sprint(err)
}

// open gives the ids of somebody's open tasks.
func (w *world) tab(who access.Actor, tab string) []flow.TaskItem {
	w.Helper()
	page, err := w.flows.Tasks(w.ctx, who, flow.TaskQuery{Tab: tab})
	if err != nil {
		w.Fatal(err)
	}
	return page.Tasks
}

// task gives somebody's only open task.
func (w *world) task(who access.Actor) string {
	w.Helper()
	tasks := w.tab(who, flow.TabOpen)
	if len(tasks) != 1 {
		w.Fatalf("%s has %d open tasks, want 1", who.ID, len(tasks))
	}
	return tasks[0].ID
}

func (w *world) decide(who access.Actor, act flow.Act) flow.Decided {
	w.Helper()
	act.Want = flow.Wanted{Record: true, Next: true}
	d, err := w.flows.Decide(w.ctx, who, w.task(who), act)
	if err != nil {
		w.Fatalf("%s %s: %s", who.ID, act.Verb, explain(err))
	}
	return d
}

// refused checks the code of a refusal.
func (w *world) refused(err error, code string) (params map[string]any) {
	w.Helper()
	var r *flow.Refused
	if !errors.As(err, &r) || r.Code != code {
		w.Fatalf("got %v, want refusal %s", err, code)
	}
	return r.Params
}

func (w *world) load(rec record.Record) record.Record {
	w.Helper()
	full, err := w.records.Load(w.ctx, tenantName, rec.Entity, rec.ID)
	if err != nil {
		w.Fatal(err)
	}
	return full.Record
}
