package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// stateVoided is the state of a record that no longer counts.
const stateVoided = "voided"

// cause is what made the engine write a record: the effect, and how many automations led to it.
type cause struct {
	depth  int
	effect string
}

// String is the form events keep.
func (c cause) String() string { return strconv.Itoa(c.depth) + " " + c.effect }

// parseCause reads what String wrote; the zero cause is a person's doing.
func parseCause(text string) cause {
	depth, effect, _ := strings.Cut(text, " ")
	n, err := strconv.Atoi(depth)
	if err != nil {
		return cause{}
	}
	return cause{n, effect}
}

// action does what an action node asked for.
func (d *delivery) action(ctx context.Context, e *Effect) ([]Posted, error) {
	a := e.Action
	switch {
	case a == nil:
		return nil, nil // of a flow that was published before actions were carried out
	case a.Do == actCreate:
		return d.create(ctx, e)
	case a.Do == actUpdate:
		return nil, d.update(ctx, e)
	case a.Do == actVoid:
		return nil, d.void(ctx, e)
	default:
		return nil, d.outward(ctx, e)
	}
}

// create makes the records of a node, or brings those an earlier passing of it made to what it says now. The answer are
// all records the node stands for; what it stood for before and does no more is taken back.
func (d *delivery) create(ctx context.Context, e *Effect) ([]Posted, error) {
	voided, err := d.voided(ctx)
	if err != nil || voided {
		return nil, err
	}
	posted := make([]Posted, 0, len(e.Action.Rows))
	for _, row := range e.Action.Rows {
		p := Posted{Node: e.Node, Row: row.Row, Entity: e.Action.Entity}
		p.ID = d.postingID(p)
		if err := d.post(ctx, e, p, row.Values); err != nil {
			return nil, fmt.Errorf("create %s: %w", p.Entity, err)
		}
		posted = append(posted, p)
	}
	for _, old := range d.state.Posted {
		if old.Node != e.Node || slices.Contains(posted, old) {
			continue
		}
		if err := d.takeBack(ctx, e, old); err != nil {
			return nil, err
		}
	}
	return posted, nil
}

// postingID is the id of what a node makes of a row: that of what it made of it before, also under another name; else it
// follows from its name, or from more than that where a node that had the name has made something.
func (d *delivery) postingID(p Posted) string {
	taken := map[string]bool{}
	for _, old := range d.state.Posted {
		if old.Node == p.Node && old.Row == p.Row && old.Entity == p.Entity {
			return old.ID
		}
		taken[old.ID] = true
	}
	parts := []string{d.run.at.entity, d.run.at.id, d.state.Name, p.Node, p.Row}
	for taken[derivedID(parts...)] {
		parts = append(parts, "renamed")
	}
	return derivedID(parts...)
}

// post makes one record, once.
func (d *delivery) post(ctx context.Context, e *Effect, p Posted, values form.Values) error {
	s, actor := d.service, d.actor(e)
	fresh := form.Values{}
	for field, v := range values {
		if v != nil {
			fresh[field] = v
		}
	}
	in := record.CreateInput{ID: p.ID, Values: fresh}
	var err error
	if e.Action.Submit {
		_, err = s.submit(ctx, actor, p.Entity, in, d.state.Initiator)
	} else {
		_, err = s.config.Records.Create(ctx, actor, p.Entity, in)
	}
	if !errors.Is(err, record.ErrIdempotencyConflict) {
		return err
	}
	made, err := s.config.Records.Load(ctx, d.run.tenant, p.Entity, p.ID)
	if err != nil {
		return err
	}
	_, err = s.config.Records.Patch(ctx, actor, p.Entity, p.ID, record.PatchInput{Values: replacing(made.Entity, made.Record.Values, values)})
	return err
}

// submit creates a record and starts its approval in the name of whoever started the run.
func (s *Service) submit(
	ctx context.Context, actor access.Actor, entity string, in record.CreateInput, initiator Person,
) (*record.Full, error) {
	in.Change = func(stored record.Record, full *record.Full) (record.Change, error) {
		d := &deciding{
			service: s, ctx: ctx, actor: actor, act: Act{Verb: Start, begin: &beginning{initiator: initiator}}, stored: stored, full: full,
		}
		return d.start()
	}
	full, _, err := s.config.Records.CreateFull(ctx, actor, entity, in)
	if err != nil {
		return nil, err
	}
	_, _, err = s.settled(ctx, actor.Tenant, full)
	return full, err
}

