package def

import (
	"encoding/json"
	"fmt"
)

// Action is what an action node does: exactly one of its members but With is set, as the meta-schema demands.
// Texts in Values, With, Title, Body, Record and Reason are expressions over the flow's record.
type Action struct {
	Create  *CreateAction     `json:"create,omitempty"`
	Update  *UpdateAction     `json:"update,omitempty"`
	Void    *VoidAction       `json:"void,omitempty"`
	Set     map[string]string `json:"set,omitempty"`     // fields of the flow's own record
	Webhook string            `json:"webhook,omitempty"` // name of a receiver
	With    map[string]string `json:"with,omitempty"`    // what it is sent
	Notify  *NotifyAction     `json:"notify,omitempty"`
}

// CreateAction creates a record, or with Each one for each row of a sub-table of the flow's record (then row is that row).
type CreateAction struct {
	Entity string            `json:"entity"`
	Each   string            `json:"each,omitempty"`
	Values map[string]string `json:"values"`
	Submit bool              `json:"submit,omitempty"` // start its approval, too
}

// UpdateAction changes records: the one Record gives, or those Where admits (record.<field> is the flow's record). Expect
// gives what fields of the record must still hold; if one holds something else, nothing is written and the effect fails
// for good (changed_meanwhile).
type UpdateAction struct {
	Entity string            `json:"entity"`
	Record string            `json:"record,omitempty"`
	Where  json.RawMessage   `json:"where,omitempty"`
	Values map[string]string `json:"values"`
	Expect map[string]string `json:"expect,omitempty"`
}

// VoidAction voids records that were approved.
type VoidAction struct {
	Entity string          `json:"entity"`
	Record string          `json:"record,omitempty"`
	Where  json.RawMessage `json:"where,omitempty"`
	Reason string          `json:"reason"`
}

// NotifyAction tells people something.
type NotifyAction struct {
	Who   []string `json:"who"`
	Title string   `json:"title"`
	Body  string   `json:"body,omitempty"`
}

// Action reads what the node does; nil if it is no action node or says nothing. The meta-schema has refused what cannot
// be read.
func (n *Node) Action() (*Action, error) {
	if len(n.Do) == 0 {
		return nil, nil //nolint:nilnil // nothing to do is an answer
	}
	var a Action
	if err := json.Unmarshal(n.Do, &a); err != nil {
		return nil, fmt.Errorf("action %s: %w", n.Name, err)
	}
	return &a, nil
}
