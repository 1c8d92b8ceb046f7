package record

import (
	"context"
	"fmt"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/store"
)

// request is what one call of the service works with: who asks, what is in force, one reading of the clock, and what
// was read from other records so far. It serves one goroutine.
type request struct {
	service *Service
	actor   access.Actor
	store   store.Store
	catalog *def.Catalog
	entity  *def.Entity
	now     time.Time
	zone    *time.Location
	vars    query.Vars
	rights  map[rightsKey]access.Rights
	others  *others
	related form.Related // what forms were answered
	running running
	invited bool                    // a flow has asked or told the actor, who may have no grant on its record
	shared  map[string]access.Right // by entity, for who is invited
	made    made
}

// made is the instance this request stored, as whoever decided knows it.
type made struct {
	from    *byte // where its stored form begins
	decoded any
}

type rightsKey struct {
	entity string
	action access.Action
}

// begin gathers what a call needs. An unknown entity is ErrNotFound.
func (s *Service) begin(ctx context.Context, actor access.Actor, entity string) (*request, error) {
	catalog, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, fmt.Errorf("catalog of %s: %w", actor.Tenant, err)
	}
	definition := catalog.Entities[entity]
	if definition == nil {
		return nil, fmt.Errorf("entity %s: %w", entity, ErrNotFound)
	}
	st, err := s.open(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	zone, err := s.config.Zone(ctx, actor.Tenant)
	if err != nil {
		return nil, fmt.Errorf("time zone of %s: %w", actor.Tenant, err)
	}
	vars, err := s.config.Access.Vars(ctx, actor)
	if err != nil {
		return nil, err
	}
	return &request{
		service: s, actor: actor, store: st, catalog: catalog, entity: definition,
		now: s.config.Clock().UTC().Truncate(time.Millisecond), zone: zone, vars: vars,
		rights: map[rightsKey]access.Rights{}, others: newOthers(st, s.kept.of(actor.Tenant, st)), related: noAnswers(),
	}, nil
}

// with is the same request over another catalog: that of the instance a record runs in.
func (r *request) with(catalog *def.Catalog, entity *def.Entity) *request {
	pinned := *r
	pinned.catalog, pinned.entity, pinned.related = catalog, entity, noAnswers()
	return &pinned
}

// may gives the actor's rights on an entity, resolved once per request. Everybody may see who the members and
// departments of his company are.
func (r *request) may(ctx context.Context, entity string, action access.Action) (access.Rights, error) {
	key := rightsKey{entity, action}
	if known, ok := r.rights[key]; ok {
		return known, nil
	}
	rights, err := r.service.config.Access.Rights(ctx, r.actor, entity, action)
	if err != nil {
		return access.Rights{}, err
	}
	if everybody, ok := everybodyReads[entity]; ok && action == access.Read && !rights.All {
		rights.Grants = append(rights.Grants[:len(rights.Grants):len(rights.Grants)], access.Right{Fields: everybody})
	}
	r.rights[key] = rights
	return rights, nil
}

// everybodyReads are the fields of members and departments that pickers and display texts need.
var everybodyReads = map[string]map[string]def.FieldRight{
	def.EntityUser:       {"name": def.FieldRead, "department": def.FieldRead, "disabled": def.FieldRead},
	def.EntityDepartment: {"name": def.FieldRead, "code": def.FieldRead, "parent": def.FieldRead, "head": def.FieldRead},
}

// reads gives the actor's rights to read an entity, for paths into it.
func (r *request) reads(ctx context.Context, entity string) (access.Rights, error) {
	return r.may(ctx, entity, access.Read)
}

// follow answers the reference paths of a filter; with the reader's eyes, or with the engine's.
func (r *request) follow(ctx context.Context, f *query.Filter, entity *def.Entity) (*query.Filter, error) {
	follower := &access.Follower{Store: r.store, Catalog: r.catalog, Rights: r.reads}
	return follower.Follow(ctx, f, entity)
}

// get reads one document of the request's entity; ErrNotFound if there is none.
func (r *request) get(ctx context.Context, id string) (*store.Doc, error) {
	docs, err := r.store.Get(ctx, r.entity.Name, id)
	if err != nil {
		return nil, fmt.Errorf("read %s/%s: %w", r.entity.Name, id, err)
	}
	if len(docs) == 0 {
		return nil, fmt.Errorf("%s/%s: %w", r.entity.Name, id, ErrNotFound)
	}
	return &docs[0], nil
}

// recordOf is the record a document stands for, nothing hidden.
func recordOf(entity *def.Entity, doc *store.Doc) Record {
	return Record{
		ID: doc.ID, Entity: entity.Name, Rev: doc.Rev, State: stateOf(entity, doc), Values: doc.Values, Flow: doc.Flow, NextDue: doc.NextDue,
		Imported: doc.Imported, Deleted: doc.Deleted,
		CreatedBy: doc.CreatedBy, CreatedAt: doc.CreatedAt, UpdatedBy: doc.UpdatedBy, UpdatedAt: doc.UpdatedAt,
	}
}
