package builder

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"formwork/engine/access"
	"formwork/engine/def"
)

// What it means for stored records that their entity gains or loses approval (ADR 18). Gaining it, they count as approved;
// losing it, nothing may begin to count that did not, so it can only be lost while all that is stored counts.

// The problems of a publish that changes whether an entity asks for approval; params: records.
const (
	codeApprovalAdded   = "approval_added"   // warning: so many records count as approved from now on
	codeApprovalRemoved = "approval_removed" // warning: so many approved records can be edited again
	codeApprovalRunning = "approval_running" // so many are under way, or an effect of their flow is still to come
	codeApprovalDrafts  = "approval_drafts"  // so many drafts would count
	codeApprovalEnded   = "approval_ended"   // so many that were rejected, withdrawn, terminated or voided would count
)

// PreparingError tells that the records of a publish are not all prepared yet: what was done stays done, and the same
// publish goes on when it is called again.
type PreparingError struct{ Left int64 }

// Error tells how many are left.
func (e *PreparingError) Error() string {
	return fmt.Sprintf("%d records are still to be prepared", e.Left)
}

// preparedAtOnce is how many records one call of Publish prepares, so that it answers in time.
const preparedAtOnce = 20_000

// approvalChanged lists the entities of both catalogs that ask for approval in the second one otherwise than in the first.
func approvalChanged(active, next *def.Catalog) []string {
	return slices.DeleteFunc(sortedKeys(active.Entities), func(name string) bool {
		after := next.Entities[name]
		return after == nil || after.Approval == active.Entities[name].Approval
	})
}

// approvalImpact tells what stored records make of it that their entities gain or lose approval.
func (b *Builder) approvalImpact(ctx context.Context, tenant string, active, next *def.Catalog) ([]def.Problem, error) {
	var problems []def.Problem
	for _, name := range approvalChanged(active, next) {
		standing, err := b.config.Records.Standing(ctx, tenant, name)
		if err != nil {
			return nil, err
		}
		counts := map[string]int64{}
		for state, records := range standing.States {
			counts[approvalCode(next.Entities[name].Approval, state)] += records
		}
		if !next.Entities[name].Approval {
			counts[codeApprovalRunning] += int64(standing.Waiting)
		}
		for _, code := range slices.Sorted(maps.Keys(counts)) {
			if code == "" || counts[code] == 0 {
				continue
			}
			level := def.LevelError
			if code == codeApprovalAdded || code == codeApprovalRemoved {
				level = def.LevelWarning
			}
			problems = append(problems, def.Problem{
				Ref: ref(def.KindEntity, name), Path: "/x-approval", Code: code, Level: level, Params: map[string]any{"records": counts[code]},
			})
		}
	}
	return problems, nil
}

// approvalCode is what a record in a state is to an entity that gains or loses approval; "" = nothing to tell.
func approvalCode(gains bool, state string) string {
	switch {
	case gains && (state == "" || state == "approved"):
		return codeApprovalAdded
	case gains:
		return "" // it has the state it had when approval was lost
	case state == "" || state == "approved":
		return codeApprovalRemoved
	case state == "draft":
		return codeApprovalDrafts
	case state == "running" || state == "returned" || state == "suspended":
		return codeApprovalRunning
	}
	return codeApprovalEnded
}

// prepare puts the records of entities that gain approval in force, while their state means nothing yet. It fails with
// *PreparingError when there are more than it does at once.
func (b *Builder) prepare(ctx context.Context, actor access.Actor, c change) error {
	left := b.atOnce
	for _, name := range approvalChanged(c.active, c.next) {
		if !c.next.Entities[name].Approval {
			continue
		}
		done, more, err := b.config.Records.PutInForce(ctx, actor, name, c.current.Number+1, left)
		if err != nil {
			return err
		}
		if left -= done; !more {
			continue
		}
		standing, err := b.config.Records.Standing(ctx, actor.Tenant, name)
		if err != nil {
			return err
		}
		return &PreparingError{Left: standing.States[""]}
	}
	return nil
}
