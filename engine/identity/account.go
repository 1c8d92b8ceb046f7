package identity

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// Account is a person's way in; one account may be a member of several tenants.
type Account struct {
	ID    string `json:"id"`
	Login string `json:"login"`
	Name  string `json:"name"`
	Lang  string `json:"lang,omitempty"`
}

// Membership ties an account to a user record of a tenant.
type Membership struct {
	Tenant string
	User   string
}

var loginPattern = regexp.MustCompile(`^[\p{L}\p{N}._@+-]{3,64}$`)

// foldLogin is what logins are compared by: NFKC, lower case, no blanks around.
func foldLogin(login string) string {
	return strings.ToLower(norm.NFKC.String(strings.TrimSpace(login)))
}

// CheckAccount tells what CreateAccount would refuse: ErrLoginTaken, ErrLoginInvalid or *PasswordError. An empty
// password stands for one to be generated.
func (s *Service) CheckAccount(ctx context.Context, login, name, password string) error {
	fold := foldLogin(login)
	if !loginPattern.MatchString(fold) {
		return ErrLoginInvalid
	}
	switch _, taken, err := s.accountDoc(ctx, fold); {
	case err != nil:
		return err
	case taken:
		return ErrLoginTaken
	}
	if password == "" {
		return nil
	}
	return checkPassword(password, fold, name)
}

// CreateAccount adds an account; ErrLoginTaken, ErrLoginInvalid or *PasswordError.
func (s *Service) CreateAccount(ctx context.Context, login, name, password string) (Account, error) {
	fold := foldLogin(login)
	if !loginPattern.MatchString(fold) {
		return Account{}, ErrLoginInvalid
	}
	if err := checkPassword(password, fold, name); err != nil {
		return Account{}, err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return Account{}, err
	}
	now := s.Clock()
	id := s.NewID()
	doc := store.Doc{
		ID: id, Rev: 1, Keys: []string{"login|" + fold}, CreatedAt: now, UpdatedAt: now, CreatedBy: id, UpdatedBy: id,
		Values: present(map[string]any{"login": fold, "name": name, "password": hash}),
	}
	err = s.system.Put(ctx, store.Write{Collection: "account", Doc: doc})[0]
	var dup *store.DuplicateError
	if errors.As(err, &dup) {
		return Account{}, ErrLoginTaken
	}
	if err != nil {
		return Account{}, fmt.Errorf("create account: %w", err)
	}
	return account(doc), nil
}

// AccountByLogin finds an account; ok is false if there is none.
func (s *Service) AccountByLogin(ctx context.Context, login string) (Account, bool, error) {
	doc, ok, err := s.accountDoc(ctx, foldLogin(login))
	if err != nil || !ok {
		return Account{}, false, err
	}
	return account(doc), true, nil
}

// Account finds an account by id; ErrUnauthenticated if it is gone.
func (s *Service) Account(ctx context.Context, id string) (Account, error) {
	doc, err := s.accountByID(ctx, id)
	return account(doc), err
}

// ChangePassword replaces a password when the current one is given, and ends every other session of the account.
func (s *Service) ChangePassword(ctx context.Context, sess Session, current, next string) error {
	doc, err := s.accountByID(ctx, sess.Account)
	if err != nil {
		return err
	}
	ok, err := s.matches(ctx, current, text(doc.Values, "password"))
	if err != nil {
		return err
	}
	if !ok {
		return ErrBadCredentials
	}
	if err := s.setPassword(ctx, doc, next); err != nil {
		return err
	}
	return s.endSessions(ctx, sess.Account, sess.ID)
}

// Confirm checks that whoever uses a session knows its account's password: for decisions that ask for it again. A wrong
// one is ErrWrongPassword and counts like a failed sign-in, of the account and of the address: after too many
// *ThrottledError.
func (s *Service) Confirm(ctx context.Context, sess Session, password, address string) error {
	now := s.Clock()
	if wait := s.throttle.wait(address, now); wait > 0 {
		return &ThrottledError{RetryAfter: wait}
	}
	doc, err := s.accountByID(ctx, sess.Account)
	if err != nil {
		return err
	}
	if wait := parseTime(text(doc.Values, "locked_until")).Sub(now); wait > 0 {
		return &ThrottledError{RetryAfter: wait}
	}
	ok, err := s.matches(ctx, password, text(doc.Values, "password"))
	if err != nil {
		return err
	}
	if ok {
		s.throttle.succeeded(address)
		return s.forgive(ctx, doc)
	}
	if err := s.refuse(ctx, doc, address); !errors.Is(err, ErrBadCredentials) {
		return err
	}
	return ErrWrongPassword
}

