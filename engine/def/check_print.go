//go:build !js

package def

import (
	"slices"

	"formwork/engine/expr"
)

// printing checks one print: that what it shows is there, and that its texts and conditions compile.
func (c *checker) printing(p *Print) {
	c.at(KindPrint, p.Name)
	if p.Dataset != "" {
		if _, ok := c.datasetNamed("/dataset", p.Dataset); !ok {
			return
		}
	} else {
		entity, ok := c.entityNamed("/entity", p.Entity)
		if !ok {
			return
		}
		if p.Each != "" {
			if table, ok := c.ownField("/each", entity, p.Each); !ok || !table.IsTable() {
				if ok {
					c.fail("/each", "field_type", "field", p.Each)
				}
				return
			}
		}
	}
	scope := c.cat.PrintScope(p)
	for n, block := range p.Blocks {
		at := joinPointer("/blocks", n)
		c.condition(at+"/when", block.When, scope)
		c.words(at, block.Text, block.I18n, scope)
		c.printBlock(p, block, at, scope)
	}
}

// words checks a text with ${expr} in every language.
func (c *checker) words(pointer, text string, i18n I18n, scope expr.Scope) {
	check := func(pointer, text string) {
		if text == "" {
			return
		}
		if _, err := expr.CompileTemplate(text, scope); err != nil {
			c.expression(pointer, err)
		}
	}
	check(pointer+"/text", text)
	for _, lang := range sortedKeys(i18n) {
		check(joinPointer(pointer, "x-i18n", lang, "text"), i18n[lang]["text"])
	}
}

func (c *checker) printBlock(p *Print, block *PrintBlock, at string, scope expr.Scope) {
	if p.Dataset != "" && slices.Contains([]string{BlockQR, BlockPhotos}, block.Type) {
		c.fail(at+"/type", "not_applicable")
		return
	}
	if entity := c.cat.Entities[p.Entity]; block.Type == BlockTrail && (entity == nil || !entity.Approval) {
		c.fail(at+"/type", "not_applicable")
		return
	}
	for n, item := range block.Items {
		pointer := joinPointer(at, "items", n)
		c.words(pointer, item.Text, item.I18n, scope)
		if item.Field != "" {
			c.printed(p, pointer+"/field", item.Field)
		}
	}
	switch block.Type {
	case BlockTable:
		c.printTable(p, block, at)
	case BlockMatrix:
		c.printMatrix(p, block, at)
	case BlockSigns:
		for n, box := range block.Boxes {
			c.printBox(p, box, joinPointer(at, "boxes", n), scope)
		}
	case BlockPhotos:
		if field, ok := c.printed(p, at+"/field", block.Field); ok && field.XType != TypeImage {
			c.fail(at+"/field", "field_type", "field", block.Field)
		}
	}
}

// printed finds what a path shows or says that nothing does.
func (c *checker) printed(p *Print, pointer, path string) (*Field, bool) {
	field, ok := c.cat.PrintField(p, path)
	if !ok {
		c.fail(pointer, "unknown_field", "field", path, "entity", p.Entity+p.Dataset)
	}
	return field, ok
}

func (c *checker) printTable(p *Print, block *PrintBlock, at string) {
	switch {
	case p.Dataset != "" && block.Rows != "":
		c.fail(at+"/rows", "not_applicable")
		return
	case p.Dataset == "" && block.Rows == "":
		c.fail(at+"/rows", "missing_key", "key", "rows")
		return
	case p.Dataset == "":
		table, ok := c.ownField(at+"/rows", c.cat.Entities[p.Entity], block.Rows)
		if !ok {
			return
		}
		if !table.IsTable() {
			c.fail(at+"/rows", "field_type", "field", block.Rows)
			return
		}
	}
	c.printColumns(p, block, at)
}

func (c *checker) printColumns(p *Print, block *PrintBlock, at string) {
	scope := c.cat.PrintRowScope(p, block.Rows)
	for n, column := range block.Columns {
		pointer := joinPointer(at, "columns", n)
		c.words(pointer, column.Text, column.I18n, scope)
		if column.Field == "" {
			continue
		}
		field, ok := c.cat.PrintColumnField(p, block.Rows, column.Field)
		switch {
		case !ok:
			c.fail(pointer+"/field", "unknown_column", "field", column.Field, "table", block.Rows+p.Dataset)
		case column.Total && !field.IsNumber():
			c.fail(pointer+"/total", "field_type", "field", column.Field)
		}
	}
}

// printMatrix checks that a matrix lies over a dataset with the keys, the month and the numbers it names.
func (c *checker) printMatrix(p *Print, block *PrintBlock, at string) {
	dataset := c.cat.Datasets[p.Dataset]
	if dataset == nil {
		c.fail(at+"/type", "not_applicable")
		return
	}
	c.printColumns(p, block, at)
	fields, m := c.cat.ResultEntity(dataset).Properties, block.Matrix
	for pointer, name := range map[string]string{"/matrix/row": m.Row, "/matrix/day": m.Day} {
		if !slices.Contains(dataset.Keys(), name) {
			c.fail(at+pointer, "unknown_column", "field", name)
		}
	}
	if day := fields[m.Day]; day != nil && day.XType != TypeDate {
		c.fail(at+"/matrix/day", "field_type", "field", m.Day)
	}
	if month := dataset.Params[m.Month]; month == nil {
		c.fail(at+"/matrix/month", "unknown_field", "field", m.Month)
	} else if month.XType != TypeMonth {
		c.fail(at+"/matrix/month", "field_type", "field", m.Month)
	}
	for n, line := range m.Lines {
		pointer := joinPointer(at, "matrix", "lines", n, "field")
		if field := fields[line.Field]; field == nil {
			c.fail(pointer, "unknown_column", "field", line.Field)
		} else if !field.IsNumber() {
			c.fail(pointer, "field_type", "field", line.Field)
		}
	}
}

// printBox checks a place to sign: its node is one of a flow that runs on submit.
func (c *checker) printBox(p *Print, box *PrintBox, at string, scope expr.Scope) {
	c.condition(at+"/when", box.When, scope)
	if box.Field != "" {
		c.printed(p, at+"/field", box.Field)
	}
	if box.Node == "" {
		return
	}
	if p.Entity != "" {
		for _, flow := range c.cat.SubmitFlows(p.Entity) {
			if hasNode(flow.Nodes, box.Node) {
				return
			}
		}
	}
	c.fail(at+"/node", "unknown_node", "name", box.Node)
}

func hasNode(nodes []*Node, name string) bool {
	return slices.ContainsFunc(nodes, func(n *Node) bool {
		return n.Name == name || slices.ContainsFunc(n.Branches, func(b *Branch) bool { return hasNode(b.Nodes, name) })
	})
}
