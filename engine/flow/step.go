package flow

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"formwork/engine/form"
)

// maxSteps is how many nodes one command may enter before the run is suspended as a loop.
const maxSteps = 1000

// Step does one command. The state of a record without a run is the zero State. It fails with *Refused when the command
// must not be done, and with whatever World.Values failed with when the record refuses the values; then nothing has
// changed. It never changes the state it is given.
func Step(plan *Plan, state State, cmd Command, world World) (Outcome, error) {
	body, err := commandHash(&cmd)
	if err != nil {
		return Outcome{}, err
	}
	for _, k := range state.Keys {
		if k.of(cmd.Key, cmd.Actor.ID) {
			if k.Body != body {
				return Outcome{}, refuse(CodeIdempotencyConflict)
			}
			return Outcome{State: state, Replay: true}, nil
		}
	}
	r := &run{plan: plan, before: &state, cmd: &cmd, world: &world}
	if err := r.admissible(); err != nil {
		return Outcome{}, err
	}
	if r.late() {
		return Outcome{State: state, Replay: true}, nil
	}
	do, known := handler(cmd.Verb)
	if !known {
		return Outcome{}, fmt.Errorf("flow step: unknown verb %q", cmd.Verb)
	}
	r.st = state.clone()
	if err := do(r); err != nil {
		return Outcome{}, err
	}
	if r.err != nil {
		return Outcome{}, r.err
	}
	if r.idle {
		return Outcome{State: state, Replay: true}, nil
	}
	return r.finish(body)
}

// handler gives what does a verb: it checks what is particular to the verb and changes the run.
func handler(verb Verb) (func(*run) error, bool) {
	switch verb {
	case Start:
		return (*run).start, true
	case Approve:
		return (*run).approve, true
	case Reject:
		return (*run).reject, true
	case Return:
		return (*run).sendBack, true
	case Resubmit:
		return (*run).resubmit, true
	case Withdraw:
		return (*run).withdraw, true
	case Cancel:
		return (*run).cancel, true
	case Retrieve:
		return (*run).retrieve, true
	case Transfer:
		return (*run).transfer, true
	case Delegate:
		return (*run).delegate, true
	case Resolve:
		return (*run).giveBack, true
	case AddSign:
		return (*run).addSign, true
	case RemoveSign:
		return (*run).removeSign, true
	case CarbonCopy:
		return (*run).carbonCopy, true
	case Remind:
		return (*run).remind, true
	case Comment:
		return (*run).remark, true
	case Save:
		return (*run).save, true
	default:
		return machineHandler(verb)
	}
}

// machineHandler gives what does a verb of admins and of the engine itself.
func machineHandler(verb Verb) (func(*run) error, bool) {
	switch verb {
	case Jump:
		return (*run).jump, true
	case Terminate:
		return (*run).terminate, true
	case Retry:
		return (*run).retry, true
	case Migrate:
		return (*run).migrate, true
	case Reassign:
		return (*run).reassign, true
	case Reschedule:
		return (*run).reschedule, true
	case Timer:
		return (*run).timer, true
	case ChildEnded:
		return (*run).childEnded, true
	case Suspend:
		return (*run).suspend, true
	case Deliver:
		return (*run).delivered, true
	case RetryEffect:
		return (*run).retryEffect, true
	case Reverse:
		return (*run).reverse, true
	case Recheck:
		return (*run).recheck, true
	case HandOver:
		return (*run).handOver, true
	default:
		return nil, false
	}
}

// run is one step being done.
type run struct {
	plan   *Plan
	before *State
	st     *State
	cmd    *Command
	world  *World

	patch   form.Values // merge patch this command leads to
	values  form.Values // complete values with the patch, once asked for
	known   bool        // values are there
	err     error       // the record refused the values; everything else is void
	steps   int         // nodes entered
	placed  *node       // a command put a token before it: its own condition is not asked
	stopped bool        // the run has ended or waits for its initiator: tokens move no further
	fact    Fact
	why     []Reason // look-ups that decided, in order
	more    []Event
	effects []string
	own     map[string]bool // fields the flow itself writes
	idle    bool            // the command changed nothing
}

// admissible checks what is refused for every command, then what is refused for a run in this status. Retry and the
// others of the exempt list have their own conditions.
func (r *run) admissible() error {
	cmd, st := r.cmd, r.before
	if cmd.Rev != nil && *cmd.Rev != st.Rev {
		return refuse(CodeConflict)
	}
	if err := r.unseen(); err != nil {
		return err
	}
	switch cmd.Verb {
	case Start, Resubmit, Terminate, Retry, Migrate, Comment, Suspend, Deliver, RetryEffect, Reverse, Reschedule:
		return nil
	default:
	}
	late := cmd.Verb == Timer || cmd.Verb == ChildEnded || cmd.Verb == Recheck // is no error: see late
	switch {
	case st.Status == Suspended && cmd.Verb != Timer && cmd.Verb != Recheck:
		return refuse(CodeSuspended)
	case st.Status != Running && st.Status != Returned && !late:
		return refuse(CodeEnded)
	}
	if err := r.plan.holds(st); err != nil {
		return refuseWith(CodeIntegrity, "problem", err.Error())
	}
	return nil
}

func (r *run) unseen() error {
	if r.cmd.Seen == "" || r.world.Seen == nil {
		return nil
	}
	now, err := r.world.Seen()
	if err != nil {
		return err
	}
	if now != r.cmd.Seen {
		return refuse(CodeChangedSinceSeen)
	}
	return nil
}

