package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// Get gives the documents that exist.
func (db *database) Get(ctx context.Context, collection string, ids ...string) ([]store.Doc, error) {
	var docs []store.Doc
	err := db.read(ctx, func(r *reader, s *schema) error {
		docs = nil
		t, err := s.table(collection)
		if err != nil {
			return err
		}
		brief := unwatched(ctx)
		for chunk := range slices.Chunk(distinct(ids), store.MaxPage) {
			if err := ctx.Err(); err != nil {
				return err
			}
			args := make([]any, len(chunk))
			for i, id := range chunk {
				args[i] = id
			}
			args = padded(args)
			_, found, err := t.fetch(brief, r, nil, "r.id IN ("+placeholders(len(args))+")", args)
			if err != nil {
				return err
			}
			docs = append(docs, found...)
		}
		return nil
	})
	return docs, wrap("get from "+collection, err)
}

func distinct(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// projection says which columns are read for some fields; the others are given as NULL.
func (t *table) projection(fields []string) (row, body []string) {
	row, body = prefixed("r.", t.inRow), prefixed("b.", t.inBody)
	for i, c := range t.columns {
		if !slices.Contains(fields, c.field.Path) {
			row[len(systemColumns)+i] = "NULL"
		}
	}
	needsBody := false
	for i, sub := range t.children {
		if slices.Contains(fields, sub.name) {
			needsBody = true
		} else {
			body[len(bodyColumns)+i] = "NULL"
		}
	}
	for i := range bodyColumns {
		body[i] = "NULL"
	}
	for _, name := range fields {
		if _, _, declared := t.systemOrOwn(name); !declared {
			body[atRest], needsBody = "b.rest", true
		}
	}
	if !needsBody {
		return row, nil
	}
	return row, body
}

// fetch reads documents that meet a condition, and their numbers, in no order.
func (t *table) fetch(ctx context.Context, r *reader, fields []string, where string, args []any) ([]int64, []store.Doc, error) {
	begin, split, width := t.whole, 1+len(systemColumns)+len(t.columns), len(bodyColumns)+len(t.children)
	if fields != nil {
		row, body := t.projection(fields)
		begin = "SELECT r.n," + strings.Join(append(row, body...), ",") + " FROM " + t.rows() + " r"
		if width = len(body); body != nil {
			begin += " LEFT JOIN " + t.bodies() + " b ON b.n = r.n"
		}
	}
	rows, err := r.query(ctx, begin+" WHERE "+where, args...)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	var numbers []int64
	var docs []store.Doc
	dest, values := cells(split + width)
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, nil, err
		}
		doc, err := t.decode(values[1:split], values[split:])
		if err != nil {
			return nil, nil, err
		}
		if fields != nil {
			for name := range doc.Values {
				if !slices.Contains(fields, name) {
					delete(doc.Values, name)
				}
			}
		}
		n, _ := values[0].(int64)
		numbers, docs = append(numbers, n), append(docs, doc)
	}
	return numbers, docs, rows.Err()
}

// Find gives one page: first the numbers in order, from indexes where there are some, then their documents.
func (db *database) Find(ctx context.Context, q query.Query) (store.Page, error) {
	var page store.Page
	err := db.read(ctx, func(r *reader, s *schema) error {
		t, err := s.table(q.Collection)
		if err != nil {
			return err
		}
		if err := t.refuseScan(ctx, r, q.Where); err != nil {
			return err
		}
		page, err = t.page(ctx, r, q)
		return err
	})
	return page, wrap("find in "+q.Collection, err)
}

func (t *table) page(ctx context.Context, r *reader, q query.Query) (store.Page, error) {
	limit := min(max(q.Limit, 1), store.MaxPage)
	found, err := t.locate(ctx, r, q, limit+1)
	if err != nil || len(found) == 0 {
		return store.Page{}, err
	}
	var page store.Page
	if len(found) > limit {
		found = found[:limit]
		last := found[limit-1]
		page.Next = query.EncodeCursor(q.Sort, last.keys, last.id)
	}
	args := make([]any, len(found))
	position := make(map[int64]int, len(found))
	for i, at := range found {
		args[i], position[at.n] = at.n, i
	}
	args = padded(args)
	numbers, docs, err := t.fetch(unwatched(ctx), r, q.Fields, "r.n IN ("+placeholders(len(args))+")", args)
	if err != nil {
		return store.Page{}, err
	}
	page.Docs = make([]store.Doc, len(found))
	for i, n := range numbers {
		page.Docs[position[n]] = docs[i]
	}
	return page, nil
}

// located is where a document of a page stands: number, id and wire values of the sort keys.
type located struct {
	n    int64
	id   string
	keys []any
}

