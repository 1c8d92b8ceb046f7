package sqlite

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// The columns of r:… and b:… that every collection has, in the order of encoded.
var (
	systemColumns = []string{"id", "rev", "state", "deleted", "imported", "next_due", "created_by", "created_at", "updated_by", "updated_at"}
	bodyColumns   = []string{"chain", "claim", "keys", "flow", "rest", "search"}
)

// Positions in encoded.row and encoded.body.
const (
	atRev              = 1
	atState, atDeleted = 2, 3
	atKeys             = 2
	atFlow             = 3
	atRest             = 4
	atSearch           = 5
)

// table is a collection as it stands in the database. It never changes: Ensure and widening make a new one.
type table struct {
	shape    *store.Shape
	columns  []*column // of r:…, after the system columns
	children []*child  // sub-tables, in the order of columns
	byPath   map[string]*column
	extract  *extract
	many     sync.Map // states many records have, each with how often that was believed; see commonState
	whole    string   // begins the statement that reads whole documents: n, then the cells of encoded
	inRow    []string // the columns of r:…, without n
	inBody   []string // those of b:…, without n
	newRow   string   // the statements that make a row, if its id is free, and its body
	newBody  string
}

// child is a sub-table.
type child struct {
	name    string // lines
	columns []*column
}

// definition is what the collection table keeps of a table.
type definition struct {
	Collection store.Collection `json:"collection"`
	Gone       []store.Field    `json:"gone,omitempty"`
	Wide       []string         `json:"wide,omitempty"`
}

func newTable(d definition) *table {
	t := &table{shape: store.NewShape(d.Collection), byPath: map[string]*column{}, extract: newExtract()}
	add := func(field store.Field, gone bool) {
		c := &column{field: field, gone: gone, wide: slices.Contains(d.Wide, field.Path)}
		t.byPath[field.Path] = c
		parent, _, nested := strings.Cut(field.Path, ".")
		if !nested {
			t.columns = append(t.columns, c)
			return
		}
		for _, sub := range t.children {
			if sub.name == parent {
				sub.columns = append(sub.columns, c)
				return
			}
		}
		t.children = append(t.children, &child{parent, []*column{c}})
	}
	for _, field := range d.Collection.Fields {
		add(field, false)
	}
	for _, field := range d.Gone {
		add(field, true)
	}
	for _, c := range t.columns { // sub-tables without columns
		if c.field.Type == def.TypeTable && t.child(c.field.Path) == nil {
			t.children = append(t.children, &child{name: c.field.Path})
		}
	}
	t.nameColumns()
	names := append(prefixed("r.", t.inRow), prefixed("b.", t.inBody)...)
	t.whole = "SELECT r.n," + strings.Join(names, ",") + " FROM " + t.rows() + " r LEFT JOIN " + t.bodies() + " b ON b.n = r.n"
	return t
}

func (t *table) definition() definition {
	d := definition{Collection: t.shape.Collection}
	for _, c := range t.all() {
		if c.gone {
			d.Gone = append(d.Gone, c.field)
		}
		if c.wide {
			d.Wide = append(d.Wide, c.field.Path)
		}
	}
	return d
}

// all lists the columns of the record and of the sub-tables.
func (t *table) all() []*column {
	all := slices.Clone(t.columns)
	for _, sub := range t.children {
		all = append(all, sub.columns...)
	}
	return all
}

func (t *table) child(name string) *child {
	for _, sub := range t.children {
		if sub.name == name {
			return sub
		}
	}
	return nil
}

func (t *table) name() string     { return t.shape.Name }
func (t *table) rows() string     { return quote("r:" + t.shape.Name) }
func (t *table) bodies() string   { return quote("b:" + t.shape.Name) }
func (t *table) searched() string { return quote("s:" + t.shape.Name) }

func (t *table) childTable(name string) string { return quote("c:" + t.shape.Name + "." + name) }
func (t *table) listTable(name string) string  { return quote("l:" + t.shape.Name + "." + name) }

func (s *child) textColumn() string { return quote("t_" + s.name) }

// nameColumns lists the columns and makes the statements that name them all.
func (t *table) nameColumns() {
	t.inRow = slices.Clone(systemColumns)
	for _, c := range t.columns {
		t.inRow = append(t.inRow, c.name())
	}
	t.inBody = slices.Clone(bodyColumns)
	for _, sub := range t.children {
		t.inBody = append(t.inBody, sub.textColumn())
	}
	t.newRow = "INSERT INTO " + t.rows() + "(" + strings.Join(t.inRow, ",") + ") VALUES(" + placeholders(len(t.inRow)) + ") ON CONFLICT(id) DO NOTHING"
	t.newBody = "INSERT OR REPLACE INTO " + t.bodies() + "(n," + strings.Join(t.inBody, ",") + ") VALUES(" + placeholders(1+len(t.inBody)) + ")"
}

// encoded is a document as cells.
type encoded struct {
	row, body []any
	values    map[string]any // canonical
	children  []childRows    // of a new document
}

// encode turns a document into cells. It fails with an error that wraps store.ErrInvalid, or *widenError.
func (t *table) encode(doc *store.Doc) (*encoded, error) {
	values, err := t.shape.Canonical(doc.Values)
	if err != nil {
		return nil, err
	}
	e := &encoded{values: values, row: make([]any, 0, len(systemColumns)+len(t.columns))}
	e.row = append(e.row, doc.ID, doc.Rev, text(doc.State), flag(doc.Deleted), flag(doc.Imported), millis(doc.NextDue),
		text(doc.CreatedBy), doc.CreatedAt.UnixMilli(), text(doc.UpdatedBy), doc.UpdatedAt.UnixMilli())
	rest := map[string]any{}
	for name, value := range values {
		if c, ok := t.byPath[name]; !ok || c.gone {
			rest[name] = value
		}
	}
	for _, c := range t.columns {
		value := values[c.field.Path]
		if c.gone {
			value = c.adopt(rest)
		}
		cell, err := c.encode(value)
		if err != nil {
			return nil, err
		}
		e.row = append(e.row, cell)
	}
	return e, t.encodeBody(e, doc, rest)
}

