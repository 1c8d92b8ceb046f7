package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

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
	ctx     context.Context //nolint:containedctx // the caller's, looked at before the write begins
	state   atomic.Int32
	writes  []store.Write
	cells   []prepared                                 // one per write, made by the caller
	checked []error                                    // one per write: what was refused beforehand
	errs    []error                                    // one per write; filled in by the writer
	at      int                                        // the next write; the writer's
	do      func(ctx context.Context, w *writer) error // instead of writes
	alone   bool                                       // do changes tables: it gets a transaction of its own
	done    chan struct{}
}

// fail answers what has no answer yet.
func (r *request) fail(err error) {
	for i := range r.errs {
		if r.errs[i] == nil {
			r.errs[i] = err
		}
	}
}

// begin says that the writer does the request now; false if nobody waits for it any more.
func (r *request) begin() bool {
	if !r.state.CompareAndSwap(waiting, begun) {
		return false
	}
	if err := r.ctx.Err(); err != nil {
		r.fail(err)
		close(r.done)
		return false
	}
	return true
}

// writer is the one goroutine that changes a file.
type writer struct {
	db       *database
	pool     *sql.DB
	conn     *sql.Conn
	queue    chan *request
	behind   chan *request // what lets others go first
	people   []*request    // taken out of queue
	left     *request      // taken out of behind: some of its writes may be done
	quit     chan struct{}
	finished chan struct{}
	once     sync.Once
	closeErr error
	stmts    *statements
	passedBy bool      // what lets others go first got nothing of the last turn
	added    int       // writes since the log was carried over
	carried  time.Time // when that was begun
	schema   *schema   // of the running transaction; published when it is committed
	search   pendingSearch
	events   []store.Event // to be appended before the commit
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
	for w.await() {
		w.turn()
	}
	w.stmts.close()
	w.closeErr = errors.Join(w.conn.Close(), w.pool.Close())
}

// await waits until there is something to do; false when the writer is to stop and nothing waits any more.
func (w *writer) await() bool {
	if w.left != nil || len(w.people) > 0 {
		return true
	}
	select {
	case r := <-w.queue:
		w.welcome(r)
		return true
	case r := <-w.behind:
		w.follow(r)
		return true
	case <-w.quit:
	}
	select {
	case r := <-w.queue:
		w.welcome(r)
	case r := <-w.behind:
		w.follow(r)
	default:
		return false
	}
	return true
}

func (w *writer) welcome(r *request) {
	if r.begin() {
		w.people = append(w.people, r)
	}
}

func (w *writer) follow(r *request) {
	if r.begin() {
		w.left = r
	}
}

// Put performs the writes; see store.Store.
func (db *database) Put(ctx context.Context, writes ...store.Write) []error {
	if len(writes) == 0 {
		return nil
	}
	checked := store.CheckWrites(writes)
	if !slices.Contains(checked, nil) {
		return checked
	}
	r := &request{ctx: ctx, writes: writes, cells: db.prepared(writes, checked), checked: checked, errs: slices.Clone(checked)}
	db.writer.submit(r)
	return r.errs
}

// alter runs a function in the writer's transaction.
func (db *database) alter(ctx context.Context, alone bool, do func(ctx context.Context, w *writer) error) error {
	r := &request{ctx: ctx, checked: make([]error, 1), errs: make([]error, 1), do: do, alone: alone}
	db.writer.submit(r)
	return r.errs[0]
}
