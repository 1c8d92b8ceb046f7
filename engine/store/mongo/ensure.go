package mongo

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"formwork/engine/def"
	"formwork/engine/store"
)

// Ensure brings collections into the wanted shape, one after the other: the new shape is stored by compare-and-set, the
// indexes are made, the new layout is put in force, and where values must be kept in another way (another type, another
// search index, a field that undeclared values are there for) the documents are rewritten, at their revision and without
// events. An Ensure that was interrupted is completed by the next. Other processes work by the shape they know until
// they are told; what they write meanwhile is rewritten by their own Ensure.
func (db *database) Ensure(ctx context.Context, collections ...store.Collection) error {
	if db.closed.Load() {
		return errClosed
	}
	if !slices.ContainsFunc(collections, db.differs) {
		return nil
	}
	db.ensuring.Lock()
	defer db.ensuring.Unlock()
	for _, c := range collections {
		if !db.differs(c) {
			continue
		}
		if err := db.ensure(ctx, c); err != nil {
			return fmt.Errorf("ensure %s: %w", c.Name, plain(ctx, err))
		}
	}
	return nil
}

// differs tells whether a collection is not known to be as it shall.
func (db *database) differs(c store.Collection) bool {
	t, err := db.table(c.Name)
	return err != nil || !t.ready || !reflect.DeepEqual(t.shape.Collection, c)
}

func (db *database) ensure(ctx context.Context, c store.Collection) error {
	if c.Name == "" || strings.ContainsAny(c.Name, ".$\x00") {
		return fmt.Errorf("collection name %.100q: %w", c.Name, store.ErrInvalid)
	}
	d, stored, err := db.agree(ctx, c)
	if err != nil {
		return err
	}
	next := newTable(d)
	next.ready = true
	if err := db.ensureIndexes(ctx, next); err != nil {
		return err
	}
	known, err := db.table(c.Name)
	if err != nil { // nobody wrote by a layout of this process
		known = newTable(stored)
	}
	db.setTable(next)
	if err := db.sweepLayout(ctx, known, next, outdated(known, next, d)); err != nil {
		return err
	}
	if d.Swept == d.Gen && d.Adopted == d.Version {
		return nil
	}
	_, err = db.collection(shapeCollection).UpdateOne(ctx, bson.D{e("_id", d.Name), e("version", d.Version)},
		one("$set", bson.D{e("swept", d.Gen), e("adopted", d.Version)}))
	return err
}

// agree stores the shape of a collection and gives it, with the one that was stored before.
func (db *database) agree(ctx context.Context, c store.Collection) (next, stored *definition, err error) {
	for range maxRaces {
		stored, err = db.definition(ctx, c.Name)
		if err != nil {
			return nil, nil, err
		}
		if stored == nil {
			stored = &definition{Name: c.Name}
		}
		next = stored.succeed(c)
		if stored.Version > 0 && reflect.DeepEqual(stored.collection, next.collection) {
			return stored, stored, nil
		}
		if err := next.pack(); err != nil {
			return nil, nil, err
		}
		done, err := db.storeDefinition(ctx, next)
		if done || err != nil {
			return next, stored, err
		}
	}
	return nil, nil, errors.New("its shape keeps changing")
}

// storeDefinition stores a definition if the one before it still is stored.
func (db *database) storeDefinition(ctx context.Context, d *definition) (done bool, err error) {
	c := db.collection(shapeCollection)
	if d.Version == 1 {
		_, err := c.InsertOne(ctx, d)
		if mongo.IsDuplicateKeyError(err) {
			return false, nil
		}
		return err == nil, err
	}
	result, err := c.ReplaceOne(ctx, bson.D{e("_id", d.Name), e("version", d.Version-1)}, d)
	if err != nil {
		return false, err
	}
	return result.MatchedCount == 1, nil
}

// succeed gives the definition that follows: fields that go are remembered.
func (d *definition) succeed(c store.Collection) *definition {
	next := &definition{Name: c.Name, Version: d.Version + 1, Gen: d.Gen, Swept: d.Swept, Adopted: d.Adopted, collection: c}
	wanted := map[string]store.Field{}
	for _, field := range c.Fields {
		wanted[field.Path] = field
	}
	reencode := d.Version > 0 && !slices.Equal(searchPaths(d.collection), searchPaths(c))
	for _, field := range slices.Concat(d.collection.Fields, d.gone) {
		now, stays := wanted[field.Path]
		if !stays {
			next.gone = append(next.gone, field)
		}
		reencode = reencode || stays && (now.Type != field.Type || now.List != field.List || now.Scale < field.Scale)
	}
	if reencode {
		next.Gen++
	}
	return next
}

func searchPaths(c store.Collection) []string {
	var paths []string
	for _, field := range c.Fields {
		if field.Search {
			paths = append(paths, field.Path)
		}
	}
	slices.Sort(paths)
	return paths
}

// sweepStep is how many documents are rewritten at once.
const sweepStep = 200

// outdated gives the conditions of documents to rewrite: those of an older generation, if there may be some (it takes a
// look at every document), and those with undeclared values that have a field now.
func outdated(known, next *table, d *definition) bson.A {
	var reasons bson.A
	if d.Swept < d.Gen || known.gen < next.gen {
		reasons = append(reasons, one("_gen", one("$lt", next.gen)))
	}
	adopt := d.Adopted < d.Version
	for path := range next.live {
		_, was := known.live[path]
		adopt = adopt || !was
	}
	if adopt && len(next.live) > 0 {
		reasons = append(reasons, one("_undeclared", one("$in", sortedKeys(next.live))))
	}
	return reasons
}

