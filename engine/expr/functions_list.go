package expr

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"
)

func listFunctions() []*function {
	group := func(name, signature string, minArgs, maxArgs int, compile func(*compiler, call) operand) *function {
		return &function{Function{name, "lists", signature}, minArgs, maxArgs, compile}
	}
	return []*function{
		group("sum", "sum(list, .f)", 1, 2, compileSum),
		group("count", "count(list, cond)", 2, 2, compileCount),
		group("avg", "avg(list)", 1, 1, compileAvg),
		group("min", "min(list) / min(a, b, …)", 1, -1, func(c *compiler, call call) operand { return c.extreme(call, -1) }),
		group("max", "max(list) / max(a, b, …)", 1, -1, func(c *compiler, call call) operand { return c.extreme(call, 1) }),
		group("map", "map(list, .f)", 2, 2, compileMap),
		group("filter", "filter(list, cond)", 2, 2, compileFilter),
		group("all", "all(list, cond)", 2, 2, func(c *compiler, call call) operand { return c.quantifier(call, false) }),
		group("any", "any(list, cond)", 2, 2, func(c *compiler, call call) operand { return c.quantifier(call, true) }),
		group("first", "first(list)", 1, 1, mayFail(compileFirst)),
		group("uniq", "uniq(list)", 1, 1, compileUniq),
		group("len", "len(x)", 1, 1, compileLen),
	}
}

// maxPredicates is how deep predicates may stand in the bodies of others.
const maxPredicates = 2

// loop is a list with a predicate compiled for its items.
type loop struct {
	list, body operand
	depth      int // of the item in frame.items
	weight     int // steps of one round
	at         int
	name       string
}

// loop compiles the two arguments of a function with a predicate.
func (c *compiler) loop(call call) loop {
	list := c.bare(call.args[0])
	if !accepts(list, KindList) {
		c.refuseType(list, KindList.String(), call.name)
	}
	predicate, ok := call.args[1].(*ast.PredicateNode)
	depth := len(c.elements)
	if !ok || depth >= maxPredicates {
		c.refuse(refusal{code: CodeTooDeep, loc: call.loc, name: call.name, params: map[string]any{"max": maxPredicates}})
		return loop{list: list, body: absent(operand{})}
	}
	before := c.nodes
	c.items++
	item := element{typ: elemType(list.typ), paths: list.paths, key: fmt.Sprintf("#%d", c.items)}
	c.elements = append(c.elements, item)
	body := c.node(predicate.Node)
	used := c.elements[depth].member
	c.elements = c.elements[:depth]
	if list.plain && !used {
		c.read(list.paths...)
	}
	list.plain = false
	return loop{list: list, body: body, depth: depth, weight: 1 + c.nodes - before, at: call.at, name: call.name}
}

// each runs the body for every item until visit says stop.
func (l loop) each(f *frame, visit func(item, result any) bool) {
	outer := f.items[l.depth]
	for _, item := range f.itemsOf(l.list.run(f), l.at, l.name) {
		if !f.spend(l.weight) {
			break
		}
		f.items[l.depth] = item
		result := l.body.run(f)
		if f.err != nil || !visit(item, result) {
			break
		}
	}
	f.items[l.depth] = outer
}

func compileSum(c *compiler, call call) operand {
	values := c.values(call)
	if elem := values.elem; elem.Kind != KindNumber && elem.Kind != KindAny {
		return c.refuse(refusal{
			code: CodeType, loc: call.loc, name: call.name,
			params: map[string]any{"want": KindNumber.String(), "got": elem.Kind.String()},
		})
	}
	at := call.at
	return operand{
		typ: Type{Kind: KindNumber}, unrounded: values.unrounded,
		run: func(f *frame) any {
			var total Decimal
			values.each(f, func(value any) bool {
				number, ok := value.(Decimal)
				if !ok {
					f.fail(EvalType, at, "sum")
					return false
				}
				total = AddDecimal(total, number)
				return true
			})
			return total
		},
	}
}

// values are the values an aggregate goes over.
type values struct {
	elem      Type
	paths     []Path
	unrounded bool
	each      func(f *frame, visit func(value any) bool) // missing ones are skipped
}

