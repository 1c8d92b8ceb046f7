package record

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"formwork/engine/access"
	"formwork/engine/event"
	"formwork/engine/form"
	"formwork/engine/store"
)

// Create completes, checks and stores a new record. It fails with ErrForbidden, *InvalidError, *access.FieldError
// (a field he may not write) or ErrIdempotencyConflict.
func (s *Service) Create(ctx context.Context, actor access.Actor, entity string, in CreateInput) (Created, error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return Created{}, err
	}
	doc, replay, err := r.createOnce(ctx, in)
	if err != nil {
		return Created{}, err
	}
	rec, err := r.veiled(ctx)(r.toParticipant(ctx, doc))
	return Created{Record: rec, Replay: replay}, err
}

// createOnce stores a new record, or finds the one the same request stored before.
func (r *request) createOnce(ctx context.Context, in CreateInput) (doc *store.Doc, replay bool, err error) {
	if err := r.decides(ctx); err != nil {
		return nil, false, err
	}
	if err := r.mayCreate(ctx, in); err != nil {
		return nil, false, err
	}
	id, claim, err := r.service.identify(r.actor, r.entity.Name, in)
	if err != nil {
		return nil, false, err
	}
	if in.Key != "" || in.ID != "" {
		if doc, err := r.replay(ctx, id, claim); doc != nil || err != nil {
			return doc, true, err
		}
	}
	doc, err = r.create(ctx, in, id, claim)
	if err != nil && (in.Key != "" || in.ID != "") {
		// Another request with the same key may have been faster; what it stored is the answer to both. Its own keys and
		// limits may be what refused this one.
		if doc, replayErr := r.replay(ctx, id, claim); doc != nil || replayErr != nil {
			return doc, true, replayErr
		}
	}
	return doc, false, r.discreet(ctx, err)
}

func (r *request) mayCreate(ctx context.Context, in CreateInput) error {
	if in.ID != "" && !r.actor.System {
		return fmt.Errorf("create %s with an id: %w", r.entity.Name, ErrForbidden)
	}
	action := access.Create
	if in.Imported || in.Import {
		action = access.Import
	}
	rights, err := r.may(ctx, r.entity.Name, action)
	if err != nil {
		return err
	}
	if !rights.All && len(rights.Grants) == 0 {
		return fmt.Errorf("%s %s: %w", action, r.entity.Name, ErrForbidden)
	}
	return nil
}

// identify gives a new record's id and the claim on it: with a key both follow from the request, so that a repetition
// finds the first one's record and another request under the same key is noticed.
func (s *Service) identify(actor access.Actor, entity string, in CreateInput) (id, claim string, err error) {
	if in.Key == "" && in.ID == "" {
		return s.config.NewID(), "", nil
	}
	body, err := claimOf(entity, in)
	if err != nil {
		return "", "", fmt.Errorf("create %s: %w", entity, err)
	}
	if in.ID != "" {
		return in.ID, body, nil
	}
	sum := sha256.Sum256([]byte(actor.ID + "\x1f" + actor.Key + "\x1f" + in.Key))
	return crockford(sum[:16]), body, nil
}

func claimOf(entity string, in CreateInput) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(map[string]any{
		"entity": entity, "values": in.Values, "change": in.Change != nil, "imported": in.Imported, "state": in.State,
	})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:]), nil
}

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// crockford writes 16 bytes as the 26 characters of a ULID.
func crockford(b []byte) string {
	text := make([]byte, 26)
	var acc, bits uint
	at := len(text) - 1
	for i := len(b) - 1; i >= 0; i-- {
		acc |= uint(b[i]) << bits
		for bits += 8; bits >= 5; bits -= 5 {
			text[at] = alphabet[acc&31]
			acc >>= 5
			at--
		}
	}
	text[at] = alphabet[acc&31]
	return string(text)
}

