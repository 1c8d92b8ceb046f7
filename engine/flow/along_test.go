package flow_test

import (
	"context"
	"fmt"
	"testing"
	"time"
	"unicode/utf8"

	"formwork/engine/access"
	"formwork/engine/flow"
	"formwork/engine/record"
	"formwork/engine/store"
)

// watchedStore tells of every call that writes, before it is done.
type watchedStore struct {
	store.Store
	before func(writes []store.Write)
	gets   map[string]int // by collection
}

func (s *watchedStore) Get(ctx context.Context, collection string, ids ...string) ([]store.Doc, error) {
	s.gets[collection]++
	return s.Store.Get(ctx, collection, ids...)
}

func (s *watchedStore) Put(ctx context.Context, writes ...store.Write) []error {
	s.before(writes)
	return s.Store.Put(ctx, writes...)
}

// watch starts the services anew on a store that tells of its calls.
func (w *world) watch(before func(writes []store.Write)) *watchedStore {
	w.Helper()
	watched := &watchedStore{w.store, before, map[string]int{}}
	stores := func(context.Context, string) (store.Store, error) { return watched, nil }
	zone := func(context.Context, string) (*time.Location, error) { return time.FixedZone("CST", 8*3600), nil }
	rights := access.New(access.Config{Catalog: w.Active, Stores: stores, Clock: w.clock, Zone: zone})
	var err error
	w.records, err = record.New(record.Config{
		Catalogs: w, Stores: stores, Access: rights, Clock: w.clock, Zone: zone, Instance: flow.Instance,
		NewID: func() string { return fmt.Sprintf("W%025d", w.ids.Add(1)) },
	})
	if err != nil {
		w.Fatal(err)
	}
	w.flows = flow.New(flow.Config{Catalogs: w, Stores: stores, Records: w.records, Access: rights, Clock: w.clock, Zone: zone})
	return watched
}

// TestADecisionIsOneCallOfTheStore holds that the task lists are written along with the record, not after it, and that the
// process that wrote them last does not read them before.
func TestADecisionIsOneCallOfTheStore(t *testing.T) {
	w := newWorld(t)
	var calls [][]store.Write
	watched := w.watch(func(writes []store.Write) { calls = append(calls, writes) })
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"submit", func() { w.submit("1500") }},
		{"approve", func() { w.decide(li, flow.Act{Verb: flow.Approve}) }},
	} {
		calls = nil
		clear(watched.gets)
		step.do()
		if watched.gets["purchase"] > 1 || watched.gets["task"] > 0 {
			t.Errorf("%s: read by their ids: %v", step.name, watched.gets)
		}
		if len(calls) != 1 || len(calls[0]) < 2 {
			t.Fatalf("%s: %d calls of the store, the first of %d writes", step.name, len(calls), len(calls[0]))
		}
		for i, write := range calls[0] {
			if lists := write.Collection == "task" || write.Collection == "flow_veil"; write.Follows != (i > 0) || lists != (i > 0) {
				t.Errorf("%s: write %d is of %s and follows: %v", step.name, i, write.Collection, write.Follows)
			}
		}
	}
}

// TestAnEntryMarkedAsReadMeanwhileIsListedAgain has somebody open his task at the moment he decides it in another window:
// his entry cannot be written along with the decision then, and is written after it.
func TestAnEntryMarkedAsReadMeanwhileIsListedAgain(t *testing.T) {
	w := newWorld(t)
	w.submit("1500")
	task := w.task(li)
	reading := true
	w.watch(func(writes []store.Write) {
		if !reading || writes[0].Collection != "purchase" {
			return
		}
		reading = false
		if err := w.flows.Read(w.ctx, li, task); err != nil {
			t.Fatal(err)
		}
	})
	if d := w.decide(li, flow.Act{Verb: flow.Approve}); d.Status != flow.Running {
		t.Fatalf("status %s", d.Status)
	}
	if open := w.tab(li, flow.TabOpen); reading || len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
	if handled := w.tab(li, flow.TabHandled); len(handled) != 1 || handled[0].ID != task {
		t.Errorf("handled: %+v", handled)
	}
	if next := w.tab(qian, flow.TabOpen); len(next) != 1 {
		t.Errorf("the next one has %d tasks", len(next))
	}
}

