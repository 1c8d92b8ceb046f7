package printing

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/record"
)

// eyes are somebody's view of the records printed: which of their fields he sees, and what he sees behind references.
type eyes struct {
	actor access.Actor
	whole bool                      // the engine's own: nothing is hidden
	seen  map[string]map[string]any // "entity/id" → field → wire value
	names map[string]string         // "entity/id" → display text
}

// hop is a step into another record.
type hop struct {
	entity *def.Entity
	id     string
	rest   []string
}

// look reads what the far paths lead to, one query per entity and step.
func (r *run) look(ctx context.Context, e *eyes, subjects []*subject) error {
	wanted := map[string][]string{} // entity → ids whose names are shown
	var hops []hop
	for _, s := range subjects {
		maps.Copy(e.names, s.refs)
		for _, path := range r.far {
			hops = append(hops, r.depart(e, s, path)...)
		}
		if e.whole { // the reader's own view has the names of what he sees already
			r.own(e, s, wanted)
		}
	}
	for len(hops) > 0 {
		if err := r.arrive(ctx, e, hops); err != nil {
			return err
		}
		var next []hop
		for _, h := range hops {
			next = append(next, r.onward(e, h, wanted)...)
		}
		hops = next
	}
	names, err := r.service.config.Records.Names(ctx, e.actor, wanted)
	if err != nil {
		return err
	}
	for ref, name := range names {
		e.names[ref] = name.Display
	}
	return nil
}

// own wants the names of all that the record itself refers to.
func (r *run) own(e *eyes, s *subject, wanted map[string][]string) {
	for _, field := range r.entity.AllFields() {
		if r.catalog.Entities[field.Target()] == nil {
			continue
		}
		for _, id := range r.held(e, s, field) {
			if !slices.Contains(wanted[field.Target()], id) {
				wanted[field.Target()] = append(wanted[field.Target()], id)
			}
		}
	}
}

// held lists the ids a field, or a column in all rows, refers to.
func (r *run) held(e *eyes, s *subject, field *def.Field) []string {
	values := s.of(e)
	if field.Parent == nil {
		return record.IDsOf(values[field.Name])
	}
	var ids []string
	for _, row := range record.RowsOf(values[field.Parent.Name]) {
		ids = append(ids, record.IDsOf(row[field.Name])...)
	}
	return ids
}

// depart starts at a record: one hop for every reference its value (or those of the rows) holds.
func (r *run) depart(e *eyes, s *subject, path []string) []hop {
	own := r.ownSteps(path)
	field, ok := r.entity.Field(strings.Join(path[:own], "."))
	if !ok || r.catalog.Entities[field.Target()] == nil {
		return nil
	}
	ids := r.held(e, s, field)
	hops := make([]hop, len(ids))
	for i, id := range ids {
		hops[i] = hop{r.catalog.Entities[field.Target()], id, path[own:]}
	}
	return hops
}

// arrive reads the first field of every hop.
func (r *run) arrive(ctx context.Context, e *eyes, hops []hop) error {
	ids, fields := map[string]map[string]bool{}, map[string]map[string]bool{}
	note := func(of map[string]map[string]bool, entity, what string) {
		if of[entity] == nil {
			of[entity] = map[string]bool{}
		}
		of[entity][what] = true
	}
	for _, h := range hops {
		note(ids, h.entity.Name, h.id)
		note(fields, h.entity.Name, h.rest[0])
	}
	for _, entity := range slices.Sorted(maps.Keys(ids)) {
		found, err := r.service.config.Records.Look(ctx, e.actor, entity,
			slices.Sorted(maps.Keys(ids[entity])), slices.Sorted(maps.Keys(fields[entity])))
		if err != nil {
			return fmt.Errorf("read %s: %w", entity, err)
		}
		for id, values := range found {
			ref := entity + "/" + id
			if e.seen[ref] == nil {
				e.seen[ref] = map[string]any{}
			}
			maps.Copy(e.seen[ref], values)
		}
	}
	return nil
}

// onward goes on from a hop; where it ends at a reference, its name is wanted.
func (r *run) onward(e *eyes, h hop, wanted map[string][]string) []hop {
	field, ok := h.entity.Field(h.rest[0])
	if !ok || r.catalog.Entities[field.Target()] == nil {
		return nil
	}
	target := r.catalog.Entities[field.Target()]
	var hops []hop
	for _, id := range record.IDsOf(e.seen[h.entity.Name+"/"+h.id][h.rest[0]]) {
		if len(h.rest) > 1 {
			hops = append(hops, hop{target, id, h.rest[1:]})
		} else if !slices.Contains(wanted[target.Name], id) {
			wanted[target.Name] = append(wanted[target.Name], id)
		}
	}
	return hops
}

// visible tells whether the reader sees what stands at a path from the record on, as far as its definition goes: hidden
// fields of the record itself and of those it leads to are not visible, masked texts of the record are.
func (r *run) visible(ctx context.Context, s *subject, path []string) (bool, error) {
	if r.entity == nil {
		return true, nil // the dataset has been computed with the reader's eyes
	}
	own := min(r.ownSteps(path), len(path))
	if s.hidden(strings.Join(path[:own], ".")) {
		return false, nil
	}
	field, ok := r.entity.Field(strings.Join(path[:own], "."))
	for _, name := range path[own:] {
		entity := r.catalog.Entities[field.Target()]
		if !ok || entity == nil {
			return false, nil
		}
		if shown, err := r.readable(ctx, entity, name); err != nil || !shown {
			return false, err
		}
		field, ok = entity.Field(name)
	}
	return ok, nil
}

// readable tells whether the reader may read a field of another entity in some record.
func (r *run) readable(ctx context.Context, entity *def.Entity, name string) (bool, error) {
	if _, system := def.SystemField(name); system {
		return true, nil
	}
	rights, known := r.rights[entity.Name]
	if !known {
		var err error
		if rights, err = r.service.config.Records.Rights(ctx, r.actor, entity.Name); err != nil {
			return false, err
		}
		r.rights[entity.Name] = rights
	}
	right := rights.Fields[name]
	return right == def.FieldRead || right == def.FieldWrite, nil
}

// subject is one record, or one row of it, on its way to paper.
type subject struct {
	id     string
	state  string
	values map[string]any    // as masked for the reader, system fields included
	whole  map[string]any    // nothing hidden
	masked map[string]bool   // paths of masked values
	refs   map[string]string // "entity/id" → display text
	hidden func(path string) bool

	row, wholeRow map[string]any // of a print that makes a document of each row
	rowNo         int
}

// of gives the values as somebody sees them.
func (s *subject) of(e *eyes) map[string]any {
	if e.whole {
		return s.whole
	}
	return s.values
}
