package api

import (
	"io"

	"github.com/gofiber/fiber/v2"

	"formwork/engine/file"
)

// Bodies reach us as streams, so that files need not be held in memory. Nothing below limits them: limitBody does, for
// every route.
const (
	maxBody   = 9 << 20  // bytes of an ordinary body; a record may have 8 MB
	hardLimit = 32 << 20 // up to here a body that is too large is read to its end, so that its sender sees the answer
)

// limitBody reads an ordinary body, or refuses it: too large, or packed (a small packed body may be a very large one).
// The body of an upload is left to its handler. A body that is not read to its end would be taken for the next request
// on its connection: then the connection is closed.
func limitBody(c *fiber.Ctx) error {
	stream := c.Context().RequestBodyStream()
	if stream == nil {
		return c.Next()
	}
	length := c.Request().Header.ContentLength() // -1: unknown
	if encoding := c.Get(fiber.HeaderContentEncoding); encoding != "" && encoding != "identity" {
		c.Context().SetConnectionClose()
		return fiber.ErrUnsupportedMediaType
	}
	if c.Method() == fiber.MethodPost && c.Path() == uploadPath {
		return limitUpload(c, stream, length)
	}
	body, err := io.ReadAll(io.LimitReader(stream, maxBody+1))
	if err != nil {
		c.Context().SetConnectionClose()
		return &bodyError{Code: "malformed"}
	}
	if len(body) > maxBody {
		if n, err := io.Copy(io.Discard, io.LimitReader(stream, hardLimit)); err != nil || n == hardLimit || length < 0 {
			c.Context().SetConnectionClose()
		}
		return fiber.ErrRequestEntityTooLarge
	}
	c.Request().SetBodyRaw(body)
	return c.Next()
}

// limitUpload passes a body on that says how long it is, and reads what its handler left, whatever became of it.
func limitUpload(c *fiber.Ctx, stream io.Reader, length int) error {
	if length < 0 {
		c.Context().SetConnectionClose()
		return fiber.ErrLengthRequired
	}
	defer func() {
		if n, err := io.Copy(io.Discard, io.LimitReader(stream, hardLimit)); err != nil || n == hardLimit {
			c.Context().SetConnectionClose()
		}
	}()
	if length > uploadLimit {
		return &file.Error{Code: file.CodeTooLarge, Params: map[string]any{"max": file.MaxSize}}
	}
	return c.Next()
}
