package flow

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"formwork/engine/form"
)

// Status is the state of a run; it is also the state of the record the run is about.
type Status string

// The states of a run. The last four are final.
const (
	Draft      Status = "draft" // withdrawn
	Running    Status = "running"
	Returned   Status = "returned"
	Suspended  Status = "suspended"
	Approved   Status = "approved"
	Rejected   Status = "rejected"
	Cancelled  Status = "cancelled"
	Terminated Status = "terminated"
)

// Ended tells whether nothing can happen to the run any more, apart from comments.
func (s Status) Ended() bool {
	return s == Approved || s == Rejected || s == Cancelled || s == Terminated
}

// TaskStatus is the state of a task; only waiting and open tasks are live.
type TaskStatus string

// The states of a task.
const (
	TaskWaiting     TaskStatus = "waiting"
	TaskOpen        TaskStatus = "open"
	TaskApproved    TaskStatus = "approved"
	TaskRejected    TaskStatus = "rejected"
	TaskReturned    TaskStatus = "returned"
	TaskTransferred TaskStatus = "transferred"
	TaskRemoved     TaskStatus = "removed"
	TaskCancelled   TaskStatus = "cancelled"
)

// TaskKind says how a task came to its node.
type TaskKind string

// The kinds of tasks. Base tasks are those of the node's approvers.
const (
	TaskBase     TaskKind = ""
	TaskBefore   TaskKind = "before"   // added: decides before the task of slot Of
	TaskAfter    TaskKind = "after"    // added: decides after it
	TaskParallel TaskKind = "parallel" // added: one more slot of the node
	TaskStart    TaskKind = "start"    // the initiator's own, of a returned or withdrawn run
)

// StartNode is the name of the place where the initiator's own task stands.
const StartNode = "start"

// Person is somebody as he was when the event happened: later changes of the directory do not rewrite history.
type Person struct {
	ID         string `json:"id"`
	Name       string `json:"name,omitempty"`
	Department string `json:"department,omitempty"`
}

// Task is work waiting for a person, or what became of it.
type Task struct {
	ID        string     `json:"id"` // unique in the run
	Node      string     `json:"node"`
	Round     int        `json:"round"`
	Slot      int        `json:"slot"`  // the place it decides; a transfer keeps it. Unique in the run
	Order     int        `json:"order"` // place among the slots of the node or of its group
	Kind      TaskKind   `json:"kind,omitempty"`
	Of        int        `json:"of,omitempty"`   // slot an added task belongs to
	Mode      string     `json:"mode,omitempty"` // of its group of added tasks: all, any, seq
	Weight    int        `json:"weight,omitempty"`
	User      Person     `json:"user"`
	Owner     *Person    `json:"owner,omitempty"` // who delegated it and gets it back
	Past      []string   `json:"past,omitempty"`  // earlier holders of this same task
	By        *Person    `json:"by,omitempty"`    // who acted, if not User himself
	AddedBy   string     `json:"addedBy,omitempty"`
	Status    TaskStatus `json:"status"`
	Auto      string     `json:"auto,omitempty"` // reason of an automatic decision
	Sign      string     `json:"sign,omitempty"`
	DataHash  string     `json:"dataHash,omitempty"` // of the values he approved
	ArrivedAt time.Time  `json:"arrivedAt,omitzero"` // when it opened
	DoneAt    time.Time  `json:"doneAt,omitzero"`
}

func (t *Task) live() bool { return t.Status == TaskOpen || t.Status == TaskWaiting }

func (t *Task) added() bool {
	return t.Kind == TaskBefore || t.Kind == TaskAfter || t.Kind == TaskParallel
}

// Active is a token: a node the run rests on.
type Active struct {
	Round     int         `json:"round"`
	EnteredAt time.Time   `json:"enteredAt"`
	Prev      []string    `json:"prev,omitempty"`  // human nodes directly before, on this path
	Fired     []int       `json:"fired,omitempty"` // deadlines that have fired in this round
	Due       []time.Time `json:"due,omitempty"`   // when each is due, by the calendar; without one, after all time
	Until     time.Time   `json:"until,omitzero"`  // end of a wait
	Children  []Child     `json:"children,omitempty"`
	Called    *Called     `json:"called,omitempty"` // how its children know it, where a migration changed that
}

// Called is a call node as it was when it called: its children report to that name, and are runs of that flow.
type Called struct {
	Node string `json:"node"`
	Flow string `json:"flow"`
}

