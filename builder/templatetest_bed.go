package builder

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"formwork/engine/access"
	"formwork/engine/event"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/identity"
	"formwork/engine/record"
	"formwork/engine/report"
	"formwork/engine/tenant"
)

// testBed are the services tests of templates run on: those of production, over a scratch store, with a clock that tests
// move, and ids and passwords that are made from a counter.
type testBed struct {
	builder *Builder
	tenants *tenant.Registry
	members *identity.Service
	store   *record.Service
	flows   *flow.Service
	reports *report.Service
	files   *file.Service
	now     time.Time
	made    atomic.Uint64 // ids and random bytes so far
	tests   int
}

// testZone is where the companies of tests are.
const testZone = "Asia/Shanghai"

func newTestBed(ctx context.Context, scratch Scratch) (*testBed, error) {
	bed := &testBed{now: scratch.Now}
	clock := func() time.Time { return bed.now }
	var err error
	if bed.tenants, err = tenant.NewRegistry(ctx, scratch.Store, clock); err != nil {
		return nil, err
	}
	catalogs := tenant.NewCatalogs(bed.tenants)
	rights := access.New(access.Config{Catalog: catalogs.Active, Stores: bed.tenants.Store, Clock: clock, Zone: bed.tenants.Zone})
	bed.store, err = record.New(record.Config{
		Catalogs: catalogs, Stores: bed.tenants.Store, Access: rights, Clock: clock, NewID: bed.newID, Zone: bed.tenants.Zone, Instance: flow.Instance,
	})
	if err != nil {
		return nil, err
	}
	bed.flows = flow.New(flow.Config{
		Catalogs: catalogs, Stores: bed.tenants.Store, Records: bed.store, Access: rights, Clock: clock, Zone: bed.tenants.Zone,
	})
	bed.files = file.New(file.Config{
		Blobs: scratch.Blobs, Records: bed.store, Catalogs: catalogs, Stores: bed.tenants.Store, Clock: clock, NewID: bed.newID, Random: bed.random,
	})
	bed.reports, err = report.New(report.Config{
		Catalog: catalogs.Active, Stores: bed.tenants.Store, Access: rights, Records: bed.store, Clock: clock, Zone: bed.tenants.Zone,
	})
	if err != nil {
		return nil, err
	}
	bed.members, err = identity.New(ctx, identity.Config{
		Tenants: bed.tenants, Records: bed.store, Clock: clock, NewID: bed.newID, Random: bed.random, Idle: time.Hour, Limit: time.Hour,
		Params: identity.PasswordParams{MemoryKiB: 64, Iterations: 1}, // nobody signs in
	})
	if err != nil {
		return nil, err
	}
	bed.builder, err = New(Config{
		Tenants: bed.tenants, Catalogs: catalogs, Identity: bed.members, Records: bed.store, Templates: scratch.Templates, Lint: flow.Lint,
		Clock: clock, NewID: bed.newID,
	})
	return bed, err
}

// newID gives ids that grow, as ULIDs do.
func (b *testBed) newID() string { return fmt.Sprintf("01J%023d", b.made.Add(1)) }

// random gives bytes that follow from a counter: nothing in a scratch store is secret, and tests must not differ.
func (b *testBed) random(n int) ([]byte, error) {
	bytes := make([]byte, 0, n+sha256.Size)
	for len(bytes) < n {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, b.made.Add(1)))
		bytes = append(bytes, sum[:]...)
	}
	return bytes[:n], nil
}

