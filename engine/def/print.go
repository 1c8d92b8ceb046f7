package def

import (
	"strings"

	"formwork/engine/expr"
)

// Print says how records of an entity, or the rows of a dataset, are laid out on paper (definitions.md §12). Exactly one
// of Entity and Dataset is set.
type Print struct {
	Head
	Entity    string        `json:"entity,omitempty"`
	Dataset   string        `json:"dataset,omitempty"`
	Each      string        `json:"each,omitempty"` // a sub-table: one document per row
	Page      *PrintPage    `json:"page,omitempty"`
	Blocks    []*PrintBlock `json:"blocks"`
	Discloses bool          `json:"discloses,omitempty"`
}

// PrintPage is the paper. PerPage is how many documents stand below each other on one page; 0 or 1: each on pages of its own.
type PrintPage struct {
	Size      string `json:"size,omitempty"` // A3, A4 (default), A5
	Landscape bool   `json:"landscape,omitempty"`
	PerPage   int    `json:"perPage,omitempty"`
}

// The types of blocks.
const (
	BlockTitle  = "title"
	BlockText   = "text"
	BlockFields = "fields"
	BlockTable  = "table"
	BlockMatrix = "matrix"
	BlockSigns  = "signs"
	BlockQR     = "qr"
	BlockPhotos = "photos"
	BlockTrail  = "trail" // what everybody did in the approval of the record
)

// PrintBlock is one part of a document; blocks stand below each other, a qr block at the top right.
type PrintBlock struct {
	Name    string         `json:"name"`
	Title   string         `json:"title,omitempty"`
	I18n    I18n           `json:"x-i18n,omitempty"`
	Type    string         `json:"type"`
	When    string         `json:"when,omitempty"`
	Text    string         `json:"text,omitempty"` // of a title (default: the print's), a text; below a table
	Align   string         `json:"align,omitempty"`
	Across  int            `json:"across,omitempty"` // default: 3 fields, 4 signatures
	Items   []*PrintItem   `json:"items,omitempty"`
	Rows    string         `json:"rows,omitempty"`
	Columns []*PrintColumn `json:"columns,omitempty"`
	MinRows int            `json:"minRows,omitempty"`
	Matrix  *PrintMatrix   `json:"matrix,omitempty"`
	Boxes   []*PrintBox    `json:"boxes,omitempty"`
	Field   string         `json:"field,omitempty"` // with photos
	Max     int            `json:"max,omitempty"`   // photos; default 4
}

// PrintItem is a labelled value: of a field, or a text with ${expr}.
type PrintItem struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
	I18n  I18n   `json:"x-i18n,omitempty"`
	Field string `json:"field,omitempty"`
	Text  string `json:"text,omitempty"`
	Span  int    `json:"span,omitempty"` // default 1
}

// PrintColumn is a column of a table: a field of its rows, a text, or blank. Width is in millimetres, 0 = what is left.
type PrintColumn struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
	I18n  I18n   `json:"x-i18n,omitempty"`
	Field string `json:"field,omitempty"`
	Text  string `json:"text,omitempty"`
	Width int    `json:"width,omitempty"`
	Align string `json:"align,omitempty"`
	Total bool   `json:"total,omitempty"`
}

// PrintMatrix lays the rows of a dataset out as a month: one row per value of the key Row, one column per day of the
// param Month, which the key Day tells apart.
type PrintMatrix struct {
	Row   string       `json:"row"`
	Day   string       `json:"day"`
	Month string       `json:"month"`
	Lines []*PrintLine `json:"lines"`
}

// PrintLine is one line of each row of a matrix: a number under every day.
type PrintLine struct {
	Name  string `json:"name"`
	Title string `json:"title,omitempty"`
	I18n  I18n   `json:"x-i18n,omitempty"`
	Field string `json:"field"`
}

// PrintBox is a place to sign. One with a node is filled in by who approved there, and left out if the run skipped it.
type PrintBox struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	I18n  I18n   `json:"x-i18n,omitempty"`
	Node  string `json:"node,omitempty"`
	Field string `json:"field,omitempty"`
	When  string `json:"when,omitempty"`
}

// Label is the title in a language, "" if there is none.
func (b *PrintBlock) Label(lang string) string { return translate(b.I18n, lang, "title", b.Title) }

// Words is the text with ${expr} in a language.
func (b *PrintBlock) Words(lang string) string { return translate(b.I18n, lang, "text", b.Text) }

// Label is the title in a language, "" if there is none.
func (i *PrintItem) Label(lang string) string { return translate(i.I18n, lang, "title", i.Title) }

// Words is the text with ${expr} in a language.
func (i *PrintItem) Words(lang string) string { return translate(i.I18n, lang, "text", i.Text) }

