package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"os"
	"time"

	"github.com/gofiber/fiber/v2"

	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/sheet"
)

const (
	xlsxType  = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	sheetTime = 10 * time.Minute // a workbook may take this long
	maxFields = 20               // parts of a form beside the file
)

type (
	exportParams struct {
		Entity string `path:"entity"`
		View   string `query:"view"`
		Filter string `query:"filter" description:"filter as JSON"`
		Search string `query:"q"`
		Sort   string `query:"sort" description:"fields separated by commas, - before a field for descending"`
		Rows   string `query:"rows" description:"a sub-table whose rows become a second sheet"`
	}
	importTemplateParams struct {
		Entity string `path:"entity"`
		Import string `query:"import" description:"name of an import definition; none: the fields of the entity"`
	}
	importBody struct {
		File    multipart.File `formData:"file"`
		Sheet   string         `formData:"sheet" description:"name of the sheet; none: the first visible one"`
		Import  string         `formData:"import" description:"name of an import definition; none: the fields of the entity"`
		Mode    string         `formData:"mode" enum:"insert,update,upsert"`
		All     bool           `formData:"all" description:"store all records or none"`
		DryRun  bool           `formData:"dryRun" description:"only look what would become of it; not for runs"`
		Reason  string         `formData:"reason" description:"answers warnings that ask for one"`
		Opening bool           `formData:"opening" description:"opening data"`
		Given   string         `formData:"given" description:"JSON object: values for every line, by field"`
	}
	markBody struct {
		File  multipart.File `formData:"file"`
		Sheet string         `formData:"sheet"`
		Title string         `formData:"title" description:"label of the column of notes"`
		Notes string         `formData:"notes" description:"JSON array of row, column and text"`
	}
	openingBody struct {
		Records []form.Values `json:"records"`
		State   string        `json:"state,omitempty" description:"of records that name none; approved"`
		DryRun  bool          `json:"dryRun,omitempty"`
	}
)

func (s *server) exportRecords(r *request) error {
	var p exportParams
	if err := r.bind(&p); err != nil {
		return err
	}
	in := sheet.ExportInput{Rows: p.Rows, List: record.ListInput{
		View: p.View, Filter: json.RawMessage(p.Filter), Search: p.Search, Sort: parseSort(p.Sort),
	}}
	return r.workbook(p.Entity, func(ctx context.Context, to io.Writer) error {
		return s.Engine.Sheets.Export(ctx, r.actor, p.Entity, in, to)
	})
}

func (s *server) getImportTemplate(r *request) error {
	var p importTemplateParams
	if err := r.bind(&p); err != nil {
		return err
	}
	return r.workbook(p.Entity, func(ctx context.Context, to io.Writer) error {
		return s.Engine.Sheets.Template(ctx, r.actor, p.Entity, p.Import, to)
	})
}

func (s *server) listImports(r *request) error {
	all, err := s.Engine.Sheets.Imports(r.ctx, r.actor, r.Params("entity"))
	if err != nil {
		return err
	}
	return r.JSON(all)
}

func (s *server) importRecords(r *request) error {
	in, parts, err := r.importInput()
	if err != nil {
		return err
	}
	in.Dry = parts.flag("dryRun")
	if err := parts.unknown(); err != nil {
		return err
	}
	ctx, cancel := r.long()
	defer cancel()
	report, err := s.Engine.Sheets.Import(ctx, r.actor, r.Params("entity"), in)
	if err != nil {
		return err
	}
	return r.JSON(report)
}

// importInput reads an order with its workbook; the caller reads what else the form has, and refuses the rest.
func (r *request) importInput() (in sheet.Input, form *parts, err error) {
	parts, err := r.parts()
	if err != nil {
		return in, nil, err
	}
	in = sheet.Input{
		File: parts.file, Sheet: parts.text("sheet"), Import: parts.text("import"), Mode: parts.text("mode"), All: parts.flag("all"),
		Reason: parts.text("reason"), Opening: parts.flag("opening"),
	}
	switch in.Mode {
	case "", sheet.ModeInsert, sheet.ModeUpdate, sheet.ModeUpsert:
	default:
		return in, nil, &paramError{Name: "mode"}
	}
	return in, parts, parts.decode("given", &in.Given)
}

// markWorkbook writes the notes of a report into the workbook it is about. The sentences come from the browser, which
// knows the reader's language; nothing is kept here.
func (s *server) markWorkbook(r *request) error {
	parts, err := r.parts()
	if err != nil {
		return err
	}
	in := sheet.MarkInput{File: parts.file, Sheet: parts.text("sheet"), Title: parts.text("title")}
	if err := parts.decode("notes", &in.Notes); err != nil {
		return err
	}
	if err := parts.unknown(); err != nil {
		return err
	}
	return r.workbook("errors", func(_ context.Context, to io.Writer) error { return sheet.Marked(in, to) })
}

