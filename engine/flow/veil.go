package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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

// hidingPlan gives the plan of a stored run if a node of it hides anything, else nil. Of a run that cannot be read it is
// errNoFlow.
func (s *Service) hidingPlan(ctx context.Context, tenant string, raw json.RawMessage, known map[pin]*Plan) (*Plan, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil //nolint:nilnil // no run hides nothing
	}
	h, err := readHead(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoFlow, err)
	}
	at := pin{h.Catalog, h.Name}
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
