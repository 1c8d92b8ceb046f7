package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwork/engine/file"
)

const (
	uploadPath  = base + "/files"
	uploadLimit = 25 << 20        // bytes of a request with a file
	uploadTime  = 5 * time.Minute // a file may take this long on a site with a bad line
	fileCSP     = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
)

type (
	uploadParams struct {
		Use     string `query:"use" enum:"attachment,image,signature" description:"the type of the field the file is for"`
		TakenAt string `query:"takenAt" description:"time of the device, RFC 3339"`
	}
	uploadBody struct {
		File multipart.File `formData:"file" description:"the only part"`
	}
	fileParams struct {
		ID       string `path:"id"`
		Download bool   `query:"download" description:"never show it in the browser"`
	}
	thumbParams struct {
		ID   string `path:"id"`
		Size int    `query:"size" description:"pixels of the longer side, about"`
	}
)

// uploadFile takes in one file. Its bytes go from the line to their place without being held in memory.
func (s *server) uploadFile(r *request) error {
	var p uploadParams
	if err := r.bind(&p); err != nil {
		return err
	}
	up := file.Upload{Use: file.Use(p.Use)}
	if p.TakenAt != "" {
		at, err := time.Parse(time.RFC3339, p.TakenAt)
		if err != nil {
			return &paramError{Name: "takenAt"}
		}
		up.TakenAt = at.UTC()
	}
	part, err := r.filePart()
	if err != nil {
		return err
	}
	// The deadlines of ordinary requests are too short for a file.
	deadline := time.Now().Add(uploadTime) //nolint:forbidigo // a connection goes by the clock of the machine
	if err := r.Context().Conn().SetReadDeadline(deadline); err != nil {
		return fmt.Errorf("extend deadline: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), uploadTime)
	defer cancel()
	up.Name, up.Type, up.Body = part.FileName(), part.Header.Get(fiber.HeaderContentType), broken{part}
	f, err := s.Engine.Files.Add(ctx, r.actor, up)
	if err != nil {
		return err
	}
	r.Location(uploadPath + "/" + f.ID)
	return r.Status(fiber.StatusCreated).JSON(f)
}

// filePart finds the file in a multipart body: the first part, which must be called file.
func (r *request) filePart() (*multipart.Part, error) {
	kind, params, err := mime.ParseMediaType(r.Get(fiber.HeaderContentType))
	if err != nil || kind != fiber.MIMEMultipartForm || params["boundary"] == "" {
		return nil, fiber.ErrUnsupportedMediaType
	}
	body := r.Context().RequestBodyStream()
	if body == nil {
		return nil, &bodyError{Code: "malformed"}
	}
	part, err := multipart.NewReader(body, params["boundary"]).NextPart()
	if err != nil || part.FormName() != "file" {
		return nil, &bodyError{Code: "malformed"}
	}
	return part, nil
}

// broken tells a body that ends too early from everything else that may go wrong.
type broken struct{ io.Reader }

// Read satisfies io.Reader.
func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = errors.Join(&bodyError{Code: "malformed"}, err)
	}
	return n, err
}

func (s *server) getFile(r *request) error {
	var p fileParams
	if err := r.bind(&p); err != nil {
		return err
	}
	content, err := s.Engine.Files.Open(r.ctx, r.actor, p.ID)
	if err != nil {
		return err
	}
	content.Inline = content.Inline && !p.Download
	return r.content(content)
}

func (s *server) getThumb(r *request) error {
	var p thumbParams
	if err := r.bind(&p); err != nil {
		return err
	}
	content, err := s.Engine.Files.Thumb(r.ctx, r.actor, p.ID, p.Size)
	if err != nil {
		return err
	}
	return r.content(content)
}

func (s *server) deleteFile(r *request) error {
	if err := s.Engine.Files.Delete(r.ctx, r.actor, r.Params("id")); err != nil {
		return err
	}
	return r.SendStatus(fiber.StatusNoContent)
}

