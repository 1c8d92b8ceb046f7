package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"formwork/engine/record"
)

// Instance reads what record.Service must know of a stored run. A run that has ended pins nothing any more.
func Instance(raw json.RawMessage) (record.Instance, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return record.Instance{}, nil
	}
	st, err := readHead(raw)
	if err != nil {
		return record.Instance{}, fmt.Errorf("flow state: %w", err)
	}
	in := record.Instance{Initiator: st.Initiator.ID}
	if !st.Status.Ended() {
		in.Catalog = st.Catalog
	}
	return in, nil
}

var errNoState = errors.New("no object")

// head is what stands at the beginning of a stored run.
type head struct {
	Name      string
	Status    Status
	Catalog   string
	Initiator Person
}

// readHead reads a stored run as far as its head goes: what comes behind it is most of it. Members are skipped, not decoded.
func readHead(raw json.RawMessage) (h head, err error) {
	members := map[string]any{"name": &h.Name, "status": &h.Status, "catalog": &h.Catalog, "initiator": &h.Initiator}
	at := blanks(raw, 0)
	if at == len(raw) || raw[at] != '{' {
		return h, errNoState
	}
	for at = blanks(raw, at+1); len(members) > 0 && at < len(raw) && raw[at] != '}'; at = blanks(raw, at) {
		key, value := at, blanks(raw, skip(raw, at))
		if value == len(raw) || raw[value] != ':' {
			return h, errNoState
		}
		name := string(bytes.Trim(raw[key:value], "\" \t\r\n"))
		value = blanks(raw, value+1)
		at = skip(raw, value)
		if into, wanted := members[name]; wanted {
			if err := json.Unmarshal(raw[value:at], into); err != nil {
				return h, err
			}
			delete(members, name)
		}
		if at = blanks(raw, at); at < len(raw) && raw[at] == ',' {
			at++
		} else if at == len(raw) || raw[at] != '}' {
			return h, errNoState
		}
	}
	if at == len(raw) {
		return h, errNoState
	}
	return h, nil
}

// blanks gives where the blanks from a place on end.
func blanks(raw []byte, at int) int {
	for at < len(raw) && (raw[at] == ' ' || raw[at] == '\n' || raw[at] == '\t' || raw[at] == '\r') {
		at++
	}
	return at
}

// closing gives where the text that begins at a place has its last quote.
func closing(raw []byte, at int) int {
	for at++; at < len(raw) && raw[at] != '"'; at++ {
		if raw[at] == '\\' {
			at++
		}
	}
	return at
}

// skip gives where the value that begins at a place ends, in valid JSON: behind a text, a list or an object, and before what
// follows a bare word.
func skip(raw []byte, at int) int {
	for depth := 0; at < len(raw); at++ {
		switch raw[at] {
		case '"':
			if at = closing(raw, at); depth == 0 {
				return min(at+1, len(raw))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return at
			}
			if depth--; depth == 0 {
				return at + 1
			}
		case ',', ':', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return at
			}
		}
	}
	return min(at, len(raw)) // behind it if the last byte was an escape
}

func decodeState(raw json.RawMessage) (State, error) {
	var st State
	if len(raw) == 0 || string(raw) == "null" {
		return st, nil
	}
	err := st.UnmarshalJSON(raw) // json.Unmarshal would look at every byte once more
	return st, err
}

// stateOf is the run on a loaded record; nobody may change it.
func stateOf(full *record.Full) (*State, error) {
	if st, ok := full.Instance.(*State); ok {
		return st, nil
	}
	st, err := decodeState(full.Record.Flow)
	return &st, err
}
