package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/query"
	"formwork/engine/store"
)

// Service is the one way records are changed and read. Its methods are safe for many goroutines.
// Every method fails with ErrNotFound for an unknown entity.
type Service struct {
	config   Config
	cache    cache
	kept     kept
	counts   counts // of grams, for x-similar
	numbers  *numbers
	runs     *runs    // of rollups
	prepared sync.Map // tenant → store.Store whose system collections exist
}

// New makes a Service. It fails if a required part of the configuration is missing.
func New(c Config) (*Service, error) {
	if c.Catalogs == nil || c.Stores == nil || c.Access == nil || c.Clock == nil || c.NewID == nil || c.Zone == nil {
		return nil, errors.New("record service: incomplete configuration")
	}
	return &Service{
		config: c, cache: cache{entries: map[cacheKey]*compiled{}}, kept: kept{clock: c.Clock, tenants: map[string]*keptDocs{}},
		numbers: newNumbers(), runs: newRuns(),
	}, nil
}

// open gives a tenant's store with the system collections of this package in it.
func (s *Service) open(ctx context.Context, tenant string) (store.Store, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("store of %s: %w", tenant, err)
	}
	if known, ok := s.prepared.Load(tenant); ok && known == st {
		return st, nil
	}
	counters := store.Collection{Name: Counters, Fields: []store.Field{{Path: "used", Type: def.TypeInteger}}}
	if err := st.Ensure(ctx, counters); err != nil {
		return nil, fmt.Errorf("ensure %s: %w", Counters, err)
	}
	if err := event.Ensure(ctx, st); err != nil {
		return nil, err
	}
	s.prepared.Store(tenant, st)
	return st, nil
}

// Project writes documents of system collections (tasks, cursors): no rules, no permission, no events of its own, but
// the store's conditions. One error per write, as store.Store.Put.
func (s *Service) Project(ctx context.Context, tenant string, writes ...store.Write) []error {
	failAll := func(err error) []error {
		errs := make([]error, len(writes))
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	st, err := s.open(ctx, tenant)
	if err != nil {
		return failAll(err)
	}
	errs := st.Put(ctx, writes...)
	s.projected(tenant, writes, errs)
	return errs
}

// projected tells caches and listeners of the writes that were done.
func (s *Service) projected(tenant string, writes []store.Write, errs []error) {
	for i, w := range writes {
		if errs[i] == nil {
			s.written(tenant, w.Collection, w.Doc.ID)
		}
	}
}

// Rights are an actor's possibilities with an entity, over all records.
type Rights struct {
	Actions []string                  `json:"actions"` // in the order of the definition format
	Fields  map[string]def.FieldRight `json:"fields"`  // by path; hidden ones are left out
}

var actions = []access.Action{
	access.Create, access.Read, access.Update, access.Delete, access.Submit, access.Act, access.Void, access.Export,
	access.Import, access.Print,
}

// Rights tells an actor's actions on an entity and the most he may do with its fields in some record, for menus and
// forms.
func (s *Service) Rights(ctx context.Context, actor access.Actor, entity string) (Rights, error) {
	return s.rights(ctx, actor, entity, func(*request) (access.Right, error) { return access.Right{}, nil })
}

// InvitedRights is Rights for somebody a flow has asked or told of a record: without any grant he has no action, and the
// fields every reader sees.
func (s *Service) InvitedRights(ctx context.Context, actor access.Actor, entity string) (Rights, error) {
	return s.rights(ctx, actor, entity, func(r *request) (access.Right, error) { return r.participant(ctx, entity) })
}

// rights is Rights; without gives the fields of who has no grant.
func (s *Service) rights(
	ctx context.Context, actor access.Actor, entity string, without func(*request) (access.Right, error),
) (Rights, error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return Rights{}, err
	}
	answer := Rights{Actions: []string{}, Fields: map[string]def.FieldRight{}}
	var all access.Rights
	for _, action := range actions {
		rights, err := r.may(ctx, entity, action)
		if err != nil {
			return Rights{}, err
		}
		if rights.All || len(rights.Grants) > 0 {
			answer.Actions = append(answer.Actions, string(action))
		}
		all.All = all.All || rights.All
		all.Grants = append(all.Grants, rights.Grants...)
	}
	if !all.All && len(all.Grants) == 0 {
		right, err := without(r)
		if err != nil {
			return Rights{}, err
		}
		if right.Fields != nil {
			all.Grants = append(all.Grants, right)
		}
	}
	fields := all.Anywhere()
	for _, field := range r.entity.AllFields() {
		if right := fields.Right(field.Path); right != def.FieldHidden {
			answer.Fields[field.Path] = right
		}
	}
	return answer, nil
}

