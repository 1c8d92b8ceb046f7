package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/flow"
	"formwork/engine/job"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// Status is how far a delivery has come.
type Status string

// The states of a delivery.
const (
	Waiting Status = "waiting" // to be sent, or sent again
	Held    Status = "held"    // for a digest
	Sent    Status = "sent"
	Failed  Status = "failed"  // given up
	Skipped Status = "skipped" // its channel is gone or switched off, or nobody may see it any more
)

// app is the channel of messages that a person reads in the app.
const app = "app"

const deliveryCollection = "notify_delivery"

var (
	deliveryFields = []store.Field{
		{Path: "channel", Type: def.TypeText},
		{Path: "user", Type: def.TypeText},
		{Path: "status", Type: def.TypeText},
		{Path: "kind", Type: def.TypeText},
		{Path: "subject", Type: def.TypeText},
		{Path: "entity", Type: def.TypeText},
		{Path: "record", Type: def.TypeText},
		{Path: "task", Type: def.TypeText},
		{Path: "notice", Type: def.TypeLongText},
		{Path: "attempts", Type: def.TypeInteger},
		{Path: "error", Type: def.TypeText},
		{Path: "unread", Type: def.TypeBoolean},
		{Path: "made_at", Type: def.TypeDateTime},
		{Path: "due_at", Type: def.TypeDateTime},
		{Path: "sent_at", Type: def.TypeDateTime},
	}
	deliveryIndexes = [][]string{
		{"channel", "-made_at"},
		{"user", "channel", "-made_at"},
		{"user", "channel", "status"},
		{"status", "-made_at"},
		{"made_at"},
	}
)

// told is what a delivery remembers of its notice: enough to make the message when it is sent, and nothing of the record.
type told struct {
	Kind    flow.NoticeKind `json:"kind"`
	Users   []string        `json:"users"`
	Task    string          `json:"task,omitempty"`
	Entity  string          `json:"entity,omitempty"`
	Record  string          `json:"record,omitempty"`
	Flow    string          `json:"flow,omitempty"`
	Status  flow.Status     `json:"status,omitempty"`
	Actor   string          `json:"actor,omitempty"`
	Comment string          `json:"comment,omitempty"`
	Title   string          `json:"title,omitempty"` // of a flow's own message
	Body    string          `json:"body,omitempty"`
}

func toldOf(n flow.Notice) told {
	return told{
		Kind: n.Kind, Users: n.Users, Task: n.Task, Entity: n.Entity, Record: n.Record, Flow: n.Flow, Status: n.Status,
		Actor: n.Actor, Comment: n.Comment,
	}
}

// deliver makes the deliveries of a notice.
func (m *mailbag) deliver(ctx context.Context, at time.Time, n flow.Notice) error {
	docs, err := m.service.known(ctx, m.tenant)
	if err != nil {
		return err
	}
	what := toldOf(n)
	for _, doc := range docs {
		c, err := channelOf(doc)
		if err != nil {
			return err
		}
		if !c.Enabled || doc.CreatedAt.After(at) || !slices.Contains(c.Notices, n.Kind) || !c.serves(n.Flow) {
			continue
		}
		if err := m.through(ctx, &c, n.Key, what); err != nil {
			return err
		}
	}
	if inApp(n.Kind) {
		m.intoApp(n.Key, what)
	}
	return nil
}

// inApp tells whether the app shows a message of its own: tasks and copies are in the lists anyway.
func inApp(kind flow.NoticeKind) bool {
	return !slices.Contains([]flow.NoticeKind{flow.NoticeTask, flow.NoticeReturned, flow.NoticeCC}, kind)
}

// through makes the deliveries of one channel: one per person for e-mail, one for the others.
func (m *mailbag) through(ctx context.Context, c *Channel, key string, what told) error {
	now := m.service.config.Clock()
	if c.Kind != Email {
		m.post(posting{channel: c.ID, key: key, what: what, at: now})
		return nil
	}
	zone, err := m.service.config.Tenants.Zone(ctx, m.tenant)
	if err != nil {
		return err
	}
	users, err := m.receivers(ctx, what)
	if err != nil {
		return err
	}
	for _, user := range users {
		p, err := m.person(ctx, user)
		if err != nil {
			return err
		}
		if p == nil || p.address == "" || !p.setting.wants(what.Kind) {
			continue
		}
		at, held := p.setting.sendAt(now.In(zone))
		alone := what
		alone.Users = []string{user}
		m.post(posting{c.ID, user, key, alone, at, held})
	}
	return nil
}

// intoApp makes the messages that people read in the app: they are there, nothing has to be sent.
func (m *mailbag) intoApp(key string, what told) {
	for _, user := range what.Users {
		alone := what
		alone.Users = []string{user}
		doc := m.service.deliveryDoc(app, user, key, alone, m.service.config.Clock())
		doc.Values["status"], doc.Values["unread"] = string(Sent), true
		m.put(parcel{doc: doc})
	}
}

// posting is a delivery to be made.
type posting struct {
	channel, user string
	key           string // of what is told
	what          told
	at            time.Time // when it goes out
	held          bool      // with others
}

