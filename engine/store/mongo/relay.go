package mongo

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
)

const (
	sweepEvery   = 20 * time.Second // looking for what crashed processes left behind
	sweepLease   = "fw.sweep"
	relayChunk   = 200              // documents delivered at once
	relayTimeout = 30 * time.Second // of one round
	lastRound    = 5 * time.Second  // of the round when closing
	shortPause   = 5 * time.Millisecond
	firstPause   = 50 * time.Millisecond
	longestPause = 5 * time.Second
)

// relay moves events from the documents that caused them to the tenant's log, exactly once and in order:
//
//  1. It reads a document's events, oldest first, and inserts each into the log under the number that follows the
//     log's last. The number is the log's primary key and every event has an id of its own under a unique index, so of
//     two relays that are about the same number or the same event one fails, looks what is there, and goes on with the
//     rest. A number exists only when the one before it does: nothing ever appears late.
//  2. It takes from the document what is in the log.
//
// It looks only at what most nodes have (read concern majority): what another node may yet lose is neither relayed nor
// taken for relayed.
//
// A crash between the steps, or a process that wakes up after a minute in the middle of them, repeats inserts that
// fail. This is all the fencing there is, and no relay waits for another. Every process relays what it wrote; what a
// crashed one left is found when a tenant is opened, and now and then by the one process that holds a lease for it.
type relay struct {
	db      *database
	log     *mongo.Collection
	last    int64 // number of the last event of the log, as far as known
	every   time.Duration
	mu      sync.Mutex
	waiting map[origin]bool
	signal  chan struct{}
	quit    chan struct{}
	cancel  context.CancelFunc
	done    chan struct{}
}

// origin is a document that may have events on their way.
type origin struct{ collection, id string }

// letter is one event on its way.
type letter struct {
	id    primitive.ObjectID
	cells bson.D // with the id, without the number
}

// mailbag is a document with its events.
type mailbag struct {
	origin
	letters []letter
	last    primitive.ObjectID // _pending when it was read
	buried  bool               // a tombstone
}

func startRelay(ctx context.Context, db *database) *relay {
	ctx, cancel := context.WithCancel(ctx)
	r := &relay{
		db: db, log: db.collection(eventCollection), every: db.backend.sweepEvery, waiting: map[origin]bool{},
		signal: make(chan struct{}, 1), quit: make(chan struct{}), cancel: cancel, done: make(chan struct{}),
	}
	go r.run(ctx)
	return r
}

// wake tells of the writes of one Put.
func (r *relay) wake(all []*prepared) {
	r.mu.Lock()
	for _, p := range all {
		if p.sent && len(p.events) > 0 {
			r.waiting[origin{p.write.Collection, p.write.Doc.ID}] = true
		}
	}
	r.mu.Unlock()
	select {
	case r.signal <- struct{}{}:
	default:
	}
}

func (r *relay) take() []origin {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := make([]origin, 0, len(r.waiting))
	for one := range r.waiting {
		taken = append(taken, one)
	}
	clear(r.waiting)
	return taken
}

func (r *relay) giveBack(origins []origin) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range origins {
		r.waiting[one] = true
	}
}

// stop ends the relay, after a last round if there is time.
func (r *relay) stop(last bool) { //nolint:revive // last: the two ways to end are one thing to the loop
	if !last {
		r.cancel()
	}
	close(r.quit)
	timer := time.NewTimer(2 * lastRound)
	defer timer.Stop()
	select {
	case <-r.done:
	case <-timer.C: // a round hangs: the server is away
	}
	r.cancel()
	<-r.done
}

func (r *relay) run(ctx context.Context) {
	defer close(r.done)
	r.attempt(ctx, r.sweep)
	ticker := time.NewTicker(r.every)
	defer ticker.Stop()
	pause, retry := firstPause, (<-chan time.Time)(nil)
	for {
		var failed bool
		select {
		case <-r.quit:
			limited, cancel := context.WithTimeout(ctx, lastRound)
			defer cancel()
			r.attempt(limited, r.deliverWaiting)
			return
		case <-ticker.C:
			failed = !r.attempt(ctx, r.sweepIfLeader)
		case <-r.signal:
			failed = !r.attempt(ctx, r.deliverWaiting)
		case <-retry:
			failed = !r.attempt(ctx, r.deliverWaiting)
		}
		if !failed {
			pause, retry = firstPause, nil
			continue
		}
		retry = time.NewTimer(pause).C
		pause = min(2*pause, longestPause)
	}
}

