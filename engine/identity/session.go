package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"formwork/engine/access"
	"formwork/engine/query"
	"formwork/engine/store"
)

// Session is one signed-in browser.
type Session struct {
	ID      string    `json:"id"` // hash of the token; the token itself is known to the browser only
	Account string    `json:"-"`
	Tenant  string    `json:"-"`
	User    string    `json:"-"`
	CSRF    string    `json:"-"`
	Agent   string    `json:"agent,omitempty"`
	SeenAt  time.Time `json:"seenAt"`
	EndsAt  time.Time `json:"endsAt"`
	rev     int64
}

// Client is where a sign-in comes from.
type Client struct{ Address, Agent string }

// touchEvery bounds how often a session's last use is written.
const touchEvery = time.Minute

// SignIn checks login and password and starts a session in one of the account's tenants: the named one, else the one
// he joined first. It answers ErrBadCredentials for every kind of wrong, after the same work, and *ThrottledError
// after too many failures of the account or the address. The token is 256 random bits in base64url.
func (s *Service) SignIn(ctx context.Context, login, password, tenantName string, client Client) (token string, sess Session, err error) {
	now := s.Clock()
	if wait := s.throttle.wait(client.Address, now); wait > 0 {
		return "", Session{}, &ThrottledError{RetryAfter: wait}
	}
	doc, known, err := s.accountDoc(ctx, foldLogin(login))
	if err != nil {
		return "", Session{}, err
	}
	if wait := parseTime(text(doc.Values, "locked_until")).Sub(now); known && wait > 0 {
		return "", Session{}, &ThrottledError{RetryAfter: wait}
	}
	hash := s.dummy
	if known {
		hash = text(doc.Values, "password")
	}
	ok, err := s.matches(ctx, password, hash)
	if err != nil {
		return "", Session{}, err
	}
	if !ok || !known {
		return "", Session{}, s.refuse(ctx, doc, client.Address)
	}
	member, err := s.membership(ctx, doc.ID, tenantName)
	if err != nil {
		return "", Session{}, err
	}
	s.throttle.succeeded(client.Address)
	if err := s.forgive(ctx, doc); err != nil {
		return "", Session{}, err
	}
	return s.startSession(ctx, doc.ID, member, client)
}

// forgive forgets the failures of an account.
func (s *Service) forgive(ctx context.Context, doc store.Doc) error {
	if _, counted := doc.Values["failed"]; !counted {
		return nil
	}
	return s.changeAccount(ctx, doc.ID, func(doc *store.Doc) {
		delete(doc.Values, "failed")
		delete(doc.Values, "locked_until")
	})
}

// refuse counts a failed sign-in, of the account too if there is one, and gives the one answer.
func (s *Service) refuse(ctx context.Context, doc store.Doc, address string) error {
	s.throttle.failed(address, s.Clock())
	if doc.ID == "" {
		return ErrBadCredentials
	}
	err := s.changeAccount(ctx, doc.ID, func(doc *store.Doc) {
		failed, _ := doc.Values["failed"].(int64)
		failed++
		doc.Values["failed"] = failed
		if p := pause(failed); p > 0 {
			doc.Values["locked_until"] = wireTime(s.Clock().Add(p))
		}
	})
	if err != nil {
		return err
	}
	return ErrBadCredentials
}

// membership picks the tenant of a sign-in whose user is active there.
func (s *Service) membership(ctx context.Context, accountID, tenantName string) (Membership, error) {
	all, err := s.Memberships(ctx, accountID)
	if err != nil {
		return Membership{}, err
	}
	for _, m := range all {
		if tenantName != "" && m.Tenant != tenantName {
			continue
		}
		_, err := s.Actor(ctx, m.Tenant, m.User)
		if err == nil {
			return m, nil
		}
		if !errors.Is(err, ErrUnauthenticated) {
			return Membership{}, err
		}
	}
	return Membership{}, ErrBadCredentials
}

func (s *Service) startSession(ctx context.Context, accountID string, m Membership, client Client) (string, Session, error) {
	secret, err := s.Random(64)
	if err != nil {
		return "", Session{}, err
	}
	token := base64.RawURLEncoding.EncodeToString(secret[:32])
	now := s.Clock()
	sess := Session{
		ID: sessionID(token), Account: accountID, Tenant: m.Tenant, User: m.User,
		CSRF: base64.RawURLEncoding.EncodeToString(secret[32:]), Agent: cut(client.Agent, 200),
		SeenAt: now, EndsAt: now.Add(s.Limit), rev: 1,
	}
	if err := s.putSession(ctx, sess, 0); err != nil {
		return "", Session{}, err
	}
	return token, sess, nil
}

// Resolve gives the session of a token and the actor it stands for; ErrUnauthenticated when the session ended, was
// unused for too long, or the user is disabled.
func (s *Service) Resolve(ctx context.Context, token string) (Session, access.Actor, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(32) {
		return Session{}, access.Actor{}, ErrUnauthenticated
	}
	now := s.Clock()
	id := sessionID(token)
	sess, cached := s.sessions.session(id, now)
	if !cached {
		docs, err := s.system.Get(ctx, "session", id)
		if err != nil {
			return Session{}, access.Actor{}, fmt.Errorf("read session: %w", err)
		}
		if len(docs) == 0 {
			return Session{}, access.Actor{}, ErrUnauthenticated
		}
		sess = sessionFrom(docs[0])
		s.sessions.keep(sess, now)
	}
	if !now.Before(sess.EndsAt) || now.Sub(sess.SeenAt) >= s.Idle {
		// It is taken away, so that a clock that goes back does not revive it.
		if err := s.EndSession(ctx, sess.Account, id); err != nil {
			return Session{}, access.Actor{}, err
		}
		return Session{}, access.Actor{}, ErrUnauthenticated
	}
	if now.Sub(sess.SeenAt) >= touchEvery {
		if err := s.touch(ctx, &sess, now); err != nil {
			return Session{}, access.Actor{}, err
		}
	}
	actor, err := s.Actor(ctx, sess.Tenant, sess.User)
	return sess, actor, err
}

