package mongo

import (
	"context"
	"time"

	"formwork/engine/store"
)

// OpenWatched opens a backend that reports every command, stage and operator that is not in the table.
func OpenWatched(ctx context.Context, uri string, report func(what string)) (store.Backend, error) {
	return open(ctx, uri, watch(report))
}

// SweepEvery makes the tenants opened from now on look for events left behind this often.
func SweepEvery(b store.Backend, every time.Duration) {
	if b, ok := b.(*Backend); ok {
		b.sweepEvery = every
	}
}
