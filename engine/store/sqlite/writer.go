package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"

	"formwork/engine/store"
)

// maxBatch bounds a transaction, so that the first of its writers does not wait for long.
const maxBatch = 1024

// maxBehind is how many requests that let others go first may wait before their callers do.
const maxBehind = 16

// The life of a request: the caller may take it back as long as the writer has not begun.
const (
	waiting int32 = iota
	begun
	abandoned
)

// request is something to do in the writer's transaction.
type request struct {
	ctx    context.Context //nolint:containedctx // the caller's, looked at before the write begins
	state  atomic.Int32
	writes []store.Write
	errs   []error                                    // one per write; filled in by the writer
	do     func(ctx context.Context, w *writer) error // instead of writes
	alone  bool                                       // do changes tables: it gets a transaction of its own
	done   chan struct{}
}

func (r *request) fail(err error) {
	for i := range r.errs {
		if r.errs[i] == nil {
			r.errs[i] = err
		}
	}
}

// writer is the one goroutine that changes a file.
type writer struct {
	db       *database
	pool     *sql.DB
	conn     *sql.Conn
	queue    chan *request
	behind   chan *request // what lets others go first: one of them at a time comes along with those in queue
	quit     chan struct{}
	finished chan struct{}
	once     sync.Once
	closeErr error
	stmts    *statements
	schema   *schema // of the running transaction; published when it is committed
	search   pendingSearch
	touched  map[touchedBlock]struct{}
}

func startWriter(db *database, pool *sql.DB, conn *sql.Conn) *writer {
	w := &writer{
		db: db, pool: pool, conn: conn, stmts: newStatements(conn, writerStatements), schema: db.schema.Load(),
		queue: make(chan *request, maxBatch), behind: make(chan *request, maxBehind), quit: make(chan struct{}), finished: make(chan struct{}), touched: map[touchedBlock]struct{}{},
	}
	go w.run()
	return w
}

// stop does what was queued before and closes the file.
func (w *writer) stop() error {
	w.once.Do(func() { close(w.quit) })
	<-w.finished
	return w.closeErr
}

// submit waits for a request to be done. After the context's end it waits only if the writer has begun.
func (w *writer) submit(r *request) {
	r.done = make(chan struct{})
	select {
	case <-w.quit:
		r.fail(errClosed)
		return
	default:
	}
	queue := w.queue
	if store.IsBehind(r.ctx) {
		queue = w.behind
	}
	select {
	case queue <- r:
	case <-w.quit:
		r.fail(errClosed)
		return
	case <-r.ctx.Done():
		r.fail(r.ctx.Err())
		return
	}
	select {
	case <-r.done:
	case <-w.finished: // queued at the moment of stop: done, or never begun
		select {
		case <-r.done:
		default:
			r.fail(errClosed)
		}
	case <-r.ctx.Done():
		if r.state.CompareAndSwap(waiting, abandoned) {
			r.fail(r.ctx.Err())
			return
		}
		<-r.done
	}
}

func (w *writer) run() {
	defer close(w.finished)
	for {
		select {
		case first := <-w.queue:
			w.work(w.gather(first))
		case first := <-w.behind:
			w.work(w.gather(first))
		case <-w.quit:
			for {
				select {
				case first := <-w.queue:
					w.work(w.gather(first))
					continue
				case first := <-w.behind:
					w.work(w.gather(first))
					continue
				default:
				}
				break
			}
			w.stmts.close()
			w.closeErr = errors.Join(w.conn.Close(), w.pool.Close())
			return
		}
	}
}

// gather takes what waits, up to maxBatch writes; of what lets others go first one request, so that nobody waits for more
// than that.
func (w *writer) gather(first *request) []*request {
	batch := []*request{first}
	for count := len(first.writes); count < maxBatch; {
		select {
		case next := <-w.queue:
			batch = append(batch, next)
			count += len(next.writes) + 1
			continue
		default:
		}
		break
	}
	if store.IsBehind(first.ctx) {
		return batch
	}
	select {
	case next := <-w.behind:
		batch = append(batch, next)
	default:
	}
	return batch
}

