package printing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/expr"
	"formwork/engine/store"
)

// EventPrinted is the type of the event every final print appends; its data is a Printed.
const EventPrinted = "printed"

// Printed is the data of EventPrinted. Copy counts from 1. Personal are the paths of personal fields that stood on the
// paper in full.
type Printed struct {
	Entity   string          `json:"entity,omitempty"`
	Record   string          `json:"record,omitempty"`
	Dataset  string          `json:"dataset,omitempty"`
	Params   json.RawMessage `json:"params,omitempty"`
	Print    string          `json:"print"`
	Copy     int64           `json:"copy"`
	Personal []string        `json:"personal,omitempty"`
	Key      string          `json:"key,omitempty"` // id of the API key that acted for the actor
}

// key is what is counted: a print of a record, or of a dataset with its params.
type key struct {
	entity, record  string
	dataset, params string
	name            string
}

// id is that of the key's record of the entity printing.
func (k key) id() string {
	sum := sha256.New()
	for _, part := range []string{k.entity, k.record, k.dataset, k.params, k.name} {
		sum.Write([]byte(part + "\x00"))
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

func keyOf(dataset, name string, params map[string]any) (key, error) {
	raw, err := json.Marshal(params)
	if err != nil {
		return key{}, fmt.Errorf("params of dataset %s: %w", dataset, err)
	}
	return key{dataset: dataset, params: string(raw), name: name}, nil
}

// printed tells documents how often they were printed so far.
func (r *run) printed(ctx context.Context, documents []Document, keys []key) error {
	known, err := r.counters(ctx, keys)
	if err != nil {
		return err
	}
	for i := range documents {
		if doc := known[keys[i].id()]; doc != nil {
			documents[i].Printed = int(copies(doc))
		}
	}
	return nil
}

// counters reads the counters of keys, by id.
func (r *run) counters(ctx context.Context, keys []key) (map[string]*store.Doc, error) {
	st, err := r.service.config.Stores(ctx, r.actor.Tenant)
	if err != nil {
		return nil, fmt.Errorf("store of %s: %w", r.actor.Tenant, err)
	}
	var ids []string
	for _, k := range keys {
		if id := k.id(); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	docs, err := st.Get(ctx, def.EntityPrinting, ids...)
	if err != nil {
		return nil, fmt.Errorf("count of prints: %w", err)
	}
	known := make(map[string]*store.Doc, len(docs))
	for i := range docs {
		known[docs[i].ID] = &docs[i]
	}
	return known, nil
}

func copies(doc *store.Doc) int64 {
	n, _ := doc.Values["copies"].(int64)
	return n
}

// maxRetries is how often a count is tried again because another print came first.
const maxRetries = 10

// count notes that documents are printed, once per key, and tells them which copy they are.
func (r *run) count(ctx context.Context, documents []Document, keys []key) error {
	personal := map[string][]string{} // by key, over the documents of one record
	first := map[string]key{}
	var open []string
	for i, k := range keys {
		id := k.id()
		if _, known := first[id]; !known {
			first[id] = k
			open = append(open, id)
		}
		personal[id] = append(personal[id], documents[i].personal...)
	}
	done := map[string]int64{}
	for range maxRetries {
		pending := make([]key, len(open))
		for i, id := range open {
			pending[i] = first[id]
		}
		left, err := r.countOnce(ctx, pending, personal, done)
		if err != nil {
			return err
		}
		if open = left; len(open) == 0 {
			for i := range documents {
				documents[i].Printed = int(done[keys[i].id()])
			}
			return nil
		}
	}
	return fmt.Errorf("count prints: %w", store.ErrConflict)
}

// countOnce is one attempt; it gives the ids of those another print was faster with.
func (r *run) countOnce(ctx context.Context, keys []key, personal map[string][]string, done map[string]int64) ([]string, error) {
	known, err := r.counters(ctx, keys)
	if err != nil {
		return nil, err
	}
	writes := make([]store.Write, len(keys))
	for i, k := range keys {
		if writes[i], err = r.counted(k, known[k.id()], personal[k.id()]); err != nil {
			return nil, err
		}
	}
	var left []string
	for i, err := range r.service.config.Records.Project(ctx, r.actor.Tenant, writes...) {
		id := keys[i].id()
		switch {
		case errors.Is(err, store.ErrConflict):
			left = append(left, id)
		case err != nil:
			return nil, fmt.Errorf("count print of %s/%s: %w", keys[i].entity, keys[i].record, err)
		default:
			done[id] = copies(&writes[i].Doc)
		}
	}
	return left, nil
}

// counted is the write that adds one to a counter, with its event.
func (r *run) counted(k key, before *store.Doc, personal []string) (store.Write, error) {
	doc := store.Doc{ID: k.id(), CreatedBy: r.actor.ID, CreatedAt: r.now}
	if before != nil {
		doc = *before
	}
	slices.Sort(personal)
	personal = slices.Compact(personal)
	printed := Printed{
		Entity: k.entity, Record: k.record, Dataset: k.dataset, Params: json.RawMessage(k.params), Print: k.name,
		Copy: copies(&doc) + 1, Personal: personal, Key: r.actor.Key,
	}
	data, err := json.Marshal(printed)
	if err != nil {
		return store.Write{}, fmt.Errorf("event of a print: %w", err)
	}
	last := doc.Chain
	doc.Rev++
	doc.UpdatedBy, doc.UpdatedAt = r.actor.ID, r.now
	doc.Values = map[string]any{
		"print": k.name, "copies": printed.Copy, "last_by": r.actor.ID, "last_at": expr.TimeString(expr.TimeOf(r.now)),
	}
	for name, text := range map[string]string{"entity": k.entity, "record": k.record, "dataset": k.dataset, "params": k.params} {
		if text != "" {
			doc.Values[name] = text
		}
	}
	write := store.Write{Collection: def.EntityPrinting, IfRev: doc.Rev - 1}
	write.Events, doc.Chain, err = event.Seal(last, []store.Event{{
		Entity: def.EntityPrinting, Record: doc.ID, Rev: doc.Rev, Type: EventPrinted, Actor: r.actor.ID, At: r.now, Data: data,
	}})
	write.Doc = doc
	return write, err
}
