package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
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
	rights := access.New(access.Config{Catalog: w.Active, Stores: stores, Clock: w.clock, Zone: zone})
	w.records, err = record.New(record.Config{
		Catalogs: w, Stores: stores, Access: rights, Clock: w.clock, Zone: zone, Instance: flow.Instance,
		NewID: func() string { return fmt.Sprintf("N%025d", w.ids.Add(1)) },
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

func TestPurchaseFromSubmitToApproval(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("1500")
	if rec.State != "running" || !slices.Contains(rec.Can, "withdraw") {
		t.Fatalf("after submit: state %s, can %v", rec.State, rec.Can)
	}
	task := w.tab(li, flow.TabOpen)[0]
	if task.Subject != "采购 水泥" || task.NodeTitle != "项目经理" || task.Initiator.Name != "Name u_wang" || !task.Unread {
		t.Errorf("task %+v", task)
	}
	wantSummary := []flow.SummaryItem{{"subject", "主题", "水泥"}, {"project", "项目", "花园"}, {"amount", "金额", "1500.00"}}
	if !slices.Equal(task.Summary, wantSummary) {
		t.Errorf("summary %v, want %v", task.Summary, wantSummary)
	}
	if d := w.decide(li, flow.Act{Verb: flow.Approve, Values: form.Values{"note": "urgent"}}); d.Status != flow.Running {
		t.Fatalf("status %s", d.Status)
	}
	if handled := w.tab(li, flow.TabHandled); len(handled) != 1 || handled[0].Decision != "approved" {
		t.Errorf("handled %+v", handled)
	}
	if d := w.decide(qian, flow.Act{Verb: flow.Approve, Comment: "ok"}); d.Status != flow.Running {
		t.Fatalf("status %s after one of two", d.Status)
	}
	if d := w.decide(sun, flow.Act{Verb: flow.Approve}); d.Status != flow.Approved || d.Record.State != "approved" {
		t.Fatalf("status %s state %s", d.Status, d.Record.State)
	}
	if v := w.load(rec).Values["note"]; v != "urgent" {
		t.Errorf("note %v", v)
	}
	if cc := w.tab(zhou, flow.TabCC); len(cc) != 1 || !cc[0].Unread {
		t.Errorf("copies %+v", cc)
	}
	if started := w.tab(wang, flow.TabStarted); len(started) != 1 || started[0].State != "approved" {
		t.Errorf("started %+v", started)
	}
}

func TestSmallPurchaseTakesTheFlowItsWhereAdmits(t *testing.T) {
	w := newWorld(t)
	w.submit("5")
	if task := w.tab(qian, flow.TabOpen); len(task) != 1 || task[0].Flow != "purchase_small" {
		t.Errorf("tasks %+v", task)
	}
}

func TestWithoutAFlowARecordIsApprovedAtOnce(t *testing.T) {
	w := newWorld(t)
	created, err := w.flows.Create(w.ctx, wang, "leave", record.CreateInput{Values: form.Values{"reason": "wedding"}})
	if err != nil || created.Record.State != "approved" {
		t.Fatalf("state %s, %v", created.Record.State, err)
	}
}

func TestTheRecordsRulesRefuseAnApproval(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("1500")
	w.decide(li, flow.Act{Verb: flow.Approve})
	before := w.load(rec)
	_, err := w.flows.Decide(w.ctx, qian, w.task(qian), flow.Act{Verb: flow.Approve, Values: form.Values{"amount": "2000000"}})
	var invalid *record.InvalidError
	if !errors.As(err, &invalid) || invalid.Problems[0].Code != "too_dear" {
		t.Fatalf("got %v, want too_dear", explain(err))
	}
	if after := w.load(rec); after.Rev != before.Rev {
		t.Errorf("revision %d became %d", before.Rev, after.Rev)
	}
	_, err = w.flows.Decide(w.ctx, qian, w.task(qian), flow.Act{Verb: flow.Approve, Values: form.Values{"note": "x"}})
	w.refused(err, flow.CodeFieldDenied)
}

func TestReturnChangeAndResubmit(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("1500")
	w.decide(li, flow.Act{Verb: flow.Return, Comment: "which supplier?"})
	if got := w.load(rec); got.State != "returned" {
		t.Fatalf("state %s", got.State)
	}
	own := w.tab(wang, flow.TabOpen)
	if len(own) != 1 || own[0].Node != flow.StartNode {
		t.Fatalf("the initiator's tasks: %+v", own)
	}
	_, err := w.flows.Decide(w.ctx, wang, own[0].ID, flow.Act{Verb: flow.Approve})
	w.refused(err, flow.CodeUseResubmit)
	again, err := w.flows.Act(w.ctx, wang, "purchase", rec.ID, flow.Act{Verb: flow.Resubmit, Values: form.Values{"amount": "900"}})
	if err != nil || again.State != "running" || again.Values["amount"] != "900.00" {
		t.Fatalf("resubmit: %v %v", again.Values, explain(err))
	}
	if d := w.decide(li, flow.Act{Verb: flow.Approve}); d.Status != flow.Approved {
		t.Errorf("a cheap purchase needs no finance: %s", d.Status)
	}
}

func TestWithdrawAndSubmitAgain(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("1500")
	if _, err := w.flows.Act(w.ctx, li, "purchase", rec.ID, flow.Act{Verb: flow.Withdraw}); err == nil {
		t.Error("somebody else could withdraw")
	}
	back, err := w.flows.Act(w.ctx, wang, "purchase", rec.ID, flow.Act{Verb: flow.Withdraw})
	if err != nil || back.State != "draft" {
		t.Fatalf("state %s, %v", back.State, err)
	}
	if tasks := w.tab(li, flow.TabOpen); len(tasks) != 0 {
		t.Errorf("the manager still has %+v", tasks)
	}
	if again, err := w.flows.Act(w.ctx, wang, "purchase", rec.ID, flow.Act{Verb: flow.Start}); err != nil || again.State != "running" {
		t.Fatalf("state %s, %v", again.State, explain(err))
	}
	_, err = w.flows.Act(w.ctx, wang, "purchase", rec.ID, flow.Act{Verb: flow.Start})
	w.refused(err, flow.CodeFlowRunning)
}

func TestRejectNeedsAReasonAndEnds(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("1500")
	_, err := w.flows.Decide(w.ctx, li, w.task(li), flow.Act{Verb: flow.Reject})
	w.refused(err, flow.CodeCommentRequired)
	w.decide(li, flow.Act{Verb: flow.Reject, Comment: "no money"})
	_, err = w.flows.Act(w.ctx, wang, "purchase", rec.ID, flow.Act{Verb: flow.Start})
	w.refused(err, flow.CodeEnded)
	line, err := w.flows.Timeline(w.ctx, wang, "purchase", rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	last := line.Entries[len(line.Entries)-1]
	if line.Flow.Status != flow.Rejected || last.Type != "rejected" || last.Comment != "no money" || last.Actor.Name != "Name u_li" {
		t.Errorf("timeline %+v, last %+v", line.Flow, last)
	}
}

func TestHiddenFieldsAndStrangers(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("1500")
	shown, err := w.flows.Record(w.ctx, li, "purchase", rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, there := shown.Values["margin"]; there {
		t.Error("the manager sees what his node hides")
	}
	if _, err := w.flows.Record(w.ctx, none, "purchase", rec.ID); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a stranger got %v", err)
	}
	if _, err := w.flows.Act(w.ctx, none, "purchase", rec.ID, flow.Act{Verb: flow.Comment, Comment: "hi"}); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a stranger could comment: %v", err)
	}
	if _, err := w.flows.Task(w.ctx, boss, w.task(li)); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("another's task: %v", err)
	}
}

func TestChangedSinceSeenTellsWhat(t *testing.T) {
	w := newWorld(t)
	w.submit("1500")
	w.decide(li, flow.Act{Verb: flow.Approve})
	shown, err := w.flows.Task(w.ctx, sun, w.task(sun))
	if err != nil {
		t.Fatal(err)
	}
	w.decide(qian, flow.Act{Verb: flow.Save, Values: form.Values{"amount": "1600"}})
	_, err = w.flows.Decide(w.ctx, sun, w.task(sun), flow.Act{Verb: flow.Approve, Seen: shown.Seen})
	params := w.refused(err, flow.CodeChangedSinceSeen)
	changes, ok := params["changes"].([]flow.EntryChange)
	if !ok || !slices.ContainsFunc(changes, func(c flow.EntryChange) bool {
		return c.Field == "amount" && c.From == "1500.00" && c.To == "1600.00"
	}) {
		t.Errorf("changes %+v", params)
	}
	shown, err = w.flows.Task(w.ctx, sun, w.task(sun))
	if err != nil {
		t.Fatal(err)
	}
	w.decide(qian, flow.Act{Verb: flow.Approve}) // nothing he sees changes
	if d := w.decide(sun, flow.Act{Verb: flow.Approve, Seen: shown.Seen}); d.Status != flow.Approved {
		t.Errorf("status %s", d.Status)
	}
}

func TestIdempotencyAndRevision(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("1500")
	task := w.task(li)
	act := flow.Act{Verb: flow.Approve, Key: "k1"}
	if _, err := w.flows.Decide(w.ctx, li, task, act); err != nil {
		t.Fatal(err)
	}
	rev := w.load(rec).Rev
	if _, err := w.flows.Decide(w.ctx, li, task, act); err != nil {
		t.Errorf("the same command again: %v", err)
	}
	if got := w.load(rec).Rev; got != rev {
		t.Errorf("the same command wrote: %d, was %d", got, rev)
	}
	act.Comment = "other"
	_, err := w.flows.Decide(w.ctx, li, task, act)
	w.refused(err, flow.CodeIdempotencyConflict)
	stale := int64(0)
	_, err = w.flows.Decide(w.ctx, qian, w.task(qian), flow.Act{Verb: flow.Approve, Rev: &stale})
	w.refused(err, flow.CodeConflict)
}

// TestSubmissionsAreReplayed sends each submission twice, as a browser does whose answer got lost.
func TestSubmissionsAreReplayed(t *testing.T) {
	w := newWorld(t)
	created, err := w.records.Create(w.ctx, wang, "purchase", record.CreateInput{Values: purchase("1500")})
	if err != nil {
		t.Fatal(err)
	}
	rec := created.Record
	twice := func(act flow.Act) {
		t.Helper()
		act.IfRev = w.load(rec).Rev
		for range 2 {
			if _, err := w.flows.Act(w.ctx, wang, "purchase", rec.ID, act); err != nil {
				t.Fatalf("%s: %v", act.Key, explain(err))
			}
		}
	}
	twice(flow.Act{Verb: flow.Start, Key: "first"})
	w.decide(li, flow.Act{Verb: flow.Return, Comment: "?"})
	twice(flow.Act{Verb: flow.Start, Key: "second"})
	if got := w.load(rec); got.State != "running" || got.Rev != 4 {
		t.Errorf("state %s at revision %d, want running at 4", got.State, got.Rev)
	}
}

// TestApproversAtOnce lets both of finance approve at the same time, over and over: neither gets a conflict.
func TestApproversAtOnce(t *testing.T) {
	w := newWorld(t)
	for range 20 {
		rec := w.submit("1500")
		w.decide(li, flow.Act{Verb: flow.Approve})
		var group sync.WaitGroup
		for _, who := range []access.Actor{qian, sun} {
			task := w.task(who)
			group.Go(func() {
				if _, err := w.flows.Decide(w.ctx, who, task, flow.Act{Verb: flow.Approve}); err != nil {
					t.Errorf("%s: %v", who.ID, err)
				}
			})
		}
		group.Wait()
		if got := w.load(rec); got.State != "approved" {
			t.Fatalf("state %s", got.State)
		}
		if n := len(w.tab(qian, flow.TabOpen)) + len(w.tab(sun, flow.TabOpen)); n != 0 {
			t.Fatalf("%d tasks are still open", n)
		}
	}
}

// TestRebuild loses the task list and makes it anew.
func TestRebuild(t *testing.T) {
	w := newWorld(t)
	w.submit("1500")
	w.submit("900")
	w.decide2(li)
	before := [][]flow.TaskItem{w.tab(li, flow.TabOpen), w.tab(li, flow.TabHandled), w.tab(wang, flow.TabStarted), w.tab(qian, flow.TabOpen)}
	for _, tab := range before {
		for _, task := range tab {
			doc, err := w.store.Get(w.ctx, "task", task.ID)
			if err != nil || len(doc) != 1 {
				t.Fatal(err)
			}
			doc[0].Rev++
			if err := w.store.Put(w.ctx, store.Write{Collection: "task", Doc: doc[0], IfRev: doc[0].Rev - 1, Remove: true})[0]; err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 { // the second time changes nothing
		if err := w.flows.Rebuild(w.ctx, tenantName); err != nil {
			t.Fatal(err)
		}
	}
	after := [][]flow.TaskItem{w.tab(li, flow.TabOpen), w.tab(li, flow.TabHandled), w.tab(wang, flow.TabStarted), w.tab(qian, flow.TabOpen)}
	wanted, _ := json.Marshal(before)
	got, _ := json.Marshal(after)
	if string(wanted) != string(got) {
		t.Errorf("got  %s\nwant %s", got, wanted)
	}
}

// decide2 approves the first of somebody's tasks.
func (w *world) decide2(who access.Actor) {
	w.Helper()
	tasks := w.tab(who, flow.TabOpen)
	if _, err := w.flows.Decide(w.ctx, who, tasks[len(tasks)-1].ID, flow.Act{Verb: flow.Approve}); err != nil {
		w.Fatal(err)
	}
}

// TestFollow lets the projections be made by the tail of the log, as in another process.
func TestFollow(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("1500")
	hub := event.NewHub(event.Config{
		Stores: func(context.Context, string) (store.Store, error) { return w.store, nil },
		Clock:  time.Now, Holder: "test", Poll: 5 * time.Millisecond,
	})
	tail := hub.Tail(tenantName)
	w.flows.Follow(tenantName, tail)
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan error, 1)
	go func() { done <- tail.Run(ctx) }()
	w.decide(li, flow.Act{Verb: flow.Approve, Values: form.Values{"note": "soon"}})
	deadline := time.Now().Add(5 * time.Second)
	for {
		docs, err := w.store.Get(w.ctx, event.Cursors, "flow")
		if err != nil {
			t.Fatal(err)
		}
		log, err := w.store.Events(w.ctx, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(docs) == 1 && docs[0].Values["after"] == log[len(log)-1].Seq {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the projections never caught up")
		}
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	line, err := w.flows.Timeline(w.ctx, wang, "purchase", rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, e := range line.Entries {
		types = append(types, e.Type)
	}
	if !slices.Equal(types, []string{"started", "approved"}) || len(line.Entries[1].Changes) != 1 {
		t.Errorf("types %v, entries %+v", types, line.Entries)
	}
	if path := line.Flow.Path; path[0].Status != "done" || path[1].Status != "active" || path[2].Status != "waiting" {
		t.Errorf("path %+v", path)
	}
}

// TestPinned lets a run go by the version it started in.
func TestPinned(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("1500")
	w.version = catalog(t, func(defs def.Definitions) {
		add(t, defs, def.KindFlow, `{"name": "purchase", "title": "new", "entity": "purchase",
			"nodes": [{"name": "boss", "type": "approve", "title": "Boss", "who": ["user:u_boss"]}]}`)
	})
	w.older[w.version.Version] = w.version
	w.decide(li, flow.Act{Verb: flow.Approve})
	w.decide(qian, flow.Act{Verb: flow.Approve})
	if d := w.decide(sun, flow.Act{Verb: flow.Approve}); d.Status != flow.Approved {
		t.Errorf("status %s", d.Status)
	}
	if _, err := w.flows.Timeline(w.ctx, wang, "purchase", rec.ID); err != nil {
		t.Errorf("history of an old version: %v", err)
	}
	w.submit("1500")
	if len(w.tab(boss, flow.TabOpen)) != 1 {
		t.Error("a new run does not go by the new version")
	}
}

func TestDeadlines(t *testing.T) {
	w := newWorld(t)
	w.submit("900")
	if due := w.tab(li, flow.TabOpen)[0].DueAt; due == nil {
		t.Error("the task shows no deadline")
	}
	fire := func(hours time.Duration, want int) {
		t.Helper()
		w.mu.Lock()
		w.now = w.now.Add(hours * time.Hour)
		w.mu.Unlock()
		if n, err := w.flows.FireDue(w.ctx, tenantName); err != nil || n != want {
			t.Fatalf("%d fired, want %d: %v", n, want, err)
		}
	}
	fire(23, 0)
	fire(2, 1)
	fire(1, 0)
	fire(23, 1)
	if len(w.tab(li, flow.TabOpen)) != 0 || len(w.tab(chen, flow.TabOpen)) != 1 {
		t.Error("the overdue task did not go to the admin")
	}
}

func TestWhoLeavesHandsOver(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("900")
	engine := access.Actor{Tenant: tenantName, System: true}
	patch := record.PatchInput{Values: form.Values{"disabled": true, "manager": boss.ID}}
	if _, err := w.records.Patch(w.ctx, engine, "user", li.ID, patch); err != nil {
		t.Fatal(err)
	}
	if err := w.flows.Rebuild(w.ctx, tenantName); err != nil {
		t.Fatal(err)
	}
	if d := w.decide(boss, flow.Act{Verb: flow.Approve}); d.Status != flow.Approved {
		t.Errorf("status %s", d.Status)
	}
	line, err := w.flows.Timeline(w.ctx, wang, "purchase", rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	entry := line.Entries[1]
	if entry.Type != "handed_over" || entry.Actor.ID != "system" || entry.Users[0].ID != boss.ID {
		t.Errorf("entry %+v", entry)
	}
}

func TestReadAndCounts(t *testing.T) {
	w := newWorld(t)
	w.submit("900")
	if c, err := w.flows.TaskCounts(w.ctx, li); err != nil || c.Open != 1 {
		t.Errorf("counts %+v, %v", c, err)
	}
	w.decide(li, flow.Act{Verb: flow.Approve})
	copyOf := w.tab(zhou, flow.TabCC)[0]
	if c, err := w.flows.TaskCounts(w.ctx, zhou); err != nil || c.CC != 1 {
		t.Errorf("counts %+v, %v", c, err)
	}
	if err := w.flows.Read(w.ctx, zhou, copyOf.ID); err != nil {
		t.Fatal(err)
	}
	if c, err := w.flows.TaskCounts(w.ctx, zhou); err != nil || c.CC != 0 {
		t.Errorf("counts %+v, %v", c, err)
	}
	if err := w.flows.Read(w.ctx, wang, copyOf.ID); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("another's copy: %v", err)
	}
}
