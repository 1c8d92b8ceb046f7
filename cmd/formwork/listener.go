package main

import (
	"net"
	"sync"
)

// spareListener knows the connections nobody has sent anything on yet. Browsers open such ones in reserve; a stopping
// server would wait for them as if a request were under way.
type spareListener struct {
	net.Listener
	mu    sync.Mutex
	spare map[*spareConn]bool
}

func newSpareListener(ln net.Listener) *spareListener {
	return &spareListener{Listener: ln, spare: map[*spareConn]bool{}}
}

// Accept waits for the next connection.
func (l *spareListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &spareConn{Conn: conn, listener: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spare[c] = true
	return c, nil
}

// closeSpare closes the connections in reserve.
func (l *spareListener) closeSpare() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.spare {
		_ = c.Conn.Close() // nothing was sent on it, so nothing is lost
	}
	clear(l.spare)
}

func (l *spareListener) forget(c *spareConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.spare, c)
}

// spareConn tells its listener when it is used for the first time.
type spareConn struct {
	net.Conn
	listener *spareListener
	once     sync.Once
}

// Read reads; the first byte makes the connection one that counts.
func (c *spareConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.once.Do(func() { c.listener.forget(c) })
	}
	return n, err
}

// Close closes the connection.
func (c *spareConn) Close() error {
	c.once.Do(func() { c.listener.forget(c) })
	return c.Conn.Close()
}
