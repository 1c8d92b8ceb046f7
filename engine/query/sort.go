package query

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"formwork/engine/def"
)

// MaxSort is how many sort keys a query may have.
const MaxSort = 5

// CheckSort checks sort keys against an entity and fills in their types: scalar fields of the record itself and system
// fields, each at most once, at most MaxSort. A failure is Errors.
func CheckSort(sort []Sort, entity *def.Entity) error {
	var found Errors
	if len(sort) > MaxSort {
		found = append(found, newError(CodeTooMany, "", "max", MaxSort))
	}
	seen := map[string]bool{}
	for i := range sort {
		key := &sort[i]
		at := fmt.Sprintf("/%d/field", i)
		field, ok := ResolveField(entity, key.Field)
		if !ok || seen[key.Field] {
			found = append(found, newError(CodeUnknownField, at, "field", key.Field))
			continue
		}
		seen[key.Field] = true
		switch classOf(field.XType) {
		case classList, classTable, classNone:
			found = append(found, newError(CodeOperatorType, at, "op", "sort", "type", string(field.XType)))
		default:
			key.Type = field.XType
		}
	}
	if len(found) > 0 {
		return found
	}
	return nil
}

// SortOf turns the sort of a definition into sort keys; CheckSort then types them.
func SortOf(sort []def.Sort) []Sort {
	keys := make([]Sort, len(sort))
	for i, key := range sort {
		keys[i] = Sort{Field: key.Field, Desc: key.Dir == "desc"}
	}
	return keys
}

// cursor is where a page ended: the values of its last record's sort keys (nil = missing) and its id.
type cursor struct {
	Sort   string `json:"s"`
	Values []any  `json:"v,omitempty"`
	ID     string `json:"i"`
}

// EncodeCursor makes the cursor of a page that ended at a record.
func EncodeCursor(sort []Sort, values []any, id string) string {
	raw, err := json.Marshal(cursor{sortName(sort), values, id})
	if err != nil { // wire values always have a JSON form
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// DecodeCursor reads a cursor back; ErrCursor if it is none, or was made by another sort.
func DecodeCursor(sort []Sort, text string) (values []any, id string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, "", ErrCursor
	}
	var c cursor
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	err = dec.Decode(&c)
	_, end := dec.Token()
	if err != nil || end != io.EOF || c.Sort != sortName(sort) || len(c.Values) != len(sort) || c.ID == "" {
		return nil, "", ErrCursor
	}
	for i, value := range c.Values {
		if value == nil {
			continue
		}
		if number, ok := value.(json.Number); ok {
			n, err := number.Int64()
			if err != nil {
				return nil, "", ErrCursor
			}
			value = n
		}
		canonical, ok := Canonical(sort[i].Type, value)
		if !ok {
			return nil, "", ErrCursor
		}
		if _, isText := canonical.(string); !isText || classOf(sort[i].Type) > classID {
			c.Values[i] = canonical // texts stay as they are stored, in whatever Unicode form
		}
	}
	return c.Values, c.ID, nil
}

// sortName tells sorts apart, by type too: a cursor must not outlive a change of a field's type.
func sortName(sort []Sort) string {
	var name strings.Builder
	for _, key := range sort {
		if key.Desc {
			name.WriteByte('-')
		}
		name.WriteString(key.Field + ":" + string(key.Type) + ",")
	}
	return name.String()
}
