package flow

import (
	"errors"
	"testing"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
)

// twoApprovals is m1, then m2.
func twoApprovals() *Plan {
	return compilePlan(nil, &def.Flow{
		Head: def.Head{Name: "two"}, Settings: def.FlowSettings{Admins: []string{"user:adm"}},
		Nodes: []*def.Node{
			{Name: "a", Type: def.NodeApprove, Who: []string{"user:m1"}},
			{Name: "b", Type: def.NodeApprove, Who: []string{"user:m2"}},
		},
	})
}

func emptyWorld() World {
	return World{
		Now: epoch, Org: newCaseOrg(nil),
		Values: func(patch form.Values) (form.Values, error) { return merged(form.Values{}, patch), nil },
		Env:    func(v form.Values) *expr.Env { return &expr.Env{Self: caseValues(v)} },
	}
}

func mustStep(t *testing.T, plan *Plan, st State, cmd Command) Outcome {
	t.Helper()
	out, err := Step(plan, st, cmd, emptyWorld())
	if err != nil {
		t.Fatalf("%s: %v", cmd.Verb, err)
	}
	return out
}

// TestDamagedDocument stops a run whose document does not fit its flow, loses nothing, and lets an admin end it.
func TestDamagedDocument(t *testing.T) {
	plan := twoApprovals()
	st := mustStep(t, plan, State{}, Command{Verb: Start, Actor: Person{ID: "u1"}}).State
	st.Active["ghost"] = Active{Round: 1}
	_, err := Step(plan, st, Command{Verb: Approve, Actor: Person{ID: "m1"}}, emptyWorld())
	var refused *Refused
	if !errors.As(err, &refused) || refused.Code != CodeIntegrity {
		t.Fatalf("got %v, want refusal %s", err, CodeIntegrity)
	}
	stopped := mustStep(t, plan, st, Command{Verb: Suspend}).State
	if stopped.Status != Suspended || stopped.Incident[0].Code != IncidentIntegrity || len(stopped.OpenTasks()) != 1 {
		t.Fatalf("status %s, incident %v, tasks %v", stopped.Status, stopped.Incident, stopped.OpenTasks())
	}
	again := mustStep(t, plan, stopped, Command{Verb: Retry, Actor: Person{ID: "adm"}}).State
	if again.Status != Suspended {
		t.Errorf("a retry of what is still damaged: %s", again.Status)
	}
	delete(stopped.Active, "ghost")
	if repaired := mustStep(t, plan, stopped, Command{Verb: Retry, Actor: Person{ID: "adm"}}).State; repaired.Status != Running {
		t.Errorf("a retry after the repair: %s", repaired.Status)
	}
	ended := mustStep(t, plan, again, Command{Verb: Terminate, Actor: Person{ID: "adm"}, Comment: "wrong month"}).State
	if err := CheckState(plan, &ended); err != nil || ended.Status != Terminated {
		t.Errorf("status %s, %v", ended.Status, err)
	}
}

// TestAnAdministratorSaysWhy: what he does with the run of others needs a reason; the engine needs none.
func TestAnAdministratorSaysWhy(t *testing.T) {
	plan := twoApprovals()
	st := mustStep(t, plan, State{}, Command{Verb: Start, Actor: Person{ID: "u1"}}).State
	task := st.OpenTasks()[0].ID
	for _, cmd := range []Command{
		{Verb: Jump, To: "b"}, {Verb: Terminate}, {Verb: Reassign, Task: task, To: "m3"}, {Verb: Migrate, Next: plan},
	} {
		t.Run(string(cmd.Verb), func(t *testing.T) {
			var refused *Refused
			cmd.Actor, cmd.Comment = Person{ID: "u1"}, "no admin"
			if _, err := Step(plan, st, cmd, emptyWorld()); !errors.As(err, &refused) || refused.Code != CodeNotAdmin {
				t.Errorf("by the initiator: %v, want %s", err, CodeNotAdmin)
			}
			cmd.Actor, cmd.Comment = Person{ID: "adm"}, " \n"
			if _, err := Step(plan, st, cmd, emptyWorld()); !errors.As(err, &refused) || refused.Code != CodeCommentRequired {
				t.Errorf("without a reason: %v, want %s", err, CodeCommentRequired)
			}
			cmd.Comment = "he is ill"
			if fact, _ := mustStep(t, plan, st, cmd).Events[0].Data.(Fact); fact.Comment != "he is ill" {
				t.Errorf("the event does not say why: %+v", fact)
			}
		})
	}
	if ended := mustStep(t, plan, st, Command{Verb: Terminate}).State; ended.Status != Terminated {
		t.Errorf("ended by the engine: %s", ended.Status)
	}
}

// TestRecordRefusesTheValues makes a refusal by the record one of the command: nothing has changed.
func TestRecordRefusesTheValues(t *testing.T) {
	plan := twoApprovals()
	st := mustStep(t, plan, State{}, Command{Verb: Start, Actor: Person{ID: "u1"}}).State
	invalid := errors.New("values refused")
	world := emptyWorld()
	world.Values = func(form.Values) (form.Values, error) { return nil, invalid }
	if _, err := Step(plan, st, Command{Verb: Approve, Actor: Person{ID: "m1"}}, world); !errors.Is(err, invalid) {
		t.Errorf("got %v", err)
	}
}

// TestLateTimerDoesNothing fires a deadline of a round that is over, and one that is not due.
func TestLateTimerDoesNothing(t *testing.T) {
	plan := compilePlan(nil, &def.Flow{Head: def.Head{Name: "t"}, Nodes: []*def.Node{
		{Name: "a", Type: def.NodeApprove, Who: []string{"user:m1"}, Timeout: []def.Timeout{{After: "PT1H", Do: "pass"}}},
		{Name: "b", Type: def.NodeApprove, Who: []string{"user:m2"}},
	}})
	st := mustStep(t, plan, State{}, Command{Verb: Start, Actor: Person{ID: "u1"}}).State
	if out := mustStep(t, plan, st, Command{Verb: Timer, Node: "a", Round: 1}); !out.Replay {
		t.Error("a deadline fired before its time")
	}
	st = mustStep(t, plan, st, Command{Verb: Approve, Actor: Person{ID: "m1"}}).State
	world := emptyWorld()
	world.Now = epoch.AddDate(0, 0, 1)
	out, err := Step(plan, st, Command{Verb: Timer, Node: "a", Round: 1}, world)
	if err != nil || !out.Replay || out.State.Rev != st.Rev {
		t.Errorf("a deadline fired after the person acted: %+v, %v", out.State, err)
	}
}

// TestKeysAreBounded keeps the last idempotency keys only.
func TestKeysAreBounded(t *testing.T) {
	plan := twoApprovals()
	st := mustStep(t, plan, State{}, Command{Verb: Start, Actor: Person{ID: "u1"}, Key: "first"}).State
	for i := range keptKeys {
		key := string(rune('a'+i%26)) + string(rune('a'+i/26))
		st = mustStep(t, plan, st, Command{Verb: Comment, Actor: Person{ID: "u1"}, Comment: "-", Key: key}).State
	}
	if len(st.Keys) != keptKeys || st.used("first", "u1") || !st.used("aa", "u1") {
		t.Errorf("%d keys are kept", len(st.Keys))
	}
}
