package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/oklog/ulid/v2"

	"formwork/api"
	"formwork/builder"
	"formwork/engine"
	"formwork/engine/access"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/identity"
	"formwork/engine/store"
	"formwork/engine/store/mongo"
	"formwork/engine/store/sqlite"
	"formwork/templates"
)

// world is a running Formwork with a demo company, reached over HTTP.
type world struct {
	t      *testing.T
	url    string
	engine *engine.Engine
	build  *builder.Builder
	clock  *clock
	log    *slog.Logger
	blobs  string                    // folder of what is uploaded
	people map[string]builder.Person // of the company "demo", by account name; "admin" too
}

// clock is a time that tests move by hand; it begins at noon in China on a Wednesday and goes on by itself.
type clock struct {
	mu    sync.Mutex
	shift time.Duration
	start time.Time
}

func newClock() *clock { return &clock{start: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	noon := time.Date(2026, 6, 3, 4, 0, 0, 0, time.UTC)
	return noon.Add(time.Since(c.start) + c.shift)
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift += d
}

// onStores runs a test with the demo company on the embedded store and, when MONGODB_URI is set, on that server.
func onStores(t *testing.T, test func(w *world)) {
	t.Helper()
	onEach(t,
		func(t *testing.T) { t.Helper(); test(newCompany(t, kept.sqlite(t))) },
		func(t *testing.T) { t.Helper(); test(newCompany(t, kept.mongo(t))) },
	)
}

// onBackends runs a test on an empty embedded store and, when MONGODB_URI is set, on that server.
func onBackends(t *testing.T, test func(t *testing.T, backend store.Backend)) {
	t.Helper()
	onEach(t, func(t *testing.T) {
		t.Helper()
		backend, err := sqlite.New(sqlite.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		test(t, backend)
	}, func(t *testing.T) {
		t.Helper()
		backend, err := mongo.Open(t.Context(), scratch(os.Getenv("MONGODB_URI")))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { dropAll(t, backend) })
		test(t, backend)
	})
}

// onEach runs a test on the embedded store and, when MONGODB_URI is set, on that server.
func onEach(t *testing.T, embedded, server func(t *testing.T)) {
	t.Helper()
	t.Run("sqlite", embedded)
	t.Run("mongodb", func(t *testing.T) {
		if os.Getenv("MONGODB_URI") == "" {
			t.Skip("MONGODB_URI is not set")
		}
		server(t)
	})
}

// patience is how long a test waits for what workers do by themselves; on a machine with other work they take their time.
const patience = 2 * time.Minute

// until waits for something the workers do by themselves.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if done() {
			return
		}
	}
	w.t.Fatalf("%s did not happen", what)
}

// scratch names databases of this test's own: the path of the URI is their prefix.
func scratch(uri string) string {
	address, query, found := strings.Cut(uri, "?")
	if found {
		query = "?" + query
	}
	return strings.TrimSuffix(address, "/") + "/" + strings.ToLower("t"+ulid.Make().String()) + query
}

// databaseOf gives the path of a URI.
func databaseOf(uri string) string {
	address, _, _ := strings.Cut(uri, "?")
	return address[strings.LastIndex(address, "/")+1:]
}

func dropAll(t *testing.T, backend store.Backend) {
	t.Helper()
	for _, name := range []string{"demo", "other", "_system"} {
		db, err := backend.Open(context.Background(), name)
		if err == nil {
			err = db.Drop(context.Background())
		}
		if err != nil {
			t.Errorf("drop %s: %v", name, err)
		}
	}
	if err := backend.Close(); err != nil {
		t.Errorf("close store: %v", err)
	}
}

// newInstallation is Formwork before its first company, its workers running, nobody listening yet.
func newInstallation(t *testing.T, backend store.Backend) *world {
	t.Helper()
	return openInstallation(t, backend, "", newClock())
}

