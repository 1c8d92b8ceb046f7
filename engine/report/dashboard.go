package report

import (
	"context"
	"errors"
	"fmt"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/record"
)

// Board describes a dashboard to somebody who may run at least one of its widgets' datasets; the others are left out.
type Board struct {
	Name        string                `json:"name"`
	Title       string                `json:"title"`
	I18n        def.I18n              `json:"x-i18n,omitempty"` //nolint:tagliatelle // as in definitions
	Description string                `json:"description,omitempty"`
	Params      map[string]*def.Field `json:"params,omitempty"`
	Widgets     []*def.Widget         `json:"widgets"`
}

// BoardResult is the data of a dashboard: by widget its table, or why it has none.
type BoardResult struct {
	Params  map[string]any
	Widgets map[string]WidgetResult
}

// WidgetResult is a widget's table, or the error that kept it from being made: *access.FieldError, *query.Error or
// *record.InvalidError (a param of the dataset the dashboard's does not fit).
type WidgetResult struct {
	Result Result
	Err    error
}

// board finds a dashboard and the widgets the actor may see.
func (r *request) board(ctx context.Context, name string) (*def.Dashboard, []*def.Widget, error) {
	dashboard := r.catalog.Dashboards[name]
	if dashboard == nil {
		return nil, nil, fmt.Errorf("dashboard %s: %w", name, record.ErrNotFound)
	}
	var shown []*def.Widget
	for _, widget := range dashboard.Widgets {
		may, err := r.service.config.Access.Dataset(ctx, r.actor, widget.Dataset, access.Read)
		if err != nil {
			return nil, nil, err
		}
		if may {
			shown = append(shown, widget)
		}
	}
	if len(shown) == 0 {
		return nil, nil, fmt.Errorf("dashboard %s: %w", name, record.ErrNotFound)
	}
	return dashboard, shown, nil
}

// Dashboard describes a dashboard.
func (s *Service) Dashboard(ctx context.Context, actor access.Actor, name string) (Board, error) {
	r, err := s.begin(ctx, actor)
	if err != nil {
		return Board{}, err
	}
	d, widgets, err := r.board(ctx, name)
	if err != nil {
		return Board{}, err
	}
	return Board{
		Name: d.Name, Title: d.Title, I18n: d.I18n, Description: d.Description, Params: shownParams(d.Name, d.Params), Widgets: widgets,
	}, nil
}

// MayDashboard tells whether a dashboard has anything to show to the actor, for menus.
func (s *Service) MayDashboard(ctx context.Context, actor access.Actor, name string) (bool, error) {
	r, err := s.begin(ctx, actor)
	if err != nil {
		return false, err
	}
	_, _, err = r.board(ctx, name)
	if errors.Is(err, record.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// RunDashboard computes the tables of all widgets of a dashboard; a dataset that several widgets show is computed once.
// What keeps one widget from being made does not keep the others.
func (s *Service) RunDashboard(ctx context.Context, actor access.Actor, name string, given map[string]any) (BoardResult, error) {
	r, err := s.begin(ctx, actor)
	if err != nil {
		return BoardResult{}, err
	}
	d, widgets, err := r.board(ctx, name)
	if err != nil {
		return BoardResult{}, err
	}
	asked, err := compileParams(r.catalog, d.Params)
	if err != nil {
		return BoardResult{}, fmt.Errorf("dashboard %s: %w", name, err)
	}
	params, err := r.params(asked, given)
	if err != nil {
		return BoardResult{}, err
	}
	answer := BoardResult{Params: params, Widgets: make(map[string]WidgetResult, len(widgets))}
	tables := map[string]made{}
	for _, widget := range widgets {
		m, known := tables[widget.Dataset]
		if !known {
			m = r.makeFor(ctx, widget.Dataset, params)
			tables[widget.Dataset] = m
		}
		result, err := m.widget(ctx, widget)
		if err != nil && !forReader(err) {
			return BoardResult{}, fmt.Errorf("widget %s: %w", widget.Name, err)
		}
		answer.Widgets[widget.Name] = WidgetResult{result, err}
	}
	return answer, nil
}

// made is a dataset's table, or why there is none.
type made struct {
	table *table
	err   error
}

// makeFor computes a dataset with those of a dashboard's params it has.
func (r *request) makeFor(ctx context.Context, dataset string, given map[string]any) made {
	c, err := r.service.compiled(r.catalog, dataset)
	if err != nil {
		return made{err: err}
	}
	own := map[string]any{}
	for name, value := range given {
		if c.dataset.Params[name] != nil {
			own[name] = value
		}
	}
	params, err := r.params(c.params, own)
	if err != nil {
		return made{err: err}
	}
	t, err := r.make(ctx, c, params)
	return made{t, err}
}

// maxWidgetRows is how many rows a widget shows at most; Count says how many there are.
const maxWidgetRows = 10_000

func (m made) widget(ctx context.Context, w *def.Widget) (Result, error) {
	if m.err != nil {
		return Result{}, m.err
	}
	return m.table.result(ctx, w.Where, maxWidgetRows)
}

// forReader tells whether an error is an answer to the reader rather than a failure of the engine.
func forReader(err error) bool {
	var (
		field    *access.FieldError
		invalid  *record.InvalidError
		question *query.Error
	)
	return errors.As(err, &field) || errors.As(err, &invalid) || errors.As(err, &question)
}
