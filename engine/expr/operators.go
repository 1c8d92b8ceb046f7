package expr

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"slices"

	"github.com/expr-lang/expr/ast"
)

func (c *compiler) unary(n *ast.UnaryNode) operand {
	if n.Operator == "not" || n.Operator == "!" {
		return c.not(c.node(n.Node))
	}
	o := c.node(n.Node)
	if !accepts(o, KindNumber) {
		return c.refuseType(o, KindNumber.String(), n.Operator)
	}
	of, at, minus := o.run, c.offset(n.Location()), n.Operator == "-"
	result := operand{
		typ: Type{Kind: KindNumber, Optional: o.typ.Optional}, missing: o.missing, unrounded: o.unrounded,
		run: func(f *frame) any {
			switch v := of(f).(type) {
			case nil:
				return nil
			case Decimal:
				if minus {
					return NegDecimal(v)
				}
				return v
			}
			return f.fail(EvalType, at, n.Operator)
		},
	}
	return c.fold(result, o)
}

// fold computes at once what depends on constants only. A failure is left to the evaluation.
func (c *compiler) fold(result operand, of ...operand) operand {
	for _, o := range of {
		if !o.isConst {
			return result
		}
	}
	f := frame{env: &Env{}, steps: 1000, bytes: maxText}
	value := result.run(&f)
	if f.err != nil || value == nil {
		return result
	}
	result.isConst, result.value = true, value
	result.run = func(*frame) any { return value }
	return result
}

// accepts tells whether an operand may be used where one of the kinds is wanted.
func accepts(o operand, kinds ...Kind) bool {
	for _, kind := range kinds {
		if o.typ.Kind == kind {
			return true
		}
	}
	return o.typ.Kind == KindAny
}

func (c *compiler) binary(n *ast.BinaryNode) operand {
	switch n.Operator {
	case "and", "&&":
		return c.both(func() operand { return c.node(n.Left) }, func() operand { return c.node(n.Right) })
	case "or", "||":
		return c.either(func() operand { return c.node(n.Left) }, func() operand { return c.node(n.Right) })
	case "??":
		return c.coalesce(c.node(n.Left), func() operand { return c.node(n.Right) }, "??")
	}
	a, b := c.node(n.Left), c.node(n.Right)
	at := c.offset(n.Location())
	switch n.Operator {
	case "==", "!=":
		return c.equality(a, b, n.Operator)
	case "<", "<=", ">", ">=":
		return c.comparison(a, b, n.Operator, at)
	case "in":
		return c.membership(a, b, at)
	case "matches":
		return c.matches(a, b, at)
	case "contains":
		return c.contains(a, b, at)
	case "+":
		if a.typ.Kind == KindText || b.typ.Kind == KindText || a.typ.Kind == KindAny && b.typ.Kind == KindAny {
			return c.plus(a, b, at)
		}
	}
	compute, ok := arithmetic[n.Operator]
	if !ok {
		return c.refuse(refusal{code: CodeUnsupported, loc: n.Location(), name: n.Operator})
	}
	return c.arithmetic(a, b, compute, numeric{n.Operator, at})
}

var arithmetic = map[string]func(a, b Decimal) (Decimal, error){
	"+": func(a, b Decimal) (Decimal, error) { return AddDecimal(a, b), nil },
	"-": func(a, b Decimal) (Decimal, error) { return SubDecimal(a, b), nil },
	"*": MulDecimal,
	"/": QuoDecimal,
	"%": RemDecimal,
	"^": PowDecimal,
}

// numeric names an operation for its failures.
type numeric struct {
	name string
	at   int
}

func (n numeric) fail(f *frame, err error) any {
	if errors.Is(err, ErrDivision) {
		return f.fail(EvalDivision, n.at, n.name)
	}
	return f.fail(EvalRange, n.at, n.name)
}

// powerSteps is what a power may cost in steps: some 0.1 ms.
const powerSteps = 1000

func (c *compiler) arithmetic(a, b operand, compute func(a, b Decimal) (Decimal, error), op numeric) operand {
	for _, o := range []operand{a, b} {
		if !accepts(o, KindNumber) {
			return c.refuseType(o, KindNumber.String(), op.name)
		}
	}
	x, y, steps := a.run, b.run, 0
	if op.name == "^" {
		steps = powerSteps
	}
	result := operand{
		typ:       Type{Kind: KindNumber, Optional: a.typ.Optional || b.typ.Optional},
		missing:   joinPaths(a.missing, b.missing),
		present:   slices.Concat(a.present, b.present),
		unrounded: a.unrounded || b.unrounded || op.name == "/" || op.name == "^" && !wholePower(b),
		run: func(f *frame) any {
			left, right := x(f), y(f)
			if left == nil || right == nil {
				return nil
			}
			l, ok := left.(Decimal)
			r, okRight := right.(Decimal)
			if !ok || !okRight {
				return f.fail(EvalType, op.at, op.name)
			}
			if steps > 0 && !f.spend(steps) {
				return nil
			}
			value, err := compute(l, r)
			if err != nil {
				return op.fail(f, err)
			}
			return value
		},
	}
	return c.fold(result, a, b)
}

