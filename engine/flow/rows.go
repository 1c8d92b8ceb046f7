package flow

import (
	"slices"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
	"formwork/engine/record"
)

// An action that creates a record may hand over a whole sub-table: {"members": "members"} makes a row of each row the
// expression gives, with the columns both have in common. What else the new record's rows hold, people fill in there.

// rowsFor is the wire form of rows for a sub-table that is to hold them; nil if there are none.
func rowsFor(table *def.Field, value any) any {
	list, _ := value.([]any)
	rows := make([]any, 0, len(list))
	for _, item := range list {
		ref, ok := item.(expr.Ref)
		if !ok || expr.RefObject(ref) == nil {
			continue
		}
		row := map[string]any{}
		for _, column := range table.Columns() {
			if column.IsComputed() {
				continue
			}
			if v := expr.RefObject(ref).Get(column.Name); !expr.IsMissing(v) {
				row[column.Name] = form.Wire(column, v)
			}
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil
	}
	return rows
}

// holdsRows tells whether a sub-table can take the rows an expression gives: what both have in common is of one type, and
// no column that must be filled is left out.
func holdsRows(table *def.Field, t expr.Type) bool {
	shape := t.Shape
	if t.Elem != nil {
		shape = t.Elem.Shape
	}
	switch {
	case t.Kind == expr.KindAny:
		return true
	case t.Kind != expr.KindList || shape == nil:
		return false
	}
	for _, column := range table.Columns() {
		given, common := shape.Field(column.Name)
		needed := slices.Contains(table.Items.Required, column.Name) && len(column.Default) == 0 && column.DefaultExpr == ""
		switch {
		case column.IsComputed():
		case common && !holds(column, given), !common && needed:
			return false
		}
	}
	return true
}

// replacing makes of values for a new record a patch on one that was made before: the rows of a sub-table become those
// of the values, place by place, so that a row that stays the same is not written.
func replacing(entity *def.Entity, stored, values form.Values) form.Values {
	patch := form.Values{}
	for name, value := range values {
		patch[name] = value
		field := entity.Properties[name]
		if rows, ok := value.([]any); ok && field != nil && field.IsTable() {
			patch[name] = replacingRows(field, record.RowsOf(stored[name]), rows)
		}
	}
	return patch
}

func replacingRows(table *def.Field, stored []map[string]any, rows []any) []any {
	patch := make([]any, 0, max(len(stored), len(rows)))
	for i, item := range rows {
		row, ok := item.(map[string]any)
		if !ok || i >= len(stored) {
			patch = append(patch, item)
			continue
		}
		changed := map[string]any{"_id": stored[i]["_id"]}
		for _, column := range table.Columns() {
			if !column.IsComputed() {
				changed[column.Name] = row[column.Name]
			}
		}
		patch = append(patch, changed)
	}
	for _, row := range stored[min(len(stored), len(rows)):] {
		patch = append(patch, map[string]any{"_id": row["_id"], "_delete": true})
	}
	return patch
}
