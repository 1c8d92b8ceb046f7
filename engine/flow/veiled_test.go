package flow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// The manager's node of a purchase hides its margin, its label and the price of its lines, all of which his grant shows.
// Orders refer to purchases.
func secretive(tb testing.TB, approval bool) *def.Catalog {
	tb.Helper()
	return catalog(tb, func(defs def.Definitions) {
		delete(defs, def.Ref{Kind: def.KindFlow, Name: "purchase_small"})
		add(tb, defs, def.KindEntity, `{"name": "purchase", "title": "采购申请", "type": "object", "x-approval": `+strconv.FormatBool(approval)+`, "x-display": "label",
			"x-summary": ["subject", "label", "margin"], "required": ["subject", "project", "amount"],
			"x-similar": {"label": {"field": "label", "message": "M"}},
			"properties": {
				"subject": {"type": "string", "x-type": "text", "title": "S"}, "amount": {"type": "string", "x-type": "money", "title": "A"},
				"project": {"type": "string", "x-type": "reference", "x-entity": "project", "title": "P"},
				"keeper": {"type": "string", "x-type": "reference", "x-entity": "project", "title": "K"},
				"margin": {"type": "string", "x-type": "money", "title": "M"}, "note": {"type": "string", "x-type": "text", "title": "N"},
				"double": {"type": "string", "x-type": "money", "title": "D", "x-compute": "amount * 2"},
				"label": {"type": "string", "x-type": "text", "title": "L", "x-search": true},
				"lines": {"type": "array", "x-type": "table", "title": "Ls", "items": {"type": "object", "properties": {
					"price": {"type": "string", "x-type": "money", "title": "Pr"}, "item": {"type": "string", "x-type": "text", "title": "I"}}}}}}`)
		add(tb, defs, def.KindEntity, `{"name": "order", "title": "O", "type": "object", "properties": {
			"no": {"type": "string", "x-type": "text", "title": "N"},
			"purchase": {"type": "string", "x-type": "reference", "x-entity": "purchase", "title": "P"}}}`)
		add(tb, defs, def.KindView, `{"name": "sums", "title": "V", "entity": "purchase", "columns": [{"field": "subject"},
			{"field": "margin", "total": "sum"}, {"field": "keeper.name"}]}`)
		add(tb, defs, def.KindView, `{"name": "orders", "title": "V", "entity": "order", "columns": [{"field": "no"}, {"field": "purchase.margin"}, {"field": "purchase.lines"}]}`)
		add(tb, defs, def.KindRole, `{"name": "manager", "title": "R", "grants": {"p": {"entity": "purchase", "actions": ["read", "act", "update"]},
			"j": {"entity": "project", "actions": ["read"]}, "o": {"entity": "order", "actions": ["read", "create", "update"]}}}`)
		add(tb, defs, def.KindFlow, `{"name": "purchase", "title": "采购审批", "entity": "purchase", "settings": {"onSelf": "leader", "admins": ["role:flow_admin"]},
			"nodes": [{"name": "manager", "type": "approve", "title": "M", "who": ["field:project.manager"],
				"fields": {"margin": "-", "label": "-", "keeper": "-", "lines.price": "-"}},
			{"name": "finance", "type": "approve", "title": "F", "who": ["role:finance"]}]}`)
	})
}

// veiled is a company with such a flow: li manages project p1, boss p2; a purchase of each is submitted, orders refer to them.
func veiled(tb testing.TB, secrets form.Values) (w *world, hidden, open record.Record) {
	tb.Helper()
	return veiledIn(tb, secretive(tb, true), secrets)
}