// work does a batch: requests that change tables alone, runs of others together.
func (w *writer) work(batch []*request) {
	var together []*request
	flush := func() {
		if len(together) > 0 {
			w.group(together)
			together = nil
		}
	}
	for _, r := range batch {
		if !r.state.CompareAndSwap(waiting, begun) {
			continue
		}
		if err := r.ctx.Err(); err != nil {
			r.fail(err)
			close(r.done)
			continue
		}
		if r.alone {
			flush()
			w.group([]*request{r})
			continue
		}
		together = append(together, r)
	}
	flush()
}

// group does requests in one transaction. If something unforeseen breaks it, each is tried by itself, so that only
// the culprit fails; a full disk fails all.
func (w *writer) group(requests []*request) {
	err := w.transaction(requests)
	if err != nil && len(requests) > 1 && !errors.Is(err, store.ErrFull) {
		for _, r := range requests {
			clear(r.errs)
			if err := w.transaction([]*request{r}); err != nil {
				clear(r.errs)
				r.fail(err)
			}
		}
	} else if err != nil {
		for _, r := range requests {
			clear(r.errs)
			r.fail(err)
		}
	}
	for _, r := range requests {
		close(r.done)
	}
}

// transaction runs requests and commits. Not the callers' contexts but none bounds it: a write that began is done.
func (w *writer) transaction(requests []*request) error {
	ctx := context.Background()
	if _, err := w.stmts.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return plainError(ctx, err)
	}
	err := w.perform(ctx, requests)
	if err == nil {
		err = w.flushSearch(ctx)
	}
	if err == nil {
		err = w.flushTouched(ctx)
	}
	if err == nil {
		_, err = w.stmts.exec(ctx, "COMMIT")
	}
	if err != nil {
		w.schema = w.db.schema.Load()
		w.search.reset()
		clear(w.touched)
		if _, rollback := w.conn.ExecContext(ctx, "ROLLBACK"); rollback != nil && !notInTransaction(rollback) {
			err = errors.Join(err, rollback)
		}
		return plainError(ctx, err)
	}
	w.db.schema.Store(w.schema)
	return nil
}

func (w *writer) perform(ctx context.Context, requests []*request) error {
	for _, r := range requests {
		if r.do != nil {
			if err := r.do(ctx, w); err != nil {
				return err
			}
			continue
		}
		if err := w.putAll(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// putAll does the writes of a request. What follows a write that was refused is left out.
func (w *writer) putAll(ctx context.Context, r *request) error {
	var leads error
	for i := range r.writes {
		write := &r.writes[i]
		switch {
		case r.errs[i] != nil:
		case write.Follows && leads != nil:
			r.errs[i] = store.ErrLeft
		default:
			err := w.put(ctx, write)
			if err != nil && !isRefusal(err) {
				return err
			}
			r.errs[i] = err
		}
		if !write.Follows {
			leads = r.errs[i]
		}
	}
	return nil
}

// isRefusal tells whether a write was refused before anything was changed.
func isRefusal(err error) bool {
	var duplicate *store.DuplicateError
	return errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) ||
		errors.Is(err, store.ErrUnknown) || errors.As(err, &duplicate)
}

// Put performs the writes; see store.Store.
func (db *database) Put(ctx context.Context, writes ...store.Write) []error {
	if len(writes) == 0 {
		return nil
	}
	r := &request{ctx: ctx, writes: writes, errs: store.CheckWrites(writes)}
	for _, err := range r.errs {
		if err == nil {
			db.writer.submit(r)
			break
		}
	}
	return r.errs
}

// alter runs a function in the writer's transaction.
func (db *database) alter(ctx context.Context, alone bool, do func(ctx context.Context, w *writer) error) error {
	r := &request{ctx: ctx, errs: make([]error, 1), do: do, alone: alone}
	db.writer.submit(r)
	return r.errs[0]
}
