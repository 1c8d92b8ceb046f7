package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"formwork/engine/notify"
)

// postOffice is a mail server that keeps what it is given.
type postOffice struct {
	mu    sync.Mutex
	mails []letter
	down  bool
}

type letter struct{ to, subject, body string }

func (o *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return &counter{office: o}, nil }

type counter struct {
	office *postOffice
	to     []string
}

func (c *counter) AuthMechanisms() []string { return []string{sasl.Plain} }
func (c *counter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, password string) error {
		if name != "robot" || password != "correct horse" {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}
func (c *counter) Reset()                                    {}
func (c *counter) Logout() error                             { return nil }
func (c *counter) Mail(string, *smtp.MailOptions) error      { return nil }
func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error { c.to = append(c.to, to); return nil }
func (c *counter) Data(r io.Reader) error {
	c.office.mu.Lock()
	defer c.office.mu.Unlock()
	if c.office.down {
		return &smtp.SMTPError{Code: 451, Message: "later"}
	}
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return err
	}
	body, err := io.ReadAll(m.Body)
	c.office.mails = append(c.office.mails, letter{strings.Join(c.to, ","), subject, decoded(string(body))})
	return err
}

// decoded undoes quoted-printable as far as tests look at it.
func decoded(body string) string {
	body = strings.ReplaceAll(body, "=\r\n", "")
	var out bytes.Buffer
	for i := 0; i < len(body); i++ {
		if body[i] == '=' && i+2 < len(body) {
			if b, err := strconv.ParseUint(body[i+1:i+3], 16, 8); err == nil {
				out.WriteByte(byte(b))
				i += 2
				continue
			}
		}
		out.WriteByte(body[i])
	}
	return out.String()
}

func (o *postOffice) serve(t *testing.T) (port int) {
	t.Helper()
	server := smtp.NewServer(o)
	server.Domain, server.AllowInsecureAuth = "localhost", true
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(ln) }()
	t.Cleanup(func() { _ = server.Close() })
	_, text, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	port, err = strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// to gives the mails to an address.
func (o *postOffice) to(address string) []letter {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(o.mails), func(l letter) bool { return l.to != address })
}

func (w *world) mailChannel(admin *client, port int) {
	w.t.Helper()
	admin.do("POST", "/channels", object{
		"name": "邮件", "kind": "email", "enabled": true, "notices": []string{"task", "returned", "ended", "cc", "remind", "mention"},
		"host": "127.0.0.1", "port": port, "security": "none", "from": "Formwork <forms@example.com>",
	}).want(http.StatusCreated, "")
}

// address gives a member an e-mail address.
func (w *world) address(admin *client, name, address string) {
	user := w.people[name].User
	members := admin.do("GET", "/members", nil)
	var all []struct {
		User string `json:"user"`
		Rev  int64  `json:"rev"`
	}
	w.must(json.Unmarshal(members.body, &all))
	for _, m := range all {
		if m.User == user {
			admin.do("PATCH", "/members/"+user, object{"email": address}, header(fmt.Sprintf(`If-Match: "%d"`, m.Rev))).want(http.StatusOK, "")
		}
	}
}

