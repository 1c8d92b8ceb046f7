package flow

import (
	"context"
	"fmt"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
)

// Giving hands the tasks of somebody who leaves to another person.
type Giving struct {
	From, To string
	Comment  string
	Limit    int // records at most
}

// Given is what became of the tasks on one record: all were given, or none for a reason (Err).
type Given struct {
	Entity string
	Record string
	Err    error
}

// OpenTasksOf lists the open tasks of somebody for an administrator of the company, and counts them (at most 1,000).
func (s *Service) OpenTasksOf(ctx context.Context, actor access.Actor, user string, limit int) ([]TaskItem, int, error) {
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return nil, 0, err
	}
	q := query.Query{
		Collection: def.EntityTask, Where: tasksOf(access.Actor{ID: user}, TabOpen), Limit: limit,
		Sort: []query.Sort{{Field: "arrived_at", Type: def.TypeDateTime}},
	}
	n, _, err := st.Count(ctx, q, maxCounted)
	if err != nil {
		return nil, 0, fmt.Errorf("tasks of %s: %w", user, err)
	}
	page, err := st.Find(ctx, q)
	if err != nil {
		return nil, 0, fmt.Errorf("tasks of %s: %w", user, err)
	}
	items, err := s.items(ctx, actor, page.Docs)
	return items, n, err
}

// GiveTasks hands somebody's open tasks to another person, record by record: on each all of his live tasks, or none. The
// caller has checked that the actor may.
func (s *Service) GiveTasks(ctx context.Context, actor access.Actor, g Giving) ([]Given, error) {
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	page, err := st.Find(ctx, query.Query{
		Collection: def.EntityTask, Where: tasksOf(access.Actor{ID: g.From}, TabOpen), Limit: g.Limit,
		Fields: []string{"entity", "record"},
	})
	if err != nil {
		return nil, fmt.Errorf("tasks of %s: %w", g.From, err)
	}
	done := map[target]bool{}
	var all []Given
	for _, doc := range page.Docs {
		at := target{entity: textOf(doc.Values, "entity"), id: textOf(doc.Values, "record")}
		if done[at] {
			continue
		}
		done[at] = true
		_, _, err := s.act(ctx, writerFor(actor), at, Act{Verb: HandOver, To: g.From, Users: []string{g.To}, Comment: g.Comment})
		if err != nil && ctx.Err() != nil {
			return all, err
		}
		all = append(all, Given{Entity: at.entity, Record: at.id, Err: err})
	}
	return all, nil
}
