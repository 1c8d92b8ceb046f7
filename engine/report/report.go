// Package report runs datasets and dashboards (definitions.md §9) with the reader's eyes.
//
// A dataset is one grouped query per source, joined on equal keys, and columns computed from the measures. Whatever the
// reader may not see does not count: each source asks the store for the rows his grants admit, narrowed to those in which
// he may read every field the source uses. Sums are exact from the store to the wire; nothing is ever a float.
//
//	params → sources (rights, filter, grouping) → join → columns → having → order → windows → totals
//
// A key behind references (lines.worker.trade) is grouped by the reference first and then, by what the reader sees of the
// records referred to, grouped again.
package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// Config is what a Service asks.
type Config struct {
	Catalog func(ctx context.Context, tenant string) (*def.Catalog, error) // the active one
	Stores  func(ctx context.Context, tenant string) (store.Store, error)
	Access  *access.Service
	Records *record.Service
	Clock   func() time.Time
	Zone    func(ctx context.Context, tenant string) (*time.Location, error)
}

// Service runs datasets. It is safe for many goroutines. Its methods fail with record.ErrNotFound for an unknown dataset
// or dashboard and for one the actor has no grant on (the two look the same to him), *record.InvalidError for params that
// are no values of their fields, *access.FieldError when a source needs fields the actor may read nowhere, and
// *query.Error for a filter that does not fit.
type Service struct {
	config Config
	cache  cache
}

// New makes a Service. It fails if a part of the configuration is missing.
func New(c Config) (*Service, error) {
	if c.Catalog == nil || c.Stores == nil || c.Access == nil || c.Records == nil || c.Clock == nil || c.Zone == nil {
		return nil, errors.New("report service: incomplete configuration")
	}
	return &Service{config: c, cache: cache{entries: map[cacheKey]*compiled{}}}, nil
}

// MaxRows is how many groups a dataset may have; more are a *query.Error of code too_many_values.
const MaxRows = 100_000

// RunInput asks for the rows of a dataset.
type RunInput struct {
	Params map[string]any  // by name, wire values; absent ones take their defaults
	Where  json.RawMessage // filter over the shown columns, on top of the dataset's own; nil = none
	Limit  int             // rows to return; 0 = all
	Action access.Action   // access.Read (default) or access.Export: which grant on the dataset it takes
}

// Result is a dataset's table. A missing value is absent from its row.
type Result struct {
	Columns  []Column          `json:"columns"`
	Rows     []Row             `json:"rows"`
	Count    int               `json:"count"`            // of all rows, those beyond the limit too
	Totals   map[string]any    `json:"totals,omitempty"` // by column, over all rows
	Refs     map[string]string `json:"refs,omitempty"`   // "entity/id" → display text
	Params   map[string]any    `json:"params,omitempty"` // in force, defaults filled in
	AsOf     string            `json:"asOf"`             // data date
	Narrowed []string          `json:"narrowed,omitempty"`
	Failed   []Failure         `json:"failed,omitempty"`
}

// Row holds wire values by column. With drill, KeyName holds the row's grouping keys as well.
type Row map[string]any

// KeyName stands in a Row for its grouping keys, by name; no column can be called so.
const KeyName = "_key"

// Failure is a column that could not be computed in some rows; there it is missing. Code is one of expr's Eval codes.
type Failure struct {
	Column string `json:"column"`
	Code   string `json:"code"`
	Rows   int    `json:"rows"`
}

// Column describes a shown column, as a field that may have options or refer to records. Total: it has a sum in the foot.
type Column struct {
	Name   string        `json:"name"`
	Title  string        `json:"title"`
	I18n   def.I18n      `json:"x-i18n,omitempty"` //nolint:tagliatelle // as in definitions
	XType  def.FieldType `json:"x-type"`           //nolint:tagliatelle // as in definitions
	Scale  int           `json:"x-scale"`          //nolint:tagliatelle // as in definitions
	Fixed  bool          `json:"x-fixed"`          //nolint:tagliatelle // as in definitions
	Unit   string        `json:"x-unit,omitempty"` //nolint:tagliatelle // as in definitions
	Entity string        `json:"entity,omitempty"` // what a reference leads to
	OneOf  []*def.Option `json:"oneOf,omitempty"`
	Key    bool          `json:"key,omitempty"`
	Total  bool          `json:"total,omitempty"`
}

// Info describes a dataset to somebody who may run it.
type Info struct {
	Name        string                `json:"name"`
	Title       string                `json:"title"`
	I18n        def.I18n              `json:"x-i18n,omitempty"` //nolint:tagliatelle // as in definitions
	Description string                `json:"description,omitempty"`
	Params      map[string]*def.Field `json:"params,omitempty"` // options of dictionaries in oneOf
	Columns     []Column              `json:"columns"`
	Drill       string                `json:"drill,omitempty"` // entity of the records behind a row
	Export      bool                  `json:"export,omitempty"`
}

