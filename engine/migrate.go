package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"formwork/engine/access"
	"formwork/engine/flow"
	"formwork/engine/job"
)

// jobMigrate moves runs of a flow to its published version, some of them at a time.
const jobMigrate = "migrate_flow"

// migrating is the payload of jobMigrate.
type migrating struct {
	Migration string `json:"migration"`
	User      string `json:"user"` // who started it: each run is moved as his command
	Step      int    `json:"step"`
}

// MigrateFlow starts to move the runs of a flow to its published version. It fails with *flow.Refused (not_admin) or
// record.ErrNotFound.
func (e *Engine) MigrateFlow(ctx context.Context, actor access.Actor, in flow.MigrationInput) (flow.Migration, error) {
	m, err := e.Flows.StartMigration(ctx, actor, e.NewID(), in)
	if err != nil {
		return flow.Migration{}, err
	}
	return m, e.enqueueMigration(ctx, actor.Tenant, migrating{Migration: m.ID, User: actor.ID})
}

func (e *Engine) enqueueMigration(ctx context.Context, tenantName string, m migrating) error {
	payload, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("migration %s: %w", m.Migration, err)
	}
	return e.Jobs.Enqueue(ctx, tenantName, job.Job{
		Type: jobMigrate, Key: fmt.Sprintf("migrate|%s|%d", m.Migration, m.Step), Payload: payload,
	})
}

// migrateStep is the handler of jobMigrate. A step that is done again finds its runs moved.
func (e *Engine) migrateStep(ctx context.Context, tenantName string, payload json.RawMessage) error {
	var m migrating
	if err := json.Unmarshal(payload, &m); err != nil {
		return fmt.Errorf("migration: %w", err)
	}
	actor, err := e.Identity.Actor(ctx, tenantName, m.User)
	if err != nil {
		return fmt.Errorf("migration %s: %w", m.Migration, err)
	}
	state, err := e.Flows.ContinueMigration(ctx, actor, m.Migration)
	if err != nil || !state.Unfinished() {
		return err
	}
	m.Step++
	return e.enqueueMigration(ctx, tenantName, m)
}
