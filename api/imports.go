package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/report"
	"formwork/engine/sheet"
)

type (
	runParams struct {
		Entity string `path:"entity"`
		Run    string `path:"run"`
	}
	exportDatasetBody struct {
		Params map[string]any  `json:"params,omitempty" description:"by name; absent ones take their defaults"`
		Where  json.RawMessage `json:"where,omitempty" description:"filter over the shown columns"`
	}
)

// startImport begins an import as a job; who began it looks how far it is.
func (s *server) startImport(r *request) error {
	in, parts, err := r.importInput()
	if err != nil {
		return err
	}
	if err := parts.unknown(); err != nil {
		return err
	}
	run, err := s.Engine.Sheets.Start(r.ctx, r.actor, r.Params("entity"), parts.name, in)
	if err != nil {
		return err
	}
	return r.Status(http.StatusAccepted).JSON(run)
}

func (s *server) listImportRuns(r *request) error {
	all, err := s.Engine.Sheets.Runs(r.ctx, r.actor, r.Params("entity"))
	if err != nil {
		return err
	}
	return r.JSON(all)
}

func (s *server) getImportRun(r *request) error { return r.run(s.Engine.Sheets.Run) }

func (s *server) cancelImport(r *request) error { return r.run(s.Engine.Sheets.Cancel) }

func (s *server) undoImport(r *request) error { return r.run(s.Engine.Sheets.Undo) }

// run does something with the run of the path and answers with it.
func (r *request) run(do func(ctx context.Context, actor access.Actor, entity, id string) (sheet.Run, error)) error {
	run, err := do(r.ctx, r.actor, r.Params("entity"), r.Params("run"))
	if err != nil {
		return err
	}
	return r.JSON(run)
}

// getImportedWorkbook gives the workbook of a run as it was sent.
func (s *server) getImportedWorkbook(r *request) error {
	name, content, err := s.Engine.Sheets.Workbook(r.ctx, r.actor, r.Params("entity"), r.Params("run"))
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(content)
	if err = errors.Join(err, content.Close()); err != nil {
		return err
	}
	r.Set(fiber.HeaderContentType, xlsxType)
	r.Set(fiber.HeaderCacheControl, "no-store")
	r.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	return r.Send(raw)
}

// exportDataset gives a dataset as a workbook, all its rows.
func (s *server) exportDataset(r *request) error {
	var body exportDatasetBody
	if err := r.decode(&body); err != nil {
		return err
	}
	name := r.Params("dataset")
	return r.workbook(name, func(ctx context.Context, to io.Writer) error {
		result, err := s.Engine.Reports.Run(ctx, r.actor, name, report.RunInput{Params: body.Params, Where: body.Where, Action: access.Export})
		if err != nil {
			return err
		}
		return s.Engine.Sheets.Dataset(ctx, r.actor, name, datasetOf(result), to)
	})
}

// datasetOf is a result as sheet takes it: the two packages do not know each other.
func datasetOf(result report.Result) sheet.Dataset {
	data := sheet.Dataset{Totals: result.Totals, Refs: result.Refs}
	for _, c := range result.Columns {
		field := &def.Field{
			Name: c.Name, Path: c.Name, Title: c.Title, I18n: c.I18n, XType: c.XType, Scale: &c.Scale, Fixed: &c.Fixed, Unit: c.Unit,
			Entity: c.Entity, OneOf: c.OneOf, Opts: c.OneOf,
		}
		data.Columns = append(data.Columns, sheet.DatasetColumn{Name: c.Name, Field: field})
	}
	for _, row := range result.Rows {
		data.Rows = append(data.Rows, row)
	}
	return data
}
