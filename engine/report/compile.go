package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
	"formwork/engine/query"
)

// compiled is a dataset of one catalog made ready to run.
type compiled struct {
	catalog *def.Catalog
	dataset *def.Dataset
	params  *form.Form   // nil = none
	shape   *def.Entity  // of the rows
	keys    []*def.Field // by name
	sources []*source
	columns []*column // each after those it reads
	having  *query.Filter
	drill   *query.Filter
}

// source is one grouped query. Keys and measures are in the order of their names.
type source struct {
	*def.Source
	entity   *def.Entity
	where    *query.Filter
	keys     []*key
	measures []*measure
	far      bool // some key lies behind references: groups are grouped again
}

// key is a grouping key: own is the part of its path within the source's records or rows, rest leads on through the
// records own refers to.
type key struct {
	name     string
	own      []string
	rest     []string
	unit     string
	ownField *def.Field // at the end of own
	field    *def.Field // of the key's values
}

type measure struct {
	name  string
	agg   string
	path  []string
	where *query.Filter
	field *def.Field // of the measure's values
}

// column is an expression over the row.
type column struct {
	name    string
	field   *def.Field
	program *expr.Program
}

type cacheKey struct {
	catalog *def.Catalog
	dataset string
}

// cache keeps compiled datasets; when there are too many, all are dropped and made again as needed.
type cache struct {
	mu      sync.Mutex
	entries map[cacheKey]*compiled
}

const maxCompiled = 1000

func (s *Service) compiled(catalog *def.Catalog, name string) (*compiled, error) {
	key := cacheKey{catalog, name}
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	if known := s.cache.entries[key]; known != nil {
		return known, nil
	}
	made, err := compile(catalog, catalog.Datasets[name])
	if err != nil {
		return nil, fmt.Errorf("compile dataset %s: %w", name, err)
	}
	if len(s.cache.entries) >= maxCompiled {
		clear(s.cache.entries)
	}
	s.cache.entries[key] = made
	return made, nil
}

// compile prepares a dataset. Publishing has checked it, so a failure is a damaged catalog.
func compile(catalog *def.Catalog, d *def.Dataset) (*compiled, error) {
	c := &compiled{catalog: catalog, dataset: d, shape: catalog.ResultEntity(d)}
	var err error
	if c.params, err = compileParams(catalog, d.Params); err != nil {
		return nil, err
	}
	for _, name := range d.Keys() {
		field, ok := catalog.KeyField(d.Sources[0], name)
		if !ok {
			return nil, fmt.Errorf("key %s leads nowhere", name)
		}
		c.keys = append(c.keys, field)
	}
	for _, definition := range d.Sources {
		s, err := compileSource(catalog, definition)
		if err != nil {
			return nil, fmt.Errorf("source %s: %w", definition.As, err)
		}
		c.sources = append(c.sources, s)
	}
	if err := c.addColumns(); err != nil {
		return nil, err
	}
	if c.having, err = c.columnFilter(d.Having, d.Columns); err != nil {
		return nil, fmt.Errorf("having: %w", err)
	}
	if d.Drill != nil {
		if c.drill, err = access.ParseFilter(d.Drill.Where, catalog, d.Drill.Entity, "param", "key"); err != nil {
			return nil, fmt.Errorf("drill: %w", err)
		}
	}
	return c, nil
}

func compileSource(catalog *def.Catalog, definition *def.Source) (*source, error) {
	s := &source{Source: definition, entity: catalog.Entities[definition.Entity]}
	if s.entity == nil {
		return nil, fmt.Errorf("no entity %q to query", definition.Entity)
	}
	var err error
	if s.where, err = recordFilter(catalog, definition.Entity, definition.Where); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(definition.By)) {
		k, err := s.key(catalog, name)
		if err != nil {
			return nil, err
		}
		s.keys = append(s.keys, k)
		s.far = s.far || len(k.rest) > 0
	}
	for _, name := range slices.Sorted(maps.Keys(definition.Measures)) {
		m := definition.Measures[name]
		field, ok := catalog.MeasureField(definition, m)
		if !ok {
			return nil, fmt.Errorf("measure %s leads nowhere", name)
		}
		made := &measure{name: name, agg: m.Agg, field: field}
		if m.Path != "" {
			made.path = strings.Split(m.Path, ".")
		}
		if made.where, err = recordFilter(catalog, definition.Entity, m.Where); err != nil {
			return nil, fmt.Errorf("measure %s: %w", name, err)
		}
		s.measures = append(s.measures, made)
	}
	return s, nil
}

