package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"formwork/engine/flow"
	"formwork/engine/record"
	"formwork/engine/store"
)

// Codes of deliveries that were not sent; anything else is what the other side said.
const (
	CodeChannelGone = "channel_gone"    // the channel was removed or switched off
	CodeNobody      = "nobody"          // the person has left, has no address, or may not see the record any more
	CodeSealed      = "secrets_sealed"  // the channel's secrets have to be typed in again
	CodeAddress     = "address_refused" // the address is inside the server's network
)

// permanent is a failure that another attempt would repeat.
type permanent struct {
	code string
	err  error
}

// Error satisfies error.
func (p *permanent) Error() string {
	if p.err == nil {
		return p.code
	}
	return p.code + ": " + p.err.Error()
}

// Unwrap gives the cause.
func (p *permanent) Unwrap() error { return p.err }

// maxAttempts is how often a delivery is tried: as often as the runner of jobs does, some nine hours.
const maxAttempts = flow.MaxAttempts

// sendOne is the job that sends a delivery.
func (s *Service) sendOne(ctx context.Context, tenant string, raw json.RawMessage) error {
	var p payload
	if err := json.Unmarshal(raw, &p); err != nil {
		return err
	}
	st, err := s.open(ctx, tenant)
	if err != nil {
		return err
	}
	docs, err := st.Get(ctx, deliveryCollection, p.Delivery)
	if err != nil {
		return fmt.Errorf("delivery %s: %w", p.Delivery, err)
	}
	if len(docs) == 0 || docs[0].Values["status"] != string(Waiting) {
		return nil
	}
	doc := docs[0]
	subject, failure := s.try(ctx, tenant, doc)
	if subject != "" {
		doc.Values["subject"] = cut(subject)
	}
	return s.settle(ctx, tenant, &doc, failure)
}

// maxSubject is how much of a subject, or of an error, the log keeps, in characters.
const maxSubject = 200

// cut shortens a text to what the log keeps.
func cut(text string) string {
	if utf8.RuneCountInString(text) <= maxSubject {
		return text
	}
	return string([]rune(text)[:maxSubject-1]) + "…"
}

// settle writes what became of an attempt. It fails with what the job is to be tried again for.
func (s *Service) settle(ctx context.Context, tenant string, doc *store.Doc, failure error) error {
	var resting *paused
	if errors.As(failure, &resting) {
		return s.postponed(ctx, tenant, doc, resting)
	}
	attempts, _ := doc.Values["attempts"].(int64)
	attempts++
	doc.Values["attempts"] = attempts
	delete(doc.Values, "error")
	var lasting *permanent
	switch {
	case failure == nil:
		doc.Values["status"], doc.Values["sent_at"] = string(Sent), stamp(s.config.Clock())
	case errors.As(failure, &lasting) && (lasting.code == CodeChannelGone || lasting.code == CodeNobody):
		doc.Values["status"], doc.Values["error"] = string(Skipped), lasting.code
		failure = nil
	case errors.As(failure, &lasting) || attempts >= maxAttempts:
		doc.Values["status"], doc.Values["error"] = string(Failed), cut(failure.Error())
		failure = nil
	default:
		doc.Values["error"] = cut(failure.Error())
	}
	err := s.put(ctx, tenant, doc)
	if errors.Is(err, store.ErrConflict) {
		err = nil // another process has settled it
	}
	return errors.Join(failure, err)
}

// try sends a delivery and gives the subject it had.
func (s *Service) try(ctx context.Context, tenant string, doc store.Doc) (subject string, err error) {
	c, secrets, err := s.channel(ctx, tenant, doc)
	if err != nil {
		return "", err
	}
	what, err := toldBy(doc)
	if err != nil {
		return "", err
	}
	if c.Kind == Email {
		user, _ := doc.Values["user"].(string)
		p, m, err := s.forPerson(ctx, tenant, user, c, what)
		if err != nil {
			return "", err
		}
		return m.Subject, s.reach(ctx, tenant, &doc, func() error { return s.mail(ctx, mailer{c, secrets, doc.ID}, p, m) })
	}
	m, phones, err := s.forGroup(ctx, tenant, c, what)
	if err != nil {
		return "", err
	}
	return m.Subject, s.reach(ctx, tenant, &doc, func() error {
		if c.Kind == Webhook {
			return s.call(ctx, secrets, doc.ID, webhookBody(tenant, doc, what, m))
		}
		return s.robot(ctx, c, secrets, m, phones)
	})
}

