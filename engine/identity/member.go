package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// NewMember is a person to be added to a tenant.
type NewMember struct {
	Login    string
	Name     string
	Password string      // "" = generate one
	Values   form.Values // further values of the user record: roles, department, manager, phone, …
}

// Added is a new member. Password is set if it was generated; it is kept nowhere and shown once.
type Added struct {
	Account  Account
	Record   record.Record
	Password string
}

// AddMember creates an account, its user record in the tenant and the membership. If the record is refused nothing
// stays behind. It fails with ErrLoginTaken, ErrLoginInvalid, *PasswordError or what record.Service.Create answers.
func (s *Service) AddMember(ctx context.Context, actor access.Actor, m NewMember) (Added, error) {
	added := Added{}
	if m.Password == "" {
		generated, err := s.GeneratePassword()
		if err != nil {
			return Added{}, err
		}
		m.Password, added.Password = generated, generated
	}
	account, err := s.CreateAccount(ctx, m.Login, m.Name, m.Password)
	if err != nil {
		return Added{}, err
	}
	values := form.Values{}
	for k, v := range m.Values {
		values[k] = v
	}
	values["name"], values["login"] = m.Name, account.Login
	created, err := s.Records.Create(ctx, actor, "user", record.CreateInput{Values: values})
	if err != nil {
		return Added{}, errors.Join(err, s.removeAccount(ctx, account.ID))
	}
	added.Account, added.Record = account, created.Record
	return added, s.join(ctx, account.ID, actor.Tenant, created.Record.ID)
}

// removeAccount undoes CreateAccount for an account that never became a member.
func (s *Service) removeAccount(ctx context.Context, id string) error {
	doc, err := s.accountByID(ctx, id)
	if err != nil {
		return err
	}
	rev := doc.Rev
	doc.Rev++
	return s.system.Put(ctx, store.Write{Collection: "account", Doc: doc, IfRev: rev, Remove: true})[0]
}

// ChangeMember edits a user record. The last administrator of a tenant can neither lose the role nor be disabled.
func (s *Service) ChangeMember(ctx context.Context, actor access.Actor, user string, in record.PatchInput) (record.Record, error) {
	if s.endsAdmin(in.Values) {
		others, err := s.otherAdmin(ctx, actor.Tenant, user)
		if err != nil {
			return record.Record{}, err
		}
		if !others {
			return record.Record{}, ErrLastAdmin
		}
	}
	changed, err := s.Records.Patch(ctx, actor, "user", user, in)
	s.sessions.forgetTenant(actor.Tenant)
	return changed, err
}

// endsAdmin tells whether a patch could end somebody's being administrator.
func (s *Service) endsAdmin(values form.Values) bool {
	if disabled, _ := values["disabled"].(bool); disabled {
		return true
	}
	roles, given := values["roles"]
	return given && !slices.Contains(texts(roles), AdminRole)
}

// otherAdmin tells whether the tenant has an active administrator beside this user.
func (s *Service) otherAdmin(ctx context.Context, tenantName, user string) (bool, error) {
	db, err := s.Tenants.Store(ctx, tenantName)
	if err != nil {
		return false, err
	}
	cond := func(c query.Cond) *query.Filter { return &query.Filter{Cond: &c} }
	page, err := db.Find(ctx, query.Query{Collection: "user", Limit: 1, Where: &query.Filter{And: []*query.Filter{
		cond(query.Cond{Path: []string{"roles"}, Op: query.Contains, Value: AdminRole, Type: def.TypeMultiSelect, List: true}),
		{Not: cond(query.Cond{Path: []string{"disabled"}, Op: query.Eq, Value: true, Type: def.TypeBoolean})},
		{Not: cond(query.Cond{Path: []string{"id"}, Op: query.Eq, Value: user, Type: def.TypeText})},
	}}})
	if err != nil {
		return false, fmt.Errorf("find administrators: %w", err)
	}
	return len(page.Docs) > 0, nil
}

