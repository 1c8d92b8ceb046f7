package record

import (
	"context"
	"fmt"
	"slices"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// others holds what one request has read from other records. Everything a round needs of an entity is read by one
// query, and nothing is read twice.
type others struct {
	store store.Store
	kept  *keptDocs            // nil: everything is read
	exact bool                 // what docs holds was stored when the request began, or later; see decides
	docs  map[string]documents // entity → id → document; nil: known not to exist
	fresh map[string]*want     // what the next round reads, by entity
}

// want is what a round needs of one entity: documents by id, and those a filter admits.
type want struct {
	ids    []string
	asked  map[string]bool // the ids
	wheres []*query.Filter
	got    [][]*store.Doc // per filter
}

// maxRelated is how many documents the lookups of one round may read of an entity.
const maxRelated = 20_000

func newOthers(st store.Store, known *keptDocs) *others {
	return &others{store: st, kept: known, docs: map[string]documents{}, fresh: map[string]*want{}}
}

func (o *others) want(entity string) *want {
	w, ok := o.fresh[entity]
	if !ok {
		w = &want{asked: map[string]bool{}}
		o.fresh[entity] = w
	}
	return w
}

// need asks for a document by id in the next round, unless it is known.
func (o *others) need(entity, id string) {
	if _, known := o.docs[entity][id]; known || id == "" {
		return
	}
	if w := o.want(entity); !w.asked[id] {
		w.asked[id] = true
		w.ids = append(w.ids, id)
	}
}

// search asks for the documents a filter admits; the result is found under the index in got of the same want.
func (o *others) search(entity string, where *query.Filter) (*want, int) {
	w := o.want(entity)
	w.wheres = append(w.wheres, where)
	return w, len(w.wheres) - 1
}

// doc gives a document that was read; nil if it does not exist, false if it was not asked for.
func (o *others) doc(entity, id string) (*store.Doc, bool) {
	doc, known := o.docs[entity][id]
	return doc, known
}

// read answers what was asked for, with one query per entity.
func (o *others) read(ctx context.Context) error {
	for entity, w := range o.fresh {
		if err := o.readOne(ctx, entity, w); err != nil {
			return fmt.Errorf("related %s: %w", entity, err)
		}
	}
	o.fresh = map[string]*want{}
	return nil
}

// readOne answers what was asked of one entity; documents that are kept by their id are not read.
func (o *others) readOne(ctx context.Context, entity string, w *want) error {
	ids := w.ids
	known := o.known(entity, ids)
	if o.kept == nil || !keepable(entity) {
		docs, err := o.find(ctx, entity, w.wheres, ids)
		known.add(w, docs)
		return err
	}
	found, ids, version := o.kept.take(entity, ids)
	for _, doc := range found {
		known[doc.ID] = doc
	}
	if len(ids) == 0 && len(w.wheres) == 0 {
		return nil
	}
	docs, err := o.find(ctx, entity, w.wheres, ids)
	if err != nil {
		return err
	}
	o.kept.keep(entity, version, slices.DeleteFunc(slices.Clone(docs), func(doc store.Doc) bool { return !w.asked[doc.ID] }))
	known.add(w, docs)
	return nil
}

// documents are those known of an entity, by id.
type documents map[string]*store.Doc

// known gives the documents of an entity, with nothing yet for some ids.
func (o *others) known(entity string, ids []string) documents {
	byID := o.docs[entity]
	if byID == nil {
		byID = make(documents, len(ids))
		o.docs[entity] = byID
	}
	for _, id := range ids {
		byID[id] = nil
	}
	return byID
}

// add adds what was read, and tells each search of the round what it found.
func (d documents) add(w *want, docs []store.Doc) {
	for i := range docs {
		d[docs[i].ID] = &docs[i]
	}
	w.got = make([][]*store.Doc, len(w.wheres))
	for n, where := range w.wheres {
		for i := range docs {
			if query.Match(where, docs[i].Record()) {
				w.got[n] = append(w.got[n], &docs[i])
			}
		}
	}
}

// find reads the documents some filters admit, and those with some ids, by one query.
func (o *others) find(ctx context.Context, entity string, wheres []*query.Filter, ids []string) ([]store.Doc, error) {
	if len(wheres) == 0 {
		return o.store.Get(ctx, entity, ids...)
	}
	parts := slices.Clone(wheres)
	if len(ids) > 0 {
		parts = append(parts, idIn(ids))
	}
	return findAll(ctx, o.store, query.Query{Collection: entity, Where: query.AnyOf(parts...), Limit: 1000}, maxRelated)
}

// idIn is the filter for documents with these ids.
func idIn(ids []string) *query.Filter { return in(def.FieldID, def.TypeText, ids) }

// in is the filter for documents whose field has one of these values.
func in(field string, t def.FieldType, values []string) *query.Filter {
	list := make([]any, len(values))
	for i, value := range values {
		list[i] = value
	}
	return &query.Filter{Cond: &query.Cond{Path: []string{field}, Op: query.In, Value: list, Type: t}}
}

// findAll reads all pages of a query; more than limit documents are a *query.Error with code needs_index.
func findAll(ctx context.Context, st store.Store, q query.Query, limit int) ([]store.Doc, error) {
	var docs []store.Doc
	for {
		page, err := st.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		docs = append(docs, page.Docs...)
		if len(docs) > limit {
			return nil, needsIndex(q.Collection, limit)
		}
		if page.Next == "" {
			return docs, nil
		}
		q.After = page.Next
	}
}
