package flow

import (
	"context"
	"errors"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/record"
)

// MaxBatch is how many tasks one batch may name.
const MaxBatch = 500

// CodeNeedsForm is why a batch leaves a task alone: its node wants values that only its form can give.
const CodeNeedsForm = "needs_form"

// VerbRead marks copies and tasks as read; it is no command of a run.
const VerbRead Verb = "read"

// Batch decides several tasks the same way.
type Batch struct {
	Tasks   []string
	Verb    Verb   // approve, reject, read; for administrators of the flow reassign
	To      string // of reassign: a user
	Comment string
	Key     string // Idempotency-Key of the whole
}

// Settled is what became of one task of a batch: done, or left alone for a reason (Err), such as a signature that has
// to be drawn. Each task is decided by itself.
type Settled struct {
	Task string
	Err  error
}

// DecideAll decides the tasks of a batch one after the other, in the order given; each once. To
// reassign without a reason is refused as a whole (comment_required).
func (s *Service) DecideAll(ctx context.Context, actor access.Actor, b Batch) ([]Settled, error) {
	if b.Verb == Reassign && strings.TrimSpace(b.Comment) == "" {
		return nil, refuse(CodeCommentRequired)
	}
	var all []Settled
	for _, task := range b.Tasks {
		if slices.ContainsFunc(all, func(s Settled) bool { return s.Task == task }) {
			continue
		}
		err := s.decideOne(ctx, actor, task, b)
		if err != nil && ctx.Err() != nil {
			return all, err
		}
		all = append(all, Settled{Task: task, Err: err})
	}
	return all, nil
}

func (s *Service) decideOne(ctx context.Context, actor access.Actor, task string, b Batch) error {
	if b.Verb == VerbRead {
		return s.Read(ctx, actor, task)
	}
	at, ok := splitTaskID(task)
	if !ok {
		return record.ErrNotFound
	}
	if b.Verb == Approve {
		if err := s.fillable(ctx, actor, at); err != nil {
			return err
		}
	}
	act := Act{Verb: b.Verb, Comment: b.Comment}
	if b.Verb == Reassign {
		act.Task, act.To, at.task = task, b.To, ""
	}
	if b.Key != "" {
		act.Key = b.Key + "|" + task
	}
	_, _, err := s.act(ctx, actor, at, act)
	return err
}

// fillable refuses a task whose node opens a required field that is still empty: its people are meant to fill it in.
func (s *Service) fillable(ctx context.Context, actor access.Actor, at target) error {
	full, err := s.config.Records.Load(ctx, actor.Tenant, at.entity, at.id)
	if err != nil {
		return err
	}
	st, err := decodeState(full.Record.Flow)
	if err != nil || st.Status == "" {
		return errors.Join(err, record.ErrNotFound)
	}
	plan, err := s.pinnedPlan(ctx, actor.Tenant, &st)
	if err != nil {
		return err
	}
	t := st.task(at.task)
	if t == nil {
		return record.ErrNotFound
	}
	n := plan.nodes[t.Node]
	if n == nil || t.Status != TaskOpen {
		return nil // the command will be refused for it
	}
	for _, field := range full.Entity.Fields() {
		if _, filled := full.Record.Values[field.Name]; !filled && n.Fields[field.Name] == "w" && full.Entity.IsRequired(field.Name) {
			return refuseWith(CodeNeedsForm, "field", field.Name)
		}
	}
	return nil
}
