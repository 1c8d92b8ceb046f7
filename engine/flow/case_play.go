package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sync"
	"time"

	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/record"
)

// CaseCommand is what a person of a case does.
type CaseCommand struct {
	Verb     Verb
	By       string
	On       string // a child of this call node, "" = the main run
	Node, To string
	Users    []string
	Kind     TaskKind
	Mode     string
	Data     form.Values
	Comment  string
	Sign     string
	Key      string
	Rev      *int64
	Resubmit string
	Map      map[string]string
	Picks    map[string][]string
	Next     *def.Flow // of migrate: what is published first
}

// CaseRun is a run as it is stored.
type CaseRun struct {
	State   State
	Values  form.Values
	Effects []string // as flow.md §3 names them
	Reminds int
	// Delivered is how many of the commands were the engine's own acknowledgements of effects. Cases do not count them.
	Delivered int64
}

// CaseStage is a place where a case plays outside of this package: a real store, the API. Commands fail with *Refused
// when they are refused. Effects and messages between parent and child are delivered before a call returns, but for Race.
type CaseStage interface {
	Do(CaseCommand) error
	// Race does commands at once and gives the number of those that were done.
	Race([]CaseCommand) (int, error)
	Tick(time.Duration) error
	Disable(user string) error
	// Proxy takes times from CaseEpoch on.
	Proxy(Proxy) error
	Publish(*def.Flow) error
	View(on, by string) (form.Values, error)
	// Run gives a run; false if there is none yet.
	Run(on, by string) (CaseRun, bool, error)
}

// CaseEpoch is hour 0 of the clock of cases.
func CaseEpoch() time.Time { return epoch }

// engineOnly is the tag of scenarios about what the engine does where a record refuses it before, or takes it for something
// else: a second run on a rejected record, which is final; a start of a withdrawn one, which is a resubmission.
const engineOnly = "engine"

// PlayCases plays the scenarios of a file on stages that open gives, one after the other. Findings about definitions, and
// scenarios with the tag engine, are compared as RunCases does. It fails only if the file cannot be read as one.
func PlayCases(r io.Reader, open func(CaseSetting) (CaseStage, error)) ([]CaseResult, error) {
	cases, err := readCases(r)
	if err != nil {
		return nil, err
	}
	results := make([]CaseResult, len(cases))
	for i := range cases {
		c := &cases[i]
		results[i] = CaseResult{ID: c.ID, Title: c.Title}
		if err := c.playOn(open); err != nil {
			results[i].Failure = err.Error()
		}
	}
	return results, nil
}

func (c *scenario) playOn(open func(CaseSetting) (CaseStage, error)) error {
	if c.broken != nil || c.Lint != nil || slices.Contains(c.Tags, engineOnly) {
		return c.play()
	}
	stage, err := open(c.setting())
	if err != nil {
		return fmt.Errorf("set the stage: %w", err)
	}
	for i := range c.Steps {
		if err := playStep(stage, &c.Steps[i]); err != nil {
			return fmt.Errorf("step %d (%s): %w", i+1, c.Steps[i].label(), err)
		}
	}
	return meetsOn(stage, &caseStep{}, c.Expected, nil)
}

// reason is the comment of a step. The cases leave out the reasons administrators must give.
func (step *caseStep) reason() string {
	switch verb := Verb(step.Do); verb {
	case Jump, Terminate, Reassign, Migrate:
		return first(step.Comment, "case")
	default:
		return step.Comment
	}
}

// asCommand is a step as a person's command.
func (step *caseStep) asCommand() CaseCommand {
	c := CaseCommand{
		Verb: Verb(step.Do), By: step.By, On: step.On, Node: step.Node, To: first(step.To, step.User), Users: step.Users,
		Kind: TaskKind(step.Kind), Mode: step.Mode, Data: step.Data, Comment: step.reason(), Sign: step.Sign, Key: step.Key,
		Rev: step.Rev, Resubmit: step.Resubmit, Map: step.Map,
	}
	if step.Kind == "par" {
		c.Kind = TaskParallel
	}
	if step.Do == "start" && len(step.Users) > 0 {
		c.Picks = map[string][]string{"": step.Users}
	}
	if step.Def != nil {
		c.Next = step.Def.flow("")
	}
	return c
}

func playStep(stage CaseStage, step *caseStep) error {
	if step.Race != nil {
		return playRace(stage, step)
	}
	before, was, err := stage.Run(step.On, step.By)
	if err != nil {
		return err
	}
	var view form.Values
	switch step.Do {
	case "tick":
		err = stage.Tick(hours(step.Hours))
	case "disable":
		err = stage.Disable(step.User)
	case "proxy":
		err = stage.Proxy(Proxy{
			Principal: step.From, To: step.To, Start: epoch.Add(hours(step.Start)), End: epoch.Add(hours(step.End)),
		})
	case "publish":
		err = stage.Publish(step.Def.flow(""))
	case "view":
		view, err = stage.View(step.On, step.By)
	default:
		err = stage.Do(step.asCommand())
	}
	if got := codeOf(err); got != step.Error && !hidden(stage, step, got) {
		return fmt.Errorf("expected %s, got %s", orDone(step.Error), orDone(got))
	}
	if step.Error != "" && was {
		after, _, err := stage.Run(step.On, step.By)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(before.State, after.State) {
			return errors.New("expected no change by a refused command, got one")
		}
	}
	return meetsOn(stage, step, step.Expect, view)
}

