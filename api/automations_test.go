package api_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	noteEntity = `{"name": "note", "title": "记录", "type": "object", "x-display": "text", "required": ["text"],
		"properties": {"text": {"type": "string", "x-type": "text", "title": "内容"}, "amount": {"type": "string", "x-type": "money", "title": "金额"},
		"seen": {"type": "string", "x-type": "text", "title": "已阅"}}}`
	inboundFlow = `{"name": "inbound", "title": "外部收货", "start": {"webhook": "erp"}, "nodes": [
		{"name": "write", "type": "action", "do": {"create": {"entity": "note", "values": {"text": "text", "amount": "amount"}}}}]}`
	createdFlow = `{"name": "follow_up", "title": "跟进", "entity": "note", "start": {"on": ["created"], "where": {"field": "text", "op": "eq", "value": "hello"}}, "nodes": [
		{"name": "mark", "type": "action", "do": {"set": {"seen": "'yes'"}}}]}`
	buttonFlow = `{"name": "again", "title": "再记一次", "entity": "note", "start": {"on": "button"}, "nodes": [
		{"name": "copy", "type": "action", "do": {"create": {"entity": "note", "values": {"text": "'copy of ' + text"}}}}]}`
	brokenFlow = `{"name": "broken", "title": "会失败", "entity": "note", "start": {"on": "button"}, "nodes": [
		{"name": "call", "type": "action", "do": {"webhook": "nowhere", "with": {"text": "text"}}}]}`
)

// publish puts definitions into the draft and publishes it.
func (c *client) publish(definitions ...[2]string) {
	c.w.t.Helper()
	for _, d := range definitions {
		c.do("PUT", "/draft/"+d[0], d[1]).want(204, "")
	}
	c.do("POST", "/draft/publish", object{"note": "automations", "accept": []string{"no_webhook"}}).want(200, "")
}

// count is how many notes there are.
func (c *client) count() int {
	list, _ := c.do("GET", "/entities/note/records?limit=100", nil).want(200, "").at("records").([]any)
	return len(list)
}

