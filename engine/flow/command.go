package flow

import (
	"encoding/json"
	"time"

	"formwork/engine/form"
)

// Verb is what a command does.
type Verb string

// The verbs of people. Refusals of each are in the table of flow.md §3.
const (
	Start       Verb = "start"
	Approve     Verb = "approve"
	Reject      Verb = "reject"
	Return      Verb = "return"
	Resubmit    Verb = "resubmit"
	Withdraw    Verb = "withdraw"
	Cancel      Verb = "cancel"
	Retrieve    Verb = "retrieve"
	Transfer    Verb = "transfer"
	Delegate    Verb = "delegate"
	Resolve     Verb = "resolve"
	AddSign     Verb = "addsign"
	RemoveSign  Verb = "removesign"
	CarbonCopy  Verb = "cc"
	Remind      Verb = "remind"
	Comment     Verb = "comment"
	Save        Verb = "save"
	Jump        Verb = "jump"
	Terminate   Verb = "terminate"
	Retry       Verb = "retry"
	Migrate     Verb = "migrate"
	RetryEffect Verb = "retry_effect" // an admin tries an effect again that was given up
	Reassign    Verb = "reassign"     // an admin gives somebody's task to another
)

// The verbs of the engine itself.
const (
	Timer      Verb = "timer"       // a deadline is due
	ChildEnded Verb = "child_ended" // a called run has ended
	Suspend    Verb = "suspend"     // the document is damaged
	Deliver    Verb = "deliver"     // what became of effects
	Reverse    Verb = "reverse"     // the record was voided: undo what was posted
	Recheck    Verb = "recheck"     // the record changed: look at waits again
	Reschedule Verb = "reschedule"  // the calendar changed: deadlines are worked out anew
	HandOver   Verb = "hand_over"   // somebody left: his open tasks go to those named, else to his leader or an admin
)

// Command asks for one transition. Which members count depends on Verb.
type Command struct {
	Verb      Verb                `json:"verb"`
	Actor     Person              `json:"actor"` // the zero Person is the engine
	Task      string              `json:"task,omitempty"`
	Node      string              `json:"node,omitempty"` // instead of Task: his task there
	To        string              `json:"to,omitempty"`   // a user; for return and jump a node, "initiator" or "prev"
	Users     []string            `json:"users,omitempty"`
	Kind      TaskKind            `json:"kind,omitempty"` // of added signers
	Mode      string              `json:"mode,omitempty"` // of a group of added signers: all (default), any, seq
	Data      form.Values         `json:"data,omitempty"` // merge patch on the record's values
	Comment   string              `json:"comment,omitempty"`
	Files     []Attached          `json:"files,omitempty"`     // what goes with the comment
	Sign      string              `json:"sign,omitempty"`      // id of the image of a signature
	Signed    *Signed             `json:"-"`                   // what Sign was bound to; nil = nobody bound it
	Confirmed bool                `json:"confirmed,omitempty"` // the actor has just typed his password
	Resubmit  string              `json:"resubmit,omitempty"`  // of return: restart or resume, "" = as the node says
	Map       map[string]string   `json:"map,omitempty"`       // of migrate: old node name to new
	Picks     map[string][]string `json:"picks,omitempty"`     // of start, resubmit, approve and retry: approvers chosen, by node

	Key  string `json:"-"` // Idempotency-Key, "" = none
	Rev  *int64 `json:"rev,omitempty"`
	Seen string `json:"seen,omitempty"` // hash of the values shown to the actor, "" = not checked

	Initiator *Person  `json:"initiator,omitempty"` // of a start by the engine
	Parent    *Parent  `json:"parent,omitempty"`    // of the start of a called run
	Next      *Plan    `json:"-"`                   // of migrate: the new version
	Round     int      `json:"round,omitempty"`     // of timer and child_ended
	Problem   string   `json:"problem,omitempty"`   // of suspend: code of what the record refused after the wait at Node
	Index     int      `json:"index,omitempty"`     // of timer: which deadline; of child_ended: which child
	Ended     Status   `json:"ended,omitempty"`     // of child_ended: how
	Results   []Result `json:"results,omitempty"`   // of deliver
	Depth     int      `json:"depth,omitempty"`     // of start: how many automations led to this one
	Met       bool     `json:"-"`                   // of timer, in a simulation: what the wait waits for has come
}

// engine tells whether the engine itself acts.
func (c *Command) engine() bool { return c.Actor.ID == "" }

// EffectKind is what kind of thing has to be done outside the record.
type EffectKind string

// The kinds of effects.
const (
	EffectAction      EffectKind = "action"       // what an action node does
	EffectCall        EffectKind = "call"         // start a child
	EffectCancelChild EffectKind = "cancel_child" // cancel the children of a node and round
	EffectTellParent  EffectKind = "tell_parent"  // a child has ended
	EffectReverse     EffectKind = "reverse"      // undo what a node posted
)

