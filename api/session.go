package api

import (
	"crypto/subtle"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwork/engine/identity"
)

// cookieName is the session cookie; under TLS the __Host- prefix binds it to this host.
func (s *server) cookieName() string {
	if s.TLS {
		return "__Host-fw_session"
	}
	return "fw_session"
}

func (s *server) setCookie(c *fiber.Ctx, token string, ends time.Time) {
	c.Cookie(&fiber.Cookie{
		Name: s.cookieName(), Value: token, Path: "/", Expires: ends, HTTPOnly: true, Secure: s.TLS,
		SameSite: fiber.CookieSameSiteLaxMode,
	})
}

// errCSRF refuses a command whose token is missing or not that of the session.
var errCSRF = errors.New("csrf token missing or wrong")

// errAdminOnly refuses a route of administrators.
var errAdminOnly = errors.New("administrators only")

// identify finds the session of a request and checks what the route asks for.
func (s *server) identify(r *request, row route) error {
	sess, actor, err := s.Engine.Identity.Resolve(r.ctx, r.Cookies(s.cookieName()))
	if err != nil {
		return err
	}
	if r.Method() != fiber.MethodGet && r.Method() != fiber.MethodHead &&
		subtle.ConstantTimeCompare([]byte(r.Get("X-CSRF-Token")), []byte(sess.CSRF)) != 1 {
		return errCSRF
	}
	if row.access == admin && !actor.Admin {
		return errAdminOnly
	}
	actor.Lang = r.lang()
	r.session, r.actor = sess, actor
	return nil
}

// lang is the language titles are sent in: that of the page, which it says in Accept-Language.
func (r *request) lang() string {
	first, _, _ := strings.Cut(r.Get(fiber.HeaderAcceptLanguage), ",")
	if primary, _, _ := strings.Cut(first, "-"); strings.EqualFold(strings.TrimSpace(primary), "en") {
		return "en"
	}
	return languages[0]
}

type (
	sessionAnswer struct {
		User    userAnswer     `json:"user"`
		Tenant  tenantAnswer   `json:"tenant"`
		Tenants []tenantAnswer `json:"tenants"`
		Roles   []string       `json:"roles"`
		Admin   bool           `json:"admin"`
		Lang    string         `json:"lang"`
		CSRF    string         `json:"csrf"`
		Catalog string         `json:"catalog"`
		Banner  string         `json:"banner,omitempty"`
	}
	userAnswer struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		Login string `json:"login"`
	}
	tenantAnswer struct {
		Name  string `json:"name"`
		Title string `json:"title"`
	}
	signInBody struct {
		Login    string `json:"login"`
		Password string `json:"password"`
		Tenant   string `json:"tenant,omitempty"`
		Lang     string `json:"lang,omitempty" description:"kept if the account has chosen none yet"`
	}
	switchBody struct {
		Tenant string `json:"tenant"`
	}
	accountBody struct {
		Lang string `json:"lang"`
	}
	passwordBody struct {
		Current string `json:"current"`
		New     string `json:"new"`
	}
	sessionsAnswer struct {
		Sessions []sessionRow `json:"sessions"`
	}
	sessionRow struct {
		ID      string    `json:"id"`
		Agent   string    `json:"agent"`
		SeenAt  time.Time `json:"seenAt"`
		EndsAt  time.Time `json:"endsAt"`
		Current bool      `json:"current"`
	}
)

func (s *server) signIn(r *request) error {
	var body signInBody
	if err := r.decode(&body); err != nil {
		return err
	}
	token, sess, err := s.Engine.Identity.SignIn(r.ctx, body.Login, body.Password, body.Tenant, r.client())
	if err != nil {
		return err
	}
	if slices.Contains(languages, body.Lang) {
		if err := s.Engine.Identity.SuggestLang(r.ctx, sess.Account, body.Lang); err != nil {
			return err
		}
	}
	return s.welcome(r, token, sess)
}

// welcome sets the cookie of a new session and answers with it.
func (s *server) welcome(r *request, token string, sess identity.Session) error {
	actor, err := s.Engine.Identity.Actor(r.ctx, sess.Tenant, sess.User)
	if err != nil {
		return err
	}
	r.session, r.actor = sess, actor
	s.setCookie(r.Ctx, token, sess.EndsAt)
	return s.getSession(r)
}

