package storetest

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"time"

	"formwork/engine/query"
	"formwork/engine/store"
)

var writeCases = []Case{
	{"put and get give back what was put", roundTrip},
	{"values are given back in canonical form", canonicalForm},
	{"texts of every kind survive", textsSurvive},
	{"a write names the revision it read", revisions},
	{"a key belongs to one document", keys},
	{"who holds a key is told", holders},
	{"a batch may be partly refused", partlyRefused},
	{"a write may follow another", following},
	{"writes no store may do are refused", invalidWrites},
	{"a document may have 8 MB", tooLarge},
	{"removing deletes for good", removing},
	{"one of many racing writers wins", oneWinner},
	{"acknowledged writes survive a restart", survivesRestart},
}

// full is a document with a value in everything.
func full(id string) store.Doc {
	due := epoch.Add(36*time.Hour + 250*time.Millisecond)
	doc := newDoc(id, map[string]any{
		"no": "DG-P1-T1-20260601", "content": "零星用工 \"quoted\" 100%_\\ 👷", "note": "first\nsecond", "code": "W01",
		"phone": "13900000001", "project": "p1", "team": "t1", "owner": "u1", "dept": "d1",
		"work_date": "2026-06-01", "at": "2026-06-01T06:05:00.25Z", "period": "2026-06",
		"total": "-9999999999999.99", "rate": "0.1250", "qty": "1234567890123456789012345678.123456", "share": "62.50",
		"heads": int64(query.MaxInteger), "night": false, "reason": "rework", "tags": []any{"b", "a"},
		"members": []any{"u1", "u2"}, "links": []any{"w1"}, "photos": []any{"f1", "f2"}, "sign": "f3",
		"lines": []any{
			map[string]any{"_id": "r1", "worker": "w1", "hours": "8", "pay": "260.00", "day": "2026-06-01", "kind": "day", "pieces": int64(-3), "done": true, "remark": "ok", "start": "2026-06-01T00:00:00Z"},
			map[string]any{"_id": "r2", "worker": "w2", "hours": "0.5"},
		},
		"undeclared": map[string]any{"kept": []any{"as", "it", int64(1), true}},
	})
	doc.State, doc.NextDue, doc.Imported = "running", &due, true
	doc.Flow, doc.Chain, doc.Claim = []byte(`{"nodes":{"a":[1,2]}}`), "c0ffee", "body-hash"
	doc.Keys = []string{"natural|DG-P1-T1-20260601", "worker_day|w1|2026-06-01"}
	doc.UpdatedBy, doc.UpdatedAt = "u2", epoch.Add(1234*time.Millisecond)
	return doc
}

func roundTrip(t T, s *suite) {
	db := s.store()
	want := full("s1")
	db.put(store.Write{Collection: sheet, Doc: want})
	compareDocs(t, db.get(sheet, "s1"), want)

	want.Values = map[string]any{"no": "2", "lines": []any{map[string]any{"_id": "r2", "hours": "1.5"}}}
	want.State, want.NextDue, want.Flow, want.Keys, want.Imported, want.Chain = "approved", nil, nil, nil, false, "beef"
	db.put(update(want))
	want.Rev++
	compareDocs(t, db.get(sheet, "s1"), want)

	bare := newDoc("s2", map[string]any{})
	db.put(store.Write{Collection: sheet, Doc: bare})
	compareDocs(t, db.get(sheet, "s2"), bare)

	docs, err := db.Get(t.Context(), sheet, "s2", "none", "s1", "s2")
	if err != nil || len(docs) != 2 {
		t.Errorf("get of two that exist and one that does not: %d, %v", len(docs), err)
	}
	if docs, err := db.Get(t.Context(), sheet); err != nil || len(docs) != 0 {
		t.Errorf("get of nothing: %d, %v", len(docs), err)
	}
}

