package sheet

import (
	"context"

	"formwork/engine/form"
)

// held is what the lines that were looked at would have made of unique keys by now, had they been stored: the store
// itself still says how things were before.
type held struct {
	rows    map[string]int  // key → the line that takes it
	changed map[string]bool // ids of records that lines change: what they hold in the store, they hold no more
}

func newHeld() *held { return &held{map[string]int{}, map[string]bool{}} }

// hold refuses drafts whose unique keys another record or another line has. They come in the order in which they would be
// stored; one that is refused takes nothing.
func (o *outlet) hold(ctx context.Context, drafts []*draft) error {
	var keys []string
	for _, d := range drafts {
		for _, claim := range d.claims {
			keys = append(keys, claim.Key)
		}
	}
	holders, err := o.service.config.Records.Holders(ctx, o.actor.Tenant, o.entity, keys...)
	if err != nil {
		return err
	}
	for _, d := range drafts {
		if !d.failed() {
			o.held.take(d, holders)
		}
	}
	return nil
}

// take gives a draft its keys, or refuses it for those that are taken.
func (h *held) take(d *draft, holders map[string]string) {
	for _, claim := range d.claims {
		if row, taken := h.rows[claim.Key]; taken {
			d.taken(claim.Problem, "row", row+1)
		} else if id := holders[claim.Key]; id != "" && id != d.id && !h.changed[id] {
			d.taken(claim.Problem)
		}
	}
	if d.failed() {
		return
	}
	for _, claim := range d.claims {
		h.rows[claim.Key] = d.where(claim.Problem.Field).row
	}
	if d.id != "" && !d.keeps {
		h.changed[d.id] = true
	}
}

// taken notes a key that is not free, as the write would.
func (d *draft) taken(p form.Problem, params ...any) {
	d.fail(d.where(p.Field), plainPath(p.Field), p.Code, params...)
	d.problems[len(d.problems)-1].Rule = p.Rule
}
