package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// mailer is the channel a mail goes through, and the id it goes under.
type mailer struct {
	channel *Channel
	secrets Secrets
	id      string
}

// mail sends a message to one person. The id of the delivery is the message's: a mail sent twice is one to programs that
// look.
func (s *Service) mail(ctx context.Context, by mailer, p *person, m message) error {
	msg, err := letter(by, p, m)
	if err != nil {
		return err
	}
	client, err := s.mailClient(by.channel, by.secrets)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 3*callTimeout)
	defer cancel()
	err = client.DialAndSendWithContext(ctx, msg)
	var refused *mail.SendError
	switch {
	case errors.Is(err, ErrAddress):
		return &permanent{CodeAddress, nil}
	case errors.As(err, &refused) && !refused.IsTemp():
		return &permanent{"smtp", err}
	}
	return err
}

func (s *Service) mailClient(c *Channel, secrets Secrets) (*mail.Client, error) {
	options := []mail.Option{
		mail.WithPort(c.Port), mail.WithTimeout(callTimeout), mail.WithDialContextFunc(s.dialer.DialContext),
	}
	switch c.Security {
	case SecurityTLS:
		options = append(options, mail.WithSSL())
	case SecuritySTARTTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	default:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if c.Login != "" {
		options = append(options,
			mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.Login), mail.WithPassword(secrets.Secret))
	}
	return mail.NewClient(c.Host, options...)
}

// letter lays a message out, as plain text and as HTML.
func letter(by mailer, p *person, m message) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(by.channel.From); err != nil {
		return nil, &permanent{"from", err}
	}
	if err := msg.AddToFormat(p.actor.Name, p.address); err != nil {
		return nil, &permanent{CodeNobody, err}
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetDate()
	msg.SetMessageIDWithValue(by.id + "@formwork")
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(mail.TypeTextPlain, m.plain()+"\n\n"+m.Foot+"\n")
	if err := msg.AddAlternativeHTMLTemplate(page, m); err != nil {
		return nil, fmt.Errorf("lay out mail: %w", err)
	}
	return msg, nil
}

// oneLine keeps what people wrote from becoming headers.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

var page = template.Must(template.New("mail").Parse(`<!doctype html>
<html><body style="margin:0;padding:24px;background:#f5f5f5;font:15px/1.6 -apple-system,'PingFang SC','Microsoft YaHei',sans-serif;color:#1f1f1f">
<table role="presentation" align="center" width="100%" style="max-width:560px;background:#fff;border-radius:8px"><tr><td style="padding:24px">
<p style="margin:0 0 12px;font-size:17px;font-weight:600">{{.Line}}</p>
{{range .Lines}}<p style="margin:0 0 4px;color:#595959;white-space:pre-line">{{.}}</p>
{{end}}{{if .Link}}<p style="margin:20px 0 0"><a href="{{.Link}}" style="display:inline-block;padding:10px 28px;background:#1668dc;color:#fff;border-radius:6px;text-decoration:none">{{.Open}}</a></p>
{{end}}</td></tr></table>
<p style="max-width:560px;margin:12px auto 0;font-size:12px;color:#8c8c8c;text-align:center">{{.Foot}}</p>
</body></html>
`))

// maxDigest is how many messages one mail holds; the rest follows in the next one.
const maxDigest = 100

// sendDigest is the job that sends a person what was held for him, in one mail.
func (s *Service) sendDigest(ctx context.Context, tenant string, raw json.RawMessage) error {
	var p payload
	if err := json.Unmarshal(raw, &p); err != nil {
		return err
	}
	for {
		page, err := s.find(ctx, tenant, query.AllOf(
			is("user", p.User), is("channel", p.Channel), is("status", string(Held)), s.due(),
		), "", maxDigest)
		if err != nil || len(page.Docs) == 0 {
			return err
		}
		if err := s.sendHeld(ctx, tenant, p.User, page.Docs); err != nil {
			return err
		}
	}
}

func (s *Service) due() *query.Filter {
	return &query.Filter{Cond: &query.Cond{
		Path: []string{"due_at"}, Op: query.Le, Value: stamp(s.config.Clock()), Type: def.TypeDateTime,
	}}
}

// sendHeld sends some deliveries of one person in one mail, and settles them all alike.
func (s *Service) sendHeld(ctx context.Context, tenant, user string, docs []store.Doc) error {
	failure := s.tryHeld(ctx, tenant, user, docs)
	var failed []error
	for i := range docs {
		if docs[i].Values["status"] == string(Held) {
			failed = append(failed, s.settle(ctx, tenant, &docs[i], failure))
		}
	}
	return errors.Join(failed...)
}

func (s *Service) tryHeld(ctx context.Context, tenant, user string, docs []store.Doc) error {
	c, secrets, err := s.channel(ctx, tenant, docs[0])
	if err != nil {
		return err
	}
	p, err := s.person(ctx, tenant, user)
	if err != nil {
		return err
	}
	if p == nil || p.address == "" {
		return &permanent{CodeNobody, nil}
	}
	var messages []message
	for i := range docs {
		what, err := toldBy(docs[i])
		if err != nil {
			return err
		}
		m, err := s.personal(ctx, p, c, what)
		var lasting *permanent
		if errors.As(err, &lasting) { // he may not see it any more
			if err := s.settle(ctx, tenant, &docs[i], err); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		docs[i].Values["subject"] = cut(m.Subject)
		messages = append(messages, m)
	}
	if len(messages) == 0 {
		return nil
	}
	company, err := s.config.Tenants.Tenant(ctx, tenant)
	if err != nil {
		return err
	}
	m := digest(p.actor.Lang, company.Title, messages, s.link(tenant, told{}))
	return s.reach(ctx, tenant, &docs[0], func() error { return s.mail(ctx, mailer{c, secrets, docs[0].ID}, p, m) })
}

// digest makes one message of many.
func digest(lang, company string, messages []message, link string) message {
	if len(messages) == 1 {
		return messages[0]
	}
	values := map[string]string{"count": strconv.Itoa(len(messages)), "company": company}
	m := message{
		Kind: "digest", Subject: fill(text(lang, "digest"), values), Line: fill(text(lang, "digest.line"), values),
		Link: link, Open: text(lang, "open"), Company: company, Foot: fill(text(lang, "foot"), values),
	}
	for _, each := range messages {
		line := "• " + each.Subject
		if each.Link != "" {
			line += "\n  " + each.Link
		}
		m.Lines = append(m.Lines, line)
	}
	return m
}
