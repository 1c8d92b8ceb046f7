package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// ChannelKind says how a channel speaks.
type ChannelKind string

// The kinds of channels.
const (
	Email    ChannelKind = "email"
	Webhook  ChannelKind = "webhook"
	WeCom    ChannelKind = "wecom"
	DingTalk ChannelKind = "dingtalk"
	Feishu   ChannelKind = "feishu"
)

var channelKinds = []ChannelKind{Email, Webhook, WeCom, DingTalk, Feishu}

// Securities of the connection to a mail server.
const (
	SecurityTLS      = "tls"      // TLS from the first byte, usually port 465
	SecuritySTARTTLS = "starttls" // TLS or nothing, usually port 587
	SecurityNone     = "none"     // in the clear: for a relay on the same machine or network
)

// Channel is one way messages leave the company. Secrets are never part of it: Target is what may be shown of an address
// that is itself a secret.
type Channel struct {
	ID      string            `json:"id"`
	Rev     int64             `json:"rev"`
	Name    string            `json:"name"` // what flows and people call it
	Kind    ChannelKind       `json:"kind" enum:"email,webhook,wecom,dingtalk,feishu"`
	Enabled bool              `json:"enabled"`
	Notices []flow.NoticeKind `json:"notices"`         // what it tells; none: only what flows send through it
	Flows   []string          `json:"flows,omitempty"` // only of these; empty: of all
	Lang    string            `json:"lang,omitempty"`  // of messages without one reader: zh-CN or en
	Subject string            `json:"subject,omitempty" description:"own wording with {placeholders}; empty: the usual one"`
	Body    string            `json:"body,omitempty" description:"own wording with {placeholders}; empty: the usual one"`
	// Of e-mail.
	Host     string `json:"host,omitempty"`
	Port     int    `json:"port,omitempty"`
	Security string `json:"security,omitempty" enum:"tls,starttls,none"`
	Login    string `json:"login,omitempty"`
	From     string `json:"from,omitempty" description:"name <address>"`
	// Of robots: name people by their phone numbers, so that their phones ring.
	Mention bool `json:"mention,omitempty"`

	Target    string `json:"target,omitempty"` // where it goes, as far as it is no secret
	HasSecret bool   `json:"hasSecret"`

	// PausedUntil is set while the receiver is left alone because it did not answer several times in a row.
	PausedUntil *time.Time `json:"pausedUntil,omitempty"`
}

// Secrets are what a channel needs and nobody is shown.
type Secrets struct {
	URL    string `json:"url,omitempty"`    // of webhooks and robots
	Secret string `json:"secret,omitempty"` // password of the mail account, or key of signatures
}

// ChannelInput is a channel as somebody wants it. Secrets that are nil stay as they are.
type ChannelInput struct {
	Channel

	URL    *string `json:"url,omitempty"`
	Secret *string `json:"secret,omitempty"`
}

const (
	channelCollection = "notify_channel"
	maxName           = 60
	maxWording        = 4000
)

// Channels lists a company's channels by name.
func (s *Service) Channels(ctx context.Context, tenant string) ([]Channel, error) {
	docs, err := s.channelDocs(ctx, tenant)
	if err != nil {
		return nil, err
	}
	resting, err := s.rests(ctx, tenant)
	if err != nil {
		return nil, err
	}
	channels := make([]Channel, 0, len(docs))
	for _, doc := range docs {
		c, err := channelOf(doc)
		if err != nil {
			return nil, err
		}
		if until, rests := resting[doc.ID]; rests {
			c.PausedUntil = &until
		}
		channels = append(channels, c)
	}
	slices.SortFunc(channels, func(a, b Channel) int { return strings.Compare(a.Name, b.Name) })
	return channels, nil
}

func (s *Service) channelDocs(ctx context.Context, tenant string) ([]store.Doc, error) {
	st, err := s.open(ctx, tenant)
	if err != nil {
		return nil, err
	}
	page, err := st.Find(ctx, query.Query{Collection: channelCollection, Limit: maxChannels})
	if err != nil {
		return nil, fmt.Errorf("channels of %s: %w", tenant, err)
	}
	return page.Docs, nil
}

// serves tells whether a channel tells of a flow.
func (c *Channel) serves(flow string) bool {
	return len(c.Flows) == 0 || slices.Contains(c.Flows, flow)
}

// maxChannels is how many channels a company may have.
const maxChannels = 50

func channelOf(doc store.Doc) (Channel, error) {
	var c Channel
	text, _ := doc.Values["settings"].(string)
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return c, fmt.Errorf("channel %s: %w", doc.ID, err)
	}
	c.ID, c.Rev = doc.ID, doc.Rev
	return c, nil
}

