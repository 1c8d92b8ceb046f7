package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"formwork/engine/flow"
)

// R01 runs in a size for every build; the size it is meant for is
//
//	go test -tags no_ui ./cmd/formwork -run Kill -crash-sheets 10000 -crash-clients 1000 -crash-kills 20 -timeout 30m
var (
	crashSheets  = flag.Int("crash-sheets", 100, "sheets that are submitted while the server is killed, then approved by two people")
	crashClients = flag.Int("crash-clients", 24, "clients at once")
	crashKills   = flag.Int("crash-kills", 4, "kills while they are submitted; half as many while each of the two approves")
	crashSeed    = flag.Uint64("crash-seed", 1, "seed of the moments of the kills")
)

// atOnce does n pieces of work with the clients of the test.
func atOnce(n int, work func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(*crashClients, n) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	all.Wait()
}

// killing kills the server at random moments while something is done with every sheet, and starts it again on the same
// data. done counts. It returns when the server answers after the last kill.
func killing(t *testing.T, s *server, who *browser, kills int, done *atomic.Int64) {
	t.Helper()
	n := *crashSheets
	random := rand.New(rand.NewPCG(*crashSeed, uint64(kills)))
	moments := make([]int, kills)
	for i := range moments {
		moments[i] = random.IntN(n * 9 / 10)
	}
	slices.Sort(moments)
	for _, moment := range moments {
		for done.Load() < int64(moment) {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(random.IntN(50)) * time.Millisecond)
		s.kill()
		begin := time.Now()
		s.start()
		if a, err := who.insist("GET", "/session", nil, ""); err != nil || a.status != http.StatusOK {
			t.Errorf("after the kill: %d %v", a.status, err)
		}
		took := time.Since(begin)
		t.Logf("killed after %d of %d, answering again after %s", done.Load(), n, took.Round(time.Millisecond))
		if took > restartLimit {
			t.Errorf("the restart took %s, want at most %s", took, restartLimit)
		}
	}
}

const restartLimit = time.Minute

// TestKillWhilePeopleWork is R01 and R18: the server is killed again and again while many people submit and approve. What
// it acknowledged is there afterwards, once; what it refused is not; every run is whole and the event log unbroken.
func TestKillWhilePeopleWork(t *testing.T) {
	onPlaces(t, killWhilePeopleWork)
}

// onPlaces runs a test of a whole program on a data folder of its own, and once more with MongoDB if MONGODB_URI is set.
func onPlaces(t *testing.T, test func(*testing.T, *place)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, &place{data: dataIn(t.TempDir())}) })
	t.Run("mongodb", func(t *testing.T) {
		uri := os.Getenv("MONGODB_URI")
		if uri == "" {
			t.Skip("MONGODB_URI is not set")
		}
		at := &place{data: dataIn(t.TempDir()), store: scratch(uri)}
		t.Cleanup(func() { dropAll(t, at) })
		test(t, at)
	})
}

// scratch names databases of this test's own: the path of the URI is their prefix.
func scratch(uri string) string {
	address, options, found := strings.Cut(uri, "?")
	if found {
		options = "?" + options
	}
	return strings.TrimSuffix(address, "/") + "/" + strings.ToLower("t"+ulid.Make().String()) + options
}

