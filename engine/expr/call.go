package expr

import (
	"maps"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
)

// function is a function of the language: how it is shown, and how a call of it is compiled.
type function struct {
	Function
	min, max int // arguments; max < 0 = any number
	compile  func(c *compiler, call call) operand
}

// call is a call of a function whose number of arguments is right.
type call struct {
	name string
	args []ast.Node
	loc  file.Location
	at   int
}

// call compiles the call of a function. Only functions of the table can be called, whatever the parser knows.
func (c *compiler) call(n ast.Node, name string, args []ast.Node) operand {
	fn, ok := c.functions[name]
	if !ok {
		code := CodeUnknownFunction
		if slices.Contains(laterFunctions, name) {
			code = CodeReserved
		}
		suggestion := nearest(name, slices.Sorted(maps.Keys(c.functions)))
		return c.refuse(refusal{code: code, loc: n.Location(), name: name, suggestion: suggestion})
	}
	c.uses[name] = true
	if len(args) < fn.min || fn.max >= 0 && len(args) > fn.max {
		return c.refuseCount(fn, n.Location())
	}
	return fn.compile(c, call{name: name, args: args, loc: n.Location(), at: c.offset(n.Location())})
}

func (c *compiler) refuseCount(fn *function, loc file.Location) operand {
	return c.refuse(refusal{
		code: CodeArgumentCount, loc: loc, name: fn.Name,
		params: map[string]any{"function": fn.Name, "signature": fn.Signature},
	})
}

// param is a parameter: the kinds it takes and how a runtime value becomes the Go value.
// read answers with a code of EvalError when the value does not do.
type param[T any] struct {
	kinds []Kind
	read  func(f *frame, v any) (T, string)
}

func isA[T any](kinds ...Kind) param[T] {
	return param[T]{kinds, func(_ *frame, v any) (T, string) {
		value, ok := v.(T)
		if !ok {
			return value, EvalType
		}
		return value, ""
	}}
}

// wholeNumber reads a count or a number of places.
func wholeNumber(_ *frame, v any) (int, string) {
	number, ok := v.(Decimal)
	if !ok {
		return 0, EvalType
	}
	n, whole := DecimalInt64(number)
	if !whole || n > 1e9 || n < -1e9 {
		return 0, EvalRange
	}
	return int(n), ""
}

// day reads a date, or the day of an instant in the tenant's zone.
func day(f *frame, v any) (Date, string) {
	switch v := v.(type) {
	case Date:
		return v, ""
	case Time:
		return DateOf(v.at, f.env.Zone), ""
	}
	return Date{}, EvalType
}

// theMonth reads a month, or that of a day.
func theMonth(f *frame, v any) (Month, string) {
	if m, ok := v.(Month); ok {
		return m, ""
	}
	d, code := day(f, v)
	return MonthOf(d), code
}

var (
	aNumber   = isA[Decimal](KindNumber)
	aText     = isA[string](KindText)
	anInstant = isA[Time](KindDateTime)
	aWhole    = param[int]{[]Kind{KindNumber}, wholeNumber}
	aDay      = param[Date]{[]Kind{KindDate, KindDateTime}, day}
	aMonth    = param[Month]{[]Kind{KindMonth, KindDate, KindDateTime}, theMonth}
)

// argument compiles an argument and checks its kind.
func (c *compiler) argument(n ast.Node, name string, kinds ...Kind) operand {
	o := c.node(n)
	if len(kinds) > 0 {
		o = c.likeKind(o, kinds[0])
	}
	if !o.isNil() && !accepts(o, kinds...) {
		return c.refuseType(o, kinds[0].String(), name)
	}
	return o
}

// strict is the result of a function that is missing if an argument is. A number hands on an endless fraction.
func strict(result Kind, args ...operand) operand {
	o := operand{typ: Type{Kind: result}}
	for _, arg := range args {
		o.typ.Optional = o.typ.Optional || arg.typ.Optional
		o.missing = append(o.missing, arg.missing...)
		o.present = append(o.present, arg.present...)
		o.unrounded = o.unrounded || result == KindNumber && arg.unrounded
	}
	return o
}

// of1 compiles a function of one argument.
func of1[A any](a param[A], result Kind, fn func(f *frame, a A, at int) any) func(*compiler, call) operand {
	return func(c *compiler, call call) operand {
		x := c.argument(call.args[0], call.name, a.kinds...)
		o := strict(result, x)
		run, at, name := x.run, call.at, call.name
		o.run = func(f *frame) any {
			v := run(f)
			if v == nil {
				return nil
			}
			value, code := a.read(f, v)
			if code != "" {
				return f.fail(code, at, name)
			}
			return fn(f, value, at)
		}
		return o
	}
}

// of2 compiles a function of two arguments.
func of2[A, B any](a param[A], b param[B], result Kind, fn func(f *frame, a A, b B, at int) any) func(*compiler, call) operand {
	return func(c *compiler, call call) operand {
		x := c.argument(call.args[0], call.name, a.kinds...)
		y := c.argument(call.args[1], call.name, b.kinds...)
		o := strict(result, x, y)
		runX, runY, at, name := x.run, y.run, call.at, call.name
		o.run = func(f *frame) any {
			v, w := runX(f), runY(f)
			if v == nil || w == nil {
				return nil
			}
			first, code := a.read(f, v)
			second, codeB := b.read(f, w)
			if code = firstOf(code, codeB); code != "" {
				return f.fail(code, at, name)
			}
			return fn(f, first, second, at)
		}
		return o
	}
}

// mayFail marks a function that can be missing though no argument is: whatever it reads can be the cause.
func mayFail(compile func(*compiler, call) operand) func(*compiler, call) operand {
	return func(c *compiler, call call) operand {
		before := len(c.trail)
		o := compile(c, call)
		o.typ.Optional = true
		o.missing = joinPaths(o.missing, c.trail[before:])
		return o
	}
}

// constantText compiles an argument that must be a constant text.
func (c *compiler) constantText(n ast.Node, name string) (string, bool) {
	o := c.node(n)
	text, ok := o.value.(string)
	if !o.isConst || !ok {
		c.refuse(refusal{code: CodeConstant, loc: n.Location(), name: name})
		return "", false
	}
	return text, true
}
