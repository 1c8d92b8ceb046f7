// Package stage plays flow scenarios (flow.PlayCases) on the assembled engine and a real store.
//
// A Company is a tenant made for it, with the people and roles of the cases; their user ids are their names there. A case
// gets an entity with the fields its data have, and its flows are put in force as they are, also those the static checks
// refuse: that way, the clock that jumps and the people who change are this package's alone, no server offers them.
// Commands go through Company.Do, which a test may send over HTTP instead.
package stage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"formwork/engine"
	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/identity"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
	"formwork/engine/tenant"
)

// Clock is the time of a stage: it stands still unless it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock gives a clock that stands at an instant.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// Now is the time. Each look moves it by a millisecond, so that nothing happens at once with anything else.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

func (c *Clock) move(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to.After(c.now) {
		c.now = to
	}
}

// Command is a person's command about a record and, for the verbs of a task, a task.
type Command struct {
	flow.CaseCommand
	Entity, Record string
	Task           string // id of the task for the verbs of a task, "" for those of the record
}

// Company is the tenant cases play in.
type Company struct {
	Engine *engine.Engine
	Clock  *Clock
	Tenant string
	// Do does a person's command; it fails with *flow.Refused when it is refused.
	Do func(ctx context.Context, c Command) error
	// View shows a record to somebody; not_found is refused.
	View func(ctx context.Context, user, entity, id string) (form.Values, error)

	accounts map[string]identity.Added // by user id
	works    bool                      // its calendar is there
}

// Found makes the company. Its name must be free.
func Found(ctx context.Context, e *engine.Engine, clock *Clock, name string) (*Company, error) {
	c := &Company{Engine: e, Clock: clock, Tenant: name, accounts: map[string]identity.Added{}}
	c.Do, c.View = c.act, c.view
	err := e.Tenants.Create(ctx, tenant.Tenant{Name: name, Title: name, Lang: def.DefaultLang, Zone: "UTC"})
	if err != nil {
		return nil, fmt.Errorf("company for cases: %w", err)
	}
	return c, nil
}

// Account is the account of a person, "" of one who has none yet.
func (c *Company) Account(user string) (login, password string) {
	added := c.accounts[user]
	return added.Account.Login, added.Password
}

func (c *Company) system() access.Actor {
	return access.Actor{Tenant: c.Tenant, ID: "system", Name: "system", System: true}
}

// people makes sure that the people of a case are members, with the leaders and roles they have in it.
func (c *Company) people(ctx context.Context, set *flow.CaseSetting) error {
	roles := map[string][]string{}
	for role, members := range set.Roles {
		for _, user := range members {
			roles[user] = append(roles[user], role)
		}
	}
	names := map[string]bool{}
	for _, user := range everybody(set) {
		names[user] = true
	}
	for _, user := range slices.Sorted(maps.Keys(names)) {
		if err := c.person(ctx, user, set.Leaders[user], append([]string{"staff"}, roles[user]...)); err != nil {
			return fmt.Errorf("person %s: %w", user, err)
		}
	}
	if err := c.departments(ctx, set); err != nil {
		return fmt.Errorf("departments: %w", err)
	}
	c.Engine.Identity.Forget(c.Tenant)
	c.Engine.Access.Forget(c.Tenant)
	return nil
}

// departments sets the departments of a case, their heads and who is in them.
func (c *Company) departments(ctx context.Context, set *flow.CaseSetting) error {
	for _, id := range slices.Sorted(maps.Keys(set.Heads)) {
		values := form.Values{"name": id, "head": set.Heads[id]}
		_, err := c.Engine.Records.Patch(ctx, c.system(), def.EntityDepartment, id, record.PatchInput{Values: values})
		if errors.Is(err, record.ErrNotFound) {
			_, err = c.Engine.Records.Create(ctx, c.system(), def.EntityDepartment, record.CreateInput{ID: id, Values: values})
		}
		if err != nil {
			return err
		}
	}
	for user, department := range set.Departments {
		_, err := c.Engine.Records.Patch(ctx, c.system(), def.EntityUser, user, record.PatchInput{Values: form.Values{"department": department}})
		if err != nil {
			return err
		}
	}
	return nil
}

