package def

import (
	"maps"
	"slices"

	"formwork/engine/expr"
)

// calls lists the registered functions a source may call instead of a query, by name. There are none yet: critical
// path and earned value come with the modules that need them.
var calls = map[string]bool{}

// The units of a GroupKey.
const (
	unitDay   = "day"
	unitMonth = "month"
	unitYear  = "year"
)

// KeyField describes the values of a grouping key of a source, as a field named like the key: the field at the end of its
// path, a month for the months of dates, a reference for the ids of records. False if the path leads nowhere.
func (c *Catalog) KeyField(source *Source, name string) (*Field, bool) {
	key := source.By[name]
	end, ok := c.Field(source.Entity, key.Path)
	if !ok {
		return nil, false
	}
	field := &Field{
		Name: name, Path: name, Type: end.Type, XType: end.XType, Title: end.Title, I18n: end.I18n, Format: end.Format,
		Entity: end.Entity, Scale: end.Scale, Fixed: end.Fixed, Unit: end.Unit, Opts: end.Opts,
	}
	switch key.Unit {
	case unitDay:
		field.Type, field.XType, field.Format = "string", TypeDate, "date"
	case unitMonth:
		field.Type, field.XType, field.Format = "string", TypeMonth, ""
	case unitYear:
		field.Type, field.XType, field.Format = "integer", TypeInteger, ""
	}
	if end.Path == FieldID {
		if owner, ok := c.Owner(source.Entity, key.Path); ok {
			field.XType, field.Entity, field.Title, field.I18n = TypeReference, owner.Name, owner.Title, owner.I18n
		}
	}
	return field, true
}

// Keys lists the names of a dataset's grouping keys, sorted; they are the same in all sources.
func (d *Dataset) Keys() []string {
	if len(d.Sources) == 0 {
		return nil
	}
	return sortedKeys(d.Sources[0].By)
}

