package api

import (
	"encoding/base64"
	"errors"

	"github.com/gofiber/fiber/v2"

	"formwork/engine/flow"
	"formwork/engine/tenant"
)

// maxHookBody is how large the body of a call from outside may be, in bytes.
const maxHookBody = 256 << 10

type (
	hookParams struct {
		Name string `path:"name"`
	}
	callParams struct {
		Tenant string `path:"tenant"`
		Name   string `path:"name"`
	}
	hookAnswer struct {
		flow.Hook
		Path string `json:"path" description:"where to call, below the address of this server"`
	}
	hooksAnswer struct {
		Hooks []hookAnswer `json:"hooks"`
	}
	secretAnswer struct {
		Secret string `json:"secret"`
		Path   string `json:"path" description:"where to call, below the address of this server"`
	}
)

func (s *server) listHooks(r *request) error {
	list, err := s.Engine.Flows.Hooks(r.ctx, r.actor)
	if err != nil {
		return err
	}
	answer := hooksAnswer{Hooks: make([]hookAnswer, len(list))}
	for i, h := range list {
		answer.Hooks[i] = hookAnswer{h, hookPath(r.actor.Tenant, h.Name)}
	}
	return r.JSON(answer)
}

// hookPath is where a hook is called, below the address of the server.
func hookPath(tenant, name string) string { return base + "/hooks/" + tenant + "/" + name }

func (s *server) renewHook(r *request) error {
	random, err := s.Engine.Random(32)
	if err != nil {
		return err
	}
	secret := base64.RawURLEncoding.EncodeToString(random)
	name := r.Params("name")
	if err := s.Engine.Flows.SetHookSecret(r.ctx, r.actor, name, secret); err != nil {
		return err
	}
	return r.JSON(secretAnswer{Secret: secret, Path: hookPath(r.actor.Tenant, name)})
}

// receiveHook takes a call from outside. It answers 202 with the id of the run, also to a repetition.
func (s *server) receiveHook(r *request) error {
	name := r.Params("tenant")
	if len(r.Body()) > maxHookBody {
		return fiber.ErrRequestEntityTooLarge
	}
	id := r.Get("webhook-id")
	if id == "" {
		id = r.Get("Idempotency-Key")
	}
	run, replay, err := s.Engine.Flows.Receive(r.ctx, name, r.Params("name"), flow.HookCall{
		ID: id, Timestamp: r.Get("webhook-timestamp"), Signature: r.Get("webhook-signature"), Body: r.Body(),
	})
	if errors.Is(err, tenant.ErrUnknown) || errors.Is(err, tenant.ErrName) {
		return errNotFound
	}
	if err != nil {
		return err
	}
	if replay {
		r.Set("Idempotent-Replay", "true")
	}
	return r.Status(202).JSON(startedAnswer{run})
}
