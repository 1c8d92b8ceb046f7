package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/query"
	"formwork/engine/store"
)

// eventsOf reads the events of one record from the log, oldest first.
func (s *Service) eventsOf(ctx context.Context, tenant, entity, id string) ([]store.Event, error) {
	h := newHistories(entity, id)
	err := s.readHistories(ctx, tenant, h)
	return h.of[id], err
}

// histories are the events of some records of one entity, by record, oldest first.
type histories struct {
	entity string
	ids    []string
	of     map[string][]store.Event
}

func newHistories(entity string, ids ...string) *histories {
	return &histories{entity: entity, ids: ids, of: make(map[string][]store.Event, len(ids))}
}

// add takes those of some events of the log that are about the records.
func (h *histories) add(events []store.Event) {
	for _, e := range events {
		if e.Entity == h.entity && slices.Contains(h.ids, e.Record) {
			h.of[e.Record] = append(h.of[e.Record], e)
		}
	}
}

// after takes what is in the log behind a place.
func (h *histories) after(ctx context.Context, st store.Store, seq int64) error {
	const page = 500
	for {
		found, err := st.Events(ctx, seq, page)
		if err != nil {
			return fmt.Errorf("history of %s: %w", h.entity, err)
		}
		h.add(found)
		if len(found) < page {
			return nil
		}
		seq = found[len(found)-1].Seq
	}
}

// known takes the events up to a place in the log that the projection knows by their numbers.
func (h *histories) known(ctx context.Context, st store.Store, upTo int64) error {
	seqs, err := h.numbers(ctx, st, upTo)
	if err != nil {
		return err
	}
	const page = 500
	for some := range slices.Chunk(seqs, page) {
		found, err := st.EventsAt(ctx, some...)
		if err != nil {
			return fmt.Errorf("history of %s: %w", h.entity, err)
		}
		h.add(found)
	}
	return nil
}

// numbers gives the numbers of the events up to a place in the log.
func (h *histories) numbers(ctx context.Context, st store.Store, upTo int64) ([]int64, error) {
	of := &query.Cond{Path: []string{"record"}, Op: query.Eq, Value: h.ids[0], Type: def.TypeText}
	if len(h.ids) > 1 {
		list := make([]any, len(h.ids))
		for i, id := range h.ids {
			list[i] = id
		}
		of.Op, of.Value = query.In, list
	}
	q := query.Query{
		Collection: historyCollection, Where: query.AllOf(&query.Filter{Cond: of}, taskField("entity", def.TypeText, h.entity)),
		Sort: []query.Sort{{Field: "seq", Type: def.TypeInteger}}, Limit: 500,
	}
	var seqs []int64
	for {
		page, err := st.Find(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("history of %s: %w", h.entity, err)
		}
		for _, doc := range page.Docs {
			if seq, ok := doc.Values["seq"].(int64); ok && seq <= upTo {
				seqs = append(seqs, seq)
			}
		}
		if page.Next == "" {
			return seqs, nil
		}
		q.After = page.Next
	}
}

// readHistories reads events from the log: those the projection knows by their numbers, and what has been written since.
func (s *Service) readHistories(ctx context.Context, tenant string, h *histories) error {
	if err := s.prepare(ctx, tenant); err != nil {
		return err
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return err
	}
	if err := st.Settle(ctx, h.entity, h.ids...); err != nil {
		return fmt.Errorf("history of %s: %w", h.entity, err)
	}
	after, err := s.cursor(ctx, st)
	if err != nil {
		return err
	}
	if err := h.known(ctx, st, after); err != nil {
		return err
	}
	return h.after(ctx, st, after)
}

// cursor is the number of the last event that is in the projections for certain.
func (s *Service) cursor(ctx context.Context, st store.Store) (int64, error) {
	if err := event.Ensure(ctx, st); err != nil {
		return 0, err
	}
	docs, err := st.Get(ctx, event.Cursors, subscriber)
	if err != nil {
		return 0, fmt.Errorf("cursor of projections: %w", err)
	}
	if len(docs) == 0 {
		return 0, nil
	}
	after, _ := docs[0].Values["after"].(int64)
	return after, nil
}

// indexAtOnce is how many entries of the history are stored in one call: other writes wait for it.
const indexAtOnce = 40

// index notes of which records events are.
func (s *Service) index(ctx context.Context, tenant string, events []store.Event) error {
	writes := make([]store.Write, 0, len(events))
	for _, e := range events {
		if e.Hash != "" { // those without are of projections
			writes = append(writes, historyEntry(e))
		}
	}
	for some := range slices.Chunk(writes, indexAtOnce) {
		for _, err := range s.config.Records.Project(ctx, tenant, some...) {
			if err != nil && !errors.Is(err, store.ErrConflict) { // a conflict: it is there already
				return fmt.Errorf("project history of %s: %w", tenant, err)
			}
		}
	}
	return nil
}

func historyEntry(e store.Event) store.Write {
	return store.Write{Collection: historyCollection, Doc: store.Doc{
		ID: fmt.Sprintf("%016d", e.Seq), Rev: 1, CreatedAt: e.At, UpdatedAt: e.At,
		Values: map[string]any{"entity": e.Entity, "record": e.Record, "seq": e.Seq},
	}}
}