// whoAmI is asked by every page that opens; that nobody is signed in is an answer, not an error.
func (s *server) whoAmI(r *request) error {
	sess, actor, err := s.Engine.Identity.Resolve(r.ctx, r.Cookies(s.cookieName()))
	if errors.Is(err, identity.ErrUnauthenticated) {
		return r.SendStatus(fiber.StatusNoContent)
	}
	if err != nil {
		return err
	}
	r.session, r.actor = sess, actor
	return s.getSession(r)
}

func (s *server) getSession(r *request) error {
	account, err := s.Engine.Identity.Account(r.ctx, r.session.Account)
	if err != nil {
		return err
	}
	memberships, err := s.Engine.Identity.Memberships(r.ctx, r.session.Account)
	if err != nil {
		return err
	}
	answer := sessionAnswer{
		User:  userAnswer{ID: r.actor.ID, Name: r.actor.Name, Login: account.Login},
		Roles: slices.Clone(r.actor.Roles), Admin: r.actor.Admin, CSRF: r.session.CSRF, Banner: s.Banner, Lang: account.Lang,
	}
	for _, m := range memberships {
		t, err := s.Engine.Tenants.Tenant(r.ctx, m.Tenant)
		if err != nil {
			return err
		}
		answer.Tenants = append(answer.Tenants, tenantAnswer{Name: t.Name, Title: t.Title})
		if m.Tenant == r.session.Tenant {
			answer.Tenant = tenantAnswer{Name: t.Name, Title: t.Title}
			if answer.Lang == "" {
				answer.Lang = t.Lang
			}
		}
	}
	catalog, err := s.Engine.Catalogs.Active(r.ctx, r.actor.Tenant)
	if err != nil {
		return err
	}
	answer.Catalog = catalog.Version
	return r.JSON(answer)
}

func (s *server) signOut(r *request) error {
	if err := s.Engine.Identity.SignOut(r.ctx, r.session); err != nil {
		return err
	}
	r.ClearCookie(s.cookieName())
	return r.SendStatus(fiber.StatusNoContent)
}

func (s *server) switchTenant(r *request) error {
	var body switchBody
	if err := r.decode(&body); err != nil {
		return err
	}
	token, sess, err := s.Engine.Identity.SwitchTenant(r.ctx, r.session, body.Tenant, r.client())
	if err != nil {
		return err
	}
	return s.welcome(r, token, sess)
}

// languages the interface speaks.
var languages = []string{"zh-CN", "en"}

func (s *server) patchAccount(r *request) error {
	var body accountBody
	if err := r.decode(&body); err != nil {
		return err
	}
	if !slices.Contains(languages, body.Lang) {
		return &paramError{Name: "lang"}
	}
	if err := s.Engine.Identity.SetLang(r.ctx, r.session.Account, body.Lang); err != nil {
		return err
	}
	return s.getSession(r)
}

func (s *server) changePassword(r *request) error {
	var body passwordBody
	if err := r.decode(&body); err != nil {
		return err
	}
	if err := s.Engine.Identity.ChangePassword(r.ctx, r.session, body.Current, body.New); err != nil {
		return err
	}
	return r.SendStatus(fiber.StatusNoContent)
}

func (s *server) listSessions(r *request) error {
	live, err := s.Engine.Identity.Sessions(r.ctx, r.session.Account)
	if err != nil {
		return err
	}
	answer := sessionsAnswer{Sessions: []sessionRow{}}
	for _, sess := range live {
		answer.Sessions = append(answer.Sessions, sessionRow{
			ID: sess.ID, Agent: sess.Agent, SeenAt: sess.SeenAt, EndsAt: sess.EndsAt, Current: sess.ID == r.session.ID,
		})
	}
	return r.JSON(answer)
}

func (s *server) endSession(r *request) error {
	if err := s.Engine.Identity.EndSession(r.ctx, r.session.Account, r.Params("id")); err != nil {
		return err
	}
	return r.SendStatus(fiber.StatusNoContent)
}

func (r *request) client() identity.Client {
	return identity.Client{Address: r.IP(), Agent: r.Get(fiber.HeaderUserAgent)}
}
