package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

func splitPath(path string) []string { return strings.Split(path, ".") }

// internal are the members nobody reads back.
var internal = bson.D{e("_events", 0), e("_pending", 0), e("_grams", 0), e("v."+foldsName, 0)}

// Get gives the documents that exist.
func (db *database) Get(ctx context.Context, collection string, ids ...string) ([]store.Doc, error) {
	t, err := db.table(collection)
	if err != nil {
		return nil, wrap("get from "+collection, err)
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	var docs []store.Doc
	for chunk := range slices.Chunk(slices.Compact(ids), store.MaxPage) {
		where := bson.D{e("_id", one("$in", chunk)), e("deleted", one("$exists", true))}
		found, err := db.read(ctx, t, where, options.Find().SetProjection(internal))
		if err != nil {
			return nil, wrap("get from "+collection, err)
		}
		docs = append(docs, found...)
	}
	return docs, nil
}

// Holders tells which documents hold unique keys.
func (db *database) Holders(ctx context.Context, collection string, keys ...string) (map[string]string, error) {
	holders := map[string]string{}
	t, err := db.table(collection)
	if err != nil {
		return nil, wrap("holders of keys of "+collection, err)
	}
	keys = slices.Clone(keys)
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for chunk := range slices.Chunk(keys, store.MaxPage) {
		if err := db.holders(ctx, t, chunk, holders); err != nil {
			return nil, wrap("holders of keys of "+collection, err)
		}
	}
	for key := range holders {
		if _, asked := slices.BinarySearch(keys, key); !asked {
			delete(holders, key) // a document that holds one of them may hold others
		}
	}
	return holders, nil
}

// holders reads all keys of the documents that hold some of them.
func (db *database) holders(ctx context.Context, t *table, keys []string, holders map[string]string) error {
	cursor, err := db.collection(t.name()).Find(ctx, bson.D{e("_keys", one("$in", keys))}, options.Find().SetProjection(one("_keys", 1)))
	if err != nil {
		return plain(ctx, err)
	}
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // Err is looked at
	for cursor.Next(ctx) {
		held, err := texts(cursor.Current.Lookup("_keys"))
		if err != nil {
			return err
		}
		id, _ := cursor.Current.Lookup("_id").StringValueOK()
		for _, key := range held {
			holders[key] = id
		}
	}
	return plain(ctx, cursor.Err())
}

func (db *database) read(ctx context.Context, t *table, where bson.D, o *options.FindOptions) ([]store.Doc, error) {
	cursor, err := db.collection(t.name()).Find(ctx, where, o)
	if err != nil {
		return nil, plain(ctx, err)
	}
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // Err is looked at
	var docs []store.Doc
	for cursor.Next(ctx) {
		doc, err := t.decode(cursor.Current)
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return docs, plain(ctx, cursor.Err())
}

// Find gives one page.
func (db *database) Find(ctx context.Context, q query.Query) (store.Page, error) {
	page, err := db.find(ctx, q)
	return page, wrap("find in "+q.Collection, err)
}

func (db *database) find(ctx context.Context, q query.Query) (store.Page, error) {
	t, err := db.table(q.Collection)
	if err != nil {
		return store.Page{}, err
	}
	where, err := db.condition(ctx, t, q)
	if err != nil {
		return store.Page{}, err
	}
	k, err := newKeyset(t, q.Sort)
	if err != nil {
		return store.Page{}, err
	}
	ranges, err := k.ranges(q)
	if err != nil {
		return store.Page{}, err
	}
	limit := min(max(q.Limit, 1), store.MaxPage)
	var docs []store.Doc
	for _, after := range ranges {
		found, err := db.read(ctx, t, both(where, after), options.Find().SetSort(k.order()).SetAllowDiskUse(true).
			SetLimit(int64(limit+1-len(docs))).SetProjection(t.projection(q)))
		if err != nil {
			return store.Page{}, err
		}
		if docs = append(docs, found...); len(docs) > limit {
			break
		}
	}
	page := store.Page{Docs: docs}
	if len(docs) > limit {
		page.Docs = docs[:limit]
		page.Next = k.cursor(&docs[limit-1])
	}
	if q.Fields != nil {
		for i := range page.Docs {
			keep(page.Docs[i].Values, q.Fields)
		}
	}
	return page, nil
}

func keep(values map[string]any, fields []string) {
	for name := range values {
		if !slices.Contains(fields, name) {
			delete(values, name)
		}
	}
}

// condition is what the documents of a query meet.
func (db *database) condition(ctx context.Context, t *table, q query.Query) (bson.D, error) {
	x := &translator{t: t}
	where, err := x.where(q.Where)
	if err != nil {
		return nil, err
	}
	search, err := x.search(q.Search)
	if err != nil {
		return nil, err
	}
	return both(where, search, x.anyGram(q.AnyGram)), db.refuseScan(ctx, t, q.Where)
}

// refuseScan refuses to look for substrings in more records than a person waits for.
func (db *database) refuseScan(ctx context.Context, t *table, f *query.Filter) error {
	if !t.shape.NeedsScan(f) {
		return nil
	}
	about, err := db.collection(t.name()).EstimatedDocumentCount(ctx)
	if err != nil || about <= store.ScanLimit {
		return plain(ctx, err)
	}
	err = db.collection(t.name()).FindOne(ctx, one("deleted", false),
		options.FindOne().SetSkip(store.ScanLimit).SetProjection(one("_id", 1))).Err()
	if err == nil {
		return store.ErrNeedsIndex
	}
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil
	}
	return plain(ctx, err)
}

// projection says which members are read: for some fields also those the sort needs for the cursor.
func (t *table) projection(q query.Query) bson.D {
	if q.Fields == nil {
		return internal
	}
	names := []string{"rev", "state", "deleted", "imported", "next_due", "created_by", "created_at", "updated_by", "updated_at", "v." + restName}
	for _, field := range q.Fields {
		if _, ok := t.fields[field]; ok {
			names = append(names, "v."+field)
		}
	}
	for _, key := range q.Sort {
		names = append(names, t.path(key.Field))
	}
	slices.Sort(names)
	var projection bson.D
	for _, name := range slices.Compact(names) {
		projection = append(projection, e(name, 1))
	}
	return projection
}

// Count counts up to limit.
func (db *database) Count(ctx context.Context, q query.Query, limit int) (n int, more bool, err error) {
	t, err := db.table(q.Collection)
	if err != nil {
		return 0, false, wrap("count in "+q.Collection, err)
	}
	where, err := db.condition(ctx, t, q)
	if err != nil {
		return 0, false, wrap("count in "+q.Collection, err)
	}
	count, err := db.collection(q.Collection).CountDocuments(ctx, where, options.Count().SetLimit(int64(limit)+1))
	if err != nil {
		return 0, false, wrap("count in "+q.Collection, plain(ctx, err))
	}
	return min(int(count), limit), int(count) > limit, nil
}

// keyset orders documents and writes "comes after the cursor" as conditions.
type keyset struct {
	sort   []query.Sort
	places []place
	values []any // the cursor's, as they are kept; nil is missing
	id     string
}

func newKeyset(t *table, sort []query.Sort) (*keyset, error) {
	k := &keyset{sort: sort}
	x := &translator{t: t}
	for _, key := range sort {
		at, err := x.place(key.Field, recordScope)
		if err != nil {
			return nil, err
		}
		if at.field.List || at.field.Type == def.TypeTable {
			return nil, fmt.Errorf("sort by %s: %w", key.Field, store.ErrInvalid)
		}
		k.places = append(k.places, at)
	}
	return k, nil
}

// order is the sort with the id as its last key.
func (k *keyset) order() bson.D {
	var order bson.D
	for i, key := range k.sort {
		direction := 1
		if key.Desc {
			direction = -1
		}
		order = append(order, e(k.places[i].path, direction))
		if k.places[i].path == "_id" {
			return order
		}
	}
	return append(order, e("_id", 1))
}

// cursor is where a page ends.
func (k *keyset) cursor(doc *store.Doc) string {
	values := make([]any, len(k.sort))
	for i, key := range k.sort {
		if value := doc.Record().Get(key.Field); !query.Missing(value) {
			values[i] = value
		}
	}
	return query.EncodeCursor(k.sort, values, doc.ID)
}

// ranges gives conditions that together select what follows the cursor, in order. Where the cursor lies among records
// that have the first key, those that miss it are a range of their own: each range is one walk along an index.
func (k *keyset) ranges(q query.Query) ([]bson.D, error) {
	if q.After == "" {
		return []bson.D{everything()}, nil
	}
	values, id, err := query.DecodeCursor(q.Sort, q.After)
	if err != nil {
		return nil, err
	}
	k.id, k.values = id, make([]any, len(values))
	for i, value := range values {
		if k.values[i], err = k.places[i].operand(value); err != nil {
			return nil, query.ErrCursor
		}
	}
	if len(k.sort) == 0 {
		return []bson.D{k.from(0)}, nil
	}
	path, value, desc := k.places[0].path, k.values[0], k.sort[0].Desc
	switch {
	case value == nil && desc:
		return []bson.D{both(one(path, nil), k.from(1))}, nil
	case value == nil:
		return []bson.D{both(one(path, nil), k.from(1)), one(path, one("$exists", true))}, nil
	case desc:
		return []bson.D{both(one(path, one("$lte", value)), k.from(0)), one(path, nil)}, nil
	}
	return []bson.D{both(one(path, one("$gte", value)), k.from(0))}, nil
}

// from is the condition over the keys from the i-th on, those before being equal.
func (k *keyset) from(i int) bson.D {
	if i == len(k.sort) {
		return one("_id", one("$gt", k.id))
	}
	path, value := k.places[i].path, k.values[i]
	same := both(one(path, value), k.from(i+1))
	switch {
	case value == nil && k.sort[i].Desc:
		return same
	case value == nil:
		return one("$or", bson.A{one(path, one("$exists", true)), same})
	case k.sort[i].Desc:
		return one("$or", bson.A{one(path, one("$lt", value)), one(path, nil), same})
	}
	return one("$or", bson.A{one(path, one("$gt", value)), same})
}
