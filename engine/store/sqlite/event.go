package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"formwork/engine/store"
)

// eventsAtOnce is how many events one statement adds.
const eventsAtOnce = 16

// flushEvents adds what the transaction's writes caused to the log, in the order of the writes.
func (w *writer) flushEvents(ctx context.Context) error {
	for events := range slices.Chunk(w.events, eventsAtOnce) {
		args := make([]any, 0, 9*len(events))
		for i := range events {
			e := &events[i]
			args = append(args, e.Entity, e.Record, e.Rev, e.N, e.Type, e.Actor, e.At.UnixMilli(), text(string(e.Data)), text(e.Hash))
		}
		_, err := w.stmts.exec(ctx, "INSERT INTO event(entity, record, rev, n, type, actor, at, data, hash) VALUES"+
			groups("(?,?,?,?,?,?,?,?,?)", len(events)), args...)
		if err != nil {
			return err
		}
	}
	w.events = nil
	return nil
}

const eventColumns = "SELECT seq, entity, record, rev, n, type, actor, at, data, hash FROM event "

// Events gives the log after a sequence number. One goroutine writes, so numbers become visible in their order.
func (db *database) Events(ctx context.Context, after int64, limit int) ([]store.Event, error) {
	return db.readEvents(ctx, "WHERE seq > ? ORDER BY seq LIMIT ?", after, limit)
}

// EventsAt gives the events with these numbers.
func (db *database) EventsAt(ctx context.Context, seqs ...int64) ([]store.Event, error) {
	list, err := json.Marshal(seqs)
	if err != nil {
		return nil, fmt.Errorf("numbers of events: %w", err)
	}
	return db.readEvents(ctx, "WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq", string(list))
}

func (db *database) readEvents(ctx context.Context, where string, args ...any) ([]store.Event, error) {
	r, err := db.readers.take(ctx)
	if err != nil {
		return nil, wrap("events", plainError(ctx, err))
	}
	defer db.readers.give(r)
	var events []store.Event
	rows, err := r.query(ctx, eventColumns+where, args...)
	if err != nil {
		return nil, wrap("events", plainError(ctx, err))
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	for rows.Next() {
		var e store.Event
		var at int64
		var data, hash sql.NullString
		if err := rows.Scan(&e.Seq, &e.Entity, &e.Record, &e.Rev, &e.N, &e.Type, &e.Actor, &at, &data, &hash); err != nil {
			return nil, wrap("events", err)
		}
		e.At, e.Hash = time.UnixMilli(at).UTC(), hash.String
		if data.Valid {
			e.Data = json.RawMessage(data.String)
		}
		events = append(events, e)
	}
	return events, wrap("events", plainError(ctx, rows.Err()))
}

// Settle looks only whether it knows the collection: events are written in the transaction of their document.
func (db *database) Settle(ctx context.Context, collection string, _ ...string) error {
	return db.read(ctx, func(_ *reader, s *schema) error {
		_, err := s.table(collection)
		return err
	})
}

// Prompt implements store.Prompt: events are written in the transaction of their document.
func (db *database) Prompt() {}

// Lease takes, renews or gives back a named lease.
func (db *database) Lease(ctx context.Context, name, holder string, ttl time.Duration) (fence int64, err error) {
	refused := false
	err = db.alter(ctx, false, func(ctx context.Context, w *writer) error {
		now := db.backend.options.Clock()
		var owner string
		var until int64
		fence = 0
		if _, err := w.stmts.row(ctx, []any{&owner, &fence, &until}, "SELECT holder, fence, until FROM lease WHERE name = ?", name); err != nil {
			return err
		}
		if refused = owner != "" && owner != holder && until > now.UnixMilli(); refused {
			return nil
		}
		if owner != holder {
			fence++
		}
		_, err := w.stmts.exec(ctx, "INSERT OR REPLACE INTO lease(name, holder, fence, until) VALUES(?,?,?,?)",
			name, holder, fence, now.Add(ttl).UnixMilli())
		return err
	})
	switch {
	case err != nil:
		return 0, wrap("lease "+name, err)
	case refused:
		return 0, store.ErrLeased
	}
	return fence, nil
}
