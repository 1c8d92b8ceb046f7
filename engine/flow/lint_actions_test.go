package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"formwork/engine/def"
	"formwork/engine/flow"
)

// TestPublishingChecksWhatFlowsDoByThemselves gives a flow with one mistake each, and the code and place of the finding.
func TestPublishingChecksWhatFlowsDoByThemselves(t *testing.T) {
	onDelivery := func(node string) string {
		return `{"name": "f", "title": "f", "entity": "delivery", "nodes": [` + leaderNode + `, ` + node + `]}`
	}
	action := func(do string) string { return onDelivery(`{"name": "n", "type": "action", "do": ` + do + `}`) }
	tests := []struct{ name, flow, want string }{
		{"all is well", action(`{"create": {"entity": "posting", "each": "lines", "values": {"item": "row.item", "amount": "row.qty * row.price", "delivery": "record"}}}`), ""},
		{"rows for a sub-table", action(`{"create": {"entity": "delivery", "values": {"no": "no + '-2'", "project": "project", "lines": "filter(lines, .qty > 1)"}}}`), ""},
		{"a wait for a date", onDelivery(`{"name": "n", "type": "wait", "until": "due ?? today()"}`), ""},
		{"a run nobody submits", `{"name": "f", "title": "f", "start": {"webhook": "w"}, "nodes": [{"name": "n", "type": "action", "do": {"set": {"a": "b"}}}]}`, ""},

		{"an entity that is not there", action(`{"create": {"entity": "nothing", "values": {"a": "no"}}}`), "unknown_name /nodes/1/do/create/entity"},
		{"an entity of the engine", action(`{"create": {"entity": "task", "values": {"user": "no"}}}`), "unknown_name /nodes/1/do/create/entity"},
		{"a field that is not there", action(`{"create": {"entity": "posting", "values": {"item": "no", "amount": "1", "colour": "no"}}}`), "unknown_field /nodes/1/do/create/values/colour"},
		{"a computed field", action(`{"set": {"total": "1"}}`), "not_writable /nodes/1/do/set/total"},
		{"a sub-table", action(`{"set": {"lines": "lines"}}`), "not_writable /nodes/1/do/set/lines"},
		{"a sub-table of what is there", action(`{"update": {"entity": "delivery", "record": "record", "values": {"lines": "lines"}}}`), "not_writable /nodes/1/do/update/values/lines"},
		{"a text for a sub-table", action(`{"create": {"entity": "delivery", "values": {"no": "no", "project": "project", "lines": "no"}}}`), "value_type /nodes/1/do/create/values/lines"},
		{"rows without what a sub-table needs", action(`{"create": {"entity": "posting", "values": {"item": "no", "amount": "1", "parts": "lines"}}}`), "value_type /nodes/1/do/create/values/parts"},
		{"a text for a number", action(`{"create": {"entity": "posting", "values": {"item": "no", "amount": "no"}}}`), "value_type /nodes/1/do/create/values/amount"},
		{"a reference to something else", action(`{"create": {"entity": "posting", "values": {"item": "no", "amount": "1", "delivery": "project"}}}`), "value_type /nodes/1/do/create/values/delivery"},
		{"an expression that names nothing", action(`{"set": {"noted": "nothing + 'x'"}}`), "unknown_field /nodes/1/do/set/noted"},
		{"a row without rows", action(`{"create": {"entity": "posting", "values": {"item": "row.item", "amount": "1"}}}`), "unknown_field /nodes/1/do/create/values/item"},
		{"rows of no sub-table", action(`{"create": {"entity": "posting", "each": "no", "values": {"item": "no", "amount": "1"}}}`), "each /nodes/1/do/create/each"},
		{"a required field without a value", action(`{"create": {"entity": "posting", "values": {"item": "no"}}}`), "leaves_empty /nodes/1/do/create/values"},
		{"a submit of what has no approval", action(`{"create": {"entity": "posting", "submit": true, "values": {"item": "no", "amount": "1"}}}`), "no_approval /nodes/1/do/create"},
		{"a void of what has no approval", action(`{"void": {"entity": "posting", "record": "no", "reason": "no"}}`), "no_approval /nodes/1/do/void"},
		{"a filter over a field that is not there", action(`{"update": {"entity": "posting", "where": {"field": "colour", "op": "eq", "value": "x"}, "values": {"mark": "no"}}}`), "filter /nodes/1/do/update/where"},
		{"a filter with a variable that is not there", action(`{"update": {"entity": "posting", "where": {"field": "item", "op": "eq", "value": {"var": "record.colour"}}, "values": {"mark": "no"}}}`), "unknown_field /nodes/1/do/update/where"},
		{"a notification to a role that is not there", action(`{"notify": {"who": ["role:nobody"], "title": "no"}}`), "unknown_name /nodes/1/do/notify/who"},

		{"a call of itself", onDelivery(`{"name": "n", "type": "call", "flow": "f"}`), "call_cycle /nodes"},
		{"a call of nothing", onDelivery(`{"name": "n", "type": "call", "flow": "nothing"}`), "unknown_name /nodes/1/flow"},
		{"a field the called flow does not have", onDelivery(`{"name": "n", "type": "call", "flow": "inspect", "in": {"colour": "no"}}`), "unknown_field /nodes/1/in/colour"},
		{"a field the caller does not have", onDelivery(`{"name": "n", "type": "call", "flow": "inspect", "in": {"item": "colour"}}`), "unknown_field /nodes/1/in/item"},
		{"a result of another type", onDelivery(`{"name": "n", "type": "call", "flow": "inspect", "in": {"item": "no"}, "out": {"due": "result"}}`), "value_type /nodes/1/out/due"},
		{"calls for rows of no sub-table", onDelivery(`{"name": "n", "type": "call", "flow": "inspect", "each": "due", "in": {"item": "no"}}`), "each /nodes/1/each"},

		{"a wait for no time at all", onDelivery(`{"name": "n", "type": "wait", "for": "PT0S"}`), "duration /nodes/1/for"},
		{"a wait for a number", onDelivery(`{"name": "n", "type": "wait", "until": "1 + 1"}`), "until_type /nodes/1/until"},

		{"people in an automation", `{"name": "f", "title": "f", "entity": "delivery", "start": {"on": ["created"]}, "nodes": [` + leaderNode + `]}`, "people_in_automation /nodes"},
		{"submit and something else", `{"name": "f", "title": "f", "entity": "delivery", "start": {"on": ["submit", "created"]}, "nodes": []}`, "start_mixed /start"},
		{"events of an entity that is not there", `{"name": "f", "title": "f", "start": {"on": ["created"], "entity": "nothing"}, "nodes": []}`, "unknown_name /start/entity"},
		{"a schedule nobody can read", `{"name": "f", "title": "f", "start": {"schedule": "every now and then"}, "nodes": []}`, "cron /start/schedule"},
		{"a webhook of another flow", `{"name": "f", "title": "f", "start": {"webhook": "taken"}, "nodes": []}`, "dup_webhook /start/webhook"},
		{"a button for a role that is not there", `{"name": "f", "title": "f", "entity": "delivery", "start": {"on": "button", "roles": ["nobody"]}, "nodes": []}`, "unknown_name /start/roles"},
	}
	a := newAutomated(t, inspectFlow, `{"name": "other", "title": "o", "start": {"webhook": "taken"}, "nodes": [{"name": "n", "type": "action", "do": {"set": {"a": "'b'"}}}]}`)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			canonical, problems := def.Canonical([]byte(tt.flow))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			definition, err := def.Parse(def.KindFlow, canonical)
			if err != nil {
				t.Fatal(err)
			}
			f, _ := definition.(*def.Flow)
			a.version.Flows["f"] = f
			defer delete(a.version.Flows, "f")
			var got []string
			for _, p := range flow.Lint(a.version, f) {
				if p.Level == "error" {
					got = append(got, p.Code+" "+p.Path)
				}
			}
			if tt.want == "" && len(got) > 0 || tt.want != "" && !slices.Contains(got, tt.want) {
				t.Errorf("found %s, want %q", strings.Join(got, ", "), tt.want)
			}
			if len(got) > 1 {
				t.Errorf("one mistake, but %s", fmt.Sprint(got))
			}
		})
	}
}