// call signs a call from outside as Standard Webhooks are.
func (w *world) call(secret, id, body string, at time.Time) reply {
	w.t.Helper()
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	c := &client{w: w}
	return c.do("POST", "/hooks/demo/erp", body, header("webhook-id: "+id), header("webhook-timestamp: "+stamp),
		header("webhook-signature: v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil))))
}

func TestAutomations(t *testing.T) {
	onStores(t, func(w *world) {
		boss := w.signIn("admin")
		boss.publish([2]string{"entities/note", noteEntity}, [2]string{"flows/inbound", inboundFlow},
			[2]string{"flows/follow_up", createdFlow}, [2]string{"flows/again", buttonFlow}, [2]string{"flows/broken", brokenFlow})
		w.inboundWebhook(boss)
		w.buttonsAndRetries(boss)
	})
}

func (w *world) inboundWebhook(boss *client) {
	w.t.Helper()
	const body = `{"text": "hello", "amount": 12.30}`
	w.call("guess", "m1", body, w.clock.Now()).want(404, "not_found") // it has no secret yet
	secret := boss.do("POST", "/hook-secrets/erp", nil).want(200, "").text("secret")
	boss.do("POST", "/hook-secrets/nobody", nil).want(404, "not_found")
	w.call("guess", "m1", body, w.clock.Now()).want(401, "hook_signature")
	w.call(secret, "m1", body, w.clock.Now().Add(-time.Hour)).want(401, "hook_signature")
	w.call(secret, "", body, w.clock.Now()).want(400, "hook_key")
	w.call(secret, "m0", `[1]`, w.clock.Now()).want(400, "hook_body")
	run := w.call(secret, "m1", body, w.clock.Now()).want(202, "").text("run")
	again := w.call(secret, "m1", body, w.clock.Now().Add(time.Minute)).want(202, "")
	if again.text("run") != run || again.header.Get("Idempotent-Replay") != "true" {
		w.t.Errorf("the repetition started %s, not %s", again.text("run"), run)
	}
	w.call(secret, "m1", `{"text": "other"}`, w.clock.Now()).want(409, "idempotency_conflict")
	w.until("written and followed up", func() bool {
		r := boss.do("GET", "/entities/note/records", nil)
		return r.text("records.0.values.seen") == "yes" && r.text("records.0.values.amount") == "12.30"
	})
	if n := boss.count(); n != 1 {
		w.t.Errorf("%d notes, want 1", n)
	}
	refused := 0
	for i := range 70 {
		if r := w.call(secret, fmt.Sprint("flood", i), `{"text": "x"}`, w.clock.Now()); r.status == 429 {
			refused++
			if r.header.Get("Retry-After") == "" {
				w.t.Error("nobody is told when to come again")
			}
		}
	}
	if refused < 5 {
		w.t.Errorf("%d of 70 calls at once were refused", refused)
	}
}

// TestHooksOfAFlowAdmin: he sees where each hook of his flows is called and by what came of it, and renews its secret.
func TestHooksOfAFlowAdmin(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		boss, clerk := w.signIn("admin"), w.signIn("clerk")
		own := strings.Replace(inboundFlow, `"nodes"`, `"settings": {"admins": ["user:`+w.who("labor")+`"]}, "nodes"`, 1)
		boss.publish([2]string{"entities/note", noteEntity}, [2]string{"flows/inbound", own})
		labor := w.signIn("labor")
		if list := clerk.do("GET", "/hooks", nil).want(200, ""); list.text("hooks.0.name") != "" {
			t.Errorf("the clerk sees hooks: %s", list.body)
		}
		clerk.do("POST", "/hook-secrets/erp", nil).want(404, "not_found")
		first := labor.do("POST", "/hook-secrets/erp", nil).want(200, "").text("secret")
		second := labor.do("POST", "/hook-secrets/erp", nil).want(200, "").text("secret")
		w.call(first, "m1", `{"text": "old secret"}`, w.clock.Now()).want(401, "hook_signature")
		run := w.call(second, "m2", `{"text": "new secret"}`, w.clock.Now()).want(202, "").text("run")

		list := labor.do("GET", "/hooks", nil).want(200, "")
		if list.text("hooks.0.path") != "/api/v1/hooks/demo/erp" || list.text("hooks.0.flow") != "inbound" || list.text("hooks.0.since") == "" {
			t.Errorf("hooks: %s", list.body)
		}
		if list.text("hooks.0.calls.0.id") != "m2" || list.text("hooks.0.calls.0.run") != run || list.text("hooks.0.calls.1.code") != "hook_signature" {
			t.Errorf("calls: %s", list.body)
		}
		if strings.Contains(string(list.body), second) {
			t.Error("the secret is shown again")
		}
		if list.text("hooks.0.calls.0.body") != `{"text":"new secret"}` || list.at("hooks.0.calls.1.body") != nil {
			t.Errorf("bodies of calls: %s", list.body)
		}
		w.call(second, "m2", `{"text": "new secret"}`, w.clock.Now()).want(202, "")
		w.call(second, "m3", `{"text": "x", "password": "hidden"}`, w.clock.Now()).want(202, "")
		list = labor.do("GET", "/hooks", nil).want(200, "")
		if list.at("hooks.0.calls.1.replay") != true || list.text("hooks.0.calls.0.body") != `{"password":"***","text":"x"}` {
			t.Errorf("a repetition and a call with a secret: %s", list.body)
		}
		for i := range 30 {
			w.call(second, fmt.Sprint("more", i), `{"text": "x"}`, w.clock.Now()).want(202, "")
		}
		if calls, _ := labor.do("GET", "/hooks", nil).at("hooks.0.calls").([]any); len(calls) != 20 {
			t.Errorf("%d calls are kept, want 20", len(calls))
		}
	})
}

