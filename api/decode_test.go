package api

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

type sheetBody struct {
	Values map[string]any    `json:"values"`
	Submit bool              `json:"submit,omitempty"`
	Asks   []askBody         `json:"asks,omitempty"`
	Raw    json.RawMessage   `json:"raw,omitempty"`
	Why    map[string]string `json:"acknowledged,omitempty"`
}

type askBody struct {
	Key string `json:"key"`
}

func TestDecodeRefusesWhatItDoesNotUnderstand(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100)
	tests := []struct{ name, body, code, path string }{
		{"not JSON", `{"values": `, "malformed", "/values"},
		{"two values", `{} {}`, "malformed", ""},
		{"unknown key", `{"values": {}, "state": "approved"}`, "unknown_key", "/state"},
		{"key in another case", `{"Values": {}}`, "unknown_key", "/Values"},
		{"unknown key in a list", `{"asks": [{"key": "a"}, {"kye": "b"}]}`, "unknown_key", "/asks/1/kye"},
		{"duplicate key", `{"values": {"no": "1", "no": "2"}}`, "duplicate_key", "/values/no"},
		{"too deep", `{"values": ` + deep + `}`, "too_deep", ""},
		{"wrong type", `{"submit": "yes"}`, "wrong_type", "/submit"},
		{"zero character", `{"values": {"no": "a\u0000b"}}`, "malformed", "/values/no"},
		{"not UTF-8", "{\"values\": {\"no\": \"\xff\"}}", "malformed", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var into sheetBody
			err := decode([]byte(tt.body), &into)
			var bad *bodyError
			if !errors.As(err, &bad) || bad.Code != tt.code {
				t.Fatalf("decode = %v, want code %s", err, tt.code)
			}
			if tt.path != "" && bad.Path != tt.path {
				t.Errorf("path = %q, want %q", bad.Path, tt.path)
			}
		})
	}
}

func TestDecodeKeepsNumbersExact(t *testing.T) {
	var into sheetBody
	body := `{"values": {"head_count": 9007199254740993, "amount": 0.1, "lines": [{"n": 3}]}, "raw": {"any": ["thing", 1.50]}}`
	if err := decode([]byte(body), &into); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"head_count": int64(9007199254740993), "amount": json.Number("0.1"),
		"lines": []any{map[string]any{"n": int64(3)}},
	}
	if !reflect.DeepEqual(into.Values, want) {
		t.Errorf("values = %#v", into.Values)
	}
	if string(into.Raw) != `{"any": ["thing", 1.50]}` {
		t.Errorf("raw = %s", into.Raw)
	}
}

func TestDecodeSaysWhere(t *testing.T) {
	var into sheetBody
	err := decode([]byte("{\n  \"values\": {},\n  \"sumbit\": true\n}"), &into)
	var bad *bodyError
	if !errors.As(err, &bad) || bad.Line != 3 {
		t.Fatalf("decode = %v, want line 3", err)
	}
}

func TestEmptyBodyIsAnEmptyObject(t *testing.T) {
	var into sheetBody
	if err := decode(nil, &into); err != nil {
		t.Fatal(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"values": {"a": [1, 2.5, {"b": null}]}, "submit": true}`))
	f.Add([]byte(`{"asks": [{"key": "x"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var into sheetBody
		if decode(body, &into) == nil {
			if _, err := json.Marshal(into); err != nil {
				t.Fatalf("decoded but cannot be encoded: %v", err)
			}
		}
	})
}
