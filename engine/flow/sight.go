package flow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// sightBatch is how many entries are read at once, and of how many records one query finds out whether they are seen.
const sightBatch = 500

// sight tells which records of runs an administrator sees: those Record would show him. What the monitor counts and what
// it lists go by it, so that they agree. Records of entities he reads without a row filter are not looked at; the others
// are read by their ids, sightBatch at once, and each only once.
type sight struct {
	service *Service
	actor   access.Actor
	catalog *def.Catalog
	store   store.Store
	now     time.Time
	org     *onlooker
	rights  map[string]*entitySight
	seen    map[target]bool
}

// entitySight is what an administrator may do with an entity.
type entitySight struct {
	read access.Rights
	part bool // a grant to read or act: what he takes part in he sees, whatever its rows
	made bool // also a grant to create: enough for what he made
}

func (s *Service) newSight(ctx context.Context, actor access.Actor, cat *def.Catalog) (*sight, error) {
	dir, err := s.newDirectory(ctx, actor.Tenant, nil)
	if err != nil {
		return nil, err
	}
	return &sight{
		service: s, actor: actor, catalog: cat, store: dir.store, now: s.config.Clock(),
		org:    &onlooker{directory: dir, access: s.config.Access, actor: actor, roles: map[[2]string]access.Rights{}},
		rights: map[string]*entitySight{}, seen: map[target]bool{},
	}, nil
}

// onlooker is the organisation for somebody who looks at many records: what his roles admit is resolved once.
type onlooker struct {
	*directory
	access *access.Service
	actor  access.Actor
	entity string
	doc    *store.Doc // the record looked at
	roles  map[[2]string]access.Rights
}

// HasRole implements Org; user is the onlooker.
func (o *onlooker) HasRole(_, role string) bool {
	key := [2]string{o.entity, role}
	rights, known := o.roles[key]
	if !known && o.err == nil {
		if rights, o.err = o.access.RoleRights(o.ctx, o.actor, role, o.entity); o.err != nil {
			return false
		}
		o.roles[key] = rights
	}
	return rights.Admits(o.doc.Record())
}

// of gives what the administrator may do with an entity.
func (v *sight) of(ctx context.Context, entity string) (*entitySight, error) {
	if known, ok := v.rights[entity]; ok {
		return known, nil
	}
	e := &entitySight{}
	var err error
	if e.read, err = v.service.config.Records.ReadRights(ctx, v.actor, entity); err != nil {
		return nil, err
	}
	acts, err := v.service.config.Access.Rights(ctx, v.actor, entity, access.Act)
	if err != nil {
		return nil, err
	}
	creates, err := v.service.config.Access.Rights(ctx, v.actor, entity, access.Create)
	if err != nil {
		return nil, err
	}
	e.part = e.read.All || len(e.read.Grants)+len(acts.Grants) > 0
	e.made = e.part || len(creates.Grants) > 0
	v.rights[entity] = e
	return e, nil
}

// whole tells whether the administrator sees every record of an entity.
func (v *sight) whole(ctx context.Context, entity string) (bool, error) {
	e, err := v.of(ctx, entity)
	return err == nil && access.Filter(e.read) == nil, err
}

// split parts flows: those all of whose runs the administrator sees, and the others.
func (v *sight) split(ctx context.Context, flows []string) (whole, part []string, err error) {
	for _, name := range flows {
		all, err := v.whole(ctx, v.catalog.Flows[name].Entity)
		switch {
		case err != nil:
			return nil, nil, err
		case all:
			whole = append(whole, name)
		default:
			part = append(part, name)
		}
	}
	return whole, part, nil
}

