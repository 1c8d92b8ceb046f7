package record

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"formwork/engine/access"
	"formwork/engine/event"
	"formwork/engine/form"
	"formwork/engine/store"
)

// Patch edits a record. It fails with ErrNotFound, ErrForbidden, ErrNotEditable, *access.FieldError, *InvalidError or
// *ConflictError. An edit that changes nothing writes nothing.
func (s *Service) Patch(ctx context.Context, actor access.Actor, entity, id string, in PatchInput) (Record, error) {
	step := func(w *write) (*store.Doc, error) { return w.patch(ctx, in) }
	r, doc, err := s.change(ctx, rewriting{actor, entity, id, in.IfRev}, step)
	if err != nil {
		return Record{}, err
	}
	return r.toWriter(ctx, doc)
}

// TryPatch looks what Patch would be refused for and stores nothing. Whether other records hold a key is not asked:
// Holders tells that.
func (s *Service) TryPatch(ctx context.Context, actor access.Actor, entity, id string, in PatchInput) (Tried, error) {
	var tried Tried
	in.dry = true
	_, _, err := s.change(ctx, rewriting{actor, entity, id, in.IfRev}, func(w *write) (*store.Doc, error) {
		doc, err := w.patch(ctx, in)
		tried = Tried{Same: doc == w.stored, Claims: w.claims}
		return doc, err
	})
	if err != nil {
		return Tried{}, err
	}
	return tried, nil
}

// Change is the write of a flow: decide sees the stored record and says what happens to it, all in one write. When
// another write comes first it runs again on the newer record, up to 10 times; then *ConflictError. Whether the actor
// may do it is for decide to say (Full.May); only the fields of Patch are checked here, by Change.Writable or, if that
// is nil, by his grants. State rules of Patch do not apply. The answer is what the actor may see as a participant.
func (s *Service) Change(ctx context.Context, actor access.Actor, entity, id string, decide Decide) (Record, error) {
	step := func(w *write) (*store.Doc, error) { return w.decided(ctx, decide) }
	r, doc, err := s.change(ctx, rewriting{actor, entity, id, 0}, step)
	if err != nil {
		return Record{}, err
	}
	return r.veiled(ctx)(r.toParticipant(ctx, doc))
}

// Void marks an approved record as no longer counting and frees its keys. It needs the grant void and a reason.
func (s *Service) Void(ctx context.Context, actor access.Actor, entity, id string, in VoidInput) (Record, error) {
	step := func(w *write) (*store.Doc, error) { return w.void(ctx, in) }
	r, doc, err := s.change(ctx, rewriting{actor, entity, id, in.IfRev}, step)
	if err != nil {
		return Record{}, err
	}
	return r.toWriter(ctx, doc)
}

// toWriter shows a document to the actor who wrote it: to its maker whatever his row filters say.
func (r *request) toWriter(ctx context.Context, doc *store.Doc) (Record, error) {
	if doc.CreatedBy == r.actor.ID {
		return r.veiled(ctx)(r.toParticipant(ctx, doc))
	}
	return r.veiled(ctx)(r.toReader(ctx, doc))
}

// change runs a step on the stored record until it is stored. A caller that named a revision is told about a conflict
// at once; for others the step runs again on the newer record.
func (s *Service) change(ctx context.Context, at rewriting, step func(*write) (*store.Doc, error)) (*request, *store.Doc, error) {
	var r *request
	var stored *store.Doc
	for range maxRetries {
		var err error
		if r, stored, err = s.current(ctx, at); err != nil {
			return nil, nil, err
		}
		w, err := r.write(ctx, stored)
		if err != nil {
			return nil, nil, err
		}
		doc, err := step(w)
		if errors.Is(err, store.ErrConflict) {
			continue // the next round tells a caller that named a revision
		}
		return r, doc, r.discreet(ctx, err)
	}
	return nil, nil, r.conflict(ctx, stored)
}

// current reads the record of a write, over the catalog of its running instance. It fails with *ConflictError if it is
// not at the revision the caller saw.
func (s *Service) current(ctx context.Context, at rewriting) (*request, *store.Doc, error) {
	r, err := s.begin(ctx, at.actor, at.entity)
	if err != nil {
		return nil, nil, err
	}
	if err := r.decides(ctx); err != nil {
		return nil, nil, err
	}
	stored, err := r.get(ctx, at.id)
	if err != nil {
		return nil, nil, err
	}
	if stored.Deleted {
		return nil, nil, fmt.Errorf("%s/%s: %w", at.entity, at.id, ErrNotFound)
	}
	if r, err = r.pinned(ctx, stored); err != nil {
		return nil, nil, err
	}
	if at.ifRev != 0 && stored.Rev != at.ifRev {
		return nil, nil, r.conflict(ctx, stored)
	}
	return r, stored, nil
}

// patch is one attempt of an edit.
func (w *write) patch(ctx context.Context, in PatchInput) (*store.Doc, error) {
	w.acknowledged, w.formName, w.dry, w.workbook = in.Acknowledged, in.Form, in.dry, in.Import
	if err := w.allowed(ctx, access.Update); err != nil {
		return nil, err
	}
	instance, err := w.instance(w.stored.Flow)
	if err != nil {
		return nil, err
	}
	if !editable(w.entity, w.stored, w.actor, instance) {
		return nil, fmt.Errorf("edit %s/%s in state %q: %w", w.entity.Name, w.stored.ID, w.stored.State, ErrNotEditable)
	}
	if err := w.refuseByGrants(ctx, in.Values); err != nil {
		return nil, err
	}
	return w.finish(ctx, in.Values, form.Save, outcome{kind: event.TypeUpdated, state: w.stored.State})
}

