package record

import (
	"context"
	"errors"
	"fmt"
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
	imported     bool // opening data
	brought      bool // by an import: its own numbers count
	workbook     bool // out of a workbook, which holds no files
	dry          bool // nothing is stored: no number is taken
	acknowledged map[string]string
	workday      func(date string) bool
	sent         form.Values // what the actor wrote into a new record
	assigns      form.Values // rollups the engine itself gives in this write

	merged  form.Values          // what is being evaluated, for roles that look at the record
	failed  error                // of a question record logic asked that cannot fail there
	memo    *evaluated           // the last evaluation
	rowIDs  map[[2]string]string // ids given to new rows, by table and temporary id
	likened map[string]likened   // what texts were found similar to, by x-similar
	claims  []form.Claim         // keys of the document, with the problems they are if taken
	held    *held                // where the write is kept instead of stored: others are stored with it
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
	kept     bool // the values stay as they are
	mayWrite bool // permission is not for the grants to give
}

func (r *request) write(ctx context.Context, stored *store.Doc) (*write, error) {
	if def.IsEngines(r.entity.Name) && !r.actor.System {
		return nil, fmt.Errorf("write %s: %w", r.entity.Name, ErrForbidden) // tasks follow from flows, files from uploads
	}
	compiled, err := r.service.compiled(r.catalog, r.entity)
	if err != nil {
		return nil, err
	}
	w := &write{request: r, compiled: compiled, stored: stored}
	if stored != nil {
		w.imported, w.brought = stored.Imported, stored.Imported
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
	instance, err := r.instance(doc.Flow)
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
	files, err := w.checkFiles(ctx, e.values, o)
	if err != nil {
		return store.Doc{}, err
	}
	problems := slices.Concat(found, circles, files, e.problems) // what leads nowhere first: rules follow from it
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
	assigned, err := w.assigned(ctx, e.values)
	if err != nil {
		return nil, err
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
	asker := newAsker(w.request, w.compiled.lookups)
	if err := again.begin(ctx, asker, values); err != nil {
		return nil, err
	}
	if err := asker.complete(ctx, []*evaluation{again}); err != nil {
		return nil, err
	}
	next := &evaluated{e.patch, e.occasion, again.result.Values, again.result.Problems}
	return next, w.refuse(next.problems)
}

// assigned draws the numbers that are missing, and lets counters pass those that were brought.
func (w *write) assigned(ctx context.Context, values form.Values) (form.Values, error) {
	assigned := form.Values{}
	for _, field := range w.compiled.numbered {
		given := values[field.Name] != nil
		if given && !w.brought {
			continue
		}
		if err := w.readForNumber(ctx, field, values); err != nil {
			return nil, err
		}
		if given {
			if err := w.passTyped(ctx, field, values); err != nil {
				return nil, fmt.Errorf("number %s of %s: %w", field.Name, w.entity.Name, err)
			}
			continue
		}
		text, ok, err := w.number(ctx, field, values)
		if err != nil {
			return nil, fmt.Errorf("number %s of %s: %w", field.Name, w.entity.Name, err)
		}
		if ok {
			assigned[field.Name] = text
		}
	}
	return assigned, nil
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
		for _, row := range RowsOf(values[table.Name]) {
			if id, _ := row["_id"].(string); id == "" || form.IsTemporaryID(id) {
				row["_id"] = w.rowID(table.Name, id)
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
	if w.held != nil {
		return put.Doc, w.hold(ctx, put, o)
	}
	along, err := w.along(ctx, &put.Doc, o)
	if err != nil {
		return store.Doc{}, err
	}
	links, err := w.linkFiles(ctx, &put.Doc)
	var errs []error
	if err == nil {
		errs = w.store.Put(ctx, append([]store.Write{put}, along...)...)
		err = w.refused(&doc, errs[0])
	}
	if err != nil {
		w.giveBack(ctx, links, err)
		return store.Doc{}, err
	}
	w.service.written(w.actor.Tenant, w.entity.Name, doc.ID)
	if len(o.change.Flow) > 0 {
		w.made = made{&o.change.Flow[0], o.change.Instance}
	}
	if o.change.Done != nil {
		w.service.projected(w.actor.Tenant, along, errs[1:])
		o.change.Done(errs[1:])
	}
	w.service.rollUp(ctx, w.parentsOf(w.compiled, w.stored, &put.Doc))
	return put.Doc, nil
}

// along gives the writes that follow from the document as it is going to be.
func (w *write) along(ctx context.Context, doc *store.Doc, o outcome) ([]store.Write, error) {
	if o.change.Along == nil {
		return nil, nil
	}
	writes, err := o.change.Along(ctx, w.fullOf(doc))
	for i := range writes {
		writes[i].Follows = true
	}
	return writes, err
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
func (s *Service) written(tenant, entity string, ids ...string) {
	s.kept.changed(tenant, entity, ids...)
	s.config.Access.Changed(tenant, entity)
	if s.config.Events != nil {
		s.config.Events.Wake(tenant)
	}
}

// events are those of one write: its own first, then those of the flow.
func (w *write) events(doc *store.Doc, o outcome) ([]store.Event, error) {
	var changes []event.Change
	var err error
	if !o.kept {
		if changes, err = w.differences(w.storedValues(), doc.Values); err != nil {
			return nil, err
		}
	}
	own := event.Written{Changes: changes, Reason: o.reason, Reasons: w.reasons(), Key: w.actor.Key, Cause: w.actor.Cause}
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
		data, err := event.Encode(e.Data)
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
