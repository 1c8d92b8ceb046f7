package def

import (
	"encoding/json"
	"fmt"
)

// Dataset is a table made from records: grouped queries joined on equal keys, and columns computed from their measures
// (definitions.md §9).
type Dataset struct {
	Head
	Params    map[string]*Field         `json:"params,omitempty"`
	Sources   []*Source                 `json:"sources"`
	Join      string                    `json:"join,omitempty"` // full (default), left
	Columns   map[string]*DatasetColumn `json:"columns"`
	Window    map[string]*Window        `json:"window,omitempty"`
	Having    json.RawMessage           `json:"having,omitempty"`
	Order     []Sort                    `json:"order,omitempty"`
	Show      []string                  `json:"show,omitempty"`
	Totals    []string                  `json:"totals,omitempty"`
	Drill     *Drill                    `json:"drill,omitempty"`
	Discloses bool                      `json:"discloses,omitempty"`
}

// JoinLeft keeps only the groups the first source has.
const JoinLeft = "left"

// Source is one grouped query over the records of an entity, or over the rows of one of its sub-tables (Unwind); or a
// registered function (Call) with its arguments.
type Source struct {
	As       string                     `json:"as"`
	Entity   string                     `json:"entity,omitempty"`
	Unwind   string                     `json:"unwind,omitempty"`
	Where    json.RawMessage            `json:"where,omitempty"`
	By       map[string]GroupKey        `json:"by,omitempty"`
	Measures map[string]*Measure        `json:"measures,omitempty"`
	Call     string                     `json:"call,omitempty"`
	With     map[string]json.RawMessage `json:"with,omitempty"`
}

// GroupKey is a path to group by, or the day, month or year of a date. In JSON: "project" or {"month": "work_date"}.
type GroupKey struct {
	Path string
	Unit string // "", day, month, year
}

// UnmarshalJSON reads "path" or {"month": "path"}.
func (k *GroupKey) UnmarshalJSON(raw []byte) error {
	take := Take{}
	if err := take.UnmarshalJSON(raw); err != nil {
		return fmt.Errorf("grouping key: want a path or one unit, got %s", raw)
	}
	k.Path, k.Unit = take.Path, take.Agg
	return nil
}

// MarshalJSON writes "path" or {"month": "path"}.
func (k GroupKey) MarshalJSON() ([]byte, error) { return Take{Path: k.Path, Agg: k.Unit}.MarshalJSON() }

// Measure is one aggregate of a source: count (without path), count_distinct, sum, avg, min or max over a path, of the
// rows its own filter admits. In JSON: {"sum": "lines.amount", "where": {…}}.
type Measure struct {
	Agg   string
	Path  string
	Where json.RawMessage
}

// aggCount is the one aggregate without a path.
const aggCount = "count"

// UnmarshalJSON reads {"count": true} or {"sum": "path"}, each with an optional filter.
func (m *Measure) UnmarshalJSON(raw []byte) error {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	m.Where = parts["where"]
	delete(parts, "where")
	if len(parts) != 1 {
		return fmt.Errorf("measure: want one aggregate, got %s", raw)
	}
	for agg, path := range parts {
		m.Agg = agg
		if agg == aggCount {
			continue
		}
		if err := json.Unmarshal(path, &m.Path); err != nil {
			return fmt.Errorf("measure: %w", err)
		}
	}
	return nil
}

// MarshalJSON writes the form UnmarshalJSON reads.
func (m *Measure) MarshalJSON() ([]byte, error) {
	parts := map[string]any{m.Agg: m.Path}
	if m.Agg == aggCount {
		parts[m.Agg] = true
	}
	if len(m.Where) > 0 {
		parts["where"] = m.Where
	}
	return json.Marshal(parts)
}

// DatasetColumn is a value computed for every row of a dataset.
type DatasetColumn struct {
	Title string    `json:"title"`
	I18n  I18n      `json:"x-i18n,omitempty"`
	Value string    `json:"value"`
	XType FieldType `json:"x-type"`
	Scale *int      `json:"x-scale,omitempty"`
	Fixed *bool     `json:"x-fixed,omitempty"`
}

// Window is a column that sums another one up from the first row to this one, anew for each value of the keys in Over.
type Window struct {
	RunningSum string   `json:"running_sum"`
	Over       []string `json:"over,omitempty"`
	Title      string   `json:"title,omitempty"` // default: the summed column's
	I18n       I18n     `json:"x-i18n,omitempty"`
}

// Drill says which records stand behind a row; the filter may name key.<key> and param.<param>.
type Drill struct {
	Entity string          `json:"entity"`
	Where  json.RawMessage `json:"where"`
}

// Dashboard is a page of widgets over datasets.
type Dashboard struct {
	Head
	Params  map[string]*Field `json:"params,omitempty"`
	Widgets []*Widget         `json:"widgets"`
}

// Widget is one card of a dashboard on a grid of 12 columns. Where is a filter over the columns of the dataset.
type Widget struct {
	Name      string          `json:"name"`
	Title     string          `json:"title"`
	I18n      I18n            `json:"x-i18n,omitempty"`
	Type      string          `json:"type"`
	Dataset   string          `json:"dataset"`
	X         int             `json:"x"`
	Y         int             `json:"y"`
	W         int             `json:"w"`
	H         int             `json:"h"`
	Measure   Strings         `json:"measure,omitempty"`
	Dimension Strings         `json:"dimension,omitempty"`
	Where     json.RawMessage `json:"where,omitempty"`
	Link      *WidgetLink     `json:"link,omitempty"`
}

// WidgetLink is what opens from a card; exactly one is set.
type WidgetLink struct {
	View      string `json:"view,omitempty"`
	Dataset   string `json:"dataset,omitempty"`
	Dashboard string `json:"dashboard,omitempty"`
}