// late tells whether a message of the engine is about something that is over: nothing happens then.
func (r *run) late() bool {
	st := r.before
	switch r.cmd.Verb {
	case Timer:
		if due, refused := st.refusal(); refused && r.plan.nodes[r.cmd.Node] != nil {
			return due.Node != r.cmd.Node || due.At.After(r.world.Now)
		}
		active, ok := st.Active[r.cmd.Node]
		n := r.plan.nodes[r.cmd.Node]
		if st.Status != Running || !ok || n == nil || active.Round != r.cmd.Round {
			return true
		}
		due, ok := n.due(active, r.cmd.Index)
		return !ok || due.After(r.world.Now) && !r.cmd.Met
	case ChildEnded:
		_, active, ok := st.calling(r.cmd.Node, r.cmd.Round)
		return st.Status.Ended() || !ok || !active.awaits(r.cmd.Index)
	case Reschedule:
		return st.Status.Ended() || r.onTime()
	case Suspend:
		return st.Status.Ended() || st.Status == "" || r.cmd.Node != "" && !r.rests(r.cmd.Node)
	case Deliver:
		return !slices.ContainsFunc(r.cmd.Results, func(d Result) bool { return st.effect(d.N) >= 0 })
	case Reverse:
		return len(st.Posted) == 0
	case Recheck:
		return st.Status != Running
	default:
		return false
	}
}

// finish settles what every command settles and puts the outcome together.
func (r *run) finish(body string) (Outcome, error) {
	st := r.st
	if r.cmd.Verb != Start {
		st.Rev++
	}
	if len(r.patch) > 0 && st.Status == Running {
		r.refreshWaits()
	}
	switch {
	case len(st.Incident) > 0 && !st.Status.Ended():
		st.Status = Suspended
	case st.Status == Suspended && len(st.Incident) == 0:
		st.Status = Running
	}
	if r.cmd.Key != "" {
		st.Keys = append(slices.Clip(st.Keys), Key{ID: r.cmd.Key, Actor: r.cmd.Actor.ID, Body: body})
		st.Keys = st.Keys[max(0, len(st.Keys)-keptKeys):]
	}
	values, ok := r.current()
	if !ok {
		return Outcome{}, r.err
	}
	hash, err := Hash(values)
	if err != nil {
		return Outcome{}, err
	}
	r.stampApproval(hash)
	r.aboutOther()
	st.DataHash = hash
	st.NextDue = r.plan.nextDue(st)
	r.fact.Status = st.Status
	r.fact.Rev = st.Rev
	r.fact.Flow = st.Name
	r.fact.Files = r.cmd.Files
	r.fact.Why = r.why
	r.fact.Delta = r.delta()
	event := Event{Type: eventTypes[r.cmd.Verb], Data: r.fact}
	return Outcome{
		State: *st, Patch: r.patch, Own: r.own, Effects: r.effects, Events: append([]Event{event}, r.more...),
	}, nil
}

// delta is the difference this command made. When it started the run, what was before counts for nothing.
func (r *run) delta() Delta {
	if r.cmd.Verb != Start {
		return difference(r.before, r.st)
	}
	d := difference(&State{Keys: r.before.Keys, Outbox: r.before.Outbox, Posted: r.before.Posted}, r.st)
	d.Fresh = true
	return d
}

// stampApproval keeps with the task that was just decided which values were decided on.
func (r *run) stampApproval(hash string) {
	if r.fact.Task == "" || r.cmd.Verb != Approve && r.cmd.Verb != Reject {
		return
	}
	if t := r.st.task(r.fact.Task); t != nil {
		t.DataHash = hash
	}
}

// current gives the complete values with this command's patch. It is false when the record refuses them.
func (r *run) current() (form.Values, bool) {
	if r.err != nil {
		return nil, false
	}
	if !r.known {
		r.values, r.err = r.world.Values(r.patch)
		r.known = r.err == nil
	}
	return r.values, r.known
}

// change sets the merge patch of this command.
func (r *run) change(patch form.Values) {
	if len(patch) > 0 {
		r.patch, r.known = patch, false
	}
}

func (r *run) now() time.Time { return r.world.Now.UTC().Truncate(time.Millisecond) }

// admin tells whether the actor administers this flow. The engine does.
func (r *run) admin() bool {
	return r.cmd.engine() || r.plan.Admin(r.world.Org, r.cmd.Actor.ID)
}

// Admin tells whether somebody administers the flow, by the list in its settings.
func (p *Plan) Admin(org Org, user string) bool {
	for _, who := range p.admins {
		kind, name, _ := cutWho(who)
		if kind == "user" && name == user || kind == "role" && org.HasRole(user, name) {
			return true
		}
	}
	return false
}

// initiator tells whether the actor started the run.
func (r *run) initiator() bool { return !r.cmd.engine() && r.cmd.Actor.ID == r.st.Initiator.ID }

// commandHash is the hash of what a command asks for. What the actor had seen is no part of that: a signed approval that
// names nothing counts what is stored as seen, and after it was done that is something else.
func commandHash(cmd *Command) (string, error) {
	if cmd.Key == "" {
		return "", nil
	}
	asked := *cmd
	asked.Seen = ""
	return Hash(&asked)
}

// Hash is the SHA-256 (hex) of the JSON of something: values, a command. JSON sorts the members of maps.
func Hash(v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("flow hash: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}
