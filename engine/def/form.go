package def

import "encoding/json"

// Form says how one record is edited (definitions.md §8).
type Form struct {
	Head
	Entity   string     `json:"entity"`
	Device   string     `json:"device,omitempty"` // any (default), desk, phone
	Layout   string     `json:"layout,omitempty"` // sections (default), tabs, steps
	Fill     []*Fill    `json:"fill,omitempty"`
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

// Fill is a button that copies rows of other records into a sub-table.
type Fill struct {
	Name  string            `json:"name"`
	Title string            `json:"title"`
	I18n  I18n              `json:"x-i18n,omitempty"`
	From  FillFrom          `json:"from"`
	Map   map[string]string `json:"map"`
}

// FillFrom says which records (or rows of the first record) a Fill copies.
type FillFrom struct {
	Entity string          `json:"entity"`
	Rows   string          `json:"rows,omitempty"`
	Where  json.RawMessage `json:"where,omitempty"`
	Order  []Sort          `json:"order,omitempty"`
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
