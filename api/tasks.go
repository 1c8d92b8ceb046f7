package api

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"formwork/engine"
	"formwork/engine/flow"
	"formwork/engine/form"
)

type (
	tasksParams struct {
		Tab       string `query:"tab" enum:"open,handle,cc,started,handled,proxied"`
		Search    string `query:"q"`
		Entity    string `query:"entity"`
		Flow      string `query:"flow"`
		Initiator string `query:"initiator" description:"id of a user"`
		From      string `query:"from" description:"arrived on this day or later"`
		To        string `query:"to" description:"arrived on this day or earlier"`
		Unread    bool   `query:"unread"`
		Overdue   bool   `query:"overdue"`
		Sort      string `query:"sort" enum:"-arrived_at,arrived_at,due_at,-due_at,-done_at,done_at"`
		Limit     int    `query:"limit"`
		After     string `query:"after"`
	}
	taskParams struct {
		Task string `path:"task"`
	}
	decideParams struct {
		Task   string `path:"task"`
		Verb   string `path:"verb" enum:"approve,reject,return,save,transfer,delegate,resolve,addsign,removesign,cc"`
		Record bool   `query:"record" description:"answer with the record as you see it then"`
		Next   bool   `query:"next" description:"answer with your open task that has waited longest"`
	}
	commandParams struct {
		Entity string `path:"entity"`
		ID     string `path:"id"`
		Verb   string `path:"verb" enum:"submit,resubmit,withdraw,cancel,comment,remind,cc,retrieve,terminate,retry,jump,reassign,migrate,return"`
	}
	actBody struct {
		Values       form.Values         `json:"values,omitempty"`
		Comment      string              `json:"comment,omitempty"`
		To           string              `json:"to,omitempty" description:"of return and jump a node, or initiator; of transfer, delegate, removesign and reassign a user"`
		Users        []string            `json:"users,omitempty" description:"of addsign, cc and comment"`
		Kind         string              `json:"kind,omitempty" enum:"before,after,parallel" description:"of addsign"`
		Mode         string              `json:"mode,omitempty" enum:"all,any,seq" description:"of addsign before and after"`
		Resubmit     string              `json:"resubmit,omitempty" enum:"restart,resume" description:"of return to the initiator"`
		Picks        map[string][]string `json:"picks,omitempty" description:"of submit, resubmit and approve: users by node"`
		Task         string              `json:"task,omitempty" description:"of reassign"`
		Map          map[string]string   `json:"map,omitempty" description:"of migrate: old name of a node to its new one"`
		Seen         string              `json:"seen,omitempty" description:"as the task said: refused if what you saw has changed"`
		Rev          *int64              `json:"rev,omitempty" description:"commands the run has seen: refused if there were more"`
		Acknowledged map[string]string   `json:"acknowledged,omitempty"`
		Sign         string              `json:"sign,omitempty" description:"of approve: id of an uploaded signature"`
		Files        []string            `json:"files,omitempty" description:"ids of up to 9 uploads that go with the words"`
		Password     string              `json:"password,omitempty" description:"where the node asks for it: the actor's own, typed again"`
	}
	batchBody struct {
		Tasks   []string `json:"tasks"`
		Verb    string   `json:"verb" enum:"approve,reject,read"`
		Comment string   `json:"comment,omitempty"`
	}
	batchAnswer struct {
		Done    int           `json:"done"`
		Skipped []skippedTask `json:"skipped"`
	}
	skippedTask struct {
		Task     string         `json:"task"`
		Code     string         `json:"code"`
		Params   map[string]any `json:"params,omitempty"`
		Problems []form.Problem `json:"problems,omitempty"`
	}
	peopleParams struct {
		Search string `query:"q"`
		Role   string `query:"role"`
		Limit  int    `query:"limit"`
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
		Tab: p.Tab, Search: p.Search, Entity: p.Entity, Flow: p.Flow, Initiator: p.Initiator, From: p.From, To: p.To,
		Unread: p.Unread, Overdue: p.Overdue, Sort: p.Sort, After: p.After, Limit: p.Limit,
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

// taskVerbs and recordVerbs are the verbs of people, by the route that takes them.
var (
	taskVerbs = map[string]flow.Verb{
		"approve": flow.Approve, "reject": flow.Reject, "return": flow.Return, "save": flow.Save, "transfer": flow.Transfer,
		"delegate": flow.Delegate, "resolve": flow.Resolve, "addsign": flow.AddSign, "removesign": flow.RemoveSign, "cc": flow.CarbonCopy,
	}
	recordVerbs = map[string]flow.Verb{
		"submit": flow.Start, "resubmit": flow.Resubmit, "withdraw": flow.Withdraw, "cancel": flow.Cancel,
		"comment": flow.Comment, "remind": flow.Remind, "cc": flow.CarbonCopy, "retrieve": flow.Retrieve,
		"terminate": flow.Terminate, "retry": flow.Retry, "jump": flow.Jump, "reassign": flow.Reassign, "migrate": flow.Migrate,
		"return": flow.Return,
	}
)

// act reads what a person asks a flow for, with the rest of the body: his password typed again, his files.
func (r *request) act(verb flow.Verb) (flow.Act, actBody, error) {
	var body actBody
	if err := r.decode(&body); err != nil {
		return flow.Act{}, body, err
	}
	key, err := r.idempotencyKey()
	if err != nil {
		return flow.Act{}, body, err
	}
	rev, err := r.ifMatch()
	return flow.Act{
		Verb: verb, Values: body.Values, Comment: body.Comment, To: body.To, Users: body.Users,
		Kind: flow.TaskKind(body.Kind), Mode: body.Mode, Resubmit: body.Resubmit, Picks: body.Picks, Task: body.Task,
		Map: body.Map, Seen: body.Seen, Acknowledged: body.Acknowledged, Sign: body.Sign, Rev: body.Rev, Key: key, IfRev: rev,
		Replayed: &r.replayed,
	}, body, err
}

// tellReplay says that the answer is to a command that was done before.
func (r *request) tellReplay() {
	if r.replayed {
		r.Set("Idempotent-Replay", "true")
	}
}

func (s *server) decideTask(r *request) error {
	verb, ok := taskVerbs[r.Params("verb")]
	if !ok {
		return errNotFound
	}
	var p decideParams
	if err := r.bind(&p); err != nil {
		return err
	}
	act, body, err := r.act(verb)
	if err != nil {
		return err
	}
	act.Want = flow.Wanted{Record: p.Record, Next: p.Next}
	decided, err := s.Engine.Decide(r.ctx, r.actor, engine.Decision{
		Task: p.Task, Act: act, Files: body.Files, Password: body.Password, Session: r.session, Address: r.IP(),
	})
	if err != nil {
		return err
	}
	r.tellReplay()
	return r.JSON(decided)
}

func (s *server) commandRecord(r *request) error {
	verb, ok := recordVerbs[r.Params("verb")]
	if !ok {
		return errNotFound
	}
	act, body, err := r.act(verb)
	if err != nil {
		return err
	}
	rec, err := s.Engine.Command(r.ctx, r.actor, engine.Commanding{
		Entity: r.Params("entity"), Record: r.Params("id"), Act: act, Files: body.Files,
	})
	if err != nil {
		return err
	}
	r.tellReplay()
	return r.record(rec)
}

// batchVerbs are what can be done to many tasks at once.
var batchVerbs = []flow.Verb{flow.Approve, flow.Reject, flow.VerbRead}

// decideBatch decides many tasks, each by itself. A task that cannot be decided like this is named with its reason.
func (s *server) decideBatch(r *request) error {
	var body batchBody
	if err := r.decode(&body); err != nil {
		return err
	}
	verb := flow.Verb(body.Verb)
	if !slices.Contains(batchVerbs, verb) {
		return &paramError{Name: "verb"}
	}
	return s.batch(r, flow.Batch{Tasks: body.Tasks, Verb: verb, Comment: body.Comment})
}

// batch does a batch and tells what was skipped, and why.
func (s *server) batch(r *request, b flow.Batch) error {
	if len(b.Tasks) == 0 || len(b.Tasks) > flow.MaxBatch {
		return &paramError{Name: "tasks"}
	}
	var err error
	if b.Key, err = r.idempotencyKey(); err != nil {
		return err
	}
	settled, err := s.Engine.Flows.DecideAll(r.ctx, r.actor, b)
	if err != nil {
		return err
	}
	answer := batchAnswer{Skipped: []skippedTask{}}
	for _, task := range settled {
		if task.Err == nil {
			answer.Done++
			continue
		}
		f := s.explain(r, task.Err)
		answer.Skipped = append(answer.Skipped, skippedTask{Task: task.Task, Code: f.Code, Params: f.Params, Problems: f.Problems})
	}
	return r.JSON(answer)
}

// explain describes the error of a part of a request; one that nobody expected is logged.
func (s *server) explain(r *request, err error) failure {
	f, expected := describe(err)
	if !expected {
		id, _ := r.Locals(requestIDKey).(string)
		s.report(r.Ctx, err, id)
	}
	return f
}

func (s *server) listPeople(r *request) error {
	var p peopleParams
	if err := r.bind(&p); err != nil {
		return err
	}
	people, err := s.Engine.People(r.ctx, r.actor, engine.PeopleQuery{Search: p.Search, Role: p.Role, Limit: p.Limit})
	if err != nil {
		return err
	}
	return r.JSON(people)
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
