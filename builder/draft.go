package builder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// draftCollection holds one document per changed definition, under its reference. No entity's name begins with "_".
const draftCollection = "_draft"

// Draft is what is edited but not published yet: one per tenant, shared by its administrators.
type Draft struct {
	Base        string                     `json:"base"`        // version of the catalog in force
	Definitions map[string]json.RawMessage `json:"definitions"` // by reference: "entities/project"; null = removed
	Changes     map[string]Change          `json:"changes"`     // by reference: who changed it, over what
}

// Change is one definition in the draft: put (new or edited) or removed.
type Change struct {
	Definition json.RawMessage `json:"-"` // canonical; nil when removed
	Removed    bool            `json:"removed,omitempty"`
	Over       string          `json:"over,omitempty"` // hash of the published definition it was made over; "" = new
	By         string          `json:"by"`
	At         time.Time       `json:"at"`
}

// Draft gives the tenant's draft; it may be empty.
func (b *Builder) Draft(ctx context.Context, tenant string) (Draft, error) {
	current, err := b.config.Catalogs.Current(ctx, tenant)
	if err != nil {
		return Draft{}, err
	}
	docs, err := b.draftDocs(ctx, tenant)
	if err != nil {
		return Draft{}, err
	}
	draft := Draft{Base: current.Version, Definitions: map[string]json.RawMessage{}, Changes: map[string]Change{}}
	for _, doc := range docs {
		change := changeFrom(doc)
		draft.Definitions[doc.ID], draft.Changes[doc.ID] = change.Definition, change
	}
	return draft, nil
}

// Put stores a definition in the draft. It must decode; whether it fits the rest is Check's question.
// The name in the text must be the reference's. It fails with *ProblemsError.
func (b *Builder) Put(ctx context.Context, actor access.Actor, ref def.Ref, raw []byte) error {
	definition, problems := def.Decode(ref.Kind, raw)
	if len(problems) > 0 {
		return refused(ref, problems)
	}
	// An extension keeps the reference it has: "<entity>@<owner>".
	if name, _, _ := strings.Cut(ref.Name, def.ExtensionSeparator); name != definition.Common().Name {
		return refused(ref, []def.Problem{{Path: "/name", Code: "name_mismatch", Level: def.LevelError, Params: map[string]any{"name": name}}})
	}
	canonical, err := def.Encode(definition)
	if err != nil {
		return err
	}
	return b.putChange(ctx, actor, ref, Change{Definition: canonical})
}

// Remove marks a published definition as removed in the draft, or takes a new one out of it.
func (b *Builder) Remove(ctx context.Context, actor access.Actor, ref def.Ref) error {
	catalog, err := b.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return err
	}
	if _, published := catalog.Manifest[ref.String()]; published {
		return b.putChange(ctx, actor, ref, Change{Removed: true})
	}
	return b.forget(ctx, actor.Tenant, ref.String())
}

// Revert takes one definition out of the draft: what is published stays.
func (b *Builder) Revert(ctx context.Context, tenant string, ref def.Ref) error {
	return b.forget(ctx, tenant, ref.String())
}

// Discard empties the draft.
func (b *Builder) Discard(ctx context.Context, tenant string) error {
	docs, err := b.draftDocs(ctx, tenant)
	if err != nil {
		return err
	}
	return b.removeDocs(ctx, tenant, docs)
}

// refused gives problems of one definition as an error.
func refused(ref def.Ref, problems []def.Problem) error {
	for i := range problems {
		problems[i].Ref = ref.String()
	}
	return &ProblemsError{problems}
}

// maxTries is how often a change is written anew when another administrator wrote the same definition first.
const maxTries = 5

func (b *Builder) putChange(ctx context.Context, actor access.Actor, ref def.Ref, change Change) error {
	catalog, err := b.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return err
	}
	db, err := b.drafts(ctx, actor.Tenant)
	if err != nil {
		return err
	}
	now := b.config.Clock().UTC().Truncate(time.Millisecond)
	for range maxTries {
		docs, err := db.Get(ctx, draftCollection, ref.String())
		if err != nil {
			return fmt.Errorf("read draft: %w", err)
		}
		doc := store.Doc{ID: ref.String(), CreatedBy: actor.ID, CreatedAt: now}
		over := catalog.Manifest[ref.String()]
		if len(docs) > 0 {
			doc = docs[0]
			over, _ = doc.Values["over"].(string) // still an edit of what it began with
		}
		ifRev := doc.Rev
		doc.Rev++
		doc.UpdatedBy, doc.UpdatedAt = actor.ID, now
		doc.Values = change.values(over)
		err = db.Put(ctx, store.Write{Collection: draftCollection, Doc: doc, IfRev: ifRev})[0]
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("draft of %s: %w", ref, store.ErrConflict)
}

