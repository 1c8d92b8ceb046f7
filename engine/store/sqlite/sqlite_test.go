package sqlite_test

import (
	"testing"

	"formwork/engine/store"
	"formwork/engine/store/sqlite"
	"formwork/engine/store/storetest"
)

func openBackend(tb testing.TB, dir string) *sqlite.Backend {
	tb.Helper()
	backend, err := sqlite.New(sqlite.Options{Dir: dir})
	if err != nil {
		tb.Fatal(err)
	}
	return backend
}

func closeBackend(tb testing.TB, backend *sqlite.Backend) {
	tb.Helper()
	if err := backend.Close(); err != nil {
		tb.Error(err)
	}
}

func TestConformance(t *testing.T) {
	dir := t.TempDir()
	storetest.Run(t, func(t *testing.T) store.Backend {
		t.Helper()
		return openBackend(t, dir)
	})
}
