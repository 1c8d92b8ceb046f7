package flow

import (
	"context"

	"formwork/engine/store"
)

// Triggered lets tests hand the log to the automations themselves.
func (s *Service) Triggered(ctx context.Context, tenant string, events []store.Event) error {
	return s.triggered(ctx, tenant, events)
}

// IsCommand tells whether an event of this type is that of a command, from which Fold goes on.
func IsCommand(eventType string) bool {
	return ofCommand(eventType)
}
