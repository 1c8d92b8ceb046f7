package flow

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/record"
)

// A simulation plays a flow with the real people and a clock of its own: the same Step, nothing stored, nobody told.

// SimulateInput says what to play.
type SimulateInput struct {
	Catalog *def.Catalog // the definitions to play by; they need not be published
	Flow    string
	User    string         // id of who submits
	Record  *record.Record // begins with this record's values; nil = with none
	Values  form.Values    // merge patch on them
	Plays   []Play
	Lang    string
	Reader  *access.Actor // who looks at it: what his grants hide is left out; nil = nobody
}

// Play is what somebody does at a node; whoever is not named by one approves.
type Play struct {
	Node    string      `json:"node"`
	User    string      `json:"user,omitempty"` // id; "" = whoever has the task, the initiator at a wait
	Do      string      `json:"do"`             // approve, reject, return, resubmit, timeout (lets the next deadline fire), stop
	To      string      `json:"to,omitempty"`   // of return
	Values  form.Values `json:"values,omitempty"`
	Comment string      `json:"comment,omitempty"`
}

// What a play may do.
const (
	playApprove  = string(Approve)
	playReject   = string(Reject)
	playReturn   = string(Return)
	playResubmit = string(Resubmit)
	playTimeout  = "timeout"
	playStop     = "stop"
)

var plays = []string{playApprove, playReject, playReturn, playResubmit, playTimeout, playStop}

// Simulation is what a play came to.
type Simulation struct {
	Trace
	// Problems are those for which the record would have been refused; the play goes on all the same.
	Problems []form.Problem `json:"problems,omitempty"`
	// Refused is the code with which a command was refused; the play ends there.
	Refused string `json:"refused,omitempty"`

	values form.Values
}

// maxPlayed is how many commands a simulation issues; a flow that goes on longer waits there.
const maxPlayed = 500

// Simulate plays a flow. It fails with record.ErrNotFound for an unknown flow, and with a *Refused of code user_disabled
// if there is no such active person.
func (s *Service) Simulate(ctx context.Context, tenant string, in SimulateInput) (Simulation, error) {
	f := in.Catalog.Flows[in.Flow]
	if f == nil || in.Catalog.Entities[f.Entity] == nil {
		return Simulation{}, record.ErrNotFound
	}
	for _, p := range in.Plays {
		if !slices.Contains(plays, p.Do) {
			return Simulation{}, refuseWith(CodeNotAllowed, "do", p.Do)
		}
	}
	person, ok, err := s.config.Access.Person(ctx, tenant, in.User)
	if err != nil {
		return Simulation{}, err
	}
	if !ok {
		return Simulation{}, refuseWith(CodeUserDisabled, "user", in.User)
	}
	person.Lang = in.Lang
	sim := &simulation{service: s, ctx: ctx, in: &in, actor: person, plan: compilePlan(in.Catalog, f), plays: slices.Clone(in.Plays)}
	if err := sim.open(); err != nil {
		return Simulation{}, err
	}
	if err := sim.run(); err != nil {
		return Simulation{}, err
	}
	return sim.result()
}

// simulation is one play.
type simulation struct {
	service *Service
	ctx     context.Context //nolint:containedctx // it lives as long as one call
	in      *SimulateInput
	actor   access.Actor
	plan    *Plan
	plays   []Play

	full     *record.Full
	dir      *directory
	now      time.Time
	state    State
	values   form.Values
	problems []form.Problem
	refused  string
	facts    []told
}

// open makes the record to play with.
func (sim *simulation) open() error {
	in := record.PreviewInput{Catalog: sim.in.Catalog, Entity: sim.plan.Flow.Entity, Values: sim.in.Values}
	if in.Values == nil {
		in.Values = form.Values{}
	}
	if sim.in.Record != nil {
		stored := *sim.in.Record
		stored.State, stored.Flow = string(Draft), nil
		in.Stored = &stored
	}
	return sim.look(in)
}

