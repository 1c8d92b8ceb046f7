package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"formwork/api"
	"formwork/engine"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/identity"
	"formwork/engine/stage"
	"formwork/engine/store"
	"formwork/engine/store/sqlite"
)

// sharedCases is where the scenarios of the contract stand beside a checkout.
const sharedCases = "../../shared/cases/flow_cases.json"

// TestFlowCases plays the scenarios of the contract over HTTP: each command is a request of the person who gives it, and
// each refusal the code of its answer. What is expected is compared with what is stored.
func TestFlowCases(t *testing.T) {
	raw, err := os.ReadFile(sharedCases)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no %s", sharedCases)
	}
	if err != nil {
		t.Fatal(err)
	}
	onBackends(t, func(t *testing.T, backend store.Backend) {
		t.Helper()
		w := openStage(t, backend)
		results, err := flow.PlayCases(strings.NewReader(string(raw)), w.company.Open(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		if len(results) < 79 {
			t.Errorf("%d cases were played", len(results))
		}
		for _, r := range results {
			if r.Failure != "" {
				t.Error(r.String())
			}
		}
	})
}

// TestEngineCases plays the engine's own scenarios over HTTP.
func TestEngineCases(t *testing.T) {
	files, err := filepath.Glob("../engine/flow/testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	backend, err := sqlite.New(sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	w := openStage(t, backend)
	for _, name := range files {
		raw, err := os.ReadFile(name)
		w.must(err)
		results, err := flow.PlayCases(bytes.NewReader(raw), w.company.Open(t.Context()))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, r := range results {
			if r.Failure != "" {
				t.Error(r.String())
			}
		}
	}
}

// stageWorld is a server with a company for cases.
type stageWorld struct {
	*world
	company *stage.Company
	mu      sync.Mutex
	clients map[string]*client
	signs   map[string]string // ids of the signatures of a record, by their names in its case
}

func openStage(t *testing.T, backend store.Backend) *stageWorld {
	t.Helper()
	w := &stageWorld{world: &world{t: t}, clients: map[string]*client{}, signs: map[string]string{}}
	w.log = slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	clock := stage.NewClock(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	blobs, err := file.OpenFolder(t.TempDir(), time.Now())
	w.must(err)
	t.Cleanup(func() { w.must(blobs.Close()) })
	w.engine, err = engine.New(t.Context(), engine.Config{
		Store: backend, Blobs: blobs, Clock: clock.Now, NewID: func() string { return ulid.Make().String() }, Log: w.log,
		Random:    func(n int) ([]byte, error) { b := make([]byte, n); _, err := rand.Read(b); return b, err },
		Passwords: identity.PasswordParams{MemoryKiB: 64, Iterations: 1},
		Idle:      100 * 365 * 24 * time.Hour, Limit: 100 * 365 * 24 * time.Hour, // the clock of the cases jumps
	})
	w.must(err)
	setup, _, err := w.engine.Identity.NewSetup(t.Context())
	w.must(err)
	app, err := api.New(api.Config{Engine: w.engine, Setup: setup, Log: w.log})
	w.must(err)
	w.listen(app)
	w.company, err = stage.Found(t.Context(), w.engine, clock, "demo")
	w.must(err)
	w.company.Do, w.company.View = w.do, w.view
	return w
}

// as is the signed-in browser of a person.
func (w *stageWorld) as(user string) (*client, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.clients[user]; c != nil {
		return c, nil
	}
	c := &client{w: w.world}
	login, password := w.company.Account(user)
	r, err := c.try(http.MethodPost, "/session", object{"login": login, "password": password})
	if err != nil {
		return nil, err
	}
	if r.status != http.StatusOK {
		return nil, fmt.Errorf("sign in %s: %d %s", user, r.status, r.body)
	}
	c.csrf = r.text("csrf")
	w.clients[user] = c
	return c, nil
}

// recordVerbs are those of the record, with the word of the route.
var recordVerbs = map[flow.Verb]string{
	flow.Start: "submit", flow.Resubmit: "resubmit", flow.Withdraw: "withdraw", flow.Cancel: "cancel", flow.Comment: "comment",
	flow.Remind: "remind", flow.Retrieve: "retrieve", flow.Terminate: "terminate", flow.Retry: "retry", flow.Jump: "jump",
	flow.Migrate: "migrate",
}

// do sends a command. The cases give signatures by name; whoever signs uploads one first.
func (w *stageWorld) do(_ context.Context, cmd stage.Command) error {
	c, err := w.as(cmd.By)
	if err != nil {
		return err
	}
	body := object{}
	for name, value := range map[string]any{
		"comment": cmd.Comment, "to": cmd.To, "kind": string(cmd.Kind), "mode": cmd.Mode, "resubmit": cmd.Resubmit,
	} {
		if value != "" {
			body[name] = value
		}
	}
	if cmd.Data != nil {
		body["values"] = cmd.Data
	}
	if cmd.Users != nil {
		body["users"] = cmd.Users
	}
	if cmd.Map != nil {
		body["map"] = cmd.Map
	}
	if cmd.Rev != nil {
		body["rev"] = *cmd.Rev
	}
	if cmd.Picks != nil {
		body["picks"] = cmd.Picks
	}
	if cmd.Sign != "" {
		body["sign"] = w.signature(c, cmd.Record+cmd.Sign)
	}
	path := "/entities/" + cmd.Entity + "/records/" + cmd.Record + "/" + recordVerbs[cmd.Verb]
	if cmd.Task != "" {
		path = "/tasks/" + cmd.Task + "/" + string(cmd.Verb)
	}
	var headers []header
	if cmd.Key != "" {
		headers = append(headers, header("Idempotency-Key: "+cmd.Key))
	}
	r, err := c.try(http.MethodPost, path, body, headers...)
	if err != nil {
		return err
	}
	return refusalOf(r)
}

// signature is what a person draws for a name; it is drawn once.
func (w *stageWorld) signature(c *client, name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.signs[name] == "" {
		w.signs[name] = c.drawn()
	}
	return w.signs[name]
}

// refusalOf gives the refusal an answer tells.
func refusalOf(r reply) error {
	switch {
	case r.status < 300:
		return nil
	case r.status >= 500 || r.text("code") == "":
		return fmt.Errorf("answer %d: %s", r.status, r.body)
	case r.text("code") == "signature_used": // the API says why there is none that counts
		return &flow.Refused{Code: flow.CodeSignRequired}
	default:
		return &flow.Refused{Code: r.text("code")}
	}
}

func (w *stageWorld) view(_ context.Context, user, entity, id string) (form.Values, error) {
	c, err := w.as(user)
	if err != nil {
		return nil, err
	}
	r, err := c.try(http.MethodGet, "/entities/"+entity+"/records/"+id, nil)
	if err != nil {
		return nil, err
	}
	if err := refusalOf(r); err != nil {
		return nil, err
	}
	values, _ := r.at("values").(object)
	return values, nil
}

// signed is the body of an approval with a signature, as a team leader gives it.
func (c *client) signed() object {
	c.w.t.Helper()
	return object{"sign": c.drawn()}
}

// approval is the body of an approval of a task: with a signature where its node asks for one.
func (c *client) approval(task string) object {
	c.w.t.Helper()
	if c.can(task, "approve")["sign"] == true {
		return c.signed()
	}
	return object{}
}

// drawn uploads a signature and gives its id.
func (c *client) drawn() string {
	c.w.t.Helper()
	var picture bytes.Buffer
	c.w.must(png.Encode(&picture, image.NewGray(image.Rect(0, 0, 200, 80))))
	return c.uploaded("?use=signature", "sign.png", picture.Bytes())
}