// Child is a run called by a call node. Row is the row it was called for, "" without each.
type Child struct {
	Index  int    `json:"index"`
	Row    string `json:"row,omitempty"`
	Status Status `json:"status"` // running until it has ended
}

// Before are the values of fields before the flow itself set them, null where they had none.
type Before = form.Values

// Block is an open branch node: its branches that are not finished yet.
type Block struct {
	Left   []string `json:"left"`
	Prev   []string `json:"prev,omitempty"` // human nodes directly before the block
	Done   []string `json:"done,omitempty"` // last human nodes of the finished branches
	Serial int      `json:"serial"`         // tells one opening of the block from the next
}

// Decision is an automatic decision: on a node, for a user or for nobody.
type Decision struct {
	Node   string `json:"node"`
	User   string `json:"user,omitempty"`
	Reason string `json:"reason"` // dedupe, self_skip, empty_pass, timeout_pass
}

// Approval remembers who approved where, for the removal of duplicates.
type Approval struct {
	Node string `json:"node"`
	User string `json:"user"`
}

// Key is an idempotency key that somebody used, with the hash of its command. Keys of different people never meet.
type Key struct {
	ID    string `json:"id"`
	Actor string `json:"actor,omitempty"` // "" = the engine, or anybody in what older versions wrote
	Body  string `json:"body"`
}

// of tells whether this is the key of a command.
func (k *Key) of(key, actor string) bool {
	return key != "" && k.ID == key && (k.Actor == actor || k.Actor == "")
}

// Stuck is a token that could not enter its node.
type Stuck struct {
	Code string   `json:"code"`
	Node string   `json:"node"`
	Prev []string `json:"prev,omitempty"`
	// Of refused: the code of what the record refused, and from when on it is tried again by itself.
	Problem string    `json:"problem,omitempty"`
	Due     time.Time `json:"due,omitzero"`
	// Of refused at a node that asks people: which of its deadlines, counted from 1. Its token stays on the node, and so
	// do its tasks.
	Deadline int `json:"deadline,omitempty"`
}

// holdsToken tells whether a token stands before the node: else it is on it.
func (s *Stuck) holdsToken() bool { return s.Deadline == 0 }

// Resume says where a returned run goes on when its initiator wants to resume.
type Resume struct {
	Node    string              `json:"node"`
	Mode    string              `json:"mode"` // restart, resume
	Torn    bool                `json:"torn,omitempty"`
	Prev    []string            `json:"prev,omitempty"`
	Choices map[string][]string `json:"choices,omitempty"`
}

// Copy is a reader in copy. Node is the cc node that sent it, or that of the approver who did; "" if the initiator or an
// admin did. Somebody copied at several nodes has a copy of each.
type Copy struct {
	Person
	Node string `json:"node,omitempty"`
}

// Parent is the run that called this one.
type Parent struct {
	Entity string `json:"entity"`
	Record string `json:"record"`
	Node   string `json:"node"`
	Round  int    `json:"round"`
	Index  int    `json:"index"`
}

// State is one run. It is stored in the record's document; Step never changes the State it is given.
type State struct {
	Format    int                  `json:"v"`
	Name      string               `json:"name"`
	Catalog   string               `json:"catalog"`
	Rev       int64                `json:"rev"` // commands since the start
	Status    Status               `json:"status"`
	Initiator Person               `json:"initiator"`
	StartedAt time.Time            `json:"startedAt"`
	Serial    int                  `json:"serial"` // last number given to a task, slot or block
	Active    map[string]Active    `json:"active,omitempty"`
	Blocks    map[string]Block     `json:"blocks,omitempty"`
	Tasks     []Task               `json:"tasks,omitempty"`
	Rounds    map[string]int       `json:"rounds,omitempty"`    // how often each node was entered
	CallRound int                  `json:"callRound,omitempty"` // highest round of any call before a migration, or of a run before this one
	Choices   map[string][]string  `json:"choices,omitempty"`   // branches taken; "yes" or "no" of a node with when
	Decisions []Decision           `json:"decisions,omitempty"`
	Approvers []Approval           `json:"approvers,omitempty"`
	Picks     map[string][]string  `json:"picks,omitempty"` // approvers the initiator chose, by node; "" for every node
	CC        []Copy               `json:"cc,omitempty"`
	Last      string               `json:"last,omitempty"`  // node decided last
	Acted     bool                 `json:"acted,omitempty"` // somebody approved, rejected, returned or transferred
	Reminded  map[string]time.Time `json:"reminded,omitempty"`
	Resume    *Resume              `json:"resume,omitempty"`
	Incident  []Stuck              `json:"incident,omitempty"`
	Settings  map[string]any       `json:"settings,omitempty"` // constants in force since the start
	DataHash  string               `json:"dataHash,omitempty"`
	Parent    *Parent              `json:"parent,omitempty"`
	Keys      []Key                `json:"keys,omitempty"`
	Outbox    []Effect             `json:"outbox,omitempty"` // not delivered yet
	Posted    []Posted             `json:"posted,omitempty"` // records its actions created
	Depth     int                  `json:"depth,omitempty"`  // how many automations led to this run
	Set       map[string]Before    `json:"set,omitempty"`    // by node: what the fields held that it set
	NextDue   time.Time            `json:"nextDue,omitzero"`

	unknown map[string]json.RawMessage // members a newer version wrote; kept as they are
}