func TestMailTellsWhomATaskWaitsFor(t *testing.T) {
	onStores(t, func(w *world) {
		w.engine.Notify.OpenAt("https://forms.example.com/")
		admin, clerk, foreman, manager := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman"), w.signIn("manager")
		office := &postOffice{}
		w.mailChannel(admin, office.serve(w.t))
		for name, address := range map[string]string{"foreman": "foreman@example.com", "clerk": "clerk@example.com", "manager": "manager@example.com", "labor": "labor@example.com"} {
			w.address(admin, name, address)
		}
		made := clerk.do("POST", sheets, object{"values": clerk.sheet("2026-06-02"), "submit": true}).want(http.StatusCreated, "")
		id := made.text("id")
		w.until("mail to the foreman", func() bool { return len(office.to("foreman@example.com")) == 1 })
		got := office.to("foreman@example.com")[0]
		for _, part := range []string{made.text("values.no"), "https://forms.example.com/tasks/day_labor_sheet." + id, "company=demo"} {
			if !strings.Contains(got.subject+got.body, part) {
				w.t.Errorf("the mail does not say %q:\n%s\n%s", part, got.subject, got.body)
			}
		}
		if len(office.to("clerk@example.com"))+len(office.to("manager@example.com")) != 0 {
			w.t.Error("somebody was told of what is not his yet")
		}
		foreman.do("POST", "/tasks/"+foreman.open(id)+"/approve", foreman.signed()).want(http.StatusOK, "")
		w.until("mail to the manager", func() bool { return len(office.to("manager@example.com")) == 1 })
		manager.do("POST", "/tasks/"+manager.open(id)+"/approve", object{}).want(http.StatusOK, "")
		w.until("mail to the clerk", func() bool { return len(office.to("clerk@example.com")) == 1 })
		end := office.to("clerk@example.com")[0]
		if !strings.Contains(end.subject, "已通过") {
			w.t.Errorf("subject %q", end.subject)
		}
		amount := manager.do("GET", sheets+"/"+id, nil).text("values.total_amount")
		if amount == "" || strings.Contains(end.subject+end.body, amount) {
			w.t.Errorf("the clerk's mail holds the pay %q he may not see:\n%s", amount, end.body)
		}
		inbox := clerk.do("GET", "/notifications", nil).want(http.StatusOK, "")
		if inbox.text("messages.0.kind") != "ended" || inbox.at("unread") != number("1") {
			w.t.Errorf("inbox: %s", inbox.body)
		}
		if inbox.text("messages.0.record") != id || inbox.text("messages.0.task") != "" {
			w.t.Errorf("who began it is led to the record: %s", inbox.body)
		}
		labor := w.signIn("labor")
		w.until("mail about the copy", func() bool { return len(office.to("labor@example.com")) == 1 })
		if told, copied := office.to("labor@example.com")[0], labor.do("GET", "/tasks?tab=cc", nil).text("tasks.0.id"); !strings.Contains(told.body, "/tasks/"+copied+"?") {
			w.t.Errorf("who is copied is not led to the copy %q:\n%s", copied, told.body)
		}
		clerk.do("POST", "/notifications/read", object{}).want(http.StatusNoContent, "")
		if again := clerk.do("GET", "/notifications", nil); again.at("unread") != number("0") {
			w.t.Errorf("still unread: %s", again.body)
		}
		log := admin.do("GET", "/deliveries?status=sent", nil).want(http.StatusOK, "")
		if sent, _ := log.at("deliveries").([]any); len(sent) < 3 {
			w.t.Errorf("delivery log: %s", log.body)
		}
	})
}

func TestWhatIsNotDeliveredIsTriedAgain(t *testing.T) {
	onStores(t, func(w *world) {
		admin, clerk := w.signIn("admin"), w.signIn("clerk")
		office := &postOffice{down: true}
		w.mailChannel(admin, office.serve(w.t))
		w.address(admin, "foreman", "foreman@example.com")
		clerk.do("POST", sheets, object{"values": clerk.sheet("2026-06-02"), "submit": true}).want(http.StatusCreated, "")
		w.until("a first attempt", func() bool {
			log := admin.do("GET", "/deliveries", nil)
			return log.at("deliveries.0.attempts") == number("1") && log.text("deliveries.0.status") == "waiting"
		})
		office.mu.Lock()
		office.down = false
		office.mu.Unlock()
		w.clock.pass(5 * time.Second)
		w.until("the mail", func() bool { return len(office.to("foreman@example.com")) == 1 })
	})
}

