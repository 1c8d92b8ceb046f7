package record

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/store"
)

// Counters is the system collection of automatic numbers: one document per entity, field and rendered rest.
const Counters = "counter"

// numbers gives out the numbers of {seq:n} and {next:n}. They are reserved in the store before they are used, so they are never
// given twice; what a process had reserved and not used is lost, which leaves gaps.
type numbers struct {
	mu     sync.Mutex
	blocks map[string]*block // by tenant and counter
}

// block is a reserved range: next to last are free. Reservations grow while they are used up quickly, so that one
// person typing leaves no gaps at a restart and a thousand imports do not write a counter a thousand times.
type block struct {
	mu         sync.Mutex
	next, last int64
	size       int64
	reserved   time.Time
}

const (
	maxBlock    = 64
	quickly     = time.Second
	maxAttempts = 50 // at one counter, against other processes
	maxCounters = 10_000
)

func newNumbers() *numbers { return &numbers{blocks: map[string]*block{}} }

// counterAt is a counter: where it is kept, its document, and when it is asked.
type counterAt struct {
	store           store.Store
	tenant, counter string
	now             time.Time
}

// take gives the next number of a counter.
func (n *numbers) take(ctx context.Context, at counterAt) (int64, error) {
	b := n.block(at)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next > b.last {
		if err := b.reserve(ctx, at, 0); err != nil {
			return 0, err
		}
	}
	b.next++
	return b.next - 1, nil
}

// pass sees to it that a number somebody typed, and those before it, are not given.
func (n *numbers) pass(ctx context.Context, at counterAt, typed int64) error {
	b := n.block(at)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case typed < b.next:
		return nil
	case typed <= b.last:
		b.next = typed + 1
		return nil
	}
	return b.reserve(ctx, at, typed)
}

func (n *numbers) block(at counterAt) *block {
	key := at.tenant + "\x1f" + at.counter
	n.mu.Lock()
	defer n.mu.Unlock()
	b, ok := n.blocks[key]
	if !ok {
		if len(n.blocks) >= maxCounters {
			clear(n.blocks)
		}
		b = &block{next: 1, last: 0, size: 1}
		n.blocks[key] = b
	}
	return b
}

// reserve moves the counter in the store on, past the number typed if there is one. The caller holds the block's lock.
func (b *block) reserve(ctx context.Context, at counterAt, typed int64) error {
	now, counter := at.now, at.counter
	switch {
	case (b.last == 0 || now.Sub(b.reserved) >= quickly) && typed > 0:
		b.size = 0 // nobody has asked for a number yet
	case b.last == 0 || now.Sub(b.reserved) >= quickly:
		b.size = 1
	case b.size < maxBlock:
		b.size = max(1, b.size*2)
	}
	for range maxAttempts {
		docs, err := at.store.Get(ctx, Counters, counter)
		if err != nil {
			return fmt.Errorf("counter %s: %w", counter, err)
		}
		doc := store.Doc{ID: counter, CreatedAt: now}
		if len(docs) == 1 {
			doc = docs[0]
		}
		used, _ := doc.Values["used"].(int64)
		if used = max(used, typed); used == doc.Values["used"] && b.size == 0 {
			b.next, b.last, b.reserved = used+1, used, now
			return nil
		}
		rev := doc.Rev
		doc.Rev, doc.UpdatedAt, doc.Values = rev+1, now, map[string]any{"used": used + b.size}
		err = errors.Join(at.store.Put(ctx, store.Write{Collection: Counters, Doc: doc, IfRev: rev})...)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return fmt.Errorf("counter %s: %w", counter, err)
		}
		b.next, b.last, b.reserved = used+1, used+b.size, now
		return nil
	}
	return fmt.Errorf("counter %s: %w", counter, store.ErrConflict)
}

var token = regexp.MustCompile(`\{((?:seq|next):\d{1,2}|[A-Za-z_][A-Za-z0-9_]*)\}`)

// numbering is an automatic number of which all but the count is known.
type numbering struct {
	before, after string
	digits        int  // of the count; -1 = there is none
	tail          bool // the count stands from the second number on, as -02
}

// counter names what counts such numbers.
func (n numbering) counter(entity, field string) string {
	return entity + "/" + field + "/" + n.before + "#" + n.after
}

// text is the number with a count.
func (n numbering) text(count int64) string {
	switch {
	case n.digits < 0 || n.tail && count == 1:
		return n.before + n.after
	case n.tail:
		return fmt.Sprintf("%s-%0*d%s", n.before, n.digits, count, n.after)
	}
	return fmt.Sprintf("%s%0*d%s", n.before, n.digits, count, n.after)
}

