package expr

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// texts2 is whether one text holds another.
func texts2(a, part operand, at int, name string) operand {
	x, y := a.run, part.run
	return operand{
		typ: Type{Kind: KindBool, Optional: a.typ.Optional || part.typ.Optional}, missing: joinPaths(a.missing, part.missing),
		run: func(f *frame) any {
			whole, piece := x(f), y(f)
			if whole == nil || piece == nil {
				return nil
			}
			text, ok := whole.(string)
			find, okPart := piece.(string)
			if !ok || !okPart {
				return f.fail(EvalType, at, name)
			}
			if !f.spend(1 + len(text)/64) {
				return nil
			}
			return strings.Contains(text, find)
		},
	}
}

// condition checks that an operand can be a condition.
func (c *compiler) condition(o operand, name string) operand {
	if !accepts(o, KindBool) {
		return c.refuseType(o, KindBool.String(), name)
	}
	return o
}

// truthful is a condition that is checked to be one when its value is there.
func (c *compiler) truthful(o operand) operand {
	return c.not(c.not(o))
}

func (c *compiler) not(o operand) operand {
	o = c.condition(o, "not")
	of, at := o.run, o.at
	return operand{
		typ: Type{Kind: KindBool, Optional: o.typ.Optional}, missing: o.missing,
		present: o.present, whenTrue: o.whenFalse, whenFalse: o.whenTrue,
		run: func(f *frame) any {
			is, known := f.truth(of(f), at, "not")
			if !known {
				return nil
			}
			return !is
		},
	}
}

// both is a and b in three-valued logic. The right one is not evaluated once the left one is false; it is
// compiled knowing that the left one is true: where that is missing, so is the whole, or false.
func (c *compiler) both(left, right func() operand) operand {
	a := c.condition(left(), "and")
	b := c.condition(c.assuming(a.present, a.whenTrue, right), "and")
	x, y, at, atRight := a.run, b.run, a.at, b.at
	return operand{
		typ: Type{Kind: KindBool, Optional: a.typ.Optional || b.typ.Optional}, missing: joinPaths(a.missing, b.missing),
		whenTrue: slices.Concat(a.present, a.whenTrue, b.present, b.whenTrue),
		run: func(f *frame) any {
			l, known := f.truth(x(f), at, "and")
			if known && !l {
				return false
			}
			r, knownRight := f.truth(y(f), atRight, "and")
			switch {
			case knownRight && !r:
				return false
			case known && knownRight:
				return true
			}
			return nil
		},
	}
}

// either is a or b; the right one is compiled knowing that the left one is false.
func (c *compiler) either(left, right func() operand) operand {
	a := c.condition(left(), "or")
	b := c.condition(c.assuming(a.present, a.whenFalse, right), "or")
	x, y, at, atRight := a.run, b.run, a.at, b.at
	return operand{
		typ: Type{Kind: KindBool, Optional: a.typ.Optional || b.typ.Optional}, missing: joinPaths(a.missing, b.missing),
		whenFalse: slices.Concat(a.present, a.whenFalse, b.present, b.whenFalse),
		run: func(f *frame) any {
			l, known := f.truth(x(f), at, "or")
			if known && l {
				return true
			}
			r, knownRight := f.truth(y(f), atRight, "or")
			switch {
			case knownRight && r:
				return true
			case known && knownRight:
				return false
			}
			return nil
		},
	}
}

// conditional is c ? a : b and IF(c, a, b): only the branch taken is evaluated; a missing condition takes none.
func (c *compiler) conditional(cond operand, then, otherwise ast.Node) operand {
	return c.choose(cond,
		func() operand { return c.node(then) },
		func() operand { return c.node(otherwise) })
}

func (c *compiler) choose(cond operand, then, otherwise func() operand) operand {
	cond = c.condition(cond, "IF")
	a := c.assuming(cond.present, cond.whenTrue, then)
	b := c.assuming(cond.present, cond.whenFalse, otherwise)
	result := c.unify(a, b, "IF")
	result.typ.Optional = result.typ.Optional || cond.typ.Optional
	result.missing = joinPaths(cond.missing, a.missing, b.missing)
	result.paths = joinPaths(a.paths, b.paths)
	test, yes, no, at := cond.run, a.run, b.run, cond.at
	result.run = func(f *frame) any {
		is, known := f.truth(test(f), at, "IF")
		switch {
		case !known:
			return nil
		case is:
			return yes(f)
		}
		return no(f)
	}
	return result
}

// coalesce is a ?? b and nz(a, b): b where a is missing.
func (c *compiler) coalesce(a operand, rest func() operand, name string) operand {
	b := rest()
	result := c.unify(a, b, name)
	result.typ.Optional, result.missing = b.typ.Optional, b.missing
	if !a.typ.Optional {
		result.typ.Optional, result.missing = false, nil
	} else if b.typ.Optional && len(b.missing) == 0 {
		result.missing = a.missing // nothing stands in for it: nil, or the empty text, which is the same
	}
	result.paths = joinPaths(a.paths, b.paths)
	switch {
	case b.isNil():
		result.present = a.present
	case b.isConst:
		result.behind, result.standIn = a.present, b.value
	}
	x, y := a.run, b.run
	result.run = func(f *frame) any {
		if value := x(f); value != nil {
			return value
		}
		return y(f)
	}
	return result
}

// beyond adds to a comparison with a constant what follows from nz(x, d) not being d: if d would give the other answer, x is
// there. So nz(x, 0) > 5 and x < 9 cannot be missing.
func beyond(result, a, b operand, decide func(f *frame, left, right any) any) operand {
	left, right, behind := a.standIn, b.value, a.behind
	if a.isConst {
		left, right, behind = a.value, b.standIn, b.behind
	}
	if len(behind) == 0 || !a.isConst && !b.isConst {
		return result
	}
	f := frame{env: &Env{}, steps: 1000, bytes: maxText}
	switch answer := decide(&f, left, right); {
	case f.err != nil:
	case answer == true:
		result.whenFalse = append(result.whenFalse, behind...)
	case answer == false:
		result.whenTrue = append(result.whenTrue, behind...)
	}
	return result
}

// assuming compiles a part knowing that some values are not missing.
func (c *compiler) assuming(present, also []string, part func() operand) operand {
	keys := slices.Concat(present, also)
	for _, key := range keys {
		c.known[key]++
	}
	result := part()
	for _, key := range keys {
		c.known[key]--
	}
	return result
}

// keysOf is a key and those of the records on the way: if a.b is there, so is a.
func keysOf(key string) []string {
	if key == "" {
		return nil
	}
	keys := []string{key}
	for point := strings.LastIndexByte(key, '.'); point >= 0; point = strings.LastIndexByte(key, '.') {
		key = key[:point]
		keys = append(keys, key)
	}
	return keys
}
