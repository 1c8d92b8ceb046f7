package record

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
)

// maxRounds is how often a record may ask for more before it is completed: three steps of references, and lookups that
// depend on what they find.
const maxRounds = 10

// evaluated is a completed record.
type evaluated struct {
	patch    form.Values
	occasion form.Event
	values   form.Values // rows that are new still have temporary ids
	problems []form.Problem
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
	merges := make([]form.Values, len(all))
	for i, e := range all {
		merged, problems := form.Merge(e.write.storedValues(), patches[i])
		e.found = append(e.found, problems...)
		merges[i] = merged
	}
	if err := r.readReferred(ctx, all, merges); err != nil {
		return err
	}
	for i, e := range all {
		if err := e.begin(ctx, asker, merges[i]); err != nil {
			return err
		}
	}
	if err := asker.complete(ctx, all); err != nil {
		return err
	}
	if err := r.warnSimilar(ctx, all); err != nil {
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
		if !w.brought {
			delete(patch, field.Name)
		}
	}
	return patch
}

// begin opens record logic on merged values.
func (e *evaluation) begin(ctx context.Context, a *asker, merged form.Values) error {
	w := e.write
	logic, err := w.compiled.form(w.formName)
	if err != nil {
		return err
	}
	w.merged = merged
	// What an earlier evaluation of this request was told, this one need not ask again.
	e.session = form.Open(logic, form.Input{
		Values: merged, Stored: w.storedValues(), Related: w.related, Known: atHand{a}, Context: w.context(ctx, e.occasion),
	})
	return nil
}

// readReferred reads the records that formulas look into and the values name, before anybody asks: what is at hand then
// costs no round.
func (r *request) readReferred(ctx context.Context, all []*evaluation, merges []form.Values) error {
	for i, e := range all {
		logic, err := e.write.compiled.form(e.write.formName)
		if err != nil {
			return err
		}
		for _, need := range logic.Needs().Records {
			r.needAt(need, merges[i])
		}
	}
	return r.others.read(ctx)
}

// needAt asks for the records a reference names, or one of a sub-table's column.
func (r *request) needAt(need form.RecordNeed, values form.Values) {
	name, column, inRows := strings.Cut(need.Path, ".")
	if !inRows {
		for _, id := range IDsOf(values[name]) {
			r.others.need(need.Entity, id)
		}
		return
	}
	for _, row := range RowsOf(values[name]) { // of a path behind a reference there are none
		for _, id := range IDsOf(row[column]) {
			r.others.need(need.Entity, id)
		}
	}
}

// atHand answers record logic from what this process keeps.
type atHand struct{ *asker }

// Record gives a record that was read before, or is kept.
func (k atHand) Record(entity, id string) (form.Getter, bool) {
	doc, known := k.request.others.atHand(entity, id)
	if doc == nil || k.request.catalog.Entities[entity] == nil {
		return nobody{}, known
	}
	return doc.Record(), true
}

// Lookup answers a lookup from a kept group.
func (k atHand) Lookup(ask *form.Ask) (any, bool) {
	if value, told := k.answers.Lookups[ask.Key]; told {
		return value, true
	}
	l := k.lookups[ask.Source]
	if l == nil || access.Leads(l.where) {
		return nil, false
	}
	q, err := k.resolve(l, *ask)
	if err != nil || !impossible(q.where) && !k.request.others.fromGroup(q) {
		return nil, false
	}
	if err := k.look(context.Background(), q); err != nil {
		return nil, false // whoever asks is told
	}
	return k.answers.Lookups[ask.Key], true
}

// nobody is a record that does not exist.
type nobody struct{}

// Get gives nothing.
func (nobody) Get(string) any { return nil }

// complete runs record logic until nobody asks for anything more.
func (a *asker) complete(ctx context.Context, all []*evaluation) error {
	for range maxRounds {
		asks, err := a.open(all)
		if err != nil {
			return err
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

// open lists what the evaluations still ask for, each thing once.
func (a *asker) open(all []*evaluation) ([]form.Ask, error) {
	var asks []form.Ask
	seen := map[string]bool{}
	for _, e := range all {
		if e.done {
			continue
		}
		waits := e.session.Asks()
		if e.write.failed != nil {
			return nil, fmt.Errorf("complete %s: %w", a.request.entity.Name, e.write.failed)
		}
		if e.done = len(waits) == 0; e.done {
			e.result = form.Result{Values: e.session.Values(), Problems: e.session.Problems()}
			continue
		}
		e.result.Asks = waits
		for _, ask := range waits {
			if !seen[ask.Key] {
				seen[ask.Key] = true
				asks = append(asks, ask)
			}
		}
	}
	return asks, nil
}

// context is what record logic takes from outside.
func (w *write) context(ctx context.Context, occasion form.Event) form.Context {
	c := form.Context{
		Event: occasion, Now: w.now, Zone: w.zone, Actor: form.Actor{ID: w.actor.ID, Name: w.actor.Name},
		Imported: w.imported, Workbook: w.workbook, Workday: w.workday,
		Record: form.System{CreatedBy: w.actor.ID, UpdatedBy: w.actor.ID, CreatedAt: w.now, UpdatedAt: w.now},
		HasRole: func(role string) bool {
			has, err := w.hasRole(ctx, role)
			w.failed = errors.Join(w.failed, err)
			return has
		},
		Assigned: func(path string) bool {
			_, given := w.assigns[path]
			return given || slices.ContainsFunc(w.compiled.numbered, func(f *def.Field) bool { return f.Path == path })
		},
	}
	if w.stored != nil {
		c.Record = form.System{
			ID: w.stored.ID, State: stateOf(w.entity, w.stored), Rev: w.stored.Rev, CreatedBy: w.stored.CreatedBy, CreatedAt: w.stored.CreatedAt,
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
	return w.service.config.Access.HasRole(ctx, w.actor, role, w.entity.Name, w.asRecord(w.merged))
}
