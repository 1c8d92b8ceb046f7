package def

import (
	"encoding/json"
	"slices"
	"strings"
)

// Form says how one record is edited (definitions.md §8).
type Form struct {
	Head
	Entity   string     `json:"entity"`
	Device   string     `json:"device,omitempty"` // any (default), desk, phone
	Layout   string     `json:"layout,omitempty"` // sections (default), tabs, steps
	Fill     []*Fill    `json:"fill,omitempty"`
	Begins   []*Begin   `json:"begins,omitempty"`
	Sections []*Section `json:"sections"`
	Roles    []string   `json:"roles,omitempty"`
}

// Section is a titled group of items.
type Section struct {
	Name      string      `json:"name"`
	Title     string      `json:"title,omitempty"`
	I18n      I18n        `json:"x-i18n,omitempty"`
	Columns   int         `json:"columns,omitempty"` // default 2
	Visible   string      `json:"visible,omitempty"`
	Collapsed bool        `json:"collapsed,omitempty"`
	Items     []*FormItem `json:"items"`
}

// FormItem places a field.
type FormItem struct {
	Field       string        `json:"field"`
	Visible     string        `json:"visible,omitempty"`
	Required    string        `json:"required,omitempty"`
	ReadOnly    string        `json:"readOnly,omitempty"`
	Width       int           `json:"width,omitempty"`
	Help        string        `json:"help,omitempty"`
	Placeholder string        `json:"placeholder,omitempty"`
	I18n        I18n          `json:"x-i18n,omitempty"`
	Widget      string        `json:"widget,omitempty"`
	Columns     []*FormColumn `json:"columns,omitempty"`
	Actions     []string      `json:"actions,omitempty"`
	Fill        []*Fill       `json:"fill,omitempty"`
}

// FormColumn places a column of a sub-table. Width is in pixels.
type FormColumn struct {
	Field    string `json:"field"`
	Width    int    `json:"width,omitempty"`
	Visible  string `json:"visible,omitempty"`
	Required string `json:"required,omitempty"`
	ReadOnly string `json:"readOnly,omitempty"`
	Total    string `json:"total,omitempty"`
}

// Fill is a button that fills a sub-table: with other records, with the rows of one, or with the rows of a dataset.
type Fill struct {
	Name  string            `json:"name"`
	Title string            `json:"title"`
	I18n  I18n              `json:"x-i18n,omitempty"`
	Mode  string            `json:"mode,omitempty"` // add (default), replace
	From  FillFrom          `json:"from"`
	Map   map[string]string `json:"map"` // column → field of the records, column of the rows, or column of the dataset
}

// Begin is a button on the records of another entity: it opens the form for a new record that begins with values of the one
// it is pressed on. Who may make records of the form's entity is offered it.
type Begin struct {
	Name   string            `json:"name"`
	Title  string            `json:"title"`
	I18n   I18n              `json:"x-i18n,omitempty"`
	Entity string            `json:"entity"` // whose records have the button
	Map    map[string]string `json:"map"`    // field of the new record → field of that record, or id
}

// Label is the button's title in a language.
func (b *Begin) Label(lang string) string { return translate(b.I18n, lang, "title", b.Title) }

// FillReplace is the mode of a Fill whose rows take the place of those that are there; otherwise the rows that are not
// there yet are added.
const FillReplace = "replace"

// FillFrom says where a Fill's rows come from: the records of Entity that Where admits, or the sub-table Rows of the
// first of them; or the rows of Dataset, whose Params name fields of the record that is filled: "record.month".
type FillFrom struct {
	Entity  string            `json:"entity,omitempty"`
	Rows    string            `json:"rows,omitempty"`
	Where   json.RawMessage   `json:"where,omitempty"`
	Order   []Sort            `json:"order,omitempty"`
	Dataset string            `json:"dataset,omitempty"`
	Params  map[string]string `json:"params,omitempty"`
}

// FillNamed finds a button of the form by name, above the form or at one of its sub-tables.
func (f *Form) FillNamed(name string) (*Fill, bool) {
	all := slices.Clone(f.Fill)
	for _, section := range f.Sections {
		for _, item := range section.Items {
			all = append(all, item.Fill...)
		}
	}
	for _, fill := range all {
		if fill.Name == name {
			return fill, true
		}
	}
	return nil, false
}

// Table is the sub-table a Fill fills.
func (f *Fill) Table() string {
	for path := range f.Map {
		table, _, _ := strings.Cut(path, ".")
		return table // all columns are of one: Check sees to it
	}
	return ""
}

// View says how many records are shown (definitions.md §8).
type View struct {
	Head
	Entity  string            `json:"entity"`
	Kind    string            `json:"kind,omitempty"` // table (default)
	Where   json.RawMessage   `json:"where,omitempty"`
	Params  map[string]*Field `json:"params,omitempty"`
	Columns []*ViewColumn     `json:"columns"`
	Sort    []Sort            `json:"sort,omitempty"`
	Filters []string          `json:"filters,omitempty"`
	Actions []string          `json:"actions,omitempty"`
	Form    string            `json:"form,omitempty"`
	Roles   []string          `json:"roles,omitempty"`
}

// ViewColumn is one column of a view: a path of at most three references, or a system field.
type ViewColumn struct {
	Field  string `json:"field"`
	Width  int    `json:"width,omitempty"`
	Title  string `json:"title,omitempty"`
	I18n   I18n   `json:"x-i18n,omitempty"`
	Format string `json:"format,omitempty"`
	Total  string `json:"total,omitempty"`
}
