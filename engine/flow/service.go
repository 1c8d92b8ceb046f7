package flow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"formwork/engine/access"
	"formwork/engine/event"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/seal"
	"formwork/engine/store"
)

// Config is what a Service is made of. Workday may be nil: Monday to Friday; Log too: the default logger; Outward too:
// nothing leaves. Holder names this process in leases.
type Config struct {
	Catalogs record.Catalogs
	Stores   func(ctx context.Context, tenant string) (store.Store, error)
	Records  *record.Service
	Access   *access.Service
	Events   *event.Hub
	Clock    func() time.Time
	Zone     func(ctx context.Context, tenant string) (*time.Location, error)
	Workday  func(ctx context.Context, tenant string) (func(date string) bool, error)
	// ProjectWorkday gives the days of a project, for deadlines of its records; nil: projects have no days of their own.
	ProjectWorkday func(ctx context.Context, tenant, project string) (func(date string) bool, error)
	Log            *slog.Logger
	Outward        Outward
	Box            *seal.Box // of the secrets of hooks; nil = none can be made
	Holder         string
}

// Service runs flows on records. Each command is one write of the record: Step decides over what is stored, the record's
// own rules check the patched values, and one conditional write keeps both or neither. Its methods are safe for many
// goroutines. They fail with *Refused, with the errors of record.Service, or with what the store failed with.
type Service struct {
	config Config
	outbox *outbox
	firing chan struct{} // one for each batch of deadlines being fired
	calls  callRate      // of hooks: accepted
	noted  callRate      // of hooks: remembered
	mu     sync.Mutex
	plans  map[planKey]*Plan
	ready  sync.Map // tenant → store.Store whose projections exist

	courtesy  courtesy
	projected projected
	veiled    veiled
}

// New makes a Service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Service{
		config: c, outbox: newOutbox(), firing: make(chan struct{}, firers), plans: map[planKey]*Plan{},
		courtesy: courtesy{clock: c.Clock},
	}
}

// Act is what a person asks for; which members count depends on Verb, as in Command.
type Act struct {
	Verb         Verb
	Values       form.Values // merge patch on the record's values
	Comment      string
	Files        []Attached // with the words; who calls has seen to it that they may go there
	To           string
	Users        []string
	Kind         TaskKind
	Mode         string
	Sign         string
	Signed       *Signed
	Resubmit     string
	Picks        map[string][]string
	Acknowledged map[string]string // reasons for warnings, by rule name
	Seen         string
	Rev          *int64
	IfRev        int64             // revision of the record the values were edited over; 0 = not checked
	Key          string            // Idempotency-Key
	Confirmed    bool              // the actor has just typed his password
	Task         string            // of reassign: the id of the task, as lists give it
	Map          map[string]string // of migrate: old node name to new
	Want         Wanted            // of the answer of Decide
	Replayed     *bool             // set to true if the command was done before, under the same key; nil = nobody asks

	version string     // of Migrate: the catalog to go by, "" = the one in force
	due     *Due       // of Timer: filled in when it is decided, empty if none is due; of Suspend: the one the record refused
	problem string     // of Suspend: why
	alarm   *alarm     // of Timer among others: its tasks are written with theirs
	results []Result   // of Deliver
	effect  int        // of RetryEffect
	ended   *ending    // of ChildEnded
	begin   *beginning // of a Start by the engine
}

// Create makes a record and submits it in the same write. An entity with approval but without a matching flow is
// approved at once.
func (s *Service) Create(ctx context.Context, actor access.Actor, entity string, in record.CreateInput) (record.Created, error) {
	return s.CreateWith(ctx, actor, entity, in, nil)
}

// CreateWith is Create with the approvers the initiator chose, by node.
func (s *Service) CreateWith(
	ctx context.Context, actor access.Actor, entity string, in record.CreateInput, picks map[string][]string,
) (record.Created, error) {
	defer s.courtesy.enter()()
	in.Change = func(stored record.Record, full *record.Full) (record.Change, error) {
		d := &deciding{service: s, ctx: ctx, actor: actor, act: Act{Verb: Start, Picks: picks}, stored: stored, full: full}
		return d.start()
	}
	full, replay, err := s.config.Records.CreateFull(ctx, actor, entity, in)
	if err != nil {
		return record.Created{}, err
	}
	settled, st, err := s.settled(ctx, actor.Tenant, full)
	if err != nil {
		return record.Created{}, err
	}
	rec, err := s.shownTo(ctx, actor, settled, st)
	return record.Created{Record: rec, Replay: replay}, err
}