func recordFilter(catalog *def.Catalog, entity string, raw json.RawMessage) (*query.Filter, error) {
	if len(raw) == 0 {
		return nil, nil //nolint:nilnil // no filter is all rows
	}
	return access.ParseFilter(raw, catalog, entity, "param")
}

// key splits a key's path where it leaves the source's own records.
func (s *source) key(catalog *def.Catalog, name string) (*key, error) {
	by := s.By[name]
	steps := strings.Split(by.Path, ".")
	n := 1
	if first, ok := s.entity.Field(steps[0]); ok && first.IsTable() {
		n = 2
	}
	field, ok := catalog.KeyField(s.Source, name)
	own, okOwn := s.entity.Field(strings.Join(steps[:min(n, len(steps))], "."))
	if !ok || !okOwn || n > len(steps) {
		return nil, fmt.Errorf("key %s leads nowhere", name)
	}
	return &key{name: name, own: steps[:n], rest: steps[n:], unit: by.Unit, ownField: own, field: field}, nil
}

// addColumns compiles the columns and puts each after those it reads.
func (c *compiled) addColumns() error {
	scope := c.catalog.DatasetScope(c.dataset)
	made := map[string]*column{}
	for name := range c.dataset.Columns {
		field := c.shape.Properties[name]
		program, err := expr.Compile(c.dataset.Columns[name].Value, scope, def.FieldKind(field))
		if err != nil {
			return fmt.Errorf("column %s: %w", name, err)
		}
		made[name] = &column{name, field, program}
	}
	placed := map[string]bool{}
	var place func(name string)
	place = func(name string) {
		if placed[name] {
			return
		}
		placed[name] = true // a circle, which publishing refuses, ends here
		for _, path := range made[name].program.Reads() {
			if made[path[0]] != nil {
				place(path[0])
			}
		}
		c.columns = append(c.columns, made[name])
	}
	for _, name := range slices.Sorted(maps.Keys(made)) {
		place(name)
	}
	return nil
}

// columnFilter parses a filter over keys and those of the columns that are allowed.
func (c *compiled) columnFilter(raw json.RawMessage, columns map[string]*def.DatasetColumn) (*query.Filter, error) {
	if len(raw) == 0 {
		return nil, nil //nolint:nilnil // no filter is all rows
	}
	f, err := query.Parse(raw)
	if err != nil {
		return nil, err
	}
	if err := query.Check(f, c.shape, nil, query.Allow("param")); err != nil {
		return nil, err
	}
	for _, path := range query.Fields(f) {
		key := slices.ContainsFunc(c.keys, func(k *def.Field) bool { return k.Name == path })
		if columns[path] == nil && !key {
			return nil, &query.Error{Code: query.CodeUnknownField, Params: map[string]any{"field": path}}
		}
	}
	return f, nil
}

// shown describes the columns in the order of the dataset.
func (c *compiled) shown() []Column {
	var columns []Column
	for _, name := range c.dataset.Shown() {
		f := c.shape.Properties[name]
		if f == nil {
			continue
		}
		_, computed := c.dataset.Columns[name]
		_, window := c.dataset.Window[name]
		columns = append(columns, Column{
			Name: name, Title: f.Title, I18n: f.I18n, XType: f.XType, Scale: f.EffectiveScale(), Fixed: f.IsFixed(), Unit: f.Unit,
			Entity: f.Target(), OneOf: f.Opts, Key: !computed && !window, Total: slices.Contains(c.dataset.Totals, name),
		})
	}
	return columns
}