// content answers with a file, or the piece of it that was asked for. Whatever is in it, it runs nothing here: its type
// is ours, browsers must not guess another, and what they show they show in a sandbox. Every answer is asked for anew,
// as rights may have changed, but need not be sent anew.
func (r *request) content(c file.Content) error {
	tag := `"` + c.ETag + `"`
	r.Set(fiber.HeaderETag, tag)
	r.Set(fiber.HeaderCacheControl, "private, no-cache")
	r.Set(fiber.HeaderContentSecurityPolicy, fileCSP)
	r.Set("Cross-Origin-Resource-Policy", "same-origin")
	r.Set(fiber.HeaderAcceptRanges, "bytes")
	if r.Get(fiber.HeaderIfNoneMatch) == tag {
		return r.SendStatus(fiber.StatusNotModified)
	}
	disposition := "attachment"
	if c.Inline {
		disposition = "inline"
	}
	r.Set(fiber.HeaderContentDisposition, mime.FormatMediaType(disposition, map[string]string{"filename": c.Name}))
	r.Set(fiber.HeaderContentType, c.Type)
	offset, length := int64(0), c.Size
	if asked := r.Get(fiber.HeaderRange); asked != "" && (r.Get(fiber.HeaderIfRange) == "" || r.Get(fiber.HeaderIfRange) == tag) {
		var answer rangeAnswer
		if offset, length, answer = piece(asked, c.Size); answer == rangeOutside {
			r.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes */%d", c.Size))
			return fiber.ErrRequestedRangeNotSatisfiable
		} else if answer == rangePiece {
			r.Set(fiber.HeaderContentRange, fmt.Sprintf("bytes %d-%d/%d", offset, offset+length-1, c.Size))
			r.Status(fiber.StatusPartialContent)
		}
	}
	body, err := c.Open(r.ctx, offset, length)
	if err != nil {
		return err
	}
	r.Context().SetBodyStream(body, int(length)) // closes it
	return nil
}

type rangeAnswer int

const (
	rangeWhole   rangeAnswer = iota // nothing we understand, or several pieces: all of it
	rangePiece                      // one piece
	rangeOutside                    // beyond the end
)

// piece reads a Range header over a file of size bytes.
func piece(asked string, size int64) (offset, length int64, answer rangeAnswer) {
	spec, isBytes := strings.CutPrefix(asked, "bytes=")
	from, to, one := strings.Cut(spec, "-")
	if !isBytes || !one || strings.Contains(spec, ",") {
		return 0, size, rangeWhole
	}
	first, firstErr := strconv.ParseInt(from, 10, 64)
	last, lastErr := strconv.ParseInt(to, 10, 64)
	switch {
	case from == "" && lastErr == nil && last > 0: // the last bytes
		first, last = max(0, size-last), size-1
	case from == "" || firstErr != nil || first < 0 || to != "" && (lastErr != nil || last < first):
		return 0, size, rangeWhole
	case to == "":
		last = size - 1
	}
	if last = min(last, size-1); first > last {
		return 0, 0, rangeOutside
	}
	return first, last - first + 1, rangePiece
}

// fileStatus holds the statuses of refused files that are not 422.
var fileStatus = map[string]int{
	file.CodeTooLarge: fiber.StatusRequestEntityTooLarge, file.CodeQuota: fiber.StatusInsufficientStorage,
	file.CodeNoThumb: fiber.StatusNotFound, file.CodeSignature: fiber.StatusConflict, file.CodeAttachment: fiber.StatusConflict,
}

func describeFile(err error) (failure, bool) {
	var refused *file.Error
	if !errors.As(err, &refused) {
		return failure{}, false
	}
	status, ok := fileStatus[refused.Code]
	if !ok {
		status = fiber.StatusUnprocessableEntity
	}
	return failure{Status: status, Code: refused.Code, Params: refused.Params}, true
}