// takeBack undoes what a create made: a record that was approved is voided, another one goes to the recycle bin.
func (d *delivery) takeBack(ctx context.Context, e *Effect, p Posted) error {
	s, actor := d.service, d.actor(e)
	full, err := s.config.Records.Load(ctx, d.run.tenant, p.Entity, p.ID)
	if errors.Is(err, record.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	rec := full.Record
	switch {
	case rec.Deleted, rec.State == stateVoided:
		return nil
	case rec.State == string(Approved):
		_, err = s.config.Records.Void(ctx, actor, p.Entity, p.ID, record.VoidInput{Reason: d.effectID(e)})
	case rec.State == "" || rec.State == string(Draft):
		err = s.config.Records.Delete(ctx, actor, p.Entity, p.ID, 0)
	default:
		err = s.end(ctx, d.run.tenant, target{entity: p.Entity, id: p.ID}, e)
	}
	if err != nil && !errors.Is(err, record.ErrNotFound) {
		return fmt.Errorf("take back %s/%s: %w", p.Entity, p.ID, err)
	}
	return nil
}

// reverse undoes all a node posted.
func (d *delivery) reverse(ctx context.Context, e *Effect) error {
	for _, p := range e.Posted {
		if err := d.takeBack(ctx, e, p); err != nil {
			return err
		}
	}
	return nil
}

// targets are the records an update or void is about: all that are found before the first is written. An effect that was
// interrupted finds anew; what it changed already, it changes no more.
func (d *delivery) targets(ctx context.Context, a *Action) ([]string, error) {
	if len(a.Where) == 0 {
		return []string{a.Record}, nil
	}
	s, cat := d.service, d.full.Catalog
	where, err := access.ParseFilter(a.Where, cat, a.Entity, "record")
	if err != nil {
		return nil, &Permanent{Code: failInvalid, Err: err}
	}
	vars, err := s.config.Access.Vars(ctx, d.actorPlain())
	if err != nil {
		return nil, err
	}
	where, err = query.Resolve(where, func(name string) (any, bool) {
		if v, ok := a.Vars[name]; ok {
			return v, true
		}
		return vars(name)
	})
	if err != nil {
		return nil, &Permanent{Code: failInvalid, Err: err}
	}
	st, err := s.config.Stores(ctx, d.run.tenant)
	if err != nil {
		return nil, err
	}
	if where, err = s.follower(st, cat).Follow(ctx, where, cat.Entities[a.Entity]); err != nil {
		return nil, fmt.Errorf("records of %s: %w", a.Entity, err)
	}
	most := maxVoided
	if a.Do == actUpdate {
		most = maxUpdated
	}
	return found(ctx, st, query.Query{Collection: a.Entity, Where: where, Fields: []string{}, Limit: store.MaxPage}, most)
}

// found gives the ids of the records a query finds, page by page; too_many if there are more than a number.
func found(ctx context.Context, st store.Store, q query.Query, most int) ([]string, error) {
	var ids []string
	for {
		page, err := st.Find(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("records of %s: %w", q.Collection, err)
		}
		for i := range page.Docs {
			ids = append(ids, page.Docs[i].ID)
		}
		if len(ids) > most {
			return nil, &Permanent{Code: failTooMany}
		}
		if q.After = page.Next; page.Next == "" {
			return ids, nil
		}
	}
}

func (d *delivery) actorPlain() access.Actor { return engineActor(d.run.tenant) }

// follower answers reference paths of filters with the engine's eyes.
func (s *Service) follower(st store.Store, cat *def.Catalog) *access.Follower {
	return &access.Follower{
		Store: st, Catalog: cat,
		Rights: func(context.Context, string) (access.Rights, error) { return access.Rights{All: true}, nil },
	}
}

// update changes records whatever state they are in: a flow may note in a contract what was paid.
func (d *delivery) update(ctx context.Context, e *Effect) error {
	ids, err := d.targets(ctx, e.Action)
	if err != nil {
		return err
	}
	if len(ids) == 0 && len(e.Action.Expect) > 0 {
		return &Permanent{Code: failNotFound} // what was expected to hold something is gone
	}
	for _, id := range ids {
		if err := d.updateOne(ctx, e, id); err != nil {
			return fmt.Errorf("update %s/%s: %w", e.Action.Entity, id, err)
		}
	}
	return nil
}

// updateOne changes one record. Warnings of its rules do not stop it: there is nobody to ask for a reason, and people
// have approved of the change.
func (d *delivery) updateOne(ctx context.Context, e *Effect, id string) error {
	a := e.Action
	change := func(acknowledged map[string]string) error {
		_, err := d.service.config.Records.Change(ctx, d.actor(e), a.Entity, id,
			func(stored record.Record, _ *record.Full) (record.Change, error) {
				if name, holds := a.holds(d.full.Catalog.Entities[a.Entity], stored.Values); !holds {
					return record.Change{}, &Permanent{Code: failChanged, Detail: name}
				}
				return record.Change{
					Patch: a.Rows[0].Values, Event: form.Save, Acknowledged: acknowledged, Writable: func(string) bool { return true },
				}, nil
			})
		return err
	}
	err := change(nil)
	var invalid *record.InvalidError
	if !errors.As(err, &invalid) || !invalid.NeedsReason {
		return err
	}
	reason := d.effectID(e)
	if no := textOf(d.full.Record.Values, d.full.Entity.Natural); no != "" {
		reason = no
	}
	reasons := map[string]string{}
	for _, p := range invalid.Problems {
		reasons[p.Rule] = reason
	}
	return change(reasons)
}

// holds tells whether a record still holds what an update expects of it, or holds already what it is to get: then the
// update was made before. Otherwise it names the first field that was changed meanwhile.
func (a *Action) holds(entity *def.Entity, stored form.Values) (string, bool) {
	for _, name := range slices.Sorted(maps.Keys(a.Expect)) {
		made, given := a.Rows[0].Values[name]
		same := sameWire
		if entity != nil && entity.Properties[name] != nil && entity.Properties[name].IsDecimal() {
			same = sameDecimal
		}
		if !same(stored[name], a.Expect[name]) && (!given || !same(stored[name], made)) {
			return name, false
		}
	}
	return "", true
}

// sameDecimal compares two decimals by value.
func sameDecimal(a, b any) bool {
	x, isText := a.(string)
	y, areTexts := b.(string)
	if !isText || !areTexts {
		return sameWire(a, b)
	}
	m, err := expr.ParseDecimal(x)
	n, other := expr.ParseDecimal(y)
	return err == nil && other == nil && expr.CompareDecimal(m, n) == 0
}

// sameWire tells whether two values are the same on the wire, however they were decoded.
func sameWire(a, b any) bool {
	one, err := json.Marshal(a)
	if err != nil {
		return false
	}
	other, err := json.Marshal(b)
	return err == nil && bytes.Equal(one, other)
}

// void voids records; what is voided already stays so.
func (d *delivery) void(ctx context.Context, e *Effect) error {
	ids, err := d.targets(ctx, e.Action)
	if err != nil {
		return err
	}
	for _, id := range ids {
		full, err := d.service.config.Records.Load(ctx, d.run.tenant, e.Action.Entity, id)
		if err != nil {
			return fmt.Errorf("void %s/%s: %w", e.Action.Entity, id, err)
		}
		if full.Record.State == stateVoided {
			continue
		}
		in := record.VoidInput{Reason: e.Action.Reason}
		if _, err := d.service.config.Records.Void(ctx, d.actor(e), e.Action.Entity, id, in); err != nil {
			return fmt.Errorf("void %s/%s: %w", e.Action.Entity, id, err)
		}
	}
	return nil
}

// outward hands a message to whoever sends it.
func (d *delivery) outward(ctx context.Context, e *Effect) error {
	out := d.service.config.Outward
	if out == nil {
		return &Permanent{Code: failNoOutward}
	}
	about := d.about()
	ctx, cancel := context.WithTimeout(ctx, outwardLimit)
	defer cancel()
	err := out.Deliver(ctx, d.run.tenant, Outbound{
		ID: d.effectID(e), Kind: e.Action.Do, Webhook: e.Action.Webhook, Payload: e.Action.Payload, To: e.Action.To,
		Title: e.Action.Title, Body: e.Action.Body, Flow: d.state.Name, Node: e.Node, Entity: about.entity, Record: about.id,
		At: e.At, Attempt: e.Attempts + 1,
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", e.Action.Do, e.Action.Webhook, err)
	}
	return nil
}

// about is the record the run is about: its own, or the one its values name.
func (d *delivery) about() target {
	if d.run.at.entity != def.EntityRun {
		return d.run.at
	}
	return target{entity: textOf(d.full.Record.Values, "entity"), id: textOf(d.full.Record.Values, "record")}
}

// voided tells whether the record the run is about no longer counts.
func (d *delivery) voided(ctx context.Context) (bool, error) {
	at := d.about()
	switch {
	case at == d.run.at:
		return d.full.Record.State == stateVoided, nil
	case at.id == "" || d.full.Record.Values["trigger"] == onVoided:
		return false, nil
	}
	full, err := d.service.config.Records.Load(ctx, d.run.tenant, at.entity, at.id)
	if errors.Is(err, record.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return full.Record.State == stateVoided, nil
}

// undo has what the run posted taken back when its record was voided meanwhile: a create that was on its way then was
// acknowledged after the void was seen.
func (d *delivery) undo(ctx context.Context) error {
	if len(d.state.Posted) == 0 {
		return nil
	}
	voided, err := d.voided(ctx)
	if err != nil || !voided {
		return err
	}
	_, _, err = d.service.act(ctx, engineActor(d.run.tenant), d.run.at, Act{Verb: Reverse})
	return err
}
