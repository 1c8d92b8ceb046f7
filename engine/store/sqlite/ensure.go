package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/store"
)

// Ensure brings the tables of collections into the wanted shape, all in one transaction. Fields that are no longer
// wanted keep their columns and values. Where values must be kept in another way (another type, more places, a field
// that undeclared values are there for), the documents of the collection are rewritten; writers wait meanwhile, readers
// see the old state.
func (db *database) Ensure(ctx context.Context, collections ...store.Collection) error {
	known := db.schema.Load()
	if !slices.ContainsFunc(collections, func(c store.Collection) bool { return !known.has(c) }) {
		return nil
	}
	return db.alter(ctx, true, func(ctx context.Context, w *writer) error {
		changed := map[string]*table{}
		for _, c := range collections {
			if w.schema.has(c) {
				continue
			}
			t, err := w.ensure(ctx, c)
			if err != nil {
				return fmt.Errorf("ensure %s: %w", c.Name, err)
			}
			changed[c.Name] = t
		}
		if len(changed) == 0 {
			return nil
		}
		return w.setSchema(ctx, w.schema.with(changed))
	})
}

func (s *schema) has(c store.Collection) bool {
	t, ok := s.tables[c.Name]
	return ok && reflect.DeepEqual(t.shape.Collection, c)
}

// setSchema stores the schema's version; it is published at commit.
func (w *writer) setSchema(ctx context.Context, s *schema) error {
	if _, err := w.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", s.version)); err != nil {
		return err
	}
	w.schema = s
	return nil
}

func (w *writer) ensure(ctx context.Context, c store.Collection) (*table, error) {
	old := w.schema.tables[c.Name]
	d := definition{Collection: c}
	if old != nil {
		d = old.succeed(c)
	}
	next := newTable(d)
	if err := w.createTables(ctx, next, old); err != nil {
		return nil, err
	}
	if old != nil {
		rewrite, err := w.mustRewrite(ctx, old, next)
		if err == nil && rewrite {
			err = errors.Join(w.dropParts(ctx, next.name()), w.rewrite(ctx, old, next))
		}
		if err != nil {
			return nil, err
		}
	}
	if err := w.ensureIndexes(ctx, next); err != nil {
		return nil, err
	}
	return next, w.saveDefinition(ctx, next)
}

func (w *writer) saveDefinition(ctx context.Context, t *table) error {
	raw, err := json.Marshal(t.definition())
	if err != nil {
		return err
	}
	_, err = w.conn.ExecContext(ctx, "INSERT OR REPLACE INTO collection(name, definition) VALUES(?, ?)", t.name(), string(raw))
	return err
}

// succeed gives the definition that follows a table's: fields that go are remembered, wide columns stay wide.
func (t *table) succeed(c store.Collection) definition {
	d := definition{Collection: c}
	wanted := map[string]store.Field{}
	for _, field := range c.Fields {
		wanted[field.Path] = field
	}
	for _, col := range t.all() {
		field, stays := wanted[col.field.Path]
		if !stays {
			d.Gone = append(d.Gone, col.field)
		}
		if col.wide && (!stays || isDecimal(field.Type) && field.Scale == col.field.Scale) {
			d.Wide = append(d.Wide, col.field.Path)
		}
	}
	return d
}

