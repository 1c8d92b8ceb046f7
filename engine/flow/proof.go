package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// What is stored can be held against the history of the record: its events are chained by their hashes, and together they
// give its values, its state and its run again. Whoever changes a stored document behind the engine's back is found out;
// so is who changes, takes out or cuts off events. Who can rewrite document and chain alike is found out by the hash of the
// last event (Proof.Head), if somebody has kept it elsewhere: on paper, in a mail.

// The codes of mismatches.
const (
	MismatchEvent     = "event"     // an event was changed, or one before it was taken out
	MismatchEnd       = "end"       // the last events of the record are not in the log
	MismatchValue     = "value"     // a value is not what its history leads to
	MismatchState     = "state"     // nor is the state, or whether it is in the recycle bin
	MismatchRun       = "run"       // nor is the run of its flow, or it breaks an invariant
	MismatchSignature = "signature" // what somebody drew is gone, was changed, or was drawn for something else
)

// Mismatch is one way in which a record is not what its history says.
type Mismatch struct {
	Code  string     `json:"code" enum:"event,end,value,state,run,signature"`
	Field string     `json:"field,omitempty"` // of value: its path; "" = one the reader may not see
	Rev   int64      `json:"rev,omitempty"`   // of event and signature: the revision it belongs to
	At    *time.Time `json:"at,omitempty"`    // of event and signature
	Note  string     `json:"note,omitempty"`  // of run: what is wrong, for administrators
}

// Proof tells whether a record is what its history says: then there are no mismatches.
type Proof struct {
	Events     int        `json:"events"` // of its history
	Signatures int        `json:"signatures"`
	Head       string     `json:"head"` // hash of the last event
	Mismatches []Mismatch `json:"mismatches"`
	Signed     []Drawing  `json:"-"` // whose files are to be looked at
}

// Drawing is a signature that a history speaks of.
type Drawing struct {
	File   string
	Task   string // id of the task it decided
	By     string // who drew it
	Rev    int64
	At     time.Time
	Signed Signed
}

// maxMismatches is how many are told of one record.
const maxMismatches = 50

// Prove holds a record against its history, for whoever may see it. Fields he may not see are not named.
func (s *Service) Prove(ctx context.Context, actor access.Actor, entity, id string) (Proof, error) {
	if _, err := s.Record(ctx, actor, entity, id); err != nil {
		return Proof{}, err
	}
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return Proof{}, err
	}
	docs, err := st.Get(ctx, entity, id)
	if err != nil {
		return Proof{}, fmt.Errorf("prove %s/%s: %w", entity, id, err)
	}
	if len(docs) == 0 {
		return Proof{}, record.ErrNotFound
	}
	proofs, err := s.proveDocs(ctx, actor.Tenant, entity, docs)
	if err != nil {
		return Proof{}, err
	}
	p := proofs[0]
	p.Mismatches, err = s.visible(ctx, actor, target{entity: entity, id: id}, p.Mismatches)
	return p, err
}

// visible takes out the names of fields the actor may not see; of those one mismatch is left.
func (s *Service) visible(ctx context.Context, actor access.Actor, at target, mismatches []Mismatch) ([]Mismatch, error) {
	full, err := s.config.Records.Load(ctx, actor.Tenant, at.entity, at.id)
	if err != nil {
		return nil, err
	}
	full.Actor = actor
	b := historian{service: s, ctx: ctx, actor: actor, full: full}
	if b.state, err = decodeState(full.Record.Flow); err != nil {
		return nil, err
	}
	if b.state.Status != "" {
		if b.plan, err = s.pinnedPlan(ctx, actor.Tenant, &b.state); err != nil {
			return nil, err
		}
	}
	told, hidden := []Mismatch{}, false
	for _, m := range mismatches {
		if m.Code == MismatchValue {
			shown, err := b.changes([]event.Change{{Field: m.Field}})
			if err != nil {
				return nil, err
			}
			if len(shown) == 0 {
				m.Field = ""
			}
			if m.Field == "" && hidden {
				continue
			}
			hidden = hidden || m.Field == ""
		}
		told = append(told, m)
	}
	return told, nil
}

