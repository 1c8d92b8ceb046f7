package record

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/store"
	tenants "formwork/engine/tenant"
)

// kept are the documents other records refer to (a project, a team, a policy, a worker), by tenant. Every sheet asks for
// them again; they change seldom. How old they may be depends on who asks (docs/adr/0012-kept-documents.md):
//
//   - Who reads sees them as of the last event of the log that reached this process. Its own writes it sees at once.
//   - Who writes decides over what was stored when his request began: it reads the log up to its end first. Where events
//     appear in the log later than the write can be read (store.Prompt is not implemented), nothing kept is used.
//
// Documents are shared by requests: whoever gets one from others must not change it.
type kept struct {
	clock   func() time.Time
	mu      sync.Mutex
	tenants map[string]*keptDocs
}

// keptDocs are those of one tenant's database.
type keptDocs struct {
	clock  func() time.Time
	store  store.Store
	prompt bool // events are in the log as soon as their write can be read

	mu      sync.Mutex
	docs    map[docKey]keptDoc
	changes map[string]uint64                 // by entity: how often it changed since this process looks on
	all     uint64                            // how often everything was forgotten
	weight  int                               // of docs and groups
	groups  map[string]map[groupKey]keptGroup // by entity; see groups.go
	asked   map[string]int                    // by entity: questions about its groups since it changed
	wide    map[wideKey]time.Time             // groups too large to keep

	turn  sync.Mutex    // of reading the log
	begun atomic.Uint64 // readings of the log that were begun
	done  uint64        // the last of them that succeeded; under turn
	seq   int64         // of the last event read; -1 = none yet; under turn
}

type docKey struct{ entity, id string }

type keptDoc struct {
	doc    *store.Doc
	weight int
	until  time.Time
}

const (
	// keepDocs ends what is kept even if nobody says that it changed, as with what rights are resolved to.
	keepDocs = 30 * time.Second
	// maxKept bounds what is kept of a tenant, in values (some 100 bytes each). Beyond it all is read anew.
	maxKept = 60_000
	// maxKeptDoc bounds one document: what is larger costs more to keep than to read.
	maxKeptDoc = 600
)

// of gives what is kept of a tenant, nothing if its database is another one than before.
func (k *kept) of(tenant string, st store.Store) *keptDocs {
	k.mu.Lock()
	defer k.mu.Unlock()
	d := k.tenants[tenant]
	if d == nil || d.store != st {
		_, prompt := st.(store.Prompt)
		d = &keptDocs{
			clock: k.clock, store: st, prompt: prompt, docs: map[docKey]keptDoc{}, changes: map[string]uint64{}, seq: -1,
			groups: map[string]map[groupKey]keptGroup{}, asked: map[string]int{}, wide: map[wideKey]time.Time{},
		}
		k.tenants[tenant] = d
	}
	return d
}

// changed forgets documents of an entity that were just written here.
func (k *kept) changed(tenant, entity string, ids ...string) {
	k.mu.Lock()
	d := k.tenants[tenant]
	k.mu.Unlock()
	if d != nil {
		d.drop(entity, ids...)
	}
}

// Observe forgets what is kept of records that changed, as events of the log tell, also those of other processes.
func (s *Service) Observe(tenant string, events []store.Event) {
	s.kept.mu.Lock()
	d := s.kept.tenants[tenant]
	s.kept.mu.Unlock()
	if d != nil {
		d.observe(events)
	}
}

func (d *keptDocs) observe(events []store.Event) {
	for i := range events {
		if events[i].Type == tenants.EventPublished {
			d.forget() // values may have another form from now on
		}
		d.drop(events[i].Entity, events[i].Record)
	}
}

func (d *keptDocs) drop(entity string, ids ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changes[entity]++
	for _, id := range ids {
		key := docKey{entity, id}
		d.weight -= d.docs[key].weight
		delete(d.docs, key)
	}
	delete(d.asked, entity)
	for _, group := range d.groups[entity] {
		d.weight -= group.weight
	}
	delete(d.groups, entity)
}

// clear drops all documents; the caller holds mu.
func (d *keptDocs) clear() {
	clear(d.docs)
	clear(d.groups)
	d.weight = 0
}

// take gives the kept ones of some documents, the ids of the others, and what keep must be told after reading those.
func (d *keptDocs) take(entity string, ids []string) (found []*store.Doc, missing []string, version uint64) {
	now := d.clock()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ids {
		if known, ok := d.docs[docKey{entity, id}]; ok && now.Before(known.until) {
			found = append(found, known.doc)
		} else {
			missing = append(missing, id)
		}
	}
	return found, missing, d.all + d.changes[entity]
}

// keep keeps documents that were read after take. A change of the entity meanwhile may have been missed by the reading:
// then nothing is kept.
func (d *keptDocs) keep(entity string, version uint64, docs []store.Doc) {
	now := d.clock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all+d.changes[entity] != version {
		return
	}
	for i := range docs {
		weight := weightOf(docs[i].Values)
		if weight > maxKeptDoc {
			continue
		}
		if d.weight+weight > maxKept {
			d.clear()
		}
		doc := docs[i]
		doc.Flow, doc.Keys = nil, nil // nobody asks for these of another record
		key := docKey{entity, doc.ID}
		d.weight += weight - d.docs[key].weight
		d.docs[key] = keptDoc{&doc, weight, now.Add(keepDocs)}
	}
}

// weightOf counts values; a text counts for every 64 bytes.
func weightOf(value any) int {
	switch v := value.(type) {
	case string:
		return 1 + len(v)/64
	case []any:
		weight := 1
		for _, item := range v {
			weight += weightOf(item)
		}
		return weight
	case map[string]any:
		weight := 1
		for _, item := range v {
			weight += weightOf(item)
		}
		return weight
	}
	return 1
}

// catchUp forgets what changed up to now, whichever process wrote it. Requests that wait for one another share a reading
// of the log, if it began after they asked.
func (d *keptDocs) catchUp(ctx context.Context) error {
	asked := d.begun.Load()
	d.turn.Lock()
	defer d.turn.Unlock()
	if d.done > asked {
		return nil
	}
	reading := d.begun.Add(1)
	if d.seq < 0 {
		end, err := event.End(ctx, d.store)
		if err != nil {
			return err
		}
		d.seq = end
		d.forget()
	}
	const page = 500
	for {
		events, err := d.store.Events(ctx, d.seq, page)
		if err != nil {
			return fmt.Errorf("what changed after event %d: %w", d.seq, err)
		}
		d.observe(events)
		if len(events) > 0 {
			d.seq = events[len(events)-1].Seq
		}
		if len(events) < page {
			d.done = reading
			return nil
		}
	}
}

// forget forgets everything, and what is being read now.
func (d *keptDocs) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clear()
	d.all++
}

// decides prepares a request for a decision: what it asks of other records from now on is what is stored now.
func (r *request) decides(ctx context.Context) error {
	o := r.others
	if o.exact {
		return nil
	}
	if o.kept.prompt {
		if err := o.kept.catchUp(ctx); err != nil {
			return fmt.Errorf("decide over %s: %w", r.entity.Name, err)
		}
	} else {
		o.kept = nil
	}
	o.exact, o.docs = true, map[string]documents{}
	return nil
}

// keepable tells whether documents of an entity are worth keeping: what only the engine writes changes often, and not
// always with an event.
func keepable(entity string) bool { return !def.IsEngines(entity) }
