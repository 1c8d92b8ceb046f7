package notify

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/query"
	"formwork/engine/store"
)

// CodeNoWebhook refuses a flow's webhook: no channel of this name is switched on.
const CodeNoWebhook = "no_webhook"

// CodeWebhookOff says that a flow's webhook is a channel that is switched off.
const CodeWebhookOff = "webhook_off"

// Ready implements flow.Outward: there is a channel of this name, it is switched on, its secrets can be read, and its
// address may be called. A name that nobody resolves just now stands in no way.
func (s *Service) Ready(ctx context.Context, tenant, webhook string) (string, error) {
	doc, c, err := s.webhook(ctx, tenant, webhook)
	switch {
	case err != nil:
		return "", err
	case doc == nil:
		return CodeNoWebhook, nil
	case !c.Enabled:
		return CodeWebhookOff, nil
	}
	secrets, err := s.unseal(*doc)
	switch {
	case errors.Is(err, ErrSealed):
		return CodeSealed, nil
	case err != nil:
		return "", err
	case !s.dialer.reaches(ctx, secrets.URL):
		return CodeAddress, nil
	}
	return "", nil
}

func (s *Service) webhook(ctx context.Context, tenant, name string) (*store.Doc, *Channel, error) {
	docs, err := s.known(ctx, tenant)
	if err != nil {
		return nil, nil, err
	}
	for i := range docs {
		c, err := channelOf(docs[i])
		if err != nil {
			return nil, nil, err
		}
		if c.Kind == Webhook && c.Name == name {
			return &docs[i], &c, nil
		}
	}
	return nil, nil, nil
}

// Deliver implements flow.Outward. A notification is queued like any other message; a webhook is called at once, and
// what became of it stands in the delivery log: the flow tries again by itself.
func (s *Service) Deliver(ctx context.Context, tenant string, m flow.Outbound) error {
	what := told{
		Kind: KindMessage, Users: m.To, Entity: m.Entity, Record: m.Record, Flow: m.Flow, Title: m.Title, Body: m.Body, Actor: "system",
	}
	if m.Kind == flow.OutboundNotify {
		return s.deliverMessage(ctx, tenant, m.ID, what)
	}
	found, c, err := s.webhook(ctx, tenant, m.Webhook)
	if err != nil {
		return err
	}
	if found == nil || !c.Enabled {
		return &flow.Permanent{Code: CodeNoWebhook, Err: fmt.Errorf("webhook %s", m.Webhook)}
	}
	what.Title = m.Webhook
	doc, err := s.add(ctx, tenant, s.deliveryDoc(c.ID, "", m.ID, what, s.config.Clock()))
	if err != nil || doc.Values["status"] == string(Sent) {
		return err
	}
	secrets, err := s.unsealToSend(*found)
	if err == nil {
		err = s.reach(ctx, tenant, &doc, func() error {
			return s.call(ctx, secrets, m.ID, webhookEffect{
				ID: m.ID, Type: "flow." + m.Flow, At: stamp(m.At), Company: tenant, Flow: m.Flow, Node: m.Node, Entity: m.Entity,
				Record: m.Record, Data: m.Payload,
			})
		})
	}
	return s.settleEffect(ctx, tenant, &doc, err)
}

// settleEffect writes what became of a webhook's call, and tells the flow, which alone decides whether it is tried again.
func (s *Service) settleEffect(ctx context.Context, tenant string, doc *store.Doc, failure error) error {
	var resting *paused
	if errors.As(failure, &resting) {
		at, err := s.hold(ctx, tenant, doc, resting)
		if err != nil {
			return err
		}
		return &flow.Paused{Code: CodePaused, Until: at}
	}
	if err := s.settle(ctx, tenant, doc, failure); err != nil && failure == nil {
		return err
	}
	var lasting *permanent
	if errors.As(failure, &lasting) {
		return &flow.Permanent{Code: lasting.code, Err: lasting.err}
	}
	return failure
}

// webhookEffect is what a webhook is sent by an action of a flow.
type webhookEffect struct {
	ID      string         `json:"id"`
	Type    string         `json:"type"` // "flow.<name>"
	At      string         `json:"at"`
	Company string         `json:"company"`
	Flow    string         `json:"flow"`
	Node    string         `json:"node"`
	Entity  string         `json:"entity,omitempty"`
	Record  string         `json:"record,omitempty"`
	Data    map[string]any `json:"data"`
}

// deliverMessage tells people what a flow has to say: in the app, and by every mail channel that is switched on for it.
func (s *Service) deliverMessage(ctx context.Context, tenant, key string, what told) error {
	docs, err := s.known(ctx, tenant)
	if err != nil {
		return err
	}
	m := s.newMailbag(tenant)
	for _, doc := range docs {
		c, err := channelOf(doc)
		if err != nil {
			return err
		}
		if c.Kind != Email || !c.Enabled || !c.serves(what.Flow) {
			continue
		}
		if err := m.through(ctx, &c, key, what); err != nil {
			return err
		}
	}
	m.intoApp(key, what)
	return m.send(ctx)
}

// Test sends the actor, or the group, a message through a channel, in its own wording if it has one, and waits for what
// comes of it. What went wrong is
// *record.InvalidError at the channel's fields, with what the other side said.
func (s *Service) Test(ctx context.Context, actor access.Actor, id string) error {
	doc, c, err := s.channelByID(ctx, actor.Tenant, id)
	if err != nil {
		return err
	}
	secrets, err := s.unseal(doc)
	if err != nil {
		return err
	}
	company, err := s.config.Tenants.Tenant(ctx, actor.Tenant)
	if err != nil {
		return err
	}
	lang := c.Lang
	if c.Kind == Email {
		lang = actor.Lang
	}
	values := map[string]string{"company": company.Title, "channel": c.Name, "link": s.link(actor.Tenant, told{})}
	err = s.testThrough(ctx, actor, &c, secrets, compose(lang, "test", "", values, nil).reword(&c, example(lang, actor, values)))
	if err == nil {
		s.revive(ctx, actor.Tenant, c.ID)
	}
	return err
}

