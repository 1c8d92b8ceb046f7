package flow

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"formwork/engine/def"
	"formwork/engine/store"
)

// Trace tells where a run went and why: a real one (Explain) or one that was only played (Simulate).
type Trace struct {
	Flow      string       `json:"flow"`
	Title     string       `json:"title"`
	Version   string       `json:"version"` // of the catalog it went by, "" of a draft
	Status    Status       `json:"status"`
	Initiator Named        `json:"initiator"`
	StartedAt time.Time    `json:"startedAt"`
	Nodes     []TracedNode `json:"nodes"` // all of the flow, in document order
	Steps     []TracedStep `json:"steps"` // what was done, in order
	Incident  []Stuck      `json:"incident,omitempty"`
}

// TracedNode is a node with what happened at it. Status is done, active, waiting or skipped.
type TracedNode struct {
	Node     string         `json:"node"`
	Title    string         `json:"title"`
	Type     def.NodeType   `json:"type"`
	Status   string         `json:"status"`
	Rounds   int            `json:"rounds"`             // how often the run came to it
	Branches []TracedBranch `json:"branches,omitempty"` // of a branch node
	Tasks    []TracedTask   `json:"tasks,omitempty"`
	Auto     []Decision     `json:"auto,omitempty"` // decisions nobody had to make
	Why      []TracedReason `json:"why,omitempty"`
}

// TracedBranch is a way of a branch node, and whether the run took it.
type TracedBranch struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Taken bool   `json:"taken"`
}

// TracedTask is what was asked of somebody.
type TracedTask struct {
	User   Named      `json:"user"`
	By     *Named     `json:"by,omitempty"` // who acted, if not he himself
	Round  int        `json:"round"`
	Status TaskStatus `json:"status"`
	Auto   string     `json:"auto,omitempty"`
	Kind   TaskKind   `json:"kind,omitempty"`
	DoneAt time.Time  `json:"doneAt,omitzero"`

	signed bool
	asked  string // id of whom the node itself asked, "" of a task that came another way
}

// TracedReason is a reason with names. Hidden means that it rests on values the reader may not see.
type TracedReason struct {
	At     time.Time      `json:"at"`
	Branch string         `json:"branch,omitempty"`
	When   string         `json:"when,omitempty"`
	Told   *Reading       `json:"told,omitempty"` // When for people
	Reads  map[string]any `json:"reads,omitempty"`
	Holds  string         `json:"holds,omitempty"`
	Who    string         `json:"who,omitempty"`
	Name   string         `json:"name,omitempty"` // what Who names, for people
	Rule   string         `json:"rule,omitempty"`
	People []Named        `json:"people,omitempty"`
	Hidden bool           `json:"hidden,omitempty"`
}

// TracedStep is one command.
type TracedStep struct {
	At      time.Time `json:"at"`
	Type    string    `json:"type"` // of its event: started, approved, …
	Actor   Named     `json:"actor"`
	Node    string    `json:"node,omitempty"`
	To      string    `json:"to,omitempty"`
	Passed  []string  `json:"passed,omitempty"`
	Skipped []string  `json:"skipped,omitempty"`
	Copied  []Named   `json:"copied,omitempty"`
}

// told is the event of one command, read back.
type told struct {
	at    time.Time
	kind  string
	actor string
	fact  Fact
}

// tracer puts a trace together. hidden tells which paths a reader may not see; names resolves ids of people.
type tracer struct {
	plan   *Plan
	cat    *def.Catalog // of the plan
	state  *State
	facts  []told
	lang   string
	hidden func(path string) bool
	names  map[string]string
	read   *readings // of the conditions; nil = they are not told
}

func (t *tracer) trace() Trace {
	trace := Trace{
		Flow: t.state.Name, Title: t.plan.Flow.Label(t.lang), Version: t.state.Catalog, Status: t.state.Status,
		Initiator: named(t.state.Initiator), StartedAt: t.state.StartedAt, Nodes: []TracedNode{}, Steps: []TracedStep{},
		Incident: t.state.Incident,
	}
	places := map[string]string{}
	for _, p := range t.plan.path(t.state, t.lang) {
		places[p.Node] = p.Status
	}
	reasons := t.reasons()
	for _, n := range t.plan.order {
		shown := TracedNode{
			Node: n.Name, Title: t.plan.titleOf(n.Name, t.lang), Type: n.Type, Status: places[n.Name],
			Rounds: t.state.Rounds[n.Name], Tasks: t.tasks(n), Why: reasons[n.Name],
		}
		if n.Type == def.NodeBranch {
			shown.Status, shown.Branches = t.branches(n)
		}
		for _, d := range t.state.Decisions {
			if d.Node == n.Name {
				shown.Auto = append(shown.Auto, d)
			}
		}
		trace.Nodes = append(trace.Nodes, shown)
	}
	for _, f := range t.facts {
		step := TracedStep{
			At: f.at, Type: f.kind, Actor: t.person(f.actor), Node: f.fact.Node, To: f.fact.To,
			Passed: f.fact.Passed, Skipped: f.fact.Skipped,
		}
		for _, p := range f.fact.Copied {
			step.Copied = append(step.Copied, named(p))
		}
		trace.Steps = append(trace.Steps, step)
	}
	return trace
}

