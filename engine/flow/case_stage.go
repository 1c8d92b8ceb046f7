package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"formwork/engine/expr"
	"formwork/engine/form"
)

// stage is where one case plays: the clock, the organisation, and a run with its children.
type stage struct {
	now  time.Time
	org  *caseOrg
	plan *Plan            // of runs that start now
	subs map[string]*Plan // of called flows
	main *played
	view form.Values // what the last view showed
}

// played is a run being played, with the record it is about.
type played struct {
	plan     *Plan
	state    State
	values   form.Values
	effects  []string
	reminds  int
	children map[string][]*played // by call node, the latest last
	parent   *played
}

// epoch is hour 0 of the virtual clock.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func newStage(c *scenario) *stage {
	s := &stage{
		now: epoch, org: newCaseOrg(c.Org), plan: compilePlan(nil, c.Def.flow("")), subs: map[string]*Plan{},
		main: &played{values: form.Values{}, children: map[string][]*played{}},
	}
	for name, sub := range c.Defs {
		s.subs[name] = compilePlan(nil, sub.flow(name))
	}
	s.main.plan = s.plan
	return s
}

// clone copies the stage, so that a race can be played in every order.
func (s *stage) clone() *stage {
	c := *s
	c.org = s.org.clone()
	c.main = s.main.clone(nil)
	return &c
}

func (p *played) clone(parent *played) *played {
	c := *p
	c.parent = parent
	c.children = map[string][]*played{}
	for name, list := range p.children {
		for _, child := range list {
			c.children[name] = append(c.children[name], child.clone(&c))
		}
	}
	return &c
}

// on finds the run a step is about: the main one, or a child of a call node somewhere below it. Among several children
// it is the first in which the person has an open task, else the latest.
func (s *stage) on(step *caseStep) *played {
	if step.On == "" {
		return s.main
	}
	return s.main.child(step.On, step.By)
}

func (p *played) child(node, by string) *played {
	list := p.children[node]
	for _, child := range list {
		for _, t := range child.state.OpenTasks() {
			if t.User.ID == by {
				return child
			}
		}
	}
	if len(list) > 0 {
		return list[len(list)-1]
	}
	for _, list := range p.children {
		for _, child := range list {
			if found := child.child(node, by); found != nil {
				return found
			}
		}
	}
	return nil
}

var errNoChild = errors.New("no such child")

// do plays one step. It fails as the command is refused.
func (s *stage) do(step *caseStep) error {
	p := s.on(step)
	if p == nil {
		return errNoChild
	}
	switch step.Do {
	case "tick":
		return s.tick(s.now.Add(hours(step.Hours)))
	case "disable":
		s.org.disabled[step.User] = true
		return nil
	case "proxy":
		return s.addProxy(step)
	case "publish":
		s.plan = compilePlan(nil, step.Def.flow(""))
		return nil
	case "view":
		return s.look(p, step.By)
	case "start":
		if p.state.Status == "" || p.state.Status.Ended() {
			p.plan = s.plan
		}
	}
	if err := s.command(p, step.command()); err != nil {
		return err
	}
	return s.tellAgain(s.main)
}

