package notify

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"formwork/engine/store"
)

// ErrSealed is the failure to read the secrets of a channel: they were written with another key, such as that of the
// installation a backup comes from. They have to be typed in again.
var ErrSealed = errors.New("secrets of the channel were sealed with another key")

// KeySize is the length of the key that seals secrets, in bytes.
const KeySize = 32

// seal encrypts the secrets of a channel (AES-256-GCM). They are bound to the channel's id: moved to another one they
// cannot be read.
func (s *Service) seal(channel string, secrets Secrets) (string, error) {
	aead, err := s.aead()
	if err != nil {
		return "", err
	}
	plain, err := json.Marshal(secrets) //nolint:gosec // to be encrypted in the next lines
	if err != nil {
		return "", err
	}
	nonce, err := s.config.Random(aead.NonceSize())
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, []byte(channel))), nil
}

// unseal reads the secrets of a channel; ErrSealed if this installation's key does not open them.
func (s *Service) unseal(doc store.Doc) (Secrets, error) {
	var secrets Secrets
	aead, err := s.aead()
	if err != nil {
		return secrets, err
	}
	text, _ := doc.Values["sealed"].(string)
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(sealed) < aead.NonceSize() {
		return secrets, ErrSealed
	}
	nonce, box := sealed[:aead.NonceSize()], sealed[aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, box, []byte(doc.ID))
	if err != nil {
		return secrets, ErrSealed
	}
	return secrets, json.Unmarshal(plain, &secrets)
}

func (s *Service) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.config.Key)
	if err != nil {
		return nil, fmt.Errorf("notify: key of secrets: %w", err)
	}
	return cipher.NewGCM(block)
}
