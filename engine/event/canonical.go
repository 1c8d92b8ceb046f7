package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Encode writes the data of an event as JSON.
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

// sorted gives the canonical form of an event's data without decoding it: keys in order, everything else as it stands. It
// is false for what it does not read: no object, blanks, rarer escapes, numbers with an exponent, a key twice, and data with
// a salted value, of which only the digest counts.
func sorted(data []byte) ([]byte, bool) {
	if len(data) == 0 || data[0] != '{' || bytes.Contains(data, []byte(`"salt"`)) {
		return nil, false
	}
	s := scanner{data: data, out: make([]byte, 0, len(data))}
	ok := s.value(0) && s.at == len(data)
	return s.out, ok
}

// scanner reads JSON as this package writes it, writes it with sorted keys, and stops at the first byte it does not know.
type scanner struct {
	data []byte
	at   int
	out  []byte
}

// maxDepth is how deep data may be nested to be looked at.
const maxDepth = 64

// take reads one byte and writes it.
func (s *scanner) take(c byte) bool {
	if s.at < len(s.data) && s.data[s.at] == c {
		s.at++
		s.out = append(s.out, c)
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

// member is one of an object: its key, and where it stands in what is written, with the comma or brace behind it.
type member struct {
	key      []byte
	from, to int
}

func (s *scanner) object(depth int) bool {
	s.take('{')
	if s.take('}') {
		return true
	}
	var few [16]member
	members, inOrder := few[:0], true
	for {
		from := len(s.out)
		key, ok := s.text()
		if !ok || bytes.IndexByte(key, '\\') >= 0 || !s.take(':') || !s.value(depth+1) {
			return false
		}
		inOrder = inOrder && (len(members) == 0 || bytes.Compare(members[len(members)-1].key, key) < 0)
		last := s.take('}')
		if !last && !s.take(',') {
			return false
		}
		members = append(members, member{key, from, len(s.out)})
		if last {
			return inOrder || s.arrange(members)
		}
	}
}

// arrange brings the members of the object that was just written into the order of their keys; false if one is there twice.
func (s *scanner) arrange(members []member) bool {
	begin := members[0].from
	written := bytes.Clone(s.out[begin:])
	slices.SortFunc(members, func(a, b member) int { return bytes.Compare(a.key, b.key) })
	s.out = s.out[:begin]
	for i, m := range members {
		if i > 0 && bytes.Equal(members[i-1].key, m.key) {
			return false
		}
		s.out = append(s.out, written[m.from-begin:m.to-begin-1]...)
		s.out = append(s.out, ',')
	}
	s.out[len(s.out)-1] = '}'
	return true
}

func (s *scanner) list(depth int) bool {
	s.take('[')
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
			s.out = append(s.out, s.data[begin:s.at]...)
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
	s.out = append(s.out, s.data[begin:s.at]...)
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