// values compiles the arguments of an aggregate: a list, or a list and what to take of each item.
func (c *compiler) values(call call) values {
	if len(call.args) == 2 {
		l := c.loop(call)
		return values{elem: l.body.typ, paths: l.body.paths, unrounded: l.body.unrounded, each: func(f *frame, visit func(any) bool) {
			l.each(f, func(_, result any) bool { return result == nil || visit(result) })
		}}
	}
	list := c.node(call.args[0])
	if !accepts(list, KindList) {
		c.refuseType(list, KindList.String(), call.name)
	}
	return values{elem: elemType(list.typ), paths: list.paths, unrounded: list.unrounded, each: func(f *frame, visit func(any) bool) {
		for _, item := range f.itemsOf(list.run(f), call.at, call.name) {
			if !f.spend(1) || !IsMissing(item) && !visit(item) {
				return
			}
		}
	}}
}

func compileCount(c *compiler, call call) operand {
	l := c.loop(call)
	c.condition(l.body, call.name)
	return operand{typ: Type{Kind: KindNumber}, run: func(f *frame) any {
		n := 0
		l.each(f, func(_, result any) bool {
			if is, _ := f.truth(result, l.at, l.name); is {
				n++
			}
			return true
		})
		return DecimalFromInt(int64(n))
	}}
}

func compileAvg(c *compiler, call call) operand {
	before := len(c.trail)
	list := c.values(call)
	if list.elem.Kind != KindNumber && list.elem.Kind != KindAny {
		return c.refuse(refusal{
			code: CodeType, loc: call.loc, name: call.name,
			params: map[string]any{"want": KindNumber.String(), "got": list.elem.Kind.String()},
		})
	}
	op := numeric{"avg", call.at}
	o := operand{typ: Type{Kind: KindNumber, Optional: true}, unrounded: true, missing: slices.Clone(c.trail[before:])}
	o.run = func(f *frame) any {
		var total Decimal
		n := int64(0)
		list.each(f, func(value any) bool {
			number, ok := value.(Decimal)
			if !ok {
				f.fail(EvalType, op.at, "avg")
				return false
			}
			total = AddDecimal(total, number)
			n++
			return true
		})
		if n == 0 {
			return nil
		}
		average, err := QuoDecimal(total, DecimalFromInt(n))
		if err != nil {
			return op.fail(f, err)
		}
		return average
	}
	return o
}

// extreme compiles min (sign -1) and max (sign 1), of a list or of the arguments. Over nothing max is 0 (the
// largest of no numbers, as sum and count), min is missing; of dates both are missing.
func (c *compiler) extreme(call call, sign int) operand {
	before := len(c.trail)
	list, o := c.candidates(call)
	kinds := []Kind{KindNumber, KindText, KindDate, KindDateTime, KindMonth}
	if list.elem.Kind != KindAny && !slices.Contains(kinds, list.elem.Kind) {
		return c.refuse(refusal{
			code: CodeType, loc: call.loc, name: call.name,
			params: map[string]any{"want": KindNumber.String(), "got": list.elem.Kind.String()},
		})
	}
	zero := sign > 0 && (list.elem.Kind == KindNumber || list.elem.Kind == KindAny)
	if !zero && !o.certain {
		o.typ.Optional = true
		o.missing = slices.Clone(c.trail[before:])
	}
	o.typ.Kind, o.unrounded = list.elem.Kind, list.unrounded
	name, at := call.name, call.at
	o.run = func(f *frame) any {
		var best any
		list.each(f, func(value any) bool {
			if best == nil {
				best = value
				return true
			}
			order, ok := Compare(value, best)
			if !ok {
				f.fail(EvalType, at, name)
				return false
			}
			if order*sign > 0 {
				best = value
			}
			return true
		})
		if best == nil && zero {
			return Decimal{}
		}
		return best
	}
	return o.operand
}

// certainly is an operand, and whether it cannot be missing for the moment.
type certainly struct {
	operand
	certain bool
}