// settled brings the projections of a run that was just changed up to date and has its effects delivered. It gives the
// record and the run as they are now; nobody may change the run.
func (s *Service) settled(ctx context.Context, tenant string, full *record.Full) (*record.Full, *State, error) {
	full, err := s.projectWritten(ctx, tenant, full)
	if err != nil {
		return nil, nil, err
	}
	st, err := stateOf(full)
	if err != nil {
		return nil, nil, err
	}
	if len(st.Outbox) > 0 {
		s.wake(tenant, target{entity: full.Record.Entity, id: full.Record.ID})
	}
	return full, st, nil
}

// shownTo shows a record to who has just changed its run. Whom the decision took the record out of sight sees what he
// wrote.
func (s *Service) shownTo(ctx context.Context, actor access.Actor, full *record.Full, st *State) (record.Record, error) {
	if actor.System {
		return full.Record, nil
	}
	shown, err := s.showing(ctx, actor, full, st)
	if errors.Is(err, record.ErrNotFound) {
		return s.config.Records.ShowParticipant(ctx, actor, full)
	}
	return shown, err
}

// Act does something to the run on a record. Start submits it; on a returned or withdrawn run Start resubmits.
func (s *Service) Act(ctx context.Context, actor access.Actor, entity, id string, act Act) (record.Record, error) {
	full, st, err := s.act(ctx, actor, target{entity: entity, id: id}, act)
	if err != nil {
		return record.Record{}, err
	}
	return s.shownTo(ctx, actor, full, st)
}

// target names a run, and for the verbs of a task the task.
type target struct{ entity, id, task string }

// act does a command and gives the record and the run as they are then.
func (s *Service) act(ctx context.Context, actor access.Actor, at target, act Act) (*record.Full, *State, error) {
	if !actor.System {
		defer s.courtesy.enter()()
	}
	var refused *Refused
	full, err := s.change(ctx, actor, at, act)
	if errors.As(err, &refused) && refused.Code == CodeIntegrity && act.Verb != Suspend {
		// The document does not fit its flow: the run is stopped so that an admin sees it, and the command is refused.
		_, suspendErr := s.change(ctx, engineActor(actor.Tenant), at, Act{Verb: Suspend})
		return nil, nil, errors.Join(err, suspendErr)
	}
	if err != nil {
		return nil, nil, s.explain(ctx, actor, at, act, err)
	}
	return s.settled(ctx, actor.Tenant, full)
}

// engineActor is the engine itself in a tenant.
func engineActor(tenant string) access.Actor { return access.Actor{Tenant: tenant, System: true} }

func (s *Service) change(ctx context.Context, actor access.Actor, at target, act Act) (*record.Full, error) {
	return s.config.Records.ChangeFull(ctx, actor, at.entity, at.id, s.decides(ctx, actor, at, act))
}

// decides gives what decides a command over a record as it is stored.
func (s *Service) decides(ctx context.Context, actor access.Actor, at target, act Act) record.Decide {
	return func(stored record.Record, full *record.Full) (record.Change, error) {
		d := &deciding{service: s, ctx: ctx, actor: actor, act: act, stored: stored, full: full, task: at.task}
		return d.decide()
	}
}

// deciding is one attempt to decide a command over the record as it is stored.
type deciding struct {
	service *Service
	ctx     context.Context //nolint:containedctx // it lives as long as one call
	actor   access.Actor
	act     Act
	task    string
	stored  record.Record
	full    *record.Full
	state   State
	plan    *Plan // once it is known which flow runs
}

// decide gives the change a command makes of the stored record.
func (d *deciding) decide() (record.Change, error) {
	var err error
	if d.state, err = decodeState(d.stored.Flow); err != nil {
		return record.Change{}, err
	}
	if d.state.used(d.act.Key, d.person()) {
		return d.again()
	}
	if d.act.IfRev != 0 && d.stored.Rev != d.act.IfRev {
		return record.Change{}, record.ErrStale
	}
	if d.act.Verb == Start {
		return d.start()
	}
	if d.state.Status == "" {
		return d.withoutRun()
	}
	plan, err := d.service.pinnedPlan(d.ctx, d.actor.Tenant, &d.state)
	if err != nil {
		return record.Change{}, err
	}
	return d.step(plan)
}

// person is whose command it is, "" for the engine's own.
func (d *deciding) person() string {
	if d.actor.System {
		return ""
	}
	return d.actor.ID
}

