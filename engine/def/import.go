package def

// Import says how a workbook becomes records of an entity (definitions.md §12).
type Import struct {
	Head
	Entity  string          `json:"entity"`
	Layout  string          `json:"layout,omitempty"` // rows (default), matrix
	Match   []string        `json:"match,omitempty"`  // fields that find the record to update; default: the natural key
	Group   []string        `json:"group,omitempty"`  // lines with the same values of these fields form one record
	Columns []*ImportColumn `json:"columns"`
	Matrix  *ImportMatrix   `json:"matrix,omitempty"`
	Skip    []string        `json:"skip,omitempty"` // words that mark a line of totals
}

// LayoutMatrix is the layout with a column for each day of a month.
const LayoutMatrix = "matrix"

// ImportColumn is one column of the sheet under one of its labels. In a matrix it may also stand above the table.
// Without a field it helps to find the header; in a matrix, Parse then names what the engine compares it with.
type ImportColumn struct {
	Name     string   `json:"name"`
	Field    string   `json:"field,omitempty"`
	Labels   []string `json:"labels"`
	Parse    string   `json:"parse,omitempty"`
	Required bool     `json:"required,omitempty"`
}

// ImportMatrix says what the cells of a matrix mean: Days is the date field of the record, Name the column a line is
// about, Cell the grammar of a cell, Full the path to the hours of a full day.
type ImportMatrix struct {
	Days string `json:"days"`
	Name string `json:"name"`
	Cell string `json:"cell"`
	Full string `json:"full"`
}

// The grammars an import may name.
const (
	// CellAttendance is one day of one worker: √, 半, 8+2, 件 (domain.md §13).
	CellAttendance = "attendance"
	// ParseAttendDays, ParseOvertime and ParseGong are the sums at the end of a line of a matrix.
	ParseAttendDays = "attend_days"
	ParseOvertime   = "ot_hours"
	ParseGong       = "gong"
)

// IsMatrix tells whether the import has a column for each day.
func (i *Import) IsMatrix() bool { return i.Layout == LayoutMatrix }

// Column finds the column that fills a field; nil if there is none.
func (i *Import) Column(field string) *ImportColumn {
	for _, column := range i.Columns {
		if column.Field == field {
			return column
		}
	}
	return nil
}

// ImportsOf lists the imports of an entity by name.
func (c *Catalog) ImportsOf(entity string) []*Import {
	return named(c.Imports, func(i *Import) bool { return i.Entity == entity })
}

// Label is the import's title in a language.
func (i *Import) Label(lang string) string { return translate(i.I18n, lang, "title", i.Title) }