// AccountOf finds the account behind a user record; ErrNotMember if there is none.
func (s *Service) AccountOf(ctx context.Context, tenantName, user string) (Account, error) {
	page, err := s.system.Find(ctx, query.Query{Collection: "membership", Limit: 1, Where: &query.Filter{
		And: []*query.Filter{equal("tenant", tenantName), equal("user", user)},
	}})
	if err != nil {
		return Account{}, fmt.Errorf("find membership: %w", err)
	}
	if len(page.Docs) == 0 {
		return Account{}, ErrNotMember
	}
	return s.Account(ctx, text(page.Docs[0].Values, "account"))
}

// ResetMember sets a generated password for the account behind a user record and ends its sessions. An account that
// belongs to further tenants is not one company's to reset: ErrNotMember.
func (s *Service) ResetMember(ctx context.Context, tenantName, user string) (string, error) {
	account, err := s.AccountOf(ctx, tenantName, user)
	if err != nil {
		return "", err
	}
	memberships, err := s.Memberships(ctx, account.ID)
	if err != nil {
		return "", err
	}
	if len(memberships) > 1 {
		return "", ErrNotMember
	}
	return s.ResetPassword(ctx, account.ID)
}

// Actor reads who a user is now: roles, departments, administrator. ErrUnauthenticated if the user is gone or disabled.
func (s *Service) Actor(ctx context.Context, tenantName, user string) (access.Actor, error) {
	now := s.Clock()
	key := actorKey{tenantName, user}
	if actor, ok := s.sessions.actor(key, now); ok {
		return actor, nil
	}
	actor, err := s.loadActor(ctx, tenantName, user)
	if err != nil {
		return access.Actor{}, err
	}
	s.sessions.keepActor(key, actor, now)
	return actor, nil
}

func (s *Service) loadActor(ctx context.Context, tenantName, user string) (access.Actor, error) {
	db, err := s.Tenants.Store(ctx, tenantName)
	if err != nil {
		return access.Actor{}, err
	}
	docs, err := db.Get(ctx, "user", user)
	if err != nil {
		return access.Actor{}, fmt.Errorf("read user: %w", err)
	}
	if len(docs) == 0 || docs[0].Deleted {
		return access.Actor{}, ErrUnauthenticated
	}
	v := docs[0].Values
	if disabled, _ := v["disabled"].(bool); disabled {
		return access.Actor{}, ErrUnauthenticated
	}
	actor := access.Actor{Tenant: tenantName, ID: user, Name: text(v, "name"), Roles: texts(v["roles"])}
	actor.Admin = slices.Contains(actor.Roles, AdminRole)
	actor.Departments = texts(v["departments"])
	if own := text(v, "department"); own != "" && !slices.Contains(actor.Departments, own) {
		actor.Departments = append([]string{own}, actor.Departments...)
	}
	actor.DepartmentTree, err = departmentTree(ctx, db, actor.Departments)
	return actor, err
}

// departmentTree is the given departments and everything below them, read level by level.
func departmentTree(ctx context.Context, db store.Store, roots []string) ([]string, error) {
	tree := slices.Clone(roots)
	for level := roots; len(level) > 0; {
		ids := make([]any, len(level))
		for i, id := range level {
			ids[i] = id
		}
		page, err := db.Find(ctx, query.Query{
			Collection: "department", Limit: 1000, Fields: []string{"parent"},
			Where: &query.Filter{Cond: &query.Cond{Path: []string{"parent"}, Op: query.In, Value: ids, Type: def.TypeReference}},
		})
		if err != nil {
			return nil, fmt.Errorf("read departments: %w", err)
		}
		level = nil
		for _, doc := range page.Docs {
			if !slices.Contains(tree, doc.ID) { // a circle ends here
				level = append(level, doc.ID)
				tree = append(tree, doc.ID)
			}
		}
	}
	return tree, nil
}

// Forget drops what is cached of a tenant's people; the engine calls it for events of users and departments.
func (s *Service) Forget(tenantName string) { s.sessions.forgetTenant(tenantName) }

// DefaultIdle and DefaultLimit bound a session: two hours unused, twelve in all.
const (
	DefaultIdle  = 2 * time.Hour
	DefaultLimit = 12 * time.Hour
)

func texts(list any) []string {
	items, _ := list.([]any)
	out := make([]string, 0, len(items))
	for _, item := range items {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
