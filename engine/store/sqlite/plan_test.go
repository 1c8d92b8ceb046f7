package sqlite

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"formwork/engine/query"
)

// plan is SQLite's plan for the statements of a query: one for the page, one for the count.
func plan(t *testing.T, db *database, q query.Query) (page, count string) {
	t.Helper()
	err := db.read(context.Background(), func(r *reader, s *schema) error {
		tab, err := s.table(q.Collection)
		if err != nil {
			return err
		}
		common, err := tab.commonState(context.Background(), r, q.Where)
		if err != nil {
			return err
		}
		ranges, err := tab.ranges(q)
		if err != nil {
			return err
		}
		b := &renderer{t: tab, common: common}
		statement, _, err := b.orderedQuery(q, ranges[0], 21)
		if err != nil {
			return err
		}
		if page, err = explain(r, statement, b.args); err != nil {
			return err
		}
		b = &renderer{t: tab, common: common && !onlyState(q)}
		if statement, err = b.countQuery(q, 10_000); err != nil {
			return err
		}
		count, err = explain(r, statement, b.args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return page, count
}

func explain(r *reader, statement string, args []any) (string, error) {
	rows, err := r.query(context.Background(), "EXPLAIN QUERY PLAN "+statement, args...)
	if err != nil {
		return "", fmt.Errorf("%s: %w", statement, err)
	}
	defer rows.Close() //nolint:errcheck // Err is looked at
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return "", err
		}
		steps = append(steps, detail)
	}
	return strings.Join(steps, "; "), rows.Err()
}
