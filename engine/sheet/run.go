package sheet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/file"
	"formwork/engine/job"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// Run is one import that stores: what was asked, how far it is, and what became of it. It is a document of the engine's
// own beside the records, with the workbook kept as a file.
//
//	             ┌── cancel ──▶ cancelled
//	waiting ──▶ running ──────▶ done ── undo ──▶ undoing ──▶ undone
//	             └─────────────▶ failed
//
// A running import checks everything first if it is to store all records or none, then stores batch by batch, and takes
// back what it stored if a later record is refused after all. New records have ids made of the run's and their number, so
// a batch that was interrupted is simply done again; of a record that is changed, its values from before are kept first.
type Run struct {
	ID         string         `json:"id"`
	Entity     string         `json:"entity"`
	Status     RunStatus      `json:"status"`
	Phase      string         `json:"phase,omitempty"` // while running: check, store, take_back; while undoing: take_back
	Order      Order          `json:"order"`
	File       string         `json:"file"`     // id
	FileName   string         `json:"fileName"` // as its owner calls it
	Size       int64          `json:"size"`     // bytes
	By         string         `json:"by"`       // id of the user, "" = the system
	Rows       int            `json:"rows"`     // lines of data, once they are counted
	Records    int            `json:"records"`  // looked at in this phase
	Created    int            `json:"created"`
	Updated    int            `json:"updated"`
	Same       int            `json:"same"`
	Bad        int            `json:"bad"` // records with errors
	Stop       bool           `json:"stop,omitempty"`
	Report     *Report        `json:"report,omitempty"` // at the end
	UndoneBy   string         `json:"undoneBy,omitempty"`
	Code       string         `json:"code,omitempty"` // why it failed, or why it could not be undone
	Params     map[string]any `json:"params,omitempty"`
	CreatedAt  time.Time      `json:"createdAt"`
	FinishedAt *time.Time     `json:"finishedAt,omitempty"`
}

// RunStatus is where a run stands.
type RunStatus string

// The statuses of a Run.
const (
	RunWaiting   RunStatus = "waiting"
	RunRunning   RunStatus = "running"
	RunDone      RunStatus = "done"
	RunFailed    RunStatus = "failed"
	RunCancelled RunStatus = "cancelled"
	RunUndoing   RunStatus = "undoing"
	RunUndone    RunStatus = "undone"
)

