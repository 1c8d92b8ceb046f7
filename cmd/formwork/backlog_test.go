package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/flow"
	"formwork/engine/query"
	"formwork/engine/store"
)

// R10 runs in a size for every build; the size it is meant for is
//
//	go test -tags no_ui ./cmd/formwork -run Backlog -backlog-open 10000 -backlog-tasks 1000000 -backlog-due 100000 -backlog-bulk 500 -timeout 60m
var (
	backlogOpen  = flag.Int("backlog-open", 500, "tasks that wait for one person")
	backlogTasks = flag.Int("backlog-tasks", 20_000, "tasks of the tenant")
	backlogDue   = flag.Int("backlog-due", 1_000, "deadlines that are due at once")
	backlogBulk  = flag.Int("backlog-bulk", 100, "tasks that are approved in one request, 500 at most")
)

// backlog is the demo company after a long absence of one person. Its sheets are copies of one that was submitted through
// the API, at the same place of the flow: what a run is made of is as the engine made it.
type backlog struct {
	tb      testing.TB
	data    string
	foreman string // for whom the open tasks wait
	manager access.Actor
	pattern store.Doc // the sheet
	task    store.Doc // and its task
}

// newBacklog makes the company and the pattern, and leaves the server stopped.
func newBacklog(tb testing.TB, data string) *backlog {
	tb.Helper()
	s := serveProcess(tb, "formwork", []string{"serve", "--demo", "--data", data})
	c := furnish(s, data, 1)
	unsigned(s.signIn(data, "admin"))
	made := c.clerk.must("POST", sheets, object{"values": c.sheet(0), "submit": true}).text("id")
	manager := c.manager.must("GET", "/session", nil)
	user, _ := manager.object["user"].(object)
	s.stop()
	b := &backlog{tb: tb, data: data}
	b.settle()
	b.manager.ID, _ = user["id"].(string)
	b.manager.Name, _ = user["name"].(string)
	b.inStore(func(ctx context.Context, f *formwork, db store.Store) {
		docs, err := db.Get(ctx, "day_labor_sheet", made)
		if err != nil || len(docs) != 1 {
			tb.Fatalf("sheet %s: %v", made, err)
		}
		b.pattern = docs[0]
		st := b.state()
		open := st.OpenTasks()
		if len(open) != 1 {
			tb.Fatalf("%d open tasks", len(open))
		}
		b.foreman = open[0].User.ID
		if docs, err = db.Get(ctx, def.EntityTask, "day_labor_sheet."+made+"."+open[0].ID); err != nil || len(docs) != 1 {
			tb.Fatalf("task of %s: %v", made, err)
		}
		b.task = docs[0]
	})
	return b
}

// unsigned publishes the flow of sheets without drawn signatures: what has to be signed is not decided in bulk.
func unsigned(admin *browser) {
	admin.server.t.Helper()
	sheet := admin.must("GET", "/definitions/flows/day_labor_sheet", nil).object
	delete(sheet, "scenarios") // they tell of the signatures
	nodes, _ := sheet["nodes"].([]any)
	for _, node := range nodes {
		if node, ok := node.(object); ok {
			delete(node, "sign")
		}
	}
	admin.must("PUT", "/draft/flows/day_labor_sheet", sheet)
	admin.must("POST", "/draft/publish", object{"note": "load"})
}

// settle runs the server until those who follow the log have seen all of it: what the demo set off must not work out the
// deadlines of the copies anew.
func (b *backlog) settle() {
	b.tb.Helper()
	for behind := true; behind; {
		b.inStore(func(ctx context.Context, _ *formwork, db store.Store) {
			cursors, err := db.Find(ctx, query.Query{Collection: event.Cursors, Limit: 100})
			if err != nil {
				b.tb.Fatal(err)
			}
			last := int64(0)
			for events, err := db.Events(ctx, 0, 1000); len(events) > 0 || err != nil; events, err = db.Events(ctx, last, 1000) {
				if err != nil {
					b.tb.Fatal(err)
				}
				last = events[len(events)-1].Seq
			}
			behind = len(cursors.Docs) == 0 || slices.ContainsFunc(cursors.Docs, func(doc store.Doc) bool {
				after, _ := doc.Values["after"].(int64)
				return after < last
			})
		})
		if behind {
			s := serveProcess(b.tb, "formwork", []string{"serve", "--demo", "--data", b.data})
			time.Sleep(time.Second)
			s.stop()
		}
	}
}

