package record

import (
	"context"
	"fmt"

	"formwork/engine/access"
	"formwork/engine/def"
)

// Look is what a reader may see of other records, for reports: each entity is read once per call.

// ReadRights gives an actor's rights to read an entity. Everybody may see who the members and departments of his company
// are.
func (s *Service) ReadRights(ctx context.Context, actor access.Actor, entity string) (access.Rights, error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return access.Rights{}, err
	}
	return r.reads(ctx, entity)
}

// Look gives fields of records by id, as far as the actor may see them: what he may not see, and what does not exist, is
// absent. An unknown entity is ErrNotFound.
func (s *Service) Look(ctx context.Context, actor access.Actor, entity string, ids, fields []string) (map[string]map[string]any, error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		r.others.need(entity, id)
	}
	if err := r.others.read(ctx); err != nil {
		return nil, fmt.Errorf("look at %s: %w", entity, err)
	}
	seen := make(map[string]map[string]any, len(ids))
	for _, id := range ids {
		for _, name := range fields {
			value, err := r.seen(ctx, r.entity, id, name)
			if err != nil {
				return nil, err
			}
			if value == nil {
				continue
			}
			if seen[id] == nil {
				seen[id] = make(map[string]any, len(fields))
			}
			seen[id][name] = value
		}
	}
	return seen, nil
}

// Name is how a record is called: its display text, and its natural key if its entity has one. Both are empty where the
// reader may not see them.
type Name struct{ Display, Natural string }

// Names gives how records are called, "entity/id" → Name, as far as the actor may see it; ids are by entity.
func (s *Service) Names(ctx context.Context, actor access.Actor, ids map[string][]string) (map[string]Name, error) {
	names := map[string]Name{}
	if len(ids) == 0 {
		return names, nil
	}
	r, err := s.begin(ctx, actor, sortedKeys(ids)[0])
	if err != nil {
		return nil, err
	}
	t := &texts{request: r, refs: map[string]map[string]string{}}
	for entity, list := range ids {
		of := &def.Field{XType: def.TypeReference, Entity: entity}
		for _, id := range list {
			t.want(of, id)
		}
	}
	if err := t.resolve(ctx); err != nil {
		return nil, fmt.Errorf("display texts: %w", err)
	}
	for entity, texts := range t.refs {
		natural := r.catalog.Entities[entity].Natural
		for id, text := range texts {
			name := Name{Display: text}
			if natural != "" {
				value, err := r.seen(ctx, r.catalog.Entities[entity], id, natural)
				if err != nil {
					return nil, err
				}
				name.Natural, _ = value.(string)
			}
			names[entity+"/"+id] = name
		}
	}
	return names, nil
}
