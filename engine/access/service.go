package access

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// Config is what a Service asks.
type Config struct {
	Catalog func(ctx context.Context, tenant string) (*def.Catalog, error) // the active one
	Stores  func(ctx context.Context, tenant string) (store.Store, error)
	Clock   func() time.Time
	Zone    func(ctx context.Context, tenant string) (*time.Location, error) // for the variable today
	// Veil gives what runs of flows hide from an actor in records of an entity; optional: nothing.
	Veil func(ctx context.Context, actor Actor, entity string) (Veil, error)
}

// Service gives actors their rights. It is safe for many goroutines.
type Service struct {
	config  Config
	mu      sync.Mutex
	tenants map[string]*tenantState
}

// New makes a Service.
func New(c Config) *Service { return &Service{config: c, tenants: map[string]*tenantState{}} }

// tenantState is what is kept of a tenant: the policy of its active catalog, and id lists that were resolved.
type tenantState struct {
	mu      sync.Mutex
	policy  *policy
	changes map[string]uint64 // by entity: how often it changed since this process looks on
	lists   map[string]list
}

// list is a resolved set or filter, good while none of the entities it was read from has changed.
type list struct {
	ids      []any
	filter   *query.Filter
	versions map[string]uint64
	until    time.Time
}

// What is resolved is also dropped after a while: events of other processes may reach this one late.
const keepLists = 30 * time.Second

// maxLists bounds what is kept per tenant; beyond it everything is resolved anew.
const maxLists = 10_000

func (s *Service) tenant(name string) *tenantState {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tenants[name]
	if !ok {
		t = &tenantState{changes: map[string]uint64{}, lists: map[string]list{}}
		s.tenants[name] = t
	}
	return t
}

// Changed tells that records of an entity changed: what was resolved from them is forgotten.
func (s *Service) Changed(tenant, entity string) {
	t := s.tenant(tenant)
	t.mu.Lock()
	t.changes[entity]++
	t.mu.Unlock()
}

// Observe is Changed for events of the log, also those of other processes.
func (s *Service) Observe(tenant string, events []store.Event) {
	t := s.tenant(tenant)
	t.mu.Lock()
	for _, e := range events {
		t.changes[e.Entity]++
	}
	t.mu.Unlock()
}

// Forget drops everything kept of a tenant, when it is deleted.
func (s *Service) Forget(tenant string) {
	s.mu.Lock()
	delete(s.tenants, tenant)
	s.mu.Unlock()
}

// policy gives the compiled roles of the active catalog.
func (s *Service) policy(ctx context.Context, tenant string) (*policy, error) {
	catalog, err := s.config.Catalog(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("rights in %s: %w", tenant, err)
	}
	t := s.tenant(tenant)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.policy == nil || t.policy.catalog != catalog {
		p, err := newPolicy(catalog)
		if err != nil {
			return nil, fmt.Errorf("rights in %s: %w", tenant, err)
		}
		t.policy, t.lists = p, map[string]list{}
	}
	return t.policy, nil
}

// Rights gives what an actor may do with an entity under an action, with filters and sets resolved. No grant means
// rights that admit nothing, not an error. Sets and paths of more than 2,000 records are a *query.Error.
func (s *Service) Rights(ctx context.Context, actor Actor, entity string, action Action) (Rights, error) {
	veil := s.veil(ctx, actor, entity)
	if actor.System || actor.Admin {
		return Rights{All: true, veil: veil}, nil
	}
	p, err := s.policy(ctx, actor.Tenant)
	if err != nil {
		return Rights{}, err
	}
	rights, err := s.resolve(ctx, p, actor, p.grants(p.closure(actor.Roles), entity, action))
	rights.veil = veil
	return rights, err
}

// resolve fills in the variables and sets of grants for an actor.
func (s *Service) resolve(ctx context.Context, p *policy, actor Actor, grants []*grant) (Rights, error) {
	var rights Rights
	for _, g := range grants {
		where, err := s.where(ctx, p, actor, g)
		if err != nil {
			return Rights{}, fmt.Errorf("grant %s of role %s: %w", g.name, g.role, err)
		}
		rights.Grants = append(rights.Grants, Right{Where: where, Fields: g.fields})
	}
	return rights, nil
}

