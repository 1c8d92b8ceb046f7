package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/store"
)

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
	wantSummary := []flow.SummaryItem{
		{"subject", "主题", "水泥", def.TypeText}, {"project", "项目", "花园", def.TypeReference}, {"amount", "金额", "1500.00", def.TypeMoney},
	}
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
	for reader, want := range map[*access.Actor]bool{&li: false, &wang: true, &sun: true} { // finance has no task yet
		list, err := w.records.List(w.ctx, *reader, "purchase", record.ListInput{})
		if err != nil || len(list.Records) != 1 {
			t.Fatalf("list of %s: %+v, %v", reader.ID, list, err)
		}
		if _, there := list.Records[0].Values["margin"]; there != want {
			t.Errorf("in the list %s sees the margin: %v, want %v", reader.ID, there, want)
		}
	}
	if n := len(w.tab(li, flow.TabOpen)[0].Summary); n != 3 {
		t.Errorf("the manager's card shows %d values, want 3", n)
	}
	if n := len(w.tab(wang, flow.TabStarted)[0].Summary); n != 4 {
		t.Errorf("the initiator's card shows %d values, want 4", n)
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
	deadline := time.Now().Add(time.Minute)
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

// TestWhoLeavesKeepsWhatNobodyCanTake: only the initiator submits again, so his own task stays, and nothing is noted.
func TestWhoLeavesKeepsWhatNobodyCanTake(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("900")
	w.decide(li, flow.Act{Verb: flow.Return, To: "initiator", Comment: "?"})
	engine := access.Actor{Tenant: tenantName, System: true}
	patch := record.PatchInput{Values: form.Values{"disabled": true, "manager": boss.ID}}
	if _, err := w.records.Patch(w.ctx, engine, "user", wang.ID, patch); err != nil {
		t.Fatal(err)
	}
	if err := w.flows.HandOver(w.ctx, tenantName, wang.ID); err != nil {
		t.Fatal(err)
	}
	line, err := w.flows.Timeline(w.ctx, li, "purchase", rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	if last := line.Entries[len(line.Entries)-1]; last.Type != "returned" || line.Flow.Rev != 1 {
		t.Errorf("rev %d, last entry %+v", line.Flow.Rev, last)
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
