package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"formwork/engine/store"
)

// appendEvents adds to the log, in the transaction of the write that caused the events.
func (w *writer) appendEvents(ctx context.Context, events []store.Event) error {
	for _, e := range events {
		_, err := w.stmts.exec(ctx, "INSERT INTO event(entity, record, rev, n, type, actor, at, data, hash) VALUES(?,?,?,?,?,?,?,?,?)",
			e.Entity, e.Record, e.Rev, e.N, e.Type, e.Actor, e.At.UnixMilli(), text(string(e.Data)), text(e.Hash))
		if err != nil {
			return err
		}
	}
	return nil
}

// Events gives the log after a sequence number. One goroutine writes, so numbers become visible in their order.
func (db *database) Events(ctx context.Context, after int64, limit int) ([]store.Event, error) {
	r, err := db.readers.take(ctx)
	if err != nil {
		return nil, wrap("events", plainError(ctx, err))
	}
	defer db.readers.give(r)
	var events []store.Event
	rows, err := r.query(ctx, "SELECT seq, entity, record, rev, n, type, actor, at, data, hash FROM event WHERE seq > ? ORDER BY seq LIMIT ?", after, limit)
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
