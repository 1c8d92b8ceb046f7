package flow_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
)

// TestPeopleWhoCannotBeNamed: every verb that names people refuses those who are not in the company (unknown, of another
// one, in the recycle bin) and those who are disabled, tells which, and changes nothing.
func TestPeopleWhoCannotBeNamed(t *testing.T) {
	engine := access.Actor{Tenant: tenantName, System: true}
	day := func(w *world, to string) flow.ProxyInput {
		now := w.clock()
		return flow.ProxyInput{Proxy: flow.Proxy{To: to, Start: now, End: now.Add(time.Hour)}}
	}
	at := func(who access.Actor, act flow.Act) func(*world, record.Record, string) error {
		return func(w *world, _ record.Record, user string) error {
			act.To, act.Comment = user, "why"
			act.Users = []string{boss.ID, user}
			if act.Verb == flow.Approve {
				act.Picks = map[string][]string{"chosen": {boss.ID, user}}
			}
			_, err := w.flows.Decide(w.ctx, who, w.task(who), act)
			return err
		}
	}
	on := func(who access.Actor, act flow.Act) func(*world, record.Record, string) error {
		return func(w *world, rec record.Record, user string) error {
			act.To, act.Users, act.Comment = user, []string{boss.ID, user}, "why"
			if act.Verb == flow.Reassign {
				act.Task = w.task(li)
			}
			_, err := w.flows.Act(w.ctx, who, "purchase", rec.ID, act)
			return err
		}
	}
	verbs := map[string]func(w *world, rec record.Record, user string) error{
		"transfer":              at(li, flow.Act{Verb: flow.Transfer}),
		"delegate":              at(li, flow.Act{Verb: flow.Delegate}),
		"add signers before":    at(li, flow.Act{Verb: flow.AddSign, Kind: flow.TaskBefore}),
		"add signers after":     at(li, flow.Act{Verb: flow.AddSign, Kind: flow.TaskAfter}),
		"add signers beside":    at(li, flow.Act{Verb: flow.AddSign, Kind: flow.TaskParallel}),
		"copy, as approver":     at(li, flow.Act{Verb: flow.CarbonCopy}),
		"choose the next":       at(li, flow.Act{Verb: flow.Approve}),
		"copy, as initiator":    on(wang, flow.Act{Verb: flow.CarbonCopy}),
		"name in a comment":     on(wang, flow.Act{Verb: flow.Comment}),
		"reassign, as an admin": on(chen, flow.Act{Verb: flow.Reassign}),
		"choose, submitting": func(w *world, _ record.Record, user string) error {
			_, err := w.flows.CreateWith(w.ctx, wang, "purchase", record.CreateInput{Values: purchase("1500")}, map[string][]string{"chosen": {user}})
			return err
		},
		"hand over, who leaves": func(w *world, _ record.Record, user string) error {
			given, err := w.flows.GiveTasks(w.ctx, chen, flow.Giving{From: li.ID, To: user, Comment: "why", Limit: 10})
			if err != nil || len(given) != 1 {
				return fmt.Errorf("given %+v: %w", given, err)
			}
			return given[0].Err
		},
		"let stand in": func(w *world, _ record.Record, user string) error {
			_, err := w.flows.AddProxy(w.ctx, li, day(w, user))
			return err
		},
		"let another stand in": func(w *world, _ record.Record, user string) error {
			stored, err := w.flows.AddProxy(w.ctx, li, day(w, boss.ID))
			if err != nil {
				return err
			}
			_, err = w.flows.ChangeProxy(w.ctx, li, stored.ID, day(w, user))
			return errors.Join(err, w.flows.EndProxy(w.ctx, li, stored.ID))
		},
	}
	w := newWorld(t)
	w.version = catalog(t, func(defs def.Definitions) {
		delete(defs, def.Ref{Kind: def.KindFlow, Name: "purchase_small"})
		add(t, defs, def.KindFlow, `{"name": "purchase", "title": "P", "entity": "purchase", "nodes": [
			{"name": "first", "type": "approve", "who": ["field:project.manager"], "allow": ["transfer", "delegate", "addsign", "cc"]},
			{"name": "chosen", "type": "approve", "who": ["pick:all", "role:finance"]}]}`)
	})
	w.older[w.version.Version] = w.version
	rec := w.submit("1500")
	w.seed("user", "u_gone", form.Values{"name": "Gone", "disabled": true})
	w.seed("user", "u_binned", form.Values{"name": "Binned"})
	if err := w.records.Delete(w.ctx, engine, def.EntityUser, "u_binned", 0); err != nil {
		t.Fatal(err)
	}
	stored := w.load(rec)
	for verb, do := range verbs {
		for _, tt := range []struct {
			user, code string
			told       []string
		}{
			{"u_nobody", flow.CodeUserUnknown, []string{"u_nobody"}},
			{"u_binned", flow.CodeUserUnknown, []string{"u_binned"}},
			{"u_gone", flow.CodeUserDisabled, []string{"Gone"}},
		} {
			err := do(w, rec, tt.user)
			var refused *flow.Refused
			if !errors.As(err, &refused) || refused.Code != tt.code {
				t.Errorf("%s %s: %v, want %s", verb, tt.user, err, tt.code)
				continue
			}
			if told, _ := refused.Params["users"].([]string); !slices.Equal(told, tt.told) {
				t.Errorf("%s %s tells %v, want %v", verb, tt.user, refused.Params, tt.told)
			}
		}
	}
	if now := w.load(rec); now.Rev != stored.Rev || !reflect.DeepEqual(now.Values, stored.Values) {
		t.Errorf("the refused verbs wrote revision %d", now.Rev)
	}
	if proxies, err := w.flows.Proxies(w.ctx, li); err != nil || len(proxies) != 0 {
		t.Errorf("proxies %+v, %v", proxies, err)
	}
}

