package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
)

// playing is one case on its stage. It implements flow.CaseStage.
type playing struct {
	ctx     context.Context //nolint:containedctx // it lives as long as one case
	company *Company
	set     flow.CaseSetting
	entity  string
	record  string
	start   time.Time // hour 0 of the case
	began   int64     // the last event of the log before the case
	proxies []flow.Proxy
	asked   map[string]string // the task a person's command with an idempotency key was about
}

// taskVerbs are the verbs of somebody's task.
var taskVerbs = []flow.Verb{
	flow.Approve, flow.Reject, flow.Return, flow.Save, flow.Transfer, flow.Delegate, flow.Resolve, flow.AddSign,
}

// Do implements flow.CaseStage.
func (p *playing) Do(c flow.CaseCommand) error {
	cmd, err := p.command(c)
	if err != nil {
		return err
	}
	if err := p.company.Do(p.ctx, cmd); err != nil {
		return err
	}
	return p.settle()
}

// command turns a command of a case into one about a record and, for the verbs of a task, a task.
func (p *playing) command(c flow.CaseCommand) (Command, error) {
	if c.Next != nil {
		if err := p.publish(c.Next); err != nil {
			return Command{}, err
		}
	}
	cmd := Command{CaseCommand: c, Entity: p.entity, Record: p.record}
	cmd.Data = wire(c.Data)
	if c.Verb == flow.Start && p.record == "" {
		if err := p.create(c.By); err != nil {
			return cmd, err
		}
		cmd.Record = p.record
	}
	if c.On != "" {
		var err error
		if cmd.Entity, cmd.Record, err = p.child(c.On, c.By); err != nil {
			return cmd, err
		}
	}
	if slices.Contains(taskVerbs, c.Verb) || c.Verb == flow.RemoveSign {
		var err error
		if cmd.Task, err = p.task(&cmd); err != nil {
			return cmd, err
		}
	}
	return cmd, nil
}

// wire gives numbers of a case as decimals on the wire.
func wire(data form.Values) form.Values {
	if data == nil {
		return nil
	}
	values := form.Values{}
	for field, value := range data {
		if n, ok := value.(fmt.Stringer); ok {
			value = n.String()
		}
		values[field] = value
	}
	return values
}

// create makes the record a flow will start on, as its initiator's draft.
func (p *playing) create(by string) error {
	actor, err := p.company.actor(p.ctx, by)
	if err != nil {
		return err
	}
	created, err := p.company.Engine.Records.Create(p.ctx, actor, p.entity, record.CreateInput{Values: form.Values{"subject_line": p.set.ID}})
	if err != nil {
		return err
	}
	p.record = created.Record.ID
	return nil
}

// child finds the record of a called run: the first in which somebody has an open task, else the latest.
func (p *playing) child(node, by string) (entity, id string, err error) {
	called := calledBy(p.set.Flow.Nodes, node)
	for _, name := range slices.Sorted(maps.Keys(p.set.Called)) {
		if called == "" {
			called = calledBy(p.set.Called[name].Nodes, node)
		}
	}
	if called == "" {
		return "", "", fmt.Errorf("no call node %s", node)
	}
	entity = p.entity + "_" + called
	docs, err := p.records(entity)
	if err != nil {
		return "", "", err
	}
	for _, found := range docs {
		run, ok, err := p.company.Engine.Flows.StoredRun(p.ctx, p.company.Tenant, p.began, entity, found)
		if err != nil {
			return "", "", err
		}
		open := func(t flow.Task) bool { return t.User.ID == by }
		if ok && slices.ContainsFunc(run.State.OpenTasks(), open) {
			return entity, found, nil
		}
	}
	if len(docs) == 0 {
		return "", "", fmt.Errorf("no child of %s", node)
	}
	return entity, docs[len(docs)-1], nil
}

// calledBy is the flow a call node calls, somewhere among some nodes; "" if it is not there.
func calledBy(nodes []*def.Node, name string) string {
	for _, n := range nodes {
		if n.Name == name && n.Flow != "" {
			return n.Flow
		}
		for _, b := range n.Branches {
			if called := calledBy(b.Nodes, name); called != "" {
				return called
			}
		}
	}
	return ""
}

