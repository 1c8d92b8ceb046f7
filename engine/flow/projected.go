package flow

import (
	"sync"

	"formwork/engine/record"
	"formwork/engine/store"
)

// projected notes of which revisions of records this process has made the tasks. The follower of the log makes them again
// in case whoever decided died before he did; what is noted here he need not. Notes that are lost cost a second time only.
type projected struct {
	mu   sync.Mutex
	revs map[projectedRun]int64
}

type projectedRun struct{ tenant, entity, id string }

// maxProjected bounds the notes; the follower is seldom further behind.
const maxProjected = 10_000

func (p *projected) note(tenant string, rec *record.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.revs == nil || len(p.revs) >= maxProjected {
		p.revs = map[projectedRun]int64{}
	}
	at := projectedRun{tenant, rec.Entity, rec.ID}
	p.revs[at] = max(p.revs[at], rec.Rev)
}

// has tells whether the tasks are known to be as a record says, or newer.
func (p *projected) has(tenant string, rec *record.Record) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return rec.Rev <= p.revs[projectedRun{tenant, rec.Entity, rec.ID}]
}

// covers tells whether the tasks are known to be as an event left them, or newer.
func (p *projected) covers(tenant string, e store.Event) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return e.Rev <= p.revs[projectedRun{tenant, e.Entity, e.Record}]
}
