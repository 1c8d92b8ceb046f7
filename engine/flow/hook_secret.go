package flow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// hookShape is the collection of hooks: the sealed secret of each, since when it has it, and its last calls. Secret is
// where older versions kept it, readable.
var hookShape = store.Collection{Name: hooks, Fields: []store.Field{
	{Path: "secret", Type: def.TypeText},
	{Path: "sealed", Type: def.TypeLongText},
	{Path: "since", Type: def.TypeDateTime},
	{Path: "calls", Type: def.TypeLongText},
}}

// sealedSecret is what is stored of a secret: bound to the hook it belongs to.
func (s *Service) sealedSecret(hook, secret string, since time.Time) (map[string]any, error) {
	if s.config.Box == nil {
		return nil, errors.New("flow: nothing to seal secrets with")
	}
	sealed, err := s.config.Box.Seal(hooks+"/"+hook, []byte(secret))
	if err != nil {
		return nil, fmt.Errorf("secret of hook %s: %w", hook, err)
	}
	return map[string]any{"sealed": sealed, "since": wireTime(since)}, nil
}

// hookSecret reads the secret of a hook; seal.ErrSealed if this installation's key does not open it.
func (s *Service) hookSecret(doc *store.Doc) (string, error) {
	if plain := textOf(doc.Values, "secret"); plain != "" {
		return plain, nil // of an older version, not sealed yet
	}
	if s.config.Box == nil {
		return "", errors.New("flow: nothing to open secrets with")
	}
	plain, err := s.config.Box.Open(hooks+"/"+doc.ID, textOf(doc.Values, "sealed"))
	return string(plain), err
}

// SealHooks seals the secrets of a tenant's hooks that an older version stored readable; they stay the same. Doing it again
// does nothing.
func (s *Service) SealHooks(ctx context.Context, tenant string) error {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return fmt.Errorf("seal hooks of %s: %w", tenant, err)
	}
	if err := s.prepareAutomation(ctx, tenant, st); err != nil {
		return err
	}
	readable := &query.Filter{Not: &query.Filter{Cond: &query.Cond{
		Path: []string{"secret"}, Op: query.Empty, Value: true, Type: def.TypeText,
	}}}
	page, err := st.Find(ctx, query.Query{Collection: hooks, Where: readable, Limit: maxHooks})
	if err != nil {
		return fmt.Errorf("seal hooks of %s: %w", tenant, err)
	}
	for i := range page.Docs {
		doc := page.Docs[i]
		if doc.Values, err = s.sealedSecret(doc.ID, textOf(doc.Values, "secret"), doc.UpdatedAt); err != nil {
			return err
		}
		doc.Rev++
		err := errors.Join(s.config.Records.Project(ctx, tenant, store.Write{Collection: hooks, Doc: doc, IfRev: doc.Rev - 1})...)
		if err != nil && !errors.Is(err, store.ErrConflict) { // a conflict: it was renewed or sealed meanwhile
			return fmt.Errorf("seal hooks of %s: %w", tenant, err)
		}
	}
	return nil
}

// maxHooks is how many hooks are sealed at a start; each belongs to a flow, of which there are fewer.
const maxHooks = 1000