// again answers a command whose key was used: Step finds out whether it is the same one. A submission may have been a
// resubmission when it was done.
func (d *deciding) again() (record.Change, error) {
	plan, err := d.service.pinnedPlan(d.ctx, d.actor.Tenant, &d.state)
	if err != nil {
		return record.Change{}, err
	}
	change, err := d.step(plan)
	var refused *Refused
	if d.act.Verb == Start && errors.As(err, &refused) && refused.Code == CodeIdempotencyConflict {
		d.act.Verb = Resubmit
		return d.step(plan)
	}
	return change, err
}

// withoutRun is what can be done to a record no flow runs on: comment.
func (d *deciding) withoutRun() (record.Change, error) {
	readable, err := d.full.May(d.ctx, access.Read)
	switch {
	case err != nil:
		return record.Change{}, err
	case !readable && d.stored.CreatedBy != d.actor.ID:
		return record.Change{}, record.ErrNotFound
	case d.act.Verb != Comment:
		return record.Change{}, refuse(CodeEnded)
	}
	fact := Fact{Comment: d.act.Comment}
	return record.Change{Events: []record.Event{{Type: eventTypes[Comment], Data: fact}}}, nil
}

// start submits the record: the first flow that takes it starts, or a returned one goes on.
func (d *deciding) start() (record.Change, error) {
	if d.state.Status == Draft || d.state.Status == Returned {
		d.act.Verb = Resubmit
		return d.decide()
	}
	if err := d.maySubmit(); err != nil {
		return record.Change{}, err
	}
	plan, err := d.service.choose(d.ctx, d)
	if err != nil {
		return record.Change{}, err
	}
	if plan == nil {
		if !d.full.Entity.Approval {
			return record.Change{}, refuse(CodeNotAllowed)
		}
		return record.Change{
			Patch: d.act.Values, State: string(Approved), Event: form.Approve, Acknowledged: d.act.Acknowledged,
			Events: []record.Event{{Type: eventTypes[Start], Data: Fact{Status: Approved, Comment: d.act.Comment}}},
		}, nil
	}
	return d.step(plan)
}

// maySubmit refuses to submit what is not one's own draft, or without the grant.
func (d *deciding) maySubmit() error {
	may, err := d.full.May(d.ctx, access.Submit)
	switch {
	case err != nil:
		return err
	case !may:
		return fmt.Errorf("submit %s: %w", d.full.Entity.Name, record.ErrForbidden)
	case d.stored.Rev > 0 && d.stored.CreatedBy != d.actor.ID && !d.actor.Admin:
		return fmt.Errorf("submit %s: %w", d.full.Entity.Name, record.ErrForbidden)
	case d.state.Status == Running || d.state.Status == Suspended:
		return refuse(CodeFlowRunning)
	case d.stored.State != "" && d.stored.State != string(Draft):
		return refuse(CodeEnded)
	}
	return nil
}

// step does the command on a plan.
func (d *deciding) step(plan *Plan) (record.Change, error) {
	d.plan = plan
	if d.act.Verb == Timer && !d.findDue(plan) {
		return record.Change{}, nil
	}
	dir, err := d.service.directory(d.ctx, d)
	if err != nil {
		return record.Change{}, err
	}
	dir.flow = plan.Flow.Name
	if err := d.visible(plan, dir); err != nil {
		return record.Change{}, err
	}
	cmd, err := d.command(dir)
	if err != nil {
		return record.Change{}, err
	}
	out, err := Step(plan, d.state, cmd, d.world(dir))
	if dir.err != nil {
		return record.Change{}, dir.err
	}
	if err != nil {
		return record.Change{}, err
	}
	if out.Replay {
		if d.act.Replayed != nil {
			*d.act.Replayed = true
		}
		return record.Change{}, nil
	}
	return d.outcome(plan, &out)
}

// visible refuses strangers: for them the record is not there.
func (d *deciding) visible(plan *Plan, dir *directory) error {
	if d.actor.System || d.act.Verb == Start || plan.MayView(&d.state, dir, d.actor.ID, d.full.Now) {
		return dir.err
	}
	readable, err := d.full.May(d.ctx, access.Read)
	if err == nil && !readable {
		err = record.ErrNotFound
	}
	return errors.Join(err, dir.err)
}

