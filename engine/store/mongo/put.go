package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"

	"formwork/engine/store"
)

const (
	maxParallel = 16  // commands of one Put at once
	maxInserts  = 200 // documents of one insert command
	maxRaces    = 10  // how often a write looks again at what it ran into

	maxBSON  = 15 << 20 // bytes of a stored document; the server takes 16 MB, with the events on their way
	mayBeBig = 4 << 20  // bytes of texts from which a document is measured
)

// prepared is a write ready to be sent.
type prepared struct {
	write  *store.Write
	at     int // its place in the call
	layout *layout
	events bson.A
	last   primitive.ObjectID // of the last event
	sent   bool               // its events may be there: it was not refused
}

// Put performs the writes; see store.Store. Creates go together by collection, the others each for itself, at once; then,
// in the same way, what follows those that were done.
func (db *database) Put(ctx context.Context, writes ...store.Write) []error {
	if len(writes) == 0 {
		return nil
	}
	errs := store.CheckWrites(writes)
	leading := make([]int, 0, len(writes))
	for i := range writes {
		if !writes[i].Follows {
			leading = append(leading, i)
		}
	}
	db.putAtOnce(ctx, writes, leading, errs)
	if len(leading) < len(writes) {
		db.putAtOnce(ctx, writes, followers(writes, errs), errs)
	}
	return errs
}

// followers lists the writes that follow others, and leaves out those that follow one that was not done.
func followers(writes []store.Write, errs []error) []int {
	var list []int
	var leads error
	for i := range writes {
		switch {
		case !writes[i].Follows:
			leads = errs[i]
		case errs[i] != nil:
		case leads != nil:
			errs[i] = store.ErrLeft
		default:
			list = append(list, i)
		}
	}
	return list
}

// putAtOnce does some of a call's writes that do not depend on one another.
func (db *database) putAtOnce(ctx context.Context, writes []store.Write, which []int, errs []error) {
	creates := map[string][]*prepared{}
	all := make([]*prepared, 0, len(which))
	var jobs []func()
	for _, i := range which {
		if errs[i] != nil {
			continue
		}
		if errs[i] = ctx.Err(); errs[i] != nil {
			continue
		}
		t, done, err := db.writing(writes[i].Collection)
		if err != nil {
			errs[i] = err
			continue
		}
		defer done() // when all are done
		p, err := prepare(t, &writes[i], i)
		if err != nil {
			errs[i] = err
			continue
		}
		all = append(all, p)
		switch {
		case writes[i].Remove:
			jobs = append(jobs, func() { errs[i] = db.send(ctx, p, db.remove) })
		case writes[i].IfRev > 0:
			jobs = append(jobs, func() { errs[i] = db.send(ctx, p, db.update) })
		default:
			creates[writes[i].Collection] = append(creates[writes[i].Collection], p)
		}
	}
	for name, list := range creates {
		for chunk := range slices.Chunk(list, maxInserts) {
			jobs = append(jobs, func() { db.create(ctx, name, chunk, errs) })
		}
	}
	parallel(jobs)
	db.relay.wake(all)
}

// parallel does jobs, maxParallel at once.
func parallel(jobs []func()) {
	if len(jobs) == 1 {
		jobs[0]()
		return
	}
	var group sync.WaitGroup
	slots := make(chan struct{}, maxParallel)
	for _, job := range jobs {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			job()
		})
	}
	group.Wait()
}

func prepare(t *table, w *store.Write, at int) (*prepared, error) {
	p := &prepared{write: w, at: at}
	if !w.Remove {
		var err error
		if p.layout, err = t.encode(&w.Doc); err != nil {
			return nil, err
		}
		if err := p.layout.checkSize(); err != nil {
			return nil, fmt.Errorf("document %s: %w", w.Doc.ID, err)
		}
	}
	for _, event := range w.Events {
		p.last = primitive.NewObjectID()
		p.events = append(p.events, append(one("u", p.last), eventCells(event)...))
	}
	return p, nil
}

