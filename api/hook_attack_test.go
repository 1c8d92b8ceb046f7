package api_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// signature is that of a call from outside.
func signature(secret, id, stamp, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// knock calls a hook from outside with whatever headers.
func (w *world) knock(id, stamp, signed, body string) (reply, error) {
	c := &client{w: w}
	return c.try("POST", "/hooks/demo/erp", body, header("webhook-id: "+id), header("webhook-timestamp: "+stamp), header("webhook-signature: "+signed))
}

// TestHooksUnderAttack: calls that come twice, at once, too late, too large, in a wrong form, or after the flow was changed
// or taken away start no run too many and break nothing.
func TestHooksUnderAttack(t *testing.T) {
	onStores(t, func(w *world) {
		boss := w.signIn("admin")
		boss.publish([2]string{"entities/note", noteEntity}, [2]string{"flows/inbound", inboundFlow})
		secret := boss.do("POST", "/hook-secrets/erp", nil).want(http.StatusOK, "").text("secret")
		w.callsAtOnce(secret)
		w.callsInWrongForm(secret)
		w.callsAfterAChange(boss, secret)
	})
}

// callsAtOnce sends each call four times at once: the same one, then one with another body.
func (w *world) callsAtOnce(secret string) {
	w.t.Helper()
	for name, bodies := range map[string][]string{
		"same":  {`{"text": "same"}`, `{"text": "same"}`, `{"text": "same"}`, `{"text": "same"}`},
		"other": {`{"text": "one"}`, `{"text": "two"}`, `{"text": "one"}`, `{"text": "two"}`},
	} {
		answers := make([]reply, len(bodies))
		var all sync.WaitGroup
		for i, body := range bodies {
			stamp := strconv.FormatInt(w.clock.Now().Unix()+int64(i), 10) // each of its own second
			all.Go(func() { answers[i], _ = w.knock(name, stamp, signature(secret, name, stamp, body), body) })
		}
		all.Wait()
		runs, taken, fresh := map[string]bool{}, map[string]bool{}, 0
		for i, answer := range answers {
			switch answer.status {
			case http.StatusAccepted:
				runs[answer.text("run")], taken[bodies[i]] = true, true
				if answer.header.Get("Idempotent-Replay") == "" {
					fresh++
				}
			case http.StatusConflict:
				if name == "same" || answer.text("code") != "idempotency_conflict" {
					w.t.Errorf("%s: %s", name, answer.body)
				}
			default:
				w.t.Errorf("%s: %d %s", name, answer.status, answer.body)
			}
		}
		if len(runs) != 1 || len(taken) != 1 || fresh != 1 {
			w.t.Errorf("%s: runs %v of bodies %v, %d of them new", name, runs, taken, fresh)
		}
	}
}

// callsInWrongForm are refused, those that are signed too; strange contents are taken.
func (w *world) callsInWrongForm(secret string) {
	w.t.Helper()
	now := w.clock.Now()
	stamp := strconv.FormatInt(now.Unix(), 10)
	const body = `{"text": "x"}`
	right := signature(secret, "f1", stamp, body)
	for name, one := range map[string]struct {
		id, stamp, signed, body string
		status                  int
	}{
		"no signature":              {"f1", stamp, "", body, 401},
		"another scheme":            {"f1", stamp, "v2" + right[2:], body, 401},
		"without a scheme":          {"f1", stamp, right[3:], body, 401},
		"of another id":             {"f2", stamp, right, body, 401},
		"of another body":           {"f1", stamp, right, body + " ", 401},
		"a time that is none":       {"f1", "today", signature(secret, "f1", "today", body), body, 401},
		"a time with a point":       {"f1", stamp + ".0", signature(secret, "f1", stamp+".0", body), body, 401},
		"the end of time":           {"f1", "9223372036854775807", signature(secret, "f1", "9223372036854775807", body), body, 401},
		"the beginning of time":     {"f1", "-9223372036854775808", signature(secret, "f1", "-9223372036854775808", body), body, 401},
		"a shift between the parts": {"f1." + stamp[:3], stamp[3:], right, body, 401},
		"a long id":                 {strings.Repeat("a", 201), stamp, signature(secret, strings.Repeat("a", 201), stamp, body), body, 400},
		"something behind the body": {"f3", stamp, signature(secret, "f3", stamp, body+"}"), body + "}", 400},
		"two bodies":                {"f4", stamp, signature(secret, "f4", stamp, body+body), body + body, 400},
		"no body":                   {"f5", stamp, signature(secret, "f5", stamp, "null"), "null", 400},
		"the right one among wrong": {"f6", stamp, "v1,AAAA " + signature(secret, "f6", stamp, body) + " v1a,xyz", body, 202},
	} {
		answer, err := w.knock(one.id, one.stamp, one.signed, one.body)
		if err != nil || answer.status != one.status {
			w.t.Errorf("%s: %d %s, %v; want %d", name, answer.status, answer.body, err, one.status)
		}
	}
	for at, status := range map[time.Duration]int{-6 * time.Minute: 401, -4 * time.Minute: 202, 4 * time.Minute: 202, 6 * time.Minute: 401} {
		w.call(secret, fmt.Sprint("at", at), body, now.Add(at)).want(status, map[int]string{401: "hook_signature"}[status])
	}
	deep := `{"text": ` + strings.Repeat(`[`, 9000) + strings.Repeat(`]`, 9000) + `}`
	deeper := `{"text": ` + strings.Repeat(`{"a":`, 20000) + `1` + strings.Repeat(`}`, 20000) + `}`
	for name, one := range map[string]struct {
		body   string
		status int
	}{
		"odd names":     {`{"": 1, "$where": 2, "a.b": {"$gt": ""}, "text": "odd", "__proto__": {}, "text\u0000": "y"}`, 202},
		"zero bytes":    {`{"text": "a\u0000b"}`, 202},
		"half a letter": {`{"text": "\ud800"}`, 202},
		"large numbers": {`{"text": "n", "amount": 1e999999999}`, 202},
		"long numbers":  {`{"text": "n", "amount": ` + strings.Repeat("9", 5000) + `}`, 202},
		"deep":          {deep, 202},
		"almost large":  {`{"text": "` + strings.Repeat("<", 255<<10) + `"}`, 202},
		"too deep":      {deeper, 400},
		"too large":     {`{"text": "` + strings.Repeat("x", 256<<10) + `"}`, 413},
	} {
		answer, err := w.knock(name[:3], stamp, signature(secret, name[:3], stamp, one.body), one.body)
		if err != nil || answer.status != one.status {
			w.t.Errorf("%s: %d %.300s, %v; want %d", name, answer.status, answer.body, err, one.status)
		}
	}
}

// callsAfterAChange: what was called stays called when the flow says something else; without the flow nothing is there.
func (w *world) callsAfterAChange(boss *client, secret string) {
	w.t.Helper()
	run := w.call(secret, "c1", `{"text": "before"}`, w.clock.Now()).want(http.StatusAccepted, "").text("run")
	boss.publish([2]string{"flows/inbound", strings.Replace(inboundFlow, `"text": "text"`, `"text": "text + '!'"`, 1)})
	again := w.call(secret, "c1", `{"text": "before"}`, w.clock.Now()).want(http.StatusAccepted, "")
	if again.text("run") != run || again.header.Get("Idempotent-Replay") != "true" {
		w.t.Errorf("the same call starts another run of the changed flow: %s", again.body)
	}
	w.call(secret, "c2", `{"text": "after"}`, w.clock.Now()).want(http.StatusAccepted, "")
	w.until("the changed flow", func() bool { return boss.has("after!") == 1 })
	boss.publish([2]string{"flows/inbound", strings.Replace(inboundFlow, `"webhook": "erp"`, `"webhook": "other"`, 1)})
	w.call(secret, "c3", `{"text": "gone"}`, w.clock.Now()).want(http.StatusNotFound, "not_found")
	w.call(secret, "c1", `{"text": "before"}`, w.clock.Now()).want(http.StatusNotFound, "not_found")
	if boss.has("before") != 1 || boss.has("gone") != 0 {
		w.t.Errorf("notes: %d before, %d after the hook was gone", boss.has("before"), boss.has("gone"))
	}
}
