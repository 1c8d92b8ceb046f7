package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"formwork/engine/store"
)

// database is the store of one tenant.
type database struct {
	backend *Backend
	tenant  string
	file    string
	readers *readers
	writer  *writer
	carrier *carrier
	schema  atomic.Pointer[schema]
}

var _ store.Store = (*database)(nil)

// schema is what the tables look like at one version of the file (PRAGMA user_version).
type schema struct {
	version int64
	tables  map[string]*table
}

func (s *schema) table(collection string) (*table, error) {
	t, ok := s.tables[collection]
	if !ok {
		return nil, fmt.Errorf("collection %s: %w", collection, store.ErrUnknown)
	}
	return t, nil
}

// with gives a schema of the next version with some tables replaced.
func (s *schema) with(tables map[string]*table) *schema {
	next := &schema{s.version + 1, make(map[string]*table, len(s.tables)+len(tables))}
	for name, t := range s.tables {
		next.tables[name] = t
	}
	for name, t := range tables {
		next.tables[name] = t
	}
	return next
}

// ownTables are the tables every file has. Events need no index of their own: (record, rev) is unique because
// documents change by compare-and-set.
const ownTables = `
CREATE TABLE IF NOT EXISTS collection(name TEXT PRIMARY KEY, definition TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS key(collection TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY(collection, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event(seq INTEGER PRIMARY KEY AUTOINCREMENT, entity TEXT, record TEXT, rev INTEGER, n INTEGER,
	type TEXT, actor TEXT, at INTEGER, data TEXT, hash TEXT);
CREATE TABLE IF NOT EXISTS lease(name TEXT PRIMARY KEY, holder TEXT NOT NULL, fence INTEGER NOT NULL, until INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS block(collection TEXT NOT NULL, block INTEGER NOT NULL, version INTEGER NOT NULL,
	PRIMARY KEY(collection, block)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS extract(collection TEXT NOT NULL, block INTEGER NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
	shape TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY(collection, block, name)) WITHOUT ROWID;`

// dataSource names a file with the settings of one connection. Sizes are in KiB where negative.
func dataSource(file string, pragmas ...string) string {
	values := url.Values{"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_busy_timeout": {"10000"}, "_pragma": pragmas}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: values.Encode()}).String()
}

func openDatabase(ctx context.Context, b *Backend, tenant string) (*database, error) {
	db := &database{backend: b, tenant: tenant, file: b.file(tenant)}
	write, err := sql.Open("sqlite", dataSource(db.file, "cache_size(-16000)", "wal_autocheckpoint(32000)", "journal_size_limit(134217728)"))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	conn, err := write.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	if err := db.prepare(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close(), write.Close())
	}
	read, err := sql.Open("sqlite", dataSource(db.file, "query_only(1)", "cache_size(-16000)", "mmap_size(1073741824)", "temp_store(MEMORY)"))
	if err != nil {
		return nil, errors.Join(err, conn.Close(), write.Close())
	}
	carry, err := sql.Open("sqlite", dataSource(db.file, "cache_size(-100)"))
	if err != nil {
		return nil, errors.Join(err, conn.Close(), write.Close(), read.Close())
	}
	db.carrier = startCarrier(carry)
	db.readers = newReaders(read, b.options.Readers)
	db.writer = startWriter(db, write, conn) //nolint:contextcheck // the writer outlives the call
	return db, nil
}

// prepare makes the tables every file has and reads what the others look like.
func (db *database) prepare(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, ownTables); err != nil {
		return err
	}
	loaded := &schema{tables: map[string]*table{}}
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&loaded.version); err != nil {
		return err
	}
	rows, err := conn.QueryContext(ctx, "SELECT name, definition FROM collection")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return err
		}
		var d definition
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			return fmt.Errorf("collection %s: %w", name, err)
		}
		loaded.tables[name] = newTable(d)
	}
	db.schema.Store(loaded)
	return rows.Err()
}

func (db *database) close() error {
	return errors.Join(db.readers.close(), db.carrier.stop(), db.writer.stop())
}

// Drop closes the tenant and deletes its file.
func (db *database) Drop(context.Context) error { return db.backend.drop(db) }

// maxSchemaRaces is how often a read begins anew because the tables changed under it.
const maxSchemaRaces = 1000

// read runs a reading function over one snapshot of the file, with the schema that belongs to the snapshot.
func (db *database) read(ctx context.Context, do func(r *reader, s *schema) error) error {
	for range maxSchemaRaces {
		again, err := db.tryRead(ctx, do)
		if !again {
			return plainError(ctx, err)
		}
		runtime.Gosched()
	}
	return errors.New("schema keeps changing")
}

func (db *database) tryRead(ctx context.Context, do func(r *reader, s *schema) error) (again bool, err error) {
	r, err := db.readers.take(ctx)
	if err != nil {
		return false, err
	}
	brief := unwatched(ctx)
	if _, err := r.stmts.exec(brief, "BEGIN"); err != nil {
		db.readers.discard(r)
		return false, err
	}
	defer func() {
		if _, failed := r.stmts.exec(brief, "ROLLBACK"); failed != nil { // nothing was written
			db.readers.discard(r)
			return
		}
		db.readers.give(r)
	}()
	known := db.schema.Load()
	var version int64
	if err := r.row(brief, &version, "PRAGMA user_version"); err != nil {
		return false, err
	}
	if version != known.version {
		return true, nil
	}
	return false, do(r, known)
}

// unwatched is the context of statements that are done sooner than somebody could wait for them: the driver and database/sql
// start goroutines that watch each statement whose context may end.
func unwatched(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// plainError gives the errors of the contract for those of SQLite.
func plainError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), err)
	}
	var failure *sqlite.Error
	if errors.As(err, &failure) && isFull(failure.Code()) {
		return errors.Join(store.ErrFull, err)
	}
	return err
}

// isFull tells whether a code means that the disk is full: also when the shared memory of the WAL cannot grow.
func isFull(code int) bool {
	return code&0xff == sqlite3.SQLITE_FULL || code == sqlite3.SQLITE_IOERR_SHMSIZE
}

// isOverflow tells whether SQLite's sum left 64 bits.
func isOverflow(err error) bool {
	var failure *sqlite.Error
	return errors.As(err, &failure) && strings.Contains(failure.Error(), "integer overflow")
}