func (s *Service) where(ctx context.Context, p *policy, actor Actor, g *grant) (*query.Filter, error) {
	if g.where == nil {
		return nil, nil //nolint:nilnil // no filter is all rows
	}
	vars, err := s.Vars(ctx, actor)
	if err != nil {
		return nil, err
	}
	var failed error
	sets := func(name string) (any, bool) {
		setName, ok := strings.CutPrefix(name, "sets.")
		if !ok {
			return vars(name)
		}
		ids, err := s.set(ctx, p, actor, g.role, setName)
		if err != nil {
			failed = err
		}
		return ids, err == nil
	}
	resolved, err := query.Resolve(g.where, sets)
	if failed != nil {
		return nil, failed
	}
	if err != nil || !Leads(resolved) {
		return resolved, err
	}
	return s.followed(ctx, p, followed{actor, g, resolved})
}

// set resolves a role's set for an actor: ids of records, or the values of the field it takes.
func (s *Service) set(ctx context.Context, p *policy, actor Actor, role, name string) ([]any, error) {
	definition := p.roles[role].sets[name]
	if definition == nil {
		return nil, &query.Error{Code: query.CodeUnknownVariable, Params: map[string]any{"name": "sets." + name}}
	}
	entity := p.catalog.Entities[definition.entity]
	if entity == nil {
		return nil, fmt.Errorf("set %s: no entity %s", name, definition.entity)
	}
	kept, err := s.kept(ctx, actor, "set/"+role+"/"+name, func(st store.Store) (list, []string, error) {
		vars, err := s.Vars(ctx, actor)
		if err != nil {
			return list{}, nil, err
		}
		where, err := query.Resolve(definition.where, vars)
		if err != nil {
			return list{}, nil, err
		}
		follower := &Follower{Store: st, Catalog: p.catalog, Passed: []string{entity.Name}}
		if where, err = follower.Follow(ctx, where, entity); err != nil {
			return list{}, nil, err
		}
		ids, err := takeAll(ctx, st, entity.Name, where, definition.take)
		return list{ids: ids}, follower.Passed, err
	})
	if err != nil {
		return nil, fmt.Errorf("set %s: %w", name, err)
	}
	return kept.ids, nil
}

// takeAll collects one field of all records a filter admits, each value once.
func takeAll(ctx context.Context, st store.Store, entity string, where *query.Filter, take string) ([]any, error) {
	fields := []string{}
	if take != def.FieldID {
		fields = []string{take}
	}
	docs, more, err := findAll(ctx, st, query.Query{Collection: entity, Where: where, Fields: fields, Limit: pageSize}, query.MaxValues)
	if err != nil {
		return nil, err
	}
	if more {
		return nil, &query.Error{Code: query.CodeTooManyValues, Params: map[string]any{"max": query.MaxValues}}
	}
	seen := map[any]bool{}
	values := []any{}
	keep := func(v any) {
		if v != nil && !seen[v] {
			seen[v] = true
			values = append(values, v)
		}
	}
	for i := range docs {
		value := docs[i].Record().Get(take)
		if items, ok := value.([]any); ok {
			for _, item := range items {
				keep(item)
			}
			continue
		}
		keep(value)
	}
	return values, nil
}

// followed is a row filter whose reference paths are to be answered for an actor.
type followed struct {
	actor Actor
	grant *grant
	where *query.Filter
}

// followed answers the reference paths of a row filter. Row filters are the company's own rules: they look at other
// records with the engine's eyes. The answer is not kept when the filter names a set: that changes by other entities.
func (s *Service) followed(ctx context.Context, p *policy, f followed) (*query.Filter, error) {
	entity := p.catalog.Entities[f.grant.entity]
	if namesSet(f.grant.where) {
		st, err := s.config.Stores(ctx, f.actor.Tenant)
		if err != nil {
			return nil, err
		}
		return (&Follower{Store: st, Catalog: p.catalog}).Follow(ctx, f.where, entity)
	}
	kept, err := s.kept(ctx, f.actor, "grant/"+f.grant.role+"/"+f.grant.name, func(st store.Store) (list, []string, error) {
		follower := &Follower{Store: st, Catalog: p.catalog}
		rewritten, err := follower.Follow(ctx, f.where, entity)
		return list{filter: rewritten}, follower.Passed, err
	})
	return kept.filter, err
}

// kept gives what was resolved for an actor under a name, or resolves it. resolve names the entities it read.
func (s *Service) kept(ctx context.Context, actor Actor, name string, resolve func(store.Store) (list, []string, error)) (list, error) {
	t := s.tenant(actor.Tenant)
	now := s.config.Clock()
	// The minute is in the key because filters may name today or now.
	key := strings.Join(append([]string{name, actor.ID, now.UTC().Format("2006-01-02T15:04")}, actor.DepartmentTree...), "\x1f")
	t.mu.Lock()
	known, ok := t.lists[key]
	fresh := ok && now.Before(known.until) && t.current(known.versions)
	if fresh {
		t.mu.Unlock()
		return known, nil
	}
	before := maps.Clone(t.changes)
	t.mu.Unlock()
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return list{}, err
	}
	resolved, entities, err := resolve(st)
	if err != nil {
		return list{}, err
	}
	// The versions are those from before the reading: a change meanwhile makes the answer stale at once.
	resolved.versions, resolved.until = map[string]uint64{}, now.Add(keepLists)
	for _, entity := range entities {
		resolved.versions[entity] = before[entity]
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lists) >= maxLists {
		clear(t.lists)
	}
	t.lists[key] = resolved
	return resolved, nil
}