// TestAVerbWithoutPeople: who names nobody is refused, where somebody must be named.
func TestAVerbWithoutPeople(t *testing.T) {
	w := newWorld(t)
	w.version = catalog(t, func(defs def.Definitions) {
		delete(defs, def.Ref{Kind: def.KindFlow, Name: "purchase_small"})
		add(t, defs, def.KindFlow, `{"name": "purchase", "title": "P", "entity": "purchase", "nodes": [
			{"name": "first", "type": "approve", "who": ["field:project.manager"], "allow": ["transfer", "delegate", "addsign", "cc"]}]}`)
	})
	w.older[w.version.Version] = w.version
	w.submit("1500")
	for _, act := range []flow.Act{
		{Verb: flow.Transfer}, {Verb: flow.Delegate}, {Verb: flow.AddSign, Kind: flow.TaskBefore}, {Verb: flow.CarbonCopy},
	} {
		_, err := w.flows.Decide(w.ctx, li, w.task(li), act)
		w.refused(err, flow.CodeBadTarget)
	}
}

// TestCommentsAreTaken: a comment is refused in no state, whatever it holds, also after the end.
func TestCommentsAreTaken(t *testing.T) {
	w := newWorld(t)
	rec := w.submit("1500")
	comment := func(act flow.Act) {
		t.Helper()
		act.Verb = flow.Comment
		if _, err := w.flows.Act(w.ctx, wang, "purchase", rec.ID, act); err != nil {
			t.Errorf("%+v: %v", act, err)
		}
	}
	comment(flow.Act{})
	comment(flow.Act{Comment: "请看", Users: []string{li.ID}})
	comment(flow.Act{Files: []flow.Attached{{ID: "f1", Name: "a.pdf"}}})
	w.decide(li, flow.Act{Verb: flow.Reject, Comment: "no"})
	comment(flow.Act{Comment: "pity"})
}