// request is one call: who asks, what is in force, one reading of the clock.
type request struct {
	service *Service
	actor   access.Actor
	catalog *def.Catalog
	store   store.Store
	now     time.Time
	zone    *time.Location
	vars    query.Vars
}

func (s *Service) begin(ctx context.Context, actor access.Actor) (*request, error) {
	catalog, err := s.config.Catalog(ctx, actor.Tenant)
	if err != nil {
		return nil, fmt.Errorf("catalog of %s: %w", actor.Tenant, err)
	}
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return nil, fmt.Errorf("store of %s: %w", actor.Tenant, err)
	}
	zone, err := s.config.Zone(ctx, actor.Tenant)
	if err != nil {
		return nil, fmt.Errorf("time zone of %s: %w", actor.Tenant, err)
	}
	vars, err := s.config.Access.Vars(ctx, actor)
	if err != nil {
		return nil, err
	}
	return &request{service: s, actor: actor, catalog: catalog, store: st, now: s.config.Clock(), zone: zone, vars: vars}, nil
}

// open gives a dataset the actor may run under an action.
func (r *request) open(ctx context.Context, name string, action access.Action) (*compiled, error) {
	may, err := r.service.config.Access.Dataset(ctx, r.actor, name, action)
	if err != nil {
		return nil, err
	}
	if !may || r.catalog.Datasets[name] == nil {
		return nil, fmt.Errorf("dataset %s: %w", name, record.ErrNotFound)
	}
	return r.service.compiled(r.catalog, name)
}

// Dataset describes a dataset.
func (s *Service) Dataset(ctx context.Context, actor access.Actor, name string) (Info, error) {
	r, err := s.begin(ctx, actor)
	if err != nil {
		return Info{}, err
	}
	c, err := r.open(ctx, name, access.Read)
	if err != nil {
		return Info{}, err
	}
	export, err := s.config.Access.Dataset(ctx, actor, name, access.Export)
	if err != nil {
		return Info{}, err
	}
	d := c.dataset
	info := Info{
		Name: d.Name, Title: d.Title, I18n: d.I18n, Description: d.Description, Params: shownParams(d.Name, d.Params),
		Columns: c.shown(), Export: export,
	}
	if d.Drill != nil {
		info.Drill = d.Drill.Entity
	}
	return info, nil
}

// shownParams are params as a browser needs them.
func shownParams(name string, params map[string]*def.Field) map[string]*def.Field {
	holder := &def.Entity{Head: def.Head{Name: name}, Properties: params}
	return holder.Resolved(nil).Properties
}

// May tells whether the actor may run a dataset, for menus.
func (s *Service) May(ctx context.Context, actor access.Actor, dataset string) (bool, error) {
	return s.config.Access.Dataset(ctx, actor, dataset, access.Read)
}

// Run computes a dataset.
func (s *Service) Run(ctx context.Context, actor access.Actor, name string, in RunInput) (Result, error) {
	r, err := s.begin(ctx, actor)
	if err != nil {
		return Result{}, err
	}
	action := in.Action
	if action == "" {
		action = access.Read
	}
	c, err := r.open(ctx, name, action)
	if err != nil {
		return Result{}, err
	}
	params, err := r.params(c.params, in.Params)
	if err != nil {
		return Result{}, err
	}
	made, err := r.make(ctx, c, params)
	if err != nil {
		return Result{}, fmt.Errorf("dataset %s: %w", name, err)
	}
	result, err := made.result(ctx, in.Where, in.Limit)
	if err != nil {
		return Result{}, fmt.Errorf("dataset %s: %w", name, err)
	}
	return result, nil
}

// asOf is the data date of a run: the param as_of if the dataset has one, else today.
func (r *request) asOf(params map[string]any) expr.Date {
	if text, ok := params[paramAsOf].(string); ok {
		if date, err := expr.ParseDate(text); err == nil {
			return date
		}
	}
	return expr.DateOf(r.now, r.zone)
}

// paramAsOf names the param that is the data date: what as_of() gives in the columns.
const paramAsOf = "as_of"

// resolve fills in a filter: params, keys if there are any, and what stands everywhere.
func (r *request) resolve(f *query.Filter, params, keys map[string]any) (*query.Filter, error) {
	return query.Resolve(f, func(name string) (any, bool) {
		if param, ok := strings.CutPrefix(name, "param."); ok {
			value := params[param]
			return value, value != nil
		}
		if key, ok := strings.CutPrefix(name, "key."); ok {
			value := keys[key]
			return value, value != nil
		}
		return r.vars(name)
	})
}
