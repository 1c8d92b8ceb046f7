package record_test

import (
	"context"
	"testing"

	"formwork/engine/store"
	"formwork/engine/store/sqlite"
)

// openStore gives an empty database of the embedded store.
func openStore(t testing.TB) store.Store {
	t.Helper()
	backend, err := sqlite.New(sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := backend.Close(); err != nil {
			t.Error(err)
		}
	})
	st, err := backend.Open(context.Background(), tenantName)
	if err != nil {
		t.Fatal(err)
	}
	return st
}
