package sqlite

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// plainJSON reads what this package wrote as readJSON does, in a third of the time; false for what it leaves to
// encoding/json: numbers with a fraction, and whatever is no JSON. Texts without escapes are parts of the given one.
func plainJSON(text string) (any, bool) {
	if !utf8.ValidString(text) {
		return nil, false
	}
	p := plainReader{text: text}
	value, ok := p.value()
	p.blanks()
	return value, ok && p.at == len(text)
}

// plainReader reads one JSON value.
type plainReader struct {
	text  string
	at    int
	depth int
}

// maxDepth is how deep lists and objects may stand in one another; what is deeper is left to encoding/json.
const maxDepth = 100

func (p *plainReader) blanks() {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\n' || p.text[p.at] == '\t' || p.text[p.at] == '\r') {
		p.at++
	}
}

// next moves over a byte that stands next, if it is this one.
func (p *plainReader) next(b byte) bool {
	p.blanks()
	if p.at < len(p.text) && p.text[p.at] == b {
		p.at++
		return true
	}
	return false
}

func (p *plainReader) value() (any, bool) {
	p.blanks()
	if p.at == len(p.text) {
		return nil, false
	}
	switch p.text[p.at] {
	case '"':
		return p.string()
	case '{':
		return p.object()
	case '[':
		return p.list()
	case 't':
		return true, p.word("true")
	case 'f':
		return false, p.word("false")
	case 'n':
		return nil, p.word("null")
	default:
		return p.whole()
	}
}

func (p *plainReader) word(word string) bool {
	end := p.at + len(word)
	if end > len(p.text) || p.text[p.at:end] != word {
		return false
	}
	p.at = end
	return true
}

// whole reads a whole number of 64 bits.
func (p *plainReader) whole() (any, bool) {
	begin := p.at
	for p.at < len(p.text) && (p.text[p.at] == '-' || p.text[p.at] >= '0' && p.text[p.at] <= '9') {
		p.at++
	}
	if p.at < len(p.text) && (p.text[p.at] == '.' || p.text[p.at] == 'e' || p.text[p.at] == 'E') {
		return nil, false
	}
	n, err := strconv.ParseInt(p.text[begin:p.at], 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == p.text[begin:p.at]
}

func (p *plainReader) string() (string, bool) {
	p.at++
	begin, escaped := p.at, false
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			if escaped {
				var s string
				err := json.Unmarshal([]byte(p.text[begin-1:p.at]), &s)
				return s, err == nil
			}
			return p.text[begin : p.at-1], true
		case c == '\\':
			escaped = true
			p.at++
		case c < ' ':
			return "", false
		}
	}
	return "", false
}

func (p *plainReader) list() (any, bool) {
	p.at++
	if p.depth++; p.depth > maxDepth {
		return nil, false
	}
	defer func() { p.depth-- }()
	list := []any{}
	if p.next(']') {
		return list, true
	}
	for {
		value, ok := p.value()
		if !ok {
			return nil, false
		}
		list = append(list, value)
		if p.next(']') {
			return list, true
		}
		if !p.next(',') {
			return nil, false
		}
	}
}

func (p *plainReader) object() (any, bool) {
	p.at++
	if p.depth++; p.depth > maxDepth {
		return nil, false
	}
	defer func() { p.depth-- }()
	object := map[string]any{}
	if p.next('}') {
		return object, true
	}
	for {
		if p.blanks(); p.at == len(p.text) || p.text[p.at] != '"' {
			return nil, false
		}
		name, ok := p.string()
		if !ok || !p.next(':') {
			return nil, false
		}
		value, ok := p.value()
		if !ok {
			return nil, false
		}
		object[name] = value
		if p.next('}') {
			return object, true
		}
		if !p.next(',') {
			return nil, false
		}
	}
}
