package expr

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// operand is a compiled part of an expression and what is known about it.
type operand struct {
	run node
	typ Type
	loc file.Location
	at  int // offset in the whole source, for failures while running

	paths []Path // the places in the record it stands for, if it is a field (or a list of rows, an item of one)
	plain bool   // paths are not yet noted as read: a member may follow and make them longer
	key   string // names the value for tests against nil: while one is in force the value is not missing

	present             []string // keys that are not missing if this is not
	whenTrue, whenFalse []string // further keys that are not missing if this condition is true, is false

	behind  []string // where one of these keys is missing, the value is standIn: nz(x, 0)
	standIn any

	missing   []Path // the optional paths that can make it missing
	unrounded bool   // a division reached it

	isConst bool // value is what run returns
	value   any
}

func (o operand) isNil() bool { return o.isConst && o.value == nil }

// element is the item of a list inside a predicate.
type element struct {
	typ    Type
	paths  []Path
	key    string
	member bool // it, or a member of it, is read: the list's own path need not be
}

// variable is a let.
type variable struct {
	name string
	slot int
	operand
}

type compiler struct {
	whole     []rune
	src       source
	scope     Scope
	functions map[string]*function
	refused   *Error // the first

	reads    map[string]Path
	trail    []Path // reads in order, to find those of a part
	labels   []Path
	settings map[string]bool
	uses     map[string]bool
	elements []element
	items    int // elements so far, to name them
	lets     []variable
	slots    int
	known    map[string]int // keys that are not missing here, counted
	nodes    int
	depth    int
}

func newCompiler(whole string, scope Scope) *compiler {
	return &compiler{
		whole: []rune(whole), scope: scope, functions: functionsByName(),
		reads: map[string]Path{}, settings: map[string]bool{}, uses: map[string]bool{}, known: map[string]int{},
	}
}

func compile(text string, scope Scope, want Kind) (*Program, error) {
	if len(text) > MaxSource {
		return nil, &Error{Code: CodeTooLong, Line: 1, Column: 1, Params: map[string]any{"max": MaxSource}}
	}
	c := newCompiler(text, scope)
	result := c.source(source{text: c.whole})
	if c.refused == nil && want != KindAny && result.typ.Kind != KindAny && result.typ.Kind != want {
		c.refuseType(result, want.String(), "")
	}
	return c.program(text, result)
}

func compileTemplate(text string, scope Scope) (*Program, error) {
	if len(text) > MaxSource {
		return nil, &Error{Code: CodeTooLong, Line: 1, Column: 1, Params: map[string]any{"max": MaxSource}}
	}
	c := newCompiler(text, scope)
	c.src = source{text: c.whole}
	parts, refused := splitTemplate(c.whole, 0)
	if refused != nil {
		return nil, locate(c.whole, c.src, *refused)
	}
	return c.program(text, c.template(parts, file.Location{}))
}

func (c *compiler) program(text string, result operand) (*Program, error) {
	if c.refused != nil {
		return nil, c.refused
	}
	result.typ.Optional = result.typ.Optional || len(result.missing) > 0
	p := &Program{
		source: text, typ: result.typ, missing: sortedPaths(result.missing), unrounded: result.unrounded,
		labels: sortedPaths(c.labels), settings: slices.Sorted(maps.Keys(c.settings)), uses: c.uses, lets: c.slots, run: result.run,
	}
	p.reads = sortedPaths(slices.Collect(maps.Values(c.reads)))
	return p, nil
}

// sortedPaths sorts paths and drops repeated ones.
func sortedPaths(paths []Path) []Path {
	sorted := slices.Clone(paths)
	slices.SortFunc(sorted, func(a, b Path) int { return slices.Compare(a, b) })
	return slices.CompactFunc(sorted, func(a, b Path) bool { return slices.Equal(a, b) })
}

// source compiles one source: the whole expression or one ${…}.
func (c *compiler) source(s source) operand {
	outer := c.src
	defer func() { c.src = outer }()
	s.inPredicate = len(c.elements) > 0
	tree, refused := s.parse()
	c.src = s
	if refused != nil {
		if c.refused == nil {
			c.refused = locate(c.whole, s, *refused)
		}
		return absent(operand{})
	}
	return c.node(tree)
}

// absent is the operand that stands for what could not be compiled, and for nil.
func absent(o operand) operand {
	o.run, o.isConst, o.value = func(*frame) any { return nil }, true, nil
	o.typ.Optional = true
	return o
}

// refuse keeps the first refusal and goes on with a missing value.
func (c *compiler) refuse(r refusal) operand {
	if c.refused == nil {
		c.refused = locate(c.whole, c.src, r)
	}
	return absent(operand{loc: r.loc})
}