// sweepLayout rewrites the documents that meet one of the conditions.
func (db *database) sweepLayout(ctx context.Context, old, next *table, reasons bson.A) error {
	if len(reasons) == 0 {
		return nil
	}
	for last := ""; ; {
		found, err := db.page(ctx, next.name(), bson.D{e("_id", one("$gt", last)), e("deleted", one("$exists", true)), e("$or", reasons)})
		if err != nil || len(found) == 0 {
			return err
		}
		if err := db.rewrite(ctx, old, next, found); err != nil {
			return err
		}
		last, _ = found[len(found)-1].Lookup("_id").StringValueOK()
	}
}

// page reads the next documents to rewrite.
func (db *database) page(ctx context.Context, collection string, where bson.D) ([]bson.Raw, error) {
	cursor, err := db.latest(collection).Find(ctx, where, options.Find().SetSort(one("_id", 1)).SetLimit(sweepStep).
		SetProjection(bson.D{e("_events", 0), e("_grams", 0)}))
	if err != nil {
		return nil, err
	}
	var found []bson.Raw
	return found, cursor.All(ctx, &found)
}

// rewrite lays documents out anew, those that did not change meanwhile: what is written now is in the new layout.
func (db *database) rewrite(ctx context.Context, old, next *table, found []bson.Raw) error {
	var models []mongo.WriteModel
	for _, raw := range found {
		doc, err := old.decode(raw)
		if err != nil {
			return err
		}
		l, err := next.encodeKept(&doc)
		if err != nil {
			return fmt.Errorf("document %s: %w", doc.ID, err)
		}
		models = append(models, mongo.NewUpdateOneModel().
			SetFilter(bson.D{e("_id", doc.ID), e("rev", doc.Rev), e("deleted", doc.Deleted)}).
			SetUpdate((&prepared{layout: l}).change()))
	}
	_, err := db.collection(next.name()).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	return err
}

// indexPrefix begins the names of the indexes that Ensure drops when they are no longer wanted.
const indexPrefix = "i:"

// ensureIndexes makes the collection's indexes and drops those that are no longer wanted. The name of an index says
// what it is over.
func (db *database) ensureIndexes(ctx context.Context, t *table) error {
	view := db.mongo.Collection(t.name()).Indexes()
	wanted := t.indexes()
	models := make([]mongo.IndexModel, 0, len(wanted))
	for _, name := range sortedKeys(wanted) {
		models = append(models, wanted[name])
	}
	if _, err := view.CreateMany(ctx, models); err != nil {
		return fmt.Errorf("indexes: %w", err)
	}
	present, err := view.ListSpecifications(ctx)
	if err != nil {
		return fmt.Errorf("indexes: %w", err)
	}
	for _, index := range present {
		if _, ok := wanted[index.Name]; ok || !strings.HasPrefix(index.Name, indexPrefix) {
			continue
		}
		_, err := view.DropOne(ctx, index.Name)
		var server mongo.ServerError
		if gone := errors.As(err, &server) && server.HasErrorCode(codeIndexNotFound); err != nil && !gone {
			return fmt.Errorf("drop index %s: %w", index.Name, err)
		}
	}
	return nil
}

func sortedKeys[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// indexes gives the wanted indexes by name. Those for lists begin with "deleted", as all queries name it, and end with
// the id, the last key of every sort.
func (t *table) indexes() map[string]mongo.IndexModel {
	all := map[string]mongo.IndexModel{}
	add := func(name string, keys bson.D, o *options.IndexOptions) {
		all[name] = mongo.IndexModel{Keys: keys, Options: o.SetName(name)}
	}
	add("keys", one("_keys", 1), options.Index().SetUnique(true).SetSparse(true))
	add("pending", one("_pending", 1), options.Index().SetSparse(true))
	add("undeclared", one("_undeclared", 1), options.Index().SetSparse(true))
	add("wide", one("_wide", 1), options.Index().SetSparse(true))
	add("state", bson.D{e("deleted", 1), e("state", 1), e("_id", 1)}, options.Index())
	add("due", bson.D{e("next_due", 1), e("_id", 1)},
		options.Index().SetPartialFilterExpression(one("next_due", one("$exists", true))))
	if t.shape.HasSearch() {
		add(indexPrefix+"grams", one("_grams", 1), options.Index().SetSparse(true))
	}
	for _, paths := range t.shape.Indexes {
		if keys := t.indexKeys(paths); keys != nil {
			add(indexPrefix+strings.Join(paths, ","), keys, options.Index())
		}
	}
	return all
}

// indexKeys gives the keys of an index; nil if a field of it is unknown or not a value.
func (t *table) indexKeys(paths []string) bson.D {
	keys := one("deleted", 1)
	for _, path := range paths {
		name, descending := strings.CutPrefix(path, "-")
		direction := 1
		if descending {
			direction = -1
		}
		field, ok := t.shape.Field(name)
		if !ok || field.Type == def.TypeTable || name == def.FieldID {
			return nil
		}
		keys = append(keys, e(t.path(name), direction))
	}
	return append(keys, e("_id", 1))
}
