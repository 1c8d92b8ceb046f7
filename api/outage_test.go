package api_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// outageFlow tells two receivers of every note, the first of them twice: what is told first comes first.
const outageFlow = `{"name": "tell", "title": "通知外部", "entity": "note", "start": {"on": ["created"], "entity": "note"}, "nodes": [
	{"name": "first", "type": "action", "do": {"webhook": "dead", "with": {"no": "text", "part": "1"}}},
	{"name": "second", "type": "action", "do": {"webhook": "dead", "with": {"no": "text", "part": "2"}}},
	{"name": "other", "type": "action", "do": {"webhook": "alive", "with": {"no": "text"}}}]}`

// outsider is a receiver of webhooks that knows by their ids what it has had already.
type outsider struct {
	mu    sync.Mutex
	down  bool
	calls int
	ids   []string            // taken, in the order they came
	parts map[string][]string // taken, by number of the note
}

func (o *outsider) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	raw, _ := io.ReadAll(req.Body)
	var m struct {
		ID   string         `json:"id"`
		Data map[string]any `json:"data"`
	}
	_ = json.Unmarshal(raw, &m) // what is no message has no id and fails the test
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	if o.down {
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if !slices.Contains(o.ids, m.ID) {
		o.ids = append(o.ids, m.ID)
		no := fmt.Sprint(m.Data["no"])
		o.parts[no] = append(o.parts[no], fmt.Sprint(m.Data["part"]))
	}
}

func (o *outsider) taken() (ids, calls int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.ids), o.calls
}

func (w *world) outsider(admin *client, name string) (o *outsider, channel string) {
	w.t.Helper()
	o = &outsider{parts: map[string][]string{}}
	server := httptest.NewServer(o)
	w.t.Cleanup(server.Close)
	made := admin.do("POST", "/channels", object{
		"name": name, "kind": "webhook", "enabled": true, "notices": []string{}, "url": server.URL, "secret": "0123456789abcdef",
	}).want(http.StatusCreated, "")
	return o, made.text("id")
}

// TestADeadReceiverHoldsUpNobodyElse is R24 in small: a receiver is down for a day. It is left alone, administrators see
// it, others get their messages and people decide as always; when it is back it gets everything, each once, in order.
func TestADeadReceiverHoldsUpNobodyElse(t *testing.T) {
	onStores(t, func(w *world) {
		admin, clerk, foreman := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman")
		dead, channel := w.outsider(admin, "dead")
		alive, _ := w.outsider(admin, "alive")
		admin.publish([2]string{"entities/note", noteEntity}, [2]string{"flows/tell", outageFlow})
		dead.down = true
		const notes = 12
		for i := range notes {
			admin.do("POST", "/entities/note/records", object{"values": object{"text": fmt.Sprint("n", i)}}).want(http.StatusCreated, "")
		}
		w.until("all told to the one that lives", func() bool { n, _ := alive.taken(); return n == notes })
		begin := time.Now()
		id := clerk.do("POST", sheets, object{"values": clerk.sheet("2026-06-02"), "submit": true}).want(http.StatusCreated, "").text("id")
		foreman.do("POST", "/tasks/"+foreman.open(id)+"/approve", foreman.signed()).want(http.StatusOK, "")
		w.t.Logf("submitted and approved in %s while a receiver is down", time.Since(begin).Round(time.Millisecond))
		w.until("left alone", func() bool { return admin.pausedUntil(channel) != "" })
		if waiting := admin.do("GET", "/deliveries?status=waiting&channel="+channel, nil); !strings.Contains(string(waiting.body), `"receiver_paused"`) {
			w.t.Errorf("the log does not say that messages wait: %s", waiting.body)
		}
		w.outage(24, dead)
		dead.mu.Lock()
		calls := dead.calls
		dead.down = false
		dead.mu.Unlock()
		if calls < 5 || calls > 24*20 {
			w.t.Errorf("it was tried %d times in a day", calls)
		}
		w.drained(dead, 2*notes)
		if until := w.signIn("admin").pausedUntil(channel); until != "" {
			w.t.Errorf("still left alone until %s", until)
		}
	})
}

