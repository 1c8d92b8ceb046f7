package stage_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"os"
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
	blobs, err := file.OpenFolder(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	e, err := engine.New(t.Context(), engine.Config{
		Store: backend, Blobs: blobs, Clock: clock.Now, NewID: func() string { return ulid.Make().String() },
		Random: func(n int) ([]byte, error) { b := make([]byte, n); _, err := rand.Read(b); return b, err },
		Log:    slog.New(slog.DiscardHandler), Passwords: identity.PasswordParams{MemoryKiB: 64, Iterations: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e, clock
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
