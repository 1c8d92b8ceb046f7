package api

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"formwork/engine/flow"
	"formwork/engine/form"
)

type (
	tasksParams struct {
		Tab    string `query:"tab" enum:"open,handled,cc,started"`
		Search string `query:"q"`
		Entity string `query:"entity"`
		Limit  int    `query:"limit"`
		After  string `query:"after"`
	}
	taskParams struct {
		Task string `path:"task"`
	}
	decideParams struct {
		Task string `path:"task"`
		Verb string `path:"verb" enum:"approve,reject,return,save"`
	}
	commandParams struct {
		Entity string `path:"entity"`
		ID     string `path:"id"`
		Verb   string `path:"verb" enum:"submit,resubmit,withdraw,cancel,comment,terminate,retry"`
	}
	actBody struct {
		Values       form.Values       `json:"values,omitempty"`
		Comment      string            `json:"comment,omitempty"`
		To           string            `json:"to,omitempty" description:"of return: a node, or initiator"`
		Seen         string            `json:"seen,omitempty" description:"as the task said: refused if what you saw has changed"`
		Acknowledged map[string]string `json:"acknowledged,omitempty"`
		Sign         string            `json:"sign,omitempty" description:"of approve: id of an uploaded signature"`
	}
	changesParams struct {
		After int64 `query:"after"`
	}
)

func (s *server) listTasks(r *request) error {
	var p tasksParams
	if err := r.bind(&p); err != nil {
		return err
	}
	page, err := s.Engine.Flows.Tasks(r.ctx, r.actor, flow.TaskQuery{
		Tab: p.Tab, Search: p.Search, Entity: p.Entity, After: p.After, Limit: p.Limit,
	})
	if err != nil {
		return err
	}
	return r.JSON(page)
}

func (s *server) taskCounts(r *request) error {
	counts, err := s.Engine.Flows.TaskCounts(r.ctx, r.actor)
	if err != nil {
		return err
	}
	return r.JSON(counts)
}

func (s *server) getTask(r *request) error {
	detail, err := s.Engine.Flows.Task(r.ctx, r.actor, r.Params("task"))
	if err != nil {
		return err
	}
	return r.JSON(detail)
}

func (s *server) readTask(r *request) error {
	if err := s.Engine.Flows.Read(r.ctx, r.actor, r.Params("task")); err != nil {
		return err
	}
	return r.SendStatus(fiber.StatusNoContent)
}

// taskVerbs and recordVerbs are the verbs that have a screen; flow.md knows more.
var (
	taskVerbs   = []string{"approve", "reject", "return", "save"}
	recordVerbs = map[string]flow.Verb{
		"submit": flow.Start, "resubmit": flow.Resubmit, "withdraw": flow.Withdraw, "cancel": flow.Cancel,
		"comment": flow.Comment, "terminate": flow.Terminate, "retry": flow.Retry,
	}
)

// act reads what a person asks a flow for.
func (r *request) act(verb flow.Verb) (flow.Act, error) {
	var body actBody
	if err := r.decode(&body); err != nil {
		return flow.Act{}, err
	}
	key, err := r.idempotencyKey()
	if err != nil {
		return flow.Act{}, err
	}
	rev, err := r.ifMatch()
	return flow.Act{
		Verb: verb, Values: body.Values, Comment: body.Comment, To: body.To, Seen: body.Seen,
		Acknowledged: body.Acknowledged, Sign: body.Sign, Key: key, IfRev: rev,
	}, err
}

func (s *server) decideTask(r *request) error {
	verb := r.Params("verb")
	if !slices.Contains(taskVerbs, verb) {
		return errNotFound
	}
	act, err := r.act(flow.Verb(verb))
	if err != nil {
		return err
	}
	decided, err := s.Engine.Decide(r.ctx, r.actor, r.Params("task"), act)
	if err != nil {
		return err
	}
	return r.JSON(decided)
}

func (s *server) commandRecord(r *request) error {
	verb, ok := recordVerbs[r.Params("verb")]
	if !ok {
		return errNotFound
	}
	act, err := r.act(verb)
	if err != nil {
		return err
	}
	rec, err := s.Engine.Flows.Act(r.ctx, r.actor, r.Params("entity"), r.Params("id"), act)
	if err != nil {
		return err
	}
	return r.record(rec)
}

func (s *server) getTimeline(r *request) error {
	line, err := s.Engine.Flows.Timeline(r.ctx, r.actor, r.Params("entity"), r.Params("id"))
	if err != nil {
		return err
	}
	return r.JSON(line)
}

func (s *server) getChanges(r *request) error {
	var p changesParams
	if err := r.bind(&p); err != nil {
		return err
	}
	changes, err := s.Engine.Changes(r.ctx, r.actor, p.After)
	if err != nil {
		return err
	}
	return r.JSON(changes)
}
