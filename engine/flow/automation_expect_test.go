package flow_test

import (
	"testing"

	"formwork/engine/flow"
	"formwork/engine/form"
)

// An update that expects what people saw when they asked for it overwrites nothing that was changed meanwhile: it fails
// for good, says which field, and an administrator may try again when the record holds what was expected.
func TestAnUpdateExpectsWhatWasThere(t *testing.T) {
	const mark = `{"name": "receive", "title": "收货", "entity": "delivery", "nodes": [` + leaderNode + `,
		{"name": "mark", "type": "action", "do": {"update": {"entity": "posting", "where": {"field": "item", "op": "eq", "value": {"var": "record.no"}},
			"values": {"mark": "'paid'"}, "expect": {"mark": "noted", "amount": "1.00"}}}}]}`
	for _, tt := range []struct {
		name, noted, held, want, failure string
	}{
		{name: "as expected", noted: "open", held: "open", want: "paid"},
		{name: "nothing was there, as expected", want: "paid"},
		{name: "changed meanwhile", noted: "open", held: "closed", want: "closed", failure: "changed_meanwhile"},
		{name: "something is there where nothing was", held: "closed", want: "closed", failure: "changed_meanwhile"},
		{name: "it holds what it is to get: the update was made before", noted: "open", held: "paid", want: "paid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAutomated(t, mark)
			posting := form.Values{"item": "D1", "amount": "1.00"}
			if tt.held != "" {
				posting["mark"] = tt.held
			}
			a.seed("posting", "x", posting)
			values := delivery()
			if tt.noted != "" {
				values["noted"] = tt.noted
			}
			rec := a.deliver(values)
			a.decide(li, flow.Act{Verb: flow.Approve})
			a.settle()
			a.wantValues("posting", "mark", tt.want)
			st := a.state("delivery", rec.ID)
			if tt.failure == "" {
				if len(st.Outbox) != 0 {
					t.Errorf("outbox %+v", st.Outbox)
				}
				return
			}
			if len(st.Outbox) != 1 || !st.Outbox[0].Dead || st.Outbox[0].Error != tt.failure {
				t.Fatalf("outbox %+v", st.Outbox)
			}
		})
	}
	t.Run("the record is gone", func(t *testing.T) {
		a := newAutomated(t, mark)
		rec := a.deliver(delivery())
		a.decide(li, flow.Act{Verb: flow.Approve})
		a.settle()
		if st := a.state("delivery", rec.ID); len(st.Outbox) != 1 || st.Outbox[0].Error != "not_found" {
			t.Errorf("outbox %+v", st.Outbox)
		}
	})
}
