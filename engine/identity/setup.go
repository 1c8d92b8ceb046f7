package identity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
)

// ErrSetup refuses a first-run request: wrong token, or set up already.
var ErrSetup = errors.New("set-up not possible")

// Setup guards the first run: whoever can read the console may create the first company and its administrator.
// The token lives in memory only; a restarted server prints a new one.
type Setup struct {
	mu   sync.Mutex
	hash [sha256.Size]byte
	open bool
}

// NewSetup gives a token if the installation has no company yet; "" if it has.
func (s *Service) NewSetup(ctx context.Context) (*Setup, string, error) {
	tenants, err := s.Tenants.Tenants(ctx)
	if err != nil {
		return nil, "", err
	}
	setup := &Setup{open: len(tenants) == 0}
	if !setup.open {
		return setup, "", nil
	}
	raw, err := s.Random(24)
	if err != nil {
		return nil, "", fmt.Errorf("set-up token: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	setup.hash = sha256.Sum256([]byte(token))
	return setup, token, nil
}

// Needed tells whether the first run is still to come.
func (s *Setup) Needed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// Use runs the first set-up if the token is right; one at a time, and only once.
func (s *Setup) Use(token string, run func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	given := sha256.Sum256([]byte(token))
	if !s.open || subtle.ConstantTimeCompare(given[:], s.hash[:]) != 1 {
		return ErrSetup
	}
	if err := run(); err != nil {
		return err
	}
	s.open = false
	return nil
}