// Label is the title in a language, "" if there is none.
func (c *PrintColumn) Label(lang string) string { return translate(c.I18n, lang, "title", c.Title) }

// Words is the text with ${expr} in a language.
func (c *PrintColumn) Words(lang string) string { return translate(c.I18n, lang, "text", c.Text) }

// Label is the title in a language, "" if there is none.
func (l *PrintLine) Label(lang string) string { return translate(l.I18n, lang, "title", l.Title) }

// Label is the title in a language.
func (b *PrintBox) Label(lang string) string { return translate(b.I18n, lang, "title", b.Title) }

// PrintsOf lists the prints of an entity by name.
func (c *Catalog) PrintsOf(entity string) []*Print {
	return named(c.Prints, func(p *Print) bool { return p.Entity != "" && p.Entity == entity })
}

// PrintsOver lists the prints of a dataset by name.
func (c *Catalog) PrintsOver(dataset string) []*Print {
	return named(c.Prints, func(p *Print) bool { return p.Dataset != "" && p.Dataset == dataset })
}

// VarParam is the variable with the params of a dataset, and how a print names them: "param.month".
const VarParam = "param"

// PrintScope is what the expressions of a print may name outside tables: the record's fields, with row for a print that
// makes a document of each row; or, over a dataset, its params.
func (c *Catalog) PrintScope(p *Print) expr.Scope {
	if dataset := c.Datasets[p.Dataset]; dataset != nil {
		scope := c.SettingsScope()
		scope.Vars[VarParam] = c.paramsType(dataset)
		return scope
	}
	entity := c.Entities[p.Entity]
	if table, ok := entity.Properties[p.Each]; ok && table.IsTable() {
		return c.RowsScope(entity, table)
	}
	return c.Scope(entity)
}

// PrintRowScope is what the texts of a table's columns may name: the columns of its sub-table and the record, or the
// columns of the dataset and its params.
func (c *Catalog) PrintRowScope(p *Print, rows string) expr.Scope {
	if dataset := c.Datasets[p.Dataset]; dataset != nil {
		scope := c.SettingsScope()
		scope.Vars[VarParam] = c.paramsType(dataset)
		types := memberShape{dataset.Name, map[string]expr.Type{}}
		for name, field := range c.ResultEntity(dataset).Properties {
			types.types[name] = plainType(field)
		}
		scope.Self, scope.InRow = types, true
		return scope
	}
	entity := c.Entities[p.Entity]
	return c.RowScope(entity, entity.Properties[rows])
}

func (c *Catalog) paramsType(d *Dataset) expr.Type {
	params := memberShape{VarParam, map[string]expr.Type{}}
	for name, field := range d.Params {
		params.types[name] = plainType(field)
	}
	return expr.Type{Kind: expr.KindRecord, Shape: params}
}

// PrintField finds what a print shows under a path: a field of the record or behind it (a column only of the sub-table
// it makes a document of each row of), or "param.<name>" of its dataset.
func (c *Catalog) PrintField(p *Print, path string) (*Field, bool) {
	if p.Dataset != "" {
		name, ok := strings.CutPrefix(path, VarParam+".")
		dataset := c.Datasets[p.Dataset]
		if !ok || dataset == nil || dataset.Params[name] == nil {
			return nil, false
		}
		return dataset.Params[name], true
	}
	field, ok := c.Field(p.Entity, path)
	if !ok || !c.printable(p, path) {
		return nil, false
	}
	return field, true
}

// printable tells whether a path gives one value in a document: it passes no list, and no sub-table but Each.
func (c *Catalog) printable(p *Print, path string) bool {
	steps := strings.Split(path, ".")
	for n := 1; n <= len(steps); n++ {
		field, ok := c.Field(p.Entity, strings.Join(steps[:n], "."))
		switch {
		case !ok, n < len(steps) && field.IsList() && !field.IsTable():
			return false
		case field.IsTable() && (n > 1 || steps[0] != p.Each || n == len(steps)):
			return false
		}
	}
	return true
}

// PrintColumnField finds what a column of a table shows: a column of the sub-table or something behind it, or a column
// of the dataset.
func (c *Catalog) PrintColumnField(p *Print, rows, path string) (*Field, bool) {
	if dataset := c.Datasets[p.Dataset]; dataset != nil {
		field, ok := c.ResultEntity(dataset).Properties[path]
		return field, ok
	}
	field, ok := c.Field(p.Entity, rows+"."+path)
	if !ok || field.IsTable() {
		return nil, false
	}
	steps := strings.Split(path, ".")
	for n := 1; n < len(steps); n++ {
		step, ok := c.Field(p.Entity, rows+"."+strings.Join(steps[:n], "."))
		if !ok || step.IsList() || step.IsTable() {
			return nil, false
		}
	}
	return field, true
}
