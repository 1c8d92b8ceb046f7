package identity

import (
	"sync"
	"time"
)

// Failed sign-ins before a pause, and the pause. It grows with further failures and is never for ever, so that nobody
// can lock another person out for good.
const (
	freeFailures = 5
	firstPause   = time.Minute
	longestPause = 30 * time.Minute
)

// pause is how long sign-ins are refused after n failures in a row.
func pause(failures int64) time.Duration {
	if failures < freeFailures {
		return 0
	}
	p := firstPause
	for range failures - freeFailures {
		if p *= 2; p >= longestPause {
			return longestPause
		}
	}
	return p
}

// throttle counts sign-in failures per key (a client address) in memory. What belongs to an account is kept with the
// account; this part slows down one client that tries many logins.
type throttle struct {
	mu   sync.Mutex
	keys map[string]*attempts
}

type attempts struct {
	failures int64
	until    time.Time
}

// Failures of one address before a pause: an office shares one address, so more than for an account.
const freePerAddress = 30

func newThrottle() *throttle { return &throttle{keys: map[string]*attempts{}} }

// wait is how long the key must wait at this time; 0 if it need not.
func (t *throttle) wait(key string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.keys[key]; a != nil && now.Before(a.until) {
		return a.until.Sub(now)
	}
	return 0
}

// failed counts a failure. Old entries are swept when the table grows.
func (t *throttle) failed(key string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.keys) > 10_000 {
		for k, a := range t.keys {
			if now.Sub(a.until) > longestPause {
				delete(t.keys, k)
			}
		}
	}
	a := t.keys[key]
	if a == nil || now.Sub(a.until) > longestPause {
		a = &attempts{until: now}
		t.keys[key] = a
	}
	a.failures++
	a.until = now.Add(pause(a.failures - freePerAddress + freeFailures))
}

func (t *throttle) succeeded(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.keys, key)
}
