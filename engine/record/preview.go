package record

import (
	"context"
	"fmt"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/store"
)

// PreviewInput is a record to look at without storing it.
type PreviewInput struct {
	Catalog *def.Catalog // the definitions it is evaluated by; they need not be published
	Entity  string
	Stored  *Record     // as it would be stored; nil = a new one
	Values  form.Values // of a new one
}

// Preview gives a record as a decision about it would see it, over definitions of the caller's choice: nothing is
// stored, no number is taken. Whose eyes it is seen with is the actor's; what he may is not asked. It fails with
// ErrNotFound if the catalog has no such entity.
func (s *Service) Preview(ctx context.Context, actor access.Actor, in PreviewInput) (*Full, error) {
	entity := in.Catalog.Entities[in.Entity]
	if entity == nil {
		return nil, fmt.Errorf("entity %s: %w", in.Entity, ErrNotFound)
	}
	r, err := s.begin(ctx, actor, def.EntityUser) // of an entity every catalog has: this one may be new
	if err != nil {
		return nil, err
	}
	r = r.with(in.Catalog, entity)
	if in.Stored != nil {
		doc := documentOf(in.Stored)
		w, err := r.write(ctx, &doc)
		if err != nil {
			return nil, err
		}
		w.dry = true
		return w.full(), nil
	}
	w, err := r.write(ctx, nil)
	if err != nil {
		return nil, err
	}
	w.dry, w.sent = true, in.Values
	return w.fullNew(ctx, in.Values, outcome{state: initialState(entity, CreateInput{})})
}

// documentOf is a record as a document, without the instance on it.
func documentOf(rec *Record) store.Doc {
	return store.Doc{
		ID: rec.ID, Rev: rec.Rev, State: rec.State, Values: rec.Values, Imported: rec.Imported,
		CreatedBy: rec.CreatedBy, CreatedAt: rec.CreatedAt, UpdatedBy: rec.UpdatedBy, UpdatedAt: rec.UpdatedAt,
	}
}