// attempt does a round and logs its failure; the events stay where they are.
func (r *relay) attempt(ctx context.Context, round func(context.Context) error) bool {
	limited, cancel := context.WithTimeout(ctx, relayTimeout)
	defer cancel()
	err := round(limited)
	if err != nil && ctx.Err() == nil {
		slog.WarnContext(ctx, "events are late", "tenant", r.db.tenant, "error", err)
	}
	return err == nil
}

func (r *relay) deliverWaiting(ctx context.Context) error {
	origins := r.take()
	for len(origins) > 0 {
		chunk := origins[:min(len(origins), relayChunk)]
		bags, err := r.collect(ctx, chunk)
		if err == nil {
			err = r.deliver(ctx, bags)
		}
		if err != nil {
			r.giveBack(origins)
			return err
		}
		origins = origins[len(chunk):]
	}
	return nil
}

// sweepIfLeader sweeps if this process is the tenant's sweeper for now. Two sweepers would do no harm.
func (r *relay) sweepIfLeader(ctx context.Context) error {
	_, err := r.db.Lease(ctx, sweepLease, r.db.backend.self, 3*r.every)
	if isLeased(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return r.sweep(ctx)
}

// sweep delivers every event that is on its way, in all collections.
func (r *relay) sweep(ctx context.Context) error {
	definitions, err := r.db.definitions(ctx)
	if err != nil {
		return err
	}
	for _, d := range definitions {
		for {
			bags, err := r.read(ctx, d.Name, one("_pending", one("$gt", nothingYet)))
			if err != nil {
				return err
			}
			if len(bags) == 0 {
				break
			}
			if err := r.deliver(ctx, bags); err != nil {
				return err
			}
		}
	}
	return nil
}

// collect reads the events of documents.
func (r *relay) collect(ctx context.Context, origins []origin) ([]mailbag, error) {
	ids := map[string][]string{}
	for _, from := range origins {
		ids[from.collection] = append(ids[from.collection], from.id)
	}
	var bags []mailbag
	for collection, list := range ids {
		found, err := r.read(ctx, collection, pendingOf(list))
		if err != nil {
			return nil, err
		}
		bags = append(bags, found...)
	}
	return bags, nil
}

// pendingOf asks for those of these documents that hold events.
func pendingOf(ids []string) bson.D {
	return bson.D{e("_id", one("$in", ids)), e("_pending", one("$gt", nothingYet))}
}

func (r *relay) read(ctx context.Context, collection string, where bson.D) ([]mailbag, error) {
	cursor, err := r.db.collection(collection).Find(ctx, where, options.Find().SetLimit(relayChunk).
		SetProjection(bson.D{e("_events", 1), e("_pending", 1), e("deleted", 1)}))
	if err != nil {
		return nil, err
	}
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // Err is looked at
	var bags []mailbag
	for cursor.Next(ctx) {
		bag := mailbag{origin: origin{collection, ""}}
		bag.id, _ = cursor.Current.Lookup("_id").StringValueOK()
		bag.last, _ = cursor.Current.Lookup("_pending").ObjectIDOK()
		bag.buried = isTombstone(cursor.Current)
		array, _ := cursor.Current.Lookup("_events").ArrayOK()
		items, err := array.Values()
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			var one letter
			if err := item.Unmarshal(&one.cells); err != nil {
				return nil, err
			}
			one.id, _ = item.Document().Lookup("u").ObjectIDOK()
			bag.letters = append(bag.letters, one)
		}
		bags = append(bags, bag)
	}
	return bags, cursor.Err()
}

