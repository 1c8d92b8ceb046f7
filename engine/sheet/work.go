package sheet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/job"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// The phases of a running import.
const (
	phaseCheck    = "check"
	phaseStore    = "store"
	phaseTakeBack = "take_back"
)

// maxBegun is how often a run is begun without getting on: one that dies again and again at one place is given up.
const maxBegun = 10

// Why passes end before their time.
var (
	errStop      = errors.New("import is to stop")
	errTakenOver = errors.New("import is another worker's now")
)

func readerOf(raw []byte) io.Reader { return bytes.NewReader(raw) }

// Work does the run of a job, or goes on with it.
func (s *Service) Work(ctx context.Context, tenant string, payload json.RawMessage) error {
	run, err := s.jobRun(ctx, tenant, payload)
	if err != nil || (run.Status != RunWaiting && run.Status != RunRunning) {
		return err
	}
	actor, err := s.actorOf(ctx, tenant, run)
	if err != nil {
		return s.give(ctx, tenant, run, err)
	}
	if run.File == "" {
		return s.give(ctx, tenant, run, fileError("not_a_workbook")) // its sender died before it was kept
	}
	_, content, err := s.config.Files.Kept(ctx, tenant, run.File, run.link())
	if err != nil {
		return err
	}
	in := run.Order.input()
	in.File, err = io.ReadAll(content)
	if err = errors.Join(err, content.Close()); err != nil {
		return fmt.Errorf("read workbook of import %s: %w", run.ID, err)
	}
	w, err := s.prepare(ctx, actor, run.Entity, in)
	if err != nil {
		return s.give(ctx, tenant, run, err)
	}
	err = s.do(ctx, w, run)
	if errors.Is(err, errTakenOver) {
		return nil
	}
	if err != nil {
		return s.give(ctx, tenant, run, err)
	}
	return nil
}

// jobRun reads the run of a job. One that only watches waits for as long as somebody is at work on it.
func (s *Service) jobRun(ctx context.Context, tenant string, payload json.RawMessage) (*stored, error) {
	var p work
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	run, err := s.run(ctx, tenant, p.Run)
	if err != nil {
		if p.Watch && errors.Is(err, record.ErrNotFound) {
			return &stored{}, nil // whoever began it died before there was anything
		}
		return nil, err
	}
	over := run.Status != RunWaiting && run.Status != RunRunning && run.Status != RunUndoing
	if quiet := run.touched.Add(watchAfter); p.Watch && !over && s.now().Before(quiet) {
		return nil, &job.Later{At: quiet}
	}
	return run, nil
}

// actorOf is who began a run, as he is now.
func (s *Service) actorOf(ctx context.Context, tenant string, run *stored) (access.Actor, error) {
	if run.By == "" {
		return access.Actor{Tenant: tenant, System: true, Lang: run.Lang}, nil
	}
	actor, err := s.config.People(ctx, tenant, run.By)
	if err != nil {
		return access.Actor{}, fmt.Errorf("who began import %s: %w: %w", run.ID, record.ErrForbidden, err)
	}
	actor.Lang, actor.Key = run.Lang, run.Key
	return actor, nil
}

// give ends a run that cannot be done; what may pass by itself is tried again by the job.
func (s *Service) give(ctx context.Context, tenant string, run *stored, cause error) error {
	var refused *FileError
	code, params := "", map[string]any(nil)
	switch {
	case errors.As(cause, &refused):
		code, params = refused.Code, refused.Params
	case errors.Is(cause, record.ErrForbidden), errors.Is(cause, record.ErrNotFound):
		code = "forbidden"
	case run.Attempts >= maxBegun:
		code = "import_failed"
	default:
		return cause
	}
	err := s.change(context.WithoutCancel(ctx), tenant, run, func(r *stored) error {
		r.Status, r.Phase, r.Code, r.Params, r.FinishedAt = RunFailed, "", code, params, s.moment()
		return nil
	})
	if code == "import_failed" {
		return errors.Join(fmt.Errorf("import %s is given up: %w", run.ID, cause), err)
	}
	return err
}

// runNow does an import while its caller waits.
func (s *Service) runNow(ctx context.Context, actor access.Actor, w *importing) (Report, error) {
	run, err := s.begin(ctx, actor, w.entity, w.entity+".xlsx", w.in)
	if err != nil {
		return Report{}, err
	}
	if err := s.do(ctx, w, run); err != nil {
		return Report{}, errors.Join(err, s.give(ctx, actor.Tenant, run, fmt.Errorf("%w: %w", record.ErrForbidden, err)))
	}
	if run.Report == nil {
		return Report{}, fmt.Errorf("import %s: %w", run.ID, ErrRunState)
	}
	return *run.Report, nil
}

// working is a run being done by this process.
type working struct {
	service *Service
	*importing
	run *stored
}

