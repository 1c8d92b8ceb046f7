package flow_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/store"
)

const postingFlow = `{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [` + leaderNode + `,
	{"name": "post", "type": "action", "do": {"create": {"entity": "posting", "each": "lines",
		"values": {"delivery": "record", "item": "row.item", "amount": "row.qty * row.price", "size": "row.qty"}}}},
	{"name": "note", "type": "action", "do": {"set": {"noted": "no + ' posted'"}}},
	{"name": "tell", "type": "action", "do": {"webhook": "erp.post", "with": {"no": "no", "total": "total"}}},
	{"name": "say", "type": "action", "do": {"notify": {"who": ["initiator", "role:finance"], "title": "no + ' 已入账'"}}}]}`

func TestAnApprovalPostsLineByLineAndTellsOthers(t *testing.T) {
	a := newAutomated(t, postingFlow)
	rec := a.deliver(delivery(line("水泥", 2, "10"), line("沙", 3, "1.5")))
	a.settle()
	a.wantValues("posting", "amount") // not before it is approved
	a.decide(li, flow.Act{Verb: flow.Approve})
	if st := a.state("delivery", rec.ID); len(st.Outbox) != 3 || st.Status != flow.Approved {
		t.Fatalf("after the approval: %s with %d effects, want approved with 3", st.Status, len(st.Outbox))
	}
	a.settle()
	a.wantValues("posting", "amount", "20.00", "4.50")
	a.wantValues("posting", "size", "2", "3")
	a.wantValues("posting", "delivery", rec.ID, rec.ID)
	if got := a.load(rec); got.Values["noted"] != "D1 posted" || got.NextDue != nil {
		t.Errorf("noted %v, next due %v", got.Values["noted"], got.NextDue)
	}
	if st := a.state("delivery", rec.ID); len(st.Outbox) != 0 || len(st.Posted) != 2 {
		t.Errorf("outbox %v, posted %v", st.Outbox, st.Posted)
	}
	if len(a.outward.got) != 2 {
		t.Fatalf("sent %+v", a.outward.got)
	}
	call, note := a.outward.got[0], a.outward.got[1]
	if call.Webhook != "erp.post" || call.Payload["total"] != "24.5" || call.Payload["no"] != "D1" || call.Record != rec.ID {
		t.Errorf("webhook %+v", call)
	}
	if note.Title != "D1 已入账" || fmt.Sprint(note.To) != "[u_wang u_fin u_sun]" {
		t.Errorf("notification %+v", note)
	}
}

// A whole sub-table goes into the new record: the rows an expression gives, with the columns both have. When the run comes by
// again, the same record has the rows of then.
func TestANewRecordTakesTheRowsOfASubTable(t *testing.T) {
	a := newAutomated(t, `{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [`+leaderNode+`,
		{"name": "copy", "type": "action", "do": {"create": {"entity": "delivery", "values": {"no": "no + '-2'", "project": "project", "lines": "filter(lines, .qty > 1)"}}}},
		{"name": "finance", "type": "approve", "who": ["role:finance"]}]}`)
	rec := a.deliver(delivery(line("水泥", 2, "10"), line("沙", 1, "5"), line("砖", 300, "0.5")))
	a.decide(li, flow.Act{Verb: flow.Approve})
	a.settle()
	copied := func() (id, lines string, rows []map[string]any) {
		for _, doc := range a.stored("delivery") {
			if doc.ID != rec.ID {
				id, rows = doc.ID, append(rows, record.RowsOf(doc.Values["lines"])...)
			}
		}
		for _, row := range rows {
			lines += fmt.Sprint(row["item"], " ", row["qty"], " × ", row["price"], "; ")
		}
		return id, lines, rows
	}
	first, lines, rows := copied()
	if want := "水泥 2 × 10.00; 砖 300 × 0.50; "; lines != want {
		t.Fatalf("copied %q, want %q", lines, want)
	}

	a.decide(sun, flow.Act{Verb: flow.Return, Comment: "砖没有到"})
	own := record.RowsOf(a.load(rec).Values["lines"])
	patch := record.PatchInput{Values: form.Values{"lines": []any{
		map[string]any{"_id": own[0]["_id"], "qty": int64(4)}, map[string]any{"_id": own[2]["_id"], "_delete": true},
	}}}
	if _, err := a.records.Patch(a.ctx, wang, "delivery", rec.ID, patch); err != nil {
		t.Fatal(explain(err))
	}
	if _, err := a.flows.Act(a.ctx, wang, "delivery", rec.ID, flow.Act{Verb: flow.Start}); err != nil {
		t.Fatal(explain(err))
	}
	a.decide(li, flow.Act{Verb: flow.Approve})
	a.settle()
	second, lines, again := copied()
	if want := "水泥 4 × 10.00; "; lines != want || second != first || again[0]["_id"] != rows[0]["_id"] {
		t.Errorf("copied again %q into %s, want %q into %s, in the same row", lines, second, want, first)
	}
}

