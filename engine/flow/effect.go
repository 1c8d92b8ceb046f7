package flow

import (
	"slices"
	"time"

	"formwork/engine/def"
)

// Result is what became of delivering an effect; it is acknowledged in the run's document by the verb Deliver. Error "" is
// success: the effect leaves the outbox. Otherwise it stays until Next, or for good if Dead.
type Result struct {
	N      int       `json:"n"`
	Error  string    `json:"error,omitempty"` // a stable code
	Detail string    `json:"detail,omitempty"`
	Next   time.Time `json:"next,omitzero"`
	Dead   bool      `json:"dead,omitempty"`
	Paused bool      `json:"paused,omitempty"` // it was not tried: the receiver is left alone until Next
	Posted []Posted  `json:"posted,omitempty"` // all records the effect's node stands for now
}

// Posted is a record an action created. It is reversed when the record the run is about is voided.
type Posted struct {
	Node   string `json:"node"`
	Row    string `json:"row,omitempty"`
	Entity string `json:"entity"`
	ID     string `json:"id"`
}

// Sent is an effect that was delivered or tried, for the history.
type Sent struct {
	N        int        `json:"n"`
	Kind     EffectKind `json:"kind"`
	Node     string     `json:"node,omitempty"`
	Do       string     `json:"do,omitempty"`    // of an action: create, update, …
	To       string     `json:"to,omitempty"`    // entity or receiver
	Label    string     `json:"label,omitempty"` // only where it is shown: title of the entity or flow
	Error    string     `json:"error,omitempty"`
	Detail   string     `json:"detail,omitempty"`
	Attempts int        `json:"attempts,omitempty"`
	Dead     bool       `json:"dead,omitempty"`
	Posted   []Posted   `json:"posted,omitempty"`
}

// effect finds an effect in the outbox by number; -1 if it is not there.
func (s *State) effect(n int) int {
	return slices.IndexFunc(s.Outbox, func(e Effect) bool { return e.N == n })
}

// wakeAt is when something has to be done for the run: a deadline, or an effect. It is zero if nothing has.
func (s *State) wakeAt() time.Time {
	at := s.NextDue
	for _, e := range s.Outbox {
		if e.Dead {
			continue
		}
		due := e.At
		if e.Next.After(due) {
			due = e.Next
		}
		if at.IsZero() || due.Before(at) {
			at = due
		}
	}
	return at
}

// delivered takes what became of effects. Step has made sure that one of them is still in the outbox (late).
func (r *run) delivered() error {
	for _, result := range r.cmd.Results {
		i := r.st.effect(result.N)
		if i < 0 {
			continue
		}
		e := r.st.Outbox[i]
		if !result.Paused {
			e.Attempts++
		}
		e.Error, e.Next, e.Dead = result.Error, result.Next, result.Dead
		sent := Sent{
			N: e.N, Kind: e.Kind, Node: e.Node, Error: e.Error, Detail: result.Detail, Attempts: e.Attempts, Dead: e.Dead,
		}
		sent.describe(&e)
		if result.Error != "" {
			r.st.Outbox = slices.Clone(r.st.Outbox)
			r.st.Outbox[i] = e
		} else {
			r.st.Outbox = slices.Delete(slices.Clone(r.st.Outbox), i, i+1)
			sent.Posted = result.Posted
			r.post(&e, result.Posted)
		}
		r.fact.Sent = append(r.fact.Sent, sent)
	}
	return nil
}

// describe says what an effect does and to whom.
func (s *Sent) describe(e *Effect) {
	switch {
	case e.Action != nil:
		s.Do, s.To = e.Action.Do, first(e.Action.Entity, e.Action.Webhook)
	case e.Kind == EffectCall:
		s.To = e.Flow
	case e.Kind == EffectReverse && len(e.Posted) > 0:
		s.To = e.Posted[0].Entity
	}
}

// post notes which records a node stands for.
func (r *run) post(e *Effect, posted []Posted) {
	if e.Action == nil || e.Action.Do != actCreate {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(r.st.Posted), func(p Posted) bool { return p.Node == e.Node })
	for _, p := range posted {
		p.Node = e.Node // it may have been renamed while the effect was on its way
		kept = append(kept, p)
	}
	r.st.Posted = kept
}

// retryEffect tries an effect again that failed or was given up.
func (r *run) retryEffect() error {
	if !r.admin() {
		return refuse(CodeNotAdmin)
	}
	i := r.st.effect(r.cmd.Index)
	if i < 0 || r.st.Outbox[i].Error == "" {
		return refuse(CodeNotFound)
	}
	r.st.Outbox = slices.Clone(r.st.Outbox)
	e := &r.st.Outbox[i]
	e.Attempts, e.Dead, e.Next = 0, false, time.Time{}
	r.fact.Comment, r.fact.Node = r.cmd.Comment, e.Node
	return nil
}

// reverse undoes what the run posted: the record it is about was voided.
func (r *run) reverse() error {
	byNode := map[string][]Posted{}
	var nodes []string
	for _, p := range r.st.Posted {
		if byNode[p.Node] == nil {
			nodes = append(nodes, p.Node)
		}
		byNode[p.Node] = append(byNode[p.Node], p)
	}
	for _, node := range nodes {
		r.send(Effect{Kind: EffectReverse, Node: node, Round: r.st.Rounds[node], Posted: byNode[node]})
	}
	// What was not created yet must not be: a create that is on its way finds the source voided.
	r.st.Posted = nil
	return nil
}

// recheck looks again at what the waiting nodes wait for: the record they look at has changed.
func (r *run) recheck() error {
	before := r.st.NextDue
	moved := r.refreshWaits()
	if !moved && r.plan.nextDue(r.st).Equal(before) {
		r.idle = true
	}
	return nil
}

// refreshWaits evaluates the waits of active nodes anew, and passes those that are over. It tells whether a token moved.
func (r *run) refreshWaits() bool {
	moved := false
	for _, n := range r.plan.order {
		active, waits := r.st.Active[n.Name]
		if !waits || n.Type != def.NodeWait || n.until == nil || !r.moving() {
			continue
		}
		until, over, ok := r.waitsUntil(n)
		switch {
		case !ok: // it cannot be told now: the token rests as before
		case over:
			moved = true
			r.pass(n)
		case !until.Equal(active.Until):
			active.Until = until
			r.st.Active[n.Name] = active
		}
	}
	return moved
}

// aboutOther turns a patch on values that are not part of the run's own document into an effect on their record.
func (r *run) aboutOther() {
	about := r.world.About
	if about == nil || len(r.patch) == 0 {
		return
	}
	r.send(Effect{
		Kind: EffectAction, Action: &Action{
			Do: actUpdate, Entity: about.Entity, Record: about.Record, Rows: []ActionRow{{Values: r.patch}},
		},
	})
	r.patch = nil
}

// About names the record a run is about that is not part of it.
type About struct {
	Entity string
	Record string
}

// failing tells whether an effect was tried in vain.
func (s *State) failing() bool {
	return slices.ContainsFunc(s.Outbox, func(e Effect) bool { return e.Error != "" })
}