// records lists the records of an entity, the oldest first.
func (p *playing) records(entity string) ([]string, error) {
	db, err := p.company.Engine.Tenants.Store(p.ctx, p.company.Tenant)
	if err != nil {
		return nil, err
	}
	page, err := db.Find(p.ctx, query.Query{
		Collection: entity, Limit: 1000, Sort: []query.Sort{{Field: "created_at", Type: def.TypeDateTime}},
	})
	ids := make([]string, len(page.Docs))
	for i, doc := range page.Docs {
		ids[i] = doc.ID
	}
	return ids, err
}

// task gives the id of the task a command is about: the person's own on the named node, as a screen would; one that is
// closed or was never his is asked for all the same, to be refused. removesign goes by a task of the adder's, or, for an
// admin who has none, by the signer's. What is sent again with its idempotency key is about the same task.
func (p *playing) task(cmd *Command) (string, error) {
	again := cmd.By + "/" + cmd.Key
	if known := p.asked[again]; cmd.Key != "" && known != "" {
		return known, nil
	}
	run, ok, err := p.company.Engine.Flows.StoredRun(p.ctx, p.company.Tenant, p.began, cmd.Entity, cmd.Record)
	if err != nil || !ok {
		return "", err
	}
	best, rank := "t0", 0
	principals := flow.Principals(p.proxies, cmd.By, "", p.company.Clock.Now())
	for i := range run.State.Tasks {
		t := &run.State.Tasks[i]
		if cmd.Node != "" && t.Node != cmd.Node {
			continue
		}
		if closeness := closeTo(t, cmd.By, principals); closeness >= rank {
			best, rank = t.ID, closeness
		}
	}
	id := cmd.Entity + "." + cmd.Record + "." + best
	if cmd.Key != "" {
		p.asked[again] = id
	}
	return id, nil
}

// closeTo tells how much of a person's a task is; the more the higher.
func closeTo(t *flow.Task, user string, principals []string) int {
	mine, acts := t.User.ID == user, slices.Contains(principals, t.User.ID)
	switch {
	case mine && t.Status == flow.TaskOpen:
		return 7
	case acts && t.Status == flow.TaskOpen:
		return 6
	case t.Owner != nil && t.Owner.ID == user && t.Status == flow.TaskOpen:
		return 5
	case mine && t.Status == flow.TaskWaiting:
		return 4
	case acts && t.Status == flow.TaskWaiting:
		return 3
	case mine, slices.Contains(t.Past, user), t.By != nil && t.By.ID == user:
		return 2
	case t.Status == flow.TaskOpen:
		return 1
	default:
		return 0
	}
}

// settle waits for effects and messages: between the main run and its children, until nothing moves.
func (p *playing) settle() error {
	for range 3 {
		for _, entity := range append([]string{p.entity}, p.childEntities()...) {
			ids, err := p.records(entity)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if _, _, err := p.company.Engine.Flows.StoredRun(p.ctx, p.company.Tenant, p.began, entity, id); err != nil {
					return err
				}
			}
		}
		if len(p.set.Called) == 0 {
			return nil
		}
	}
	return nil
}

func (p *playing) childEntities() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(p.set.Called)) {
		names = append(names, p.entity+"_"+name)
	}
	return names
}

// Race implements flow.CaseStage.
func (p *playing) Race(commands []flow.CaseCommand) (int, error) {
	prepared := map[string]Command{}
	for _, c := range commands {
		cmd, err := p.command(c)
		if err != nil {
			return 0, err
		}
		prepared[c.By+"/"+string(c.Verb)] = cmd
	}
	done, err := flow.AtOnce(commands, func(c flow.CaseCommand) error {
		return p.company.Do(p.ctx, prepared[c.By+"/"+string(c.Verb)])
	})
	if err != nil {
		return done, err
	}
	return done, p.settle()
}