// Effect is something to be done outside the record, at least once, with its id as idempotency key. (Node, Round, N) is
// unique in a run.
type Effect struct {
	Kind   EffectKind      `json:"kind"`
	Node   string          `json:"node,omitempty"`
	Round  int             `json:"round,omitempty"`
	N      int             `json:"n"`
	Do     json.RawMessage `json:"do,omitempty"`   // of action: the node's do
	Flow   string          `json:"flow,omitempty"` // of call and cancel_child
	Row    string          `json:"row,omitempty"`
	Values form.Values     `json:"values,omitempty"` // of call: the mapped fields; of tell_parent: the child's
	Parent *Parent         `json:"parent,omitempty"` // of tell_parent
	Status Status          `json:"status,omitempty"` // of tell_parent
	Action *Action         `json:"action,omitempty"` // of action: what to do, worked out
	Index  int             `json:"index,omitempty"`  // of call: which child
	Kids   []int           `json:"kids,omitempty"`   // of cancel_child: which children
	Posted []Posted        `json:"posted,omitempty"` // of reverse
	At     time.Time       `json:"at,omitzero"`      // when the run came to it

	Attempts int       `json:"attempts,omitempty"` // that failed
	Error    string    `json:"error,omitempty"`    // code of the last failure
	Next     time.Time `json:"next,omitzero"`      // not tried before
	Dead     bool      `json:"dead,omitempty"`     // given up; an admin may try again
}

// Outcome is what a command leads to. With Replay nothing happened: the command had been done before, or is a timer
// that came too late.
type Outcome struct {
	State   State
	Patch   form.Values     // merge patch on the record's values, nil = none
	Own     map[string]bool // fields of Patch the flow itself writes, not the actor
	Events  []Event         // the first is the command's own
	Effects []string        // what flow.md §3 calls effects: action:<node>, approved, rejected, cancelled, terminated
	Replay  bool
}

// Refused is a command that must not be done; it has changed nothing. Code is stable, in the form of the API.
type Refused struct { //nolint:errname // a refused command, not a mistake
	Code   string
	Params map[string]any
}

// Error satisfies error.
func (r *Refused) Error() string { return "refused: " + r.Code }

// The codes of Refused; see the table in flow.md §3.
const (
	CodeIdempotencyConflict = "idempotency_conflict"
	CodeConflict            = "conflict"
	CodeChangedSinceSeen    = "changed_since_seen"
	CodeSuspended           = "suspended"
	CodeEnded               = "ended"
	CodeSelf                = "self"
	CodeTaskWaiting         = "task_waiting"
	CodeTaskClosed          = "task_closed"
	CodeNotAssignee         = "not_assignee"
	CodeUseResubmit         = "use_resubmit"
	CodeFlowRunning         = "flow_running"
	CodeDelegated           = "delegated"
	CodeSignRequired        = "sign_required"
	CodeCommentRequired     = "comment_required"
	CodeFieldDenied         = "field_denied"
	CodeNotAllowed          = "not_allowed"
	CodeBadTarget           = "bad_target"
	CodeNotReturned         = "not_returned"
	CodeNotInitiator        = "not_initiator"
	CodeNextActed           = "next_acted"
	CodeUserDisabled        = "user_disabled"
	CodeSelfTarget          = "self_target"
	CodeDupApprover         = "dup_approver"
	CodeNotDelegated        = "not_delegated"
	CodeNestedSign          = "nested_sign"
	CodeSignMix             = "sign_mix"
	CodeNotAddedSigner      = "not_added_signer"
	CodeRateLimit           = "rate_limit"
	CodeNotAdmin            = "not_admin"
	CodeNotSuspended        = "not_suspended"
	CodeMigrateUnmapped     = "migrate_unmapped"
	CodeMigrateScope        = "migrate_scope"
	CodeNotFound            = "not_found"
	CodeProxyOverlap        = "proxy_overlap"
	CodeConfirmRequired     = "confirm_required" // the node asks for the password
	CodeTooManyRows         = "too_many_rows"    // a call for each row, and more rows than it takes; also an incident
	CodeUserUnknown         = "user_unknown"     // somebody named who is not in this company
	CodePickRequired        = "pick_required"    // somebody has to be chosen for a node that comes next
	CodePickInvalid         = "pick_invalid"     // chosen for a node that asks nobody chosen, or not one it admits
	CodeIntegrity           = "integrity"        // the document does not fit its flow; also an incident
)

// The codes of incidents.
const (
	IncidentCondition   = "condition"
	IncidentNoBranch    = "no_branch"
	IncidentNoApprover  = "no_approver"
	IncidentStepLimit   = "step_limit"
	IncidentChain       = "chain"   // automations set each other off without end
	IncidentRefused     = "refused" // the record's own rules refuse what comes after a wait
	IncidentTooManyRows = CodeTooManyRows
	IncidentIntegrity   = CodeIntegrity
)

func refuse(code string) error { return &Refused{Code: code} }

func refuseWith(code, name string, value any) error {
	return &Refused{Code: code, Params: map[string]any{name: value}}
}
