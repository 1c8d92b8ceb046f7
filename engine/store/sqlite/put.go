package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"formwork/engine/store"
)

// prepared is the document of a write as cells of a table as it stood when the write was asked for.
type prepared struct {
	table *table
	next  *encoded
	err   error
}

// prepared encodes what is going to be written while the writer does something else.
func (db *database) prepared(writes []store.Write, refused []error) []prepared {
	known := db.schema.Load()
	all := make([]prepared, len(writes))
	for i := range writes {
		write := &writes[i]
		t := known.tables[write.Collection]
		if t == nil || refused[i] != nil || write.Remove {
			continue
		}
		p := prepared{table: t}
		if p.next, p.err = t.encode(&write.Doc); p.err == nil && write.IfRev == 0 {
			p.next.children, p.err = t.childRows(p.next, nil)
		}
		all[i] = p
	}
	return all
}

// encoded gives the cells of a write: those that were prepared, if the table is as it was then.
func (w *writer) encoded(t *table, write *store.Write, p *prepared) (*encoded, error) {
	if p != nil && p.table == t {
		return p.next, p.err
	}
	next, err := t.encode(&write.Doc)
	if err == nil && write.IfRev == 0 {
		next.children, err = t.childRows(next, nil)
	}
	return next, err
}

// put does one write in the running transaction. Whatever refuses it is found before anything is changed. p may be nil.
func (w *writer) put(ctx context.Context, write *store.Write, p *prepared) error {
	t, err := w.schema.table(write.Collection)
	if err != nil {
		return err
	}
	if write.Remove {
		return w.remove(ctx, t, write)
	}
	next, err := w.encoded(t, write, p)
	switch {
	case err != nil:
	case write.IfRev == 0:
		err = w.insert(ctx, t, write, next)
	default:
		err = w.update(ctx, t, write, next)
	}
	var narrow *widenError
	if errors.As(err, &narrow) {
		if err := w.widen(ctx, t, narrow.path); err != nil {
			return err
		}
		return w.put(ctx, write, nil)
	}
	return err
}

// find gives the number and revision of a document; n is 0 if there is none.
func (w *writer) find(ctx context.Context, t *table, id string) (n, rev int64, err error) {
	_, err = w.stmts.row(ctx, []any{&n, &rev}, "SELECT n, rev FROM "+t.rows()+" WHERE id = ?", id)
	return n, rev, err
}

// insert adds a document that was encoded with its sub-tables.
func (w *writer) insert(ctx context.Context, t *table, write *store.Write, next *encoded) error {
	if len(write.Doc.Keys) > 0 { // else nothing was changed when the id turns out to be taken
		n, _, err := w.find(ctx, t, write.Doc.ID)
		if err != nil {
			return err
		}
		if n != 0 {
			return store.ErrConflict
		}
		if err := w.takeKeys(ctx, t, write.Doc.ID, write.Doc.Keys); err != nil {
			return err
		}
	}
	n, err := w.insertRow(ctx, t, next)
	if err != nil {
		return err
	}
	if err := w.insertBody(ctx, t, n, next); err != nil {
		return err
	}
	if err := w.insertRows(ctx, t, n, next.children); err != nil {
		return err
	}
	return w.finish(ctx, t, write, change{n: n, next: next})
}

