package record

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/store"
)

// ManyInput is a number of new records of one entity; up to a thousand at once are a good size. Change and Key of the
// records are not used: a job that imports derives the ids it wants from its own progress.
type ManyInput struct {
	Records []CreateInput
	// Dry only looks what would be refused: no number is taken, nothing is stored. Whether other records hold a key is not
	// asked: the answers tell the claims, and Holders who has them.
	Dry bool
	// Seed, if set, gives the records their ids: those of their numbers, one for each, under the seed. A record whose id
	// is taken was stored by an earlier attempt and is answered as done, so that a job may repeat what it began.
	Seed    string
	Numbers []int
}

// SeededID is the id of a number under a seed of ManyInput.
func SeededID(seed string, number int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x1f%d", seed, number))
	return crockford(sum[:16])
}

// Many is what became of one of the records.
type Many struct {
	ID  string
	Err error // as Create's; nil if it is stored (or could be, when dry)
	// Claims, when dry, are the unique keys the record would take, each with the problem it is if another has it.
	Claims []form.Claim
}

// CreateMany creates records like Create, each by itself: those that are refused keep no other from being stored. What
// they need of other records is read by one query per entity and round, and they are stored together. The second result
// is an error of the whole, such as ErrForbidden.
func (s *Service) CreateMany(ctx context.Context, actor access.Actor, entity string, in ManyInput) ([]Many, error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return nil, err
	}
	if err := r.decides(ctx); err != nil {
		return nil, err
	}
	answers := make([]Many, len(in.Records))
	fresh, err := r.fresh(ctx, &in, answers)
	if err != nil {
		return nil, fmt.Errorf("create many of %s: %w", entity, err)
	}
	batch, err := r.batch(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("create many of %s: %w", entity, err)
	}
	ready := make([]*member, 0, len(batch))
	for i, m := range batch {
		err := m.settle(ctx)
		answer := &answers[fresh[i]]
		*answer = Many{ID: m.outcome.id, Err: r.discreet(ctx, err)}
		m.answer = answer
		switch {
		case err != nil:
		case in.Dry:
			answer.Claims = m.write.claims
		default:
			ready = append(ready, m)
		}
	}
	if len(ready) > 0 {
		r.putAll(ctx, ready)
	}
	return answers, nil
}

// fresh gives seeded records their ids, leaves out those that are stored, and tells at which places the others stand.
func (r *request) fresh(ctx context.Context, in *ManyInput, answers []Many) ([]int, error) {
	places := make([]int, 0, len(in.Records))
	stored := map[string]bool{}
	if in.Seed != "" && !in.Dry {
		ids := make([]string, len(in.Records))
		for i := range ids {
			ids[i] = SeededID(in.Seed, in.Numbers[i])
		}
		docs, err := r.store.Get(ctx, r.entity.Name, ids...)
		if err != nil {
			return nil, err
		}
		for i := range docs {
			stored[docs[i].ID] = true
		}
	}
	records := make([]CreateInput, 0, len(in.Records))
	for i, one := range in.Records {
		if in.Seed != "" {
			one.seeded = SeededID(in.Seed, in.Numbers[i])
		}
		if stored[one.seeded] {
			answers[i] = Many{ID: one.seeded}
			continue
		}
		places, records = append(places, i), append(records, one)
	}
	in.Records = records
	return places, nil
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
	stored := make([]string, len(ready))
	for i, m := range ready {
		puts[i], stored[i] = m.put, m.put.Doc.ID
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
	r.service.written(r.actor.Tenant, r.entity.Name, stored...)
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
	id := cmp.Or(in.ID, in.seeded)
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

// Holders tells which records of an entity hold unique keys: ids by key, without the keys nobody holds. It asks for no
// grant, as a write that is refused tells as much.
func (s *Service) Holders(ctx context.Context, tenant, entity string, keys ...string) (map[string]string, error) {
	if len(keys) == 0 {
		return map[string]string{}, nil
	}
	db, err := s.open(ctx, tenant)
	if err != nil {
		return nil, err
	}
	holders, err := db.Holders(ctx, entity, keys...)
	if err != nil {
		return nil, fmt.Errorf("holders of keys of %s: %w", entity, err)
	}
	return holders, nil
}

// Referred tells whether a record refers to one of some records, up to a thousand, of an entity; own are records of the
// same entity that do not count.
func (s *Service) Referred(ctx context.Context, actor access.Actor, entity string, ids []string, own func(id string) bool) (bool, error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return false, err
	}
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	for _, name := range sortedKeys(r.catalog.Entities) {
		var parts []*query.Filter
		for _, field := range r.catalog.Entities[name].AllFields() {
			if field.Target() == entity {
				part := refersTo(field, "")
				part.Cond.Op, part.Cond.Value = query.In, list
				parts = append(parts, part)
			}
		}
		if len(parts) == 0 || def.IsEngines(name) {
			continue
		}
		counts := func(id string) bool { return name != entity || !own(id) }
		found, err := r.some(ctx, query.Query{Collection: name, Where: query.AnyOf(parts...), Fields: []string{}, Limit: store.MaxPage}, counts)
		if err != nil || found {
			return found, err
		}
	}
	return false, nil
}

// some tells whether a query finds a record that counts.
func (r *request) some(ctx context.Context, q query.Query, counts func(id string) bool) (bool, error) {
	for {
		page, err := r.store.Find(ctx, q)
		if err != nil {
			return false, fmt.Errorf("references from %s: %w", q.Collection, err)
		}
		for i := range page.Docs {
			if counts(page.Docs[i].ID) {
				return true, nil
			}
		}
		if q.After = page.Next; page.Next == "" {
			return false, nil
		}
	}
}
