package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"formwork/engine/access"
	"formwork/engine/record"
)

// pin is what of a stored run tells whether its flow hides anything.
type pin struct{ catalog, name string }

// Veil takes out of listed records what the nodes somebody stands at, or stood at last, hide from him: a list, an export
// and a print show no more than the record's own page. It is record.Config.Veil.
func (s *Service) Veil(ctx context.Context, actor access.Actor, records []record.Record) error {
	if actor.System {
		return nil
	}
	v := veil{service: s, ctx: ctx, actor: actor, hiding: map[pin]*Plan{}}
	for i := range records {
		if err := v.over(&records[i]); err != nil {
			return err
		}
	}
	return nil
}

// veil looks at the records of one list.
type veil struct {
	service *Service
	ctx     context.Context //nolint:containedctx // it lives as long as one call
	actor   access.Actor
	hiding  map[pin]*Plan // nil for a flow that hides nothing
	dir     *directory    // once somebody has to be asked for whom the actor acts
}

// over takes out of one record what is hidden. Of a run that cannot be read nothing is shown, the other records are.
func (v *veil) over(rec *record.Record) error {
	plan, err := v.service.hidingPlan(v.ctx, v.actor.Tenant, rec.Flow, v.hiding)
	if err != nil && !errors.Is(err, errNoFlow) {
		return err
	}
	if plan == nil && err == nil {
		return nil
	}
	var st State
	if err == nil {
		st, err = decodeState(rec.Flow)
	}
	if err != nil {
		v.service.config.Log.Warn("a run cannot be read", "entity", rec.Entity, "record", rec.ID, "err", err)
		hide(rec, func(string) bool { return true })
		return nil
	}
	if st.Initiator.ID == v.actor.ID {
		return nil
	}
	if v.dir == nil {
		if v.dir, err = v.service.newDirectory(v.ctx, v.actor.Tenant, nil); err != nil {
			return err
		}
	}
	v.dir.flow = st.Name // a proxy may be for some flows only
	principals := v.dir.Principals(v.actor.ID, v.service.config.Clock())
	if v.dir.err != nil {
		return v.dir.err
	}
	hide(rec, hiddenAt(plan.nodesOf(&st, principals, v.actor.ID)))
	return nil
}

// hidingPlan gives the plan of a stored run if a node of it hides anything, else nil.
func (s *Service) hidingPlan(ctx context.Context, tenant string, raw json.RawMessage, known map[pin]*Plan) (*Plan, error) {
	at, ok := pinOf(raw)
	if !ok {
		return nil, nil //nolint:nilnil // no run hides nothing
	}
	if plan, seen := known[at]; seen {
		return plan, nil
	}
	plan, err := s.pinnedPlan(ctx, tenant, &State{Catalog: at.catalog, Name: at.name})
	if err != nil {
		return nil, err
	}
	if !plan.hides() {
		plan = nil
	}
	known[at] = plan
	return plan, nil
}

// pinOf reads which flow of which catalog a stored run is of; false if there is no run. It stops as soon as it knows.
func pinOf(raw json.RawMessage) (pin, bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return pin{}, false
	}
	var at pin
	members := map[string]*string{"catalog": &at.catalog, "name": &at.name}
	d := json.NewDecoder(bytes.NewReader(raw))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return pin{}, false
	}
	for len(members) > 0 && d.More() {
		name, err := d.Token()
		if err != nil {
			return pin{}, false
		}
		key, _ := name.(string)
		if into := members[key]; into != nil {
			err = d.Decode(into)
			delete(members, key)
		} else {
			err = d.Decode(new(json.RawMessage))
		}
		if err != nil {
			return pin{}, false
		}
	}
	return at, at.name != ""
}
