package expr

import "github.com/expr-lang/expr/ast"

func logicFunctions() []*function {
	group := func(name, signature string, minArgs, maxArgs int, compile func(*compiler, call) operand) *function {
		return &function{Function{name, "logic", signature}, minArgs, maxArgs, compile}
	}
	return []*function{
		group("IF", "IF(c, a, b)", 3, 3, compileIf),
		group("IFS", "IFS(c1, a1, …, else)", 3, -1, compileIfs),
		group("SWITCH", "SWITCH(x, v1, a1, …, else)", 4, -1, compileSwitch),
		group("AND", "AND(a, …)", 1, -1, func(c *compiler, call call) operand { return c.all(call.args, c.both) }),
		group("OR", "OR(a, …)", 1, -1, func(c *compiler, call call) operand { return c.all(call.args, c.either) }),
		group("NOT", "NOT(a)", 1, 1, func(c *compiler, call call) operand { return c.not(c.node(call.args[0])) }),
		group("nz", "nz(x, d)", 2, 2, func(c *compiler, call call) operand {
			return c.coalesce(c.node(call.args[0]), func() operand { return c.node(call.args[1]) }, "nz")
		}),
		group("is_empty", "is_empty(x)", 1, 1, compileIsEmpty),
	}
}

func compileIf(c *compiler, call call) operand {
	return c.conditional(c.node(call.args[0]), call.args[1], call.args[2])
}

func compileIfs(c *compiler, call call) operand {
	if len(call.args)%2 == 0 {
		return c.refuseCount(c.functions[call.name], call.loc)
	}
	return c.ifs(call.args)
}

// ifs nests conditions: c1 ? a1 : (c2 ? a2 : else).
func (c *compiler) ifs(args []ast.Node) operand {
	if len(args) == 1 {
		return c.node(args[0])
	}
	return c.choose(c.node(args[0]),
		func() operand { return c.node(args[1]) },
		func() operand { return c.ifs(args[2:]) })
}

func compileSwitch(c *compiler, call call) operand {
	if len(call.args)%2 != 0 {
		return c.refuseCount(c.functions[call.name], call.loc)
	}
	subject := c.keep("SWITCH", c.node(call.args[0]))
	result := c.cases(subject, call.args[1:])
	return subject.around(result)
}

// cases nests comparisons: x == v1 ? a1 : (x == v2 ? a2 : else).
func (c *compiler) cases(x variable, args []ast.Node) operand {
	if len(args) == 1 {
		return c.node(args[0])
	}
	return c.choose(c.equality(c.variable(x), c.node(args[0]), "=="),
		func() operand { return c.node(args[1]) },
		func() operand { return c.cases(x, args[2:]) })
}

// all joins the arguments of AND and OR two by two.
func (c *compiler) all(args []ast.Node, join func(left, right func() operand) operand) operand {
	first := func() operand { return c.node(args[0]) }
	if len(args) == 1 {
		return c.truthful(first())
	}
	return join(first, func() operand { return c.all(args[1:], join) })
}

func compileIsEmpty(c *compiler, call call) operand {
	x := c.node(call.args[0])
	of := x.run
	return operand{
		typ:       Type{Kind: KindBool},
		whenFalse: x.present,
		run: func(f *frame) any {
			switch v := of(f).(type) {
			case nil:
				return true
			case []any:
				return len(v) == 0
			}
			return false
		},
	}
}
