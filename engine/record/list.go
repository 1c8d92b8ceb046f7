package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/store"
)

const (
	defaultLimit = 20
	maxLimit     = 1000
	countLimit   = 10_000
)

func needsIndex(entity string, limit int) error {
	return &query.Error{Code: access.CodeNeedsIndex, Params: map[string]any{"entity": entity, "max": limit}}
}

// List gives one page of the records an actor may see. It fails with ErrForbidden, *query.Error, *access.FieldError
// (a field he may not filter, sort or search by) or store.ErrNeedsIndex.
func (s *Service) List(ctx context.Context, actor access.Actor, entity string, in ListInput) (List, error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return List{}, err
	}
	action := in.Action
	switch {
	case in.Deleted:
		action = access.Delete
	case action == "":
		action = access.Read
	}
	rights, err := r.may(ctx, entity, action)
	if err != nil {
		return List{}, err
	}
	if !rights.All && len(rights.Grants) == 0 {
		return List{}, fmt.Errorf("list %s: %w", entity, ErrForbidden)
	}
	l := &listing{request: r, in: in, rights: rights}
	if err := l.prepare(ctx); err != nil {
		return List{}, fmt.Errorf("list %s: %w", entity, err)
	}
	answer, err := l.page(ctx)
	if err != nil {
		return List{}, fmt.Errorf("list %s: %w", entity, err)
	}
	return answer, nil
}

// listing is a page on its way.
type listing struct {
	*request
	in       ListInput
	rights   access.Rights
	view     *def.View
	query    query.Query
	narrowed []string
}

// prepare turns what was asked into one query of one collection: the view's and the reader's filters, the rows his
// grants admit, and where all that is used is readable.
func (l *listing) prepare(ctx context.Context) error {
	if l.in.View != "" {
		l.view = l.catalog.Views[l.in.View]
		if l.view == nil || l.view.Entity != l.entity.Name {
			return fmt.Errorf("view %s: %w", l.in.View, ErrNotFound)
		}
	}
	asked, err := l.filters()
	if err != nil {
		return err
	}
	sort, err := l.sort()
	if err != nil {
		return err
	}
	used := usable(asked, sort)
	if l.in.Search != "" {
		used = append(used, searched(l.entity)...)
	}
	extra, narrowed, err := l.rights.Narrow(used)
	if err != nil {
		return err
	}
	l.narrowed = narrowed
	if asked, err = l.follow(ctx, asked, l.entity); err != nil {
		return err
	}
	var deleted *query.Filter
	if l.in.Deleted {
		deleted = &query.Filter{Cond: &query.Cond{Path: []string{query.FieldDeleted}, Op: query.Eq, Value: true, Type: def.TypeBoolean}}
	}
	limit := l.in.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	l.query = query.Query{
		Collection: l.entity.Name, Where: access.Join(access.Filter(l.rights), extra, asked, deleted),
		Search: l.in.Search, Sort: sort, Limit: min(limit, maxLimit), After: l.in.After,
	}
	return nil
}

// filters joins the view's filter, with its params, and the reader's.
func (l *listing) filters() (*query.Filter, error) {
	var parts []*query.Filter
	if l.view != nil && len(l.view.Where) > 0 {
		where, err := access.ParseFilter(l.view.Where, l.catalog, l.entity.Name, "param")
		if err != nil {
			return nil, err
		}
		parts = append(parts, where)
	}
	if len(l.in.Filter) > 0 {
		where, err := access.ParseFilter(l.in.Filter, l.catalog, l.entity.Name, "param")
		if err != nil {
			return nil, err
		}
		parts = append(parts, where)
	}
	joined := access.Join(parts...)
	if joined == nil {
		return nil, nil //nolint:nilnil // no filter is all rows
	}
	return query.Resolve(joined, func(name string) (any, bool) {
		param, ok := strings.CutPrefix(name, "param.")
		if !ok {
			return l.vars(name)
		}
		if value, ok := l.in.Params[param]; ok {
			return value, value != nil
		}
		if l.view != nil && l.view.Params[param] != nil {
			value := l.view.Params[param].DefaultValue()
			return value, value != nil
		}
		return nil, false
	})
}

func (l *listing) sort() ([]query.Sort, error) {
	keys := l.in.Sort
	if len(keys) == 0 && l.view != nil {
		keys = l.view.Sort
	}
	sort := query.SortOf(keys)
	if err := query.CheckSort(sort, l.entity); err != nil {
		return nil, err
	}
	return sort, nil
}

// searched lists the fields a search looks into.
func searched(entity *def.Entity) []string {
	var paths []string
	for _, field := range entity.AllFields() {
		if field.Search {
			paths = append(paths, field.Path)
		}
	}
	return paths
}

