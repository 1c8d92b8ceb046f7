package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Encode writes the data of an event as JSON, canonical if the fields of its structs stand in the order of their keys.
func Encode(data any) (json.RawMessage, error) {
	text, err := canonical(data)
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return text, nil
}

// canonical writes JSON with sorted keys, without blanks and without HTML escapes.
func canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// isCanonical tells whether an event's data is an object that certainly is its own canonical form and holds no salted
// value: then its hash is over the text as it stands. Data with rarer escapes may be canonical and is not known to be.
func isCanonical(data []byte) bool {
	if len(data) == 0 || data[0] != '{' || bytes.Contains(data, []byte(`"salt"`)) {
		return false
	}
	s := scanner{data: data}
	return s.value(0) && s.at == len(data)
}

// scanner reads canonical JSON and stops at the first byte that is not.
type scanner struct {
	data []byte
	at   int
}

// maxDepth is how deep data may be nested to be looked at.
const maxDepth = 64

func (s *scanner) take(c byte) bool {
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) value(depth int) bool {
	if s.at == len(s.data) || depth > maxDepth {
		return false
	}
	switch s.data[s.at] {
	case '{':
		return s.object(depth)
	case '[':
		return s.list(depth)
	case '"':
		_, ok := s.text()
		return ok
	}
	return s.word()
}

func (s *scanner) object(depth int) bool {
	s.at++
	if s.take('}') {
		return true
	}
	var before []byte
	for first := true; ; first = false {
		key, ok := s.text()
		if !ok || bytes.IndexByte(key, '\\') >= 0 || !first && bytes.Compare(before, key) >= 0 {
			return false
		}
		before = key
		if !s.take(':') || !s.value(depth+1) {
			return false
		}
		if s.take('}') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

func (s *scanner) list(depth int) bool {
	s.at++
	if s.take(']') {
		return true
	}
	for {
		if !s.value(depth + 1) {
			return false
		}
		if s.take(']') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
}

// text reads a string that an encoder would write the same way; what stands between the quotes.
func (s *scanner) text() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	begin, ascii := s.at, true
	for ; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			text := s.data[begin:s.at]
			s.at++
			return text, ascii || written(text)
		case c == '\\':
			s.at++
			if s.at == len(s.data) || bytes.IndexByte([]byte(`"\nrt`), s.data[s.at]) < 0 {
				return nil, false
			}
		case c < ' ':
			return nil, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, false
}

// written tells whether an encoder writes a text beyond ASCII as it stands: U+2028 and U+2029 it escapes.
func written(text []byte) bool {
	return utf8.Valid(text) && !bytes.Contains(text, []byte("\u2028")) && !bytes.Contains(text, []byte("\u2029"))
}

// word reads a number, which keeps its text, or true, false or null.
func (s *scanner) word() bool {
	begin := s.at
	for s.at < len(s.data) && bytes.IndexByte([]byte(",]}"), s.data[s.at]) < 0 {
		s.at++
	}
	switch word := s.data[begin:s.at]; string(word) {
	case "true", "false", "null":
		return true
	default:
		return isNumber(word)
	}
}

// isNumber tells whether a word is a number as JSON writes them.
func isNumber(word []byte) bool {
	word = bytes.TrimPrefix(word, []byte("-"))
	whole, rest := digits(word)
	if len(whole) == 0 || whole[0] == '0' && len(whole) > 1 {
		return false
	}
	if len(rest) > 0 && rest[0] == '.' {
		var fraction []byte
		if fraction, rest = digits(rest[1:]); len(fraction) == 0 {
			return false
		}
	}
	return len(rest) == 0 // an exponent is left to the decoder
}

// digits cuts a word behind its leading digits.
func digits(word []byte) (leading, rest []byte) {
	n := 0
	for n < len(word) && word[n] >= '0' && word[n] <= '9' {
		n++
	}
	return word[:n], word[n:]
}