// wholePower tells whether a power ends: the exponent is a constant whole number that is not negative.
func wholePower(exponent operand) bool {
	power, ok := exponent.value.(Decimal)
	_, whole := DecimalInt64(power)
	return exponent.isConst && ok && whole && SignDecimal(power) >= 0
}

// plus joins texts; of two values of unknown kinds it adds numbers or joins texts as they turn out to be.
func (c *compiler) plus(a, b operand, at int) operand {
	switch {
	case accepts(a, KindNumber) && a.typ.Kind != KindAny:
		return c.refuseType(b, KindNumber.String(), "+")
	case !accepts(a, KindText):
		return c.refuseType(a, KindText.String(), "+")
	case !accepts(b, KindText):
		return c.refuseType(b, KindText.String(), "+")
	}
	x, y := a.run, b.run
	kind := KindText
	if a.typ.Kind == KindAny && b.typ.Kind == KindAny {
		kind = KindAny
	}
	result := operand{
		typ: Type{Kind: kind, Optional: a.typ.Optional || b.typ.Optional}, missing: joinPaths(a.missing, b.missing),
		present:   slices.Concat(a.present, b.present),
		unrounded: a.unrounded || b.unrounded,
		run: func(f *frame) any {
			left, right := x(f), y(f)
			if left == nil || right == nil {
				return nil
			}
			switch l := left.(type) {
			case string:
				if r, ok := right.(string); ok && f.fits(len(l)+len(r), at, "+") {
					return l + r
				} else if ok {
					return nil
				}
			case Decimal:
				if r, ok := right.(Decimal); ok {
					return AddDecimal(l, r)
				}
			}
			return f.fail(EvalType, at, "+")
		},
	}
	return c.fold(result, a, b)
}

// likeKind turns a constant text beside a date, a month or an instant into one: work_date >= '2026-06-01'.
func (c *compiler) likeKind(o operand, kind Kind) operand {
	text, ok := o.value.(string)
	if !o.isConst || !ok {
		return o
	}
	var value any
	var err error
	switch kind {
	case KindDate:
		value, err = ParseDate(text)
	case KindMonth:
		value, err = ParseMonth(text)
	case KindDateTime:
		value, err = ParseTime(text)
	default:
		return o
	}
	if err != nil {
		return c.refuse(refusal{code: CodeRange, loc: o.loc, name: text, params: map[string]any{"want": kind.String()}})
	}
	typed := constant(value, Type{Kind: kind})
	typed.loc, typed.at = o.loc, o.at
	return typed
}

// comparable tells whether two kinds can be equal: records are equal to ids.
func comparable(a, b Type) bool {
	switch {
	case a.Kind == KindAny || b.Kind == KindAny:
		return true
	case a.Kind == KindRecord && b.Kind == KindRecord:
		return a.Shape == nil || b.Shape == nil || a.Shape.Name() == b.Shape.Name()
	case a.Kind == KindRecord || b.Kind == KindRecord:
		return a.Kind == KindText || b.Kind == KindText
	}
	return a.Kind == b.Kind
}

func (c *compiler) equality(a, b operand, op string) operand {
	a, b = c.likeKind(a, b.typ.Kind), c.likeKind(b, a.typ.Kind)
	if a.isNil() || b.isNil() {
		return c.testNil(a, b, op)
	}
	if !comparable(a.typ, b.typ) {
		return c.refuseType(b, a.typ.Kind.String(), op)
	}
	x, y, same := a.run, b.run, op == "=="
	decide := func(f *frame, left, right any) any {
		if left == nil || right == nil {
			return nil
		}
		if !f.spend(sizeSteps(left)) {
			return nil
		}
		return Equal(left, right) == same
	}
	result := operand{
		typ: Type{Kind: KindBool, Optional: a.typ.Optional || b.typ.Optional}, missing: joinPaths(a.missing, b.missing),
		present: slices.Concat(a.present, b.present),
		run:     func(f *frame) any { return decide(f, x(f), y(f)) },
	}
	return c.fold(beyond(result, a, b, decide), a, b)
}

// sizeSteps is how many steps a comparison with the value takes.
func sizeSteps(v any) int {
	switch v := v.(type) {
	case []any:
		return len(v)
	case string:
		return len(v) / 256
	}
	return 0
}

// testNil compiles x == nil and x != nil, which are always true or false.
func (c *compiler) testNil(a, b operand, op string) operand {
	if a.isNil() {
		a = b
	}
	of, missing := a.run, op == "=="
	result := operand{
		typ: Type{Kind: KindBool},
		run: func(f *frame) any { return (of(f) == nil) == missing },
	}
	if missing {
		result.whenFalse = a.present
	} else {
		result.whenTrue = a.present
	}
	return result
}

