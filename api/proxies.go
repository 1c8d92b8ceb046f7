package api

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"formwork/engine/flow"
)

type (
	proxiesParams struct {
		All bool `query:"all" description:"of everybody: for administrators"`
	}
	proxyBody struct {
		Principal string    `json:"principal,omitempty" description:"who lets another act for him; administrators may name anybody, others are it themselves"`
		To        string    `json:"to"`
		Flows     []string  `json:"flows,omitempty" description:"empty: every flow"`
		Start     time.Time `json:"start"`
		End       time.Time `json:"end" description:"not included"`
		Reason    string    `json:"reason,omitempty"`
	}
)

func (s *server) proxyRoutes() []route {
	return []route{
		{get, "/proxies", signedIn, "Who acts for whom: what the reader gave and was given", proxiesParams{}, nil, []flow.StoredProxy{}, 0, s.listProxies},
		{post, "/proxies", signedIn, "Let somebody act for oneself for a time", nil, proxyBody{}, flow.StoredProxy{}, fiber.StatusCreated, s.addProxy},
		{put, "/proxies/:id", signedIn, "Change a proxy; needs If-Match", idParams{}, proxyBody{}, flow.StoredProxy{}, 0, s.changeProxy},
		{remove, "/proxies/:id", signedIn, "Take a proxy back", idParams{}, nil, nil, 0, s.endProxy},
	}
}

func (b *proxyBody) input() flow.ProxyInput {
	return flow.ProxyInput{
		Proxy:  flow.Proxy{Principal: b.Principal, To: b.To, Flows: b.Flows, Start: b.Start, End: b.End},
		Reason: b.Reason,
	}
}

func (s *server) listProxies(r *request) error {
	var p proxiesParams
	if err := r.bind(&p); err != nil {
		return err
	}
	read := s.Engine.Flows.Proxies
	if p.All {
		read = s.Engine.Flows.AllProxies
	}
	list, err := read(r.ctx, r.actor)
	if err != nil {
		return err
	}
	return r.JSON(list)
}

func (s *server) addProxy(r *request) error {
	var body proxyBody
	if err := r.decode(&body); err != nil {
		return err
	}
	added, err := s.Engine.Flows.AddProxy(r.ctx, r.actor, body.input())
	if err != nil {
		return err
	}
	return r.Status(fiber.StatusCreated).JSON(added)
}

func (s *server) changeProxy(r *request) error {
	var body proxyBody
	if err := r.decode(&body); err != nil {
		return err
	}
	rev, err := r.ifMatch()
	if err != nil {
		return err
	}
	if rev == 0 {
		return errIfMatch
	}
	in := body.input()
	in.IfRev = rev
	changed, err := s.Engine.Flows.ChangeProxy(r.ctx, r.actor, r.Params("id"), in)
	if err != nil {
		return err
	}
	r.etag(changed.Rev)
	return r.JSON(changed)
}

func (s *server) endProxy(r *request) error {
	if err := s.Engine.Flows.EndProxy(r.ctx, r.actor, r.Params("id")); err != nil {
		return err
	}
	return r.SendStatus(fiber.StatusNoContent)
}