// refuseType refuses an operand of the wrong kind. The name is the operator's or function's.
func (c *compiler) refuseType(o operand, want, name string) operand {
	return c.refuse(refusal{
		code: CodeType, loc: o.loc, name: name,
		params: map[string]any{"want": want, "got": o.typ.Kind.String()},
	})
}

// offset is where a location is in the whole source.
func (c *compiler) offset(loc file.Location) int { return max(loc.From-c.src.hidden, 0) + c.src.offset }

// node compiles a part whose value is used as it is: what it names is read.
func (c *compiler) node(n ast.Node) operand {
	o := c.bare(n)
	if o.plain {
		c.read(o.paths...)
		o.plain = false
		if _, ok := n.(*ast.PointerNode); ok && len(c.elements) > 0 {
			c.elements[len(c.elements)-1].member = true
		}
	}
	return o
}

func (c *compiler) read(paths ...Path) {
	for _, path := range paths {
		c.trail = append(c.trail, path)
		c.reads[path.String()] = path
	}
}

// bare compiles a part without noting that its own paths are read: a member may follow.
func (c *compiler) bare(n ast.Node) operand {
	c.nodes++
	c.depth++
	defer func() { c.depth-- }()
	if n == nil {
		return c.refuse(refusal{code: CodeSyntax})
	}
	if c.depth > maxDepth {
		return c.refuse(refusal{code: CodeTooDeep, loc: n.Location(), params: map[string]any{"max": maxDepth}})
	}
	if c.refused != nil {
		return absent(operand{loc: n.Location()})
	}
	o := c.dispatch(n)
	o.present = append(o.present, keysOf(o.key)...)
	o.loc, o.at = n.Location(), c.offset(n.Location())
	return o
}

func (c *compiler) dispatch(n ast.Node) operand {
	switch n := n.(type) {
	case *ast.NilNode:
		return absent(operand{})
	case *ast.BoolNode:
		return constant(n.Value, Type{Kind: KindBool})
	case *ast.IntegerNode, *ast.FloatNode:
		return c.number(n)
	case *ast.StringNode:
		return c.text(n)
	case *ast.IdentifierNode:
		return c.name(n)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.MemberNode:
		return c.member(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(c.node(n.Cond), n.Exp1, n.Exp2)
	case *ast.VariableDeclaratorNode:
		return c.let(n)
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.BuiltinNode:
		return c.call(n, n.Name, n.Arguments)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return c.call(n, callee.Value, n.Arguments)
		}
		return c.refuse(refusal{code: CodeUnknownFunction, loc: n.Location(), name: c.src.at(n.Location())})
	}
	return c.refuse(refusal{code: CodeUnsupported, loc: n.Location(), name: c.src.at(n.Location())})
}

func constant(value any, t Type) operand {
	return operand{run: func(*frame) any { return value }, typ: t, isConst: true, value: value}
}

func (c *compiler) number(n ast.Node) operand {
	literal := c.src.at(n.Location())
	value, ok := parseLiteral(literal)
	if !ok {
		if !isNumeral(literal) {
			return c.refuse(refusal{code: CodeSyntax, loc: n.Location(), name: literal, params: map[string]any{"near": literal}})
		}
		return c.refuse(refusal{code: CodeRange, loc: n.Location(), name: literal})
	}
	return constant(value, Type{Kind: KindNumber})
}

// isNumeral tells a number that is out of range from what is no number, such as 1.2.3.
func isNumeral(literal string) bool {
	_, err := strconv.ParseFloat(literal, 64)
	return err == nil || errors.Is(err, strconv.ErrRange) || strings.HasPrefix(literal, "0x")
}

func (c *compiler) text(n *ast.StringNode) operand {
	literal := c.src.at(n.Location())
	if strings.HasPrefix(literal, "`") {
		inner := []rune(literal)
		parts, refused := splitTemplate(inner[1:len(inner)-1], c.offset(n.Location())+1)
		if refused != nil {
			return c.refuse(refusal{code: refused.code, loc: n.Location(), name: refused.name, params: refused.params})
		}
		for i := range parts {
			parts[i].text = strings.ReplaceAll(parts[i].text, "``", "`")
		}
		return c.template(parts, n.Location())
	}
	if !utf8.ValidString(n.Value) {
		return c.refuse(refusal{code: CodeSyntax, loc: n.Location(), name: literal, params: map[string]any{"near": literal}})
	}
	if n.Value == "" { // the empty text and nil are one thing
		return absent(operand{})
	}
	return constant(n.Value, Type{Kind: KindText})
}

