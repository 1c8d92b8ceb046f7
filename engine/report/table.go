package report

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
)

// table is a dataset computed for one reader and set of params, before any further filter, order and limit.
type table struct {
	*request
	*compiled
	params   map[string]any
	rows     []*row
	narrowed []string
	failed   map[failure]int
}

type failure struct{ column, code string }

// row is one row on its way: keys and values in wire form, measures by source, and the computed values.
type row struct {
	keys     map[string]any
	measures []map[string]any // by source; nil where it has no such group
	values   map[string]any   // columns and windows, wire form
	computed map[string]any   // columns as runtime values
}

// Get gives a column or key for filters; a column wins over a key of the same name.
func (r *row) Get(name string) any {
	if value, ok := r.values[name]; ok {
		return value
	}
	return r.keys[name]
}

// make asks the sources, joins them and computes the columns.
func (r *request) make(ctx context.Context, c *compiled, params map[string]any) (*table, error) {
	t := &table{request: r, compiled: c, params: params, failed: map[failure]int{}}
	index := map[string]*row{}
	for i, s := range c.sources {
		q := &run{request: r, source: s, params: params, discloses: c.dataset.Discloses}
		groups, err := q.ask(ctx)
		if err != nil {
			return nil, err
		}
		t.narrowed = append(t.narrowed, q.narrowed...)
		t.join(index, i, groups)
	}
	if len(t.rows) > MaxRows {
		return nil, &query.Error{Code: query.CodeTooManyValues, Params: map[string]any{"max": MaxRows}}
	}
	if err := t.compute(); err != nil {
		return nil, err
	}
	having, err := r.resolve(c.having, params, nil)
	if err != nil {
		return nil, err
	}
	t.rows = matching(t.rows, having)
	return t, nil
}

// join adds the groups of a source to the rows with equal keys; missing equals missing.
func (t *table) join(index map[string]*row, source int, groups []group) {
	left := t.dataset.Join == def.JoinLeft && source > 0
	for _, g := range groups {
		text := keyText(t.keys, g.keys)
		found := index[text]
		if found == nil {
			if left {
				continue
			}
			found = &row{keys: g.keys, measures: make([]map[string]any, len(t.sources))}
			index[text] = found
			t.rows = append(t.rows, found)
		}
		found.measures[source] = g.measures
	}
}

// keyText writes keys so that equal ones have equal texts.
func keyText(fields []*def.Field, keys map[string]any) string {
	var text strings.Builder
	for _, field := range fields {
		value := keys[field.Name]
		if canonical, ok := query.Canonical(field.XType, value); ok {
			value = canonical // decimals of different places are one
		}
		if value != nil {
			fmt.Fprint(&text, value)
		}
		text.WriteByte(0) // no value holds it
	}
	return text.String()
}

func matching(rows []*row, f *query.Filter) []*row {
	if f == nil {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r *row) bool { return !query.Match(f, r) })
}

// compute evaluates the columns of all rows.
func (t *table) compute() error {
	env := &expr.Env{
		Now: t.now, Zone: t.zone, AsOf: t.asOf(t.params),
		Vars: map[string]any{
			"actor": expr.NewRef(t.actor.ID, members{"id": t.actor.ID, "name": t.actor.Name}),
			"param": expr.NewRef("", t.typedParams()),
		},
	}
	keyFields := map[string]*def.Field{}
	for _, field := range t.keys {
		keyFields[field.Name] = field
	}
	fields := make([]map[string]*def.Field, len(t.sources))
	for i, s := range t.sources {
		fields[i] = make(map[string]*def.Field, len(s.measures))
		for _, m := range s.measures {
			fields[i][m.name] = m.field
		}
	}
	for _, r := range t.rows {
		keys := &typed{keyFields, r.keys}
		env.Vars["key"] = expr.NewRef("", keys)
		for i, s := range t.sources {
			env.Vars[s.As] = expr.NewRef("", &typed{fields[i], r.measures[i]})
		}
		r.values, r.computed = make(map[string]any, len(t.columns)), make(map[string]any, len(t.columns))
		env.Self = &self{r, keys}
		for _, column := range t.columns {
			if err := t.evaluate(env, column, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// evaluate computes one column of a row. A value that cannot be computed (a division by zero) is missing and counted.
func (t *table) evaluate(env *expr.Env, c *column, r *row) error {
	value, err := c.program.Eval(env)
	var failed *expr.EvalError
	switch {
	case errors.As(err, &failed):
		t.failed[failure{c.name, failed.Code}]++
		value = nil
	case err != nil:
		return fmt.Errorf("column %s: %w", c.name, err)
	}
	if number, ok := value.(expr.Decimal); ok {
		value = expr.RoundDecimal(number, c.field.EffectiveScale())
	}
	r.computed[c.name] = value
	r.values[c.name] = wire(c.field, value)
	return nil
}

// wire writes a computed value as a wire value of its column; nil is missing.
func wire(field *def.Field, value any) any {
	switch v := value.(type) {
	case bool:
		return v
	case string:
		if v != "" {
			return v
		}
	case expr.Decimal:
		if field.XType != def.TypeInteger {
			return expr.FormatDecimal(v, field.EffectiveScale(), field.IsFixed())
		}
		if n, ok := expr.DecimalInt64(v); ok {
			return n
		}
	case expr.Date, expr.Time, expr.Month:
		return expr.Key(v)
	}
	return nil
}

// members are the fixed members of a variable.
type members map[string]any

// Get gives a member.
func (m members) Get(name string) any { return m[name] }

// typedParams are the params as runtime values.
func (t *table) typedParams() members {
	values := members{}
	for name, field := range t.dataset.Params {
		values[name] = def.ExprValue(field, t.params[name])
	}
	return values
}

// typed reads wire values as runtime values of their fields.
type typed struct {
	fields map[string]*def.Field
	values map[string]any
}

// Get gives a runtime value, nil if it is missing.
func (t *typed) Get(name string) any {
	field, value := t.fields[name], t.values[name]
	if field == nil || value == nil {
		return nil
	}
	return def.ExprValue(field, value)
}

// self gives the bare names of a row: columns, then keys.
type self struct {
	row  *row
	keys *typed
}

// Get gives a runtime value, nil if it is missing.
func (s *self) Get(name string) any {
	if value, ok := s.row.computed[name]; ok {
		return value
	}
	return s.keys.Get(name)
}

// failures lists what could not be computed, by column.
func (t *table) failures() []Failure {
	list := make([]Failure, 0, len(t.failed))
	for f, n := range t.failed {
		list = append(list, Failure{f.column, f.code, n})
	}
	slices.SortFunc(list, func(a, b Failure) int { return strings.Compare(a.Column+" "+a.Code, b.Column+" "+b.Code) })
	return list
}

// narrowings lists the fields the table was narrowed by, each once.
func (t *table) narrowings() []string {
	once := map[string]bool{}
	for _, path := range t.narrowed {
		once[path] = true
	}
	return slices.Sorted(maps.Keys(once))
}
