package flow

import "time"

// Event is one entry for the event log, without what the record's write adds (record, revision, actor, time).
type Event struct {
	Type string
	Data any // Fact for the event of a command, Ending for EventEnded
}

// EventEnded follows the command's event when the run has ended; its data is an Ending. Triggers look for it.
const EventEnded = "flow_ended"

// Ending is the data of EventEnded.
type Ending struct {
	Flow   string `json:"flow"`
	Status Status `json:"status"`
}

// eventTypes gives the type of the event each accepted command leaves.
var eventTypes = map[Verb]string{
	Start: "started", Approve: "approved", Reject: "rejected", Return: "returned", Resubmit: "resubmitted",
	Withdraw: "withdrawn", Cancel: "cancelled", Retrieve: "retrieved", Transfer: "transferred", Delegate: "delegated",
	Resolve: "resolved", AddSign: "signers_added", RemoveSign: "signer_removed", CarbonCopy: "copied",
	Remind: "reminded", Comment: "commented", Save: "saved", Jump: "jumped", Terminate: "terminated",
	Retry: "retried", Migrate: "migrated", Timer: "timed_out", ChildEnded: "child_ended", Deliver: "delivered", Reverse: "reversed", Recheck: "rechecked", RetryEffect: "effect_retried", Suspend: "suspended",
	HandOver: "handed_over", Reassign: "reassigned", Reschedule: "rescheduled",
}

// Fact is the data of a command's event: what people read in the history, and the difference it made to the state, from
// which Fold gives the state again.
type Fact struct {
	Flow      string     `json:"flow"`
	Rev       int64      `json:"rev"` // flow.rev after the command
	Status    Status     `json:"status"`
	Node      string     `json:"node,omitempty"`
	Round     int        `json:"round,omitempty"`
	Task      string     `json:"task,omitempty"`
	For       *Person    `json:"for,omitempty"`   // whose task it was, when a proxy acted
	To        string     `json:"to,omitempty"`    // target of a return or jump
	Users     []Person   `json:"users,omitempty"` // to whom it was transferred or delegated, who was added or told
	Comment   string     `json:"comment,omitempty"`
	Files     []Attached `json:"files,omitempty"`     // what he attached
	Sign      string     `json:"sign,omitempty"`      // the signature he drew
	Signed    *Signed    `json:"signed,omitempty"`    // what it stands for
	Confirmed bool       `json:"confirmed,omitempty"` // with his password
	Do        string     `json:"do,omitempty"`        // of a deadline: remind, pass, …
	Auto      []Decision `json:"auto,omitempty"`
	Reminds   []Person   `json:"reminds,omitempty"` // who is to be reminded
	Restart   bool       `json:"restart,omitempty"` // a wanted resume was not possible
	Passed    []string   `json:"passed,omitempty"`  // nodes that were left behind, in order
	Skipped   []string   `json:"skipped,omitempty"` // nodes whose condition was false
	Copied    []Person   `json:"copied,omitempty"`  // new readers by cc nodes
	Incident  []Stuck    `json:"incident,omitempty"`
	Why       []Reason   `json:"why,omitempty"`  // what decided where the tokens went
	Sent      []Sent     `json:"sent,omitempty"` // effects that were delivered or tried
	Delta     Delta      `json:"delta"`
}

// Signed is what a drawn signature was bound to, as hashes (hex), so that the history proves it: nobody can put another
// drawing, or other data, in its place afterwards.
type Signed struct {
	Image string `json:"image"` // SHA-256 of the bytes of what was drawn
	Seen  string `json:"seen"`  // of the values the signer saw
}

// Attached is a file that goes with what somebody did; its bytes are engine/file's.
type Attached struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Delta is the difference between two states of a run: only what changed is set.
type Delta struct {
	Fresh     bool                 `json:"fresh,omitempty"` // the state before counts for nothing: a new run
	Head      *Head                `json:"head,omitempty"`
	Active    map[string]*Active   `json:"active,omitempty"`    // nil = gone
	Blocks    map[string]*Block    `json:"blocks,omitempty"`    // nil = gone
	Tasks     []Task               `json:"tasks,omitempty"`     // new and changed ones
	Rounds    map[string]int       `json:"rounds,omitempty"`    // 0 = gone
	Choices   map[string][]string  `json:"choices,omitempty"`   // nil = gone
	Decisions []Decision           `json:"decisions,omitempty"` // added
	Approvers *[]Approval          `json:"approvers,omitempty"` // all
	CC        []Copy               `json:"cc,omitempty"`        // added
	Renamed   *Renamed             `json:"renamed,omitempty"`   // a migration gave nodes other names
	Incident  *[]Stuck             `json:"incident,omitempty"`  // all
	Resume    *Resume              `json:"resume,omitempty"`
	NoResume  bool                 `json:"noResume,omitempty"`
	Reminded  map[string]time.Time `json:"reminded,omitempty"`
	Key       *Key                 `json:"key,omitempty"`    // added
	Outbox    []Effect             `json:"outbox,omitempty"` // added and changed
	Gone      []int                `json:"gone,omitempty"`   // effects that were delivered, by number
	Posted    *[]Posted            `json:"posted,omitempty"` // all
	Set       map[string]*Before   `json:"set,omitempty"`    // nil = gone
}

// Renamed are the lists that only grow, whole, after the names in them have changed.
type Renamed struct {
	Decisions []Decision `json:"decisions,omitempty"`
	CC        []Copy     `json:"cc,omitempty"`
}

// Head are the plain members of a state.
type Head struct {
	Name      string              `json:"name"`
	Catalog   string              `json:"catalog"`
	Status    Status              `json:"status"`
	Initiator Person              `json:"initiator"`
	StartedAt time.Time           `json:"startedAt"`
	Serial    int                 `json:"serial"`
	Last      string              `json:"last,omitempty"`
	Acted     bool                `json:"acted,omitempty"`
	Picks     map[string][]string `json:"picks,omitempty"`
	Settings  map[string]any      `json:"settings,omitempty"`
	Parent    *Parent             `json:"parent,omitempty"`
	DataHash  string              `json:"dataHash"`
	NextDue   time.Time           `json:"nextDue,omitzero"`
	Depth     int                 `json:"depth,omitempty"`
	CallRound int                 `json:"callRound,omitempty"`
}