// veiledIn is veiled with other definitions.
func veiledIn(tb testing.TB, cat *def.Catalog, secrets form.Values) (w *world, hidden, open record.Record) {
	tb.Helper()
	w = newWorld(tb)
	w.version = cat
	w.older[w.version.Version] = w.version
	for name := range w.version.Entities {
		if err := w.store.Ensure(w.ctx, store.CollectionOf(w.version, name)); err != nil {
			tb.Fatal(err)
		}
	}
	w.seed("project", "p2", form.Values{"name": "河畔", "manager": boss.ID})
	create := func(values form.Values) record.Record {
		made, err := w.flows.Create(w.ctx, wang, "purchase", record.CreateInput{Values: values})
		if err != nil {
			tb.Fatalf("submit: %s", explain(err))
		}
		return made.Record
	}
	values := form.Values{"subject": "水泥", "project": "p1", "amount": "100"}
	maps.Copy(values, secrets)
	hidden = create(values)
	open = create(form.Values{"subject": "钢筋", "project": "p2", "amount": "200", "margin": "8", "label": "ordinary", "keeper": "p1"})
	w.seed("order", "o1", form.Values{"no": "O1", "purchase": hidden.ID})
	w.seed("order", "o2", form.Values{"no": "O2", "purchase": open.ID})
	return w, hidden, open
}

var (
	oneWorld     = form.Values{"margin": "7", "label": "alpha beta gamma", "keeper": "p1", "lines": []any{map[string]any{"item": "x", "price": "3"}}}
	anotherWorld = form.Values{"margin": "900", "label": "omega psi chi rho", "keeper": "p2", "lines": []any{map[string]any{"item": "x"}}}
)

// question is something a reader asks.
type question struct {
	name string
	ask  func(w *world, who access.Actor, hidden record.Record) (any, error)
}

func listed(entity string, in record.ListInput) func(*world, access.Actor, record.Record) (any, error) {
	return func(w *world, who access.Actor, _ record.Record) (any, error) {
		in.Count = true
		return w.records.List(w.ctx, who, entity, in)
	}
}

func filtered(entity, filter string) func(*world, access.Actor, record.Record) (any, error) {
	return listed(entity, record.ListInput{Filter: json.RawMessage(filter)})
}

// questions are all ways there are to ask about what other people may not know of purchases, as far as this package goes;
// reports and exports are asked in the API's tests.
func questions() []question {
	ask := func(w *world, who access.Actor, hidden record.Record, fields ...string) (any, error) {
		return w.records.Related(w.ctx, who, "order", []form.Ask{{Key: "k", Entity: "purchase", ID: hidden.ID, Fields: fields}})
	}
	return []question{
		{"list", listed("purchase", record.ListInput{})},
		{"totals", listed("purchase", record.ListInput{View: "sums"})},
		{"filter by value", filtered("purchase", `{"field": "margin", "op": "gt", "value": "100"}`)},
		{"filter by its opposite", filtered("purchase", `{"not": {"field": "margin", "op": "gt", "value": "100"}}`)},
		{"filter either way", filtered("purchase", `{"or": [{"field": "margin", "op": "lt", "value": "100"}, {"field": "amount", "op": "gt", "value": "5"}]}`)},
		{"filter by a text", filtered("purchase", `{"field": "label", "op": "contains", "value": "alpha"}`)},
		{"filter by emptiness", filtered("purchase", `{"field": "lines.price", "op": "empty", "value": true}`)},
		{"filter by a row", filtered("purchase", `{"field": "lines", "op": "any", "where": {"field": "price", "op": "eq", "value": "3"}}`)},
		{"filter behind a hidden reference", filtered("purchase", `{"field": "keeper.name", "op": "eq", "value": "花园"}`)},
		{"filter from afar", filtered("order", `{"field": "purchase.margin", "op": "gt", "value": "100"}`)},
		{"sort", listed("purchase", record.ListInput{Sort: []def.Sort{{Field: "margin"}}})},
		{"sort the other way", listed("purchase", record.ListInput{Sort: []def.Sort{{Field: "margin", Dir: "desc"}}})},
		{"search", listed("purchase", record.ListInput{Search: "omega"})},
		{"columns behind references", listed("order", record.ListInput{View: "orders"})},
		{"record", func(w *world, who access.Actor, hidden record.Record) (any, error) {
			return w.records.Get(w.ctx, who, "purchase", hidden.ID)
		}},
		{"choices", func(w *world, who access.Actor, _ record.Record) (any, error) {
			return w.records.Choices(w.ctx, who, "order", record.ChoicesInput{Field: "purchase"})
		}},
		{"choices searched", func(w *world, who access.Actor, _ record.Record) (any, error) {
			return w.records.Choices(w.ctx, who, "order", record.ChoicesInput{Field: "purchase", Search: "psi"})
		}},
		{"names", func(w *world, who access.Actor, hidden record.Record) (any, error) {
			return w.records.Names(w.ctx, who, map[string][]string{"purchase": {hidden.ID}})
		}},
		{"a look", func(w *world, who access.Actor, hidden record.Record) (any, error) {
			return w.records.Look(w.ctx, who, "purchase", []string{hidden.ID}, []string{"subject", "margin", "lines"})
		}},
		{"a form that asks", func(w *world, who access.Actor, hidden record.Record) (any, error) {
			return ask(w, who, hidden, "subject", "margin", "lines", "label")
		}},
		{"an edit that comes too late", func(w *world, who access.Actor, hidden record.Record) (any, error) {
			_, err := w.records.Patch(w.ctx, who, "purchase", hidden.ID, record.PatchInput{IfRev: 99, Values: form.Values{"note": "x"}})
			var conflict *record.ConflictError
			if errors.As(err, &conflict) {
				return conflict.Current, nil
			}
			return nil, err
		}},
	}
}

