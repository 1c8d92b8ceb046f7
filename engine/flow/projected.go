package flow

import (
	"hash/maphash"
	"sync"
	"time"

	"formwork/engine/record"
	"formwork/engine/store"
)

// projected notes of which revisions of records this process has made the tasks, and how their entries stand in the list
// since. The follower of the log makes tasks again in case whoever decided died before he did; what is noted here he need
// not. The next decision need not read the entries; should one have changed meanwhile (somebody has marked it as read), it
// is refused by its revision and the entries are read after all. Notes that are lost cost a second time only.
type projected struct {
	mu   sync.Mutex
	runs map[projectedRun]projectedNote
}

type projectedRun struct{ tenant, entity, id string }

type projectedNote struct {
	rev     int64    // of the record
	entries []listed // all of the run that are in the list; nil = not known
}

// maxProjected bounds the notes; the follower is seldom further behind.
const maxProjected = 10_000

// note notes that the tasks of a record are made, and the entries of its run if they are known.
func (p *projected) note(tenant string, rec *record.Record, entries []listed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs == nil || len(p.runs) >= maxProjected {
		p.runs = map[projectedRun]projectedNote{}
	}
	at := projectedRun{tenant, rec.Entity, rec.ID}
	if rec.Rev >= p.runs[at].rev {
		p.runs[at] = projectedNote{rec.Rev, entries}
	}
}

// has tells whether the tasks are known to be as a record says, or newer.
func (p *projected) has(tenant string, rec *record.Record) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return rec.Rev <= p.runs[projectedRun{tenant, rec.Entity, rec.ID}].rev
}

// covers tells whether the tasks are known to be as an event left them, or newer.
func (p *projected) covers(tenant string, e store.Event) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return e.Rev <= p.runs[projectedRun{tenant, e.Entity, e.Record}].rev
}

// before gives the entries of a run by id as the revision before that of its record left them, if they are known.
func (p *projected) before(tenant string, rec *record.Record) (map[string]*listed, bool) {
	p.mu.Lock()
	note := p.runs[projectedRun{tenant, rec.Entity, rec.ID}]
	p.mu.Unlock()
	if note.entries == nil || note.rev != rec.Rev-1 {
		return nil, false
	}
	entries := make(map[string]*listed, len(note.entries))
	for i := range note.entries {
		entries[note.entries[i].id] = &note.entries[i]
	}
	return entries, true
}

// forget forgets how the entries of a run stand.
func (p *projected) forget(tenant string, run target) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := projectedRun{tenant, run.entity, run.id}
	if note, ok := p.runs[at]; ok {
		note.entries = nil
		p.runs[at] = note
	}
}

// listed is an entry as it stands in the task list: what must be known of it to write the next one.
type listed struct {
	collection string
	id         string
	rev        int64 // of the entry
	recordRev  int64 // revision of the record it was made from
	made       time.Time
	unread     any    // nil = not set
	arrivedAt  any    // nil = not set
	sum        uint64 // of all values but the record's revision
}

func listedOf(collection string, doc *store.Doc) *listed {
	l := &listed{
		collection: collection, id: doc.ID, rev: doc.Rev, made: doc.CreatedAt, unread: doc.Values["unread"], arrivedAt: doc.Values["arrived_at"], sum: sumOf(doc.Values),
	}
	l.recordRev, _ = doc.Values["record_rev"].(int64)
	return l
}

// fresh is the value of a field that is set once, when an entry is new; nil if it is not set.
func (l *listed) fresh(field string) any {
	switch field {
	case "unread":
		return l.unread
	case "arrived_at":
		return l.arrivedAt
	}
	return nil
}

var sumSeed = maphash.MakeSeed()

// sumOf tells entries that say the same, whatever revision of the record they were made from, from others. Their values are
// texts, numbers and truth values.
func sumOf(values map[string]any) (sum uint64) {
	type said struct {
		field string
		value any
	}
	for field, value := range values {
		if field != "record_rev" {
			sum += maphash.Comparable(sumSeed, said{field, value})
		}
	}
	return sum
}

// after gives the entries of a run as they stand when its writes are done.
func (p *projection) after(stored map[string]*listed, writes []store.Write) []listed {
	written := make(map[string]*store.Write, len(writes))
	for i := range writes {
		written[writes[i].Doc.ID] = &writes[i]
	}
	entries := make([]listed, 0, len(p.tasks))
	for _, t := range p.tasks {
		switch w, old := written[t.ID], stored[t.ID]; {
		case w != nil && !w.Remove:
			entries = append(entries, *listedOf(w.Collection, &w.Doc))
		case w == nil && old != nil:
			entries = append(entries, *old)
		}
	}
	return entries
}