// openInstallation is Formwork on a store, with a copy of a folder of what was uploaded to it, if there is one.
func openInstallation(t *testing.T, backend store.Backend, uploaded string, clock *clock) *world {
	t.Helper()
	w := &world{t: t, clock: clock, blobs: t.TempDir(), people: map[string]builder.Person{}}
	w.log = slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if uploaded != "" {
		w.must(os.CopyFS(w.blobs, os.DirFS(uploaded)))
	}
	blobs, err := file.OpenFolder(w.blobs, time.Now())
	w.must(err)
	t.Cleanup(func() { w.must(blobs.Close()) })
	w.engine, err = engine.New(t.Context(), engine.Config{
		Store: backend, Blobs: blobs, Clock: w.clock.Now, NewID: func() string { return ulid.Make().String() }, Holder: "test", Log: w.log,
		Random:    func(n int) ([]byte, error) { b := make([]byte, n); _, err := rand.Read(b); return b, err },
		Passwords: identity.PasswordParams{MemoryKiB: 64, Iterations: 1}, // cheap: tests sign in often
		Outside:   engine.Outside{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	})
	w.must(err)
	w.build, err = builder.New(builder.Config{
		Tenants: w.engine.Tenants, Catalogs: w.engine.Catalogs, Identity: w.engine.Identity, Records: w.engine.Records,
		Templates: templates.Files, Lint: flow.Lint, Rehearse: w.engine.Flows.Rehearse, Clock: w.clock.Now, NewID: func() string { return ulid.Make().String() },
	})
	w.must(err)
	ctx, stop := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { w.engine.Run(ctx) })
	t.Cleanup(func() { stop(); work.Wait() })
	return w
}

// serve lets people in; it gives the token of the first run, "" when there is a company.
func (w *world) serve() string {
	w.t.Helper()
	setup, token, err := w.engine.Identity.NewSetup(w.t.Context())
	w.must(err)
	app, err := api.New(api.Config{Engine: w.engine, Builder: w.build, Setup: setup, UI: page, Log: w.log})
	w.must(err)
	w.listen(app)
	return token
}

// page stands for the built UI.
var page = fstest.MapFS{
	"index.html":            {Data: []byte("<!doctype html><title>Formwork</title>")},
	"assets/app-1a2b.js":    {Data: []byte("console.log(1)")},
	"assets/app-1a2b.js.br": {Data: []byte("brotli")},
}

// listen serves on a free port of this machine.
func (w *world) listen(app *fiber.App) {
	ln, err := (&net.ListenConfig{}).Listen(w.t.Context(), "tcp", "127.0.0.1:0")
	w.must(err)
	w.url = "http://" + ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- app.Listener(ln) }()
	w.t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections() // also those opened in reserve, which the server would wait for
		if err := errors.Join(app.ShutdownWithTimeout(5*time.Second), <-served); err != nil {
			w.t.Errorf("server: %v", err)
		}
	})
}

// testLog shows the server's warnings with the test that caused them.
type testLog struct{ t *testing.T }

func (l testLog) Write(line []byte) (int, error) { l.t.Logf("server: %s", line); return len(line), nil }

