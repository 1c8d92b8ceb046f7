package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/job"
	"formwork/engine/record"
	"formwork/engine/tenant"
)

// jobStandings looks after the records of an entity that gained or lost approval (ADR 18): those that somebody wrote by
// the catalog before while, or shortly after, the next one was published.
const jobStandings = "approval_changed"

// standings is the payload of jobStandings.
type standings struct {
	Number int64  `json:"number"` // of the publish
	Entity string `json:"entity"`
}

// afterPublish is when the records are looked after: at once, when every process knows of the catalog, when every request
// that began before is over, and once more.
var afterPublish = []time.Duration{0, 5 * time.Second, time.Minute, 10 * time.Minute}

// settleAtOnce is how many records are put in force before it is looked again whether the catalog still says so.
const settleAtOnce = 10_000

// startStandings enqueues the jobs of entities that ask for approval otherwise than in the catalog before.
func (e *Engine) startStandings(ctx context.Context, tenantName string, number int64, now, then *def.Catalog) error {
	var jobs []job.Job
	for name, entity := range now.Entities {
		if before := then.Entities[name]; before == nil || before.Approval == entity.Approval {
			continue
		}
		payload, err := json.Marshal(standings{Number: number, Entity: name})
		if err != nil {
			return fmt.Errorf("approval of %s: %w", name, err)
		}
		for i, wait := range afterPublish {
			jobs = append(jobs, job.Job{
				Type: jobStandings, Key: fmt.Sprintf("approval_changed|%d|%s|%d", number, name, i), Payload: payload,
				RunAt: e.Clock().Add(wait),
			})
		}
	}
	return e.Jobs.EnqueueAll(ctx, tenantName, jobs...)
}

// standingsStep is the handler of jobStandings. It goes by the catalog in force, and may be done again.
func (e *Engine) standingsStep(ctx context.Context, tenantName string, payload json.RawMessage) error {
	var s standings
	if err := json.Unmarshal(payload, &s); err != nil {
		return fmt.Errorf("approval changed: %w", err)
	}
	actor := access.Actor{Tenant: tenantName, System: true}
	for {
		cat, err := e.Catalogs.Active(ctx, tenantName)
		if err != nil {
			return err
		}
		entity := cat.Entities[s.Entity]
		if entity == nil {
			return nil
		}
		if !entity.Approval {
			return e.clearAway(ctx, actor, s.Entity)
		}
		_, more, err := e.Records.PutInForce(ctx, actor, s.Entity, s.Number, settleAtOnce)
		if err != nil || !more {
			return err
		}
	}
}

// clearAway moves to the recycle bin what was begun under an approval its entity does not have any more: a draft, or
// something on its way, must not come to count because nobody asks any more. Whoever wants it restores it.
func (e *Engine) clearAway(ctx context.Context, actor access.Actor, entity string) error {
	ids, err := e.Records.Unsettled(ctx, actor, entity)
	if err != nil {
		return err
	}
	var failed error
	for _, id := range ids {
		_, err := e.Flows.Act(ctx, actor, entity, id, flow.Act{Verb: flow.Terminate})
		var refused *flow.Refused
		if err != nil && !errors.As(err, &refused) { // over, or never begun
			failed = errors.Join(failed, fmt.Errorf("end %s/%s: %w", entity, id, err))
			continue
		}
		err = e.Records.Delete(ctx, actor, entity, id, 0)
		switch {
		case errors.Is(err, record.ErrInUse):
			e.Log.WarnContext(ctx, "a record that never was approved counts, as others refer to it", "tenant", actor.Tenant, "entity", entity, "record", id)
		case err != nil && !errors.Is(err, record.ErrNotFound):
			failed = errors.Join(failed, fmt.Errorf("clear %s/%s away: %w", entity, id, err))
		}
	}
	return failed
}

// catalogsOf gives the catalog of a publish and the one before it; nil if it is the first.
func (e *Engine) catalogsOf(ctx context.Context, tenantName string, published tenant.Published) (now, then *def.Catalog, err error) {
	history, err := e.Catalogs.History(ctx, tenantName)
	if err != nil {
		return nil, nil, err
	}
	for _, before := range history {
		if before.Number != published.Number-1 {
			continue
		}
		if now, err = e.Catalogs.Version(ctx, tenantName, published.Version); err != nil {
			return nil, nil, err
		}
		then, err = e.Catalogs.Version(ctx, tenantName, before.Version)
		return now, then, err
	}
	return nil, nil, nil
}
