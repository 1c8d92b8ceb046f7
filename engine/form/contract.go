// Package form knows one record against its definition: defaults, computed values, lookups, visibility, required and
// read-only states, and problems. It is pure Go without I/O and builds for WASM: the server runs it at every write,
// the browser runs the same code while a person types.
//
// Compile turns an entity (and optionally a form's layout and a node's field rights) into a Form. Evaluate completes
// and checks a record's values. What the record needs from other records (reference paths, lookups) is answered by
// the caller as Related: Evaluate lists what is still missing as Asks, the caller answers and evaluates again, at most
// a few rounds. Server and browser evaluate on the same answers. Session keeps a record being edited and recomputes
// dependents only.
//
// Values are wire values (definitions.md §4) in map[string]any: strings for text, decimals, dates and ids, int64 for
// integers, bool, []any for lists, map[string]any for rows of a sub-table (with "_id"). Missing is absent.
package form

import (
	"time"

	"formwork/engine/def"
)

// Values are the values of a record by field name, in wire form.
type Values = map[string]any

// Event is the occasion of an evaluation; rules choose by it (definitions.md §2.4).
type Event string

// The occasions. Typing evaluates like Save but reports no missing required fields of untouched parts as blocking.
const (
	Save    Event = "save"
	Submit  Event = "submit"
	Approve Event = "approve" // final approval
	Void    Event = "void"
)

// Context is what an evaluation takes from outside. All of it is passed in; nothing is read from the machine.
type Context struct {
	Event        Event
	Now          time.Time
	Zone         *time.Location
	Actor        Actor
	Workday      func(date string) bool // tenant calendar; nil: Monday to Friday
	HasRole      func(role string) bool // the actor's roles for this record
	Readable     func(path string) bool // nil: everything. What is unreadable is neither evaluated nor returned: a write passes nil, or it would lose it
	Writable     func(path string) bool // nil: everything not read-only by definition
	Imported     bool                   // opening data: required, minItems and rules of entry become warnings
	Workbook     bool                   // out of a workbook, which holds no files: an approval asks for them at submit
	Record       System                 // system fields of the record
	Touched      map[string]bool        // paths the person wrote himself; x-default leaves them alone. nil: the paths that are present in Values
	Acknowledged map[string]string      // reasons given for warnings by rule name
	Assigned     func(path string) bool // rollup and number fields the engine itself gives in this write; nil: none, they keep their stored value
	NewID        func() string          // ids for new rows in Result.Values; nil: they keep their temporary ids ("+1")
}

// Actor is who edits, as expressions see him (actor.id, actor.name).
type Actor struct{ ID, Name string }

// System are the system fields expressions may read.
type System struct {
	ID, State, CreatedBy, UpdatedBy string
	Rev                             int64
	CreatedAt, UpdatedAt            time.Time
}

// Problem is one rejected value. Code is stable: the UI translates it. Field is a path such as "lines[r1].ot_hours",
// with the row's _id in brackets; a new row without id is "+" and its position from 1: "lines[+3].worker". Level is
// "error" or "warning" (may be acknowledged with a reason; one without Rule needs none, it is only recorded).
//
// Codes: type required min max scale length pattern option items duplicate_row unknown_field unknown_row field_denied
// card_check (a warning: the check digit of a bank card fails), compute (an expression failed; params.reason says how),
// and those of rules.
type Problem struct {
	Field  string         `json:"field"`
	Code   string         `json:"code"`
	Rule   string         `json:"rule,omitempty"`
	Level  string         `json:"level,omitempty"`
	Params map[string]any `json:"params,omitempty"`
}

// State says how a field (or column, or cell "lines[r1].ot_hours") is shown now.
type State struct {
	Hidden   bool `json:"hidden,omitempty"`
	Required bool `json:"required,omitempty"`
	ReadOnly bool `json:"readOnly,omitempty"`
	Pending  bool `json:"pending,omitempty"` // waits for an Ask, or is decided by the server only
}

// Ask is one thing the record needs from other records; Key identifies it in Related.
// Either a record (Entity and ID, with the Fields wanted) or a lookup (Entity, Rows, Where with plain values, Order, Take).
type Ask struct {
	Key    string         `json:"key"`
	Entity string         `json:"entity"`
	ID     string         `json:"id,omitempty"`
	Fields []string       `json:"fields,omitempty"`
	Source string         `json:"source,omitempty"` // lookup: "<path of the field>/<name of the source>", found again in the definition by the server
	Args   map[string]any `json:"args,omitempty"`   // lookup: values of the variables of its where, by variable name
}

// Related holds answers: Records by "entity/id" to the fields that were asked and readable, Lookups by Ask.Key to the
// value found. A key that is present with nil means: asked, nothing there (or not readable).
type Related struct {
	Records map[string]map[string]any `json:"records"`
	Lookups map[string]any            `json:"lookups"`
}

// Result is a completed and checked record.
type Result struct {
	Values   Values           `json:"values"`
	Problems []Problem        `json:"problems,omitempty"`
	States   map[string]State `json:"states,omitempty"`
	Asks     []Ask            `json:"asks,omitempty"` // not empty: answer and evaluate again; Problems are not final
}

// Known answers at once what the caller has at hand, so that nothing waits for it. What it does not know is asked for.
// It is used by the session's goroutine, for as long as the session lives, and must give the same answer each time.
type Known interface {
	// Record gives another record by its wire values; of one that does not exist all are nil.
	Record(entity, id string) (record Getter, known bool)
	// Lookup gives the value an Ask about a lookup finds.
	Lookup(ask *Ask) (value any, known bool)
}

// Getter gives wire values by field, nil where there is none.
type Getter interface{ Get(field string) any }

// Input is one evaluation.
type Input struct {
	Values  Values // as sent, merged over the stored ones
	Stored  Values // nil for a new record; snapshots are kept from it
	Related Related
	Known   Known // nil: everything that is not in Related is asked for
	Context Context
}

// Layout optionally narrows Compile to a form's items (visible, required, readOnly expressions) and a node's rights.
type Layout struct {
	Form   *def.Form
	Rights map[string]string // path → w, r, - of a flow node; nil outside a task
}
