package api_test

import (
	"flag"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// R03 runs in a size for every build; the size it is meant for is
//
//	go test -tags no_ui ./api -run Repeated -repeat-keys 1000 -timeout 60m
var (
	repeatKeys = flag.Int("repeat-keys", 4, "keys under which the same is asked for many times at once")
	repeats    = flag.Int("repeats", 50, "equal requests at once")
)

// repeat sends equal requests at once and gives the answers.
func (c *client) repeat(path string, body object, key string) []reply {
	c.w.t.Helper()
	replies := make([]reply, *repeats)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range replies {
		all.Go(func() {
			<-start
			r, err := c.try("POST", path, body, header("Idempotency-Key: "+key))
			if err != nil {
				c.w.t.Errorf("%s: %v", path, err)
			}
			replies[i] = r
		})
	}
	close(start)
	all.Wait()
	return replies
}

// once holds answers to one that did something and others that say they are its repetition, all with the same content.
func once(t *testing.T, replies []reply, status int, same ...string) reply {
	t.Helper()
	first := -1
	for i, r := range replies {
		replay := r.header.Get("Idempotent-Replay") == "true"
		switch {
		case !replay && r.status == status && first < 0:
			first = i
		case !replay:
			t.Errorf("a second one was answered %d %s", r.status, r.body)
		case r.status != http.StatusOK:
			t.Errorf("a repetition was answered %d %s", r.status, r.body)
		}
	}
	if first < 0 {
		t.Fatal("all of them say that they are repetitions")
	}
	for _, r := range replies {
		for _, path := range same {
			if got, want := fmt.Sprint(r.at(path)), fmt.Sprint(replies[first].at(path)); got != want || want == "<nil>" {
				t.Errorf("%s is %s in one answer, %s in another", path, got, want)
			}
		}
	}
	return replies[first]
}

// TestRepeatedRequestsCountOnce is R03: the same request many times at once, and again a day later, makes one record, starts
// one run and decides once; another request under the same key is refused.
func TestRepeatedRequestsCountOnce(t *testing.T) {
	onStores(t, func(w *world) {
		admin := w.signIn("admin")
		admin.publish([2]string{"entities/claim", `{"name": "claim", "title": "申请", "type": "object", "x-approval": true, "x-display": "text",
			"properties": {"text": {"type": "string", "x-type": "text", "title": "内容"}}}`},
			[2]string{"flows/claim", `{"name": "claim", "title": "申请", "entity": "claim", "settings": {"comment": "none"}, "nodes": [
			{"name": "one", "type": "approve", "who": ["initiator"]}, {"name": "two", "type": "approve", "who": ["initiator"]}]}`})
		const claims = "/entities/claim/records"
		begin := time.Now()
		for k := range *repeatKeys {
			values := object{"text": fmt.Sprint("c", k)}
			made := once(w.t, admin.repeat(claims, object{"values": values}, fmt.Sprint("make", k)), http.StatusCreated, "id", "values.text", "rev")
			path := claims + "/" + made.text("id")
			once(w.t, admin.repeat(path+"/submit", object{}, fmt.Sprint("submit", k)), http.StatusOK, "id", "state")
			task := admin.open(made.text("id"))
			once(w.t, admin.repeat("/tasks/"+task+"/approve?record=true", object{"comment": "ok"}, fmt.Sprint("approve", k)), http.StatusOK, "status", "record.id")
			admin.do("POST", claims, object{"values": object{"text": "other"}}, header(fmt.Sprint("Idempotency-Key: make", k))).
				want(http.StatusConflict, "idempotency_conflict")
			admin.do("POST", "/tasks/"+task+"/approve", object{"comment": "other"}, header(fmt.Sprint("Idempotency-Key: approve", k))).
				want(http.StatusConflict, "idempotency_conflict")
			submitted := once(w.t, admin.repeat(claims, object{"values": values, "submit": true}, fmt.Sprint("both", k)), http.StatusCreated, "id", "state")
			w.happenedOnce(admin, path, "started", "approved")
			w.happenedOnce(admin, claims+"/"+submitted.text("id"), "started")
		}
		w.t.Logf("%d keys, %d times each, four requests: %s", *repeatKeys, *repeats, time.Since(begin).Round(time.Millisecond))
		list := admin.do("GET", claims+"?limit=1000", nil).want(http.StatusOK, "")
		if records, _ := list.at("records").([]any); len(records) != 2**repeatKeys {
			w.t.Errorf("%d records, want %d", len(records), 2**repeatKeys)
		}
		w.clock.pass(25 * time.Hour)
		admin = w.signIn("admin") // his session has ended meanwhile
		for k := range *repeatKeys {
			again := admin.do("POST", claims, object{"values": object{"text": fmt.Sprint("c", k)}}, header(fmt.Sprint("Idempotency-Key: make", k)))
			if again.want(http.StatusOK, "").header.Get("Idempotent-Replay") != "true" || again.text("state") != "running" {
				w.t.Errorf("a day later: %d %s, want the present record", again.status, again.body)
			}
		}
	})
}

// happenedOnce holds the history of a record to one event of each type.
func (w *world) happenedOnce(c *client, path string, types ...string) {
	w.t.Helper()
	entries, _ := c.do("GET", path+"/timeline", nil).want(http.StatusOK, "").at("entries").([]any)
	happened := map[any]int{}
	for _, entry := range entries {
		if entry, _ := entry.(object); entry != nil {
			happened[entry["type"]]++
		}
	}
	for _, kind := range types {
		if happened[kind] != 1 {
			w.t.Errorf("%s: %v, want one %s", path, happened, kind)
		}
	}
}
