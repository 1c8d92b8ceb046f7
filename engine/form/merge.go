package form

import (
	"maps"
	"slices"

	"formwork/engine/def"
)

// Merge applies a JSON merge patch to stored values (definitions.md §5.1) and gives new ones; the stored ones stay as they
// are. null removes a field; in a new record (stored is nil) it stays, so that no default fills what a person emptied. A list of objects is a patch of a sub-table: a row with a known _id changes that row, with
// "_delete": true removes it, one without _id (or with a temporary one) is appended; "_after": "<id>" puts a row behind
// another one, "" to the front; an empty list names no row and changes none. An _id nobody knows is a problem (unknown_row).
func Merge(stored, patch Values) (Values, []Problem) {
	merged := maps.Clone(stored)
	if merged == nil {
		merged = Values{}
	}
	var problems []Problem
	for _, name := range slices.Sorted(maps.Keys(patch)) {
		switch value := patch[name].(type) {
		case nil:
			delete(merged, name)
			if stored == nil {
				merged[name] = nil
			}
		case []any:
			rows, isRows := objects(value)
			if !isRows || len(rows) == 0 && len(rowIDs(stored[name])) == 0 {
				merged[name] = value
				continue
			}
			list, found := mergeRows(name, stored[name], rows)
			problems = append(problems, found...)
			if len(list) == 0 {
				delete(merged, name)
			} else {
				merged[name] = list
			}
		default:
			merged[name] = value
		}
	}
	return merged, problems
}

// objects gives the items of a list if all of them are objects.
func objects(list []any) ([]Values, bool) {
	rows := make([]Values, 0, len(list))
	for _, item := range list {
		row, ok := item.(map[string]any)
		if !ok {
			return nil, false
		}
		rows = append(rows, row)
	}
	return rows, true
}

func mergeRows(table string, stored any, patches []Values) ([]any, []Problem) {
	list, _ := stored.([]any)
	list = slices.Clone(list)
	var problems []Problem
	for _, patch := range patches {
		id, _ := patch[rowID].(string)
		at := indexOfRow(list, id)
		switch {
		case id != "" && at < 0 && !IsTemporaryID(id):
			problems = append(problems, Problem{Field: table + "[" + id + "]", Code: "unknown_row", Level: def.LevelError})
			continue
		case at < 0:
			list = append(list, patchRow(nil, patch))
			at = len(list) - 1
		case patch[rowDelete] == true:
			list = slices.Delete(list, at, at+1)
			continue
		default:
			row, _ := list[at].(map[string]any)
			list[at] = patchRow(row, patch)
		}
		if after, ok := patch[rowAfter].(string); ok {
			list = moveRow(list, at, after)
		}
	}
	return list, problems
}

func indexOfRow(list []any, id string) int {
	return slices.IndexFunc(list, func(item any) bool {
		row, ok := item.(map[string]any)
		return ok && id != "" && row[rowID] == id
	})
}

func patchRow(row, patch Values) Values {
	merged := maps.Clone(row)
	if merged == nil {
		merged = Values{}
	}
	for name, value := range patch {
		switch {
		case name == rowDelete, name == rowAfter:
		case value == nil && row != nil:
			delete(merged, name)
		default:
			merged[name] = value
		}
	}
	return merged
}

// moveRow puts the row at a position behind the row with an id; "" is the front. An unknown id leaves it where it is.
func moveRow(list []any, at int, after string) []any {
	row := list[at]
	rest := slices.Delete(slices.Clone(list), at, at+1)
	to := 0
	if after != "" {
		before := indexOfRow(rest, after)
		if before < 0 {
			return list
		}
		to = before + 1
	}
	return slices.Insert(rest, to, row)
}

// FieldChange is one difference between two states of a record. Path names a field, a cell, a row that came or went
// (its values in New or Old), or, with Moved, a sub-table whose rows changed places.
type FieldChange struct {
	Path  string `json:"path"`
	Old   any    `json:"old,omitempty"` // absent = was missing
	New   any    `json:"new,omitempty"` // absent = is missing
	Moved bool   `json:"moved,omitempty"`
}

// Diff lists what differs between two states of a record's values: fields in their order, rows by their ids.
func (f *Form) Diff(before, after Values) []FieldChange {
	var changes []FieldChange
	for _, field := range f.head.fields {
		if field.rows == nil {
			changes = diffCell(changes, field.Name, before[field.Name], after[field.Name])
			continue
		}
		changes = append(changes, diffRows(field, before[field.Name], after[field.Name])...)
	}
	return changes
}

func diffCell(changes []FieldChange, path string, before, after any) []FieldChange {
	if sameWire(plainInteger(before), plainInteger(after)) {
		return changes
	}
	return append(changes, FieldChange{Path: path, Old: before, New: after})
}

// plainInteger makes integers comparable however they were decoded.
func plainInteger(wire any) any {
	if n, ok := wholeNumber(wire); ok {
		return n
	}
	return wire
}

func diffRows(table *field, before, after any) []FieldChange {
	old, now := rowsByID(before), rowsByID(after)
	var changes []FieldChange
	var left, right []string
	for _, id := range rowIDs(before) {
		if now[id] == nil {
			changes = append(changes, FieldChange{Path: table.Name + "[" + id + "]", Old: old[id]})
		} else {
			left = append(left, id)
		}
	}
	for _, id := range rowIDs(after) {
		path := table.Name + "[" + id + "]"
		if old[id] == nil {
			changes = append(changes, FieldChange{Path: path, New: now[id]})
			continue
		}
		right = append(right, id)
		for _, column := range table.rows.fields {
			changes = diffCell(changes, path+"."+column.Name, old[id][column.Name], now[id][column.Name])
		}
	}
	if !slices.Equal(left, right) {
		changes = append(changes, FieldChange{Path: table.Name, Moved: true})
	}
	return changes
}