// Delete moves a record to the recycle bin. A record another one refers to stays: *InUseError. Of entities with
// approval only drafts can be deleted: ErrNotEditable. ifRev 0 means whatever is stored.
func (s *Service) Delete(ctx context.Context, actor access.Actor, entity, id string, ifRev int64) error {
	_, err := s.rewrite(ctx, rewriting{actor, entity, id, ifRev}, func(w *write) (outcome, error) {
		if w.stored.Deleted {
			return outcome{}, fmt.Errorf("%s/%s: %w", entity, id, ErrNotFound)
		}
		if err := w.allowed(ctx, access.Delete); err != nil {
			return outcome{}, err
		}
		if !deletable(w.entity, w.stored, actor) {
			return outcome{}, fmt.Errorf("delete %s/%s in state %s: %w", entity, id, w.stored.State, ErrNotEditable)
		}
		if err := w.refuseInUse(ctx); err != nil {
			return outcome{}, err
		}
		return outcome{state: w.stored.State, kind: event.TypeDeleted, deleted: true}, nil
	})
	return err
}

// Restore takes a record out of the recycle bin; its keys must still be free.
func (s *Service) Restore(ctx context.Context, actor access.Actor, entity, id string) (Record, error) {
	done, err := s.rewrite(ctx, rewriting{actor, entity, id, 0}, func(w *write) (outcome, error) {
		if !w.stored.Deleted {
			return outcome{}, fmt.Errorf("restore %s/%s: %w", entity, id, ErrNotEditable)
		}
		if err := w.allowed(ctx, access.Delete); err != nil {
			return outcome{}, err
		}
		return outcome{state: stateOf(w.entity, w.stored), kind: event.TypeRestored}, nil
	})
	if err != nil {
		return Record{}, err
	}
	return done.veiled(ctx)(done.toParticipant(ctx, done.stored))
}

// rewriting names the record of a write that changes no values.
type rewriting struct {
	actor  access.Actor
	entity string
	id     string
	ifRev  int64
}

// rewrite stores a record anew with the same values: deleted, restored. decide checks and says how.
func (s *Service) rewrite(ctx context.Context, at rewriting, decide func(*write) (outcome, error)) (*write, error) {
	for range maxRetries {
		r, err := s.begin(ctx, at.actor, at.entity)
		if err != nil {
			return nil, err
		}
		if err := r.decides(ctx); err != nil {
			return nil, err
		}
		stored, err := r.get(ctx, at.id)
		if err != nil {
			return nil, err
		}
		if at.ifRev != 0 && stored.Rev != at.ifRev {
			return nil, r.conflict(ctx, stored)
		}
		w, err := r.write(ctx, stored)
		if err != nil {
			return nil, err
		}
		o, err := decide(w)
		if err != nil {
			return nil, err
		}
		doc, err := w.keep(ctx, o)
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return nil, err
		}
		w.stored = doc
		return w, nil
	}
	return nil, fmt.Errorf("%s/%s: %w", at.entity, at.id, store.ErrConflict)
}

// allowed checks that a grant of an action admits the stored record. What the actor cannot even read does not exist.
func (w *write) allowed(ctx context.Context, action access.Action) error {
	rights, err := w.may(ctx, w.entity.Name, action)
	if err != nil {
		return err
	}
	if rights.Admits(w.stored.Record()) {
		return nil
	}
	reads, err := w.may(ctx, w.entity.Name, access.Read)
	if err != nil {
		return err
	}
	if !reads.Admits(w.stored.Record()) {
		return fmt.Errorf("%s/%s: %w", w.entity.Name, w.stored.ID, ErrNotFound)
	}
	return fmt.Errorf("%s %s/%s: %w", action, w.entity.Name, w.stored.ID, ErrForbidden)
}

func refersTo(field *def.Field, id string) *query.Filter {
	c := &query.Cond{Path: []string{field.Name}, Op: query.Eq, Value: id, Type: field.XType, List: field.IsList()}
	if c.List {
		c.Op = query.Contains
	}
	if field.Parent != nil {
		c.Path, c.Rows = []string{field.Parent.Name, field.Name}, true
	}
	return &query.Filter{Cond: c}
}

// conflict is the answer to an edit of a record that changed since it was read, with what the actor may see of it now.
func (r *request) conflict(ctx context.Context, stored *store.Doc) error {
	current, err := r.veiled(ctx)(r.toReader(ctx, stored))
	if err != nil {
		return err
	}
	return &ConflictError{Current: current}
}

// maxRetries is how often a change is decided anew because another write came first.
const maxRetries = 10

// same result for both of an entity's forms of approval: the state a plain create gives.
func initialState(entity *def.Entity, in CreateInput) string {
	switch {
	case !entity.Approval:
		return ""
	case in.Imported && slices.Contains(def.States, in.State):
		return in.State
	}
	return stateDraft
}
