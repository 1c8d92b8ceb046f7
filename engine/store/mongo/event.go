package mongo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo/options"

	"formwork/engine/store"
)

// eventCells lays out an event without its number. Data is JSON text: hashes are over its very bytes.
func eventCells(event store.Event) bson.D {
	cells := bson.D{
		e("entity", event.Entity), e("record", event.Record), e("rev", event.Rev), e("n", int64(event.N)),
		e("type", event.Type), e("actor", event.Actor), e("at", instant(event.At)),
	}
	if len(event.Data) > 0 {
		cells = append(cells, e("data", string(event.Data)))
	}
	if event.Hash != "" {
		cells = append(cells, e("hash", event.Hash))
	}
	return cells
}

func decodeEvent(raw bson.Raw) (store.Event, error) {
	elements, err := raw.Elements()
	if err != nil {
		return store.Event{}, fmt.Errorf("stored event: %w", err)
	}
	var event store.Event
	for _, element := range elements {
		value := element.Value()
		switch element.Key() {
		case "_id":
			event.Seq, _ = value.AsInt64OK()
		case "entity":
			event.Entity, _ = value.StringValueOK()
		case "record":
			event.Record, _ = value.StringValueOK()
		case "rev":
			event.Rev, _ = value.AsInt64OK()
		case "n":
			n, _ := value.AsInt64OK()
			event.N = int(n)
		case "type":
			event.Type, _ = value.StringValueOK()
		case "actor":
			event.Actor, _ = value.StringValueOK()
		case "at":
			event.At = timeOf(value)
		case "data":
			data, _ := value.StringValueOK()
			event.Data = json.RawMessage(data)
		case "hash":
			event.Hash, _ = value.StringValueOK()
		}
	}
	return event, nil
}

// Events gives the log after a sequence number. A number is given only when the one before it is there, so reading in
// their order misses none.
func (db *database) Events(ctx context.Context, after int64, limit int) ([]store.Event, error) {
	return db.readEvents(ctx, one("_id", one("$gt", after)), options.Find().SetLimit(int64(limit)))
}

// EventsAt gives the events with these numbers.
func (db *database) EventsAt(ctx context.Context, seqs ...int64) ([]store.Event, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	return db.readEvents(ctx, one("_id", one("$in", seqs)), options.Find())
}

func (db *database) readEvents(ctx context.Context, where bson.D, how *options.FindOptions) ([]store.Event, error) {
	if db.closed.Load() {
		return nil, errClosed
	}
	cursor, err := db.collection(eventCollection).Find(ctx, where, how.SetSort(one("_id", 1)))
	if err != nil {
		return nil, wrap("events", plain(ctx, err))
	}
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // Err is looked at
	var events []store.Event
	for cursor.Next(ctx) {
		event, err := decodeEvent(cursor.Current)
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	return events, wrap("events", plain(ctx, cursor.Err()))
}

// Settle relays what the documents still hold, beside the relays of the processes that wrote it: a relay that meets
// another goes on with what is left, so this one has no state to share with ours. Where nothing waits it is one read.
func (db *database) Settle(ctx context.Context, collection string, ids ...string) error {
	if _, err := db.table(collection); err != nil {
		return err
	}
	r := &relay{db: db, log: db.collection(eventCollection)}
	for chunk := range slices.Chunk(ids, relayChunk) {
		bags, err := r.read(ctx, collection, pendingOf(chunk))
		if err == nil && len(bags) > 0 {
			if err = r.findLast(ctx); err == nil {
				err = r.deliver(ctx, bags)
			}
		}
		if err != nil {
			return wrap("settle", plain(ctx, err))
		}
	}
	return nil
}