// callsEach is a company whose purchases start a flow for each line; between says what stands before the call.
func callsEach(tb testing.TB, between string) *world {
	tb.Helper()
	w := newWorld(tb)
	w.version = catalog(tb, func(defs def.Definitions) {
		delete(defs, def.Ref{Kind: def.KindFlow, Name: "purchase_small"})
		add(tb, defs, def.KindEntity, `{"name": "leave", "title": "L", "type": "object", "x-approval": true, "x-display": "reason", "required": ["reason"],
			"properties": {"reason": {"type": "string", "x-type": "text", "title": "R"},
			"lines": {"type": "array", "x-type": "table", "title": "Ls", "items": {"type": "object", "properties": {"day": {"type": "string", "x-type": "text", "title": "D"}}}}}}`)
		add(tb, defs, def.KindFlow, `{"name": "tell", "title": "T", "start": {"on": "call"}, "nodes": [{"name": "w", "type": "wait", "for": "PT1H"}]}`)
		add(tb, defs, def.KindFlow, `{"name": "leave", "title": "L", "entity": "leave", "settings": {"admins": ["role:flow_admin"]}, "nodes": [`+between+
			`{"name": "each", "type": "call", "title": "逐行", "flow": "tell", "each": "lines", "in": {"day": "row.day"}}]}`)
		add(tb, defs, def.KindRole, `{"name": "flow_admin", "title": "A", "grants": {"l": {"entity": "leave", "actions": ["read", "act"]}}}`)
	})
	w.older[w.version.Version] = w.version
	return w
}

func leaveOf(rows int) record.CreateInput {
	lines := make([]any, rows)
	for i := range lines {
		lines[i] = map[string]any{"day": fmt.Sprint(i)}
	}
	return record.CreateInput{Values: form.Values{"reason": "R", "lines": lines}}
}

// TestACallForTooManyRows: whoever submits what a call on the way cannot take is told so before anything runs; who approves
// his way to it is, too, and can send it back. What nobody stands before suspends the run with a code of its own.
func TestACallForTooManyRows(t *testing.T) {
	const li = `{"name": "chief", "type": "approve", "title": "C", "who": ["user:u_li"]%s},`
	for _, tt := range []struct {
		name, between string
		submitted     bool // refused only when li approves
	}{
		{"at once", "", false},
		{"after an approval", fmt.Sprintf(li, ""), false},
		{"in a parallel branch", fmt.Sprintf(li, "") + `{"name": "fork", "type": "branch", "mode": "parallel", "branches": [
			{"name": "x", "nodes": [{"name": "inner", "type": "call", "flow": "tell", "each": "lines"}]},
			{"name": "y", "nodes": [{"name": "other", "type": "approve", "who": ["user:u_li"]}]}]},`, false},
		{"after somebody who may take rows out", fmt.Sprintf(li, `, "fields": {"lines": "w"}`), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := callsEach(t, tt.between)
			if _, err := w.flows.Create(w.ctx, wang, "leave", leaveOf(200)); err != nil {
				t.Fatalf("200 rows: %s", explain(err))
			}
			created, err := w.flows.Create(w.ctx, wang, "leave", leaveOf(201))
			if !tt.submitted {
				params := w.refused(err, flow.CodeTooManyRows)
				if params["rows"] != 201 || params["max"] != 200 || params["field"] != "lines" {
					t.Errorf("told %v", params)
				}
				list, err := w.records.List(w.ctx, wang, "leave", record.ListInput{})
				if err != nil || len(list.Records) != 1 {
					t.Errorf("%d records, %v", len(list.Records), err)
				}
				return
			}
			if err != nil {
				t.Fatal(explain(err))
			}
			of := func(tasks []flow.TaskItem) string {
				i := slices.IndexFunc(tasks, func(item flow.TaskItem) bool { return strings.Contains(item.ID, created.Record.ID) })
				return tasks[i].ID
			}
			_, err = w.flows.Decide(w.ctx, person("u_li", "manager"), of(w.tab(person("u_li"), flow.TabOpen)), flow.Act{Verb: flow.Approve})
			w.refused(err, flow.CodeTooManyRows)
			full, err := w.flows.Act(w.ctx, chen, "leave", created.Record.ID, flow.Act{Verb: flow.Jump, To: "each", Comment: "on"})
			if err != nil || full.State != string(flow.Suspended) {
				t.Fatalf("a jump: %s, %v", full.State, err)
			}
			line, err := w.flows.Timeline(w.ctx, wang, "leave", created.Record.ID)
			if err != nil || line.Flow.Incident == nil || line.Flow.Incident.Code != flow.IncidentTooManyRows {
				t.Errorf("incident %+v, %v", line.Flow.Incident, err)
			}
		})
	}
}
