package report

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
	"formwork/engine/record"
)

// result filters, orders and cuts a table for the wire. The table stays as it is.
func (t *table) result(ctx context.Context, where json.RawMessage, limit int) (Result, error) {
	filter, err := t.readerFilter(where)
	if err != nil {
		return Result{}, err
	}
	rows := matching(t.rows, filter)
	names, err := t.names(ctx, rows)
	if err != nil {
		return Result{}, err
	}
	rows = slices.Clone(rows)
	t.sort(rows, names)
	windows := t.windows(rows)
	answer := Result{
		Columns: t.shown(), Count: len(rows), Totals: t.totals(rows), Params: t.params, Narrowed: t.narrowings(),
		AsOf: expr.DateString(t.asOf(t.params)), Failed: t.failures(), Refs: map[string]string{},
	}
	if limit > 0 && len(rows) > limit {
		rows = rows[:limit]
	}
	answer.Rows = make([]Row, len(rows))
	for i, r := range rows {
		answer.Rows[i] = t.show(r, windows[i])
		t.refs(answer.Refs, r, names)
	}
	return answer, nil
}

// readerFilter is what a reader or widget asks on top: over shown columns only, or a hidden one could be found out.
func (t *table) readerFilter(where json.RawMessage) (*query.Filter, error) {
	shown := map[string]*def.DatasetColumn{}
	for _, name := range t.dataset.Shown() {
		if column, ok := t.dataset.Columns[name]; ok {
			shown[name] = column
		}
	}
	f, err := t.columnFilter(where, shown)
	if err != nil {
		return nil, err
	}
	return t.resolve(f, t.params, nil)
}

// names gives how the records are called that the rows' keys refer to.
func (t *table) names(ctx context.Context, rows []*row) (map[string]record.Name, error) {
	ids := map[string][]string{}
	for _, key := range t.keys {
		target := key.Target()
		if t.request.catalog.Entities[target] == nil {
			continue
		}
		seen := map[string]bool{}
		for _, r := range rows {
			if id, ok := r.keys[key.Name].(string); ok && !seen[id] {
				seen[id] = true
				ids[target] = append(ids[target], id)
			}
		}
	}
	return t.service.config.Records.Names(ctx, t.actor, ids)
}

func (t *table) refs(refs map[string]string, r *row, names map[string]record.Name) {
	for _, key := range t.keys {
		id, ok := r.keys[key.Name].(string)
		if !ok || key.Target() == "" {
			continue
		}
		ref := key.Target() + "/" + id
		if text := names[ref].Display; text != "" {
			refs[ref] = text
		}
	}
}

// sort orders rows by the dataset's order, then by its keys.
func (t *table) sort(rows []*row, names map[string]record.Name) {
	type by struct {
		field *def.Field
		desc  bool
	}
	var order []by
	for _, key := range t.dataset.Order {
		if field := t.shape.Properties[key.Field]; field != nil {
			order = append(order, by{field, key.Dir == "desc"})
		}
	}
	for _, key := range t.keys {
		order = append(order, by{field: key})
	}
	slices.SortStableFunc(rows, func(a, b *row) int {
		for _, key := range order {
			c := compare(key.field, a.Get(key.field.Name), b.Get(key.field.Name), names)
			if key.desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
}

// compare orders two values of a column: records by natural key, then display text, then id; options in their order.
func compare(field *def.Field, a, b any, names map[string]record.Name) int {
	switch {
	case field.Target() != "":
		return slices.Compare(called(field, a, names), called(field, b, names))
	case field.XType == def.TypeSelect:
		return optionAt(field, a) - optionAt(field, b)
	}
	return query.Compare(field.XType, a, b)
}

func called(field *def.Field, value any, names map[string]record.Name) []string {
	id, _ := value.(string)
	name := names[field.Target()+"/"+id]
	return []string{name.Natural, name.Display, id}
}

func optionAt(field *def.Field, value any) int {
	name, _ := value.(string)
	return slices.IndexFunc(field.Opts, func(o *def.Option) bool { return o.Const == name })
}

// windows computes the running sums of ordered rows; a missing value adds nothing.
func (t *table) windows(rows []*row) []map[string]any {
	values := make([]map[string]any, len(rows))
	for name, window := range t.dataset.Window {
		sums := map[string]expr.Decimal{}
		field := t.shape.Properties[name]
		for i, r := range rows {
			var partition strings.Builder
			for _, key := range window.Over {
				partition.WriteString(expr.Key(def.ExprValue(t.shape.Properties[key], r.Get(key))))
				partition.WriteByte(0)
			}
			at := partition.String()
			if number, ok := r.computed[window.RunningSum].(expr.Decimal); ok {
				sums[at] = expr.AddDecimal(sums[at], number)
			}
			if values[i] == nil {
				values[i] = make(map[string]any, len(t.dataset.Window))
			}
			values[i][name] = wire(field, sums[at])
		}
	}
	return values
}

// totals sums columns over all rows.
func (t *table) totals(rows []*row) map[string]any {
	totals := make(map[string]any, len(t.dataset.Totals))
	for _, name := range t.dataset.Totals {
		sum := expr.DecimalFromInt(0)
		for _, r := range rows {
			if number, ok := r.computed[name].(expr.Decimal); ok {
				sum = expr.AddDecimal(sum, number)
			}
		}
		totals[name] = wire(t.shape.Properties[name], sum)
	}
	return totals
}

// show writes a row for the wire.
func (t *table) show(r *row, windows map[string]any) Row {
	shown := make(Row, len(t.dataset.Show)+1)
	for _, name := range t.dataset.Shown() {
		value := windows[name]
		if value == nil {
			value = r.Get(name)
		}
		put(shown, name, value)
	}
	if t.dataset.Drill != nil {
		shown[KeyName] = r.keys
	}
	return shown
}
