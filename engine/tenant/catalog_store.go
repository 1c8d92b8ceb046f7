package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/query"
	"formwork/engine/store"
)

// The collections of definitions in a tenant's database. No entity's name begins with "_".
const (
	definitionCollection = "_definition" // id: hash of the text
	manifestCollection   = "_manifest"   // id: version
	versionCollection    = "_version"    // id: number; the history
	pointerCollection    = "_catalog"    // one document: what is in force. Its events are those of publishing
)

const pointerID = "active"

// EventPublished is the type of the event a publish appends to the tenant's log; its data is a Published.
const EventPublished = "published"

// Published is one entry of a tenant's history of catalogs. Number 0 stands for "nothing published yet".
type Published struct {
	Number  int64     `json:"number"`
	Version string    `json:"version"` // of the catalog: hash of its manifest
	Note    string    `json:"note,omitempty"`
	By      string    `json:"by"` // id of the user, or "system"
	At      time.Time `json:"at"`
	Again   int64     `json:"again,omitempty"` // a rollback: number of the older entry that was published again
	// Templates are the templates installed in this version, by name.
	Templates map[string]Installed `json:"templates,omitempty"`
}

// Installed says which version of a template a catalog rests on, and which manifest holds its definitions as shipped.
// What the company has otherwise is its overlay.
type Installed struct {
	Version string `json:"version"`
	Base    string `json:"base"` // version of the manifest of the template's definitions
}

// ErrPublished means that somebody else published meanwhile.
var ErrPublished = errors.New("another version was published meanwhile")

// Current tells what is in force.
func (c *Catalogs) Current(ctx context.Context, tenant string) (Published, error) {
	db, err := c.database(ctx, tenant)
	if err != nil {
		return Published{}, err
	}
	return readPointer(ctx, db)
}

// Save stores a catalog's definitions and manifest, each only if it is not there yet, and prepares the collections of its
// entities. Nothing is in force by that; see Activate.
func (c *Catalogs) Save(ctx context.Context, tenant string, catalog *def.Catalog) error {
	db, err := c.database(ctx, tenant)
	if err != nil {
		return err
	}
	if err := writeDefinitions(ctx, db, catalog.Definitions, c.clock()); err != nil {
		return err
	}
	if err := writeManifest(ctx, db, catalog.Manifest, c.clock()); err != nil {
		return err
	}
	return prepare(ctx, db, catalog)
}

// SaveManifest stores definitions and a manifest of them without preparing collections: the base of a template.
func (c *Catalogs) SaveManifest(ctx context.Context, tenant string, definitions def.Definitions) (version string, err error) {
	db, err := c.database(ctx, tenant)
	if err != nil {
		return "", err
	}
	manifest, err := definitions.Manifest()
	if err != nil {
		return "", err
	}
	if err := writeDefinitions(ctx, db, definitions, c.clock()); err != nil {
		return "", err
	}
	return manifest.Version(), writeManifest(ctx, db, manifest, c.clock())
}

// Definitions gives the definitions of a manifest stored by Save or SaveManifest, without compiling them.
func (c *Catalogs) Definitions(ctx context.Context, tenant, version string) (def.Definitions, error) {
	if version == "" {
		return def.Definitions{}, nil
	}
	db, err := c.database(ctx, tenant)
	if err != nil {
		return nil, err
	}
	manifest, err := readManifest(ctx, db, version)
	if err != nil {
		return nil, err
	}
	return readDefinitions(ctx, db, manifest)
}

