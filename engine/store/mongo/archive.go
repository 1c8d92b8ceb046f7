package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"formwork/engine/store"
)

// Collections lists what Ensure created, in the order of names.
func (db *database) Collections(ctx context.Context) ([]store.Collection, error) {
	if db.closed.Load() {
		return nil, errClosed
	}
	definitions, err := db.definitions(ctx)
	if err != nil {
		return nil, wrap("collections", err)
	}
	all := make([]store.Collection, len(definitions))
	for i, d := range definitions {
		all[i] = d.collection
	}
	return all, nil
}

// loadChunk is how many documents or events one command loads.
const loadChunk = 200

// Load puts documents and events as they are; see store.Archive.
func (db *database) Load(ctx context.Context, collection string, docs []store.Doc, events []store.Event) error {
	if len(docs) > 0 {
		if err := db.loadDocs(ctx, collection, docs); err != nil {
			return fmt.Errorf("load into %s: %w", collection, plain(ctx, err))
		}
	}
	return wrap("load events", plain(ctx, db.loadEvents(ctx, events)))
}

func (db *database) loadDocs(ctx context.Context, collection string, docs []store.Doc) error {
	t, done, err := db.writing(collection)
	if err != nil {
		return err
	}
	defer done()
	for chunk := range slices.Chunk(docs, loadChunk) {
		models := make([]mongo.WriteModel, len(chunk))
		for i := range chunk {
			l, err := t.encodeKept(&chunk[i])
			if err != nil {
				return fmt.Errorf("document %s: %w", chunk[i].ID, err)
			}
			models[i] = mongo.NewReplaceOneModel().SetUpsert(true).
				SetFilter(one("_id", chunk[i].ID)).SetReplacement(append(one("_id", chunk[i].ID), l.set...))
		}
		if _, err := db.collection(collection).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false)); err != nil {
			return err
		}
	}
	return nil
}

func (db *database) loadEvents(ctx context.Context, events []store.Event) error {
	if db.closed.Load() {
		return errClosed
	}
	for chunk := range slices.Chunk(events, loadChunk) {
		docs := make([]any, len(chunk))
		for i, event := range chunk {
			docs[i] = append(primitive.D{e("_id", event.Seq), e("u", primitive.NewObjectID())}, eventCells(event)...)
		}
		_, err := db.collection(eventCollection).InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
		if err != nil && !onlyDuplicates(err) {
			return err
		}
	}
	return nil
}

// onlyDuplicates tells whether nothing else was wrong with an insert than that some of it is there already.
func onlyDuplicates(err error) bool {
	var bulk mongo.BulkWriteException
	if !errors.As(err, &bulk) || bulk.WriteConcernError != nil {
		return false
	}
	return !slices.ContainsFunc(bulk.WriteErrors, func(one mongo.BulkWriteError) bool { return !mongo.IsDuplicateKeyError(one.WriteError) })
}
