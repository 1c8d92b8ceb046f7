package api

import (
	"encoding/json"

	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/report"
)

type (
	datasetParams struct {
		Dataset string `path:"dataset"`
	}
	dashboardParams struct {
		Dashboard string `path:"dashboard"`
	}
	runBody struct {
		Params map[string]any  `json:"params,omitempty" description:"by name; absent ones take their defaults"`
		Where  json.RawMessage `json:"where,omitempty" description:"filter over the shown columns"`
		Limit  int             `json:"limit,omitempty" description:"rows to return; 0 = 1,000"`
	}
	drillBody struct {
		Key    map[string]any `json:"key" description:"the row's _key"`
		Params map[string]any `json:"params,omitempty"`
	}
	fillParams struct {
		Form string `path:"form"`
		Fill string `path:"fill"`
	}
	fillBody struct {
		Values form.Values `json:"values" description:"of the record's header, as far as typed"`
	}
	boardBody struct {
		Params map[string]any `json:"params,omitempty"`
	}
	// boardAnswer documents report.Board: its widgets are those of the meta-schema.
	boardAnswer struct {
		Name        string                `json:"name"`
		Title       string                `json:"title"`
		I18n        def.I18n              `json:"x-i18n,omitempty"` //nolint:tagliatelle // as in definitions
		Description string                `json:"description,omitempty"`
		Params      map[string]*def.Field `json:"params,omitempty"`
		Widgets     []json.RawMessage     `json:"widgets"`
	}
	// boardRun is the data of a dashboard; a widget has a table or, as an error answer would have, a code.
	boardRun struct {
		Params  map[string]any       `json:"params,omitempty"`
		Widgets map[string]widgetRun `json:"widgets"`
	}
	widgetRun struct {
		*report.Result
		Failure *failure `json:"failure,omitempty"`
	}
)

// maxRows is how many rows of a dataset a request gets at most.
const maxRows = 10_000

func (s *server) getDataset(r *request) error {
	info, err := s.Engine.Reports.Dataset(r.ctx, r.actor, r.Params("dataset"))
	if err != nil {
		return err
	}
	return r.JSON(info)
}

func (s *server) runDataset(r *request) error {
	var body runBody
	if err := r.decode(&body); err != nil {
		return err
	}
	if body.Limit < 0 || body.Limit > maxRows {
		return &paramError{Name: "limit"}
	}
	if body.Limit == 0 {
		body.Limit = 1000
	}
	result, err := s.Engine.Reports.Run(r.ctx, r.actor, r.Params("dataset"), report.RunInput{
		Params: body.Params, Where: body.Where, Limit: body.Limit,
	})
	if err != nil {
		return err
	}
	return r.JSON(result)
}

func (s *server) drillDataset(r *request) error {
	var body drillBody
	if err := r.decode(&body); err != nil {
		return err
	}
	drilled, err := s.Engine.Reports.Drill(r.ctx, r.actor, r.Params("dataset"), report.DrillInput{Key: body.Key, Params: body.Params})
	if err != nil {
		return err
	}
	return r.JSON(drilled)
}

func (s *server) fillTable(r *request) error {
	var body fillBody
	if err := r.decode(&body); err != nil {
		return err
	}
	filled, err := s.Engine.Reports.Fill(r.ctx, r.actor, report.FillInput{Form: r.Params("form"), Fill: r.Params("fill"), Values: body.Values})
	if err != nil {
		return err
	}
	return r.JSON(filled)
}

func (s *server) getDashboard(r *request) error {
	board, err := s.Engine.Reports.Dashboard(r.ctx, r.actor, r.Params("dashboard"))
	if err != nil {
		return err
	}
	return r.JSON(board)
}

func (s *server) runDashboard(r *request) error {
	var body boardBody
	if err := r.decode(&body); err != nil {
		return err
	}
	run, err := s.Engine.Reports.RunDashboard(r.ctx, r.actor, r.Params("dashboard"), body.Params)
	if err != nil {
		return err
	}
	answer := boardRun{Params: run.Params, Widgets: make(map[string]widgetRun, len(run.Widgets))}
	for name, widget := range run.Widgets {
		if widget.Err == nil {
			answer.Widgets[name] = widgetRun{Result: &widget.Result}
			continue
		}
		f, _ := describe(widget.Err) // what is no answer to the reader has failed the whole run
		f.Type, f.Title = "about:blank", f.Code
		answer.Widgets[name] = widgetRun{Failure: &f}
	}
	return r.JSON(answer)
}
