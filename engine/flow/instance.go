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
	Status    Status
	Catalog   string
	Initiator Person
}

// readHead reads a stored run as far as its head goes: what comes behind it is most of it.
func readHead(raw json.RawMessage) (h head, err error) {
	members := map[string]any{"status": &h.Status, "catalog": &h.Catalog, "initiator": &h.Initiator}
	d := json.NewDecoder(bytes.NewReader(raw))
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return h, errors.Join(errNoState, err)
	}
	for len(members) > 0 && d.More() {
		name, err := d.Token()
		if err != nil {
			return h, err
		}
		key, _ := name.(string)
		into, wanted := members[key]
		if !wanted {
			into = new(json.RawMessage)
		}
		if err := d.Decode(into); err != nil {
			return h, err
		}
		delete(members, key)
	}
	if len(members) > 0 {
		_, err = d.Token() // the end of it
	}
	return h, err
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