// do takes a run from where it stands to its end.
func (s *Service) do(ctx context.Context, w *importing, run *stored) error {
	w.seed = run.ID
	d := &working{s, w, run}
	worker := s.config.NewID()
	err := s.change(ctx, w.actor.Tenant, run, func(r *stored) error {
		if r.Status != RunWaiting && r.Status != RunRunning {
			return errTakenOver
		}
		r.Status, r.Worker, r.Rows = RunRunning, worker, w.rows()
		r.Attempts++
		if r.Phase == "" {
			r.Phase = phaseStore
			if r.Order.All {
				r.Phase = phaseCheck
			}
		}
		if r.Phase == phaseCheck {
			r.Records, r.Bad = 0, 0 // a check that was interrupted begins anew
		}
		return nil
	})
	if err == nil && run.Stop && run.Settled == 0 && run.Phase != phaseTakeBack {
		return d.finish(ctx, RunCancelled, d.blank())
	}
	for err == nil && run.Status == RunRunning {
		switch run.Phase {
		case phaseCheck:
			err = d.check(ctx)
		case phaseStore:
			err = d.store(ctx)
		default:
			err = d.takeBack(ctx)
		}
		if errors.Is(err, errStop) {
			err = nil // it is written down that it is to stop: the next phase sees it
		}
	}
	return err
}

// save writes the run down. It ends the pass if another worker has it, or somebody wants it to stop.
func (d *working) save(ctx context.Context, set func(*stored)) error {
	worker := d.run.Worker
	err := d.service.change(ctx, d.actor.Tenant, d.run, func(r *stored) error {
		if r.Worker != worker || r.Status != RunRunning {
			return errTakenOver
		}
		set(r)
		return nil
	})
	if err == nil && d.run.Stop && d.run.Phase != phaseTakeBack {
		return errStop
	}
	return err
}

// check looks at everything before anything is stored.
func (d *working) check(ctx context.Context) error {
	report := d.blank()
	err := d.pass(ctx, pass{dry: true, settled: func(ctx context.Context, some []*draft) error {
		report.note(some)
		return d.save(ctx, func(r *stored) { r.Records, r.Bad = report.Records, report.Records-report.OK })
	}})
	switch {
	case errors.Is(err, errStop):
		return d.finish(ctx, RunCancelled, report)
	case err != nil:
		return err
	case report.OK < report.Records:
		return d.finish(ctx, RunDone, report)
	}
	return d.save(ctx, func(r *stored) { r.Phase, r.Records, r.Rows = phaseStore, 0, d.rows() })
}

// store stores batch by batch. If all are to be stored or none, the first that is refused after all ends it.
func (d *working) store(ctx context.Context) error {
	switch {
	case d.run.Stop && d.in.All:
		return d.save(ctx, func(r *stored) { r.Phase = phaseTakeBack })
	case d.run.Stop:
		return d.end(ctx, RunCancelled, true)
	}
	err := d.pass(ctx, pass{from: d.run.Settled, ready: d.remember, settled: func(ctx context.Context, some []*draft) error {
		part := Report{}
		part.note(some)
		if err := d.keepProblems(ctx, some[0].number, part.Problems); err != nil {
			return err
		}
		bad := part.Records - part.OK
		err := d.save(ctx, func(r *stored) {
			r.Settled, r.Attempts = some[len(some)-1].number+1, 1
			r.Records, r.Bad = r.Settled, r.Bad+bad
			r.Created, r.Updated, r.Same = r.Created+part.Created, r.Updated+part.Updated, r.Same+part.Same
		})
		if err == nil && bad > 0 && d.in.All {
			return errStop
		}
		return err
	}})
	switch {
	case errors.Is(err, errStop) && d.in.All:
		return d.save(ctx, func(r *stored) { r.Phase = phaseTakeBack })
	case errors.Is(err, errStop):
		return d.end(ctx, RunCancelled, true)
	case err != nil:
		return err
	}
	return d.end(ctx, RunDone, true)
}

// takeBack undoes what an import of all or nothing stored.
func (d *working) takeBack(ctx context.Context) error {
	u := &undoing{service: d.service, tenant: d.actor.Tenant, run: d.run}
	if err := u.takeBack(ctx); err != nil {
		return err
	}
	status := RunDone
	if d.run.Stop {
		status = RunCancelled
	}
	err := d.save(ctx, func(r *stored) { r.Created, r.Updated, r.Same = 0, 0, 0 })
	if err != nil {
		return err
	}
	return d.end(ctx, status, false)
}

// end makes the report of what was stored.
func (d *working) end(ctx context.Context, status RunStatus, kept bool) error {
	report := d.blank()
	r := d.run
	report.Rows, report.Records, report.OK = d.rows(), r.Records, r.Records-r.Bad
	report.Created, report.Updated, report.Same, report.Stored = r.Created, r.Updated, r.Same, kept
	found, err := d.service.batches(ctx, d.actor.Tenant, r.ID)
	if err != nil {
		return err
	}
	for _, one := range found {
		report.add(one.Problems)
	}
	return d.finish(ctx, status, report)
}

