package engine

import (
	"context"
	"strings"

	"formwork/engine/access"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/identity"
	"formwork/engine/record"
)

// Decision is what somebody does with a task, and the proof that it is he.
type Decision struct {
	Task     string
	Act      flow.Act
	Files    []string         // ids of uploads that go with his words
	Password string           // typed again, "" = not: nodes that ask for it refuse (flow.CodeConfirmRequired)
	Session  identity.Session // of a password
	Address  string           // of the client, for the throttling of passwords
}

// Decide does a verb of a task. A password that was typed again is checked first. A handwritten signature is bound to
// the task, the data the signer saw, himself and the time before the decision counts; one that was made for anything
// else is refused (file.CodeSignature).
func (e *Engine) Decide(ctx context.Context, actor access.Actor, d Decision) (flow.Decided, error) {
	if d.Password != "" {
		if err := e.Identity.Confirm(ctx, d.Session, d.Password, d.Address); err != nil {
			return flow.Decided{}, err
		}
		d.Act.Confirmed = true
	}
	if d.Act.Sign != "" {
		if err := e.sign(ctx, actor, &d); err != nil {
			return flow.Decided{}, err
		}
	}
	var to file.Attaching
	if len(d.Files) > 0 {
		about, err := e.Flows.About(ctx, actor, d.Task)
		if err != nil {
			return flow.Decided{}, err
		}
		to = file.Attaching{Entity: about.Entity, Record: about.Record, Task: d.Task}
		if d.Act.Files, err = e.attach(ctx, actor, d.Files, to); err != nil {
			return flow.Decided{}, err
		}
	}
	decided, err := e.Flows.Decide(ctx, actor, d.Task, d.Act)
	if err == nil {
		e.accepted(ctx, actor, d.Files, to)
	}
	return decided, err
}

// Command does a verb of a record, with files that go with the words.
func (e *Engine) Command(ctx context.Context, actor access.Actor, d Commanding) (record.Record, error) {
	to := file.Attaching{Entity: d.Entity, Record: d.Record, Task: string(d.Act.Verb)}
	if len(d.Files) > 0 {
		var err error
		if d.Act.Files, err = e.attach(ctx, actor, d.Files, to); err != nil {
			return record.Record{}, err
		}
	}
	rec, err := e.Flows.Act(ctx, actor, d.Entity, d.Record, d.Act)
	if err == nil {
		e.accepted(ctx, actor, d.Files, to)
	}
	return rec, err
}

// Commanding is what somebody does with the run of a record.
type Commanding struct {
	Entity, Record string
	Act            flow.Act
	Files          []string // ids of uploads that go with his words
}

// accepted settles files with words that count. The words count whatever becomes of it: the sweep does what is left.
func (e *Engine) accepted(ctx context.Context, actor access.Actor, ids []string, to file.Attaching) {
	if err := e.Files.Accepted(ctx, actor.Tenant, ids, to); err != nil {
		e.Log.WarnContext(ctx, "settle attachments", "tenant", actor.Tenant, "record", to.Record, "error", err)
	}
}

// attach binds uploads to what is said before it counts; what is refused then can be said again with them, or by another verb.
func (e *Engine) attach(ctx context.Context, actor access.Actor, ids []string, to file.Attaching) ([]flow.Attached, error) {
	files, err := e.Files.Attach(ctx, actor, ids, to)
	if err != nil {
		return nil, err
	}
	attached := make([]flow.Attached, len(files))
	for i, f := range files {
		attached[i] = flow.Attached{ID: f.ID, Name: f.Name}
	}
	return attached, nil
}

// sign binds the drawn signature of a decision to it.
func (e *Engine) sign(ctx context.Context, actor access.Actor, d *Decision) error {
	about, err := e.Flows.About(ctx, actor, d.Task)
	if err != nil {
		return err
	}
	if d.Act.Seen == "" {
		d.Act.Seen = about.Seen // then what is stored now is what counts as seen
	}
	_, hash, _ := strings.Cut(d.Act.Seen, "-")
	to := file.Signing{Entity: about.Entity, Record: about.Record, Task: d.Task, DataHash: hash}
	image, err := e.Files.BindSignature(ctx, actor, d.Act.Sign, to)
	d.Act.Signed = &flow.Signed{Image: image, Seen: hash}
	return err
}
