package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/store"
)

// A run of a flow without people is a record of the system entity flow_run: its document holds the State as any record's
// does, its values say what is run and for what. It is about a record (then conditions read that record, and what the
// flow sets becomes an effect on it) or has data of its own (a webhook's, a call's), kept as JSON in "data".

// beginning is what a run begins with when a person does not submit it himself.
type beginning struct {
	initiator Person
	parent    *Parent
	depth     int
}

// ending is how a called run ended.
type ending struct {
	parent Parent
	status Status
	values form.Values
}

// engines sets the members of a command that only the engine gives.
func (a *Act) engines(cmd *Command) {
	cmd.Results = a.results
	switch {
	case a.Verb == RetryEffect:
		cmd.Index = a.effect
	case a.ended != nil:
		p := a.ended.parent
		cmd.Node, cmd.Round, cmd.Index, cmd.Ended, cmd.Data = p.Node, p.Round, p.Index, a.ended.status, a.ended.values
	case a.begin != nil:
		cmd.Initiator, cmd.Parent, cmd.Depth = &a.begin.initiator, a.begin.parent, a.begin.depth
	}
}

// detached tells whether the run is a record of its own.
func (d *deciding) detached() bool { return d.full.Entity.Name == def.EntityRun }

// runDirectory is the organisation as the record sees it that a detached run is about.
func (d *deciding) runDirectory() (*directory, error) {
	full, err := d.subject()
	if err != nil {
		return nil, err
	}
	if full == nil {
		full = d.full
	}
	return d.service.newDirectory(d.ctx, d.actor.Tenant, full)
}

// subject is the record a detached run is about as it is stored now; nil if there is none, or no longer.
func (d *deciding) subject() (*record.Full, error) {
	values := d.stored.Values
	entity, id := textOf(values, "entity"), textOf(values, "record")
	if id == "" {
		return nil, nil //nolint:nilnil // a run with data of its own
	}
	full, err := d.service.config.Records.Load(d.ctx, d.actor.Tenant, entity, id)
	if errors.Is(err, record.ErrNotFound) {
		return nil, nil //nolint:nilnil // removed since
	}
	return full, err
}