// SaveChannel creates a channel (ID "") or changes one at the revision it names. It fails with *record.InvalidError for
// what is wrong with it, and with store.ErrConflict if it has been changed meanwhile.
func (s *Service) SaveChannel(ctx context.Context, actor access.Actor, in ChannelInput) (Channel, error) {
	st, err := s.open(ctx, actor.Tenant)
	if err != nil {
		return Channel{}, err
	}
	now := s.config.Clock()
	doc := store.Doc{ID: s.config.NewID(), CreatedBy: actor.ID, CreatedAt: now}
	var secrets Secrets
	if in.ID != "" {
		if doc, err = s.channelDoc(ctx, st, in.ID); err != nil {
			return Channel{}, err
		}
		if doc.Rev != in.Rev {
			return Channel{}, store.ErrConflict
		}
		if secrets, err = s.unseal(doc); err != nil && !errors.Is(err, ErrSealed) {
			return Channel{}, err
		}
	} else if docs, err := s.channelDocs(ctx, actor.Tenant); err != nil {
		return Channel{}, err
	} else if len(docs) >= maxChannels {
		return Channel{}, &record.InvalidError{Problems: []form.Problem{{Field: "name", Code: "limit", Params: map[string]any{"max": maxChannels}}}}
	}
	if in.URL != nil {
		secrets.URL = strings.TrimSpace(*in.URL)
	}
	if in.Secret != nil {
		secrets.Secret = *in.Secret
	}
	c := in.Channel
	c.tidy(secrets)
	if problems := c.problems(secrets); len(problems) > 0 {
		return Channel{}, &record.InvalidError{Problems: problems}
	}
	kind := event.TypeUpdated
	if doc.Rev == 0 {
		kind = event.TypeCreated
	}
	if err := s.putChannel(ctx, actor, &doc, channelWrite{c, secrets, kind}); err != nil {
		return Channel{}, err
	}
	s.revive(ctx, actor.Tenant, doc.ID)
	return channelOf(doc)
}

// RemoveChannel takes a channel away. Its deliveries stay in the log; what waits is not sent any more.
func (s *Service) RemoveChannel(ctx context.Context, actor access.Actor, id string) error {
	doc, c, err := s.channelByID(ctx, actor.Tenant, id)
	if err != nil {
		return err
	}
	doc.Deleted = true
	return s.putChannel(ctx, actor, &doc, channelWrite{channel: c, event: event.TypeDeleted})
}

// channelByID gives a channel that is there: its document, and what that says.
func (s *Service) channelByID(ctx context.Context, tenant, id string) (store.Doc, Channel, error) {
	st, err := s.open(ctx, tenant)
	if err != nil {
		return store.Doc{}, Channel{}, err
	}
	doc, err := s.channelDoc(ctx, st, id)
	if err != nil {
		return store.Doc{}, Channel{}, err
	}
	c, err := channelOf(doc)
	return doc, c, err
}

func (s *Service) channelDoc(ctx context.Context, st store.Store, id string) (store.Doc, error) {
	docs, err := st.Get(ctx, channelCollection, id)
	if err != nil {
		return store.Doc{}, fmt.Errorf("channel %s: %w", id, err)
	}
	if len(docs) == 0 || docs[0].Deleted {
		return store.Doc{}, record.ErrNotFound
	}
	return docs[0], nil
}

// channelWrite is what a channel becomes, and the type of event that says so.
type channelWrite struct {
	channel Channel
	secrets Secrets
	event   string
}

// putChannel stores a channel and the event that says who changed it. Secrets are not part of the event.
func (s *Service) putChannel(ctx context.Context, actor access.Actor, doc *store.Doc, w channelWrite) error {
	c := w.channel
	sealed, err := s.seal(doc.ID, w.secrets)
	if err != nil {
		return err
	}
	c.ID, c.Rev, c.PausedUntil = "", 0, nil
	settings, err := json.Marshal(c)
	if err != nil {
		return err
	}
	rev := doc.Rev
	doc.Rev, doc.UpdatedBy, doc.UpdatedAt = rev+1, actor.ID, s.config.Clock()
	doc.Values = map[string]any{"settings": string(settings), "sealed": sealed}
	doc.Keys = nil
	if !doc.Deleted {
		doc.Keys = []string{"name|" + strings.ToLower(c.Name)}
	}
	events, chain, err := event.Seal(doc.Chain, []store.Event{{
		Entity: channelCollection, Record: doc.ID, Rev: doc.Rev, Type: w.event, Actor: actor.ID, At: doc.UpdatedAt, Data: settings,
	}})
	if err != nil {
		return err
	}
	doc.Chain = chain
	write := store.Write{Collection: channelCollection, Doc: *doc, IfRev: rev, Events: events}
	err = s.config.Records.Project(ctx, actor.Tenant, write)[0]
	var taken *store.DuplicateError
	if errors.As(err, &taken) {
		return &record.InvalidError{Problems: []form.Problem{{Field: "name", Code: "duplicate"}}}
	}
	if err == nil {
		s.forget(actor.Tenant)
		s.config.Events.Wake(actor.Tenant)
	}
	return err
}

