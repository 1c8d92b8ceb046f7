// Package store is the storage contract (architecture.md §7, storage.md): one database per tenant, one collection per
// entity, documents changed by single conditional writes, an event log that receives every event exactly once in
// revision order. store/sqlite and store/mongo implement it; store/storetest holds both to it.
//
// In Go, a document's values are in wire form (definitions.md §4: decimals and dates are strings, integers int64,
// no nulls, no empty strings); a store keeps them with real types (Decimal128 / scaled integers, BSON dates) by the
// collection's field list and gives back exactly what was put, decimals in their canonical text.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
)

// Backend opens the databases of tenants. The name "_system" holds accounts, sessions and the list of tenants.
type Backend interface {
	// Open gives the database of a tenant and creates it when missing. Calls with one name share one Store.
	Open(ctx context.Context, tenant string) (Store, error)
	// Close flushes and closes every database. Writes that were acknowledged are durable already.
	Close() error
}

// Store is one tenant's database. Methods are safe for use by many goroutines.
type Store interface {
	// Ensure creates collections and indexes, or changes them to the given shape. It is idempotent and never drops data.
	Ensure(ctx context.Context, collections ...Collection) error
	// Put performs the writes, each atomic by itself with its events and keys; the answer has one error per write, nil
	// for those done. When it returns, done writes are durable. A write refused with ErrConflict, *DuplicateError,
	// ErrNotFound or ErrInvalid has changed nothing and appended no event. With another error (ErrFull, the context's,
	// a lost connection) the outcome is unknown unless the error says otherwise: read before writing again.
	//
	// Creating an id that exists is ErrConflict, changing or removing one that does not exist ErrNotFound. One call may
	// name a document once only (the later write is ErrInvalid), and gives no order among its documents: a key that one
	// of them gives up is not surely free for another.
	Put(ctx context.Context, writes ...Write) []error
	// Get gives the documents with these ids, in no order, without those that do not exist.
	Get(ctx context.Context, collection string, ids ...string) ([]Doc, error)
	// Holders tells which documents hold unique keys (Doc.Keys): ids by key, without the keys nobody holds. Who is told
	// that a key is free may still be refused it: another may come first.
	Holders(ctx context.Context, collection string, keys ...string) (map[string]string, error)
	// Find gives one page; see query.Query. Cursors are opaque, stable under inserts, bound to the sort: a record that
	// does not change is seen exactly once by paging through. query.ErrCursor if the cursor is of another sort. With
	// Fields set, Values holds those fields only, and Flow, Keys, Chain and Claim are left out; the system fields are
	// always there.
	Find(ctx context.Context, q query.Query) (Page, error)
	// Count counts up to limit; more is true if there are more than limit. Sort, Fields, Limit and After do not matter.
	Count(ctx context.Context, q query.Query, limit int) (n int, more bool, err error)
	// Aggregate groups exactly; see query.Aggregation.
	Aggregate(ctx context.Context, a query.Aggregation) ([]map[string]any, error)
	Log
	// Lease takes or renews a named lease. Fence grows with every change of holder. ErrLeased if another holds it.
	// A ttl of zero gives the lease back, if the holder has it.
	Lease(ctx context.Context, name, holder string, ttl time.Duration) (fence int64, err error)
	// Drop deletes the whole database.
	Drop(ctx context.Context) error
}

// Log is the event log of a tenant.
type Log interface {
	// Events gives the tenant's event log after a sequence number, oldest first, at most limit. Per record the order is
	// that of revisions; an event appears soon after (SQLite: together with) its Put, and never before one with a
	// lower Seq has become visible.
	Events(ctx context.Context, after int64, limit int) ([]Event, error)
	// EventsAt gives the events with these numbers, oldest first, without those that are not there.
	EventsAt(ctx context.Context, seqs ...int64) ([]Event, error)
	// Settle returns when the log holds every event of the writes of these documents that were done before the call,
	// whichever process did them. Who tells the history of a document calls it first.
	Settle(ctx context.Context, collection string, ids ...string) error
}

// Prompt is implemented by a Store whose log holds the events of a write as soon as the write can be read, whichever
// process did it. Whoever has read such a log to its end knows of every write that was done before.
type Prompt interface {
	Store
	// Prompt does nothing: it tells stores that keep this promise from others.
	Prompt()
}

