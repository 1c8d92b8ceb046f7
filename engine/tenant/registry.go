package tenant

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"sync"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// System is the database of the installation: accounts, sessions, memberships and the list of tenants.
const System = "_system"

// Tenant is one company.
type Tenant struct {
	Name  string // [a-z][a-z0-9_]*, never changes; also the name of its database
	Title string
	Lang  string // language of people who chose none
	Zone  string // IANA time zone of today(), such as Asia/Shanghai
}

// Errors of the registry.
var (
	ErrUnknown = errors.New("unknown tenant")
	ErrExists  = errors.New("tenant exists")
	ErrName    = errors.New("bad tenant name") // not [a-z][a-z0-9_]{0,47}
	ErrZone    = errors.New("unknown time zone")
)

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,47}$`)

// Registry keeps the list of tenants and opens their databases. What a tenant is never changes, so tenants that were
// read once are not read again.
type Registry struct {
	backend store.Backend
	clock   func() time.Time
	known   sync.Map // name → Tenant
	zones   sync.Map // name of a zone → *time.Location; reading one opens a file
}

// NewRegistry prepares the collection of tenants in the system database.
func NewRegistry(ctx context.Context, backend store.Backend, clock func() time.Time) (*Registry, error) {
	system, err := backend.Open(ctx, System)
	if err != nil {
		return nil, fmt.Errorf("open system database: %w", err)
	}
	err = system.Ensure(ctx, store.Collection{Name: "tenant", Fields: []store.Field{
		{Path: "title", Type: def.TypeText}, {Path: "lang", Type: def.TypeText}, {Path: "zone", Type: def.TypeText},
	}})
	if err != nil {
		return nil, fmt.Errorf("ensure tenants: %w", err)
	}
	return &Registry{backend: backend, clock: clock}, nil
}

// SystemStore is the installation's own database.
func (r *Registry) SystemStore(ctx context.Context) (store.Store, error) {
	return r.backend.Open(ctx, System)
}

// Store opens the database of a tenant that exists; ErrUnknown otherwise.
func (r *Registry) Store(ctx context.Context, name string) (store.Store, error) {
	if _, err := r.Tenant(ctx, name); err != nil {
		return nil, err
	}
	return r.backend.Open(ctx, name)
}

// Create adds a tenant. Its database is created empty; builder fills in a catalog.
func (r *Registry) Create(ctx context.Context, t Tenant) error {
	if err := r.Check(t); err != nil {
		return err
	}
	system, err := r.SystemStore(ctx)
	if err != nil {
		return err
	}
	now := r.clock()
	doc := store.Doc{
		ID: t.Name, Rev: 1, CreatedAt: now, UpdatedAt: now, CreatedBy: "system", UpdatedBy: "system",
		Values: map[string]any{"title": t.Title, "lang": t.Lang, "zone": t.Zone},
	}
	err = system.Put(ctx, store.Write{Collection: "tenant", Doc: doc})[0]
	if errors.Is(err, store.ErrConflict) {
		return ErrExists
	}
	return err
}

// Check tells whether a tenant's name and zone can be used: nil, ErrName or ErrZone.
func (r *Registry) Check(t Tenant) error {
	if !namePattern.MatchString(t.Name) {
		return ErrName
	}
	if _, err := time.LoadLocation(t.Zone); err != nil {
		return ErrZone
	}
	return nil
}

// Tenant finds one tenant by name; ErrUnknown if there is none.
func (r *Registry) Tenant(ctx context.Context, name string) (Tenant, error) {
	if t, ok := r.known.Load(name); ok {
		if t, ok := t.(Tenant); ok {
			return t, nil
		}
	}
	if !namePattern.MatchString(name) {
		return Tenant{}, ErrUnknown
	}
	system, err := r.SystemStore(ctx)
	if err != nil {
		return Tenant{}, err
	}
	docs, err := system.Get(ctx, "tenant", name)
	if err != nil {
		return Tenant{}, fmt.Errorf("read tenant: %w", err)
	}
	if len(docs) == 0 {
		return Tenant{}, ErrUnknown
	}
	t := fromDoc(docs[0])
	r.known.Store(name, t)
	return t, nil
}

// Zone is the time zone of a tenant.
func (r *Registry) Zone(ctx context.Context, name string) (*time.Location, error) {
	t, err := r.Tenant(ctx, name)
	if err != nil {
		return nil, err
	}
	if known, ok := r.zones.Load(t.Zone); ok {
		if zone, ok := known.(*time.Location); ok {
			return zone, nil
		}
	}
	zone, err := time.LoadLocation(t.Zone)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrZone, t.Zone)
	}
	r.zones.Store(t.Zone, zone)
	return zone, nil
}

// Tenants lists all tenants by name.
func (r *Registry) Tenants(ctx context.Context) ([]Tenant, error) {
	system, err := r.SystemStore(ctx)
	if err != nil {
		return nil, err
	}
	var all []Tenant
	for after := ""; ; {
		page, err := system.Find(ctx, query.Query{Collection: "tenant", Limit: 1000, After: after})
		if err != nil {
			return nil, fmt.Errorf("list tenants: %w", err)
		}
		for _, doc := range page.Docs {
			all = append(all, fromDoc(doc))
		}
		if page.Next == "" {
			break
		}
		after = page.Next
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all, nil
}

func fromDoc(doc store.Doc) Tenant {
	text := func(field string) string { s, _ := doc.Values[field].(string); return s }
	return Tenant{Name: doc.ID, Title: text("title"), Lang: text("lang"), Zone: text("zone")}
}
