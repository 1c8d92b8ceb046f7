package file

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"formwork/engine/access"
	"formwork/engine/store"
)

// Upload is a file on its way in.
type Upload struct {
	Name    string    // as the client calls it
	Type    string    // media type as the client declares it, "" if it does not
	Use     Use       // "" = Attachment
	TakenAt time.Time // by the clock of the device, zero if unknown
	Body    io.Reader
}

// Add takes an upload in. It stands nowhere until a record takes it, and goes after a day if none does. The result is
// stored durably.
func (s *Service) Add(ctx context.Context, actor access.Actor, up Upload) (File, error) {
	if up.Use == "" {
		up.Use = Attachment
	}
	if !slices.Contains([]Use{Attachment, Image, Signature}, up.Use) {
		return File{}, &Error{CodeType, map[string]any{"name": cleanName(up.Name)}}
	}
	in := &incoming{service: s, tenant: actor.Tenant, body: bufio.NewReaderSize(up.Body, headSize)}
	in.file = File{Name: cleanName(up.Name), Use: up.Use, UploadedAt: s.now(), owner: actor.ID}
	if !up.TakenAt.IsZero() {
		in.file.TakenAt = &up.TakenAt
	}
	head, err := in.body.Peek(headSize)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return File{}, fmt.Errorf("read upload: %w", err)
	case len(head) == 0:
		return File{}, &Error{CodeEmpty, nil}
	}
	kind, err := detect(head, in.file.Name, up.Type)
	if err != nil {
		return File{}, err
	}
	in.file.Kind, in.file.Type = kind.name, kind.mediaType
	if err := s.quota.room(ctx, s, actor.Tenant); err != nil {
		return File{}, err
	}
	if err := in.prepare(ctx); err != nil {
		return File{}, err
	}
	in.file.Name = withExtension(in.file.Name, in.file.Type)
	return in.keep(ctx)
}

// incoming is an upload while it is taken in.
type incoming struct {
	service *Service
	tenant  string
	body    *bufio.Reader
	file    File
}

// prepare draws photos and signatures anew; other files pass as they are.
func (in *incoming) prepare(ctx context.Context) error {
	how := drawing{side: maxSide, quality: photoQuality}
	switch in.file.Use {
	case Image:
		if !slices.Contains(drawable, in.file.Type) {
			return &Error{CodeType, map[string]any{"name": in.file.Name}}
		}
	case Signature:
		if in.file.Type != "image/png" {
			return &Error{CodeType, map[string]any{"name": in.file.Name}}
		}
		how = drawing{side: maxSignature, png: true}
	default:
		return nil
	}
	raw, err := io.ReadAll(io.LimitReader(in.body, MaxSize+1))
	if err != nil {
		return fmt.Errorf("read upload: %w", err)
	}
	if len(raw) > MaxSize {
		return tooLarge()
	}
	picture, err := in.service.studio.redraw(ctx, raw, in.file.Type, how)
	if err != nil {
		return err
	}
	in.file.Type, in.file.Width, in.file.Height = picture.mediaType, picture.width, picture.height
	in.body = bufio.NewReader(bytes.NewReader(picture.bytes))
	return nil
}

func tooLarge() error { return &Error{CodeTooLarge, map[string]any{"max": MaxSize}} }

// keep stores the file: its record without a size, its bytes, its record complete. What dies on the way is found by the
// sweep.
func (in *incoming) keep(ctx context.Context) (File, error) {
	s, f := in.service, &in.file
	if _, err := s.open(ctx, in.tenant); err != nil {
		return File{}, err
	}
	blob, err := s.newBlob()
	if err != nil {
		return File{}, err
	}
	f.ID, f.blob = s.config.NewID(), blob
	doc, err := s.put(ctx, in.tenant, store.Doc{
		ID: f.ID, CreatedBy: f.owner, UpdatedBy: f.owner, CreatedAt: f.UploadedAt, Values: f.values(),
	})
	if err != nil {
		return File{}, err
	}
	if err := in.write(ctx); err != nil {
		return File{}, errors.Join(err, s.remove(context.WithoutCancel(ctx), in.tenant, doc))
	}
	if err := s.quota.take(ctx, s, in.tenant, f.Size); err != nil {
		return File{}, errors.Join(err, s.remove(context.WithoutCancel(ctx), in.tenant, doc))
	}
	doc.Values = f.values()
	if _, err := s.put(ctx, in.tenant, doc); err != nil {
		return File{}, err // nobody knows whether it is stored
	}
	return *f, nil
}

// write stores the bytes and learns how many there are, their sum, and the size of a picture.
func (in *incoming) write(ctx context.Context) error {
	f, key := &in.file, Key(in.tenant, in.file.blob)
	sum := sha256.New()
	n, err := in.service.config.Blobs.Put(ctx, key, io.TeeReader(io.LimitReader(in.body, MaxSize+1), sum))
	switch {
	case err != nil:
		return fmt.Errorf("store upload: %w", err)
	case n > MaxSize:
		return tooLarge()
	}
	f.Size, f.sha256 = n, hex.EncodeToString(sum.Sum(nil))
	if f.Use != Attachment || !slices.Contains(drawable, f.Type) {
		return nil
	}
	content, err := in.service.config.Blobs.Get(ctx, key, 0, n)
	if err != nil {
		return fmt.Errorf("read upload: %w", err)
	}
	// A picture attached as a document is kept whatever its size; one that cannot be read has none.
	if config, err := size(content, f.Type); err == nil {
		f.Width, f.Height = config.Width, config.Height
	}
	return content.Close()
}

// values are the stored form of a file that stands nowhere. It is to be settled from the moment it came.
func (f *File) values() map[string]any {
	values := map[string]any{
		"name": f.Name, "use": string(f.Use), "kind": f.Kind, "type": f.Type, "owner": f.owner, "blob": f.blob,
		"uploaded_at": stamp(f.UploadedAt), "open_at": stamp(f.UploadedAt),
	}
	if f.sha256 != "" {
		values["size"], values["sha256"] = f.Size, f.sha256
	}
	if f.Width > 0 {
		values["width"], values["height"] = int64(f.Width), int64(f.Height)
	}
	if f.TakenAt != nil {
		values["taken_at"] = stamp(*f.TakenAt)
	}
	return values
}
