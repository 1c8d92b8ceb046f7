//go:build !js

package def

import (
	"slices"
	"strings"

	"formwork/engine/expr"
)

// dataset checks one dataset; its filters are checked above this package.
func (c *checker) dataset(d *Dataset) {
	c.at(KindDataset, d.Name)
	c.params(d.Params)
	for i, source := range d.Sources {
		at := joinPointer("/sources", i)
		if _, taken := d.Columns[source.As]; taken || slices.Contains(d.Keys(), source.As) {
			c.fail(at+"/as", "duplicate_name", "name", source.As)
		}
		if expr.IsReserved(source.As) {
			c.fail(at+"/as", "reserved_name", "name", source.As)
		}
		c.source(source, at)
		c.sameKeys(d, source, at+"/by")
	}
	c.datasetColumns(d)
	result := c.cat.ResultEntity(d)
	for _, name := range sortedKeys(result.Properties) {
		if expr.IsReserved(name) {
			c.fail(datasetPointer(d, name), "reserved_name", "name", name)
		}
	}
	c.windows(d, result)
	for i, key := range d.Order {
		c.datasetColumn(joinPointer("/order", i, "field"), result, key.Field)
	}
	for i, name := range d.Show {
		c.datasetColumn(joinPointer("/show", i), result, name)
	}
	for i, name := range d.Totals {
		if field, ok := c.datasetColumn(joinPointer("/totals", i), result, name); ok && (!field.IsNumber() || d.Columns[name] == nil) {
			c.fail(joinPointer("/totals", i), "field_type", "field", name)
		}
	}
	if d.Drill != nil {
		c.entityNamed("/drill/entity", d.Drill.Entity)
	}
}

// params checks the fields a dataset or dashboard asks for. They never stand as bare names, so that words of the
// expression language may name them: as_of is the data date.
func (c *checker) params(params map[string]*Field) {
	none := &Entity{Properties: params}
	for _, name := range sortedKeys(params) {
		field, at := params[name], joinPointer("/params", name)
		c.field(none, field, at, c.cat.SettingsScope())
		if field.IsTable() || field.IsComputed() {
			c.fail(at, "field_type", "field", name)
		}
	}
}

// source checks one grouped query, or that the function it calls exists.
func (c *checker) source(s *Source, pointer string) {
	if s.Call != "" {
		if !calls[s.Call] {
			c.fail(pointer+"/call", "unknown_call", "name", s.Call)
		}
		return
	}
	entity, ok := c.entityNamed(pointer+"/entity", s.Entity)
	if !ok {
		return
	}
	if s.Unwind != "" {
		if table, ok := c.ownField(pointer+"/unwind", entity, s.Unwind); ok && !table.IsTable() {
			c.fail(pointer+"/unwind", "field_type", "field", s.Unwind)
		}
	}
	for _, name := range sortedKeys(s.By) {
		c.groupKey(entity, s, name, joinPointer(pointer, "by", name))
	}
	for _, name := range sortedKeys(s.Measures) {
		c.measure(entity, s, s.Measures[name], joinPointer(pointer, "measures", name))
	}
}

// groupKey checks that a key leads to one value per row: through single references, through the unwound sub-table only.
func (c *checker) groupKey(entity *Entity, s *Source, name, pointer string) {
	key := s.By[name]
	field, ok := c.fieldAt(pointer, entity, key.Path)
	if !ok {
		return
	}
	if !c.singular(entity, s.Unwind, key.Path) || field.IsList() || field.IsTable() {
		c.fail(pointer, "field_type", "field", key.Path)
		return
	}
	dated := field.XType == TypeDate || field.XType == TypeDateTime
	if (key.Unit == unitDay && !dated) || (key.Unit != "" && !dated && field.XType != TypeMonth) {
		c.fail(pointer, "field_type", "field", key.Path, "unit", key.Unit)
	}
}

// singular tells whether a path passes no list and no sub-table but the unwound one.
func (c *checker) singular(entity *Entity, unwind, path string) bool {
	steps := strings.Split(path, ".")
	for i := 1; i < len(steps); i++ {
		field, ok := c.cat.Field(entity.Name, strings.Join(steps[:i], "."))
		if !ok || field.IsList() || (field.IsTable() && (i > 1 || steps[0] != unwind)) {
			return false
		}
	}
	return true
}