// instants are what two companies differ in by the clock of these tests, which goes on with every look at it.
var instants = regexp.MustCompile(`"(created|updated)At":"[^"]*"`)

// answers asks everything; an answer that is a refusal counts as one.
func answers(w *world, who access.Actor, hidden record.Record) map[string]string {
	w.Helper()
	all := map[string]string{}
	for _, q := range questions() {
		answer, err := q.ask(w, who, hidden)
		raw, marshalErr := json.Marshal(answer)
		if marshalErr != nil {
			w.Fatal(marshalErr)
		}
		all[q.name] = instants.ReplaceAllString(fmt.Sprint(string(raw), err), "")
	}
	return all
}

// TestWhatANodeHidesMakesNoDifference: two companies that differ in nothing but what a node hides answer the people of the
// node alike, whatever they ask, while they decide and after. Others are told the difference by every question.
func TestWhatANodeHidesMakesNoDifference(t *testing.T) {
	one, first, _ := veiled(t, oneWorld)
	other, second, _ := veiled(t, anotherWorld)
	if first.ID != second.ID {
		t.Fatal("the companies differ in more than the secrets")
	}
	compare := func(when string) {
		t.Helper()
		here, there := answers(one, li, first), answers(other, li, second)
		for name := range here {
			if here[name] != there[name] {
				t.Errorf("%s, %s:\n  %s\n  %s", when, name, here[name], there[name])
			}
		}
	}
	here, there := answers(one, sun, first), answers(other, sun, second)
	for name := range here {
		// Finance has no grant on orders, and may not edit.
		if strings.Contains(here[name], "not allowed") || strings.Contains(here[name], "not found") || strings.Contains(here[name], "not editable") {
			continue
		}
		if here[name] == there[name] {
			t.Errorf("the question %q tells nobody anything: %s", name, here[name])
		}
	}
	compare("open")
	for _, w := range []*world{one, other} {
		w.decide(li, flow.Act{Verb: flow.Approve})
	}
	compare("decided")
}

