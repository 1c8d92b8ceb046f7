package flow_test

import (
	"fmt"
	"slices"
	"testing"

	"formwork/engine/flow"
	"formwork/engine/form"
)

// An update of hundreds of records whose process dies in the middle goes on: each is changed once.
func TestAnUpdateOfHundredsOfRecords(t *testing.T) {
	a := newAutomated(t, `{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [`+leaderNode+`,
		{"name": "mark", "type": "action", "do": {"update": {"entity": "posting", "values": {"mark": "'paid'"}, "where": {"and": [
			{"field": "item", "op": "eq", "value": {"var": "record.no"}}, {"field": "mark", "op": "empty", "value": true}]}}}}]}`)
	const postings = 450
	for i := range postings {
		a.seed("posting", fmt.Sprintf("x%03d", i), form.Values{"item": "D1", "amount": "1"})
	}
	rec := a.deliver(delivery())
	task := a.task(li)
	for _, before := range []bool{true, false} { // killed twice on the way, before and after a write
		a.open(150, before)
		if a.load(rec).State == "running" {
			_, _ = a.flows.Decide(a.ctx, li, task, flow.Act{Verb: flow.Approve, Key: "k1"})
		}
		_, _ = a.flows.FireDue(a.ctx, tenantName)
		if a.store.writes < 150 {
			t.Fatalf("only %d writes were tried", a.store.writes)
		}
	}
	a.open(-1, false)
	a.settle()
	a.wantValues("posting", "mark", slices.Repeat([]string{"paid"}, postings)...)
	for _, doc := range a.stored("posting") {
		if doc.Rev != 2 {
			t.Errorf("posting %s was written %d times, want created and marked", doc.ID, doc.Rev)
		}
	}
	if st := a.state("delivery", rec.ID); len(st.Outbox) != 0 || st.Status != flow.Approved {
		t.Errorf("%s, outbox %+v", st.Status, st.Outbox)
	}
}

// A filter that finds more than an action may void is a mistake: nothing is voided.
func TestAVoidOfHundredsOfRecordsIsRefused(t *testing.T) {
	a := newAutomated(t, `{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [`+leaderNode+`,
		{"name": "undo", "type": "action", "do": {"void": {"entity": "inspection", "where": {"field": "item", "op": "eq", "value": {"var": "record.no"}}, "reason": "'x'"}}}]}`)
	for i := range 201 {
		a.seed("inspection", fmt.Sprintf("x%03d", i), form.Values{"item": "D1"})
	}
	rec := a.deliver(delivery())
	a.decide(li, flow.Act{Verb: flow.Approve})
	a.settle()
	if st := a.state("delivery", rec.ID); len(st.Outbox) != 1 || !st.Outbox[0].Dead || st.Outbox[0].Error != "too_many" {
		t.Errorf("outbox %+v", st.Outbox)
	}
}