func (b *backlog) state() flow.State {
	b.tb.Helper()
	var st flow.State
	if err := json.Unmarshal(b.pattern.Flow, &st); err != nil {
		b.tb.Fatal(err)
	}
	return st
}

// inStore does something with the tenant's store while no server runs.
func (b *backlog) inStore(do func(ctx context.Context, f *formwork, db store.Store)) {
	b.tb.Helper()
	f, err := (&place{data: b.data}).open(b.tb.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		b.tb.Fatal(err)
	}
	defer func() {
		if err := f.close(); err != nil {
			b.tb.Error(err)
		}
	}()
	db, err := f.engine.Tenants.Store(b.tb.Context(), demoTenant)
	if err != nil {
		b.tb.Fatal(err)
	}
	do(b.tb.Context(), f, db)
}

// waiting is who the copies of a kind wait for, and until when.
type waiting struct {
	kind string // begins their ids
	user flow.Person
	due  time.Time // of the first deadline; the second is years away
	// shift keeps the days of the kinds apart.
	shift int
}

func (w waiting) id(i int) string { return fmt.Sprintf("01J%s%019d", w.kind, i) }

// copies gives the writes that make the i-th sheet of a kind and its task, or make it so again.
func (b *backlog) copies(w waiting, i int, old map[string]store.Doc) []store.Write {
	b.tb.Helper()
	st := b.state()
	for k := range st.Tasks {
		if st.Tasks[k].Status == flow.TaskOpen {
			st.Tasks[k].User = w.user
		}
	}
	for node, active := range st.Active {
		for k := range active.Due {
			active.Due[k] = w.due.AddDate(10*k, 0, 0)
		}
		st.Active[node] = active
	}
	st.NextDue = w.due
	raw, err := json.Marshal(st)
	if err != nil {
		b.tb.Fatal(err)
	}
	sheet, task := b.pattern, b.task
	sheet.ID, sheet.Rev, sheet.Keys, sheet.Claim, sheet.Flow, sheet.NextDue = w.id(i), 1, nil, "", raw, &w.due
	sheet.Values = maps.Clone(sheet.Values)
	sheet.Values["no"] = fmt.Sprint("DG-", w.kind, "-", i)
	sheet.Values["work_date"] = time.Now().AddDate(0, 0, -2-2*i-w.shift).Format(time.DateOnly) // a team has one sheet a day
	task.ID = strings.Replace(task.ID, b.pattern.ID, sheet.ID, 1)
	task.Rev, task.Values = 1, maps.Clone(task.Values)
	for field, value := range map[string]any{
		"record": sheet.ID, "user": w.user.ID, "subject": fmt.Sprint("点工单 DG-", w.kind, "-", i), "record_rev": int64(1),
		"arrived_at": stampOf(b.pattern.CreatedAt.Add(-time.Duration(i) * time.Minute)), "due_at": stampOf(w.due),
	} {
		task.Values[field] = value
	}
	writes := []store.Write{{Collection: "day_labor_sheet", Doc: sheet}, {Collection: def.EntityTask, Doc: task}}
	for k := range writes {
		if before, there := old[writes[k].Doc.ID]; there {
			writes[k].IfRev, writes[k].Doc.Rev = before.Rev, before.Rev+1
		}
	}
	return writes
}

