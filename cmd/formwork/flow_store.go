package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"formwork/engine"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/identity"
	"formwork/engine/stage"
	"formwork/engine/store"
	"formwork/engine/store/mongo"
	"formwork/engine/store/sqlite"
)

// embeddedScratch is what --store says for an embedded store in a temporary folder.
const embeddedScratch = "sqlite"

// caseTenant is the company scenarios play in.
const caseTenant = "cases"

// playOnStore plays files of scenarios on the assembled engine and databases of its own in a store; they are dropped
// afterwards. No other data of the store are touched.
func playOnStore(ctx context.Context, uri string, files []string) (results []flow.CaseResult, err error) {
	folder, err := os.MkdirTemp("", "formwork-cases-")
	if err != nil {
		return nil, fmt.Errorf("folder for scenarios: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	backend, err := scratchBackend(ctx, uri, folder)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dropScratch(ctx, backend), backend.Close()) }()
	blobs, err := file.OpenFolder(filepath.Join(folder, "files"), time.Now())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, blobs.Close()) }()
	clock := stage.NewClock(time.Now().UTC())
	e, err := engine.New(ctx, engine.Config{
		Store: backend, Blobs: blobs, Clock: clock.Now, NewID: ids(rand.Reader, clock.Now), Random: randomBytes,
		Log: slog.New(slog.DiscardHandler), Passwords: identity.PasswordParams{MemoryKiB: 64, Iterations: 1}, // nobody signs in
	})
	if err != nil {
		return nil, err
	}
	company, err := stage.Found(ctx, e, clock, caseTenant)
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		of, err := playFile(ctx, company, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		results = append(results, of...)
	}
	return results, nil
}

func playFile(ctx context.Context, company *stage.Company, name string) ([]flow.CaseResult, error) {
	file, err := os.Open(name) //nolint:gosec // the person at the console names the file
	if err != nil {
		return nil, err
	}
	results, err := flow.PlayCases(file, company.Open(ctx))
	return results, errors.Join(err, file.Close())
}

// scratchBackend opens databases that nobody else uses: in a folder, or on a server under a prefix of their own.
func scratchBackend(ctx context.Context, uri, folder string) (store.Backend, error) {
	if uri == embeddedScratch {
		return sqlite.New(sqlite.Options{Dir: filepath.Join(folder, "store")})
	}
	if !strings.HasPrefix(uri, "mongodb://") && !strings.HasPrefix(uri, "mongodb+srv://") {
		return nil, fmt.Errorf("--store must begin with mongodb://, or be %s", embeddedScratch)
	}
	address, query, found := strings.Cut(uri, "?")
	if found {
		query = "?" + query
	}
	return mongo.Open(ctx, strings.TrimSuffix(address, "/")+"/cases"+strings.ToLower(ids(rand.Reader, time.Now)())+query)
}

func dropScratch(ctx context.Context, backend store.Backend) error {
	var failed []error
	for _, name := range []string{caseTenant, "_system"} {
		db, err := backend.Open(context.WithoutCancel(ctx), name)
		if err == nil {
			err = db.Drop(context.WithoutCancel(ctx))
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}
