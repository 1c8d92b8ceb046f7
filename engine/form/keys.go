package form

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// Claim is one key a record takes, and the problem to report if another record holds it.
type Claim struct {
	Key     string // "<rule>|<value>|…", values escaped
	Problem Problem
}

// Match evaluates the filter of a key over a record's values.
type Match func(filter json.RawMessage, values Values) bool

// holding are the states in which a record of an entity with approval holds its keys.
var holding = []string{"running", "returned", "suspended", "approved"}

// Keys lists the keys a record takes by its x-unique rules and x-natural in a state (ignored without x-approval). A record
// takes no key of a rule whose filter it does not match or of which it lacks a part; a voided one takes none. Rows of one
// record that claim the same key are problems (duplicate_row), also under rules with filters, which Evaluate leaves out.
func (f *Form) Keys(values Values, state string, match Match) ([]Claim, []Problem) {
	var claims []Claim
	var problems []Problem
	for _, name := range slices.Sorted(maps.Keys(f.entity.Keys())) {
		key := f.entity.Keys()[name]
		if key.Where != nil && !match(key.Where, values) {
			continue
		}
		found, repeated := f.claims(name, key, values)
		claims = append(claims, found...)
		problems = append(problems, repeated...)
	}
	if state == "voided" || f.entity.Approval && !slices.Contains(holding, state) {
		claims = nil
	}
	return claims, problems
}

// claims lists the keys of one rule: one, or one per row if it names a column.
func (f *Form) claims(name string, key *def.Key, values Values) (claims []Claim, repeated []Problem) {
	var fields []*field
	var rows *group
	for _, path := range key.Fields {
		found, ok := f.find(path)
		if !ok {
			return nil, nil
		}
		if found.group.field != nil {
			rows = found.group
		}
		fields = append(fields, found)
	}
	if rows == nil {
		if text, ok := keyText(name, fields, values, nil); ok {
			claims = append(claims, Claim{text, Problem{Field: key.Fields[0], Code: key.EffectiveCode(), Rule: name, Level: def.LevelError}})
		}
		return claims, nil
	}
	seen := map[string]bool{}
	list, _ := values[rows.name].([]any)
	for i, item := range list {
		row, _ := item.(map[string]any)
		text, ok := keyText(name, fields, values, row)
		if !ok {
			continue
		}
		p := Problem{Field: rowPlace(rows, row, i, fields), Code: key.EffectiveCode(), Rule: name, Level: def.LevelError}
		if seen[text] {
			p.Code, p.Rule, p.Params = "duplicate_row", "", map[string]any{"key": name}
			repeated = append(repeated, p)
			continue
		}
		seen[text] = true
		claims = append(claims, Claim{text, p})
	}
	return claims, repeated
}

// rowPlace is the path of the first column of a key in a row.
func rowPlace(rows *group, row Values, index int, fields []*field) string {
	id, _ := row[rowID].(string)
	if id == "" {
		id = temporaryID(index + 1)
	}
	place := rows.name + "[" + id + "]"
	for _, f := range fields {
		if f.group == rows {
			return place + "." + f.Name
		}
	}
	return place
}

var keyEscape = strings.NewReplacer(`\`, `\\`, `|`, `\|`)

func keyText(name string, fields []*field, values, row Values) (string, bool) {
	var text strings.Builder
	text.WriteString(name)
	for _, f := range fields {
		from := values
		if f.group.field != nil {
			from = row
		}
		part := keyPart(f.Field, from[f.Name])
		if part == "" {
			return "", false
		}
		text.WriteByte('|')
		text.WriteString(keyEscape.Replace(part))
	}
	return text.String(), true
}

// keyPart writes a wire value so that equal values have equal texts; "" for missing.
func keyPart(f *def.Field, wire any) string {
	if n, ok := wholeNumber(wire); ok {
		return strconv.FormatInt(n, 10)
	}
	return expr.Key(def.ExprValue(f, wire))
}

// Display is the text by which a record is shown where it is referred to; the id if it has none. References in it
// stay ids: a display field is a text or a number.
func (f *Form) Display(values Values, id string) string {
	field, ok := f.head.byName[f.entity.DisplayField()]
	if !ok {
		return id
	}
	return orElse(keyPart(field.Field, values[field.Name]), id)
}

// SummaryItem is one line of a record's card: a path and its wire value.
type SummaryItem struct {
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// Summary lists the lines of a record's card, those that hold a value. Paths through references are left to the reader.
func (f *Form) Summary(values Values) []SummaryItem {
	var items []SummaryItem
	for _, path := range f.entity.SummaryPaths() {
		if value := values[path]; value != nil {
			items = append(items, SummaryItem{path, value})
		}
	}
	return items
}