// Tick implements flow.CaseStage: it stops at each deadline on the way.
func (p *playing) Tick(d time.Duration) error {
	until := p.company.Clock.Now().Add(d)
	for {
		next, ok, err := p.nextDue()
		if err != nil {
			return err
		}
		if !ok || next.After(until) {
			break
		}
		p.company.Clock.move(next)
		if _, err := p.company.Engine.Flows.FireDue(p.ctx, p.company.Tenant); err != nil {
			return err
		}
		if err := p.settle(); err != nil {
			return err
		}
	}
	p.company.Clock.move(until)
	return nil
}

// nextDue is the earliest deadline of the case's runs.
func (p *playing) nextDue() (time.Time, bool, error) {
	var next time.Time
	for _, entity := range append([]string{p.entity}, p.childEntities()...) {
		ids, err := p.records(entity)
		if err != nil {
			return next, false, err
		}
		for _, id := range ids {
			run, ok, err := p.company.Engine.Flows.StoredRun(p.ctx, p.company.Tenant, p.began, entity, id)
			if err != nil {
				return next, false, err
			}
			if due := run.State.NextDue; ok && !due.IsZero() && (next.IsZero() || due.Before(next)) {
				next = due
			}
		}
	}
	return next, !next.IsZero(), nil
}

// Disable implements flow.CaseStage. The cases say that only what opens later is concerned, so the member's open tasks
// stay: the event is not followed here.
func (p *playing) Disable(user string) error {
	_, err := p.company.Engine.Records.Patch(p.ctx, p.company.system(), def.EntityUser, user, record.PatchInput{
		Values: form.Values{"disabled": true},
	})
	p.company.Engine.Identity.Forget(p.company.Tenant)
	p.company.Engine.Access.Forget(p.company.Tenant)
	return err
}

// Proxy implements flow.CaseStage.
func (p *playing) Proxy(x flow.Proxy) error {
	actor, err := p.company.actor(p.ctx, x.Principal)
	if err != nil {
		return err
	}
	x.Start, x.End = p.start.Add(x.Start.Sub(flow.CaseEpoch())), p.start.Add(x.End.Sub(flow.CaseEpoch()))
	if _, err = p.company.Engine.Flows.AddProxy(p.ctx, actor, flow.ProxyInput{Proxy: x}); err == nil {
		p.proxies = append(p.proxies, x)
	}
	return err
}

// Publish implements flow.CaseStage.
func (p *playing) Publish(f *def.Flow) error { return p.publish(f) }

// View implements flow.CaseStage.
func (p *playing) View(on, by string) (form.Values, error) {
	entity, id := p.entity, p.record
	if on != "" {
		var err error
		if entity, id, err = p.child(on, by); err != nil {
			return nil, err
		}
	}
	values, err := p.company.View(p.ctx, by, entity, id)
	return plain(values), err
}

// Run implements flow.CaseStage.
func (p *playing) Run(on, by string) (flow.CaseRun, bool, error) {
	entity, id := p.entity, p.record
	if id == "" {
		return flow.CaseRun{}, false, nil
	}
	if on != "" {
		var err error
		if entity, id, err = p.child(on, by); err != nil {
			return flow.CaseRun{}, false, err
		}
	}
	run, ok, err := p.company.Engine.Flows.StoredRun(p.ctx, p.company.Tenant, p.began, entity, id)
	run.Values = plain(run.Values)
	return run, ok, err
}

// plain gives values as cases write them: decimals as numbers, without what the stage added.
func plain(values form.Values) form.Values {
	out := form.Values{}
	for field, value := range values {
		if field == "subject_line" {
			continue
		}
		out[field] = number(value)
	}
	return out
}

var _ flow.CaseStage = (*playing)(nil)

// number gives a decimal's text as a number, anything else as it is.
func number(value any) any {
	text, ok := value.(string)
	if !ok {
		return value
	}
	if _, err := expr.ParseDecimal(text); err != nil {
		return value
	}
	return json.Number(text)
}
