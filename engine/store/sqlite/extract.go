package sqlite

import (
	"context"
	"slices"
	"sync"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// An extract is what sums need of a large collection, kept column by column (docs/adr/0006-extracts.md): SQLite needs
// microseconds for a row it groups, a loop over numbers needs nanoseconds. Records are taken in blocks of consecutive
// numbers. The table block counts the writes to each block, in the same transaction; a reader uses a block only if its
// version is that of the reader's own snapshot, so an extract is never older, nor newer, than what SQL would have read.
// Blocks are kept in memory as far as it goes, and in the file (extract_file.go). Nothing depends on them: what an extract
// cannot do is done by SQL.
//
//	r:sheet, c:sheet.lines ──load──▶ block (version) ─┐
//	           table extract ──read──▶ block (version) ─┼─ filter → group → measure
//	                  memory ────────▶ block (version) ─┘

// The defaults of extractLimits.
const (
	extractFrom  = 20_000
	extractBlock = 2048
	extractBytes = 64 << 20
)

// extractLimits say when extracts are made and how much they hold.
type extractLimits struct {
	from  int   // an aggregation over fewer records is left to SQL
	block int64 // records of a block, at most 65,536
	bytes int64 // of all extracts of a backend
	// records: also made for sums over records. Datasets have indexes that hold all such a sum needs; rows have none.
	records bool
}

// freshBlocks is how many blocks are loaded without a thought: those that were written to lately. So many may also be
// missing in the file; a block that people write to all day is not written once more for every sum.
const freshBlocks = 8

// extracts are all extracts of a backend, the one used last at the end.
type extracts struct {
	extractLimits
	mu   sync.Mutex
	used []*extract
}

// extract belongs to a table as it stands: when the table changes, there is another one.
type extract struct {
	loading sync.Mutex // held by the one who loads many blocks

	mu      sync.Mutex
	blocks  map[int64]*block
	unfiled map[int64]*block       // read from rows, not on file yet
	texts   map[string]*dictionary // by column
	bytes   int64
}

func newExtract() *extract {
	return &extract{blocks: map[int64]*block{}, unfiled: map[int64]*block{}, texts: map[string]*dictionary{}}
}

// block is a number of records. It never changes: another column or version is another block.
type block struct {
	version int64
	numbers []uint16            // of the records, from the first number of the block
	starts  map[string][]int32  // by sub-table: where the rows of each record begin, and the end
	columns map[string]*segment // by name of the extracted column
}

// serves tells whether the block holds what a scan needs.
func (b *block) serves(s *scan) bool {
	return b != nil && (s.sub == nil || b.starts[s.sub.name] != nil) &&
		!slices.ContainsFunc(s.columns, func(c *extracted) bool { return !b.columns[c.name].of(c) })
}

func (b *block) bytes() int64 {
	total := int64(2 * len(b.numbers))
	for _, starts := range b.starts {
		total += int64(4 * len(starts))
	}
	for _, s := range b.columns {
		total += s.bytes()
	}
	return total
}

// dictionary numbers the texts of a column.
type dictionary struct {
	mu    sync.Mutex
	ids   map[string]int64
	texts []string
	size  int64
}

func (d *dictionary) id(text []byte) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.number(text)
}

// number is id for who holds the dictionary.
func (d *dictionary) number(text []byte) int64 {
	id, ok := d.ids[string(text)]
	if !ok {
		id = int64(len(d.texts))
		own := string(text)
		d.ids[own] = id
		d.texts = append(d.texts, own)
		d.size += int64(len(own)) + dictionaryBytes
	}
	return id
}

// all gives the texts by number; texts are only added.
func (d *dictionary) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.texts
}

// dictionaryBytes is about what a text costs beside its letters.
const dictionaryBytes = 64

func (d *dictionary) bytes() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.size
}

// extracted is a column of the record or of a sub-table that an aggregation needs.
type extracted struct {
	name  string // lines.f_worker
	cell  string // SQL name
	field store.Field
	sub   *child      // nil for the record
	texts *dictionary // nil for numbers
}

