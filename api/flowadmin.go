package api

import (
	"github.com/gofiber/fiber/v2"

	"formwork/engine/flow"
)

type (
	runsParams struct {
		Flow   string `query:"flow"`
		State  string `query:"state" enum:"running,returned,suspended"`
		Search string `query:"q"`
		Limit  int    `query:"limit"`
		After  string `query:"after"`
	}
	openTasksParams struct {
		Flow    string `query:"flow"`
		Node    string `query:"node"`
		User    string `query:"user"`
		Overdue bool   `query:"overdue"`
		Search  string `query:"q"`
		Limit   int    `query:"limit"`
		After   string `query:"after"`
	}
	reassignBody struct {
		Tasks   []string `json:"tasks"`
		To      string   `json:"to" description:"id of a user"`
		Comment string   `json:"comment" description:"the reason"`
	}
	flowNameParams struct {
		Name string `path:"name"`
	}
	migrateBody struct {
		Map     map[string]string `json:"map,omitempty" description:"old names of nodes and branches to new ones"`
		Comment string            `json:"comment,omitempty" description:"the reason; needed to migrate"`
	}
)

func (s *server) flowAdminRoutes() []route {
	return []route{
		{get, "/flows/monitor", signedIn, "How the flows the reader administers are doing", nil, nil, flow.Monitor{}, 0, s.watchFlows},
		{get, "/flows/runs", signedIn, "Runs of the flows the reader administers", runsParams{}, nil, flow.RunPage{}, 0, s.listRuns},
		{get, "/flows/tasks", signedIn, "Open tasks of the flows the reader administers", openTasksParams{}, nil, flow.OpenTaskPage{}, 0, s.listOpenTasks},
		{post, "/flows/reassign", signedIn, "Give open tasks to somebody else, each by itself", nil, reassignBody{}, batchAnswer{}, 0, s.reassignTasks},
		{post, "/flows/:name/migration", signedIn, "What moving the runs to the published version would do; nothing is changed", flowNameParams{}, migrateBody{}, flow.MigrationPreview{}, 0, s.previewMigration},
		{post, "/flows/:name/migrate", signedIn, "Move the runs to the published version, as a job", flowNameParams{}, migrateBody{}, flow.Migration{}, fiber.StatusAccepted, s.migrateFlow},
		{get, "/flows/:name/migrations", signedIn, "Migrations that were started, with what became of them", flowNameParams{}, nil, []flow.Migration{}, 0, s.listMigrations},
	}
}

func (s *server) watchFlows(r *request) error {
	m, err := s.Engine.Flows.Watch(r.ctx, r.actor)
	if err != nil {
		return err
	}
	return r.JSON(m)
}

func (s *server) listRuns(r *request) error {
	var p runsParams
	if err := r.bind(&p); err != nil {
		return err
	}
	page, err := s.Engine.Flows.Runs(r.ctx, r.actor, flow.RunQuery{Flow: p.Flow, State: p.State, Search: p.Search, Limit: p.Limit, After: p.After})
	if err != nil {
		return err
	}
	return r.JSON(page)
}

func (s *server) listOpenTasks(r *request) error {
	var p openTasksParams
	if err := r.bind(&p); err != nil {
		return err
	}
	page, err := s.Engine.Flows.OpenTasks(r.ctx, r.actor, flow.RunQuery{
		Flow: p.Flow, Node: p.Node, User: p.User, Overdue: p.Overdue, Search: p.Search, Limit: p.Limit, After: p.After,
	})
	if err != nil {
		return err
	}
	return r.JSON(page)
}

func (s *server) reassignTasks(r *request) error {
	var body reassignBody
	if err := r.decode(&body); err != nil {
		return err
	}
	return s.batch(r, flow.Batch{Tasks: body.Tasks, Verb: flow.Reassign, To: body.To, Comment: body.Comment})
}

func (s *server) previewMigration(r *request) error {
	in, err := r.migration()
	if err != nil {
		return err
	}
	preview, err := s.Engine.Flows.PreviewMigration(r.ctx, r.actor, in)
	if err != nil {
		return err
	}
	return r.JSON(preview)
}

func (s *server) migrateFlow(r *request) error {
	in, err := r.migration()
	if err != nil {
		return err
	}
	m, err := s.Engine.MigrateFlow(r.ctx, r.actor, in)
	if err != nil {
		return err
	}
	return r.Status(fiber.StatusAccepted).JSON(m)
}

func (r *request) migration() (flow.MigrationInput, error) {
	var body migrateBody
	err := r.decode(&body)
	return flow.MigrationInput{Flow: r.Params("name"), Map: body.Map, Comment: body.Comment}, err
}

func (s *server) listMigrations(r *request) error {
	list, err := s.Engine.Flows.Migrations(r.ctx, r.actor, r.Params("name"))
	if err != nil {
		return err
	}
	return r.JSON(list)
}
