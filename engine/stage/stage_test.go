package stage_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"formwork/engine"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/identity"
	"formwork/engine/stage"
	"formwork/engine/store"
	"formwork/engine/store/sqlite"
)

// sharedCases is where the scenarios of the contract stand beside a checkout.
const sharedCases = "../../../shared/cases/flow_cases.json"

// open assembles an engine on a store whose workers do not run: effects are delivered by the stage.
func open(t *testing.T, backend store.Backend) (*engine.Engine, *stage.Clock) {
	t.Helper()
	clock := stage.NewClock(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	return assemble(t, backend, clock.Now), clock
}

// assemble makes the engine of a process with a clock.
func assemble(t *testing.T, backend store.Backend, clock func() time.Time) *engine.Engine {
	t.Helper()
	blobs, err := file.OpenFolder(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	e, err := engine.New(t.Context(), engine.Config{
		Store: backend, Blobs: blobs, Clock: clock, NewID: func() string { return ulid.Make().String() },
		Random: func(n int) ([]byte, error) { b := make([]byte, n); _, err := rand.Read(b); return b, err },
		Log:    slog.New(slog.DiscardHandler), Passwords: identity.PasswordParams{MemoryKiB: 64, Iterations: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestSharedCases plays the scenarios of the contract on the engine and an embedded store.
func TestSharedCases(t *testing.T) {
	raw, err := os.ReadFile(sharedCases)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no %s", sharedCases)
	}
	if err != nil {
		t.Fatal(err)
	}
	backend, err := sqlite.New(sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = backend.Close() })
	e, clock := open(t, backend)
	company, err := stage.Found(context.Background(), e, clock, "cases")
	if err != nil {
		t.Fatal(err)
	}
	results, err := flow.PlayCases(strings.NewReader(string(raw)), company.Open(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		t.Run(r.ID, func(t *testing.T) {
			if r.Failure != "" {
				t.Error(r.String())
			}
		})
	}
	if len(results) < 79 {
		t.Errorf("%d cases were played", len(results))
	}
}

// TestEngineCases plays the engine's own scenarios, which the package flow plays without a store, on the embedded one.
func TestEngineCases(t *testing.T) {
	files, err := filepath.Glob("../flow/testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	backend, err := sqlite.New(sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = backend.Close() })
	e, clock := open(t, backend)
	company, err := stage.Found(t.Context(), e, clock, "cases")
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		results, err := flow.PlayCases(bytes.NewReader(raw), company.Open(t.Context()))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		played += len(results)
		for _, r := range results {
			if r.Failure != "" {
				t.Error(r.String())
			}
		}
	}
	if played < 245 {
		t.Errorf("%d scenarios were played", played)
	}
}