// everybody lists who could have a part in any case.
func everybody(set *flow.CaseSetting) []string {
	all := []string{"u1", "u2", "m1", "m2", "ceo", "f1", "f2", "f3", "e1", "e2", "e3", "e4", "e5", "l1", "adm"}
	all = append(all, set.People...)
	for user, leader := range set.Leaders {
		all = append(all, user, leader)
	}
	for _, members := range set.Roles {
		all = append(all, members...)
	}
	return all
}

// person adds a member whose user id is given, or sets what is different.
func (c *Company) person(ctx context.Context, id, leader string, roles []string) error {
	if _, known := c.accounts[id]; !known {
		added, err := c.Engine.Identity.AddMember(ctx, c.system(), identity.NewMember{
			Login: c.Tenant + "." + id, Name: id, Values: form.Values{},
		})
		if err != nil {
			return err
		}
		if err := c.rename(ctx, added, id); err != nil {
			return err
		}
		c.accounts[id] = added
	}
	list := make([]any, len(roles))
	for i, role := range roles {
		list[i] = role
	}
	values := form.Values{"roles": list, "manager": nil, "disabled": false, "department": nil}
	if leader != "" {
		if _, known := c.accounts[leader]; !known {
			if err := c.person(ctx, leader, "", []string{"staff"}); err != nil {
				return err
			}
		}
		values["manager"] = leader
	}
	_, err := c.Engine.Records.Patch(ctx, c.system(), def.EntityUser, id, record.PatchInput{Values: values})
	return err
}

// rename ties an account to a user record with the id the cases know.
func (c *Company) rename(ctx context.Context, added identity.Added, id string) error {
	_, err := c.Engine.Records.Create(ctx, c.system(), def.EntityUser, record.CreateInput{
		ID: id, Values: form.Values{"name": id, "login": added.Account.Login + ".case"},
	})
	if err != nil {
		return err
	}
	if err := c.Engine.Records.Delete(ctx, c.system(), def.EntityUser, added.Record.ID, 0); err != nil {
		return err
	}
	system, err := c.Engine.Tenants.SystemStore(ctx)
	if err != nil {
		return err
	}
	docs, err := system.Get(ctx, "membership", added.Account.ID+"."+c.Tenant)
	if err != nil || len(docs) != 1 {
		return errors.Join(err, errNoMembership)
	}
	doc := docs[0]
	doc.Values["user"], doc.Keys, doc.Rev = id, []string{"user|" + c.Tenant + "|" + id}, doc.Rev+1
	return errors.Join(system.Put(ctx, store.Write{Collection: "membership", Doc: doc, IfRev: doc.Rev - 1})...)
}

var errNoMembership = errors.New("no membership of a new account")

// act does a command through the services.
func (c *Company) act(ctx context.Context, cmd Command) error {
	actor, err := c.actor(ctx, cmd.By)
	if err != nil {
		return err
	}
	act := cmd.Act()
	switch {
	case cmd.Verb == flow.Start && cmd.Record == "":
		return errNoRecord
	case cmd.Task != "":
		_, err = c.Engine.Flows.Decide(ctx, actor, cmd.Task, act)
	default:
		_, err = c.Engine.Flows.Act(ctx, actor, cmd.Entity, cmd.Record, act)
	}
	if errors.Is(err, record.ErrNotFound) {
		return &flow.Refused{Code: flow.CodeNotFound}
	}
	return err
}

var errNoRecord = errors.New("no record to start on")

// Act is the command as the services take it.
func (cmd *Command) Act() flow.Act {
	return flow.Act{
		Verb: cmd.Verb, Values: cmd.Data, Comment: cmd.Comment, To: cmd.To, Users: cmd.Users, Kind: cmd.Kind, Mode: cmd.Mode,
		Sign: cmd.Sign, Resubmit: cmd.Resubmit, Key: cmd.Key, Rev: cmd.Rev, Map: cmd.Map, Picks: cmd.Picks,
	}
}

func (c *Company) actor(ctx context.Context, user string) (access.Actor, error) {
	actor, err := c.Engine.Identity.Actor(ctx, c.Tenant, user)
	if errors.Is(err, identity.ErrUnauthenticated) {
		return actor, &flow.Refused{Code: flow.CodeNotFound}
	}
	return actor, err
}

