package store

import "context"

type behind struct{}

// Behind marks writes that let those of others go first: nobody waits for them in person. A store may leave it out; it
// never keeps such a write waiting for long.
func Behind(ctx context.Context) context.Context { return context.WithValue(ctx, behind{}, true) }

// IsBehind tells whether a write lets others go first.
func IsBehind(ctx context.Context) bool { return ctx.Value(behind{}) != nil }