// runData reads the values of a run that has values of its own.
func runData(values form.Values) (form.Values, error) {
	text := textOf(values, "data")
	if text == "" {
		return form.Values{}, nil
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	data := form.Values{}
	if err := d.Decode(&data); err != nil {
		return nil, fmt.Errorf("data of a run: %w", err)
	}
	return data, nil
}

// runWorld is what Step takes for a detached run.
func (d *deciding) runWorld(dir *directory) World {
	values := textOf(d.stored.Values, "record")
	var base form.Values
	var failed error
	w := World{Now: d.full.Now, Org: dir}
	switch {
	case values == "":
		base, failed = runData(d.stored.Values)
		w.Env = func(values form.Values) *expr.Env { return d.dataEnv(dir, values) }
	case dir.full != d.full:
		base = dir.full.Record.Values
		w.About = &About{Entity: dir.full.Entity.Name, Record: dir.full.Record.ID}
		w.Env = func(values form.Values) *expr.Env { return d.asInitiator(dir.env(values)) }
	default: // the record is gone: conditions find nothing
		base = form.Values{}
		w.Env = func(values form.Values) *expr.Env { return d.dataEnv(dir, values) }
	}
	w.Values = func(patch form.Values) (form.Values, error) {
		if failed != nil || len(patch) == 0 {
			return base, failed
		}
		merged, problems := form.Merge(base, patch)
		if len(problems) > 0 {
			return nil, &record.InvalidError{Problems: problems}
		}
		return merged, nil
	}
	return w
}

// dataEnv is what conditions of a run with values of its own are evaluated over; typed if its flow names an entity.
func (d *deciding) dataEnv(dir *directory, values form.Values) *expr.Env {
	var self expr.Object = caseValues(values)
	if plan := d.plan; plan != nil && plan.entity != nil {
		self = recordValues{dir: dir, entity: plan.entity, doc: &store.Doc{Values: values}}
	}
	env := &expr.Env{Self: self, Zone: dir.zone, Vars: map[string]any{"record": expr.NewRef("", self)}}
	if dir.workday != nil {
		env.Calendar = func(day expr.Date) bool { return dir.workday(expr.DateString(day)) }
	}
	return d.asInitiator(env)
}

// asInitiator lets expressions see who started the run as the actor.
func (d *deciding) asInitiator(env *expr.Env) *expr.Env {
	who := d.state.Initiator
	if d.act.begin != nil {
		who = d.act.begin.initiator
	}
	env.Vars["actor"] = expr.NewRef(who.ID, actorValues{who.ID, who.Name})
	return env
}

// runOutcome puts what Step decided into one change of the run's record.
func (d *deciding) runOutcome(out *Outcome) (record.Change, error) {
	raw, err := out.State.MarshalJSON()
	if err != nil {
		return record.Change{}, fmt.Errorf("store flow state: %w", err)
	}
	patch := form.Values{"status": string(out.State.Status), "incident": nil}
	if len(out.State.Incident) > 0 {
		patch["incident"] = out.State.Incident[0].Code
	} else if dead := out.State.deadEffect(); dead != nil {
		patch["incident"] = dead.Error
	}
	if out.State.Status.Ended() && d.stored.Values["ended_at"] == nil {
		patch["ended_at"] = wireTime(d.full.Now)
	}
	if len(out.Patch) > 0 {
		data, err := runData(d.stored.Values)
		if err != nil {
			return record.Change{}, err
		}
		merged, problems := form.Merge(data, out.Patch)
		if len(problems) > 0 {
			return record.Change{}, &record.InvalidError{Problems: problems}
		}
		text, err := json.Marshal(merged)
		if err != nil {
			return record.Change{}, fmt.Errorf("data of a run: %w", err)
		}
		patch["data"] = string(text)
	}
	c := record.Change{Patch: patch, Flow: raw, Event: form.Save, Writable: func(string) bool { return true }}
	if due := out.State.wakeAt(); !due.IsZero() {
		c.NextDue = &due
	}
	for _, e := range out.Events {
		c.Events = append(c.Events, record.Event{Type: e.Type, Data: e.Data})
	}
	return c, nil
}

// deadEffect is the first effect that was given up; nil if none was.
func (s *State) deadEffect() *Effect {
	for i := range s.Outbox {
		if s.Outbox[i].Dead {
			return &s.Outbox[i]
		}
	}
	return nil
}

// newRun is a detached run to be started.
type newRun struct {
	id      string // follows from what sets it off: setting it off twice starts it once
	flow    string
	trigger string
	about   target      // zero: none
	data    form.Values // without about
	digest  string      // of the request that brought the data
	at      time.Time
	begin   beginning
}

// startRun starts a detached run. Starting one that was started does nothing: replay tells.
func (s *Service) startRun(ctx context.Context, tenant string, n *newRun) (replay bool, err error) {
	cat, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return false, err
	}
	f := cat.Flows[n.flow]
	if f == nil {
		return false, fmt.Errorf("%w: %s", errNoFlow, n.flow)
	}
	values := form.Values{
		"flow": n.flow, "title": f.Title, "trigger": n.trigger, "status": string(Running), "started_at": wireTime(n.at),
	}
	for field, text := range map[string]string{"entity": n.about.entity, "record": n.about.id, "initiator": n.begin.initiator.ID, "digest": n.digest} {
		if text != "" {
			values[field] = text
		}
	}
	if len(n.data) > 0 {
		text, err := json.Marshal(n.data)
		if err != nil {
			return false, fmt.Errorf("start %s: %w", n.flow, err)
		}
		values["data"] = string(text)
	}
	actor := engineActor(tenant)
	full, replay, err := s.config.Records.CreateFull(ctx, actor, def.EntityRun, record.CreateInput{
		ID: n.id, Values: values,
		Change: func(stored record.Record, full *record.Full) (record.Change, error) {
			d := &deciding{service: s, ctx: ctx, actor: actor, act: Act{Verb: Start, begin: &n.begin}, stored: stored, full: full}
			plan := s.plan(full.Catalog, n.flow)
			if plan == nil {
				return record.Change{}, fmt.Errorf("%w: %s", errNoFlow, n.flow)
			}
			return d.step(plan)
		},
	})
	if err != nil || replay {
		return replay, err
	}
	_, _, err = s.settled(ctx, actor.Tenant, full)
	return false, err
}
