package notify

import (
	"encoding/json"
	"errors"

	"formwork/engine/seal"
	"formwork/engine/store"
)

// ErrSealed is the failure to read the secrets of a channel: they were written with another key, such as that of the
// installation a backup comes from. They have to be typed in again.
var ErrSealed = seal.ErrSealed

// seal encrypts the secrets of a channel. They are bound to the channel's id: moved to another one they cannot be read.
func (s *Service) seal(channel string, secrets Secrets) (string, error) {
	plain, err := json.Marshal(secrets) //nolint:gosec // to be encrypted in the next line
	if err != nil {
		return "", err
	}
	return s.config.Box.Seal(channel, plain)
}

// unseal reads the secrets of a channel; ErrSealed if this installation's key does not open them.
func (s *Service) unseal(doc store.Doc) (Secrets, error) {
	var secrets Secrets
	text, _ := doc.Values["sealed"].(string)
	plain, err := s.config.Box.Open(doc.ID, text)
	if err != nil {
		return secrets, err
	}
	return secrets, json.Unmarshal(plain, &secrets)
}

// unsealToSend is unseal for a message: with secrets that nobody can read it is never sent.
func (s *Service) unsealToSend(doc store.Doc) (Secrets, error) {
	secrets, err := s.unseal(doc)
	if errors.Is(err, ErrSealed) {
		err = &permanent{CodeSealed, nil}
	}
	return secrets, err
}