// page runs the query and shows what it found. What is counted and summed over all pages is asked meanwhile: the store
// reads both at once.
func (l *listing) page(ctx context.Context) (List, error) {
	var answer List
	overall := func() error { return nil }
	if l.in.Count {
		overall = l.meanwhile(ctx, &answer)
	}
	found, err := l.store.Find(ctx, l.query)
	if err == nil {
		show := &show{request: l.request, rights: l.rights, columns: l.columns()}
		answer.Records, err = show.records(ctx, found.Docs)
	}
	if err == nil {
		err = l.veil(ctx, answer.Records...)
	}
	if err := errors.Join(err, overall()); err != nil {
		return List{}, err
	}
	answer.Next, answer.Narrowed = found.Next, l.narrowed
	return answer, nil
}

// meanwhile begins to count and sum into an answer; the function it gives waits for the end.
func (l *listing) meanwhile(ctx context.Context, into *List) func() error {
	a := l.summing()
	done := make(chan error, 1)
	go func() {
		if a == nil {
			done <- l.count(ctx, into)
			return
		}
		done <- l.sum(ctx, *a, into)
	}()
	return func() error { return <-done }
}

func (l *listing) count(ctx context.Context, into *List) error {
	n, more, err := l.store.Count(ctx, l.query, countLimit)
	into.Count = &Count{n, more}
	return err
}

// columns lists the view's columns that lead through references.
func (l *listing) columns() []string {
	var paths []string
	if l.view == nil {
		return nil
	}
	for _, column := range l.view.Columns {
		steps := strings.Split(column.Field, ".")
		if len(steps) > 1 && targetOf(l.catalog, l.entity, steps[0]) != nil {
			paths = append(paths, column.Field)
		}
	}
	return paths
}

// counted is the name of a sum's number of records; no field is called so.
const counted = "#"

// summing is what sums the view's total columns over all pages, and counts on the way; nil if there is nothing to sum. Each
// sum is over the rows in which the reader sees the field; a search has no totals.
func (l *listing) summing() *query.Aggregation {
	if l.view == nil || l.in.Search != "" {
		return nil
	}
	a := &query.Aggregation{Collection: l.entity.Name, Where: l.query.Where}
	for _, column := range l.view.Columns {
		field := l.entity.Properties[column.Field]
		if column.Total == "" || field == nil {
			continue
		}
		extra, _, err := l.rights.Narrow([]string{column.Field})
		if err != nil {
			continue // hidden in every row: no sum
		}
		a.Measures = append(a.Measures, query.Measure{
			Name: column.Field, Agg: column.Total, Path: []string{column.Field}, Where: extra, Type: field.XType,
		})
	}
	if len(a.Measures) == 0 {
		return nil
	}
	a.Measures = append(a.Measures, query.Measure{Name: counted, Agg: query.Count, Type: def.TypeInteger})
	return a
}

// sum gives the totals, and the count as exactly as lists show it.
func (l *listing) sum(ctx context.Context, a query.Aggregation, into *List) error {
	groups, err := l.store.Aggregate(ctx, a)
	if err != nil {
		return fmt.Errorf("totals: %w", err)
	}
	into.Totals, into.Count = map[string]string{}, &Count{}
	for _, group := range groups {
		for name, value := range group {
			switch n, isCount := value.(int64); {
			case name == counted && isCount:
				into.Count = &Count{int(min(n, countLimit)), n > countLimit}
			case value != nil:
				into.Totals[name] = fmt.Sprint(value)
			}
		}
	}
	return nil
}

// Get gives a record as the actor may see it, with display texts; ErrNotFound if he may not see it. Records in the
// recycle bin are seen by those who may delete them.
func (s *Service) Get(ctx context.Context, actor access.Actor, entity, id string) (Record, error) {
	r, doc, err := s.find(ctx, actor, entity, id)
	if err != nil {
		return Record{}, err
	}
	return r.veiled(ctx)(r.toReader(ctx, doc))
}

// Participant gives a record to somebody who takes part in its flow (holds or held a task, is in copy, started it):
// his row filters do not keep him out, his field masks hold. The caller knows that he takes part.
func (s *Service) Participant(ctx context.Context, actor access.Actor, entity, id string) (Record, error) {
	r, doc, err := s.find(ctx, actor, entity, id)
	if err != nil {
		return Record{}, err
	}
	return r.veiled(ctx)(r.toParticipant(ctx, doc))
}

// Invited is Participant for somebody a flow has asked or told: without any grant he sees what every reader sees.
func (s *Service) Invited(ctx context.Context, actor access.Actor, entity, id string) (Record, error) {
	r, doc, err := s.find(ctx, actor, entity, id)
	if err != nil {
		return Record{}, err
	}
	r.invited = true
	return r.veiled(ctx)(r.toParticipant(ctx, doc))
}

// find begins a request about one document.
func (s *Service) find(ctx context.Context, actor access.Actor, entity, id string) (*request, *store.Doc, error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return nil, nil, err
	}
	doc, err := r.get(ctx, id)
	return r, doc, err
}