// isNumber tells whether cells of a type are numbers.
func isNumber(t def.FieldType) bool {
	switch t {
	case def.TypeInteger, def.TypeDecimal, def.TypePercent, def.TypeMoney, def.TypeBoolean, def.TypeDate, def.TypeMonth,
		def.TypeDateTime:
		return true
	default:
		return false
	}
}

// extractable tells whether an extract can hold the column.
func extractable(c *column) bool {
	if c.field.List || c.wide || c.gone {
		return false
	}
	switch c.field.Type {
	case def.TypeText, def.TypeAutoNumber, def.TypeSelect, def.TypeReference, def.TypeUser, def.TypeDepartment:
		return true
	default:
		return isNumber(c.field.Type)
	}
}

// fromExtract answers an aggregation from the extract of its table; done is false if that is SQL's task.
func (db *database) fromExtract(ctx context.Context, r *reader, t *table, a query.Aggregation) (groups []map[string]any, done bool, err error) {
	s, fits := newScan(t, a)
	if !fits {
		return nil, false, nil
	}
	versions, err := db.worthwhile(ctx, r, s)
	if err != nil || versions == nil {
		return nil, false, err
	}
	known, missing, err := r.missing(ctx, s, versions)
	if err != nil {
		return nil, false, err
	}
	if missing > freshBlocks {
		many, err := db.loadsMany(ctx, r, s)
		if err != nil || !many {
			return nil, false, err
		}
		defer t.extract.loading.Unlock()
	}
	for at, version := range versions {
		b, err := db.block(ctx, &loader{reader: r, scan: s, first: int64(at) * db.backend.extracts.block, count: db.backend.extracts.block}, known[at], version)
		if err != nil {
			return nil, false, err
		}
		if !s.add(b) || t.extract.textBytes() > db.backend.extracts.bytes {
			t.extract.clear()
			return nil, false, nil
		}
	}
	db.backend.extracts.touch(t.extract)
	groups, err = s.groups()
	return groups, err == nil, err
}

// worthwhile gives the versions of all blocks if the collection is large enough, else nil.
func (db *database) worthwhile(ctx context.Context, r *reader, s *scan) ([]int64, error) {
	limits := db.backend.extracts.extractLimits
	var last int64
	if err := r.row(ctx, &last, "SELECT coalesce(max(n), 0) FROM "+s.t.rows()); err != nil || last < int64(limits.from) {
		return nil, err
	}
	return r.versions(ctx, s.t.name(), last/limits.block+1)
}

// missing gives the blocks that are in memory, and how many are neither there nor on file.
func (r *reader) missing(ctx context.Context, s *scan, versions []int64) (known []*block, missing int, err error) {
	known, absent := s.t.extract.known(versions, s)
	if len(absent) == 0 {
		return known, 0, nil
	}
	filed, err := r.filed(ctx, s, versions)
	if err != nil {
		return nil, 0, err
	}
	for _, at := range absent {
		if !filed[at] {
			missing++
		}
	}
	return known, missing, nil
}

// loadsMany tells whether it is worth it to read many blocks from rows, and that nobody else does. The caller then has to
// give the lock loading back.
func (db *database) loadsMany(ctx context.Context, r *reader, s *scan) (bool, error) {
	limits := db.backend.extracts.extractLimits
	if s.sub == nil && !limits.records {
		return false, nil
	}
	many, err := s.many(ctx, r, limits.from)
	return err == nil && many && s.t.extract.loading.TryLock(), err
}

// block gives a block as a scan needs it: from memory, else from the file, else from the rows.
func (db *database) block(ctx context.Context, l *loader, known *block, version int64) (*block, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if known.serves(l.scan) {
		return known, nil
	}
	e, at := l.scan.t.extract, l.first/l.count
	b, err := l.fromFile(ctx, known, version)
	if err != nil {
		return nil, err
	}
	if !b.serves(l.scan) {
		if b, err = l.load(ctx, b); err != nil {
			return nil, err
		}
		if many := e.unfile(at, b); many != nil {
			if err := db.fileBlocks(ctx, l.scan.t, many); err != nil && ctx.Err() != nil {
				return nil, err
			}
		}
	}
	e.keep(at, b, db.backend.extracts.bytes)
	return b, nil
}

