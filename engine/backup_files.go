package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"formwork/engine/def"
	"formwork/engine/file"
	"formwork/engine/store"
)

// backupChunk is how many bytes of a file stand in one line.
const backupChunk = 256 << 10

// backupBlob is a piece of a blob; the pieces follow each other, the last one ends at Size.
type backupBlob struct {
	Name string `json:"name"` // without the tenant
	At   int64  `json:"at"`
	Size int64  `json:"size"` // of the whole blob
	Data []byte `json:"data"`
}

func isFiles(c store.Collection) bool { return c.Name == def.EntityFile }

// file copies what is known of a file and its bytes. Thumbnails are drawn again when they are asked for.
func (b *backup) file(ctx context.Context, db store.Store, doc *store.Doc) error {
	name, _ := doc.Values["blob"].(string)
	key := file.Key(b.name, name)
	size, err := b.engine.Blobs.Size(ctx, key)
	missing := errors.Is(err, file.ErrNoBlob)
	if err != nil && !missing {
		return fmt.Errorf("bytes of file %s: %w", doc.ID, err)
	}
	if missing {
		// The sweep may have taken the file away since its page was read. Bytes that are lost are another matter: what
		// is known of them is kept, and doctor tells.
		now, err := db.Get(ctx, def.EntityFile, doc.ID)
		if err != nil || len(now) == 0 {
			return err
		}
	}
	if err := b.line(backupLine{Doc: &backupDoc{*doc, doc.Keys, doc.Chain, doc.Claim}}); err != nil || missing {
		return err
	}
	content, err := b.engine.Blobs.Get(ctx, key, 0, size)
	if err != nil {
		return fmt.Errorf("bytes of file %s: %w", doc.ID, err)
	}
	return errors.Join(b.pieces(content, name, size), content.Close())
}

func (b *backup) pieces(content io.Reader, name string, size int64) error {
	piece := make([]byte, backupChunk)
	for at := int64(0); at < size; {
		n, err := io.ReadFull(content, piece[:min(backupChunk, size-at)])
		if err != nil {
			return fmt.Errorf("read blob %s: %w", name, err)
		}
		if err := b.line(backupLine{Blob: &backupBlob{name, at, size, piece[:n]}}); err != nil {
			return err
		}
		at += int64(n)
	}
	return nil
}

// bytes takes the next piece of a blob; the last one stores it.
func (r *restore) bytes(ctx context.Context, piece *backupBlob) error {
	if piece.At == 0 {
		r.blob.Reset()
	}
	r.blob.Write(piece.Data)
	if int64(r.blob.Len()) < piece.Size {
		return nil
	}
	if int64(r.blob.Len()) != piece.Size {
		return fmt.Errorf("blob %s: %w", piece.Name, ErrBackupDamaged)
	}
	if _, err := r.engine.Blobs.Put(ctx, file.Key(r.name, piece.Name), bytes.NewReader(r.blob.Bytes())); err != nil {
		return fmt.Errorf("restore blob %s: %w", piece.Name, err)
	}
	return nil
}
