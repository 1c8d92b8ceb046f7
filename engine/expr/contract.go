// Package expr checks, compiles and evaluates expressions: computed values, conditions, defaults, texts.
//
// An expression reads values of one record (or row) and computes one value. Compile checks a source text
// against a Scope, which says which names exist and of which Type they are, and yields a Program; Eval runs
// the program over an Env, which holds the values. Nothing is read from outside: time, zone, calendar, roles
// and settings are passed in, so the server and the browser compute the same.
//
// Runtime values are: nil (missing), bool, string, Decimal, Date, Time, Month, Ref and []any (a list of such
// values). The empty text is missing too. Decimal, Date, Time, Month and Ref are opaque and immutable: they
// have neither exported fields nor methods, the functions of this package work on them. They are not equal
// by Go's == (8.5 and 8.50 differ): use Equal or Compare.
//
// The rule that keeps it right: a missing operand makes a missing result, never an error and never a zero,
// except where the table of missing values says otherwise (nz, ??, aggregates, and, or, x == nil).
package expr

import (
	"fmt"
	"strings"
	"time"
)

// Kind is the kind of a value as far as expressions tell kinds apart.
type Kind uint8

// The kinds. KindAny is what is not known before evaluation: it passes every check and is checked at run time.
const (
	KindAny      Kind = iota
	KindBool          // bool
	KindText          // string: texts, options, ids of files; compared by code point
	KindNumber        // Decimal: integer, decimal, percent, money
	KindDate          // Date: a day without zone
	KindDateTime      // Time: an instant
	KindMonth         // Month: year and month
	KindRecord        // Ref: a referred record, the header, the actor; has fields, equality by id
	KindList          // []any: rows of a sub-table, references, options
)

// String is the kind's name in error params: any bool text number date datetime month record list.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "any"
}

var kindNames = [...]string{"any", "bool", "text", "number", "date", "datetime", "month", "record", "list"}

// Type is what is known about a value before evaluation.
type Type struct {
	Kind     Kind
	Elem     *Type // of a list's items; nil = not known
	Shape    Shape // of a record; of the items when the value is a list of records and Elem is nil
	Optional bool  // may be missing
}

// Shape tells the fields of a record, a row or another thing with members.
// Fields are resolved when asked for, so entities may refer to each other in cycles.
type Shape interface {
	// Name is the entity's name (or the variable's: actor, param, …).
	Name() string
	// Field is the type of a field, false if there is none. System fields count.
	Field(name string) (Type, bool)
	// Names lists the fields, for suggestions and editors; the order does not matter.
	Names() []string
}

// Scope is what an expression may name.
type Scope struct {
	// Self holds the bare names: the fields of the record, or the columns of the row. May be nil.
	Self Shape
	// Vars are the variables: record, row, actor, param, key, sources of a dataset. A bare name wins over a variable.
	Vars map[string]Type
	// Setting gives the constant behind setting("group.name"); nil = there are no settings.
	Setting func(path string) (value any, t Type, ok bool)
	// InRow allows row_no(): Self is a row of a sub-table.
	InRow bool
}

// Path is what an expression reads, from a bare name or a variable on: ["lines","ot_hours"], ["record","team","pay_mode"].
type Path []string

// String joins the path with points.
func (p Path) String() string { return strings.Join(p, ".") }

// The codes of Error. They are stable; the UI translates them with Name, Suggestion and Params.
const (
	CodeSyntax          = "syntax"           // not an expression; Params: near
	CodeUnknownName     = "unknown_name"     // no such field or variable; Params: in (the record's name), when a member
	CodeUnknownFunction = "unknown_function" // no such function
	CodeReserved        = "reserved"         // a function that will exist later
	CodeType            = "type"             // a kind that does not fit; Params: want, got (kinds); op or function
	CodeArgumentCount   = "argument_count"   // Params: function, signature
	CodeTooLong         = "too_long"         // more than MaxSource bytes; Params: max
	CodeTooDeep         = "too_deep"         // predicates or brackets nested too deep; Params: max
	CodeWriteEq         = "write_eq"         // = or <> ; Suggestion: == or !=
	CodeUnsupported     = "unsupported"      // expr-lang has it, this language does not; Name: the operator or form
	CodeConstant        = "constant"         // must be a constant text: setting, has_role, to_text's format, a pattern
	CodePattern         = "pattern"          // not a regular expression (RE2); Params: near
	CodeFormat          = "format"           // not a format of to_text
	CodeUnknownSetting  = "unknown_setting"  // Name: the path
	CodeNotInRow        = "not_in_row"       // row_no() outside a row
	CodeRange           = "range"            // a literal out of range: more than 34 digits, no such day
)

// MaxSource is how many bytes of source Compile accepts.
const MaxSource = 8 << 10

// Error is why Compile refused an expression.
type Error struct {
	Code       string         // one of the Code constants
	Line       int            // from 1
	Column     int            // from 1, in characters
	Offset     int            // from 0, in characters (code points) from the start of the source
	Length     int            // characters the mark covers, at least 0
	Name       string         // the name, function, operator or token concerned; may be empty
	Suggestion string         // what was probably meant; may be empty
	Params     map[string]any // see the codes; may be nil
}