// branches says where a branch node stands and which of its ways were taken.
func (t *tracer) branches(n *node) (status string, ways []TracedBranch) {
	chosen := t.state.Choices[n.Name]
	for _, b := range n.branches {
		ways = append(ways, TracedBranch{Name: b.Name, Title: b.Label(t.lang), Taken: slices.Contains(chosen, b.Name)})
	}
	_, open := t.state.Blocks[n.Name]
	switch {
	case open:
		return pathActive, ways
	case len(chosen) > 0:
		return pathDone, ways
	case t.state.Status.Ended(), slices.Contains(t.state.Choices[n.whenKey()], "no"):
		return pathSkipped, ways
	default:
		return pathWaiting, ways
	}
}

func (t *tracer) tasks(n *node) []TracedTask {
	var tasks []TracedTask
	slots := map[int]bool{}
	for i := range t.state.Tasks {
		task := &t.state.Tasks[i]
		if task.Node != n.Name {
			continue
		}
		shown := TracedTask{
			User: named(task.User), Round: task.Round, Status: task.Status, Auto: task.Auto, Kind: task.Kind, DoneAt: task.DoneAt,
			signed: task.Sign != "",
		}
		if task.Kind == TaskBase && !slots[task.Slot] {
			shown.asked = task.firstHolder()
		}
		slots[task.Slot] = true
		if task.By != nil {
			by := named(*task.By)
			shown.By = &by
		}
		tasks = append(tasks, shown)
	}
	return tasks
}

// firstHolder is the id of whom a task was given to at first.
func (t *Task) firstHolder() string {
	switch {
	case len(t.Past) > 0:
		return t.Past[0]
	case t.Owner != nil:
		return t.Owner.ID
	default:
		return t.User.ID
	}
}

// reasons sorts what the commands noted by node.
func (t *tracer) reasons() map[string][]TracedReason {
	byNode := map[string][]TracedReason{}
	for _, f := range t.facts {
		for _, why := range f.fact.Why {
			byNode[why.Node] = append(byNode[why.Node], t.reason(f.at, why))
		}
	}
	return byNode
}

func (t *tracer) reason(at time.Time, why Reason) TracedReason {
	shown := TracedReason{
		At: at, Branch: why.Branch, When: why.When, Reads: why.Reads, Holds: why.Holds, Who: why.Who, Rule: why.Rule,
		Name: t.plan.whoTitle(t.cat, why.Who, t.lang),
	}
	for path := range why.Reads {
		if t.hidden != nil && t.hidden(path) {
			shown.When, shown.Reads, shown.Hidden = "", nil, true
		}
	}
	if told, ok := t.told(shown.When); ok {
		told = told.named(t.names)
		shown.Told = &told
	}
	for _, id := range why.People {
		shown.People = append(shown.People, t.person(id))
	}
	return shown
}

// told is a condition for people.
func (t *tracer) told(source string) (Reading, bool) {
	if t.read == nil || source == "" {
		return Reading{}, false
	}
	return t.read.read(source)
}

func (t *tracer) person(id string) Named {
	if id == "" {
		return Named{ID: systemName}
	}
	return Named{ID: id, Name: t.names[id]}
}

// people lists the ids of everybody a trace names.
func (t *tracer) people() []string {
	var ids []string
	for _, f := range t.facts {
		ids = append(ids, f.actor)
		for _, why := range f.fact.Why {
			ids = append(ids, why.People...)
			if told, ok := t.told(why.When); ok {
				ids = told.people(ids)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// commandTypes are the types of events that are commands of a run.
var commandTypes = func() map[string]bool {
	types := map[string]bool{}
	for _, t := range eventTypes {
		types[t] = true
	}
	return types
}()

// readFacts reads the commands of a record's last run out of its events.
func readFacts(events []store.Event) ([]told, error) {
	var facts []told
	for _, e := range events {
		if !commandTypes[e.Type] {
			continue
		}
		var fact Fact
		if err := json.Unmarshal(e.Data, &fact); err != nil {
			return nil, fmt.Errorf("event %d: %w", e.Seq, err)
		}
		if fact.Delta.Fresh {
			facts = nil
		}
		facts = append(facts, told{at: e.At, kind: e.Type, actor: e.Actor, fact: fact})
	}
	return facts, nil
}
