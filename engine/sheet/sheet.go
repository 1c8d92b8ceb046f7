// Package sheet is Excel in and out: exports of lists, import templates, imports of workbooks and of opening data.
//
// A workbook becomes a grid of texts (read.go), in which the header is found (header.go). Each line below it gives values
// by the columns of an import definition or, without one, of the entity (columns.go). Lines with the same values of the
// group form one record (lines.go); a matrix has a column for each day instead (matrix.go). Texts become references by
// natural key or display text (resolve.go). What comes out are drafts of records; record.Service checks and stores them
// like anybody's, so every rule holds. Nothing here writes records to a store.
//
//	workbook ──read──▶ grid ──header──▶ lines ──resolve──▶ drafts ──record.Service──▶ report
//
// An import that stores is a Run (run.go): a job that keeps its file, says how far it is, goes on where a crash stopped it
// (work.go) and can be undone (undo.go).
//
// A report names rows and columns as Excel does; its codes are translated in the browser. Marked (mark.go) writes notes
// the browser made from a report beside the cells.
package sheet

import (
	"context"
	"fmt"
	"sync"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/file"
	"formwork/engine/job"
	"formwork/engine/record"
	"formwork/engine/store"
)

// Limits of workbooks.
const (
	MaxRows       = 200_000   // lines of an import
	MaxExport     = 200_000   // records of an export
	maxColumns    = 300       // what is to the right is not read
	maxCell       = 32_767    // characters of a cell, as in Excel
	maxEntries    = 2_000     // files in the archive
	maxUnzipped   = 256 << 20 // bytes of all of them
	maxSheetBytes = 192 << 20 // bytes of the sheet that is read
	maxMerged     = 2_000_000 // cells in merged ranges
	maxProblems   = 1_000     // listed in a report
	maxKept       = 20_000    // put in order for it
	layoutRows    = 5_000     // up to here a marked workbook keeps its layout
	batch         = 500       // records stored together
)

// Config is what a Service is made of.
type Config struct {
	Records  *record.Service
	Access   *access.Service
	Catalogs record.Catalogs
	// Zone gives the tenant's time zone, for times in cells.
	Zone func(ctx context.Context, tenant string) (*time.Location, error)
	// Of imports that store: where they and their workbooks are kept, what works on them, and who people are by then.
	Stores func(ctx context.Context, tenant string) (store.Store, error)
	Files  *file.Service
	Jobs   *job.Runner
	People func(ctx context.Context, tenant, user string) (access.Actor, error)
	Clock  func() time.Time
	NewID  func() string
}

// Service reads and writes workbooks. It is safe for many goroutines.
type Service struct {
	config  Config
	ensured sync.Map // tenant → store.Store whose collections of imports exist
}

// New makes a Service.
func New(c Config) *Service { return &Service{config: c} }

// FileError is a workbook that cannot be used at all. Codes: not_a_workbook, workbook_too_large (params max, unit),
// too_many_rows (max), no_header (labels: those looked for), columns_missing (labels), no_rows, unknown_import (name),
// export_too_large (max), bad_value (name) of a given value, no_key (nothing tells records of the entity apart).
type FileError struct {
	Code   string
	Params map[string]any
}

// Error satisfies error.
func (e *FileError) Error() string { return fmt.Sprintf("workbook: %s %v", e.Code, e.Params) }

func fileError(code string, params ...any) error {
	e := &FileError{Code: code}
	for i := 0; i+1 < len(params); i += 2 {
		if e.Params == nil {
			e.Params = map[string]any{}
		}
		name, _ := params[i].(string)
		e.Params[name] = params[i+1]
	}
	return e
}

// entity finds an entity that people may list, export and import. Those the engine keeps itself and members, who have
// accounts, are not imported.
func (s *Service) entity(ctx context.Context, tenant, name string) (*def.Catalog, *def.Entity, error) {
	catalog, err := s.config.Catalogs.Active(ctx, tenant)
	if err != nil {
		return nil, nil, fmt.Errorf("catalog of %s: %w", tenant, err)
	}
	entity, ok := catalog.Entity(name)
	if !ok {
		return nil, nil, fmt.Errorf("entity %s: %w", name, record.ErrNotFound)
	}
	return catalog, entity, nil
}

// rights gives what an actor may do; record.ErrForbidden if that is nothing.
func (s *Service) rights(ctx context.Context, actor access.Actor, entity string, action access.Action) (access.Rights, error) {
	rights, err := s.config.Access.Rights(ctx, actor, entity, action)
	if err != nil {
		return access.Rights{}, err
	}
	if !rights.All && len(rights.Grants) == 0 {
		return access.Rights{}, fmt.Errorf("%s %s: %w", action, entity, record.ErrForbidden)
	}
	return rights, nil
}

// mayImport is rights for an import of an entity people keep.
func (s *Service) mayImport(ctx context.Context, actor access.Actor, entity string) (access.Rights, error) {
	if def.IsEngines(entity) || entity == def.EntityUser {
		return access.Rights{}, fmt.Errorf("import %s: %w", entity, record.ErrForbidden)
	}
	return s.rights(ctx, actor, entity, access.Import)
}

// language is the reader's, else that of the catalog.
func language(actor access.Actor, catalog *def.Catalog) string {
	switch {
	case actor.Lang != "":
		return actor.Lang
	case catalog.Lang != "":
		return catalog.Lang
	}
	return "zh-CN"
}
