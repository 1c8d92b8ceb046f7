// Package printing makes what goes on paper: records, or the rows of a dataset, in the blocks of a print definition
// (definitions.md §12), with values ready to be laid out.
//
// A print shows what the reader's grants of the action print show, masked as they mask. What is hidden from him falls
// out, with everything made from it: columns, texts, conditions. So one definition gives the sheet with prices and, to
// those who may not see them, the one without. What leaves the system is counted: per record and print there is one
// record of the entity printing, changed by every print together with an event that says who, when, which copy, and which
// personal values stood there in full. A preview is neither counted nor free of its watermark.
//
//	records → rights (print) → far values, as the reader sees them → blocks → count
package printing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/record"
	"formwork/engine/report"
	"formwork/engine/store"
	"formwork/engine/tenant"
)

// Config is what a Service asks.
type Config struct {
	Catalogs *tenant.Catalogs
	Stores   func(ctx context.Context, tenant string) (store.Store, error)
	Access   *access.Service
	Records  *record.Service
	Flows    *flow.Service
	Reports  *report.Service
	Clock    func() time.Time
	Zone     func(ctx context.Context, tenant string) (*time.Location, error)
}

// Service makes prints. It is safe for many goroutines. Its methods fail with record.ErrNotFound for an unknown print, and
// for records that are not there or that no grant to print admits; with record.ErrForbidden without any such grant. Who
// takes part in the approval of a record may print its approval sheet without one.
type Service struct {
	config Config
	cache  cache
}

// New makes a Service. It fails if a part of the configuration is missing.
func New(c Config) (*Service, error) {
	if c.Catalogs == nil || c.Stores == nil || c.Access == nil || c.Records == nil || c.Flows == nil || c.Reports == nil ||
		c.Clock == nil || c.Zone == nil {
		return nil, errors.New("printing service: incomplete configuration")
	}
	return &Service{config: c, cache: cache{entries: map[cacheKey]*compiled{}}}, nil
}

// MaxRecords is how many records are printed at once, MaxRows how many rows of a dataset.
const (
	MaxRecords = 200
	MaxRows    = 5000
)

// Info is a print to choose.
type Info struct {
	Name  string        `json:"name"`
	Title string        `json:"title"`
	I18n  def.I18n      `json:"x-i18n,omitempty"` //nolint:tagliatelle // as in definitions
	Page  def.PrintPage `json:"page"`
}

// Input says what is printed. Final counts it; without, it is a preview.
type Input struct {
	Records []string       // of a print of an entity, in this order
	Params  map[string]any // of a print of a dataset, wire values
	Final   bool
}

// Sheet is what goes on paper. Preview: it may only be looked at.
type Sheet struct {
	Name      string        `json:"name"`
	Title     string        `json:"title"`
	Page      def.PrintPage `json:"page"`
	Preview   bool          `json:"preview"`
	At        time.Time     `json:"at"`
	By        string        `json:"by"`
	Zone      string        `json:"zone"` // IANA name
	Documents []Document    `json:"documents"`
}

// Document is one record, one row of its sub-table, or one dataset. Printed is how often it was printed, this time
// included unless it is a preview: from 2 on it is a copy.
type Document struct {
	Entity  string            `json:"entity,omitempty"`
	Record  string            `json:"record,omitempty"`
	State   string            `json:"state,omitempty"`
	Printed int               `json:"printed"`
	Blocks  []Block           `json:"blocks"`
	Refs    map[string]string `json:"refs,omitempty"` // "entity/id" → display text

	personal []string
}

// Block is a block with its values. Which members count depends on Type, as in the definition.
type Block struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Title   string   `json:"title,omitempty"`
	Text    string   `json:"text,omitempty"`
	Align   string   `json:"align,omitempty"`
	Across  int      `json:"across,omitempty"`
	Items   []Item   `json:"items,omitempty"`
	Columns []Column `json:"columns,omitempty"`
	Rows    [][]any  `json:"rows,omitempty"`   // wire values by column; null where there is none
	Totals  []any    `json:"totals,omitempty"` // by column
	MinRows int      `json:"minRows,omitempty"`
	Matrix  *Matrix  `json:"matrix,omitempty"`
	Boxes   []Box    `json:"boxes,omitempty"`
	Photos  []string `json:"photos,omitempty"` // ids of files
	// Steps are those of the approval, oldest first.
	Steps []flow.TrailStep `json:"steps,omitempty"`
}

// Item is a labelled value, described as a field that may have options or refer to records.
type Item struct {
	report.Column
	Span  int `json:"span,omitempty"`
	Value any `json:"value,omitempty"`
}

// Column describes a column. Width is in millimetres, 0 = what is left; Blank: to be written in by hand.
type Column struct {
	report.Column
	Width int    `json:"width,omitempty"`
	Align string `json:"align,omitempty"`
	Blank bool   `json:"blank,omitempty"`
}

// Matrix is a month: its days with their weekdays (1 = Monday), the lines of every row, and the rows. The columns of the
// block stand before the days, blank ones behind them.
type Matrix struct {
	Days     []int       `json:"days"`
	Weekdays []int       `json:"weekdays"`
	Lines    []Item      `json:"lines"`
	Rows     []MatrixRow `json:"rows"`
}

// MatrixRow is one row: what stands before the days, and for each line the values of the days and their sum.
type MatrixRow struct {
	Lead   []any   `json:"lead"`
	Cells  [][]any `json:"cells"`
	Totals []any   `json:"totals"`
}