// Activate puts a saved catalog in force by one conditional write of the pointer, together with its event. Number must
// be that of Current plus one; ErrPublished if it is not any more.
func (c *Catalogs) Activate(ctx context.Context, tenant string, catalog *def.Catalog, next Published) error {
	db, err := c.database(ctx, tenant)
	if err != nil {
		return err
	}
	before, err := readPointer(ctx, db)
	if err != nil {
		return err
	}
	if before.Number != next.Number-1 {
		return ErrPublished
	}
	// The pointer holds its own entry of the history; the entry is copied before the next one takes its place.
	if err := writeHistory(ctx, db, before); err != nil {
		return err
	}
	if err := writePointer(ctx, db, next); err != nil {
		return err
	}
	entry := c.entry(tenant)
	entry.mu.Lock()
	defer entry.mu.Unlock()
	if entry.number < next.Number {
		entry.active, entry.number, entry.checked = catalog, next.Number, c.clock()
		entry.keep(catalog.Version, catalog)
	}
	return nil
}

// History lists what was published, newest first.
func (c *Catalogs) History(ctx context.Context, tenant string) ([]Published, error) {
	db, err := c.database(ctx, tenant)
	if err != nil {
		return nil, err
	}
	current, err := readPointer(ctx, db)
	if err != nil || current.Number == 0 {
		return nil, err
	}
	history := []Published{current}
	newestFirst := []query.Sort{{Field: "number", Desc: true, Type: def.TypeInteger}}
	for after := ""; ; {
		page, err := db.Find(ctx, query.Query{Collection: versionCollection, Sort: newestFirst, Limit: 1000, After: after})
		if err != nil {
			return nil, fmt.Errorf("read history: %w", err)
		}
		for _, doc := range page.Docs {
			entry, err := publishedFrom(doc)
			if err != nil {
				return nil, err
			}
			if entry.Number < current.Number {
				history = append(history, entry)
			}
		}
		if page.Next == "" {
			return history, nil
		}
		after = page.Next
	}
}

// ensure prepares the collections of definitions.
func ensure(ctx context.Context, db store.Store) error {
	text := func(paths ...string) []store.Field {
		fields := make([]store.Field, len(paths))
		for i, path := range paths {
			fields[i] = store.Field{Path: path, Type: def.TypeLongText}
		}
		return fields
	}
	err := db.Ensure(ctx,
		store.Collection{Name: definitionCollection, Fields: text("kind", "json")},
		store.Collection{Name: manifestCollection, Fields: text("json")},
		store.Collection{Name: versionCollection, Fields: append(text("json"), store.Field{Path: "number", Type: def.TypeInteger, Index: true})},
		store.Collection{Name: pointerCollection, Fields: text("json")})
	if err != nil {
		return fmt.Errorf("prepare definitions: %w", err)
	}
	return nil
}

// document makes a document at revision 1 that is written once.
func document(id string, at time.Time, values map[string]any) store.Doc {
	at = at.UTC().Truncate(time.Millisecond)
	return store.Doc{ID: id, Rev: 1, Values: values, CreatedBy: "system", CreatedAt: at, UpdatedBy: "system", UpdatedAt: at}
}

// writeOnce puts documents that never change; those that are there already are left alone.
func writeOnce(ctx context.Context, db store.Store, collection string, docs []store.Doc) error {
	if len(docs) == 0 {
		return nil
	}
	writes := make([]store.Write, len(docs))
	for i, doc := range docs {
		writes[i] = store.Write{Collection: collection, Doc: doc}
	}
	for _, err := range db.Put(ctx, writes...) {
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("write %s: %w", collection, err)
		}
	}
	return nil
}

func writeDefinitions(ctx context.Context, db store.Store, definitions def.Definitions, at time.Time) error {
	docs := make([]store.Doc, 0, len(definitions))
	seen := map[string]bool{}
	for ref, definition := range definitions {
		raw, err := def.Encode(definition)
		if err != nil {
			return err
		}
		hash := def.Hash(raw)
		if !seen[hash] {
			seen[hash] = true
			docs = append(docs, document(hash, at, map[string]any{"kind": string(ref.Kind), "json": string(raw)}))
		}
	}
	return writeOnce(ctx, db, definitionCollection, docs)
}

func writeManifest(ctx context.Context, db store.Store, manifest def.Manifest, at time.Time) error {
	raw, err := json.Marshal(manifest)
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	return writeOnce(ctx, db, manifestCollection, []store.Doc{document(manifest.Version(), at, map[string]any{"json": string(raw)})})
}

