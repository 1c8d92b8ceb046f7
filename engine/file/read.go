package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"formwork/engine/access"
	"formwork/engine/record"
)

// Content is a file, or a small picture of it, to be sent to somebody who may read it.
type Content struct {
	File
	Type   string // of these bytes: that of the file, or of the small picture
	Size   int64
	ETag   string // changes with the bytes
	Inline bool   // a browser may show it by itself, in a sandbox
	Open   func(ctx context.Context, offset, length int64) (io.ReadCloser, error)
}

// Open gives a file to an actor who may read the field of the record it stands in, or who just uploaded it.
func (s *Service) Open(ctx context.Context, actor access.Actor, id string) (Content, error) {
	f, err := s.readable(ctx, actor, id)
	if err != nil {
		return Content{}, err
	}
	return s.original(actor.Tenant, f), nil
}

func (s *Service) original(tenant string, f File) Content {
	return Content{
		File: f, Type: f.Type, Size: f.Size, ETag: f.sha256, Inline: slices.Contains(inline, f.Type),
		Open: func(ctx context.Context, offset, length int64) (io.ReadCloser, error) {
			return s.config.Blobs.Get(ctx, Key(tenant, f.blob), offset, length)
		},
	}
}

// readable finds a file and refuses those who may not read it: for them it is not there.
func (s *Service) readable(ctx context.Context, actor access.Actor, id string) (File, error) {
	doc, f, err := s.stored(ctx, actor.Tenant, id)
	if err != nil {
		return File{}, err
	}
	if actor.System {
		return f, nil
	}
	may, err := s.mayRead(ctx, actor, &f)
	if err != nil {
		return File{}, err
	}
	// What nobody holds is its owner's still: just uploaded, on its way into a record, or just dropped from one.
	if !may && f.owner == actor.ID && doc.Values["open_at"] != nil {
		held, err := s.held(ctx, actor.Tenant, &f)
		if err != nil {
			return File{}, err
		}
		may = !held
	}
	if !may {
		return File{}, fmt.Errorf("file %s: %w", id, record.ErrNotFound)
	}
	return f, nil
}

// mayRead tells whether the actor sees the file in its record as the record is shown to him now.
func (s *Service) mayRead(ctx context.Context, actor access.Actor, f *File) (bool, error) {
	if f.link.Record == "" {
		return false, nil
	}
	rec, err := s.config.Record(ctx, actor, f.link.Entity, f.link.Record)
	if errors.Is(err, record.ErrNotFound) || errors.Is(err, record.ErrForbidden) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return f.task != "" || holds(rec.Values, f.link.Field, f.ID), nil
}

// The sizes of small pictures: a line of a list, a tile of a form, the screen of a phone. Pixels of the longer side.
var thumbs = []int{160, 480, 1600}

// thumbsOf names the blobs of small pictures of a blob.
func thumbsOf(blob string) []string {
	names := make([]string, len(thumbs))
	for i, side := range thumbs {
		names[i] = thumbName(blob, side)
	}
	return names
}

func thumbName(blob string, side int) string { return fmt.Sprintf("%s.t%d", blob, side) }

// Thumb gives a picture of a file of about the asked size in pixels, drawn once and kept. A picture that is not larger
// is given as it is. CodeNoThumb for files that are no pictures or too large to draw.
func (s *Service) Thumb(ctx context.Context, actor access.Actor, id string, side int) (Content, error) {
	f, err := s.readable(ctx, actor, id)
	if err != nil {
		return Content{}, err
	}
	if !slices.Contains(drawable, f.Type) || f.Width == 0 {
		return Content{}, &Error{CodeNoThumb, map[string]any{"name": f.Name}}
	}
	at, found := slices.BinarySearch(thumbs, side)
	if !found && at == len(thumbs) {
		at--
	}
	side = thumbs[at]
	if f.Use != Attachment && max(f.Width, f.Height) <= side {
		return s.original(actor.Tenant, f), nil
	}
	raw, err := s.thumb(ctx, actor.Tenant, f, side)
	if err != nil {
		return Content{}, err
	}
	content := Content{
		File: f, Type: "image/jpeg", Size: int64(len(raw)), ETag: fmt.Sprintf("%s.t%d", f.sha256, side), Inline: true,
		Open: func(_ context.Context, offset, length int64) (io.ReadCloser, error) {
			return io.NopCloser(io.NewSectionReader(bytes.NewReader(raw), offset, length)), nil
		},
	}
	if begins("\x89PNG")(raw) {
		content.Type = "image/png"
	}
	return content, nil
}

// thumb reads a small picture, or draws it: once, however many ask for it.
func (s *Service) thumb(ctx context.Context, tenant string, f File, side int) ([]byte, error) {
	key := Key(tenant, thumbName(f.blob, side))
	raw, err := s.readAll(ctx, key)
	if !errors.Is(err, ErrNoBlob) {
		return raw, err
	}
	made, err, _ := s.drawings.Do(key, func() (any, error) {
		ctx := context.WithoutCancel(ctx) // others may wait for it who are still there
		original, err := s.readAll(ctx, Key(tenant, f.blob))
		if err != nil {
			return nil, err
		}
		small, err := s.studio.redraw(ctx, original, f.Type, drawing{side: side, quality: thumbQuality})
		if err != nil {
			return nil, err
		}
		_, err = s.config.Blobs.Put(ctx, key, bytes.NewReader(small.bytes))
		return small.bytes, err
	})
	if err != nil {
		return nil, fmt.Errorf("thumbnail of %s: %w", f.ID, err)
	}
	raw, _ = made.([]byte)
	return raw, nil
}

func (s *Service) readAll(ctx context.Context, key string) ([]byte, error) {
	size, err := s.config.Blobs.Size(ctx, key)
	if err != nil {
		return nil, err
	}
	content, err := s.config.Blobs.Get(ctx, key, 0, size)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(content)
	return raw, errors.Join(err, content.Close())
}
