package record

import (
	"context"

	"formwork/engine/access"
	"formwork/engine/store"
)

// What a flow wrote is needed whole, for its task list, before it is shown to anybody. Reading it again and showing it
// twice would take longer than the decision.

// CreateFull is Create for flows: it gives the record as it is stored now, as Load does.
func (s *Service) CreateFull(ctx context.Context, actor access.Actor, entity string, in CreateInput) (full *Full, replay bool, err error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return nil, false, err
	}
	doc, replay, err := r.createOnce(ctx, in)
	if err != nil {
		return nil, false, err
	}
	full, err = r.loaded(ctx, doc)
	return full, replay, err
}

// ChangeFull is Change for flows: it gives the record as it is stored now, as Load does.
func (s *Service) ChangeFull(ctx context.Context, actor access.Actor, entity, id string, decide Decide) (*Full, error) {
	step := func(w *write) (*store.Doc, error) { return w.decided(ctx, decide) }
	r, doc, err := s.change(ctx, rewriting{actor, entity, id, 0}, step)
	if err != nil {
		return nil, err
	}
	return r.loaded(ctx, doc)
}

// loaded is Load for a document this request wrote. What the write read of other records need not be read again to show
// it; of the record itself it has read what was there before.
func (r *request) loaded(ctx context.Context, doc *store.Doc) (*Full, error) {
	full, err := r.service.loaded(ctx, r.actor.Tenant, r.entity.Name, doc)
	if err == nil {
		delete(r.others.docs[r.entity.Name], doc.ID)
		full.write.others = r.others
		if len(doc.Flow) > 0 && r.made.from == &doc.Flow[0] {
			full.Instance = r.made.decoded
		}
	}
	return full, err
}

// loaded is Load for a document that was just read or written.
func (s *Service) loaded(ctx context.Context, tenant, entity string, doc *store.Doc) (*Full, error) {
	r, err := s.begin(ctx, access.Actor{Tenant: tenant, System: true}, entity)
	if err != nil {
		return nil, err
	}
	return r.full(ctx, doc)
}

// full is a document with nothing hidden, over the catalog it is evaluated by.
func (r *request) full(ctx context.Context, doc *store.Doc) (*Full, error) {
	r, err := r.pinned(ctx, doc)
	if err != nil {
		return nil, err
	}
	w, err := r.write(ctx, doc)
	if err != nil {
		return nil, err
	}
	return w.full(), nil
}

// Show gives a loaded record as Get does.
func (s *Service) Show(ctx context.Context, actor access.Actor, full *Full) (Record, error) {
	r, err := s.begin(ctx, actor, full.Record.Entity)
	if err != nil {
		return Record{}, err
	}
	r.others, r.running = full.write.others, full.write.running
	return r.toReader(ctx, full.write.stored)
}

// ShowParticipant gives a loaded record as Participant does.
func (s *Service) ShowParticipant(ctx context.Context, actor access.Actor, full *Full) (Record, error) {
	r, err := s.begin(ctx, actor, full.Record.Entity)
	if err != nil {
		return Record{}, err
	}
	r.others, r.running = full.write.others, full.write.running
	return r.toParticipant(ctx, full.write.stored)
}

// ShowInvited gives a loaded record as Invited does.
func (s *Service) ShowInvited(ctx context.Context, actor access.Actor, full *Full) (Record, error) {
	r, err := s.begin(ctx, actor, full.Record.Entity)
	if err != nil {
		return Record{}, err
	}
	r.others, r.running, r.invited = full.write.others, full.write.running, true
	return r.toParticipant(ctx, full.write.stored)
}

// InvitedFields gives the field rights by which ShowInvited shows a loaded record.
func (s *Service) InvitedFields(ctx context.Context, actor access.Actor, full *Full) (access.Fields, error) {
	r, err := s.begin(ctx, actor, full.Record.Entity)
	if err != nil {
		return access.Fields{}, err
	}
	r.invited = true
	rights, err := r.takingPart(ctx, full.write.stored)
	if err != nil {
		return access.Fields{}, err
	}
	if fields := rights.On(full.write.stored.Record()); fields.Admitted() {
		return fields, nil
	}
	return rights.Anywhere(), nil
}