// post adds a delivery and the job that sends it.
func (m *mailbag) post(p posting) {
	doc := m.service.deliveryDoc(p.channel, p.user, p.key, p.what, p.at)
	send := job.Job{Type: jobSend, Key: jobSend + "|" + doc.ID, Payload: payload{Delivery: doc.ID}.raw(), RunAt: p.at}
	if p.held {
		doc.Values["status"] = string(Held)
		send = job.Job{
			Type: jobDigest, Key: jobDigest + "|" + p.channel + "|" + p.user, RunAt: p.at,
			Payload: payload{Channel: p.channel, User: p.user}.raw(),
		}
	}
	m.put(parcel{doc, &send})
}

// payload is what a job of this package is given.
type payload struct {
	Delivery string `json:"delivery,omitempty"`
	Channel  string `json:"channel,omitempty"`
	User     string `json:"user,omitempty"`
}

func (p payload) raw() json.RawMessage {
	raw, _ := json.Marshal(p) //nolint:errchkjson // three strings
	return raw
}

func (s *Service) deliveryDoc(channel, user, key string, what told, due time.Time) store.Doc {
	sum := sha256.Sum256([]byte(strings.Join([]string{channel, user, key}, "\x00")))
	notice, _ := json.Marshal(what) //nolint:errchkjson // strings
	now := s.config.Clock()
	doc := store.Doc{
		ID: hex.EncodeToString(sum[:16]), Rev: 1, CreatedBy: "system", UpdatedBy: "system", CreatedAt: now, UpdatedAt: now,
		Values: map[string]any{
			"channel": channel, "status": string(Waiting), "kind": string(what.Kind), "notice": string(notice),
			"attempts": int64(0), "made_at": stamp(now), "due_at": stamp(due),
		},
	}
	for field, value := range map[string]string{
		"user": user, "entity": what.Entity, "record": what.Record, "task": what.Task, "subject": what.Title,
	} {
		if value != "" {
			doc.Values[field] = value
		}
	}
	return doc
}

// add stores a new delivery, or gives the one that is there.
func (s *Service) add(ctx context.Context, tenant string, doc store.Doc) (store.Doc, error) {
	docs := []store.Doc{doc}
	err := s.addAll(ctx, tenant, docs)
	return docs[0], err
}

