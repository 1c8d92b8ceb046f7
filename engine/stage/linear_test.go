package stage_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/oklog/ulid/v2"

	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/stage"
	"formwork/engine/store"
	"formwork/engine/store/mongo"
	"formwork/engine/store/sqlite"
)

var races = flag.Int("stage.races", 36, "runs that people decide at the same time; R04 asks for 10,000")

// asked is one thing somebody does to a run, answered what it was answered.
type (
	asked struct {
		run  int
		verb flow.Verb // Approve, Reject, Return, Transfer, Withdraw; Timer is the deadline; "" reads the status
		by   string
	}
	answered struct {
		done   bool
		status flow.Status // of a read
	}
	// decided is a run as the model knows it: who has approved, and its status.
	decided struct {
		status flow.Status
		done   string // who approved
		asked  string // who is asked
		acted  bool
	}
	// contest is how a run is decided: by the first, or by all of so many.
	contest struct {
		one  bool
		many int
	}
)

// approvers are five; whoever passes his task on gives it to his substitute.
var (
	approvers   = []string{"f1", "f2", "f3", "e1", "e2"}
	substitutes = map[string]string{"f1": "m1", "f2": "m2", "f3": "ceo", "e1": "l1", "e2": "e3"}
)

func (c contest) mode() string {
	if c.one {
		return "any"
	}
	return "all"
}

// model is what a node does, one thing after the other: any approves at once, all when the last has.
func model(c contest) porcupine.Model {
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
		Init: func() any { return decided{status: flow.Running, asked: strings.Join(approvers[:c.many], " ")} },
		Step: func(state, input, output any) (bool, any) {
			s, _ := state.(decided)
			in, _ := input.(asked)
			out, _ := output.(answered)
			if in.verb == "" {
				return out.status == s.status, s
			}
			next, may := s.after(in, c.one)
			if !may {
				return !out.done, s
			}
			return out.done, next
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v → %+v", input, output) },
	}
}

// after is the run after something was done to it; false if it must be refused. A deadline that is over does nothing.
func (d decided) after(in asked, one bool) (decided, bool) {
	mine := slices.Contains(strings.Fields(d.asked), in.by)
	switch {
	case in.verb == flow.Timer:
		if d.status == flow.Running {
			d.status, d.acted = flow.Approved, true
		}
		return d, true
	case d.status != flow.Running:
		return d, false
	case in.verb == flow.Withdraw:
		may := !d.acted
		if may {
			d.status = flow.Draft
		}
		return d, may
	case !mine:
		return d, false
	}
	d.acted = true
	switch in.verb {
	case flow.Reject:
		d.status = flow.Rejected
	case flow.Return:
		d.status = flow.Returned
	case flow.Transfer:
		d.asked = strings.ReplaceAll(d.asked, in.by, substitutes[in.by])
	default:
		d.done += in.by + " "
		d.asked = strings.Join(slices.DeleteFunc(strings.Fields(d.asked), func(user string) bool { return user == in.by }), " ")
		if one || d.asked == "" {
			d.status = flow.Approved
		}
	}
	return d, true
}

// TestDecisionsAreLinearizable is R04, and R05 without faults: two to five approvers decide, return and pass on, the
// initiator withdraws, the deadline comes, and all of them read at the same time; what they were answered must be explainable
// by one order of what happened.
func TestDecisionsAreLinearizable(t *testing.T) {
	onStores(t, func(t *testing.T, backend store.Backend) {
		t.Helper()
		e, clock := open(t, backend)
		company, err := stage.Found(t.Context(), e, clock, "race")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []contest{{true, 2}, {true, 3}, {true, 4}, {true, 5}, {false, 3}, {false, 5}} {
			history := play(t, company, c)
			result := porcupine.CheckOperationsTimeout(model(c), history, time.Minute)
			if result != porcupine.Ok {
				t.Errorf("%s of %d: no order explains what %d commands were answered: %s", c.mode(), c.many, len(history), result)
			}
		}
	})
}

