package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// R08 runs in a size for every build; the size it is meant for is
//
//	go test -tags no_ui ./cmd/formwork -run Effects -effect-runs 4000 -effect-kills 40 -timeout 60m
var (
	effectRuns  = flag.Int("effect-runs", 40, "runs that are approved while the server is killed; each has four effects")
	effectKills = flag.Int("effect-kills", 3, "kills on the way")
)

// outsider is a receiver of webhooks that counts by id.
type outsider struct {
	mu    sync.Mutex
	times map[string]int
	order map[string][]string // of each record: parts in the order they first came
}

func (o *outsider) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	time.Sleep(20 * time.Millisecond) // or no kill ever comes while a message is on its way
	raw, _ := io.ReadAll(req.Body)    // cut off: it has no id and is not counted
	var m struct {
		ID, Record string
		Data       struct{ Part string }
	}
	if json.Unmarshal(raw, &m) != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.times[m.ID]++; o.times[m.ID] == 1 {
		o.order[m.Record] = append(o.order[m.Record], m.Data.Part)
	}
}

func (o *outsider) distinct() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.times)
}

// TestEffectsSurviveKills is R08: the server is killed while approvals create records and call a receiver. Every effect
// comes to pass, each under one id, those on records exactly once, and those of one run in their order.
func TestEffectsSurviveKills(t *testing.T) {
	t.Parallel()
	onPlaces(t, func(t *testing.T, at *place) {
		t.Helper()
		t.Parallel()
		effectsSurvive(t, at)
	})
}

func effectsSurvive(t *testing.T, at *place) {
	t.Helper()
	outside := &outsider{times: map[string]int{}, order: map[string][]string{}}
	receiver := httptest.NewServer(outside)
	t.Cleanup(receiver.Close)
	s := serveProcess(t, "formwork", append([]string{"serve", "--demo", "--allow-outbound", "127.0.0.0/8"}, at.arguments()...))
	admin := s.signIn(at.data, "admin")
	furnishEffects(admin, receiver.URL)
	ids := make([]string, *effectRuns)
	for i := range ids {
		made := admin.must("POST", "/entities/order/records", object{"values": object{"text": fmt.Sprint("o", i)}, "submit": true})
		ids[i] = made.text("id")
	}
	tasks := map[string]string{}
	for _, task := range admin.everything("/tasks?tab=open&limit=100&entity=order", "tasks") {
		rec, _ := task["record"].(string)
		tasks[rec], _ = task["id"].(string)
	}
	approveUnderKills(t, s, admin, ids, tasks)
	for start := time.Now(); outside.distinct() < 2**effectRuns && time.Since(start) < 3*time.Minute; {
		time.Sleep(50 * time.Millisecond)
	}
	s.waitIdle(admin)
	outside.check(t, ids)
	posted := map[string]int{}
	for _, rec := range admin.everything("/entities/receipt/records?limit=500", "records") {
		values, _ := rec["values"].(object)
		text, _ := values["text"].(string)
		posted[text]++
	}
	for i := range ids {
		if n := posted[fmt.Sprint("o", i)]; n != 1 {
			t.Errorf("order %d has %d receipts, want 1", i, n)
		}
	}
	s.kill()
	verifyAll(t, at, "order", "receipt", "flow_run")
}

const (
	orderEntity = `{"name": "order", "title": "order", "type": "object", "x-approval": true, "x-display": "text", "properties": {
		"text": {"type": "string", "x-type": "text", "title": "text"}, "noted": {"type": "string", "x-type": "text", "title": "noted"}}}`
	receiptEntity = `{"name": "receipt", "title": "receipt", "type": "object", "x-display": "text", "properties": {
		"text": {"type": "string", "x-type": "text", "title": "text"}}}`
	orderFlow = `{"name": "order", "title": "order", "entity": "order", "settings": {"comment": "none"}, "nodes": [
		{"name": "a", "type": "approve", "who": ["initiator"]},
		{"name": "post", "type": "action", "do": {"create": {"entity": "receipt", "values": {"text": "text"}}}},
		{"name": "tell", "type": "action", "do": {"webhook": "outside", "with": {"part": "1"}}},
		{"name": "note", "type": "action", "do": {"set": {"noted": "'yes'"}}},
		{"name": "again", "type": "action", "do": {"webhook": "outside", "with": {"part": "2"}}}]}`
)

func furnishEffects(admin *browser, url string) {
	admin.must("POST", "/channels", object{
		"name": "outside", "kind": "webhook", "enabled": true, "notices": []string{}, "url": url, "secret": "0123456789abcdef",
	})
	admin.must("PUT", "/draft/entities/order", json.RawMessage(orderEntity))
	admin.must("PUT", "/draft/entities/receipt", json.RawMessage(receiptEntity))
	admin.must("PUT", "/draft/flows/order", json.RawMessage(orderFlow))
	admin.must("POST", "/draft/publish", object{"note": "effects"})
}

// approveUnderKills approves all runs, some at once, while the server is killed at even distances on the way.
func approveUnderKills(t *testing.T, s *server, admin *browser, ids []string, tasks map[string]string) {
	t.Helper()
	var done atomic.Int64
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		for n := range *effectKills {
			for done.Load() < int64((n+1)*len(ids)/(*effectKills+1)) {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(rand.N(30 * time.Millisecond))
			s.kill()
			s.start()
		}
	}()
	var next atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(ids); i = int(next.Add(1)) - 1 {
				a, err := admin.insist("POST", "/tasks/"+tasks[ids[i]]+"/approve", object{}, "approve-"+ids[i])
				if err != nil || a.status != http.StatusOK {
					t.Errorf("approve %s: %d %s %v", ids[i], a.status, a.body, err)
				}
				done.Add(1)
			}
		})
	}
	all.Wait()
	<-killed
}

// waitIdle waits until no run has anything left to deliver, as its history shows it.
func (s *server) waitIdle(admin *browser) {
	s.t.Helper()
	for start := time.Now(); time.Since(start) < 3*time.Minute; time.Sleep(100 * time.Millisecond) {
		open := 0
		for _, rec := range admin.everything("/entities/order/records?limit=500", "records") {
			id, _ := rec["id"].(string)
			view, _ := admin.must("GET", "/entities/order/records/"+id+"/timeline", nil).object["flow"].(object)
			effects, _ := view["effects"].([]any)
			open += len(effects)
		}
		if open == 0 {
			return
		}
	}
	s.t.Error("effects are left")
}

// check holds what came to one id per effect, at least once, and in order.
func (o *outsider) check(t *testing.T, ids []string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	twice := 0
	for _, n := range o.times {
		twice += n - 1
	}
	t.Logf("%d messages came, %d of them again after a kill", len(o.times)+twice, twice)
	if len(o.times) != 2*len(ids) {
		t.Errorf("%d different messages, want %d", len(o.times), 2*len(ids))
	}
	for _, id := range ids {
		if !slices.Equal(o.order[id], []string{"1", "2"}) {
			t.Errorf("order %s was told in the order %v", id, o.order[id])
		}
	}
}