func compareDocs(t T, got, want store.Doc) {
	t.Helper()
	if !reflect.DeepEqual(got.Values, want.Values) {
		t.Errorf("values of %s\n got %s\nwant %s", want.ID, asJSON(got.Values), asJSON(want.Values))
	}
	if len(got.Flow) != 0 || len(want.Flow) != 0 {
		if asJSON(got.Flow) != asJSON(want.Flow) {
			t.Errorf("flow of %s: got %s, want %s", want.ID, got.Flow, want.Flow)
		}
	}
	for _, times := range [][2]time.Time{{got.CreatedAt, want.CreatedAt}, {got.UpdatedAt, want.UpdatedAt}} {
		if !times[0].Equal(times[1]) || times[0].Location() != time.UTC {
			t.Errorf("time of %s: got %v, want %v", want.ID, times[0], times[1])
		}
	}
	if (got.NextDue == nil) != (want.NextDue == nil) || got.NextDue != nil && !got.NextDue.Equal(*want.NextDue) {
		t.Errorf("next due of %s: got %v, want %v", want.ID, got.NextDue, want.NextDue)
	}
	if !reflect.DeepEqual(append([]string{}, got.Keys...), append([]string{}, want.Keys...)) {
		t.Errorf("keys of %s: got %q, want %q", want.ID, got.Keys, want.Keys)
	}
	plain := func(d store.Doc) string {
		return fmt.Sprint(d.ID, d.Rev, d.State, d.Chain, d.Claim, d.Imported, d.Deleted, d.CreatedBy, d.UpdatedBy)
	}
	if plain(got) != plain(want) {
		t.Errorf("document\n got %s\nwant %s", plain(got), plain(want))
	}
}

func canonicalForm(t T, s *suite) {
	db := s.store()
	put := map[string]any{
		"total": "5", "rate": "0.5", "qty": "8.500", "share": "0", "at": "2026-06-01T14:05:00+08:00", "heads": int64(0),
		"note": "", "tags": []any{}, "lines": []any{map[string]any{"_id": "r", "hours": "8.0", "pay": "-0", "remark": nil}},
	}
	db.put(create(sheet, "s1", put))
	want := map[string]any{
		"total": "5.00", "rate": "0.5000", "qty": "8.5", "share": "0.00", "at": "2026-06-01T06:05:00Z", "heads": int64(0),
		"lines": []any{map[string]any{"_id": "r", "hours": "8", "pay": "0.00"}},
	}
	if got := db.get(sheet, "s1").Values; !reflect.DeepEqual(got, want) {
		t.Errorf("values\n got %s\nwant %s", asJSON(got), asJSON(want))
	}
	if put["total"] != "5" {
		t.Errorf("put changed the caller's values")
	}
}

func textsSurvive(t T, s *suite) {
	db := s.store()
	for i, text := range tricky {
		id := fmt.Sprint("s", i)
		values := map[string]any{"no": text, "note": text, "tags": []any{text}, "lines": []any{map[string]any{"_id": "r", "remark": text}}, "extra": text}
		db.put(create(sheet, id, values))
		if got := db.get(sheet, id).Values; !reflect.DeepEqual(got, values) {
			t.Errorf("text %q\n got %s\nwant %s", text, asJSON(got), asJSON(values))
		}
	}
}

func revisions(t T, s *suite) {
	db := s.store()
	doc := newDoc("s1", map[string]any{"no": "1"})
	missing := doc
	missing.Rev = 4
	if err := db.refusal(update(missing)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("update of nothing: %v, want ErrNotFound", err)
	}
	if err := db.refusal(store.Write{Collection: sheet, Doc: missing, IfRev: 3, Remove: true}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removal of nothing: %v, want ErrNotFound", err)
	}
	db.put(store.Write{Collection: sheet, Doc: doc})
	if err := db.refusal(store.Write{Collection: sheet, Doc: doc}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("second create: %v, want ErrConflict", err)
	}
	db.put(update(doc))
	stale := doc
	stale.Values = map[string]any{"no": "stale"}
	if err := db.refusal(update(stale)); !errors.Is(err, store.ErrConflict) {
		t.Errorf("update of an older revision: %v, want ErrConflict", err)
	}
	if err := db.refusal(store.Write{Collection: sheet, Doc: doc, IfRev: 1, Remove: true}); !errors.Is(err, store.ErrConflict) {
		t.Errorf("removal of an older revision: %v, want ErrConflict", err)
	}
	if got := db.get(sheet, "s1"); got.Rev != 2 || got.Values["no"] != "1" {
		t.Errorf("after refusals: rev %d, no %v", got.Rev, got.Values["no"])
	}
}

