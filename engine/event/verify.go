package event

import (
	"context"
	"fmt"

	"formwork/engine/store"
)

// page is how many events are read from the log at a time.
const page = 500

// Finding is one place where a record's chain does not hold.
// Codes: hash (the event was changed, or one before it removed), order (revision or position do not follow).
type Finding struct {
	Code   string `json:"code"`
	Seq    int64  `json:"seq"`
	Entity string `json:"entity"`
	Record string `json:"record"`
	Rev    int64  `json:"rev"`
	N      int    `json:"n"`
}

// link is the end of a record's chain.
type link struct {
	hash string
	rev  int64
	n    int
}

// Chain checks events, record by record. Feed it the log in order with Add.
type Chain struct {
	ends     map[[2]string]link
	findings []Finding
}

// NewChain starts a check at the beginning of a log.
func NewChain() *Chain { return &Chain{ends: map[[2]string]link{}} }

// Add checks the next event of the log. Events that carry no hash (of projections) are not part of a chain.
func (c *Chain) Add(e store.Event) error {
	if e.Hash == "" {
		return nil
	}
	record := [2]string{e.Entity, e.Record}
	end, known := c.ends[record]
	switch {
	case known && e.Rev == end.rev && e.N != end.n+1,
		e.Rev < end.rev,
		e.Rev > end.rev && e.N != 0:
		c.report("order", e)
	}
	hash, err := chain(end.hash, e)
	if err != nil {
		return err
	}
	if hash != e.Hash {
		c.report("hash", e)
	}
	// The check goes on from what is stored: one damaged event is one finding, not one per event after it.
	c.ends[record] = link{e.Hash, e.Rev, e.N}
	return nil
}

func (c *Chain) report(code string, e store.Event) {
	c.findings = append(c.findings, Finding{code, e.Seq, e.Entity, e.Record, e.Rev, e.N})
}

// Findings are the places where a chain did not hold, in the order of the log.
func (c *Chain) Findings() []Finding { return c.findings }

// Last is the hash of a record's last event, "" if the log has none: it must equal the document's Chain, otherwise the
// end of the log was cut off.
func (c *Chain) Last(entity, record string) string { return c.ends[[2]string{entity, record}].hash }

// Verify checks a tenant's whole log. It keeps some 150 bytes per record in memory.
func Verify(ctx context.Context, st store.Store) (*Chain, error) {
	chain := NewChain()
	var after int64
	for {
		events, err := st.Events(ctx, after, page)
		if err != nil {
			return nil, fmt.Errorf("verify log: %w", err)
		}
		for _, e := range events {
			if err := chain.Add(e); err != nil {
				return nil, err
			}
			after = e.Seq
		}
		if len(events) < page {
			return chain, nil
		}
	}
}