// Box is a place to sign with who signed.
type Box struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Value *Item  `json:"value,omitempty"` // of its field
	Signs []Sign `json:"signs,omitempty"`
}

// Sign is one signature. File is the drawn one.
type Sign struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
	File string    `json:"file,omitempty"`
}

// OfParticipant is Of for somebody who takes part in the run of a record: approval sheets are his without a grant.
func (s *Service) OfParticipant(ctx context.Context, actor access.Actor, entity string) ([]Info, error) {
	list, err := s.Of(ctx, actor, entity)
	if err != nil || len(list) > 0 {
		return list, err
	}
	catalog, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	return infos(slices.DeleteFunc(catalog.PrintsOf(entity), func(p *def.Print) bool { return !approvalSheet(p) })), nil
}

// Of lists the prints of an entity the actor may use; none without a grant to print.
func (s *Service) Of(ctx context.Context, actor access.Actor, entity string) ([]Info, error) {
	catalog, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	rights, err := s.config.Access.Rights(ctx, actor, entity, access.Print)
	if err != nil {
		return nil, err
	}
	if !rights.All && len(rights.Grants) == 0 {
		return []Info{}, nil
	}
	return infos(catalog.PrintsOf(entity)), nil
}

// OfDataset lists the prints of a dataset the actor may use.
func (s *Service) OfDataset(ctx context.Context, actor access.Actor, dataset string) ([]Info, error) {
	catalog, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	may, err := s.config.Access.Dataset(ctx, actor, dataset, access.Print)
	if err != nil || !may {
		return []Info{}, err
	}
	return infos(catalog.PrintsOver(dataset)), nil
}

func infos(prints []*def.Print) []Info {
	list := make([]Info, len(prints))
	for i, p := range prints {
		list[i] = Info{Name: p.Name, Title: p.Title, I18n: p.I18n, Page: pageOf(p)}
	}
	return list
}

// pageOf is the paper of a print with its defaults.
func pageOf(p *def.Print) def.PrintPage {
	page := def.PrintPage{}
	if p.Page != nil {
		page = *p.Page
	}
	if page.Size == "" {
		page.Size = "A4"
	}
	page.PerPage = max(page.PerPage, 1)
	return page
}

// Print makes a print of records of an entity.
func (s *Service) Print(ctx context.Context, actor access.Actor, entity, name string, in Input) (Sheet, error) {
	r, err := s.begin(ctx, actor, name)
	if err != nil {
		return Sheet{}, err
	}
	if r.definition.Entity != entity || len(in.Records) == 0 || len(in.Records) > MaxRecords {
		return Sheet{}, fmt.Errorf("print %s of %d %s: %w", name, len(in.Records), entity, record.ErrNotFound)
	}
	documents, err := r.records(ctx, in.Records)
	if err != nil {
		return Sheet{}, fmt.Errorf("print %s: %w", name, err)
	}
	keys := make([]key, len(documents))
	for i, d := range documents {
		keys[i] = key{entity: entity, record: d.Record, name: name}
	}
	return r.finish(ctx, documents, keys, in.Final)
}

// PrintDataset makes a print of a dataset. It fails as report.Service.Run does, too.
func (s *Service) PrintDataset(ctx context.Context, actor access.Actor, dataset, name string, in Input) (Sheet, error) {
	r, err := s.begin(ctx, actor, name)
	if err != nil {
		return Sheet{}, err
	}
	if r.definition.Dataset != dataset {
		return Sheet{}, fmt.Errorf("print %s of dataset %s: %w", name, dataset, record.ErrNotFound)
	}
	document, params, err := r.rows(ctx, in.Params)
	if err != nil {
		return Sheet{}, fmt.Errorf("print %s: %w", name, err)
	}
	k, err := keyOf(dataset, name, params)
	if err != nil {
		return Sheet{}, err
	}
	return r.finish(ctx, []Document{document}, []key{k}, in.Final)
}

// finish counts what is final and puts the sheet together.
func (r *run) finish(ctx context.Context, documents []Document, keys []key, final bool) (Sheet, error) { //nolint:revive // final is the caller's choice, not a mode
	counted := r.printed
	if final {
		counted = r.count
	}
	if err := counted(ctx, documents, keys); err != nil {
		return Sheet{}, err
	}
	return Sheet{
		Name: r.definition.Name, Title: r.definition.Label(r.actor.Lang), Page: pageOf(r.definition), Preview: !final,
		At: r.now, By: r.actor.Name, Zone: r.zone.String(), Documents: documents,
	}, nil
}

// run is one call: who asks, what is in force, one reading of the clock.
type run struct {
	*compiled
	service *Service
	actor   access.Actor
	now     time.Time
	zone    *time.Location
	rights  map[string]record.Rights // to read other entities, by name
}

func (s *Service) begin(ctx context.Context, actor access.Actor, name string) (*run, error) {
	catalog, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	if catalog.Prints[name] == nil {
		return nil, fmt.Errorf("print %s: %w", name, record.ErrNotFound)
	}
	zone, err := s.config.Zone(ctx, actor.Tenant)
	if err != nil {
		return nil, fmt.Errorf("time zone of %s: %w", actor.Tenant, err)
	}
	made, err := s.compiled(catalog, name, actor.Lang)
	if err != nil {
		return nil, err
	}
	return &run{
		compiled: made, service: s, actor: actor, now: s.config.Clock().UTC().Truncate(time.Millisecond), zone: zone,
		rights: map[string]record.Rights{},
	}, nil
}