func keys(t T, s *suite) {
	db := s.store()
	with := func(id string, keys ...string) store.Doc {
		doc := newDoc(id, map[string]any{"no": id})
		doc.Keys = keys
		return doc
	}
	first := with("s1", "natural|A", "worker_day|w1|2026-06-01")
	db.put(store.Write{Collection: sheet, Doc: first})

	taken := store.Write{Collection: sheet, Doc: with("s2", "natural|B", "worker_day|w1|2026-06-01")}
	taken.Events = []store.Event{eventOf(taken, 0, "created")}
	var duplicate *store.DuplicateError
	if err := db.refusal(taken); !errors.As(err, &duplicate) || duplicate.Key != "worker_day|w1|2026-06-01" {
		t.Errorf("taken key: %v, want a DuplicateError naming it", err)
	}
	db.absent("s2")
	both := store.Write{Collection: sheet, Doc: with("s2", "worker_day|w1|2026-06-01", "natural|A")}
	if err := db.refusal(both); !errors.As(err, &duplicate) || duplicate.Key != "worker_day|w1|2026-06-01" {
		t.Errorf("two taken keys: %v, want a DuplicateError naming the first", err)
	}
	db.put(store.Write{Collection: sheet, Doc: with("s3", "natural|B")}) // the refused write took nothing
	db.put(store.Write{Collection: worker, Doc: with("w1", "natural|A")})

	first.Keys = []string{"natural|A", "natural|C"}
	db.put(update(first))
	first.Rev++
	db.put(store.Write{Collection: sheet, Doc: with("s4", "worker_day|w1|2026-06-01")}) // released by the update

	third := db.get(sheet, "s3")
	third.Keys = []string{"natural|C"}
	if err := db.refusal(update(third)); !errors.As(err, &duplicate) {
		t.Errorf("update onto a taken key: %v, want a DuplicateError", err)
	}
	first.Keys, first.Deleted = nil, true
	db.put(update(first))
	db.put(update(third)) // released by the recycle bin
	db.put(store.Write{Collection: sheet, Doc: third, IfRev: 2, Remove: true})
	db.put(store.Write{Collection: sheet, Doc: with("s5", "natural|C", "natural|A", "natural|B")}) // released by removal
}

func holders(t T, s *suite) {
	db := s.store()
	with := func(collection, id string, keys ...string) store.Doc {
		doc := newDoc(id, map[string]any{"no": id})
		if collection == worker {
			doc.Values = map[string]any{"name": id}
		}
		doc.Keys = keys
		db.put(store.Write{Collection: collection, Doc: doc})
		return doc
	}
	first := with(sheet, "s1", "natural|A", `team|a\|b|2026-06-01`)
	with(sheet, "s2", "natural|B")
	with(sheet, "s3")
	with(worker, "w1", "natural|C")
	expect := func(when string, want map[string]string, asked ...string) {
		t.Helper()
		got, err := db.Holders(t.Context(), sheet, asked...)
		if err != nil || len(got) != len(want) || !maps.Equal(got, want) {
			t.Errorf("%s: holders of %q are %v, %v; want %v", when, asked, got, err, want)
		}
	}
	all := []string{"natural|A", "natural|B", `team|a\|b|2026-06-01`, "natural|C", "natural|a", "natural|A"}
	for i := range 2 * store.MaxPage {
		all = append(all, fmt.Sprintf("natural|%d", i))
	}
	expect("all", map[string]string{"natural|A": "s1", "natural|B": "s2", `team|a\|b|2026-06-01`: "s1"}, all...)
	expect("one of two", map[string]string{"natural|A": "s1"}, "natural|A")
	expect("none", nil)
	first.Keys = []string{"natural|D"}
	db.put(update(first))
	expect("after a change", map[string]string{"natural|D": "s1"}, "natural|A", "natural|D")
	first.Rev, first.Keys, first.Deleted = 2, nil, true
	db.put(update(first))
	expect("in the recycle bin", nil, "natural|A", "natural|D")
	if _, err := db.Holders(t.Context(), "nowhere", "natural|A"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("of a collection nobody declared: %v, want ErrUnknown", err)
	}
}

func partlyRefused(t T, s *suite) {
	db := s.store()
	db.put(create(sheet, "old", map[string]any{"no": "old"}))
	writes := []store.Write{
		create(sheet, "a", map[string]any{"no": "a"}),
		create(sheet, "old", map[string]any{"no": "again"}),
		create(sheet, "b", map[string]any{"total": "no number"}),
		create(worker, "c", map[string]any{"name": "c"}),
		{Collection: sheet, Doc: newDoc("a", nil)},
		create("nowhere", "d", nil),
	}
	for i := range writes {
		writes[i].Events = []store.Event{eventOf(writes[i], 0, "created")}
	}
	errs := db.Put(t.Context(), writes...)
	wants := []error{nil, store.ErrConflict, store.ErrInvalid, nil, store.ErrInvalid, store.ErrUnknown}
	for i, want := range wants {
		if !errors.Is(errs[i], want) {
			t.Errorf("write %d: %v, want %v", i, errs[i], want)
		}
	}
	db.get(sheet, "a")
	db.get(worker, "c")
	db.absent("b")
	if got := db.log(2); len(got) != 2 || got[0].Record != "a" || got[1].Record != "c" {
		t.Errorf("events %s, want those of the two done writes", asJSON(got))
	}
	if errs := db.Put(t.Context()); len(errs) != 0 {
		t.Errorf("put of nothing: %v", errs)
	}
}