// hidden tells whether a command was refused as one about a record that is not there, by somebody who may not see it: on a
// store nobody is told more of such a record, whatever else the command would be refused for.
func hidden(stage CaseStage, step *caseStep, got string) bool {
	if got != codeOf(refuse(CodeNotFound)) || step.Error == "" || step.Do == "view" {
		return false
	}
	_, err := stage.View(step.On, step.By)
	return codeOf(err) == got
}

func playRace(stage CaseStage, step *caseStep) error {
	commands := make([]CaseCommand, len(step.Race))
	for i := range step.Race {
		commands[i] = step.Race[i].asCommand()
	}
	done, err := stage.Race(commands)
	if err != nil {
		return err
	}
	if done != step.OK {
		return fmt.Errorf("expected %d done, got %d", step.OK, done)
	}
	return meetsOn(stage, step, step.Expect, nil)
}

// meetsOn compares what is stored with an expectation.
func meetsOn(s CaseStage, step *caseStep, e *expectation, view form.Values) error {
	if e == nil {
		return nil
	}
	run, ok, err := s.Run(step.On, step.By)
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("expected a run, got none")
	}
	run.State.Rev -= run.Delivered
	p := &played{state: run.State, values: run.Values, effects: run.Effects, reminds: run.Reminds}
	return (&stage{view: view}).meets(p, e)
}

// AtOnce does some things at once and counts those that were done; refusals are no errors here.
func AtOnce(commands []CaseCommand, do func(CaseCommand) error) (done int, err error) {
	var group sync.WaitGroup
	outcomes := make([]error, len(commands))
	for i, c := range commands {
		group.Go(func() { outcomes[i] = do(c) })
	}
	group.Wait()
	for _, outcome := range outcomes {
		var refused *Refused
		switch {
		case outcome == nil:
			done++
		case !errors.As(outcome, &refused):
			err = errors.Join(err, outcome)
		}
	}
	return done, err
}

// CaseEffects gives what the events of a run say it had effects: action:<node> and how it ended, in order; and how often
// somebody was reminded. Events are those of the record, of the last run only.
func CaseEffects(facts []Fact, plan *Plan) (effects []string, reminds int) {
	for _, f := range facts {
		if f.Delta.Fresh {
			effects, reminds = nil, 0
		}
		for _, name := range f.Passed {
			if n := plan.nodes[name]; n != nil && n.Type == def.NodeAction {
				effects = append(effects, "action:"+name)
			}
		}
		if len(f.Reminds) > 0 {
			reminds++
		}
		if f.Status.Ended() && !slices.Contains(effects, string(f.Status)) {
			effects = append(effects, string(f.Status))
		}
	}
	return effects, reminds
}

// StoredRun gives a run as it is stored, after what it has to deliver was delivered; false if none is stored. The log is
// read from an event on that is older than the record: nobody may follow it here. It is for stages of cases.
func (s *Service) StoredRun(ctx context.Context, tenant string, after int64, entity, id string) (CaseRun, bool, error) {
	if err := s.drain(ctx, dueRun{tenant, target{entity: entity, id: id}}); err != nil {
		return CaseRun{}, false, err
	}
	full, err := s.config.Records.Load(ctx, tenant, entity, id)
	if errors.Is(err, record.ErrNotFound) {
		return CaseRun{}, false, nil
	}
	if err != nil {
		return CaseRun{}, false, err
	}
	st, err := decodeState(full.Record.Flow)
	if err != nil || st.Status == "" {
		return CaseRun{}, false, err
	}
	plan, err := s.pinnedPlan(ctx, tenant, &st)
	if err != nil {
		return CaseRun{}, false, err
	}
	log, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return CaseRun{}, false, err
	}
	if err := log.Settle(ctx, entity, id); err != nil {
		return CaseRun{}, false, fmt.Errorf("history of %s/%s: %w", entity, id, err)
	}
	history := newHistories(entity, id)
	if err := history.after(ctx, log, after); err != nil {
		return CaseRun{}, false, err
	}
	var facts []Fact
	delivered := int64(0)
	for _, e := range history.of[id] {
		if !flowEvents[e.Type] || e.Type == EventEnded {
			continue
		}
		var fact Fact
		if err := json.Unmarshal(e.Data, &fact); err != nil {
			return CaseRun{}, false, fmt.Errorf("event of %s/%s: %w", entity, id, err)
		}
		if fact.Flow != "" {
			facts = append(facts, fact)
		}
		switch {
		case fact.Delta.Fresh:
			delivered = 0
		case e.Type == eventTypes[Deliver]:
			delivered++
		}
	}
	run := CaseRun{State: st, Values: full.Record.Values, Delivered: delivered}
	run.Effects, run.Reminds = CaseEffects(facts, plan)
	if err := CheckState(plan, &st); err != nil {
		return run, true, err
	}
	return run, true, nil
}

// drainLooks is how often a stage looks, every 2 ms, for effects that another goroutine delivers.
const drainLooks = 5000

// drain waits until a run has nothing left to deliver.
func (s *Service) drain(ctx context.Context, run dueRun) error {
	for range drainLooks {
		full, err := s.config.Records.Load(ctx, run.tenant, run.at.entity, run.at.id)
		if errors.Is(err, record.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		st, err := decodeState(full.Record.Flow)
		if err != nil || len(st.Outbox) == 0 {
			return err
		}
		if err := s.deliver(ctx, run); err != nil {
			return err
		}
		time.Sleep(2 * time.Millisecond) //nolint:forbidigo // another goroutine delivers meanwhile; decides nothing
	}
	return nil
}
