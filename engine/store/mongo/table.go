package mongo

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
	"formwork/engine/store"
)

// Names within v and within the rows of sub-tables. Fields begin with a letter.
const (
	foldsName = "_f"
	restName  = "_rest"
	rowID     = "_id"
)

// removable are the members of a document a write may leave out, and then takes away.
var removable = []string{
	"state", "imported", "next_due", "chain", "claim", "flow", "_keys", "_grams", "_undeclared", "_wide",
}

// kept are the other members of a living document.
var kept = []string{"deleted", "created_by", "created_at", "updated_by", "updated_at", "v", "_gen"}

// table is the layout of a collection. It never changes: Ensure makes a new one.
type table struct {
	shape   *store.Shape
	live    map[string]store.Field // of the shape, by path
	fields  map[string]store.Field // and those that are gone
	gen     int64
	ready   bool           // Ensure has seen to its indexes in this process
	writers sync.WaitGroup // writes by this layout
}

func newTable(d *definition) *table {
	t := &table{shape: store.NewShape(d.collection), live: map[string]store.Field{}, fields: map[string]store.Field{}, gen: d.Gen}
	for _, field := range d.gone {
		t.fields[field.Path] = field
	}
	for _, field := range d.collection.Fields {
		t.live[field.Path], t.fields[field.Path] = field, field
	}
	return t
}

func (t *table) name() string { return t.shape.Name }

// path is where a field of the record or a system field is kept.
func (t *table) path(name string) string {
	if _, own := t.live[name]; own {
		return "v." + name
	}
	if name == def.FieldID {
		return "_id"
	}
	return name
}

func isDecimal(t def.FieldType) bool {
	return t == def.TypeDecimal || t == def.TypePercent || t == def.TypeMoney
}

// isText tells whether a field is searched by substring, so that its folded text is wanted.
func isText(field store.Field) bool { return !field.List && query.Starts.Takes(field.Type) }

// layout is a document as it is kept: what it has, and the names of what it has not.
type layout struct {
	set   bson.D
	unset bson.D
}

// encode lays a document out. An error wraps store.ErrInvalid.
func (t *table) encode(doc *store.Doc) (*layout, error) {
	values, err := t.shape.Canonical(doc.Values)
	if err != nil {
		return nil, err
	}
	return t.layout(doc, values, nil)
}

// encodeKept lays out a document that is stored already: values that do not fit their field stay undeclared.
func (t *table) encodeKept(doc *store.Doc) (*layout, error) {
	values, misfits := map[string]any{}, map[string]any{}
	for name, value := range doc.Values {
		canonical, err := t.shape.Canonical(map[string]any{name: value})
		if err != nil {
			misfits[name] = value
		} else if fit, ok := canonical[name]; ok {
			values[name] = fit
		}
	}
	return t.layout(doc, values, misfits)
}

func (t *table) layout(doc *store.Doc, values, misfits map[string]any) (*layout, error) {
	c := &encoder{t: t}
	cells, err := c.cells("", values, misfits)
	if err != nil {
		return nil, err
	}
	l := &layout{set: bson.D{
		e("rev", doc.Rev), e("deleted", doc.Deleted), e("created_by", doc.CreatedBy), e("created_at", instant(doc.CreatedAt)),
		e("updated_by", doc.UpdatedBy), e("updated_at", instant(doc.UpdatedAt)), e("v", cells), e("_gen", t.gen),
	}}
	optional := map[string]any{}
	for name, text := range map[string]string{"state": doc.State, "chain": doc.Chain, "claim": doc.Claim, "flow": string(doc.Flow)} {
		if text != "" {
			optional[name] = text
		}
	}
	if doc.Imported {
		optional["imported"] = true
	}
	if doc.NextDue != nil {
		optional["next_due"] = instant(*doc.NextDue)
	}
	lists := map[string][]string{"_keys": doc.Keys, "_undeclared": c.undeclared, "_wide": c.wide, "_grams": t.grams(values)}
	for name, list := range lists {
		if len(list) > 0 {
			optional[name] = list
		}
	}
	for _, name := range removable {
		if value, ok := optional[name]; ok {
			l.set = append(l.set, e(name, value))
		} else {
			l.unset = append(l.unset, e(name, ""))
		}
	}
	return l, nil
}

