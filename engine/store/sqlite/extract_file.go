package sqlite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The table extract keeps the parts of blocks in the file, so that the first sum after a start reads compact columns
// instead of rows. A part counts only under the version that the table block has in the same snapshot, and in the shape
// its column has now; what is missing or damaged is read from the rows again. Whatever changes cells without writing
// records (rewrite, widen) deletes the collection's parts in its own transaction.

// startsPart is the name of the part that has the numbers of a block, and before the name of a sub-table of the one that
// tells where the rows of each record begin. No column is called so.
const startsPart = "#"

// partFormat begins every shape; it changes with the encoding.
const partFormat = "1"

// shape says how the cells of a column are to be read.
func (c *extracted) shape() string {
	return fmt.Sprintf("%s:%s:%d", partFormat, c.field.Type, c.field.Scale)
}

// wanted gives the shapes of the parts a scan needs and a block lacks, by name.
func (s *scan) wanted(b *block) map[string]string {
	names := map[string]string{}
	if b == nil {
		b = &block{}
	}
	if b.numbers == nil {
		names[startsPart] = partFormat
	}
	if s.sub != nil && b.starts[s.sub.name] == nil {
		names[startsPart+s.sub.name] = partFormat
	}
	for _, c := range s.columns {
		if !b.columns[c.name].of(c) {
			names[c.name] = c.shape()
		}
	}
	return names
}

// filed tells which blocks have on file, in the reader's snapshot, all that a scan needs.
func (r *reader) filed(ctx context.Context, s *scan, versions []int64) ([]bool, error) {
	rows, err := r.query(ctx, "SELECT block, name, version, shape FROM extract WHERE collection = ?", s.t.name())
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	names := s.wanted(nil)
	there := make([]int, len(versions))
	for rows.Next() {
		var at, version int64
		var name, shape string
		if err := rows.Scan(&at, &name, &version, &shape); err != nil {
			return nil, err
		}
		if wanted, ok := names[name]; ok && wanted == shape && at < int64(len(versions)) && version == versions[at] {
			there[at]++
		}
	}
	all := make([]bool, len(versions))
	for at, n := range there {
		all[at] = n == len(names)
	}
	return all, rows.Err()
}

// fromFile gives a block with what the file has of what it lacks; known is the block of the same version, nil if there
// is none.
func (l *loader) fromFile(ctx context.Context, known *block, version int64) (*block, error) {
	next := known.copied(version)
	names := l.scan.wanted(known)
	rows, err := l.query(ctx, "SELECT name, shape, data FROM extract WHERE collection = ? AND block = ? AND version = ?",
		l.scan.t.name(), l.first/l.count, version)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	for rows.Next() {
		var name, shape string
		var data []byte
		if err := rows.Scan(&name, &shape, &data); err != nil {
			return nil, err
		}
		if names[name] == shape {
			l.scan.take(next, name, data)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if next.serves(l.scan) && !next.fits(l.scan) { // parts of one version that do not belong together: damage
		return known.copied(version), nil
	}
	return next, nil
}

// take reads a part into a block, unless it is damaged.
func (s *scan) take(into *block, name string, data []byte) {
	p := openPart(data)
	switch sub, isStarts := strings.CutPrefix(name, startsPart); {
	case isStarts && sub == "":
		if numbers := p.numbers(); p.whole() {
			into.numbers = numbers
		}
	case isStarts:
		if starts := p.starts(); p.whole() {
			into.starts[sub] = starts
		}
	default:
		at := slices.IndexFunc(s.columns, func(c *extracted) bool { return c.name == name })
		if segment := p.segment(s.columns[at]); p.whole() {
			into.columns[name] = segment
		}
	}
}

// copied gives a block that has the parts of b, which may be nil, and may be given more.
func (b *block) copied(version int64) *block {
	next := &block{version: version, starts: map[string][]int32{}, columns: map[string]*segment{}}
	if b != nil {
		next.numbers = b.numbers
		maps.Copy(next.starts, b.starts)
		maps.Copy(next.columns, b.columns)
	}
	return next
}

// fits tells whether the parts of a block that a scan needs are of the same records and rows.
func (b *block) fits(s *scan) bool {
	rows := 0
	if s.sub != nil {
		starts := b.starts[s.sub.name]
		if len(starts) != len(b.numbers)+1 || starts[0] != 0 || !slices.IsSorted(starts) {
			return false
		}
		rows = int(starts[len(starts)-1])
	}
	return !slices.ContainsFunc(s.columns, func(c *extracted) bool {
		if c.sub != nil {
			return b.columns[c.name].length() != rows
		}
		return b.columns[c.name].length() != len(b.numbers)
	})
}

// fileBlocks writes blocks that were read from rows into the file, those that are still of the version and the table they
// were read from. Nobody depends on its success: what is not on file is read from rows again.
func (db *database) fileBlocks(ctx context.Context, t *table, blocks map[int64]*block) error {
	return db.alter(ctx, false, func(ctx context.Context, w *writer) error {
		if w.schema.tables[t.name()] != t {
			return nil
		}
		for at, b := range blocks {
			if err := w.fileBlock(ctx, t, at, b); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *writer) fileBlock(ctx context.Context, t *table, at int64, b *block) error {
	if _, written := w.touched[touchedBlock{t.name(), at}]; written {
		return nil
	}
	var version int64
	_, err := w.stmts.row(ctx, []any{&version}, "SELECT version FROM block WHERE collection = ? AND block = ?", t.name(), at)
	if err != nil || version != b.version {
		return err
	}
	file := func(name, shape string, payload []byte) error {
		_, err := w.stmts.exec(ctx, "INSERT OR REPLACE INTO extract(collection, block, name, version, shape, data) VALUES(?, ?, ?, ?, ?, ?)",
			t.name(), at, name, version, shape, sealPart(payload))
		return err
	}
	if err := file(startsPart, partFormat, numbersPayload(b.numbers)); err != nil {
		return err
	}
	for sub, starts := range b.starts {
		if err := file(startsPart+sub, partFormat, startsPayload(starts)); err != nil {
			return err
		}
	}
	for name, segment := range b.columns {
		if err := file(name, segment.shape, segment.payload()); err != nil {
			return err
		}
	}
	return nil
}

// dropParts deletes what is on file of a collection whose cells change without its records being written.
func (w *writer) dropParts(ctx context.Context, collection string) error {
	_, err := w.stmts.exec(ctx, "DELETE FROM extract WHERE collection = ?", collection)
	return err
}