// versions gives how often each block of a collection was written to.
func (r *reader) versions(ctx context.Context, collection string, blocks int64) ([]int64, error) {
	rows, err := r.query(ctx, "SELECT block, version FROM block WHERE collection = ?", collection)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	versions := make([]int64, blocks)
	for rows.Next() {
		var at, version int64
		if err := rows.Scan(&at, &version); err != nil {
			return nil, err
		}
		if at < blocks {
			versions[at] = version
		}
	}
	return versions, rows.Err()
}

// known gives the blocks that are in memory, and where one is missing or lacks a column. A block of the right version that
// lacks a column is given all the same: it need not be read whole.
func (e *extract) known(versions []int64, s *scan) (blocks []*block, missing []int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	blocks = make([]*block, len(versions))
	for at, version := range versions {
		if b := e.blocks[int64(at)]; b != nil && b.version == version {
			blocks[at] = b
		}
		if !blocks[at].serves(s) {
			missing = append(missing, at)
		}
	}
	return blocks, missing
}

// keep keeps a block in memory, unless a newer one is there by now or three quarters of the limit are used: the rest is for
// texts. What is not kept is read from the file each time.
func (e *extract) keep(at int64, b *block, limit int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	freed := int64(0)
	if old := e.blocks[at]; old != nil {
		if old.version > b.version {
			return
		}
		freed = old.bytes()
	}
	if e.bytes+b.bytes()-freed > limit*3/4 {
		return
	}
	e.blocks[at] = b
	e.bytes += b.bytes() - freed
}

// unfile notes that a block is not on file, and gives all such blocks when they are many.
func (e *extract) unfile(at int64, b *block) map[int64]*block {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.unfiled[at] = b
	if len(e.unfiled) <= freshBlocks {
		return nil
	}
	many := e.unfiled
	e.unfiled = map[int64]*block{}
	return many
}

func (e *extract) dictionary(column string) *dictionary {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.texts[column]
	if d == nil {
		d = &dictionary{ids: map[string]int64{}}
		e.texts[column] = d
	}
	return d
}

// size is about what the extract takes in memory.
func (e *extract) size() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.bytes + e.textsLocked()
}

// textBytes is about what the texts of the extract take.
func (e *extract) textBytes() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.textsLocked()
}

func (e *extract) textsLocked() int64 {
	total := int64(0)
	for _, d := range e.texts {
		total += d.bytes()
	}
	return total
}

func (e *extract) clear() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.blocks, e.unfiled, e.texts, e.bytes = map[int64]*block{}, map[int64]*block{}, map[string]*dictionary{}, 0
}

// touch notes that an extract was used and lets go of those used longest ago while there are too many bytes.
func (x *extracts) touch(e *extract) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.used = append(slices.DeleteFunc(x.used, func(other *extract) bool { return other == e }), e)
	total := int64(0)
	for i := len(x.used) - 1; i >= 0; i-- {
		if total += x.used[i].size(); total <= x.bytes {
			continue
		}
		for _, old := range x.used[:i+1] {
			old.clear()
		}
		x.used = slices.Delete(x.used, 0, i+1)
		return
	}
}

// touchedBlock is a block the running transaction writes to.
type touchedBlock struct {
	collection string
	at         int64
}

// touch notes that a record was written.
func (w *writer) touch(t *table, n int64) {
	w.touched[touchedBlock{t.name(), n / w.db.backend.extracts.block}] = struct{}{}
}

// flushTouched gives the blocks of the transaction their next versions.
func (w *writer) flushTouched(ctx context.Context) error {
	for b := range w.touched {
		_, err := w.stmts.exec(ctx, "INSERT INTO block(collection, block, version) VALUES(?, ?, 1) ON CONFLICT DO UPDATE SET version = version + 1",
			b.collection, b.at)
		if err != nil {
			return err
		}
	}
	clear(w.touched)
	return nil
}
