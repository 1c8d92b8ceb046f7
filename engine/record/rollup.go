package record

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/expr"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/store"
)

// Rollups are values of a parent summed up over its children (x-rollup). They are recomputed from the children, never
// incremented: after a child was written, before the writer gets his answer, so that he reads what he wrote. Many writes
// at once share one recomputation. Should a process die in between, the subscriber RollUp catches up from the event log.

// rollup is one rolled-up field, seen from its children.
type rollup struct {
	parent *def.Entity
	field  *def.Field
	via    string
	where  *query.Filter
	unwind string
}

// compileRollups finds the fields of other entities that sum up records of an entity.
func compileRollups(catalog *def.Catalog, child *def.Entity) ([]*rollup, error) {
	var found []*rollup
	for _, name := range sortedKeys(catalog.Entities) {
		for _, field := range catalog.Entities[name].Fields() {
			if field.Rollup == nil || field.Rollup.Entity != child.Name {
				continue
			}
			one, err := compileRollup(catalog, child, field)
			if err != nil {
				return nil, fmt.Errorf("x-rollup %s.%s: %w", name, field.Name, err)
			}
			one.parent = catalog.Entities[name]
			if via := child.Properties[one.via]; via == nil || via.Target() != name {
				return nil, fmt.Errorf("x-rollup %s.%s: %s is no reference to it", name, field.Name, one.via)
			}
			found = append(found, one)
		}
	}
	return found, nil
}

func compileRollup(catalog *def.Catalog, child *def.Entity, field *def.Field) (*rollup, error) {
	one := &rollup{field: field, via: field.Rollup.Via}
	if table, _, nested := strings.Cut(field.Rollup.Take.Path, "."); nested {
		one.unwind = table
	}
	if len(field.Rollup.Where) == 0 {
		return one, nil
	}
	var err error
	one.where, err = access.ParseFilter(field.Rollup.Where, catalog, child.Name, "record")
	return one, err
}

// parent names a record whose rollups are to be recomputed because of one child entity.
type parent struct{ tenant, entity, id, child string }

// runs keeps recomputations of one parent apart: whoever comes while one is under way waits for the next, which then
// serves all who wait.
type runs struct {
	mu   sync.Mutex
	open map[parent]*run
}

type run struct {
	mu      sync.Mutex
	users   int   // guarded by runs.mu: who holds or waits
	asked   int64 // guarded by runs.mu
	covered int64 // guarded by mu: requests a finished recomputation has served
}

func newRuns() *runs { return &runs{open: map[parent]*run{}} }

// do runs compute for a parent unless a run that began after this call has served it.
func (r *runs) do(p parent, compute func() error) error {
	r.mu.Lock()
	one := r.open[p]
	if one == nil {
		one = &run{}
		r.open[p] = one
	}
	one.users++
	one.asked++
	mine := one.asked
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		if one.users--; one.users == 0 {
			delete(r.open, p)
		}
		r.mu.Unlock()
	}()
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.covered >= mine {
		return nil
	}
	r.mu.Lock()
	upTo := one.asked
	r.mu.Unlock()
	if err := compute(); err != nil {
		return err
	}
	one.covered = upTo
	return nil
}

// parentsOf lists the parents whose rollups a change of a child concerns: those it refers to, and those it did, if it
// counts or counted there and something they sum up changed. Before is nil for a new child.
func (r *request) parentsOf(c *compiled, before, after *store.Doc) []parent {
	var list []parent
	for _, one := range c.rollups {
		then, now := one.counts(r.vars, before), one.counts(r.vars, after)
		if (!then && !now) || (then && now && one.same(before, after)) {
			continue
		}
		for _, doc := range []*store.Doc{before, after} {
			if doc != nil {
				list = one.appendParents(list, r.actor.Tenant, doc.Values)
			}
		}
	}
	return list
}

