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
	docs  map[string]map[string]*store.Doc // entity → id → document; nil: known not to exist
	fresh map[string]*want                 // what the next round reads, by entity
}

// want is what a round needs of one entity: documents by id, and those a filter admits.
type want struct {
	ids    []string
	asked  map[string]bool // the ids
	wheres []*query.Filter
	got    [][]store.Doc // per filter
}

// maxRelated is how many documents the lookups of one round may read of an entity.
const maxRelated = 20_000

func newOthers(st store.Store) *others {
	return &others{store: st, docs: map[string]map[string]*store.Doc{}, fresh: map[string]*want{}}
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
		docs, err := o.query(ctx, entity, w)
		if err != nil {
			return fmt.Errorf("related %s: %w", entity, err)
		}
		o.keep(entity, w, docs)
	}
	o.fresh = map[string]*want{}
	return nil
}

func (o *others) query(ctx context.Context, entity string, w *want) ([]store.Doc, error) {
	if len(w.wheres) == 0 {
		return o.store.Get(ctx, entity, w.ids...)
	}
	parts := slices.Clone(w.wheres)
	if len(w.ids) > 0 {
		parts = append(parts, idIn(w.ids))
	}
	return findAll(ctx, o.store, query.Query{Collection: entity, Where: query.AnyOf(parts...), Limit: 1000}, maxRelated)
}

func (o *others) keep(entity string, w *want, docs []store.Doc) {
	byID := o.docs[entity]
	if byID == nil {
		byID = make(map[string]*store.Doc, len(docs))
		o.docs[entity] = byID
	}
	for _, id := range w.ids {
		byID[id] = nil
	}
	for i := range docs {
		byID[docs[i].ID] = &docs[i]
	}
	w.got = make([][]store.Doc, len(w.wheres))
	for n, where := range w.wheres {
		for i := range docs {
			if query.Match(where, docs[i].Record()) {
				w.got[n] = append(w.got[n], docs[i])
			}
		}
	}
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