// TestAnEntryAnotherProcessMarkedAsReadIsListedAgain has the process that wrote the entries last decide without reading them,
// while another one has changed one of them.
func TestAnEntryAnotherProcessMarkedAsReadIsListedAgain(t *testing.T) {
	w := newWorld(t)
	here := w.flows
	w.submit("1500")
	task := w.task(li)
	w.watch(func([]store.Write) {})
	if err := w.flows.Read(w.ctx, li, task); err != nil {
		t.Fatal(err)
	}
	w.flows = here
	w.decide(li, flow.Act{Verb: flow.Transfer, To: qian.ID})
	if open := w.tab(li, flow.TabOpen); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
	if handled := w.tab(li, flow.TabHandled); len(handled) != 1 || handled[0].ID != task || handled[0].Unread {
		t.Errorf("handled: %+v", handled)
	}
	if next := w.tab(qian, flow.TabOpen); len(next) != 1 || !next[0].Unread {
		t.Errorf("to whom it was transferred: %+v", next)
	}
}

// TestInstanceIsReadFromTheHeadOfARun holds what record.Service is told of a stored run, in whatever order it stands.
func TestInstanceIsReadFromTheHeadOfARun(t *testing.T) {
	tests := []struct {
		raw  string
		want record.Instance
		bad  bool
	}{
		{``, record.Instance{}, false},
		{`null`, record.Instance{}, false},
		{`{"v":1,"name":"f","catalog":"c1","rev":2,"status":"running","initiator":{"id":"u1","name":"Li"},"tasks":[{}]}`, record.Instance{Catalog: "c1", Initiator: "u1"}, false},
		{`{"tasks":[{"status":"open"}],"initiator":{"id":"u1"},"status":"running","catalog":"c1"}`, record.Instance{Catalog: "c1", Initiator: "u1"}, false},
		{`{"catalog":"c1","status":"approved","initiator":{"id":"u1"}}`, record.Instance{Initiator: "u1"}, false},
		{`{"catalog":"c1","status":"running"}`, record.Instance{Catalog: "c1"}, false},
		{` { "tasks" : [ {"status":"},\"]"} , {} ] , "v":1, "acted":true, "initiator" : { "id":"u1" } , "rev" : -2,
			"catalog":"c\u0031" , "status" : "running" } `, record.Instance{Catalog: "c1", Initiator: "u1"}, false},
		{`{}`, record.Instance{}, false},
		{`[]`, record.Instance{}, true},
		{`{"catalog"}`, record.Instance{}, true},
		{`{"catalog":}`, record.Instance{}, true},
		{`{"name":"f" "catalog":"c1"}`, record.Instance{}, true},
		{`{"name":"f\\`, record.Instance{}, true},
		{`{"tasks":[{`, record.Instance{}, true},
		{`{"catalog":5}`, record.Instance{}, true},
		{`{"catalog":"c1"`, record.Instance{}, true},
	}
	for _, tt := range tests {
		got, err := flow.Instance([]byte(tt.raw))
		if (err != nil) != tt.bad || !tt.bad && got != tt.want {
			t.Errorf("%s: %+v, %v; want %+v", tt.raw, got, err, tt.want)
		}
	}
}

// FuzzInstance holds that the head of a run is read whatever its texts hold, and that nothing that is no run stops the process.
func FuzzInstance(f *testing.F) {
	f.Add([]byte(`{"catalog":"c1","status":"running","initiator":{"id":"u1"}}`), "a\"b\\", "{[,:]}")
	f.Add([]byte(`{"a":"\`), "长", "<&>\n")
	f.Fuzz(func(t *testing.T, raw []byte, name, id string) {
		_, _ = flow.Instance(raw) // whether it is one does not matter
		if !utf8.ValidString(name) || !utf8.ValidString(id) {
			return
		}
		stored, err := flow.State{Name: name, Catalog: name, Status: flow.Running, Initiator: flow.Person{ID: id, Name: name}, Last: name}.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := flow.Instance(stored); err != nil || got != (record.Instance{Catalog: name, Initiator: id}) {
			t.Errorf("%s: %+v, %v", stored, got, err)
		}
	})
}