// ProveAll holds all records of a tenant against their histories; tell is told of each record. What keeps no history,
// such as the entries of task lists, is passed over.
func (s *Service) ProveAll(ctx context.Context, tenant string, tell func(entity, id string, p Proof) error) error {
	cat, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return err
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return err
	}
	for _, entity := range slices.Sorted(maps.Keys(cat.Entities)) {
		for _, deleted := range []bool{false, true} {
			q := query.Query{Collection: entity, Limit: proveAtOnce, Where: &query.Filter{Cond: &query.Cond{
				Path: []string{query.FieldDeleted}, Op: query.Eq, Value: deleted, Type: def.TypeBoolean,
			}}}
			for more := true; more; more = q.After != "" {
				page, err := st.Find(ctx, q)
				if err != nil {
					return fmt.Errorf("prove %s: %w", entity, err)
				}
				if err := s.provePage(ctx, tenant, entity, page.Docs, tell); err != nil {
					return err
				}
				q.After = page.Next
			}
		}
	}
	return nil
}

// proveAtOnce is of how many records the histories are read at once.
const proveAtOnce = 100

func (s *Service) provePage(ctx context.Context, tenant, entity string, docs []store.Doc, tell func(entity, id string, p Proof) error) error {
	docs = slices.DeleteFunc(docs, func(doc store.Doc) bool { return doc.Chain == "" })
	if len(docs) == 0 {
		return nil
	}
	proofs, err := s.proveDocs(ctx, tenant, entity, docs)
	if err != nil {
		return err
	}
	for i := range docs {
		if err := tell(entity, docs[i].ID, proofs[i]); err != nil {
			return err
		}
	}
	return nil
}

// proveDocs holds stored documents of one entity against their histories. Events that came after a document was read do
// not count.
func (s *Service) proveDocs(ctx context.Context, tenant, entity string, docs []store.Doc) ([]Proof, error) {
	cat, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return nil, err
	}
	logic, err := form.Compile(cat, entity, form.Layout{})
	if err != nil {
		return nil, fmt.Errorf("prove %s: %w", entity, err)
	}
	ids := make([]string, len(docs))
	for i := range docs {
		ids[i] = docs[i].ID
	}
	h := newHistories(entity, ids...)
	if err := s.readHistories(ctx, tenant, h); err != nil {
		return nil, err
	}
	proofs := make([]Proof, len(docs))
	for i := range docs {
		r := newRetelling(entity, docs[i].ID)
		for _, e := range h.of[docs[i].ID] {
			if e.Rev > docs[i].Rev {
				break
			}
			if err := r.add(e); err != nil {
				return nil, err
			}
		}
		r.compare(logic, &docs[i])
		if note := s.unsound(ctx, tenant, &r.run); note != "" {
			r.miss(Mismatch{Code: MismatchRun, Note: note})
		}
		r.proof.Mismatches = r.proof.Mismatches[:min(len(r.proof.Mismatches), maxMismatches)]
		proofs[i] = r.proof
	}
	return proofs, nil
}

