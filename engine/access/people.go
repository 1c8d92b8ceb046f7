package access

import (
	"context"
	"fmt"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// Person gives the actor a user stands for, as row filters see him; false if there is none or he is disabled. What he
// may as an administrator is not looked at: it belongs to his session.
func (s *Service) Person(ctx context.Context, tenant, id string) (Actor, bool, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return Actor{}, false, err
	}
	docs, err := st.Get(ctx, def.EntityUser, id)
	if err != nil {
		return Actor{}, false, fmt.Errorf("read user %s: %w", id, err)
	}
	if len(docs) == 0 || docs[0].Deleted {
		return Actor{}, false, nil
	}
	if disabled, _ := docs[0].Values["disabled"].(bool); disabled {
		return Actor{}, false, nil
	}
	actor, err := s.actorOf(ctx, tenant, &docs[0])
	return actor, err == nil, err
}

// People gives the actors all active users stand for, by name; more is true if there are others beyond the limit.
func (s *Service) People(ctx context.Context, tenant string, limit int) (people []Actor, more bool, err error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, false, err
	}
	disabled := &query.Filter{Cond: &query.Cond{Path: []string{"disabled"}, Op: query.Eq, Value: true, Type: def.TypeBoolean}}
	docs, more, err := findAll(ctx, st, query.Query{
		Collection: def.EntityUser, Where: &query.Filter{Not: disabled},
		Sort: []query.Sort{{Field: "name", Type: def.TypeText}}, Limit: pageSize,
	}, limit)
	if err != nil {
		return nil, false, fmt.Errorf("list people: %w", err)
	}
	return s.actorsOf(ctx, tenant, docs, more)
}

func (s *Service) actorsOf(ctx context.Context, tenant string, docs []store.Doc, more bool) ([]Actor, bool, error) {
	people := make([]Actor, len(docs))
	var err error
	for i := range docs {
		if people[i], err = s.actorOf(ctx, tenant, &docs[i]); err != nil {
			return nil, false, err
		}
	}
	return people, more, nil
}

// Members gives the active users who have a role, himself or through inheritance, whatever records their row filters
// admit. An unknown role has none.
func (s *Service) Members(ctx context.Context, tenant, role string) ([]Actor, error) {
	p, err := s.policy(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if p.roles[role] == nil {
		return nil, nil
	}
	docs, err := s.members(ctx, tenant, p.roles[role].holders)
	if err != nil {
		return nil, fmt.Errorf("members of %s: %w", role, err)
	}
	people, _, err := s.actorsOf(ctx, tenant, docs, false)
	return people, err
}

// Holds tells whether an actor has a role, himself or through inheritance, whatever record it is about.
func (s *Service) Holds(ctx context.Context, actor Actor, role string) (bool, error) {
	p, err := s.policy(ctx, actor.Tenant)
	if err != nil || p.roles[role] == nil {
		return false, err
	}
	for _, held := range p.closure(actor.Roles) {
		if held == role {
			return true, nil
		}
	}
	return false, nil
}
