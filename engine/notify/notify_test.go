package notify

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"formwork/engine/flow"
)

func TestOnlyPublicAndAllowedAddressesAreCalled(t *testing.T) {
	d := dialer{allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "10.1.2.3": true,
		"10.2.0.1": false, "127.0.0.1": false, "::1": false, "169.254.169.254": false, "192.168.1.1": false, "172.16.0.1": false,
		"0.0.0.0": false, "100.64.0.1": false, "fe80::1": false, "fd00::1": false, "::ffff:127.0.0.1": false, "64:ff9b::7f00:1": false,
		"224.0.0.1": false, "255.255.255.255": false,
	} {
		if got := d.permits(netip.MustParseAddr(address).Unmap()); got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

func TestAnAddressIsJudgedBeforeItIsCalled(t *testing.T) {
	d := dialer{allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}}
	for address, want := range map[string]bool{
		"https://8.8.8.8/hook": true, "http://10.1.2.3:8080/erp": true, "https://[2606:4700::1111]/": true,
		"http://127.0.0.1/": false, "http://[::1]:9000/": false, "http://10.2.0.1/": false, "http://localhost/x": false, "http://%zz": false,
	} {
		if got := d.reaches(t.Context(), address); got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

func TestWhenMailGoesOut(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	at := func(clock string) time.Time {
		day, err := time.ParseInLocation("2006-01-02 15:04", "2026-06-03 "+clock, zone)
		if err != nil {
			t.Fatal(err)
		}
		return day
	}
	night := Setting{Digest: DigestNow, QuietFrom: "22:00", QuietTo: "07:30"}
	for _, c := range []struct {
		note    string
		setting Setting
		now     string
		want    time.Time
		held    bool
	}{
		{"at once", usual(), "12:00", at("12:00"), false},
		{"hourly", Setting{Digest: DigestHourly}, "12:10", at("13:00"), true},
		{"daily, later today", Setting{Digest: DigestDaily, At: "18:00"}, "12:10", at("18:00"), true},
		{"daily, tomorrow", Setting{Digest: DigestDaily, At: "08:00"}, "12:10", at("08:00").AddDate(0, 0, 1), true},
		{"by day", night, "12:00", at("12:00"), false},
		{"late in the evening", night, "22:00", at("07:30").AddDate(0, 0, 1), true},
		{"before dawn", night, "05:00", at("07:30"), true},
		{"the end of quiet hours", night, "07:30", at("07:30"), false},
		{"a digest inside quiet hours", Setting{Digest: DigestHourly, QuietFrom: "12:30", QuietTo: "14:00"}, "12:10", at("14:00"), true},
	} {
		got, held := c.setting.sendAt(at(c.now))
		if !got.Equal(c.want) || held != c.held {
			t.Errorf("%s: %s held %v, want %s held %v", c.note, got, held, c.want, c.held)
		}
	}
}

func TestEveryKindHasItsSentences(t *testing.T) {
	var keys []string
	for _, kind := range append(flow.NoticeKinds(), KindMessage) {
		if kind != flow.NoticeEnded {
			keys = append(keys, string(kind), string(kind)+".line")
		}
	}
	for _, status := range []flow.Status{flow.Approved, flow.Rejected, flow.Cancelled, flow.Terminated} {
		keys = append(keys, "ended."+string(status), "ended."+string(status)+".line")
	}
	for _, kind := range append(flow.NoticeKinds(), KindMessage, "test") {
		keys = append(keys, "kind."+string(kind))
	}
	keys = append(keys, "example.subject", "example.node", "example.comment")
	keys = append(keys, "for", "fact", "comment", "open", "system", "digest", "digest.line", "group.task", "group.people", "foot", "test", "test.line")
	for lang, texts := range allTexts() {
		if len(texts) != len(keys) {
			t.Errorf("%s has %d sentences, %d are used", lang, len(texts), len(keys))
		}
		for _, key := range keys {
			if texts[key] == "" {
				t.Errorf("%s lacks %s", lang, key)
			}
		}
	}
}

func TestWhatPeopleWroteIsNoWording(t *testing.T) {
	values := map[string]string{"subject": "{company}", "company": "secret"}
	if got := fill("{subject} {other}", values); got != "{company} {other}" {
		t.Errorf("filled: %q", got)
	}
	if got := oneLine("a\r\nBcc: x@example.com"); strings.ContainsAny(got, "\r\n") {
		t.Errorf("a header can be smuggled in: %q", got)
	}
}

// TestSignatures holds the signatures to what the makers of the robots document: HMAC-SHA256, base64.
func TestSignatures(t *testing.T) {
	at := time.UnixMilli(1717000000123)
	if got := signDingTalk("https://oapi.dingtalk.com/robot/send?access_token=t", "SECabc", at); got != ding {
		t.Errorf("DingTalk: %s", got)
	}
	body := map[string]any{}
	signFeishu(body, "abc", at)
	if body["timestamp"] != "1717000000" || body["sign"] != feishu {
		t.Errorf("Feishu: %v", body)
	}
	if got := Sign("secret", "msg_1", at, []byte(`{"a":1}`)); got != standard {
		t.Errorf("webhook: %s", got)
	}
}

func TestARobotsRefusalIsAFailure(t *testing.T) {
	for answer, want := range map[string]string{
		`{"errcode":0,"errmsg":"ok"}`: "", `{"code":0,"msg":"success"}`: "", `{"StatusCode":0}`: "",
		`{"errcode":45009,"errmsg":"too often"}`: "45009 too often", `{"code":19021,"msg":"sign"}`: "19021 sign", `<html>`: "answer is not JSON",
	} {
		got := ""
		if err := answered([]byte(answer)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", answer, got, want)
		}
	}
}

// Made with another implementation of HMAC.
const (
	ding     = "https://oapi.dingtalk.com/robot/send?access_token=t&sign=KCVxRUqY3pim5bgPnE51smzB%2FD72kLpnJ5tO7i2xgkE%3D&timestamp=1717000000123"
	feishu   = "SVLL2RKUQWMCPsEjbagHmT9zNc2cqnVgoZWA+w143zs="
	standard = "v1,Ki8zJbJ+3QisqwLgmdos1R3yL9CbsQRLGlzl7/Mbv/I="
)