// replay answers a create whose id is taken already: with the record as it is now if it was the same request. It is nil if
// the id is free.
func (r *request) replay(ctx context.Context, id, claim string) (*store.Doc, error) {
	doc, err := r.get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // a free id is an answer
	}
	if err != nil {
		return nil, err
	}
	if doc.Claim != claim {
		return nil, fmt.Errorf("create %s: %w", r.entity.Name, ErrIdempotencyConflict)
	}
	return doc, nil
}

// create runs the pipeline for a new record and stores it.
func (r *request) create(ctx context.Context, in CreateInput, id, claim string) (*store.Doc, error) {
	w, err := r.write(ctx, nil)
	if err != nil {
		return nil, err
	}
	w.acknowledged, w.imported, w.formName, w.sent = in.Acknowledged, in.Imported, in.Form, in.Values
	w.brought, w.workbook = in.Imported || in.Import, in.Import && !in.Imported
	if in.Imported && in.Form == "" {
		w.formName = noForm
	}
	o := outcome{kind: event.TypeCreated, state: initialState(r.entity, in), id: id, claim: claim}
	patch, occasion := in.Values, form.Save
	if in.Change != nil {
		if o, patch, occasion, err = w.decideNew(ctx, in, o); err != nil {
			return nil, err
		}
	}
	e, err := w.evaluate(ctx, patch, occasion)
	if err != nil {
		return nil, err
	}
	doc, err := w.settle(ctx, e, o)
	if err != nil {
		return nil, err
	}
	doc, err = w.put(ctx, doc, o)
	return &doc, err
}

// decideNew asks what else a create does, before anything is stored: a submit starts its flow.
func (w *write) decideNew(ctx context.Context, in CreateInput, o outcome) (outcome, form.Values, form.Event, error) {
	if err := w.refuseUnready(ctx, in.Values); err != nil {
		return o, nil, "", err
	}
	full, err := w.fullNew(ctx, in.Values, o)
	if err != nil {
		return o, nil, "", err
	}
	change, err := in.Change(full.Record, full)
	if err != nil {
		return o, nil, "", err
	}
	o.change = change
	if change.State != "" {
		o.state = change.State
	}
	w.acknowledge(change.Acknowledged)
	patch := in.Values
	if len(change.Patch) > 0 {
		// What the flow adds is not the actor's writing: it is checked by Change.Writable alone.
		if err := w.refuseFields(change.asked(), writableBy(change.Writable), never); err != nil {
			return o, nil, "", err
		}
		merged, problems := form.Merge(in.Values, change.Patch)
		if len(problems) > 0 {
			return o, nil, "", &InvalidError{Problems: problems}
		}
		patch = merged
	}
	return o, patch, occasionOf(change), nil
}

// refuseUnready refuses values that would not even be saved, before anybody decides over them: whether the actor may
// submit a sheet of a project that does not exist is no question. The answer lists what a submit would be refused for.
func (w *write) refuseUnready(ctx context.Context, values form.Values) error {
	e, err := w.evaluate(ctx, values, form.Save)
	if err != nil {
		return err
	}
	found, err := w.checkReferences(ctx, e.values)
	if err != nil {
		return err
	}
	isError := func(p form.Problem) bool { return p.Level != levelWarning }
	if len(found) == 0 && !slices.ContainsFunc(e.problems, isError) {
		return nil
	}
	if e, err = w.evaluate(ctx, values, form.Submit); err != nil {
		return err
	}
	return w.refuse(slices.Concat(found, e.problems))
}

func never(string) bool { return false }

// writableBy is the test of Change.Writable; nil opens everything, for the engine's own patches on a create.
func writableBy(writable func(string) bool) func(string) bool {
	if writable == nil {
		return func(string) bool { return true }
	}
	return writable
}

func occasionOf(change Change) form.Event {
	if change.Event == "" {
		return form.Save
	}
	return change.Event
}

// acknowledge adds reasons to those the caller gave.
func (w *write) acknowledge(reasons map[string]string) {
	if len(reasons) == 0 {
		return
	}
	all := map[string]string{}
	for rule, reason := range w.acknowledged {
		all[rule] = reason
	}
	for rule, reason := range reasons {
		all[rule] = reason
	}
	w.acknowledged = all
}
