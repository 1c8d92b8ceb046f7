//go:build !js

package def

import (
	"slices"
	"strings"

	"formwork/engine/expr"
)

// form checks one form against its entity.
func (c *checker) form(f *Form) {
	c.at(KindForm, f.Name)
	c.roles("/roles", f.Roles)
	entity, ok := c.entityNamed("/entity", f.Entity)
	if !ok {
		return
	}
	scope := c.cat.Scope(entity)
	placed := map[string]bool{}
	for i, section := range f.Sections {
		pointer := joinPointer("/sections", i)
		c.condition(pointer+"/visible", section.Visible, scope)
		for j, item := range section.Items {
			at := joinPointer(pointer, "items", j)
			if placed[item.Field] {
				c.fail(at+"/field", "duplicate_field", "field", item.Field)
			}
			placed[item.Field] = true
			c.item(entity, item, at, scope)
		}
	}
	for i, fill := range f.Fill {
		c.fill(entity, fill, joinPointer("/fill", i))
	}
	for i, begin := range f.Begins {
		c.begin(entity, begin, joinPointer("/begins", i))
	}
}

// begin checks that a button's entity is there and that fields people write take what they are given.
func (c *checker) begin(entity *Entity, begin *Begin, pointer string) {
	source, ok := c.entityNamed(pointer+"/entity", begin.Entity)
	if !ok {
		return
	}
	for _, name := range sortedKeys(begin.Map) {
		at := joinPointer(pointer, "map", name)
		target, ok := c.ownField(at, entity, name)
		if !ok {
			continue
		}
		taken, ok := c.ownField(at, source, begin.Map[name])
		switch {
		case !ok:
		case target.Parent != nil || target.IsReadOnly() || target.IsTable() || target.IsFile():
			c.fail(at, "field_type", "field", name)
		case begin.Map[name] == FieldID && target.Target() == source.Name:
		case taken.Parent != nil || taken.IsTable() || !takes(target, taken, ""):
			c.fail(at, "field_type", "field", begin.Map[name])
		}
	}
}

func (c *checker) item(entity *Entity, item *FormItem, pointer string, scope expr.Scope) {
	field, ok := c.ownField(pointer+"/field", entity, item.Field)
	if !ok {
		return
	}
	c.condition(pointer+"/visible", item.Visible, scope)
	c.condition(pointer+"/required", item.Required, scope)
	c.condition(pointer+"/readOnly", item.ReadOnly, scope)
	if item.Widget != "" && !slices.Contains(widgets(field), item.Widget) {
		c.fail(pointer+"/widget", "widget", "widget", item.Widget)
	}
	if !field.IsTable() {
		if len(item.Columns) > 0 || len(item.Actions) > 0 || len(item.Fill) > 0 {
			c.fail(pointer, "widget", "field", item.Field)
		}
		return
	}
	row := c.cat.RowScope(entity, field)
	for i, column := range item.Columns {
		c.column(field, column, joinPointer(pointer, "columns", i), row)
	}
	for i, fill := range item.Fill {
		c.fill(entity, fill, joinPointer(pointer, "fill", i))
	}
}

// widgets lists what a field can be shown with, beside the usual of its type.
func widgets(f *Field) []string {
	switch {
	case f.IsTable():
		return []string{"grid", "cards"}
	case f.IsOption():
		return []string{"radio", "dropdown", "cards"}
	case f.XType == TypeBoolean:
		return []string{"switch", "radio", "dropdown"}
	case f.Target() != "":
		return []string{"dropdown", "cards"}
	}
	return nil
}

func (c *checker) column(table *Field, column *FormColumn, pointer string, row expr.Scope) {
	field, ok := table.Column(column.Field)
	if !ok {
		c.fail(pointer+"/field", "unknown_column", "field", column.Field, "table", table.Name)
		return
	}
	c.condition(pointer+"/visible", column.Visible, row)
	c.condition(pointer+"/required", column.Required, row)
	c.condition(pointer+"/readOnly", column.ReadOnly, row)
	c.total(pointer, field, column.Total)
}

// total checks that a total can be made of a field.
func (c *checker) total(pointer string, field *Field, total string) {
	ordered := field.IsNumber() || field.XType == TypeDate || field.XType == TypeDateTime || field.XType == TypeMonth
	switch {
	case total == "" || total == "count":
	case (total == "sum" || total == "avg") && !field.IsNumber(), !ordered:
		c.fail(pointer+"/total", "field_type", "field", field.Path)
	}
}

// fill checks a button that fills a sub-table; its filter is checked above this package.
func (c *checker) fill(entity *Entity, fill *Fill, pointer string) {
	if fill.From.Dataset != "" {
		c.fillFromDataset(entity, fill, pointer)
		return
	}
	source, ok := c.entityNamed(pointer+"/from/entity", fill.From.Entity)
	if !ok {
		return
	}
	if fill.From.Rows != "" {
		if table, ok := c.ownField(pointer+"/from/rows", source, fill.From.Rows); ok && !table.IsTable() {
			c.fail(pointer+"/from/rows", "field_type", "field", fill.From.Rows)
		}
	}
	for i, key := range fill.From.Order {
		c.ownField(joinPointer(pointer, "from", "order", i, "field"), source, key.Field)
	}
	c.fillMap(entity, fill, pointer, func(at, path string) (*Field, bool) {
		field, ok := c.ownField(at, source, path)
		if ok && (field.Parent != nil) != (fill.From.Rows != "" && path != FieldID) {
			c.fail(at, "field_type", "field", path)
			return nil, false
		}
		return field, ok
	})
}

