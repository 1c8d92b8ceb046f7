package def

import "encoding/json"

// Head holds what every definition has.
type Head struct {
	Name        string          `json:"name"`
	Title       string          `json:"title"`
	Description string          `json:"description,omitempty"`
	I18n        I18n            `json:"x-i18n,omitempty"`
	raw         json.RawMessage // the canonical document this was decoded from
}

// I18n maps a language tag to translated texts by key ("title", "message", …).
type I18n map[string]map[string]string

// Entity is a kind of record: a JSON Schema of type object with x- keywords (definitions.md §2).
type Entity struct {
	Head
	Type       string              `json:"type"`
	Properties map[string]*Field   `json:"properties"`
	Required   []string            `json:"required,omitempty"`
	Order      []string            `json:"x-order,omitempty"`
	Display    string              `json:"x-display,omitempty"`
	Natural    string              `json:"x-natural,omitempty"`
	Summary    []string            `json:"x-summary,omitempty"`
	Approval   bool                `json:"x-approval,omitempty"`
	Rules      map[string]*Rule    `json:"x-rules,omitempty"`
	Unique     map[string]*Key     `json:"x-unique,omitempty"`
	Similar    map[string]*Similar `json:"x-similar,omitempty"`
	Tree       string              `json:"x-tree,omitempty"`
	Extend     bool                `json:"x-extend,omitempty"`
	// Plain holds plain JSON Schema keywords beyond the closed set (allOf, if, …); only the validator reads them.
	Plain map[string]json.RawMessage `json:"-"`
}

// FieldType is an x-type of definitions.md §3.
type FieldType string

// The field types of stage 1.
const (
	TypeText        FieldType = "text"
	TypeLongText    FieldType = "longtext"
	TypeInteger     FieldType = "integer"
	TypeDecimal     FieldType = "decimal"
	TypePercent     FieldType = "percent"
	TypeMoney       FieldType = "money"
	TypeBoolean     FieldType = "boolean"
	TypeDate        FieldType = "date"
	TypeDateTime    FieldType = "datetime"
	TypeMonth       FieldType = "month"
	TypeSelect      FieldType = "select"
	TypeMultiSelect FieldType = "multiselect"
	TypeUser        FieldType = "user"
	TypeUsers       FieldType = "users"
	TypeDepartment  FieldType = "department"
	TypeReference   FieldType = "reference"
	TypeReferences  FieldType = "references"
	TypeTable       FieldType = "table"
	TypeAutoNumber  FieldType = "autonumber"
	TypeAttachment  FieldType = "attachment"
	TypeImage       FieldType = "image"
	TypeSignature   FieldType = "signature"
	TypePhone       FieldType = "phone"
	TypeIDCard      FieldType = "id_card"
	TypeCreditCode  FieldType = "credit_code"
	TypeBankCard    FieldType = "bank_card"
)

// Field is one attribute of an entity or one column of a sub-table.
// Its name is the key under which it stands in Properties.
type Field struct {
	Type        string                     `json:"type"`
	XType       FieldType                  `json:"x-type,omitempty"`
	Title       string                     `json:"title,omitempty"`
	Description string                     `json:"description,omitempty"`
	I18n        I18n                       `json:"x-i18n,omitempty"`
	Format      string                     `json:"format,omitempty"`
	ReadOnly    *bool                      `json:"readOnly,omitempty"`
	Default     json.RawMessage            `json:"default,omitempty"`
	DefaultExpr string                     `json:"x-default,omitempty"`
	Compute     string                     `json:"x-compute,omitempty"`
	Snapshot    bool                       `json:"x-snapshot,omitempty"`
	Once        bool                       `json:"x-once,omitempty"` // written at creation; afterwards by flows only
	Lookup      []*Lookup                  `json:"x-lookup,omitempty"`
	Rollup      *Rollup                    `json:"x-rollup,omitempty"`
	Number      *Number                    `json:"x-number,omitempty"`
	Entity      string                     `json:"x-entity,omitempty"`
	Filter      json.RawMessage            `json:"x-filter,omitempty"`
	Display     string                     `json:"x-display,omitempty"`
	OneOf       []*Option                  `json:"oneOf,omitempty"`
	Dictionary  string                     `json:"x-dictionary,omitempty"`
	Scale       *int                       `json:"x-scale,omitempty"`
	Fixed       *bool                      `json:"x-fixed,omitempty"`
	Min         string                     `json:"x-min,omitempty"`
	Max         string                     `json:"x-max,omitempty"`
	Minimum     json.Number                `json:"minimum,omitempty"`
	Maximum     json.Number                `json:"maximum,omitempty"`
	Unit        string                     `json:"x-unit,omitempty"`
	Search      bool                       `json:"x-search,omitempty"`
	Collation   string                     `json:"x-collation,omitempty"`
	Index       bool                       `json:"x-index,omitempty"`
	Cleaning    []string                   `json:"x-cleaning,omitempty"`
	Personal    string                     `json:"x-personal,omitempty"`
	Mask        *Mask                      `json:"x-mask,omitempty"`
	Files       *Files                     `json:"x-files,omitempty"`
	Discloses   bool                       `json:"discloses,omitempty"`
	Items       *Items                     `json:"items,omitempty"`
	MinItems    *int                       `json:"minItems,omitempty"`
	MaxItems    *int                       `json:"maxItems,omitempty"`
	MinLength   *int                       `json:"minLength,omitempty"`
	MaxLength   *int                       `json:"maxLength,omitempty"`
	Pattern     string                     `json:"pattern,omitempty"`
	Const       json.RawMessage            `json:"const,omitempty"`
	Plain       map[string]json.RawMessage `json:"-"`

	// Filled in by the catalog, never in JSON.
	Name   string    `json:"-"` // "lines"
	Path   string    `json:"-"` // "lines.worker" for a column
	Parent *Field    `json:"-"` // the sub-table a column belongs to, nil for a field of the header
	Opts   []*Option `json:"-"` // options in force: OneOf or the dictionary's items (folded at compile time)
}

