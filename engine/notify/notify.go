package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/flow"
	"formwork/engine/identity"
	"formwork/engine/job"
	"formwork/engine/record"
	"formwork/engine/seal"
	"formwork/engine/store"
	"formwork/engine/tenant"
)

// Config is what a Service is made of.
type Config struct {
	Stores  func(ctx context.Context, tenant string) (store.Store, error)
	Tenants *tenant.Registry
	Records *record.Service
	Flows   *flow.Service
	People  *identity.Service
	Events  *event.Hub
	Jobs    *job.Runner
	Clock   func() time.Time
	NewID   func() string
	Random  func(n int) ([]byte, error)
	Log     *slog.Logger
	// Box seals the secrets of channels, with the same key in every process of an installation.
	Box *seal.Box
	// Allow lists networks that messages may go to besides the public internet. Without it nobody can make the server
	// call into its own network.
	Allow []netip.Prefix
}

// Service turns what happens into messages and sends them. Its methods are safe for many goroutines.
type Service struct {
	config Config
	client *http.Client
	dialer *dialer
	ready  sync.Map // tenant → store.Store whose collections exist

	circuits circuits

	mu       sync.Mutex
	url      string
	channels map[string]known // by tenant
}

// known are the channels of a tenant as they were read.
type known struct {
	docs []store.Doc
	at   time.Time
}

// freshFor is how long channels are kept that another process may have changed.
const freshFor = 10 * time.Second

// The types of this package's jobs.
const (
	jobSend   = "notify"
	jobDigest = "notify_digest"
)

// New makes a Service and registers its jobs.
func New(c Config) (*Service, error) {
	if c.Box == nil {
		return nil, errors.New("notify: nothing to seal secrets with")
	}
	s := &Service{config: c, channels: map[string]known{}, circuits: circuits{all: map[string]*circuit{}}}
	s.dialer = &dialer{allow: c.Allow}
	s.client = s.dialer.client()
	c.Jobs.Register(jobSend, s.sendOne)
	c.Jobs.Register(jobDigest, s.sendDigest)
	c.Jobs.Every("sweep_deliveries", sweepEvery, s.sweep)
	return s, nil
}

// OpenAt says where people open the app; links in messages begin with it. Before that messages have no link.
func (s *Service) OpenAt(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.url = strings.TrimSuffix(url, "/")
}

func (s *Service) openedAt() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// open gives a tenant's database with this package's collections.
func (s *Service) open(ctx context.Context, tenant string) (store.Store, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if ready, ok := s.ready.Load(tenant); ok && ready == st {
		return st, nil
	}
	err = st.Ensure(ctx,
		store.Collection{Name: channelCollection, Fields: channelFields},
		store.Collection{Name: settingCollection, Fields: settingFields},
		store.Collection{Name: pauseCollection, Fields: pauseFields},
		store.Collection{Name: deliveryCollection, Fields: deliveryFields, Indexes: deliveryIndexes},
	)
	if err != nil {
		return nil, fmt.Errorf("notify: collections of %s: %w", tenant, err)
	}
	s.ready.Store(tenant, st)
	return st, nil
}

// known gives the stored channels of a tenant, from memory if they were read lately.
func (s *Service) known(ctx context.Context, tenant string) ([]store.Doc, error) {
	s.mu.Lock()
	k, ok := s.channels[tenant]
	s.mu.Unlock()
	now := s.config.Clock()
	if ok && now.Sub(k.at) < freshFor {
		return k.docs, nil
	}
	docs, err := s.channelDocs(ctx, tenant)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[tenant] = known{docs: docs, at: now}
	return docs, nil
}

func (s *Service) forget(tenant string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.channels, tenant)
}

// subscriber is the name under which this package follows the event logs.
const subscriber = "notify"

// Follow makes messages of what a tenant's event log tells; call it before the tail runs.
func (s *Service) Follow(tenant string, tail *event.Tail) {
	tail.Subscribe(subscriber, func(ctx context.Context, events []store.Event) error {
		m := s.newMailbag(tenant)
		for _, e := range events {
			if err := m.tell(ctx, e); err != nil {
				return errors.Join(err, m.send(ctx)) // what came before it is told
			}
		}
		return m.send(ctx)
	})
}

// stale is how old an event may be before nobody wants to be told of it any more: after a restore, or when the server
// was away.
const stale = 72 * time.Hour

// tell makes the deliveries of one event.
func (m *mailbag) tell(ctx context.Context, e store.Event) error {
	if m.service.config.Clock().Sub(e.At) > stale {
		return nil
	}
	notices, err := m.service.config.Flows.Notices(ctx, m.tenant, e)
	if errors.Is(err, record.ErrNotFound) {
		return nil // the record is gone
	}
	if err != nil {
		return err
	}
	for _, n := range notices {
		if err := m.deliver(ctx, e.At, n); err != nil {
			return err
		}
	}
	return nil
}

// person is somebody a message goes to.
type person struct {
	actor   access.Actor
	address string
	phone   string
	setting Setting
}

// person reads whom a message goes to; nil for somebody who has left.
func (s *Service) person(ctx context.Context, tenant, user string) (*person, error) {
	doc, err := s.userDoc(ctx, tenant, user)
	if err != nil || doc == nil {
		return nil, err
	}
	if disabled, _ := doc.Values["disabled"].(bool); disabled {
		return nil, nil //nolint:nilnil // nobody is an answer
	}
	actor, err := s.config.People.Actor(ctx, tenant, user)
	if err != nil {
		return nil, fmt.Errorf("notify %s: %w", user, err)
	}
	account, err := s.config.People.AccountOf(ctx, tenant, user)
	if err != nil && !errors.Is(err, identity.ErrNotMember) {
		return nil, fmt.Errorf("notify %s: %w", user, err)
	}
	if account.Lang != "" {
		actor.Lang = account.Lang
	}
	p := &person{actor: actor}
	p.address, _ = doc.Values["email"].(string)
	p.phone, _ = doc.Values["phone"].(string)
	p.setting, _, err = s.setting(ctx, tenant, user)
	return p, err
}

func (s *Service) userDoc(ctx context.Context, tenant, user string) (*store.Doc, error) {
	st, err := s.open(ctx, tenant)
	if err != nil {
		return nil, err
	}
	docs, err := st.Get(ctx, def.EntityUser, user)
	if err != nil {
		return nil, fmt.Errorf("user %s: %w", user, err)
	}
	if len(docs) == 0 || docs[0].Deleted {
		return nil, nil //nolint:nilnil // nobody is an answer
	}
	return &docs[0], nil
}

func (s *Service) address(ctx context.Context, tenant, user string) (string, error) {
	doc, err := s.userDoc(ctx, tenant, user)
	if err != nil || doc == nil {
		return "", err
	}
	address, _ := doc.Values["email"].(string)
	return address, nil
}
