package sqlite

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"formwork/engine/store"
)

// FuzzPlainJSON holds the short way of reading stored JSON to the long one.
func FuzzPlainJSON(f *testing.F) {
	for _, text := range []string{
		``, `null`, ` [ ] `, `{"a":{"b":[1,-2,0,true,false,null,"工"]},"c":"a\"b\\\u5de5\n"}`, `[01]`, `[1.50]`, `[1e3]`, `-`, `--1`, `-0`, `9223372036854775807`,
		`9223372036854775808`, `{"a":1,"a":2}`, `{"a"}`, `{"a":1,}`, `[1,]`, `[1 2]`, `{} x`, "\"\x01\"", "\"\xff\"", `"\ud800"`, `"\`, `"a`, `tru`, `{"":""}`,
		strings.Repeat("[", 200) + strings.Repeat("]", 200),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := plainJSON(text)
		if !ok {
			return
		}
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil {
			t.Fatalf("%q is read as %v: %v", text, got, err)
		}
		if want = store.StoredNumbers(want); !reflect.DeepEqual(got, want) {
			t.Errorf("%q\n got %#v\nwant %#v", text, got, want)
		}
	})
}

// TestStoredJSONIsPlain keeps the short way from falling into disuse.
func TestStoredJSONIsPlain(t *testing.T) {
	for _, text := range []string{
		`[{"_id":"r1","hours":"8","done":true,"pieces":3,"remark":"a \"quoted\" 工"},{"_id":"r2"}]`, `{"kept":["as","it",1,null]}`,
	} {
		if _, ok := plainJSON(text); !ok {
			t.Errorf("%s is left to encoding/json", text)
		}
	}
}
