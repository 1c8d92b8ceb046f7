package mongo_test

import (
	"context"
	"os"
	"testing"

	"formwork/engine/store"
	"formwork/engine/store/mongo"
	"formwork/engine/store/storetest"
)

// server gives the connection string of the server the tests may use.
func server(t *testing.T) string {
	t.Helper()
	uri := os.Getenv("MONGODB_URI")
	if uri == "" {
		t.Skip("MongoDB part skipped: MONGODB_URI is not set (.ci/mongo start prints one)")
	}
	return uri
}

// openBackend opens the server; a command that is not in the table of commands fails the test.
func openBackend(t *testing.T, uri string) store.Backend {
	t.Helper()
	backend, err := mongo.OpenWatched(context.Background(), uri, func(what string) { t.Errorf("%s is not in the table of commands", what) })
	if err != nil {
		t.Fatal(err)
	}
	return backend
}

func closeBackend(t *testing.T, backend store.Backend) {
	t.Helper()
	if err := backend.Close(); err != nil {
		t.Error(err)
	}
}

func TestConformance(t *testing.T) {
	uri := server(t)
	storetest.Run(t, func(t *testing.T) store.Backend {
		t.Helper()
		return openBackend(t, uri)
	})
}
