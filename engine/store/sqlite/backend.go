package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"formwork/engine/store"
)

// Options of a Backend.
type Options struct {
	Dir   string           // folder of the files <tenant>.db; made when missing
	Clock func() time.Time // for leases; nil = time.Now
	// Readers is how many queries of one tenant run at once; 0 = 4.
	Readers int
}

// Backend keeps each tenant in a file of its folder.
type Backend struct {
	options  Options
	mu       sync.Mutex
	open     map[string]*database
	closed   bool
	extracts extracts
}

var _ store.Backend = (*Backend)(nil)

// tenantName keeps file names plain on every system.
var tenantName = regexp.MustCompile(`^[a-z0-9_][a-z0-9_-]{0,99}$`)

// New makes a backend over a folder. One process at a time may use a folder.
func New(options Options) (*Backend, error) {
	if err := registerFunctions(); err != nil {
		return nil, fmt.Errorf("sqlite functions: %w", err)
	}
	if options.Clock == nil {
		options.Clock = time.Now //nolint:forbidigo // the clock that is passed in where none is
	}
	if options.Readers == 0 {
		options.Readers = 4
	}
	if err := os.MkdirAll(options.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	return &Backend{
		options: options, open: map[string]*database{},
		extracts: extracts{extractLimits: extractLimits{from: extractFrom, block: extractBlock, bytes: extractBytes}},
	}, nil
}

// Open gives the tenant's store; the file is made when missing.
func (b *Backend) Open(ctx context.Context, tenant string) (store.Store, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errClosed
	}
	if db := b.open[tenant]; db != nil {
		return db, nil
	}
	if !tenantName.MatchString(tenant) {
		return nil, fmt.Errorf("tenant name %.100q: %w", tenant, store.ErrInvalid)
	}
	db, err := openDatabase(ctx, b, tenant)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", tenant, err)
	}
	b.open[tenant] = db
	return db, nil
}

// Close waits for running writes and closes every file.
func (b *Backend) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	var errs []error
	for _, db := range b.open {
		errs = append(errs, db.close())
	}
	clear(b.open)
	return errors.Join(errs...)
}

// drop closes a tenant and deletes its files.
func (b *Backend) drop(db *database) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open[db.tenant] != db {
		return errClosed
	}
	delete(b.open, db.tenant)
	errs := []error{db.close()}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(db.file + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (b *Backend) file(tenant string) string { return filepath.Join(b.options.Dir, tenant+".db") }

var errClosed = errors.New("store is closed")
