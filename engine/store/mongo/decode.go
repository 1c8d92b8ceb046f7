package mongo

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/bson"

	"formwork/engine/expr"
	"formwork/engine/store"
)

// decode turns a stored document back. Values carry their types; of their fields only the places of decimals matter,
// so documents of older layouts are read as well.
func (t *table) decode(raw bson.Raw) (store.Doc, error) {
	doc := store.Doc{Values: map[string]any{}}
	elements, err := raw.Elements()
	if err != nil {
		return doc, fmt.Errorf("stored document: %w", err)
	}
	for _, element := range elements {
		value := element.Value()
		switch element.Key() {
		case "_id":
			doc.ID, _ = value.StringValueOK()
		case "rev":
			doc.Rev, _ = value.AsInt64OK()
		case "state":
			doc.State, _ = value.StringValueOK()
		case "deleted":
			doc.Deleted, _ = value.BooleanOK()
		case "imported":
			doc.Imported, _ = value.BooleanOK()
		case "next_due":
			due := timeOf(value)
			doc.NextDue = &due
		case "created_by":
			doc.CreatedBy, _ = value.StringValueOK()
		case "created_at":
			doc.CreatedAt = timeOf(value)
		case "updated_by":
			doc.UpdatedBy, _ = value.StringValueOK()
		case "updated_at":
			doc.UpdatedAt = timeOf(value)
		case "chain":
			doc.Chain, _ = value.StringValueOK()
		case "claim":
			doc.Claim, _ = value.StringValueOK()
		case "flow":
			flow, _ := value.StringValueOK()
			doc.Flow = json.RawMessage(flow)
		case "_keys":
			doc.Keys, err = texts(value)
		case "v":
			doc.Values, err = t.decodeCells("", value)
		}
		if err != nil {
			return doc, fmt.Errorf("stored document %s: %w", doc.ID, err)
		}
	}
	return doc, nil
}

func timeOf(value bson.RawValue) time.Time {
	ms, _ := value.DateTimeOK()
	return time.UnixMilli(ms).UTC()
}

func texts(value bson.RawValue) ([]string, error) {
	array, _ := value.ArrayOK()
	items, err := array.Values()
	if err != nil {
		return nil, err
	}
	list := make([]string, len(items))
	for i, item := range items {
		list[i], _ = item.StringValueOK()
	}
	return list, nil
}

// decodeCells reads the values of a record or row.
func (t *table) decodeCells(path string, value bson.RawValue) (map[string]any, error) {
	raw, ok := value.DocumentOK()
	if !ok {
		return nil, fmt.Errorf("values are a %s", value.Type)
	}
	elements, err := raw.Elements()
	if err != nil {
		return nil, err
	}
	values := make(map[string]any, len(elements))
	for _, element := range elements {
		switch name := element.Key(); name {
		case foldsName:
		case restName:
			err = readRest(element.Value(), values)
		default:
			values[name], err = t.decodeValue(path+name, element.Value())
		}
		if err != nil {
			return nil, fmt.Errorf("%s%s: %w", path, element.Key(), err)
		}
	}
	return values, nil
}

func readRest(value bson.RawValue, into map[string]any) error {
	text, _ := value.StringValueOK()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var rest map[string]any
	if err := dec.Decode(&rest); err != nil {
		return err
	}
	for name, one := range rest {
		into[name] = store.StoredNumbers(one)
	}
	return nil
}

func (t *table) decodeValue(path string, value bson.RawValue) (any, error) {
	array, isArray := value.ArrayOK()
	if !isArray {
		return decodeScalar(t.fields[path], value)
	}
	items, err := array.Values()
	if err != nil {
		return nil, err
	}
	list := make([]any, len(items))
	for i, item := range items {
		if item.Type == bson.TypeEmbeddedDocument {
			list[i], err = t.decodeCells(path+".", item)
		} else {
			list[i], err = decodeScalar(t.fields[path], item)
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// decodeScalar gives a wire value; nil for null.
func decodeScalar(field store.Field, value bson.RawValue) (any, error) {
	switch value.Type {
	case bson.TypeString:
		return value.StringValue(), nil
	case bson.TypeBoolean:
		return value.Boolean(), nil
	case bson.TypeInt32, bson.TypeInt64, bson.TypeDouble:
		return value.AsInt64(), nil
	case bson.TypeDateTime:
		return expr.TimeString(expr.TimeOf(timeOf(value))), nil
	case bson.TypeDecimal128:
		return fromDecimal128(value.Decimal128(), field)
	case bson.TypeNull, bson.TypeMaxKey:
		return nil, nil //nolint:nilnil // how results say that there is no value
	default:
		return nil, fmt.Errorf("stored value of type %s", value.Type)
	}
}
