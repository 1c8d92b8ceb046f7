// Package identity knows who somebody is: accounts, memberships, sessions and members.
//
// An account is global (login, password); a membership ties it to one user record of one tenant; a session is one
// signed-in browser of one account in one tenant. Accounts, memberships and sessions live in the system database and
// are written here only; what belongs to a company (name, roles, departments, disabled) is the record of the entity
// user in its own database and is written through record.Service. The actor of a request is always read from that
// record, so a role taken away or a disabled user takes effect with the next request.
package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"formwork/engine/def"
	"formwork/engine/record"
	"formwork/engine/store"
	"formwork/engine/tenant"
)

// Errors of the package; api gives them stable codes.
var (
	ErrBadCredentials  = errors.New("login or password wrong") // also unknown, disabled, or no membership: one answer
	ErrUnauthenticated = errors.New("no valid session")
	ErrLoginTaken      = errors.New("login taken")
	ErrLoginInvalid    = errors.New("login invalid") // not 3 to 64 letters, digits and . _ - @ +
	ErrNotMember       = errors.New("account is no member of the tenant")
	ErrLastAdmin       = errors.New("last administrator of the tenant")
	ErrWrongPassword   = errors.New("wrong password") // of somebody who is signed in
)

// ThrottledError refuses a sign-in after too many failures.
type ThrottledError struct{ RetryAfter time.Duration }

// Error satisfies error.
func (e *ThrottledError) Error() string { return "too many failed sign-ins" }

// AdminRole is the role of tenant administrators. It exists in every tenant without a definition.
const AdminRole = "admin"

// Config is what the service needs from outside.
type Config struct {
	Tenants *tenant.Registry
	Records *record.Service
	Clock   func() time.Time
	NewID   func() string               // sortable, unique
	Random  func(n int) ([]byte, error) // secure random bytes
	Idle    time.Duration               // a session ends when unused this long
	Limit   time.Duration               // and in any case after this long
	Params  PasswordParams              // cost of argon2id
}

// Service is safe for use by many goroutines.
type Service struct {
	Config
	system   store.Store
	throttle *throttle
	sessions *sessionCache
	hashing  chan struct{} // at most two password hashes at once: each takes tens of MB
	dummy    string        // hash compared with for unknown logins, so that they take as long as known ones
}

// New prepares the system collections.
func New(ctx context.Context, cfg Config) (*Service, error) {
	system, err := cfg.Tenants.SystemStore(ctx)
	if err != nil {
		return nil, err
	}
	text := func(path string, index bool) store.Field {
		return store.Field{Path: path, Type: def.TypeText, Index: index}
	}
	err = system.Ensure(ctx,
		store.Collection{Name: "account", Fields: []store.Field{
			text("login", true), text("name", false), text("password", false), text("lang", false),
			{Path: "failed", Type: def.TypeInteger},
			{Path: "locked_until", Type: def.TypeDateTime},
		}},
		store.Collection{Name: "membership", Fields: []store.Field{
			text("account", true), text("tenant", true), text("user", true),
		}},
		store.Collection{Name: "session", Fields: []store.Field{
			text("account", true), text("tenant", false), text("user", false), text("csrf", false), text("agent", false),
			{Path: "seen_at", Type: def.TypeDateTime},
			{Path: "ends_at", Type: def.TypeDateTime, Index: true},
		}},
	)
	if err != nil {
		return nil, fmt.Errorf("ensure identity collections: %w", err)
	}
	s := &Service{
		Config: cfg, system: system, throttle: newThrottle(), sessions: newSessionCache(),
		hashing: make(chan struct{}, 2),
	}
	s.dummy, err = s.hash(ctx, "a password that nobody has")
	return s, err
}

func text(values map[string]any, field string) string {
	s, _ := values[field].(string)
	return s
}
