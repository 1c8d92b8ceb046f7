package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/store"
)

// Likeness (x-similar) is uniqueness that a person may overrule: a text much like that of another record is a warning of
// record logic, found here because it looks at other records. Records that are written together are compared with what is
// stored by one query of the search index, and with each other.

// namedSimilar is how many similar records a warning names.
const namedSimilar = 5

// Similar is a record a warning of x-similar names. Of one that is only about to be stored, such as another line of the
// same workbook, there is the text alone.
type Similar struct {
	ID   string `json:"id,omitempty"`
	Text string `json:"text"`
}

// comparison is one text on its way through the comparison with others.
type comparison struct {
	evaluation *evaluation
	text       string
	like       query.Likeness
	found      []Similar
	hidden     int // similar records the actor may not read
}

// likenesses are the comparisons of one x-similar.
type likenesses struct {
	name    string
	rule    *def.Similar
	all     []*comparison
	byPiece map[string][]*comparison
}

// warnSimilar adds the warnings of x-similar to what records about to be written are evaluated to.
func (r *request) warnSimilar(ctx context.Context, all []*evaluation) error {
	for _, name := range sortedKeys(r.entity.Similar) {
		l := &likenesses{name: name, rule: r.entity.Similar[name], byPiece: map[string][]*comparison{}}
		for _, e := range all {
			l.add(e)
		}
		if len(l.all) == 0 {
			continue
		}
		if err := r.compareStored(ctx, l); err != nil {
			return fmt.Errorf("x-similar %s of %s: %w", name, r.entity.Name, err)
		}
		for _, c := range l.all {
			c.evaluation.write.remember(name, likened{c.text, l.problem(c)})
		}
	}
	for _, e := range all {
		for _, name := range sortedKeys(r.entity.Similar) {
			text, _ := e.result.Values[r.entity.Similar[name].Field].(string)
			if known := e.write.likened[name]; known.text == text && e.occasion != form.Void {
				e.result.Problems = append(e.result.Problems, known.problems...)
			}
		}
	}
	return nil
}

// likened is what the comparison of a text came to, kept for the other evaluations of the same write.
type likened struct {
	text     string
	problems []form.Problem
}

func (w *write) remember(name string, l likened) {
	if w.likened == nil {
		w.likened = map[string]likened{}
	}
	w.likened[name] = l
}

// add compares a record's text with those of the records before it, unless it is alike to what is stored of it already:
// a reason was given for that one.
func (l *likenesses) add(e *evaluation) {
	text, _ := e.result.Values[l.rule.Field].(string)
	key := query.SimilarKey(text, l.rule.Ignore)
	before, _ := e.write.storedValues()[l.rule.Field].(string)
	if key == "" || e.occasion == form.Void || key == query.SimilarKey(before, l.rule.Ignore) || e.write.likened[l.name].text == text {
		return
	}
	c := &comparison{evaluation: e, text: text, like: query.LikenessOf(key)}
	for _, other := range l.alike(c.like) {
		c.found = append(c.found, Similar{Text: other.text})
	}
	l.all = append(l.all, c)
	for _, piece := range c.like.Order {
		l.byPiece[piece] = append(l.byPiece[piece], c)
	}
}

// alike lists the comparisons whose text is alike to one, in their order.
func (l *likenesses) alike(like query.Likeness) []*comparison {
	shared := map[*comparison]int{}
	for piece, n := range like.Counts {
		for _, c := range l.byPiece[piece] {
			shared[c] += min(n, c.like.Counts[piece])
		}
	}
	var alike []*comparison
	for _, c := range l.all {
		if query.Reaches(shared[c], like.Total, c.like.Total, l.rule.EffectivePercent()) {
			alike = append(alike, c)
		}
	}
	return alike
}

// wanted are the grams by which the search index finds everything that may be alike to one of the texts.
func (l *likenesses) wanted(held func(gram string) int) []string {
	seen := map[string]bool{}
	var grams []string
	for _, c := range l.all {
		for _, gram := range c.like.Wanted(l.rule.EffectivePercent(), held) {
			if !seen[gram] {
				seen[gram] = true
				grams = append(grams, gram)
			}
		}
	}
	return grams
}