func stampOf(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// copied makes n sheets of a kind, or makes them so again.
func (b *backlog) copied(ctx context.Context, db store.Store, w waiting, n int) {
	b.tb.Helper()
	const batch = 400
	for at := 0; at < n; at += batch {
		old := map[string]store.Doc{}
		var records, tasks []string
		for i := at; i < min(at+batch, n); i++ {
			records = append(records, w.id(i))
			tasks = append(tasks, strings.Replace(b.task.ID, b.pattern.ID, w.id(i), 1))
		}
		for collection, ids := range map[string][]string{"day_labor_sheet": records, def.EntityTask: tasks} {
			docs, err := db.Get(ctx, collection, ids...)
			if err != nil {
				b.tb.Fatal(err)
			}
			for _, doc := range docs {
				old[doc.ID] = doc
			}
		}
		var writes []store.Write
		for i := at; i < min(at+batch, n); i++ {
			writes = append(writes, b.copies(w, i, old)...)
		}
		if err := errors.Join(db.Put(ctx, writes...)...); err != nil {
			b.tb.Fatal(err)
		}
	}
}

// others fills the task list up with what many people did and have to do: entries of sheets nobody opens.
func (b *backlog) others(ctx context.Context, db store.Store, from, to int) {
	b.tb.Helper()
	const people, batch = 2000, 1000
	for at := from; at < to; at += batch {
		var writes []store.Write
		for i := at; i < min(at+batch, to); i++ {
			doc := b.task
			doc.ID, doc.Rev, doc.Values = fmt.Sprintf("day_labor_sheet.01JPAST%019d.t2", i), 1, maps.Clone(b.task.Values)
			doc.Values["record"], doc.Values["user"] = fmt.Sprintf("01JPAST%019d", i), fmt.Sprintf("01JPERSON%017d", i%people)
			doc.Values["arrived_at"] = stampOf(b.pattern.CreatedAt.Add(-time.Duration(i) * time.Second))
			if i%10 > 0 {
				doc.Values["tab"], doc.Values["status"], doc.Values["decision"] = flow.TabHandled, "approved", "approved"
				doc.Values["done_at"], doc.Values["unread"] = doc.Values["arrived_at"], false
				delete(doc.Values, "due_at")
			}
			writes = append(writes, store.Write{Collection: def.EntityTask, Doc: doc})
		}
		if err := errors.Join(db.Put(ctx, writes...)...); err != nil {
			b.tb.Fatal(err)
		}
	}
}

// The kinds of copies.
func (b *backlog) open() waiting {
	return waiting{kind: "OPEN", user: flow.Person{ID: b.foreman}, due: time.Now().AddDate(5, 0, 0).UTC().Truncate(time.Millisecond), shift: 0}
}

func (b *backlog) due(at time.Time) waiting {
	return waiting{kind: "DUES", user: flow.Person{ID: b.manager.ID, Name: b.manager.Name}, due: at.UTC().Truncate(time.Millisecond), shift: 1}
}

// TestBacklog is R10: with a long list of tasks and many deadlines that are due at the same moment, people are answered, the
// list is complete and in order, a bulk decision decides each task it names or says why not, and every deadline fires once.
func TestBacklog(t *testing.T) {
	b := newBacklog(t, dataIn(t.TempDir()))
	b.inStore(func(ctx context.Context, _ *formwork, db store.Store) {
		b.copied(ctx, db, b.open(), *backlogOpen)
		b.copied(ctx, db, b.due(time.Now().Add(-time.Hour)), *backlogDue)
		b.others(ctx, db, *backlogOpen+*backlogDue, *backlogTasks)
	})
	s := serveProcess(t, "formwork", []string{"serve", "--demo", "--data", b.data}) // the first round fires all
	foreman := s.signIn(b.data, "foreman")

	listed := foreman.everything("/tasks?tab=open&limit=100", "tasks")
	b.checkList(listed)
	bulk := min(*backlogBulk, flow.MaxBatch, len(listed)/2)
	copies := slices.DeleteFunc(slices.Clone(listed), func(task object) bool { return !strings.Contains(fmt.Sprint(task["id"]), ".01JOPEN") })
	batch := []string{}
	for _, task := range copies[:bulk] {
		batch = append(batch, fmt.Sprint(task["id"]))
	}
	one := batch[:0:0]
	for _, task := range copies[bulk : bulk+bulk/2] {
		one = append(one, fmt.Sprint(task["id"]))
	}
	var people sync.WaitGroup
	var answered answer
	people.Go(func() { // a task of nobody's is left alone, and named
		answered = foreman.must("POST", "/tasks/batch", object{"tasks": append(batch, "day_labor_sheet.nothing.t2"), "verb": "approve"})
	})
	for part := range slices.Chunk(one, max(1, len(one)/4)) {
		people.Go(func() {
			for _, task := range part {
				if a, err := foreman.try("POST", "/tasks/"+task+"/approve", object{}, "yes-"+task); err != nil || a.status != http.StatusOK {
					t.Errorf("approve %s: %d %s %v", task, a.status, a.body, err)
				}
				if a, err := foreman.try("GET", "/tasks?tab=open&limit=20", nil, ""); err != nil || len(a.list("tasks")) != 20 {
					t.Errorf("list: %d %v", a.status, err)
				}
			}
		})
	}
	people.Wait()
	if done, skipped := answered.object["done"], answered.list("skipped"); fmt.Sprint(done) != fmt.Sprint(bulk) || len(skipped) != 1 || skipped[0]["code"] != "not_found" {
		t.Errorf("bulk: %d asked, %v done, skipped %v", bulk+1, done, skipped)
	}
	b.awaitDeadlines(s)
	left := foreman.everything("/tasks?tab=open&limit=100", "tasks")
	if len(left) != len(listed)-bulk-len(one) {
		t.Errorf("%d tasks are left of %d", len(left), len(listed))
	}
	for _, task := range left {
		if id := fmt.Sprint(task["id"]); slices.Contains(batch, id) || slices.Contains(one, id) {
			t.Errorf("%s was approved and is listed", id)
		}
	}
	s.stop()
	b.checkEvents(append(batch, one...))
}

// checkList checks that the list has every open task once, the latest first.
func (b *backlog) checkList(listed []object) {
	b.tb.Helper()
	seen := map[string]bool{}
	last := ""
	for i, task := range listed {
		id, arrived := fmt.Sprint(task["id"]), fmt.Sprint(task["arrivedAt"])
		if seen[id] {
			b.tb.Errorf("%s is listed twice", id)
		}
		if i > 0 && arrived > last {
			b.tb.Errorf("%s of %s comes after one of %s", id, arrived, last)
		}
		seen[id], last = true, arrived
	}
	for i := range *backlogOpen {
		if id := strings.Replace(b.task.ID, b.pattern.ID, b.open().id(i), 1); !seen[id] {
			b.tb.Errorf("%s is not listed", id)
		}
	}
}

// awaitDeadlines waits until no deadline is due any more, as the people see it: their tasks show the next one.
func (b *backlog) awaitDeadlines(s *server) {
	b.tb.Helper()
	manager := s.signIn(b.data, "manager")
	for begin := time.Now(); ; time.Sleep(500 * time.Millisecond) {
		counts := manager.must("GET", "/tasks/counts", nil)
		if fmt.Sprint(counts.object["overdue"]) == "0" {
			return
		}
		if time.Since(begin) > 20*time.Minute {
			b.tb.Fatalf("deadlines do not fire: %s", counts.body)
		}
	}
}

// checkEvents checks the log: each deadline fired once, each approved task was approved once.
func (b *backlog) checkEvents(approved []string) {
	b.tb.Helper()
	fired, decided := map[string]int{}, map[string]int{}
	b.inStore(func(ctx context.Context, _ *formwork, db store.Store) {
		for after := int64(0); ; {
			events, err := db.Events(ctx, after, 1000)
			if err != nil {
				b.tb.Fatal(err)
			}
			for _, e := range events {
				switch e.Type {
				case "timed_out":
					fired[e.Record]++
				case "approved":
					decided[e.Record]++
				}
				after = e.Seq
			}
			if len(events) == 0 {
				return
			}
		}
	})
	for i := range *backlogDue {
		if id := b.due(time.Time{}).id(i); fired[id] != 1 {
			b.tb.Errorf("the deadline of %s fired %d times", id, fired[id])
		}
	}
	if len(fired) != *backlogDue {
		b.tb.Errorf("deadlines of %d records fired, %d were due", len(fired), *backlogDue)
	}
	for _, task := range approved {
		if id := strings.Split(task, ".")[1]; decided[id] != 1 {
			b.tb.Errorf("%s was approved %d times", id, decided[id])
		}
	}
}
