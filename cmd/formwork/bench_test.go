package main

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The servers are processes of their own, and every figure comes with the processor time the server took, which other
// work on the machine disturbs less than the clock:
//
//	go test -tags no_ui ./cmd/formwork -run - -bench AgainstBare
//	go test -tags no_ui ./cmd/formwork -run - -bench AgainstBare/create -server-profile /tmp/create.pprof
var (
	serverProfile = flag.String("server-profile", "", "file for the server's CPU profile")
	approvals     = flag.Int("bench-approvals", 150, "approvals per round")
)

const (
	benchClients = 64
	benchRounds  = 5
)

// contest is Formwork and the bare server on copies of the same data.
type contest struct {
	b       *testing.B
	data    string
	company *company
	bare    *server
	nobody  *browser // at the bare server
	made    []string // sheets both have, submitted
	tasks   map[string]string
	passed  int          // the node the sheets are at, or have come to in part, counted from 0
	next    atomic.Int64 // number of the next sheet
	sheet   object       // as Formwork stores one
	signs   []string     // drawn by the foreman, one for each sheet of made
}

// BenchmarkAgainstBare measures what people do most as a share of the bare limit, in alternating rounds. Approvals are
// measured at three nodes of the same sheets: at the first one signs by hand, at the second one just agrees, the third
// one is the last. approve asks for no more than a program needs, which is whether it was done; approve_page asks for the
// next task as well, as the page does.
func BenchmarkAgainstBare(b *testing.B) {
	c := newContest(b)
	b.Run("create", func(b *testing.B) { c.measure(b, 300, c.create(false), c.bareCreate) })
	b.Run("submit", func(b *testing.B) { c.measure(b, 200, c.create(true), c.bareCreate) })
	b.Run("get", func(b *testing.B) { c.measure(b, 1500, c.get, c.bareGet) })
	for _, s := range []struct {
		name           string
		node, from, of int
		query          string
	}{
		{"approve_signed", 0, 0, 2, ""},
		{"approve", 1, 0, 1, ""},
		{"approve_page", 1, benchRounds * *approvals, 1, "?next=true"},
		{"approve_last", 2, 0, 2, ""},
	} {
		b.Run(s.name, func(b *testing.B) {
			c.bring(b, s.node)
			c.measure(b, s.of**approvals, c.approve(s.from, s.query), c.bareApprove(s.from))
		})
	}
}

func newContest(b *testing.B) *contest {
	b.Helper()
	data := dataIn(b.TempDir())
	first := serveProcess(b, "formwork", []string{"serve", "--demo", "--data", data})
	c := &contest{b: b, data: data, company: furnish(first, data, 40)}
	c.company.submitMany(b, 2*benchRounds**approvals, &c.next)
	c.tasks = c.company.openTasks(c.company.foreman)
	for id := range c.tasks {
		c.made = append(c.made, id)
	}
	slices.Sort(c.made)
	signs, err := c.company.foreman.signs(len(c.made)) // they were drawn before the time is taken
	if err != nil {
		b.Fatal(err)
	}
	c.signs = signs
	values, ok := c.company.clerk.must("GET", sheets+"/"+c.made[0], nil).object["values"].(object)
	if !ok {
		b.Fatal("a sheet has no values")
	}
	c.sheet = values
	first.stop()
	copied := filepath.Join(b.TempDir(), "bare")
	if err := os.CopyFS(copied, os.DirFS(data)); err != nil {
		b.Fatal(err)
	}
	c.open(b, profiled()...)
	c.bare = serveProcess(b, "bare", []string{"--data", copied})
	c.nobody = &browser{server: c.bare}
	return c
}

// open starts Formwork on the data and sends everybody there.
func (c *contest) open(b *testing.B, env ...string) {
	b.Helper()
	s := serveProcess(c.b, "formwork", []string{"serve", "--demo", "--data", c.data}, env...)
	c.b.Cleanup(s.stop)
	for _, who := range []*browser{c.company.clerk, c.company.foreman, c.company.labor, c.company.manager} {
		who.server = s
	}
}