// TestWhatAFlowDoesIsTold: the page of a flow has words for steps without people, for its start, and for where webhooks go.
func TestWhatAFlowDoesIsTold(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		boss := w.signIn("admin")
		boss.do("POST", "/channels", object{
			"name": "nowhere", "kind": "webhook", "enabled": true, "notices": []string{}, "url": "https://erp.example.com/in?token=hidden", "secret": "0123456789abcdef",
		}).want(201, "")
		boss.publish([2]string{"entities/note", noteEntity}, [2]string{"flows/follow_up", createdFlow}, [2]string{"flows/broken", brokenFlow})
		r := boss.do("GET", "/flows/follow_up", nil).want(200, "")
		for path, want := range map[string]string{
			"doings.start.entity": "记录", "doings.start.where.told.op": "eq", "doings.start.where.told.args.0.title": "内容",
			"doings.mark.do": "set", "doings.mark.values.0.name": "已阅", "doings.mark.values.0.told.value": "yes",
		} {
			if got := r.text(path); got != want {
				t.Errorf("%s is %q, want %q", path, got, want)
			}
		}
		r = boss.do("GET", "/flows/broken", nil).want(200, "")
		if r.text("targets.nowhere") != "https://erp.example.com/…" || strings.Contains(string(r.body), "hidden") {
			t.Errorf("where the webhook goes: %v", r.at("targets"))
		}
		if r.text("doings.call.name") != "nowhere" || r.text("doings.call.values.0.told.title") != "内容" {
			t.Errorf("what the call sends: %v", r.at("doings"))
		}
		own := strings.Replace(createdFlow, `"nodes"`, `"settings": {"admins": ["user:`+w.who("labor")+`"]}, "nodes"`, 1)
		boss.do("PUT", "/draft/flows/follow_up", own).want(204, "")
		if r := boss.do("GET", "/flows/follow_up", nil); r.text("titles.user:"+w.who("labor")) == "" {
			t.Errorf("its administrator has no name: %v", r.at("titles"))
		}
	})
}

func (w *world) buttonsAndRetries(boss *client) {
	w.t.Helper()
	made := boss.do("POST", "/entities/note/records", object{"values": object{"text": "to copy"}}).want(201, "").text("id")
	record := "/entities/note/records/" + made
	r := boss.do("GET", record+"/buttons", nil).want(200, "")
	if r.text("buttons.0.flow") != "again" || r.text("buttons.0.title") != "再记一次" {
		w.t.Fatalf("buttons %s", r.body)
	}
	for range 2 {
		boss.do("POST", record+"/buttons/again", nil, "Idempotency-Key: k1").want(202, "")
	}
	w.until("copied once", func() bool {
		return boss.has("copy of to copy") == 1
	})
	leader := w.signIn("clerk")
	leader.do("GET", record+"/buttons", nil).want(404, "not_found")
	leader.do("GET", "/automations", nil).want(403, "not_admin")
	run := boss.do("POST", record+"/buttons/broken", nil).want(202, "").text("run")
	w.until("given up", func() bool {
		return boss.do("GET", "/automations?incident=true&flow=broken", nil).text("runs.0.incident") == "no_webhook"
	})
	line := boss.do("GET", "/entities/flow_run/records/"+run+"/timeline", nil).want(200, "")
	n := fmt.Sprint(line.at("flow.effects.0.n"))
	if line.at("flow.effects.0.dead") != true {
		w.t.Fatalf("timeline %s", line.body)
	}
	retry := "/entities/flow_run/records/" + run + "/effects/" + n + "/retry"
	leader.do("POST", retry, nil).want(404, "not_found")
	boss.do("POST", retry, nil).want(204, "")
	w.until("tried again", func() bool {
		r := boss.do("GET", "/entities/flow_run/records/"+run+"/timeline", nil)
		entries, _ := r.at("entries").([]any)
		return r.at("flow.effects.0.dead") == true && len(entries) >= 4
	})
	of := boss.do("GET", record+"/timeline", nil).want(200, "")
	if runs, _ := of.at("runs").([]any); len(runs) != 2 {
		w.t.Errorf("runs about the record: %s", of.body)
	}
}

// has counts notes with a text.
func (c *client) has(text string) int {
	found := 0
	list, _ := c.do("GET", "/entities/note/records?limit=200", nil).at("records").([]any)
	for _, item := range list {
		item, _ := item.(object)
		if values, _ := item["values"].(object); values["text"] == text {
			found++
		}
	}
	return found
}