// look gives the directory another record to see.
func (sim *simulation) look(in record.PreviewInput) error {
	full, err := sim.service.config.Records.Preview(sim.ctx, sim.actor, in)
	if err != nil {
		return err
	}
	dir, err := sim.service.newDirectory(sim.ctx, sim.actor.Tenant, full)
	if err != nil {
		return err
	}
	dir.flow = sim.plan.Flow.Name
	if sim.dir != nil {
		dir.docs = sim.dir.docs // people do not change while it is played
	}
	if sim.now.IsZero() {
		sim.now = full.Now
	}
	sim.full, sim.dir, sim.values = full, dir, full.Record.Values
	return nil
}

// run issues commands until the run rests, ends, or is stopped.
func (sim *simulation) run() error {
	start := Command{Verb: Start, Actor: Person{ID: sim.actor.ID}}
	start.Actor, _ = sim.dir.Person(sim.actor.ID)
	if sim.in.Record != nil {
		start.Data = sim.in.Values
	}
	if err := sim.do(start); err != nil {
		return err
	}
	for range maxPlayed {
		cmd, ok := sim.next()
		if !ok || sim.refused != "" {
			return sim.dir.err
		}
		if err := sim.do(cmd); err != nil {
			return err
		}
	}
	return nil
}

// do issues one command. A refusal ends the play.
func (sim *simulation) do(cmd Command) error {
	sim.now = sim.now.Add(time.Second)
	problems := sim.problems
	out, err := Step(sim.plan, sim.state, cmd, World{
		Now: sim.now, Org: sim.dir, Env: sim.dir.env,
		Values: func(patch form.Values) (form.Values, error) {
			values, found, err := sim.evaluate(cmd.Verb, patch)
			problems = found
			return values, err
		},
	})
	if err := errors.Join(sim.dir.err, sim.ctx.Err()); err != nil {
		return err
	}
	var refused *Refused
	if errors.As(err, &refused) {
		sim.refused = refused.Code
		return nil
	}
	if err != nil {
		return fmt.Errorf("simulate %s: %w", sim.plan.Flow.Name, err)
	}
	values := sim.values
	if len(out.Patch) > 0 || cmd.Verb == Start {
		if values, problems, err = sim.evaluate(cmd.Verb, out.Patch); err != nil {
			return err
		}
	}
	sim.problems = problems
	sim.state = out.State
	for _, e := range out.Events {
		if fact, ok := e.Data.(Fact); ok {
			sim.facts = append(sim.facts, told{at: sim.now, kind: e.Type, actor: cmd.Actor.ID, fact: fact})
		}
	}
	return sim.keep(values)
}

// evaluate completes the record with a patch. The problems it would be refused for are told, they stop nothing.
func (sim *simulation) evaluate(verb Verb, patch form.Values) (form.Values, []form.Problem, error) {
	if len(patch) == 0 && verb != Start && verb != Resubmit {
		return sim.values, sim.problems, nil
	}
	values, problems, err := sim.full.Evaluate(sim.ctx, patch, occasion(verb, Running))
	if values == nil {
		values = sim.values
	}
	return values, problems, err
}

// keep makes the values those of the record from now on.
func (sim *simulation) keep(values form.Values) error {
	stored := sim.full.Record
	if stored.Rev > 0 && stored.State == string(sim.state.Status) && reflect.DeepEqual(values, sim.values) {
		return nil
	}
	stored.Values, stored.State, stored.Rev = values, string(sim.state.Status), max(stored.Rev, 1)
	if stored.ID == "" {
		stored.ID = "simulated"
	}
	return sim.look(record.PreviewInput{Catalog: sim.in.Catalog, Entity: sim.plan.Flow.Entity, Stored: &stored})
}

// next chooses the next command: what a play says about an open task, else an approval; without open tasks the ends of
// called runs, then the next deadline.
func (sim *simulation) next() (Command, bool) {
	if cmd, ok := sim.childEnded(); ok {
		return cmd, true
	}
	for _, t := range sim.state.OpenTasks() {
		p := sim.play(&t)
		if p.Do == playStop {
			continue
		}
		if p.Do == playTimeout {
			return sim.timeout()
		}
		if cmd, ok := sim.acts(&t, p); ok {
			return cmd, true
		}
	}
	if len(sim.state.OpenTasks()) > 0 {
		return Command{}, false
	}
	if n := sim.plan.waitsAt(&sim.state); n != nil {
		switch p := sim.playAt(n.Name, sim.state.Initiator.ID); p.Do {
		case playStop:
			return Command{}, false
		case playReturn:
			return sim.objects(p)
		}
	}
	return sim.timeout()
}

