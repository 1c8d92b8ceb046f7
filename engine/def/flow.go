package def

import "encoding/json"

// Flow is an approval or an automation: a tree of nodes (definitions.md §11, flow.md for the meaning).
type Flow struct {
	Head
	Entity   string          `json:"entity,omitempty"`
	Form     string          `json:"form,omitempty"`
	Priority int             `json:"priority,omitempty"`
	Where    json.RawMessage `json:"where,omitempty"` // which records this submit flow takes
	Start    *Start          `json:"start,omitempty"`
	Settings FlowSettings    `json:"settings,omitzero"`
	Nodes    []*Node         `json:"nodes"`
	// Scenarios are simulations kept with the flow, with what must come of them.
	Scenarios []*Scenario `json:"scenarios,omitempty"`
}

// Scenario is a simulation of the flow with its wanted outcome (docs/adr/0007). It is played by every check of a draft.
type Scenario struct {
	Name   string          `json:"name"`
	Title  string          `json:"title,omitempty"`
	I18n   I18n            `json:"x-i18n,omitempty"`
	User   string          `json:"user"`             // who submits: "user:<id>", or "role:<name>" for its first holder
	Record string          `json:"record,omitempty"` // id of a record to begin with
	Values json.RawMessage `json:"values,omitempty"` // of the record, as the API takes them
	Plays  []ScenarioPlay  `json:"plays,omitempty"`  // what people do; whoever is not named approves
	Expect ScenarioExpect  `json:"expect"`
}

// ScenarioPlay is what somebody does at a node in a scenario.
type ScenarioPlay struct {
	Node    string          `json:"node"`
	User    string          `json:"user,omitempty"` // id; "" = whoever has the task
	Do      string          `json:"do"`             // approve, reject, return, resubmit, timeout, stop
	To      string          `json:"to,omitempty"`   // of return
	Values  json.RawMessage `json:"values,omitempty"`
	Comment string          `json:"comment,omitempty"`
}

// ScenarioExpect is what must come of a scenario; what is absent is not compared.
type ScenarioExpect struct {
	Status    string              `json:"status,omitempty"`
	Path      []string            `json:"path,omitempty"`      // nodes the run comes to, in the order of the definition
	Approvers map[string][]string `json:"approvers,omitempty"` // by node: ids of those who are asked
	Signed    []string            `json:"signed,omitempty"`    // nodes where somebody signs by hand; [] = nowhere
}

// Start says what starts a flow. On is submit (default), call (only other flows), button (people, on a record) or a list
// of record events: created, updated, approved, voided. Schedule is a cron expression of five fields in the tenant's zone.
type Start struct {
	On       Strings         `json:"on,omitempty"`
	Entity   string          `json:"entity,omitempty"`
	Where    json.RawMessage `json:"where,omitempty"`
	Schedule string          `json:"schedule,omitempty"`
	Webhook  string          `json:"webhook,omitempty"`
	Roles    []string        `json:"roles,omitempty"` // of a button: who is offered it, beside who may change the record
}

// Strings is one string or a list of them in JSON.
type Strings []string

// FlowSettings are the defaults of a flow; see flow.md "Decided" for the engine's own.
type FlowSettings struct {
	OnEmpty  string   `json:"onEmpty,omitempty"`
	OnSelf   string   `json:"onSelf,omitempty"`
	Dedupe   string   `json:"dedupe,omitempty"`
	Withdraw string   `json:"withdraw,omitempty"`
	Admins   []string `json:"admins,omitempty"`
	Subject  string   `json:"subject,omitempty"`
	Comment  string   `json:"comment,omitempty"`
}

// NodeType is what a node does.
type NodeType string

// The node types of definitions.md §11.
const (
	NodeApprove NodeType = "approve"
	NodeHandle  NodeType = "handle"
	NodeCC      NodeType = "cc"
	NodeBranch  NodeType = "branch"
	NodeCall    NodeType = "call"
	NodeAction  NodeType = "action"
	NodeWait    NodeType = "wait"
)

// Node is one step of a flow. Which keys count depends on Type; the meta-schema says which are allowed where.
type Node struct {
	Name       string            `json:"name"`
	Type       NodeType          `json:"type"`
	Title      string            `json:"title,omitempty"`
	I18n       I18n              `json:"x-i18n,omitempty"`
	When       string            `json:"when,omitempty"`
	Who        []string          `json:"who,omitempty"`
	Mode       string            `json:"mode,omitempty"`
	Pass       *Pass             `json:"pass,omitempty"`
	Weights    map[string]int    `json:"weights,omitempty"`
	WaitAll    bool              `json:"waitAll,omitempty"`
	AnyReject  string            `json:"anyReject,omitempty"`
	Fields     map[string]string `json:"fields,omitempty"` // path → w, r, -
	OnReject   string            `json:"onReject,omitempty"`
	ReturnTo   []string          `json:"returnTo,omitempty"`
	Resubmit   string            `json:"resubmit,omitempty"`
	Allow      []string          `json:"allow,omitempty"`
	Sign       bool              `json:"sign,omitempty"`
	Confirm    string            `json:"confirm,omitempty"` // password: whoever decides types his password again
	Comment    string            `json:"comment,omitempty"`
	NestedSign bool              `json:"nestedSign,omitempty"`
	Timeout    []Timeout         `json:"timeout,omitempty"`
	OnEmpty    string            `json:"onEmpty,omitempty"`
	OnSelf     string            `json:"onSelf,omitempty"`
	Dedupe     string            `json:"dedupe,omitempty"`
	Branches   []*Branch         `json:"branches,omitempty"`
	Flow       string            `json:"flow,omitempty"`
	Each       string            `json:"each,omitempty"`
	In         map[string]string `json:"in,omitempty"`
	Out        map[string]string `json:"out,omitempty"`
	Wait       *bool             `json:"wait,omitempty"`
	Do         json.RawMessage   `json:"do,omitempty"`
	For        string            `json:"for,omitempty"`
	Until      string            `json:"until,omitempty"`
}

// Label is the node's title in a language; its name if it has no title.
func (n *Node) Label(lang string) string {
	if title := translate(n.I18n, lang, "title", n.Title); title != "" {
		return title
	}
	return n.Name
}

// Branch is one way of a branch node.
type Branch struct {
	Name  string  `json:"name"`
	Title string  `json:"title,omitempty"`
	I18n  I18n    `json:"x-i18n,omitempty"`
	When  string  `json:"when,omitempty"`
	Else  bool    `json:"else,omitempty"`
	Nodes []*Node `json:"nodes"`
}

// Label is the branch's title in a language; its name if it has no title.
func (b *Branch) Label(lang string) string {
	if title := translate(b.I18n, lang, "title", b.Title); title != "" {
		return title
	}
	return b.Name
}

// Pass is the threshold of a vote: a percentage in (0, 100] with at most two places, or a count of weights.
type Pass struct {
	Percent json.Number `json:"percent,omitempty"`
	Count   int         `json:"count,omitempty"`
}

// Timeout is one deadline of a node: after an ISO 8601 duration, do something.
type Timeout struct {
	After string `json:"after"`
	Do    string `json:"do"`
}
