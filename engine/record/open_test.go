package record_test

import (
	"context"
	"testing"

	"formwork/engine/store"
	"formwork/engine/store/sqlite"
)

// openStore gives an empty database of the embedded store.
func openStore(tb testing.TB) store.Store {
	tb.Helper()
	backend, err := sqlite.New(sqlite.Options{Dir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := backend.Close(); err != nil {
			tb.Error(err)
		}
	})
	st, err := backend.Open(context.Background(), tenantName)
	if err != nil {
		tb.Fatal(err)
	}
	return st
}
