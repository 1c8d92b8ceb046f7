package record

import (
	"context"
	"fmt"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
)

// maxUses is how many records that refer to one are counted, of each entity.
const maxUses = 1000

// refuseInUse refuses to let the stored record vanish while others refer to it, with *InUseError: one query per entity
// that could, and one more where the actor may not read all of it.
func (w *write) refuseInUse(ctx context.Context) error {
	found := &InUseError{}
	for _, name := range sortedKeys(w.catalog.Entities) {
		fields := w.referring(name)
		if len(fields) == 0 {
			continue
		}
		all, err := w.countUses(ctx, name, fields, access.Rights{All: true})
		if err != nil {
			return err
		}
		if all.Count == 0 {
			continue
		}
		reads, err := w.reads(ctx, name)
		if err != nil {
			return err
		}
		seen := all
		if !reads.All {
			if seen, err = w.countUses(ctx, name, fields, reads); err != nil {
				return err
			}
		}
		if seen.Count > 0 {
			found.By = append(found.By, seen)
		}
		found.Hidden = found.Hidden || seen.Count < all.Count
	}
	if len(found.By) > 0 || found.Hidden {
		return fmt.Errorf("%s/%s: %w", w.entity.Name, w.stored.ID, found)
	}
	return nil
}

// referring lists the fields of an entity that may refer to records of the written one.
func (w *write) referring(entity string) []*def.Field {
	if def.IsEngines(entity) {
		return nil
	}
	var fields []*def.Field
	for _, field := range w.catalog.Entities[entity].AllFields() {
		if field.Target() == w.entity.Name {
			fields = append(fields, field)
		}
	}
	return fields
}

// countUses counts the records of an entity that refer to the stored one, in rows and fields the rights show.
func (w *write) countUses(ctx context.Context, entity string, fields []*def.Field, rights access.Rights) (Use, error) {
	var parts []*query.Filter
	for _, field := range fields {
		shown, _, err := rights.Narrow([]string{field.Path})
		if err != nil {
			continue // readable in no row
		}
		parts = append(parts, access.Join(refersTo(field, w.stored.ID), shown))
	}
	use := Use{Entity: entity, Title: w.catalog.Entities[entity].Label(w.actor.Lang)}
	if len(parts) == 0 {
		return use, nil
	}
	var err error
	where := access.Join(access.Filter(rights), query.AnyOf(parts...))
	if use.Count, use.More, err = w.store.Count(ctx, query.Query{Collection: entity, Where: where}, maxUses); err != nil {
		return use, fmt.Errorf("references to %s/%s: %w", w.entity.Name, w.stored.ID, err)
	}
	return use, nil
}
