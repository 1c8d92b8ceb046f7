package builder

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/identity"
	"formwork/engine/record"
	"formwork/engine/store"
)

const (
	toolWithout = `{"name":"tool","title":"工具","type":"object","x-natural":"code","properties":{` +
		`"code":{"type":"string","x-type":"text"},"name":{"type":"string","x-type":"text"}}}`
	toolWith = `{"name":"tool","title":"工具","type":"object","x-approval":true,"x-natural":"code","properties":{` +
		`"code":{"type":"string","x-type":"text"},"name":{"type":"string","x-type":"text"}}}`
	toolFlow = `{"name":"tool","title":"工具审批","entity":"tool","start":{"on":"submit"},"nodes":[` +
		`{"name":"boss","type":"approve","title":"主管","who":["initiator"]}]}`
)

// workshop is a world with tools, one with each code.
type workshop struct {
	*world
	ids map[string]string // by code
}

func newWorkshop(tb testing.TB, codes ...string) *workshop {
	tb.Helper()
	w := &workshop{newWorld(tb), map[string]string{}}
	w.put(tb, toolWithout)
	if _, err := w.Publish(w.ctx, w.admin, PublishInput{}); err != nil {
		tb.Fatal(err)
	}
	for _, code := range codes {
		w.add(tb, code)
	}
	return w
}

func (w *workshop) put(tb testing.TB, definitions ...string) {
	tb.Helper()
	for i, definition := range definitions {
		ref := def.Ref{Kind: []def.Kind{def.KindEntity, def.KindFlow}[i], Name: "tool"}
		if err := w.Put(w.ctx, w.admin, ref, []byte(definition)); err != nil {
			tb.Fatal(err)
		}
	}
}

func (w *workshop) add(tb testing.TB, code string) {
	tb.Helper()
	made, err := w.records.Create(w.ctx, w.admin, "tool", record.CreateInput{Values: form.Values{"code": code, "name": "锤"}})
	if err != nil {
		tb.Fatal(err)
	}
	w.ids[code] = made.Record.ID
}

