package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"formwork/engine/flow"
	"formwork/engine/job"
	"formwork/engine/store"
)

// mailbag gathers the deliveries that some events lead to, so that they are stored together: many deadlines may remind
// people at one moment. It serves one goroutine.
type mailbag struct {
	service *Service
	tenant  string
	parcels []parcel
	packed  map[string]bool    // the ids of parcels
	people  map[string]*person // who was asked for; nil: has left
	// standIns gives who may do tasks in the place of others, once it was asked for.
	standIns func(flow, user string) []string
}

// parcel is a delivery to be stored, and the job that sends it; nil if there is nothing to send.
type parcel struct {
	doc  store.Doc
	send *job.Job
}

// atOnce is how many deliveries are stored in one call: other writes wait for it.
const atOnce = 40

func (s *Service) newMailbag(tenant string) *mailbag {
	return &mailbag{service: s, tenant: tenant, packed: map[string]bool{}, people: map[string]*person{}}
}

// put adds a delivery; the same one is added once.
func (m *mailbag) put(p parcel) {
	if !m.packed[p.doc.ID] {
		m.packed[p.doc.ID] = true
		m.parcels = append(m.parcels, p)
	}
}

// person reads whom a message goes to, once; nil for somebody who has left.
func (m *mailbag) person(ctx context.Context, user string) (*person, error) {
	if p, known := m.people[user]; known {
		return p, nil
	}
	p, err := m.service.person(ctx, m.tenant, user)
	if err == nil {
		m.people[user] = p
	}
	return p, err
}

// receivers are those who get mail of what is told: of a task also who may do it in its holder's place.
func (m *mailbag) receivers(ctx context.Context, what told) ([]string, error) {
	if what.Kind != flow.NoticeTask || what.Task == "" {
		return what.Users, nil
	}
	if m.standIns == nil {
		var err error
		if m.standIns, err = m.service.config.Flows.StandIns(ctx, m.tenant); err != nil {
			return nil, err
		}
	}
	users := slices.Clone(what.Users)
	for _, holder := range what.Users {
		for _, user := range m.standIns(what.Flow, holder) {
			if user != what.Actor && !slices.Contains(users, user) {
				users = append(users, user)
			}
		}
	}
	return users, nil
}

// send stores what was gathered and the jobs that send it. Both know their own, so doing it twice does it once.
func (m *mailbag) send(ctx context.Context) error {
	for some := range slices.Chunk(m.parcels, atOnce) {
		docs := make([]store.Doc, len(some))
		for i := range some {
			docs[i] = some[i].doc
		}
		if err := m.service.addAll(ctx, m.tenant, docs); err != nil {
			return err
		}
		var jobs []job.Job
		for i := range some {
			if status, _ := docs[i].Values["status"].(string); some[i].send != nil && (status == string(Waiting) || status == string(Held)) {
				jobs = append(jobs, *some[i].send)
			}
		}
		if err := m.service.config.Jobs.EnqueueAll(ctx, m.tenant, jobs...); err != nil {
			return err
		}
	}
	m.parcels = nil
	return nil
}

// addAll stores new deliveries; those that are there already are put in the place of the given ones.
func (s *Service) addAll(ctx context.Context, tenant string, docs []store.Doc) error {
	st, err := s.open(ctx, tenant)
	if err != nil {
		return err
	}
	writes := make([]store.Write, len(docs))
	for i := range docs {
		writes[i] = store.Write{Collection: deliveryCollection, Doc: docs[i]}
	}
	places := map[string]int{}
	var there []string
	errs := s.config.Records.Project(ctx, tenant, writes...)
	for i, doc := range docs {
		switch {
		case errors.Is(errs[i], store.ErrConflict):
			places[doc.ID] = i
			there = append(there, doc.ID)
		case errs[i] != nil:
			return fmt.Errorf("delivery: %w", errs[i])
		}
	}
	if len(there) == 0 {
		return nil
	}
	found, err := st.Get(ctx, deliveryCollection, there...)
	if err != nil {
		return fmt.Errorf("delivery: %w", err)
	}
	for i := range found {
		docs[places[found[i].ID]] = found[i]
	}
	return nil
}
