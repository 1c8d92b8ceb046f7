package mongo_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"formwork/engine/query"
	"formwork/engine/store"
	"formwork/engine/store/mongo"
)

// line is a connection to the server that a test can cut or hold up.
type line struct {
	listener net.Listener
	server   string
	held     atomic.Bool // nothing passes, as when the server's process is stopped
	cut      atomic.Bool // connections are refused
	mu       sync.Mutex
	ends     []net.Conn
}

// through gives a connection string that leads to the server through a line.
func through(t *testing.T, uri string) (*line, string) {
	t.Helper()
	parsed, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{listener: listener, server: parsed.Host}
	t.Cleanup(func() { l.close() })
	go l.accept()
	options := parsed.Query()
	options.Set("directConnection", "true")
	parsed.Host, parsed.RawQuery = listener.Addr().String(), options.Encode()
	return l, parsed.String()
}

func (l *line) close() {
	l.listener.Close() //nolint:errcheck // the test is over
	l.hangUp()
}

func (l *line) hangUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, end := range l.ends {
		end.Close() //nolint:errcheck // it may be closed already
	}
	l.ends = nil
}

func (l *line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := new(net.Dialer).DialContext(context.Background(), "tcp", l.server)
		if err != nil || l.cut.Load() {
			near.Close() //nolint:errcheck // refused
			continue
		}
		l.mu.Lock()
		l.ends = append(l.ends, near, far)
		l.mu.Unlock()
		go l.carry(near, far)
		go l.carry(far, near)
	}
}

func (l *line) carry(from, to net.Conn) {
	defer to.Close() //nolint:errcheck // it may be closed already
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		for l.held.Load() {
			time.Sleep(10 * time.Millisecond)
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func TestServerAway(t *testing.T) {
	l, uri := through(t, server(t))
	backend := openBackend(t, uri)
	defer closeBackend(t, backend)
	mongo.SweepEvery(backend, 500*time.Millisecond)
	tenant := "away"
	db, err := backend.Open(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	defer drop(t, backend, tenant)
	if err := db.Ensure(t.Context(), crashing); err != nil {
		t.Fatal(err)
	}
	outages := []struct {
		name       string
		begin, end func()
	}{
		{"refuses connections", func() { l.cut.Store(true); l.hangUp() }, func() { l.cut.Store(false) }},
		{"falls silent", func() { l.held.Store(true) }, func() { l.held.Store(false) }},
	}
	for i, outage := range outages {
		t.Run(outage.name, func(t *testing.T) {
			if err := db.Put(t.Context(), crashWrite(fmt.Sprint("before", i), 1))[0]; err != nil {
				t.Fatal(err)
			}
			outage.begin()
			calls := map[string]func() error{
				"put":  func() error { return db.Put(t.Context(), crashWrite(fmt.Sprint("during", i), 1))[0] },
				"find": func() error { _, err := db.Find(t.Context(), query.Query{Collection: "sheet", Limit: 1}); return err },
				"lease": func() error {
					_, err := db.Lease(t.Context(), "l", "h", time.Minute)
					return err
				},
			}
			for name, call := range calls {
				start := time.Now()
				if err := call(); !errors.Is(err, store.ErrAway) {
					t.Errorf("%s: %v, want ErrAway", name, err)
				}
				t.Logf("%s fails after %s", name, time.Since(start).Round(100*time.Millisecond))
			}
			outage.end()
			comesBack(t, db, fmt.Sprint("after", i))
		})
	}
	// Writes with an unknown outcome are there with their events, or not at all.
	logged(t, db, func(events map[string]int64) bool {
		for i := range outages {
			docs, err := db.Get(t.Context(), "sheet", fmt.Sprint("during", i))
			if err != nil {
				t.Fatal(err)
			}
			if int64(len(docs)) != events[fmt.Sprint("during", i)] || events[fmt.Sprint("before", i)]+events[fmt.Sprint("after", i)] != 2 {
				return false
			}
		}
		return true
	})
}

// comesBack expects writes to succeed within ten seconds of the server's return.
func comesBack(t *testing.T, db store.Store, id string) {
	t.Helper()
	start := time.Now()
	for {
		err := db.Put(t.Context(), crashWrite(id, 1))[0]
		if err == nil || errors.Is(err, store.ErrConflict) { // written by an attempt whose answer was lost
			t.Logf("back after %s", time.Since(start).Round(100*time.Millisecond))
			return
		}
		if time.Since(start) > time.Minute {
			t.Fatalf("does not come back: %v", err)
		}
	}
}

func TestOpenWithoutServer(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // the test is over
	go func() {            // it takes connections and never answers
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go io.Copy(io.Discard, conn) //nolint:errcheck // silence
		}
	}()
	start := time.Now()
	backend, err := mongo.Open(context.Background(), "mongodb://"+listener.Addr().String()+"/")
	if err == nil {
		backend.Close() //nolint:errcheck // it should not be
		t.Fatal("opened without a server")
	}
	t.Logf("fails after %s", time.Since(start).Round(100*time.Millisecond))
}

// Two processes with one database: what each writes appears once, in one order for all.
func TestTwoProcesses(t *testing.T) {
	const writers, documents = 4, 6
	uri := server(t)
	tenant := "two"
	stores := make([]store.Store, 2)
	for i := range stores {
		backend := openBackend(t, uri)
		defer closeBackend(t, backend)
		var err error
		if stores[i], err = backend.Open(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		if err := stores[i].Ensure(t.Context(), crashing); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			defer drop(t, backend, tenant)
		}
	}
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for n := range documents {
				for rev := int64(1); rev <= 3; rev++ {
					id := fmt.Sprint(writer, "_", n)
					if err := stores[(writer+int(rev))%2].Put(t.Context(), crashWrite(id, rev))[0]; err != nil {
						t.Errorf("%s rev %d: %v", id, rev, err)
						return
					}
				}
			}
		})
	}
	all := func(events map[string]int64) bool {
		complete := len(events) == writers*documents
		for _, rev := range events {
			complete = complete && rev == 3
		}
		return complete
	}
	for i := range stores {
		group.Go(func() { logged(t, stores[i], all) })
	}
	group.Wait()
	if _, err := stores[0].Lease(t.Context(), "job", "a", time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := stores[1].Lease(t.Context(), "job", "b", time.Minute); !errors.Is(err, store.ErrLeased) {
		t.Errorf("lease from the other process: %v, want ErrLeased", err)
	}
}

// What a crashed process left behind reaches the log through one that keeps running.
func TestLeftoversAreFound(t *testing.T) {
	uri := server(t)
	tenant := "leftover"
	backend := openBackend(t, uri)
	defer closeBackend(t, backend)
	mongo.SweepEvery(backend, 200*time.Millisecond)
	db, err := backend.Open(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	defer drop(t, backend, tenant)
	if err := db.Ensure(t.Context(), crashing); err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]int64{}
	writeAndKill(t, uri, tenant, acknowledged)
	logged(t, db, func(events map[string]int64) bool {
		for id, rev := range acknowledged {
			if events[id] < rev {
				return false
			}
		}
		return true
	})
}
