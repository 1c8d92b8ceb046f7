package flow_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// The automated company: deliveries with lines are posted, line by line.
const (
	deliveryEntity = `{"name": "delivery", "title": "收货单", "type": "object", "x-approval": true, "x-display": "no", "required": ["no", "project"],
		"x-order": ["no", "project", "due", "noted", "lines"],
		"properties": {"no": {"type": "string", "x-type": "text", "title": "编号"},
		"project": {"type": "string", "x-type": "reference", "x-entity": "project", "title": "项目"},
		"due": {"type": "string", "format": "date", "x-type": "date", "title": "到期"},
		"noted": {"type": "string", "x-type": "text", "title": "备注"},
		"total": {"type": "string", "x-type": "money", "title": "合计", "x-compute": "sum(lines, .qty * .price)"},
		"lines": {"type": "array", "x-type": "table", "title": "明细", "items": {"type": "object", "required": ["item", "qty", "price"], "x-order": ["item", "qty", "price", "checked"], "properties": {
			"item": {"type": "string", "x-type": "text", "title": "材料"},
			"qty": {"type": "integer", "x-type": "integer", "title": "数量"},
			"price": {"type": "string", "x-type": "money", "title": "单价"},
			"checked": {"type": "string", "x-type": "text", "title": "验收"}}}}}}`
	postingEntity = `{"name": "posting", "title": "入账", "type": "object", "x-display": "item", "required": ["item", "amount"],
		"properties": {"delivery": {"type": "string", "x-type": "reference", "x-entity": "delivery", "title": "收货单"},
		"item": {"type": "string", "x-type": "text", "title": "材料"}, "amount": {"type": "string", "x-type": "money", "title": "金额"},
		"mark": {"type": "string", "x-type": "text", "title": "标记"}, "size": {"type": "integer", "x-type": "integer", "title": "大小"},
		"parts": {"type": "array", "x-type": "table", "title": "部件", "items": {"type": "object", "required": ["part"], "properties": {
			"part": {"type": "string", "x-type": "text", "title": "部件"}}}}}}`
	inspectionEntity = `{"name": "inspection", "title": "验收", "type": "object", "x-approval": true, "x-display": "item", "required": ["item"],
		"properties": {"item": {"type": "string", "x-type": "text", "title": "材料"}, "result": {"type": "string", "x-type": "text", "title": "结果"}}}`
	leaderNode = `{"name": "manager", "type": "approve", "who": ["field:project.manager"]}`
)

// automated is a company with flows of its own, on a store that can be made to fail.
type automated struct {
	*world
	outward *receiver
	store   *brokenStore
	rights  *access.Service
}

// receiver takes what leaves the system; fail says what it answers.
type receiver struct {
	mu   sync.Mutex
	fail func(m flow.Outbound) error
	got  []flow.Outbound
}

func (r *receiver) Deliver(_ context.Context, _ string, m flow.Outbound) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, m)
	if r.fail != nil {
		return r.fail(m)
	}
	return nil
}

// Ready says that "erp.pay" can be called, "erp.off" is switched off, and nothing else is set up.
func (r *receiver) Ready(_ context.Context, _, webhook string) (string, error) {
	switch webhook {
	case "erp.pay":
		return "", nil
	case "erp.off":
		return "webhook_off", nil
	default:
		return "no_webhook", nil
	}
}

// brokenStore loses the connection when so many writes were made: after those that are counted nothing is written any
// more, as if the process had been killed. before tells whether the last one is still done.
type brokenStore struct {
	store.Store
	mu     sync.Mutex
	left   int // writes until the end; negative: none is counted
	before bool
	writes int
}

var errKilled = errors.New("killed")

// Put does what follows a write in a call of its own: the process may be killed between the two.
func (s *brokenStore) Put(ctx context.Context, writes ...store.Write) []error {
	if !slices.ContainsFunc(writes, func(w store.Write) bool { return w.Follows }) {
		return s.put(ctx, writes...)
	}
	var errs []error
	for len(writes) > 0 {
		n := 1
		for n < len(writes) && writes[n].Follows {
			n++
		}
		following := slices.Clone(writes[1:n])
		leads := s.put(ctx, writes[0])
		errs, writes = append(errs, leads...), writes[n:]
		if leads[0] != nil {
			errs = append(errs, slices.Repeat([]error{store.ErrLeft}, len(following))...)
			continue
		}
		for i := range following {
			following[i].Follows = false
		}
		if len(following) > 0 {
			errs = append(errs, s.put(ctx, following...)...)
		}
	}
	return errs
}

