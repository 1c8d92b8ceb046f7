package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/form"
	"formwork/engine/store"
)

// write is one change of one record on its way into the store.
type write struct {
	*request
	compiled     *compiled
	stored       *store.Doc // nil for a new record
	formName     string
	imported     bool
	dry          bool // nothing is stored: no number is taken
	acknowledged map[string]string
	workday      func(date string) bool
	sent         form.Values // what the actor wrote into a new record

	merged form.Values  // what is being evaluated, for roles that look at the record
	failed error        // of a question record logic asked that cannot fail there
	memo   *evaluated   // the last evaluation
	claims []form.Claim // keys of the document, with the problems they are if taken
}

// evaluated is a completed record.
type evaluated struct {
	patch    form.Values
	occasion form.Event
	values   form.Values // rows that are new still have temporary ids
	problems []form.Problem
}

// outcome is what is to be stored beside the values.
type outcome struct {
	id       string // of a new record
	claim    string
	state    string
	kind     string // type of the event of the write itself
	reason   string // of a void
	change   Change
	deleted  bool
	mayWrite bool // permission is not for the grants to give
}

// maxRounds is how often a record may ask for more before it is completed: three steps of references, and lookups that
// depend on what they find.
const maxRounds = 10

func (r *request) write(ctx context.Context, stored *store.Doc) (*write, error) {
	compiled, err := r.service.compiled(r.catalog, r.entity)
	if err != nil {
		return nil, err
	}
	w := &write{request: r, compiled: compiled, stored: stored}
	if stored != nil {
		w.imported = stored.Imported
	}
	if r.service.config.Workday != nil {
		if w.workday, err = r.service.config.Workday(ctx, r.actor.Tenant); err != nil {
			return nil, fmt.Errorf("calendar of %s: %w", r.actor.Tenant, err)
		}
	}
	return w, nil
}

// pinned is the request over the catalog of the instance that runs on a document.
func (r *request) pinned(ctx context.Context, doc *store.Doc) (*request, error) {
	instance, err := r.service.instance(doc.Flow)
	if err != nil || instance.Catalog == "" || instance.Catalog == r.catalog.Version {
		return r, err
	}
	catalog, err := r.service.config.Catalogs.Version(ctx, r.actor.Tenant, instance.Catalog)
	if err != nil {
		return nil, fmt.Errorf("catalog %s of a running instance: %w", instance.Catalog, err)
	}
	entity := catalog.Entities[r.entity.Name]
	if entity == nil {
		return nil, fmt.Errorf("entity %s in catalog %s: %w", r.entity.Name, instance.Catalog, ErrNotFound)
	}
	return r.with(catalog, entity), nil
}

func (w *write) storedValues() form.Values {
	if w.stored == nil {
		return nil
	}
	return w.stored.Values
}

// evaluate completes the record with a patch: keys become ids, the patch is merged, defaults and computed values are
// filled in, rules run. The same question twice in a row is answered once.
func (w *write) evaluate(ctx context.Context, patch form.Values, occasion form.Event) (*evaluated, error) {
	if m := w.memo; m != nil && m.occasion == occasion && reflect.DeepEqual(m.patch, patch) {
		return m, nil
	}
	err := w.evaluateAll(ctx, []*evaluation{{write: w, patch: patch, occasion: occasion}})
	return w.memo, err
}

// evaluation is one record on its way through record logic.
type evaluation struct {
	write    *write
	patch    form.Values
	occasion form.Event
	found    []form.Problem // before record logic began
	session  *form.Session
	result   form.Result
	done     bool
}

// evaluateAll evaluates records of one entity together: what they need of other records is read by one query per entity
// and round, however many they are. Each write's memo is its result.
func (r *request) evaluateAll(ctx context.Context, all []*evaluation) error {
	patches := make([]form.Values, len(all))
	for i, e := range all {
		patches[i] = e.write.clean(e.patch)
	}
	if len(all) == 0 {
		return nil
	}
	if err := r.resolveKeys(ctx, all, patches); err != nil {
		return err
	}
	asker := newAsker(r, all[0].write.compiled.lookups)
	for i, e := range all {
		merged, problems := form.Merge(e.write.storedValues(), patches[i])
		e.found = append(e.found, problems...)
		if err := e.begin(ctx, merged); err != nil {
			return err
		}
	}
	if err := asker.complete(ctx, all); err != nil {
		return err
	}
	for _, e := range all {
		e.write.memo = &evaluated{e.patch, e.occasion, e.result.Values, append(e.found, e.result.Problems...)}
	}
	return nil
}