func dropAll(t *testing.T, at *place) {
	t.Helper()
	backend, err := at.backend(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{demoTenant, "_system"} {
		db, err := backend.Open(context.Background(), name)
		if err == nil {
			err = db.Drop(context.Background())
		}
		if err != nil {
			t.Errorf("drop %s: %v", name, err)
		}
	}
	if err := backend.Close(); err != nil {
		t.Error(err)
	}
}

func (p *place) arguments() []string { return []string{"--data", p.data, "--store", p.store} }

func killWhilePeopleWork(t *testing.T, at *place) {
	t.Helper()
	s := serveProcess(t, "formwork", append([]string{"serve", "--demo"}, at.arguments()...))
	c := furnish(s, at.data, 8)
	c.teams = append(c.teams, team{id: c.teams[0].id, workers: c.teams[0].workers}) // its sheets are always refused
	last := len(c.teams) - 1
	refusing := c.teams[last]
	c.teams = c.teams[:last]
	if *crashSheets > c.room() {
		t.Fatalf("there is room for %d sheets", c.room())
	}
	submitted := submitAll(t, s, c, refusing)
	if t.Failed() {
		return
	}
	checkSubmitted(t, c, submitted)
	approveAll(t, s, c, c.foreman, submitted)
	approveAll(t, s, c, c.manager, submitted)
	checkApproved(t, c, submitted)
	s.kill()
	if out := run(t, append([]string{"doctor"}, at.arguments()...)...); !strings.Contains(out, "all is well") {
		t.Errorf("doctor: %s", out)
	}
	checkRuns(t, at, c.demo, len(submitted))
}

// submitAll submits every sheet under a key of its own while the server is killed, and for each a request that has to be
// refused. It gives the sheets by the id that was acknowledged.
func submitAll(t *testing.T, s *server, c *company, refusing team) map[string]object {
	t.Helper()
	var mu sync.Mutex
	var done atomic.Int64
	submitted := map[string]object{}
	killed := make(chan struct{})
	go func() { defer close(killed); killing(t, s, c.clerk, *crashKills, &done) }()
	atOnce(*crashSheets, func(i int) {
		defer done.Add(1)
		values := c.sheet(i)
		a, err := c.clerk.insist("POST", sheets, object{"values": values, "submit": true}, fmt.Sprint("sheet-", i))
		if err != nil || a.status >= 300 {
			t.Errorf("sheet %d: %d %s %v", i, a.status, a.body, err)
			return
		}
		mu.Lock()
		submitted[a.text("id")] = values
		mu.Unlock()
		wrong := c.sheet(i)
		wrong["team"], wrong["work_content"] = refusing.id, phantom
		wrong["lines"] = []object{{"worker": refusing.workers[0], "normal_hours": "0.3", "ot_hours": "0"}}
		a, err = c.clerk.insist("POST", sheets, object{"values": wrong, "submit": true}, fmt.Sprint("phantom-", i))
		if err != nil || a.status != http.StatusUnprocessableEntity {
			t.Errorf("a sheet with 0.3 hours: %d %s %v", a.status, a.body, err)
		}
	})
	<-killed
	if len(submitted) != *crashSheets {
		t.Errorf("%d different ids for %d sheets", len(submitted), *crashSheets)
	}
	return submitted
}

// phantom marks sheets that have to be refused.
const phantom = "不应存在"

// checkSubmitted holds what is stored to what was acknowledged.
func checkSubmitted(t *testing.T, c *company, submitted map[string]object) {
	t.Helper()
	stored := c.everyID()
	if want := slices.Sorted(maps.Keys(submitted)); !slices.Equal(stored, want) {
		t.Errorf("%d sheets are stored, %d were acknowledged; lost %v, not acknowledged %v", len(stored), len(want),
			missing(want, stored), missing(stored, want))
	}
	atOnce(len(stored), func(i int) {
		a, err := c.clerk.try("GET", sheets+"/"+stored[i], nil, "")
		if err != nil || a.status != http.StatusOK || a.text("state") != string(flow.Running) {
			t.Errorf("sheet %s: %d %s %v", stored[i], a.status, a.body, err)
			return
		}
		values, _ := a.object["values"].(object)
		if !contains(values, submitted[stored[i]]) {
			t.Errorf("sheet %s is stored as %v, was acknowledged with %v", stored[i], values, submitted[stored[i]])
		}
	})
	open := c.awaitTasks(c.foreman, len(submitted))
	if len(open) != len(submitted) {
		t.Errorf("the foreman has %d open tasks, want %d", len(open), len(submitted))
	}
	for id := range submitted {
		if open[id] == "" {
			t.Errorf("sheet %s runs and asks nobody", id)
		}
	}
}

// everyID lists the ids of all sheets in order, without those of the demo.
func (c *company) everyID() []string {
	var ids []string
	for _, rec := range c.clerk.everything(sheets+"?limit=1000", "records") {
		id, _ := rec["id"].(string)
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return missing(ids, c.demo)
}

// openTasks gives somebody's open task of each sheet that is no demo, one of them if there are more.
func (c *company) openTasks(who *browser) map[string]string {
	tasks := map[string]string{}
	for _, task := range who.everything("/tasks?tab=open&limit=100", "tasks") {
		rec, _ := task["record"].(string)
		if task["entity"] == "day_labor_sheet" && !slices.Contains(c.demo, rec) {
			tasks[rec], _ = task["id"].(string)
		}
	}
	return tasks
}

// awaitTasks waits until somebody has so many open tasks, and gives those he has in the end: what a server was killed
// over before it had written the tasks, the follower of the log makes up for a moment later.
func (c *company) awaitTasks(who *browser, want int) map[string]string {
	tasks := c.openTasks(who)
	for end := time.Now().Add(3 * time.Minute); len(tasks) != want && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond)
		tasks = c.openTasks(who)
	}
	return tasks
}