// insertRow makes a row and gives its number; store.ErrConflict if its id is taken.
func (w *writer) insertRow(ctx context.Context, t *table, next *encoded) (n int64, err error) {
	result, err := w.stmts.exec(ctx, t.newRow, next.row...)
	if err != nil {
		return 0, err
	}
	made, err := result.RowsAffected()
	if err == nil && made == 0 {
		err = store.ErrConflict
	}
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

func (w *writer) insertBody(ctx context.Context, t *table, n int64, next *encoded) error {
	if !slices.ContainsFunc(next.body, func(cell any) bool { return cell != nil }) {
		return nil
	}
	_, err := w.stmts.exec(ctx, t.newBody, append([]any{n}, next.body...)...)
	return err
}

// update changes what differs only: indexes and sub-tables that stay the same are not touched.
func (w *writer) update(ctx context.Context, t *table, write *store.Write, next *encoded) error {
	n, old, err := w.stored(ctx, t, write)
	if err != nil {
		return err
	}
	oldKeys, err := keysOf(old)
	if err != nil {
		return err
	}
	children, err := t.childRows(next, old)
	if err != nil {
		return err
	}
	added, removed := difference(oldKeys, write.Doc.Keys)
	if err := w.takeKeys(ctx, t, write.Doc.ID, added); err != nil {
		return err
	}
	if err := w.dropKeys(ctx, t, removed); err != nil {
		return err
	}
	if err := w.updateChanged(ctx, t.rows(), t.inRow, n, [2][]any{old.row, next.row}); err != nil {
		return err
	}
	if slices.ContainsFunc(old.body, func(cell any) bool { return cell != nil }) {
		err = w.updateChanged(ctx, t.bodies(), t.inBody, n, [2][]any{old.body, next.body})
	} else {
		err = w.insertBody(ctx, t, n, next)
	}
	if err != nil {
		return err
	}
	for _, rows := range children {
		if _, err := w.stmts.exec(ctx, "DELETE FROM "+t.childTable(rows.of.name)+" WHERE n = ?", n); err != nil {
			return err
		}
	}
	if err := w.insertRows(ctx, t, n, children); err != nil {
		return err
	}
	return w.finish(ctx, t, write, change{n, old, next})
}

func (w *writer) updateChanged(ctx context.Context, into string, names []string, n int64, cells [2][]any) error {
	var sets []string
	var args []any
	for i, name := range names {
		if cells[0][i] != cells[1][i] {
			sets = append(sets, name+" = ?")
			args = append(args, cells[1][i])
		}
	}
	if len(sets) == 0 {
		return nil
	}
	_, err := w.stmts.exec(ctx, "UPDATE "+into+" SET "+strings.Join(sets, ",")+" WHERE n = ?", append(args, n)...)
	return err
}

// stored reads the document a write is about, if it stands at the revision the write names.
func (w *writer) stored(ctx context.Context, t *table, write *store.Write) (n int64, old *encoded, err error) {
	row := len(systemColumns) + len(t.columns)
	dest, values := cells(1 + row + len(bodyColumns) + len(t.children))
	found, err := w.stmts.row(ctx, dest, t.whole+" WHERE r.id = ?", write.Doc.ID)
	switch {
	case err != nil:
		return 0, nil, err
	case !found:
		return 0, nil, store.ErrNotFound
	case values[1+atRev] != write.IfRev:
		return 0, nil, store.ErrConflict
	}
	n, ok := values[0].(int64)
	if !ok {
		return 0, nil, fmt.Errorf("number of %s: %v", write.Doc.ID, values[0])
	}
	return n, &encoded{row: values[1 : 1+row : 1+row], body: values[1+row:]}, nil
}

func (w *writer) remove(ctx context.Context, t *table, write *store.Write) error {
	n, old, err := w.stored(ctx, t, write)
	if err != nil {
		return err
	}
	tables := []string{t.rows(), t.bodies()}
	for _, sub := range t.children {
		tables = append(tables, t.childTable(sub.name))
	}
	for _, name := range tables {
		if _, err := w.stmts.exec(ctx, "DELETE FROM "+name+" WHERE n = ?", n); err != nil {
			return err
		}
	}
	keys, err := keysOf(old)
	if err != nil {
		return err
	}
	if err := w.dropKeys(ctx, t, keys); err != nil {
		return err
	}
	empty := &encoded{row: make([]any, len(old.row)), body: make([]any, len(old.body))}
	return w.finish(ctx, t, write, change{n, old, empty})
}

// change is a write as cells; old is nil for a new document.
type change struct {
	n         int64
	old, next *encoded
}

// finish brings indexed lists in line with a written document, and notes what becomes of the search index and the log.
func (w *writer) finish(ctx context.Context, t *table, write *store.Write, c change) error {
	if c.old == nil {
		c.old = &encoded{row: make([]any, len(c.next.row)), body: make([]any, len(c.next.body))}
	}
	if err := w.changeLists(ctx, t, c); err != nil {
		return err
	}
	if t.shape.HasSearch() && c.old.body[atSearch] != c.next.body[atSearch] {
		w.search.change(t, c)
	}
	w.touch(t, c.n)
	w.events = append(w.events, write.Events...)
	return nil
}

func keysOf(e *encoded) ([]string, error) {
	text, ok := e.body[atKeys].(string)
	if !ok {
		return nil, nil
	}
	var keys []string
	if err := json.Unmarshal([]byte(text), &keys); err != nil {
		return nil, fmt.Errorf("stored keys: %w", err)
	}
	return keys, nil
}

// difference lists what is only in next and what is only in old, each once.
func difference(old, next []string) (added, removed []string) {
	for _, one := range next {
		if !slices.Contains(old, one) && !slices.Contains(added, one) {
			added = append(added, one)
		}
	}
	for _, one := range old {
		if !slices.Contains(next, one) {
			removed = append(removed, one)
		}
	}
	return added, removed
}

// takeKeys takes keys for a document, all or none. Nobody else writes, so those that are free stay free.
func (w *writer) takeKeys(ctx context.Context, t *table, id string, keys []string) error {
	keys, _ = difference(nil, keys)
	for chunk := range slices.Chunk(keys, maxKeysAtOnce) {
		args := make([]any, 0, 3*len(chunk))
		for _, key := range chunk {
			args = append(args, t.name(), key, id)
		}
		result, err := w.stmts.exec(ctx, "INSERT OR IGNORE INTO key(collection, key, id) VALUES"+groups("(?,?,?)", len(chunk)), args...)
		if err != nil {
			return err
		}
		taken, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if int(taken) < len(chunk) {
			return w.returnKeys(ctx, t, id, keys)
		}
	}
	return nil
}

const maxKeysAtOnce = 100

// returnKeys undoes takeKeys after one key turned out to be another document's, and names that key.
func (w *writer) returnKeys(ctx context.Context, t *table, id string, keys []string) error {
	taken := ""
	for _, key := range keys {
		var holder string
		found, err := w.stmts.row(ctx, []any{&holder}, "SELECT id FROM key WHERE collection = ? AND key = ?", t.name(), key)
		if err != nil {
			return err
		}
		if found && holder != id && taken == "" {
			taken = key
		}
		if found && holder == id {
			if err := w.dropKeys(ctx, t, []string{key}); err != nil {
				return err
			}
		}
	}
	return &store.DuplicateError{Key: taken}
}

func (w *writer) dropKeys(ctx context.Context, t *table, keys []string) error {
	for _, key := range keys {
		if _, err := w.stmts.exec(ctx, "DELETE FROM key WHERE collection = ? AND key = ?", t.name(), key); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) changeLists(ctx context.Context, t *table, c change) error {
	for i, col := range t.columns {
		at := len(systemColumns) + i
		if !col.field.List || !col.field.Index || col.gone || c.old.row[at] == c.next.row[at] {
			continue
		}
		old, err := listOf(c.old.row[at])
		if err != nil {
			return err
		}
		next, err := listOf(c.next.row[at])
		if err != nil {
			return err
		}
		name := t.listTable(col.field.Path)
		added, removed := difference(old, next)
		for _, value := range removed {
			if _, err := w.stmts.exec(ctx, "DELETE FROM "+name+" WHERE v = ? AND n = ?", value, c.n); err != nil {
				return err
			}
		}
		for _, value := range added {
			if _, err := w.stmts.exec(ctx, "INSERT OR IGNORE INTO "+name+"(v, n) VALUES(?, ?)", value, c.n); err != nil {
				return err
			}
		}
	}
	return nil
}

func listOf(cell any) ([]string, error) {
	text, ok := cell.(string)
	if !ok {
		return nil, nil
	}
	var list []string
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("stored list: %w", err)
	}
	return list, nil
}

// childRows are the cells of a sub-table's rows that must be written.
type childRows struct {
	of   *child
	rows [][]any
}

// childRows encodes the sub-tables that differ from the old document's.
func (t *table) childRows(next, old *encoded) ([]childRows, error) {
	var changed []childRows
	for i, sub := range t.children {
		at := len(bodyColumns) + i
		if old != nil && old.body[at] == next.body[at] {
			continue
		}
		set := childRows{of: sub}
		var rows []any
		if next.body[at] != nil {
			rows, _ = next.values[sub.name].([]any)
		}
		for _, row := range rows {
			cells, err := sub.cells(row)
			if err != nil {
				return nil, err
			}
			set.rows = append(set.rows, cells)
		}
		changed = append(changed, set)
	}
	return changed, nil
}

// maxCells bounds the arguments of one statement that inserts rows.
const maxCells = 500

func (w *writer) insertRows(ctx context.Context, t *table, n int64, sets []childRows) error {
	for _, set := range sets {
		names := []string{"n", "pos"}
		for _, c := range set.of.columns {
			names = append(names, c.name())
		}
		into := "INSERT INTO " + t.childTable(set.of.name) + "(" + strings.Join(names, ",") + ") VALUES"
		pos := int64(0)
		for chunk := range slices.Chunk(set.rows, max(1, maxCells/len(names))) {
			args := make([]any, 0, len(chunk)*len(names))
			for _, cells := range chunk {
				args = append(append(args, n, pos), cells...)
				pos++
			}
			if _, err := w.stmts.exec(ctx, into+groups("("+placeholders(len(names))+")", len(chunk)), args...); err != nil {
				return err
			}
		}
	}
	return nil
}
