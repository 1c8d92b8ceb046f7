package record

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/store"
)

// lookups are the compiled sources of looked-up fields of one entity, by Ask.Source.
type lookups map[string]*lookup

// lookup is one source of a looked-up field, made ready to run.
type lookup struct {
	definition *def.Lookup
	field      *def.Field // the looked-up field
	entity     *def.Entity
	where      *query.Filter
	sort       []query.Sort
}

// compileLookups prepares the lookups of an entity.
func compileLookups(catalog *def.Catalog, entity *def.Entity) (lookups, error) {
	all := lookups{}
	for _, field := range entity.AllFields() {
		for _, source := range field.Lookup {
			name := field.Path + "/" + source.Name
			compiled, err := compileLookup(catalog, source)
			if err != nil {
				return nil, fmt.Errorf("lookup %s of %s: %w", name, entity.Name, err)
			}
			compiled.field = field
			all[name] = compiled
		}
	}
	return all, nil
}

func compileLookup(catalog *def.Catalog, source *def.Lookup) (*lookup, error) {
	l := &lookup{definition: source, entity: catalog.Entities[source.Entity]}
	if l.entity == nil {
		return nil, fmt.Errorf("no entity %s", source.Entity)
	}
	if len(source.Where) > 0 {
		where, err := access.ParseFilter(source.Where, catalog, source.Entity, "record", "row")
		if err != nil {
			return nil, err
		}
		l.where = where
	}
	l.sort = query.SortOf(source.Order)
	if len(l.sort) == 0 {
		l.sort = newestFirst(l.where)
	}
	if err := query.CheckSort(l.sort, l.entity); err != nil {
		return nil, err
	}
	return l, nil
}

// newestFirst is the order of a lookup that names none: the record nearest to the bound of its filter comes first.
func newestFirst(where *query.Filter) []query.Sort {
	for _, c := range conditions(where) {
		if c.Rows || len(c.Path) != 1 {
			continue
		}
		switch c.Op {
		case query.Le, query.Lt:
			return []query.Sort{{Field: c.Path[0], Desc: true}}
		case query.Ge, query.Gt:
			return []query.Sort{{Field: c.Path[0]}}
		default:
		}
	}
	return nil
}

// conditions lists the members of a conjunction; a lookup's filter has no other shape.
func conditions(f *query.Filter) []*query.Cond {
	switch {
	case f == nil:
		return nil
	case f.Cond != nil:
		return []*query.Cond{f.Cond}
	}
	var list []*query.Cond
	for _, part := range f.And {
		list = append(list, conditions(part)...)
	}
	return list
}

// question is an Ask about a lookup on its way to an answer.
type question struct {
	ask    form.Ask
	lookup *lookup
	where  *query.Filter
	from   *want
	at     int
	ready  bool // docs holds all that may answer it
	docs   []*store.Doc
}

// asker answers the asks of forms. Its eyes decide what of other records is seen: nil sees all.
type asker struct {
	request *request
	lookups lookups
	eyes    func(ctx context.Context, entity string) (access.Rights, error)
	answers form.Related
}

// newAsker continues with what this request was told already.
func newAsker(r *request, l lookups) *asker {
	return &asker{request: r, lookups: l, answers: r.related}
}

func noAnswers() form.Related {
	return form.Related{Records: map[string]map[string]any{}, Lookups: map[string]any{}}
}