// TestOnlyTheirRecordsAreLeftOut: a query by a hidden field leaves out the records where it is hidden from the reader, says
// so, and no others; of who stands at no such node it leaves out none.
func TestOnlyTheirRecordsAreLeftOut(t *testing.T) {
	w, hidden, open := veiled(t, oneWorld)
	look := func(who access.Actor, filter string, narrowed bool, want ...string) {
		t.Helper()
		list, err := w.records.List(w.ctx, who, "purchase", record.ListInput{Filter: json.RawMessage(filter), Count: true})
		if err != nil {
			t.Fatalf("%s: %v", who.ID, err)
		}
		var got []string
		for _, rec := range list.Records {
			got = append(got, rec.ID)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || list.Count.N != len(want) || slices.Contains(list.Narrowed, "margin") != narrowed {
			t.Errorf("%s finds %v (%d, narrowed by %v), want %v", who.ID, got, list.Count.N, list.Narrowed, want)
		}
	}
	const margin, amount = `{"field": "margin", "op": "gt", "value": "0"}`, `{"field": "amount", "op": "gt", "value": "0"}`
	look(li, margin, true, open.ID)
	look(li, amount, false, hidden.ID, open.ID)
	look(boss, margin, true, hidden.ID)
	look(sun, margin, false, hidden.ID, open.ID)
	look(wang, margin, false, hidden.ID, open.ID) // the initiator of both

	// Who may act for li sees no more than he does, as long as there is a task of his.
	now := w.clock()
	if _, err := w.flows.AddProxy(w.ctx, li, flow.ProxyInput{Proxy: flow.Proxy{To: qian.ID, Start: now.Add(-time.Hour), End: now.Add(time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	look(qian, margin, true, open.ID)
	w.decide(li, flow.Act{Verb: flow.Approve})
	look(qian, margin, false, hidden.ID, open.ID) // now he has a task of his own, at a node that hides nothing
	look(li, margin, true, open.ID)
}

// foundByMargin gives whom a reader finds by the field the manager's node hides.
func (w *world) foundByMargin(who access.Actor) (ids []string) {
	w.Helper()
	list, err := w.records.List(w.ctx, who, "purchase", record.ListInput{Filter: json.RawMessage(`{"field": "margin", "op": "gt", "value": "0"}`)})
	if err != nil {
		w.Fatal(err)
	}
	for _, rec := range list.Records {
		ids = append(ids, rec.ID)
	}
	slices.Sort(ids)
	return ids
}

// TestOlderRunsAreTakenIn: the entries of runs from before there were any are made at the start of the server, once.
func TestOlderRunsAreTakenIn(t *testing.T) {
	w, _, open := veiled(t, oneWorld)
	want := []string{open.ID}
	if got := w.foundByMargin(li); !slices.Equal(got, want) {
		t.Fatalf("li finds %v", got)
	}
	page, err := w.store.Find(w.ctx, query.Query{Collection: "flow_veil", Limit: 100})
	if err != nil || len(page.Docs) != 2 {
		t.Fatalf("entries %+v, %v", page.Docs, err)
	}
	for _, doc := range page.Docs {
		remove := store.Write{Collection: "flow_veil", Doc: store.Doc{ID: doc.ID}, IfRev: doc.Rev, Remove: true}
		if err := errors.Join(w.records.Project(w.ctx, tenantName, remove)...); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.foundByMargin(li); len(got) != 2 {
		t.Fatalf("without entries li finds %v", got)
	}
	for range 2 {
		if err := w.flows.MakeVeils(w.ctx, tenantName); err != nil {
			t.Fatal(err)
		}
		if got := w.foundByMargin(li); !slices.Equal(got, want) {
			t.Errorf("with the entries made anew li finds %v", got)
		}
	}
}

// TestEarlierRunsHideNothing: a record without a state may be submitted again when its run has ended; whoever has no part in
// the new run finds it by everything he reads.
func TestEarlierRunsHideNothing(t *testing.T) {
	w, hidden, open := veiledIn(t, secretive(t, false), oneWorld)
	engine := access.Actor{Tenant: tenantName, System: true}
	if got := w.foundByMargin(li); !slices.Equal(got, []string{open.ID}) {
		t.Fatalf("li finds %v", got)
	}
	if _, err := w.flows.Act(w.ctx, wang, "purchase", hidden.ID, flow.Act{Verb: flow.Cancel}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.records.Patch(w.ctx, engine, "project", "p1", record.PatchInput{Values: form.Values{"manager": boss.ID}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.flows.Act(w.ctx, wang, "purchase", hidden.ID, flow.Act{Verb: flow.Start}); err != nil {
		t.Fatal(err)
	}
	if got := w.foundByMargin(li); len(got) != 2 {
		t.Errorf("after a second run li finds %v", got)
	}
	if got := w.foundByMargin(boss); len(got) != 0 {
		t.Errorf("after a second run boss finds %v", got)
	}
}
