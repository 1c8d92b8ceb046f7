package mongo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/event"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readconcern"
	"go.mongodb.org/mongo-driver/mongo/readpref"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/x/mongo/driver/connstring"

	"formwork/engine/store"
)

// How long things may take when the server is away. A server that falls silent is found out by the heartbeat, which
// then also ends what waits for it.
const (
	selectTimeout  = 3 * time.Second
	connectTimeout = 2 * time.Second
	heartbeat      = 2 * time.Second
	writeTimeout   = 10 * time.Second // of one write; longer only if most nodes are away
)

const (
	defaultPrefix = "formwork"
	maxName       = 63 // bytes of a database's name
)

// Backend keeps each tenant in a database of one MongoDB deployment.
type Backend struct {
	client *mongo.Client
	prefix string
	self   string // names this process as the holder of leases

	sweepEvery time.Duration

	mu     sync.Mutex
	open   map[string]*opening
	closed bool
}

// opening is a tenant that is open or about to be. Others wait for it, but not those who want another tenant.
type opening struct {
	done chan struct{}
	db   *database // after done
	err  error
}

var _ store.Backend = (*Backend)(nil)

// Open connects to the deployment of a connection string. The databases' names begin with the string's path, or with
// "formwork"; the path then does not say where users are kept: name authSource. Write concern (majority, journaled) and
// read preference (primary) are ours, whatever the string says. It fails within seconds if no server answers.
func Open(ctx context.Context, uri string) (store.Backend, error) { return open(ctx, uri, nil) }

func open(ctx context.Context, uri string, monitor *event.CommandMonitor) (*Backend, error) {
	parsed, err := connstring.ParseAndValidate(uri)
	if err != nil {
		return nil, fmt.Errorf("connection string: %w", err)
	}
	b := &Backend{prefix: defaultPrefix + "_", self: primitive.NewObjectID().Hex(), sweepEvery: sweepEvery, open: map[string]*opening{}}
	if parsed.Database != "" {
		b.prefix = parsed.Database + "_"
	}
	if b.client, err = mongo.Connect(ctx, clientOptions(uri, parsed, monitor)); err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, selectTimeout+connectTimeout)
	defer cancel()
	if err := b.client.Ping(ctx, readpref.Primary()); err != nil {
		return nil, errors.Join(fmt.Errorf("connect: %w", plain(context.WithoutCancel(ctx), err)), b.client.Disconnect(context.WithoutCancel(ctx)))
	}
	return b, nil
}

func clientOptions(uri string, parsed *connstring.ConnString, monitor *event.CommandMonitor) *options.ClientOptions {
	journaled := true
	durable := writeconcern.Majority()
	durable.Journal = &journaled
	o := options.Client().ApplyURI(uri).
		SetServerSelectionTimeout(selectTimeout).
		SetConnectTimeout(connectTimeout).
		SetHeartbeatInterval(heartbeat).
		SetReadPreference(readpref.Primary()).
		SetWriteConcern(durable)
	if parsed.ReadConcernLevel == "" {
		o.SetReadConcern(readconcern.Majority())
	}
	if parsed.AppName == "" {
		o.SetAppName("formwork")
	}
	if monitor != nil {
		o.SetMonitor(monitor)
	}
	return o
}

// tenantName is what both stores accept.
var tenantName = regexp.MustCompile(`^[a-z0-9_][a-z0-9_-]{0,99}$`)

// databaseName gives the name of a tenant's database; long names end with a hash.
func (b *Backend) databaseName(tenant string) string {
	name := b.prefix + tenant
	if len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	tail := "_" + hex.EncodeToString(sum[:6])
	return name[:maxName-len(tail)] + tail
}

// Open gives the tenant's store; its database is made when missing.
func (b *Backend) Open(ctx context.Context, tenant string) (store.Store, error) {
	if !tenantName.MatchString(tenant) {
		return nil, fmt.Errorf("tenant name %.100q: %w", tenant, store.ErrInvalid)
	}
	for {
		o, mine, err := b.opening(tenant)
		if err != nil {
			return nil, err
		}
		if mine {
			b.finish(ctx, tenant, o)
		}
		select {
		case <-o.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if o.err == nil {
			return o.db, nil
		}
		if mine || ctx.Err() != nil || !errors.Is(o.err, context.Canceled) { // who opened it went away: try ourselves
			return nil, fmt.Errorf("open %s: %w", tenant, o.err)
		}
	}
}

// opening gives the opening of a tenant; mine if the caller is to finish it.
func (b *Backend) opening(tenant string) (o *opening, mine bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, false, errClosed
	}
	if o := b.open[tenant]; o != nil {
		return o, false, nil
	}
	o = &opening{done: make(chan struct{})}
	b.open[tenant] = o
	return o, true, nil
}

func (b *Backend) finish(ctx context.Context, tenant string, o *opening) {
	defer close(o.done)
	o.db, o.err = openDatabase(ctx, b, tenant)
	if o.err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.open, tenant)
	}
}

// Close moves the events that are on their way to the logs and disconnects.
func (b *Backend) Close() error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	all := slices.Collect(maps.Values(b.open))
	b.mu.Unlock()
	var group sync.WaitGroup
	for _, o := range all {
		group.Go(func() {
			if <-o.done; o.err == nil {
				o.db.close()
			}
		})
	}
	group.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), selectTimeout)
	defer cancel()
	if err := b.client.Disconnect(ctx); err != nil {
		return fmt.Errorf("disconnect: %w", err)
	}
	return nil
}

// drop closes a tenant and deletes its database. Until that is done, the tenant cannot be opened.
func (b *Backend) drop(ctx context.Context, db *database) error {
	if !db.abandon() {
		return errClosed
	}
	err := plain(ctx, db.mongo.Drop(ctx))
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, db.tenant)
	return wrap("drop "+db.tenant, err)
}

var errClosed = errors.New("store is closed")

// e is one element of a document.
func e(key string, value any) bson.E { return bson.E{Key: key, Value: value} }

// one is a document of one element.
func one(key string, value any) bson.D { return bson.D{e(key, value)} }