// createTables makes what is missing. Columns have no declared type: SQLite then keeps cells as they are given.
func (w *writer) createTables(ctx context.Context, t, old *table) error {
	statements := []string{
		"CREATE TABLE IF NOT EXISTS " + t.rows() + "(n INTEGER PRIMARY KEY, " + strings.Join(systemColumns, ", ") + ")",
		"CREATE TABLE IF NOT EXISTS " + t.bodies() + "(n INTEGER PRIMARY KEY, " + strings.Join(bodyColumns, ", ") + ")",
	}
	var months []*column
	for _, c := range t.columns {
		if old == nil || old.byPath[c.field.Path] == nil {
			statements = append(statements, "ALTER TABLE "+t.rows()+" ADD COLUMN "+c.name())
		}
		if c.hasMonth() && (old == nil || old.byPath[c.field.Path] == nil || !old.byPath[c.field.Path].hasMonth()) {
			months = append(months, c)
		}
		if c.field.List && c.field.Index {
			statements = append(statements, "CREATE TABLE IF NOT EXISTS "+t.listTable(c.field.Path)+"(v, n, PRIMARY KEY(v, n)) WITHOUT ROWID")
		}
	}
	statements = append(statements, t.childStatements(old)...)
	if t.shape.HasSearch() {
		statements = append(statements, "CREATE VIRTUAL TABLE IF NOT EXISTS "+t.searched()+
			" USING fts5(g, content='', contentless_delete=1, detail=none, tokenize='ascii')")
	}
	for _, statement := range statements {
		if _, err := w.conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return w.createMonths(ctx, t, months)
}

// childStatements makes the tables of sub-tables and their columns.
func (t *table) childStatements(old *table) []string {
	var statements []string
	for _, sub := range t.children {
		fresh := old == nil || old.child(sub.name) == nil
		if fresh {
			statements = append(statements,
				"ALTER TABLE "+t.bodies()+" ADD COLUMN "+sub.textColumn(),
				"CREATE TABLE "+t.childTable(sub.name)+"(n INTEGER NOT NULL, pos INTEGER NOT NULL, PRIMARY KEY(n, pos)) WITHOUT ROWID")
		}
		for _, c := range sub.columns {
			if fresh || old.byPath[c.field.Path] == nil {
				statements = append(statements, "ALTER TABLE "+t.childTable(sub.name)+" ADD COLUMN "+c.name())
			}
		}
	}
	return statements
}

// createMonths adds the month keys of dates: columns that are computed when read, so that an index can hold them. One
// may be there already, from a time when the field was a date before.
func (w *writer) createMonths(ctx context.Context, t *table, dates []*column) error {
	for _, c := range dates {
		var present bool
		_, err := w.stmts.row(ctx, []any{&present}, "SELECT EXISTS (SELECT 1 FROM pragma_table_xinfo(?) WHERE name = ?)",
			strings.Trim(t.rows(), `"`), strings.Trim(c.monthName(), `"`))
		if err == nil && !present {
			_, err = w.conn.ExecContext(ctx, "ALTER TABLE "+t.rows()+" ADD COLUMN "+c.monthName()+" AS ("+c.name()+"/100) VIRTUAL")
		}
		if err != nil {
			return fmt.Errorf("month key of %s: %w", c.field.Path, err)
		}
	}
	return nil
}

// mustRewrite tells whether documents are kept in a way that does not fit the new table.
func (w *writer) mustRewrite(ctx context.Context, old, next *table) (bool, error) {
	if !slices.Equal(searchPaths(old), searchPaths(next)) {
		return true, nil
	}
	for _, c := range next.all() {
		before := old.byPath[c.field.Path]
		switch {
		case c.gone:
			continue
		case before == nil || before.gone:
			undeclared, err := w.hasUndeclared(ctx, next, c.field.Path)
			if undeclared || err != nil {
				return undeclared, err
			}
		case before.field.Type != c.field.Type || before.field.Scale != c.field.Scale || before.field.List != c.field.List:
			return true, nil
		}
		if c.field.List && c.field.Index && (before == nil || before.gone || !before.field.Index) {
			return true, nil
		}
	}
	return false, nil
}

func searchPaths(t *table) []string {
	var paths []string
	for _, field := range t.shape.Fields {
		if field.Search {
			paths = append(paths, field.Path)
		}
	}
	slices.Sort(paths)
	return paths
}

// hasUndeclared tells whether documents hold values under the path of a field that is new, or was gone for a while.
func (w *writer) hasUndeclared(ctx context.Context, t *table, path string) (bool, error) {
	column, key := "rest", path
	if parent, name, nested := strings.Cut(path, "."); nested {
		column, key = t.child(parent).textColumn(), name
	}
	var found int64
	return w.stmts.row(ctx, []any{&found},
		"SELECT 1 FROM "+t.bodies()+" WHERE "+column+" IS NOT NULL AND instr("+column+", ?) LIMIT 1", `"`+key+`":`)
}

// rewriteStep is how many documents are rewritten between two looks at the next ones.
const rewriteStep = 200

// rewrite reads every document as the old table keeps it and writes it as the new one does. Values that do not fit
// their field any more stay undeclared.
func (w *writer) rewrite(ctx context.Context, old, next *table) error {
	derived := []string{}
	for _, sub := range next.children {
		derived = append(derived, next.childTable(sub.name))
	}
	for _, c := range next.columns {
		if c.field.List && c.field.Index {
			derived = append(derived, next.listTable(c.field.Path))
		}
	}
	if next.shape.HasSearch() {
		derived = append(derived, next.searched())
	}
	for _, name := range derived {
		if _, err := w.conn.ExecContext(ctx, "DELETE FROM "+name); err != nil { //nolint:gosec // names come from definitions, values are bound
			return err
		}
	}
	for last := int64(0); ; {
		numbers, docs, err := w.documentsAfter(ctx, old, last)
		if err != nil || len(docs) == 0 {
			return err
		}
		for i := range docs {
			if err := w.rewriteDoc(ctx, next, numbers[i], &docs[i]); err != nil {
				return fmt.Errorf("document %s: %w", docs[i].ID, err)
			}
		}
		if err := w.flushSearch(ctx); err != nil {
			return err
		}
		last = numbers[len(numbers)-1]
	}
}

func (w *writer) documentsAfter(ctx context.Context, t *table, last int64) ([]int64, []store.Doc, error) {
	rows, err := w.conn.QueryContext(ctx, t.whole+" WHERE r.n > ? ORDER BY r.n LIMIT ?", last, rewriteStep)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	var numbers []int64
	var docs []store.Doc
	split := 1 + len(systemColumns) + len(t.columns)
	for rows.Next() {
		dest, values := cells(split + len(bodyColumns) + len(t.children))
		if err := rows.Scan(dest...); err != nil {
			return nil, nil, err
		}
		doc, err := t.decode(values[1:split], values[split:])
		if err != nil {
			return nil, nil, err
		}
		n, _ := values[0].(int64)
		numbers, docs = append(numbers, n), append(docs, doc)
	}
	return numbers, docs, rows.Err()
}

func prefixed(prefix string, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = prefix + name
	}
	return out
}