// tidy fills in what follows from the rest and drops what another kind would need.
func (c *Channel) tidy(secrets Secrets) {
	c.Name, c.Host, c.From = strings.TrimSpace(c.Name), strings.TrimSpace(c.Host), strings.TrimSpace(c.From)
	c.HasSecret = secrets.Secret != ""
	if c.Lang == "" {
		c.Lang = "zh-CN"
	}
	if c.Notices == nil {
		c.Notices = []flow.NoticeKind{}
	}
	if c.Kind != Email {
		c.Host, c.Port, c.Security, c.Login, c.From, c.Target = "", 0, "", "", "", shown(secrets.URL)
		return
	}
	c.Mention, c.Target = false, c.Host
	if c.Security == "" {
		c.Security = SecuritySTARTTLS
	}
	if c.Port == 0 {
		c.Port = map[string]int{SecurityTLS: 465, SecuritySTARTTLS: 587, SecurityNone: 25}[c.Security]
	}
}

// shown is what may be shown of an address that holds a token: where it goes, not the token.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + "/…"
}

// problems tells what is wrong with a channel, field by field.
func (c *Channel) problems(secrets Secrets) []form.Problem {
	var found []form.Problem
	add := func(field, code string, params map[string]any) {
		found = append(found, form.Problem{Field: field, Code: code, Params: params})
	}
	if c.Name == "" {
		add("name", "required", nil)
	} else if utf8.RuneCountInString(c.Name) > maxName {
		add("name", "length", map[string]any{"max": maxName})
	}
	if !slices.Contains(channelKinds, c.Kind) {
		add("kind", "option", nil)
		return found
	}
	for _, kind := range c.Notices {
		if !slices.Contains(flow.NoticeKinds(), kind) {
			add("notices", "option", nil)
		}
	}
	if c.Lang != "zh-CN" && c.Lang != "en" {
		add("lang", "option", nil)
	}
	for field, wording := range map[string]string{"subject": c.Subject, "body": c.Body} {
		if len(wording) > maxWording {
			add(field, "length", map[string]any{"max": maxWording})
		} else if unknown := unknownPlaceholder(wording); unknown != "" {
			add(field, "placeholder", map[string]any{"name": unknown})
		}
	}
	if c.Kind == Email {
		return append(found, c.mailProblems(secrets)...)
	}
	u, err := url.Parse(secrets.URL)
	switch {
	case secrets.URL == "":
		add("url", "required", nil)
	case err != nil || u.Hostname() == "" || u.User != nil || (u.Scheme != "https" && (u.Scheme != "http" || c.Kind != Webhook)):
		add("url", "address", nil)
	}
	if c.Kind == Webhook && len(secrets.Secret) < minSecret {
		add("secret", "length", map[string]any{"min": minSecret})
	}
	return found
}

// minSecret is the shortest key that signs what a webhook is sent.
const minSecret = 16

func (c *Channel) mailProblems(secrets Secrets) []form.Problem {
	var found []form.Problem
	add := func(field, code string) { found = append(found, form.Problem{Field: field, Code: code}) }
	if c.Host == "" {
		add("host", "required")
	} else if strings.ContainsAny(c.Host, "/: @") {
		add("host", "address")
	}
	if c.Port < 1 || c.Port > 65535 {
		add("port", "option")
	}
	if !slices.Contains([]string{SecurityTLS, SecuritySTARTTLS, SecurityNone}, c.Security) {
		add("security", "option")
	}
	if c.From == "" {
		add("from", "required")
	} else if _, err := mail.ParseAddress(c.From); err != nil {
		add("from", "address")
	}
	if c.Login != "" && secrets.Secret == "" {
		add("secret", "required")
	}
	if c.Login != "" && c.Security == SecurityNone {
		add("security", "password_in_the_clear")
	}
	return found
}

// channelFields are what the store is told of a channel.
var channelFields = []store.Field{
	{Path: "settings", Type: def.TypeLongText}, {Path: "sealed", Type: def.TypeLongText},
}