// appendParents adds the parents a child's values refer to, each once.
func (one *rollup) appendParents(list []parent, tenant string, values form.Values) []parent {
	for _, id := range IDsOf(values[one.via]) {
		if p := (parent{tenant, one.parent.Name, id, one.field.Rollup.Entity}); !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// counts tells whether a child may count for its parents. A filter that looks into other records is not answered here.
func (one *rollup) counts(vars query.Vars, doc *store.Doc) bool {
	if doc == nil || doc.Deleted {
		return false
	}
	where, err := query.Resolve(one.where, vars)
	return err != nil || access.Leads(where) || query.Match(where, doc.Record())
}

// same tells whether two versions of a child that counts give the same: same parents, same value.
func (one *rollup) same(before, after *store.Doc) bool {
	path, _, _ := strings.Cut(one.field.Rollup.Take.Path, ".")
	return !access.Leads(one.where) && reflect.DeepEqual(before.Values[one.via], after.Values[one.via]) &&
		reflect.DeepEqual(before.Record().Get(path), after.Record().Get(path))
}

// rollUp recomputes the given parents. The children are stored already, so a failure is not the writer's: it is logged,
// and the subscriber tries again.
func (s *Service) rollUp(ctx context.Context, parents []parent) {
	for _, p := range parents {
		err := s.runs.do(p, func() error { return s.recompute(ctx, p) })
		if err != nil && !errors.Is(err, ErrNotFound) {
			slog.ErrorContext(ctx, "rollup failed", "tenant", p.tenant, "entity", p.entity, "record", p.id, "error", err)
		}
	}
}

// RollUp is the subscriber that recomputes the parents of changed records: those a process left behind when it died.
// A parent that is right already is not written. Give it to event.Tail.Subscribe.
func (s *Service) RollUp(tenant string) event.Handler {
	return func(ctx context.Context, events []store.Event) error {
		parents, err := s.concerned(ctx, tenant, events)
		if err != nil {
			return err
		}
		for _, p := range parents {
			err := s.runs.do(p, func() error { return s.recompute(ctx, p) })
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		return nil
	}
}

// concerned lists the parents that events of the log concern, each once. Events of entities that are gone concern nobody.
func (s *Service) concerned(ctx context.Context, tenant string, events []store.Event) ([]parent, error) {
	var all []parent
	seen := map[parent]bool{}
	byEntity := map[string][]store.Event{}
	for _, e := range events {
		byEntity[e.Entity] = append(byEntity[e.Entity], e)
	}
	for _, entity := range sortedKeys(byEntity) {
		parents, err := s.parentsIn(ctx, tenant, entity, byEntity[entity])
		if err != nil {
			return nil, err
		}
		for _, p := range parents {
			if !seen[p] {
				seen[p] = true
				all = append(all, p)
			}
		}
	}
	return all, nil
}

// parentsIn lists the parents that events of one entity concern: those the records refer to, and those they did. The
// records are read by one query.
func (s *Service) parentsIn(ctx context.Context, tenant, entity string, events []store.Event) ([]parent, error) {
	r, err := s.begin(ctx, access.Actor{Tenant: tenant, System: true}, entity)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	compiled, err := s.compiled(r.catalog, r.entity)
	if err != nil || len(compiled.rollups) == 0 {
		return nil, err
	}
	var parents []parent
	var ids []string
	for _, e := range events {
		written, err := event.Decode(e.Data)
		if err != nil || !mayCount(e, &written) {
			continue // events of flows hold other data; what they did to the record stands in its own
		}
		if !slices.Contains(ids, e.Record) {
			ids = append(ids, e.Record)
		}
		for _, change := range written.Changes {
			for _, one := range compiled.rollups {
				parents = one.appendParents(parents, tenant, form.Values{change.Field: change.From})
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	docs, err := r.store.Get(ctx, entity, ids...)
	if err != nil {
		return nil, err
	}
	for i := range docs {
		for _, one := range compiled.rollups {
			parents = one.appendParents(parents, tenant, docs[i].Values)
		}
	}
	return parents, nil
}

// mayCount tells whether an event may be about something a parent sums up: an update that changed neither a value nor the
// state, such as a reminder of a task, is not.
func mayCount(e store.Event, written *event.Written) bool {
	switch e.Type {
	case event.TypeCreated, event.TypeVoided, event.TypeDeleted, event.TypeRestored, event.TypeInForce:
		return true
	case event.TypeUpdated:
		return len(written.Changes) > 0 || written.State != nil
	}
	return false
}

// recompute writes the rollups of one parent over one child entity, if they changed.
func (s *Service) recompute(ctx context.Context, p parent) error {
	engine := access.Actor{Tenant: p.tenant, System: true}
	children, err := s.begin(ctx, engine, p.child)
	if err != nil {
		return err
	}
	compiled, err := s.compiled(children.catalog, children.entity)
	if err != nil {
		return err
	}
	for range maxRetries {
		patch := form.Values{}
		for _, one := range compiled.rollups {
			if one.parent.Name != p.entity {
				continue
			}
			if patch[one.field.Name], err = children.sumUp(ctx, one, p.id); err != nil {
				return fmt.Errorf("rollup %s.%s: %w", p.entity, one.field.Name, err)
			}
		}
		err := s.store(ctx, engine, p, patch)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("rollup of %s/%s: %w", p.entity, p.id, store.ErrConflict)
}

// sumUp computes one rollup from the children; nil is missing.
func (r *request) sumUp(ctx context.Context, one *rollup, id string) (any, error) {
	where, err := query.Resolve(one.where, r.vars)
	if err != nil {
		return nil, err
	}
	follower := &access.Follower{Store: r.store, Catalog: r.catalog}
	if where, err = follower.Follow(ctx, where, r.entity); err != nil {
		return nil, err
	}
	take := one.field.Rollup.Take
	measure := query.Measure{Name: "value", Agg: take.Agg}
	if take.Path != "" && take.Agg != "count" { // records, or rows, are counted whatever stands in them
		measure.Path = strings.Split(take.Path, ".")
	}
	a := query.Aggregation{
		Collection: r.entity.Name, Unwind: one.unwind,
		Where:    access.Join(refersTo(r.entity.Properties[one.via], id), where),
		Measures: []query.Measure{measure},
	}
	if err := query.CheckAggregation(&a, r.entity, r.catalog, query.Allow()); err != nil {
		return nil, err
	}
	groups, err := r.store.Aggregate(ctx, a)
	if err != nil {
		return nil, err
	}
	var value any
	if len(groups) > 0 {
		value = groups[0]["value"]
	}
	return rolled(one.field, take.Agg, value)
}

// rolled is an aggregate as a wire value of the parent's field: sums and counts of nothing are 0.
func rolled(field *def.Field, agg string, value any) (any, error) {
	if value == nil && (agg == "sum" || agg == "count") {
		value = int64(0)
	}
	if value == nil || !field.IsNumber() {
		return value, nil
	}
	number, err := expr.ParseDecimal(fmt.Sprint(value))
	if err != nil {
		return nil, fmt.Errorf("aggregate %v: %w", value, err)
	}
	return wireNumber(field, number), nil
}

// store writes rollups into their parent. What is computed from them follows, all else stays as it is, whatever a lookup
// would find by now; the parent's rules are not asked: it is not the parent that changed.
func (s *Service) store(ctx context.Context, engine access.Actor, p parent, patch form.Values) error {
	r, stored, err := s.parent(ctx, engine, p, patch)
	if err != nil {
		return err
	}
	w, err := r.write(ctx, stored)
	if err != nil {
		return err
	}
	w.assigns, w.formName = patch, noForm
	e, err := w.evaluate(ctx, patch, form.Save)
	if err != nil {
		return err
	}
	o := outcome{kind: event.TypeUpdated, state: stored.State, mayWrite: true}
	doc := w.document(w.following(patch, e.values), o)
	if doc.Keys, w.claims, err = w.keys(&doc); err != nil {
		return err
	}
	if w.idle(&doc, o) {
		return nil
	}
	_, err = w.put(ctx, doc, o)
	return err
}

// following gives the stored values with the rollups and what follows from them as evaluated.
func (w *write) following(patch, evaluated form.Values) form.Values {
	values := cloneValues(w.stored.Values)
	for name := range patch {
		take(values, evaluated, name)
	}
	for _, field := range w.compiled.follow {
		if field.Parent == nil {
			take(values, evaluated, field.Name)
			continue
		}
		rows := map[any]map[string]any{}
		for _, row := range RowsOf(evaluated[field.Parent.Name]) {
			rows[row["_id"]] = row
		}
		for _, row := range RowsOf(values[field.Parent.Name]) {
			take(row, rows[row["_id"]], field.Name)
		}
	}
	return values
}

// take copies a value, or that there is none.
func take(to, from map[string]any, name string) {
	if value := from[name]; value != nil {
		to[name] = value
		return
	}
	delete(to, name)
}

// parent reads a parent over the catalog of its running instance; over the one in force if that older one does not know
// the rollups yet.
func (s *Service) parent(ctx context.Context, engine access.Actor, p parent, patch form.Values) (*request, *store.Doc, error) {
	r, stored, err := s.current(ctx, rewriting{actor: engine, entity: p.entity, id: p.id})
	if err != nil {
		return nil, nil, err
	}
	for name := range patch {
		if field := r.entity.Properties[name]; field == nil || field.Rollup == nil {
			return s.find(ctx, engine, p.entity, p.id)
		}
	}
	return r, stored, nil
}

// NewRollups lists the entities of a catalog with rollups that an older catalog does not have, or has otherwise: their
// records must be gone through once (RollUpSome).
func NewRollups(catalog, before *def.Catalog) []string {
	var entities []string
	for _, name := range sortedKeys(catalog.Entities) {
		old := before.Entities[name]
		if old == nil {
			continue // nothing is stored of it
		}
		if slices.ContainsFunc(catalog.Entities[name].Fields(), func(f *def.Field) bool {
			known := old.Properties[f.Name]
			return f.Rollup != nil && (known == nil || !reflect.DeepEqual(known.Rollup, f.Rollup))
		}) {
			entities = append(entities, name)
		}
	}
	return entities
}

// rolledAtOnce is how many records RollUpSome goes through.
const rolledAtOnce = 100

// RollUpSome recomputes the rollups of some records of an entity, from a cursor on ("" at first), and gives the cursor of
// the rest; "" when all are done.
func (s *Service) RollUpSome(ctx context.Context, tenant, entity, after string) (next string, err error) {
	r, err := s.begin(ctx, access.Actor{Tenant: tenant, System: true}, entity)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	page, err := r.store.Find(ctx, query.Query{Collection: entity, Fields: []string{}, Limit: rolledAtOnce, After: after})
	if err != nil {
		return "", fmt.Errorf("roll up %s: %w", entity, err)
	}
	children := map[string]bool{}
	for _, field := range r.entity.Fields() {
		if field.Rollup != nil {
			children[field.Rollup.Entity] = true
		}
	}
	for i := range page.Docs {
		for _, child := range sortedKeys(children) {
			p := parent{tenant, entity, page.Docs[i].ID, child}
			err := s.runs.do(p, func() error { return s.recompute(ctx, p) })
			if err != nil && !errors.Is(err, ErrNotFound) {
				return "", err
			}
		}
	}
	return page.Next, nil
}
