package store

import "context"

// Archive is what backup and restore need of a Store beside its contract. Both implementations have it.
type Archive interface {
	// Collections lists what Ensure created, as Ensure was told last.
	Collections(ctx context.Context) ([]Collection, error)
	// Load puts documents (as Find gives them, with keys, chain and claim) and events (with their sequence numbers) as
	// they are into a database that has none of them. Everything is durable when it returns. Documents that are there
	// already are replaced, events that are there already are left alone, so an interrupted restore can be repeated.
	Load(ctx context.Context, collection string, docs []Doc, events []Event) error
}
