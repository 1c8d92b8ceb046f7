package sqlite_test

import (
	"testing"

	"formwork/engine/store"
	"formwork/engine/store/sqlite"
	"formwork/engine/store/storetest"
)

func openBackend(t testing.TB, dir string) *sqlite.Backend {
	t.Helper()
	backend, err := sqlite.New(sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return backend
}

func TestConformance(t *testing.T) {
	dir := t.TempDir()
	storetest.Run(t, func(t *testing.T) store.Backend { return openBackend(t, dir) })
}
