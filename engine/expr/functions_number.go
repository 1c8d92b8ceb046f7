package expr

func numberFunctions() []*function {
	group := func(name, signature string, args int, compile func(*compiler, call) operand) *function {
		return &function{Function{name, "numbers", signature}, args, args, compile}
	}
	return []*function{
		group("round", "round(x, n)", 2, rounding(halfUp)),
		group("round_up", "round_up(x, n)", 2, rounding(awayZero)),
		group("round_down", "round_down(x, n)", 2, rounding(towardZero)),
		group("abs", "abs(x)", 1, of1(aNumber, KindNumber, func(_ *frame, x Decimal, _ int) any { return AbsDecimal(x) })),
		group("ceil", "ceil(x)", 1, ends(of1(aNumber, KindNumber, func(_ *frame, x Decimal, _ int) any { return roundTo(x, 0, upward) }))),
		group("floor", "floor(x)", 1, ends(of1(aNumber, KindNumber, func(_ *frame, x Decimal, _ int) any { return roundTo(x, 0, downward) }))),
		group("mod", "mod(a, b)", 2, func(c *compiler, call call) operand {
			a := c.argument(call.args[0], call.name, KindNumber)
			b := c.argument(call.args[1], call.name, KindNumber)
			return c.arithmetic(a, b, ModDecimal, numeric{"mod", call.at})
		}),
		group("to_number", "to_number(s)", 1, mayFail(of1(toNumber, KindNumber, func(_ *frame, x any, _ int) any { return x }))),
	}
}

func rounding(mode roundMode) func(*compiler, call) operand {
	return ends(of2(aNumber, aWhole, KindNumber, func(_ *frame, x Decimal, places, _ int) any { return roundTo(x, places, mode) }))
}

// ends marks a function whose result ends, whatever a division handed in.
func ends(compile func(*compiler, call) operand) func(*compiler, call) operand {
	return func(c *compiler, call call) operand {
		o := compile(c, call)
		o.unrounded = false
		return o
	}
}

// toNumber reads a text as a number, or takes a number as it is; a text that is no number is missing.
var toNumber = param[any]{[]Kind{KindText, KindNumber}, func(_ *frame, v any) (any, string) {
	switch v := v.(type) {
	case Decimal:
		return v, ""
	case string:
		if d, ok := numberOf(v); ok {
			return d, ""
		}
		return nil, ""
	}
	return nil, EvalType
}}