// following is about Write.Follows: what follows a refused write is left out, and what is refused itself spoils nothing.
func following(t T, s *suite) {
	db := s.store()
	db.put(create(sheet, "old", map[string]any{"no": "old"}), create(worker, "w1", map[string]any{"name": "Li"}))
	follows := func(w store.Write) store.Write {
		w.Follows = true
		return w
	}
	removal := store.Write{Collection: worker, Doc: store.Doc{ID: "w1"}, IfRev: 1, Remove: true}
	writes := []store.Write{
		follows(create(worker, "first", map[string]any{"name": "follows nothing"})),
		create(sheet, "old", map[string]any{"no": "taken"}),
		follows(create(worker, "a", map[string]any{"name": "left"})),
		follows(removal),
		create(sheet, "s1", map[string]any{"no": "1"}),
		follows(create(worker, "b", map[string]any{"name": "done"})),
		follows(update(newDoc("missing", nil))),
		follows(create(worker, "c", map[string]any{"name": "done, whatever became of the one before"})),
		create(sheet, "s2", map[string]any{"total": "no number"}),
		follows(create(worker, "d", map[string]any{"name": "left"})),
		create(sheet, "s3", map[string]any{"no": "3"}),
	}
	for i := range writes {
		writes[i].Events = []store.Event{eventOf(writes[i], 0, "written")}
	}
	wants := []error{
		store.ErrInvalid, store.ErrConflict, store.ErrLeft, store.ErrLeft, nil, nil, store.ErrNotFound, nil, store.ErrInvalid, store.ErrLeft, nil,
	}
	for i, err := range db.Put(t.Context(), writes...) {
		if !errors.Is(err, wants[i]) {
			t.Errorf("write %d of %s: %v, want %v", i, writes[i].Doc.ID, err, wants[i])
		}
	}
	for _, id := range []string{"s1", "s3"} {
		db.get(sheet, id)
	}
	for _, id := range []string{"b", "c", "w1"} {
		db.get(worker, id)
	}
	docs, err := db.Get(t.Context(), worker, "first", "a", "d", "missing")
	if err != nil || len(docs) != 0 {
		t.Errorf("%d writes were done that were left out or refused, %v", len(docs), err)
	}
	if got := db.log(4); len(got) != 4 {
		t.Errorf("events %s, want those of the four done writes", asJSON(got))
	}
}

func invalidWrites(t T, s *suite) {
	db := s.store()
	good := func() store.Write { return create(sheet, "s1", map[string]any{"no": "1"}) }
	tests := map[string]func(w *store.Write){
		"no id":                   func(w *store.Write) { w.Doc.ID = "" },
		"skipped revision":        func(w *store.Write) { w.Doc.Rev = 2 },
		"removal of no revision":  func(w *store.Write) { w.Remove = true },
		"negative revision":       func(w *store.Write) { w.IfRev, w.Doc.Rev = -1, 0 },
		"event of another record": func(w *store.Write) { w.Events[0].Record = "s2" },
		"event of another rev":    func(w *store.Write) { w.Events[0].Rev = 2 },
		"events with one number":  func(w *store.Write) { w.Events = append(w.Events, w.Events[0]) },
		"deleted with keys":       func(w *store.Write) { w.Doc.Deleted, w.Doc.Keys = true, []string{"k"} },
		"decimal as number":       func(w *store.Write) { w.Doc.Values["total"] = int64(5) },
		"too many places":         func(w *store.Write) { w.Doc.Values["total"] = "1.005" },
		"text for integer":        func(w *store.Write) { w.Doc.Values["heads"] = "5" },
		"no such day":             func(w *store.Write) { w.Doc.Values["work_date"] = "2026-02-30" },
		"text for flag":           func(w *store.Write) { w.Doc.Values["night"] = "true" },
		"scalar for list":         func(w *store.Write) { w.Doc.Values["tags"] = "a" },
		"rows that are texts":     func(w *store.Write) { w.Doc.Values["lines"] = []any{"r"} },
		"cell of another type":    func(w *store.Write) { w.Doc.Values["lines"] = []any{map[string]any{"hours": true}} },
		"U+0000":                  func(w *store.Write) { w.Doc.Values["no"] = "a\x00b" },
	}
	for name, spoil := range tests {
		w := good()
		w.Doc.Values = maps.Clone(w.Doc.Values)
		w.Events = []store.Event{eventOf(w, 0, "created")}
		spoil(&w)
		if err := db.refusal(w); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
	db.absent("s1")
	if got := db.log(0); len(got) != 0 {
		t.Errorf("refused writes left events: %s", asJSON(got))
	}
}

func tooLarge(t T, s *suite) {
	db := s.store()
	big := strings.Repeat("工", store.MaxDocument/3-100)
	db.put(create(sheet, "big", map[string]any{"note": big}))
	if got := db.get(sheet, "big").Values["note"]; got != big {
		t.Errorf("a document just under the limit comes back changed")
	}
	if err := db.refusal(create(sheet, "bigger", map[string]any{"note": big + strings.Repeat("x", 400)})); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("over the limit: %v, want ErrTooLarge", err)
	}
}

