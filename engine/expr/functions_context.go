package expr

func contextFunctions() []*function {
	group := func(name, signature string, args int, compile func(*compiler, call) operand) *function {
		return &function{Function{name, "context", signature}, args, args, compile}
	}
	return []*function{
		group("setting", `setting("group.name")`, 1, compileSetting),
		group("has_role", `has_role("r")`, 1, compileHasRole),
		group("row_no", "row_no()", 0, compileRowNo),
		group("label_of", "label_of(field)", 1, compileLabelOf),
	}
}

// compileSetting puts the constant in the place of the call.
func compileSetting(c *compiler, call call) operand {
	path, ok := c.constantText(call.args[0], call.name)
	if !ok {
		return absent(operand{})
	}
	if c.scope.Setting != nil {
		if value, t, ok := c.scope.Setting(path); ok {
			c.settings[path] = true
			if value = present(value); value == nil {
				o := absent(operand{})
				o.typ, o.isConst = t, false
				o.typ.Optional = true
				o.missing = []Path{{"setting", path}}
				return o
			}
			t.Optional = false
			return constant(value, t)
		}
	}
	return c.refuse(refusal{code: CodeUnknownSetting, loc: call.args[0].Location(), name: path})
}

func compileHasRole(c *compiler, call call) operand {
	role, ok := c.constantText(call.args[0], call.name)
	if !ok {
		return absent(operand{})
	}
	return operand{typ: Type{Kind: KindBool}, run: func(f *frame) any {
		return f.env.HasRole != nil && f.env.HasRole(role)
	}}
}

func compileRowNo(c *compiler, call call) operand {
	if !c.scope.InRow {
		return c.refuse(refusal{code: CodeNotInRow, loc: call.loc, name: call.name})
	}
	return operand{typ: Type{Kind: KindNumber}, run: func(f *frame) any { return DecimalFromInt(int64(f.env.RowNo)) }}
}

// compileLabelOf shows a field as people see it: the title of an option, the display of a reference.
func compileLabelOf(c *compiler, call call) operand {
	x := c.node(call.args[0])
	if len(x.paths) != 1 {
		return c.refuseType(x, "field", call.name)
	}
	o := strict(KindText, x)
	of, path, op := x.run, x.paths[0], numeric{call.name, call.at}
	c.labels = append(c.labels, path)
	o.run = func(f *frame) any {
		value := of(f)
		if value == nil {
			return nil
		}
		if f.env.Label != nil {
			if text, ok := f.env.Label(path, value); ok {
				return present(text)
			}
		}
		return f.written(value, op)
	}
	return o
}