// checkSize refuses what the folded texts and grams make larger than a document may be.
func (l *layout) checkSize() error {
	if textBytes(l.set) < mayBeBig {
		return nil
	}
	raw, err := bson.Marshal(l.set)
	if err == nil && len(raw) > maxBSON {
		return store.ErrTooLarge
	}
	return err
}

// textBytes is the length of all texts of a value.
func textBytes(value any) int {
	size := 0
	switch value := value.(type) {
	case string:
		size = len(value)
	case []string:
		for _, text := range value {
			size += len(text)
		}
	case bson.A:
		for _, item := range value {
			size += textBytes(item)
		}
	case []any:
		for _, item := range value {
			size += textBytes(item)
		}
	case bson.D:
		for _, element := range value {
			size += textBytes(element.Value)
		}
	}
	return size
}

// send does a write under the time limit of writes. Also when the outcome is unknown its events may be there.
func (db *database) send(ctx context.Context, p *prepared, do func(context.Context, *prepared) error) error {
	limited, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	err := do(limited, p)
	p.sent = !isRefusal(err)
	return plain(ctx, err)
}

// isRefusal tells whether a write was refused and changed nothing.
func isRefusal(err error) bool {
	var duplicate *store.DuplicateError
	return errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) || errors.As(err, &duplicate)
}

// create inserts documents of one collection. The command goes on after those it refuses.
func (db *database) create(ctx context.Context, collection string, list []*prepared, errs []error) {
	limited, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	docs := make([]any, len(list))
	for i, p := range list {
		docs[i] = p.document()
	}
	_, err := db.collection(collection).InsertMany(limited, docs, options.InsertMany().SetOrdered(false))
	refused := map[int]mongo.BulkWriteError{}
	var bulk mongo.BulkWriteException
	if errors.As(err, &bulk) {
		for _, one := range bulk.WriteErrors {
			refused[one.Index] = one
		}
		if err = nil; bulk.WriteConcernError != nil {
			err = bulk.WriteConcernError
		}
	}
	var again []func()
	for i, p := range list {
		failure, isRefused := refused[i]
		switch {
		case isRefused && mongo.IsDuplicateKeyError(failure.WriteError):
			again = append(again, func() { errs[p.at] = db.send(ctx, p, db.createOver) })
		case isRefused:
			errs[p.at] = plain(ctx, mongo.WriteException{WriteErrors: mongo.WriteErrors{failure.WriteError}})
		default:
			errs[p.at], p.sent = plain(ctx, err), true
		}
	}
	parallel(again)
}

// document is a new document.
func (p *prepared) document() bson.D {
	doc := append(one("_id", p.write.Doc.ID), p.layout.set...)
	if len(p.events) > 0 {
		doc = append(doc, e("_events", p.events), e("_pending", p.last))
	}
	return doc
}

// change is the update that makes a stored document this one. Events on their way stay before the new ones.
func (p *prepared) change() bson.D {
	set, update := p.layout.set, bson.D{}
	if len(p.events) > 0 {
		set = append(slices.Clip(set), e("_pending", p.last))
		update = one("$push", one("_events", one("$each", p.events)))
	}
	update = append(update, e("$set", set))
	if len(p.layout.unset) > 0 {
		update = append(update, e("$unset", p.layout.unset))
	}
	return update
}

// createOver creates a document whose insert met a duplicate: of the id, maybe a tombstone, or of a key.
func (db *database) createOver(ctx context.Context, p *prepared) error {
	for range maxRaces {
		state, err := db.stateOf(ctx, p.write)
		if err != nil {
			return err
		}
		switch state {
		case living:
			return store.ErrConflict
		case tombstone:
			buried := bson.D{e("_id", p.write.Doc.ID), e("deleted", one("$exists", false))}
			result, failure := db.collection(p.write.Collection).UpdateOne(ctx, buried, p.change())
			if failure == nil && result.MatchedCount == 0 {
				continue
			}
			err = failure
		default: // a key was in the way, and may be gone
			if err := db.takenKey(ctx, p.write); err != nil {
				return err
			}
			_, err = db.collection(p.write.Collection).InsertOne(ctx, p.document())
		}
		if !mongo.IsDuplicateKeyError(err) {
			return err
		}
		if err := db.takenKey(ctx, p.write); err != nil {
			return err
		}
	}
	return store.ErrConflict
}

