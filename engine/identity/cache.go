package identity

import (
	"sync"
	"time"

	"formwork/engine/access"
)

// freshFor is how long another process of the same installation may still honour a session that was ended or a user
// that was disabled here. In this process both take effect at once.
const freshFor = 2 * time.Second

// sessionCache spares a read or two per request.
type sessionCache struct {
	mu       sync.Mutex
	sessions map[string]cachedSession
	actors   map[actorKey]cachedActor
}

type (
	actorKey      struct{ tenant, user string }
	cachedSession struct {
		session Session
		at      time.Time
	}
	cachedActor struct {
		actor access.Actor
		at    time.Time
	}
)

func newSessionCache() *sessionCache {
	return &sessionCache{sessions: map[string]cachedSession{}, actors: map[actorKey]cachedActor{}}
}

func (c *sessionCache) session(id string, now time.Time) (Session, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	got, ok := c.sessions[id]
	return got.session, ok && now.Sub(got.at) < freshFor
}

func (c *sessionCache) keep(sess Session, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sessions) > 10_000 {
		clear(c.sessions)
	}
	c.sessions[sess.ID] = cachedSession{sess, now}
}

func (c *sessionCache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sessions, id)
}

func (c *sessionCache) actor(key actorKey, now time.Time) (access.Actor, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	got, ok := c.actors[key]
	return got.actor, ok && now.Sub(got.at) < freshFor
}

func (c *sessionCache) keepActor(key actorKey, actor access.Actor, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.actors) > 10_000 {
		clear(c.actors)
	}
	c.actors[key] = cachedActor{actor, now}
}

func (c *sessionCache) forgetTenant(tenantName string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.actors {
		if key.tenant == tenantName {
			delete(c.actors, key)
		}
	}
}
