package flow

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/record"
	"formwork/engine/store"
)

// hooks keeps the secrets of inbound webhooks, by name.
const hooks = "flow_hook"

const (
	hookSkew = 5 * time.Minute // how old or early the time of a call may be
	hookRate = 60              // accepted calls of one hook per minute and process
)

// The codes of refused calls, beside rate_limit and not_found.
const (
	CodeHookSignature = "hook_signature" // wrong secret, changed body, or a time too far away
	CodeHookKey       = "hook_key"       // no id by which a repetition would be known
	CodeHookBody      = "hook_body"      // not a JSON object
)

// Hook is an inbound webhook: a flow that starts when somebody outside calls.
type Hook struct {
	Name  string     `json:"name"`
	Flow  string     `json:"flow"`
	Title string     `json:"title"`
	Since *time.Time `json:"since,omitempty"` // when its secret was made; absent: it has none and takes no calls
	// Sealed: its secret was sealed with another key, it takes no calls until it has a new one.
	Sealed bool       `json:"sealed,omitempty"`
	Calls  []PastCall `json:"calls"` // the last ones, newest first
}

// HookCall is one call from outside: headers as Standard Webhooks (standardwebhooks.com) has them, and the body as it came.
type HookCall struct {
	ID        string // webhook-id or Idempotency-Key: repetitions carry the same
	Timestamp string // webhook-timestamp, Unix seconds
	Signature string // webhook-signature: "v1,<base64 of HMAC-SHA256 over id.timestamp.body>", several with blanks
	Body      []byte
}

// Hooks lists the inbound webhooks of the flows in force that the actor administers.
func (s *Service) Hooks(ctx context.Context, actor access.Actor) ([]Hook, error) {
	tenant := actor.Tenant
	cat, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return nil, err
	}
	list := []Hook{}
	for _, name := range slices.Sorted(maps.Keys(cat.Flows)) {
		f := cat.Flows[name]
		if f.Start == nil || f.Start.Webhook == "" {
			continue
		}
		if may, err := s.Administers(ctx, actor, f); err != nil || !may {
			if err != nil {
				return nil, err
			}
			continue
		}
		h := Hook{Name: f.Start.Webhook, Flow: name, Title: f.Label(actor.Lang)}
		doc, err := s.hook(ctx, tenant, h.Name)
		if err != nil {
			return nil, err
		}
		if doc != nil {
			h.Since = timeOf(doc.Values, "since")
			if h.Since == nil { // as older versions kept it
				h.Since = &doc.UpdatedAt
			}
			_, err := s.hookSecret(doc)
			h.Sealed = err != nil
		}
		if h.Calls, err = s.pastCalls(ctx, tenant, h.Name); err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, nil
}

// SetHookSecret gives a hook a new secret; the old one does not count any more. A hook of a flow the actor does not
// administer is not there (not_found).
func (s *Service) SetHookSecret(ctx context.Context, actor access.Actor, name, secret string) error {
	tenant := actor.Tenant
	cat, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return err
	}
	f := hookFlow(cat, name)
	if f == nil {
		return refuse(CodeNotFound)
	}
	if may, err := s.Administers(ctx, actor, f); err != nil || !may {
		return cmp.Or(err, refuse(CodeNotFound))
	}
	for range maxTries {
		old, err := s.hook(ctx, tenant, name)
		if err != nil {
			return err
		}
		now := wireMilli(s.config.Clock())
		values, err := s.sealedSecret(name, secret, now)
		if err != nil {
			return err
		}
		doc := store.Doc{ID: name, Rev: 1, Values: values, CreatedAt: now, UpdatedAt: now}
		if old != nil {
			doc.Rev = old.Rev + 1
		}
		err = errors.Join(s.config.Records.Project(ctx, tenant, store.Write{Collection: hooks, Doc: doc, IfRev: doc.Rev - 1})...)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("secret of hook %s: %w", name, store.ErrConflict)
}

func (s *Service) hook(ctx context.Context, tenant, name string) (*store.Doc, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if err := s.prepareAutomation(ctx, tenant, st); err != nil {
		return nil, err
	}
	docs, err := st.Get(ctx, hooks, name)
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	return &docs[0], nil
}

func hookFlow(cat *def.Catalog, name string) *def.Flow {
	for _, f := range cat.Flows {
		if f.Start != nil && f.Start.Webhook == name {
			return f
		}
	}
	return nil
}

