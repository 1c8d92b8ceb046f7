package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"formwork/engine/store"
)

var eventCases = []Case{
	{"events reach the log once, in the order of revisions", eventsOnce},
	{"events are read after a sequence number", eventsAfter},
	{"events are read by their numbers", eventsAt},
	{"a settled document has its events in the log", settled},
	{"a reader of the log misses nothing while others write", nothingMissed},
}

// patience is how long an event may take from its Put to the log; polling ends as soon as it is there.
const patience = 10 * time.Second

// log reads the whole event log, waiting until it holds at least n events.
func (d *database) log(n int) []store.Event {
	d.t.Helper()
	var events []store.Event
	d.eventually(func() bool {
		events = nil
		for {
			var after int64
			if len(events) > 0 {
				after = events[len(events)-1].Seq
			}
			more, err := d.Events(d.t.Context(), after, 100)
			if err != nil {
				d.t.Fatalf("events after %d: %v", after, err)
			}
			if len(more) == 0 {
				return len(events) >= n
			}
			events = append(events, more...)
		}
	})
	return events
}

// eventually polls until done answers true, or fails.
func (d *database) eventually(done func() bool) {
	d.t.Helper()
	if done() {
		return
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range int(patience / (10 * time.Millisecond)) {
		<-tick.C
		if done() {
			return
		}
	}
	d.t.Fatalf("not after %s", patience)
}

func eventsOnce(t T, s *suite) {
	db := s.store()
	doc := newDoc("s1", map[string]any{"no": "1"})
	var want []store.Event
	for rev := int64(0); rev < 5; rev++ {
		doc.Rev = rev
		w := update(doc)
		for n := range int(rev % 3) {
			event := eventOf(w, n, fmt.Sprint("t", n))
			event.At = epoch.Add(time.Duration(rev) * time.Millisecond)
			w.Events = append(w.Events, event)
		}
		want = append(want, w.Events...)
		db.put(w)
		if err := db.refusal(w); !errors.Is(err, store.ErrConflict) {
			t.Fatalf("repeated write: %v, want ErrConflict", err)
		}
	}
	got := db.log(len(want))
	var last int64
	for i := range got {
		if got[i].Seq <= last {
			t.Errorf("sequence %d after %d", got[i].Seq, last)
		}
		last, got[i].Seq = got[i].Seq, 0
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("events\n got %s\nwant %s", asJSON(got), asJSON(want))
	}
}

func eventsAfter(t T, s *suite) {
	db := s.store()
	for i := range 7 {
		w := create(sheet, fmt.Sprint("s", i), nil)
		w.Events = []store.Event{eventOf(w, 0, "created")}
		db.put(w)
	}
	all := db.log(7)
	page, err := db.Events(t.Context(), all[2].Seq, 3)
	if err != nil || !reflect.DeepEqual(page, all[3:6]) {
		t.Errorf("three after the third: %s, %v; want %s", asJSON(page), err, asJSON(all[3:6]))
	}
	page, err = db.Events(t.Context(), all[6].Seq, 3)
	if err != nil || len(page) != 0 {
		t.Errorf("after the last: %s, %v", asJSON(page), err)
	}
}

func eventsAt(t T, s *suite) {
	db := s.store()
	for i := range 5 {
		w := create(sheet, fmt.Sprint("s", i), nil)
		w.Events = []store.Event{eventOf(w, 0, "created")}
		db.put(w)
	}
	all := db.log(5)
	found, err := db.EventsAt(t.Context(), all[3].Seq, all[4].Seq+1000, all[1].Seq)
	if want := []store.Event{all[1], all[3]}; err != nil || !reflect.DeepEqual(found, want) {
		t.Errorf("the second and fourth: %s, %v; want %s", asJSON(found), err, asJSON(want))
	}
	if found, err = db.EventsAt(t.Context()); err != nil || len(found) != 0 {
		t.Errorf("none asked for: %s, %v", asJSON(found), err)
	}
}

// settled writes and asks at once, many times: without Settle a log that fills late is caught out.
func settled(t T, s *suite) {
	db := s.store()
	doc := newDoc("s1", map[string]any{"no": "1"})
	for rev := int64(0); rev < 50; rev++ {
		doc.Rev = rev
		w := update(doc)
		w.Events = []store.Event{eventOf(w, 0, "changed"), eventOf(w, 1, "approved")}
		db.put(w)
		if err := db.Settle(t.Context(), sheet, doc.ID, "nobody"); err != nil {
			t.Fatalf("settle: %v", err)
		}
		events, err := db.Events(t.Context(), 0, 1000)
		if err != nil || int64(len(events)) != 2*(rev+1) {
			t.Fatalf("after %d writes the log has %d events (%v), want 2 each", rev+1, len(events), err)
		}
	}
	if err := db.Settle(t.Context(), "unheard", "s1"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("settle in an unknown collection: %v", err)
	}
}

func nothingMissed(t T, s *suite) {
	const writers, each = 6, 40
	db := s.store()
	var group sync.WaitGroup
	failures := make(chan error, writers)
	for i := range writers {
		group.Go(func() { failures <- chainOfWrites(t, db, fmt.Sprint("s", i), each) })
	}
	seen := map[string]int64{} // last revision seen by record
	total, after := 0, int64(0)
	db.eventually(func() bool {
		events, err := db.Events(t.Context(), after, 7)
		if err != nil {
			t.Fatalf("events: %v", err)
		}
		for _, event := range events {
			if event.Seq <= after || event.Rev != seen[event.Record]+1 {
				t.Fatalf("seq %d after %d: rev %d of %s after %d", event.Seq, after, event.Rev, event.Record, seen[event.Record])
			}
			after, seen[event.Record] = event.Seq, event.Rev
			total++
		}
		return total == writers*each
	})
	group.Wait()
	for range writers {
		if err := <-failures; err != nil {
			t.Errorf("writer: %v", err)
		}
	}
}

// chainOfWrites creates a document and changes it, one event each.
func chainOfWrites(t T, db *database, id string, count int) error {
	doc := newDoc(id, map[string]any{"no": id})
	for rev := range count {
		doc.Rev = int64(rev)
		w := update(doc)
		w.Events = []store.Event{eventOf(w, 0, "changed")}
		if err := errors.Join(db.Put(t.Context(), w)...); err != nil {
			return err
		}
	}
	return nil
}
