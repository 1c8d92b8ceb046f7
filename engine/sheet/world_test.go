package sheet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/file"
	"formwork/engine/form"
	"formwork/engine/job"
	"formwork/engine/record"
	"formwork/engine/sheet"
	"formwork/engine/store"
	"formwork/engine/store/sqlite"
)

// world is a company with two projects whose teams have the same name, and the services over a real store.
type world struct {
	testing.TB
	ctx     context.Context
	records *record.Service
	sheets  *sheet.Service
	jobs    *job.Runner
	store   *asked
	ids     atomic.Int64
	left    sync.Map // ids of people who are gone
}

// asked is the store, which counts how often it is asked who holds keys.
type asked struct {
	store.Store
	holders atomic.Int64
}

func (a *asked) Holders(ctx context.Context, collection string, keys ...string) (map[string]string, error) {
	a.holders.Add(1)
	return a.Store.Holders(ctx, collection, keys...)
}

// people are those who may still be there when a job runs.
func (w *world) people(user string) (access.Actor, error) {
	for _, one := range []access.Actor{importer, viewer, nobody} {
		if _, gone := w.left.Load(user); one.ID == user && !gone {
			one.Lang = ""
			return one, nil
		}
	}
	return access.Actor{}, errors.New("nobody of this id")
}

const company = "yuhua"

var (
	engine   = access.Actor{Tenant: company, System: true}
	importer = person("u_import", "importer")
	viewer   = person("u_view", "viewer")
	nobody   = person("u_nobody")
)

func person(id string, roles ...string) access.Actor {
	return access.Actor{Tenant: company, ID: id, Name: id, Lang: "zh-CN", Roles: roles}
}

// catalogs is a tenant whose catalog never changes.
type catalogs struct{ catalog *def.Catalog }

func (c catalogs) Active(context.Context, string) (*def.Catalog, error) { return c.catalog, nil }

func (c catalogs) Version(context.Context, string, string) (*def.Catalog, error) {
	return c.catalog, nil
}

// laborCatalog is the labor world of the record package with imports of its own.
var laborCatalog = sync.OnceValues(func() (*def.Catalog, error) {
	files, err := filepath.Glob("../record/testdata/labor/entities/*.json")
	own, err2 := filepath.Glob("testdata/*/*.json")
	if err = errors.Join(err, err2); err != nil {
		return nil, err
	}
	defs := def.Definitions{}
	for _, file := range append(files, own...) {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		kind := def.Kind(filepath.Base(filepath.Dir(file)))
		if kind == "fuzz" {
			continue
		}
		canonical, problems := def.Canonical(raw)
		if len(problems) > 0 {
			return nil, fmt.Errorf("%s: %v", file, problems)
		}
		definition, err := def.Parse(kind, canonical)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		defs[def.RefOf("test", definition)] = definition
	}
	catalog, problems := def.Compile(defs, "zh-CN")
	if problems = append(problems, def.Check(catalog)...); len(problems) > 0 {
		return nil, fmt.Errorf("catalog: %v", problems)
	}
	return catalog, nil
})

func newWorld(tb testing.TB) *world {
	tb.Helper()
	catalog, err := laborCatalog()
	if err != nil {
		tb.Fatal(err)
	}
	backend, err := sqlite.New(sqlite.Options{Dir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := backend.Close(); err != nil {
			tb.Error(err)
		}
	})
	w := &world{TB: tb, ctx: context.Background()}
	opened, err := backend.Open(w.ctx, company)
	if err != nil {
		tb.Fatal(err)
	}
	st := &asked{Store: opened}
	var collections []store.Collection
	for name := range catalog.Entities {
		collections = append(collections, store.CollectionOf(catalog, name))
	}
	if err := st.Ensure(w.ctx, collections...); err != nil {
		tb.Fatal(err)
	}
	stores := func(context.Context, string) (store.Store, error) { return st, nil }
	clock := func() time.Time { return time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC) }
	zone := func(context.Context, string) (*time.Location, error) { return time.FixedZone("CST", 8*3600), nil }
	rights := access.New(access.Config{
		Catalog: func(context.Context, string) (*def.Catalog, error) { return catalog, nil }, Stores: stores, Clock: clock, Zone: zone,
	})
	w.records, err = record.New(record.Config{
		Catalogs: catalogs{catalog}, Stores: stores, Access: rights, Clock: clock, Zone: zone,
		NewID: func() string { return fmt.Sprintf("N%025d", w.ids.Add(1)) },
	})
	if err != nil {
		tb.Fatal(err)
	}
	blobs, err := file.OpenFolder(tb.TempDir(), clock())
	if err != nil {
		tb.Fatal(err)
	}
	names := func(context.Context) ([]string, error) { return []string{company}, nil }
	newID := func() string { return fmt.Sprintf("X%025d", w.ids.Add(1)) }
	random := func(n int) ([]byte, error) { return fmt.Appendf(nil, "%0*d", n, w.ids.Add(1)), nil }
	log := slog.New(slog.DiscardHandler)
	files := file.New(file.Config{
		Blobs: blobs, Records: w.records, Catalogs: catalogs{catalog}, Stores: stores, Tenants: names, Clock: clock, NewID: newID,
		Random: random, Log: log,
	})
	w.jobs = job.NewRunner(job.Config{Store: stores, Tenants: names, Clock: clock, NewID: newID, Holder: "test", Log: log})
	w.sheets = sheet.New(sheet.Config{
		Records: w.records, Access: rights, Catalogs: catalogs{catalog}, Zone: zone, Stores: stores, Files: files, Jobs: w.jobs,
		Clock: clock, NewID: newID, People: func(_ context.Context, _, user string) (access.Actor, error) { return w.people(user) },
	})
	w.jobs.Register(sheet.JobImport, w.sheets.Work)
	w.jobs.Register(sheet.JobUndo, w.sheets.WorkUndo)
	w.store = st
	return w.furnish()
}

