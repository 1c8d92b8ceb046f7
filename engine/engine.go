// Package engine assembles the services of the engine from a Config and runs their workers.
//
// It decides nothing: which package does what is in docs/architecture.md. Definitions reach it as catalogs only;
// drafts, templates and publishing are builder's.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"formwork/engine/access"
	"formwork/engine/event"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/identity"
	"formwork/engine/job"
	"formwork/engine/notify"
	"formwork/engine/printing"
	"formwork/engine/record"
	"formwork/engine/report"
	"formwork/engine/seal"
	"formwork/engine/sheet"
	"formwork/engine/store"
	"formwork/engine/tenant"
)

// Config is everything the engine takes from the machine.
type Config struct {
	Store     store.Backend
	Blobs     file.Blobs // bytes of files
	Clock     func() time.Time
	NewID     func() string               // sortable, unique: ULIDs
	Random    func(n int) ([]byte, error) // secure random bytes
	Holder    string                      // names this process among those on the same store
	Log       *slog.Logger
	Passwords identity.PasswordParams
	Idle      time.Duration // of sessions; 0 = identity.DefaultIdle
	Limit     time.Duration // of sessions; 0 = identity.DefaultLimit
	Outside   Outside
}

// Outside is how messages leave the installation.
type Outside struct {
	Key   []byte         // seals the secrets of channels and hooks, seal.KeySize bytes; nil: one of this process only, for commands and tests
	Allow []netip.Prefix // networks that may be called besides the public internet
}

// Engine is the assembled services. All are safe for use by many goroutines.
type Engine struct {
	Config
	Tenants  *tenant.Registry
	Catalogs *tenant.Catalogs
	Events   *event.Hub
	Access   *access.Service
	Records  *record.Service
	Identity *identity.Service
	box      *seal.Box
	Flows    *flow.Service
	Files    *file.Service
	Reports  *report.Service
	Prints   *printing.Service
	Sheets   *sheet.Service
	Notify   *notify.Service
	Jobs     *job.Runner

	calendars *calendars

	mu      sync.Mutex
	running context.Context // of Run; nil before
	workers sync.WaitGroup
	tailed  map[string]bool // tenants whose log is followed
}

