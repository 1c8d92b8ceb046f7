package mongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"formwork/engine/store"
)

// leased is a lease as it is kept. Now is the server's clock at the last look: the clocks of several processes differ.
type leased struct {
	Holder string    `bson:"holder"`
	Fence  int64     `bson:"fence"`
	Until  time.Time `bson:"until"`
	Now    time.Time `bson:"now"`
}

// Lease takes, renews or gives back a named lease. It asks the server for its time and then changes the lease if it
// still is as it was. (The time is asked for with $currentDate, not with $$NOW in the condition: FerretDB 2.7 refuses
// that, though MongoDB's manual has it.)
func (db *database) Lease(ctx context.Context, name, holder string, ttl time.Duration) (fence int64, err error) {
	if db.closed.Load() {
		return 0, errClosed
	}
	limited, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	for range maxRaces {
		fence, done, err := db.tryLease(limited, name, holder, ttl)
		if err != nil || done {
			return fence, wrap("lease "+name, plain(ctx, err))
		}
	}
	return 0, store.ErrLeased // the others were quicker each time
}

func (db *database) tryLease(ctx context.Context, name, holder string, ttl time.Duration) (fence int64, done bool, err error) {
	c := db.collection(leaseCollection)
	var l leased
	err = c.FindOneAndUpdate(ctx, one("_id", name), one("$currentDate", one("now", true)),
		options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(&l)
	if mongo.IsDuplicateKeyError(err) { // another made it at the same moment
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	if l.Holder != "" && l.Holder != holder && l.Until.After(l.Now) {
		return 0, true, store.ErrLeased
	}
	fence = l.Fence
	if l.Holder != holder {
		fence++
	}
	asItWas := bson.D{e("_id", name), e("fence", one("$exists", false))}
	if l.Fence > 0 {
		asItWas = bson.D{e("_id", name), e("fence", l.Fence), e("holder", l.Holder), e("until", l.Until)}
	}
	result, err := c.UpdateOne(ctx, asItWas,
		one("$set", bson.D{e("holder", holder), e("fence", fence), e("until", l.Now.Add(ttl))}))
	if err != nil {
		return 0, false, err
	}
	return fence, result.MatchedCount == 1, nil
}

// isLeased tells whether a lease was refused because another has it.
func isLeased(err error) bool { return errors.Is(err, store.ErrLeased) }