// objects is the command of somebody who sends a run back that only waits.
func (sim *simulation) objects(p Play) (Command, bool) {
	actor, ok := sim.dir.Person(first(p.User, sim.state.Initiator.ID))
	return Command{Verb: Return, Actor: actor, To: first(p.To, toInitiator), Comment: first(p.Comment, "-")}, ok
}

// play is what happens with a task.
func (sim *simulation) play(t *Task) Play {
	switch p := sim.playAt(t.Node, t.User.ID); {
	case p.Do != "":
		return p
	case t.Node == StartNode:
		return Play{Do: playStop} // nobody said that the initiator sends it again
	default:
		return Play{Do: playApprove}
	}
}

// playAt takes the first play about somebody at a node off the list, one that names nobody or (at a wait) an
// administrator included; without one it does nothing.
func (sim *simulation) playAt(node, user string) Play {
	n := sim.plan.nodes[node]
	waits := n != nil && n.Type == def.NodeWait
	for i, p := range sim.plays {
		if p.Node != node || p.User != "" && p.User != user && !waits {
			continue
		}
		if p.Do != playStop {
			sim.plays = slices.Delete(sim.plays, i, i+1)
		}
		return p
	}
	return Play{}
}

// acts is the command of somebody with a task.
func (sim *simulation) acts(t *Task, p Play) (Command, bool) {
	cmd := Command{Actor: t.User, Task: t.ID, Data: p.Values, Comment: first(p.Comment, "-"), To: p.To}
	switch p.Do {
	case playResubmit:
		cmd.Verb, cmd.Task = Resubmit, ""
		return cmd, sim.state.Status == Returned
	case playReject:
		cmd.Verb = Reject
	case playReturn:
		cmd.Verb, cmd.To = Return, first(p.To, toInitiator)
	default:
		cmd.Verb = Approve
		if n := sim.plan.nodes[t.Node]; n != nil && n.Sign {
			cmd.Sign = "simulated"
		}
		if t.Owner != nil {
			cmd.Verb = Resolve
		}
	}
	return cmd, true
}

// timeout moves the clock to the next deadline and lets it fire. A condition that is waited for is taken as met: what meets
// it (an effect, another record) is not played.
func (sim *simulation) timeout() (Command, bool) {
	due, ok := sim.plan.NextDue(&sim.state)
	if !ok {
		return Command{}, false
	}
	met := sim.plan.nodes[due.Node].waitsForCondition()
	if due.At.After(sim.now) && !met {
		sim.now = due.At
	}
	return Command{Verb: Timer, Node: due.Node, Round: due.Round, Index: due.Index, Met: met}, true
}

// childEnded lets a called run end well: what it does is a simulation of its own.
func (sim *simulation) childEnded() (Command, bool) {
	for _, n := range sim.plan.order {
		active := sim.state.Active[n.Name]
		for _, child := range active.Children {
			if child.Status == Running {
				return Command{
					Verb: ChildEnded, Node: n.Name, Round: active.Round, Index: child.Index, Ended: Approved,
				}, true
			}
		}
	}
	return Command{}, false
}

func (sim *simulation) result() (Simulation, error) {
	t := &tracer{
		plan: sim.plan, cat: sim.in.Catalog, state: &sim.state, facts: sim.facts, lang: sim.in.Lang,
		read: &readings{cat: sim.in.Catalog, entity: sim.plan.entity, lang: sim.in.Lang},
	}
	if reader := sim.in.Reader; reader != nil && !reader.Admin {
		t.hidden = sim.service.concealed(sim.ctx, *reader, sim.in.Catalog, sim.in.Catalog.Entities[sim.plan.Flow.Entity])
	}
	if sim.state.Status == "" { // refused at once
		t.state = &State{Name: sim.plan.Flow.Name, Initiator: Person{ID: sim.actor.ID, Name: sim.actor.Name}}
	}
	var err error
	if t.names, err = sim.service.names(sim.ctx, sim.actor.Tenant, t.people()); err != nil {
		return Simulation{}, err
	}
	return Simulation{Trace: t.trace(), Problems: sim.problems, Refused: sim.refused, values: sim.values}, nil
}
