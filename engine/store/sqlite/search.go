package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"formwork/engine/query"
)

// pendingSearch gathers what a transaction changes in search indexes until shortly before its commit: FTS5 writes its
// buffer out at every statement, so many records are indexed with few statements.
type pendingSearch struct {
	order   []searchKey
	changes map[searchKey]*searchChange
}

type searchKey struct {
	table string // quoted
	n     int64
}

// searchChange is what becomes of one record in the index.
type searchChange struct {
	stored bool // the index holds the record
	text   any  // folded text to hold, or nil
}

func (p *pendingSearch) change(t *table, c change) {
	key := searchKey{t.searched(), c.n}
	pending, ok := p.changes[key]
	if !ok {
		if p.changes == nil {
			p.changes = map[searchKey]*searchChange{}
		}
		pending = &searchChange{stored: c.old.body[atSearch] != nil}
		p.changes[key] = pending
		p.order = append(p.order, key)
	}
	pending.text = c.next.body[atSearch]
}

func (p *pendingSearch) reset() { p.order, p.changes = nil, nil }

// searchChunk is how many records one statement indexes.
const searchChunk = 64

// flushSearch writes what is pending.
func (w *writer) flushSearch(ctx context.Context) error {
	defer w.search.reset()
	added := map[string][]any{}
	for _, key := range w.search.order {
		pending := w.search.changes[key]
		if pending.stored {
			if _, err := w.stmts.exec(ctx, "DELETE FROM "+key.table+" WHERE rowid = ?", key.n); err != nil {
				return err
			}
		}
		if text, ok := pending.text.(string); ok {
			added[key.table] = append(added[key.table], key.n, gramTokens(query.Grams(text)))
		}
	}
	for table, args := range added {
		for chunk := range slices.Chunk(args, 2*searchChunk) {
			if _, err := w.stmts.exec(ctx, "INSERT INTO "+table+"(rowid, g) VALUES"+groups("(?,?)", len(chunk)/2), chunk...); err != nil {
				return err
			}
		}
	}
	return nil
}

// gramTokens writes grams as words of hexadecimal digits, five for each character, for FTS5's plainest tokenizer.
// Characters beyond U+FFFFF share one word; whoever searches looks at the text as well.
func gramTokens(grams []string) string {
	var out strings.Builder
	for _, gram := range grams {
		out.WriteString(gramToken(gram))
		out.WriteByte(' ')
	}
	return out.String()
}

func gramToken(gram string) string {
	var out strings.Builder
	for _, r := range gram {
		fmt.Fprintf(&out, "%05x", min(r, 0xfffff))
	}
	return out.String()
}

// matchQuery asks FTS5 for records that hold all grams of the words.
func matchQuery(words []string) string {
	var terms []string
	for _, word := range words {
		for _, gram := range query.WordGrams(word) {
			term := `"` + gramToken(gram.Text) + `"`
			if gram.Prefix {
				term += "*"
			}
			terms = append(terms, term)
		}
	}
	return strings.Join(terms, " AND ")
}
