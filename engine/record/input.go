package record

import (
	"context"
	"encoding/json"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/form"
	"formwork/engine/store"
)

// Catalogs gives the published definitions of a tenant; *tenant.Catalogs satisfies it.
type Catalogs interface {
	// Active gives the catalog in force.
	Active(ctx context.Context, tenant string) (*def.Catalog, error)
	// Version gives an older catalog, for records whose running instance is pinned to it.
	Version(ctx context.Context, tenant, version string) (*def.Catalog, error)
}

// Instance is what this package must know of a running flow; the rest of Record.Flow is opaque here.
type Instance struct {
	Initiator string // id of the user who submitted; edits while the record is returned
	Catalog   string // version the instance is pinned to, "" = the active one
}

// Config is what a Service is made of. Fields marked optional may be nil.
type Config struct {
	Catalogs Catalogs
	Stores   func(ctx context.Context, tenant string) (store.Store, error)
	Access   *access.Service
	Events   *event.Hub       // optional: woken after every write, so that listeners need not wait for the next poll
	Clock    func() time.Time // the server's clock
	NewID    func() string    // a new ULID
	// Zone gives the tenant's time zone, for today() and the day in automatic numbers.
	Zone func(ctx context.Context, tenant string) (*time.Location, error)
	// Workday tells the tenant's workdays; optional: Monday to Friday.
	Workday func(ctx context.Context, tenant string) (func(date string) bool, error)
	// Instance reads a stored instance; optional: initiator is the creator, catalog the active one.
	Instance func(flow json.RawMessage) (Instance, error)
	// Veil takes out of the records of a page what their runs hide from the actor; optional: nothing.
	Veil func(ctx context.Context, actor access.Actor, records []Record) error
}

// Decide says what to do with a record. It must be pure: it runs again on the newer record when another write came
// first. The Record is the stored one, nothing hidden (for a create: completed, at revision 0, not stored yet).
type Decide func(stored Record, full *Full) (Change, error)

// CreateInput is a new record.
type CreateInput struct {
	Values form.Values
	// Key is the Idempotency-Key: the id is derived from (actor, key), so a replay finds the record. "" = a new id.
	Key          string
	Form         string            // whose layout holds (what is hidden is not required); "" = the entity's own
	Acknowledged map[string]string // reasons for warnings, by rule name
	// Change, if set, decides what else the create does: a submit starts its flow here, in the same write.
	Change Decide
	// Import says that the record comes from a workbook: the grant import counts, not create, and typed numbers are taken.
	// All rules hold; files, which a workbook cannot hold, an approval asks for at submit.
	Import bool
	// Imported marks opening data: rules of entry become warnings, typed numbers are taken, State may be given.
	Imported bool
	State    string // with Imported only
	// ID, if set, is the id of the record (postings of a flow derive it from their effect); needs a system actor.
	ID string

	seeded string // the id ManyInput.Seed gave
}

// Created is the answer to a create. Replay is true if the record had been created by an earlier request with the
// same idempotency key; Record is then what is stored now.
type Created struct {
	Record Record
	Replay bool
}

// PatchInput is an edit of a record.
type PatchInput struct {
	// IfRev is the revision the editor saw. 0 means: whatever is stored; the edit is then repeated on a conflict.
	IfRev        int64
	Values       form.Values // JSON merge patch; rows by _id
	Form         string      // as in CreateInput; "-" = by the entity alone
	Acknowledged map[string]string
	Import       bool // out of a workbook, as in CreateInput; the grant update counts all the same

	dry bool // only look what would be refused
}

// Tried is what would become of a patch that nothing refuses.
type Tried struct {
	Same   bool         // a workbook says what is stored already: nothing would be written
	Claims []form.Claim // the unique keys the record would hold, each with the problem it is if another has it; not if Same
}

// VoidInput says why an approved record no longer counts.
type VoidInput struct {
	IfRev        int64 // 0 = whatever is stored
	Reason       string
	Acknowledged map[string]string
	Events       []Event // of the flow that runs on it
}

// ListInput asks for one page of records.
type ListInput struct {
	View   string          // name of a view: its where, its sort unless Sort is given, its columns; "" = none
	Params map[string]any  // values of the view's params, wire form
	Filter json.RawMessage // filter of the reader (definitions.md §6), nil = none
	Search string          // text that must occur in the fields marked x-search
	Sort   []def.Sort      // nil = the view's
	Limit  int             // 1 to 1,000; 0 = 20
	After  string          // List.Next of the page before
	Count  bool            // count all records up to 10,000 and sum the view's total columns
	// Action is what the records are wanted for: export or print show what grants of these actions show. "" = read.
	Action access.Action
	// Deleted lists the recycle bin instead; needs the grant delete.
	Deleted bool
}

// List is one page. Narrowed names the fields the query used that are readable in some rows only: it was narrowed to
// those rows.
type List struct {
	Records  []Record          `json:"records"`
	Next     string            `json:"next"`
	Count    *Count            `json:"count,omitempty"`
	Totals   map[string]string `json:"totals,omitempty"` // by field, canonical decimals
	Narrowed []string          `json:"narrowed,omitempty"`
}

// Count is how many records there are; More is true if there are more than N.
type Count struct {
	N    int  `json:"n"`
	More bool `json:"more"`
}

// ChoicesInput asks what may be put into a reference, user or department field of a record being edited.
type ChoicesInput struct {
	Field  string         // path, "team" or "lines.worker"
	Search string         // text the display (or x-search fields) must contain
	Values form.Values    // the record as it stands on the screen, for record.x in x-filter
	Row    map[string]any // the row as it stands, for row.x
	Limit  int            // 1 to 100; 0 = 20
	After  string
}

// Choices is one page of a picker.
type Choices struct {
	Items []Choice `json:"items"`
	Next  string   `json:"next"`
}

// Choice is one record that may be chosen. Summary holds texts of its x-summary fields that the reader may see.
type Choice struct {
	ID      string   `json:"id"`
	Text    string   `json:"text"`
	Summary []string `json:"summary,omitempty"`
}