func missing(want, have []string) []string {
	return slices.DeleteFunc(slices.Clone(want), func(id string) bool { return slices.Contains(have, id) })
}

// contains tells whether stored values hold everything that was sent; they also hold what was computed. Decimals are
// compared as they are written: sheets for load write them as the server does.
func contains(stored, sent any) bool {
	switch sent := sent.(type) {
	case object:
		have, _ := stored.(object)
		for name, value := range sent {
			if !contains(have[name], value) {
				return false
			}
		}
		return have != nil
	case []object:
		have, _ := stored.([]any)
		for i, value := range sent {
			if i >= len(have) || !contains(have[i], value) {
				return false
			}
		}
		return len(have) == len(sent)
	default:
		return stored == sent
	}
}

// approveAll lets somebody approve every sheet under a key of its own while the server is killed.
func approveAll(t *testing.T, s *server, c *company, who *browser, submitted map[string]object) {
	t.Helper()
	ids := slices.Sorted(maps.Keys(submitted))
	tasks := c.awaitTasks(who, len(ids))
	signs := make([]string, len(ids))
	if who == c.foreman { // he signs by hand
		var err error
		if signs, err = who.signs(len(ids)); err != nil {
			t.Fatal(err)
		}
	}
	var done atomic.Int64
	killed := make(chan struct{})
	go func() { defer close(killed); killing(t, s, who, *crashKills/2, &done) }()
	atOnce(len(ids), func(i int) {
		defer done.Add(1)
		body := object{"comment": "同意"}
		if signs[i] != "" {
			body["sign"] = signs[i]
		}
		a, err := who.insist("POST", "/tasks/"+tasks[ids[i]]+"/approve", body, "approve-"+tasks[ids[i]])
		if err != nil || a.status != http.StatusOK {
			t.Errorf("approve %s: %d %s %v", ids[i], a.status, a.body, err)
			return
		}
		// What was acknowledged stays, whatever kills the server from here on.
		a, err = who.insist("GET", "/tasks/"+tasks[ids[i]], nil, "")
		task, _ := a.object["task"].(object)
		if err != nil || task["decision"] != "approved" {
			t.Errorf("approved %s, then read %d %s %v", ids[i], a.status, a.body, err)
		}
	})
	<-killed
}

// checkApproved holds every sheet to one approval of each of the two.
func checkApproved(t *testing.T, c *company, submitted map[string]object) {
	t.Helper()
	ids := slices.Sorted(maps.Keys(submitted))
	if stored := c.everyID(); !slices.Equal(stored, ids) {
		t.Errorf("%d sheets after the approvals, want %d", len(stored), len(ids))
	}
	atOnce(len(ids), func(i int) {
		a, err := c.manager.try("GET", sheets+"/"+ids[i]+"/timeline", nil, "")
		if err != nil || a.status != http.StatusOK {
			t.Errorf("timeline of %s: %d %v", ids[i], a.status, err)
			return
		}
		happened := map[string]int{}
		for _, entry := range a.list("entries") {
			kind, _ := entry["type"].(string)
			happened[kind]++
		}
		if happened["started"] != 1 || happened["approved"] != 2 {
			t.Errorf("sheet %s: %v, want one start and two approvals", ids[i], happened)
		}
	})
	for _, who := range []*browser{c.foreman, c.manager} {
		if open := c.awaitTasks(who, 0); len(open) > 0 {
			t.Errorf("%d tasks are still open: %v", len(open), open)
		}
	}
}

// checkRuns reads the stored documents themselves: every sheet was approved by a run that is whole.
func checkRuns(t *testing.T, at *place, demo []string, want int) {
	t.Helper()
	count := 0
	for id, status := range verifyAll(t, at, "day_labor_sheet") {
		if slices.Contains(demo, id) {
			continue
		}
		if status != flow.Approved {
			t.Errorf("run of %s is %s", id, status)
		}
		count++
	}
	if count != want {
		t.Errorf("%d runs, want %d", count, want)
	}
}