func (c *compiler) comparison(a, b operand, op string, at int) operand {
	a, b = c.likeKind(a, b.typ.Kind), c.likeKind(b, a.typ.Kind)
	for _, o := range []operand{a, b} {
		if !accepts(o, KindNumber, KindText, KindDate, KindDateTime, KindMonth) {
			return c.refuseType(o, KindNumber.String(), op)
		}
	}
	if !comparable(a.typ, b.typ) {
		return c.refuseType(b, a.typ.Kind.String(), op)
	}
	x, y := a.run, b.run
	decide := func(f *frame, left, right any) any {
		if left == nil || right == nil {
			return nil
		}
		order, ok := Compare(left, right)
		if !ok {
			return f.fail(EvalType, at, op)
		}
		if !f.spend(sizeSteps(left)) {
			return nil
		}
		switch op {
		case "<":
			return order < 0
		case "<=":
			return order <= 0
		case ">":
			return order > 0
		}
		return order >= 0
	}
	result := operand{
		typ: Type{Kind: KindBool, Optional: a.typ.Optional || b.typ.Optional}, missing: joinPaths(a.missing, b.missing),
		present: slices.Concat(a.present, b.present),
		run:     func(f *frame) any { return decide(f, x(f), y(f)) },
	}
	return c.fold(beyond(result, a, b, decide), a, b)
}

func (c *compiler) membership(a, list operand, at int) operand {
	if !accepts(list, KindList) {
		return c.refuseType(list, KindList.String(), "in")
	}
	list = c.likeItems(list, a.typ.Kind)
	elem := elemType(list.typ)
	a = c.likeKind(a, elem.Kind)
	if !a.isNil() && !comparable(a.typ, elem) {
		return c.refuseType(a, elem.Kind.String(), "in")
	}
	x, items := a.run, list.run
	decide := func(f *frame, value, all any) any {
		if value == nil || all == nil {
			return nil
		}
		for _, item := range f.itemsOf(all, at, "in") {
			if !f.spend(1 + sizeSteps(item)) {
				return nil
			}
			if item != nil && Equal(value, item) {
				return true
			}
		}
		return false
	}
	result := operand{
		typ: Type{Kind: KindBool, Optional: a.typ.Optional || list.typ.Optional}, missing: joinPaths(a.missing, list.missing),
		run: func(f *frame) any { return decide(f, x(f), items(f)) },
	}
	return beyond(result, a, list, decide)
}

// likeItems turns the constant texts of a list into the kind they are compared with.
func (c *compiler) likeItems(list operand, kind Kind) operand {
	values, ok := list.value.([]any)
	if !ok || kind != KindDate && kind != KindMonth && kind != KindDateTime {
		return list
	}
	typed := make([]any, len(values))
	for i, value := range values {
		item := c.likeKind(operand{isConst: true, value: value, loc: list.loc, at: list.at}, kind)
		typed[i] = item.value
	}
	list.value, list.typ.Elem = typed, &Type{Kind: kind}
	list.run = func(*frame) any { return typed }
	return list
}

const maxPattern = 256 // characters of a regular expression

func (c *compiler) matches(a, pattern operand, at int) operand {
	if !accepts(a, KindText) {
		return c.refuseType(a, KindText.String(), "matches")
	}
	text, ok := pattern.value.(string)
	if !ok || !pattern.isConst {
		return c.refuse(refusal{code: CodeConstant, loc: pattern.loc, name: "matches"})
	}
	re, err := regexp.Compile(text)
	if err != nil || len(text) > maxPattern {
		near := text
		var where *syntax.Error
		if errors.As(err, &where) {
			near = where.Expr
		}
		return c.refuse(refusal{code: CodePattern, loc: pattern.loc, name: "matches", params: map[string]any{"near": near}})
	}
	of, cost := a.run, patternCost(text)
	return operand{
		typ: Type{Kind: KindBool, Optional: a.typ.Optional}, missing: a.missing,
		run: func(f *frame) any {
			value := of(f)
			if value == nil {
				return nil
			}
			s, ok := value.(string)
			if !ok {
				return f.fail(EvalType, at, "matches")
			}
			if !f.spend(1 + len(s)*cost/16) {
				return nil
			}
			return re.MatchString(s)
		},
	}
}

// patternCost is about how many states a pattern has: each character of the text may visit all of them.
func patternCost(text string) int {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return maxPattern
	}
	compiled, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return maxPattern
	}
	return len(compiled.Inst)
}

func (c *compiler) contains(a, part operand, at int) operand {
	for _, o := range []operand{a, part} {
		if !accepts(o, KindText) {
			return c.refuseType(o, KindText.String(), "contains")
		}
	}
	return texts2(a, part, at, "contains")
}
