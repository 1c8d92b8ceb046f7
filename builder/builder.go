// Package builder changes what a company's program is: it keeps the draft, checks it, publishes catalogs, tells their
// history and installs templates.
//
// The engine only ever sees published catalogs. A draft is a set of changes over the catalog in force; publishing
// compiles the changed whole, checks it, stores it and moves one pointer. Nothing published is ever edited: going back is
// publishing an older catalog again. A template's definitions are kept as they were shipped (the base), so what a company
// changed (its overlay) is always the difference between base and catalog.
//
//	          put, remove            check            publish
//	catalog n ───────────▶ draft ───────────▶ problems ─────────▶ catalog n+1
//	   ▲                                                              │
//	   └───────────────────────── publish again ──────────────────────┘
package builder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"formwork/engine/def"
	"formwork/engine/identity"
	"formwork/engine/record"
	"formwork/engine/tenant"
)

// EngineVersion is what templates compare their range "engine" with.
const EngineVersion = "0.1.0"

// Config is what a Builder is made of.
type Config struct {
	Tenants   *tenant.Registry
	Catalogs  *tenant.Catalogs
	Identity  *identity.Service // creates the people of a template's sample
	Records   *record.Service   // creates its records
	Templates fs.FS             // one folder per template: template.json, entities/, forms/ …
	// Lint checks the nodes of a flow against the whole catalog.
	Lint func(*def.Catalog, *def.Flow) []def.Problem
	// Rehearse plays a flow with the company's people before it is published: its scenarios, and when it was changed a
	// dry run over everybody. Optional.
	Rehearse func(ctx context.Context, tenant string, cat *def.Catalog, f *def.Flow, changed bool) ([]def.Problem, error)
	Clock    func() time.Time
	NewID    func() string // a new ULID
}

// Builder is the service behind the designers. It is safe for many goroutines.
type Builder struct {
	config    Config
	templates func() (map[string]*Shipped, error) // the shipped ones, read when first asked for: few servers ever are
	atOnce    int                                 // records one publish prepares, see prepare
}

// New makes a Builder. It fails if it is given no templates to read.
func New(c Config) (*Builder, error) {
	if c.Templates == nil {
		return nil, errors.New("builder: no templates")
	}
	templates := sync.OnceValues(func() (map[string]*Shipped, error) { return readTemplates(c.Templates) })
	return &Builder{config: c, templates: templates, atOnce: preparedAtOnce}, nil
}

// Errors of the builder.
var (
	ErrUnknownDefinition = errors.New("no such definition")
	ErrUnknownTemplate   = errors.New("no such template")
	ErrUnknownVersion    = errors.New("no such version")
	ErrInstalled         = errors.New("template is installed already")
	ErrNothing           = errors.New("the draft changes nothing")
)

// ProblemsError is a refusal because of what a check found. All its problems of level error must be solved; those of
// level warning may be accepted by their codes.
type ProblemsError struct{ Problems []def.Problem }

// Error counts the problems and names the first.
func (e *ProblemsError) Error() string {
	if len(e.Problems) == 0 {
		return "no problems"
	}
	first := e.Problems[0]
	return fmt.Sprintf("%d problems, first: %s at %s%s %v", len(e.Problems), first.Code, first.Ref, first.Path, first.Params)
}
