package record

import (
	"context"
	"slices"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/store"
)

// Full is a record with nothing hidden, and what deciding code may ask about it. It is never sent to anybody.
type Full struct {
	Record  Record
	Catalog *def.Catalog // the one the record is evaluated by: that of its running instance, else the active one
	Entity  *def.Entity
	Now     time.Time // of this write
	Actor   access.Actor
	// Instance is Record.Flow decoded, shared and not to be changed: what Change.Instance was when this request wrote the
	// record, nil otherwise.
	Instance any

	write *write
	base  form.Values // what a new record's patches come on top of
}

// full is a stored record for deciding code.
func (w *write) full() *Full { return w.fullOf(w.stored) }

// fullOf is the record of this write as a document has it.
func (w *write) fullOf(doc *store.Doc) *Full {
	return &Full{
		Record: recordOf(w.entity, doc), Catalog: w.catalog, Entity: w.entity, Now: w.now, Actor: w.actor, write: w,
	}
}

// fullNew is a record that is not stored yet, completed.
func (w *write) fullNew(ctx context.Context, values form.Values, o outcome) (*Full, error) {
	e, err := w.evaluate(ctx, values, form.Save)
	if err != nil {
		return nil, err
	}
	doc := store.Doc{
		ID: o.id, State: o.state, Values: e.values, CreatedBy: w.actor.ID, CreatedAt: w.now, UpdatedBy: w.actor.ID, UpdatedAt: w.now,
	}
	return &Full{
		Record: recordOf(w.entity, &doc), Catalog: w.catalog, Entity: w.entity, Now: w.now, Actor: w.actor, write: w, base: values,
	}, nil
}

// Evaluate completes the record's values as the write would, with a patch and on an occasion: related values,
// defaults, computed values. Problems are those the write would be refused for by its values; references, keys and
// numbers are looked after by the write itself.
func (f *Full) Evaluate(ctx context.Context, patch form.Values, occasion form.Event) (form.Values, []form.Problem, error) {
	if f.base != nil {
		merged, problems := form.Merge(f.base, patch)
		if len(problems) > 0 {
			return nil, problems, nil
		}
		patch = merged
	}
	e, err := f.write.evaluate(ctx, patch, occasion)
	if err != nil {
		return nil, nil, err
	}
	stopping := slices.DeleteFunc(slices.Clone(e.problems), func(p form.Problem) bool {
		return p.Level == levelWarning && (p.Rule == "" || f.write.reason(p.Rule) != "")
	})
	return f.write.named(e.values), stopping, nil
}

// May tells whether the actor has a grant of the action that admits this record.
func (f *Full) May(ctx context.Context, action access.Action) (bool, error) {
	rights, err := f.write.may(ctx, f.Entity.Name, action)
	if err != nil {
		return false, err
	}
	return rights.Admits(f.doc().Record()), nil
}

// HasRole tells whether the actor holds the role (or one that inherits it) for this record.
func (f *Full) HasRole(ctx context.Context, role string) (bool, error) {
	return f.write.service.config.Access.HasRole(ctx, f.Actor, role, f.Entity.Name, f.doc().Record())
}

// Holders gives the users who may stand for "role:x" as approvers of this record.
func (f *Full) Holders(ctx context.Context, role string) ([]string, error) {
	return f.write.service.config.Access.Holders(ctx, f.Actor.Tenant, role, f.Entity.Name, f.doc().Record())
}

// Others gives other records by id, as they are stored now, without those that do not exist. They are shared: nobody may
// change them.
func (f *Full) Others(ctx context.Context, entity string, ids ...string) ([]*store.Doc, error) {
	if err := f.write.decides(ctx); err != nil {
		return nil, err
	}
	for _, id := range ids {
		f.write.others.need(entity, id)
	}
	if err := f.write.others.read(ctx); err != nil {
		return nil, err
	}
	docs := make([]*store.Doc, 0, len(ids))
	for _, id := range ids {
		if doc, _ := f.write.others.doc(entity, id); doc != nil {
			docs = append(docs, doc)
		}
	}
	return docs, nil
}

func (f *Full) doc() *store.Doc {
	r := &f.Record
	return &store.Doc{
		ID: r.ID, Rev: r.Rev, State: r.State, Values: r.Values, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt,
		UpdatedBy: r.UpdatedBy, UpdatedAt: r.UpdatedAt,
	}
}
