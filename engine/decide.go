package engine

import (
	"context"
	"strings"

	"formwork/engine/access"
	"formwork/engine/file"
	"formwork/engine/flow"
)

// Decide does a verb of a task. A handwritten signature is bound to the task, the data the signer saw, himself and the
// time before the decision counts; one that was made for anything else is refused (file.CodeSignature).
func (e *Engine) Decide(ctx context.Context, actor access.Actor, task string, act flow.Act) (flow.Decided, error) {
	if act.Sign == "" {
		return e.Flows.Decide(ctx, actor, task, act)
	}
	detail, err := e.Flows.Task(ctx, actor, task)
	if err != nil {
		return flow.Decided{}, err
	}
	if act.Seen == "" {
		act.Seen = detail.Seen // then what is stored now is what counts as seen
	}
	_, hash, _ := strings.Cut(act.Seen, "-")
	to := file.Signing{Entity: detail.Task.Entity, Record: detail.Task.Record, Task: task, DataHash: hash}
	if err := e.Files.BindSignature(ctx, actor, act.Sign, to); err != nil {
		return flow.Decided{}, err
	}
	return e.Flows.Decide(ctx, actor, task, act)
}