// adopt takes the value of a field that is gone out of the rest, if it still fits its column.
func (c *column) adopt(rest map[string]any) any {
	value, ok := rest[c.field.Path]
	if !ok {
		return nil
	}
	shape := store.NewShape(store.Collection{Fields: []store.Field{c.field}})
	canonical, err := shape.Canonical(map[string]any{c.field.Path: value})
	if err != nil || c.field.Type == def.TypeTable {
		return nil
	}
	if _, err := c.encode(canonical[c.field.Path]); err != nil {
		return nil
	}
	delete(rest, c.field.Path)
	return canonical[c.field.Path]
}

func (t *table) encodeBody(e *encoded, doc *store.Doc, rest map[string]any) error {
	e.body = make([]any, len(bodyColumns), len(bodyColumns)+len(t.children))
	e.body[0], e.body[1], e.body[atFlow] = text(doc.Chain), text(doc.Claim), text(string(doc.Flow))
	var err error
	if len(doc.Keys) > 0 {
		if e.body[atKeys], err = jsonText(doc.Keys); err != nil {
			return err
		}
	}
	if len(rest) > 0 {
		if e.body[atRest], err = jsonText(rest); err != nil {
			return err
		}
	}
	e.body[atSearch] = text(searchText(t.shape.SearchTexts(e.values)))
	for _, sub := range t.children {
		var cell any
		if c := t.byPath[sub.name]; e.values[sub.name] != nil && !c.gone {
			if cell, err = jsonText(e.values[sub.name]); err != nil {
				return err
			}
		}
		e.body = append(e.body, cell)
	}
	return nil
}

// searchText joins folded texts; words hold no blanks, so none is found across two texts.
func searchText(texts []string) string {
	folded := make([]string, len(texts))
	for i, one := range texts {
		folded[i] = query.Fold(one)
	}
	return strings.Join(folded, "\n")
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func flag(value bool) any { //nolint:revive // the number of a truth value
	if value {
		return int64(1)
	}
	return int64(0)
}

func millis(at *time.Time) any {
	if at == nil {
		return nil
	}
	return at.UnixMilli()
}

// decode turns cells back into a document. An empty body leaves out what only b:… holds.
func (t *table) decode(row, body []any) (store.Doc, error) {
	doc := store.Doc{Values: make(map[string]any, len(t.columns))}
	doc.ID, _ = row[0].(string)
	doc.Rev, _ = row[1].(int64)
	doc.State, _ = row[atState].(string)
	doc.Deleted, doc.Imported = row[atDeleted] == int64(1), row[4] == int64(1)
	if due, ok := row[5].(int64); ok {
		at := time.UnixMilli(due).UTC()
		doc.NextDue = &at
	}
	doc.CreatedBy, _ = row[6].(string)
	doc.UpdatedBy, _ = row[8].(string)
	created, _ := row[7].(int64)
	updated, _ := row[9].(int64)
	doc.CreatedAt, doc.UpdatedAt = time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
	for i, c := range t.columns {
		if c.field.Type == def.TypeTable {
			continue
		}
		value, err := c.decode(row[len(systemColumns)+i])
		if err != nil {
			return doc, fmt.Errorf("field %s of %s: %w", c.field.Path, doc.ID, err)
		}
		if value != nil {
			doc.Values[c.field.Path] = value
		}
	}
	if len(body) == 0 {
		return doc, nil
	}
	return doc, t.decodeBody(&doc, body)
}

func (t *table) decodeBody(doc *store.Doc, body []any) error {
	doc.Chain, _ = body[0].(string)
	doc.Claim, _ = body[1].(string)
	if flow, ok := body[atFlow].(string); ok {
		doc.Flow = json.RawMessage(flow)
	}
	if keys, ok := body[atKeys].(string); ok {
		if err := json.Unmarshal([]byte(keys), &doc.Keys); err != nil {
			return fmt.Errorf("keys of %s: %w", doc.ID, err)
		}
	}
	if body[atRest] != nil {
		rest, err := readJSON(body[atRest])
		if err != nil {
			return fmt.Errorf("rest of %s: %w", doc.ID, err)
		}
		if rest, ok := rest.(map[string]any); ok {
			for name, value := range rest {
				doc.Values[name] = value
			}
		}
	}
	for i, sub := range t.children {
		cell := body[len(bodyColumns)+i]
		if cell == nil {
			continue
		}
		rows, err := readJSON(cell)
		if err != nil {
			return fmt.Errorf("rows %s of %s: %w", sub.name, doc.ID, err)
		}
		doc.Values[sub.name] = rows
	}
	return nil
}

// childCells encodes one row of a sub-table, without n and pos.
func (s *child) cells(row any) ([]any, error) {
	values, _ := row.(map[string]any)
	cells := make([]any, len(s.columns))
	for i, c := range s.columns {
		if c.gone {
			continue
		}
		var err error
		if cells[i], err = c.encode(values[c.field.Name()]); err != nil {
			return nil, err
		}
	}
	return cells, nil
}