// Error is for logs and tests; people see a translation of Code.
func (e *Error) Error() string {
	text := fmt.Sprintf("%d:%d %s", e.Line, e.Column, e.Code)
	if e.Name != "" {
		text += " " + e.Name
	}
	if e.Suggestion != "" {
		text += " (" + e.Suggestion + "?)"
	}
	return text
}

// The codes of EvalError.
const (
	EvalBudget   = "budget"           // more steps or memory than allowed
	EvalType     = "type"             // a value of the wrong kind where the kind was not known before
	EvalRange    = "range"            // a number or date out of range
	EvalDivision = "division_by_zero" // also mod and %
	EvalTooLong  = "too_long"         // a text result of more than 64 KiB
	EvalClock    = "clock"            // today() or now() without Env.Now
)

// EvalError is why Eval gave no value. The Program is fine; the values are not.
type EvalError struct {
	Code   string // one of the Eval constants
	Offset int    // where in the source, in characters; see Error.Offset
	Name   string // the operator or function; may be empty
}

// Error is for logs and tests; people see a translation of Code.
func (e *EvalError) Error() string {
	return fmt.Sprintf("evaluate at %d: %s %s", e.Offset, e.Code, e.Name)
}

// Object gives the fields of a record or row while a program runs. It must answer with runtime values, nil
// for a missing or unknown field, and always the same for the same name during one Eval.
type Object interface {
	Get(name string) any
}

// Env is what a program is evaluated over. Only what the program uses need be set, nil = nothing. Eval changes nothing in it.
type Env struct {
	Self Object         // bare names
	Vars map[string]any // the Scope's Vars as runtime values; a variable with fields is a Ref (see NewRef)

	Now  time.Time      // the instant of today() and now(): the server's clock, also in the browser
	Zone *time.Location // the tenant's zone, for today() and the day of an instant; nil = UTC
	AsOf Date           // the data date of a report; the zero Date = today

	Calendar func(Date) bool                           // is this a workday? nil = Monday to Friday
	HasRole  func(role string) bool                    // the actor's roles for this record; nil = none
	RowNo    int                                       // position of the row, from 1
	Label    func(path Path, value any) (string, bool) // title of an option, display of a reference; nil = the value's own text

	Steps int // budget of steps; 0 = DefaultSteps. A step is about one operation or one item of a list
}

// DefaultSteps is the budget of an evaluation: some 0.1 s of work at most.
const DefaultSteps = 2_000_000

// Program is a compiled expression. It never changes and may be evaluated by several goroutines at once.
type Program struct {
	source    string
	typ       Type
	reads     []Path
	missing   []Path
	labels    []Path
	settings  []string
	uses      map[string]bool
	unrounded bool
	lets      int // variables to make room for
	run       node
}

// Source is the text the program was compiled from.
func (p *Program) Source() string { return p.source }

// Type is the type of the result. Optional is set if the result may be missing.
func (p *Program) Type() Type { return p.typ }

// Reads lists every path the program may read, sorted, each once: for dependency graphs, needs and masks.
// A path that is only a step to a longer one is not listed ("project.labor_policy" also depends on "project").
func (p *Program) Reads() []Path { return p.reads }

// MaybeMissing lists the paths whose being missing can make the result missing: optional operands that are not
// wrapped in nz, ??, a test for nil or an aggregate. A flow condition must have none (maybe_missing).
func (p *Program) MaybeMissing() []Path { return p.missing }

// Labels lists the paths that are shown by their label (label_of, a record in a template), sorted: what Env.Label
// may be asked for. Their values are in Reads too.
func (p *Program) Labels() []Path { return p.labels }

// Settings lists the settings whose constants are built in, sorted.
func (p *Program) Settings() []string { return p.settings }

// Unrounded tells whether a division (or another endless fraction) reaches the result without round,
// round_up, round_down, floor or ceil. Such a value may not be stored.
func (p *Program) Unrounded() bool { return p.unrounded }

// Uses tells whether the program calls a function, e.g. today, now, has_role, row_no.
func (p *Program) Uses(function string) bool { return p.uses[function] }

// Compile checks a source text against a scope and compiles it. The result must be of the wanted kind (KindAny
// = all will do; a number never counts as a text). A failure is an *Error.
func Compile(source string, scope Scope, want Kind) (*Program, error) {
	return compile(source, scope, want)
}

// CompileTemplate compiles a text with ${expr} in it, as if it stood between backquotes: subjects of flows,
// texts of prints. Missing parts become nothing. Positions of errors are those in the text.
func CompileTemplate(text string, scope Scope) (*Program, error) {
	return compileTemplate(text, scope)
}

// Eval computes the value over an environment; nil means missing. A failure is an *EvalError.
func (p *Program) Eval(env *Env) (any, error) { return p.eval(env) }

// Function describes a function of the language, for editors.
type Function struct {
	Name      string
	Group     string // logic numbers lists text dates chinese context
	Signature string // "round(x, n)"
}

// Functions lists the functions of the language, by group and in the order of the reference.
func Functions() []Function { return functionTable() }

// Reserved lists the names no field may have, sorted: words of the language, variables, functions (also those
// reserved for later) and system fields.
func Reserved() []string { return reservedNames() }

// IsReserved tells whether no field may have this name.
func IsReserved(name string) bool { return isReserved(name) }