// values are a change as stored: no empty texts.
func (c Change) values(over string) map[string]any {
	values := map[string]any{"removed": c.Removed}
	if len(c.Definition) > 0 {
		values["json"] = string(c.Definition)
	}
	if over != "" {
		values["over"] = over
	}
	return values
}

func changeFrom(doc store.Doc) Change {
	text, _ := doc.Values["json"].(string)
	removed, _ := doc.Values["removed"].(bool)
	over, _ := doc.Values["over"].(string)
	change := Change{Removed: removed, Over: over, By: doc.UpdatedBy, At: doc.UpdatedAt}
	if text != "" {
		change.Definition = json.RawMessage(text)
	}
	return change
}

// drafts opens the tenant's database with the collection of drafts in it.
func (b *Builder) drafts(ctx context.Context, tenant string) (store.Store, error) {
	db, err := b.config.Tenants.Store(ctx, tenant)
	if err != nil {
		return nil, err
	}
	err = db.Ensure(ctx, store.Collection{Name: draftCollection, Fields: []store.Field{
		{Path: "json", Type: def.TypeLongText}, {Path: "removed", Type: def.TypeBoolean}, {Path: "over", Type: def.TypeText},
	}})
	if err != nil {
		return nil, fmt.Errorf("prepare drafts: %w", err)
	}
	return db, nil
}

func (b *Builder) draftDocs(ctx context.Context, tenant string) ([]store.Doc, error) {
	db, err := b.drafts(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var all []store.Doc
	for after := ""; ; {
		page, err := db.Find(ctx, query.Query{Collection: draftCollection, Limit: 1000, After: after})
		if err != nil {
			return nil, fmt.Errorf("read draft: %w", err)
		}
		all = append(all, page.Docs...)
		if page.Next == "" {
			return all, nil
		}
		after = page.Next
	}
}

func (b *Builder) forget(ctx context.Context, tenant, ref string) error {
	db, err := b.drafts(ctx, tenant)
	if err != nil {
		return err
	}
	docs, err := db.Get(ctx, draftCollection, ref)
	if err != nil {
		return fmt.Errorf("read draft: %w", err)
	}
	if len(docs) == 0 {
		return ErrUnknownDefinition
	}
	return b.removeDocs(ctx, tenant, docs)
}

// removeDocs deletes draft documents as they were read; one that was edited meanwhile stays.
func (b *Builder) removeDocs(ctx context.Context, tenant string, docs []store.Doc) error {
	if len(docs) == 0 {
		return nil
	}
	db, err := b.drafts(ctx, tenant)
	if err != nil {
		return err
	}
	writes := make([]store.Write, len(docs))
	for i, doc := range docs {
		writes[i] = store.Write{Collection: draftCollection, Doc: doc, IfRev: doc.Rev, Remove: true}
	}
	for _, err := range db.Put(ctx, writes...) {
		if err != nil && !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("remove from draft: %w", err)
		}
	}
	return nil
}

// drafted is a draft applied to the definitions in force.
type drafted struct {
	definitions def.Definitions
	docs        []store.Doc // of the draft that was applied
	problems    []def.Problem
}

// apply puts the draft over the definitions in force. A change made over another text than the one in force now is a
// problem: somebody published the same definition meanwhile.
func (b *Builder) apply(ctx context.Context, tenant string, active *def.Catalog) (drafted, error) {
	docs, err := b.draftDocs(ctx, tenant)
	if err != nil {
		return drafted{}, err
	}
	result := drafted{definitions: maps.Clone(active.Definitions), docs: docs}
	for _, doc := range docs {
		ref, ok := def.ParseRef(doc.ID)
		if !ok {
			return drafted{}, fmt.Errorf("draft of %q: %w", doc.ID, ErrUnknownDefinition)
		}
		change := changeFrom(doc)
		if change.Over != active.Manifest[doc.ID] {
			result.problems = append(result.problems, def.Problem{Ref: doc.ID, Code: "outdated", Level: def.LevelError})
		}
		if change.Removed {
			delete(result.definitions, ref)
			continue
		}
		if result.definitions[ref], err = def.Parse(ref.Kind, change.Definition); err != nil {
			return drafted{}, err
		}
	}
	return result, nil
}
