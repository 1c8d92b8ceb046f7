package sqlite

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"time"
)

// What is committed stands in a log beside the file (its WAL) until it is carried over. SQLite would do that in a commit,
// and everybody would wait for what some thousand writes take to be written a second time; a carrier does it meanwhile.
//
// The log begins anew when all of it was carried over, and the writer adds to it all the time. So the carrier goes on until
// little is left, and the writer does that between two transactions.

const (
	carryMuch  = 8000             // writes, some 80 MB: pages that are written again and again are carried once
	carrySome  = 1000             // are enough after some time, so that the log of a company that writes little stays small
	carryEvery = 10 * time.Second // is that time
	passes     = 8                // of a carrier, at most, each over what came during the one before
	fewPages   = 64               // are left to the writer
	tries      = 4                // of the writer, while somebody reads an older state
	readTime   = 3 * time.Millisecond
)

type carrier struct {
	pool   *sql.DB
	ask    chan struct{}
	quit   chan struct{}
	done   sync.WaitGroup
	nearly atomic.Int32 // how often the writer tries to carry over what is left
}

func startCarrier(pool *sql.DB) *carrier {
	pool.SetMaxOpenConns(1)
	c := &carrier{pool: pool, ask: make(chan struct{}, 1), quit: make(chan struct{})}
	c.done.Go(c.run)
	return c
}

// stop waits until the carrier has laid down what it carries; the file stays as it is.
func (c *carrier) stop() error {
	close(c.quit)
	c.done.Wait()
	return c.pool.Close()
}

// wake says that there is something to carry.
func (c *carrier) wake() {
	select {
	case c.ask <- struct{}{}:
	default:
	}
}

func (c *carrier) run() {
	for {
		select {
		case <-c.quit:
			return
		case <-c.ask:
			c.carry()
		}
	}
}

// carry has nobody to tell when it fails: the log grows meanwhile, and beyond its bound the writer tries it in a commit.
func (c *carrier) carry() {
	before := 0
	for range passes {
		var busy, pages, carried int
		err := c.pool.QueryRowContext(context.Background(), carryOver).Scan(&busy, &pages, &carried)
		switch {
		case err != nil || busy != 0:
			return
		case carried < pages: // somebody reads an older state
			if !c.wait(readTime) {
				return
			}
		case pages-before < fewPages:
			c.nearly.Store(tries)
			return
		}
		before = pages
	}
}

// wait is false if the carrier is to stop.
func (c *carrier) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-c.quit:
		return false
	case <-timer.C:
		return true
	}
}

// rest does what the carrier left, between two transactions of the writer.
func (c *carrier) rest(ctx context.Context, stmts *statements) {
	left := c.nearly.Load()
	if left == 0 {
		return
	}
	var busy, pages, carried int
	_, err := stmts.row(ctx, []any{&busy, &pages, &carried}, carryOver)
	if err != nil || busy != 0 || carried == pages {
		left = 1
	}
	c.nearly.Store(left - 1)
}

// carryOver waits for nobody and keeps nobody waiting. It answers whether another one is at it, how many pages stand in
// the log and how many of them are in the file by now.
const carryOver = "PRAGMA wal_checkpoint(PASSIVE)"
