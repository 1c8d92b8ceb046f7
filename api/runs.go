package api

import (
	"strconv"

	"formwork/engine/flow"
)

type (
	automationsParams struct {
		Flow     string `query:"flow"`
		Status   string `query:"status" enum:"running,suspended,approved,rejected,cancelled,terminated"`
		Entity   string `query:"entity"`
		Record   string `query:"record"`
		Incident bool   `query:"incident"`
		Limit    int    `query:"limit"`
		After    string `query:"after"`
	}
	effectParams struct {
		Entity string `path:"entity"`
		ID     string `path:"id"`
		N      string `path:"n"`
	}
	buttonParams struct {
		Entity string `path:"entity"`
		ID     string `path:"id"`
		Flow   string `path:"flow"`
	}
	startedAnswer struct {
		Run string `json:"run" description:"id of the run, a record of flow_run"`
	}
	buttonsAnswer struct {
		Buttons []flow.Button `json:"buttons"`
	}
)

func (s *server) automationRoutes() []route {
	const record = "/entities/:entity/records/:id"
	return []route{
		{get, "/automations", signedIn, "Runs of automations, newest first, for administrators of their flows", automationsParams{}, nil, flow.AutomationPage{}, 0, s.listAutomations},
		{post, record + "/effects/:n/retry", signedIn, "Deliver an effect of a flow again that failed", effectParams{}, nil, nil, 0, s.retryEffect},
		{get, record + "/buttons", signedIn, "Flows the reader may start on a record", recordParams{}, nil, buttonsAnswer{}, 0, s.listButtons},
		{post, record + "/buttons/:flow", signedIn, "Start a flow on a record", buttonParams{}, nil, startedAnswer{}, 202, s.pressButton},
		{get, "/hooks", signedIn, "Inbound webhooks of the flows the reader administers, with their last calls", nil, nil, hooksAnswer{}, 0, s.listHooks},
		{post, "/hook-secrets/:name", signedIn, "Give an inbound webhook a new secret; it is shown once", hookParams{}, nil, secretAnswer{}, 0, s.renewHook},
		{post, "/hooks/:tenant/:name", public, "Start the flow of an inbound webhook; signed as Standard Webhooks are", callParams{}, map[string]any{}, startedAnswer{}, 202, s.receiveHook},
	}
}

func (s *server) listAutomations(r *request) error {
	var p automationsParams
	if err := r.bind(&p); err != nil {
		return err
	}
	page, err := s.Engine.Flows.Automations(r.ctx, r.actor, flow.AutomationQuery{
		Flow: p.Flow, Status: p.Status, Entity: p.Entity, Record: p.Record, Incident: p.Incident, Limit: p.Limit, After: p.After,
	})
	if err != nil {
		return err
	}
	return r.JSON(page)
}

func (s *server) retryEffect(r *request) error {
	n, err := strconv.Atoi(r.Params("n"))
	if err != nil {
		return errNotFound
	}
	if err := s.Engine.Flows.RetryEffect(r.ctx, r.actor, r.Params("entity"), r.Params("id"), n); err != nil {
		return err
	}
	return r.SendStatus(204)
}

func (s *server) listButtons(r *request) error {
	buttons, err := s.Engine.Flows.Buttons(r.ctx, r.actor, r.Params("entity"), r.Params("id"))
	if err != nil {
		return err
	}
	return r.JSON(buttonsAnswer{buttons})
}

func (s *server) pressButton(r *request) error {
	key, err := r.idempotencyKey()
	if err != nil {
		return err
	}
	at := [2]string{r.Params("entity"), r.Params("id")}
	run, err := s.Engine.Flows.Press(r.ctx, r.actor, at, r.Params("flow"), key)
	if err != nil {
		return err
	}
	return r.Status(202).JSON(startedAnswer{run})
}
