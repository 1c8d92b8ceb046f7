// Package seal keeps secrets of a company unreadable where they are stored: in the database, its backups and copies. What
// is sealed (AES-256-GCM) is bound to the name of what it belongs to, so that it cannot be moved to something else, and is
// read only with the key of the installation, which stands in a file outside the database.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
)

// KeySize is the length of the key, in bytes.
const KeySize = 32

// ErrSealed is the failure to read a secret: it was sealed with another key, such as that of the installation a backup
// comes from, for something else, or is damaged. It has to be made or typed in again.
var ErrSealed = errors.New("secrets were sealed with another key")

// Box seals and opens secrets with one key. It is safe for many goroutines.
type Box struct {
	aead   cipher.AEAD
	random func(n int) ([]byte, error)
}

// New makes a Box with a key of KeySize bytes and a source of random bytes.
func New(key []byte, random func(n int) ([]byte, error)) (*Box, error) {
	if len(key) != KeySize || random == nil {
		return nil, fmt.Errorf("seal: a key of %d bytes and a source of randomness are needed", KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return &Box{aead, random}, nil
}

// Seal encrypts a secret for what is named: base64 of nonce and box.
func (b *Box) Seal(name string, plain []byte) (string, error) {
	nonce, err := b.random(b.aead.NonceSize())
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b.aead.Seal(nonce, nonce, plain, []byte(name))), nil
}

// Open reads what was sealed for what is named; ErrSealed if this key does not open it.
func (b *Box) Open(name, text string) ([]byte, error) {
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(sealed) < b.aead.NonceSize() {
		return nil, ErrSealed
	}
	nonce, box := sealed[:b.aead.NonceSize()], sealed[b.aead.NonceSize():]
	plain, err := b.aead.Open(nil, nonce, box, []byte(name))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}
