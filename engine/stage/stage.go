// Package stage plays flow scenarios (flow.PlayCases) on the assembled engine and a real store.
//
// A Company is a tenant made for it, with the people and roles of the cases; their user ids are their names there. A case
// gets an entity with the fields its data have, and its flows are put in force as they are, also those the static checks
// refuse: that way, the clock that jumps and the people who change are this package's alone, no server offers them.
// Commands go through Company.Do, which a test may send over HTTP instead.
package stage

import (
	"context"
	"encoding/json"
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
		}
		c.Clock.move(p.start)
		if err := p.publish(set.Flow); err != nil {
			return nil, err
		}
		if err := c.people(ctx, &set); err != nil {
			return nil, err
		}
		return p, c.dropProxies(ctx)
	}
}

// nextMonday is the first hour of the next week: the cases count all time, and for a week from then it is all worked.
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

// definitions makes the entity of a case, its flows and the roles.
func (p *playing) definitions(main *def.Flow) (def.Definitions, error) {
	defs := def.Definitions{}
	add := func(kind def.Kind, value any) error {
		raw, err := json.Marshal(value)
		if err != nil {
			return err
		}
		canonical, problems := def.Canonical(raw)
		if len(problems) > 0 {
			return fmt.Errorf("definition: %s at %s", problems[0].Code, problems[0].Path)
		}
		d, err := def.Parse(kind, canonical)
		if err != nil {
			return err
		}
		defs[def.RefOf("cases", d)] = d
		return nil
	}
	entities := map[string]map[string]any{p.entity: p.set.Values}
	for name, values := range p.set.SubValue {
		entities[p.entity+"_"+name] = values
	}
	for entity, values := range entities {
		if err := add(def.KindEntity, p.entityOf(entity, values)); err != nil {
			return nil, err
		}
	}
	flows := map[string]*def.Flow{p.entity: main}
	for name, f := range p.set.Called {
		flows[p.entity+"_"+name] = f
	}
	for name, f := range flows {
		if err := add(def.KindFlow, p.flowOf(name, f)); err != nil {
			return nil, err
		}
	}
	for role, value := range rolesOf(slices.Collect(maps.Keys(entities)), p.set.Roles) {
		if err := add(def.KindRole, value); err != nil {
			return nil, fmt.Errorf("role %s: %w", role, err)
		}
	}
	return defs, nil
}

type object = map[string]any

func (p *playing) entityOf(name string, values map[string]any) object {
	properties := object{"subject_line": object{"type": "string", "x-type": "text", "title": "S"}}
	for field, value := range values {
		properties[field] = p.propertyOf(field, value)
	}
	return object{
		"name": name, "title": name, "type": "object", "x-approval": true, "x-display": "subject_line", "properties": properties,
	}
}

// propertyOf is a field that takes a value of the case: rows make a sub-table with the columns of the first.
func (p *playing) propertyOf(field string, value any) object {
	if rows, _ := value.([]any); len(rows) > 0 {
		if row, ok := rows[0].(map[string]any); ok {
			columns := object{}
			for name, cell := range row {
				columns[name] = p.propertyOf(name, cell)
			}
			return object{"type": "array", "x-type": "table", "title": field, "items": object{"type": "object", "properties": columns}}
		}
	}
	kind := flow.CaseField(value, func(text string) bool { return slices.Contains(everybody(&p.set), text) })
	if text, ok := value.(string); ok && p.set.Heads[text] != "" {
		kind = def.TypeDepartment
	}
	property := object{"type": "string", "x-type": string(kind), "title": field}
	switch kind {
	case def.TypeBoolean:
		property["type"] = "boolean"
	case def.TypeDecimal:
		property["x-scale"] = 4
	default:
	}
	return property
}

// flowOf is a flow of the case on its own entity; the flows it calls have the case in their names.
func (p *playing) flowOf(name string, f *def.Flow) *def.Flow {
	g := *f
	g.Name, g.Title, g.Entity = name, name, name
	if name != p.entity {
		g.Start = &def.Start{On: def.Strings{"call"}}
	}
	g.Nodes = p.renamed(f.Nodes)
	return &g
}

func (p *playing) renamed(nodes []*def.Node) []*def.Node {
	list := make([]*def.Node, len(nodes))
	for i, n := range nodes {
		m := *n
		if m.Flow != "" {
			m.Flow = p.entity + "_" + m.Flow
		}
		m.Branches = nil
		for _, b := range n.Branches {
			c := *b
			c.Nodes = p.renamed(b.Nodes)
			m.Branches = append(m.Branches, &c)
		}
		list[i] = &m
	}
	return list
}

// rolesOf lets staff start and read their own, and holders of the cases' roles be asked.
func rolesOf(entities []string, roles map[string][]string) map[string]object {
	own := object{"field": "created_by", "op": "eq", "value": object{"var": "actor.id"}}
	staff, asked := object{}, object{}
	for _, entity := range entities {
		staff[entity] = object{"entity": entity, "actions": []string{"create", "read", "update", "submit"}, "where": own}
		asked[entity] = object{"entity": entity, "actions": []string{"act"}}
	}
	all := map[string]object{"staff": {"name": "staff", "title": "staff", "grants": staff}}
	for role := range roles {
		all[role] = object{"name": role, "title": role, "grants": asked}
	}
	return all
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