func TestQuietHoursAndDigestHoldMailTogether(t *testing.T) {
	onStores(t, func(w *world) {
		admin, clerk, foreman := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman")
		office := &postOffice{}
		w.mailChannel(admin, office.serve(w.t))
		w.address(admin, "foreman", "foreman@example.com")
		foreman.do("PUT", "/account/notifications", object{"email": true, "off": []string{}, "digest": "hourly", "quietFrom": "25:00", "quietTo": "13:00"}).
			want(http.StatusUnprocessableEntity, "invalid")
		// It is noon: an hourly digest would go out at one, quiet hours keep it until two.
		if kept := foreman.do("PUT", "/account/notifications", object{"email": true, "off": []string{}, "digest": "daily", "at": "9:05", "quietFrom": "9:30", "quietTo": "22:00"}).
			want(http.StatusOK, ""); kept.text("at") != "09:05" || kept.text("quietFrom") != "09:30" {
			w.t.Errorf("hours are kept as %s", kept.body)
		}
		foreman.do("PUT", "/account/notifications", object{"email": true, "off": []string{}, "digest": "hourly", "quietFrom": "12:30", "quietTo": "14:00"}).
			want(http.StatusOK, "")
		for _, date := range []string{"2026-06-01", "2026-06-02"} {
			clerk.do("POST", sheets, object{"values": clerk.sheet(date), "submit": true}).want(http.StatusCreated, "")
		}
		held := func() int {
			log := admin.do("GET", "/deliveries?status=held", nil)
			all, _ := log.at("deliveries").([]any)
			return len(all)
		}
		w.until("two held mails", func() bool { return held() == 2 })
		w.clock.pass(70 * time.Minute)
		time.Sleep(300 * time.Millisecond)
		if n := len(office.to("foreman@example.com")); n != 0 {
			w.t.Fatalf("%d mails in quiet hours", n)
		}
		w.clock.pass(time.Hour)
		w.until("the digest", func() bool { return len(office.to("foreman@example.com")) == 1 && held() == 0 })
		if got := office.to("foreman@example.com")[0]; !strings.HasPrefix(got.subject, "2 ") {
			w.t.Errorf("subject %q", got.subject)
		}
	})
}

// receiver is a server somebody else runs.
type receiver struct {
	mu     sync.Mutex
	status int
	answer string
	bodies [][]byte
	heads  []http.Header
	paths  []string
}

func (r *receiver) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bodies, r.heads, r.paths = append(r.bodies, body), append(r.heads, req.Header.Clone()), append(r.paths, req.URL.String())
	rw.WriteHeader(r.status)
	_, _ = io.WriteString(rw, r.answer)
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.bodies)
}

func TestWebhookIsSignedAndKnownByItsID(t *testing.T) {
	onStores(t, func(w *world) {
		admin, clerk := w.signIn("admin"), w.signIn("clerk")
		outside := &receiver{status: http.StatusServiceUnavailable}
		server := httptest.NewServer(outside)
		w.t.Cleanup(server.Close)
		const secret = "0123456789abcdef-long"
		channel := object{
			"name": "erp", "kind": "webhook", "enabled": true, "notices": []string{"task"}, "url": server.URL + "/hook?token=hidden", "secret": secret,
		}
		short := object{}
		for k, v := range channel {
			short[k] = v
		}
		short["secret"] = "short"
		admin.do("POST", "/channels", short).want(http.StatusUnprocessableEntity, "invalid")
		made := admin.do("POST", "/channels", channel).want(http.StatusCreated, "")
		if strings.Contains(string(made.body), "hidden") || strings.Contains(string(made.body), secret) || made.at("hasSecret") != true {
			w.t.Errorf("the answer shows what is secret: %s", made.body)
		}
		clerk.do("POST", "/channels", channel).want(http.StatusForbidden, "forbidden")
		clerk.do("POST", sheets, object{"values": clerk.sheet("2026-06-02"), "submit": true}).want(http.StatusCreated, "")
		w.until("a first call", func() bool { return outside.count() == 1 })
		outside.mu.Lock()
		outside.status = http.StatusNoContent
		outside.mu.Unlock()
		w.clock.pass(5 * time.Second)
		w.until("a second call", func() bool { return outside.count() == 2 })
		outside.mu.Lock()
		defer outside.mu.Unlock()
		if a, b := outside.heads[0].Get(notify.HeaderID), outside.heads[1].Get(notify.HeaderID); a == "" || a != b {
			w.t.Errorf("ids %q and %q", a, b)
		}
		head := outside.heads[1]
		seconds, err := strconv.ParseInt(head.Get(notify.HeaderTimestamp), 10, 64)
		w.must(err)
		if want := notify.Sign(secret, head.Get(notify.HeaderID), time.Unix(seconds, 0), outside.bodies[1]); head.Get(notify.HeaderSignature) != want {
			w.t.Errorf("signature %q, want %q", head.Get(notify.HeaderSignature), want)
		}
		if !bytes.Contains(outside.bodies[1], []byte(`"type":"notice.task"`)) {
			w.t.Errorf("body %s", outside.bodies[1])
		}
	})
}