// channel reads the channel a delivery goes through, as it is now.
func (s *Service) channel(ctx context.Context, tenant string, doc store.Doc) (*Channel, Secrets, error) {
	docs, err := s.known(ctx, tenant)
	if err != nil {
		return nil, Secrets{}, err
	}
	for _, d := range docs {
		if d.ID != doc.Values["channel"] {
			continue
		}
		c, err := channelOf(d)
		if err != nil {
			return nil, Secrets{}, err
		}
		if !c.Enabled {
			break
		}
		secrets, err := s.unsealToSend(d)
		return &c, secrets, err
	}
	return nil, Secrets{}, &permanent{CodeChannelGone, nil}
}

func toldBy(doc store.Doc) (told, error) {
	var what told
	raw, _ := doc.Values["notice"].(string)
	if err := json.Unmarshal([]byte(raw), &what); err != nil {
		return what, fmt.Errorf("delivery %s: %w", doc.ID, err)
	}
	return what, nil
}

// forPerson makes the message one person is sent, of what he may see now.
func (s *Service) forPerson(ctx context.Context, tenant, user string, c *Channel, what told) (*person, message, error) {
	p, err := s.person(ctx, tenant, user)
	if err != nil {
		return nil, message{}, err
	}
	if p == nil || p.address == "" {
		return nil, message{}, &permanent{CodeNobody, nil}
	}
	m, err := s.personal(ctx, p, c, what)
	return p, m, err
}

func (s *Service) personal(ctx context.Context, p *person, c *Channel, what told) (message, error) {
	values, err := s.around(ctx, p.actor.Tenant, p.actor.Lang, what)
	if err != nil {
		return message{}, err
	}
	var lines []string
	if what.Record != "" {
		if lines, err = s.describe(ctx, p, &what, values); err != nil {
			return message{}, err
		}
	}
	if what.Body != "" {
		lines = append(lines, what.Body)
	}
	m := compose(p.actor.Lang, what.Kind, what.Status, values, lines)
	m.Task = what.Task
	if c != nil {
		m = m.reword(c, values)
	}
	return m, nil
}

// describe fills in what a message names of the record it is about, as its reader may see it, and which of his entries it
// opens. It gives the lines that sum the record up.
func (s *Service) describe(ctx context.Context, p *person, what *told, values map[string]string) ([]string, error) {
	card, err := s.card(ctx, p, what)
	if err != nil {
		return nil, err
	}
	if card == nil {
		if !slices.Contains([]flow.NoticeKind{KindMessage, flow.NoticeIncident, flow.NoticeMention}, what.Kind) {
			return nil, &permanent{CodeNobody, nil}
		}
		if values["subject"] == "" {
			values["subject"], err = s.config.Flows.Subject(ctx, p.actor.Tenant, what.Entity, what.Record)
		}
		return nil, err
	}
	var lines []string
	if card.For != nil {
		lines = append(lines, fill(text(p.actor.Lang, "for"), map[string]string{"name": card.For.Name}))
	}
	values["initiator"], values["node"] = card.Initiator.Name, card.NodeTitle
	if what.Title == "" { // what a flow says itself has a title of its own
		values["subject"] = card.Subject
	}
	if what.Task == "" && card.Tab != flow.TabStarted { // the initiator opens the record itself
		what.Task = card.ID
		values["link"] = s.link(p.actor.Tenant, *what)
	}
	for _, item := range card.Summary {
		fact := map[string]string{"title": item.Title, "value": fmt.Sprint(item.Value)}
		lines = append(lines, fill(text(p.actor.Lang, "fact"), fact))
	}
	return lines, nil
}

