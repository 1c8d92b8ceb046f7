package api

import (
	"io/fs"
	"mime"
	"path"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// headerTime holds the present time of the server, RFC 3339 in UTC.
const headerTime = "X-Server-Time"

const csp = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; " +
	"form-action 'self'; frame-ancestors 'none'"

// secure sets the headers every answer has. API answers are never cached by anybody else than the reader's own tab.
// They tell the time of the engine's clock: pages count remaining time by it, whatever the clock of the device says.
func (s *server) secure(c *fiber.Ctx) error {
	c.Set(headerTime, s.Engine.Clock().UTC().Format(time.RFC3339))
	c.Set(fiber.HeaderContentSecurityPolicy, csp)
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Permissions-Policy", "camera=(self), geolocation=(self), microphone=()")
	if s.TLS {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
	if strings.HasPrefix(c.Path(), base) {
		c.Set(fiber.HeaderCacheControl, "no-store")
	}
	return c.Next()
}

// serveUI serves the built web UI: files under assets/ have a content hash in their name and are cached for ever, any
// other path that no file has is a page of the single-page application. Brotli files made at build time are preferred.
func (s *server) serveUI(app *fiber.App) {
	app.Get("/*", func(c *fiber.Ctx) error {
		if s.UI == nil || strings.HasPrefix(c.Path(), base+"/") {
			return fiber.ErrNotFound
		}
		name := strings.TrimPrefix(path.Clean("/"+c.Params("*")), "/")
		if !isFile(s.UI, name) {
			// Ids in the addresses of pages may hold dots, so what asks for HTML is told from what asks for a file.
			if strings.HasPrefix(name, "assets/") || c.Accepts(fiber.MIMETextHTML) == "" {
				return fiber.ErrNotFound
			}
			name = "index.html"
		}
		return s.sendFile(c, name)
	})
}

func (s *server) sendFile(c *fiber.Ctx, name string) error {
	file := name
	c.Vary(fiber.HeaderAcceptEncoding)
	if strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "br") && isFile(s.UI, name+".br") {
		file = name + ".br"
		c.Set(fiber.HeaderContentEncoding, "br")
	}
	data, err := fs.ReadFile(s.UI, file)
	if err != nil {
		return fiber.ErrNotFound
	}
	if strings.HasPrefix(name, "assets/") {
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	} else {
		c.Set(fiber.HeaderCacheControl, "no-cache")
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if path.Ext(name) == ".wasm" {
		kind = "application/wasm"
	}
	c.Set(fiber.HeaderContentType, kind)
	return c.Send(data)
}

func isFile(files fs.FS, name string) bool {
	if name == "" {
		return false
	}
	info, err := fs.Stat(files, name)
	return err == nil && info.Mode().IsRegular()
}
