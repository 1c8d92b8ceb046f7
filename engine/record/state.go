package record

import (
	"encoding/json"
	"fmt"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/store"
)

// The states this package itself looks at (definitions.md §5.2).
const (
	stateDraft    = "draft"
	stateReturned = "returned"
	stateApproved = "approved"
	stateVoided   = "voided"
)

// ended are the states of records that came to nothing.
var ended = []string{"rejected", "cancelled", "terminated", stateVoided}

// The codes of problems this package finds; form finds the others.
const (
	codeReference = "reference" // params: entity, id or key, reason
	codeTree      = "tree"      // params: reason
	codeReason    = "required"  // a void without a reason
	codeSchema    = "schema"    // params: keyword

	reasonAbsent   = "absent"   // no such record
	reasonFilter   = "filter"   // x-filter does not admit it
	reasonDisabled = "disabled" // x-filter wants what is enabled, and it is not
	reasonCircle   = "circle"   // a record above itself
	reasonDepth    = "depth"    // more than 16 levels

	levelError   = "error"
	levelWarning = "warning"
)

// running is the instance a request read last: it is asked for several times while one record is shown.
type running struct {
	from     *byte // where its stored form begins
	instance Instance
}

// instance reads what this package must know of a stored instance.
func (r *request) instance(flow json.RawMessage) (Instance, error) {
	if len(flow) > 0 && r.running.from == &flow[0] {
		return r.running.instance, nil
	}
	instance, err := r.service.instance(flow)
	if err == nil && len(flow) > 0 {
		r.running = running{&flow[0], instance}
	}
	return instance, err
}

func (s *Service) instance(flow json.RawMessage) (Instance, error) {
	if len(flow) == 0 || s.config.Instance == nil {
		return Instance{}, nil
	}
	instance, err := s.config.Instance(flow)
	if err != nil {
		return Instance{}, fmt.Errorf("read instance: %w", err)
	}
	return instance, nil
}

// editable tells whether a plain edit is allowed in the record's state: drafts by their owner, returned records by the
// initiator. What a node opens while the record is running goes through Change.
func editable(entity *def.Entity, doc *store.Doc, actor access.Actor, instance Instance) bool {
	if !entity.Approval || actor.System {
		return true
	}
	switch stateOf(entity, doc) {
	case stateDraft:
		return doc.CreatedBy == actor.ID
	case stateReturned:
		if instance.Initiator != "" {
			return instance.Initiator == actor.ID
		}
		return doc.CreatedBy == actor.ID
	}
	return false
}

// deletable tells whether a record may go to the recycle bin: what went through an approval stays as evidence.
func deletable(entity *def.Entity, doc *store.Doc, actor access.Actor) bool {
	if !entity.Approval || actor.System {
		return true
	}
	return stateOf(entity, doc) == stateDraft && (doc.CreatedBy == actor.ID || actor.Admin)
}
