// Package api is the HTTP face of Formwork: /api/v1 as JSON, and the web UI.
//
// routes.go is the one table of method, path, access, summary, types and handler; the router, the access check and the
// OpenAPI document come from it. A handler decodes (decode.go, the only decoder), calls one service and encodes; it
// decides nothing about the domain. error.go is the only place where errors become HTTP statuses.
package api

import (
	"context"
	"io/fs"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/requestid"

	"formwork/builder"
	"formwork/engine"
	"formwork/engine/identity"
)

// Config is what the HTTP server needs.
type Config struct {
	Engine  *engine.Engine
	Builder *builder.Builder
	Setup   *identity.Setup
	UI      fs.FS  // the built web UI, nil for none
	TLS     bool   // the listener speaks TLS: cookies get the __Host- prefix and Secure
	Banner  string // "insecure" or "demo": told to the UI with the session; "" for none
	Log     *slog.Logger
	Timeout time.Duration // deadline of a request as context; 0 = 30 s
}

// server carries the configuration to the handlers.
type server struct {
	Config
	openapi func() ([]byte, error) // made when first asked for: it takes longer than the rest of the start
	metrics *metrics
}

// New builds the application: routes of the table, health, metrics and the UI.
func New(cfg Config) (*fiber.App, error) {
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	s := &server{Config: cfg, metrics: newMetrics()}
	app := fiber.New(fiber.Config{
		// Without Immutable fiber reuses its buffers and strings kept beyond the request change under us.
		Immutable: true, ErrorHandler: s.handleError, DisableStartupMessage: true,
		// Bodies are streams; limitBody limits them. The limit of fiber only changes how it reads the larger ones.
		StreamRequestBody: true, DisablePreParseMultipartForm: true, BodyLimit: math.MaxInt32,
		ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, Concurrency: 64 * 1024,
	})
	app.Use(requestid.New(requestid.Config{ContextKey: requestIDKey}), s.observe, s.secure, s.recover, limitBody)
	routes := s.routes()
	s.openapi = sync.OnceValues(func() ([]byte, error) { return openAPI(routes) })
	for _, r := range routes {
		app.Add(r.method, base+r.path, s.serve(r))
	}
	app.Get("/healthz", s.healthz)
	app.Get("/readyz", s.readyz)
	app.Get("/metrics", s.metrics.serve)
	s.serveUI(app)
	return app, nil
}

// serve runs one route: session, access, CSRF, deadline, handler.
func (s *server) serve(r route) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(c.UserContext(), s.Timeout)
		defer cancel()
		c.SetUserContext(ctx)
		req := &request{Ctx: c, ctx: ctx}
		defer s.Engine.Flows.Serving()()
		if r.access != public {
			if err := s.identify(req, r); err != nil {
				return err
			}
		}
		return r.handle(req)
	}
}

// recover turns a panic into a 500 of this request; the server goes on.
func (s *server) recover(c *fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: p}
		}
	}()
	return c.Next()
}
