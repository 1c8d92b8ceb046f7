package sqlite

import (
	"context"
	"slices"

	"formwork/engine/store"
)

// Holders tells which documents hold unique keys.
func (db *database) Holders(ctx context.Context, collection string, keys ...string) (map[string]string, error) {
	var holders map[string]string
	err := db.read(ctx, func(r *reader, s *schema) error {
		holders = map[string]string{}
		t, err := s.table(collection)
		if err != nil {
			return err
		}
		for chunk := range slices.Chunk(distinct(keys), store.MaxPage) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := t.holders(unwatched(ctx), r, chunk, holders); err != nil {
				return err
			}
		}
		return nil
	})
	return holders, wrap("holders of keys of "+collection, err)
}

// holders reads who holds some keys, not too many for one statement.
func (t *table) holders(ctx context.Context, r *reader, keys []string, holders map[string]string) error {
	args := make([]any, len(keys))
	for i, key := range keys {
		args[i] = key
	}
	args = padded(args)
	rows, err := r.query(ctx, "SELECT key, id FROM key WHERE collection = ? AND key IN ("+placeholders(len(args))+")",
		append([]any{t.name()}, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	for rows.Next() {
		var key, id string
		if err := rows.Scan(&key, &id); err != nil {
			return err
		}
		holders[key] = id
	}
	return rows.Err()
}
