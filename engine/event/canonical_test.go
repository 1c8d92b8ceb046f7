package event

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"formwork/engine/form"
	"formwork/engine/store"
)

// FuzzCanonicalData holds that sorting the text of data gives what decoding and writing it anew gives.
func FuzzCanonicalData(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a":1}`, `{"a":1,"b":[true,false,null,-1.5,0]}`, `{"b":1,"a":2}`, `{"b":{"d":[{"z":1,"y":{"k":0,"j":[]}}],"c":2},"a":""}`, `{"b":1,"c":2,"a":3,"c":4}`, `{"a":1,"a":2}`, `{ "a":1}`, `{"a":"<&>"}`, `{"a":"\u003c"}`, `{"a":"\"\\\n\r\t"}`,
		`{"a":"\b\f\/"}`, `{"a":"长 \u4e00"}`, "{\"a\":\"\u2028\"}", "{\"a\":\"\xff\"}", `{"a":01}`, `{"a":1e3}`, `{"a":-0}`, `{"a":1.}`, `{"a":"x"}x`, `[1]`, `null`, `"a"`,
		`{"changes":[{"field":"a","to":"b"}]}`, `{"changes":[{"field":"a","salt":"s","to":"b"}]}`, `{"a":{"":1,"b":{}}}`, `{"长":1,"é":2}`, `{"a`, `{"a":`, `{"a":[1,]}`, `{"a\n":1}`,
		"{\"a\":\"\x7f\"}", `{"a":12345678901234567890123}`, `{"a":"\ud800"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		text, ok := sorted(data)
		if !ok {
			return
		}
		tree, err := committed(data)
		if err != nil {
			t.Fatalf("%q is sorted to %q: %v", data, text, err)
		}
		anew, err := canonical(tree)
		if err != nil || string(anew) != string(text) {
			t.Errorf("%q is sorted to %q, written anew it is %q: %v", data, text, anew, err)
		}
	})
}

// The hash of an event is the same in whatever order and with whatever blanks its data was written.
func TestHashesDoNotDependOnTheText(t *testing.T) {
	for _, data := range []string{
		`{"changes":[{"field":"note","to":"a<b"},{"field":"lines[r1]","to":{"hours":"8.00","_id":"r1","n":3}}],"state":{"to":"running","from":"draft"}}`, `{}`, `{"长":"é","b":[]}`,
	} {
		e := store.Event{Entity: "sheet", Record: "s1", Rev: 3, N: 1, Type: TypeUpdated, Actor: "u<1>", At: time.UnixMilli(1780000000123), Data: json.RawMessage(data)}
		if _, ok := sorted(e.Data); !ok {
			t.Errorf("%s has to be decoded", data)
		}
		direct, err := chain("before", e)
		if err != nil {
			t.Fatal(err)
		}
		e.Data = json.RawMessage(" " + strings.ReplaceAll(data, `":`, `" : `))
		if _, ok := sorted(e.Data); ok {
			t.Errorf("%s need not be decoded", e.Data)
		}
		if other, err := chain("before", e); err != nil || other != direct {
			t.Errorf("%s: %s and %s, %v", data, direct, other, err)
		}
	}
}

// What record writes put into the log is hashed without decoding it, whatever the order of its fields.
func TestWrittenEventsAreNotDecoded(t *testing.T) {
	data, err := Encode(Written{
		Cause: "c", Key: "k", Reason: "r", Reasons: map[string]string{"b": "1", "a": "2"}, State: &StateChange{From: "draft", To: "running"},
		Changes: []Change{{Digest: "d", Field: "f", From: int64(1), Moved: true, To: map[string]any{"z": "1", "a": []any{true}}}}, Warnings: []form.Problem{},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := sorted(data); !ok {
		t.Errorf("%s has to be decoded", data)
	}
}
