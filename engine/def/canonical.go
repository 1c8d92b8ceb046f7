package def

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a definition's text.
const (
	MaxBytes = 1 << 20 // of one definition
	MaxDepth = 64      // of nested objects and arrays
)

// Canonical writes a JSON text in canonical form: sorted keys, no blanks, numbers as they were written.
// It refuses (as problems, with a JSON pointer) what JSON readers disagree about: duplicate keys, invalid UTF-8, text
// after the value; and what is too large or nested too deep.
func Canonical(raw []byte) (json.RawMessage, []Problem) {
	tree, problems := readJSON(raw)
	if len(problems) > 0 {
		return nil, problems
	}
	return appendCanonical(make([]byte, 0, len(raw)), tree), nil
}

// Hash is the identity of a canonical definition: SHA-256 in hex.
func Hash(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// readJSON reads a JSON text into maps, slices, strings, bools, nil and json.Number.
func readJSON(raw []byte) (any, []Problem) {
	if len(raw) > MaxBytes {
		return nil, []Problem{failure("", "too_large", "max", MaxBytes)}
	}
	if !utf8.Valid(raw) {
		return nil, []Problem{failure("", "encoding")}
	}
	r := reader{dec: json.NewDecoder(bytes.NewReader(raw))}
	r.dec.UseNumber()
	tree, err := r.value("", 0)
	if err == nil {
		err = r.end()
	}
	if err != nil {
		line, column := position(raw, r.offset(err))
		return nil, []Problem{failure("", "syntax", "line", line, "column", column)}
	}
	return tree, r.problems
}

// reader collects the problems the standard decoder lets pass.
type reader struct {
	dec      *json.Decoder
	problems []Problem
}

func (r *reader) value(pointer string, depth int) (any, error) {
	token, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	delim, nested := token.(json.Delim)
	if !nested {
		return token, nil
	}
	if depth >= MaxDepth {
		r.problems = append(r.problems, failure(pointer, "too_deep", "max", MaxDepth))
		return nil, r.skip()
	}
	if delim == '{' {
		return r.object(pointer, depth)
	}
	list := []any{}
	for r.dec.More() {
		item, err := r.value(pointer+"/"+strconv.Itoa(len(list)), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	_, err = r.dec.Token()
	return list, err
}

func (r *reader) object(pointer string, depth int) (any, error) {
	object := map[string]any{}
	for r.dec.More() {
		token, err := r.dec.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string) // the decoder lets nothing else stand before a colon
		at := pointer + "/" + escapePointer(key)
		if _, twice := object[key]; twice {
			r.problems = append(r.problems, failure(at, "duplicate_key", "key", key))
		}
		if object[key], err = r.value(at, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := r.dec.Token()
	return object, err
}

// skip reads to the end of an object or array that has just been opened.
func (r *reader) skip() error {
	for open := 1; open > 0; {
		token, err := r.dec.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			open++
		case json.Delim('}'), json.Delim(']'):
			open--
		}
	}
	return nil
}

// end fails unless nothing but blanks is left.
func (r *reader) end() error {
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text after the value")
	}
	return nil
}

func (r *reader) offset(err error) int64 {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return syntax.Offset
	}
	return r.dec.InputOffset()
}

// position turns a byte offset into a line and a column in characters, both from 1.
func position(raw []byte, offset int64) (line, column int) {
	before := raw[:min(int(offset), len(raw))]
	line = bytes.Count(before, []byte("\n")) + 1
	return line, utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
}

func appendCanonical(out []byte, value any) []byte {
	switch v := value.(type) {
	case map[string]any:
		out = append(out, '{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(appendText(out, key), ':')
			out = appendCanonical(out, v[key])
		}
		return append(out, '}')
	case []any:
		out = append(out, '[')
		for i, item := range v {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendCanonical(out, item)
		}
		return append(out, ']')
	case string:
		return appendText(out, v)
	case json.Number:
		return append(out, v...)
	case bool:
		return strconv.AppendBool(out, v)
	}
	return append(out, "null"...)
}

// appendText writes a JSON string. Only quotes, backslashes and control characters are escaped.
func appendText(out []byte, text string) []byte {
	const hexDigits = "0123456789abcdef"
	out = append(out, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < ' ':
			out = append(out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

// escapePointer writes a key as a token of a JSON pointer.
func escapePointer(key string) string { return pointerEscapes.Replace(key) }

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// failure makes a problem of level error at a JSON pointer; params come as key, value pairs.
func failure(pointer, code string, params ...any) Problem {
	p := Problem{Path: pointer, Code: code, Level: LevelError}
	for i := 0; i+1 < len(params); i += 2 {
		if p.Params == nil {
			p.Params = map[string]any{}
		}
		key, _ := params[i].(string)
		p.Params[key] = params[i+1]
	}
	return p
}