// veil takes out of records made for the request's actor what their runs hide from him.
func (r *request) veil(ctx context.Context, shown ...Record) error {
	if r.service.config.Veil == nil || len(shown) == 0 {
		return nil
	}
	return r.service.config.Veil(ctx, r.actor, shown)
}

// veiled is veil for one record, as toReader and the others give it.
func (r *request) veiled(ctx context.Context) func(Record, error) (Record, error) {
	return func(rec Record, err error) (Record, error) {
		if err != nil {
			return Record{}, err
		}
		one := []Record{rec}
		err = r.veil(ctx, one...)
		return one[0], err
	}
}

// toReader shows a document to the request's actor if his grants admit it. What its run hides is left to the caller: flows
// know that better.
func (r *request) toReader(ctx context.Context, doc *store.Doc) (Record, error) {
	rights, err := r.mayRead(ctx, doc)
	if err != nil {
		return Record{}, err
	}
	return (&show{request: r, rights: rights}).one(ctx, doc)
}

// toParticipant shows a document to the request's actor whatever rows his grants admit.
func (r *request) toParticipant(ctx context.Context, doc *store.Doc) (Record, error) {
	rights, err := r.takingPart(ctx, doc)
	if err != nil {
		return Record{}, err
	}
	return (&show{request: r, rights: rights, anyRow: true}).one(ctx, doc)
}

// takingPart gives the rights of who takes part: his grants to read and to act; who made the record sees at least what he
// may fill in, and who is invited without any grant what every reader sees. Records in the recycle bin are not opened so.
func (r *request) takingPart(ctx context.Context, doc *store.Doc) (access.Rights, error) {
	rights, err := r.mayRead(ctx, doc)
	if err != nil {
		return access.Rights{}, err
	}
	also := []access.Action{access.Act}
	if doc.CreatedBy == r.actor.ID {
		also = append(also, access.Create)
	}
	for _, action := range also {
		more, err := r.may(ctx, r.entity.Name, action)
		if err != nil {
			return access.Rights{}, err
		}
		rights.Grants = append(slices.Clone(rights.Grants), more.Grants...)
	}
	if r.invited = r.invited && !rights.All && len(rights.Grants) == 0 && !doc.Deleted; !r.invited {
		return rights, nil
	}
	right, err := r.participant(ctx, r.entity.Name)
	rights.Grants = []access.Right{right}
	return rights, err
}

// participant is what the actor sees of an entity he has no grant on, where he takes part. It is resolved once per request.
func (r *request) participant(ctx context.Context, entity string) (access.Right, error) {
	if known, ok := r.shared[entity]; ok {
		return known, nil
	}
	right, err := r.service.config.Access.Participant(ctx, r.actor.Tenant, entity)
	if err != nil {
		return access.Right{}, err
	}
	if r.shared == nil {
		r.shared = map[string]access.Right{}
	}
	r.shared[entity] = right
	return right, nil
}

// mayRead gives the rights to read a document: those in the recycle bin are for those who may delete.
func (r *request) mayRead(ctx context.Context, doc *store.Doc) (access.Rights, error) {
	if doc.Deleted {
		return r.may(ctx, r.entity.Name, access.Delete)
	}
	return r.reads(ctx, r.entity.Name)
}

// Load gives a stored record with nothing hidden, for the engine itself. Deleted ones too.
func (s *Service) Load(ctx context.Context, tenant, entity, id string) (*Full, error) {
	r, doc, err := s.find(ctx, access.Actor{Tenant: tenant, System: true}, entity, id)
	if err != nil {
		return nil, err
	}
	return r.full(ctx, doc)
}

// Related answers what a form being edited needs from other records, as far as the actor may read it, with at most
// one query per entity. A lookup of a field he may not read is not answered.
func (s *Service) Related(ctx context.Context, actor access.Actor, entity string, asks []form.Ask) (form.Related, error) {
	if len(asks) > maxRelated {
		return form.Related{}, &query.Error{Code: query.CodeTooMany, Params: map[string]any{"max": maxRelated}}
	}
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return form.Related{}, err
	}
	compiled, err := s.compiled(r.catalog, r.entity)
	if err != nil {
		return form.Related{}, err
	}
	rights, err := r.reads(ctx, entity)
	if err != nil {
		return form.Related{}, err
	}
	shown := rights.Anywhere()
	a := newAsker(r, compiled.lookups)
	a.eyes = r.reads
	allowed := asks[:0:0]
	for _, ask := range asks {
		l := compiled.lookups[ask.Source]
		switch {
		case ask.Source == "" && r.catalog.Entities[ask.Entity] != nil,
			l != nil && shown.Shows(l.field.Path):
			allowed = append(allowed, ask)
		case ask.Source != "":
			a.answers.Lookups[ask.Key] = nil
		}
	}
	if err := a.answer(ctx, allowed); err != nil {
		return form.Related{}, fmt.Errorf("related of %s: %w", entity, err)
	}
	return a.answers, nil
}
