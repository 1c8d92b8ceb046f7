package event

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"formwork/engine/form"
	"formwork/engine/store"
)

// FuzzCanonicalData holds that data is committed to as it stands only if decoding and writing it anew gives the same text.
func FuzzCanonicalData(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a":1}`, `{"a":1,"b":[true,false,null,-1.5,0]}`, `{"b":1,"a":2}`, `{"a":1,"a":2}`, `{ "a":1}`, `{"a":"<&>"}`, `{"a":"\u003c"}`, `{"a":"\"\\\n\r\t"}`,
		`{"a":"\b\f\/"}`, `{"a":"长 \u4e00"}`, "{\"a\":\"\u2028\"}", "{\"a\":\"\xff\"}", `{"a":01}`, `{"a":1e3}`, `{"a":-0}`, `{"a":1.}`, `{"a":"x"}x`, `[1]`, `null`, `"a"`,
		`{"changes":[{"field":"a","to":"b"}]}`, `{"changes":[{"field":"a","salt":"s","to":"b"}]}`, `{"a":{"":1,"b":{}}}`, `{"长":1,"é":2}`, `{"a`, `{"a":`, `{"a":[1,]}`, `{"a\n":1}`,
		"{\"a\":\"\x7f\"}", `{"a":12345678901234567890123}`, `{"a":"\ud800"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !isCanonical(data) {
			return
		}
		tree, err := committed(data)
		if err != nil {
			t.Fatalf("%q is taken as it stands: %v", data, err)
		}
		anew, err := canonical(tree)
		if err != nil || string(anew) != string(data) {
			t.Errorf("%q is taken as it stands, written anew it is %q: %v", data, anew, err)
		}
	})
}

// The hash of an event is the same whether its data was written in canonical form or not.
func TestHashesDoNotDependOnTheText(t *testing.T) {
	for _, data := range []string{
		`{"changes":[{"field":"note","to":"a<b"},{"field":"lines[r1]","to":{"_id":"r1","hours":"8.00","n":3}}],"state":{"from":"draft","to":"running"}}`, `{}`, `{"b":[],"长":"é"}`,
	} {
		e := store.Event{Entity: "sheet", Record: "s1", Rev: 3, N: 1, Type: TypeUpdated, Actor: "u<1>", At: time.UnixMilli(1780000000123), Data: json.RawMessage(data)}
		if !isCanonical(e.Data) {
			t.Errorf("%s is not known to be canonical", data)
		}
		direct, err := chain("before", e)
		if err != nil {
			t.Fatal(err)
		}
		e.Data = json.RawMessage(" " + strings.ReplaceAll(data, `":`, `" : `))
		if other, err := chain("before", e); err != nil || other != direct {
			t.Errorf("%s: %s and %s, %v", data, direct, other, err)
		}
	}
}

// What record writes put into the log is canonical: its hash needs no second encoding. So it stays when fields are added.
func TestWrittenEventsAreCanonical(t *testing.T) {
	data, err := Encode(Written{
		Cause: "c", Key: "k", Reason: "r", Reasons: map[string]string{"b": "1", "a": "2"}, State: &StateChange{From: "draft", To: "running"},
		Changes: []Change{{Digest: "d", Field: "f", From: int64(1), Moved: true, To: map[string]any{"z": "1", "a": []any{true}}}}, Warnings: []form.Problem{},
	})
	if err != nil || !isCanonical(data) {
		t.Errorf("%s, %v", data, err)
	}
}
