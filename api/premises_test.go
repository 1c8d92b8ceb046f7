package api_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	driver "go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"formwork/builder"
	"formwork/engine/store"
	"formwork/engine/store/mongo"
	"formwork/engine/store/sqlite"
)

// Founding the demo company takes longer than most tests of it. It is founded once on each kind of store, and every test
// begins with what was there then: a copy of the folder, or the same databases with everything put back.

// foundedBefore is how long before a test begins the company was founded.
const foundedBefore = 10 * time.Minute

// premises are a place where the demo company is as it was founded.
type premises struct {
	people map[string]builder.Person // by account name
	blobs  string                    // folder of what was uploaded
	open   func(t *testing.T) store.Backend
}

// kept is what outlives a test.
var kept struct {
	folder string // of the whole run
	sqlite func(t *testing.T) *premises
	mongo  func(t *testing.T) *premises
	close  []func() error
}

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "formwork-api-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	kept.folder = folder
	kept.sqlite, kept.mongo = forAll(onFolder), forAll(onServer)
	code := m.Run()
	for _, end := range slices.Backward(kept.close) {
		err = errors.Join(err, end())
	}
	if err = errors.Join(err, os.RemoveAll(folder)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// forAll makes premises for the first test that wants them.
func forAll(prepare func(t *testing.T) *premises) func(t *testing.T) *premises {
	var mu sync.Mutex
	var made *premises
	return func(t *testing.T) *premises {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if made == nil {
			made = prepare(t)
		}
		return made
	}
}

// newCompany is a running Formwork with the demo company, as it was founded.
func newCompany(t *testing.T, p *premises) *world {
	t.Helper()
	return p.company(t, p.open(t))
}

// company is the same on a store that was opened before.
func (p *premises) company(t *testing.T, backend store.Backend) *world {
	t.Helper()
	w := openInstallation(t, backend, p.blobs, newClock())
	w.people = maps.Clone(p.people)
	w.engine.Follow("demo")
	w.serve()
	return w
}

// foundDemo founds the demo company on an empty store, which it closes.
func foundDemo(t *testing.T, name string, backend store.Backend) *premises {
	t.Helper()
	p := &premises{blobs: filepath.Join(kept.folder, name+"-blobs")}
	founded := t.Run("the demo company is founded", func(t *testing.T) {
		clock := newClock()
		clock.pass(-foundedBefore)
		w := openInstallation(t, backend, "", clock)
		w.found("demo", "")
		p.people = w.people
		t.Cleanup(func() { w.must(os.CopyFS(p.blobs, os.DirFS(w.blobs))) }) // after the workers ended
	})
	if err := backend.Close(); err != nil || !founded {
		t.Fatalf("found the demo company: %v", err)
	}
	return p
}

// onFolder prepares the embedded store.
func onFolder(t *testing.T) *premises {
	t.Helper()
	dir := filepath.Join(kept.folder, "sqlite")
	backend, err := sqlite.New(sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	p := foundDemo(t, "sqlite", backend)
	p.open = func(t *testing.T) store.Backend {
		t.Helper()
		own := t.TempDir()
		if err := os.CopyFS(own, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		backend, err := sqlite.New(sqlite.Options{Dir: own})
		if err != nil {
			t.Fatal(err)
		}
		return backend
	}
	return p
}

// onServer prepares databases on the MongoDB server, which one test after the other uses.
func onServer(t *testing.T) *premises {
	t.Helper()
	uri := scratch(os.Getenv("MONGODB_URI"))
	open := func(t *testing.T) store.Backend {
		t.Helper()
		backend, err := mongo.Open(t.Context(), uri)
		if err != nil {
			t.Fatal(err)
		}
		return backend
	}
	p := foundDemo(t, "mongo", open(t))
	client, err := driver.Connect(t.Context(), options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	kept.close = append(kept.close, func() error { return client.Disconnect(context.Background()) })
	databases := make([]*snapshot, 0, 2)
	kept.close = append(kept.close, func() error { return client.Database(databaseOf(uri) + "_other").Drop(context.Background()) })
	for _, tenant := range []string{"demo", "_system"} {
		s, err := take(t.Context(), client.Database(databaseOf(uri)+"_"+tenant))
		if err != nil {
			t.Fatal(err)
		}
		kept.close = append(kept.close, func() error { return s.db.Drop(context.Background()) })
		databases = append(databases, s)
	}
	p.open = func(t *testing.T) store.Backend {
		t.Helper()
		for _, s := range databases {
			if err := s.restore(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := client.Database(databaseOf(uri) + "_other").Drop(t.Context()); err != nil { // a second company of a test before
			t.Fatal(err)
		}
		backend := open(t)
		t.Cleanup(func() {
			if err := backend.Close(); err != nil {
				t.Errorf("close store: %v", err)
			}
		})
		return backend
	}
	return p
}

// snapshot is what a database held.
type snapshot struct {
	db          *driver.Database
	collections map[string][]bson.Raw
}

func take(ctx context.Context, db *driver.Database) (*snapshot, error) {
	names, err := db.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return nil, fmt.Errorf("list collections: %w", err)
	}
	s := &snapshot{db: db, collections: map[string][]bson.Raw{}}
	for _, name := range names {
		if s.collections[name], err = documents(ctx, db.Collection(name)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// restore makes the database hold that again, and nothing else.
func (s *snapshot) restore(ctx context.Context) error {
	names, err := s.db.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return fmt.Errorf("list collections: %w", err)
	}
	for _, name := range names {
		held, known := s.collections[name]
		if !known {
			err = s.db.Collection(name).Drop(ctx)
		} else {
			err = refill(ctx, s.db.Collection(name), held)
		}
		if err != nil {
			return fmt.Errorf("restore %s: %w", name, err)
		}
	}
	return nil
}

// refill makes a collection hold these documents, if it holds others now.
func refill(ctx context.Context, c *driver.Collection, held []bson.Raw) error {
	now, err := documents(ctx, c)
	if err != nil || slices.EqualFunc(now, held, func(a, b bson.Raw) bool { return string(a) == string(b) }) {
		return err
	}
	if _, err := c.DeleteMany(ctx, bson.D{}); err != nil || len(held) == 0 {
		return err
	}
	all := make([]any, len(held))
	for i, doc := range held {
		all[i] = doc
	}
	_, err = c.InsertMany(ctx, all)
	return err
}

// documents reads all there are, by their ids.
func documents(ctx context.Context, c *driver.Collection) ([]bson.Raw, error) {
	cursor, err := c.Find(ctx, bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", c.Name(), err)
	}
	var all []bson.Raw
	if err := cursor.All(ctx, &all); err != nil {
		return nil, fmt.Errorf("read %s: %w", c.Name(), err)
	}
	return all, nil
}