func (s *server) importOpening(r *request) error {
	var body openingBody
	if err := r.decode(&body); err != nil {
		return err
	}
	ctx, cancel := r.long()
	defer cancel()
	report, err := s.Engine.Sheets.Opening(ctx, r.actor, r.Params("entity"), sheet.OpeningInput{
		Records: body.Records, State: body.State, Dry: body.DryRun,
	})
	if err != nil {
		return err
	}
	return r.JSON(report)
}

// long is a context for work on a workbook, which the deadline of ordinary requests is too short for.
func (r *request) long() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.ctx), sheetTime)
}

// workbook answers with a workbook. It is written to a temporary file first, so that a refusal is still an answer.
func (r *request) workbook(name string, write func(ctx context.Context, to io.Writer) error) error {
	ctx, cancel := r.long()
	defer cancel()
	file, err := os.CreateTemp("", "formwork-*.xlsx")
	if err != nil {
		return fmt.Errorf("temporary file: %w", err)
	}
	t := &temporary{file}
	if err := write(ctx, t); err != nil {
		return errors.Join(err, t.Close())
	}
	size, err := t.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = t.Seek(0, io.SeekStart)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("temporary file: %w", err), t.Close())
	}
	r.Set(fiber.HeaderContentType, xlsxType)
	r.Set(fiber.HeaderCacheControl, "no-store")
	r.Set(fiber.HeaderContentDisposition, mime.FormatMediaType("attachment", map[string]string{"filename": name + ".xlsx"}))
	return r.SendStream(t, int(size))
}

// temporary is a file that is gone once it is closed; the server closes it when it has been sent.
type temporary struct{ *os.File }

// Close closes and removes the file.
func (t *temporary) Close() error { return errors.Join(t.File.Close(), os.Remove(t.Name())) }

// parts are the fields of a form with a file.
type parts struct {
	file   []byte
	name   string // of the file
	fields map[string]string
	read   map[string]bool
}

// parts reads a multipart body. Its size is limited like that of every body.
func (r *request) parts() (*parts, error) {
	kind, params, err := mime.ParseMediaType(r.Get(fiber.HeaderContentType))
	if err != nil || kind != fiber.MIMEMultipartForm || params["boundary"] == "" {
		return nil, fiber.ErrUnsupportedMediaType
	}
	p := &parts{fields: map[string]string{}, read: map[string]bool{}}
	reader := multipart.NewReader(bytes.NewReader(r.Body()), params["boundary"])
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || len(p.fields) == maxFields {
			return nil, &bodyError{Code: "malformed"}
		}
		raw, err := io.ReadAll(part)
		if err != nil {
			return nil, &bodyError{Code: "malformed"}
		}
		if _, twice := p.fields[part.FormName()]; twice || (part.FormName() == "file" && p.file != nil) {
			return nil, &bodyError{Code: "duplicate_key", Path: "/" + part.FormName()}
		}
		if part.FormName() == "file" {
			p.file, p.name = raw, part.FileName()
		} else {
			p.fields[part.FormName()] = string(raw)
		}
	}
	if len(p.file) == 0 {
		return nil, &paramError{Name: "file"}
	}
	return p, nil
}

func (p *parts) text(name string) string {
	p.read[name] = true
	return p.fields[name]
}

func (p *parts) flag(name string) bool { return p.text(name) == "true" }

// decode reads a field that holds JSON; an absent one is nothing.
func (p *parts) decode(name string, into any) error {
	text := p.text(name)
	if text == "" {
		return nil
	}
	return decode([]byte(text), into)
}

// unknown refuses fields nobody asked for.
func (p *parts) unknown() error {
	for name := range p.fields {
		if !p.read[name] {
			return &paramError{Name: name, Unknown: true}
		}
	}
	return nil
}

// describeSheet explains what makes a workbook useless as a whole, and a run that does not stand so.
func describeSheet(err error) (failure, bool) {
	if errors.Is(err, sheet.ErrRunState) {
		return failure{Status: fiber.StatusConflict, Code: "import_state"}, true
	}
	var refused *sheet.FileError
	if !errors.As(err, &refused) {
		return failure{}, false
	}
	return failure{Status: fiber.StatusUnprocessableEntity, Code: refused.Code, Params: refused.Params}, true
}
