package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"

	"formwork/engine/event"
	"formwork/engine/flow"
	"formwork/engine/query"
	"formwork/engine/store"
)

// verifyAll is R18: it reads what is stored after a test, without a server. The chain of every record holds to its end, and
// the events of every run of these entities give its state, which satisfies the invariants of flows. It gives the statuses
// of the runs by id of the record.
func verifyAll(t *testing.T, at *place, entities ...string) map[string]flow.Status {
	t.Helper()
	runs := map[string]flow.Status{}
	f, err := at.open(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.close(); err != nil {
			t.Error(err)
		}
	}()
	db, err := f.engine.Tenants.Store(t.Context(), demoTenant)
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string][]store.Doc{}
	for _, entity := range entities {
		stored[entity] = allOf(t, db, entity)
		for _, doc := range stored[entity] {
			if err := db.Settle(t.Context(), entity, doc.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	chain, err := event.Verify(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if found := chain.Findings(); len(found) > 0 {
		t.Errorf("the event log has %d findings, the first %+v", len(found), found[0])
	}
	folded := foldAll(t, db)
	for _, entity := range entities {
		for _, doc := range stored[entity] {
			if last := chain.Last(entity, doc.ID); last != doc.Chain {
				t.Errorf("%s/%s: the log ends with %q, the record with %q", entity, doc.ID, last, doc.Chain)
			}
			if len(doc.Flow) > 0 {
				runs[doc.ID] = verifyRun(t, f, entity, &doc, folded[entity+"/"+doc.ID])
			}
		}
	}
	t.Logf("%d runs: chain, fold and invariants hold", len(runs))
	return runs
}

// foldAll gives the states that the events of the whole log lead to, by entity and record.
func foldAll(t *testing.T, db store.Store) map[string]flow.State {
	t.Helper()
	states := map[string]flow.State{}
	for after := int64(0); ; {
		events, err := db.Events(t.Context(), after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			return states
		}
		for _, e := range events {
			after = e.Seq
			var command struct{ Delta json.RawMessage }
			if err := json.Unmarshal(e.Data, &command); err != nil || command.Delta == nil {
				continue // no command of a flow
			}
			name := e.Entity + "/" + e.Record
			if states[name], err = flow.Fold(states[name], e.Data); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func allOf(t *testing.T, db store.Store, entity string) (docs []store.Doc) {
	t.Helper()
	for q := (query.Query{Collection: entity, Limit: store.MaxPage}); ; {
		page, err := db.Find(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, page.Docs...)
		if q.After = page.Next; q.After == "" {
			return docs
		}
	}
}

func verifyRun(t *testing.T, f *formwork, entity string, doc *store.Doc, folded flow.State) flow.Status {
	t.Helper()
	var state flow.State
	if err := json.Unmarshal(doc.Flow, &state); err != nil {
		t.Errorf("run of %s/%s: %v", entity, doc.ID, err)
		return ""
	}
	want, _ := json.Marshal(state)
	if got, _ := json.Marshal(folded); string(got) != string(want) {
		t.Errorf("the events of %s/%s give\n%s\nstored is\n%s", entity, doc.ID, got, want)
	}
	if err := f.sound(t.Context(), &state); err != nil {
		t.Errorf("run of %s/%s: %v", entity, doc.ID, err)
	}
	voided := state.Status == flow.Approved && doc.State == "voided"
	if entity != "flow_run" && string(state.Status) != doc.State && !voided {
		t.Errorf("run of %s/%s is %s, the record %s", entity, doc.ID, state.Status, doc.State)
	}
	return state.Status
}

// sound holds a run to the invariants of its flow.
func (f *formwork) sound(ctx context.Context, state *flow.State) error {
	catalog, err := f.engine.Catalogs.Version(ctx, demoTenant, state.Catalog)
	if err != nil {
		return err
	}
	plan, err := flow.Compile(catalog, catalog.Flows[state.Name])
	if err != nil {
		return err
	}
	return flow.CheckState(plan, state)
}
