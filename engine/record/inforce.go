package record

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/query"
	"formwork/engine/store"
)

// An entity may gain approval when its records are there already (ADR 18). They have no state; they count, so they are
// given the one that says so. This is done before the catalog is published, while state means nothing yet, and once more
// after: whoever still worked with the catalog before may have made another one.

// stateOf is the state of a stored record by the catalog of the request: none without approval, whatever it once had; in
// force where it was made before there was an approval.
func stateOf(entity *def.Entity, doc *store.Doc) string {
	switch {
	case !entity.Approval:
		return ""
	case doc.State == "":
		return stateApproved
	}
	return doc.State
}

// Standing is how many records of an entity are in which state. Those in the recycle bin are left out.
type Standing struct {
	States  map[string]int64 // by state, "" = none
	Waiting int              // approved ones whose flow still has something to do, up to maxWaiting
}

// maxWaiting is how many are counted: one is enough to say no.
const maxWaiting = 1000

// Standing counts the stored records of an entity by their state, whatever the catalog says about approval. It fails with
// ErrNotFound for an unknown entity.
func (s *Service) Standing(ctx context.Context, tenant, entity string) (Standing, error) {
	r, err := s.begin(ctx, access.Actor{Tenant: tenant, System: true}, entity)
	if err != nil {
		return Standing{}, err
	}
	groups, err := r.store.Aggregate(ctx, query.Aggregation{
		Collection: entity,
		By:         []query.By{{Name: "state", Path: []string{def.FieldState}, Type: def.TypeSelect}},
		Measures:   []query.Measure{{Name: "records", Agg: "count"}},
	})
	if err != nil {
		return Standing{}, fmt.Errorf("states of %s: %w", entity, err)
	}
	standing := Standing{States: map[string]int64{}}
	for _, group := range groups {
		state, _ := group["state"].(string)
		if count, _ := group["records"].(int64); count > 0 {
			standing.States[state] += count
		}
	}
	waits := query.AllOf(
		&query.Filter{Cond: &query.Cond{Path: []string{def.FieldState}, Op: query.Eq, Value: stateApproved, Type: def.TypeSelect}},
		&query.Filter{Not: &query.Filter{Cond: &query.Cond{
			Path: []string{query.FieldNextDue}, Op: query.Empty, Value: true, Type: def.TypeDateTime,
		}}},
	)
	standing.Waiting, _, err = r.store.Count(ctx, query.Query{Collection: entity, Where: waits}, maxWaiting)
	if err != nil {
		return Standing{}, fmt.Errorf("waits of %s: %w", entity, err)
	}
	return standing, nil
}

// Unsettled gives the ids of the records of an entity that have a state but never came to count, or no longer do: of an
// entity that lost approval they are those somebody wrote at that moment. At most a page of them; what is done with them
// leaves the others for the next call.
func (s *Service) Unsettled(ctx context.Context, actor access.Actor, entity string) ([]string, error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return nil, err
	}
	states := slices.DeleteFunc(slices.Clone(def.States), func(state string) bool { return state == stateApproved })
	page, err := r.store.Find(ctx, query.Query{
		Collection: entity, Where: in(def.FieldState, def.TypeSelect, states), Fields: []string{}, Limit: store.MaxPage,
	})
	if err != nil {
		return nil, fmt.Errorf("records of %s that do not count: %w", entity, err)
	}
	ids := make([]string, len(page.Docs))
	for i := range page.Docs {
		ids[i] = page.Docs[i].ID
	}
	return ids, nil
}

// inForceAtOnce is how many records are read and written together.
const inForceAtOnce = 200

// PutInForce gives the records of an entity that have no state the one of an approved record, up to limit of them. Their
// values, their keys and who changed them last stay; each has an event that names the publish which introduces approval.
// More is true if some are left. It may be done again, and beside other writes, at any time.
func (s *Service) PutInForce(ctx context.Context, actor access.Actor, entity string, publish int64, limit int) (done int, more bool, err error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return 0, false, err
	}
	stateless := &query.Filter{Cond: &query.Cond{Path: []string{def.FieldState}, Op: query.Empty, Value: true, Type: def.TypeSelect}}
	for beaten := 0; done < limit; {
		page, err := r.store.Find(ctx, query.Query{Collection: entity, Where: stateless, Limit: min(inForceAtOnce, limit-done)})
		if err != nil {
			return done, true, fmt.Errorf("records of %s without a state: %w", entity, err)
		}
		if len(page.Docs) == 0 {
			return done, false, nil
		}
		n, err := r.putInForce(ctx, page.Docs, publish)
		done += n
		switch {
		case err != nil:
			return done, true, err
		case n > 0:
			beaten = 0
		default:
			if beaten++; beaten == maxRetries {
				return done, true, fmt.Errorf("put %s in force: %w", entity, store.ErrConflict)
			}
		}
	}
	return done, true, nil
}

// putInForce writes a page of records; those another write changed meanwhile are left for the next one.
func (r *request) putInForce(ctx context.Context, docs []store.Doc, publish int64) (done int, err error) {
	compiled, err := r.service.compiled(r.catalog, r.entity)
	if err != nil {
		return 0, err
	}
	writes := make([]store.Write, len(docs))
	for i := range docs {
		if writes[i], err = r.inForce(docs[i], publish); err != nil {
			return 0, err
		}
	}
	var failed error
	var ids []string
	var parents []parent
	for i, refused := range r.store.Put(ctx, writes...) {
		switch {
		case refused == nil:
			ids = append(ids, docs[i].ID)
			parents = append(parents, r.parentsOf(compiled, &docs[i], &writes[i].Doc)...)
		case !errors.Is(refused, store.ErrConflict) && !errors.Is(refused, store.ErrNotFound):
			failed = errors.Join(failed, fmt.Errorf("put %s/%s in force: %w", r.entity.Name, docs[i].ID, refused))
		}
	}
	r.service.written(r.actor.Tenant, r.entity.Name, ids...)
	r.service.rollUp(ctx, parents)
	return len(ids), failed
}

// inForce is the write that gives a record without a state the one of an approved record.
func (r *request) inForce(doc store.Doc, publish int64) (store.Write, error) {
	data, err := event.Encode(event.Written{
		Publish: publish, State: &event.StateChange{To: stateApproved}, Key: r.actor.Key, Cause: r.actor.Cause,
	})
	if err != nil {
		return store.Write{}, fmt.Errorf("event %s: %w", event.TypeInForce, err)
	}
	by := r.actor.ID
	if by == "" {
		by = "system"
	}
	put := store.Write{Collection: r.entity.Name, Doc: doc, IfRev: doc.Rev}
	put.Doc.Rev++
	put.Doc.State = stateApproved
	put.Events, put.Doc.Chain, err = event.Seal(doc.Chain, []store.Event{{
		Entity: r.entity.Name, Record: doc.ID, Rev: put.Doc.Rev, Type: event.TypeInForce, Actor: by, At: r.now, Data: data,
	}})
	return put, err
}
