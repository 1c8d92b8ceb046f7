// Package event is the typed side of the event log: what kinds of events there are, how the events of one record are
// chained, and how a process follows a tenant's log.
//
// The store appends events; this package never does. A write seals its events (Seal): each carries the SHA-256 over the
// hash before it and its own canonical content, so that a removed, changed or inserted event breaks the chain (Verify).
// A Hub keeps one Tail per tenant: one poller reads the log and all subscribers share what it read. A named
// subscriber has a durable cursor and sees every event at least once, in order; a follower sees what happens from now on.
package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"formwork/engine/form"
	"formwork/engine/store"
)

// The types of events record writes cause. Flows add their own (submitted, approved, …).
const (
	TypeCreated  = "created"
	TypeUpdated  = "updated"
	TypeVoided   = "voided"
	TypeDeleted  = "deleted"
	TypeRestored = "restored"
	TypeInForce  = "in_force" // its entity gained approval: it counts as approved
)

// Written is the data of created, updated, voided, deleted, restored and in_force.
type Written struct {
	Cause   string            `json:"cause,omitempty"` // the effect of a flow this write was, after how many automations led to it
	Changes []Change          `json:"changes,omitempty"`
	Key     string            `json:"key,omitempty"`     // id of the API key that acted for the actor
	Publish int64             `json:"publish,omitempty"` // of in_force: the number of the publish that introduced approval
	Reason  string            `json:"reason,omitempty"`  // of a void
	Reasons map[string]string `json:"reasons,omitempty"` // given for warnings, by rule name
	State   *StateChange      `json:"state,omitempty"`
	// Warnings are what opening data were let pass with.
	Warnings []form.Problem `json:"warnings,omitempty"`
}

// Change is one changed value. Field is a path: "total_amount", "lines[r1].worker", "lines[r1]" for a row that came or
// went (its values), or "lines" with Moved when rows changed places. From and To are wire values, nil when missing.
// Whoever shows it masks it by the reader's field rights.
//
// Values of personal fields carry a Salt. The chain commits to the salted digest only: erasing a person drops From, To
// and Salt and keeps Digest, and the chain still holds.
type Change struct {
	Digest string `json:"digest,omitempty"` // SHA-256 (hex) of salt and values; set by Erase
	Field  string `json:"field"`
	From   any    `json:"from,omitempty"`
	Moved  bool   `json:"moved,omitempty"`
	Salt   string `json:"salt,omitempty"`
	To     any    `json:"to,omitempty"`
}

// StateChange is a change of the record's state.
type StateChange struct {
	From string `json:"from,omitempty"`
	To   string `json:"to"`
}

// Erase gives the change without its values: what is left proves only that something was there.
// A change without a salt cannot be erased and is given back as it is.
func (c Change) Erase() (Change, error) {
	if c.Salt == "" {
		return c, nil
	}
	digest, err := c.digest()
	if err != nil {
		return Change{}, err
	}
	return Change{Field: c.Field, Digest: digest}, nil
}

func (c Change) digest() (string, error) {
	values, err := canonical([]any{c.From, c.To})
	if err != nil {
		return "", fmt.Errorf("digest of %s: %w", c.Field, err)
	}
	sum := sha256.Sum256(append([]byte(c.Salt+"\n"), values...))
	return hex.EncodeToString(sum[:]), nil
}

// Decode reads the data of an event written by a record write; numbers stay exact (json.Number).
func Decode(data json.RawMessage) (Written, error) {
	var w Written
	if len(data) == 0 {
		return w, nil
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&w); err != nil {
		return Written{}, fmt.Errorf("decode event: %w", err)
	}
	return w, nil
}

// Seal numbers the events of one write and chains them to the record's last hash ("" for its first events). It gives
// the sealed events and the new last hash, which the document keeps.
func Seal(last string, events []store.Event) ([]store.Event, string, error) {
	sealed := make([]store.Event, len(events))
	for i, e := range events {
		e.N = i
		e.At = e.At.UTC().Truncate(time.Millisecond)
		hash, err := chain(last, e)
		if err != nil {
			return nil, "", err
		}
		e.Hash, last = hash, hash
		sealed[i] = e
	}
	return sealed, last, nil
}

// content is what a hash commits to, in this order. Seq is left out: the log gives it after the write.
type content struct {
	Entity string `json:"entity"`
	Record string `json:"record"`
	Rev    int64  `json:"rev"`
	N      int    `json:"n"`
	Type   string `json:"type"`
	Actor  string `json:"actor"`
	At     int64  `json:"at"` // Unix milliseconds
	Data   any    `json:"data,omitempty"`
}

func chain(last string, e store.Event) (string, error) {
	text, err := committedText(e)
	if err != nil {
		return "", fmt.Errorf("hash event %s of %s/%s: %w", e.Type, e.Entity, e.Record, err)
	}
	sum := sha256.New()
	sum.Write([]byte(last)) // a hash takes all it is given
	sum.Write([]byte{'\n'})
	sum.Write(text)
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// committedText is the canonical content of an event. Data is decoded for it only where that cannot be avoided.
func committedText(e store.Event) ([]byte, error) {
	head := content{e.Entity, e.Record, e.Rev, e.N, e.Type, e.Actor, e.At.UnixMilli(), nil}
	data, ok := sorted(e.Data)
	if !ok {
		var err error
		if head.Data, err = committed(e.Data); err != nil {
			return nil, err
		}
		return canonical(head)
	}
	text, err := canonical(head)
	if err != nil {
		return nil, err
	}
	text = append(text[:len(text)-1], `,"data":`...)
	return append(append(text, data...), '}'), nil
}

// committed decodes event data and replaces salted values by their digest, so that the order of keys, blanks and an
// erasure make no difference to the hash.
func committed(data json.RawMessage) (any, error) {
	if len(data) == 0 {
		return nil, nil //nolint:nilnil // an event without data commits to none
	}
	var tree any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&tree); err != nil {
		return nil, err
	}
	object, ok := tree.(map[string]any)
	if !ok {
		return tree, nil
	}
	changes, ok := object["changes"].([]any)
	if !ok {
		return tree, nil
	}
	for i, item := range changes {
		change, ok := item.(map[string]any)
		if !ok {
			continue
		}
		salt, _ := change["salt"].(string)
		if salt == "" {
			continue
		}
		field, _ := change["field"].(string)
		digest, err := Change{Field: field, From: change["from"], To: change["to"], Salt: salt}.digest()
		if err != nil {
			return nil, err
		}
		changes[i] = map[string]any{"field": field, "digest": digest}
	}
	return tree, nil
}
