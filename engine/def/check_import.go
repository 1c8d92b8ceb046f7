//go:build !js

package def

import "slices"

// matrixSums are what a column without a field may be compared with.
var matrixSums = []string{ParseAttendDays, ParseOvertime, ParseGong}

// importing checks one import against its entity.
func (c *checker) importing(i *Import) {
	c.at(KindImport, i.Name)
	entity, ok := c.entityNamed("/entity", i.Entity)
	if !ok {
		return
	}
	tables := map[string]bool{}
	given := map[string]bool{}
	for n, column := range i.Columns {
		if table := c.importColumn(entity, i, column, joinPointer("/columns", n), given); table != "" {
			tables[table] = true
		}
	}
	if len(tables) > 1 {
		c.fail("/columns", "one_table")
	}
	if len(tables) > 0 && len(i.Group) == 0 {
		c.fail("/group", "missing_key", "key", "group")
	}
	for n, path := range i.Match {
		c.headerField(entity, joinPointer("/match", n), path, given)
	}
	for n, path := range i.Group {
		c.headerField(entity, joinPointer("/group", n), path, given)
	}
	if i.IsMatrix() && i.Matrix != nil {
		c.matrix(entity, i, given)
	}
}

// importColumn checks a column and gives the sub-table it fills, if any.
func (c *checker) importColumn(entity *Entity, i *Import, column *ImportColumn, at string, given map[string]bool) string {
	if column.Field == "" {
		if column.Parse != "" && (!i.IsMatrix() || !slices.Contains(matrixSums, column.Parse)) {
			c.fail(at+"/parse", "unknown_parse", "name", column.Parse)
		}
		return ""
	}
	field, ok := c.ownField(at+"/field", entity, column.Field)
	if !ok {
		return ""
	}
	if given[column.Field] {
		c.fail(at+"/field", "duplicate_field", "field", column.Field)
	}
	given[column.Field] = true
	_, system := SystemField(column.Field)
	// A number may come from a workbook; nothing else the engine computes may.
	if system || field.IsTable() || field.IsFile() || (field.IsReadOnly() && field.Number == nil) {
		c.fail(at+"/field", "field_type", "field", column.Field)
	}
	if column.Parse != "" { // no grammar of single values is registered yet
		c.fail(at+"/parse", "unknown_parse", "name", column.Parse)
	}
	if field.Parent == nil {
		return ""
	}
	return field.Parent.Name
}

// headerField checks a field that tells records apart: it must be one of the record and come from the sheet.
func (c *checker) headerField(entity *Entity, at, path string, given map[string]bool) {
	field, ok := c.ownField(at, entity, path)
	if !ok {
		return
	}
	if field.Parent != nil || field.IsTable() || field.IsList() {
		c.fail(at, "field_type", "field", path)
	} else if !given[path] {
		c.fail(at, "unknown_column", "field", path)
	}
}

func (c *checker) matrix(entity *Entity, i *Import, given map[string]bool) {
	if field, ok := c.ownField("/matrix/days", entity, i.Matrix.Days); ok && field.XType != TypeDate {
		c.fail("/matrix/days", "field_type", "field", i.Matrix.Days)
	}
	if !slices.Contains(i.Group, i.Matrix.Days) {
		c.fail("/group", "unknown_column", "field", i.Matrix.Days)
	}
	if i.Matrix.Cell != CellAttendance {
		c.fail("/matrix/cell", "unknown_parse", "name", i.Matrix.Cell)
	}
	if field, ok := c.fieldAt("/matrix/full", entity, i.Matrix.Full); ok && !field.IsDecimal() {
		c.fail("/matrix/full", "field_type", "field", i.Matrix.Full)
	}
	name, ok := c.ownField("/matrix/name", entity, i.Matrix.Name)
	if !ok {
		return
	}
	if name.Parent == nil {
		c.fail("/matrix/name", "field_type", "field", i.Matrix.Name)
		return
	}
	if !given[i.Matrix.Name] {
		c.fail("/matrix/name", "unknown_column", "field", i.Matrix.Name)
	}
	for _, column := range AttendanceColumns[:2] { // without pay_type there is no piece work
		if _, ok := name.Parent.Column(column); !ok {
			c.fail("/matrix/cell", "unknown_column", "field", name.Parent.Name+"."+column)
		}
	}
}

// AttendanceColumns are the columns of the sub-table that an attendance cell fills.
var AttendanceColumns = []string{"normal_hours", "ot_hours", "pay_type"}
