package flow

import (
	"fmt"
	"slices"

	"formwork/engine/def"
)

// Receipt tells whether somebody has read the copy he was sent.
type Receipt struct {
	User Named `json:"user"`
	Read bool  `json:"read"`
}

// receipts tells who in copy has opened his entry; each is told of once, in the order they were sent theirs.
func (b *historian) receipts() ([]Receipt, error) {
	var receipts []Receipt
	var ids []string
	for i, c := range b.state.CC {
		if !slices.ContainsFunc(b.state.CC[:i], func(earlier Copy) bool { return earlier.ID == c.ID }) {
			receipts = append(receipts, Receipt{User: named(c.Person)})
			ids = append(ids, taskID(b.full.Record.Entity, b.full.Record.ID, cardOf(c.ID)))
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	st, err := b.service.config.Stores(b.ctx, b.actor.Tenant)
	if err != nil {
		return nil, err
	}
	entries, err := st.Get(b.ctx, def.EntityTask, ids...)
	if err != nil {
		return nil, fmt.Errorf("copies of %s/%s: %w", b.full.Record.Entity, b.full.Record.ID, err)
	}
	for _, entry := range entries {
		if unread, _ := entry.Values["unread"].(bool); !unread {
			receipts[slices.Index(ids, entry.ID)].Read = true
		}
	}
	return receipts, nil
}
