package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"formwork/engine/store"
)

var _ store.Archive = (*database)(nil)

// Collections lists what Ensure created, in the order of names.
func (db *database) Collections(context.Context) ([]store.Collection, error) {
	known := db.schema.Load()
	all := make([]store.Collection, 0, len(known.tables))
	for _, name := range slices.Sorted(maps.Keys(known.tables)) {
		all = append(all, known.tables[name].shape.Collection)
	}
	return all, nil
}

// Load puts documents and events as they are, all in one transaction; see store.Archive.
func (db *database) Load(ctx context.Context, collection string, docs []store.Doc, events []store.Event) error {
	err := db.alter(ctx, false, func(ctx context.Context, w *writer) error {
		for i := range docs {
			if err := w.load(ctx, collection, &docs[i]); err != nil {
				return fmt.Errorf("document %s: %w", docs[i].ID, err)
			}
		}
		return w.loadEvents(ctx, events)
	})
	return wrap("load into "+collection, err)
}

// load puts a document as it is in the place of what is there under its id.
func (w *writer) load(ctx context.Context, collection string, doc *store.Doc) error {
	t, err := w.schema.table(collection)
	if err != nil {
		return err
	}
	next, err := t.encodeKept(doc)
	var narrow *widenError
	if errors.As(err, &narrow) {
		return w.widenAndLoad(ctx, t, narrow.path, doc)
	}
	if err != nil {
		return err
	}
	n, rev, err := w.find(ctx, t, doc.ID)
	if err != nil {
		return err
	}
	if n != 0 {
		if err := w.remove(ctx, t, &store.Write{Collection: collection, Doc: store.Doc{ID: doc.ID}, IfRev: rev, Remove: true}); err != nil {
			return err
		}
	}
	if next.children, err = t.childRows(next, nil); err == nil {
		err = w.insert(ctx, t, &store.Write{Collection: collection, Doc: *doc}, next)
	}
	if errors.As(err, &narrow) {
		return w.widenAndLoad(ctx, t, narrow.path, doc)
	}
	return err
}

func (w *writer) widenAndLoad(ctx context.Context, t *table, path string, doc *store.Doc) error {
	if err := w.widen(ctx, t, path); err != nil {
		return err
	}
	return w.load(ctx, t.name(), doc)
}

// encodeKept encodes a document that was stored before: values that do not fit their field stay undeclared.
func (t *table) encodeKept(doc *store.Doc) (*encoded, error) {
	fit, misfits := *doc, map[string]any{}
	fit.Values = map[string]any{}
	for name, value := range doc.Values {
		if _, err := t.shape.Canonical(map[string]any{name: value}); err != nil {
			misfits[name] = value
		} else {
			fit.Values[name] = value
		}
	}
	next, err := t.encode(&fit)
	if err != nil || len(misfits) == 0 {
		return next, err
	}
	rest, err := readRest(next.body[atRest])
	if err != nil {
		return nil, err
	}
	for name, value := range rest {
		misfits[name] = value
	}
	next.body[atRest], err = jsonText(misfits)
	return next, err
}

// loadEvents adds events under their numbers and leaves those that are there.
func (w *writer) loadEvents(ctx context.Context, events []store.Event) error {
	for _, e := range events {
		_, err := w.stmts.exec(ctx, "INSERT OR IGNORE INTO event(seq, entity, record, rev, n, type, actor, at, data, hash) VALUES(?,?,?,?,?,?,?,?,?,?)",
			e.Seq, e.Entity, e.Record, e.Rev, e.N, e.Type, e.Actor, e.At.UnixMilli(), text(string(e.Data)), text(e.Hash))
		if err != nil {
			return err
		}
	}
	return nil
}
