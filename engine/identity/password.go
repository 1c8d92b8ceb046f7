package identity

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/ccojocar/zxcvbn-go"
)

// PasswordParams is the cost of argon2id.
type PasswordParams struct {
	MemoryKiB  uint32
	Iterations uint32
}

// DefaultPasswordParams follow OWASP: 19 MiB, two passes.
var DefaultPasswordParams = PasswordParams{MemoryKiB: 19 * 1024, Iterations: 2}

// Lengths of a password in characters. The upper one bounds the work of one request.
const (
	minPassword = 8
	maxPassword = 128
)

// PasswordError refuses a password. Code is password_short, password_long or password_weak (easily guessed: common
// words, names, rows of keys); no rule asks for kinds of characters or for regular change (ASVS 6.2.5, 6.2.10).
type PasswordError struct{ Code string }

// Error satisfies error.
func (e *PasswordError) Error() string { return e.Code }

// checkPassword judges a new password; hints are words it must not be made of, such as the login.
func checkPassword(password string, hints ...string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return &PasswordError{Code: "password_short"}
	case n > maxPassword:
		return &PasswordError{Code: "password_long"}
	}
	if zxcvbn.PasswordStrength(password, hints).Score < 2 {
		return &PasswordError{Code: "password_weak"}
	}
	return nil
}

func (s *Service) hash(ctx context.Context, password string) (string, error) {
	release, err := s.hashSlot(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	hash, err := argon2id.CreateHash(password, &argon2id.Params{
		Memory: s.Params.MemoryKiB, Iterations: s.Params.Iterations, Parallelism: 1, SaltLength: 16, KeyLength: 32,
	})
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

func (s *Service) matches(ctx context.Context, password, hash string) (bool, error) {
	if len(password) > maxPassword*utf8.UTFMax {
		return false, nil
	}
	release, err := s.hashSlot(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return ok, nil
}

func (s *Service) hashSlot(ctx context.Context) (release func(), err error) {
	select {
	case s.hashing <- struct{}{}:
		return func() { <-s.hashing }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// letters leaves out what is easily misread on paper: 0 O 1 l I.
const letters = "abcdefghijkmnpqrstuvwxyz23456789"

// GeneratePassword gives a password of four groups of four letters and digits (80 bits).
func (s *Service) GeneratePassword() (string, error) {
	raw, err := s.Random(16)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for i, r := range raw {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(letters[int(r)%len(letters)])
	}
	return b.String(), nil
}