// found creates a company with the labor template and its people; their logins begin with prefix.
func (w *world) found(name, prefix string) {
	w.t.Helper()
	added, err := w.build.Found(w.t.Context(), builder.Company{
		Name: name, Title: name, Template: "labor", AdminLogin: prefix + "admin", AdminName: "管理员",
	})
	w.must(err)
	w.people[prefix+"admin"] = builder.Person{Login: added.Account.Login, Password: added.Password, User: added.Record.ID}
	people, err := w.build.Sample(w.t.Context(), access.Actor{Tenant: name, ID: "system", System: true}, "labor", prefix)
	w.must(err)
	for _, p := range people {
		w.people[prefix+p.Name] = p
	}
	w.engine.Follow(name)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// client is a signed-in browser.
type client struct {
	w      *world
	cookie string
	csrf   string
}

// signIn signs a person in by the name of his account.
func (w *world) signIn(name string) *client {
	w.t.Helper()
	p := w.people[name]
	c := &client{w: w}
	r := c.do("POST", "/session", object{"login": p.Login, "password": p.Password})
	if r.status != http.StatusOK {
		w.t.Fatalf("sign in %s: %d %s", name, r.status, r.body)
	}
	c.csrf = r.text("csrf")
	return c
}

type object = map[string]any

// reply is an answer of the server.
type reply struct {
	t       *testing.T
	status  int
	header  http.Header
	body    []byte
	content object
}

// header is one request header, "Name: value".
type header string

// do sends a request; body may be nil, a text as it is, or anything that becomes JSON.
func (c *client) do(method, path string, body any, headers ...header) reply {
	c.w.t.Helper()
	r, err := c.try(method, path, body, headers...)
	c.w.must(err)
	return r
}

func (c *client) try(method, path string, body any, headers ...header) (reply, error) {
	var raw []byte
	switch body := body.(type) {
	case nil:
	case string:
		raw = []byte(body)
	default:
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return reply{}, err
		}
	}
	req, err := http.NewRequestWithContext(context.Background(), method, c.w.url+"/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		return reply{}, err
	}
	if raw != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Cookie", c.cookie)
	req.Header.Set("X-CSRF-Token", c.csrf)
	for _, h := range headers {
		name, value, _ := strings.Cut(string(h), ": ")
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = res.Body.Close() }()
	r := reply{t: c.w.t, status: res.StatusCode, header: res.Header}
	if r.body, err = io.ReadAll(res.Body); err != nil {
		return reply{}, err
	}
	if len(r.body) > 0 && r.body[0] == '{' {
		dec := json.NewDecoder(bytes.NewReader(r.body))
		dec.UseNumber()
		if err := dec.Decode(&r.content); err != nil {
			return reply{}, err
		}
	}
	for _, cookie := range res.Cookies() {
		c.cookie = cookie.Name + "=" + cookie.Value
	}
	return r, nil
}

// at reads a value by a path of keys and indices: "problems.0.code".
func (r reply) at(path string) any {
	var value any = r.content
	for key := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case object:
			value = v[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

func (r reply) text(path string) string { s, _ := r.at(path).(string); return s }

// want fails the test unless the answer has this status and, for a refusal, this code.
func (r reply) want(status int, code string) reply {
	r.t.Helper()
	if r.status != status || r.text("code") != code {
		r.t.Fatalf("answer %d %q, want %d %q: %s", r.status, r.text("code"), status, code, r.body)
	}
	return r
}

// sheet is a day-labor sheet of the demo company that can be submitted: two workers of the first team, and a photo.
func (c *client) sheet(date string) object {
	c.w.t.Helper()
	project := c.choice("project", "P1", object{})
	team := c.choice("team", "T1", object{"project": project})
	first := c.choice("lines.worker", "W01", object{"project": project, "team": team})
	second := c.choice("lines.worker", "W02", object{"project": project, "team": team})
	return object{
		"project": project, "team": team, "work_date": date, "work_content": "清理现场", "reason_type": "misc",
		"lines": []object{
			{"worker": first, "normal_hours": "8", "ot_hours": "2"},
			{"worker": second, "normal_hours": "7.5", "ot_hours": "0"},
		},
		"photos": []string{c.uploaded("?use=image", "site.jpg", photo(16, 12))},
	}
}

// choice finds a record a field of the sheet may hold by its code.
func (c *client) choice(field, code string, values object) string {
	c.w.t.Helper()
	r := c.do("POST", "/entities/day_labor_sheet/choices", object{"field": field, "values": values, "limit": 100})
	items, _ := r.at("items").([]any)
	for _, item := range items {
		item, _ := item.(object)
		summary, _ := item["summary"].([]any)
		if len(summary) > 0 && summary[0] == code {
			id, _ := item["id"].(string)
			return id
		}
	}
	c.w.t.Fatalf("no choice %s for %s: %s", code, field, r.body)
	return ""
}

const sheets = "/entities/day_labor_sheet/records"

var rowID = regexp.MustCompile(`\[[^\]]*\]`)

func number(text string) json.Number { return json.Number(text) }

// escapeQuery lets tests write filters as they are.
func escapeQuery(path string) string {
	address, query, found := strings.Cut(path, "?")
	if !found {
		return path
	}
	var parts []string
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		parts = append(parts, name+"="+url.QueryEscape(value))
	}
	return address + "?" + strings.Join(parts, "&")
}
