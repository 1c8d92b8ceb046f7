package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/flow"
	"formwork/engine/store"
)

// The backlog of the benchmarks is made once per run, or kept between runs, which use some of its open tasks up:
//
//	go test -tags no_ui ./cmd/formwork -run - -bench TaskList -backlog /tmp/backlog
var backlogDir = flag.String("backlog", "", "folder that keeps the data of the benchmarks with a backlog")

const benchOpen = 10_000

var (
	benchTasks = flag.Int("bench-tasks", 1_000_000, "tasks of the company of the benchmarks, when its backlog is made")
	benchDue   = flag.Int("bench-due", 100_000, "deadlines of the benchmark that are due at once")
	benchMake  = flag.Duration("bench-make", 1500*time.Microsecond, "how long it may take to make one of them")
	benchWait  = flag.Duration("bench-wait", 4*time.Minute, "when the benchmark of deadlines gives up those that have not fired")
)

// keptBacklog gives the backlog of the benchmarks, with as many tasks as they say.
func keptBacklog(b *testing.B) *backlog {
	b.Helper()
	data := *backlogDir
	if data == "" {
		data = dataIn(b.TempDir())
	}
	notes := filepath.Join(data, "backlog.json")
	kept := &struct{ Pattern, Task, Foreman, Manager string }{}
	if raw, err := os.ReadFile(notes); err == nil {
		if err := json.Unmarshal(raw, kept); err != nil {
			b.Fatal(err)
		}
		made := &backlog{tb: b, data: data, foreman: kept.Foreman, manager: access.Actor{ID: kept.Manager}}
		made.inStore(func(ctx context.Context, _ *formwork, db store.Store) {
			for collection, into := range map[string]*store.Doc{"day_labor_sheet": &made.pattern, def.EntityTask: &made.task} {
				docs, err := db.Get(ctx, collection, map[string]string{"day_labor_sheet": kept.Pattern, def.EntityTask: kept.Task}[collection])
				if err != nil || len(docs) != 1 {
					b.Fatalf("pattern in %s: %v", collection, err)
				}
				*into = docs[0]
			}
		})
		return made
	}
	made := newBacklog(b, data)
	begin := time.Now()
	pattern := waiting{kind: "KEPT", user: flow.Person{ID: "01JNOBODY00000000000000000"}, due: made.open().due, shift: 1 << 18}
	made.inStore(func(ctx context.Context, _ *formwork, db store.Store) {
		made.copied(ctx, db, pattern, 1) // nobody decides it
		made.copied(ctx, db, made.open(), benchOpen)
		made.others(ctx, db, benchOpen, *benchTasks)
	})
	b.Logf("%d tasks made in %s", *benchTasks, time.Since(begin).Round(time.Second))
	kept.Pattern, kept.Task = pattern.id(0), strings.Replace(made.task.ID, made.pattern.ID, pattern.id(0), 1)
	kept.Foreman, kept.Manager = made.foreman, made.manager.ID
	raw, err := json.Marshal(kept)
	if err == nil {
		err = os.WriteFile(notes, raw, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	return made
}

// BenchmarkTaskList is what somebody waits for who comes back to 10,000 open tasks in a company of a million: the first
// page, the numbers beside the tabs, one approval, and 500 at once.
func BenchmarkTaskList(b *testing.B) {
	made := keptBacklog(b)
	s := serveProcess(b, "formwork", []string{"serve", "--demo", "--data", made.data}, profiled()...)
	b.Cleanup(s.stop)
	foreman := s.signIn(made.data, "foreman")
	measure := func(b *testing.B, n int, do func(i int)) {
		b.Helper()
		do(0) // what a process does once
		times := make([]time.Duration, 0, n)
		before := processorTime(s)
		for i := range n {
			begin := time.Now()
			do(i + 1)
			times = append(times, time.Since(begin))
		}
		b.ReportMetric(0, "ns/op") // an iteration is a whole series
		b.ReportMetric(milliseconds((processorTime(s)-before)/time.Duration(n)), "cpu-ms")
		reportTimes(b, "", times)
	}
	b.Run("page", func(b *testing.B) {
		measure(b, 200, func(int) {
			if n := len(foreman.must("GET", "/tasks?tab=open&limit=20", nil).list("tasks")); n != 20 {
				b.Fatalf("%d tasks on the page", n)
			}
		})
	})
	b.Run("counts", func(b *testing.B) {
		measure(b, 200, func(int) {
			if n := fmt.Sprint(foreman.must("GET", "/tasks/counts", nil).object["open"]); n != "1000" {
				b.Fatalf("%s open tasks", n)
			}
		})
	})
	b.Run("approve", func(b *testing.B) {
		tasks := firstTasks(foreman, 101)
		measure(b, 100, func(i int) {
			foreman.must("POST", "/tasks/"+tasks[i]+"/approve", object{})
		})
	})
	b.Run("bulk", func(b *testing.B) {
		tasks := firstTasks(foreman, flow.MaxBatch)
		begin, before := time.Now(), processorTime(s)
		if done := foreman.must("POST", "/tasks/batch", object{"tasks": tasks, "verb": "approve"}); fmt.Sprint(done.object["done"]) != fmt.Sprint(len(tasks)) {
			b.Fatalf("%s", done.body)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(len(tasks))/time.Since(begin).Seconds(), "approvals/s")
		b.ReportMetric(milliseconds((processorTime(s)-before)/time.Duration(len(tasks))), "cpu-ms")
	})
}

// firstTasks gives the ids of the first tasks of somebody's list.
func firstTasks(who *browser, n int) []string {
	var ids []string
	for after := ""; len(ids) < n; {
		page := who.must("GET", "/tasks?tab=open&limit=100&after="+after, nil)
		for _, task := range page.list("tasks") {
			// Those of the demo itself are of a flow that asks for a drawn signature.
			if id := fmt.Sprint(task["id"]); strings.Contains(id, ".01JOPEN") {
				ids = append(ids, id)
			}
		}
		if after = page.text("next"); after == "" {
			who.server.t.Fatalf("%d open tasks, %d wanted", len(ids), n)
		}
	}
	return ids[:n]
}

func reportTimes(b *testing.B, of string, times []time.Duration) {
	b.Helper()
	slices.Sort(times)
	for _, at := range []int{50, 95, 99} {
		b.ReportMetric(milliseconds(times[len(times)*at/100]), fmt.Sprintf("%sp%d-ms", of, at))
	}
}

// BenchmarkDueTimers lets deadlines become due at one moment in a server where people approve and read at a steady pace,
// before and meanwhile. It ends when all have fired, or after -bench-wait: then it reports how far it came.
func BenchmarkDueTimers(b *testing.B) {
	made := keptBacklog(b)
	begin := time.Now()
	moment := begin.Add(40*time.Second + time.Duration(*benchDue)**benchMake).Truncate(time.Second)
	var last int64
	made.inStore(func(ctx context.Context, _ *formwork, db store.Store) {
		made.copied(ctx, db, made.due(moment), *benchDue)
		var err error
		if last, err = event.End(ctx, db); err != nil {
			b.Fatal(err)
		}
	})
	b.Logf("%d deadlines made in %s", *benchDue, time.Since(begin).Round(time.Second))
	s := serveProcess(b, "formwork", []string{"serve", "--demo", "--data", made.data}, profiled()...)
	manager, foreman := s.signIn(made.data, "manager"), s.signIn(made.data, "foreman")
	p := &pace{b: b, who: foreman, tasks: firstTasks(foreman, benchOpen/4)}
	const quiet, warm = 20 * time.Second, 3 * time.Second
	if time.Until(moment) < quiet+warm {
		b.Fatalf("making them took %s: guess more with -bench-make", time.Since(begin).Round(time.Second))
	}
	p.during(func() { time.Sleep(warm) })
	before, paced := processorTime(s), p.next.Load()
	quietly := p.during(func() { time.Sleep(time.Until(moment.Add(-time.Second))) })
	perCommand := (processorTime(s) - before) / time.Duration(p.next.Load()-paced)
	before, paced = processorTime(s), p.next.Load()
	meanwhile := p.during(func() {
		time.Sleep(time.Until(moment.Add(time.Second)))
		for anyOverdue(manager) && time.Since(moment) < *benchWait {
			time.Sleep(500 * time.Millisecond)
		}
		time.Sleep(2 * time.Second) // the followers of the log
	})
	spent := processorTime(s) - before - perCommand*time.Duration(p.next.Load()-paced)
	s.stop()
	times := made.firings(last)
	if len(times) < 2 {
		b.Fatalf("%d deadlines fired", len(times))
	}
	from, to := times[0], times[len(times)-1]
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(len(times)), "fired")
	b.ReportMetric(float64(len(times))/to.Sub(from).Seconds(), "timers/s")
	b.ReportMetric(milliseconds(spent)/float64(len(times)), "cpu-ms/timer") // without what the people's commands take
	for _, verb := range []string{"approve", "page"} {
		without, with := waits(quietly, verb, time.Time{}, from), waits(meanwhile, verb, from, to)
		if len(without) == 0 || len(with) == 0 {
			b.Fatalf("%s: %d times without, %d with deadlines", verb, len(without), len(with))
		}
		reportTimes(b, verb+"-", without)
		reportTimes(b, verb+"-meanwhile-", with)
		b.ReportMetric(float64(with[len(with)*95/100])/float64(without[len(without)*95/100]), verb+"-p95-ratio")
	}
}

// anyOverdue tells whether a task of somebody is past its deadline. It asks for the oldest one only: to count the tabs of somebody
// with 100,000 tasks would be a load of its own.
func anyOverdue(who *browser) bool {
	return len(who.must("GET", "/tasks?tab=open&overdue=true&sort=due_at&limit=1", nil).list("tasks")) > 0
}

// firings tells when the deadlines of the copies fired, from the log after an event.
func (b *backlog) firings(after int64) []time.Time {
	b.tb.Helper()
	var times []time.Time
	b.inStore(func(ctx context.Context, _ *formwork, db store.Store) {
		for {
			events, err := db.Events(ctx, after, 1000)
			if err != nil {
				b.tb.Fatal(err)
			}
			for _, e := range events {
				if after = e.Seq; e.Type == "timed_out" && strings.HasPrefix(e.Record, "01JDUES") {
					times = append(times, e.At)
				}
			}
			if len(events) == 0 {
				return
			}
		}
	})
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// pace is people at work, each command at its time whether the one before was answered or not.
type pace struct {
	b     *testing.B
	who   *browser
	tasks []string
	next  atomic.Int64
}

// between is the time between two commands; every second one approves.
const between = 50 * time.Millisecond

// wait is how long somebody waited for an answer.
type wait struct {
	verb  string
	began time.Time
	took  time.Duration
}

// waits are those for one kind of answer that was asked for in a period.
func waits(all []wait, verb string, from, to time.Time) []time.Duration {
	var times []time.Duration
	for _, w := range all {
		if w.verb == verb && !w.began.Before(from) && w.began.Before(to) {
			times = append(times, w.took)
		}
	}
	return times
}

// during lets people work while something happens, and gives how long they waited.
func (p *pace) during(what func()) []wait {
	p.b.Helper()
	over := make(chan struct{})
	go func() { what(); close(over) }()
	var mu sync.Mutex
	var times []wait
	var all sync.WaitGroup
	ticker := time.NewTicker(between)
	defer ticker.Stop()
	for {
		select {
		case <-over:
			all.Wait()
			return times
		case <-ticker.C:
		}
		all.Go(func() {
			n := int(p.next.Add(1)) - 1
			task := p.tasks[n/2%len(p.tasks)]
			verb, method, path := "approve", "POST", "/tasks/"+task+"/approve"
			if n%2 == 1 {
				verb, method, path = "page", "GET", "/tasks?tab=open&limit=20"
			}
			begin := time.Now()
			a, err := p.who.try(method, path, object{}, "")
			took := time.Since(begin)
			if err != nil || a.status != http.StatusOK {
				p.b.Errorf("%s: %d %s %v", path, a.status, a.body, err)
			}
			mu.Lock()
			defer mu.Unlock()
			times = append(times, wait{verb, begin, took})
		})
	}
}