// current tells whether none of the entities changed. The caller holds the lock.
func (t *tenantState) current(versions map[string]uint64) bool {
	for entity, n := range versions {
		if t.changes[entity] != n {
			return false
		}
	}
	return true
}

func namesSet(f *query.Filter) bool {
	return slices.ContainsFunc(query.Variables(f), func(name string) bool { return strings.HasPrefix(name, "sets.") })
}

// HasRole tells whether an actor has a role, himself or through inheritance, whose grants with read, update or act
// admit a record; without any such grant on the entity, having the role is enough.
func (s *Service) HasRole(ctx context.Context, actor Actor, role, entity string, rec query.Record) (bool, error) {
	rights, err := s.RoleRights(ctx, actor, role, entity)
	return err == nil && rights.Admits(rec), err
}

// RoleRights gives the rights that admit the records of an entity for which HasRole tells that an actor has a role:
// whoever asks about many records asks once.
func (s *Service) RoleRights(ctx context.Context, actor Actor, role, entity string) (Rights, error) {
	p, err := s.policy(ctx, actor.Tenant)
	if err != nil {
		return Rights{}, err
	}
	if p.roles[role] == nil || !slices.Contains(p.closure(actor.Roles), role) {
		return Rights{}, nil
	}
	grants := p.admission(role, entity, Read, Update, Act)
	if len(grants) == 0 {
		return Rights{All: true}, nil
	}
	return s.resolve(ctx, p, actor, grants)
}

// admission lists the grants of a role that speak of an entity under one of some actions.
func (p *policy) admission(role, entity string, actions ...Action) []*grant {
	var grants []*grant
	for _, action := range actions {
		for _, g := range p.grants(p.roles[role].closure, entity, action) {
			if !slices.Contains(grants, g) {
				grants = append(grants, g)
			}
		}
	}
	return grants
}

// Holders gives the ids of those who may stand for "role:x" as approvers of a record: members who are not disabled,
// have the role (or one that inherits it), and whose row filter of it with act or read admits the record. The order is
// that of their names. More than 2,000 members of a role are a *query.Error.
func (s *Service) Holders(ctx context.Context, tenant, role, entity string, rec query.Record) ([]string, error) {
	p, err := s.policy(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if p.roles[role] == nil {
		return nil, nil
	}
	members, err := s.members(ctx, tenant, p.roles[role].holders)
	if err != nil {
		return nil, fmt.Errorf("holders of %s: %w", role, err)
	}
	grants := p.admission(role, entity, Act, Read)
	var holders []string
	for i := range members {
		actor, err := s.actorOf(ctx, tenant, &members[i])
		if err != nil {
			return nil, fmt.Errorf("holders of %s: %w", role, err)
		}
		rights, err := s.resolve(ctx, p, actor, grants)
		if err != nil {
			return nil, fmt.Errorf("holders of %s: %w", role, err)
		}
		if rights.Admits(rec) {
			holders = append(holders, actor.ID)
		}
	}
	return holders, nil
}

// members reads the active users that have one of the roles.
func (s *Service) members(ctx context.Context, tenant string, roles []string) ([]store.Doc, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var anyRole []*query.Filter
	for _, role := range roles {
		anyRole = append(anyRole, &query.Filter{Cond: &query.Cond{
			Path: []string{"roles"}, Op: query.Contains, Value: role, Type: def.TypeMultiSelect, List: true,
		}})
	}
	disabled := &query.Filter{Cond: &query.Cond{Path: []string{"disabled"}, Op: query.Eq, Value: true, Type: def.TypeBoolean}}
	docs, more, err := findAll(ctx, st, query.Query{
		Collection: def.EntityUser,
		Where:      &query.Filter{And: []*query.Filter{{Or: anyRole}, {Not: disabled}}},
		Sort:       []query.Sort{{Field: "name", Type: def.TypeText}},
		Limit:      pageSize,
	}, query.MaxValues)
	if err == nil && more {
		err = &query.Error{Code: query.CodeTooManyValues, Params: map[string]any{"max": query.MaxValues}}
	}
	return docs, err
}
