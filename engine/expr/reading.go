package expr

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// Reading is an expression as a tree, to be shown to people in their words. Op says what it is:
//
//	field      Name is the path of a field or variable
//	item       Name is the path of a column, of the row a predicate looks at
//	number, text, true, false, nil
//	list       Args are its items
//	call       Name is the function, Args are what it is given; the body of a predicate is an argument
//	IF         condition, value if it holds, value if not
//	and or not == != < <= > >= in + - * / % ^ ??    Args are the operands; - may have one
type Reading struct {
	Op   string
	Name string
	Args []Reading
}

// Read gives the tree of an expression. It is false for what does not parse, and for what has no reading of this kind:
// let, templates, matches, list[0].
func Read(text string) (Reading, bool) {
	if len(text) > MaxSource {
		return Reading{}, false
	}
	s := source{text: []rune(text)}
	tree, refused := s.parse()
	if refused != nil {
		return Reading{}, false
	}
	r := &reader{src: s}
	reading := r.node(tree)
	return reading, !r.failed
}

// reader turns the parser's nodes into a Reading.
type reader struct {
	src    source
	lists  []string // paths of the lists whose rows the predicates around look at
	failed bool
	depth  int
}

func (r *reader) fail() Reading {
	r.failed = true
	return Reading{}
}

func (r *reader) node(n ast.Node) Reading {
	r.depth++
	defer func() { r.depth-- }()
	if r.failed || n == nil || r.depth > maxDepth {
		return r.fail()
	}
	switch n := n.(type) {
	case *ast.NilNode:
		return Reading{Op: "nil"}
	case *ast.BoolNode:
		if n.Value {
			return Reading{Op: "true"}
		}
		return Reading{Op: "false"}
	case *ast.IntegerNode, *ast.FloatNode:
		value, ok := parseLiteral(r.src.at(n.Location()))
		if !ok {
			return r.fail()
		}
		return Reading{Op: "number", Name: DecimalString(value)}
	case *ast.StringNode:
		return r.text(n)
	case *ast.IdentifierNode:
		return Reading{Op: "field", Name: n.Value}
	case *ast.MemberNode:
		return r.member(n)
	case *ast.UnaryNode:
		return r.unary(n)
	case *ast.BinaryNode:
		return r.binary(n)
	case *ast.ConditionalNode:
		return r.of("IF", n.Cond, n.Exp1, n.Exp2)
	case *ast.ArrayNode:
		return r.of("list", n.Nodes...)
	case *ast.BuiltinNode:
		return r.call(n.Name, n.Arguments)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return r.call(callee.Value, n.Arguments)
		}
	}
	return r.fail()
}

func (r *reader) of(op string, operands ...ast.Node) Reading {
	reading := Reading{Op: op}
	for _, n := range operands {
		reading.Args = append(reading.Args, r.node(n))
	}
	return reading
}

func (r *reader) text(n *ast.StringNode) Reading {
	if strings.HasPrefix(r.src.at(n.Location()), "`") && strings.Contains(n.Value, "${") {
		return r.fail()
	}
	if n.Value == "" {
		return Reading{Op: "nil"}
	}
	return Reading{Op: "text", Name: n.Value}
}

// member is a path: a.b.c, or .a of the row a predicate looks at.
func (r *reader) member(n *ast.MemberNode) Reading {
	property, ok := n.Property.(*ast.StringNode)
	if !ok {
		return r.fail()
	}
	if pointer, isItem := n.Node.(*ast.PointerNode); isItem {
		if pointer.Name != "" || len(r.lists) == 0 {
			return r.fail()
		}
		return Reading{Op: "item", Name: r.lists[len(r.lists)-1] + "." + property.Value}
	}
	base := r.node(n.Node)
	if base.Op != "field" && base.Op != "item" {
		return r.fail()
	}
	base.Name += "." + property.Value
	return base
}

func (r *reader) unary(n *ast.UnaryNode) Reading {
	switch n.Operator {
	case "not", "!":
		return r.of("not", n.Node)
	case "-":
		operand := r.node(n.Node)
		if operand.Op == "number" && !strings.HasPrefix(operand.Name, "-") {
			operand.Name = "-" + operand.Name
			return operand
		}
		return Reading{Op: "-", Args: []Reading{operand}}
	default:
		return r.fail()
	}
}

func (r *reader) binary(n *ast.BinaryNode) Reading {
	switch n.Operator {
	case "and", "&&":
		return r.of("and", n.Left, n.Right)
	case "or", "||":
		return r.of("or", n.Left, n.Right)
	case "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%", "^", "??":
		return r.of(n.Operator, n.Left, n.Right)
	default:
		return r.fail()
	}
}

// call reads a function. The body of a predicate is read as one over the rows of the list before it.
func (r *reader) call(name string, args []ast.Node) Reading {
	switch name {
	case "AND", "OR", "NOT":
		reading := r.of(strings.ToLower(name), args...)
		if len(reading.Args) == 1 && name != "NOT" {
			return reading.Args[0]
		}
		return reading
	case "IF":
		return r.of("IF", args...)
	case "nz":
		return r.of("??", args...)
	}
	reading := Reading{Op: "call", Name: name}
	for i, arg := range args {
		predicate, ok := arg.(*ast.PredicateNode)
		if !ok {
			reading.Args = append(reading.Args, r.node(arg))
			continue
		}
		list := ""
		if i > 0 {
			list = rowsOf(reading.Args[0])
		}
		if list == "" {
			return r.fail()
		}
		r.lists = append(r.lists, list)
		reading.Args = append(reading.Args, r.node(predicate.Node))
		r.lists = r.lists[:len(r.lists)-1]
	}
	return reading
}

// rowsOf is the path of the list a reading gives rows of; "" for another list.
func rowsOf(list Reading) string {
	switch {
	case list.Op == "field":
		return strings.TrimPrefix(list.Name, "record.")
	case list.Op == "call" && list.Name == "filter" && len(list.Args) == 2:
		return rowsOf(list.Args[0])
	default:
		return ""
	}
}
