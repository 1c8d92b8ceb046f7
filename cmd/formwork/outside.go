package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"formwork/engine"
	"formwork/engine/seal"
)

// keyVariable names the environment variable that holds the key of secrets, in base64. Processes that share a MongoDB
// need the same one; a single process makes its own, in a file of the data folder.
const keyVariable = "FORMWORK_SECRET_KEY"

// outside reads the key of secrets and the networks messages may go to.
func (p *place) outside() (engine.Outside, error) {
	key, err := secretKey(p.data)
	if err != nil {
		return engine.Outside{}, err
	}
	var networks []netip.Prefix
	for _, text := range p.allow {
		network, err := netip.ParsePrefix(strings.TrimSpace(text))
		if err != nil {
			return engine.Outside{}, fmt.Errorf("--allow-outbound: %w", err)
		}
		networks = append(networks, network)
	}
	return engine.Outside{Key: key, Allow: networks}, nil
}

// secretKey reads the key of secrets, or makes it: a file that only the owner of the data folder can read.
func secretKey(dataDir string) ([]byte, error) {
	if text := os.Getenv(keyVariable); text != "" {
		return decodeKey(keyVariable, text)
	}
	name := filepath.Join(dataDir, "secret.key")
	raw, err := os.ReadFile(name) //nolint:gosec // the data folder is the operator's choice
	if err == nil {
		return decodeKey(name, string(raw))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key := make([]byte, seal.KeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, err
	}
	return key, writeWhole(name, func(w io.Writer) error {
		_, err := io.WriteString(w, base64.StdEncoding.EncodeToString(key)+"\n")
		return err
	})
}

func decodeKey(from, text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err == nil && len(key) != seal.KeySize {
		err = fmt.Errorf("%d bytes, want %d", len(key), seal.KeySize)
	}
	if err != nil {
		return nil, fmt.Errorf("key of secrets in %s: %w", from, err)
	}
	return key, nil
}
