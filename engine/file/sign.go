package file

import (
	"context"
	"errors"
	"fmt"

	"formwork/engine/access"
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
// CodeSignature. A signature that stands in a field of a record decides nothing.
func (s *Service) BindSignature(ctx context.Context, actor access.Actor, id string, to Signing) error {
	doc, f, err := s.stored(ctx, actor.Tenant, id)
	if err != nil {
		return err
	}
	refused := &Error{CodeSignature, nil}
	switch {
	case f.owner != actor.ID || f.Use != Signature || to.Task == "" || to.DataHash == "":
		return refused
	case f.task == to.Task && text(doc.Values, "data_hash") == to.DataHash:
		return nil
	case f.link != (Link{}) || f.task != "":
		return refused
	}
	doc.Values = copyOf(doc.Values)
	doc.Values["entity"], doc.Values["record"] = to.Entity, to.Record
	doc.Values["task"], doc.Values["data_hash"], doc.Values["signed_at"] = to.Task, to.DataHash, stamp(s.now())
	delete(doc.Values, "open_at")
	_, err = s.put(ctx, actor.Tenant, doc)
	if errors.Is(err, store.ErrConflict) {
		return refused
	}
	if err != nil {
		return fmt.Errorf("bind signature: %w", err)
	}
	return nil
}