func readManifest(ctx context.Context, db store.Store, version string) (def.Manifest, error) {
	docs, err := db.Get(ctx, manifestCollection, version)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	if len(docs) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrVersion, version)
	}
	var manifest def.Manifest
	if err := decodeText(docs[0], &manifest); err != nil {
		return nil, err
	}
	return manifest, nil
}

func readDefinitions(ctx context.Context, db store.Store, manifest def.Manifest) (def.Definitions, error) {
	ids := make([]string, 0, len(manifest))
	for _, hash := range manifest {
		ids = append(ids, hash)
	}
	docs, err := db.Get(ctx, definitionCollection, ids...)
	if err != nil {
		return nil, fmt.Errorf("read definitions: %w", err)
	}
	texts := make(map[string]string, len(docs))
	for _, doc := range docs {
		texts[doc.ID], _ = doc.Values["json"].(string)
	}
	definitions := make(def.Definitions, len(manifest))
	for key, hash := range manifest {
		ref, ok := def.ParseRef(key)
		text, stored := texts[hash]
		if !ok || !stored {
			return nil, fmt.Errorf("definition %s (%s) of the catalog is missing", key, hash)
		}
		if definitions[ref], err = def.Parse(ref.Kind, []byte(text)); err != nil {
			return nil, err
		}
	}
	return definitions, nil
}

// readPointer gives what is in force; number 0 if nothing was ever published.
func readPointer(ctx context.Context, db store.Store) (Published, error) {
	docs, err := db.Get(ctx, pointerCollection, pointerID)
	if err != nil {
		return Published{}, fmt.Errorf("read catalog pointer: %w", err)
	}
	if len(docs) == 0 {
		return Published{}, nil
	}
	return publishedFrom(docs[0])
}

// writePointer moves the pointer from the entry before to this one, with the event of it.
func writePointer(ctx context.Context, db store.Store, next Published) error {
	raw, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode catalog pointer: %w", err)
	}
	docs, err := db.Get(ctx, pointerCollection, pointerID)
	if err != nil {
		return fmt.Errorf("read catalog pointer: %w", err)
	}
	chain := ""
	if len(docs) > 0 {
		chain = docs[0].Chain
	}
	doc := document(pointerID, next.At, map[string]any{"json": string(raw)})
	doc.Rev = next.Number
	doc.CreatedBy, doc.UpdatedBy = next.By, next.By
	events := []store.Event{{
		Entity: pointerCollection, Record: pointerID, Rev: next.Number,
		Type: EventPublished, Actor: next.By, At: next.At, Data: raw,
	}}
	if events, doc.Chain, err = event.Seal(chain, events); err != nil {
		return err
	}
	err = db.Put(ctx, store.Write{Collection: pointerCollection, Doc: doc, IfRev: next.Number - 1, Events: events})[0]
	if errors.Is(err, store.ErrConflict) {
		return ErrPublished
	}
	if err != nil {
		return fmt.Errorf("write catalog pointer: %w", err)
	}
	return nil
}

// writeHistory keeps an entry after the pointer moved on.
func writeHistory(ctx context.Context, db store.Store, entry Published) error {
	if entry.Number == 0 {
		return nil
	}
	raw, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("encode history: %w", err)
	}
	doc := document(fmt.Sprint(entry.Number), entry.At, map[string]any{"number": entry.Number, "json": string(raw)})
	return writeOnce(ctx, db, versionCollection, []store.Doc{doc})
}

func publishedFrom(doc store.Doc) (Published, error) {
	var entry Published
	return entry, decodeText(doc, &entry)
}

func decodeText(doc store.Doc, target any) error {
	text, _ := doc.Values["json"].(string)
	if err := json.Unmarshal([]byte(text), target); err != nil {
		return fmt.Errorf("decode stored %s: %w", doc.ID, err)
	}
	return nil
}