// format is the version of the stored form this code writes.
const format = 1

// keptKeys is how many idempotency keys a run remembers.
const keptKeys = 128

// plainState has State's members without its methods.
type plainState State

// MarshalJSON writes the stored form, with the members of a newer version that this code does not know.
func (s State) MarshalJSON() ([]byte, error) {
	s.Format = max(s.Format, format)
	raw, err := json.Marshal(plainState(s))
	if err != nil || len(s.unknown) == 0 {
		return raw, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	for name, value := range s.unknown {
		if _, known := all[name]; !known {
			all[name] = value
		}
	}
	return json.Marshal(all)
}

// UnmarshalJSON reads the stored form of this or another version.
func (s *State) UnmarshalJSON(raw []byte) error {
	var p plainState
	if err := json.Unmarshal(raw, &p); err != nil {
		return fmt.Errorf("flow state: %w", err)
	}
	*s = State(p)
	if s.Format <= format {
		return nil
	}
	if err := json.Unmarshal(raw, &s.unknown); err != nil {
		return fmt.Errorf("flow state: %w", err)
	}
	for _, name := range stateMembers {
		delete(s.unknown, name)
	}
	return nil
}

// stateMembers are the members this version knows, also the ones it leaves out when empty.
var stateMembers = []string{
	"v", "name", "catalog", "rev", "status", "initiator", "startedAt", "serial", "active", "blocks", "tasks", "rounds",
	"choices", "decisions", "approvers", "picks", "cc", "last", "acted", "reminded", "resume", "incident", "settings",
	"dataHash", "parent", "keys", "outbox", "nextDue", "posted", "depth", "set", "callRound",
}

// clone copies everything Step may change in place; slices inside Active and Block are replaced, never changed.
func (s *State) clone() *State {
	c := *s
	c.Active = cloneMap(s.Active)
	c.Blocks = cloneMap(s.Blocks)
	c.Rounds = cloneMap(s.Rounds)
	c.Choices = cloneMap(s.Choices)
	c.Set = cloneMap(s.Set)
	c.Tasks = append(make([]Task, 0, len(s.Tasks)+4), s.Tasks...)
	c.Decisions = slices.Clip(s.Decisions)
	c.Approvers = slices.Clip(s.Approvers)
	c.CC = slices.Clip(s.CC)
	c.Outbox = slices.Clip(s.Outbox)
	c.Incident = slices.Clone(s.Incident)
	c.Reminded = maps.Clone(s.Reminded)
	return &c
}

func cloneMap[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return maps.Clone(m)
}

// used tells whether somebody used an idempotency key.
func (s *State) used(key, actor string) bool {
	return slices.ContainsFunc(s.Keys, func(k Key) bool { return k.of(key, actor) })
}

// number gives the next number for a task, slot or block.
func (s *State) number() int {
	s.Serial++
	return s.Serial
}

// task finds a task by id; nil if there is none.
func (s *State) task(id string) *Task {
	for i := range s.Tasks {
		if s.Tasks[i].ID == id {
			return &s.Tasks[i]
		}
	}
	return nil
}

// tasksOf gives the tasks of a node in one round, in the order they came.
func (s *State) tasksOf(node string, round int) []*Task {
	var tasks []*Task
	for i := range s.Tasks {
		if t := &s.Tasks[i]; t.Node == node && t.Round == round {
			tasks = append(tasks, t)
		}
	}
	return tasks
}

// OpenTasks gives the tasks that wait for a person now.
func (s *State) OpenTasks() []Task {
	var open []Task
	for _, t := range s.Tasks {
		if t.Status == TaskOpen {
			open = append(open, t)
		}
	}
	return open
}