// onStores runs a test on an empty embedded store and, when MONGODB_URI is set, on that server.
func onStores(t *testing.T, test func(t *testing.T, backend store.Backend)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		backend, err := sqlite.New(sqlite.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = backend.Close() })
		test(t, backend)
	})
	t.Run("mongodb", func(t *testing.T) {
		uri := os.Getenv("MONGODB_URI")
		if uri == "" {
			t.Skip("MONGODB_URI is not set")
		}
		address, options, found := strings.Cut(uri, "?")
		if found {
			options = "?" + options
		}
		backend, err := mongo.Open(t.Context(), strings.TrimSuffix(address, "/")+"/"+strings.ToLower("t"+ulid.Make().String())+options)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { drop(t, backend) })
		test(t, backend)
	})
}

func drop(t *testing.T, backend store.Backend) {
	t.Helper()
	for _, name := range []string{"race", "_system"} {
		db, err := backend.Open(context.Background(), name)
		if err == nil {
			err = db.Drop(context.Background())
		}
		if err != nil {
			t.Errorf("drop %s: %v", name, err)
		}
	}
	if err := backend.Close(); err != nil {
		t.Error(err)
	}
}

// play lets people race on runs, each a case of its own record, and gives what they did and were answered.
func play(t *testing.T, company *stage.Company, c contest) []porcupine.Operation {
	t.Helper()
	set := flow.CaseSetting{
		ID: fmt.Sprint("R04", c.mode(), c.many), Values: map[string]any{"x": 0}, Roles: map[string][]string{"finance": approvers},
		Flow: &def.Flow{
			Settings: def.FlowSettings{Withdraw: "before_first", Comment: "none"},
			Nodes: []*def.Node{{
				Name: "a", Type: def.NodeApprove, Mode: c.mode(), Allow: []string{"transfer", "return"},
				Timeout: []def.Timeout{{After: "PT1H", Do: "pass"}},
			}},
		},
	}
	for _, user := range approvers[:c.many] {
		set.Flow.Nodes[0].Who = append(set.Flow.Nodes[0].Who, "user:"+user)
	}
	var history []porcupine.Operation
	for run := range *races / 6 {
		s, err := company.Open(t.Context())(set)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Do(flow.CaseCommand{Verb: flow.Start, By: "u1"}); err != nil {
			t.Fatal(err)
		}
		history = append(history, race(t, s, run, c.many)...)
	}
	return history
}

func race(t *testing.T, s flow.CaseStage, run, many int) []porcupine.Operation {
	t.Helper()
	var todo []asked
	for _, user := range approvers[:many] {
		verb := []flow.Verb{flow.Approve, flow.Approve, flow.Approve, flow.Reject, flow.Return, flow.Transfer}[rand.N(6)]
		todo = append(todo, asked{run, verb, user}, asked{run, "", user}, asked{run, flow.Approve, substitutes[user]})
	}
	todo = append(todo, asked{run, flow.Withdraw, "u1"}, asked{run, "", "u1"})
	if rand.N(3) == 0 {
		todo = append(todo, asked{run, flow.Timer, ""})
	}
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
	if in.verb == flow.Timer {
		return answered{done: true}, s.Tick(2 * time.Hour)
	}
	cmd := flow.CaseCommand{Verb: in.verb, By: in.by, Node: nodeOf(in.verb), To: substitutes[in.by]}
	if in.verb == flow.Return {
		cmd.To = "initiator"
	}
	err := s.Do(cmd)
	var refused *flow.Refused
	if !errors.As(err, &refused) {
		return answered{done: err == nil}, err
	}
	late := []string{flow.CodeTaskClosed, flow.CodeEnded}
	switch {
	case in.verb == flow.Withdraw:
		late = append(late, flow.CodeNotAllowed)
	case !slices.Contains(approvers, in.by): // a substitute nobody has passed a task to knows of no record
		late = append(late, flow.CodeNotAssignee, flow.CodeNotFound)
	}
	if !slices.Contains(late, refused.Code) {
		return answered{}, err
	}
	return answered{}, nil
}

func nodeOf(verb flow.Verb) string {
	if verb != flow.Withdraw {
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
	if porcupine.CheckOperations(model(contest{true, 2}), twice) || !porcupine.CheckOperations(model(contest{false, 3}), twice) {
		t.Error("two may win where one is enough, or not where all are asked")
	}
	stale := []porcupine.Operation{
		op(1, approve("f1"), answered{done: true}), op(20, asked{by: "u1"}, answered{status: flow.Running}),
	}
	if porcupine.CheckOperations(model(contest{true, 2}), stale) {
		t.Error("a read after the end that says running is explained")
	}
}