// bring lets all sheets come to a node, counted from 0. Where a profile is wanted this is done by a server that is not
// measured; otherwise by the one that is, as it is where people work.
func (c *contest) bring(b *testing.B, node int) {
	b.Helper()
	if c.passed < node {
		if *serverProfile != "" {
			c.company.clerk.server.stop()
			c.open(b)
		}
		for ; c.passed < node; c.passed++ {
			c.tasks = c.company.openTasks(c.approver())
			approve := c.approve(0, "")
			err := fromMany(len(c.made), func(i int) error {
				if c.tasks[c.made[i]] == "" {
					return nil // a series has done it
				}
				return approve(i)
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		if *serverProfile != "" {
			c.company.clerk.server.stop()
			c.open(b, profiled()...)
		}
	}
	c.tasks = c.company.openTasks(c.approver())
}

// approver is who decides where the sheets are.
func (c *contest) approver() *browser {
	return []*browser{c.company.foreman, c.company.labor, c.company.manager}[c.passed]
}

// profiled is the setting of a server that writes the profile asked for.
func profiled() []string {
	if *serverProfile == "" {
		return nil
	}
	return []string{"FORMWORK_CPU_PROFILE=" + *serverProfile}
}

// submitMany submits sheets from many clients.
func (c *company) submitMany(b *testing.B, n int, next *atomic.Int64) {
	b.Helper()
	err := fromMany(n, func(int) error {
		return done(c.clerk.try("POST", sheets, object{"values": c.longSheet(int(next.Add(1)) - 1), "submit": true}, ""))
	})
	if err != nil {
		b.Fatal(err)
	}
}

func (c *contest) create(submit bool) func(int) error {
	return func(int) error {
		n := int(c.next.Add(1)) - 1
		if n >= c.company.room() {
			return errors.New("no team is free on any day")
		}
		return done(c.company.clerk.try("POST", sheets, object{"values": c.company.sheet(n), "submit": submit}, fmt.Sprint("bench-", n)))
	}
}

func (c *contest) bareCreate(int) error { return done(c.nobody.try("POST", "/records", c.sheet, "")) }

func (c *contest) get(i int) error {
	return done(c.company.clerk.try("GET", sheets+"/"+c.made[i%len(c.made)], nil, ""))
}

func (c *contest) bareGet(i int) error {
	return done(c.nobody.try("GET", "/records/"+c.made[i%len(c.made)], nil, ""))
}

// approve approves the sheets from one on.
func (c *contest) approve(from int, query string) func(int) error {
	return func(i int) error {
		body := object{"comment": "同意"}
		if c.passed == 0 {
			body["sign"] = c.signs[from+i]
		}
		return done(c.approver().try("POST", "/tasks/"+c.tasks[c.made[from+i]]+"/approve"+query, body, fmt.Sprint("yes-", from+i)))
	}
}

func (c *contest) bareApprove(from int) func(int) error {
	return func(i int) error {
		return done(c.nobody.try("POST", "/records/"+c.made[from+i]+"/approve", object{"comment": "同意"}, ""))
	}
}

func done(a answer, err error) error {
	if err == nil && a.status >= http.StatusMultipleChoices {
		err = fmt.Errorf("%d %s", a.status, a.body)
	}
	return err
}

// fromMany does n pieces of work from the clients of the benchmarks and gives the first error.
func fromMany(n int, work func(i int) error) error {
	var next atomic.Int64
	var all sync.WaitGroup
	failed := make(chan error, benchClients)
	for range benchClients {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := work(i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(failed)
	return <-failed
}

// side is what one server did in one round.
type side struct {
	rate float64       // per second
	cpu  time.Duration // of the server, for one
}

// measure lets both servers do the same number of things in turn and reports the medians of the rounds.
func (c *contest) measure(b *testing.B, n int, ours, bare func(i int) error) {
	b.Helper()
	if err := forgetPeak(c.company.clerk.server); err != nil {
		b.Log("memory is counted from the start of the server:", err)
	}
	var rates, cpus, oursRate, bareRate, oursCPU, bareCPU []float64
	for round := range benchRounds {
		us, them := c.round(b, c.company.clerk.server, round, n, ours), c.round(b, c.bare, round, n, bare)
		rates, cpus = append(rates, us.rate/them.rate), append(cpus, float64(them.cpu)/float64(us.cpu))
		oursRate, bareRate = append(oursRate, us.rate), append(bareRate, them.rate)
		oursCPU, bareCPU = append(oursCPU, float64(us.cpu.Microseconds())), append(bareCPU, float64(them.cpu.Microseconds()))
	}
	b.ReportMetric(0, "ns/op") // an iteration is a whole series
	b.ReportMetric(median(oursRate), "formwork/s")
	b.ReportMetric(median(bareRate), "bare/s")
	b.ReportMetric(median(rates), "of-bare")
	b.ReportMetric(median(oursCPU), "formwork-cpu-µs")
	b.ReportMetric(median(bareCPU), "bare-cpu-µs")
	b.ReportMetric(median(cpus), "of-bare-cpu")
	b.ReportMetric(float64(peak(c.company.clerk.server))/(1<<20), "peak-MB")
}

func (c *contest) round(b *testing.B, s *server, round, n int, work func(i int) error) side {
	b.Helper()
	before, begin := processorTime(s), time.Now()
	if err := fromMany(n, func(i int) error { return work(round*n + i) }); err != nil {
		b.Fatal(err)
	}
	took := time.Since(begin)
	return side{float64(n) / took.Seconds(), (processorTime(s) - before) / time.Duration(n)}
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

func (s *server) proc(file string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return filepath.Join("/proc", strconv.Itoa(s.cmd.Process.Pid), file)
}

// processorTime is what a server has used so far, 0 where there is no /proc.
func processorTime(s *server) time.Duration {
	raw, err := os.ReadFile(s.proc("stat"))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // Linux counts in hundredths for everybody
}

// peak is the most memory a server had resident, in bytes, since forgetPeak; 0 where there is no /proc.
func peak(s *server) int {
	raw, err := os.ReadFile(s.proc("status"))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(raw), "VmHWM:")
	var kib int
	if _, err := fmt.Sscan(after, &kib); err != nil {
		return 0
	}
	return kib << 10
}

func forgetPeak(s *server) error { return os.WriteFile(s.proc("clear_refs"), []byte("5"), 0o200) }