// New assembles the services on an open store.
func New(ctx context.Context, cfg Config) (*Engine, error) {
	if cfg.Blobs == nil {
		return nil, errors.New("engine: no place for files")
	}
	tenants, err := tenant.NewRegistry(ctx, cfg.Store, cfg.Clock)
	if err != nil {
		return nil, err
	}
	e := &Engine{Config: cfg, Tenants: tenants, Catalogs: tenant.NewCatalogs(tenants), tailed: map[string]bool{}}
	e.Events = event.NewHub(event.Config{Stores: tenants.Store, Clock: cfg.Clock, Holder: cfg.Holder, Log: cfg.Log})
	e.Access = access.New(access.Config{
		Catalog: e.Catalogs.Active, Stores: tenants.Store, Clock: cfg.Clock, Zone: tenants.Zone,
		Veil: func(ctx context.Context, actor access.Actor, entity string) (access.Veil, error) {
			return e.Flows.Veiled(ctx, actor, entity)
		},
	})
	e.calendars = &calendars{tenants: tenants, catalogs: e.Catalogs, known: map[string]*calendar{}}
	e.Records, err = record.New(record.Config{
		Catalogs: e.Catalogs, Stores: tenants.Store, Access: e.Access, Events: e.Events, Clock: cfg.Clock,
		NewID: cfg.NewID, Zone: tenants.Zone, Instance: flow.Instance, Workday: e.calendars.workday,
		Veil: func(ctx context.Context, actor access.Actor, records []record.Record) error {
			return e.Flows.Veil(ctx, actor, records)
		},
	})
	if err != nil {
		return nil, err
	}
	e.Identity, err = identity.New(ctx, identity.Config{
		Tenants: tenants, Records: e.Records, Clock: cfg.Clock, NewID: cfg.NewID, Random: cfg.Random,
		Idle: or(cfg.Idle, identity.DefaultIdle), Limit: or(cfg.Limit, identity.DefaultLimit), Params: cfg.Passwords,
	})
	if err != nil {
		return nil, err
	}
	if e.box, err = e.newBox(); err != nil {
		return nil, err
	}
	e.Flows = flow.New(flow.Config{
		Box:            e.box,
		Workday:        e.calendars.workday,
		ProjectWorkday: e.calendars.projectWorkday,
		Catalogs:       e.Catalogs, Stores: tenants.Store, Records: e.Records, Access: e.Access, Events: e.Events,
		Clock: cfg.Clock, Zone: tenants.Zone, Outward: outward{e}, Holder: cfg.Holder, Log: cfg.Log,
	})
	e.Reports, err = report.New(report.Config{
		Catalog: e.Catalogs.Active, Stores: tenants.Store, Access: e.Access, Records: e.Records, Clock: cfg.Clock, Zone: tenants.Zone,
	})
	if err != nil {
		return nil, err
	}
	e.Files = file.New(file.Config{
		Blobs: cfg.Blobs, Records: e.Records, Catalogs: e.Catalogs, Stores: tenants.Store, Tenants: e.tenantNames,
		Clock: cfg.Clock, NewID: cfg.NewID, Random: cfg.Random, Log: cfg.Log, Record: e.Flows.Record,
	})
	e.Jobs = job.NewRunner(job.Config{
		Store: e.open, Tenants: e.tenantNames, Clock: cfg.Clock, NewID: cfg.NewID, Holder: cfg.Holder, Log: cfg.Log,
	})
	e.Prints, err = printing.New(printing.Config{
		Catalogs: e.Catalogs, Stores: tenants.Store, Access: e.Access, Records: e.Records, Flows: e.Flows, Reports: e.Reports,
		Clock: cfg.Clock, Zone: tenants.Zone,
	})
	if err != nil {
		return nil, err
	}
	e.Sheets = sheet.New(sheet.Config{
		Records: e.Records, Access: e.Access, Catalogs: e.Catalogs, Zone: tenants.Zone, Stores: tenants.Store, Files: e.Files,
		Jobs: e.Jobs, People: e.Identity.Actor, Clock: cfg.Clock, NewID: cfg.NewID,
	})
	e.Jobs.Register(sheet.JobImport, e.Sheets.Work)
	e.Jobs.Register(sheet.JobUndo, e.Sheets.WorkUndo)
	if e.Notify, err = e.newNotify(); err != nil {
		return nil, err
	}
	e.Jobs.Register(jobMigrate, e.migrateStep)
	e.Jobs.Register(jobRollUp, e.rollUpStep)
	e.Jobs.Register(jobStandings, e.standingsStep)
	e.Jobs.Every("sweep_sessions", time.Hour, e.Identity.Sweep)
	e.Jobs.Every("sweep_files", time.Hour, e.Files.Sweep)
	e.Jobs.Every("fire_deadlines", deadlines, e.fireDeadlines)
	e.Jobs.Every("hand_over", time.Hour, e.handOverLeft)
	return e, nil
}

// newBox makes what secrets are sealed with.
func (e *Engine) newBox() (*seal.Box, error) {
	key := e.Outside.Key
	if key == nil {
		var err error
		if key, err = e.Random(seal.KeySize); err != nil {
			return nil, err
		}
	}
	return seal.New(key, e.Random)
}

func (e *Engine) newNotify() (*notify.Service, error) {
	return notify.New(notify.Config{
		Stores: e.Tenants.Store, Tenants: e.Tenants, Records: e.Records, Flows: e.Flows, People: e.Identity, Events: e.Events, Jobs: e.Jobs,
		Clock: e.Clock, NewID: e.NewID, Random: e.Random, Log: e.Log, Box: e.box, Allow: e.Outside.Allow,
	})
}

// outward gives flows the way out: notify is made of flows, so it exists only after them.
type outward struct{ engine *Engine }

// Deliver implements flow.Outward.
func (o outward) Deliver(ctx context.Context, tenant string, m flow.Outbound) error {
	return o.engine.Notify.Deliver(ctx, tenant, m)
}

// Ready implements flow.Outward.
func (o outward) Ready(ctx context.Context, tenant, webhook string) (string, error) {
	return o.engine.Notify.Ready(ctx, tenant, webhook)
}

// deadlines is how often the deadlines of running flows are looked at.
const deadlines = 15 * time.Second

// firingTenants is how many tenants' deadlines are looked at at once: one with many does not hold up the others.
const firingTenants = 16

// fireDeadlines fires the deadlines that are due in every tenant.
func (e *Engine) fireDeadlines(ctx context.Context) error {
	names, err := e.tenantNames(ctx)
	if err != nil {
		return err
	}
	failed := make([]error, len(names))
	slots := make(chan struct{}, firingTenants)
	var working sync.WaitGroup
	for i, name := range names {
		slots <- struct{}{}
		working.Go(func() {
			defer func() { <-slots }()
			failed[i] = e.fireTenant(ctx, name)
		})
	}
	working.Wait()
	return errors.Join(failed...)
}

