package flow_test

import (
	"fmt"
	"slices"
	"testing"

	"formwork/engine/def"
)

// TestWhatCannotReachTheOutsideIsFoundBeforeItIsNeeded: a webhook nobody set up, one that is off, and whoever is told of
// what he may not read.
func TestWhatCannotReachTheOutsideIsFoundBeforeItIsNeeded(t *testing.T) {
	a := newAutomated(t)
	tests := []struct{ name, do, want string }{
		{"a webhook that is set up", `{"webhook": "erp.pay"}`, ""},
		{"one that is not", `{"webhook": "erp.post"}`, "warning no_webhook /nodes/0/do/webhook erp.post"},
		{"one that is switched off", `{"webhook": "erp.off"}`, "warning webhook_off /nodes/0/do/webhook erp.off"},
		{"people who may read", `{"notify": {"who": ["initiator", "role:finance", "user:u_wang"], "title": "'x'"}}`, ""},
		{"a role that may not", `{"notify": {"who": ["role:guest"], "title": "'x'"}}`, "warning receiver_cannot_read /nodes/0/do/notify/who/0 [Name u_guest]"},
		{"a person who left", `{"notify": {"who": ["role:finance", "user:u_gone"], "title": "'x'"}}`, "error unknown_name /nodes/0/do/notify/who/1 u_gone"},
	}
	cat := catalog(t, func(defs def.Definitions) {
		add(t, defs, def.KindEntity, deliveryEntity)
		add(t, defs, def.KindEntity, postingEntity)
		add(t, defs, def.KindEntity, inspectionEntity)
		add(t, defs, def.KindRole, `{"name": "staff", "title": "s", "grants": {"d": {"entity": "delivery", "actions": ["read", "submit"]}}}`)
		add(t, defs, def.KindRole, `{"name": "finance", "title": "f", "grants": {"d": {"entity": "delivery", "actions": ["read"]}}}`)
		add(t, defs, def.KindRole, `{"name": "guest", "title": "g", "grants": {"p": {"entity": "project", "actions": ["read"]}}}`)
		for i, tt := range tests {
			add(t, defs, def.KindFlow, fmt.Sprintf(
				`{"name": "f%d", "title": "F", "entity": "delivery", "start": {"on": ["approved"]}, "nodes": [{"name": "a", "type": "action", "do": %s}]}`, i, tt.do))
		}
	})
	a.version = cat
	a.seed("user", "u_guest", map[string]any{"name": "Name u_guest", "roles": []any{"guest"}})
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			problems, err := a.flows.LintOutward(a.ctx, tenantName, cat, cat.Flows[fmt.Sprintf("f%d", i)])
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range problems {
				about := p.Params["name"]
				if about == nil {
					about = p.Params["people"]
				}
				got = append(got, fmt.Sprint(p.Level, " ", p.Code, " ", p.Path, " ", about))
			}
			var want []string
			if tt.want != "" {
				want = []string{tt.want}
			}
			if !slices.Equal(got, want) {
				t.Errorf("found %q, want %q", got, want)
			}
		})
	}
}