func instant(at time.Time) primitive.DateTime { return primitive.NewDateTimeFromTime(at) }

// grams are those of all searched texts, each once.
func (t *table) grams(values map[string]any) []string {
	if !t.shape.HasSearch() {
		return nil
	}
	return query.Grams(strings.Join(t.shape.SearchTexts(values), "\n"))
}

// encoder lays out values and notes what is special about them.
type encoder struct {
	t          *table
	undeclared []string // paths
	wide       []string // paths
}

// cells lays out the values of a record, or of a row of the sub-table that path ends in ("lines.").
func (c *encoder) cells(path string, values, misfits map[string]any) (bson.D, error) {
	cells, folds := bson.D{}, bson.D{}
	rest := map[string]any{}
	for name, value := range misfits {
		rest[name] = value
	}
	for _, name := range sortedNames(values) {
		field, declared := c.t.live[path+name]
		if id, ok := values[name].(string); ok && path != "" && name == rowID {
			cells = append(cells, e(rowID, id))
			continue
		}
		if !declared {
			rest[name] = values[name]
			continue
		}
		value, err := c.value(field, values[name])
		if err != nil {
			return nil, err
		}
		cells = append(cells, e(name, value))
		if text, ok := value.(string); ok && isText(field) {
			if folded := query.Fold(text); folded != text {
				folds = append(folds, e(name, folded))
			}
		}
	}
	if len(folds) > 0 {
		cells = append(cells, e(foldsName, folds))
	}
	if len(rest) == 0 {
		return cells, nil
	}
	text, err := jsonText(rest)
	if err != nil {
		return nil, err
	}
	for _, name := range sortedNames(rest) {
		note(&c.undeclared, path+name)
	}
	return append(cells, e(restName, text)), nil
}

func note(list *[]string, path string) {
	if !slices.Contains(*list, path) {
		*list = append(*list, path)
	}
}

func sortedNames(values map[string]any) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// value gives a canonical value its real type.
func (c *encoder) value(field store.Field, value any) (any, error) {
	switch {
	case field.List:
		return value, nil
	case field.Type == def.TypeTable:
		return c.rows(field, value)
	case isDecimal(field.Type):
		text, _ := value.(string)
		d, err := expr.ParseDecimal(text)
		if err != nil {
			return nil, fmt.Errorf("value of %s: %w", field.Path, errors.Join(store.ErrInvalid, err))
		}
		if isWide(d) {
			note(&c.wide, field.Path)
		}
		return toDecimal128(d)
	}
	return operand(field, value)
}

func (c *encoder) rows(field store.Field, value any) (any, error) {
	rows, _ := value.([]any)
	out := make(bson.A, len(rows))
	for i, row := range rows {
		values, _ := row.(map[string]any)
		cells, err := c.cells(field.Path+".", values, nil)
		if err != nil {
			return nil, err
		}
		out[i] = cells
	}
	return out, nil
}

// operand gives a scalar the type its field has in the database. It must be canonical.
func operand(field store.Field, value any) (any, error) {
	text, isText := value.(string)
	switch {
	case isDecimal(field.Type) && isText:
		d, err := expr.ParseDecimal(text)
		if err != nil {
			return nil, fmt.Errorf("value of %s: %w", field.Path, errors.Join(store.ErrInvalid, err))
		}
		return toDecimal128(d)
	case field.Type == def.TypeDateTime && isText:
		at, err := expr.ParseTime(text)
		if err != nil {
			return nil, fmt.Errorf("value of %s: %w", field.Path, errors.Join(store.ErrInvalid, err))
		}
		return instant(expr.StdTime(at)), nil
	}
	return value, nil
}

func jsonText(value any) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return "", fmt.Errorf("value has no JSON form: %w", errors.Join(store.ErrInvalid, err))
	}
	return string(bytes.TrimSuffix(out.Bytes(), []byte{'\n'})), nil
}
