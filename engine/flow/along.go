package flow

import (
	"context"

	"formwork/engine/record"
	"formwork/engine/store"
)

// along has the tasks of a run written in the same call of the store as its record (docs/adr/0014-projections-along.md).
// What is refused there, because somebody marked an entry as read at that moment, projectWritten does again.
func (d *deciding) along(c *record.Change, plan *Plan, st *State) {
	s, tenant := d.service, d.actor.Tenant
	written := &record.Record{}
	if run := d.act.alarm; run != nil { // alongAll makes them, with others
		run.plan, run.state, written = plan, *st, &run.written
	}
	var entries []listed // as they stand then; nil where alongAll makes them
	c.Along = func(ctx context.Context, full *record.Full) ([]store.Write, error) {
		full.Actor = engineActor(tenant) // entries say the same whoever has them made
		*written = full.Record
		p, err := s.projection(ctx, tenant, full, plan, st)
		if err != nil {
			return nil, err
		}
		stored, known := s.projected.before(tenant, written)
		if !known && written.Rev > 1 {
			if stored, err = s.entries(ctx, tenant, p); err != nil {
				return nil, err
			}
		}
		writes := p.writes(stored)
		entries = p.after(stored, writes)
		return writes, nil
	}
	c.Done = func(errs []error) {
		for _, err := range errs {
			if err != nil {
				return
			}
		}
		s.projected.note(tenant, written, entries)
	}
}
