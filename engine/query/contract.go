// Package query holds filters, sorting, paging and aggregation as data (definitions.md §6).
//
// A Filter comes from JSON (Parse), is checked and typed against an entity (Check), gets its variables filled in
// (Resolve) and is then either evaluated in memory (Match) or given to a store. The two stores and Match must agree:
// storetest and a fuzz test compare them. Values in a resolved filter are wire values (see record values in
// definitions.md §4): strings for decimals and dates, int64, bool, string, []any. A condition over a missing value
// never matches; `not` is plain two-valued negation; missing sorts first.
package query

import "formwork/engine/def"

// Op is a comparison of a condition.
type Op string

// The operators of definitions.md §6.
const (
	Eq       Op = "eq"
	Ne       Op = "ne" // does not match missing
	Lt       Op = "lt"
	Le       Op = "le"
	Gt       Op = "gt"
	Ge       Op = "ge"
	Between  Op = "between"  // value [a, b], inclusive
	In       Op = "in"       // value: list of at most 2,000
	Contains Op = "contains" // folded substring; on list fields: has the element
	Starts   Op = "starts"   // folded prefix
	Any      Op = "any"      // some row of a sub-table satisfies Where
	Empty    Op = "empty"    // value true | false
)

// Filter is one node of a filter tree; exactly one of And, Or, Not, Cond is set.
// And with no members matches everything, Or with no members nothing.
type Filter struct {
	And  []*Filter // non-nil for {"and": […]}
	Or   []*Filter // non-nil for {"or": […]}
	Not  *Filter
	Cond *Cond
}

// Cond is one condition. Path is the field split at dots: ["work_date"], ["lines", "worker"] (a column: some row
// matches) or up to three references followed by a field (["team", "contract", "supplier"]).
type Cond struct {
	Path     []string
	Op       Op
	Value    any     // wire value, []any, Var (before Resolve) or nil
	Where    *Filter // with Any only
	Optional bool    // dropped by Resolve while its variable is missing

	// Filled in by Check.
	Type def.FieldType // type of the field at the end of Path; system fields: text (id, state, created_by, updated_by), integer (rev), datetime
	List bool          // the value at Path is a list (multiselect, users, references)
	Refs int           // how many leading elements of Path are references to follow in other entities (0: this record)
	Rows bool          // Path[Refs] is a sub-table and Path[Refs+1] its column
}

// Var is a variable where a value stands: {"var": "today", "plus": "-P3D"}.
type Var struct {
	Name string
	Plus string // ISO 8601 duration added to a date, or ""
}

// Sort is one sort key over a field of the record itself (no references, no columns).
type Sort struct {
	Field string
	Desc  bool
	Type  def.FieldType // filled in by CheckSort
}

// Query asks a store for records of one collection. The store adds the id as the last sort key.
type Query struct {
	Collection string
	Where      *Filter  // resolved; only Refs == 0; nil matches everything
	Search     string   // text of q=; all its bigrams must be in the search index, then verified; "" = none
	AnyGram    []string // the search index holds one of these grams (Grams), or both of two with a blank between; nil = any record
	Sort       []Sort
	Fields     []string // top-level fields to return; nil = all
	Limit      int      // 1 to 1,000
	After      string   // cursor of an earlier Page, "" for the first
}

// By is one grouping key: a path, or the month/day/year of a date path. The days of an instant are those of the
// aggregation's Zone.
type By struct {
	Name string
	Path []string
	Unit string // "", day, month, year
	Type def.FieldType
}

// Measure is one aggregate: count (no path), count_distinct, sum, min, max, avg, with an optional filter of its own.
type Measure struct {
	Name  string
	Agg   string
	Path  []string
	Where *Filter
	Type  def.FieldType
}

// Aggregation groups the records of one collection, or one sub-table's rows if Unwind is set. Conditions of Where and
// of the measures on a column of the unwound sub-table are about the row, all others about the record.
//
// The result has one map per group, in no order: key and measure names to wire values. A missing key is absent, and so
// is the min, max or avg over nothing. Counts are int64. Sums are exact decimal strings (of integers too), written
// with the places of their field; avg is a decimal of at most 34 digits, half up, shortest. A record in the recycle bin
// counts only if Where names "deleted". Without By there is always one group.
type Aggregation struct {
	Collection string
	Unwind     string
	Where      *Filter
	By         []By
	Measures   []Measure
	Zone       string // IANA name of the zone whose days and months instants fall in; "" = UTC
}

// Error is a filter, sort or aggregation that cannot be parsed, checked or resolved. Code is one of the Code constants;
// Path is a JSON pointer into the filter.
type Error struct {
	Code   string
	Path   string
	Params map[string]any
}

// Vars gives the value of a variable such as "actor.id" or "record.project"; ok is false when it has none (missing).
// An unknown name is refused by Check.
type Vars func(name string) (value any, ok bool)

// Record is what Match looks at. Get gives the wire value of a field or system field, nil when missing.
type Record interface{ Get(field string) any }

// Entities finds entities for Check; *def.Catalog's Entities map through EntityOf satisfies it.
type Entities interface {
	Entity(name string) (*def.Entity, bool)
}
