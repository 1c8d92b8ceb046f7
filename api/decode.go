package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"formwork/engine/store"
)

// Limits of a JSON body. A record nests four deep; a definition with filters some twenty.
const maxDepth = 64

// bodyError is a body that cannot be read. Codes: malformed, unknown_key, duplicate_key, too_deep, wrong_type.
type bodyError struct {
	Code string
	Path string // JSON pointer
	Line int    // 1-based, 0 if unknown
	Col  int
}

// Error satisfies error.
func (e *bodyError) Error() string { return fmt.Sprintf("%s at %q (line %d)", e.Code, e.Path, e.Line) }

// decode reads a JSON body into a struct, strictly: one value, no unknown or duplicate keys, keys in exact case
// (encoding/json alone would take "Values" for "values"), limited depth, no U+0000. Numbers inside map[string]any
// become int64 when whole, else stay json.Number: nothing becomes a float.
func decode(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	if !utf8.Valid(body) {
		return &bodyError{Code: "malformed"}
	}
	if err := checkBody(body, reflect.TypeOf(into)); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			line, col := position(body, wrong.Offset)
			return &bodyError{Code: "wrong_type", Path: "/" + strings.ReplaceAll(wrong.Field, ".", "/"), Line: line, Col: col}
		}
		line, col := position(body, dec.InputOffset())
		return &bodyError{Code: "malformed", Line: line, Col: col}
	}
	wholeNumbers(reflect.ValueOf(into))
	return nil
}

// checker walks a body's tokens beside the type it will be decoded into.
type checker struct {
	dec  *json.Decoder
	body []byte
}

func checkBody(body []byte, t reflect.Type) error {
	c := &checker{dec: json.NewDecoder(bytes.NewReader(body)), body: body}
	c.dec.UseNumber()
	if err := c.value(t, "", 0); err != nil {
		return err
	}
	if _, err := c.dec.Token(); !errors.Is(err, io.EOF) {
		return c.fail("malformed", "")
	}
	return nil
}

func (c *checker) fail(code, path string) error {
	line, col := position(c.body, c.dec.InputOffset())
	return &bodyError{Code: code, Path: path, Line: line, Col: col}
}

func (c *checker) value(t reflect.Type, path string, depth int) error {
	if depth > maxDepth {
		return c.fail("too_deep", path)
	}
	tok, err := c.dec.Token()
	if err != nil {
		return c.fail("malformed", path)
	}
	switch tok := tok.(type) {
	case json.Delim:
		if tok == '{' {
			return c.object(t, path, depth)
		}
		return c.array(t, path, depth)
	case string:
		if strings.ContainsRune(tok, 0) {
			return c.fail("malformed", path)
		}
	}
	return nil
}

func (c *checker) object(t reflect.Type, path string, depth int) error {
	fields := keysOf(t)
	seen := map[string]bool{}
	for c.dec.More() {
		tok, err := c.dec.Token()
		if err != nil {
			return c.fail("malformed", path)
		}
		key, _ := tok.(string)
		at := path + "/" + key
		if seen[key] {
			return c.fail("duplicate_key", at)
		}
		seen[key] = true
		inner, known := fields[key]
		if fields != nil && !known {
			return c.fail("unknown_key", at)
		}
		if fields == nil {
			inner = elem(t)
		}
		if err := c.value(inner, at, depth+1); err != nil {
			return err
		}
	}
	if _, err := c.dec.Token(); err != nil {
		return c.fail("malformed", path)
	}
	return nil
}

func (c *checker) array(t reflect.Type, path string, depth int) error {
	for i := 0; c.dec.More(); i++ {
		if err := c.value(elem(t), fmt.Sprintf("%s/%d", path, i), depth+1); err != nil {
			return err
		}
	}
	if _, err := c.dec.Token(); err != nil {
		return c.fail("malformed", path)
	}
	return nil
}

// keysOf gives the JSON keys of a struct type, nil for any other type (whose keys are free).
func keysOf(t reflect.Type) map[string]reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct || t.Implements(unmarshaler) || reflect.PointerTo(t).Implements(unmarshaler) {
		return nil
	}
	keys := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" && f.IsExported() {
			keys[name] = f.Type
		}
	}
	return keys
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// elem is the type of a container's members, nil when unknown.
func elem(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return nil
	}
	switch t.Kind() {
	case reflect.Map, reflect.Slice, reflect.Array:
		return t.Elem()
	default:
		return nil
	}
}

// wholeNumbers replaces json.Number by int64 inside every map[string]any below v.
func wholeNumbers(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			wholeNumbers(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				wholeNumbers(f)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			wholeNumbers(v.Index(i))
		}
	case reflect.Map:
		if m, ok := v.Interface().(map[string]any); ok {
			for key, value := range m {
				m[key] = store.WholeNumbers(value)
			}
		}
	case reflect.Interface:
		if !v.IsNil() && v.CanSet() {
			v.Set(reflect.ValueOf(store.WholeNumbers(v.Interface())))
		}
	default:
	}
}

// position turns a byte offset into line and column, both from 1.
func position(body []byte, offset int64) (line, col int) {
	if offset > int64(len(body)) {
		offset = int64(len(body))
	}
	before := body[:offset]
	line = bytes.Count(before, []byte("\n")) + 1
	return line, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
}
