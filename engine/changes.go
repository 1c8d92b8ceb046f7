package engine

import (
	"context"
	"slices"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/flow"
)

// Changes tells a page what to read again.
type Changes struct {
	After    int64       `json:"after"`    // ask for changes after this next time
	Entities []string    `json:"entities"` // records of these changed, of those the actor may read
	Tasks    bool        `json:"tasks"`    // somebody's tasks changed
	Counts   flow.Counts `json:"counts"`
	Unread   int         `json:"unread"` // messages in the app
}

// maxChanges is how many events are looked at; a page that was away for longer reads everything again anyway.
const maxChanges = 500

// Changes gives what happened after an event; 0 only tells where the log stands.
func (e *Engine) Changes(ctx context.Context, actor access.Actor, after int64) (Changes, error) {
	changes := Changes{Entities: []string{}}
	var err error
	if changes.Counts, err = e.Flows.TaskCounts(ctx, actor); err != nil {
		return Changes{}, err
	}
	if changes.Unread, err = e.Notify.Unread(ctx, actor); err != nil {
		return Changes{}, err
	}
	changes.After = max(after, e.Events.Tail(actor.Tenant).Head())
	if after == 0 || changes.After == after {
		return changes, nil
	}
	db, err := e.Tenants.Store(ctx, actor.Tenant)
	if err != nil {
		return Changes{}, err
	}
	events, err := db.Events(ctx, after, maxChanges)
	if err != nil {
		return Changes{}, err
	}
	m := menuReader{engine: e, actor: actor, readable: map[string]bool{}}
	seen := map[string]bool{}
	for _, ev := range events {
		if seen[ev.Entity] || ev.Entity == def.EntityTask {
			continue
		}
		seen[ev.Entity] = true
		changes.Tasks = true
		if may, err := m.may(ctx, ev.Entity, access.Read); err == nil && may {
			changes.Entities = append(changes.Entities, ev.Entity)
		}
	}
	slices.Sort(changes.Entities)
	return changes, nil
}
