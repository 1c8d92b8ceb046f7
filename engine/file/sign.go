package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"formwork/engine/access"
	"formwork/engine/record"
	"formwork/engine/store"
)

// Signing is what a signature stands for.
type Signing struct {
	Entity, Record string
	Task           string // the task that is decided
	DataHash       string // of the values the signer saw
}

// BindSignature binds a drawn signature of the actor's own to the decision it is made for: to the task, the data he saw,
// himself and the time. That can be done once: binding it again to the same is no matter, to anything else
// CodeSignature. A signature that stands in a field of a record decides nothing. It gives the SHA-256 (hex) of what was
// drawn.
func (s *Service) BindSignature(ctx context.Context, actor access.Actor, id string, to Signing) (string, error) {
	doc, f, err := s.stored(ctx, actor.Tenant, id)
	if err != nil {
		return "", err
	}
	refused := &Error{CodeSignature, nil}
	switch {
	case f.owner != actor.ID || f.Use != Signature || to.Task == "" || to.DataHash == "":
		return "", refused
	case f.task == to.Task && text(doc.Values, "data_hash") == to.DataHash:
		return f.sha256, nil
	case f.link != (Link{}) || f.task != "":
		return "", refused
	}
	doc.Values = copyOf(doc.Values)
	doc.Values["entity"], doc.Values["record"] = to.Entity, to.Record
	doc.Values["task"], doc.Values["data_hash"], doc.Values["signed_at"] = to.Task, to.DataHash, stamp(s.now())
	delete(doc.Values, "open_at")
	_, err = s.put(ctx, actor.Tenant, doc)
	if errors.Is(err, store.ErrConflict) {
		return "", refused
	}
	if err != nil {
		return "", fmt.Errorf("bind signature: %w", err)
	}
	return f.sha256, nil
}

// Drawn is a signature as the history of a record speaks of it.
type Drawn struct {
	ID, Task, By string
	Image        string // SHA-256 (hex) of its bytes, "" = the history is older than that it says so
	DataHash     string // of the values the signer saw, "" likewise
}

// Genuine tells whether a signature is still what its signer drew, for what he drew it: its bytes are read.
func (s *Service) Genuine(ctx context.Context, tenant string, d Drawn) (bool, error) {
	doc, f, err := s.stored(ctx, tenant, d.ID)
	if errors.Is(err, record.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	switch {
	case f.Use != Signature || f.owner != d.By || f.task != d.Task,
		d.Image != "" && d.Image != f.sha256,
		d.DataHash != "" && d.DataHash != text(doc.Values, "data_hash"):
		return false, nil
	}
	body, err := s.config.Blobs.Get(ctx, Key(tenant, f.blob), 0, f.Size)
	if errors.Is(err, ErrNoBlob) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("signature %s: %w", d.ID, err)
	}
	sum := sha256.New()
	_, err = io.Copy(sum, body)
	if err := errors.Join(err, body.Close()); err != nil {
		return false, fmt.Errorf("signature %s: %w", d.ID, err)
	}
	return hex.EncodeToString(sum.Sum(nil)) == f.sha256, nil
}