// touch notes that the session is in use. Losing against another request that does the same is fine.
func (s *Service) touch(ctx context.Context, sess *Session, now time.Time) error {
	used := *sess
	used.SeenAt = now
	used.rev++
	err := s.putSession(ctx, used, sess.rev)
	if errors.Is(err, store.ErrConflict) {
		s.sessions.forget(sess.ID)
		return nil
	}
	if err != nil {
		return err
	}
	*sess = used
	s.sessions.keep(used, now)
	return nil
}

// SwitchTenant starts a new session of the same account in another tenant and ends the present one.
func (s *Service) SwitchTenant(ctx context.Context, sess Session, tenantName string, client Client) (string, Session, error) {
	m, err := s.membership(ctx, sess.Account, tenantName)
	if errors.Is(err, ErrBadCredentials) {
		return "", Session{}, ErrNotMember
	}
	if err != nil {
		return "", Session{}, err
	}
	token, next, err := s.startSession(ctx, sess.Account, m, client)
	if err != nil {
		return "", Session{}, err
	}
	return token, next, s.SignOut(ctx, sess)
}

// SignOut ends a session.
func (s *Service) SignOut(ctx context.Context, sess Session) error {
	return s.EndSession(ctx, sess.Account, sess.ID)
}

// EndSession ends one session of an account; ending one that is gone is no error.
func (s *Service) EndSession(ctx context.Context, accountID, id string) error {
	for range 10 {
		docs, err := s.system.Get(ctx, "session", id)
		if err != nil {
			return fmt.Errorf("read session: %w", err)
		}
		if len(docs) == 0 || text(docs[0].Values, "account") != accountID {
			return nil
		}
		doc := docs[0]
		rev := doc.Rev
		doc.Rev++
		err = s.system.Put(ctx, store.Write{Collection: "session", Doc: doc, IfRev: rev, Remove: true})[0]
		s.sessions.forget(id)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return store.ErrConflict
}

// Sessions lists the live sessions of an account.
func (s *Service) Sessions(ctx context.Context, accountID string) ([]Session, error) {
	page, err := s.system.Find(ctx, query.Query{Collection: "session", Limit: 1000, Where: equal("account", accountID)})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	now := s.Clock()
	live := []Session{}
	for _, doc := range page.Docs {
		sess := sessionFrom(doc)
		if now.Before(sess.EndsAt) && now.Sub(sess.SeenAt) < s.Idle {
			live = append(live, sess)
		}
	}
	return live, nil
}

// endSessions ends every session of an account but one.
func (s *Service) endSessions(ctx context.Context, accountID, except string) error {
	page, err := s.system.Find(ctx, query.Query{Collection: "session", Limit: 1000, Where: equal("account", accountID)})
	if err != nil {
		return fmt.Errorf("list sessions: %w", err)
	}
	for _, doc := range page.Docs {
		if doc.ID == except {
			continue
		}
		if err := s.EndSession(ctx, accountID, doc.ID); err != nil {
			return err
		}
	}
	return nil
}

// Sweep removes sessions whose time is over; the engine calls it now and then.
func (s *Service) Sweep(ctx context.Context) error {
	over := &query.Filter{Cond: &query.Cond{
		Path: []string{"ends_at"}, Op: query.Lt, Value: wireTime(s.Clock()), Type: "datetime",
	}}
	for {
		page, err := s.system.Find(ctx, query.Query{Collection: "session", Limit: 500, Where: over})
		if err != nil {
			return fmt.Errorf("find ended sessions: %w", err)
		}
		for _, doc := range page.Docs {
			if err := s.EndSession(ctx, text(doc.Values, "account"), doc.ID); err != nil {
				return err
			}
		}
		if len(page.Docs) < 500 {
			return nil
		}
	}
}

func (s *Service) putSession(ctx context.Context, sess Session, ifRev int64) error {
	now := s.Clock()
	doc := store.Doc{
		ID: sess.ID, Rev: ifRev + 1, CreatedBy: sess.Account, UpdatedBy: sess.Account, CreatedAt: now, UpdatedAt: now,
		Values: present(map[string]any{
			"account": sess.Account, "tenant": sess.Tenant, "user": sess.User, "csrf": sess.CSRF, "agent": sess.Agent,
			"seen_at": wireTime(sess.SeenAt), "ends_at": wireTime(sess.EndsAt),
		}),
	}
	return s.system.Put(ctx, store.Write{Collection: "session", Doc: doc, IfRev: ifRev})[0]
}

func sessionFrom(doc store.Doc) Session {
	v := doc.Values
	return Session{
		ID: doc.ID, Account: text(v, "account"), Tenant: text(v, "tenant"), User: text(v, "user"), CSRF: text(v, "csrf"),
		Agent: text(v, "agent"), SeenAt: parseTime(text(v, "seen_at")), EndsAt: parseTime(text(v, "ends_at")), rev: doc.Rev,
	}
}

func sessionID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// cut shortens a text to at most n characters.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