// put stores a delivery that has changed.
func (s *Service) put(ctx context.Context, tenant string, doc *store.Doc) error {
	rev := doc.Rev
	doc.Rev, doc.UpdatedAt = rev+1, s.config.Clock()
	return s.config.Records.Project(ctx, tenant, store.Write{Collection: deliveryCollection, Doc: *doc, IfRev: rev})[0]
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func timeOf(values map[string]any, field string) *time.Time {
	raw, _ := values[field].(string)
	t, err := expr.ParseTime(raw)
	if err != nil {
		return nil
	}
	at := expr.StdTime(t)
	return &at
}

// Delivery is an entry of the delivery log.
type Delivery struct {
	ID       string     `json:"id"`
	Channel  string     `json:"channel"`
	User     string     `json:"user,omitempty"`
	UserName string     `json:"userName,omitempty"`
	Kind     string     `json:"kind"`
	Subject  string     `json:"subject"`
	Status   Status     `json:"status"`
	Attempts int64      `json:"attempts"`
	Error    string     `json:"error,omitempty" description:"stable code, or what the other side said"`
	Entity   string     `json:"entity,omitempty"`
	Record   string     `json:"record,omitempty"`
	Task     string     `json:"task,omitempty"`
	Can      []string   `json:"can" enum:"send" description:"what the reader may do: send it again"`
	MadeAt   time.Time  `json:"madeAt"`
	DueAt    *time.Time `json:"dueAt,omitempty"`
	SentAt   *time.Time `json:"sentAt,omitempty"`
}

// LogQuery asks for one page of the delivery log.
type LogQuery struct {
	Channel string
	Status  Status
	User    string    // id of who is told; groups and webhooks have nobody
	From    time.Time // made then or later; zero = at any time
	To      time.Time // made before
	After   string
	Limit   int // 1 to 100; 0 = 50
}

// Log is one page of deliveries, the latest first.
type Log struct {
	Deliveries []Delivery `json:"deliveries"`
	Next       string     `json:"next"`
}

// Deliveries reads the delivery log of a company.
func (s *Service) Deliveries(ctx context.Context, tenant string, in LogQuery) (Log, error) {
	limit := in.Limit
	if limit < 1 || limit > 100 {
		limit = 50
	}
	page, err := s.find(ctx, tenant, in.where(), in.After, limit)
	if err != nil {
		return Log{}, err
	}
	answer := Log{Deliveries: make([]Delivery, 0, len(page.Docs)), Next: page.Next}
	for _, doc := range page.Docs {
		answer.Deliveries = append(answer.Deliveries, deliveryOf(doc))
	}
	return answer, s.name(ctx, tenant, answer.Deliveries)
}

func (s *Service) find(ctx context.Context, tenant string, where *query.Filter, after string, limit int) (store.Page, error) {
	st, err := s.open(ctx, tenant)
	if err != nil {
		return store.Page{}, err
	}
	page, err := st.Find(ctx, query.Query{
		Collection: deliveryCollection, Where: where, After: after, Limit: limit,
		Sort: []query.Sort{{Field: "made_at", Desc: true, Type: def.TypeDateTime}},
	})
	if err != nil {
		return page, fmt.Errorf("deliveries of %s: %w", tenant, err)
	}
	return page, nil
}

func is(field, value string) *query.Filter {
	return &query.Filter{Cond: &query.Cond{Path: []string{field}, Op: query.Eq, Value: value, Type: def.TypeText}}
}

func madeAt(op query.Op, at time.Time) *query.Filter {
	return &query.Filter{Cond: &query.Cond{Path: []string{"made_at"}, Op: op, Value: stamp(at), Type: def.TypeDateTime}}
}

func deliveryOf(doc store.Doc) Delivery {
	read := func(field string) string { value, _ := doc.Values[field].(string); return value }
	attempts, _ := doc.Values["attempts"].(int64)
	d := Delivery{
		ID: doc.ID, Channel: read("channel"), User: read("user"), Kind: read("kind"), Subject: read("subject"),
		Status: Status(read("status")), Attempts: attempts, Error: read("error"), Entity: read("entity"), Record: read("record"),
		Task: read("task"), Can: []string{}, MadeAt: doc.CreatedAt, DueAt: timeOf(doc.Values, "due_at"), SentAt: timeOf(doc.Values, "sent_at"),
	}
	if (d.Status == Failed || d.Status == Skipped) && !d.ofFlow() {
		d.Can = append(d.Can, "send")
	}
	return d
}

// name fills in who the people are.
func (s *Service) name(ctx context.Context, tenant string, deliveries []Delivery) error {
	var ids []string
	for _, d := range deliveries {
		if d.User != "" && !slices.Contains(ids, d.User) {
			ids = append(ids, d.User)
		}
	}
	names, err := s.names(ctx, tenant, ids)
	for i := range deliveries {
		deliveries[i].UserName = names[deliveries[i].User]
	}
	return err
}

func (s *Service) names(ctx context.Context, tenant string, ids []string) (map[string]string, error) {
	names := map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	st, err := s.open(ctx, tenant)
	if err != nil {
		return nil, err
	}
	docs, err := st.Get(ctx, def.EntityUser, ids...)
	if err != nil {
		return nil, fmt.Errorf("names of people: %w", err)
	}
	for _, doc := range docs {
		names[doc.ID], _ = doc.Values["name"].(string)
	}
	return names, nil
}

// Again sends a delivery that was given up or skipped once more. A flow's own call is refused with ErrFlowRetries.
func (s *Service) Again(ctx context.Context, tenant, id string) (Delivery, error) {
	st, err := s.open(ctx, tenant)
	if err != nil {
		return Delivery{}, err
	}
	docs, err := st.Get(ctx, deliveryCollection, id)
	if err != nil {
		return Delivery{}, fmt.Errorf("delivery %s: %w", id, err)
	}
	if len(docs) == 0 || docs[0].Values["channel"] == app {
		return Delivery{}, record.ErrNotFound
	}
	doc := docs[0]
	d := deliveryOf(doc)
	switch {
	case d.ofFlow():
		return Delivery{}, ErrFlowRetries
	case d.Status != Failed && d.Status != Skipped:
		return d, nil
	}
	again(&doc)
	if err := s.put(ctx, tenant, &doc); err != nil {
		return Delivery{}, err
	}
	err = s.config.Jobs.Enqueue(ctx, tenant, sendJob(id))
	return deliveryOf(doc), err
}

const (
	sweepEvery = time.Hour
	keepFor    = 90 * 24 * time.Hour
	sweepBatch = 500
)

// sweep removes deliveries nobody looks for any more.
func (s *Service) sweep(ctx context.Context) error {
	tenants, err := s.config.Tenants.Tenants(ctx)
	if err != nil {
		return err
	}
	for _, t := range tenants {
		if err := s.sweepTenant(ctx, t.Name); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) sweepTenant(ctx context.Context, tenant string) error {
	st, err := s.open(ctx, tenant)
	if err != nil {
		return err
	}
	old := madeAt(query.Lt, s.config.Clock().Add(-keepFor))
	for {
		page, err := st.Find(ctx, query.Query{Collection: deliveryCollection, Where: old, Fields: []string{}, Limit: sweepBatch})
		if err != nil {
			return fmt.Errorf("old deliveries of %s: %w", tenant, err)
		}
		writes := make([]store.Write, 0, len(page.Docs))
		for _, doc := range page.Docs {
			writes = append(writes, store.Write{
				Collection: deliveryCollection, Doc: store.Doc{ID: doc.ID, Rev: doc.Rev + 1}, IfRev: doc.Rev, Remove: true,
			})
		}
		if len(writes) == 0 {
			return nil
		}
		if err := errors.Join(s.config.Records.Project(ctx, tenant, writes...)...); err != nil {
			return fmt.Errorf("old deliveries of %s: %w", tenant, err)
		}
	}
}
