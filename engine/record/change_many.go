package record

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/store"
)

// Changing are some records of one entity to be changed together; up to a hundred at once are a good size.
type Changing struct {
	Records []Deciding
	// Along gives the writes that follow from the records as they will be stored, as Change.Along does, for all that are
	// going to be written at once and in their order; that of their changes is not asked. nil: none.
	Along func(ctx context.Context, fulls []*Full) []Along
}

// Deciding is one record, and who decides what happens to it.
type Deciding struct {
	ID     string
	Decide Decide
}

// Along is what is written along with one record, or why the record cannot be written.
type Along struct {
	Writes []store.Write
	Err    error
}

// Changed is what became of one record: as it is stored now, as Load gives it, or an error as Change's.
type Changed struct {
	Full *Full
	Err  error
}

// ChangeMany is Change for some records. Each is decided and stored by itself, so those that are refused keep no other from
// being stored; but they are read by one query, what they need of other records is read once, and they are stored in
// one call. A decision does not see what another one of the call decided. A record that another write changed meanwhile
// is not decided again: its error is store.ErrConflict. The answers are in the order of the records, of which none may be
// named twice. The second result is an error of the whole; then nothing was decided.
func (s *Service) ChangeMany(ctx context.Context, actor access.Actor, entity string, in Changing) ([]Changed, error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return nil, err
	}
	if err := r.decides(ctx); err != nil {
		return nil, err
	}
	stored, err := r.stored(ctx, in.Records)
	if err != nil {
		return nil, fmt.Errorf("change many of %s: %w", entity, err)
	}
	answers := make([]Changed, len(in.Records))
	ready := make([]*held, 0, len(in.Records))
	for i, one := range in.Records {
		h := &held{answer: &answers[i]}
		err := r.decideOne(ctx, h, stored[one.ID], one)
		switch {
		case err != nil:
			answers[i].Err = r.discreet(ctx, err)
		case h.full != nil:
			ready = append(ready, h)
		default: // nothing is to be stored
			answers[i].Full, answers[i].Err = r.full(ctx, stored[one.ID])
		}
	}
	r.putHeld(ctx, alongside(ctx, in.Along, ready))
	return answers, nil
}

// stored reads the records of a batch by their ids.
func (r *request) stored(ctx context.Context, records []Deciding) (documents, error) {
	ids := make([]string, len(records))
	for i := range records {
		ids[i] = records[i].ID
	}
	docs, err := r.store.Get(ctx, r.entity.Name, ids...)
	if err != nil {
		return nil, err
	}
	stored := make(documents, len(docs))
	for i := range docs {
		stored[docs[i].ID] = &docs[i]
	}
	return stored, nil
}

// held is the write of one record of a batch, until it is stored with the others.
type held struct {
	write  *write
	put    store.Write
	links  []link
	along  []store.Write
	done   func(errs []error)
	full   *Full // the record as it will be stored; nil: nothing is to be stored
	answer *Changed
}

// decideOne decides over one record of a batch and keeps the write it leads to.
func (r *request) decideOne(ctx context.Context, h *held, doc *store.Doc, one Deciding) error {
	if doc == nil || doc.Deleted {
		return fmt.Errorf("%s/%s: %w", r.entity.Name, one.ID, ErrNotFound)
	}
	pinned, err := r.pinned(ctx, doc)
	if err != nil {
		return err
	}
	if h.write, err = pinned.write(ctx, doc); err != nil {
		return err
	}
	h.write.held = h
	_, err = h.write.decided(ctx, one.Decide)
	return err
}

// hold keeps a write that is ready to be stored.
func (w *write) hold(ctx context.Context, put store.Write, o outcome) error {
	links, err := w.linkFiles(ctx, &put.Doc)
	if err != nil {
		w.giveBack(ctx, links, err)
		return err
	}
	h := w.held
	h.put, h.links, h.done, h.full = put, links, o.change.Done, w.fullOf(&put.Doc)
	return nil
}

// alongside asks what is written along with the records of a batch, and gives those that can be written.
func alongside(ctx context.Context, along func(context.Context, []*Full) []Along, ready []*held) []*held {
	if along == nil || len(ready) == 0 {
		return ready
	}
	fulls := make([]*Full, len(ready))
	for i, h := range ready {
		fulls[i] = h.full
	}
	var able []*held
	for i, one := range along(ctx, fulls) {
		h := ready[i]
		if one.Err != nil {
			h.answer.Err = one.Err
			h.write.giveBack(ctx, h.links, one.Err)
			continue
		}
		for k := range one.Writes {
			one.Writes[k].Follows = true
		}
		h.along = one.Writes
		able = append(able, h)
	}
	return able
}

// putHeld stores the records of a batch in one call, recomputes their parents once, and answers.
func (r *request) putHeld(ctx context.Context, batch []*held) {
	var puts []store.Write
	for _, h := range batch {
		puts = append(append(puts, h.put), h.along...)
	}
	if len(puts) == 0 {
		return
	}
	var parents []parent
	var ids []string
	errs := r.store.Put(ctx, puts...)
	for _, h := range batch {
		own, along := errs[0], errs[1:1+len(h.along)]
		errs = errs[1+len(h.along):]
		doc := &h.put.Doc
		if h.answer.Err = h.write.refused(doc, own); own != nil {
			h.write.giveBack(ctx, h.links, h.answer.Err)
			continue
		}
		r.service.projected(r.actor.Tenant, h.along, along)
		if h.done != nil {
			h.done(along)
		}
		ids = append(ids, doc.ID)
		parents = append(parents, h.write.parentsOf(h.write.compiled, h.write.stored, doc)...)
		delete(r.others.docs[r.entity.Name], doc.ID)
		h.answer.Full, h.answer.Err = r.full(ctx, doc)
	}
	r.service.written(r.actor.Tenant, r.entity.Name, ids...)
	slices.SortFunc(parents, func(a, b parent) int { return strings.Compare(a.entity+a.id, b.entity+b.id) })
	r.service.rollUp(ctx, slices.Compact(parents))
}
