package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// R04 and R05 run in a size for every build; the size they are meant for is
//
//	go test -tags no_ui ./cmd/formwork -run Linearizable -linear-runs 10000 -linear-at-once 20 -linear-faults 40 -timeout 60m
var (
	linearRuns   = flag.Int("linear-runs", 80, "runs that people decide at the same time while the server is killed and held")
	linearAtOnce = flag.Int("linear-at-once", 5, "runs at once; each has some 14 clients")
	linearFaults = flag.Int("linear-faults", 4, "faults on the way: the server is held, then killed, in turns")
	linearSeed   = flag.Uint64("linear-seed", 1, "seed of what people do and when the faults come")
)

// approversOf a run are three; each may pass his task to a person of his own, and ask one more.
const approversOf = 3

// who of a run: its approvers, to whom each may pass his task, and whom each may add.
var casting = []string{"p1", "p2", "p3", "r1", "r2", "r3", "s1", "s2", "s3"}

// wish is what somebody of a run wants; person counts in casting.
type wish struct {
	run    int
	verb   string // approve, reject, transfer, addsign, withdraw, read
	person int
}

// outcome of a wish. Unknown: nobody answered, it was done or not.
type outcome struct {
	unknown, done bool
	status        string // of a read
}

const (
	noTask = iota
	open
	approved
	passedOn
)

// trial is a run as the model knows it. It can be compared.
type trial struct {
	status string
	acted  bool
	tasks  [9]int // by person
}

// after is the run after a wish; false if it must be refused.
func (r trial) after(in wish, one bool) (trial, bool) {
	mine := &r.tasks[in.person]
	switch {
	case r.status != "running":
		return r, false
	case in.verb == "withdraw":
		if r.acted {
			return r, false
		}
		r.status = "draft"
		return r, true
	case *mine != open:
		return r, false
	}
	switch in.verb {
	case "reject":
		r.status = "rejected"
	case "transfer":
		*mine, r.tasks[in.person+approversOf] = passedOn, open
	case "addsign":
		r.tasks[in.person+2*approversOf] = open
		return r, true
	default:
		*mine = approved
		if one || !slices.Contains(r.tasks[:], open) {
			r.status = "approved"
		}
	}
	r.acted = true
	return r, true
}