// among gives those of some entries that are about records the administrator sees.
func (v *sight) among(ctx context.Context, entries []store.Doc) ([]store.Doc, error) {
	unknown := map[string][]string{}
	for i := range entries {
		at := aboutOf(&entries[i])
		if _, known := v.seen[at]; known || v.catalog.Entities[at.entity] == nil {
			continue
		}
		all, err := v.whole(ctx, at.entity)
		if err != nil {
			return nil, err
		}
		if v.seen[at] = all; !all {
			unknown[at.entity] = append(unknown[at.entity], at.id)
		}
	}
	for entity, ids := range unknown {
		for batch := range slices.Chunk(ids, sightBatch) {
			if err := v.look(ctx, entity, batch); err != nil {
				return nil, fmt.Errorf("runs of %s: %w", entity, err)
			}
		}
	}
	return slices.DeleteFunc(entries, func(doc store.Doc) bool { return !v.seen[aboutOf(&doc)] }), nil
}

// aboutOf is the record an entry of the task list is about.
func aboutOf(entry *store.Doc) target {
	return target{entity: textOf(entry.Values, "entity"), id: textOf(entry.Values, "record")}
}

// look finds out which of some records the administrator sees.
func (v *sight) look(ctx context.Context, entity string, ids []string) error {
	docs, err := v.store.Get(ctx, entity, ids...)
	if err != nil {
		return err
	}
	for i := range docs {
		if v.seen[target{entity: entity, id: docs[i].ID}], err = v.sees(ctx, entity, &docs[i]); err != nil {
			return err
		}
	}
	return nil
}

// sees tells whether Record would show a record.
func (v *sight) sees(ctx context.Context, entity string, doc *store.Doc) (bool, error) {
	e, err := v.of(ctx, entity)
	if err != nil || doc.Deleted {
		return false, err
	}
	if e.read.Admits(doc.Record()) {
		return true, nil
	}
	st, err := decodeState(doc.Flow)
	if err != nil || st.Status == "" {
		return false, err
	}
	plan, err := v.service.pinnedPlan(ctx, v.actor.Tenant, &st)
	if err != nil {
		return false, err
	}
	v.org.entity, v.org.doc, v.org.flow = entity, doc, st.Name
	sees := plan.Invites(&st, v.org, v.actor.ID, v.now)
	if !sees && (e.part || e.made && doc.CreatedBy == v.actor.ID) {
		sees = plan.Admin(v.org, v.actor.ID)
	}
	return sees, v.org.err
}

// each hands over the entries a filter admits that are about records the administrator sees; of their values the given ones.
func (v *sight) each(ctx context.Context, where *query.Filter, fields []string, do func(entry map[string]any)) error {
	q := query.Query{Collection: def.EntityTask, Where: where, Fields: append([]string{"entity", "record"}, fields...), Limit: sightBatch}
	for {
		page, err := v.store.Find(ctx, q)
		if err != nil {
			return err
		}
		entries, err := v.among(ctx, page.Docs)
		if err != nil {
			return err
		}
		for i := range entries {
			do(entries[i].Values)
		}
		if page.Next == "" {
			return nil
		}
		q.After = page.Next
	}
}

// page gives the entries of a query that are about records the administrator sees: as many as it asks for, or all there are.
func (v *sight) page(ctx context.Context, q query.Query) (store.Page, error) {
	wanted := q.Limit
	q.Limit = sightBatch
	answer := store.Page{}
	for {
		page, err := v.store.Find(ctx, q)
		if err != nil {
			return store.Page{}, err
		}
		entries, err := v.among(ctx, page.Docs)
		if err != nil {
			return store.Page{}, err
		}
		answer.Docs = append(answer.Docs, entries...)
		switch {
		case len(answer.Docs) > wanted:
			answer.Docs = answer.Docs[:wanted]
			answer.Next = cursorAt(q.Sort, &answer.Docs[wanted-1])
			return answer, nil
		case page.Next == "":
			return answer, nil
		}
		q.After = page.Next
	}
}

// cursorAt is the cursor of a page that ends at an entry.
func cursorAt(sort []query.Sort, entry *store.Doc) string {
	keys := make([]any, len(sort))
	for i, by := range sort {
		if value := entry.Record().Get(by.Field); !query.Missing(value) {
			keys[i] = value
		}
	}
	return query.EncodeCursor(sort, keys, entry.ID)
}