func (w *writer) rewriteDoc(ctx context.Context, t *table, n int64, doc *store.Doc) error {
	next, err := t.encodeKept(doc)
	if err != nil {
		return err
	}
	children, err := t.childRows(next, nil)
	if err != nil {
		return err
	}
	sets := make([]string, 0, len(next.row))
	for _, name := range t.inRow {
		sets = append(sets, name+" = ?")
	}
	if _, err := w.stmts.exec(ctx, "UPDATE "+t.rows()+" SET "+strings.Join(sets, ",")+" WHERE n = ?", append(next.row, n)...); err != nil {
		return err
	}
	if err := w.insertBody(ctx, t, n, next); err != nil {
		return err
	}
	if err := w.insertRows(ctx, t, n, children); err != nil {
		return err
	}
	none := &encoded{row: make([]any, len(next.row)), body: make([]any, len(next.body))}
	if err := w.changeLists(ctx, t, change{n, none, next}); err != nil {
		return err
	}
	if t.shape.HasSearch() {
		w.search.change(t, change{n, none, next})
	}
	return nil
}

func readRest(cell any) (map[string]any, error) {
	if cell == nil {
		return nil, nil //nolint:nilnil // nothing undeclared
	}
	value, err := readJSON(cell)
	rest, _ := value.(map[string]any)
	return rest, err
}