func (d *working) finish(ctx context.Context, status RunStatus, report Report) error {
	report.Rows = d.rows()
	report.list()
	err := d.save(ctx, func(r *stored) {
		r.Status, r.Phase, r.Report, r.FinishedAt = status, "", &report, d.service.moment()
	})
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

// batchLog is what a run keeps of a batch: what it changes, as it was before, and what was wrong.
type batchLog struct {
	Changed  []changed `json:"changed,omitempty"`
	Problems []Problem `json:"problems,omitempty"`
	number   int
	rev      int64
}

// changed is a record before an import changed it, as far as it did. Rev is its revision when the batch was begun the last
// time: an attempt that died may have changed it before.
type changed struct {
	ID     string      `json:"id"`
	Rev    int64       `json:"rev"`
	Begun  bool        `json:"begun,omitempty"` // an attempt that died changed it already
	Values form.Values `json:"values"`
}

// remember keeps what a batch will change before it does. A batch that is done again keeps the values of the first time,
// and counts what the attempt that died changed.
func (d *working) remember(ctx context.Context, some []*draft) error {
	log := batchLog{number: some[0].number}
	for _, one := range some {
		if one.id != "" && !one.failed() {
			log.Changed = append(log.Changed, changed{ID: one.id, Rev: one.before.Rev, Values: d.valuesBefore(one)})
		}
	}
	if len(log.Changed) == 0 {
		return nil
	}
	kept, err := d.service.batchDocs(ctx, d.actor.Tenant, batchID(d.run.ID, log.number))
	if err != nil {
		return err
	}
	if len(kept) > 0 {
		log.since(kept[0], some)
	}
	return d.keepBatch(ctx, log)
}

// since goes on from what an earlier attempt kept.
func (l *batchLog) since(earlier batchLog, some []*draft) {
	l.rev, l.Problems = earlier.rev, earlier.Problems
	first := map[string]changed{}
	for _, one := range earlier.Changed {
		first[one.ID] = one
	}
	begun := map[string]bool{}
	for i := range l.Changed {
		now := &l.Changed[i]
		if was, known := first[now.ID]; known {
			now.Values, now.Begun = was.Values, was.Begun || was.Rev < now.Rev
			begun[now.ID] = now.Begun
		}
	}
	for _, one := range some {
		one.begun = one.id != "" && begun[one.id]
	}
}

// valuesBefore are the values of the fields a draft changes, as they were; what was missing is nil.
func (d *working) valuesBefore(one *draft) form.Values {
	values := form.Values{}
	for name := range one.values {
		values[name] = one.before.Values[name]
	}
	return values
}

func (d *working) keepProblems(ctx context.Context, number int, problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	log := batchLog{number: number}
	docs, err := d.service.batchDocs(ctx, d.actor.Tenant, batchID(d.run.ID, number))
	if err != nil {
		return err
	}
	if len(docs) > 0 {
		log = docs[0]
	}
	log.Problems = problems
	return d.keepBatch(ctx, log)
}

func batchID(run string, number int) string { return fmt.Sprintf("%s-%09d", run, number) }

func (d *working) keepBatch(ctx context.Context, log batchLog) error {
	raw, err := json.Marshal(log)
	if err != nil {
		return fmt.Errorf("import %s: %w", d.run.ID, err)
	}
	now := d.service.now()
	doc := store.Doc{
		ID: batchID(d.run.ID, log.number), Rev: log.rev + 1, CreatedBy: d.run.By, UpdatedBy: d.run.By, CreatedAt: now, UpdatedAt: now,
		Values: map[string]any{"run": d.run.ID, "number": int64(log.number), "data": string(raw)},
	}
	return d.service.config.Records.Project(ctx, d.actor.Tenant, store.Write{Collection: batches, Doc: doc, IfRev: log.rev})[0]
}

func (s *Service) batchDocs(ctx context.Context, tenant string, ids ...string) ([]batchLog, error) {
	db, err := s.database(ctx, tenant)
	if err != nil {
		return nil, err
	}
	docs, err := db.Get(ctx, batches, ids...)
	if err != nil {
		return nil, fmt.Errorf("batches: %w", err)
	}
	return readBatches(docs)
}

func readBatches(docs []store.Doc) ([]batchLog, error) {
	all := make([]batchLog, len(docs))
	for i := range docs {
		text, _ := docs[i].Values["data"].(string)
		if err := json.Unmarshal([]byte(text), &all[i]); err != nil {
			return nil, fmt.Errorf("batch %s: %w", docs[i].ID, err)
		}
		number, _ := docs[i].Values["number"].(int64)
		all[i].number, all[i].rev = int(number), docs[i].Rev
	}
	return all, nil
}

// batches reads what a run kept of its batches, in order.
func (s *Service) batches(ctx context.Context, tenant, run string) ([]batchLog, error) {
	db, err := s.database(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var all []batchLog
	q := query.Query{
		Collection: batches, Limit: 100, Sort: []query.Sort{{Field: "number", Type: def.TypeInteger}},
		Where: &query.Filter{Cond: &query.Cond{Path: []string{"run"}, Op: query.Eq, Value: run, Type: def.TypeText}},
	}
	for {
		page, err := db.Find(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("batches of import %s: %w", run, err)
		}
		some, err := readBatches(page.Docs)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		if q.After = page.Next; page.Next == "" {
			return all, nil
		}
	}
}
