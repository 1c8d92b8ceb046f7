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
	batch := make([]*member, len(in.Records))
	evaluations := make([]*evaluation, len(in.Records))
	for i := range in.Records {
		if err := r.mayCreate(ctx, in.Records[i]); err != nil {
			return nil, err
		}
		if batch[i], err = r.member(ctx, in.Records[i]); err != nil {
			return nil, err
		}
		evaluations[i] = &evaluation{write: batch[i].write, patch: in.Records[i].Values, occasion: form.Save}
	}
	if err := r.evaluateAll(ctx, evaluations); err != nil {
		return nil, fmt.Errorf("create many of %s: %w", entity, err)
	}
	for _, m := range batch {
		m.write.openReferences(m.write.memo.values)
	}
	if err := r.others.read(ctx); err != nil {
		return nil, err
	}
	answers := make([]Many, len(batch))
	var puts []store.Write
	var putBy []int
	for i, m := range batch {
		m.write.dry = in.Dry
		put, err := m.settle(ctx)
		if err == nil && !in.Dry {
			if m.links, err = m.write.linkFiles(ctx, &put.Doc); err != nil {
				m.write.giveBack(ctx, m.links, err)
			}
		}
		answers[i] = Many{ID: m.outcome.id, Err: r.discreet(ctx, err)}
		if err == nil && !in.Dry {
			puts, putBy = append(puts, put), append(putBy, i)
		}
	}
	if len(puts) == 0 {
		return answers, nil
	}
	var parents []parent
	for n, err := range r.store.Put(ctx, puts...) {
		m := batch[putBy[n]]
		if err != nil {
			err = m.write.refused(&puts[n].Doc, err)
			m.write.giveBack(ctx, m.links, err)
		}
		answers[putBy[n]].Err = err
		if err == nil {
			parents = append(parents, r.parentsOf(m.write.compiled, nil, &puts[n].Doc)...)
		}
	}
	s.written(actor.Tenant, entity)
	slices.SortFunc(parents, func(a, b parent) int { return strings.Compare(a.entity+a.id, b.entity+b.id) })
	s.rollUp(ctx, slices.Compact(parents))
	return answers, nil
}

// member is one record of a batch.
type member struct {
	write   *write
	outcome outcome
	links   []link
}

func (r *request) member(ctx context.Context, in CreateInput) (*member, error) {
	w, err := r.write(ctx, nil)
	if err != nil {
		return nil, err
	}
	w.acknowledged, w.imported, w.formName, w.sent = in.Acknowledged, in.Imported, in.Form, in.Values
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
func (m *member) settle(ctx context.Context) (store.Write, error) {
	doc, err := m.write.settle(ctx, m.write.memo, m.outcome)
	if err != nil {
		return store.Write{}, err
	}
	return m.write.sealed(doc, m.outcome)
}
