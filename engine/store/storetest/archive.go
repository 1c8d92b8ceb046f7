package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

var archiveCases = []Case{
	{"a copy has the documents and the log as they were", archive},
	{"a copy keeps values that do not fit their field", archiveMisfits},
}

func (d *database) archive() store.Archive {
	d.t.Helper()
	a, ok := d.Store.(store.Archive)
	if !ok {
		d.t.Fatalf("the store has no archive")
	}
	return a
}

// everything reads all documents of a collection, those in the recycle bin too, as a backup does.
func (d *database) everything(collection string) []store.Doc {
	d.t.Helper()
	both := &query.Filter{Cond: &query.Cond{Path: []string{query.FieldDeleted}, Op: query.In, Value: []any{true, false}, Type: def.TypeBoolean}}
	var docs []store.Doc
	for q := (query.Query{Collection: collection, Where: both, Limit: 7}); ; {
		page, err := d.Find(d.t.Context(), q)
		if err != nil {
			d.t.Fatalf("find everything: %v", err)
		}
		docs = append(docs, page.Docs...)
		if q.After = page.Next; page.Next == "" {
			return docs
		}
	}
}

// copyInto loads all a database has into another, in pieces.
func (d *database) copyInto(to *database) {
	d.t.Helper()
	collections, err := d.archive().Collections(d.t.Context())
	if err != nil {
		d.t.Fatalf("collections: %v", err)
	}
	if err := to.Ensure(d.t.Context(), collections...); err != nil {
		d.t.Fatalf("ensure: %v", err)
	}
	load := func(collection string, docs []store.Doc, events []store.Event) {
		if err := to.archive().Load(d.t.Context(), collection, docs, events); err != nil {
			d.t.Fatalf("load %d documents, %d events: %v", len(docs), len(events), err)
		}
	}
	for _, c := range collections {
		for docs := range slices.Chunk(d.everything(c.Name), 10) {
			load(c.Name, docs, nil)
		}
	}
	for events := range slices.Chunk(d.log(0), 10) {
		load(collections[0].Name, nil, events)
	}
}

func archive(t T, s *suite) {
	source := s.store()
	r := &random{state: 7}
	shape := store.NewShape(sheets)
	for i := range 25 {
		w := store.Write{Collection: sheet, Doc: r.document(shape, fmt.Sprint("s", i))}
		w.Events = []store.Event{eventOf(w, 0, "created")}
		source.put(w)
	}
	whole := store.Write{Collection: sheet, Doc: full("whole")}
	whole.Events = []store.Event{eventOf(whole, 0, "created"), eventOf(whole, 1, "started")}
	source.put(whole)
	changed := update(whole.Doc)
	changed.Events = []store.Event{eventOf(changed, 0, "changed")}
	source.put(changed)
	source.put(create(worker, "w1", map[string]any{"name": "张三"}))
	events := source.log(28)

	target := &database{Store: s.database(s.tenant + "_b"), t: t}
	for round := range 2 { // a restore that was interrupted is repeated
		source.copyInto(target)
		want, got := source.everything(sheet), target.everything(sheet)
		if len(got) != len(want) {
			t.Fatalf("round %d: %d documents, want %d", round, len(got), len(want))
		}
		for i := range want {
			compareDocs(t, got[i], want[i])
		}
		if got := target.log(len(events)); !reflect.DeepEqual(got, events) {
			t.Errorf("round %d: events\n got %s\nwant %s", round, asJSON(got), asJSON(events))
		}
	}
	target.expect(query.Query{Collection: worker, Search: "张三"}, "w1")
	target.expect(query.Query{Collection: sheet, Search: "零星", Where: filter(t, `{"field":"lines.worker","op":"eq","value":"w2"}`)}, "whole")
	taken := create(sheet, "other", nil)
	taken.Doc.Keys = full("").Keys[:1]
	var duplicate *store.DuplicateError
	if err := target.refusal(taken); !errors.As(err, &duplicate) {
		t.Errorf("key of a loaded document: %v, want a DuplicateError", err)
	}
	next := update(target.get(sheet, "whole"))
	next.Events = []store.Event{eventOf(next, 0, "changed")}
	target.put(next)
	if got := target.log(len(events) + 1); len(got) != len(events)+1 || got[len(events)].Seq <= events[len(events)-1].Seq || got[len(events)].Rev != 3 {
		t.Errorf("events after a write to the copy: %s", asJSON(got))
	}
	source.copyInto(target) // documents are put back as they are in the source, the log only grows
	compareDocs(t, target.get(sheet, "whole"), source.get(sheet, "whole"))
}

func archiveMisfits(t T, s *suite) {
	source := &database{Store: s.database(s.tenant), t: t}
	ensure := func(field store.Field) {
		if err := source.Ensure(t.Context(), store.Collection{Name: "thing", Fields: []store.Field{field}}); err != nil {
			t.Fatalf("ensure: %v", err)
		}
	}
	ensure(store.Field{Path: "size", Type: def.TypeText})
	source.put(create("thing", "a", map[string]any{"size": "10", "extra": "x"}), create("thing", "b", map[string]any{"size": "large", "extra": "y"}))
	ensure(store.Field{Path: "size", Type: def.TypeDecimal, Scale: 2, Index: true})
	target := &database{Store: s.database(s.tenant + "_b"), t: t}
	source.copyInto(target)
	for _, id := range []string{"a", "b"} {
		compareDocs(t, target.get("thing", id), source.get("thing", id))
	}
	greater := &query.Filter{Cond: &query.Cond{Path: []string{"size"}, Op: query.Gt, Value: "9.5", Type: def.TypeDecimal}}
	target.expect(query.Query{Collection: "thing", Where: greater}, "a")
}
