package mongo_test

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"formwork/engine/store"
	"formwork/engine/store/mongo"
	"formwork/engine/store/storetest"
)

// server gives the connection string of the server the tests may use. The path, which names the databases, is this
// process's own, so that two runs do not meet.
func server(t *testing.T) string {
	t.Helper()
	uri := os.Getenv("MONGODB_URI")
	if uri == "" {
		t.Skip("MongoDB part skipped: MONGODB_URI is not set (.ci/mongo start prints one)")
	}
	parsed, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	if options := parsed.Query(); parsed.User != nil && !options.Has("authSource") {
		options.Set("authSource", cmp.Or(strings.Trim(parsed.Path, "/"), "admin"))
		parsed.RawQuery = options.Encode()
	}
	parsed.Path = fmt.Sprint("/fwtest", os.Getpid())
	return parsed.String()
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