// locate finds up to limit documents in order. Where the cursor lies among records that have the first key, those that
// miss it are a range of their own: each range is one walk along an index.
func (t *table) locate(ctx context.Context, r *reader, q query.Query, limit int) ([]located, error) {
	ranges, err := t.ranges(q)
	if err != nil {
		return nil, err
	}
	common, err := t.commonState(ctx, r, q.Where)
	if err != nil {
		return nil, err
	}
	var found []located
	for _, after := range ranges {
		b := &renderer{t: t, common: common}
		statement, columns, err := b.orderedQuery(q, after, limit-len(found))
		if err != nil {
			return nil, err
		}
		found, err = collect(ctx, r, found, columns, statement, b.args)
		if err != nil || len(found) == limit {
			return found, err
		}
	}
	return found, nil
}

func collect(ctx context.Context, r *reader, found []located, columns []*column, statement string, args []any) ([]located, error) { //nolint:revive // one query with what it gives
	rows, err := r.query(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	for rows.Next() {
		dest, values := cells(2 + len(columns))
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		at := located{keys: make([]any, len(columns))}
		at.n, _ = values[0].(int64)
		at.id, _ = values[1].(string)
		for i, c := range columns {
			if at.keys[i], err = c.decode(values[2+i]); err != nil {
				return nil, err
			}
		}
		found = append(found, at)
	}
	return found, rows.Err()
}

// after is the condition of one range: a text with its arguments.
type after struct {
	text string
	args []any
}

// orderedQuery selects number, id and sort keys in order.
func (b *renderer) orderedQuery(q query.Query, from after, limit int) (string, []*column, error) {
	var columns []*column
	selected := "SELECT r.n, r.id"
	order := " ORDER BY "
	for _, key := range q.Sort {
		text, col, err := b.keyColumn(key)
		if err != nil {
			return "", nil, err
		}
		columns = append(columns, col)
		selected += ", " + text
		order += text
		if key.Desc {
			order += " DESC"
		}
		order += ", "
	}
	where, err := b.where(q.Where)
	if err != nil {
		return "", nil, err
	}
	where += b.search(q.Search) + b.anyGram(q.AnyGram)
	if from.text != "" {
		where += " AND " + from.text
		b.args = append(b.args, from.args...)
	}
	statement := selected + " FROM " + b.t.rows() + " r WHERE " + where + order + "r.id LIMIT " + b.bind(int64(limit))
	return statement, columns, nil
}

// ranges gives the conditions that together select what follows the cursor, in order.
func (t *table) ranges(q query.Query) ([]after, error) {
	if q.After == "" {
		return []after{{}}, nil
	}
	values, id, err := query.DecodeCursor(q.Sort, q.After)
	if err != nil {
		return nil, err
	}
	k := &keyset{b: &renderer{t: t}, sort: q.Sort, id: id}
	for i, key := range q.Sort {
		text, col, err := k.b.keyColumn(key)
		if err != nil {
			return nil, err
		}
		cell, err := col.cursorCell(values[i])
		if err != nil {
			return nil, err
		}
		k.columns, k.cells = append(k.columns, text), append(k.cells, cell)
	}
	return k.ranges(), nil
}

// cursorCell is the value of a cursor as the column keeps it.
func (c *column) cursorCell(value any) (any, error) {
	text, isText := value.(string)
	if !isDecimal(c.field.Type) || !isText {
		return c.operand(value)
	}
	coef, exact, err := coefficient(text, c.field.Scale)
	if err != nil || !exact || !c.wide && !coef.IsInt64() {
		return nil, query.ErrCursor
	}
	return c.cell(coef), nil
}

// keyset writes "comes after the cursor" as conditions.
type keyset struct {
	b       *renderer
	sort    []query.Sort
	columns []string
	cells   []any
	id      string
}

func (k *keyset) ranges() []after {
	if len(k.sort) == 0 {
		return []after{k.take(k.from(0))}
	}
	x, cell := k.columns[0], k.cells[0]
	switch {
	case cell == nil && k.sort[0].Desc:
		return []after{k.take("(" + x + " IS NULL AND " + k.from(1) + ")")}
	case cell == nil:
		return []after{k.take("(" + x + " IS NULL AND " + k.from(1) + ")"), {text: x + " IS NOT NULL"}}
	case k.sort[0].Desc:
		first := k.take("(" + x + " <= " + k.b.bind(cell) + " AND (" + x + " < " + k.b.bind(cell) + " OR " + k.from(1) + "))")
		return []after{first, {text: x + " IS NULL"}}
	}
	return []after{k.take("(" + x + " >= " + k.b.bind(cell) + " AND (" + x + " > " + k.b.bind(cell) + " OR " + k.from(1) + "))")}
}

// take gives a text with the arguments bound so far.
func (k *keyset) take(text string) after {
	args := k.b.args
	k.b.args = nil
	return after{text, args}
}

// from is the condition over the keys from the i-th on, those before being equal.
func (k *keyset) from(i int) string {
	if i == len(k.sort) {
		return "r.id > " + k.b.bind(k.id)
	}
	x, cell := k.columns[i], k.cells[i]
	switch {
	case cell == nil && k.sort[i].Desc:
		return "(" + x + " IS NULL AND " + k.from(i+1) + ")"
	case cell == nil:
		return "(" + x + " IS NOT NULL OR " + k.from(i+1) + ")"
	case k.sort[i].Desc:
		return "(" + x + " < " + k.b.bind(cell) + " OR " + x + " IS NULL OR (" + x + " = " + k.b.bind(cell) + " AND " + k.from(i+1) + "))"
	}
	return "(" + x + " > " + k.b.bind(cell) + " OR (" + x + " = " + k.b.bind(cell) + " AND " + k.from(i+1) + "))"
}

// Count counts up to limit.
func (db *database) Count(ctx context.Context, q query.Query, limit int) (n int, more bool, err error) {
	err = db.read(ctx, func(r *reader, s *schema) error {
		t, err := s.table(q.Collection)
		if err != nil {
			return err
		}
		if err := t.refuseScan(ctx, r, q.Where); err != nil {
			return err
		}
		b := &renderer{t: t}
		if b.common, err = t.commonState(ctx, r, q.Where); err != nil {
			return err
		}
		b.common = b.common && !onlyState(q)
		statement, err := b.countQuery(q, limit)
		if err != nil {
			return err
		}
		return r.row(ctx, &n, statement, b.args...)
	})
	return min(n, limit), n > limit, wrap("count in "+q.Collection, err)
}

// countQuery counts up to one more than limit.
func (b *renderer) countQuery(q query.Query, limit int) (string, error) {
	where, err := b.where(q.Where)
	where += b.search(q.Search) + b.anyGram(q.AnyGram)
	return "SELECT count(*) FROM (SELECT 1 FROM " + b.t.rows() + " r WHERE " + where + " LIMIT " + b.bind(int64(limit)+1) + ")", err
}

// refuseScan refuses to look for substrings in more records than a person waits for.
func (t *table) refuseScan(ctx context.Context, r *reader, f *query.Filter) error {
	if !t.shape.NeedsScan(f) {
		return nil
	}
	var many bool
	err := r.row(ctx, &many, "SELECT EXISTS (SELECT 1 FROM "+t.rows()+" WHERE deleted = 0 LIMIT 1 OFFSET ?)", store.ScanLimit)
	if err == nil && many {
		return store.ErrNeedsIndex
	}
	return err
}

// fewStates is up to how many records it is worth to go by the index of states.
const fewStates = 1000

// commonState tells whether the states a filter asks for are those of many records. SQLite has no statistics about
// single values, and would go through most records of a company to find its approved ones of one project.
// That many have a state is believed for some questions, before it is counted again.
func (t *table) commonState(ctx context.Context, r *reader, f *query.Filter) (bool, error) {
	states := wantedStates(f)
	if len(states) == 0 || store.NamesDeleted(f) {
		return false, nil
	}
	if slices.ContainsFunc(states, t.believed) {
		return true, nil
	}
	var count int
	err := r.row(ctx, &count, "SELECT count(*) FROM (SELECT 1 FROM "+t.rows()+" WHERE deleted = 0 AND state IN ("+
		placeholders(len(states))+") LIMIT ?)", append(states, fewStates+1)...)
	if err != nil || count <= fewStates {
		return false, err
	}
	if len(states) == 1 {
		t.many.Store(states[0], new(atomic.Int64))
	}
	return true, nil
}

// believeState is for how many questions it is believed that many records have a state.
const believeState = 64

// believed tells whether many records had a state when they were last counted, not long ago.
func (t *table) believed(state any) bool {
	used, ok := t.many.Load(state)
	if !ok {
		return false
	}
	times, ok := used.(*atomic.Int64)
	return ok && times.Add(1) <= believeState
}

// onlyState tells whether a query asks for nothing but a state: then its index holds all there is to count.
func onlyState(q query.Query) bool {
	f := q.Where
	for f != nil && len(f.And) == 1 {
		f = f.And[0]
	}
	return f != nil && f.Cond != nil && q.Search == "" && q.AnyGram == nil
}

// wantedStates lists the states of which every match has one; none if the filter does not say.
func wantedStates(f *query.Filter) []any {
	switch {
	case f == nil:
		return nil
	case f.Cond != nil && len(f.Cond.Path) == 1 && f.Cond.Path[0] == def.FieldState:
		if f.Cond.Op == query.Eq {
			return []any{f.Cond.Value}
		}
		if list, ok := f.Cond.Value.([]any); ok && f.Cond.Op == query.In {
			return slices.Clone(list)
		}
		return nil
	}
	for _, member := range f.And {
		if states := wantedStates(member); states != nil {
			return states
		}
	}
	return nil
}