// Order is what an import was asked to do, without the file.
type Order struct {
	Sheet   string            `json:"sheet,omitempty"`
	Import  string            `json:"import,omitempty"`
	Given   map[string]string `json:"given,omitempty"`
	Mode    string            `json:"mode,omitempty"`
	All     bool              `json:"all,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	Opening bool              `json:"opening,omitempty"`
}

func (o Order) input() Input {
	return Input{Sheet: o.Sheet, Import: o.Import, Given: o.Given, Mode: o.Mode, All: o.All, Reason: o.Reason, Opening: o.Opening}
}

func orderOf(in Input) Order {
	return Order{in.Sheet, in.Import, in.Given, in.Mode, in.All, in.Reason, in.Opening}
}

// The types of jobs of this package; engine registers their handlers.
const (
	JobImport = "import"
	JobUndo   = "import_undo"
)

// The collections of this package: runs, and what a run keeps of its batches.
const (
	runs    = "import_run"
	batches = "import_batch"
)

// stored is a run with what only the machine needs.
type stored struct {
	Run
	Lang     string `json:"lang,omitempty"`
	Key      string `json:"key,omitempty"`      // of the API
	Worker   string `json:"worker,omitempty"`   // who works on it now
	Attempts int    `json:"attempts,omitempty"` // times it was begun
	Settled  int    `json:"settled"`            // records that were stored, or found wrong
	rev      int64
	touched  time.Time // when it was written last
}

// ErrRunState is a run that cannot be cancelled or undone as it stands.
var ErrRunState = errors.New("import does not stand so")

// database gives a tenant's store with the collections of this package.
func (s *Service) database(ctx context.Context, tenant string) (store.Store, error) {
	db, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("store of %s: %w", tenant, err)
	}
	if known, ok := s.ensured.Load(tenant); ok && known == db {
		return db, nil
	}
	err = db.Ensure(ctx, store.Collection{Name: runs, Fields: []store.Field{
		{Path: "entity", Type: def.TypeText},
		{Path: "status", Type: def.TypeText},
		{Path: "file", Type: def.TypeText},
		{Path: "begun_at", Type: def.TypeDateTime},
		{Path: "data", Type: def.TypeLongText},
	}, Indexes: [][]string{{"entity", "-begun_at"}}}, store.Collection{Name: batches, Fields: []store.Field{
		{Path: "run", Type: def.TypeText},
		{Path: "number", Type: def.TypeInteger},
		{Path: "data", Type: def.TypeLongText},
	}, Indexes: [][]string{{"run", "number"}}})
	if err != nil {
		return nil, fmt.Errorf("ensure imports: %w", err)
	}
	s.ensured.Store(tenant, db)
	return db, nil
}

// keep writes a run as it is now; store.ErrConflict if somebody else did since it was read.
func (s *Service) keep(ctx context.Context, tenant string, run *stored) error {
	if _, err := s.database(ctx, tenant); err != nil {
		return err
	}
	raw, err := json.Marshal(run)
	if err != nil {
		return fmt.Errorf("import %s: %w", run.ID, err)
	}
	doc := store.Doc{
		ID: run.ID, Rev: run.rev + 1, CreatedBy: run.By, UpdatedBy: run.By, CreatedAt: run.CreatedAt, UpdatedAt: s.now(),
		Values: map[string]any{
			"entity": run.Entity, "status": string(run.Status), "file": run.File, "begun_at": stamp(run.CreatedAt), "data": string(raw),
		},
	}
	err = s.config.Records.Project(ctx, tenant, store.Write{Collection: runs, Doc: doc, IfRev: run.rev})[0]
	if err != nil {
		return fmt.Errorf("import %s: %w", run.ID, err)
	}
	run.rev++
	return nil
}

// run reads a run.
func (s *Service) run(ctx context.Context, tenant, id string) (*stored, error) {
	db, err := s.database(ctx, tenant)
	if err != nil {
		return nil, err
	}
	docs, err := db.Get(ctx, runs, id)
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", id, err)
	}
	if len(docs) == 0 {
		return nil, fmt.Errorf("import %s: %w", id, record.ErrNotFound)
	}
	return readRun(&docs[0])
}

func readRun(doc *store.Doc) (*stored, error) {
	run := &stored{rev: doc.Rev, touched: doc.UpdatedAt}
	text, _ := doc.Values["data"].(string)
	if err := json.Unmarshal([]byte(text), run); err != nil {
		return nil, fmt.Errorf("import %s: %w", doc.ID, err)
	}
	return run, nil
}

// Start begins an import that stores as a job and answers at once. It fails like Import for what is known without
// opening the workbook.
func (s *Service) Start(ctx context.Context, actor access.Actor, entity, name string, in Input) (Run, error) {
	if _, _, err := s.planned(ctx, actor, entity, in); err != nil {
		return Run{}, err
	}
	run, err := s.begin(ctx, actor, entity, name, in)
	if err != nil {
		return Run{}, err
	}
	if err := s.enqueue(ctx, actor.Tenant, JobImport, run.ID); err != nil {
		return Run{}, err
	}
	return run.Run, nil
}

// begin keeps the workbook and a run that waits: the run first, so that the file never stands nowhere, and before it what
// ends the run if whoever begins it dies.
func (s *Service) begin(ctx context.Context, actor access.Actor, entity, name string, in Input) (*stored, error) {
	run := &stored{Lang: actor.Lang, Key: actor.Key, Run: Run{
		ID: s.config.NewID(), Entity: entity, Status: RunWaiting, Order: orderOf(in), By: actor.ID, CreatedAt: s.now(),
		FileName: name,
	}}
	if err := s.watch(ctx, actor.Tenant, JobImport, run.ID); err != nil {
		return nil, err
	}
	if err := s.keep(ctx, actor.Tenant, run); err != nil {
		return nil, err
	}
	kept, err := s.config.Files.Keep(ctx, actor, file.Upload{Name: name, Type: xlsx, Body: readerOf(in.File)}, run.link())
	if err != nil {
		return nil, fmt.Errorf("keep the workbook: %w", err)
	}
	run.File, run.FileName, run.Size = kept.ID, kept.Name, kept.Size
	return run, s.keep(ctx, actor.Tenant, run)
}

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// link is where the run's workbook belongs.
func (r *stored) link() file.Link { return file.Link{Entity: runs, Record: r.ID, Field: "file"} }

// work is what a job of this package is told.
type work struct {
	Run   string `json:"run"`
	Watch bool   `json:"watch,omitempty"` // the work is another's: only if that one is gone
}

// watchAfter is how long a run may stand still before it is taken over by the job that watches it.
const watchAfter = 2 * time.Minute

func (s *Service) enqueue(ctx context.Context, tenant, kind, id string) error {
	payload, err := json.Marshal(work{Run: id})
	if err != nil {
		return err
	}
	return s.config.Jobs.Enqueue(ctx, tenant, job.Job{Type: kind, Key: kind + "|" + id, Payload: payload})
}

// watch enqueues a job that takes a run on if the process dies before its own job is there, or while its caller waits.
func (s *Service) watch(ctx context.Context, tenant, kind, id string) error {
	payload, err := json.Marshal(work{Run: id, Watch: true})
	if err != nil {
		return err
	}
	return s.config.Jobs.Enqueue(ctx, tenant, job.Job{
		Type: kind, Key: kind + "|watch|" + id, Payload: payload, RunAt: s.now().Add(watchAfter),
	})
}

// visible reads a run of an entity its reader may see: his own, or any for administrators.
func (s *Service) visible(ctx context.Context, actor access.Actor, entity, id string) (*stored, error) {
	if _, err := s.mayImport(ctx, actor, entity); err != nil {
		return nil, err
	}
	run, err := s.run(ctx, actor.Tenant, id)
	if err != nil {
		return nil, err
	}
	if run.Entity != entity || (run.By != actor.ID && !actor.Admin && !actor.System) {
		return nil, fmt.Errorf("import %s: %w", id, record.ErrNotFound)
	}
	return run, nil
}

// Run gives an import of one's own, or to administrators anybody's.
func (s *Service) Run(ctx context.Context, actor access.Actor, entity, id string) (Run, error) {
	run, err := s.visible(ctx, actor, entity, id)
	if err != nil {
		return Run{}, err
	}
	return run.Run, nil
}

// listedRuns is how many imports are listed.
const listedRuns = 50

// Runs lists the imports of an entity the actor may see, the newest first, without their reports.
func (s *Service) Runs(ctx context.Context, actor access.Actor, entity string) ([]Run, error) {
	if _, err := s.mayImport(ctx, actor, entity); err != nil {
		return nil, err
	}
	db, err := s.database(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	where := []*query.Filter{{Cond: &query.Cond{Path: []string{"entity"}, Op: query.Eq, Value: entity, Type: def.TypeText}}}
	if !actor.Admin && !actor.System {
		where = append(where, &query.Filter{Cond: &query.Cond{Path: []string{def.FieldCreatedBy}, Op: query.Eq, Value: actor.ID, Type: def.TypeUser}})
	}
	page, err := db.Find(ctx, query.Query{
		Collection: runs, Where: &query.Filter{And: where}, Limit: listedRuns,
		Sort: []query.Sort{{Field: "begun_at", Desc: true, Type: def.TypeDateTime}},
	})
	if err != nil {
		return nil, fmt.Errorf("imports of %s: %w", entity, err)
	}
	all := make([]Run, 0, len(page.Docs))
	for i := range page.Docs {
		run, err := readRun(&page.Docs[i])
		if err != nil {
			return nil, err
		}
		run.Report = nil
		all = append(all, run.Run)
	}
	return all, nil
}

// Workbook gives the file of an import; the caller closes it.
func (s *Service) Workbook(ctx context.Context, actor access.Actor, entity, id string) (name string, content io.ReadCloser, err error) {
	run, err := s.visible(ctx, actor, entity, id)
	if err != nil {
		return "", nil, err
	}
	kept, content, err := s.config.Files.Kept(ctx, actor.Tenant, run.File, run.link())
	return kept.Name, content, err
}

// change changes a run as it is stored now; decide may refuse.
func (s *Service) change(ctx context.Context, tenant string, run *stored, decide func(*stored) error) error {
	for {
		if err := decide(run); err != nil {
			return err
		}
		err := s.keep(ctx, tenant, run)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		fresh, err := s.run(ctx, tenant, run.ID)
		if err != nil {
			return err
		}
		*run = *fresh
	}
}

// Cancel asks a run to stop. What it stored is taken back if it was to store all records or none, else it stays.
// ErrRunState if it is over.
func (s *Service) Cancel(ctx context.Context, actor access.Actor, entity, id string) (Run, error) {
	run, err := s.visible(ctx, actor, entity, id)
	if err != nil {
		return Run{}, err
	}
	err = s.change(ctx, actor.Tenant, run, func(r *stored) error {
		if r.Status != RunWaiting && r.Status != RunRunning {
			return fmt.Errorf("cancel import %s: %w", id, ErrRunState)
		}
		r.Stop = true
		return nil
	})
	return run.Run, err
}

// Undo takes an import back as a job: what it made goes to the recycle bin, what it changed becomes what it was. It is all
// or nothing: if a record was changed since, or another refers to it, nothing happens and the run says so. ErrRunState if
// there is nothing to undo.
func (s *Service) Undo(ctx context.Context, actor access.Actor, entity, id string) (Run, error) {
	run, err := s.visible(ctx, actor, entity, id)
	if err != nil {
		return Run{}, err
	}
	if err := s.watch(ctx, actor.Tenant, JobUndo, id); err != nil {
		return Run{}, err
	}
	err = s.change(ctx, actor.Tenant, run, func(r *stored) error {
		over := []RunStatus{RunDone, RunCancelled, RunFailed}
		if !slices.Contains(over, r.Status) || r.Created+r.Updated == 0 {
			return fmt.Errorf("undo import %s: %w", id, ErrRunState)
		}
		r.Status, r.UndoneBy, r.Code, r.Params = RunUndoing, actor.ID, "", nil
		return nil
	})
	if err != nil {
		return Run{}, err
	}
	return run.Run, s.enqueue(ctx, actor.Tenant, JobUndo, id)
}

func (s *Service) moment() *time.Time {
	now := s.now()
	return &now
}

func (s *Service) now() time.Time { return s.config.Clock().UTC().Truncate(time.Millisecond) }

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