// Items describes the rows of a sub-table (Properties set) or the elements of a list.
type Items struct {
	Type       string                     `json:"type"`
	XType      FieldType                  `json:"x-type,omitempty"`
	Properties map[string]*Field          `json:"properties,omitempty"`
	Required   []string                   `json:"required,omitempty"`
	Order      []string                   `json:"x-order,omitempty"`
	Rules      map[string]*Rule           `json:"x-rules,omitempty"`
	Unique     map[string]*Key            `json:"x-unique,omitempty"`
	OneOf      []*Option                  `json:"oneOf,omitempty"`
	Dictionary string                     `json:"x-dictionary,omitempty"`
	Plain      map[string]json.RawMessage `json:"-"`
}

// Option is one choice of a select.
type Option struct {
	Const    string `json:"const"`
	Title    string `json:"title"`
	Color    string `json:"x-color,omitempty"`
	Disabled bool   `json:"x-disabled,omitempty"`
	I18n     I18n   `json:"x-i18n,omitempty"`
}

// Rule is a condition a record (or row) must meet (definitions.md §2.4). Its name is its key in the map.
type Rule struct {
	Must    string   `json:"must"`
	When    string   `json:"when,omitempty"`
	Field   string   `json:"field,omitempty"`
	Level   string   `json:"level,omitempty"` // "error" (default) or "warning"
	Code    string   `json:"code,omitempty"`
	On      []string `json:"on,omitempty"` // save, submit, approve, void; default save, submit, approve
	Message string   `json:"message,omitempty"`
	I18n    I18n     `json:"x-i18n,omitempty"`
}

// Label is the rule's message in a language.
func (r *Rule) Label(lang string) string { return translate(r.I18n, lang, "message", r.Message) }

// Key is a uniqueness rule (definitions.md §2.5).
type Key struct {
	Fields  []string        `json:"fields"`
	Where   json.RawMessage `json:"where,omitempty"`
	Code    string          `json:"code,omitempty"`
	Message string          `json:"message,omitempty"`
	I18n    I18n            `json:"x-i18n,omitempty"`
}

// Similar is uniqueness by likeness: a text of the record that is much like that of another is a warning, which a reason
// lets pass (definitions.md §2.7). Its name is its key in the map; reasons are given by it.
type Similar struct {
	Field   string   `json:"field"`             // of the header, in the search index
	Percent int      `json:"percent,omitempty"` // Dice's coefficient from which on two texts are alike; 0 = 75
	Ignore  []string `json:"ignore,omitempty"`  // words that do not count, such as 有限公司
	Code    string   `json:"code,omitempty"`
	Message string   `json:"message,omitempty"`
	I18n    I18n     `json:"x-i18n,omitempty"`
}

// Number is the pattern of an automatic number.
type Number struct {
	Pattern string                       `json:"pattern"`
	Date    string                       `json:"date,omitempty"`
	Map     map[string]map[string]string `json:"map,omitempty"`
}

// Lookup is one source of a looked-up value (definitions.md §2.6).
type Lookup struct {
	Name   string          `json:"name"`
	When   string          `json:"when,omitempty"`
	Entity string          `json:"entity"`
	Rows   string          `json:"rows,omitempty"`
	Where  json.RawMessage `json:"where,omitempty"`
	Order  []Sort          `json:"order,omitempty"`
	Take   Take            `json:"take"`
}

// Rollup aggregates the child records that refer to this one through Via.
type Rollup struct {
	Entity string          `json:"entity"`
	Via    string          `json:"via"`
	Where  json.RawMessage `json:"where,omitempty"`
	Take   Take            `json:"take"`
}

// Take is a path, or one aggregate over a path. In JSON: "day_rate" or {"sum": "amount"}.
type Take struct {
	Path string // the field or column
	Agg  string // "", sum, count, min, max, avg
}

// Sort is one sort key; Dir is "asc" (default) or "desc".
type Sort struct {
	Field string `json:"field"`
	Dir   string `json:"dir,omitempty"`
}

// Mask says how many characters stay visible at head and tail of a masked value.
type Mask struct {
	Keep [2]int `json:"keep"`
}

// Files limits uploads of an attachment or image field.
type Files struct {
	MaxCount  int      `json:"maxCount,omitempty"`
	MaxMB     int      `json:"maxMB,omitempty"`
	Types     []string `json:"types,omitempty"`
	Watermark bool     `json:"watermark,omitempty"`
}