func TestChannelIsTestedChangedAndTakenAway(t *testing.T) {
	onStores(t, func(w *world) {
		admin := w.signIn("admin")
		outside := &receiver{status: http.StatusOK, answer: `{"errcode":310000,"errmsg":"sign not match"}`}
		server := httptest.NewServer(outside)
		w.t.Cleanup(server.Close)
		robot := object{"name": "群", "kind": "dingtalk", "enabled": true, "notices": []string{"task"}, "url": server.URL + "/robot?access_token=x", "secret": "SEC1"}
		admin.do("POST", "/channels", robot).want(http.StatusUnprocessableEntity, "invalid") // robots are on https only
		hook := object{"name": "erp", "kind": "webhook", "enabled": true, "notices": []string{}, "url": server.URL, "secret": "0123456789abcdef"}
		made := admin.do("POST", "/channels", hook).want(http.StatusCreated, "")
		admin.do("POST", "/channels", hook).want(http.StatusUnprocessableEntity, "invalid") // the name is taken
		path := "/channels/" + made.text("id")
		admin.do("POST", path+"/test", object{}).want(http.StatusNoContent, "")
		outside.mu.Lock()
		outside.status = http.StatusGone
		outside.mu.Unlock()
		refused := admin.do("POST", path+"/test", object{}).want(http.StatusBadGateway, "channel_not_sent")
		if refused.text("params.said") != "http_410" {
			w.t.Errorf("said %q", refused.text("params.said"))
		}
		change := object{"name": "erp2", "kind": "webhook", "enabled": false, "notices": []string{"cc"}, "rev": 1}
		changed := admin.do("PUT", path, change).want(http.StatusOK, "")
		if changed.at("hasSecret") != true || changed.text("target") == "" {
			w.t.Errorf("secrets did not stay: %s", changed.body)
		}
		admin.do("PUT", path, change).want(http.StatusConflict, "conflict")
		wording := object{"name": "erp2", "kind": "webhook", "enabled": false, "notices": []string{}, "rev": 2, "subject": "{subject} {who}"}
		problem := admin.do("PUT", path, wording).want(http.StatusUnprocessableEntity, "invalid")
		if problem.text("problems.0.code") != "placeholder" || problem.text("problems.0.params.name") != "who" {
			w.t.Errorf("problems: %s", problem.body)
		}
		admin.do("DELETE", path, nil).want(http.StatusNoContent, "")
		admin.do("DELETE", path, nil).want(http.StatusNotFound, "not_found")
		if list := admin.do("GET", "/channels", nil); list.at("channels.0") != nil {
			w.t.Errorf("still there: %s", list.body)
		}
	})
}

func TestMailChannelKeepsPasswordsOffTheWire(t *testing.T) {
	onStores(t, func(w *world) {
		admin := w.signIn("admin")
		r := admin.do("POST", "/channels", object{
			"name": "邮件", "kind": "email", "enabled": true, "notices": []string{}, "host": "mail.example.com", "security": "none", "login": "robot",
			"secret": "correct horse", "from": "nonsense",
		}).want(http.StatusUnprocessableEntity, "invalid")
		var codes []string
		problems, _ := r.at("problems").([]any)
		for _, p := range problems {
			p, _ := p.(object)
			codes = append(codes, fmt.Sprint(p["field"], " ", p["code"]))
		}
		if !equal(codes, []string{"from address", "security password_in_the_clear"}) {
			w.t.Errorf("problems %v", codes)
		}
	})
}
