package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/spf13/cobra"

	"formwork/builder"
	"formwork/engine"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/identity"
	"formwork/engine/store"
	"formwork/engine/store/mongo"
	"formwork/engine/store/sqlite"
	"formwork/templates"
)

// place is where the data are; every command that needs them has these flags.
type place struct {
	data  string
	store string
	allow []string // networks, as typed
}

func (p *place) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.data, "data", "./data", "folder of the embedded store, of certificates and of files")
	cmd.Flags().StringVar(&p.store, "store", os.Getenv("FORMWORK_STORE"),
		"mongodb://… for MongoDB; empty for the embedded store (also FORMWORK_STORE)")
	cmd.Flags().StringSliceVar(&p.allow, "allow-outbound", nil,
		"networks that mail and webhooks may go to besides the public internet, such as 10.0.0.0/8")
}

// backend opens the store the flags name.
func (p *place) backend(ctx context.Context) (store.Backend, error) {
	switch {
	case strings.HasPrefix(p.store, "mongodb://"), strings.HasPrefix(p.store, "mongodb+srv://"):
		return mongo.Open(ctx, p.store)
	case p.store != "":
		return nil, fmt.Errorf("--store must begin with mongodb://, or be empty for the embedded store")
	}
	if err := os.MkdirAll(p.data, 0o700); err != nil {
		return nil, fmt.Errorf("create data folder: %w", err)
	}
	return sqlite.New(sqlite.Options{Dir: filepath.Join(p.data, "store")})
}

// formwork is the assembled program: engine and builder on an open store.
type formwork struct {
	engine  *engine.Engine
	builder *builder.Builder
	store   store.Backend
	files   *file.Folder
}

// open assembles the program on the store of the flags. close it.
func (p *place) open(ctx context.Context, log *slog.Logger) (*formwork, error) {
	backend, err := p.backend(ctx)
	if err != nil {
		return nil, err
	}
	// Files lie beside the embedded store, and in the same folder when the store is a server.
	blobs, err := file.OpenFolder(filepath.Join(p.data, "files"), p.clock()())
	if err != nil {
		_ = backend.Close() // the error of the folder counts
		return nil, err
	}
	fw, err := p.assemble(ctx, backend, blobs, log)
	if err != nil {
		_, _ = blobs.Close(), backend.Close() // the error of assembling counts
	}
	return fw, err
}

func (p *place) assemble(ctx context.Context, backend store.Backend, blobs *file.Folder, log *slog.Logger) (*formwork, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("host name: %w", err)
	}
	outside, err := p.outside()
	if err != nil {
		return nil, err
	}
	clock := p.clock()
	newID := ids(rand.Reader, clock)
	eng, err := engine.New(ctx, engine.Config{
		Store: backend, Blobs: blobs, Clock: clock, NewID: newID, Random: randomBytes, Log: log,
		Holder: host + "-" + newID(), Passwords: identity.DefaultPasswordParams, Outside: outside,
	})
	if err != nil {
		return nil, err
	}
	build, err := builder.New(builder.Config{
		Tenants: eng.Tenants, Catalogs: eng.Catalogs, Identity: eng.Identity, Records: eng.Records,
		Templates: templates.Files, Lint: flow.Lint, Rehearse: eng.Flows.Rehearse, Clock: clock, NewID: newID,
	})
	if err != nil {
		return nil, err
	}
	return &formwork{engine: eng, builder: build, store: backend, files: blobs}, nil
}

func (f *formwork) close() error { return errors.Join(f.store.Close(), f.files.Close()) }

// with opens the program, runs a command on it and closes it.
func (p *place) with(cmd *cobra.Command, run func(ctx context.Context, f *formwork) error) error {
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	f, err := p.open(cmd.Context(), log)
	if err != nil {
		return err
	}
	if err := run(cmd.Context(), f); err != nil {
		_ = f.close() // the error of the command counts
		return err
	}
	return f.close()
}

func randomBytes(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := rand.Read(b)
	return b, err
}

// ids gives ULIDs that grow even within one millisecond.
func ids(random io.Reader, clock func() time.Time) func() string {
	entropy := ulid.Monotonic(random, 0)
	var mu sync.Mutex
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return ulid.MustNew(ulid.Timestamp(clock()), entropy).String()
	}
}