// measure checks one aggregate: over a field of the record, or a column of the unwound rows.
func (c *checker) measure(entity *Entity, s *Source, m *Measure, pointer string) {
	if m.Agg == aggCount {
		return
	}
	field, ok := c.ownField(pointer, entity, m.Path)
	if !ok {
		return
	}
	ordered := field.IsNumber() || field.IsText() || field.XType == TypeDate || field.XType == TypeDateTime || field.XType == TypeMonth
	bad := field.IsTable() || field.IsList() || (field.Parent != nil && field.Parent.Name != s.Unwind)
	switch m.Agg {
	case "sum", "avg":
		bad = bad || !field.IsNumber()
	case "min", "max":
		bad = bad || !ordered
	}
	if bad {
		c.fail(pointer, "field_type", "field", m.Path)
	}
}

// sameKeys checks that a source is grouped by the keys of the first one, each of the same kind.
func (c *checker) sameKeys(d *Dataset, s *Source, pointer string) {
	first := d.Sources[0]
	if s == first || s.Call != "" || first.Call != "" {
		return
	}
	if keys := sortedKeys(s.By); !slices.Equal(keys, d.Keys()) {
		c.fail(pointer, "keys_differ", "keys", keys, "want", d.Keys())
		return
	}
	for _, name := range d.Keys() {
		mine, okMine := c.cat.KeyField(s, name)
		theirs, okTheirs := c.cat.KeyField(first, name)
		if okMine && okTheirs && (FieldKind(mine) != FieldKind(theirs) || mine.Target() != theirs.Target()) {
			c.fail(joinPointer(pointer, name), "keys_differ", "key", name)
		}
	}
}

// datasetColumns checks the expressions of the columns and that they do not go in a circle.
func (c *checker) datasetColumns(d *Dataset) {
	scope := c.cat.DatasetScope(d)
	edges := map[string][]string{}
	for _, name := range sortedKeys(d.Columns) {
		column, at := d.Columns[name], joinPointer("/columns", name)
		field := column.field(name)
		program := c.compile(at+"/value", column.Value, scope, FieldKind(field))
		if program == nil {
			continue
		}
		if field.IsNumber() && program.Unrounded() {
			c.fail(at+"/value", "unrounded")
		}
		for _, path := range program.Reads() {
			if _, ok := d.Columns[path[0]]; ok {
				edges[name] = append(edges[name], path[0])
			}
		}
	}
	for _, circle := range circles(sortedKeys(d.Columns), func(name string) []string { return edges[name] }) {
		c.fail(joinPointer("/columns", circle[0]), "cycle", "fields", circle)
	}
}

func (c *checker) windows(d *Dataset, result *Entity) {
	for _, name := range sortedKeys(d.Window) {
		window, at := d.Window[name], joinPointer("/window", name)
		if _, taken := d.Columns[name]; taken || slices.Contains(d.Keys(), name) {
			c.fail(at, "duplicate_name", "name", name)
		}
		summed, ok := d.Columns[window.RunningSum]
		switch {
		case !ok:
			c.fail(at+"/running_sum", "unknown_column", "field", window.RunningSum)
		case !summed.field(name).IsNumber():
			c.fail(at+"/running_sum", "field_type", "field", window.RunningSum)
		}
		for i, key := range window.Over {
			c.datasetColumn(joinPointer(at, "over", i), result, key)
		}
	}
}

// datasetColumn finds a column of a dataset's rows or says that there is none.
func (c *checker) datasetColumn(pointer string, result *Entity, name string) (*Field, bool) {
	field, ok := result.Properties[name]
	if !ok {
		c.fail(pointer, "unknown_column", "field", name, "dataset", result.Name)
	}
	return field, ok
}

// datasetPointer is where a name of a dataset's row comes from.
func datasetPointer(d *Dataset, name string) string {
	if _, ok := d.Columns[name]; ok {
		return joinPointer("/columns", name)
	}
	if _, ok := d.Window[name]; ok {
		return joinPointer("/window", name)
	}
	return joinPointer("/sources/0/by", name)
}

func (c *checker) datasetNamed(pointer, name string) (*Dataset, bool) {
	dataset, ok := c.cat.Datasets[name]
	if !ok {
		c.fail(pointer, "unknown_dataset", "name", name)
	}
	return dataset, ok
}

func (c *checker) dashboardNamed(pointer, name string) {
	if _, ok := c.cat.Dashboards[name]; !ok {
		c.fail(pointer, "unknown_dashboard", "name", name)
	}
}