// trialModel says what a run may answer, one wish after the other; runs are looked at each by itself.
func trialModel(one bool) porcupine.Model {
	model := porcupine.NondeterministicModel{
		Init: func() []any { return []any{trial{status: "running", tasks: [9]int{open, open, open}}} },
		Step: func(state, input, output any) []any {
			s, _ := state.(trial)
			in, _ := input.(wish)
			out, _ := output.(outcome)
			if in.verb == "read" {
				if out.status == s.status {
					return []any{s}
				}
				return nil
			}
			next, may := s.after(in, one)
			switch {
			case out.unknown && may:
				return []any{s, next}
			case out.unknown, !out.done && !may:
				return []any{s}
			case out.done && may:
				return []any{next}
			}
			return nil
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v → %+v", in, out) },
	}
	return model.ToModel()
}

// TestTheTaskAPIIsLinearizable is R04 and R05: people decide the same runs at once while the server is killed and held.
// Whatever they were answered, one order of what happened explains it.
func TestTheTaskAPIIsLinearizable(t *testing.T) {
	t.Parallel()
	onPlaces(t, func(t *testing.T, at *place) {
		t.Helper()
		t.Parallel()
		linearizable(t, at)
	})
}

func linearizable(t *testing.T, at *place) {
	t.Helper()
	s := serveProcess(t, "formwork", append([]string{"serve", "--demo"}, at.arguments()...))
	c := cast(s, at.data)
	troubled := make(chan struct{})
	go func() { defer close(troubled); c.trouble() }()
	histories := c.play(t)
	<-troubled
	unknown := 0
	for run, history := range histories {
		last := c.read(t, run)
		history = append(history, last)
		for _, op := range history {
			if out, _ := op.Output.(outcome); out.unknown {
				unknown++
			}
		}
		if result := porcupine.CheckOperationsTimeout(trialModel(run%2 == 0), history, 20*time.Second); result != porcupine.Ok {
			t.Errorf("run %d: no order explains what people were answered (%s): %s", run, result, told(history))
		}
	}
	t.Logf("%d runs, %d faults, %d answers unknown", len(histories), *linearFaults, unknown)
	s.kill()
	verifyAll(t, at, "trial_any", "trial_all")
}

func told(history []porcupine.Operation) string {
	text := ""
	for _, op := range history {
		text += fmt.Sprintf("\n%d–%d %+v → %+v", op.Call, op.Return, op.Input, op.Output)
	}
	return text
}

// trouble holds the server and kills it, in turns, at even distances on the way through the runs.
func (c *theater) trouble() {
	for n := range *linearFaults {
		for c.next.Load() < int64((n+1)**linearRuns/(*linearFaults+1)) {
			time.Sleep(2 * time.Millisecond)
		}
		time.Sleep(rand.N(40 * time.Millisecond))
		if n%2 == 0 {
			c.server.freeze(hasty.Timeout + rand.N(500*time.Millisecond))
			continue
		}
		c.server.kill()
		c.server.start()
	}
}

// theater is a company whose people play runs.
type theater struct {
	server  *server
	starter *browser
	cast    []*browser // as casting
	users   []string   // their ids
	runs    []string   // ids of records
	next    atomic.Int64
}

const trialRole = `{"name": "trial", "title": "trial", "grants": {
	"any": {"entity": "trial_any", "actions": ["create", "read", "update", "submit", "act"]},
	"all": {"entity": "trial_all", "actions": ["create", "read", "update", "submit", "act"]}}}`

// cast hires the people, puts the flows in force and submits the runs. Runs of even number take one approval, the others
// that of everybody asked.
func cast(s *server, data string) *theater {
	s.t.Helper()
	c := &theater{server: s}
	admin := s.signIn(data, "admin")
	for _, mode := range []string{"any", "all"} {
		admin.must("PUT", "/draft/entities/trial_"+mode, object{
			"name": "trial_" + mode, "title": mode, "type": "object", "x-approval": true, "x-display": "text",
			"properties": object{"text": object{"type": "string", "x-type": "text", "title": "text"}},
		})
	}
	admin.must("PUT", "/draft/roles/trial", json.RawMessage(trialRole))
	admin.must("POST", "/draft/publish", object{"note": "people"})
	for _, name := range append([]string{"starter"}, casting...) {
		added := admin.must("POST", "/members", object{"login": "trial." + name, "name": name, "roles": []string{"trial"}})
		member, _ := added.object["member"].(object)
		user, _ := member["user"].(string)
		b := &browser{server: s}
		b.must("POST", "/session", object{"login": "trial." + name, "password": added.text("password")}, &b.csrf)
		b.client = hasty
		c.cast, c.users = append(c.cast, b), append(c.users, user)
	}
	c.starter, c.cast, c.users = c.cast[0], c.cast[1:], c.users[1:]
	for _, mode := range []string{"any", "all"} {
		who := []string{"user:" + c.users[0], "user:" + c.users[1], "user:" + c.users[2]}
		admin.must("PUT", "/draft/flows/trial_"+mode, object{
			"name": "trial_" + mode, "title": mode, "entity": "trial_" + mode, "settings": object{"comment": "none", "withdraw": "before_first"},
			"nodes": []object{{"name": "a", "title": "a", "type": "approve", "who": who, "mode": mode, "allow": []string{"transfer", "addsign"}}},
		})
	}
	admin.must("POST", "/draft/publish", object{"note": "flows"})
	for run := range *linearRuns {
		made := admin.as(c.starter, many).must("POST", c.path(run), object{"values": object{"text": fmt.Sprint(run)}, "submit": true})
		c.runs = append(c.runs, made.text("id"))
	}
	return c
}

// as is another's session with a client of one's own.
func (b *browser) as(who *browser, client *http.Client) *browser {
	return &browser{server: b.server, client: client, cookie: who.cookie, csrf: who.csrf}
}

func (c *theater) entity(run int) string { return []string{"trial_any", "trial_all"}[run%2] }
func (c *theater) path(run int) string   { return "/entities/" + c.entity(run) + "/records" }

// play has people decide all runs, some runs at once, and gives what they did and were answered, by run.
func (c *theater) play(t *testing.T) [][]porcupine.Operation {
	t.Helper()
	histories := make([][]porcupine.Operation, *linearRuns)
	var all sync.WaitGroup
	for range *linearAtOnce {
		all.Go(func() {
			for run := int(c.next.Add(1)) - 1; run < *linearRuns; run = int(c.next.Add(1)) - 1 {
				histories[run] = c.perform(t, run)
			}
		})
	}
	all.Wait()
	return histories
}

// script is what the people of a run want, in no order.
func script(run int) []wish {
	random := rand.New(rand.NewPCG(*linearSeed, uint64(run)))
	var all []wish
	for p := range casting {
		verb := "approve"
		if random.IntN(6) == 0 {
			verb = "reject"
		}
		all = append(all, wish{run, verb, p})
		if p < approversOf && random.IntN(2) == 0 {
			all = append(all, wish{run, "transfer", p})
		}
		if p < approversOf && run%2 == 1 && random.IntN(2) == 0 {
			all = append(all, wish{run, "addsign", p})
		}
		if random.IntN(2) == 0 {
			all = append(all, wish{run, "read", p})
		}
	}
	if random.IntN(3) == 0 {
		all = append(all, wish{run, "withdraw", 0})
	}
	random.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	return all
}

// perform has the people of one run do at once what they want.
func (c *theater) perform(t *testing.T, run int) []porcupine.Operation {
	t.Helper()
	var mu sync.Mutex
	var history []porcupine.Operation
	var all sync.WaitGroup
	for i, in := range script(run) {
		all.Go(func() {
			time.Sleep(rand.N(60 * time.Millisecond))
			path, ok := c.where(in)
			if !ok {
				return // his task has not come
			}
			op := porcupine.Operation{ClientId: i, Input: in, Call: time.Now().UnixNano()}
			out := c.do(t, in, path)
			op.Output, op.Return = out, time.Now().UnixNano()
			if out.unknown {
				op.Return = math.MaxInt64 / 2 // it may still come to pass
				if in.verb == "read" {
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			history = append(history, op)
		})
	}
	all.Wait()
	return history
}

// where is the path of a wish. Somebody who is passed a task, or added, looks for it some times.
func (c *theater) where(in wish) (path string, ok bool) {
	at := c.path(in.run) + "/" + c.runs[in.run]
	switch in.verb {
	case "read":
		return at, true
	case "withdraw":
		return at + "/withdraw", true
	}
	for range 6 {
		a, err := c.cast[in.person].try("GET", "/tasks?limit=100&sort=-arrived_at&tab=open&entity="+c.entity(in.run), nil, "")
		if err == nil && a.status == http.StatusOK {
			for _, task := range a.list("tasks") {
				if id, _ := task["id"].(string); task["record"] == c.runs[in.run] {
					return "/tasks/" + id + "/" + in.verb, true
				}
			}
		}
		time.Sleep(40 * time.Millisecond)
	}
	return "", false
}

// do does a wish. A server that is not there was not asked; who got no answer asks again under his key, or does not.
func (c *theater) do(t *testing.T, in wish, path string) outcome {
	t.Helper()
	who, method, body := c.cast[in.person], "POST", object{}
	switch in.verb {
	case "read":
		who, method, body = c.starter, "GET", nil
	case "withdraw":
		who = c.starter
	case "transfer":
		body["to"] = c.users[in.person+approversOf]
	case "addsign":
		body["users"], body["kind"] = []string{c.users[in.person+2*approversOf]}, "parallel"
	}
	key := fmt.Sprintf("%s-%d-%d-%d", in.verb, in.run, in.person, *linearSeed)
	patient := rand.N(2) == 0
	for start := time.Now(); time.Since(start) < 2*time.Minute; time.Sleep(30 * time.Millisecond) {
		if who.server.address() == "" {
			continue
		}
		a, err := who.try(method, path, bodyOf(body), key)
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			continue
		case err == nil && a.status != http.StatusServiceUnavailable:
			return c.judge(t, in, a)
		case !patient:
			return outcome{unknown: true}
		}
	}
	t.Errorf("%+v: the server does not come back", in)
	return outcome{unknown: true}
}

func bodyOf(body object) any {
	if body == nil {
		return nil
	}
	return body
}

// judge reads an answer: what was refused was refused because somebody else was first.
func (c *theater) judge(t *testing.T, in wish, a answer) outcome {
	t.Helper()
	code := a.text("code")
	switch {
	case a.status == http.StatusOK && in.verb == "read":
		return outcome{done: true, status: a.text("state")}
	case a.status == http.StatusOK:
		return outcome{done: true}
	case a.status == http.StatusConflict && (code == "task_closed" || code == "ended"):
	case a.status == http.StatusForbidden && in.verb == "withdraw" && code == "not_allowed":
	default:
		t.Errorf("%+v was answered %d %s", in, a.status, a.body)
	}
	return outcome{}
}

// read is what a run is after everything.
func (c *theater) read(t *testing.T, run int) porcupine.Operation {
	t.Helper()
	op := porcupine.Operation{Input: wish{run: run, verb: "read"}, Call: math.MaxInt64 - 2, Return: math.MaxInt64 - 1}
	a := c.starter.as(c.starter, many).must("GET", c.path(run)+"/"+c.runs[run], nil)
	op.Output = outcome{done: true, status: a.text("state")}
	return op
}

// TestTheTrialModelFindsWhatIsWrong makes sure that histories that cannot be are found.
func TestTheTrialModelFindsWhatIsWrong(t *testing.T) {
	op := func(at int64, verb string, person int, out outcome) porcupine.Operation {
		return porcupine.Operation{ClientId: int(at), Input: wish{verb: verb, person: person}, Call: at, Output: out, Return: at + 5}
	}
	done, refused, unknown := outcome{done: true}, outcome{}, outcome{unknown: true}
	reads := func(status string) outcome { return outcome{done: true, status: status} }
	for name, c := range map[string]struct {
		one     bool
		want    bool
		history []porcupine.Operation
	}{
		"two winners":               {true, false, []porcupine.Operation{op(1, "approve", 0, done), op(10, "approve", 1, done)}},
		"everybody":                 {false, true, []porcupine.Operation{op(1, "approve", 0, done), op(10, "approve", 1, done)}},
		"unknown was done":          {true, true, []porcupine.Operation{op(1, "approve", 0, unknown), op(10, "read", 0, reads("approved"))}},
		"unknown was not done":      {true, true, []porcupine.Operation{op(1, "approve", 0, unknown), op(10, "read", 0, reads("running"))}},
		"an approval got lost":      {true, false, []porcupine.Operation{op(1, "approve", 0, done), op(10, "read", 0, reads("running"))}},
		"passed on, then decided":   {true, false, []porcupine.Operation{op(1, "transfer", 0, done), op(10, "approve", 0, done)}},
		"decided by his successor":  {true, true, []porcupine.Operation{op(1, "transfer", 0, done), op(10, "approve", 3, done)}},
		"refused though it was his": {true, false, []porcupine.Operation{op(1, "approve", 0, refused)}},
		"withdrawn after a verdict": {false, false, []porcupine.Operation{op(1, "approve", 0, done), op(10, "withdraw", 0, done)}},
		"without whom he added": {false, false, []porcupine.Operation{
			op(1, "addsign", 0, done), op(10, "approve", 0, done), op(20, "approve", 1, done), op(30, "approve", 2, done), op(40, "read", 0, reads("approved")),
		}},
	} {
		if got := porcupine.CheckOperations(trialModel(c.one), c.history); got != c.want {
			t.Errorf("%s: explained %t, want %t", name, got, c.want)
		}
	}
}