func removing(t T, s *suite) {
	db := s.store()
	doc := full("s1")
	db.put(store.Write{Collection: sheet, Doc: doc})
	w := store.Write{Collection: sheet, Doc: store.Doc{ID: "s1"}, IfRev: 1, Remove: true}
	w.Events = []store.Event{eventOf(w, 0, "removed")}
	db.put(w)
	db.absent("s1")
	db.expect(query.Query{Collection: sheet, Where: filter(t, `{"field":"lines.worker","op":"eq","value":"w1"}`)})
	db.expect(query.Query{Collection: sheet, Search: "DG"})
	if got := db.log(1); len(got) != 1 || got[0].Type != "removed" || got[0].Rev != 2 {
		t.Errorf("events %s, want one removal", asJSON(got))
	}
	db.put(store.Write{Collection: sheet, Doc: full("s1")})
	compareDocs(t, db.get(sheet, "s1"), doc)
}

func oneWinner(t T, s *suite) {
	const writers, rounds = 8, 20
	db := s.store()
	db.put(create(sheet, "s1", map[string]any{"heads": int64(0)}))
	for round := range rounds {
		var group sync.WaitGroup
		results := make([]error, writers)
		for i := range writers {
			group.Go(func() {
				doc := newDoc("s1", map[string]any{"heads": int64(i)})
				doc.Rev = int64(round) + 1
				w := update(doc)
				w.Events = []store.Event{eventOf(w, 0, fmt.Sprint("by", i))}
				results[i] = db.Put(t.Context(), w)[0]
			})
		}
		group.Wait()
		winner := -1
		for i, err := range results {
			switch {
			case err == nil && winner < 0:
				winner = i
			case err == nil:
				t.Fatalf("round %d: both %d and %d won", round, winner, i)
			case !errors.Is(err, store.ErrConflict):
				t.Fatalf("round %d: loser got %v, want ErrConflict", round, err)
			}
		}
		got := db.get(sheet, "s1")
		if winner < 0 || got.Rev != int64(round)+2 || got.Values["heads"] != int64(winner) {
			t.Fatalf("round %d: winner %d, stored rev %d heads %v", round, winner, got.Rev, got.Values["heads"])
		}
	}
	if got := db.log(rounds); len(got) != rounds {
		t.Errorf("%d events for %d won writes", len(got), rounds)
	}
}

func survivesRestart(t T, s *suite) {
	db := s.store()
	want := full("s1")
	w := store.Write{Collection: sheet, Doc: want}
	w.Events = []store.Event{eventOf(w, 0, "created")}
	db.put(w)
	before := db.log(1)
	again := &database{Store: s.reopen(), t: t}
	if err := again.Ensure(t.Context(), sheets, workers); err != nil {
		t.Fatalf("ensure after restart: %v", err)
	}
	compareDocs(t, again.get(sheet, "s1"), want)
	again.expect(query.Query{Collection: sheet, Search: "零星"}, "s1")
	other := store.Write{Collection: sheet, Doc: newDoc("s2", nil)}
	other.Doc.Keys = want.Keys[:1]
	var duplicate *store.DuplicateError
	if err := again.refusal(other); !errors.As(err, &duplicate) {
		t.Errorf("key after restart: %v, want a DuplicateError", err)
	}
	other.Doc.Keys = nil
	other.Events = []store.Event{eventOf(other, 0, "created")}
	again.put(other)
	after := again.log(2)
	if len(after) != 2 || !reflect.DeepEqual(after[0], before[0]) || after[1].Seq <= after[0].Seq {
		t.Errorf("events after restart %s, before %s", asJSON(after), asJSON(before))
	}
}
