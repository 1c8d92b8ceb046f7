package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"formwork/engine/record"
	"formwork/engine/store"
)

// callsKept is how many calls of a hook are remembered.
const callsKept = 20

// callsOf is the id of the document with the last calls of a hook: no hook has such a name.
func callsOf(hook string) string { return hook + "!calls" }

// PastCall is what became of one call from outside. Code is empty if it was accepted, else why it was refused. Times are
// to the millisecond.
type PastCall struct {
	At   time.Time `json:"at"`
	ID   string    `json:"id"` // as the caller named it
	Code string    `json:"code,omitempty"`
	Run  string    `json:"run,omitempty"`
	// Replay: the same call had come before, so nothing was started.
	Replay bool `json:"replay,omitempty"`
	// Body is the beginning of what was sent, secrets masked; empty where the signature was wrong, for anybody can send that.
	Body string `json:"body,omitempty"`
}

// maxCallID is how much of an id somebody outside made up is kept.
const maxCallID = 80

func pastCall(at time.Time, call *HookCall, run string, err error) PastCall {
	c := PastCall{At: wireMilli(at), ID: call.ID[:min(len(call.ID), maxCallID)], Run: run}
	var refused *Refused
	switch {
	case err == nil:
	case errors.As(err, &refused):
		c.Code, c.Run = refused.Code, ""
	case errors.Is(err, record.ErrIdempotencyConflict):
		c.Code = CodeIdempotencyConflict
	default:
		c.Code = failOther
	}
	if c.Code != CodeHookSignature && c.Code != CodeHookKey {
		c.Body = previewOf(call.Body)
	}
	return c
}

// maxPreview is how much of a body is kept, in characters.
const maxPreview = 1000

// secretNames are parts of the names of members whose values nobody is shown.
var secretNames = []string{"password", "passwd", "pwd", "secret", "token", "apikey", "authorization", "credential", "signature", "privatekey", "密码", "密钥", "口令"}

// previewOf is the beginning of a JSON body with its secrets masked; nothing of a body that cannot be read.
func previewOf(body []byte) string {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var value any
	if d.Decode(&value) != nil {
		return ""
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if e.Encode(masked(value)) != nil {
		return ""
	}
	preview := []rune(strings.TrimSpace(text.String()))
	if len(preview) > maxPreview {
		return string(preview[:maxPreview-1]) + "…"
	}
	return string(preview)
}

// masked replaces the values of members whose names speak of secrets.
func masked(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if isSecret(name) {
				v[name] = "***"
				continue
			}
			v[name] = masked(member)
		}
	case []any:
		for i := range v {
			v[i] = masked(v[i])
		}
	}
	return value
}

func isSecret(name string) bool {
	plain := strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
	return slices.ContainsFunc(secretNames, func(part string) bool { return strings.Contains(plain, part) })
}

// noteCall remembers a call for the administrators of the flow. Calls of what is no hook, and more than a few a minute, are
// not worth a write: anybody can make them. What cannot be noted is logged; the call itself is done.
func (s *Service) noteCall(ctx context.Context, tenant, name string, call PastCall) {
	if call.Code == CodeNotFound || call.Code == failOther || !s.noted.take(tenant+"/"+name, call.At) {
		return
	}
	if err := s.addCall(ctx, tenant, name, call); err != nil {
		s.config.Log.WarnContext(ctx, "call of a hook not noted", "tenant", tenant, "hook", name, "error", err)
	}
}

func (s *Service) addCall(ctx context.Context, tenant, name string, call PastCall) error {
	for range maxTries {
		old, err := s.hook(ctx, tenant, callsOf(name))
		if err != nil {
			return err
		}
		calls, err := callsIn(old)
		if err != nil {
			return err
		}
		calls = append([]PastCall{call}, calls[:min(len(calls), callsKept-1)]...)
		raw, err := json.Marshal(calls)
		if err != nil {
			return fmt.Errorf("calls of hook %s: %w", name, err)
		}
		doc := store.Doc{ID: callsOf(name), Rev: 1, Values: map[string]any{"calls": string(raw)}, CreatedAt: call.At, UpdatedAt: call.At}
		if old != nil {
			doc.Rev = old.Rev + 1
		}
		err = errors.Join(s.config.Records.Project(ctx, tenant, store.Write{Collection: hooks, Doc: doc, IfRev: doc.Rev - 1})...)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("calls of hook %s: %w", name, store.ErrConflict)
}

func (s *Service) pastCalls(ctx context.Context, tenant, name string) ([]PastCall, error) {
	doc, err := s.hook(ctx, tenant, callsOf(name))
	if err != nil {
		return nil, err
	}
	return callsIn(doc)
}

func callsIn(doc *store.Doc) ([]PastCall, error) {
	calls := []PastCall{}
	if doc == nil {
		return calls, nil
	}
	if err := json.Unmarshal([]byte(textOf(doc.Values, "calls")), &calls); err != nil {
		return nil, fmt.Errorf("calls of hook %s: %w", doc.ID, err)
	}
	return calls, nil
}
