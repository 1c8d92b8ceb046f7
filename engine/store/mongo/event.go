package mongo

import (
	"context"
	"encoding/json"
	"fmt"

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
	if db.closed.Load() {
		return nil, errClosed
	}
	cursor, err := db.collection(eventCollection).Find(ctx, one("_id", one("$gt", after)),
		options.Find().SetSort(one("_id", 1)).SetLimit(int64(limit)))
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