// What may stand under an id.
const (
	absent = iota
	tombstone
	living
)

func (db *database) stateOf(ctx context.Context, w *store.Write) (int, error) {
	raw, err := db.latest(w.Collection).FindOne(ctx, one("_id", w.Doc.ID), options.FindOne().SetProjection(one("deleted", 1))).Raw()
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return absent, nil
	case err != nil:
		return absent, err
	}
	if isTombstone(raw) {
		return tombstone, nil
	}
	return living, nil
}

func isTombstone(doc bson.Raw) bool {
	_, err := doc.LookupErr("deleted")
	return err != nil
}

// takenKey is a *store.DuplicateError if another document has one of the write's keys. The server's error does not tell:
// MongoDB's names the first value its index met (keyValue), FerretDB's none.
func (db *database) takenKey(ctx context.Context, w *store.Write) error {
	if len(w.Doc.Keys) == 0 {
		return nil
	}
	raw, err := db.latest(w.Collection).FindOne(ctx,
		bson.D{e("_keys", one("$in", w.Doc.Keys)), e("_id", one("$ne", w.Doc.ID))}, options.FindOne().SetProjection(one("_keys", 1))).Raw()
	if errors.Is(err, mongo.ErrNoDocuments) {
		return nil
	}
	if err != nil {
		return err
	}
	taken, err := texts(raw.Lookup("_keys"))
	if err != nil {
		return err
	}
	for _, key := range w.Doc.Keys {
		if slices.Contains(taken, key) {
			return &store.DuplicateError{Key: key}
		}
	}
	return nil
}

// at names the document a write is about, at the revision it was read.
func (p *prepared) atRevision() bson.D {
	return bson.D{e("_id", p.write.Doc.ID), e("rev", p.write.IfRev), e("deleted", one("$exists", true))}
}

func (db *database) update(ctx context.Context, p *prepared) error {
	for range maxRaces {
		result, err := db.collection(p.write.Collection).UpdateOne(ctx, p.atRevision(), p.change())
		if err == nil {
			return db.missed(ctx, p, result.MatchedCount)
		}
		if !mongo.IsDuplicateKeyError(err) {
			return err
		}
		if err := db.takenKey(ctx, p.write); err != nil {
			return err
		}
	}
	return store.ErrConflict
}

// missed tells why a write found no document at its revision.
func (db *database) missed(ctx context.Context, p *prepared, matched int64) error {
	if matched == 1 {
		return nil
	}
	state, err := db.stateOf(ctx, p.write)
	switch {
	case err != nil:
		return err
	case state == living:
		return store.ErrConflict
	}
	return store.ErrNotFound
}

// remove deletes a document, or leaves a tombstone while events of it are on their way.
func (db *database) remove(ctx context.Context, p *prepared) error {
	c := db.collection(p.write.Collection)
	if len(p.events) == 0 {
		settled := append(p.atRevision(), e("_pending", one("$exists", false)))
		result, err := c.DeleteOne(ctx, settled)
		if err != nil || result.DeletedCount == 1 {
			return err
		}
	}
	unset := bson.D{}
	for _, name := range slices.Concat(kept, removable) {
		unset = append(unset, e(name, ""))
	}
	set := one("rev", p.write.IfRev+1)
	update := bson.D{e("$unset", unset)}
	if len(p.events) > 0 {
		set = append(set, e("_pending", p.last))
		update = append(update, e("$push", one("_events", one("$each", p.events))))
	}
	result, err := c.UpdateOne(ctx, p.atRevision(), append(update, e("$set", set)))
	if err != nil {
		return err
	}
	return db.missed(ctx, p, result.MatchedCount)
}