// handOverLeft gives the tasks that people who have left still hold to others, in all companies.
func (e *Engine) handOverLeft(ctx context.Context) error {
	names, err := e.tenantNames(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, name := range names {
		failed = append(failed, e.Flows.HandOverAll(ctx, name))
	}
	return errors.Join(failed...)
}

func (e *Engine) fireTenant(ctx context.Context, name string) error {
	var failed []error
	if _, err := e.Flows.RunSchedules(ctx, name); err != nil {
		failed = append(failed, fmt.Errorf("schedules in %s: %w", name, err))
	}
	if _, err := e.Flows.FireDue(ctx, name); err != nil {
		failed = append(failed, fmt.Errorf("deadlines in %s: %w", name, err))
	}
	return errors.Join(failed...)
}

// open opens a tenant's database or the installation's own.
func (e *Engine) open(ctx context.Context, name string) (store.Store, error) {
	if name == tenant.System {
		return e.Tenants.SystemStore(ctx)
	}
	return e.Tenants.Store(ctx, name)
}

func (e *Engine) tenantNames(ctx context.Context) ([]string, error) {
	all, err := e.Tenants.Tenants(ctx)
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	return names, err
}

// lookForTenants is how often tenants that other processes created are looked for.
const lookForTenants = 10 * time.Second

// Run runs the workers (jobs, schedules, the followers of every tenant's event log) until the context ends.
func (e *Engine) Run(ctx context.Context) {
	e.mu.Lock()
	e.running = ctx
	e.mu.Unlock()
	e.workers.Go(func() { e.Jobs.Run(ctx) })
	e.workers.Go(func() { e.Flows.Run(ctx) })
	defer e.workers.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		names, err := e.tenantNames(ctx)
		if err != nil && ctx.Err() == nil {
			e.Log.ErrorContext(ctx, "list tenants", "error", err)
		}
		for _, name := range names {
			e.Follow(name) //nolint:contextcheck // followers live as long as Run, whoever asks for them
		}
		timer.Reset(lookForTenants)
	}
}

// Follow starts following a tenant's event log, once; whoever creates a tenant in this process calls it. It does
// nothing before Run.
func (e *Engine) Follow(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running == nil || e.running.Err() != nil || e.tailed[name] {
		return
	}
	e.tailed[name] = true
	ctx, tail := e.running, e.Events.Tail(name)
	e.Flows.Follow(name, tail)
	e.Notify.Follow(name, tail)
	tail.Subscribe("calendar", func(ctx context.Context, events []store.Event) error { return e.recount(ctx, name, events) })
	tail.Subscribe("rollup", e.followers(name))
	workers := map[string]func(context.Context) error{
		"read event log":  tail.Run,
		"drop stale data": func(ctx context.Context) error { return e.dropStale(ctx, name, tail) },
		"what runs hide":  func(ctx context.Context) error { return e.Flows.MakeVeils(ctx, name) },
	}
	if e.Outside.Key != nil { // never with the key of one process only
		workers["seal secrets"] = func(ctx context.Context) error { return e.Flows.SealHooks(ctx, name) }
	}
	for what, work := range workers {
		e.workers.Go(func() {
			if err := work(ctx); err != nil && ctx.Err() == nil {
				e.Log.ErrorContext(ctx, "follower stopped", "tenant", name, "work", what, "error", err)
			}
		})
	}
}

// dropStale watches a tenant's log from now on and drops what is cached of things that change.
func (e *Engine) dropStale(ctx context.Context, name string, tail *event.Tail) error {
	db, err := e.Tenants.Store(ctx, name)
	if err != nil {
		return err
	}
	after, err := event.End(ctx, db)
	if err != nil {
		return err
	}
	for {
		events, err := tail.Next(ctx, after)
		if err != nil {
			return err
		}
		e.observe(name, events)
		after = events[len(events)-1].Seq
	}
}

// observe drops what is cached of things that changed.
func (e *Engine) observe(tenantName string, events []store.Event) {
	e.Access.Observe(tenantName, events)
	e.Records.Observe(tenantName, events)
	e.calendars.observe(tenantName, events)
	for _, ev := range events {
		if ev.Entity == "user" || ev.Entity == "department" {
			e.Identity.Forget(tenantName)
			return
		}
	}
}

// Ready tells whether the store answers.
func (e *Engine) Ready(ctx context.Context) error {
	if _, err := e.Tenants.Tenants(ctx); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

func or(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}
