package file

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

const (
	orphanAge = 24 * time.Hour // how long an upload may stand nowhere
	page      = 500
)

// Sweep compares files whose link is open for a day with the records they belong to: those a record holds are settled,
// all others go, with their bytes. A file that is touched meanwhile is left for the next time.
func (s *Service) Sweep(ctx context.Context) error {
	tenants, err := s.config.Tenants(ctx)
	if err != nil {
		return err
	}
	for _, tenant := range tenants {
		if err := s.sweepTenant(ctx, tenant); err != nil {
			return fmt.Errorf("sweep files of %s: %w", tenant, err)
		}
	}
	return nil
}

func (s *Service) sweepTenant(ctx context.Context, tenant string) error {
	st, err := s.open(ctx, tenant)
	if err != nil {
		return err
	}
	before := stamp(s.now().Add(-orphanAge))
	over := &query.Filter{Cond: &query.Cond{Path: []string{"open_at"}, Op: query.Le, Value: before, Type: def.TypeDateTime}}
	for after := ""; ; {
		found, err := st.Find(ctx, query.Query{Collection: def.EntityFile, Where: over, Limit: page, After: after})
		if err != nil {
			return err
		}
		for i := range found.Docs {
			err := s.settle(ctx, tenant, found.Docs[i])
			if err != nil && !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		if found.Next == "" {
			return nil
		}
		after = found.Next
	}
}

// settle decides about one file: it belongs to its record, or it goes.
func (s *Service) settle(ctx context.Context, tenant string, doc store.Doc) error {
	f := fileOf(&doc)
	held, err := s.held(ctx, tenant, &f)
	if err != nil {
		return err
	}
	if !held || doc.Values["size"] == nil {
		return s.remove(ctx, tenant, doc)
	}
	doc.Values = copyOf(doc.Values)
	delete(doc.Values, "open_at")
	_, err = s.put(ctx, tenant, doc)
	return err
}

// held tells whether the record of a file holds it, whoever may see that. A signature of a decision is never given up:
// it is evidence.
func (s *Service) held(ctx context.Context, tenant string, f *File) (bool, error) {
	switch {
	case f.task != "":
		return true, nil
	case f.link.Record == "":
		return false, nil
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return false, err
	}
	docs, err := st.Get(ctx, f.link.Entity, f.link.Record)
	if errors.Is(err, store.ErrUnknown) {
		return true, nil // the entity was taken out of the catalog; its records and their files wait for it
	}
	if err != nil {
		return false, fmt.Errorf("record of file %s: %w", f.ID, err)
	}
	return len(docs) > 0 && holds(docs[0].Values, f.link.Field, f.ID), nil
}

// holds tells whether a file stands at a path of a record's values: "photos", or in some row of "lines.photos".
func holds(values map[string]any, path, id string) bool {
	name, column, inRow := strings.Cut(path, ".")
	if !inRow {
		return among(values[name], id)
	}
	rows, _ := values[name].([]any)
	for _, item := range rows {
		if row, ok := item.(map[string]any); ok && among(row[column], id) {
			return true
		}
	}
	return false
}

func among(value any, id string) bool {
	switch value := value.(type) {
	case string:
		return value == id
	case []any:
		for _, item := range value {
			if item == id {
				return true
			}
		}
	}
	return false
}

// Missing lists the files of a tenant whose bytes are not there, or not all.
func (s *Service) Missing(ctx context.Context, tenant string) ([]File, error) {
	var missing []File
	err := s.Each(ctx, tenant, func(doc *store.Doc) error {
		f := fileOf(doc)
		if doc.Values["size"] == nil {
			return nil
		}
		size, err := s.config.Blobs.Size(ctx, Key(tenant, f.blob))
		if err != nil && !errors.Is(err, ErrNoBlob) {
			return err
		}
		if err != nil || size != f.Size {
			missing = append(missing, f)
		}
		return nil
	})
	return missing, err
}

// Each visits every file of a tenant.
func (s *Service) Each(ctx context.Context, tenant string, visit func(doc *store.Doc) error) error {
	st, err := s.open(ctx, tenant)
	if err != nil {
		return err
	}
	for after := ""; ; {
		found, err := st.Find(ctx, query.Query{Collection: def.EntityFile, Limit: page, After: after})
		if err != nil {
			return fmt.Errorf("files of %s: %w", tenant, err)
		}
		for i := range found.Docs {
			if err := visit(&found.Docs[i]); err != nil {
				return err
			}
		}
		if found.Next == "" {
			return nil
		}
		after = found.Next
	}
}
