package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// reader is one connection that reads, with its prepared statements: parsing a statement takes longer than running it
// for one record. It belongs to one goroutine at a time.
type reader struct {
	conn  *sql.Conn
	stmts *statements
}

func (r *reader) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	stmt, err := r.stmts.prepare(ctx, text) //nolint:sqlclosecheck // kept, closed with the connection
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// row reads the one row of a statement that always has one.
func (r *reader) row(ctx context.Context, dest any, text string, args ...any) error {
	found, err := r.stmts.row(ctx, []any{dest}, text, args...)
	if err == nil && !found {
		err = sql.ErrNoRows
	}
	return err
}

// readers are the connections queries of one file share: opened when they are needed, the one used last first, since it
// has the most in its cache.
type readers struct {
	pool *sql.DB
	turn chan struct{} // one for each that may be at work

	mu     sync.Mutex
	idle   []*reader
	closed bool
}

func newReaders(pool *sql.DB, limit int) *readers {
	pool.SetMaxOpenConns(limit)
	return &readers{pool: pool, turn: make(chan struct{}, limit)}
}

// take gives a connection to its caller alone, who has to give it back.
func (p *readers) take(ctx context.Context) (*reader, error) {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if r := p.last(); r != nil {
		return r, nil
	}
	conn, err := p.pool.Conn(ctx)
	if err != nil {
		<-p.turn
		return nil, err
	}
	return &reader{conn, newStatements(conn, readerStatements)}, nil
}

func (p *readers) last() *reader {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	r := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	return r
}

// give takes a connection back.
func (p *readers) give(r *reader) {
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.idle = append(p.idle, r)
	}
	p.mu.Unlock()
	if closed {
		p.discard(r)
		return
	}
	<-p.turn
}

// discard closes a connection of which nobody knows whether it is still in a transaction.
func (p *readers) discard(r *reader) {
	r.stmts.close()
	_ = r.conn.Close() // what broke it was reported
	<-p.turn
}

// close closes the connections; those at work are closed when they are given back.
func (p *readers) close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	var errs []error
	for r := p.last(); r != nil; r = p.last() {
		r.stmts.close()
		errs = append(errs, r.conn.Close())
	}
	return errors.Join(append(errs, p.pool.Close())...)
}