// outage passes hours in which a receiver is down; deadlines are looked at every few minutes.
func (w *world) outage(hours int, o *outsider) {
	w.t.Helper()
	for range hours * 6 {
		w.clock.pass(10 * time.Minute)
		_, before := o.taken()
		if _, err := w.engine.Flows.FireDue(w.t.Context(), "demo"); err != nil {
			w.t.Fatal(err)
		}
		if _, after := o.taken(); after-before > 8 {
			w.t.Fatalf("it was called %d times within ten minutes", after-before)
		}
	}
}

// drained waits until a receiver has everything, and holds what it got to the order of each note.
func (w *world) drained(o *outsider, want int) {
	w.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if got, _ := o.taken(); got == want {
			break
		}
		w.clock.pass(10 * time.Minute)
		if _, err := w.engine.Flows.FireDue(w.t.Context(), "demo"); err != nil {
			w.t.Fatal(err)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.ids) != want {
		w.t.Errorf("%d messages came through, want %d", len(o.ids), want)
	}
	for note, parts := range o.parts {
		if !slices.Equal(parts, []string{"1", "2"}) {
			w.t.Errorf("note %s was told in the order %v", note, parts)
		}
	}
}

// pausedUntil is until when the receiver of a channel is left alone, "" if it is not.
func (c *client) pausedUntil(channel string) string {
	c.w.t.Helper()
	all, _ := c.do("GET", "/channels", nil).want(http.StatusOK, "").at("channels").([]any)
	for _, each := range all {
		if each, _ := each.(object); each["id"] == channel {
			until, _ := each["pausedUntil"].(string)
			return until
		}
	}
	c.w.t.Fatalf("no channel %s", channel)
	return ""
}

// TestAReceiverThatStaysAwayIsGivenUpOpenly: after its last attempt an effect stays with the run, for an administrator, and
// does not count as delivered.
func TestAReceiverThatStaysAwayIsGivenUpOpenly(t *testing.T) {
	onStores(t, func(w *world) {
		admin := w.signIn("admin")
		dead, _ := w.outsider(admin, "dead")
		admin.publish([2]string{"entities/note", noteEntity}, [2]string{"flows/tell", `{"name": "tell", "title": "通知外部", "entity": "note",
			"start": {"on": "button"}, "nodes": [{"name": "first", "type": "action", "do": {"webhook": "dead", "with": {"no": "text"}}}]}`})
		dead.down = true
		note := admin.do("POST", "/entities/note/records", object{"values": object{"text": "n"}}).want(http.StatusCreated, "").text("id")
		run := admin.do("POST", "/entities/note/records/"+note+"/buttons/tell", nil).want(http.StatusAccepted, "").text("run")
		path := "/entities/flow_run/records/" + run
		w.until("a first call", func() bool { _, calls := dead.taken(); return calls > 0 })
		w.stayAway(24)
		admin = w.signIn("admin") // his session has ended meanwhile
		if shown := admin.do("GET", path+"/timeline", nil).want(http.StatusOK, ""); shown.at("flow.effects.0.dead") == true {
			w.t.Errorf("given up after a day: %s", shown.body)
		}
		var shown reply
		for end := time.Now().Add(patience); time.Now().Before(end); {
			w.stayAway(24) // what is tried at which day depends on how fast deliveries follow the clock
			admin = w.signIn("admin")
			if shown = admin.do("GET", path+"/timeline", nil).want(http.StatusOK, ""); shown.at("flow.effects.0.dead") == true {
				break
			}
		}
		if shown.at("flow.effects.0.dead") != true {
			w.t.Fatalf("the run does not show what was given up: %s", shown.body)
		}
		dead.mu.Lock()
		dead.down = false
		dead.mu.Unlock()
		w.clock.pass(time.Hour)
		n := fmt.Sprint(shown.at("flow.effects.0.n"))
		admin.do("POST", path+"/effects/"+n+"/retry", nil).want(http.StatusNoContent, "")
		w.until("delivered after the retry", func() bool { n, _ := dead.taken(); return n == 1 })
	})
}

// stayAway passes hours, looking at deadlines.
func (w *world) stayAway(hours int) {
	w.t.Helper()
	for range hours {
		w.clock.pass(time.Hour)
		if _, err := w.engine.Flows.FireDue(w.t.Context(), "demo"); err != nil {
			w.t.Fatal(err)
		}
	}
}