// Shown lists the columns of a dataset in their order: show, else the keys, then the columns, each by name.
func (d *Dataset) Shown() []string {
	if len(d.Show) > 0 {
		return d.Show
	}
	names := d.Keys()
	for _, more := range [][]string{sortedKeys(d.Columns), sortedKeys(d.Window)} {
		for _, name := range more {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// ResultEntity describes the rows of a dataset as if they were records: its keys, columns and windows as fields. Filters
// over the columns are checked against it.
func (c *Catalog) ResultEntity(d *Dataset) *Entity {
	fields := map[string]*Field{}
	for _, name := range d.Keys() {
		if field, ok := c.KeyField(d.Sources[0], name); ok {
			fields[name] = field
		}
	}
	for name, column := range d.Columns {
		fields[name] = column.field(name)
	}
	for name, window := range d.Window {
		if summed, ok := fields[window.RunningSum]; ok {
			field := *summed
			field.Name, field.Path = name, name
			if window.Title != "" {
				field.Title, field.I18n = window.Title, window.I18n
			}
			fields[name] = &field
		}
	}
	return &Entity{Head: Head{Name: d.Name, Title: d.Title, I18n: d.I18n}, Type: "object", Properties: fields}
}

// jsonTypes are the JSON types of column types that are no strings, and formats the formats.
var (
	jsonTypes = map[FieldType]string{TypeInteger: "integer", TypeBoolean: "boolean"}
	formats   = map[FieldType]string{TypeDate: "date", TypeDateTime: "date-time"}
)

func (column *DatasetColumn) field(name string) *Field {
	field := &Field{
		Name: name, Path: name, Type: "string", XType: column.XType, Title: column.Title, I18n: column.I18n,
		Format: formats[column.XType], Scale: column.Scale, Fixed: column.Fixed,
	}
	if t, ok := jsonTypes[column.XType]; ok {
		field.Type = t
	}
	return field
}

// DatasetScope is what the columns of a dataset may name: keys and other columns as bare names, key, the sources with
// their measures, param, actor and settings. A column wins over a key of the same name.
func (c *Catalog) DatasetScope(d *Dataset) expr.Scope {
	keys, self, params := memberShape{"key", map[string]expr.Type{}}, memberShape{d.Name, map[string]expr.Type{}}, memberShape{"param", map[string]expr.Type{}}
	for _, name := range d.Keys() {
		if field, ok := c.KeyField(d.Sources[0], name); ok {
			keys.types[name] = plainType(field)
		}
	}
	maps.Copy(self.types, keys.types)
	for name, column := range d.Columns {
		self.types[name] = plainType(column.field(name))
	}
	for name, field := range d.Params {
		params.types[name] = plainType(field)
	}
	scope := c.SettingsScope()
	scope.Self = self
	scope.Vars["key"] = expr.Type{Kind: expr.KindRecord, Shape: keys}
	scope.Vars["param"] = expr.Type{Kind: expr.KindRecord, Shape: params}
	for _, source := range d.Sources {
		measures := memberShape{source.As, map[string]expr.Type{}}
		for name, measure := range source.Measures {
			measures.types[name] = c.measureType(source, measure)
		}
		scope.Vars[source.As] = expr.Type{Kind: expr.KindRecord, Shape: measures}
	}
	return scope
}

// MeasureField describes the values of a measure: those of the field it is over; counts are integers.
func (c *Catalog) MeasureField(source *Source, measure *Measure) (*Field, bool) {
	if measure.Agg == aggCount || measure.Agg == "count_distinct" {
		return &Field{Type: "integer", XType: TypeInteger}, true
	}
	return c.Field(source.Entity, measure.Path)
}

func (c *Catalog) measureType(source *Source, measure *Measure) expr.Type {
	field, ok := c.MeasureField(source, measure)
	if !ok {
		return expr.Type{Kind: expr.KindAny, Optional: true}
	}
	return plainType(field)
}

// plainType is the type of a field's values where references are ids and nothing is behind them.
func plainType(field *Field) expr.Type {
	t := expr.Type{Kind: FieldKind(field), Optional: true}
	switch t.Kind {
	case expr.KindRecord:
		t.Kind = expr.KindText
	case expr.KindList:
		t.Elem = &expr.Type{Kind: expr.KindText}
	default:
	}
	return t
}

// memberShape is a variable with members of known types.
type memberShape struct {
	name  string
	types map[string]expr.Type
}

func (s memberShape) Name() string { return s.name }

func (s memberShape) Field(name string) (expr.Type, bool) {
	t, ok := s.types[name]
	return t, ok
}

func (s memberShape) Names() []string { return sortedKeys(s.types) }

// GrantedDatasets lists the datasets a grant is about: the one it names, or those of the dashboard it names.
func (c *Catalog) GrantedDatasets(g *Grant) []string {
	if _, ok := c.Datasets[g.Dataset]; ok {
		return []string{g.Dataset}
	}
	dashboard, ok := c.Dashboards[g.Dataset]
	if !ok {
		return nil
	}
	var names []string
	for _, widget := range dashboard.Widgets {
		if !slices.Contains(names, widget.Dataset) {
			names = append(names, widget.Dataset)
		}
	}
	return names
}

// Inputs lists the paths a source reads, sorted, each once: its keys, measures and filters.
func (s *Source) Inputs() []string {
	var paths []string
	for _, key := range s.By {
		paths = append(paths, key.Path)
	}
	paths = append(paths, filterPaths(jsonTree(s.Where), "")...)
	for _, measure := range s.Measures {
		if measure.Path != "" {
			paths = append(paths, measure.Path)
		}
		paths = append(paths, filterPaths(jsonTree(measure.Where), "")...)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// filterPaths lists the paths of a filter's conditions; those within any are columns of its sub-table.
func filterPaths(node any, prefix string) []string {
	var paths []string
	switch v := node.(type) {
	case []any:
		for _, part := range v {
			paths = append(paths, filterPaths(part, prefix)...)
		}
	case map[string]any:
		if field, ok := v["field"].(string); ok {
			return append(filterPaths(v["where"], prefix+field+"."), prefix+field)
		}
		for _, part := range v {
			paths = append(paths, filterPaths(part, prefix)...)
		}
	}
	return paths
}
