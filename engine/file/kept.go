package file

import (
	"context"
	"fmt"
	"io"

	"formwork/engine/access"
	"formwork/engine/record"
)

// Keep takes an upload in for a document of the engine's own, such as a run of an import: it stays as long as the
// document names it in the field of the link, and nobody opens it but through the service that keeps the document.
func (s *Service) Keep(ctx context.Context, actor access.Actor, up Upload, link Link) (File, error) {
	f, err := s.Add(ctx, actor, up)
	if err != nil {
		return File{}, err
	}
	doc, f, err := s.stored(ctx, actor.Tenant, f.ID)
	if err != nil {
		return File{}, err
	}
	doc.Values = copyOf(doc.Values)
	doc.Values["entity"], doc.Values["record"], doc.Values["field"] = link.Entity, link.Record, link.Field
	if _, err := s.put(ctx, actor.Tenant, doc); err != nil {
		return File{}, err
	}
	f.link = link
	return f, nil
}

// Kept gives the bytes of a file that Keep took; record.ErrNotFound if it is not of this link. The caller closes it.
func (s *Service) Kept(ctx context.Context, tenant, id string, link Link) (File, io.ReadCloser, error) {
	_, f, err := s.stored(ctx, tenant, id)
	if err != nil {
		return File{}, nil, err
	}
	if f.link != link {
		return File{}, nil, fmt.Errorf("file %s of %v: %w", id, link, record.ErrNotFound)
	}
	content, err := s.config.Blobs.Get(ctx, Key(tenant, f.blob), 0, f.Size)
	if err != nil {
		return File{}, nil, fmt.Errorf("bytes of file %s: %w", id, err)
	}
	return f, content, nil
}