// unsound says which invariant a run breaks, "" if none.
func (s *Service) unsound(ctx context.Context, tenant string, st *State) string {
	if st.Status == "" {
		return ""
	}
	plan, err := s.pinnedPlan(ctx, tenant, st)
	if err == nil {
		err = CheckState(plan, st)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// retelling is a record as its events tell it.
type retelling struct {
	chain   *event.Chain
	values  form.Values
	erased  map[string]bool // paths whose values were erased: nothing can be said of them
	state   string
	deleted bool
	run     State
	proof   Proof

	entity, id string
}

func newRetelling(entity, id string) *retelling {
	return &retelling{
		chain: event.NewChain(), values: form.Values{}, erased: map[string]bool{}, entity: entity, id: id,
		proof: Proof{Mismatches: []Mismatch{}},
	}
}

func (r *retelling) miss(m Mismatch) { r.proof.Mismatches = append(r.proof.Mismatches, m) }

// add takes the next event.
func (r *retelling) add(e store.Event) error {
	if e.Hash == "" {
		return nil // of a projection
	}
	before := len(r.chain.Findings())
	if err := r.chain.Add(e); err != nil {
		return err
	}
	if len(r.chain.Findings()) > before {
		at := e.At
		r.miss(Mismatch{Code: MismatchEvent, Rev: e.Rev, At: &at})
	}
	r.proof.Events++
	switch e.Type {
	case event.TypeCreated, event.TypeUpdated, event.TypeVoided, event.TypeDeleted, event.TypeRestored, event.TypeInForce:
		return r.write(e)
	default:
		return r.command(e)
	}
}

// write takes what a write says of values and state.
func (r *retelling) write(e store.Event) error {
	written, err := event.Decode(e.Data)
	if err != nil {
		return fmt.Errorf("prove %s/%s: %w", r.entity, r.id, err)
	}
	for _, c := range written.Changes {
		r.change(c)
	}
	if written.State != nil {
		r.state = written.State.To
	}
	switch e.Type {
	case event.TypeDeleted:
		r.deleted = true
	case event.TypeRestored:
		r.deleted = false
	}
	return nil
}

// change takes one changed value. That rows changed places is not told by events beyond that they did.
func (r *retelling) change(c event.Change) {
	if c.Moved {
		return
	}
	r.erased[c.Field] = c.Digest != "" && c.Salt == ""
	name, rest, inRow := strings.Cut(c.Field, "[")
	if !inRow {
		set(r.values, name, c.To)
		return
	}
	id, column, isCell := strings.Cut(rest, "].")
	rows := record.RowsOf(r.values[name])
	if !isCell {
		id = strings.TrimSuffix(rest, "]")
		rows = slices.DeleteFunc(rows, func(row map[string]any) bool { return row["_id"] == id })
		row, ok := c.To.(map[string]any)
		if r.erased[c.Field] {
			row, ok = map[string]any{"_id": id}, true // it may have gone: nothing is compared of it
		}
		if ok {
			rows = append(rows, row)
		}
	}
	list := make([]any, len(rows))
	for i, row := range rows {
		if isCell && row["_id"] == id {
			set(row, column, c.To)
		}
		list[i] = row
	}
	r.values[name] = list
}

func set(values map[string]any, name string, value any) {
	if value == nil {
		delete(values, name)
		return
	}
	values[name] = value
}

// command takes what a command says of the run.
func (r *retelling) command(e store.Event) error {
	if !flowEvents[e.Type] {
		return nil // flow_ended, and what other packages tell
	}
	var fact Fact
	if err := json.Unmarshal(e.Data, &fact); err != nil {
		return fmt.Errorf("prove %s/%s: %w", r.entity, r.id, err)
	}
	if fact.Flow == "" {
		return nil // nothing runs on the record
	}
	r.run = fact.fold(r.run)
	if fact.Sign == "" {
		return nil
	}
	d := Drawing{File: fact.Sign, Task: taskID(r.entity, r.id, fact.Task), By: e.Actor, Rev: e.Rev, At: e.At}
	if fact.Signed != nil {
		d.Signed = *fact.Signed
	}
	r.proof.Signed = append(r.proof.Signed, d)
	r.proof.Signatures++
	return nil
}

// compare holds the stored document against what its events tell.
func (r *retelling) compare(logic *form.Form, doc *store.Doc) {
	r.proof.Head = doc.Chain
	if r.chain.Last(r.entity, r.id) != doc.Chain {
		r.miss(Mismatch{Code: MismatchEnd})
	}
	for _, d := range logic.Diff(r.values, doc.Values) {
		if !d.Moved && !r.unknown(d.Path) {
			r.miss(Mismatch{Code: MismatchValue, Field: d.Path})
		}
	}
	if doc.State != r.state || doc.Deleted != r.deleted {
		r.miss(Mismatch{Code: MismatchState})
	}
	stored, err := decodeState(doc.Flow)
	if err != nil {
		r.miss(Mismatch{Code: MismatchRun, Note: err.Error()})
		return
	}
	if !sameRun(&stored, &r.run) {
		r.miss(Mismatch{Code: MismatchRun})
	}
}

// unknown tells whether a value, or the row it stands in, was erased.
func (r *retelling) unknown(path string) bool {
	if r.erased[path] {
		return true
	}
	row, _, isCell := strings.Cut(path, "].")
	return isCell && r.erased[row+"]"]
}

// sameRun compares two states as they are stored.
func sameRun(a, b *State) bool {
	if a.Status == "" && b.Status == "" {
		return true
	}
	first, errA := json.Marshal(a)
	second, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(first, second)
}