// clean copies a patch so that it can be changed. Numbers of people are ignored here, where record logic would take them
// for those this write assigns.
func (w *write) clean(patch form.Values) form.Values {
	patch = cloneValues(patch)
	for _, field := range w.compiled.numbered {
		if !w.imported {
			delete(patch, field.Name)
		}
	}
	return patch
}

// begin opens record logic on merged values.
func (e *evaluation) begin(ctx context.Context, merged form.Values) error {
	w := e.write
	logic, err := w.compiled.form(w.formName)
	if err != nil {
		return err
	}
	w.merged = merged
	// What an earlier evaluation of this request was told, this one need not ask again.
	e.session = form.Open(logic, form.Input{
		Values: merged, Stored: w.storedValues(), Related: w.related, Context: w.context(ctx, e.occasion),
	})
	return nil
}

// complete runs record logic until nobody asks for anything more.
func (a *asker) complete(ctx context.Context, all []*evaluation) error {
	for range maxRounds {
		var asks []form.Ask
		seen := map[string]bool{}
		for _, e := range all {
			if e.done {
				continue
			}
			e.result = e.session.Result()
			if e.write.failed != nil {
				return fmt.Errorf("complete %s: %w", a.request.entity.Name, e.write.failed)
			}
			e.done = len(e.result.Asks) == 0
			for _, ask := range e.result.Asks {
				if !seen[ask.Key] {
					seen[ask.Key] = true
					asks = append(asks, ask)
				}
			}
		}
		if len(asks) == 0 {
			return nil
		}
		if err := a.answer(ctx, asks); err != nil {
			return err
		}
		for _, e := range all {
			if !e.done {
				e.session.Answer(a.answersTo(e.result.Asks))
			}
		}
	}
	return fmt.Errorf("complete %s: still asking after %d rounds", a.request.entity.Name, maxRounds)
}

// context is what record logic takes from outside.
func (w *write) context(ctx context.Context, occasion form.Event) form.Context {
	c := form.Context{
		Event: occasion, Now: w.now, Zone: w.zone, Actor: form.Actor{ID: w.actor.ID, Name: w.actor.Name},
		Imported: w.imported, Workday: w.workday,
		Record: form.System{CreatedBy: w.actor.ID, UpdatedBy: w.actor.ID, CreatedAt: w.now, UpdatedAt: w.now},
		HasRole: func(role string) bool {
			has, err := w.hasRole(ctx, role)
			w.failed = errors.Join(w.failed, err)
			return has
		},
		Assigned: func(path string) bool {
			return slices.ContainsFunc(w.compiled.numbered, func(f *def.Field) bool { return f.Path == path })
		},
	}
	if w.stored != nil {
		c.Record = form.System{
			ID: w.stored.ID, State: w.stored.State, Rev: w.stored.Rev, CreatedBy: w.stored.CreatedBy, CreatedAt: w.stored.CreatedAt,
			UpdatedBy: w.stored.UpdatedBy, UpdatedAt: w.stored.UpdatedAt,
		}
	}
	if w.actor.System {
		c.Writable = func(string) bool { return true }
	}
	return c
}

// hasRole tells whether the actor has a role for this record; the engine has none.
func (w *write) hasRole(ctx context.Context, role string) (bool, error) {
	doc := store.Doc{CreatedBy: w.actor.ID}
	if w.stored != nil {
		doc = *w.stored
	}
	doc.Values = w.merged
	return w.service.config.Access.HasRole(ctx, w.actor, role, w.entity.Name, doc.Record())
}

