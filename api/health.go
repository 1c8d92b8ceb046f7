package api

import (
	"fmt"

	"github.com/gofiber/fiber/v2"
)

// healthz says that the process is alive.
func (s *server) healthz(c *fiber.Ctx) error { return c.JSON(fiber.Map{"status": "ok"}) }

// readyz says that the store answers, so that requests make sense.
func (s *server) readyz(c *fiber.Ctx) error {
	if err := s.Engine.Ready(c.UserContext()); err != nil {
		return errUnavailable
	}
	return c.JSON(fiber.Map{"status": "ready"})
}

func (s *server) getOpenAPI(r *request) error {
	r.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	document, err := s.openapi()
	if err != nil {
		return fmt.Errorf("OpenAPI: %w", err)
	}
	return r.Send(document)
}
