// Package record is the one way records change (architecture.md idea 3). Service takes values through related values →
// defaults → computed values → rules → validation → permission → one conditional write with events, whoever asks: the
// screen, the API, an import, a flow. Nobody else calls the store's Put for tenants' entities.
//
// Reads go through it too: it applies row filters and field masks of the actor, follows reference paths in filters,
// and adds display texts.
package record

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"formwork/engine/form"
	"formwork/engine/store"
)

// Record is one stored thing of an entity, as the API shows it.
type Record struct {
	ID        string            `json:"id"`
	Entity    string            `json:"entity"`
	Rev       int64             `json:"rev"`
	State     string            `json:"state,omitempty"`
	Values    form.Values       `json:"values"`
	Refs      map[string]string `json:"refs,omitempty"`    // "entity/id" → display text
	Related   map[string]any    `json:"related,omitempty"` // in lists: the view's columns behind references, by path ("team.foreman")
	Masked    []string          `json:"masked,omitempty"`  // paths whose value is shown masked
	Can       []string          `json:"can,omitempty"`     // what the reader may do: update, submit, delete, void, copy; flows add their verbs
	Flow      json.RawMessage   `json:"-"`                 // the running instance; the flow package shapes what a reader sees
	NextDue   *time.Time        `json:"-"`
	Imported  bool              `json:"imported,omitempty"`
	Deleted   bool              `json:"deleted,omitempty"`
	CreatedBy string            `json:"createdBy"`
	CreatedAt time.Time         `json:"createdAt"`
	UpdatedBy string            `json:"updatedBy"`
	UpdatedAt time.Time         `json:"updatedAt"`
}

// Change is what a write does to a record, decided by a pure function over the stored record: flow.Service gives the
// outcome of step, a patch gives only Patch. Zero values change nothing.
type Change struct {
	Patch        form.Values            // JSON merge patch on values; rows by _id. Without one and without Event the rules are not asked
	Writable     func(path string) bool // which paths the actor may write in this change; nil: by his grants
	Own          func(path string) bool // paths of Patch the flow itself writes: nobody's rights are asked; nil = none
	Event        form.Event             // occasion for the rules; "" = save, or none if there is no Patch either
	State        string                 // new state, "" = unchanged
	Flow         json.RawMessage        // new instance; nil = unchanged, "null" = remove
	Instance     any                    // Flow, decoded: Full.Instance of the record once it is stored; nil = whoever needs it decodes it
	NextDue      *time.Time             // set together with Flow
	Events       []Event                // further events beside created/updated
	Acknowledged map[string]string      // reasons for warnings, by rule name

	// Along gives writes of system collections that follow from the record as it will be stored (its tasks): they are done
	// in the same call of the store, after the record and only if it is. Done is told what became of them, when the record
	// is stored; a crash may come between. Both nil: none.
	Along func(ctx context.Context, full *Full) ([]store.Write, error)
	Done  func(errs []error)
}

// Event is one event to append with a write; the service fills in entity, record, revision, actor, time and chain.
type Event struct {
	Type string
	Data any // marshalled to JSON
}

// Errors of the service. InvalidError carries problems.
var (
	ErrNotFound            = errors.New("record not found") // absent, or not readable for the actor
	ErrForbidden           = errors.New("not allowed")      // no grant for the action
	ErrIdempotencyConflict = errors.New("idempotency key used with another body")
	ErrNotEditable         = errors.New("record is not editable in its state") // code not_editable
	ErrStale               = errors.New("record changed since it was read")    // returned by a Decide: Change answers *ConflictError
	ErrInUse               = errors.New("record is referred to")               // code master_in_use; Delete answers *InUseError
)

// ConflictError is an update of a record that changed since it was read; Current is what the actor may see of it.
type ConflictError struct{ Current Record }

// Error satisfies error.
func (e *ConflictError) Error() string { return "record changed meanwhile" }

// InUseError is the refusal to let a record vanish that others refer to: what is no longer wanted is disabled.
type InUseError struct {
	By     []Use // what the actor may know of, by entity in the order of names
	Hidden bool  // records the actor may not read refer to it as well
}

// Use is how many records of an entity refer to a record: those the actor may read. Title is the entity's in his language.
type Use struct {
	Entity string `json:"entity"`
	Title  string `json:"title"`
	Count  int    `json:"count"`
	More   bool   `json:"more,omitempty"` // there are more than Count
}

// Error satisfies error.
func (e *InUseError) Error() string { return ErrInUse.Error() }

// Is makes every InUseError an ErrInUse.
func (e *InUseError) Is(target error) bool { return target == ErrInUse }

// InvalidError lists everything wrong with the values a caller sent. NeedsReason is true when only warnings are left:
// the write passes when repeated with reasons.
type InvalidError struct {
	Problems    []form.Problem
	NeedsReason bool
}

// Error satisfies error.
func (e *InvalidError) Error() string {
	text := "invalid values"
	for i, p := range e.Problems {
		if i == loggedProblems {
			return text + " …"
		}
		text += fmt.Sprintf("; %s: %s", p.Field, p.Code)
	}
	return text
}

// loggedProblems is how many problems an error says in a log; none with a value in it.
const loggedProblems = 5