func (s *brokenStore) put(ctx context.Context, writes ...store.Write) []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	if s.left == 0 {
		return slices.Repeat([]error{errKilled}, len(writes))
	}
	if s.left > 0 {
		if s.left--; s.left == 0 && s.before {
			return slices.Repeat([]error{errKilled}, len(writes))
		}
		if s.left == 0 { // done, but nobody is told
			s.Store.Put(ctx, writes...)
			return slices.Repeat([]error{errKilled}, len(writes))
		}
	}
	return s.Store.Put(ctx, writes...)
}

// newAutomated makes the company with flows. Definitions are of kind flow unless they name their fields.
func newAutomated(tb testing.TB, flows ...string) *automated {
	tb.Helper()
	a := &automated{world: newWorld(tb), outward: &receiver{}}
	a.publish(flows...)
	for _, f := range a.version.Flows {
		for _, p := range flow.Lint(a.version, f) {
			if p.Level == "error" {
				tb.Fatalf("flow %s: %s at %s %v", f.Name, p.Code, p.Path, p.Params)
			}
		}
	}
	a.open(-1, false)
	return a
}

// publish puts a catalog with these flows in force. Definitions are of kind flow unless they name their fields.
func (a *automated) publish(flows ...string) {
	tb := a.TB
	tb.Helper()
	a.version = catalog(tb, func(defs def.Definitions) {
		for _, raw := range []string{deliveryEntity, postingEntity, inspectionEntity} {
			add(tb, defs, def.KindEntity, raw)
		}
		add(tb, defs, def.KindRole, `{"name": "staff", "title": "staff", "grants": {
			"deliveries": {"entity": "delivery", "actions": ["create", "read", "update", "submit", "delete", "void"]},
			"projects": {"entity": "project", "actions": ["read"]}}}`)
		add(tb, defs, def.KindRole, `{"name": "manager", "title": "manager", "grants": {
			"deliveries": {"entity": "delivery", "actions": ["read", "act"]}, "inspections": {"entity": "inspection", "actions": ["read", "act"]}}}`)
		for _, role := range []string{"finance", "flow_admin"} {
			add(tb, defs, def.KindRole, `{"name": "`+role+`", "title": "r", "grants": {"deliveries": {"entity": "delivery", "actions": ["read", "act"]}}}`)
		}
		for _, raw := range flows {
			add(tb, defs, def.KindFlow, raw)
		}
	})
	a.older[a.version.Version] = a.version
	for name := range a.version.Entities {
		if err := a.world.store.Ensure(a.ctx, store.CollectionOf(a.version, name)); err != nil {
			tb.Fatal(err)
		}
	}
}

// open starts the services anew, as a process does; after so many writes it is killed (negative: never).
func (a *automated) open(writes int, before bool) {
	a.Helper()
	a.store = &brokenStore{Store: a.world.store, left: writes, before: before}
	a.openAs("here")
}

// openAs starts the services of a process of this name on the store.
func (a *automated) openAs(holder string) {
	a.Helper()
	stores := func(context.Context, string) (store.Store, error) { return a.store, nil }
	zone := func(context.Context, string) (*time.Location, error) { return time.FixedZone("CST", 8*3600), nil }
	a.rights = access.New(access.Config{Catalog: a.Active, Stores: stores, Clock: a.clock, Zone: zone})
	var err error
	a.records, err = record.New(record.Config{
		Catalogs: a.world, Stores: stores, Access: a.rights, Clock: a.clock, Zone: zone, Instance: flow.Instance,
		NewID: func() string { return fmt.Sprintf("N%025d", a.ids.Add(1)) },
	})
	if err != nil {
		a.Fatal(err)
	}
	a.flows = flow.New(flow.Config{
		Catalogs: a.world, Stores: stores, Records: a.records, Access: a.rights, Clock: a.clock, Zone: zone, Outward: a.outward, Holder: holder,
	})
}