// employ makes the administrator a member: flows ask members only.
func (w *workshop) employ(tb testing.TB) {
	tb.Helper()
	added, err := w.config.Identity.AddMember(w.ctx, w.admin, identity.NewMember{
		Login: "boss", Name: "主管", Values: form.Values{"roles": []any{identity.AdminRole}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	if w.admin, err = w.config.Identity.Actor(w.ctx, "acme", added.Record.ID); err != nil {
		tb.Fatal(err)
	}
}

// submit submits tool B.
func (w *workshop) submit() error {
	_, err := w.flows.Act(w.ctx, w.admin, "tool", w.ids["B"], flow.Act{Verb: flow.Start})
	return err
}

// decide decides the only open task.
func (w *workshop) decide(verb flow.Verb) error {
	open, err := w.flows.Tasks(w.ctx, w.admin, flow.TaskQuery{})
	if err != nil || len(open.Tasks) != 1 {
		return fmt.Errorf("tasks %+v: %w", open.Tasks, err)
	}
	_, err = w.flows.Decide(w.ctx, w.admin, open.Tasks[0].ID, flow.Act{Verb: verb, Comment: "说明"})
	return err
}

// publish publishes what is in the draft, with all warnings accepted; it gives the codes it is refused for.
func (w *workshop) publish(accept ...string) ([]string, error) {
	_, err := w.Publish(w.ctx, w.admin, PublishInput{Accept: append(accept, "self_approval")})
	return codesOf(err), err
}

func (w *workshop) introduce(tb testing.TB, definitions ...string) {
	tb.Helper()
	w.put(tb, append([]string{toolWith}, definitions...)...)
	if _, err := w.publish("approval_added"); err != nil {
		tb.Fatal(err)
	}
}

func (w *workshop) patch(code string) error {
	_, err := w.records.Patch(w.ctx, w.admin, "tool", w.ids[code], record.PatchInput{Values: form.Values{"name": "改名" + code}})
	return err
}

// states gives the stored state of every tool, those in the recycle bin in brackets.
func (w *workshop) states(tb testing.TB) map[string]string {
	tb.Helper()
	db, err := w.tenants.Store(w.ctx, "acme")
	if err != nil {
		tb.Fatal(err)
	}
	states := map[string]string{}
	for code, id := range w.ids {
		docs, err := db.Get(w.ctx, "tool", id)
		if err != nil || len(docs) != 1 {
			tb.Fatal(docs, err)
		}
		states[code] = docs[0].State
		if docs[0].Deleted {
			states[code] = "[" + docs[0].State + "]"
		}
	}
	return states
}

func (w *workshop) shown(tb testing.TB, code string) record.Record {
	tb.Helper()
	rec, err := w.records.Get(w.ctx, w.admin, "tool", w.ids[code])
	if err != nil {
		tb.Fatal(err)
	}
	return rec
}

func TestRecordsAreInForceWhenTheirEntityGainsApproval(t *testing.T) {
	w := newWorkshop(t, "A", "B", "C")
	if err := w.records.Delete(w.ctx, w.admin, "tool", w.ids["C"], 0); err != nil {
		t.Fatal(err)
	}
	before := w.shown(t, "A")
	w.put(t, toolWith, toolFlow)
	problems, err := w.Check(w.ctx, "acme")
	at := slices.IndexFunc(problems, func(p def.Problem) bool { return p.Code == "approval_added" })
	if err != nil || at < 0 || problems[at].Level != def.LevelWarning || fmt.Sprint(problems[at].Params["records"]) != "2" {
		t.Fatalf("check %v, %v", problems, err)
	}
	if codes, err := w.publish(); !slices.Equal(codes, []string{"approval_added"}) {
		t.Fatalf("without the tick: %v", err)
	}
	if got := w.shown(t, "A"); got.Rev != before.Rev {
		t.Errorf("a refused publish wrote %+v", got)
	}
	if _, err := w.publish("approval_added"); err != nil {
		t.Fatal(err)
	}
	after := w.shown(t, "A")
	if after.State != "approved" || after.UpdatedBy != before.UpdatedBy || !after.UpdatedAt.Equal(before.UpdatedAt) || !slices.Contains(after.Can, "void") {
		t.Errorf("in force %+v", after)
	}
	if err := w.patch("A"); !errors.Is(err, record.ErrNotEditable) {
		t.Errorf("edited what is in force: %v", err)
	}
	approved, err := w.records.List(w.ctx, w.admin, "tool", record.ListInput{Filter: []byte(`{"field":"state","op":"eq","value":"approved"}`)})
	if err != nil || len(approved.Records) != 2 {
		t.Errorf("approved: %d, %v", len(approved.Records), err)
	}
	timeline, err := w.flows.Timeline(w.ctx, w.admin, "tool", w.ids["A"])
	if n := len(timeline.Entries); err != nil || n != 2 || timeline.Entries[n-1].Type != event.TypeInForce || timeline.Entries[n-1].Publish != 2 {
		t.Errorf("history %+v, %v", timeline.Entries, err)
	}
	restored, err := w.records.Restore(w.ctx, w.admin, "tool", w.ids["C"])
	if err != nil || restored.State != "approved" {
		t.Errorf("out of the recycle bin %+v, %v", restored, err)
	}
	for code, id := range w.ids {
		if proof, err := w.flows.Prove(w.ctx, w.admin, "tool", id); err != nil || len(proof.Mismatches) > 0 {
			t.Errorf("%s against its history: %+v, %v", code, proof.Mismatches, err)
		}
	}
}

// What is new needs approval, and keys are held by what is in force.
func TestNewRecordsNeedApprovalBesideThoseInForce(t *testing.T) {
	w := newWorkshop(t, "A")
	w.introduce(t)
	for code, want := range map[string]string{"A": "duplicate", "B": ""} {
		made, err := w.records.Create(w.ctx, w.admin, "tool", record.CreateInput{Values: form.Values{"code": code}})
		if err != nil || made.Record.State != "draft" {
			t.Fatalf("new %s %+v, %v", code, made, err)
		}
		_, err = w.flows.Act(w.ctx, w.admin, "tool", made.Record.ID, flow.Act{Verb: flow.Start})
		var invalid *record.InvalidError
		if got := errors.As(err, &invalid) && invalid.Problems[0].Code == want; got != (want != "") {
			t.Errorf("submit %s: %v", code, err)
		}
	}
	if _, err := w.flows.Act(w.ctx, w.admin, "tool", w.ids["A"], flow.Act{Verb: flow.Start}); err == nil {
		t.Error("submitted what is in force")
	}
}

// A publish prepares so many records at once; called again it goes on. What is prepared goes on as before until then.
func TestAPublishPreparesManyRecordsInParts(t *testing.T) {
	w := newWorkshop(t, "A", "B", "C", "D", "E")
	w.atOnce = 2
	w.put(t, toolWith)
	for _, left := range []int64{3, 1} {
		_, err := w.publish("approval_added")
		var preparing *PreparingError
		if !errors.As(err, &preparing) || preparing.Left != left {
			t.Fatalf("got %v, want %d left", err, left)
		}
		for code := range w.ids {
			if rec := w.shown(t, code); rec.State != "" || !slices.Contains(rec.Can, "update") {
				t.Errorf("%s before approval is introduced: %+v", code, rec)
			}
			if err := w.patch(code); err != nil {
				t.Errorf("edit %s before approval is introduced: %v", code, err)
			}
		}
	}
	w.add(t, "F")
	w.atOnce = 3
	if _, err := w.publish("approval_added"); err != nil {
		t.Fatal(err)
	}
	for code, state := range w.states(t) {
		if state != "approved" {
			t.Errorf("%s is %q", code, state)
		}
	}
}

// A server that has not heard of the publish yet makes a record without a state: it is shown as in force, can be neither
// edited nor submitted, and is put in force when the records are gone through once more.
func TestARecordOfTheCatalogBeforeIsPutInForce(t *testing.T) {
	w := newWorkshop(t, "A")
	w.introduce(t)
	db, err := w.tenants.Store(w.ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := db.Get(w.ctx, "tool", w.ids["A"])
	if err != nil {
		t.Fatal(err)
	}
	late := docs[0]
	late.ID, late.Rev, late.State, late.Chain, late.Keys = "late", 1, "", "", []string{"natural|late"}
	late.Values = map[string]any{"code": "late"}
	if err := db.Put(w.ctx, store.Write{Collection: "tool", Doc: late})[0]; err != nil {
		t.Fatal(err)
	}
	w.ids["late"] = "late"
	if rec := w.shown(t, "late"); rec.State != "approved" || slices.Contains(rec.Can, "submit") || slices.Contains(rec.Can, "update") {
		t.Errorf("shown as %+v", rec)
	}
	if err := w.patch("late"); !errors.Is(err, record.ErrNotEditable) {
		t.Errorf("edited: %v", err)
	}
	if _, err := w.flows.Act(w.ctx, w.admin, "tool", "late", flow.Act{Verb: flow.Start}); err == nil {
		t.Error("submitted")
	}
	done, more, err := w.records.PutInForce(w.ctx, access.Actor{Tenant: "acme", System: true}, "tool", 2, 100)
	if err != nil || done != 1 || more {
		t.Fatalf("put in force %d, %v, %v", done, more, err)
	}
	if state := w.states(t)["late"]; state != "approved" {
		t.Errorf("stored as %q", state)
	}
	chain, err := event.Verify(w.ctx, db)
	if err != nil || slices.ContainsFunc(chain.Findings(), func(f event.Finding) bool { return f.Record == w.ids["A"] }) {
		t.Errorf("history %v, %v", chain.Findings(), err)
	}
}

func TestApprovalIsLostOnlyWhereEverythingCounts(t *testing.T) {
	tests := []struct {
		name  string
		act   func(w *workshop) error // with the new tool B
		codes []string                // errors; nil: only approved ones are there
	}{
		{"a draft", func(*workshop) error { return nil }, []string{"approval_drafts", "approval_removed"}},
		{"one on its way", (*workshop).submit, []string{"approval_removed", "approval_running"}},
		{"a rejected one", func(w *workshop) error { return errors.Join(w.submit(), w.decide(flow.Reject)) }, []string{"approval_ended", "approval_removed"}},
		{"a voided one", func(w *workshop) error {
			_, err := w.records.Void(w.ctx, w.admin, "tool", w.ids["A"], record.VoidInput{Reason: "坏了"})
			return errors.Join(err, w.submit(), w.decide(flow.Approve))
		}, []string{"approval_ended", "approval_removed"}},
		{"approved ones only", func(w *workshop) error { return errors.Join(w.submit(), w.decide(flow.Approve)) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorkshop(t, "A")
			w.employ(t)
			w.introduce(t, toolFlow)
			w.add(t, "B")
			if err := tt.act(w); err != nil {
				t.Fatal(err)
			}
			w.put(t, toolWithout)
			if err := w.Remove(w.ctx, w.admin, def.Ref{Kind: def.KindFlow, Name: "tool"}); err != nil {
				t.Fatal(err)
			}
			if tt.codes != nil {
				if codes, err := w.publish(); !slices.Equal(codes, tt.codes) {
					t.Errorf("got %v %v, want %v", codes, err, tt.codes)
				}
				return
			}
			if codes, _ := w.publish(); !slices.Equal(codes, []string{"approval_removed"}) {
				t.Errorf("without the tick: %v", codes)
			}
			if _, err := w.publish("approval_removed"); err != nil {
				t.Fatal(err)
			}
			for code := range w.ids {
				if err := w.patch(code); err != nil {
					t.Errorf("edit %s: %v", code, explained(err))
				}
				if rec := w.shown(t, code); rec.State != "" || slices.Contains(rec.Can, "void") {
					t.Errorf("%s is shown as %+v", code, rec)
				}
			}
			w.add(t, "C")
			w.introduce(t)
			if got := w.states(t); fmt.Sprint(got) != "map[A:approved B:approved C:approved]" {
				t.Errorf("introduced again: %v", got)
			}
		})
	}
}

func TestStandingCountsLivingRecords(t *testing.T) {
	w := newWorkshop(t, "A", "B", "C")
	if err := w.records.Delete(w.ctx, w.admin, "tool", w.ids["C"], 0); err != nil {
		t.Fatal(err)
	}
	standing, err := w.records.Standing(w.ctx, "acme", "tool")
	if err != nil || standing.States[""] != 2 || len(standing.States) != 1 || standing.Waiting != 0 {
		t.Errorf("got %+v, %v", standing, err)
	}
	if _, err := w.records.Standing(w.ctx, "acme", "nothing"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