// compareStored goes through the stored records that may be alike to one of the texts, page by page.
func (r *request) compareStored(ctx context.Context, l *likenesses) error {
	reads, err := r.reads(ctx, r.entity.Name)
	if err != nil {
		return err
	}
	veil, err := reads.Veiled()
	if err != nil {
		return err
	}
	held, err := r.held(ctx, l)
	if err != nil {
		return err
	}
	q := query.Query{Collection: r.entity.Name, AnyGram: l.wanted(held), Fields: r.comparedFields(l.rule, reads), Limit: store.MaxPage}
	for {
		page, err := r.store.Find(ctx, q)
		if errors.Is(err, store.ErrUnknown) {
			return nil // a preview of definitions that are not published: nothing is stored by them
		}
		if err != nil {
			return err
		}
		for i := range page.Docs {
			if doc := &page.Docs[i]; counting(r.entity, doc) {
				r.compareDoc(l, doc, reads, veil)
			}
		}
		if q.After = page.Next; page.Next == "" {
			return nil
		}
	}
}

const (
	// countedTexts is up to how many texts the grams are counted of: for the lines of a workbook one large question costs
	// less than a thousand small ones.
	countedTexts = 8
	// countGram is up to where texts with a gram are counted, and how long that is believed.
	countGram     = 50_000
	believeCounts = 10 * time.Minute
	// maxCounts is how many counts are remembered.
	maxCounts = 50_000
)

// held tells how many stored records have a gram in their search index, as last counted. Only how soon similar records are
// found depends on it.
func (r *request) held(ctx context.Context, l *likenesses) (func(gram string) int, error) {
	counts := map[string]int{}
	if len(l.all) <= countedTexts {
		for _, c := range l.all {
			for _, gram := range c.like.Grams() {
				n, err := r.service.counts.of(ctx, r, gram)
				if err != nil {
					return nil, err
				}
				counts[gram] = n
			}
		}
	}
	return func(gram string) int { return counts[gram] }, nil
}

// counts remembers how many records hold a gram.
type counts struct {
	mu    sync.Mutex
	known map[countKey]count
}

type countKey struct{ tenant, entity, gram string }

type count struct {
	n     int
	until time.Time
}

func (c *counts) of(ctx context.Context, r *request, gram string) (int, error) {
	key := countKey{r.actor.Tenant, r.entity.Name, gram}
	c.mu.Lock()
	known := c.known[key]
	c.mu.Unlock()
	if r.now.Before(known.until) {
		return known.n, nil
	}
	n, _, err := r.store.Count(ctx, query.Query{Collection: r.entity.Name, AnyGram: []string{gram}}, countGram)
	if err != nil && !errors.Is(err, store.ErrUnknown) {
		return 0, fmt.Errorf("count what is similar: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxCounts || c.known == nil {
		c.known = map[countKey]count{}
	}
	c.known[key] = count{n, r.now.Add(believeCounts)}
	return n, nil
}

// comparedFields are the fields of a stored record the comparison needs: its text, and what tells whether the actor may
// know of it.
func (r *request) comparedFields(rule *def.Similar, reads access.Rights) []string {
	fields := []string{rule.Field}
	for _, grant := range reads.Grants {
		for _, path := range access.Paths(grant.Where) {
			name, _, _ := strings.Cut(path, ".")
			if _, own := r.entity.Properties[name]; own && !slices.Contains(fields, name) {
				fields = append(fields, name)
			}
		}
	}
	return fields
}

// counting tells whether a stored record counts as one others may be alike to: not a draft, and not what came to nothing.
func counting(entity *def.Entity, doc *store.Doc) bool {
	return !entity.Approval || doc.State != stateDraft && !slices.Contains(ended, doc.State)
}

// compareDoc compares a stored record with every text.
func (r *request) compareDoc(l *likenesses, doc *store.Doc, reads access.Rights, veil access.Veil) {
	text, _ := doc.Values[l.rule.Field].(string)
	for _, c := range l.alike(query.LikenessOf(query.SimilarKey(text, l.rule.Ignore))) {
		if own := c.evaluation.write.stored; own != nil && own.ID == doc.ID {
			continue
		}
		fields := reads.On(doc.Record())
		if !fields.Admitted() || !fields.Shows(l.rule.Field) || veil.Hides(doc.ID, l.rule.Field) {
			c.hidden++
			continue
		}
		c.found = append(c.found, Similar{ID: doc.ID, Text: text})
	}
}

// problem is the warning of a text, with the similar records the actor may know of and how many more there are.
func (l *likenesses) problem(c *comparison) []form.Problem {
	if len(c.found)+c.hidden == 0 {
		return nil
	}
	named := c.found[:min(len(c.found), namedSimilar)]
	params := map[string]any{
		"entity": c.evaluation.write.entity.Name, "similar": append([]Similar{}, named...), "more": len(c.found) - len(named) + c.hidden,
	}
	return []form.Problem{{Field: l.rule.Field, Code: l.rule.EffectiveCode(), Rule: l.name, Level: levelWarning, Params: params}}
}