// fillFromDataset checks that params and columns exist and fit. What the rows hold is seen by whoever may run the dataset.
func (c *checker) fillFromDataset(entity *Entity, fill *Fill, pointer string) {
	dataset, ok := c.datasetNamed(pointer+"/from/dataset", fill.From.Dataset)
	if !ok {
		return
	}
	for _, name := range sortedKeys(fill.From.Params) {
		at := joinPointer(pointer, "from", "params", name)
		param := dataset.Params[name]
		if param == nil {
			c.fail(at, "unknown_param", "name", name, "dataset", dataset.Name)
			continue
		}
		path := strings.TrimPrefix(fill.From.Params[name], "record.")
		field, ok := c.ownField(at, entity, path)
		if ok && (field.Parent != nil || !takes(param, field, "")) {
			c.fail(at, "field_type", "field", path)
		}
	}
	result := c.cat.ResultEntity(dataset)
	c.fillMap(entity, fill, pointer, func(at, name string) (*Field, bool) {
		if !slices.Contains(dataset.Shown(), name) {
			c.fail(at, "unknown_column", "field", name, "dataset", dataset.Name)
			return nil, false
		}
		return c.datasetColumn(at, result, name)
	})
}

// fillMap checks that columns of one sub-table that people may write take what they are given.
func (c *checker) fillMap(entity *Entity, fill *Fill, pointer string, source func(at, path string) (*Field, bool)) {
	table := ""
	for _, path := range sortedKeys(fill.Map) {
		at := joinPointer(pointer, "map", path)
		target, ok := c.ownField(at, entity, path)
		if !ok {
			continue
		}
		if target.Parent == nil || target.IsReadOnly() {
			c.fail(at, "field_type", "field", path)
			continue
		}
		if table == "" {
			table = target.Parent.Name
		}
		if table != target.Parent.Name {
			c.fail(at, "one_table", "field", path)
		}
		if taken, ok := source(at, fill.Map[path]); ok && !takes(target, taken, "") {
			c.fail(at, "field_type", "field", fill.Map[path])
		}
	}
}

// view checks one list against its entity; its filter is checked above this package.
func (c *checker) view(v *View) {
	c.at(KindView, v.Name)
	c.roles("/roles", v.Roles)
	entity, ok := c.entityNamed("/entity", v.Entity)
	if !ok {
		return
	}
	for i, column := range v.Columns {
		pointer := joinPointer("/columns", i)
		field, ok := c.fieldAt(pointer+"/field", entity, column.Field)
		if !ok {
			continue
		}
		if field.IsTable() || field.Parent != nil {
			c.fail(pointer+"/field", "field_type", "field", column.Field)
		}
		if column.Total != "" && strings.Contains(column.Field, ".") {
			c.fail(pointer+"/total", "field_type", "field", column.Field)
		}
		c.total(pointer, field, column.Total)
	}
	for i, key := range v.Sort {
		field, ok := c.ownField(joinPointer("/sort", i, "field"), entity, key.Field)
		if ok && (field.IsTable() || field.IsList() || field.Parent != nil) {
			c.fail(joinPointer("/sort", i, "field"), "field_type", "field", key.Field)
		}
	}
	for i, path := range v.Filters {
		c.fieldAt(joinPointer("/filters", i), entity, path)
	}
	for _, name := range sortedKeys(v.Params) {
		c.field(entity, v.Params[name], joinPointer("/params", name), c.cat.SettingsScope())
	}
	if v.Form != "" {
		c.formNamed("/form", v.Form, v.Entity)
	}
}

// formNamed checks that a form exists and is one of the entity.
func (c *checker) formNamed(pointer, name, entity string) {
	form, ok := c.cat.Forms[name]
	if !ok || form.Entity != entity {
		c.fail(pointer, "unknown_form", "name", name, "entity", entity)
	}
}

// menuLevels is how deep a menu may be.
const menuLevels = 3

func (c *checker) menu(pointer string, items []*MenuItem, level int) {
	if len(items) == 0 {
		return
	}
	if level > menuLevels {
		c.fail(pointer, "too_deep", "max", menuLevels)
		return
	}
	for i, item := range items {
		at := joinPointer(pointer, i)
		c.roles(at+"/roles", item.Roles)
		if item.View != "" {
			if _, ok := c.cat.Views[item.View]; !ok {
				c.fail(at+"/view", "unknown_view", "name", item.View)
			}
		}
		if item.Form != "" {
			if _, ok := c.cat.Forms[item.Form]; !ok {
				c.fail(at+"/form", "unknown_form", "name", item.Form)
			}
		}
		if item.Dataset != "" {
			c.datasetNamed(at+"/dataset", item.Dataset)
		}
		if item.Dashboard != "" {
			c.dashboardNamed(at+"/dashboard", item.Dashboard)
		}
		c.menu(at+"/items", item.Items, level+1)
	}
}

// flow checks what a flow refers to; its nodes are checked by the flow engine.
func (c *checker) flow(f *Flow) {
	c.at(KindFlow, f.Name)
	if f.Entity != "" {
		entity, ok := c.entityNamed("/entity", f.Entity)
		if ok && f.OnSubmit() && !entity.Approval {
			c.fail("/entity", "no_approval", "entity", f.Entity)
		}
		if ok && f.Form != "" {
			c.formNamed("/form", f.Form, f.Entity)
		}
	}
	if f.Start != nil && f.Start.Entity != "" {
		c.entityNamed("/start/entity", f.Start.Entity)
	}
}