// widen turns the column of a decimal into wide texts.
func (w *writer) widen(ctx context.Context, t *table, path string) error {
	d := t.definition()
	d.Wide = append(d.Wide, path)
	next := newTable(d)
	into := t.rows()
	if parent, _, nested := strings.Cut(path, "."); nested {
		into = t.childTable(parent)
	}
	name := next.byPath[path].name()
	if _, err := w.conn.ExecContext(ctx, "UPDATE "+into+" SET "+name+" = fw_widen("+name+") WHERE "+name+" IS NOT NULL"); err != nil { //nolint:gosec // names come from definitions, values are bound
		return err
	}
	if err := w.dropParts(ctx, t.name()); err != nil {
		return err
	}
	if err := w.saveDefinition(ctx, next); err != nil {
		return err
	}
	return w.setSchema(ctx, w.schema.with(map[string]*table{t.name(): next}))
}

// ensureIndexes makes the collection's indexes and drops its others. The name of an index says what it is over.
func (w *writer) ensureIndexes(ctx context.Context, t *table) error {
	prefix := "i:" + t.name() + ":"
	wanted := t.indexes(prefix)
	present, err := w.indexNames(ctx, prefix)
	if err != nil {
		return err
	}
	for _, name := range present {
		if _, ok := wanted[name]; ok {
			delete(wanted, name)
		} else if _, err := w.conn.ExecContext(ctx, "DROP INDEX "+quote(name)); err != nil {
			return err
		}
	}
	for name, statement := range wanted {
		if _, err := w.conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("index %s: %w", name, err)
		}
	}
	return nil
}

func (w *writer) indexNames(ctx context.Context, prefix string) ([]string, error) {
	rows, err := w.conn.QueryContext(ctx, "SELECT name FROM sqlite_master WHERE type = 'index' AND substr(name, 1, ?) = ?", len(prefix), prefix)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// indexes gives the statements that make the table's indexes, by name. Those over living records end with the id,
// the last key of every sort.
func (t *table) indexes(prefix string) map[string]string {
	on := func(path string) string { return "CREATE INDEX " + quote(prefix+path) + " ON " }
	all := map[string]string{
		prefix + "id":       "CREATE UNIQUE INDEX " + quote(prefix+"id") + " ON " + t.rows() + "(id)",
		prefix + "state":    on("state") + t.rows() + "(state, id, deleted) WHERE deleted = 0",
		prefix + "next_due": on("next_due") + t.rows() + "(next_due, id) WHERE next_due IS NOT NULL",
		prefix + "rest":     on("rest") + t.bodies() + "(n) WHERE rest IS NOT NULL",
	}
	for _, paths := range t.shape.Indexes {
		label := strings.Join(paths, ",")
		if parent, _, nested := strings.Cut(paths[0], "."); nested {
			if c := t.byPath[paths[0]]; c != nil && len(paths) == 1 {
				all[prefix+label] = on(label) + t.childTable(parent) + "(" + c.name() + ", n)"
			}
			continue
		}
		if columns := t.indexColumns(paths); columns != nil {
			all[prefix+label] = on(label) + t.rows() + "(" + strings.Join(columns, ", ") + ") WHERE deleted = 0"
		}
	}
	return all
}

// indexColumns writes the parts of an index: those with an order, the id, those that are carried. The column deleted
// is 0 in all of them: SQLite weighs an index as one that spares it the table only if every column of the query is in.
func (t *table) indexColumns(paths []string) []string {
	var ordered, carried []string
	tie := []string{"id"} // the last key of every sort; an index by months is for sums only
	for _, path := range paths {
		column, field, ok := t.systemOrOwn(store.IndexedPath(path))
		if !ok || field.List || field.Type == def.TypeTable {
			return nil
		}
		switch {
		case store.IsCarried(path):
			carried = append(carried, column)
			continue
		case store.IsMonth(path):
			date := t.byPath[field.Path]
			if date == nil || !date.hasMonth() {
				return nil
			}
			carried = append(carried, column)
			column, tie = date.monthName(), nil
		case strings.HasPrefix(path, "-"):
			column += " DESC"
		}
		ordered = append(ordered, column)
	}
	return slices.Concat(ordered, tie, carried, []string{"deleted"})
}
