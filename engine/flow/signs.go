package flow

import (
	"context"
	"time"

	"formwork/engine/access"
	"formwork/engine/record"
)

// Signs are the decisions of a record's run as they go on paper, and what the run hides from the reader. Without a run
// Nodes is empty.
type Signs struct {
	Nodes  map[string]NodeSigns
	Hidden func(path string) bool
	// Invited: the run has asked or told the reader.
	Invited bool
}

// NodeSigns is what became of one node: the run passed it by, or who approved or handled it in its last round.
type NodeSigns struct {
	Skipped bool
	By      []Signature
}

// Signature is one person's decision. File is the id of what he drew, "" if nothing.
type Signature struct {
	ID   string
	Name string
	At   time.Time
	File string
}

// Signs gives the decisions on a loaded record for a reader of it.
func (s *Service) Signs(ctx context.Context, actor access.Actor, full *record.Full) (Signs, error) {
	signs := Signs{Nodes: map[string]NodeSigns{}, Hidden: func(string) bool { return false }}
	st, err := decodeState(full.Record.Flow)
	if err != nil || st.Status == "" {
		return signs, err
	}
	plan, err := s.pinnedPlan(ctx, actor.Tenant, &st)
	if err != nil {
		return signs, err
	}
	dir, err := s.newDirectory(ctx, actor.Tenant, full)
	if err != nil {
		return signs, err
	}
	dir.flow = st.Name
	signs.Hidden = plan.Hidden(&st, dir, actor.ID, s.config.Clock())
	signs.Invited = plan.Invites(&st, dir, actor.ID, s.config.Clock())
	for _, node := range plan.path(&st, actor.Lang) {
		signs.Nodes[node.Node] = NodeSigns{Skipped: node.Status == pathSkipped, By: st.signatures(node.Node)}
	}
	return signs, dir.err
}

// signatures lists who decided a node in its last round, in the order they came to it.
func (s *State) signatures(node string) []Signature {
	var by []Signature
	for _, t := range s.tasksOf(node, s.Rounds[node]) {
		if t.Status != TaskApproved {
			continue
		}
		who := t.User
		if t.By != nil {
			who = *t.By
		}
		by = append(by, Signature{ID: who.ID, Name: who.Name, At: t.DoneAt, File: t.Sign})
	}
	return by
}
