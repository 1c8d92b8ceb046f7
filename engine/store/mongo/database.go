package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readconcern"
	"go.mongodb.org/mongo-driver/x/mongo/driver"
	"go.mongodb.org/mongo-driver/x/mongo/driver/topology"

	"formwork/engine/store"
)

// The collections that are ours; names of entities have no dot.
const (
	shapeCollection = "fw.collection"
	eventCollection = "fw.event"
	leaseCollection = "fw.lease"
)

// database is the store of one tenant.
type database struct {
	backend  *Backend
	tenant   string
	mongo    *mongo.Database
	relay    *relay
	closed   atomic.Bool
	ensuring sync.Mutex // one Ensure at a time
	mu       sync.RWMutex
	tables   map[string]*table
}

var (
	_ store.Store   = (*database)(nil)
	_ store.Archive = (*database)(nil)
)

func openDatabase(ctx context.Context, b *Backend, tenant string) (*database, error) {
	db := &database{backend: b, tenant: tenant, mongo: b.client.Database(b.databaseName(tenant)), tables: map[string]*table{}}
	_, err := db.mongo.Collection(eventCollection).Indexes().CreateOne(ctx, mongo.IndexModel{
		Keys: one("u", 1), Options: options.Index().SetName("u").SetUnique(true),
	})
	if err != nil {
		return nil, plain(ctx, err)
	}
	definitions, err := db.definitions(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range definitions {
		db.tables[d.Name] = newTable(d)
	}
	db.relay = startRelay(context.WithoutCancel(ctx), db)
	return db, nil
}

// close lets the relay finish.
func (db *database) close() {
	if db.closed.CompareAndSwap(false, true) {
		db.relay.stop(true)
	}
}

// abandon stops the relay where it stands; false if the store is closed already.
func (db *database) abandon() bool {
	if !db.closed.CompareAndSwap(false, true) {
		return false
	}
	db.relay.stop(false)
	return true
}

// Drop deletes the whole database.
func (db *database) Drop(ctx context.Context) error { return db.backend.drop(ctx, db) }

// collection is an entity's collection as most of the nodes have it.
func (db *database) collection(name string) *mongo.Collection { return db.mongo.Collection(name) }

// latest is a collection as the primary has it, for reading what a write has run into.
func (db *database) latest(name string) *mongo.Collection {
	return db.mongo.Collection(name, options.Collection().SetReadConcern(readconcern.Local()))
}

// table gives the layout of a collection.
func (db *database) table(collection string) (*table, error) {
	if db.closed.Load() {
		return nil, errClosed
	}
	db.mu.RLock()
	defer db.mu.RUnlock()
	t, ok := db.tables[collection]
	if !ok {
		return nil, fmt.Errorf("collection %s: %w", collection, store.ErrUnknown)
	}
	return t, nil
}

// writing gives the layout of a collection to write by. Until done is called, Ensure waits before it looks for
// documents of older layouts.
func (db *database) writing(collection string) (t *table, done func(), err error) {
	if db.closed.Load() {
		return nil, nil, errClosed
	}
	db.mu.RLock()
	defer db.mu.RUnlock()
	t, ok := db.tables[collection]
	if !ok {
		return nil, nil, fmt.Errorf("collection %s: %w", collection, store.ErrUnknown)
	}
	t.writers.Add(1)
	return t, t.writers.Done, nil
}

// setTable puts a new layout in force and waits for the writes by the old one.
func (db *database) setTable(t *table) {
	db.mu.Lock()
	old := db.tables[t.name()]
	db.tables[t.name()] = t
	db.mu.Unlock()
	if old != nil {
		old.writers.Wait()
	}
}

// definition is what fw.collection keeps of a collection. The shape is JSON, as field names may be anything.
type definition struct {
	Name    string `bson:"_id"`
	Shape   string `bson:"shape"`
	Version int64  `bson:"version"` // grows with every change, for compare-and-set
	Gen     int64  `bson:"gen"`     // generation of the layout of v
	Swept   int64  `bson:"swept"`   // no document is of a generation before this one
	Adopted int64  `bson:"adopted"` // the fields of this version have found their undeclared values

	collection store.Collection
	gone       []store.Field // fields no longer wanted; their values stay
}

// shape is the JSON of a definition's Shape.
type shape struct {
	Collection store.Collection `json:"collection"`
	Gone       []store.Field    `json:"gone,omitempty"`
}

func (d *definition) unpack() error {
	var s shape
	if err := json.Unmarshal([]byte(d.Shape), &s); err != nil {
		return fmt.Errorf("shape of %s: %w", d.Name, err)
	}
	d.collection, d.gone = s.Collection, s.Gone
	return nil
}

func (d *definition) pack() error {
	raw, err := json.Marshal(shape{d.collection, d.gone})
	d.Shape = string(raw)
	return err
}

// definitions reads the shapes of all collections, by name.
func (db *database) definitions(ctx context.Context) ([]*definition, error) {
	cursor, err := db.latest(shapeCollection).Find(ctx, bson.D{}, options.Find().SetSort(one("_id", 1)))
	if err != nil {
		return nil, plain(ctx, err)
	}
	var all []*definition
	if err := cursor.All(ctx, &all); err != nil {
		return nil, plain(ctx, err)
	}
	for _, d := range all {
		if err := d.unpack(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// definition reads the shape of one collection; nil if there is none.
func (db *database) definition(ctx context.Context, name string) (*definition, error) {
	d := &definition{}
	err := db.latest(shapeCollection).FindOne(ctx, one("_id", name)).Decode(d)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil, nil //nolint:nilnil // a collection nobody ensured
	}
	if err != nil {
		return nil, plain(ctx, err)
	}
	return d, d.unpack()
}

// Codes of server errors.
const (
	codeDiskFull      = 14031 // OutOfDiskSpace
	codeTooLarge      = 10334 // BSONObjectTooLarge
	codeNoNamespace   = 26    // NamespaceNotFound
	codeIndexNotFound = 27    // IndexNotFound
)

// plain gives the errors of the contract for those of the driver.
func plain(ctx context.Context, err error) error {
	var server mongo.ServerError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errors.Join(ctx.Err(), err)
	case errors.As(err, &server) && server.HasErrorCode(codeDiskFull):
		return errors.Join(store.ErrFull, err)
	case errors.As(err, &server) && server.HasErrorCode(codeTooLarge):
		return errors.Join(store.ErrTooLarge, err)
	case isAway(err):
		return errors.Join(store.ErrAway, err)
	}
	return err
}

// stepDowns are the codes of servers that shut down, or no longer or not yet lead; the driver has tried again once.
var stepDowns = []int{91, 189, 10107, 11600, 11602, 13435, 13436}

// isAway tells whether an error means that no server answered, or none that leads.
func isAway(err error) bool {
	var selection topology.ServerSelectionError
	var pool driver.RetryablePoolError
	if mongo.IsNetworkError(err) || mongo.IsTimeout(err) || errors.As(err, &selection) || errors.As(err, &pool) {
		return true
	}
	var server mongo.ServerError
	return errors.As(err, &server) && slices.ContainsFunc(stepDowns, server.HasErrorCode)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// nothingYet is before every id of an event.
var nothingYet primitive.ObjectID
