package mongo

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"formwork/engine/def"
	"formwork/engine/store"
)

// silent opens a tenant whose relay has died: events stay in their documents until a test relays them.
func silent(t *testing.T) *database {
	t.Helper()
	uri := os.Getenv("MONGODB_URI")
	if uri == "" {
		t.Skip("MongoDB part skipped: MONGODB_URI is not set (.ci/mongo start prints one)")
	}
	backend, err := open(t.Context(), uri, watch(func(what string) { t.Errorf("%s is not in the table of commands", what) }))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := backend.Open(t.Context(), fmt.Sprintf("relay_%d_%d", os.Getpid(), time.Now().UnixNano()))
	if err != nil {
		t.Fatal(err)
	}
	db, ok := opened.(*database)
	if !ok {
		t.Fatal("not a database of ours")
	}
	db.relay.stop(false) // db itself stays open
	t.Cleanup(func() {
		if err := db.mongo.Drop(context.Background()); err != nil {
			t.Error(err)
		}
		backend.client.Disconnect(context.Background()) //nolint:errcheck // nothing hangs on it
	})
	if err := db.Ensure(t.Context(), store.Collection{Name: "sheet", Fields: []store.Field{{Path: "no", Type: def.TypeText}}}); err != nil {
		t.Fatal(err)
	}
	return db
}

// another is a relay of its own, as another process has it; it does what the test tells.
func another(db *database) *relay {
	return &relay{db: db, log: db.collection(eventCollection), waiting: map[origin]bool{}, signal: make(chan struct{}, 1)}
}

func (db *database) write(t *testing.T, id string, rev int64, change func(w *store.Write)) {
	t.Helper()
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	w := store.Write{
		Collection: "sheet", IfRev: rev - 1,
		Doc:    store.Doc{ID: id, Rev: rev, Values: map[string]any{"no": id}, CreatedAt: at, UpdatedAt: at},
		Events: []store.Event{{Entity: "sheet", Record: id, Rev: rev, N: 0, Type: "a", At: at}, {Entity: "sheet", Record: id, Rev: rev, N: 1, Type: "b", At: at}},
	}
	if change != nil {
		change(&w)
	}
	if err := db.Put(t.Context(), w)[0]; err != nil {
		t.Fatalf("put %s rev %d: %v", id, rev, err)
	}
}

func pendingBags(t *testing.T, r *relay) []mailbag {
	t.Helper()
	bags, err := r.read(t.Context(), "sheet", one("_pending", one("$gt", nothingYet)))
	if err != nil {
		t.Fatal(err)
	}
	return bags
}

