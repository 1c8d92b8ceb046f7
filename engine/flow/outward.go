package flow

import (
	"context"
	"time"
)

// Outward carries what flows send to the world outside: webhooks and notifications. The package notify implements it and
// is given to the Service as Config.Outward; without it webhook and notify actions fail for good (code no_outward).
type Outward interface {
	// Deliver sends one message and returns when the receiver has taken it (or when it is durably queued). It is called
	// again with the same ID after a crash and after an error, so whoever receives it must know messages by their ID. A
	// failure is tried again later with a growing pause, at most MaxAttempts times; a *Permanent one is not. The context
	// carries a deadline.
	Deliver(ctx context.Context, tenant string, m Outbound) error
	// Ready tells what stands in the way of calling a webhook of a tenant as it is set up now: "" or a stable code that
	// findings about flows may have (no_webhook, webhook_off, address_refused, secrets_sealed). Publishing warns of it, and no
	// more: targets are set up per company, flows come with templates.
	Ready(ctx context.Context, tenant, webhook string) (code string, err error)
}

// The kinds of Outbound.
const (
	OutboundWebhook = "webhook"
	OutboundNotify  = "notify"
)

// Outbound is one message to the outside. Everything in it was fixed when the flow passed the node.
type Outbound struct {
	ID      string         // the effect's id, the same at every attempt: entity/record/number
	Kind    string         // OutboundWebhook or OutboundNotify
	Webhook string         // of a webhook: its name, such as "erp.pay"
	Payload map[string]any // of a webhook: wire values by name
	To      []string       // of a notification: ids of users, without doubles
	Title   string         // of a notification: plain text, made by an expression of the definition
	Body    string         // likewise, may be empty
	Flow    string         // where it comes from
	Node    string
	Entity  string // the record it is about, "" for a run without one
	Record  string
	At      time.Time // when the flow passed the node, UTC
	Attempt int       // 1 for the first
}

// Permanent is a failure that trying again does not mend: a webhook nobody has set up, an answer that refuses for good.
// Code is stable and shown to people; the engine gives the effect up at once and shows it as an incident. Detail names the
// value it is about, "" for none.
type Permanent struct { //nolint:errname // a failure of this kind
	Code   string
	Detail string
	Err    error
}

// Error satisfies error.
func (p *Permanent) Error() string {
	if p.Err == nil {
		return p.Code
	}
	return p.Code + ": " + p.Err.Error()
}

// Unwrap gives the cause.
func (p *Permanent) Unwrap() error { return p.Err }

// Paused is an attempt that was not made: the receiver has failed again and again and is left alone. The effect is tried at
// Until and has one attempt no less. Code is stable and shown to people.
type Paused struct { //nolint:errname // not a mistake
	Code  string
	Until time.Time
}

// Error satisfies error.
func (p *Paused) Error() string { return p.Code + " until " + p.Until.UTC().Format(time.RFC3339) }

// MaxAttempts is how often an effect is tried before it is given up and waits for an administrator: with the pauses
// between them some nine hours.
const MaxAttempts = 12
