package stage_test

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/stage"
	"formwork/engine/store/sqlite"
)

var races = flag.Int("stage.races", 40, "runs that people decide at the same time; R04 asks for 10,000")

// asked is one thing somebody does to a run, answered what it was answered.
type (
	asked struct {
		run  int
		verb flow.Verb // Approve, Reject, Withdraw; "" reads the status
		by   string
	}
	answered struct {
		done   bool
		status flow.Status // of a read
	}
	// decided is a run as the model knows it: who has approved, and its status.
	decided struct {
		status flow.Status
		done   string
	}
)

var approvers = []string{"f1", "f2", "f3"}

// model is what a node of three does, one thing after the other: any approves at once, all when the last has.
func model(one bool) porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			runs := map[int][]porcupine.Operation{}
			for _, op := range history {
				in, _ := op.Input.(asked)
				runs[in.run] = append(runs[in.run], op)
			}
			var parts [][]porcupine.Operation
			for _, run := range runs {
				parts = append(parts, run)
			}
			return parts
		},
		Init: func() any { return decided{status: flow.Running} },
		Step: func(state, input, output any) (bool, any) {
			s, _ := state.(decided)
			in, _ := input.(asked)
			out, _ := output.(answered)
			if in.verb == "" {
				return out.status == s.status, s
			}
			next, may := s.after(in, one)
			if !may {
				return !out.done, s
			}
			return out.done, next
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v → %+v", input, output) },
	}
}

// after is the run after something was done to it; false if it must be refused.
func (d decided) after(in asked, one bool) (decided, bool) {
	acted := d.done != ""
	switch {
	case d.status != flow.Running:
		return d, false
	case in.verb == flow.Withdraw:
		d.status = flow.Draft
		return d, !acted
	case strings.Contains(d.done, in.by):
		return d, false
	case in.verb == flow.Reject:
		d.status = flow.Rejected
		return d, true
	}
	d.done += in.by
	if one || len(d.done) == 2*len(approvers) {
		d.status = flow.Approved
	}
	return d, true
}

// TestDecisionsAreLinearizable is R04, and R05 without faults: approvers decide, the initiator withdraws and all of them
// read at the same time; what they were answered must be explainable by one order of what happened.
func TestDecisionsAreLinearizable(t *testing.T) {
	for _, mode := range []string{"any", "all"} {
		t.Run(mode, func(t *testing.T) {
			backend, err := sqlite.New(sqlite.Options{Dir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = backend.Close() })
			e, clock := open(t, backend)
			company, err := stage.Found(t.Context(), e, clock, "race")
			if err != nil {
				t.Fatal(err)
			}
			history := play(t, company, mode)
			result := porcupine.CheckOperationsTimeout(model(mode == "any"), history, time.Minute)
			if result != porcupine.Ok {
				t.Errorf("no order explains what %d commands were answered: %s", len(history), result)
			}
		})
	}
}

// play lets people race on runs, each a case of its own record, and gives what they did and were answered.
func play(t *testing.T, company *stage.Company, mode string) []porcupine.Operation {
	t.Helper()
	set := flow.CaseSetting{
		ID: "R04", Values: map[string]any{"x": 0}, Roles: map[string][]string{"finance": approvers},
		Flow: &def.Flow{
			Settings: def.FlowSettings{Withdraw: "before_first", Comment: "none"},
			Nodes:    []*def.Node{{Name: "a", Type: def.NodeApprove, Who: []string{"role:finance"}, Mode: mode}},
		},
	}
	var history []porcupine.Operation
	for run := range *races {
		s, err := company.Open(t.Context())(set)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Do(flow.CaseCommand{Verb: flow.Start, By: "u1"}); err != nil {
			t.Fatal(err)
		}
		history = append(history, race(t, s, run)...)
	}
	return history
}

func race(t *testing.T, s flow.CaseStage, run int) []porcupine.Operation {
	t.Helper()
	var todo []asked
	for _, user := range approvers {
		verb := flow.Approve
		if rand.N(5) == 0 {
			verb = flow.Reject
		}
		todo = append(todo, asked{run, verb, user}, asked{run, "", user})
	}
	todo = append(todo, asked{run, flow.Withdraw, "u1"}, asked{run, "", "u1"})
	rand.Shuffle(len(todo), func(i, k int) { todo[i], todo[k] = todo[k], todo[i] })
	history := make([]porcupine.Operation, len(todo))
	var all sync.WaitGroup
	for i, in := range todo {
		all.Go(func() {
			time.Sleep(rand.N(3 * time.Millisecond))
			op := porcupine.Operation{ClientId: i, Input: in, Call: time.Now().UnixNano()}
			out, err := ask(s, in)
			op.Output, op.Return = out, time.Now().UnixNano()
			if err != nil {
				t.Errorf("%+v: %v", in, err)
			}
			history[i] = op
		})
	}
	all.Wait()
	return history
}

func ask(s flow.CaseStage, in asked) (answered, error) {
	if in.verb == "" {
		run, _, err := s.Run("", in.by)
		return answered{status: run.State.Status}, err
	}
	err := s.Do(flow.CaseCommand{Verb: in.verb, By: in.by, Node: nodeOf(in.verb)})
	var refused *flow.Refused
	if errors.As(err, &refused) {
		return answered{}, nil
	}
	return answered{done: err == nil}, err
}

func nodeOf(verb flow.Verb) string {
	if slices.Contains([]flow.Verb{flow.Approve, flow.Reject}, verb) {
		return "a"
	}
	return ""
}

// TestTheModelRefusesTwoWinners makes sure that a history that is wrong is found.
func TestTheModelRefusesTwoWinners(t *testing.T) {
	op := func(at int64, in asked, out answered) porcupine.Operation {
		return porcupine.Operation{ClientId: int(at), Input: in, Call: at, Output: out, Return: at + 10}
	}
	approve := func(by string) asked { return asked{verb: flow.Approve, by: by} }
	twice := []porcupine.Operation{
		op(1, approve("f1"), answered{done: true}), op(2, approve("f2"), answered{done: true}),
	}
	if porcupine.CheckOperations(model(true), twice) || !porcupine.CheckOperations(model(false), twice) {
		t.Error("two may win where one is enough, or not where all are asked")
	}
	stale := []porcupine.Operation{
		op(1, approve("f1"), answered{done: true}), op(20, asked{by: "u1"}, answered{status: flow.Running}),
	}
	if porcupine.CheckOperations(model(true), stale) {
		t.Error("a read after the end that says running is explained")
	}
}
