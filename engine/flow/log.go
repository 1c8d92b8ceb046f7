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

// eventsOf reads the events of one record from the log, oldest first: those the projection knows by their numbers, and
// what has been written since.
func (s *Service) eventsOf(ctx context.Context, tenant, entity, id string) ([]store.Event, error) {
	if err := s.prepare(ctx, tenant); err != nil {
		return nil, err
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if err := st.Settle(ctx, entity, id); err != nil {
		return nil, fmt.Errorf("history of %s/%s: %w", entity, id, err)
	}
	after, err := s.cursor(ctx, st)
	if err != nil {
		return nil, err
	}
	seqs, err := knownEvents(ctx, st, entity, id, after)
	if err != nil {
		return nil, err
	}
	const page = 500
	var events []store.Event
	for known := range slices.Chunk(seqs, page) {
		found, err := st.EventsAt(ctx, known...)
		if err != nil {
			return nil, fmt.Errorf("history of %s/%s: %w", entity, id, err)
		}
		events = append(events, ofRecord(found, entity, id)...)
	}
	latest, err := eventsAfter(ctx, st, after, entity, id)
	return append(events, latest...), err
}

// eventsAfter reads the log from a place on and gives the events of one record.
func eventsAfter(ctx context.Context, st store.Store, after int64, entity, id string) ([]store.Event, error) {
	const page = 500
	var events []store.Event
	for {
		found, err := st.Events(ctx, after, page)
		if err != nil {
			return nil, fmt.Errorf("history of %s/%s: %w", entity, id, err)
		}
		events = append(events, ofRecord(found, entity, id)...)
		if len(found) < page {
			return events, nil
		}
		after = found[len(found)-1].Seq
	}
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

// knownEvents gives the numbers of a record's events up to a place in the log.
func knownEvents(ctx context.Context, st store.Store, entity, id string, upTo int64) ([]int64, error) {
	eq := func(field, value string) *query.Filter {
		return &query.Filter{Cond: &query.Cond{Path: []string{field}, Op: query.Eq, Value: value, Type: def.TypeText}}
	}
	q := query.Query{
		Collection: historyCollection, Where: query.AllOf(eq("record", id), eq("entity", entity)),
		Sort: []query.Sort{{Field: "seq", Type: def.TypeInteger}}, Limit: 500,
	}
	var seqs []int64
	for {
		page, err := st.Find(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("history of %s/%s: %w", entity, id, err)
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

func ofRecord(events []store.Event, entity, id string) []store.Event {
	var own []store.Event
	for _, e := range events {
		if e.Entity == entity && e.Record == id {
			own = append(own, e)
		}
	}
	return own
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
