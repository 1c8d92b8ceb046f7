package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"formwork/engine/store"
)

// told is a write with an event of its own.
func told(id string) store.Write {
	w := item(id, map[string]any{"name": id})
	w.Events = []store.Event{{Entity: "goods", Record: id, Rev: 1, Type: "created", At: time.UnixMilli(1)}}
	return w
}

// inLog lists the records of the events in the order of the log.
func inLog(t *testing.T, db *database) []string {
	t.Helper()
	events, err := db.Events(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	records := make([]string, len(events))
	for i, e := range events {
		records[i] = e.Record
	}
	return records
}

// occupy has the writer do something that lets others go first until release is called.
func occupy(t *testing.T, db *database, group *sync.WaitGroup) (release func()) {
	t.Helper()
	return hold(store.Behind(context.Background()), t, db, group, false)
}

// Whoever comes while deadlines are being stored is done with the same commit, before those that are still to come.
func TestPeopleComeInBetween(t *testing.T) {
	db := openGoods(t)
	var group sync.WaitGroup
	release := occupy(t, db, &group)
	var deadlines []store.Write
	for i := range 200 {
		deadlines = append(deadlines, told(fmt.Sprintf("deadline%03d", i)))
	}
	group.Go(func() {
		if err := errors.Join(db.Put(store.Behind(t.Context()), deadlines...)...); err != nil {
			t.Error(err)
		}
	})
	for len(db.writer.behind) < 1 {
		time.Sleep(time.Millisecond)
	}
	group.Go(func() { put(t, db, told("person")) })
	for len(db.writer.queue) < 1 {
		time.Sleep(time.Millisecond)
	}
	release()
	group.Wait()
	log := inLog(t, db)
	if len(log) != 201 || log[0] != "person" || !slices.IsSorted(log[1:]) {
		t.Errorf("%d in the log, in the order %v …", len(log), log[:min(3, len(log))])
	}
}

// Who comes while nobody else does waits for no write but his own; when people are never at an end, the others' go on, too.
func TestOneCommitOfPeopleAlone(t *testing.T) {
	db := openGoods(t)
	var group sync.WaitGroup
	release := hold(t.Context(), t, db, &group, false) // somebody's
	group.Go(func() {
		if err := errors.Join(db.Put(store.Behind(t.Context()), told("deadline1"), told("deadline2"), told("deadline3"))...); err != nil {
			t.Error(err)
		}
	})
	for len(db.writer.behind) < 1 {
		time.Sleep(time.Millisecond)
	}
	// Each of them is followed by the next one before his commit.
	var come func(people ...string)
	come = func(people ...string) {
		if len(people) == 0 {
			return
		}
		group.Go(func() {
			err := db.alter(t.Context(), false, func(ctx context.Context, w *writer) error {
				writes := []store.Write{told(people[0])}
				cells := db.prepared(writes, make([]error, 1))
				come(people[1:]...)
				return w.put(ctx, &writes[0], &cells[0])
			})
			if err != nil {
				t.Error(err)
			}
		})
		for len(db.writer.queue) < 1 {
			time.Sleep(time.Millisecond)
		}
	}
	come("next", "third", "fourth")
	release()
	group.Wait()
	want := []string{"next", "deadline1", "third", "fourth", "deadline2", "deadline3"}
	if log := inLog(t, db); !slices.Equal(log, want) {
		t.Errorf("in the log: %v, want %v", log, want)
	}
}

// What lets others go first may take several commits; each of its writes is answered as if it took one.
func TestAnswersOverSeveralCommits(t *testing.T) {
	now := time.UnixMilli(0)
	backend, err := New(Options{Dir: t.TempDir(), Clock: func() time.Time { now = now.Add(spell); return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = backend.Close() })
	opened, err := backend.Open(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	db, _ := opened.(*database)
	if err := db.Ensure(t.Context(), goods); err != nil {
		t.Fatal(err)
	}
	put(t, db, item("a004", nil), item("a009", nil))
	var writes []store.Write
	var want []error
	var log []string
	for i := range 30 {
		lead, follows := told(fmt.Sprintf("a%03d", i)), told(fmt.Sprintf("b%03d", i))
		follows.Follows = true
		writes = append(writes, lead, follows)
		switch i {
		case 4, 9:
			want = append(want, store.ErrConflict, store.ErrLeft)
		case 12:
			writes[len(writes)-1].Doc.Values = map[string]any{"size": "no number"}
			want, log = append(want, nil, store.ErrInvalid), append(log, lead.Doc.ID)
		case 20:
			writes[len(writes)-2].Doc.Rev = 7
			want = append(want, store.ErrInvalid, store.ErrLeft)
		default:
			want, log = append(want, nil, nil), append(log, lead.Doc.ID, follows.Doc.ID)
		}
	}
	for i, err := range db.Put(store.Behind(t.Context()), writes...) {
		if !errors.Is(err, want[i]) {
			t.Errorf("write of %s: %v, want %v", writes[i].Doc.ID, err, want[i])
		}
	}
	if got := inLog(t, db); !slices.Equal(got, log) {
		t.Errorf("in the log: %v, want %v", got, log)
	}
}

// Something that breaks among what lets others go first breaks nothing else, whoever came in between.
func TestBrokenAmongThoseBehind(t *testing.T) {
	db := openGoods(t)
	broken := errors.New("broken")
	var group sync.WaitGroup
	release := occupy(t, db, &group)
	group.Go(func() {
		if err := errors.Join(db.Put(store.Behind(t.Context()), told("one"), told("two"))...); err != nil {
			t.Error(err)
		}
	})
	for len(db.writer.behind) < 1 {
		time.Sleep(time.Millisecond)
	}
	group.Go(func() {
		err := db.alter(store.Behind(t.Context()), false, func(context.Context, *writer) error { return broken })
		if !errors.Is(err, broken) {
			t.Errorf("broken: %v", err)
		}
	})
	for len(db.writer.behind) < 2 {
		time.Sleep(time.Millisecond)
	}
	release()
	group.Wait()
	if log := inLog(t, db); !slices.Equal(log, []string{"one", "two"}) {
		t.Errorf("in the log: %v", log)
	}
}

// When a later commit of a request breaks, what was committed before is still answered as done.
func TestABreakLeavesWhatWasCommitted(t *testing.T) {
	broken := errors.New("broken")
	r := &request{writes: make([]store.Write, 4), checked: []error{nil, store.ErrConflict, nil, nil}, at: 3}
	r.errs = slices.Clone(r.checked)
	later := stint{request: r, from: 2, to: 3}
	later.give(broken)
	if want := []error{nil, store.ErrConflict, broken, broken}; !slices.Equal(r.errs, want) || r.at != len(r.writes) {
		t.Errorf("answers %v, next %d", r.errs, r.at)
	}
}

// What waits behind at the moment of closing is done or refused, never half told.
func TestCloseWhileSomethingWaitsBehind(t *testing.T) {
	backend, err := New(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	opened, err := backend.Open(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	db, _ := opened.(*database)
	if err := db.Ensure(t.Context(), goods); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	release := occupy(t, db, &group)
	group.Go(func() {
		if err := errors.Join(db.Put(store.Behind(context.Background()), told("one"), told("two"))...); err != nil {
			t.Errorf("what was queued before the end: %v", err)
		}
	})
	for len(db.writer.behind) < 1 {
		time.Sleep(time.Millisecond)
	}
	group.Go(func() {
		if err := backend.Close(); err != nil {
			t.Error(err)
		}
	})
	<-db.writer.quit
	release()
	group.Wait()
}