// dashboard checks that widgets show what their datasets have.
func (c *checker) dashboard(d *Dashboard) {
	c.at(KindDashboard, d.Name)
	c.params(d.Params)
	for i, widget := range d.Widgets {
		at := joinPointer("/widgets", i)
		if widget.X+widget.W > gridColumns {
			c.fail(at+"/w", "range", "max", gridColumns)
		}
		if dataset, ok := c.datasetNamed(at+"/dataset", widget.Dataset); ok {
			c.widget(d, dataset, widget, at)
		}
		c.widgetLink(widget.Link, at+"/link")
	}
}

// gridColumns is how wide a dashboard is.
const gridColumns = 12

func (c *checker) widget(d *Dashboard, dataset *Dataset, w *Widget, pointer string) {
	result := c.cat.ResultEntity(dataset)
	shown := dataset.Shown()
	for keyword, names := range map[string]Strings{"/measure": w.Measure, "/dimension": w.Dimension} {
		for _, name := range names {
			field, ok := result.Properties[name]
			switch {
			case !ok || !slices.Contains(shown, name):
				c.fail(pointer+keyword, "unknown_column", "field", name, "dataset", dataset.Name)
			case keyword == "/measure" && !field.IsNumber():
				c.fail(pointer+keyword, "field_type", "field", name)
			}
		}
	}
	if !widgetFits(w) {
		c.fail(pointer+"/type", "shape", "type", w.Type, "measures", len(w.Measure), "dimensions", len(w.Dimension))
	}
	for _, name := range sortedKeys(d.Params) {
		mine, theirs := d.Params[name], dataset.Params[name]
		if theirs != nil && (mine.XType != theirs.XType || mine.Target() != theirs.Target()) {
			c.fail(pointer+"/dataset", "param_type", "name", name)
		}
	}
}

// widgetFits tells whether a widget has as many measures and dimensions as its type needs.
func widgetFits(w *Widget) bool {
	measures, dimensions := len(w.Measure), len(w.Dimension)
	switch w.Type {
	case "number", "gauge":
		return measures == 1 && dimensions == 0
	case "bar", "line":
		return measures >= 1 && (dimensions == 1 || dimensions == 2 && measures == 1)
	case "pie":
		return measures == 1 && dimensions == 1
	case "heatmap":
		return measures == 1 && dimensions == 2
	}
	return true
}

func (c *checker) widgetLink(link *WidgetLink, pointer string) {
	switch {
	case link == nil:
	case link.Dataset != "":
		c.datasetNamed(pointer+"/dataset", link.Dataset)
	case link.Dashboard != "":
		c.dashboardNamed(pointer+"/dashboard", link.Dashboard)
	default:
		if _, ok := c.cat.Views[link.View]; !ok {
			c.fail(pointer+"/view", "unknown_view", "name", link.View)
		}
	}
}

// datasetGrant refuses a dataset whose inputs the role's holders may not read, unless it says that it discloses them.
func (c *checker) datasetGrant(r *Role, g *Grant, pointer string) {
	names := c.cat.GrantedDatasets(g)
	if len(names) == 0 {
		c.fail(pointer, "unknown_dataset", "name", g.Dataset)
	}
	for _, name := range names {
		dataset := c.cat.Datasets[name]
		if dataset == nil || dataset.Discloses {
			continue
		}
		for _, source := range dataset.Sources {
			entity, ok := c.cat.Entities[source.Entity]
			if !ok {
				continue
			}
			for _, path := range source.Inputs() {
				if hidden := c.hiddenOnPath(r, entity, path); hidden != "" {
					c.fail(pointer, "discloses", "dataset", name, "input", hidden)
				}
			}
		}
	}
}

// hiddenOnPath finds the first field of a path the role has no grant to read; "" if there is none. Members and
// departments are known to everybody.
func (c *checker) hiddenOnPath(r *Role, entity *Entity, path string) string {
	steps := strings.Split(path, ".")
	for len(steps) > 0 && !IsSystem(entity.Name) {
		field, ok := entity.Field(steps[0])
		if ok && field.IsTable() && len(steps) > 1 {
			field, ok = field.Column(steps[1])
			steps = steps[1:]
		}
		if !ok {
			return ""
		}
		if !c.readable(r, entity, field) {
			return entity.Name + "." + field.Path
		}
		steps = steps[1:]
		if entity, ok = c.cat.Entities[field.Target()]; !ok {
			return ""
		}
	}
	return ""
}