// Doc is one stored document. Its JSON form is the wire form of a record without entity and refs.
type Doc struct {
	ID        string          `json:"id"`
	Rev       int64           `json:"rev"`
	State     string          `json:"state,omitempty"`
	Values    map[string]any  `json:"values"`
	Flow      json.RawMessage `json:"flow,omitempty"`    // the running instance; opaque here
	NextDue   *time.Time      `json:"nextDue,omitempty"` // earliest deadline of Flow; indexed, filter field "next_due"
	Keys      []string        `json:"-"`                 // unique in the collection; "<rule>|<value>|…"
	Chain     string          `json:"-"`                 // hash of the record's last event
	Claim     string          `json:"-"`                 // hash of the body that created it (idempotency)
	Imported  bool            `json:"imported,omitempty"`
	Deleted   bool            `json:"deleted,omitempty"` // in the recycle bin: no keys; Find and Count skip it unless the filter names "deleted"
	CreatedBy string          `json:"createdBy"`
	CreatedAt time.Time       `json:"createdAt"` // UTC, milliseconds
	UpdatedBy string          `json:"updatedBy"`
	UpdatedAt time.Time       `json:"updatedAt"`
}

// Write is one conditional write of one document.
type Write struct {
	Collection string
	Doc        Doc     // Doc.Rev is the new revision: IfRev + 1
	IfRev      int64   // revision that must be stored now; 0 = must not exist
	Remove     bool    // delete the document instead (system collections such as sessions); of Doc only the ID counts
	Events     []Event // each of this document and of revision IfRev + 1, with N of its own
	// Follows is of a write that means nothing without the one it follows: the last one before it in the call that does
	// not follow itself. It is done after that one and only if that one was done, else its error is ErrLeft and nothing
	// has changed. That it is refused changes nothing of the one it follows. A crash may come between the two.
	Follows bool
}

// Event is one entry of a tenant's event log. (Entity, Record, Rev, N) is unique.
type Event struct {
	Seq    int64           `json:"seq"` // given by the log, growing
	Entity string          `json:"entity"`
	Record string          `json:"record"`
	Rev    int64           `json:"rev"`
	N      int             `json:"n"` // position among the events of one write
	Type   string          `json:"type"`
	Actor  string          `json:"actor"`
	At     time.Time       `json:"at"`
	Data   json.RawMessage `json:"data,omitempty"`
	Hash   string          `json:"hash,omitempty"` // chain per record: SHA-256 over the previous hash and this event
}

// Page is one page of Find. Next is "" on the last page.
type Page struct {
	Docs []Doc
	Next string
}

// Collection describes a collection to Ensure.
type Collection struct {
	Name   string
	Fields []Field
	// Indexes are lists of field paths. "-work_date" is descending. "work_date:month" is the month of a date, and
	// "+state" is carried along without order, so that filters and sums need not read the document (a store may leave
	// it out); both matter for speed only. IndexedPath, IsCarried and
	// IsMonth take a part to pieces. Keys, state and next_due are indexed anyway.
	Indexes [][]string
}

// Field tells a store how to keep one value.
type Field struct {
	Path   string // "total_amount", "lines", "lines.worker"
	Type   def.FieldType
	Scale  int  // places of decimals
	Fixed  bool // always given back with Scale places
	List   bool // multiselect, users, references, files
	Search bool // in the search index
	Pinyin bool // sorted by pinyin
	Index  bool // date fields also keep a month key
}

// Errors of Put, Find and Lease.
var (
	ErrConflict = errors.New("stored document has another revision")
	ErrNotFound = errors.New("document not found")
	ErrLeased   = errors.New("lease held by another")
	ErrLeft     = errors.New("left out, as the write it follows was not done") // see Write.Follows
	ErrTooLarge = errors.New("document too large")                             // over 8 MB
	ErrFull     = errors.New("storage full")                                   // disk full: nothing was written
	ErrAway     = errors.New("store is away")                                  // the database does not answer: what a write did is unknown

	// ErrInvalid is wrapped by the error of a write that no store may do: a value that does not fit its field, a
	// revision that is not IfRev + 1, events of another document. It is a fault of the caller.
	ErrInvalid = errors.New("invalid write")
	// ErrUnknown is wrapped by the error of a call that names a collection or field Ensure was never told of.
	ErrUnknown = errors.New("unknown to the store")
	// ErrNeedsIndex is a search by substring in more than ScanLimit records that no indexed condition narrows down.
	ErrNeedsIndex = errors.New("needs an index")
)

// The limits both stores keep.
const (
	MaxDocument = 8 << 20 // bytes of a document, about as JSON
	MaxPage     = 1000    // documents of one page
	ScanLimit   = 50_000  // records a substring is looked for in without an index
)

// DuplicateError is returned by Put when one of the document's Keys is taken by another document: Key is the first of
// those, in the document's order.
type DuplicateError struct{ Key string }

// Error names the key.
func (e *DuplicateError) Error() string { return "duplicate key " + e.Key }
