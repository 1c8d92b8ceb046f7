package expr

import (
	"maps"
	"slices"

	"github.com/expr-lang/expr/ast"
)

// name compiles a bare name: a let, a field of Self, a variable.
func (c *compiler) name(n *ast.IdentifierNode) operand {
	for i := len(c.lets) - 1; i >= 0; i-- {
		if c.lets[i].name == n.Value {
			return c.variable(c.lets[i])
		}
	}
	name := n.Value
	if c.scope.Self != nil {
		if t, ok := c.scope.Self.Field(name); ok {
			run := func(f *frame) any { return get(f.env.Self, name) }
			return c.place(operand{run: run, typ: t, paths: []Path{{name}}, key: name, plain: true})
		}
	}
	if t, ok := c.scope.Vars[name]; ok {
		run := func(f *frame) any { return present(f.env.Vars[name]) }
		return c.place(operand{run: run, typ: t, paths: []Path{{name}}, key: name, plain: true})
	}
	return c.refuse(refusal{code: CodeUnknownName, loc: n.Location(), name: name, suggestion: nearest(name, c.names())})
}

// names lists what a bare name may be.
func (c *compiler) names() []string {
	var names []string
	if c.scope.Self != nil {
		names = slices.Clone(c.scope.Self.Names())
	}
	for _, v := range c.lets {
		names = append(names, v.name)
	}
	return append(names, slices.Sorted(maps.Keys(c.scope.Vars))...)
}

// variable reads a let. What was noted for its value holds for it too.
func (c *compiler) variable(v variable) operand {
	o := v.operand
	slot := v.slot
	o.run = func(f *frame) any { return f.lets[slot] }
	o.isConst, o.plain = false, false
	if c.known[o.key] > 0 {
		o.missing, o.typ.Optional = nil, false
	}
	o.present = slices.Clone(o.present)
	return o
}

// place notes for a value that stands for a path whether its being missing matters.
func (c *compiler) place(o operand) operand {
	if !o.typ.Optional && len(o.missing) == 0 {
		return o
	}
	if c.known[o.key] > 0 {
		o.missing, o.typ.Optional = nil, false
		return o
	}
	if o.typ.Optional {
		o.missing = append(slices.Clone(o.missing), o.paths...)
	}
	return o
}

// pointer compiles the item of the list inside a predicate: `#`, or nothing before `.field`.
func (c *compiler) pointer(n *ast.PointerNode) operand {
	if n.Name != "" || len(c.elements) == 0 {
		return c.refuse(refusal{code: CodeUnsupported, loc: n.Location(), name: "#" + n.Name})
	}
	depth := len(c.elements) - 1
	e := c.elements[depth]
	run := func(f *frame) any { return present(f.items[depth]) }
	return c.place(operand{run: run, typ: e.typ, paths: e.paths, key: e.key, plain: true})
}

// member compiles record.field and list[0].
func (c *compiler) member(n *ast.MemberNode) operand {
	base := c.bare(n.Node)
	property, isField := n.Property.(*ast.StringNode)
	if !isField || base.typ.Kind == KindList && c.quoted(property) {
		return c.index(n, base)
	}
	if _, isPointer := n.Node.(*ast.PointerNode); isPointer && len(c.elements) > 0 {
		c.elements[len(c.elements)-1].member = true
	}
	if base.typ.Kind != KindRecord && base.typ.Kind != KindAny {
		return c.refuse(refusal{
			code: CodeType, loc: n.Location(), name: property.Value,
			params: map[string]any{"want": KindRecord.String(), "got": base.typ.Kind.String()},
		})
	}
	name := property.Value
	t, ok := c.fieldType(base.typ, name)
	if !ok {
		return c.refuse(refusal{
			code: CodeUnknownName, loc: n.Location(), name: name, suggestion: nearest(name, base.typ.Shape.Names()),
			params: map[string]any{"in": base.typ.Shape.Name()},
		})
	}
	o := operand{typ: t, plain: true, missing: base.missing, key: base.key + "." + name}
	for _, path := range base.paths {
		o.paths = append(o.paths, append(slices.Clone(path), name))
	}
	if base.key == "" {
		o.key = ""
	}
	of, at := base.run, c.offset(n.Location())
	o.run = func(f *frame) any { return f.member(of(f), name, at) }
	o = c.place(o)
	o.typ.Optional = o.typ.Optional || base.typ.Optional && c.known[o.key] == 0
	return o
}

// quoted tells x["a"] from x.a.
func (c *compiler) quoted(n *ast.StringNode) bool {
	text := c.src.at(n.Location())
	return text != "" && (text[0] == '"' || text[0] == '\'' || text[0] == '`')
}

// fieldType is the type of a member; every record has an id.
func (c *compiler) fieldType(record Type, name string) (Type, bool) {
	if record.Shape == nil {
		return Type{Optional: true}, true
	}
	if t, ok := record.Shape.Field(name); ok {
		return t, true
	}
	return Type{Kind: KindText}, name == "id"
}

// index compiles list[0]. Nothing is there beyond the end.
func (c *compiler) index(n *ast.MemberNode, list operand) operand {
	before := len(c.trail)
	if list.plain {
		c.read(list.paths...)
	}
	index := c.node(n.Property)
	switch {
	case list.typ.Kind != KindList && list.typ.Kind != KindAny:
		return c.refuseType(list, KindList.String(), "[]")
	case index.typ.Kind != KindNumber && index.typ.Kind != KindAny:
		return c.refuseType(index, KindNumber.String(), "[]")
	}
	if position, ok := index.value.(Decimal); ok && index.isConst {
		if i, whole := DecimalInt64(position); !whole || i < 0 {
			return c.refuse(refusal{code: CodeRange, loc: index.loc, name: "[]"})
		}
	}
	at := c.offset(n.Location())
	o := operand{typ: elemType(list.typ), paths: list.paths, unrounded: list.unrounded}
	o.typ.Optional = true
	o.missing = joinPaths(list.missing, index.missing, c.trail[before:])
	o.run = func(f *frame) any {
		items := f.itemsOf(list.run(f), at, "[]")
		position := index.run(f)
		if position == nil {
			return nil
		}
		number, ok := position.(Decimal)
		i, whole := DecimalInt64(number)
		if !ok || !whole {
			return f.fail(EvalType, at, "[]")
		}
		if i < 0 || i >= int64(len(items)) {
			return nil
		}
		return present(items[i])
	}
	return o
}

// elemType is the type of a list's items.
func elemType(list Type) Type {
	switch {
	case list.Elem != nil:
		return *list.Elem
	case list.Kind == KindList && list.Shape != nil:
		return Type{Kind: KindRecord, Shape: list.Shape}
	}
	return Type{}
}

// joinPaths puts lists of paths together.
func joinPaths(lists ...[]Path) []Path { return slices.Concat(lists...) }
