package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// told is what somebody was told in the app of a kind, the latest.
func (c *client) told(kind string) object {
	c.w.t.Helper()
	list, _ := c.do("GET", "/notifications", nil).want(http.StatusOK, "").at("messages").([]any)
	for _, item := range list {
		if m, _ := item.(object); m["kind"] == kind {
			return m
		}
	}
	return nil
}

// TestAMessageOpensWhatItIsAbout: whoever is sent a copy, reminded or named opens by the link of the message the entry of his
// list. Without any grant he could not open the record itself.
func TestAMessageOpensWhatItIsAbout(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		w.engine.Notify.OpenAt("https://forms.example.com")
		admin, clerk, foreman := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman")
		admin.approvedBy(`[{"name": "tell", "type": "cc", "title": "抄送", "who": ["user:` + w.who("auditor") + `"]},` +
			w.node("a", "", "foreman") + `, {"name": "say", "type": "action", "do": {"notify": {"who": ["initiator"], "title": "'材料可以进场了'"}}}]`)
		office := &postOffice{}
		port := office.serve(t)
		w.mailChannel(admin, port)
		admin.do("POST", "/channels", object{ // a channel of another flow, which takes no part in this
			"name": "别的流程", "kind": "email", "enabled": true, "notices": []string{"task", "cc", "ended"}, "flows": []string{"wage_sheet"},
			"host": "127.0.0.1", "port": port, "security": "none", "from": "Formwork <wages@example.com>",
		}).want(http.StatusCreated, "")
		for _, name := range []string{"auditor", "foreman", "clerk"} {
			w.address(admin, name, name+"@example.com")
		}
		auditor := w.stripped(admin, "auditor")
		id := clerk.submitted("2026-06-01")
		w.until("mail of the copy", func() bool { return len(office.to("auditor@example.com")) == 1 })
		entry := auditor.copied(id)
		if got := office.to("auditor@example.com")[0]; !strings.Contains(got.body, "/tasks/"+url.PathEscape(entry)+"?company=demo") {
			t.Errorf("the mail of a copy does not open it:\n%s", got.body)
		}
		auditor.do("GET", "/entities/day_labor_sheet/bundle?task="+url.QueryEscape(entry), nil).want(http.StatusOK, "")
		auditor.do("GET", "/entities/day_labor_sheet/bundle", nil).want(http.StatusNotFound, "not_found")

		copies := func() string { return string(clerk.do("GET", sheets+"/"+id+"/timeline", nil).body) }
		if text := copies(); !strings.Contains(text, `"read":false`) || strings.Contains(text, `"read":true`) {
			t.Errorf("the copy counts as read: %s", text)
		}
		auditor.do("POST", "/tasks/"+entry+"/read", object{}).want(http.StatusNoContent, "")
		if text := copies(); !strings.Contains(text, `"read":true`) {
			t.Errorf("the copy does not count as read: %s", text)
		}

		task := foreman.open(id)
		clerk.do("POST", sheets+"/"+id+"/remind", object{}).want(http.StatusOK, "")
		w.until("the reminder", func() bool { return foreman.told("remind") != nil && len(office.to("foreman@example.com")) == 2 })
		if got := office.to("foreman@example.com")[1]; !strings.Contains(got.body, "/tasks/"+url.PathEscape(task)) {
			t.Errorf("the reminder does not open the task:\n%s", got.body)
		}
		if got := foreman.told("remind")["task"]; got != task {
			t.Errorf("the reminder in the app opens %v", got)
		}
		clerk.do("POST", sheets+"/"+id+"/comment", object{"comment": "请看照片", "users": []string{w.who("auditor")}}).want(http.StatusOK, "")
		w.until("the comment", func() bool { return auditor.told("mention") != nil })
		if got := auditor.told("mention")["task"]; got != entry {
			t.Errorf("the comment opens %v", got)
		}
		foreman.act(task, "approve", nil).want(http.StatusOK, "")
		w.until("what the flow says", func() bool { return clerk.told("message") != nil && clerk.told("ended") != nil })
		w.until("his mails", func() bool { return len(office.to("clerk@example.com")) >= 2 })
		if n := len(office.to("clerk@example.com")); n != 2 {
			t.Errorf("%d mails to the clerk: %v", n, office.to("clerk@example.com"))
		}
		if said := clerk.told("message"); said["subject"] != "材料可以进场了" || said["task"] != nil {
			t.Errorf("the flow says %v", said)
		}
		if said := clerk.told("ended"); said["record"] != id || said["task"] != nil {
			t.Errorf("the end is told by %v", said)
		}
	})
}

// TestWhoStandsInIsToldOfTasks: while he may act for somebody, mail of that one's tasks goes to both.
func TestWhoStandsInIsToldOfTasks(t *testing.T) {
	onStores(t, func(w *world) {
		admin, clerk, foreman := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman")
		admin.approvedBy("[" + w.node("a", "", "foreman") + "]")
		office := &postOffice{}
		w.mailChannel(admin, office.serve(w.t))
		for _, name := range []string{"foreman", "cost", "labor"} {
			w.address(admin, name, name+"@example.com")
		}
		now := w.clock.Now()
		given := foreman.do("POST", "/proxies", object{
			"to": w.who("cost"), "start": now.Add(-time.Minute).Format(time.RFC3339), "end": now.Add(24 * time.Hour).Format(time.RFC3339),
		}).want(http.StatusCreated, "")
		clerk.submitted("2026-06-01")
		w.until("both mails", func() bool {
			return len(office.to("foreman@example.com")) == 1 && len(office.to("cost@example.com")) == 1
		})
		if got := office.to("cost@example.com")[0]; !strings.Contains(got.body, "代 孙国强 处理") {
			w.t.Errorf("the mail does not say for whom:\n%s", got.body)
		}
		if got := office.to("foreman@example.com")[0]; strings.Contains(got.body, "代 ") {
			w.t.Errorf("his own mail:\n%s", got.body)
		}
		foreman.do("DELETE", "/proxies/"+given.text("id"), nil).want(http.StatusNoContent, "")
		clerk.submitted("2026-06-02")
		w.until("his mail", func() bool { return len(office.to("foreman@example.com")) == 2 })
		if n := len(office.to("cost@example.com")); n != 1 {
			w.t.Errorf("%d mails to who stood in", n)
		}
	})
}

// TestATestShowsTheOwnWordingOfItsChannel: with examples in the place of what it names.
func TestATestShowsTheOwnWordingOfItsChannel(t *testing.T) {
	onStores(t, func(w *world) {
		admin := w.signIn("admin")
		office := &postOffice{}
		w.address(admin, "admin", "admin@example.com")
		made := admin.do("POST", "/channels", object{
			"name": "邮件", "kind": "email", "enabled": true, "notices": []string{"task"}, "flows": []string{"day_labor_sheet"},
			"subject": "【{kind}】{subject}", "body": "{initiator} 在 {node}：{comment}\n{link}",
			"host": "127.0.0.1", "port": office.serve(w.t), "security": "none", "from": "Formwork <forms@example.com>",
		}).want(http.StatusCreated, "")
		admin.do("POST", "/channels/"+made.text("id")+"/test", object{}).want(http.StatusNoContent, "")
		got := office.to("admin@example.com")
		if len(got) != 1 || got[0].subject != "【测试】示例单据 001" || !strings.Contains(got[0].body, "示例节点：示例意见") || strings.Contains(got[0].body, "{") {
			w.t.Errorf("mails %v", got)
		}
	})
}