// deliver brings events into the log and takes them from their documents.
func (r *relay) deliver(ctx context.Context, bags []mailbag) error {
	slices.SortStableFunc(bags, func(a, b mailbag) int { // about as they happened; within a document just so
		if len(a.letters) == 0 || len(b.letters) == 0 {
			return cmp.Compare(len(a.letters), len(b.letters))
		}
		return bytes.Compare(a.letters[0].id[:], b.letters[0].id[:])
	})
	var letters []letter
	for _, bag := range bags {
		letters = append(letters, bag.letters...)
	}
	if err := r.append(ctx, letters); err != nil {
		return err
	}
	return r.settle(ctx, bags)
}

// append inserts events into the log in their order. It goes on until all are there, by whomever.
func (r *relay) append(ctx context.Context, letters []letter) error {
	for len(letters) > 0 {
		docs := make([]any, len(letters))
		for i, one := range letters {
			docs[i] = append(bson.D{e("_id", r.last+int64(i)+1)}, one.cells...)
		}
		_, err := r.log.InsertMany(ctx, docs) // in order, up to the first that fails
		if err == nil {
			r.last += int64(len(letters))
			return nil
		}
		if !mongo.IsDuplicateKeyError(err) {
			return err
		}
		left, last := len(letters), r.last
		if letters, err = r.missing(ctx, letters); err != nil {
			return err
		}
		if err := r.findLast(ctx); err != nil {
			return err
		}
		if left == len(letters) && last == r.last { // there, but not yet on most nodes
			if err := wait(ctx, shortPause); err != nil {
				return err
			}
		}
	}
	return nil
}

func wait(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// missing leaves out what the log has.
func (r *relay) missing(ctx context.Context, letters []letter) ([]letter, error) {
	ids := make(bson.A, len(letters))
	for i, one := range letters {
		ids[i] = one.id
	}
	cursor, err := r.log.Find(ctx, one("u", one("$in", ids)), options.Find().SetProjection(one("u", 1)))
	if err != nil {
		return nil, err
	}
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // Err is looked at
	known := map[primitive.ObjectID]bool{}
	for cursor.Next(ctx) {
		id, _ := cursor.Current.Lookup("u").ObjectIDOK()
		known[id] = true
	}
	return slices.DeleteFunc(slices.Clone(letters), func(one letter) bool { return known[one.id] }), cursor.Err()
}

func (r *relay) findLast(ctx context.Context) error {
	raw, err := r.log.FindOne(ctx, bson.D{}, options.FindOne().SetSort(one("_id", -1)).SetProjection(one("_id", 1))).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		r.last = 0
		return nil
	}
	if err != nil {
		return err
	}
	r.last = raw.Lookup("_id").AsInt64()
	return nil
}

// settle takes delivered events from their documents. If no newer ones came meanwhile (_pending is what it was), the
// document has none left, and a tombstone has served its time; else only those delivered go.
func (r *relay) settle(ctx context.Context, bags []mailbag) error {
	models := map[string][]mongo.WriteModel{}
	for _, bag := range bags {
		asRead := bson.D{e("_id", bag.id), e("_pending", bag.last), e("deleted", one("$exists", !bag.buried))}
		if bag.buried {
			models[bag.collection] = append(models[bag.collection], mongo.NewDeleteOneModel().SetFilter(asRead))
		} else {
			models[bag.collection] = append(models[bag.collection], mongo.NewUpdateOneModel().SetFilter(asRead).
				SetUpdate(one("$unset", bson.D{e("_events", ""), e("_pending", "")})))
		}
		ids := make(bson.A, len(bag.letters))
		for i, one := range bag.letters {
			ids[i] = one.id
		}
		newer := bson.D{e("_id", bag.id), e("_pending", one("$gt", nothingYet))}
		models[bag.collection] = append(models[bag.collection], mongo.NewUpdateOneModel().SetFilter(newer).
			SetUpdate(one("$pull", one("_events", one("u", one("$in", ids))))))
	}
	for collection, list := range models {
		if _, err := r.db.collection(collection).BulkWrite(ctx, list, options.BulkWrite().SetOrdered(false)); err != nil {
			return err
		}
	}
	return nil
}
