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

// numbers gives out the numbers of {seq:n}. They are reserved in the store before they are used, so they are never
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

// take gives the next number of a counter.
func (n *numbers) take(ctx context.Context, st store.Store, tenant, counter string, now time.Time) (int64, error) {
	key := tenant + "\x1f" + counter
	n.mu.Lock()
	b, ok := n.blocks[key]
	if !ok {
		if len(n.blocks) >= maxCounters {
			clear(n.blocks)
		}
		b = &block{next: 1, last: 0, size: 1}
		n.blocks[key] = b
	}
	n.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next > b.last {
		if err := b.reserve(ctx, st, counter, now); err != nil {
			return 0, err
		}
	}
	b.next++
	return b.next - 1, nil
}

// reserve moves the counter in the store on. The caller holds the block's lock.
func (b *block) reserve(ctx context.Context, st store.Store, counter string, now time.Time) error {
	switch {
	case b.last == 0 || now.Sub(b.reserved) >= quickly:
		b.size = 1
	case b.size < maxBlock:
		b.size *= 2
	}
	for range maxAttempts {
		docs, err := st.Get(ctx, Counters, counter)
		if err != nil {
			return fmt.Errorf("counter %s: %w", counter, err)
		}
		doc := store.Doc{ID: counter, CreatedAt: now}
		if len(docs) == 1 {
			doc = docs[0]
		}
		used, _ := doc.Values["used"].(int64)
		rev := doc.Rev
		doc.Rev, doc.UpdatedAt, doc.Values = rev+1, now, map[string]any{"used": used + b.size}
		err = errors.Join(st.Put(ctx, store.Write{Collection: Counters, Doc: doc, IfRev: rev})...)
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

var token = regexp.MustCompile(`\{(seq:\d{1,2}|[A-Za-z_][A-Za-z0-9_]*)\}`)

// number renders the automatic number of a field. The second result is false if a field of the pattern is missing: the
// number is then given by a later save.
func (w *write) number(ctx context.Context, field *def.Field, values form.Values) (string, bool, error) {
	day, err := w.numberDay(field.Number, values)
	if err != nil {
		return "", false, err
	}
	digits, complete := -1, true
	render := func(found string) string {
		name := strings.Trim(found, "{}")
		switch name {
		case "yyyy", "yy", "MM", "dd":
			return day.Format(map[string]string{"yyyy": "2006", "yy": "06", "MM": "01", "dd": "02"}[name])
		}
		if n, ok := strings.CutPrefix(name, "seq:"); ok {
			digits, err = strconv.Atoi(n)
			return "\x00"
		}
		text := w.numberPart(field.Number, name, values)
		complete = complete && text != ""
		return text
	}
	text := token.ReplaceAllStringFunc(field.Number.Pattern, render)
	if err != nil || !complete {
		return "", false, err
	}
	if digits < 0 {
		return text, true, nil
	}
	counter := w.entity.Name + "/" + field.Name + "/" + strings.ReplaceAll(text, "\x00", "#")
	n, err := w.service.numbers.take(ctx, w.store, w.actor.Tenant, counter, w.now)
	if err != nil {
		return "", false, err
	}
	return strings.ReplaceAll(text, "\x00", fmt.Sprintf("%0*d", digits, n)), true, nil
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

// numberPart is a field in a number: translated by the pattern's map, a reference as its natural key, "" if missing.
func (w *write) numberPart(n *def.Number, name string, values form.Values) string {
	value := values[name]
	if value == nil {
		return ""
	}
	text := fmt.Sprint(value)
	if translated, ok := n.Map[name][text]; ok {
		return translated
	}
	field := w.entity.Properties[name]
	if field == nil || field.Target() == "" {
		return text
	}
	target := w.catalog.Entities[field.Target()]
	doc, _ := w.others.doc(field.Target(), text)
	if target == nil || doc == nil {
		return ""
	}
	key := target.Natural
	if key == "" {
		key = target.DisplayField()
	}
	return fmt.Sprint(nonNil(doc.Record().Get(key)))
}

func nonNil(v any) any {
	if v == nil {
		return ""
	}
	return v
}
