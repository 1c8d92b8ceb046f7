package access

import (
	"context"
	"fmt"
	"slices"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// CodeNeedsIndex is the code of a *query.Error for a path that leads to more than 2,000 records: the question must be
// asked more narrowly, or of a field of the record itself.
const CodeNeedsIndex = "needs_index"

// Paths to other records are answered from the far end: team.contract.supplier eq X asks which contracts have that
// supplier, then which teams have one of these contracts, and becomes "team in […]". So every query a store sees
// looks at one collection only.

// Follower rewrites reference paths of filters. Rights, if set, gives the reader's rights on the entities passed: a
// path sees only what he may read there. Nil: the engine asks.
type Follower struct {
	Store   store.Store
	Catalog *def.Catalog
	Rights  func(ctx context.Context, entity string) (Rights, error)

	// Passed collects the entities whose records the answer depends on.
	Passed []string
}

// Follow gives the filter, checked and resolved for an entity, without reference paths. It fails with *FieldError or
// a *query.Error with CodeNeedsIndex.
func (w *Follower) Follow(ctx context.Context, f *query.Filter, entity *def.Entity) (*query.Filter, error) {
	if f == nil || !Leads(f) {
		return f, nil
	}
	return w.rewrite(ctx, f, entity.Properties)
}

// Leads tells whether a filter has a path into other records.
func Leads(f *query.Filter) bool {
	if f == nil {
		return false
	}
	if c := f.Cond; c != nil && (c.Refs > 0 || Leads(c.Where)) {
		return true
	}
	return slices.ContainsFunc(f.And, Leads) || slices.ContainsFunc(f.Or, Leads) || Leads(f.Not)
}

func (w *Follower) rewrite(ctx context.Context, f *query.Filter, fields map[string]*def.Field) (*query.Filter, error) {
	var err error
	switch {
	case f.And != nil:
		next := &query.Filter{And: make([]*query.Filter, len(f.And))}
		for i, part := range f.And {
			if next.And[i], err = w.rewrite(ctx, part, fields); err != nil {
				return nil, err
			}
		}
		return next, nil
	case f.Or != nil:
		next := &query.Filter{Or: make([]*query.Filter, len(f.Or))}
		for i, part := range f.Or {
			if next.Or[i], err = w.rewrite(ctx, part, fields); err != nil {
				return nil, err
			}
		}
		return next, nil
	case f.Not != nil:
		not, err := w.rewrite(ctx, f.Not, fields)
		return &query.Filter{Not: not}, err
	}
	return w.condition(ctx, f.Cond, fields)
}

func (w *Follower) condition(ctx context.Context, c *query.Cond, fields map[string]*def.Field) (*query.Filter, error) {
	field := fields[c.Path[0]]
	if system, ok := def.SystemField(c.Path[0]); ok && field == nil {
		field = system
	}
	if c.Refs == 0 {
		if c.Where == nil || !Leads(c.Where) || field == nil || field.Items == nil {
			return &query.Filter{Cond: c}, nil
		}
		where, err := w.rewrite(ctx, c.Where, field.Items.Properties)
		if err != nil {
			return nil, err
		}
		copied := *c
		copied.Where = where
		return &query.Filter{Cond: &copied}, nil
	}
	if field == nil || w.Catalog.Entities[field.Target()] == nil {
		return nil, fmt.Errorf("filter path %v: %s is no reference", c.Path, c.Path[0])
	}
	rest := *c
	rest.Path, rest.Refs = c.Path[1:], c.Refs-1
	ids, err := w.ids(ctx, w.Catalog.Entities[field.Target()], &query.Filter{Cond: &rest}, c)
	if err != nil {
		return nil, err
	}
	in := &query.Filter{Cond: &query.Cond{
		Path: c.Path[:1], Op: query.In, Value: ids, Type: field.XType, List: field.IsList(),
	}}
	if empty, _ := c.Value.(bool); c.Op == query.Empty && empty {
		// What is missing on the way is missing at its end.
		none := &query.Filter{Cond: &query.Cond{
			Path: c.Path[:1], Op: query.Empty, Value: true, Type: field.XType, List: field.IsList(),
		}}
		return &query.Filter{Or: []*query.Filter{none, in}}, nil
	}
	return in, nil
}

// ids finds the records of an entity a condition admits, as far as the reader may know.
func (w *Follower) ids(ctx context.Context, entity *def.Entity, f *query.Filter, origin *query.Cond) ([]any, error) {
	if !slices.Contains(w.Passed, entity.Name) {
		w.Passed = append(w.Passed, entity.Name)
	}
	var limits *query.Filter
	if w.Rights != nil {
		rights, err := w.Rights(ctx, entity.Name)
		if err != nil {
			return nil, err
		}
		extra, _, err := rights.Narrow(Paths(f))
		if err != nil {
			return nil, err
		}
		limits = Join(Filter(rights), extra)
	}
	f, err := w.Follow(ctx, f, entity)
	if err != nil {
		return nil, err
	}
	docs, more, err := findAll(ctx, w.Store, query.Query{
		Collection: entity.Name, Where: Join(f, limits), Fields: []string{}, Limit: pageSize,
	}, query.MaxValues)
	if err != nil {
		return nil, fmt.Errorf("follow %v in %s: %w", origin.Path, entity.Name, err)
	}
	if more {
		return nil, &query.Error{Code: CodeNeedsIndex, Params: map[string]any{"path": origin.Path, "max": query.MaxValues}}
	}
	ids := make([]any, len(docs))
	for i, doc := range docs {
		ids[i] = doc.ID
	}
	return ids, nil
}

const pageSize = 1000

// findAll reads the pages of a query up to a number of documents; more is true if there are others.
func findAll(ctx context.Context, st store.Store, q query.Query, limit int) (docs []store.Doc, more bool, err error) {
	for {
		page, err := st.Find(ctx, q)
		if err != nil {
			return nil, false, err
		}
		docs = append(docs, page.Docs...)
		switch {
		case len(docs) > limit || (len(docs) == limit && page.Next != ""):
			return docs[:limit], true, nil
		case page.Next == "":
			return docs, false, nil
		}
		q.After = page.Next
	}
}