func (w *world) furnish() *world {
	w.seed("labor_policy", "policy", form.Values{"name": "标准", "std_hours": "8", "max_daily_hours": "12"})
	for i := 1; i <= 2; i++ {
		p := fmt.Sprintf("p%d", i)
		w.seed("project", p, form.Values{"code": fmt.Sprintf("P%d", i), "name": fmt.Sprintf("项目%d", i), "status": "in_progress", "policy": "policy"})
		w.seed("labor_team", fmt.Sprintf("t%d", i), form.Values{"code": fmt.Sprintf("T%d", i), "name": "杂工班", "project": p, "foreman": "u_boss"})
	}
	for i := 1; i <= 4; i++ {
		w.worker(fmt.Sprintf("W%d", i), fmt.Sprintf("工人%d", i), "p1")
	}
	w.worker("W5", "工人1", "p2") // the same name in the other project
	return w
}

func (w *world) worker(no, name, project string) {
	w.seed("worker", "id"+no, form.Values{"no": no, "name": name, "status": "active", "project": project, "trade": "skilled", "phone": "13900000001", "id_no": "320106198001010011"})
	w.seed("worker_rate", "rate"+no, form.Values{"worker": "id" + no, "effective_from": "2026-01-01", "day_rate": "240"})
}

func (w *world) seed(entity, id string, values form.Values) {
	w.Helper()
	if entity == "labor_team" {
		if _, err := w.records.Get(w.ctx, engine, "user", "u_boss"); errors.Is(err, record.ErrNotFound) {
			w.seed("user", "u_boss", form.Values{"name": "孙国强"})
		}
	}
	if _, err := w.records.Create(w.ctx, engine, entity, record.CreateInput{ID: id, Values: values}); err != nil {
		w.Fatalf("seed %s/%s: %v", entity, id, err)
	}
}

// book makes a workbook of rows; merged ranges are "A2:A3".
func (w *world) book(rows [][]any, merged ...string) []byte {
	w.Helper()
	file := excelize.NewFile()
	for i, row := range rows {
		for c, value := range row {
			if value == nil {
				continue
			}
			at, err := excelize.CoordinatesToCellName(c+1, i+1)
			w.must(err)
			w.must(file.SetCellValue("Sheet1", at, value))
		}
	}
	for _, span := range merged {
		var from, to string
		_, err := fmt.Sscanf(string(bytes.Replace([]byte(span), []byte(":"), []byte(" "), 1)), "%s %s", &from, &to)
		w.must(err)
		w.must(file.MergeCell("Sheet1", from, to))
	}
	var b bytes.Buffer
	w.must(file.Write(&b))
	w.must(file.Close())
	return b.Bytes()
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) load(actor access.Actor, entity string, in sheet.Input) sheet.Report {
	w.Helper()
	report, err := w.sheets.Import(w.ctx, actor, entity, in)
	w.must(err)
	return report
}

func (w *world) count(entity string) int {
	w.Helper()
	list, err := w.records.List(w.ctx, engine, entity, record.ListInput{Count: true})
	w.must(err)
	return list.Count.N
}

// only finds the one record with a value.
func (w *world) only(entity, field, value string) record.Record {
	w.Helper()
	filter := fmt.Appendf(nil, `{"field":%q,"op":"eq","value":%q}`, field, value)
	list, err := w.records.List(w.ctx, engine, entity, record.ListInput{Filter: filter})
	w.must(err)
	if len(list.Records) != 1 {
		w.Fatalf("%d records of %s with %s %s", len(list.Records), entity, field, value)
	}
	return list.Records[0]
}

// problems writes a report's problems short: "3C reference".
func problems(report sheet.Report) []string {
	var all []string
	for _, p := range report.Problems {
		text := fmt.Sprintf("%d%s %s", p.Row, p.Column, p.Code)
		if p.Level == "warning" {
			text += "?"
		}
		all = append(all, text)
	}
	return all
}