func (d *deciding) command(dir *directory) (Command, error) {
	a := &d.act
	cmd := Command{
		Verb: a.Verb, Task: d.task, To: a.To, Users: a.Users, Kind: a.Kind, Mode: a.Mode, Data: a.Values,
		Comment: a.Comment, Files: a.Files, Sign: a.Sign, Signed: a.Signed, Resubmit: a.Resubmit, Picks: a.Picks, Key: a.Key, Rev: a.Rev, Seen: a.Seen,
		Confirmed: a.Confirmed, Map: a.Map,
	}
	if named, ok := splitTaskID(a.Task); ok {
		cmd.Task = named.task
	}
	if a.Verb == Migrate {
		next, err := d.service.published(d.ctx, d.actor.Tenant, a.version)
		if err != nil {
			return cmd, err
		}
		cmd.Next = d.service.plan(next, d.state.Name)
	}
	if a.due != nil {
		cmd.Node, cmd.Round, cmd.Index = a.due.Node, a.due.Round, a.due.Index
	}
	cmd.Problem = a.problem
	a.engines(&cmd)
	if !d.actor.System {
		p, ok := dir.Person(d.actor.ID)
		if !ok {
			return cmd, errors.Join(dir.err, fmt.Errorf("user %s: %w", d.actor.ID, record.ErrForbidden))
		}
		cmd.Actor = p
	}
	return cmd, nil
}

// world is what Step takes from the record and the directory.
func (d *deciding) world(dir *directory) World {
	if d.detached() {
		return d.runWorld(dir)
	}
	return World{
		Now: d.full.Now, Org: dir, Env: dir.env, Calendar: dir.calendar(),
		Values: d.values,
		Seen: func() (string, error) {
			shown, err := d.service.shown(d.ctx, d.actor, d.stored)
			if err != nil {
				return "", err
			}
			return seenOf(shown, d.stored.Rev, d.act.Seen)
		},
	}
}

// values completes the record with a patch. Warnings are left to the write, which knows the reasons given for them.
func (d *deciding) values(patch form.Values) (form.Values, error) {
	starts := d.act.Verb == Start || d.act.Verb == Resubmit
	if len(patch) == 0 && d.stored.Rev > 0 && !starts {
		return d.stored.Values, nil
	}
	values, problems, err := d.full.Evaluate(d.ctx, patch, occasion(d.act.Verb, Running))
	if err != nil {
		return nil, err
	}
	var blocking []form.Problem
	for _, p := range problems {
		if p.Level != levelWarning {
			blocking = append(blocking, p)
		}
	}
	if blocking != nil {
		return nil, &record.InvalidError{Problems: blocking}
	}
	return values, nil
}

// occasion is by which event the record's rules choose.
func occasion(verb Verb, result Status) form.Event {
	switch {
	case verb == Start || verb == Resubmit:
		return form.Submit
	case result == Approved:
		return form.Approve
	default:
		return form.Save
	}
}

// outcome puts what Step decided into one change of the record.
func (d *deciding) outcome(plan *Plan, out *Outcome) (record.Change, error) {
	if d.detached() {
		return d.runOutcome(out)
	}
	raw, err := out.State.MarshalJSON()
	if err != nil {
		return record.Change{}, fmt.Errorf("store flow state: %w", err)
	}
	c := record.Change{
		Patch: out.Patch, Flow: raw, Instance: &out.State, Event: occasion(d.act.Verb, out.State.Status), Acknowledged: d.act.Acknowledged,
		Own: func(path string) bool { field, _, _ := strings.Cut(path, "."); return out.Own[field] },
	}
	if c.Event == form.Approve && d.state.Status == Approved {
		c.Event = form.Save // it was approved before: this only notes what became of an effect
	}
	if c.Event == form.Save && len(out.Patch) == 0 {
		c.Event = "" // the values stay as they are: the rules are not asked
	}
	if d.full.Entity.Approval {
		c.State = string(out.State.Status)
	}
	if due := out.State.wakeAt(); !due.IsZero() {
		c.NextDue = &due
	}
	for _, e := range out.Events {
		c.Events = append(c.Events, record.Event{Type: e.Type, Data: e.Data})
	}
	switch d.act.Verb {
	case Approve, Save:
		if fact, ok := out.Events[0].Data.(Fact); ok {
			c.Writable = plan.Writable(fact.Node)
		}
	case ChildEnded, Retry: // what an administrator of the flow gives to free an incident
		c.Writable = func(string) bool { return true }
	default:
	}
	d.along(&c, plan, &out.State)
	return c, nil
}