func (c *Company) view(ctx context.Context, user, entity, id string) (form.Values, error) {
	actor, err := c.actor(ctx, user)
	if err != nil {
		return nil, err
	}
	rec, err := c.Engine.Flows.Record(ctx, actor, entity, id)
	if errors.Is(err, record.ErrNotFound) {
		return nil, &flow.Refused{Code: flow.CodeNotFound}
	}
	return rec.Values, err
}

// Open sets the stage for a case; give it to flow.PlayCases.
func (c *Company) Open(ctx context.Context) func(flow.CaseSetting) (flow.CaseStage, error) {
	return func(set flow.CaseSetting) (flow.CaseStage, error) {
		p := &playing{
			ctx: ctx, company: c, set: set, entity: "case_" + strings.ToLower(set.ID), start: nextMonday(c.Clock.Now()),
			asked: map[string]string{},
		}
		c.Clock.move(p.start)
		db, err := c.Engine.Tenants.Store(ctx, c.Tenant)
		if err != nil {
			return nil, err
		}
		if p.began, err = event.End(ctx, db); err != nil {
			return nil, err
		}
		if err := p.publish(set.Flow); err != nil {
			return nil, err
		}
		if err := c.workAllDays(ctx); err != nil {
			return nil, err
		}
		if err := c.people(ctx, &set); err != nil {
			return nil, err
		}
		return p, c.dropProxies(ctx)
	}
}

// calendarEntity is where the engine looks for the days a company works.
const calendarEntity = "work_calendar"

// workedWeeks is for how long the company's calendar is written.
const workedWeeks = 15 * 52

// workAllDays makes Saturdays and Sundays days of work: the cases count every hour.
func (c *Company) workAllDays(ctx context.Context) error {
	if c.works {
		return nil
	}
	c.works = true
	db, err := c.Engine.Tenants.Store(ctx, c.Tenant)
	if err != nil {
		return err
	}
	at := c.Clock.Now()
	monday := nextMonday(at)
	var writes []store.Write
	for week := range workedWeeks {
		for _, ahead := range []int{5, 6} {
			date := monday.AddDate(0, 0, 7*week+ahead).Format(time.DateOnly)
			writes = append(writes, store.Write{Collection: calendarEntity, Doc: store.Doc{
				ID: date, Rev: 1, Values: form.Values{"date": date, "day_type": "workday"}, CreatedAt: at, UpdatedAt: at,
			}})
		}
	}
	return errors.Join(db.Put(ctx, writes...)...)
}

// nextMonday is the first hour of the next week.
func nextMonday(now time.Time) time.Time {
	day := now.UTC().Truncate(24 * time.Hour)
	for {
		if day = day.AddDate(0, 0, 1); day.Weekday() == time.Monday {
			return day
		}
	}
}

// dropProxies removes what the last case left.
func (c *Company) dropProxies(ctx context.Context) error {
	db, err := c.Engine.Tenants.Store(ctx, c.Tenant)
	if err != nil {
		return err
	}
	page, err := db.Find(ctx, query.Query{Collection: def.EntityProxy, Limit: 100})
	if err != nil {
		return err
	}
	for _, doc := range page.Docs {
		if err := c.Engine.Records.Delete(ctx, c.system(), def.EntityProxy, doc.ID, 0); err != nil {
			return err
		}
	}
	return nil
}

// publish puts definitions in force without asking the static checks.
func (p *playing) publish(main *def.Flow) error {
	defs, err := p.definitions(main)
	if err != nil {
		return err
	}
	catalog, problems := def.Compile(defs, def.DefaultLang)
	if len(problems) > 0 {
		return fmt.Errorf("compile: %s at %s%s", problems[0].Code, problems[0].Ref, problems[0].Path)
	}
	catalogs := p.company.Engine.Catalogs
	if err := catalogs.Save(p.ctx, p.company.Tenant, catalog); err != nil {
		return err
	}
	now, err := catalogs.Current(p.ctx, p.company.Tenant)
	if err != nil {
		return err
	}
	err = catalogs.Activate(p.ctx, p.company.Tenant, catalog, tenant.Published{
		Number: now.Number + 1, Version: catalog.Version, By: "system", At: p.company.Clock.Now(),
	})
	p.company.Engine.Access.Forget(p.company.Tenant)
	return err
}
