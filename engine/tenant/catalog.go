package tenant

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"formwork/engine/def"
	"formwork/engine/store"
)

// recheck is how long a process may go on with a catalog without asking whether another process published a newer one.
const recheck = 2 * time.Second

// keptVersions is how many older catalogs of a tenant stay compiled, for records pinned to them.
const keptVersions = 8

// ErrVersion is a catalog version that was never published.
var ErrVersion = errors.New("unknown catalog version")

// Catalogs keeps the published definitions of tenants: each definition once under the hash of its text, a manifest per
// version, and one pointer that says which version is in force. Compiled catalogs are cached; a publish in this process
// is seen at once, one in another process within recheck.
//
// Definitions are stored as JSON text: their keys may begin with "$", which BSON does not allow everywhere.
type Catalogs struct {
	tenants *Registry
	clock   func() time.Time

	mu    sync.Mutex
	cache map[string]*cached
}

// cached is what is known of one tenant. mu is held while the pointer is read, so that a hundred requests read it once.
type cached struct {
	mu       sync.Mutex
	active   *def.Catalog
	number   int64 // of the active version
	checked  time.Time
	prepared bool // the collections of definitions exist
	versions map[string]*def.Catalog
	order    []string // of versions, oldest first
}

// NewCatalogs makes the cache over the tenants of a registry.
func NewCatalogs(tenants *Registry) *Catalogs {
	return &Catalogs{tenants: tenants, clock: tenants.clock, cache: map[string]*cached{}}
}

// Active gives the catalog in force. A tenant that never published has one with the system entities only.
func (c *Catalogs) Active(ctx context.Context, tenant string) (*def.Catalog, error) {
	entry := c.entry(tenant)
	entry.mu.Lock()
	defer entry.mu.Unlock()
	now := c.clock()
	if entry.active != nil && now.Sub(entry.checked) < recheck {
		return entry.active, nil
	}
	db, err := c.open(ctx, tenant, entry)
	if err != nil {
		return nil, err
	}
	current, err := readPointer(ctx, db)
	if err != nil {
		return nil, err
	}
	if entry.active == nil || entry.number != current.Number {
		catalog, err := entry.load(ctx, db, current.Version)
		if err != nil {
			return nil, err
		}
		// A newer program may want other indexes than the one that published.
		if err := prepare(ctx, db, catalog); err != nil {
			return nil, err
		}
		entry.active, entry.number = catalog, current.Number
	}
	entry.checked = now
	return entry.active, nil
}

// open gives the tenant's database with the collections of definitions in it. The caller holds entry.mu.
func (c *Catalogs) open(ctx context.Context, tenant string, entry *cached) (store.Store, error) {
	db, err := c.tenants.Store(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if !entry.prepared {
		if err := ensure(ctx, db); err != nil {
			return nil, err
		}
		entry.prepared = true
	}
	return db, nil
}

// database opens the tenant's database for a caller that does not hold the entry's lock.
func (c *Catalogs) database(ctx context.Context, tenant string) (store.Store, error) {
	entry := c.entry(tenant)
	entry.mu.Lock()
	defer entry.mu.Unlock()
	return c.open(ctx, tenant, entry)
}

// prepare makes the collections of a catalog's entities, or gives them the indexes they need now.
func prepare(ctx context.Context, db store.Store, catalog *def.Catalog) error {
	collections := make([]store.Collection, 0, len(catalog.Entities))
	for name := range catalog.Entities {
		collections = append(collections, store.CollectionOf(catalog, name))
	}
	if err := db.Ensure(ctx, collections...); err != nil {
		return fmt.Errorf("prepare collections: %w", err)
	}
	return nil
}

// Version gives a published catalog by its version; the empty version is the active one. ErrVersion if there is none.
func (c *Catalogs) Version(ctx context.Context, tenant, version string) (*def.Catalog, error) {
	if version == "" {
		return c.Active(ctx, tenant)
	}
	entry := c.entry(tenant)
	entry.mu.Lock()
	defer entry.mu.Unlock()
	if catalog, ok := entry.versions[version]; ok {
		return catalog, nil
	}
	db, err := c.open(ctx, tenant, entry)
	if err != nil {
		return nil, err
	}
	return entry.load(ctx, db, version)
}

func (c *Catalogs) entry(tenant string) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.cache[tenant]
	if !ok {
		entry = &cached{versions: map[string]*def.Catalog{}}
		c.cache[tenant] = entry
	}
	return entry
}

// load gives a version from the cache or the store. The caller holds mu.
func (e *cached) load(ctx context.Context, db store.Store, version string) (*def.Catalog, error) {
	if catalog, ok := e.versions[version]; ok {
		return catalog, nil
	}
	catalog, err := readCatalog(ctx, db, version)
	if err != nil {
		return nil, err
	}
	e.keep(version, catalog)
	return catalog, nil
}

func (e *cached) keep(version string, catalog *def.Catalog) {
	if _, ok := e.versions[version]; ok {
		return
	}
	e.versions[version] = catalog
	e.order = append(e.order, version)
	if len(e.order) > keptVersions {
		delete(e.versions, e.order[0])
		e.order = e.order[1:]
	}
}

// readCatalog loads and compiles a version. The empty version is that of a tenant that never published.
func readCatalog(ctx context.Context, db store.Store, version string) (*def.Catalog, error) {
	definitions := def.Definitions{}
	if version != "" {
		manifest, err := readManifest(ctx, db, version)
		if err != nil {
			return nil, err
		}
		if definitions, err = readDefinitions(ctx, db, manifest); err != nil {
			return nil, err
		}
	}
	catalog, problems := def.Compile(definitions, def.DefaultLang)
	if len(problems) > 0 {
		return nil, fmt.Errorf("compile catalog %s: %s at %s%s", version, problems[0].Code, problems[0].Ref, problems[0].Path)
	}
	return catalog, nil
}