func TestAVoidReversesWhatWasPosted(t *testing.T) {
	a := newAutomated(t, postingFlow)
	rec := a.deliver(delivery(line("水泥", 2, "10")))
	a.decide(li, flow.Act{Verb: flow.Approve})
	a.settle()
	a.wantValues("posting", "item", "水泥")
	if _, err := a.records.Void(a.ctx, wang, "delivery", rec.ID, record.VoidInput{Reason: "wrong"}); err != nil {
		t.Fatal(explain(err))
	}
	a.settle()
	a.wantValues("posting", "item")
	if st := a.state("delivery", rec.ID); len(st.Posted) != 0 || len(st.Outbox) != 0 {
		t.Errorf("posted %v, outbox %v", st.Posted, st.Outbox)
	}
}

// TestARecordIsPostedAsItIsWhenItPassesTheNodeLast: a returned record comes by again with other lines.
func TestARecordIsPostedAsItIsWhenItPassesTheNodeLast(t *testing.T) {
	a := newAutomated(t, `{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [
		{"name": "post", "type": "action", "do": {"create": {"entity": "posting", "each": "lines", "values": {"item": "row.item", "amount": "row.price"}}}},
		`+leaderNode+`]}`)
	rec := a.deliver(delivery(line("水泥", 1, "10"), line("沙", 1, "2")))
	a.settle()
	a.wantValues("posting", "amount", "10.00", "2.00")
	a.decide(li, flow.Act{Verb: flow.Return, Comment: "too dear"})
	rows, _ := a.load(rec).Values["lines"].([]any)
	first, _ := rows[0].(map[string]any)
	second, _ := rows[1].(map[string]any)
	_, err := a.flows.Act(a.ctx, wang, "delivery", rec.ID, flow.Act{Verb: flow.Resubmit, Values: form.Values{"lines": []any{
		map[string]any{"_id": first["_id"], "price": "9"},
		map[string]any{"_id": second["_id"], "_delete": true},
		line("石", 1, "3"),
	}}})
	if err != nil {
		t.Fatal(explain(err))
	}
	a.settle()
	a.wantValues("posting", "amount", "3.00", "9.00")
	a.wantValues("posting", "item", "水泥", "石")
}

