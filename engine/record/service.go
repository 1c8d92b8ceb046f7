package record

import (
	"context"
	"errors"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/store"
)

var errUnbuilt = errors.New("not built yet")

// Service is the one way records are changed and read. Its methods are safe for many goroutines.
// Every method fails with ErrNotFound for an unknown entity.
type Service struct{ config Config }

// New makes a Service. It fails if a required part of the configuration is missing.
func New(c Config) (*Service, error) { return &Service{config: c}, errUnbuilt }

// Create completes, checks and stores a new record. It fails with ErrForbidden, *InvalidError, *access.FieldError
// (a field he may not write) or ErrIdempotencyConflict.
func (s *Service) Create(ctx context.Context, actor access.Actor, entity string, in CreateInput) (Created, error) {
	return Created{}, errUnbuilt
}

// Patch edits a record. It fails with ErrNotFound, ErrForbidden, ErrNotEditable, *access.FieldError, *InvalidError or
// *ConflictError. An edit that changes nothing writes nothing.
func (s *Service) Patch(ctx context.Context, actor access.Actor, entity, id string, in PatchInput) (Record, error) {
	return Record{}, errUnbuilt
}

// Change is the write of a flow: decide sees the stored record and says what happens to it, all in one write. When
// another write comes first it runs again on the newer record, up to 10 times; then *ConflictError. Whether the actor
// may do it is for decide to say (Full.May); only the fields of Patch are checked here, by Change.Writable or, if that
// is nil, by his grants. State rules of Patch do not apply. The answer is what the actor may see as a participant.
func (s *Service) Change(ctx context.Context, actor access.Actor, entity, id string, decide Decide) (Record, error) {
	return Record{}, errUnbuilt
}

// Void marks an approved record as no longer counting and frees its keys. It needs the grant void and a reason.
func (s *Service) Void(ctx context.Context, actor access.Actor, entity, id string, in VoidInput) (Record, error) {
	return Record{}, errUnbuilt
}

// Delete moves a record to the recycle bin. A record another one refers to stays: ErrReferenced. Of entities with
// approval only drafts can be deleted: ErrNotEditable. ifRev 0 means whatever is stored.
func (s *Service) Delete(ctx context.Context, actor access.Actor, entity, id string, ifRev int64) error {
	return errUnbuilt
}

// Restore takes a record out of the recycle bin; its keys must still be free.
func (s *Service) Restore(ctx context.Context, actor access.Actor, entity, id string) (Record, error) {
	return Record{}, errUnbuilt
}

// Get gives a record as the actor may see it, with display texts; ErrNotFound if he may not see it.
func (s *Service) Get(ctx context.Context, actor access.Actor, entity, id string) (Record, error) {
	return Record{}, errUnbuilt
}

// Participant gives a record to somebody who takes part in its flow (holds or held a task, is in copy, started it):
// his row filters do not keep him out, his field masks hold. The caller knows that he takes part.
func (s *Service) Participant(ctx context.Context, actor access.Actor, entity, id string) (Record, error) {
	return Record{}, errUnbuilt
}

// Load gives a stored record with nothing hidden, for the engine itself. Deleted ones too.
func (s *Service) Load(ctx context.Context, tenant, entity, id string) (*Full, error) {
	return nil, errUnbuilt
}

// List gives one page of the records an actor may see. It fails with ErrForbidden, *query.Error, *access.FieldError
// (a field he may not filter, sort or search by) or ErrNeedsIndex.
func (s *Service) List(ctx context.Context, actor access.Actor, entity string, in ListInput) (List, error) {
	return List{}, errUnbuilt
}

// Choices gives the records that may be put into a reference field: those x-filter admits and the actor may read.
func (s *Service) Choices(ctx context.Context, actor access.Actor, entity string, in ChoicesInput) (Choices, error) {
	return Choices{}, errUnbuilt
}

// Related answers what a form being edited needs from other records, as far as the actor may read it, with at most
// one query per entity.
func (s *Service) Related(ctx context.Context, actor access.Actor, entity string, asks []form.Ask) (form.Related, error) {
	return form.Related{}, errUnbuilt
}

// Project writes documents of system collections (tasks, cursors): no rules, no permission, no events of its own, but
// the store's conditions. One error per write, as store.Store.Put.
func (s *Service) Project(ctx context.Context, tenant string, writes ...store.Write) []error {
	return []error{errUnbuilt}
}

// Rights tells an actor's actions on an entity and what he may do with its fields in at least one record, for menus
// and forms.
func (s *Service) Rights(ctx context.Context, actor access.Actor, entity string) (Rights, error) {
	return Rights{}, errUnbuilt
}

// Rights are an actor's possibilities with an entity, over all records.
type Rights struct {
	Actions []string                  `json:"actions"` // in the order of the definition format
	Fields  map[string]def.FieldRight `json:"fields"`  // by path; hidden ones are left out
}