// answer answers asks with at most one query per entity. Every ask has an answer afterwards: nil if there is nothing.
func (a *asker) answer(ctx context.Context, asks []form.Ask) error {
	var questions []*question
	for _, ask := range asks {
		if ask.Source == "" {
			a.request.others.need(ask.Entity, ask.ID)
			continue
		}
		q, err := a.question(ctx, ask)
		if err != nil {
			return err
		}
		questions = append(questions, q)
	}
	if err := a.plan(ctx, questions); err != nil {
		return err
	}
	if err := a.request.others.read(ctx); err != nil {
		return err
	}
	for _, ask := range asks {
		if ask.Source == "" {
			if err := a.record(ctx, ask); err != nil {
				return err
			}
		}
	}
	for _, q := range questions {
		if err := a.look(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// answersTo gives the answers to some asks, out of all that were answered so far.
func (a *asker) answersTo(asks []form.Ask) form.Related {
	some := noAnswers()
	for _, ask := range asks {
		if ask.Source == "" {
			some.Records[ask.Key] = a.answers.Records[ask.Key]
		} else {
			some.Lookups[ask.Key] = a.answers.Lookups[ask.Key]
		}
	}
	return some
}

// question fills an ask's variables into the filter of its lookup. A missing variable finds nothing.
func (a *asker) question(ctx context.Context, ask form.Ask) (*question, error) {
	l := a.lookups[ask.Source]
	if l == nil {
		return nil, fmt.Errorf("lookup %s: %w", ask.Source, ErrNotFound)
	}
	q, err := a.resolve(l, ask)
	if err != nil {
		return nil, err
	}
	if access.Leads(q.where) {
		follower := &access.Follower{Store: a.request.store, Catalog: a.request.catalog, Rights: a.eyes}
		if q.where, err = follower.Follow(ctx, q.where, l.entity); err != nil {
			return nil, fmt.Errorf("lookup %s: %w", ask.Source, err)
		}
	}
	return q, nil
}

// resolve is question for a filter that does not lead into other records.
func (a *asker) resolve(l *lookup, ask form.Ask) (*question, error) {
	where, err := query.Resolve(l.where, func(name string) (any, bool) {
		if value, ok := ask.Args[name]; ok {
			return value, value != nil
		}
		return a.request.vars(name)
	})
	if err != nil {
		return nil, fmt.Errorf("lookup %s: %w", ask.Source, err)
	}
	return &question{ask: ask, lookup: l, where: where}, nil
}

// plan hands the questions to the next round of reading, but for those whose documents are kept. Those of one lookup
// become one search over the union of what they ask for; look then picks each one's answer in memory.
func (a *asker) plan(ctx context.Context, questions []*question) error {
	bySource := map[string][]*question{}
	for _, q := range questions {
		if !impossible(q.where) {
			bySource[q.ask.Source] = append(bySource[q.ask.Source], q)
		}
	}
	for _, source := range sortedKeys(bySource) {
		group, err := a.request.others.readGroups(ctx, bySource[source])
		if err != nil {
			return err
		}
		if len(group) == 0 {
			continue
		}
		from, at := a.request.others.search(group[0].lookup.entity.Name, union(group))
		for _, q := range group {
			q.from, q.at = from, at
		}
	}
	return nil
}

// impossible tells whether a resolved conjunction has a member that matches nothing.
func impossible(f *query.Filter) bool {
	return f != nil && (f.Or != nil && len(f.Or) == 0 || slices.ContainsFunc(f.And, impossible))
}

// union is a filter that admits everything the questions of one lookup ask for, and perhaps more: each equality becomes
// a list of values, each bound the widest of them. So 1,000 rows are one query of a few conditions.
func union(group []*question) *query.Filter {
	first := conditions(group[0].where)
	if len(group) == 1 {
		return group[0].where
	}
	parts := make([]*query.Filter, 0, len(first))
	for i, c := range first {
		values := make([]any, 0, len(group))
		seen := map[any]bool{}
		for _, q := range group {
			all := conditions(q.where)
			if len(all) != len(first) {
				return anyOf(group) // optional conditions fell out of some: no common shape
			}
			value := all[i].Value
			if _, isList := value.([]any); isList {
				return anyOf(group)
			}
			if !seen[value] {
				seen[value] = true
				values = append(values, value)
			}
		}
		parts = append(parts, &query.Filter{Cond: widest(c, values)})
	}
	return &query.Filter{And: parts}
}

func anyOf(group []*question) *query.Filter {
	parts := make([]*query.Filter, len(group))
	for i, q := range group {
		parts[i] = q.where
	}
	return query.AnyOf(parts...)
}

// widest is the condition that holds whenever it holds with one of the values.
func widest(c *query.Cond, values []any) *query.Cond {
	wide := *c
	wide.Value = values[0]
	switch c.Op {
	case query.Eq:
		if len(values) > 1 {
			wide.Op, wide.Value = query.In, values
		}
	case query.Le, query.Lt:
		wide.Value = slices.MaxFunc(values, func(x, y any) int { return query.Compare(c.Type, x, y) })
	case query.Ge, query.Gt:
		wide.Value = slices.MinFunc(values, func(x, y any) int { return query.Compare(c.Type, x, y) })
	default:
	}
	return &wide
}

// record answers an ask about fields of a record.
func (a *asker) record(ctx context.Context, ask form.Ask) error {
	key := ask.Entity + "/" + ask.ID
	doc, _ := a.request.others.doc(ask.Entity, ask.ID)
	entity := a.request.catalog.Entities[ask.Entity]
	if doc == nil || entity == nil {
		a.answers.Records[key] = nil
		return nil
	}
	fields, veil := access.AllFields(), access.Veil(nil)
	if a.eyes != nil {
		rights, err := a.eyes(ctx, ask.Entity)
		if err != nil {
			return err
		}
		if fields = rights.On(doc.Record()); !fields.Admitted() {
			a.answers.Records[key] = nil
			return nil
		}
		if veil, err = rights.Veiled(); err != nil {
			return err
		}
	}
	known := a.answers.Records[key]
	if known == nil {
		known = make(map[string]any, len(ask.Fields))
	}
	for _, name := range ask.Fields {
		known[name] = nil
		if fields.Shows(name) && !veil.Hides(ask.ID, name) {
			known[name] = unveiled(veil, ask.ID, name, shownValue(fields, entity, doc, name))
		}
	}
	a.answers.Records[key] = known
	return nil
}

// shownValue is a field of another record; of a sub-table only the columns in sight.
func shownValue(fields access.Fields, entity *def.Entity, doc *store.Doc, name string) any {
	value := doc.Record().Get(name)
	if field := entity.Properties[name]; field == nil || !field.IsTable() || value == nil {
		return value
	}
	shown, _ := fields.Mask(entity, map[string]any{name: value})
	return shown[name]
}

// look answers a question about a lookup from what the round read.
func (a *asker) look(ctx context.Context, q *question) error {
	a.answers.Lookups[q.ask.Key] = nil
	candidates := q.docs
	switch {
	case q.from != nil:
		candidates = q.from.got[q.at]
	case !q.ready:
		return nil // nothing can match; of nothing found there may still be a sum
	}
	sees := func(*store.Doc) bool { return true }
	if a.eyes != nil {
		rights, err := a.eyes(ctx, q.lookup.entity.Name)
		if err != nil {
			return err
		}
		veil, err := rights.Veiled()
		if err != nil {
			return err
		}
		sees = func(doc *store.Doc) bool { return a.seesLookup(rights, veil, q, doc) }
	}
	var docs []*store.Doc
	for _, doc := range candidates {
		if query.Match(q.where, doc.Record()) && sees(doc) {
			docs = append(docs, doc)
		}
	}
	slices.SortStableFunc(docs, func(x, y *store.Doc) int {
		return query.CompareRecords(q.lookup.sort, x.Record(), y.Record())
	})
	value, err := q.lookup.take(docs, q.where)
	if err != nil {
		return fmt.Errorf("lookup %s: %w", q.ask.Source, err)
	}
	a.answers.Lookups[q.ask.Key] = value
	return nil
}

// seesLookup tells whether a reader may know what a lookup found in a document: he reads what is taken and what it is
// found by.
func (a *asker) seesLookup(rights access.Rights, veil access.Veil, q *question, doc *store.Doc) bool {
	fields := rights.On(doc.Record())
	for _, path := range append(access.Paths(q.lookup.where), q.lookup.definition.Take.Path) {
		if path != "" && (!fields.Shows(path) || veil.Hides(doc.ID, path)) {
			return false
		}
	}
	return fields.Admitted()
}

// take gives the value a lookup takes from the records it found, in order.
func (l *lookup) take(docs []*store.Doc, where *query.Filter) (any, error) {
	path, agg := l.definition.Take.Path, l.definition.Take.Agg
	var values []any
	for _, doc := range docs {
		values = append(values, l.values(doc, where, path)...)
		if agg == "" && len(values) > 0 {
			break
		}
	}
	if agg != "" {
		field, _ := l.entity.Field(path)
		return aggregate(agg, field, values, l.field)
	}
	if len(values) == 0 {
		return nil, nil //nolint:nilnil // nothing there is an answer
	}
	return values[0], nil
}

// values gives what a path names in one document: its field, or its cell in the rows the filter admits.
func (l *lookup) values(doc *store.Doc, where *query.Filter, path string) []any {
	rows := l.definition.Rows
	column, inRows := strings.CutPrefix(path, rows+".")
	if rows == "" || (!inRows && path != "") {
		if value := doc.Record().Get(path); value != nil {
			return []any{value}
		}
		if path == "" {
			return []any{int64(1)} // only counted
		}
		return nil
	}
	var values []any
	items, _ := doc.Values[rows].([]any)
	for _, item := range items {
		row, ok := item.(map[string]any)
		if !ok || !query.Match(where, oneRow{doc.Record(), rows, []any{row}}) {
			continue
		}
		if path == "" {
			values = append(values, int64(1))
		} else if value := row[column]; value != nil {
			values = append(values, value)
		}
	}
	return values
}

// oneRow is a record of which only one row of a sub-table is looked at.
type oneRow struct {
	query.Record
	table string
	rows  []any
}

// Get gives the one row for the sub-table, the record's value for the rest.
func (r oneRow) Get(field string) any {
	if field == r.table {
		return r.rows
	}
	return r.Record.Get(field)
}