// TestKilledAtAnyWriteEveryEffectHappensOnce is R08: the process dies before or after each write it makes on the way from
// the approval to the acknowledgement; another one goes on. There are as many postings as lines, whatever happened.
func TestKilledAtAnyWriteEveryEffectHappensOnce(t *testing.T) {
	for _, before := range []bool{true, false} {
		for at := 1; ; at++ {
			a := newAutomated(t, postingFlow)
			rec := a.deliver(delivery(line("水泥", 2, "10"), line("沙", 3, "1.5")))
			task := a.task(li)
			a.open(at, before)
			_, err := a.flows.Decide(a.ctx, li, task, flow.Act{Verb: flow.Approve, Key: "k1"})
			if err == nil {
				_, _ = a.flows.FireDue(a.ctx, tenantName)
			}
			survived := a.store.writes < at
			a.open(-1, false)
			if a.load(rec).State == "running" { // the approval was lost, nobody was told otherwise
				if _, err := a.flows.Decide(a.ctx, li, task, flow.Act{Verb: flow.Approve, Key: "k1"}); err != nil {
					t.Fatalf("killed at write %d: %s", at, explain(err))
				}
			}
			a.settle()
			a.wantValues("posting", "amount", "20.00", "4.50")
			if st := a.state("delivery", rec.ID); len(st.Outbox) != 0 || len(st.Posted) != 2 || st.Status != flow.Approved {
				t.Errorf("killed at write %d (before %t): %s, outbox %v, posted %v", at, before, st.Status, st.Outbox, st.Posted)
			}
			ids := map[string]int{}
			for _, m := range a.outward.got {
				ids[m.ID+m.Kind]++
			}
			if len(ids) != 2 {
				t.Errorf("killed at write %d (before %t): messages %v, want 2 ids", at, before, ids)
			}
			if survived || t.Failed() {
				if at < 5 {
					t.Errorf("only %d writes were tried", at)
				}
				break
			}
		}
	}
}

func TestAReceiverThatIsDownIsTriedAgainAndGivenUp(t *testing.T) {
	a := newAutomated(t, `{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [`+leaderNode+`,
		{"name": "tell", "type": "action", "do": {"webhook": "erp.post", "with": {"no": "no"}}},
		{"name": "post", "type": "action", "do": {"create": {"entity": "posting", "values": {"item": "no", "amount": "1"}}}}]}`)
	a.outward.fail = func(flow.Outbound) error { return errors.New("connection refused") }
	rec := a.deliver(delivery())
	a.decide(li, flow.Act{Verb: flow.Approve})
	a.settle()
	a.wantValues("posting", "item", "D1") // is not held up by the receiver
	st := a.state("delivery", rec.ID)
	if len(st.Outbox) != 1 || st.Outbox[0].Attempts < 1 || st.Outbox[0].Error != "failed" || st.Outbox[0].Dead {
		t.Fatalf("outbox %+v", st.Outbox)
	}
	pauses := []time.Duration{}
	for range 40 {
		if st = a.state("delivery", rec.ID); st.Outbox[0].Dead {
			break
		}
		pauses = append(pauses, st.Outbox[0].Next.Sub(a.clock()))
		a.pass(st.Outbox[0].Next.Sub(a.clock()))
		a.settle()
	}
	if !st.Outbox[0].Dead || st.Outbox[0].Attempts != flow.MaxAttempts || len(a.outward.got) != flow.MaxAttempts {
		t.Fatalf("after %d pauses: %+v", len(pauses), st.Outbox)
	}
	if pauses[5] < 8*pauses[1] || pauses[len(pauses)-1] < 30*time.Minute {
		t.Errorf("pauses do not grow: %v", pauses)
	}
	sent := len(a.outward.got)
	a.pass(24 * time.Hour)
	a.settle()
	if len(a.outward.got) != sent {
		t.Error("it was tried again after it was given up")
	}
	err := a.flows.RetryEffect(a.ctx, wang, "delivery", rec.ID, st.Outbox[0].N)
	a.refused(err, flow.CodeNotAdmin)
	a.outward.fail = nil
	if err := a.flows.RetryEffect(a.ctx, chen, "delivery", rec.ID, st.Outbox[0].N); err != nil {
		t.Fatal(explain(err))
	}
	a.settle()
	if st := a.state("delivery", rec.ID); len(st.Outbox) != 0 {
		t.Errorf("outbox %+v", st.Outbox)
	}
	if first, last := a.outward.got[0], a.outward.got[len(a.outward.got)-1]; first.ID != last.ID {
		t.Errorf("the receiver cannot know it: %s, %s", first.ID, last.ID)
	}
}

