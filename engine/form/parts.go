package form

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// ErrUnknownEntity is returned by Compile for an entity the catalog does not have.
var ErrUnknownEntity = errors.New("unknown entity")

// ErrCircle is returned by Compile when fields are computed from each other; the check before publishing finds it first.
var ErrCircle = errors.New("fields depend on each other in a circle")

// Form is an entity's record logic, compiled: what is computed from what, in which order, and how values are checked.
// It never changes and may be used by many goroutines.
type Form struct {
	cat     *def.Catalog
	entity  *def.Entity
	rights  map[string]string
	head    *group
	tables  []*group
	units   []*unit // in the order they run: nothing reads what comes later
	ids     int     // fields numbered so far; field.id is below
	columns int     // columns numbered so far; field.column is below
	sources map[string]*source
	needs   Needs
	wanted  map[string][]string // entity → fields expressions, filters and labels read of it, sorted
}

// Entity is the definition the form was compiled from.
func (f *Form) Entity() *def.Entity { return f.entity }

// group is the fields that stand together in one line: those of the header, or the columns of a sub-table.
type group struct {
	index   int    // position in Form.tables, -1 for the header
	name    string // the sub-table's, "" for the header
	field   *field // the sub-table's field in the header, nil for the header
	fields  []*field
	byName  map[string]*field
	units   []*unit // those that run once per line of this group, in running order
	readers []*unit // those that read which rows there are
}

// origin says where a field's value comes from.
type origin uint8

const (
	fromPeople  origin = iota // or imports, flows
	fromFormula               // x-compute
	fromLookup                // x-lookup
	fromEngine                // x-rollup, x-number: given by the engine, here only kept
	fromServer                // computed there only: this slice has no expression for it
)

// field is a field or column, compiled.
type field struct {
	*def.Field
	limits
	id       int
	pos      int // in its group
	column   int // number among all columns, for columns
	group    *group
	rows     *group // of a sub-table
	origin   origin
	scale    int
	fixed    bool
	cleaning []string
	required bool

	compute     *expr.Program
	lookups     []*source
	defaultExpr *expr.Program
	fallback    cleaned    // constant default
	choice      []variable // the variables of x-filter
	look        look       // of the header, or for the whole column
	cellLook    look       // by row

	value   *unit // gives the value, nil if nothing but people does
	shape   *unit // gives the state and says what is missing: of a field, or a whole column
	cell    *unit // the same for each cell of a column
	readers []link
}

// look is how a form shows a field. A field is shown when all of visible hold.
type look struct{ visible, required, readOnly []*expr.Program }

func (l look) empty() bool { return len(l.visible)+len(l.required)+len(l.readOnly) == 0 }

// link is a unit that reads a field. If same is set it reads only the line's own cell.
type link struct {
	unit *unit
	same bool
}

// source is one x-lookup source.
type source struct {
	*def.Lookup
	key  string // "<path>/<name>"
	when *expr.Program
	vars []variable
}

// variable is a value of the record in a filter: record.team.contract, row.worker.
type variable struct {
	name  string // as in the filter
	own   bool   // starts at the line the filter stands in (row. in a sub-table), else at the header
	steps []string
	field *field // where it starts
	end   *def.Field
}

type unitKind uint8

const (
	unitValue  unitKind = iota // computes a value or default
	unitLook                   // state of a field or column; problems of a field that is not right as a whole
	unitCell                   // the same for one cell
	unitRule                   // x-rules
	unitChoice                 // asks for what an x-filter compares with
	unitUnique                 // x-unique inside one record
)

// unit is one thing to evaluate per line of its group. Its reads decide when.
type unit struct {
	kind  unitKind
	group *group
	order int // in Form.units
	slot  int // in group.units
	field *field
	rule  *rule
	key   *uniqueness
	reads []read
	// foreign are the fields of other entities it reads.
	foreign []FieldRead
}

// FieldRead names a field or column of an entity.
type FieldRead struct{ Entity, Path string }

// read is one field a unit reads.
type read struct {
	field *field
	same  bool // the line's own cell; else the header's field, or every row's cell
}

// rule is an entity's or sub-table's rule.
type rule struct {
	*def.Rule
	name       string
	must, when *expr.Program
	field      *field   // where the problem is shown, nil = record or row
	params     []string // names of {placeholders} in its messages
}

// uniqueness is a key that one record can violate by itself.
type uniqueness struct {
	name   string
	fields []*field
	rows   *group
}

// Needs is what evaluating a record may ask for.
type Needs struct {
	Records []RecordNeed
	Lookups []LookupNeed
}

// RecordNeed says that fields of the record at a path of references are read. Path is "project", "lines.worker",
// "team.contract": from this record on.
type RecordNeed struct {
	Path   string
	Entity string
	Fields []string // sorted
}

// LookupNeed is one source of a looked-up field and the variables of its filter ("record.work_date", "row.worker").
type LookupNeed struct {
	Source string // "<path of the field>/<name of the source>", as in Ask.Source
	Lookup *def.Lookup
	Vars   []string
}

// Needs lists what evaluating a record may ask for; the caller may answer ahead of the asks.
func (f *Form) Needs() Needs { return f.needs }

// Source finds the lookup behind Ask.Source.
func (f *Form) Source(name string) (*def.Lookup, bool) {
	s, ok := f.sources[name]
	if !ok {
		return nil, false
	}
	return s.Lookup, true
}

// Reads lists every field a computed field is made from, through all formulas and lookups between: of this entity and of
// others, sorted. A reader who may not read all of them may not see how the field comes about.
func (f *Form) Reads(path string) []FieldRead {
	start, ok := f.find(path)
	if !ok {
		return nil
	}
	found := map[FieldRead]bool{}
	var follow func(of *field)
	follow = func(of *field) {
		if of.value == nil || of.origin == fromPeople {
			return
		}
		for _, foreign := range of.value.foreign {
			found[foreign] = true
		}
		for _, r := range of.value.reads {
			own := FieldRead{f.entity.Name, r.field.Path}
			if !found[own] {
				found[own] = true
				follow(r.field)
			}
		}
	}
	follow(start)
	list := slices.Collect(maps.Keys(found))
	slices.SortFunc(list, func(a, b FieldRead) int {
		return cmp.Or(strings.Compare(a.Entity, b.Entity), strings.Compare(a.Path, b.Path))
	})
	return list
}