// settle takes a completed record through everything that needs other records and the store: references, numbers, keys,
// permission on the new values, the schema. The result is the document to put. It fails with *InvalidError,
// ErrForbidden or *access.FieldError.
func (w *write) settle(ctx context.Context, e *evaluated, o outcome) (store.Doc, error) {
	found, err := w.checkReferences(ctx, e.values)
	if err != nil {
		return store.Doc{}, err
	}
	circles, err := w.checkTree(ctx, e.values)
	if err != nil {
		return store.Doc{}, err
	}
	problems := slices.Concat(e.problems, found, circles)
	if err := w.refuse(problems); err != nil {
		return store.Doc{}, err
	}
	if e, err = w.numbered(ctx, e); err != nil {
		return store.Doc{}, err
	}
	values := w.withRowIDs(e.values)
	doc := w.document(values, o)
	if err := w.permitted(ctx, &doc, o); err != nil {
		return store.Doc{}, err
	}
	if doc.Keys, w.claims, err = w.keys(&doc); err != nil {
		return store.Doc{}, err
	}
	return doc, w.validate(values)
}

// refuse tells whether problems stop the write: errors do, warnings until a reason was given for their rule.
func (w *write) refuse(problems []form.Problem) error {
	var blocking, asking []form.Problem
	for _, p := range problems {
		switch {
		case p.Level != levelWarning:
			blocking = append(blocking, p)
		case p.Rule != "" && w.reason(p.Rule) == "":
			asking = append(asking, p)
		}
	}
	switch {
	case len(blocking) > 0:
		return &InvalidError{Problems: append(blocking, asking...)}
	case len(asking) > 0:
		return &InvalidError{Problems: asking, NeedsReason: true}
	}
	return nil
}

// reason is what was given for a rule.
func (w *write) reason(rule string) string { return strings.TrimSpace(w.acknowledged[rule]) }

// reasons are those that mattered: of warnings the write came upon. Others were given in vain and are not kept.
func (w *write) reasons() map[string]string {
	var kept map[string]string
	for _, p := range w.warnings() {
		if reason := w.reason(p.Rule); p.Rule != "" && reason != "" {
			if kept == nil {
				kept = map[string]string{}
			}
			kept[p.Rule] = reason
		}
	}
	return kept
}

// warnings are the warnings of the last evaluation.
func (w *write) warnings() []form.Problem {
	if w.memo == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(w.memo.problems), func(p form.Problem) bool { return p.Level != levelWarning })
}

// numbered gives the automatic numbers that are still missing; what is computed from them is then computed again.
// It comes after everything that may refuse the write for its values, so that few numbers are lost.
func (w *write) numbered(ctx context.Context, e *evaluated) (*evaluated, error) {
	if w.dry {
		return e, nil
	}
	assigned := form.Values{}
	for _, field := range w.compiled.numbered {
		if e.values[field.Name] != nil {
			continue
		}
		if err := w.readForNumber(ctx, field, e.values); err != nil {
			return nil, err
		}
		text, ok, err := w.number(ctx, field, e.values)
		if err != nil {
			return nil, fmt.Errorf("number %s of %s: %w", field.Name, w.entity.Name, err)
		}
		if ok {
			assigned[field.Name] = text
		}
	}
	if len(assigned) == 0 {
		return e, nil
	}
	if !w.compiled.readsNumbers {
		for name, text := range assigned {
			e.values[name] = text
		}
		return e, nil
	}
	values := cloneValues(e.values)
	for name, text := range assigned {
		values[name] = text
	}
	again := &evaluation{write: w, patch: e.patch, occasion: e.occasion}
	if err := again.begin(ctx, values); err != nil {
		return nil, err
	}
	if err := newAsker(w.request, w.compiled.lookups).complete(ctx, []*evaluation{again}); err != nil {
		return nil, err
	}
	next := &evaluated{e.patch, e.occasion, again.result.Values, again.result.Problems}
	return next, w.refuse(next.problems)
}

// readForNumber reads the records whose natural keys stand in a number.
func (w *write) readForNumber(ctx context.Context, number *def.Field, values form.Values) error {
	for _, found := range token.FindAllStringSubmatch(number.Number.Pattern, -1) {
		field := w.entity.Properties[found[1]]
		if field == nil || field.Target() == "" {
			continue
		}
		if id, ok := values[found[1]].(string); ok {
			w.others.need(field.Target(), id)
		}
	}
	return w.others.read(ctx)
}

