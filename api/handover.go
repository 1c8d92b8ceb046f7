package api

import (
	"formwork/engine"
	"formwork/engine/form"
)

type (
	handoverBody struct {
		To         string   `json:"to" description:"id of the user who takes over"`
		Tasks      bool     `json:"tasks,omitempty"`
		Roles      []string `json:"roles,omitempty"`
		References []string `json:"references,omitempty" description:"paths, as the list of what he holds says"`
		Proxies    bool     `json:"proxies,omitempty" description:"end the proxies he gave and was given"`
		Comment    string   `json:"comment,omitempty"`
	}
	handoverAnswer struct {
		Done   int            `json:"done"`
		Given  map[string]int `json:"given" description:"how many of each: task (records), role, reference, proxy"`
		Failed []handedFailed `json:"failed"`
	}
	handedFailed struct {
		What     string         `json:"what" enum:"task,role,reference,proxy"`
		Entity   string         `json:"entity,omitempty"`
		Record   string         `json:"record,omitempty"`
		Name     string         `json:"name,omitempty"`
		Code     string         `json:"code"`
		Params   map[string]any `json:"params,omitempty"`
		Problems []form.Problem `json:"problems,omitempty"`
	}
)

func (s *server) handoverRoutes() []route {
	return []route{
		{get, "/members/:user/handover", admin, "What a member holds that somebody must take over when he leaves", userParams{}, nil, engine.Holdings{}, 0, s.getHoldings},
		{post, "/members/:user/handover", admin, "Give what he holds to another member, each record by itself", userParams{}, handoverBody{}, handoverAnswer{}, 0, s.handOver},
	}
}

func (s *server) getHoldings(r *request) error {
	h, err := s.Engine.Holdings(r.ctx, r.actor, r.Params("user"))
	if err != nil {
		return err
	}
	return r.JSON(h)
}

func (s *server) handOver(r *request) error {
	var body handoverBody
	if err := r.decode(&body); err != nil {
		return err
	}
	all, err := s.Engine.HandOver(r.ctx, r.actor, r.Params("user"), engine.Handover{
		To: body.To, Tasks: body.Tasks, Roles: body.Roles, References: body.References, Proxies: body.Proxies, Comment: body.Comment,
	})
	if err != nil {
		return err
	}
	answer := handoverAnswer{Given: map[string]int{}, Failed: []handedFailed{}}
	for _, h := range all {
		if h.Err == nil {
			answer.Done++
			answer.Given[h.What]++
			continue
		}
		f := s.explain(r, h.Err)
		answer.Failed = append(answer.Failed, handedFailed{
			What: h.What, Entity: h.Entity, Record: h.Record, Name: h.Name, Code: f.Code, Params: f.Params, Problems: f.Problems,
		})
	}
	return r.JSON(answer)
}