// candidates are the values min and max choose from.
func (c *compiler) candidates(call call) (values, certainly) {
	if len(call.args) == 1 {
		return c.values(call), certainly{}
	}
	var elem operand
	var result certainly
	runs := make([]node, len(call.args))
	for i, arg := range call.args {
		o := c.node(arg)
		runs[i] = o.run
		result.certain = result.certain || !o.typ.Optional
		if i == 0 {
			elem = o
			continue
		}
		elem = c.unify(elem, o, call.name)
	}
	each := func(f *frame, visit func(any) bool) {
		for _, run := range runs {
			if value := run(f); value != nil && !visit(value) {
				return
			}
		}
	}
	return values{elem: elem.typ, unrounded: elem.unrounded, each: each}, result
}

func compileMap(c *compiler, call call) operand {
	l := c.loop(call)
	l.body = c.item(l.body, call.name)
	elem := l.body.typ
	return operand{
		typ: Type{Kind: KindList, Elem: &elem, Shape: elem.Shape}, paths: l.body.paths, unrounded: l.body.unrounded,
		run: func(f *frame) any {
			var list []any
			l.each(f, func(_, result any) bool {
				list = append(list, result)
				return f.allocate(16)
			})
			return list
		},
	}
}

func compileFilter(c *compiler, call call) operand {
	l := c.loop(call)
	c.condition(l.body, call.name)
	elem := elemType(l.list.typ)
	return operand{
		typ: Type{Kind: KindList, Elem: &elem, Shape: elem.Shape}, paths: l.list.paths, unrounded: l.list.unrounded,
		run: func(f *frame) any {
			var list []any
			l.each(f, func(item, result any) bool {
				if is, _ := f.truth(result, l.at, l.name); is {
					list = append(list, item)
				}
				return f.allocate(16)
			})
			return list
		},
	}
}

// quantifier compiles any (decisive = true) and all (decisive = false) in three-valued logic. Over nothing any
// is false and all is true.
func (c *compiler) quantifier(call call, decisive bool) operand {
	l := c.loop(call)
	c.condition(l.body, call.name)
	return operand{
		typ: Type{Kind: KindBool, Optional: l.body.typ.Optional}, missing: l.body.missing,
		run: func(f *frame) any {
			unknown, decided := false, false
			l.each(f, func(_, result any) bool {
				is, known := f.truth(result, l.at, l.name)
				unknown = unknown || !known
				decided = known && is == decisive
				return !decided
			})
			switch {
			case decided:
				return decisive
			case unknown:
				return nil
			}
			return !decisive
		},
	}
}

func compileFirst(c *compiler, call call) operand {
	list := c.values(call)
	return operand{typ: list.elem, paths: list.paths, unrounded: list.unrounded, run: func(f *frame) any {
		var found any
		list.each(f, func(value any) bool {
			found = value
			return false
		})
		return found
	}}
}

func compileUniq(c *compiler, call call) operand {
	list := c.values(call)
	elem, at := list.elem, call.at
	elem.Optional = false
	return operand{
		typ: Type{Kind: KindList, Elem: &elem, Shape: elem.Shape}, paths: list.paths, unrounded: list.unrounded,
		run: func(f *frame) any {
			var kept []any
			seen := map[string]bool{}
			list.each(f, func(value any) bool {
				if _, isList := value.([]any); isList {
					f.fail(EvalType, at, "uniq")
					return false
				}
				key := Key(value)
				if !seen[key] {
					seen[key] = true
					kept = append(kept, value)
				}
				return f.allocate(16 + len(key))
			})
			return kept
		},
	}
}

// compileLen counts the items of a list or the characters of a text. Nothing has none: a missing list is an
// empty one, a missing text the empty text.
func compileLen(c *compiler, call call) operand {
	x := c.node(call.args[0])
	if !x.isNil() && !accepts(x, KindList, KindText) {
		return c.refuseType(x, KindList.String(), call.name)
	}
	of, at := x.run, call.at
	return operand{typ: Type{Kind: KindNumber}, run: func(f *frame) any {
		switch v := of(f).(type) {
		case nil:
			return Decimal{}
		case []any:
			return DecimalFromInt(int64(len(v)))
		case string:
			if !f.spend(len(v) / 64) {
				return nil
			}
			return DecimalFromInt(int64(characters(v)))
		}
		return f.fail(EvalType, at, "len")
	}}
}
