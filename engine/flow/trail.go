package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/record"
	"formwork/engine/store"
)

// TrailStep is one thing somebody did in the approval of a record, as it goes on paper. Type is that of the event, "auto" for
// what the engine decided, "open" for what still waits for somebody; an open step has the time its task arrived.
type TrailStep struct {
	Type       string    `json:"type"`
	Node       string    `json:"node,omitempty"`
	Title      string    `json:"title,omitempty"` // of the node
	Round      int       `json:"round,omitempty"`
	Actor      Named     `json:"actor"` // id "system" = the engine
	For        *Named    `json:"for,omitempty"`
	Department string    `json:"department,omitempty"` // its name; the one the actor was in then
	At         time.Time `json:"at"`
	Took       int64     `json:"took,omitempty"` // seconds from the arrival of the task to its decision
	To         string    `json:"to,omitempty"`   // title of the node it was returned or sent to, or "initiator"
	Users      []Named   `json:"users,omitempty"`
	Auto       string    `json:"auto,omitempty"` // reason of an automatic decision
	Do         string    `json:"do,omitempty"`   // of a deadline
	Comment    string    `json:"comment,omitempty"`
	Files      []string  `json:"files,omitempty"` // names of what he attached
	Sign       string    `json:"sign,omitempty"`  // id of the signature he drew
}

// stepOpen is the type of a step that is still to be done, stepAuto of one the engine decided.
const (
	stepOpen = "open"
	stepAuto = "auto"
)

// trailTypes are the events that say how an approval went. Saving, reminding, reading and what the engine does with
// effects do not.
var trailTypes = map[string]bool{
	eventTypes[Start]: true, eventTypes[Approve]: true, eventTypes[Reject]: true, eventTypes[Return]: true,
	eventTypes[Resubmit]: true, eventTypes[Withdraw]: true, eventTypes[Cancel]: true, eventTypes[Retrieve]: true,
	eventTypes[Transfer]: true, eventTypes[Delegate]: true, eventTypes[Resolve]: true, eventTypes[AddSign]: true,
	eventTypes[RemoveSign]: true, eventTypes[CarbonCopy]: true, eventTypes[Comment]: true, eventTypes[Jump]: true,
	eventTypes[Terminate]: true, eventTypes[Reassign]: true, eventTypes[HandOver]: true, eventTypes[Timer]: true,
	event.TypeVoided: true,
}

// Trail gives what everybody did in the approvals of a loaded record, oldest first, and at its end what still waits for
// whom. Whether the actor may see the record is the caller's to know.
func (s *Service) Trail(ctx context.Context, actor access.Actor, full *record.Full) ([]TrailStep, error) {
	b := trailer{historian: historian{service: s, ctx: ctx, actor: actor, full: full}, departments: map[string]string{}}
	var err error
	if b.state, err = decodeState(full.Record.Flow); err != nil {
		return nil, err
	}
	if b.state.Status != "" {
		if b.plan, err = s.pinnedPlan(ctx, actor.Tenant, &b.state); err != nil {
			return nil, err
		}
	}
	if b.dir, err = s.newDirectory(ctx, actor.Tenant, full); err != nil {
		return nil, err
	}
	events, err := s.eventsOf(ctx, actor.Tenant, full.Record.Entity, full.Record.ID)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if err := b.add(e); err != nil {
			return nil, fmt.Errorf("trail of %s/%s: %w", e.Entity, e.Record, err)
		}
	}
	b.waiting()
	b.name()
	return b.steps, b.dir.err
}

// trailer puts a trail together.
type trailer struct {
	historian
	dir         *directory
	departments map[string]string // of people, by id, as the events up to here tell
	steps       []TrailStep
}