// Receive starts the flow of a hook with the body as its data, and gives the id of the run. A repetition, known by its id,
// starts nothing: replay is true; the same id with another body is record.ErrIdempotencyConflict. It fails with *Refused:
// not_found, hook_signature, hook_key, hook_body, rate_limit.
func (s *Service) Receive(ctx context.Context, tenant, name string, call HookCall) (run string, replay bool, err error) {
	run, replay, err = s.receive(ctx, tenant, name, call)
	note := pastCall(s.config.Clock(), &call, run, err)
	note.Replay = replay
	s.noteCall(ctx, tenant, name, note)
	return run, replay, err
}

func (s *Service) receive(ctx context.Context, tenant, name string, call HookCall) (run string, replay bool, err error) {
	cat, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return "", false, err
	}
	f := hookFlow(cat, name)
	if f == nil {
		return "", false, refuse(CodeNotFound)
	}
	doc, err := s.hook(ctx, tenant, name)
	if err != nil {
		return "", false, err
	}
	if doc == nil {
		return "", false, refuse(CodeNotFound)
	}
	now := s.config.Clock()
	secret, err := s.hookSecret(doc)
	if err != nil {
		s.config.Log.WarnContext(ctx, "secret of a hook cannot be read", "tenant", tenant, "hook", name, "error", err)
		return "", false, refuse(CodeHookSignature)
	}
	if err := call.verify(secret, now); err != nil {
		return "", false, err
	}
	if !s.calls.take(tenant+"/"+name, now) {
		return "", false, refuseWith(CodeRateLimit, "seconds", int(time.Minute/time.Second))
	}
	data, err := call.data()
	if err != nil {
		return "", false, err
	}
	n := newRun{
		id: derivedID("hook", name, call.ID), flow: f.Name, trigger: onWebhook, data: data, digest: digestOf(call.Body), at: now,
	}
	if replay, err := s.repeated(ctx, tenant, &n); replay || err != nil {
		return n.id, replay, err
	}
	replay, err = s.startRun(ctx, tenant, &n)
	if errors.Is(err, record.ErrIdempotencyConflict) { // the same call at the same moment was faster
		replay, err = s.repeated(ctx, tenant, &n)
	}
	return n.id, replay, err
}

// repeated tells whether a call started its run before. The same id with another body is record.ErrIdempotencyConflict.
func (s *Service) repeated(ctx context.Context, tenant string, n *newRun) (bool, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return false, err
	}
	docs, err := st.Get(ctx, def.EntityRun, n.id)
	if err != nil || len(docs) == 0 {
		return false, err
	}
	if textOf(docs[0].Values, "digest") != n.digest {
		return false, fmt.Errorf("call of %s: %w", n.flow, record.ErrIdempotencyConflict)
	}
	return true, nil
}

func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// verify checks the signature and the time of a call.
func (c *HookCall) verify(secret string, now time.Time) error {
	if c.ID == "" || len(c.ID) > 200 {
		return refuse(CodeHookKey)
	}
	seconds, err := strconv.ParseInt(c.Timestamp, 10, 64)
	if err != nil {
		return refuse(CodeHookSignature)
	}
	if off := now.Sub(time.Unix(seconds, 0)); off > hookSkew || off < -hookSkew {
		return refuse(CodeHookSignature)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%s.%s.", c.ID, c.Timestamp)
	_, _ = mac.Write(c.Body)
	want := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	for given := range bytes.FieldsSeq([]byte(c.Signature)) {
		if hmac.Equal(given, want) {
			return nil
		}
	}
	return refuse(CodeHookSignature)
}

// data reads the body: an object, numbers exact.
func (c *HookCall) data() (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(c.Body))
	d.UseNumber()
	var data map[string]any
	if err := d.Decode(&data); err != nil || data == nil {
		return nil, refuse(CodeHookBody)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) { // something follows
		return nil, refuse(CodeHookBody)
	}
	return data, nil
}

// callRate counts accepted calls per hook and minute.
type callRate struct {
	mu     sync.Mutex
	minute int64
	counts map[string]int
}

// take tells whether one more call is within the rate.
func (r *callRate) take(name string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if minute := now.Unix() / 60; minute != r.minute || r.counts == nil {
		r.minute, r.counts = minute, map[string]int{}
	}
	r.counts[name]++
	return r.counts[name] <= hookRate
}