// tellAgain delivers what children had to tell a parent that was suspended then.
func (s *stage) tellAgain(p *played) error {
	for _, list := range p.children {
		for _, child := range list {
			if len(child.state.Outbox) > 0 && p.state.Status != Suspended {
				if err := s.deliver(child); err != nil {
					return err
				}
			}
			if err := s.tellAgain(child); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *stage) addProxy(step *caseStep) error {
	proxy := Proxy{
		Principal: step.From, To: step.To,
		Start: epoch.Add(hours(step.Start)), End: epoch.Add(hours(step.End)),
	}
	if err := CheckProxy(s.org.proxies, proxy); err != nil {
		return err
	}
	s.org.proxies = append(s.org.proxies, proxy)
	return nil
}

// look shows a run's record to somebody.
func (s *stage) look(p *played, user string) error {
	if p.state.Status == "" || !p.plan.MayView(&p.state, s.org, user, s.now) {
		return refuse(CodeNotFound)
	}
	hidden := p.plan.Hidden(&p.state, s.org, user, s.now)
	s.view = form.Values{}
	for field, value := range p.values {
		if !hidden(field) {
			s.view[field] = value
		}
	}
	return nil
}

// command gives the command a step stands for.
func (step *caseStep) command() Command {
	c := Command{
		Verb: Verb(step.Do), Actor: Person{ID: step.By}, Node: step.Node, To: first(step.To, step.User), Users: step.Users,
		Kind: TaskKind(step.Kind), Mode: step.Mode, Data: step.Data, Comment: step.reason(), Sign: step.Sign,
		Key: step.Key, Rev: step.Rev, Resubmit: step.Resubmit, Map: step.Map,
	}
	if step.Kind == "par" {
		c.Kind = TaskParallel
	}
	if step.Do == "start" && len(step.Users) > 0 {
		c.Picks = map[string][]string{"": step.Users}
	}
	if step.Def != nil {
		c.Next = compilePlan(nil, step.Def.flow(""))
	}
	return c
}

// command does a command on a run and delivers its effects before anything else happens.
func (s *stage) command(p *played, cmd Command) error {
	s.org.flow = p.plan.Flow.Name
	if cmd.Actor.ID != "" {
		cmd.Actor, _ = s.org.Person(cmd.Actor.ID)
	}
	out, err := Step(p.plan, p.state, cmd, s.world(p))
	if err != nil || out.Replay {
		return err
	}
	if cmd.Verb == Start {
		p.effects, p.reminds, p.children = nil, 0, map[string][]*played{}
	}
	if cmd.Verb == Migrate {
		p.plan = cmd.Next
	}
	p.state = out.State
	p.values = merged(p.values, out.Patch)
	p.effects = append(p.effects, out.Effects...)
	if fact, ok := out.Events[0].Data.(Fact); ok && len(fact.Reminds) > 0 {
		p.reminds++
	}
	if err := CheckState(p.plan, &p.state); err != nil {
		return err
	}
	return s.deliver(p)
}

func (s *stage) world(p *played) World {
	return World{
		Now: s.now, Org: s.org,
		Values: func(patch form.Values) (form.Values, error) { return merged(p.values, patch), nil },
		Env:    func(values form.Values) *expr.Env { return &expr.Env{Self: caseValues(values)} },
	}
}

// deliver does what the outbox asks for: it starts and cancels children and tells parents. Effects that cannot be
// delivered yet, to a suspended parent, stay.
func (s *stage) deliver(p *played) error {
	effects := p.state.Outbox
	p.state.Outbox = nil
	var kept []Effect
	for _, e := range effects {
		err := s.effect(p, e)
		var refused *Refused
		if errors.As(err, &refused) && e.Kind == EffectTellParent {
			kept = append(kept, e)
			continue
		}
		if err != nil {
			return err
		}
	}
	p.state.Outbox = append(kept, p.state.Outbox...)
	return nil
}

func (s *stage) effect(p *played, e Effect) error {
	switch e.Kind {
	case EffectCall:
		plan := s.subs[e.Flow]
		if plan == nil {
			return fmt.Errorf("no flow %q to call", e.Flow)
		}
		child := &played{plan: plan, values: e.Values, children: map[string][]*played{}, parent: p}
		p.children[e.Node] = append(p.children[e.Node], child)
		initiator := p.state.Initiator
		return s.command(child, Command{Verb: Start, Initiator: &initiator, Parent: e.Parent})
	case EffectCancelChild:
		for _, child := range p.children[e.Node] {
			from := child.state.Parent
			if from != nil && from.Round == e.Round && !child.state.Status.Ended() {
				if err := s.command(child, Command{Verb: endingVerb(child.state.Status)}); err != nil {
					return err
				}
			}
		}
	case EffectTellParent:
		return s.command(p.parent, Command{
			Verb: ChildEnded, Node: e.Parent.Node, Round: e.Parent.Round, Index: e.Parent.Index, Ended: e.Status, Data: e.Values,
		})
	case EffectAction, EffectReverse:
	}
	return nil
}

// endingVerb is how the engine ends a child with its parent: what lies still cannot be cancelled.
func endingVerb(s Status) Verb {
	if s == Running || s == Returned {
		return Cancel
	}
	return Terminate
}

// tick moves the clock, stopping at each deadline on the way.
func (s *stage) tick(until time.Time) error {
	for {
		p, due, ok := s.earliest(s.main)
		if !ok || due.At.After(until) {
			s.now = until
			return nil
		}
		if due.At.After(s.now) {
			s.now = due.At
		}
		if err := s.command(p, Command{Verb: Timer, Node: due.Node, Round: due.Round, Index: due.Index}); err != nil {
			return err
		}
	}
}

// earliest finds the next deadline of a run and its children.
func (s *stage) earliest(p *played) (*played, Due, bool) {
	at, due, ok := p, Due{}, false
	if p.state.Status != "" {
		due, ok = p.plan.NextDue(&p.state)
	}
	for _, list := range p.children {
		for _, child := range list {
			owner, next, found := s.earliest(child)
			if found && (!ok || next.At.Before(due.At)) {
				at, due, ok = owner, next, true
			}
		}
	}
	return at, due, ok
}

// merged gives values with a merge patch applied; null removes, rows are addressed by _id.
func merged(values, patch form.Values) form.Values {
	result := maps.Clone(values)
	for field, v := range patch {
		if v == nil {
			delete(result, field)
			continue
		}
		result[field] = v
	}
	return result
}

// caseValues gives the untyped values of a case to conditions: numbers are exact decimals.
type caseValues form.Values

// Get implements expr.Object.
func (v caseValues) Get(name string) any { return caseValue(v[name]) }

func caseValue(value any) any {
	switch v := value.(type) {
	case json.Number:
		if d, err := expr.ParseDecimal(v.String()); err == nil {
			return d
		}
		return nil
	case bool, string:
		return v
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = caseValue(v[i])
		}
		return list
	case map[string]any:
		id, _ := v["_id"].(string)
		return expr.NewRef(id, caseValues(v))
	default:
		return nil
	}
}
