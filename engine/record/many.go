package record

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/event"
	"formwork/engine/form"
	"formwork/engine/store"
)

// ManyInput is a number of new records of one entity; up to a thousand at once are a good size. Change and Key of the
// records are not used: a job that imports derives the ids it wants from its own progress.
type ManyInput struct {
	Records []CreateInput
	// Dry only looks what would be refused: no number is taken, nothing is stored. Keys other records hold are not seen.
	Dry bool
}

// Many is what became of one of the records.
type Many struct {
	ID  string
	Err error // as Create's; nil if it is stored (or could be, when dry)
}

// CreateMany creates records like Create, each by itself: those that are refused keep no other from being stored. What
// they need of other records is read by one query per entity and round, and they are stored together. The second result
// is an error of the whole, such as ErrForbidden.
func (s *Service) CreateMany(ctx context.Context, actor access.Actor, entity string, in ManyInput) ([]Many, error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return nil, err
	}
	batch, err := r.batch(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("create many of %s: %w", entity, err)
	}
	answers := make([]Many, len(batch))
	ready := make([]*member, 0, len(batch))
	for i, m := range batch {
		err := m.settle(ctx)
		answers[i] = Many{ID: m.outcome.id, Err: r.discreet(ctx, err)}
		m.answer = &answers[i]
		if err == nil && !in.Dry {
			ready = append(ready, m)
		}
	}
	if len(ready) > 0 {
		r.putAll(ctx, ready)
	}
	return answers, nil
}

// batch evaluates the records together and reads what they refer to.
func (r *request) batch(ctx context.Context, in ManyInput) ([]*member, error) {
	batch := make([]*member, len(in.Records))
	evaluations := make([]*evaluation, len(in.Records))
	for i := range in.Records {
		if err := r.mayCreate(ctx, in.Records[i]); err != nil {
			return nil, err
		}
		m, err := r.member(ctx, in.Records[i])
		if err != nil {
			return nil, err
		}
		m.write.dry = in.Dry
		batch[i] = m
		evaluations[i] = &evaluation{write: m.write, patch: in.Records[i].Values, occasion: form.Save}
	}
	if err := r.evaluateAll(ctx, evaluations); err != nil {
		return nil, err
	}
	for _, m := range batch {
		m.write.openReferences(m.write.memo.values)
	}
	return batch, r.others.read(ctx)
}

// putAll stores the members together and recomputes their parents once.
func (r *request) putAll(ctx context.Context, ready []*member) {
	puts := make([]store.Write, len(ready))
	for i, m := range ready {
		puts[i] = m.put
	}
	var parents []parent
	for i, err := range r.store.Put(ctx, puts...) {
		m := ready[i]
		if m.answer.Err = m.write.refused(&m.put.Doc, err); m.answer.Err != nil {
			m.write.giveBack(ctx, m.links, m.answer.Err)
		}
		if err == nil {
			parents = append(parents, r.parentsOf(m.write.compiled, nil, &m.put.Doc)...)
		}
	}
	r.service.written(r.actor.Tenant, r.entity.Name)
	slices.SortFunc(parents, func(a, b parent) int { return strings.Compare(a.entity+a.id, b.entity+b.id) })
	r.service.rollUp(ctx, slices.Compact(parents))
}

// member is one record of a batch.
type member struct {
	write   *write
	outcome outcome
	put     store.Write // once settled
	links   []link
	answer  *Many
}

func (r *request) member(ctx context.Context, in CreateInput) (*member, error) {
	w, err := r.write(ctx, nil)
	if err != nil {
		return nil, err
	}
	w.acknowledged, w.imported, w.formName, w.sent = in.Acknowledged, in.Imported, in.Form, in.Values
	w.brought, w.workbook = in.Imported || in.Import, in.Import && !in.Imported
	if in.Form == "" {
		w.formName = noForm
	}
	id := in.ID
	if id == "" {
		id = r.service.config.NewID()
	}
	return &member{write: w, outcome: outcome{kind: event.TypeCreated, state: initialState(r.entity, in), id: id}}, nil
}

// settle takes a member through the rest of the pipeline, up to its write.
func (m *member) settle(ctx context.Context) error {
	doc, err := m.write.settle(ctx, m.write.memo, m.outcome)
	if err != nil {
		return err
	}
	if m.put, err = m.write.sealed(doc, m.outcome); err != nil || m.write.dry {
		return err
	}
	if m.links, err = m.write.linkFiles(ctx, &m.put.Doc); err != nil {
		m.write.giveBack(ctx, m.links, err)
	}
	return err
}