// example fills what the own wording of a channel may name, so that a test shows how messages will look.
func example(lang string, actor access.Actor, values map[string]string) map[string]string {
	all := map[string]string{"kind": text(lang, "kind.test"), "initiator": actor.Name, "actor": actor.Name, "people": actor.Name}
	for _, name := range []string{"subject", "node", "comment"} {
		all[name] = text(lang, "example."+name)
	}
	maps.Copy(all, values)
	return all
}

func (s *Service) testThrough(ctx context.Context, actor access.Actor, c *Channel, secrets Secrets, m message) error {
	switch c.Kind {
	case Email:
		p, err := s.person(ctx, actor.Tenant, actor.ID)
		if err != nil {
			return err
		}
		if p == nil || p.address == "" {
			return &TestError{Code: "no_address"}
		}
		return tested(s.mail(ctx, mailer{c, secrets, s.config.NewID()}, p, m))
	case Webhook:
		test := webhookNotice{ID: s.config.NewID(), Type: "test", At: stamp(s.config.Clock()), Company: actor.Tenant, Subject: m.Subject, Text: m.Line, Users: []string{}}
		return tested(s.call(ctx, secrets, test.ID, test))
	default:
		return tested(s.robot(ctx, c, secrets, m, nil))
	}
}

// TestError is why a test message did not go through. Said is what the other side, or the network, said.
type TestError struct {
	Code string
	Said string
}

// Error satisfies error.
func (e *TestError) Error() string { return "test message: " + e.Code + " " + e.Said }

func tested(err error) error {
	if err == nil {
		return nil
	}
	var lasting *permanent
	if errors.As(err, &lasting) && lasting.code == CodeAddress {
		return &TestError{Code: CodeAddress}
	}
	return &TestError{Code: "not_sent", Said: cut(err.Error())}
}

// Inbox is one page of what a person was told in the app, the latest first.
type Inbox struct {
	Messages []InboxItem `json:"messages"`
	Unread   int         `json:"unread"`
	Next     string      `json:"next"`
}

// InboxItem is one message as its reader sees it.
type InboxItem struct {
	ID      string   `json:"id"`
	Kind    string   `json:"kind"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	Lines   []string `json:"lines"`
	Entity  string   `json:"entity,omitempty"`
	Record  string   `json:"record,omitempty"`
	Task    string   `json:"task,omitempty" description:"entry of the reader's lists to open; absent: the record itself"`
	At      string   `json:"at"`
	Unread  bool     `json:"unread"`
}

// maxUnread ends the counting of unread messages; the bell shows "99+".
const maxUnread = 100

// Inbox reads what the actor was told.
func (s *Service) Inbox(ctx context.Context, actor access.Actor, after string) (Inbox, error) {
	answer := Inbox{Messages: []InboxItem{}}
	page, err := s.find(ctx, actor.Tenant, query.AllOf(is("user", actor.ID), is("channel", app)), after, inboxPage)
	if err != nil {
		return answer, err
	}
	answer.Next = page.Next
	me := &person{actor: actor}
	for _, doc := range page.Docs {
		what, err := toldBy(doc)
		if err != nil {
			return answer, err
		}
		m, err := s.personal(ctx, me, nil, what)
		var lasting *permanent
		if errors.As(err, &lasting) {
			continue // he may not see it any more
		}
		if err != nil {
			return answer, err
		}
		unread, _ := doc.Values["unread"].(bool)
		at, _ := doc.Values["made_at"].(string)
		answer.Messages = append(answer.Messages, InboxItem{
			ID: doc.ID, Kind: string(what.Kind), Subject: m.Subject, Text: m.Line, Lines: append([]string{}, m.Lines...), Entity: what.Entity,
			Record: what.Record, Task: m.Task, At: at, Unread: unread,
		})
	}
	answer.Unread, err = s.Unread(ctx, actor)
	return answer, err
}

const inboxPage = 20

// Unread counts what the actor was told and has not looked at, up to maxUnread.
func (s *Service) Unread(ctx context.Context, actor access.Actor) (int, error) {
	st, err := s.open(ctx, actor.Tenant)
	if err != nil {
		return 0, err
	}
	n, _, err := st.Count(ctx, query.Query{Collection: deliveryCollection, Where: s.unread(actor)}, maxUnread)
	if err != nil {
		return 0, fmt.Errorf("unread messages: %w", err)
	}
	return n, nil
}

func (s *Service) unread(actor access.Actor) *query.Filter {
	return query.AllOf(is("user", actor.ID), is("channel", app), &query.Filter{
		Cond: &query.Cond{Path: []string{"unread"}, Op: query.Eq, Value: true, Type: def.TypeBoolean},
	})
}

// ReadAll marks everything the actor was told as read.
func (s *Service) ReadAll(ctx context.Context, actor access.Actor) error {
	for {
		page, err := s.find(ctx, actor.Tenant, s.unread(actor), "", 100)
		if err != nil || len(page.Docs) == 0 {
			return err
		}
		for _, doc := range page.Docs {
			doc.Values["unread"] = false
			if err := s.put(ctx, actor.Tenant, &doc); err != nil && !errors.Is(err, store.ErrConflict) {
				return err
			}
		}
	}
}
