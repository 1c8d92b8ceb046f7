package def

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
)

// Entities, fields and items keep the plain JSON Schema keywords they have no Go field for (allOf, if, $defs …) in
// Plain, so that decoding and encoding lose nothing.

// UnmarshalJSON decodes an entity; unknown keys go to Plain.
func (e *Entity) UnmarshalJSON(raw []byte) error {
	type plain Entity
	rest, err := decodeRest(raw, (*plain)(e))
	e.Plain = rest
	return err
}

// MarshalJSON encodes an entity with its Plain keywords.
func (e *Entity) MarshalJSON() ([]byte, error) {
	type plain Entity
	return encodeRest((*plain)(e), e.Plain)
}

// UnmarshalJSON decodes a field; unknown keys go to Plain.
func (f *Field) UnmarshalJSON(raw []byte) error {
	type plain Field
	rest, err := decodeRest(raw, (*plain)(f))
	f.Plain = rest
	return err
}

// MarshalJSON encodes a field with its Plain keywords.
func (f *Field) MarshalJSON() ([]byte, error) {
	type plain Field
	return encodeRest((*plain)(f), f.Plain)
}

// UnmarshalJSON decodes items; unknown keys go to Plain.
func (i *Items) UnmarshalJSON(raw []byte) error {
	type plain Items
	rest, err := decodeRest(raw, (*plain)(i))
	i.Plain = rest
	return err
}

// MarshalJSON encodes items with their Plain keywords.
func (i *Items) MarshalJSON() ([]byte, error) {
	type plain Items
	return encodeRest((*plain)(i), i.Plain)
}

// UnmarshalJSON reads "path" or {"sum": "path"}.
func (t *Take) UnmarshalJSON(raw []byte) error {
	if err := json.Unmarshal(raw, &t.Path); err == nil {
		return nil
	}
	var agg map[string]string
	if err := json.Unmarshal(raw, &agg); err != nil || len(agg) != 1 {
		return fmt.Errorf("take: want a path or one aggregate, got %s", raw)
	}
	for t.Agg, t.Path = range agg {
	}
	return nil
}

// MarshalJSON writes "path" or {"sum": "path"}.
func (t Take) MarshalJSON() ([]byte, error) {
	if t.Agg == "" {
		return json.Marshal(t.Path)
	}
	return json.Marshal(map[string]string{t.Agg: t.Path})
}

// UnmarshalJSON reads one string or a list.
func (s *Strings) UnmarshalJSON(raw []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("[")) {
		return json.Unmarshal(raw, (*[]string)(s))
	}
	var one string
	if err := json.Unmarshal(raw, &one); err != nil {
		return err
	}
	*s = Strings{one}
	return nil
}

// MarshalJSON writes one string as such, several as a list.
func (s Strings) MarshalJSON() ([]byte, error) {
	if len(s) == 1 {
		return json.Marshal(s[0])
	}
	return json.Marshal([]string(s))
}

// decodeRest decodes a JSON object into a struct and gives the keys the struct has no field for.
func decodeRest(raw []byte, target any) (map[string]json.RawMessage, error) {
	if err := json.Unmarshal(raw, target); err != nil {
		return nil, err
	}
	var rest map[string]json.RawMessage
	if err := json.Unmarshal(raw, &rest); err != nil {
		return nil, err
	}
	known := keysOf(reflect.TypeOf(target).Elem())
	maps.DeleteFunc(rest, func(key string, _ json.RawMessage) bool { return known[key] })
	if len(rest) == 0 {
		return nil, nil //nolint:nilnil // no plain keywords is the usual case
	}
	return rest, nil
}

// encodeRest encodes a struct and adds the given keys.
func encodeRest(value any, rest map[string]json.RawMessage) ([]byte, error) {
	raw, err := json.Marshal(value)
	if err != nil || len(rest) == 0 {
		return raw, err
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, err
	}
	maps.Copy(object, rest)
	return json.Marshal(object)
}

var keyCache sync.Map // reflect.Type → map[string]bool

// keysOf lists the JSON keys of a struct type, embedded structs included.
func keysOf(t reflect.Type) map[string]bool {
	if cached, ok := keyCache.Load(t); ok {
		keys, _ := cached.(map[string]bool)
		return keys
	}
	keys := map[string]bool{}
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous {
			maps.Copy(keys, keysOf(field.Type))
			continue
		}
		if key, _, _ := strings.Cut(field.Tag.Get("json"), ","); key != "" && key != "-" {
			keys[key] = true
		}
	}
	keyCache.Store(t, keys)
	return keys
}