// add turns one event into a step, if it says how the approval went.
func (b *trailer) add(e store.Event) error {
	if e.Type == event.TypeVoided {
		written, err := event.Decode(e.Data)
		if err == nil {
			b.steps = append(b.steps, TrailStep{Type: e.Type, Actor: Named{ID: e.Actor}, At: e.At, Comment: written.Reason})
		}
		return err
	}
	if !ofCommand(e.Type) {
		return nil
	}
	var fact Fact
	if err := json.Unmarshal(e.Data, &fact); err != nil {
		return fmt.Errorf("event %d: %w", e.Seq, err)
	}
	b.meet(&fact)
	if trailTypes[e.Type] {
		b.steps = append(b.steps, b.stepOf(e, &fact))
	}
	for _, auto := range fact.Auto {
		b.steps = append(b.steps, TrailStep{
			Type: stepAuto, Node: auto.Node, Actor: Named{ID: first(auto.User, systemName)}, At: e.At, Auto: auto.Reason,
		})
	}
	return nil
}

// ofCommand tells whether events of a type hold a Fact.
func ofCommand(eventType string) bool {
	for _, known := range eventTypes {
		if known == eventType {
			return true
		}
	}
	return false
}

func (b *trailer) stepOf(e store.Event, fact *Fact) TrailStep {
	step := TrailStep{
		Type: e.Type, Node: fact.Node, Round: fact.Round, Actor: Named{ID: first(e.Actor, systemName)}, At: e.At, To: fact.To,
		Do: fact.Do, Comment: fact.Comment, Sign: fact.Sign, Department: b.departments[e.Actor],
	}
	if fact.For != nil {
		holder := named(*fact.For)
		step.For = &holder
	}
	for _, f := range fact.Files {
		step.Files = append(step.Files, f.Name)
	}
	for _, p := range fact.Users {
		step.Users = append(step.Users, named(p))
	}
	for _, t := range fact.Delta.Tasks {
		if t.ID == fact.Task && !t.DoneAt.IsZero() && !t.ArrivedAt.IsZero() {
			step.Took = int64(t.DoneAt.Sub(t.ArrivedAt) / time.Second)
		}
	}
	return step
}

// meet notes in which departments the people of an event were.
func (b *trailer) meet(fact *Fact) {
	note := func(p *Person) {
		if p != nil && p.ID != "" && p.Department != "" {
			b.departments[p.ID] = p.Department
		}
	}
	if fact.Delta.Head != nil {
		note(&fact.Delta.Head.Initiator)
	}
	for i := range fact.Delta.Tasks {
		t := &fact.Delta.Tasks[i]
		note(&t.User)
		note(t.Owner)
		note(t.By)
	}
}

// waiting adds what is still to be done.
func (b *trailer) waiting() {
	if b.plan == nil || b.state.Status.Ended() {
		return
	}
	for _, t := range b.state.Tasks {
		if t.Status == TaskOpen {
			b.steps = append(b.steps, TrailStep{
				Type: stepOpen, Node: t.Node, Round: t.Round, Actor: named(t.User), Department: t.User.Department, At: t.ArrivedAt,
			})
		}
	}
}

// name gives people, nodes and departments their names.
func (b *trailer) name() {
	ids := make([]string, 0, len(b.steps))
	for _, step := range b.steps {
		ids = append(ids, step.Actor.ID)
	}
	b.dir.read(def.EntityUser, ids...)
	for i := range b.steps {
		step := &b.steps[i]
		who, _ := b.dir.Person(step.Actor.ID)
		step.Actor.Name = first(step.Actor.Name, who.Name)
		unit := b.dir.doc(def.EntityDepartment, first(step.Department, who.Department))
		step.Department = ""
		if unit != nil {
			step.Department = textOf(unit.Values, "name")
		}
		if b.plan == nil {
			continue
		}
		if step.Node != "" && b.plan.nodes[step.Node] != nil {
			step.Title = b.plan.titleOf(step.Node, b.actor.Lang)
		}
		if b.plan.nodes[step.To] != nil {
			step.To = b.plan.titleOf(step.To, b.actor.Lang)
		}
	}
}
