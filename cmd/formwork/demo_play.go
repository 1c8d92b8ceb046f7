package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"formwork/builder"
	"formwork/engine"
	"formwork/engine/access"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
)

// demoDocument is a document somebody enters and submits, and what people do with it then.
type demoDocument struct {
	entity  string
	by      string // account of who enters it
	values  form.Values
	reasons map[string]string // for warnings, by rule name
	acts    []demoAct
}

type demoAct struct {
	account string
	verb    flow.Verb
	comment string
}

// demoVoid stands among the acts for voiding an approved document; the comment is its reason.
const demoVoid flow.Verb = "void"

// demoPlay is the demo company while its documents go through their flows.
type demoPlay struct {
	f      *formwork
	people map[string]access.Actor // demo users by account
	now    time.Time               // in the zone of the company
}

var errNoDemoTask = errors.New("nothing waits for him")

// playDemo enters the live documents of the demo, counting days back from now.
func playDemo(ctx context.Context, f *formwork, people []builder.Person, now time.Time) error {
	zone, err := f.engine.Tenants.Zone(ctx, demoTenant)
	if err != nil {
		return err
	}
	p := &demoPlay{f: f, people: map[string]access.Actor{}, now: now.In(zone)}
	if err := p.seat(ctx, people); err != nil {
		return err
	}
	for i := range demoSheets {
		sheet := &demoSheets[i]
		document, err := sheet.document(ctx, p, i)
		if err == nil {
			err = p.perform(ctx, &document)
		}
		if err != nil {
			return fmt.Errorf("demo sheet of %s, %d days ago: %w", sheet.team, sheet.daysAgo, err)
		}
	}
	for _, make := range demoPapers {
		document, err := make(ctx, p)
		if err == nil {
			err = p.perform(ctx, &document)
		}
		if err != nil {
			return fmt.Errorf("demo %s: %w", document.entity, err)
		}
	}
	return nil
}

// demoLeaders are who leads whom, by account: approvals that wait too long go there.
var demoLeaders = map[string]string{
	"clerk": "manager", "foreman": "manager", "planner": "manager", "cost": "manager", "labor": "manager", "cashier": "finance",
	"manager": "director", "finance": "director", "steward": "director", "auditor": "director",
}

// seat gives everybody his leader and signs him in.
func (p *demoPlay) seat(ctx context.Context, people []builder.Person) error {
	users := map[string]string{}
	for _, person := range people {
		users[person.Name] = person.User
	}
	system := access.Actor{Tenant: demoTenant, ID: "system", System: true}
	for _, person := range people {
		if leader := users[demoLeaders[person.Name]]; leader != "" {
			patch := record.PatchInput{Values: form.Values{"manager": leader}}
			if _, err := p.f.engine.Identity.ChangeMember(ctx, system, person.User, patch); err != nil {
				return fmt.Errorf("leader of %s: %w", person.Name, err)
			}
		}
		actor, err := p.f.engine.Identity.Actor(ctx, demoTenant, person.User)
		if err != nil {
			return err
		}
		p.people[person.Name] = actor
	}
	return nil
}

// day is the date so many days ago.
func (p *demoPlay) day(ago int) string { return p.now.AddDate(0, 0, -ago).Format(time.DateOnly) }

// perform enters a document and lets people act on it.
func (p *demoPlay) perform(ctx context.Context, d *demoDocument) error {
	made, err := p.f.engine.Flows.Create(ctx, p.people[d.by], d.entity, record.CreateInput{Values: d.values, Acknowledged: d.reasons})
	if err != nil {
		return err
	}
	for _, act := range d.acts {
		if err := p.act(ctx, d, made.Record.ID, act); err != nil {
			return fmt.Errorf("%s by %s: %w", act.verb, act.account, err)
		}
	}
	return nil
}

func (p *demoPlay) act(ctx context.Context, d *demoDocument, id string, act demoAct) error {
	actor := p.people[act.account]
	if act.verb == demoVoid {
		_, err := p.f.engine.Records.Void(ctx, actor, d.entity, id, record.VoidInput{Reason: act.comment})
		return err
	}
	if act.verb == flow.Withdraw {
		_, err := p.f.engine.Flows.Act(ctx, actor, d.entity, id, flow.Act{Verb: act.verb})
		return err
	}
	task, err := p.task(ctx, actor, id)
	if err != nil {
		return err
	}
	decision := engine.Decision{Task: task, Act: flow.Act{Verb: act.verb, Comment: act.comment, Acknowledged: d.reasons}}
	if act.verb == flow.Approve && act.account == demoSigner {
		if decision.Act.Sign, err = p.sign(ctx, actor); err != nil {
			return err
		}
	}
	_, err = p.f.engine.Decide(ctx, actor, decision)
	return err
}

// demoSigner is the account of who signs by hand what he approves.
const demoSigner = "foreman"

// sign brings what somebody drew.
func (p *demoPlay) sign(ctx context.Context, actor access.Actor) (string, error) {
	drawn, err := demoSignature(actor.Name)
	if err != nil {
		return "", err
	}
	added, err := p.f.engine.Files.Add(ctx, actor, file.Upload{Name: "签字.png", Use: file.Signature, Body: bytes.NewReader(drawn)})
	return added.ID, err
}

// task is the task of somebody about a document.
func (p *demoPlay) task(ctx context.Context, actor access.Actor, id string) (string, error) {
	for _, tab := range []string{flow.TabOpen, flow.TabHandle} {
		open, err := p.f.engine.Flows.Tasks(ctx, actor, flow.TaskQuery{Tab: tab, Limit: 100})
		if err != nil {
			return "", err
		}
		if i := slices.IndexFunc(open.Tasks, func(t flow.TaskItem) bool { return t.Record == id }); i >= 0 {
			return open.Tasks[i].ID, nil
		}
	}
	return "", errNoDemoTask
}

// keyed names a record by its natural key.
func keyed(key string) map[string]any { return map[string]any{"key": key} }