// ResetPassword sets a generated password and ends every session of the account. The caller checks that he may.
func (s *Service) ResetPassword(ctx context.Context, accountID string) (string, error) {
	doc, err := s.accountByID(ctx, accountID)
	if err != nil {
		return "", err
	}
	password, err := s.GeneratePassword()
	if err != nil {
		return "", err
	}
	if err := s.setPassword(ctx, doc, password); err != nil {
		return "", err
	}
	return password, s.endSessions(ctx, accountID, "")
}

// SetLang keeps the interface language of an account.
func (s *Service) SetLang(ctx context.Context, accountID, lang string) error {
	return s.changeAccount(ctx, accountID, func(doc *store.Doc) { doc.Values["lang"] = lang })
}

// SuggestLang keeps an interface language for an account that has chosen none yet.
func (s *Service) SuggestLang(ctx context.Context, accountID, lang string) error {
	account, err := s.Account(ctx, accountID)
	if err != nil || account.Lang != "" {
		return err
	}
	return s.SetLang(ctx, accountID, lang)
}

func (s *Service) setPassword(ctx context.Context, doc store.Doc, password string) error {
	if err := checkPassword(password, text(doc.Values, "login"), text(doc.Values, "name")); err != nil {
		return err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.changeAccount(ctx, doc.ID, func(doc *store.Doc) {
		doc.Values["password"] = hash
		delete(doc.Values, "failed")
		delete(doc.Values, "locked_until")
	})
}

// changeAccount applies a change, again on the present document when another write came between.
func (s *Service) changeAccount(ctx context.Context, id string, change func(*store.Doc)) error {
	for range 10 {
		doc, err := s.accountByID(ctx, id)
		if err != nil {
			return err
		}
		rev := doc.Rev
		change(&doc)
		doc.Rev, doc.UpdatedAt, doc.Keys = rev+1, s.Clock(), []string{"login|" + text(doc.Values, "login")}
		err = s.system.Put(ctx, store.Write{Collection: "account", Doc: doc, IfRev: rev})[0]
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return store.ErrConflict
}

func (s *Service) accountDoc(ctx context.Context, fold string) (store.Doc, bool, error) {
	page, err := s.system.Find(ctx, query.Query{Collection: "account", Limit: 1, Where: equal("login", fold)})
	if err != nil {
		return store.Doc{}, false, fmt.Errorf("find account: %w", err)
	}
	if len(page.Docs) == 0 {
		return store.Doc{}, false, nil
	}
	return page.Docs[0], true, nil
}

func (s *Service) accountByID(ctx context.Context, id string) (store.Doc, error) {
	docs, err := s.system.Get(ctx, "account", id)
	if err != nil {
		return store.Doc{}, fmt.Errorf("read account: %w", err)
	}
	if len(docs) == 0 {
		return store.Doc{}, ErrUnauthenticated
	}
	return docs[0], nil
}

// Memberships lists the tenants an account belongs to.
func (s *Service) Memberships(ctx context.Context, accountID string) ([]Membership, error) {
	page, err := s.system.Find(ctx, query.Query{Collection: "membership", Limit: 1000, Where: equal("account", accountID)})
	if err != nil {
		return nil, fmt.Errorf("list memberships: %w", err)
	}
	all := make([]Membership, 0, len(page.Docs))
	for _, doc := range page.Docs {
		all = append(all, Membership{Tenant: text(doc.Values, "tenant"), User: text(doc.Values, "user")})
	}
	return all, nil
}

// join makes an account the member behind a user record.
func (s *Service) join(ctx context.Context, accountID, tenantName, user string) error {
	now := s.Clock()
	doc := store.Doc{
		ID: accountID + "." + tenantName, Rev: 1, Keys: []string{"user|" + tenantName + "|" + user},
		CreatedAt: now, UpdatedAt: now, CreatedBy: accountID, UpdatedBy: accountID,
		Values: map[string]any{"account": accountID, "tenant": tenantName, "user": user},
	}
	if err := s.system.Put(ctx, store.Write{Collection: "membership", Doc: doc})[0]; err != nil {
		return fmt.Errorf("create membership: %w", err)
	}
	return nil
}

func account(doc store.Doc) Account {
	v := doc.Values
	return Account{ID: doc.ID, Login: text(v, "login"), Name: text(v, "name"), Lang: text(v, "lang")}
}

func equal(field, value string) *query.Filter {
	return &query.Filter{Cond: &query.Cond{Path: []string{field}, Op: query.Eq, Value: value, Type: def.TypeText}}
}

// present leaves out missing values: stored values are never empty.
func present(values map[string]any) map[string]any {
	for k, v := range values {
		if v == nil || v == "" {
			delete(values, k)
		}
	}
	return values
}

func wireTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
