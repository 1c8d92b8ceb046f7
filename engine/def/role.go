package def

import "encoding/json"

// Role is a named set of grants (definitions.md §10). With x-extend it adds grants, sets and inherited roles to the role of
// that name which a needed template brings, and changes nothing that is there.
type Role struct {
	Head
	Extend   bool              `json:"x-extend,omitempty"`
	Sets     map[string]*Set   `json:"sets,omitempty"`
	Grants   map[string]*Grant `json:"grants,omitempty"`
	Inherits []string          `json:"inherits,omitempty"`
}

// Set is a list of record ids, resolved once per request.
type Set struct {
	Entity string          `json:"entity"`
	Where  json.RawMessage `json:"where,omitempty"`
	Take   string          `json:"take,omitempty"` // default id
}

// Grant is one permission: actions on an entity with a row filter and a field mask, or actions on a dataset.
type Grant struct {
	Entity  string                `json:"entity,omitempty"`
	Dataset string                `json:"dataset,omitempty"`
	Actions []string              `json:"actions"` // create read update delete submit act void export import print
	Where   json.RawMessage       `json:"where,omitempty"`
	Fields  map[string]FieldRight `json:"fields,omitempty"`
}

// FieldRight says what a grant allows on a field, from least to most.
type FieldRight string

// The four rights on a field.
const (
	FieldHidden FieldRight = "hidden"
	FieldMasked FieldRight = "masked"
	FieldRead   FieldRight = "read"
	FieldWrite  FieldRight = "write"
)

// Dictionary is a shared list of options.
type Dictionary struct {
	Head
	Items []*DictionaryItem `json:"items"`
	Open  *bool             `json:"open,omitempty"` // default true: the tenant may add items
}

// DictionaryItem is one option of a dictionary.
type DictionaryItem struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Parent   string `json:"parent,omitempty"`
	Color    string `json:"color,omitempty"`
	Disabled bool   `json:"disabled,omitempty"`
	I18n     I18n   `json:"x-i18n,omitempty"`
}

// Settings are typed constants, read as setting("<settings name>.<property>").
type Settings struct {
	Head
	Properties map[string]*Field          `json:"properties"`
	Values     map[string]json.RawMessage `json:"values,omitempty"`
}

// Menu is the navigation of a template.
type Menu struct {
	Head
	Items []*MenuItem `json:"items"`
}

// MenuItem opens a view, form, dashboard or dataset, or holds items of its own (at most 3 levels).
type MenuItem struct {
	Name      string      `json:"name"`
	Title     string      `json:"title"`
	I18n      I18n        `json:"x-i18n,omitempty"`
	Icon      string      `json:"icon,omitempty"`
	Roles     []string    `json:"roles,omitempty"`
	Items     []*MenuItem `json:"items,omitempty"`
	View      string      `json:"view,omitempty"`
	Form      string      `json:"form,omitempty"`
	Dashboard string      `json:"dashboard,omitempty"`
	Dataset   string      `json:"dataset,omitempty"`
}

// Template is the manifest of a shipped set of definitions (definitions.md §13).
type Template struct {
	Head
	Version  string            `json:"version"`
	Lang     string            `json:"lang,omitempty"`
	Engine   string            `json:"engine,omitempty"`
	Needs    map[string]string `json:"needs,omitempty"`
	Links    []string          `json:"links,omitempty"`
	Settings string            `json:"settings,omitempty"`
	Sample   []Sample          `json:"sample,omitempty"`
	Accounts []Account         `json:"accounts,omitempty"`
	Tests    []string          `json:"tests,omitempty"`
	Changes  map[string]string `json:"changes,omitempty"`
}

// Sample names a file with records of one entity.
type Sample struct {
	Name   string `json:"name"`
	Entity string `json:"entity"`
	File   string `json:"file"`
}

// Account is a demo user of a template.
type Account struct {
	Name  string   `json:"name"`
	Title string   `json:"title"`
	I18n  I18n     `json:"x-i18n,omitempty"`
	Roles []string `json:"roles"`
}