func TestARefusalForGoodIsNotTriedAgain(t *testing.T) {
	a := newAutomated(t, `{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [`+leaderNode+`,
		{"name": "tell", "type": "action", "do": {"webhook": "erp.post"}}]}`)
	a.outward.fail = func(flow.Outbound) error { return fmt.Errorf("call: %w", &flow.Permanent{Code: "no_webhook"}) }
	rec := a.deliver(delivery())
	a.decide(li, flow.Act{Verb: flow.Approve})
	a.settle()
	if st := a.state("delivery", rec.ID); len(st.Outbox) != 1 || !st.Outbox[0].Dead || st.Outbox[0].Error != "no_webhook" {
		t.Errorf("outbox %+v", st.Outbox)
	}
	line, err := a.flows.Timeline(a.ctx, chen, "delivery", rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(line.Flow.Effects) != 1 || line.Flow.Effects[0].Error != "no_webhook" || !line.Flow.Effects[0].Dead {
		t.Errorf("shown %+v", line.Flow.Effects)
	}
}

func TestOtherRecordsAreChangedAndVoided(t *testing.T) {
	a := newAutomated(t, `{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [`+leaderNode+`,
		{"name": "mark", "type": "action", "do": {"update": {"entity": "posting", "where": {"field": "item", "op": "eq", "value": {"var": "record.no"}}, "values": {"mark": "'paid'"}}}},
		{"name": "name", "type": "action", "do": {"update": {"entity": "project", "record": "project", "values": {"name": "project.name + '!'"}}}},
		{"name": "undo", "type": "action", "do": {"void": {"entity": "inspection", "where": {"field": "item", "op": "eq", "value": {"var": "record.no"}}, "reason": "'replaced by ' + no"}}}]}`)
	for i, item := range []string{"D1", "D2", "D1"} {
		a.seed("posting", fmt.Sprint("x", i), form.Values{"item": item, "amount": "1"})
	}
	if _, err := a.flows.Create(a.ctx, boss, "inspection", record.CreateInput{Values: form.Values{"item": "D1"}}); err == nil {
		t.Fatal("a manager could create an inspection")
	}
	engine := boss
	engine.Admin = true
	old, err := a.flows.Create(a.ctx, engine, "inspection", record.CreateInput{Values: form.Values{"item": "D1"}})
	if err != nil || old.Record.State != "approved" {
		t.Fatalf("%v %s", old.Record.State, explain(err))
	}
	a.deliver(delivery())
	a.decide(li, flow.Act{Verb: flow.Approve})
	a.settle()
	a.wantValues("posting", "mark", "<nil>", "paid", "paid")
	a.wantValues("project", "name", "花园!")
	if got := a.load(old.Record); got.State != "voided" {
		t.Errorf("state %s", got.State)
	}
}

const callFlow = `{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [
	{"name": "check", "type": "call", "flow": "inspect", "each": "lines", "in": {"item": "row.item"}, "out": {"checked": "result"}, "onReject": "return:initiator"},
	{"name": "post", "type": "action", "do": {"create": {"entity": "posting", "values": {"item": "no", "amount": "total"}}}}]}`

const inspectFlow = `{"name": "inspect", "title": "验收", "entity": "inspection", "start": {"on": "call"}, "nodes": [
	{"name": "look", "type": "approve", "who": ["user:u_boss"], "fields": {"result": "w"}}]}`

func TestACalledFlowWithPeopleRunsOnRecordsOfItsOwn(t *testing.T) {
	a := newAutomated(t, callFlow, inspectFlow)
	rec := a.deliver(delivery(line("水泥", 2, "10"), line("沙", 1, "1")))
	a.settle()
	tasks := a.tab(boss, flow.TabOpen)
	if len(tasks) != 2 || tasks[0].Entity != "inspection" || tasks[0].Initiator.ID != wang.ID {
		t.Fatalf("tasks %+v", tasks)
	}
	for _, task := range tasks {
		if _, err := a.flows.Decide(a.ctx, boss, task.ID, flow.Act{Verb: flow.Approve, Values: form.Values{"result": "good"}}); err != nil {
			t.Fatal(explain(err))
		}
		a.settle()
	}
	got := a.load(rec)
	rows, _ := got.Values["lines"].([]any)
	for _, item := range rows {
		if row, _ := item.(map[string]any); row["checked"] != "good" {
			t.Errorf("row %v", row)
		}
	}
	if got.State != "approved" {
		t.Errorf("state %s", got.State)
	}
	a.wantValues("posting", "amount", "21.00")
}

func TestARejectionInACalledFlowIsTheCallersOnReject(t *testing.T) {
	a := newAutomated(t, callFlow, inspectFlow)
	rec := a.deliver(delivery(line("水泥", 2, "10"), line("沙", 1, "1")))
	a.settle()
	task := a.tab(boss, flow.TabOpen)[0]
	if _, err := a.flows.Decide(a.ctx, boss, task.ID, flow.Act{Verb: flow.Reject, Comment: "wet"}); err != nil {
		t.Fatal(explain(err))
	}
	a.settle()
	if got := a.load(rec); got.State != "returned" {
		t.Fatalf("state %s", got.State)
	}
	if open := a.tab(boss, flow.TabOpen); len(open) != 0 {
		t.Errorf("the other child still asks: %+v", open)
	}
	a.wantValues("posting", "amount")
}

func TestWithTheParentItsChildrenAreCancelled(t *testing.T) {
	a := newAutomated(t, callFlow, inspectFlow)
	rec := a.deliver(delivery(line("水泥", 2, "10")))
	a.settle()
	if _, err := a.flows.Act(a.ctx, wang, "delivery", rec.ID, flow.Act{Verb: flow.Cancel}); err != nil {
		t.Fatal(explain(err))
	}
	a.settle()
	if open := a.tab(boss, flow.TabOpen); len(open) != 0 {
		t.Errorf("open %+v", open)
	}
	for _, doc := range a.stored("inspection") {
		if doc.State != "cancelled" {
			t.Errorf("child %s", doc.State)
		}
	}
}

func TestACalledFlowWithoutPeopleIsARunOfItsOwn(t *testing.T) {
	a := newAutomated(t, `{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [`+leaderNode+`,
		{"name": "sum", "type": "call", "flow": "adder", "in": {"item": "no"}, "out": {"noted": "mark"}}]}`,
		`{"name": "adder", "title": "计算", "entity": "posting", "start": {"on": "call"}, "nodes": [
		{"name": "say", "type": "action", "do": {"set": {"mark": "item + ' checked'"}}}]}`)
	rec := a.deliver(delivery())
	a.decide(li, flow.Act{Verb: flow.Approve})
	a.settle()
	if got := a.load(rec); got.State != "approved" || got.Values["noted"] != "D1 checked" {
		t.Fatalf("state %s, noted %v", got.State, got.Values["noted"])
	}
	runs := a.stored("flow_run")
	if len(runs) != 1 || runs[0].Values["status"] != "approved" || runs[0].Values["trigger"] != "call" {
		t.Fatalf("runs %+v", runs)
	}
	a.state("flow_run", runs[0].ID)
}

func TestAWaitFollowsTheDateOfTheRecord(t *testing.T) {
	a := newAutomated(t, `{"name": "due", "title": "到期", "entity": "delivery", "start": {"on": ["created"], "entity": "delivery"}, "nodes": [
		{"name": "until", "type": "wait", "until": "due ?? today()"},
		{"name": "post", "type": "action", "do": {"create": {"entity": "posting", "values": {"item": "no", "amount": "1"}}}}]}`)
	values := delivery()
	values["due"] = "2026-03-05"
	created, err := a.records.Create(a.ctx, wang, "delivery", record.CreateInput{Values: values})
	if err != nil {
		t.Fatal(explain(err))
	}
	a.settle()
	run := a.stored("flow_run")[0]
	if due := a.nextDue(run.ID); !due.Equal(time.Date(2026, 3, 4, 16, 0, 0, 0, time.UTC)) {
		t.Fatalf("due %v, want the beginning of the day in the tenant's zone", due)
	}
	if _, err := a.records.Patch(a.ctx, wang, "delivery", created.Record.ID, record.PatchInput{Values: form.Values{"due": "2026-03-09"}}); err != nil {
		t.Fatal(explain(err))
	}
	a.settle()
	if due := a.nextDue(run.ID); !due.Equal(time.Date(2026, 3, 8, 16, 0, 0, 0, time.UTC)) {
		t.Fatalf("due %v after the date moved", due)
	}
	a.pass(3 * 24 * time.Hour)
	a.settle()
	a.wantValues("posting", "item")
	a.pass(4 * 24 * time.Hour)
	a.settle()
	a.wantValues("posting", "item", "D1")
	a.state("flow_run", run.ID)
}

func (a *automated) nextDue(run string) time.Time {
	a.Helper()
	docs, err := a.world.store.Get(a.ctx, def.EntityRun, run)
	if err != nil || len(docs) == 0 || docs[0].NextDue == nil {
		a.Fatalf("run %s: %v, %d", run, err, len(docs))
	}
	return *docs[0].NextDue
}

func TestAWaitForAConditionGoesOnWhenTheRecordSaysSo(t *testing.T) {
	a := newAutomated(t, `{"name": "watch", "title": "等", "entity": "delivery", "start": {"on": ["created"], "where": {"field": "no", "op": "eq", "value": "D1"}}, "nodes": [
		{"name": "until", "type": "wait", "until": "nz(noted, 'no') == 'ok'"},
		{"name": "post", "type": "action", "do": {"create": {"entity": "posting", "values": {"item": "no", "amount": "1"}}}}]}`)
	created, err := a.records.Create(a.ctx, wang, "delivery", record.CreateInput{Values: delivery()})
	if err != nil {
		t.Fatal(explain(err))
	}
	other := delivery()
	other["no"] = "D2" // the trigger's filter does not admit it
	if _, err := a.records.Create(a.ctx, wang, "delivery", record.CreateInput{Values: other}); err != nil {
		t.Fatal(explain(err))
	}
	a.pass(40 * time.Hour)
	a.settle()
	a.wantValues("posting", "item")
	if runs := a.stored("flow_run"); len(runs) != 1 {
		t.Fatalf("%d runs", len(runs))
	}
	if _, err := a.records.Patch(a.ctx, wang, "delivery", created.Record.ID, record.PatchInput{Values: form.Values{"noted": "ok"}}); err != nil {
		t.Fatal(explain(err))
	}
	a.settle()
	a.wantValues("posting", "item", "D1")
}

func TestEventsSetOffAutomationsOnce(t *testing.T) {
	on := func(kind string) string {
		return fmt.Sprintf(`{"name": "on_%s", "title": "x", "entity": "delivery", "start": {"on": ["%s"]}, "nodes": [
			{"name": "post", "type": "action", "do": {"create": {"entity": "posting", "values": {"item": "'%s'", "amount": "1"}}}}]}`, kind, kind, kind)
	}
	a := newAutomated(t, on("created"), on("updated"), on("approved"), on("voided"),
		`{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [`+leaderNode+`]}`)
	created, err := a.records.Create(a.ctx, wang, "delivery", record.CreateInput{Values: delivery()})
	if err != nil {
		t.Fatal(explain(err))
	}
	id := created.Record.ID
	a.settle()
	a.wantValues("posting", "item", "created")
	if _, err := a.records.Patch(a.ctx, wang, "delivery", id, record.PatchInput{Values: form.Values{"noted": "x"}}); err != nil {
		t.Fatal(explain(err))
	}
	a.settle()
	a.wantValues("posting", "item", "created", "updated")
	if _, err := a.flows.Act(a.ctx, wang, "delivery", id, flow.Act{Verb: flow.Start}); err != nil {
		t.Fatal(explain(err))
	}
	a.settle()
	a.wantValues("posting", "item", "created", "updated") // a command that changes no value is no update
	a.decide(li, flow.Act{Verb: flow.Approve})
	a.settle()
	a.wantValues("posting", "item", "approved", "created", "updated")
	if _, err := a.records.Void(a.ctx, wang, "delivery", id, record.VoidInput{Reason: "no"}); err != nil {
		t.Fatal(explain(err))
	}
	a.settle()
	// What automations of the record posted is taken back; what the void itself sets off stays.
	a.wantValues("posting", "item", "voided")
}

// What a deletion sets off reads the record in the recycle bin, and goes on although it is there.
func TestADeletionSetsOffAnAutomation(t *testing.T) {
	a := newAutomated(t, `{"name": "mourn", "title": "x", "entity": "delivery", "nodes": [
		{"name": "post", "type": "action", "do": {"create": {"entity": "posting", "values": {"item": "'gone ' + no", "amount": "1"}}}}],
		"start": {"on": ["deleted"], "where": {"field": "noted", "op": "empty", "value": false}}}`)
	plain, gone := delivery(), delivery()
	gone["no"], gone["noted"] = "D2", "x"
	var ids []string
	for _, values := range []form.Values{plain, gone} {
		made, err := a.records.Create(a.ctx, wang, "delivery", record.CreateInput{Values: values})
		if err != nil {
			t.Fatal(explain(err))
		}
		ids = append(ids, made.Record.ID)
	}
	for _, rec := range ids {
		if err := a.records.Delete(a.ctx, wang, "delivery", rec, 0); err != nil {
			t.Fatal(explain(err))
		}
	}
	a.settle()
	a.wantValues("posting", "item", "gone D2") // D1 is not what the flow is for
	if _, err := a.records.Restore(a.ctx, wang, "delivery", ids[1]); err != nil {
		t.Fatal(explain(err))
	}
	a.settle()
	a.wantValues("posting", "item", "gone D2")
}

func TestAutomationsThatSetEachOtherOffAreStopped(t *testing.T) {
	a := newAutomated(t, `{"name": "again", "title": "x", "entity": "posting", "start": {"on": ["created", "updated"]}, "nodes": [
		{"name": "more", "type": "action", "do": {"create": {"entity": "posting", "values": {"item": "item + '+'", "amount": "1"}}}}]}`)
	a.seed("posting", "x1", form.Values{"item": "x", "amount": "1"})
	a.settle()
	stopped := 0
	for _, run := range a.stored("flow_run") {
		if run.Values["status"] == "suspended" && run.Values["incident"] == "chain" {
			stopped++
		}
	}
	if n := len(a.stored("posting")); n != 10 || stopped != 1 {
		t.Errorf("%d postings, %d runs stopped; want 10 and 1", n, stopped)
	}
}

func TestAScheduleRunsOnTimeAndCatchesUpOnce(t *testing.T) {
	a := newAutomated(t, `{"name": "nightly", "title": "x", "start": {"schedule": "30 2 * * *"}, "nodes": [
		{"name": "post", "type": "action", "do": {"create": {"entity": "posting", "values": {"item": "scheduled_at", "amount": "missed"}}}}]}`)
	tick := func() {
		t.Helper()
		if _, err := a.flows.RunSchedules(a.ctx, tenantName); err != nil {
			t.Fatal(explain(err))
		}
		a.settle()
	}
	tick() // noted from when on
	a.wantValues("posting", "item")
	next, err := a.flows.NextRun(a.ctx, tenantName, &def.Flow{Start: &def.Start{Schedule: "30 2 * * *"}})
	if err != nil || next == nil || next.Format(time.RFC3339) != "2026-03-02T18:30:00Z" {
		t.Errorf("runs next at %v, %v", next, err)
	}
	if next, err := a.flows.NextRun(a.ctx, tenantName, &def.Flow{}); next != nil || err != nil {
		t.Errorf("what is submitted runs next at %v, %v", next, err)
	}
	a.pass(24 * time.Hour)
	tick()
	tick()
	a.wantValues("posting", "item", "2026-03-02T18:30:00Z") // 2:30 in the tenant's zone
	a.pass(5 * 24 * time.Hour)
	tick()
	a.wantValues("posting", "item", "2026-03-02T18:30:00Z", "2026-03-07T18:30:00Z")
	a.wantValues("posting", "amount", "0.00", "4.00")
}

func TestAButtonIsOfferedToThoseWhoMay(t *testing.T) {
	a := newAutomated(t, `{"name": "send", "title": "发送", "entity": "delivery", "start": {"on": "button", "where": {"field": "no", "op": "eq", "value": "D1"}}, "nodes": [
		{"name": "note", "type": "action", "do": {"set": {"noted": "'sent by ' + actor.name"}}}]}`,
		`{"name": "boss_only", "title": "主管", "entity": "delivery", "start": {"on": "button", "roles": ["flow_admin"]}, "nodes": [
		{"name": "note", "type": "action", "do": {"set": {"noted": "'boss'"}}}]}`)
	created, err := a.records.Create(a.ctx, wang, "delivery", record.CreateInput{Values: delivery()})
	if err != nil {
		t.Fatal(explain(err))
	}
	id := created.Record.ID
	buttons, err := a.flows.Buttons(a.ctx, wang, "delivery", id)
	if err != nil || len(buttons) != 1 || buttons[0] != (flow.Button{Flow: "send", Title: "发送"}) {
		t.Fatalf("%v %v", buttons, err)
	}
	if buttons, err := a.flows.Buttons(a.ctx, li, "delivery", id); err != nil || len(buttons) != 0 {
		t.Errorf("who may only read is offered %v, %v", buttons, err)
	}
	if _, err := a.flows.Press(a.ctx, li, [2]string{"delivery", id}, "send", ""); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("got %v", err)
	}
	if _, err := a.flows.Press(a.ctx, none, [2]string{"delivery", id}, "send", ""); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	for range 2 {
		if _, err := a.flows.Press(a.ctx, wang, [2]string{"delivery", id}, "send", "k1"); err != nil {
			t.Fatal(explain(err))
		}
	}
	a.settle()
	if got := a.load(created.Record).Values["noted"]; got != "sent by Name u_wang" {
		t.Errorf("noted %v", got)
	}
	if runs := a.stored("flow_run"); len(runs) != 1 {
		t.Errorf("%d runs", len(runs))
	}
}

var _ store.Doc

// TestAnotherProcessDeliversIsLeftAlone: while one process is at an effect another one does not send it again.
func TestAnotherProcessDeliversIsLeftAlone(t *testing.T) {
	a := newAutomated(t, `{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [`+leaderNode+`,
		{"name": "tell", "type": "action", "do": {"webhook": "erp.post"}}]}`)
	rec := a.deliver(delivery())
	a.decide(li, flow.Act{Verb: flow.Approve})
	other := a.flows
	a.openAs("there")
	nested := 0
	a.outward.fail = func(flow.Outbound) error {
		if nested++; nested == 1 { // the other process comes by while this one is waiting for the receiver
			a.outward.mu.Unlock()
			defer a.outward.mu.Lock()
			if _, err := other.FireDue(a.ctx, tenantName); err != nil {
				t.Error(explain(err))
			}
		}
		return nil
	}
	a.settle()
	if len(a.outward.got) != 1 {
		t.Errorf("sent %d times", len(a.outward.got))
	}
	if st := a.state("delivery", rec.ID); len(st.Outbox) != 0 {
		t.Errorf("outbox %+v", st.Outbox)
	}
}