func delivery(lines ...any) form.Values {
	return form.Values{"no": "D1", "project": "p1", "lines": lines}
}

func line(item string, qty int, price string) map[string]any {
	return map[string]any{"item": item, "qty": int64(qty), "price": price}
}

// deliver submits a delivery.
func (a *automated) deliver(values form.Values) record.Record {
	a.Helper()
	created, err := a.flows.Create(a.ctx, wang, "delivery", record.CreateInput{Values: values})
	if err != nil {
		a.Fatalf("submit: %s", explain(err))
	}
	return created.Record
}

// settle lets the workers do all there is to do now.
func (a *automated) settle() {
	a.Helper()
	for range 20 {
		after := a.seq()
		a.follow()
		if _, err := a.flows.FireDue(a.ctx, tenantName); err != nil {
			a.Fatalf("due: %s", explain(err))
		}
		if a.seq() == after {
			return
		}
	}
	a.Fatal("there is always something to do")
}

func (a *automated) seq() int64 {
	a.Helper()
	seq, err := event.End(a.ctx, a.world.store)
	if err != nil {
		a.Fatal(err)
	}
	return seq
}

// follow gives the whole log to the automations: doing so again and again must make no difference.
func (a *automated) follow() {
	a.Helper()
	events, err := a.world.store.Events(a.ctx, 0, 10000)
	if err != nil {
		a.Fatal(err)
	}
	if err := a.flows.Triggered(a.ctx, tenantName, events); err != nil {
		a.Fatalf("triggers: %s", explain(err))
	}
}

// stored gives the living records of an entity, in order of ids.
func (a *automated) stored(entity string) []store.Doc {
	a.Helper()
	page, err := a.world.store.Find(a.ctx, query.Query{Collection: entity, Limit: 1000})
	if err != nil {
		a.Fatal(err)
	}
	return page.Docs
}

// values lists a field of the living records of an entity, sorted.
func (a *automated) values(entity, field string) []string {
	a.Helper()
	var list []string
	for _, doc := range a.stored(entity) {
		list = append(list, fmt.Sprint(doc.Values[field]))
	}
	slices.Sort(list)
	return list
}

func (a *automated) wantValues(entity, field string, want ...string) {
	a.Helper()
	if got := a.values(entity, field); !slices.Equal(got, want) {
		a.Errorf("%s of %s: %v, want %v", field, entity, got, want)
	}
}

// state decodes the run on a record and checks that its events fold to it (R18).
func (a *automated) state(entity, id string) flow.State {
	a.Helper()
	docs, err := a.world.store.Get(a.ctx, entity, id)
	if err != nil || len(docs) == 0 {
		a.Fatalf("%s/%s: %v", entity, id, err)
	}
	var st flow.State
	if err := json.Unmarshal(docs[0].Flow, &st); err != nil {
		a.Fatal(err)
	}
	folded := flow.State{}
	events, err := a.world.store.Events(a.ctx, 0, 10000)
	if err != nil {
		a.Fatal(err)
	}
	numbers := map[int]bool{}
	for _, e := range events {
		if e.Record != id || !flow.IsCommand(e.Type) {
			continue
		}
		if folded, err = flow.Fold(folded, e.Data); err != nil {
			a.Fatal(err)
		}
		var fact flow.Fact
		if err := json.Unmarshal(e.Data, &fact); err != nil {
			a.Fatal(err)
		}
		for _, effect := range fact.Delta.Outbox {
			if effect.Attempts == 0 && effect.Error == "" && numbers[effect.N] {
				a.Errorf("I7: effect %d twice", effect.N)
			}
			numbers[effect.N] = true
		}
	}
	want, _ := json.Marshal(st)
	got, _ := json.Marshal(folded)
	if string(want) != string(got) {
		a.Errorf("the events of %s/%s give another state\nwant %s\ngot  %s", entity, id, want, got)
	}
	return st
}

func (a *automated) pass(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.now.Add(d)
}