// run founds a company, brings its world and plays the steps. Steps go on after a failure, unless the record they are
// about could not be made.
func (b *testBed) run(ctx context.Context, template string, test *templateTest) ([]TestFailure, error) {
	b.tests++
	company := tenant.Tenant{Name: fmt.Sprintf("test%d", b.tests), Title: test.About, Lang: "zh-CN", Zone: testZone}
	if err := b.tenants.Create(ctx, company); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(testZone)
	if err != nil {
		return nil, err
	}
	system := access.Actor{Tenant: company.Name, ID: "system", System: true}
	if _, err := b.builder.Install(ctx, system, template); err != nil {
		return nil, err
	}
	catalog, err := b.builder.config.Catalogs.Active(ctx, company.Name)
	if err != nil {
		return nil, err
	}
	p := &play{
		testBed: b, ctx: ctx, zone: zone, catalog: catalog, system: system,
		people: map[string]access.Actor{}, records: map[string]played{}, filled: map[string][]map[string]any{}, ids: map[string]string{},
		names: map[string]string{},
	}
	p.world(test)
	log, err := b.tenants.Store(ctx, company.Name)
	if err != nil {
		return nil, err
	}
	if p.seen, err = event.End(ctx, log); err != nil { // opening data sets nothing off
		return nil, err
	}
	for i := range test.Steps {
		if p.broken {
			break
		}
		p.at, p.step = i+1, &test.Steps[i]
		p.take()
	}
	return p.failures, nil
}

// world moves the clock to the beginning and brings people and opening data; what is refused ends the test.
func (p *play) world(test *templateTest) {
	p.step = &testStep{Note: "world"}
	p.clock(test.Now)
	for _, person := range test.People {
		p.employ(person)
	}
	for _, batch := range test.Records {
		for i, values := range batch.Records {
			if p.broken {
				return
			}
			p.open(batch, i, values)
		}
	}
}

func (p *play) employ(person testPerson) {
	if p.broken {
		return
	}
	values := form.Values{"roles": anyList(person.Roles)}
	if person.Manager != "" {
		values["manager"] = p.people[person.Manager].ID
	}
	for _, role := range person.Roles {
		if p.catalog.Roles[role] == nil {
			p.fatal("people."+person.Name, "roles of the template", role)
			return
		}
	}
	added, err := p.members.AddMember(p.ctx, p.system, identity.NewMember{Login: p.system.Tenant + person.Name, Name: person.Name, Values: values})
	if err != nil {
		p.fatal("people."+person.Name, "a member", explainedBy(err))
		return
	}
	actor, err := p.members.Actor(p.ctx, p.system.Tenant, added.Record.ID)
	if err != nil {
		p.fatal("people."+person.Name, "a member", err.Error())
		return
	}
	p.people[person.Name], p.names[actor.ID] = actor, person.Name
}

// open stores one record of opening data. One that is there already, by its natural key, gets the values: a template adds
// its own fields to records of another's world.
func (p *play) open(batch testBatch, i int, values map[string]any) {
	where := fmt.Sprintf("records of %s, %d", batch.Entity, i+1)
	entity, ok := p.catalog.Entity(batch.Entity)
	if !ok {
		p.fatal(where, "an entity", batch.Entity)
		return
	}
	in := record.CreateInput{Imported: true, State: batch.State, Values: p.values(p.system, entity.Properties, values)}
	if in.State == "" && entity.Approval {
		in.State = "approved"
	}
	if p.broken {
		return
	}
	created, err := p.store.Create(p.ctx, p.system, batch.Entity, in)
	if err != nil {
		p.fatal(where, "stored", explainedBy(err))
		return
	}
	p.call(&created.Record, "")
}

// call remembers a record under a name of its own and under its natural key, by which rows are compared.
func (p *play) call(rec *record.Record, name string) {
	entity := p.catalog.Entities[rec.Entity]
	if key, ok := rec.Values[entity.Natural].(string); ok {
		p.names[rec.ID], p.ids[rec.Entity+"/"+key] = key, rec.ID
	} else if name != "" {
		p.names[rec.ID] = name
	}
	if name != "" {
		p.records[name] = played{rec.Entity, rec.ID}
	}
}

// clock sets the time, in the company's zone, and lets the deadlines fire that are due then; an empty text leaves it.
func (p *play) clock(local string) {
	if local == "" {
		return
	}
	now, err := time.ParseInLocation("2006-01-02T15:04", local, p.zone)
	if err != nil {
		p.fatal("now", "a time such as 2026-03-04T10:00", local)
		return
	}
	p.now = now
	if _, err := p.flows.FireDue(p.ctx, p.system.Tenant); err != nil {
		p.fatal("now", "deadlines that fire", explainedBy(err))
	}
}

func anyList(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}