// card is the entry of its reader's lists a message is about: his own, or that of whom he stands in for, which the initiator
// may not. nil if there is none.
func (s *Service) card(ctx context.Context, p *person, what *told) (*flow.TaskItem, error) {
	card, err := s.config.Flows.Card(ctx, p.actor, what.Entity, what.Record, tabOf(what.Kind))
	if errors.Is(err, record.ErrNotFound) {
		err = nil
	}
	if card != nil || err != nil || what.Task == "" {
		return card, err
	}
	card, err = s.config.Flows.TaskCard(ctx, p.actor, what.Task)
	if card != nil && card.Initiator.ID == p.actor.ID {
		return nil, err
	}
	return card, err
}

// tabOf is the list whose entry a message opens: what waits for its reader, or what he was sent. He may have no grant on the
// record, which he opens by that entry only.
func tabOf(kind flow.NoticeKind) string {
	switch kind {
	case flow.NoticeCC:
		return flow.TabCC
	case flow.NoticeEnded, flow.NoticeReturned:
		return flow.TabStarted
	default:
		return flow.TabOpen
	}
}

// forGroup makes the message a group or a webhook is sent, and the phones that are to ring.
func (s *Service) forGroup(ctx context.Context, tenant string, c *Channel, what told) (message, []string, error) {
	values, err := s.around(ctx, tenant, c.Lang, what)
	if err != nil {
		return message{}, nil, err
	}
	if what.Title == "" && what.Record != "" {
		if values["subject"], err = s.config.Flows.Subject(ctx, tenant, what.Entity, what.Record); err != nil {
			return message{}, nil, err
		}
	}
	var names, phones []string
	for _, user := range what.Users {
		p, err := s.person(ctx, tenant, user)
		if err != nil {
			return message{}, nil, err
		}
		if p == nil {
			continue
		}
		names = append(names, p.actor.Name)
		if p.phone != "" && c.Mention {
			phones = append(phones, p.phone)
		}
	}
	values["people"] = strings.Join(names, "、")
	key := "group.people"
	if what.Kind == flow.NoticeTask || what.Kind == flow.NoticeRemind {
		key = "group.task"
	}
	m := compose(c.Lang, what.Kind, what.Status, values, nil)
	m.Line = m.Subject // a group is not addressed as "you"
	if what.Body != "" {
		m.Lines = append(m.Lines, what.Body)
	}
	if len(names) > 0 {
		m.Lines = append([]string{fill(text(c.Lang, key), values)}, m.Lines...)
	}
	return m.reword(c, values), phones, nil
}

// around are the values of a message that do not depend on who reads it.
func (s *Service) around(ctx context.Context, tenant, lang string, what told) (map[string]string, error) {
	company, err := s.config.Tenants.Tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	values := map[string]string{
		"kind": text(lang, "kind."+string(what.Kind)), "company": company.Title, "comment": what.Comment, "subject": what.Title, "link": s.link(tenant, what), "actor": text(lang, "system"),
		"initiator": "", "node": "", "people": "",
	}
	names, err := s.names(ctx, tenant, []string{what.Actor})
	if err != nil {
		return nil, err
	}
	if name := names[what.Actor]; name != "" {
		values["actor"] = name
	}
	return values, nil
}

// link opens the entry of the reader's lists, or the record, in the right company.
func (s *Service) link(tenant string, what told) string {
	path, home := "", s.openedAt()
	switch {
	case home == "":
		return ""
	case what.Task != "":
		path = "/tasks/" + url.PathEscape(what.Task)
	case what.Record != "":
		path = "/e/" + url.PathEscape(what.Entity) + "/r/" + url.PathEscape(what.Record)
	}
	return home + path + "?company=" + url.QueryEscape(tenant)
}
