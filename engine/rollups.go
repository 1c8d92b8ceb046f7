package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"formwork/engine/event"
	"formwork/engine/job"
	"formwork/engine/record"
	"formwork/engine/store"
	"formwork/engine/tenant"
)

// jobRollUp computes the rollups a publish brought for the records that were there before, some of them at a time.
const jobRollUp = "roll_up"

// rollingUp is the payload of jobRollUp.
type rollingUp struct {
	Number int64  `json:"number"` // of the publish
	Entity string `json:"entity"`
	After  string `json:"after,omitempty"`
	Step   int    `json:"step"`
}

// followers follows the log for the parents whose writer died before he had recomputed them, and for publishes that bring
// new rollups, or change who asks for approval.
func (e *Engine) followers(tenantName string) event.Handler {
	parents := e.Records.RollUp(tenantName)
	return func(ctx context.Context, events []store.Event) error {
		for _, ev := range events {
			if ev.Type != tenant.EventPublished {
				continue
			}
			var published tenant.Published
			if err := json.Unmarshal(ev.Data, &published); err != nil {
				return fmt.Errorf("published: %w", err)
			}
			if err := e.afterPublished(ctx, tenantName, published); err != nil {
				return err
			}
		}
		return parents(ctx, events)
	}
}

// afterPublished enqueues the jobs of a publish: for each entity with rollups the catalog before did not have, and for
// each that gained or lost approval.
func (e *Engine) afterPublished(ctx context.Context, tenantName string, published tenant.Published) error {
	now, then, err := e.catalogsOf(ctx, tenantName, published)
	if err != nil || then == nil {
		return err
	}
	if err := e.startStandings(ctx, tenantName, published.Number, now, then); err != nil {
		return err
	}
	for _, entity := range record.NewRollups(now, then) {
		if err := e.enqueueRollUp(ctx, tenantName, rollingUp{Number: published.Number, Entity: entity}); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) enqueueRollUp(ctx context.Context, tenantName string, r rollingUp) error {
	payload, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("roll up %s: %w", r.Entity, err)
	}
	return e.Jobs.Enqueue(ctx, tenantName, job.Job{
		Type: jobRollUp, Key: fmt.Sprintf("roll_up|%d|%s|%d", r.Number, r.Entity, r.Step), Payload: payload,
	})
}

// rollUpStep is the handler of jobRollUp. A step that is done again finds its records right.
func (e *Engine) rollUpStep(ctx context.Context, tenantName string, payload json.RawMessage) error {
	var r rollingUp
	if err := json.Unmarshal(payload, &r); err != nil {
		return fmt.Errorf("roll up: %w", err)
	}
	next, err := e.Records.RollUpSome(ctx, tenantName, r.Entity, r.After)
	if err != nil || next == "" {
		return err
	}
	r.After, r.Step = next, r.Step+1
	return e.enqueueRollUp(ctx, tenantName, r)
}