// count reads the count of a number that somebody typed; 0 if it is not one of these.
func (n numbering) count(typed string) int64 {
	rest, ok := strings.CutPrefix(typed, n.before)
	if !ok || n.digits < 0 {
		return 0
	}
	if rest, ok = strings.CutSuffix(rest, n.after); !ok {
		return 0
	}
	if n.tail {
		if rest == "" {
			return 1
		}
		if rest, ok = strings.CutPrefix(rest, "-"); !ok {
			return 0
		}
	}
	count, err := strconv.ParseInt(rest, 10, 64)
	if err != nil || n.text(count) != typed || count > maxTyped {
		return 0
	}
	return count
}

// maxTyped is the highest count a typed number moves its counter to: a slip of twelve digits must not use it up.
const maxTyped = 1_000_000_000

// number gives the automatic number of a field. The second result is false if a field of the pattern is missing: the
// number is then given by a later save.
func (w *write) number(ctx context.Context, field *def.Field, values form.Values) (string, bool, error) {
	n, complete, err := w.numbering(field, values)
	if err != nil || !complete {
		return "", false, err
	}
	if n.digits < 0 {
		return n.text(0), true, nil
	}
	count, err := w.service.numbers.take(ctx, w.counterAt(n.counter(w.entity.Name, field.Name)))
	if err != nil {
		return "", false, err
	}
	return n.text(count), true, nil
}

// passTyped moves the counter of a field past a number an import brings.
func (w *write) passTyped(ctx context.Context, field *def.Field, values form.Values) error {
	typed, _ := values[field.Name].(string)
	if !w.brought || typed == "" || typed == w.storedValues()[field.Name] {
		return nil
	}
	n, complete, err := w.numbering(field, values)
	if err != nil || !complete {
		return err
	}
	count := n.count(typed)
	if count == 0 {
		return nil
	}
	return w.service.numbers.pass(ctx, w.counterAt(n.counter(w.entity.Name, field.Name)), count)
}

func (w *write) counterAt(counter string) counterAt {
	return counterAt{store: w.store, tenant: w.actor.Tenant, counter: counter, now: w.now}
}

// numbering renders what stands around the count; it is not complete while a field of the pattern is missing.
func (w *write) numbering(field *def.Field, values form.Values) (n numbering, complete bool, err error) {
	day, err := w.numberDay(field.Number, values)
	if err != nil {
		return n, false, err
	}
	n.digits, complete = -1, true
	text := token.ReplaceAllStringFunc(field.Number.Pattern, func(found string) string {
		name := strings.Trim(found, "{}")
		switch name {
		case "yyyy", "yy", "MM", "dd":
			return day.Format(map[string]string{"yyyy": "2006", "yy": "06", "MM": "01", "dd": "02"}[name])
		}
		if kind, digits, ok := strings.Cut(name, ":"); ok {
			n.digits, err = strconv.Atoi(digits)
			n.tail = kind == "next"
			return "\x00"
		}
		part, ok := w.numberPart(field.Number, name, values)
		complete = complete && ok
		return part
	})
	n.before, n.after, _ = strings.Cut(text, "\x00")
	return n, complete, err
}

// numberDay is the day a number is of: the pattern's date field, else the day of creation in the tenant's zone.
func (w *write) numberDay(n *def.Number, values form.Values) (time.Time, error) {
	text, ok := values[n.Date].(string)
	if n.Date == "" || !ok {
		return w.now.In(w.zone), nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01", time.RFC3339Nano} {
		if day, err := time.Parse(layout, text); err == nil {
			if layout == time.RFC3339Nano {
				day = day.In(w.zone)
			}
			return day, nil
		}
	}
	return time.Time{}, fmt.Errorf("number: %q is no date", text)
}

// numberPart is a field in a number: translated by the pattern's map (also to nothing), a reference as its natural key.
// The second result is false if the value is missing.
func (w *write) numberPart(n *def.Number, name string, values form.Values) (string, bool) {
	value := values[name]
	if value == nil {
		return "", false
	}
	text := fmt.Sprint(value)
	if translated, ok := n.Map[name][text]; ok {
		return translated, true
	}
	field := w.entity.Properties[name]
	if field == nil || field.Target() == "" {
		return text, text != ""
	}
	target := w.catalog.Entities[field.Target()]
	doc, _ := w.others.doc(field.Target(), text)
	if target == nil || doc == nil {
		return "", false
	}
	key := target.Natural
	if key == "" {
		key = target.DisplayField()
	}
	part := fmt.Sprint(nonNil(doc.Record().Get(key)))
	return part, part != ""
}

func nonNil(v any) any {
	if v == nil {
		return ""
	}
	return v
}