// template compiles a text with expressions in it.
func (c *compiler) template(parts []part, loc file.Location) operand {
	nodes := make([]node, 0, len(parts))
	fixed := ""
	for _, p := range parts {
		if p.expr == nil {
			if text := p.text; text != "" {
				fixed += text
				nodes = append(nodes, func(*frame) any { return text })
			}
			continue
		}
		nodes = append(nodes, c.display(c.source(*p.expr)))
	}
	if len(nodes) == 0 || fixed != "" && len(parts) == 1 {
		if fixed == "" {
			return absent(operand{})
		}
		return constant(fixed, Type{Kind: KindText})
	}
	op := numeric{"`", c.offset(loc)}
	run := func(f *frame) any {
		var b strings.Builder
		for _, n := range nodes {
			text, _ := n(f).(string)
			if !f.add(&b, text, op) {
				return nil
			}
		}
		return present(b.String())
	}
	return operand{run: run, typ: Type{Kind: KindText, Optional: fixed == ""}}
}

// let compiles `let x = value; rest`.
func (c *compiler) let(n *ast.VariableDeclaratorNode) operand {
	_, taken := c.functions[n.Name]
	if taken || slices.Contains(otherReserved, n.Name) || slices.Contains(laterFunctions, n.Name) {
		return c.refuse(refusal{code: CodeReserved, loc: n.Location(), name: n.Name})
	}
	kept := c.keep(n.Name, c.node(n.Value))
	c.lets = append(c.lets, kept)
	body := c.node(n.Expr)
	c.lets = c.lets[:len(c.lets)-1]
	return kept.around(body)
}

// keep makes room for a value that is used several times and computed once.
func (c *compiler) keep(name string, value operand) variable {
	slot := c.slots
	c.slots++
	if value.key == "" {
		value.key = fmt.Sprintf("let %d", slot)
		value.present = append(slices.Clone(value.present), value.key)
	}
	return variable{name, slot, value}
}

// around computes the kept value before a part that uses it.
func (v variable) around(body operand) operand {
	init, run, slot := v.run, body.run, v.slot
	body.run = func(f *frame) any {
		f.lets[slot] = init(f)
		return run(f)
	}
	body.isConst, body.plain = false, false
	return body
}

func (c *compiler) array(n *ast.ArrayNode) operand {
	runs := make([]node, len(n.Nodes))
	values := make([]any, len(n.Nodes))
	result := operand{typ: Type{Kind: KindList}, isConst: true}
	var elem operand
	for i, item := range n.Nodes {
		o := c.item(c.node(item), "[]")
		runs[i], values[i] = o.run, o.value
		result.isConst = result.isConst && o.isConst
		result.unrounded = result.unrounded || o.unrounded
		if i == 0 {
			elem = o
			continue
		}
		elem = c.unify(elem, o, "[]")
	}
	if len(n.Nodes) > 0 {
		result.typ.Elem = &elem.typ
		result.typ.Shape = elem.typ.Shape
	}
	if result.isConst {
		result.value = values
		result.run = func(*frame) any { return values }
		return result
	}
	result.run = func(f *frame) any {
		list := f.list(len(runs))
		for _, run := range runs {
			if !f.spend(1) {
				return nil
			}
			list = append(list, run(f))
		}
		return list
	}
	return result
}

// item checks that an operand can be in a list: lists hold values, not lists, so that no value is larger than it
// looks.
func (c *compiler) item(o operand, name string) operand {
	if o.typ.Kind == KindList {
		return c.refuseType(o, "item", name)
	}
	if o.typ.Kind == KindAny && !o.isConst {
		of, at := o.run, o.at
		o.run = func(f *frame) any {
			value := of(f)
			if _, isList := value.([]any); isList {
				return f.fail(EvalType, at, name)
			}
			return value
		}
	}
	return o
}

// unify is the one type of two branches (or items of a list); they must be of one kind.
func (c *compiler) unify(a, b operand, name string) operand {
	result := operand{loc: b.loc, unrounded: a.unrounded || b.unrounded}
	switch {
	case a.typ.Kind == b.typ.Kind:
		result.typ = a.typ
		if a.typ.Shape != nil && (b.typ.Shape == nil || b.typ.Shape.Name() != a.typ.Shape.Name()) {
			result.typ.Shape = nil
		}
		if a.typ.Elem != nil && (b.typ.Elem == nil || b.typ.Elem.Kind != a.typ.Elem.Kind) {
			result.typ.Elem = nil
		}
	case a.isNil(), a.typ.Kind == KindAny:
		result.typ = b.typ
	case b.isNil(), b.typ.Kind == KindAny:
		result.typ = a.typ
	default:
		c.refuseType(b, a.typ.Kind.String(), name)
	}
	if !a.isNil() && a.typ.Kind == KindAny || !b.isNil() && b.typ.Kind == KindAny {
		result.typ = Type{}
	}
	result.typ.Optional = a.typ.Optional || b.typ.Optional
	return result
}