// refuseByGrants checks a patch against the grants that admit the stored record.
func (w *write) refuseByGrants(ctx context.Context, patch form.Values) error {
	updates, err := w.may(ctx, w.entity.Name, access.Update)
	if err != nil {
		return err
	}
	reads, err := w.may(ctx, w.entity.Name, access.Read)
	if err != nil {
		return err
	}
	stored := w.stored.Record()
	granted := updates.On(stored).Writes
	writes := func(path string) bool { return granted(path) && !w.fixed(path) }
	return w.refuseFields(patch, writes, reads.On(stored).Shows)
}

// fixed tells whether a field was given when the record was made and is changed by flows only since (x-once): whoever
// asks, administrators too. What was never submitted, or came back to its initiator, is still being made.
func (w *write) fixed(path string) bool {
	field := w.entity.Properties[path]
	return field != nil && field.Once && !w.actor.System && w.stored.State != stateDraft && w.stored.State != stateReturned
}

// decided is one attempt of a flow's write.
func (w *write) decided(ctx context.Context, decide Decide) (*store.Doc, error) {
	full := w.full()
	change, err := decide(full.Record, full)
	if err != nil {
		return nil, err
	}
	w.acknowledge(change.Acknowledged)
	asked := change.asked()
	if change.Writable == nil {
		err = w.refuseByGrants(ctx, asked)
	} else {
		err = w.refuseFields(asked, change.Writable, never)
	}
	if err != nil {
		return nil, err
	}
	o := outcome{kind: event.TypeUpdated, state: w.stored.State, change: change, mayWrite: true}
	if change.State != "" {
		o.state = change.State
	}
	if len(change.Patch) == 0 && change.Event == "" {
		return w.keep(ctx, o)
	}
	return w.finish(ctx, change.Patch, occasionOf(change), o)
}

// keep stores what was decided about a record whose values stay as they are. Its rules are not asked: a record that
// broke one since must still be rejected, returned or withdrawn.
func (w *write) keep(ctx context.Context, o outcome) (*store.Doc, error) {
	o.kept = true
	doc := w.document(w.stored.Values, o)
	var err error
	if doc.Keys, w.claims, err = w.keys(&doc); err != nil {
		return nil, err
	}
	if w.idle(&doc, o) {
		return w.stored, nil
	}
	doc, err = w.put(ctx, doc, o)
	return &doc, err
}

// void is one attempt of a void.
func (w *write) void(ctx context.Context, in VoidInput) (*store.Doc, error) {
	w.acknowledged = in.Acknowledged
	if err := w.allowed(ctx, access.Void); err != nil {
		return nil, err
	}
	if stateOf(w.entity, w.stored) != stateApproved {
		return nil, fmt.Errorf("void %s/%s in state %q: %w", w.entity.Name, w.stored.ID, w.stored.State, ErrNotEditable)
	}
	if in.Reason == "" {
		return nil, &InvalidError{Problems: []form.Problem{{Field: "reason", Code: codeReason, Level: levelError}}}
	}
	o := outcome{
		kind: event.TypeVoided, state: stateVoided, reason: in.Reason, mayWrite: true, change: Change{Events: in.Events},
	}
	e, err := w.evaluate(ctx, nil, form.Void)
	if err != nil {
		return nil, err
	}
	// Only rules have a say: the values stay, whatever their definition asks for by now.
	rules := slices.DeleteFunc(slices.Clone(e.problems), func(p form.Problem) bool { return p.Rule == "" })
	if err := w.refuse(rules); err != nil {
		return nil, err
	}
	return w.keep(ctx, o)
}

// finish evaluates, settles and stores. A write that would change nothing is none.
func (w *write) finish(ctx context.Context, patch form.Values, occasion form.Event, o outcome) (*store.Doc, error) {
	e, err := w.evaluate(ctx, patch, occasion)
	if err != nil {
		return nil, err
	}
	if w.workbook && w.says(e) {
		return w.stored, nil
	}
	doc, err := w.settle(ctx, e, o)
	if err != nil {
		return nil, err
	}
	switch {
	case w.dry:
		return &doc, nil
	case w.idle(&doc, o):
		return w.stored, nil
	}
	doc, err = w.put(ctx, doc, o)
	return &doc, err
}

// says tells whether a line of a workbook says what is stored already. Nobody is asked again for the reasons of a record
// that stays as it is.
func (w *write) says(e *evaluated) bool {
	if slices.ContainsFunc(e.problems, func(p form.Problem) bool { return p.Level != levelWarning }) {
		return false
	}
	logic, err := w.compiled.form(w.formName)
	return err == nil && len(logic.Diff(w.stored.Values, e.values)) == 0
}

// idle tells whether a write is none: same values, same state, no instance, no events.
func (w *write) idle(doc *store.Doc, o outcome) bool {
	if doc.State != w.stored.State || doc.Deleted != w.stored.Deleted || o.change.Flow != nil || len(o.change.Events) > 0 || o.reason != "" {
		return false
	}
	logic, err := w.compiled.form(w.formName)
	return err == nil && len(logic.Diff(w.stored.Values, doc.Values)) == 0
}