// withRowIDs gives new rows their ids.
func (w *write) withRowIDs(values form.Values) form.Values {
	for _, table := range w.compiled.plan {
		if !table.IsTable() {
			continue
		}
		for _, row := range rowsOf(values[table.Name]) {
			if id, _ := row["_id"].(string); id == "" || form.IsTemporaryID(id) {
				row["_id"] = w.service.config.NewID()
			}
		}
	}
	return values
}

// document is the next revision of the record.
func (w *write) document(values form.Values, o outcome) store.Doc {
	doc := store.Doc{
		ID: o.id, CreatedBy: w.actor.ID, CreatedAt: w.now, Claim: o.claim, Imported: w.imported,
	}
	if w.stored != nil {
		doc = *w.stored
	}
	doc.Rev++
	doc.Values, doc.State, doc.Deleted = values, o.state, o.deleted
	doc.UpdatedBy, doc.UpdatedAt = w.actor.ID, w.now
	switch flow := o.change.Flow; {
	case flow == nil:
	case string(flow) == "null":
		doc.Flow, doc.NextDue = nil, nil
	default:
		doc.Flow, doc.NextDue = flow, o.change.NextDue
	}
	return doc
}

// put stores the document with its events, and tells everybody who listens. The error is that of the store.
func (w *write) put(ctx context.Context, doc store.Doc, o outcome) (store.Doc, error) {
	put, err := w.sealed(doc, o)
	if err != nil {
		return store.Doc{}, err
	}
	if err := w.refused(&doc, errors.Join(w.store.Put(ctx, put)...)); err != nil {
		return store.Doc{}, err
	}
	w.service.written(w.actor.Tenant, w.entity.Name)
	return put.Doc, nil
}

// sealed is the conditional write of the document with its chained events.
func (w *write) sealed(doc store.Doc, o outcome) (store.Write, error) {
	events, err := w.events(&doc, o)
	if err != nil {
		return store.Write{}, err
	}
	put := store.Write{Collection: w.entity.Name, Doc: doc, IfRev: doc.Rev - 1}
	put.Events, put.Doc.Chain, err = event.Seal(doc.Chain, events)
	return put, err
}

// refused turns what a store refused a write with into what the caller is told; nil stays nil.
func (w *write) refused(doc *store.Doc, err error) error {
	var duplicate *store.DuplicateError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &duplicate):
		return taken(duplicate.Key, w.claims)
	}
	return fmt.Errorf("store %s/%s: %w", w.entity.Name, doc.ID, err)
}

// written tells caches and listeners of a change.
func (s *Service) written(tenant, entity string) {
	s.config.Access.Changed(tenant, entity)
	if s.config.Events != nil {
		s.config.Events.Wake(tenant)
	}
}

// events are those of one write: its own first, then those of the flow.
func (w *write) events(doc *store.Doc, o outcome) ([]store.Event, error) {
	changes, err := w.differences(w.storedValues(), doc.Values)
	if err != nil {
		return nil, err
	}
	own := event.Written{Changes: changes, Reason: o.reason, Reasons: w.reasons(), Key: w.actor.Key}
	if w.imported {
		own.Warnings = slices.DeleteFunc(w.warnings(), func(p form.Problem) bool { return p.Rule != "" })
	}
	before := ""
	if w.stored != nil {
		before = w.stored.State
	}
	if before != doc.State {
		own.State = &event.StateChange{From: before, To: doc.State}
	}
	all := []Event{{Type: o.kind, Data: own}}
	events := make([]store.Event, 0, 1+len(o.change.Events))
	for _, e := range append(all, o.change.Events...) {
		data, err := json.Marshal(e.Data)
		if err != nil {
			return nil, fmt.Errorf("event %s: %w", e.Type, err)
		}
		events = append(events, store.Event{
			Entity: w.entity.Name, Record: doc.ID, Rev: doc.Rev, Type: e.Type, Actor: w.actorName(), At: w.now, Data: data,
		})
	}
	return events, nil
}

// actorName is who stands in events: the person, or "system".
func (w *write) actorName() string {
	if w.actor.ID == "" && w.actor.System {
		return "system"
	}
	return w.actor.ID
}