// expectLog compares the log, as "record rev n", and expects no event left in a document.
func expectLog(t *testing.T, db *database, want ...string) {
	t.Helper()
	events, err := db.Events(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, event := range events {
		if event.Seq != int64(i+1) {
			t.Errorf("event %d has number %d", i+1, event.Seq)
		}
		got = append(got, fmt.Sprint(event.Record, " ", event.Rev, " ", event.N))
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("log\n got %q\nwant %q", got, want)
	}
	if left, err := db.collection("sheet").CountDocuments(t.Context(), one("_events", one("$exists", true))); err != nil || left != 0 {
		t.Errorf("%d documents with events left, %v", left, err)
	}
}

func sweepAll(t *testing.T, db *database) {
	t.Helper()
	if err := another(db).sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestRelayCrashes(t *testing.T) {
	everything := []string{"s1 1 0", "s1 1 1", "s1 2 0", "s1 2 1"}
	tests := []struct {
		name  string
		crash func(t *testing.T, r *relay, bags []mailbag) // how far the relay got
	}{
		{"before anything is in the log", func(*testing.T, *relay, []mailbag) {}},
		{"in the middle of a revision", func(t *testing.T, r *relay, bags []mailbag) {
			t.Helper()
			if err := r.append(t.Context(), bags[0].letters[:3]); err != nil {
				t.Fatal(err)
			}
		}},
		{"between the log and the document", func(t *testing.T, r *relay, bags []mailbag) {
			t.Helper()
			if err := r.append(t.Context(), bags[0].letters); err != nil {
				t.Fatal(err)
			}
		}},
		{"after some events were taken from the document", func(t *testing.T, r *relay, bags []mailbag) {
			t.Helper()
			half := bags[0]
			half.letters = half.letters[:2]
			half.last = half.letters[1].id
			if err := r.deliver(t.Context(), []mailbag{half}); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db := silent(t)
			db.write(t, "s1", 1, nil)
			db.write(t, "s1", 2, nil)
			dying := another(db)
			tt.crash(t, dying, pendingBags(t, dying))
			sweepAll(t, db)
			expectLog(t, db, everything...)
			sweepAll(t, db)
			expectLog(t, db, everything...)
		})
	}
}

// A relay that was stopped in its tracks goes on after another has done its work and more was written.
func TestRelayZombie(t *testing.T) {
	db := silent(t)
	db.write(t, "s1", 1, nil)
	zombie := another(db)
	bags := pendingBags(t, zombie)
	sweepAll(t, db)
	db.write(t, "s1", 2, nil)
	sweepAll(t, db)
	db.write(t, "s1", 3, nil)
	if err := zombie.deliver(t.Context(), bags); err != nil {
		t.Fatal(err)
	}
	if bags := pendingBags(t, zombie); len(bags) != 1 || len(bags[0].letters) != 2 {
		t.Fatalf("the zombie took events that are not in the log: %v", bags)
	}
	sweepAll(t, db)
	expectLog(t, db, "s1 1 0", "s1 1 1", "s1 2 0", "s1 2 1", "s1 3 0", "s1 3 1")
}

func TestRelaysAtOnce(t *testing.T) {
	const documents, relays = 40, 6
	db := silent(t)
	for i := range documents {
		db.write(t, fmt.Sprint("s", i), 1, nil)
		db.write(t, fmt.Sprint("s", i), 2, nil)
	}
	var group sync.WaitGroup
	errs := make([]error, relays)
	for i := range relays {
		group.Go(func() { errs[i] = another(db).sweep(t.Context()) })
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	events, err := db.Events(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	last := map[string]int64{}
	for i, event := range events {
		at := event.Rev*2 + int64(event.N)
		if event.Seq != int64(i+1) || last[event.Record] != 0 && at != last[event.Record]+1 || last[event.Record] == 0 && at != 2 {
			t.Errorf("event %d: %s rev %d n %d after %d", event.Seq, event.Record, event.Rev, event.N, last[event.Record])
		}
		last[event.Record] = at
	}
	if len(events) != 4*documents {
		t.Errorf("%d events, want %d", len(events), 4*documents)
	}
}

func TestRemovedDocuments(t *testing.T) {
	remove := func(w *store.Write) { w.Remove = true }
	quietly := func(w *store.Write) { w.Remove, w.Events = true, nil }
	t.Run("a tombstone goes with its events", func(t *testing.T) {
		db := silent(t)
		db.write(t, "s1", 1, nil)
		db.write(t, "s1", 2, remove)
		db.write(t, "s2", 1, nil)
		db.write(t, "s2", 2, quietly)
		db.write(t, "s3", 1, func(w *store.Write) { w.Events = nil })
		db.write(t, "s3", 2, quietly)
		if docs, err := db.Get(t.Context(), "sheet", "s1", "s2", "s3"); err != nil || len(docs) != 0 {
			t.Errorf("removed documents: %d, %v", len(docs), err)
		}
		sweepAll(t, db)
		expectLog(t, db, "s1 1 0", "s1 1 1", "s1 2 0", "s1 2 1", "s2 1 0", "s2 1 1")
		if left, err := db.collection("sheet").CountDocuments(t.Context(), bson.D{}); err != nil || left != 0 {
			t.Errorf("%d documents left, %v", left, err)
		}
	})
	t.Run("an id is used again over its tombstone", func(t *testing.T) {
		db := silent(t)
		db.write(t, "s1", 1, nil)
		db.write(t, "s1", 2, remove)
		slow := another(db)
		bags := pendingBags(t, slow)
		db.write(t, "s1", 1, nil)
		if err := slow.deliver(t.Context(), bags); err != nil {
			t.Fatal(err)
		}
		sweepAll(t, db)
		expectLog(t, db, "s1 1 0", "s1 1 1", "s1 2 0", "s1 2 1", "s1 1 0", "s1 1 1")
		if docs, err := db.Get(t.Context(), "sheet", "s1"); err != nil || len(docs) != 1 || docs[0].Rev != 1 {
			t.Errorf("document made again: %v, %v", docs, err)
		}
	})
	t.Run("a quiet one made over a tombstone keeps the events before", func(t *testing.T) {
		db := silent(t)
		db.write(t, "s1", 1, nil)
		db.write(t, "s1", 2, remove)
		slow := another(db)
		bags := pendingBags(t, slow)
		db.write(t, "s1", 1, func(w *store.Write) { w.Events = nil })
		if err := slow.deliver(t.Context(), bags); err != nil {
			t.Fatal(err)
		}
		sweepAll(t, db)
		expectLog(t, db, "s1 1 0", "s1 1 1", "s1 2 0", "s1 2 1")
	})
}

// A document of another generation is laid out anew by the next Ensure, also if the one before was interrupted.
func TestInterruptedEnsure(t *testing.T) {
	db := silent(t)
	db.write(t, "s1", 1, func(w *store.Write) { w.Doc.Values = map[string]any{"no": "12", "price": "5"} })
	next := store.Collection{Name: "sheet", Fields: []store.Field{
		{Path: "no", Type: def.TypeDecimal, Scale: 1, Index: true}, {Path: "price", Type: def.TypeMoney, Scale: 2, Fixed: true},
	}}
	if _, _, err := db.agree(t.Context(), next); err != nil { // and here it is killed
		t.Fatal(err)
	}
	again, err := openDatabase(t.Context(), db.backend, db.tenant)
	if err != nil {
		t.Fatal(err)
	}
	defer again.abandon()
	if err := again.Ensure(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	raw, err := db.collection("sheet").FindOne(t.Context(), bson.D{e("v.no", one("$gt", 11)), e("v.price", 5)}).Raw()
	if err != nil {
		t.Fatalf("document in the new layout: %v", err)
	}
	if _, err := raw.LookupErr("v", restName); err == nil {
		t.Errorf("values are still undeclared: %v", raw)
	}
	d, err := db.definition(t.Context(), "sheet")
	if err != nil || d.Swept != d.Gen || d.Adopted != d.Version || d.Gen == 0 {
		t.Errorf("definition %+v, %v: must say that it is done", d, err)
	}
}

func TestUnwantedIndexesGo(t *testing.T) {
	db := silent(t)
	with := func(indexes ...[]string) map[string]bool {
		c := store.Collection{Name: "sheet", Fields: []store.Field{{Path: "no", Type: def.TypeText}, {Path: "day", Type: def.TypeDate}}, Indexes: indexes}
		if err := db.Ensure(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		specs, err := db.collection("sheet").Indexes().ListSpecifications(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, spec := range specs {
			names[spec.Name] = true
		}
		return names
	}
	if got := with([]string{"no"}, []string{"-day", "no"}); !got["i:no"] || !got["i:-day,no"] || !got["keys"] || !got["pending"] {
		t.Errorf("indexes %v", got)
	}
	if got := with([]string{"day"}); got["i:no"] || got["i:-day,no"] || !got["i:day"] || !got["keys"] {
		t.Errorf("indexes after a change %v", got)
	}
}
