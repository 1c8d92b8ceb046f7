package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

// leftOut is what a resend leaves out, by reason.
func (r reply) leftOut() string {
	list, _ := r.at("leftOut").([]any)
	text := ""
	for _, item := range list {
		of, _ := item.(object)
		text += fmt.Sprintf("%s %v;", of["code"], of["count"])
	}
	return text
}

// failedDeliveries is a company with three receivers that refused what they were sent: one answers now, one is switched
// off, and one was called by a flow itself.
func (w *world) failedDeliveries(admin *client) (outside *receiver, erp string) {
	w.t.Helper()
	outside = &receiver{status: http.StatusGone}
	server := httptest.NewServer(outside)
	w.t.Cleanup(server.Close)
	channel := func(name string, notices ...string) reply {
		return admin.do("POST", "/channels", object{
			"name": name, "kind": "webhook", "enabled": true, "notices": append([]string{}, notices...), "url": server.URL, "secret": "0123456789abcdef",
		}).want(http.StatusCreated, "")
	}
	erp = channel("erp", "task").text("id")
	old := channel("old", "task").text("id")
	channel("nowhere")
	admin.publish([2]string{"entities/note", noteEntity}, [2]string{"flows/broken", brokenFlow})
	clerk := w.signIn("clerk")
	for _, date := range []string{"2026-06-01", "2026-06-02"} {
		clerk.do("POST", sheets, object{"values": clerk.sheet(date), "submit": true}).want(http.StatusCreated, "")
	}
	note := admin.do("POST", "/entities/note/records", object{"values": object{"text": "x"}}).want(http.StatusCreated, "").text("id")
	admin.do("POST", "/entities/note/records/"+note+"/buttons/broken", nil).want(http.StatusAccepted, "")
	w.until("five refusals", func() bool {
		list, _ := admin.do("GET", "/deliveries?status=failed", nil).at("deliveries").([]any)
		return len(list) == 5
	})
	admin.do("PUT", "/channels/"+old, object{"name": "old", "kind": "webhook", "enabled": false, "notices": []string{"task"}, "rev": 1}).want(http.StatusOK, "")
	outside.mu.Lock()
	outside.status = http.StatusNoContent
	outside.mu.Unlock()
	return outside, erp
}

// TestEverythingGivenUpIsSentAgain: at once, after a look at how many, without what would fail again or is not the log's to send.
func TestEverythingGivenUpIsSentAgain(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin := w.signIn("admin")
		outside, erp := w.failedDeliveries(admin)
		before := outside.count()
		preview := admin.do("GET", "/deliveries/resend", nil).want(http.StatusOK, "")
		if preview.at("sent") != number("2") || preview.leftOut() != "channel_gone 2;flow_retries 1;" || preview.at("more") != false {
			t.Errorf("preview: %s", preview.body)
		}
		at := url.QueryEscape(w.clock.Now().Add(-time.Hour).Format(time.RFC3339))
		for query, want := range map[string]string{
			"?channel=" + erp: "2", "?status=skipped": "0", "?user=" + w.who("foreman"): "0", "?to=" + at: "0", "?from=" + at: "2",
		} {
			if r := admin.do("GET", "/deliveries/resend"+query, nil).want(http.StatusOK, ""); r.at("sent") != number(want) {
				t.Errorf("%s would send %v, want %s", query, r.at("sent"), want)
			}
		}
		admin.do("GET", "/deliveries/resend?from=yesterday", nil).want(http.StatusBadRequest, "bad_parameter")
		w.signIn("clerk").do("POST", "/deliveries/resend", object{}).want(http.StatusForbidden, "forbidden")
		if outside.count() != before {
			t.Error("a preview has sent something")
		}
		done := admin.do("POST", "/deliveries/resend", object{"status": "failed"}).want(http.StatusOK, "")
		if done.at("sent") != number("2") || done.leftOut() != preview.leftOut() {
			t.Errorf("sent again: %s", done.body)
		}
		w.until("both arrive", func() bool {
			list, _ := admin.do("GET", "/deliveries?status=sent&channel="+erp, nil).at("deliveries").([]any)
			return len(list) == 2 && outside.count() == before+2
		})
		if again := admin.do("POST", "/deliveries/resend", object{}).want(http.StatusOK, ""); again.at("sent") != number("0") {
			t.Errorf("sent a third time: %s", again.body)
		}
	})
}

// TestTheCallOfAFlowIsNotTheLogsToSend: only the run knows its content.
func TestTheCallOfAFlowIsNotTheLogsToSend(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin := w.signIn("admin")
		outside, erp := w.failedDeliveries(admin)
		log := admin.do("GET", "/deliveries?status=failed", nil).want(http.StatusOK, "")
		list, _ := log.at("deliveries").([]any)
		for _, item := range list {
			d, _ := item.(object)
			can, _ := d["can"].([]any)
			if ours := d["kind"] != "message"; ours != (len(can) == 1) {
				t.Errorf("what may be done with %v: %v", d["kind"], can)
			}
			if d["kind"] == "message" {
				before := outside.count()
				admin.do("POST", fmt.Sprintf("/deliveries/%v/send", d["id"]), object{}).want(http.StatusConflict, "flow_retries")
				if outside.count() != before {
					t.Error("it was called")
				}
			}
			if d["channel"] == erp && d["task"] == nil {
				t.Errorf("the log does not say which task it is about: %v", d)
			}
		}
	})
}
