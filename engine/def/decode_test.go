//go:build !js

package def

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// workedExample decodes the definitions of definitions.md §15 (without the parts of later stages) and the masters they
// need.
func workedExample(tb testing.TB) Definitions {
	tb.Helper()
	defs := Definitions{}
	files, err := filepath.Glob("testdata/worked/*/*.json")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no worked example: %v", err)
	}
	for _, file := range files {
		kind := Kind(filepath.Base(filepath.Dir(file)))
		raw, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		definition, problems := Decode(kind, raw)
		if len(problems) > 0 {
			tb.Fatalf("%s: %v", file, problems)
		}
		if kind != KindTemplate {
			defs[RefOf("labor", definition)] = definition
		}
	}
	return defs
}

func TestDecodeEncodeKeepsTheDefinition(t *testing.T) {
	files, err := filepath.Glob("testdata/worked/*/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no worked example: %v", err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			checkRoundTrip(t, Kind(filepath.Base(filepath.Dir(file))), raw)
		})
	}
}

// checkRoundTrip decodes and encodes a definition, and does the same through the Go structs alone.
func checkRoundTrip(tb testing.TB, kind Kind, raw []byte) {
	tb.Helper()
	definition, problems := Decode(kind, raw)
	if len(problems) > 0 {
		tb.Fatalf("decode: %v", problems)
	}
	canonical, _ := Canonical(raw)
	encoded, err := Encode(definition)
	if err != nil {
		tb.Fatal(err)
	}
	if !bytes.Equal(encoded, canonical) {
		tb.Errorf("encoded %s, want %s", encoded, canonical)
	}
	fromGo, err := json.Marshal(definition)
	if err != nil {
		tb.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(fromGo, &got); err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		tb.Fatal(err)
	}
	got, want = withoutDefaults(got), withoutDefaults(want)
	gotText, _ := json.Marshal(got)
	wantText, _ := json.Marshal(want)
	if !bytes.Equal(gotText, wantText) {
		tb.Errorf("the structs lose something:\n%s\nwant\n%s", gotText, wantText)
	}
}

// withoutDefaults drops what omitempty may drop: false, zero, and empty texts, lists and maps.
func withoutDefaults(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			item = withoutDefaults(item)
			list, isList := item.([]any)
			object, isMap := item.(map[string]any)
			empty := item == false || item == 0.0 || item == "" || isList && len(list) == 0 || isMap && len(object) == 0
			if empty {
				delete(v, key)
			} else {
				v[key] = item
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutDefaults(v[i])
		}
	}
	return value
}

func TestDecodeRefuses(t *testing.T) {
	entity := func(field string) string {
		return `{"name":"worker","title":"工人","type":"object","properties":{"f":` + field + `}}`
	}
	dataset := func(source string) string {
		return `{"name":"d","title":"D","sources":[` + source + `],"columns":{"c":{"title":"C","value":"1","x-type":"integer"}}}`
	}
	tests := []struct {
		name string
		kind Kind
		raw  string
		path string
		code string
	}{
		{"no JSON", KindEntity, `{"name":`, "", "syntax"},
		{"text after the value", KindMenu, `{} {}`, "", "syntax"},
		{"a key twice", KindMenu, `{"name":"m","name":"n"}`, "/name", "duplicate_key"},
		{"invalid UTF-8", KindMenu, "{\"name\":\"\xff\"}", "", "encoding"},
		{"more than a megabyte", KindMenu, `"` + strings.Repeat("x", MaxBytes) + `"`, "", "too_large"},
		{"nested too deep", KindMenu, strings.Repeat("[", 70) + strings.Repeat("]", 70), strings.Repeat("/0", MaxDepth), "too_deep"},
		{"a kind nobody knows", "tables", `{}`, "", "unknown_kind"},
		{"a print of nothing", KindPrint, `{"name":"p","title":"P","blocks":[{"name":"b","type":"title"}]}`, "", "alternatives"},
		{"a key nobody knows", KindMenu, `{"name":"m","title":"M","items":[],"colour":1}`, "/colour", "unknown_key"},
		{"a missing key", KindMenu, `{"name":"m","items":[]}`, "/title", "missing_key"},
		{"a name with capitals", KindMenu, `{"name":"Menu","title":"M","items":[]}`, "/name", "name"},
		{"a name too long", KindMenu, `{"name":"` + strings.Repeat("m", 49) + `","title":"M","items":[]}`, "/name", "name"},
		{"a field name with capitals", KindEntity, `{"name":"w","title":"W","type":"object","properties":{"Name":{"type":"string","x-type":"text"}}}`, "/properties/Name", "name"},
		{"a type of a later stage", KindEntity, entity(`{"type":"string","x-type":"richtext"}`), "/properties/f/x-type", "unsupported"},
		{"limits of files on a text", KindEntity, entity(`{"type":"string","x-type":"text","x-files":{"maxCount":3}}`), "/properties/f/x-files", "not_applicable"},
		{"a kind of file nobody knows", KindEntity, entity(`{"type":"array","x-type":"attachment","items":{"type":"string"},"x-files":{"types":["exe"]}}`), "/properties/f/x-files/types/0", "option"},
		{"a computed photo", KindEntity, entity(`{"type":"array","x-type":"image","items":{"type":"string"},"x-compute":"[]"}`), "/properties/f/x-compute", "not_applicable"},
		{"a list of signatures", KindEntity, entity(`{"type":"array","x-type":"signature","items":{"type":"string"}}`), "/properties/f/type", "const"},
		{"a type nobody knows", KindEntity, entity(`{"type":"string","x-type":"txt"}`), "/properties/f/x-type", "option"},
		{"a rollup of a text", KindEntity, entity(`{"type":"string","x-type":"text","x-rollup":{"entity":"bill","via":"contract","take":{"max":"name"}}}`), "/properties/f/x-rollup", "not_applicable"},
		{"a rollup of a value", KindEntity, entity(`{"type":"string","x-type":"money","x-rollup":{"entity":"bill","via":"contract","take":"amount"}}`), "/properties/f/x-rollup/take", "type"},
		{"a likeness of everything", KindEntity, `{"name":"w","title":"W","type":"object","properties":{},"x-similar":{"n":{"field":"f","percent":10}}}`, "/x-similar/n/percent", "min"},
		{"limits over other records", KindEntity, `{"name":"w","title":"W","type":"object","properties":{},"x-limit":{}}`, "/x-limit", "unsupported"},
		{"money as a number", KindEntity, entity(`{"type":"number","x-type":"money"}`), "/properties/f/type", "option"},
		{"a text that is an array", KindEntity, entity(`{"type":"array","x-type":"text"}`), "/properties/f/type", "const"},
		{"places of a text", KindEntity, entity(`{"type":"string","x-type":"text","x-scale":2}`), "/properties/f/x-scale", "not_applicable"},
		{"too many places", KindEntity, entity(`{"type":"string","x-type":"decimal","x-scale":13}`), "/properties/f/x-scale", "max"},
		{"a reference to nothing", KindEntity, entity(`{"type":"string","x-type":"reference"}`), "/properties/f/x-entity", "missing_key"},
		{"a select without options", KindEntity, entity(`{"type":"string","x-type":"select"}`), "/properties/f", "alternatives"},
		{"a sub-table in a sub-table", KindEntity, entity(`{"type":"array","x-type":"table","items":{"type":"object","properties":{"g":{"type":"array","x-type":"table","items":{"type":"object","properties":{"h":{"type":"string","x-type":"text"}}}}}}}`), "/properties/f/items/properties/g/x-type", "not_allowed"},
		{"an empty expression", KindEntity, entity(`{"type":"string","x-type":"text","x-compute":""}`), "/properties/f/x-compute", "length"},
		{"a reference to another document", KindEntity, `{"name":"w","title":"W","type":"object","properties":{},"allOf":[{"$ref":"file:///etc/passwd"}]}`, "/allOf/0/$ref", "external_ref"},
		{"a new base for references", KindEntity, `{"name":"w","title":"W","type":"object","properties":{},"allOf":[{"$id":"https://example.com/x"}]}`, "/allOf/0/$id", "external_ref"},
		{"a pattern with lookahead", KindEntity, entity(`{"type":"string","x-type":"text","pattern":"(?=a)b"}`), "/properties/f/pattern", "pattern"},
		{"a pattern with \\s", KindEntity, entity(`{"type":"string","x-type":"text","pattern":"a\\sb"}`), "/properties/f/pattern", "pattern"},
		{"a pattern with \\b hidden in allOf", KindEntity, `{"name":"w","title":"W","type":"object","properties":{},"allOf":[{"properties":{"a":{"pattern":"\\bx"}}}]}`, "/allOf/0/properties/a/pattern", "pattern"},
		{"multipleOf", KindEntity, entity(`{"type":"integer","x-type":"integer","multipleOf":2}`), "/properties/f/multipleOf", "unknown_key"},
		{"a board", KindView, `{"name":"v","title":"V","entity":"w","kind":"board","columns":[{"field":"a"}]}`, "/kind", "unsupported"},
		{"a view without columns", KindView, `{"name":"v","title":"V","entity":"w","columns":[]}`, "/columns", "items"},
		{"a grant on an entity and a dataset", KindRole, `{"name":"r","title":"R","grants":{"g":{"entity":"w","dataset":"d","actions":[]}}}`, "/grants/g", "alternatives"},
		{"a row filter of a dataset", KindRole, `{"name":"r","title":"R","grants":{"g":{"dataset":"d","actions":["read"],"where":{"and":[]}}}}`, "/grants/g/where", "not_applicable"},
		{"writing a dataset", KindRole, `{"name":"r","title":"R","grants":{"g":{"dataset":"d","actions":["update"]}}}`, "/grants/g/actions/0", "option"},
		{"two aggregates in one measure", KindDataset, dataset(`{"as":"s","entity":"w","measures":{"m":{"sum":"a","max":"a"}}}`), "/sources/0/measures/m", "alternatives"},
		{"a measure of a function", KindDataset, dataset(`{"as":"s","call":"evm","measures":{"m":{"count":true}}}`), "/sources/0/measures", "not_applicable"},
		{"a source of nothing", KindDataset, dataset(`{"as":"s"}`), "/sources/0", "alternatives"},
		{"a gantt", KindDashboard, `{"name":"d","title":"D","widgets":[{"name":"w","title":"W","type":"gantt","dataset":"d","x":0,"y":0,"w":1,"h":1}]}`, "/widgets/0/type", "unsupported"},
		{"an action nobody knows", KindRole, `{"name":"r","title":"R","grants":{"g":{"entity":"w","actions":["steal"]}}}`, "/grants/g/actions/0", "option"},
		{"an action twice", KindRole, `{"name":"r","title":"R","grants":{"g":{"entity":"w","actions":["read","read"]}}}`, "/grants/g/actions", "duplicate"},
		{"an operator nobody knows", KindView, `{"name":"v","title":"V","entity":"w","columns":[{"field":"a"}],"where":{"field":"a","op":"like","value":"x"}}`, "/where/op", "option"},
		{"votes on a branch", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"branch","branches":[],"waitAll":true}]}`, "/nodes/0/waitAll", "not_applicable"},
		{"a signature of handling", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"handle","who":["initiator"],"sign":true}]}`, "/nodes/0/sign", "not_applicable"},
		{"a password for a copy", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"cc","who":["initiator"],"confirm":"password"}]}`, "/nodes/0/confirm", "not_applicable"},
		{"a deadline of a copy", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"cc","who":["initiator"],"timeout":[{"after":"PT24H","do":"remind"}]}]}`, "/nodes/0/timeout", "not_applicable"},
		{"a deadline after months", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"approve","who":["initiator"],"timeout":[{"after":"P1M","do":"remind"}]}]}`, "/nodes/0/timeout/0/after", "pattern"},
		{"a deadline that does nothing known", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"approve","who":["initiator"],"timeout":[{"after":"PT24H","do":"shout"}]}]}`, "/nodes/0/timeout/0/do", "pattern"},
		{"a job", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"action","do":{"job":"x"}}]}`, "/nodes/0/do/job", "unsupported"},
		{"an action that does two things", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"action","do":{"webhook":"erp","set":{"a":"1"}}}]}`, "/nodes/0/do", "alternatives"},
		{"an action of an approval", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"approve","who":["initiator"],"do":{"webhook":"erp"}}]}`, "/nodes/0/do", "not_applicable"},
		{"an update of nothing in particular", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"action","do":{"update":{"entity":"w","values":{"a":"1"}}}}]}`, "/nodes/0/do/update", "alternatives"},
		{"a wait for nothing", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"wait"}]}`, "/nodes/0", "alternatives"},
		{"a call of nothing", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"call"}]}`, "/nodes/0/flow", "missing_key"},
		{"a trigger nobody knows", KindFlow, `{"name":"f","title":"F","start":{"on":["burnt"]},"nodes":[]}`, "/start/on", "alternatives"},
		{"a matrix without its cells", KindImport, `{"name":"i","title":"I","entity":"w","layout":"matrix","group":["a"],"columns":[{"name":"a","field":"a","labels":["A"]}]}`, "/matrix", "missing_key"},
		{"a matrix in rows", KindImport, `{"name":"i","title":"I","entity":"w","columns":[{"name":"a","field":"a","labels":["A"]}],"matrix":{"days":"d","name":"l.w","cell":"attendance","full":"h"}}`, "/matrix", "not_applicable"},
		{"a column without a label", KindImport, `{"name":"i","title":"I","entity":"w","columns":[{"name":"a","field":"a","labels":[]}]}`, "/columns/0/labels", "items"},
		{"approval of many", KindView, `{"name":"v","title":"V","entity":"w","columns":[{"field":"a"}],"actions":["batch_approve"]}`, "/actions/0", "unsupported"},
		{"an approver of an unknown sort", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"approve","who":["boss"]}]}`, "/nodes/0/who/0", "pattern"},
		{"a branch with when and else", KindFlow, `{"name":"f","title":"F","nodes":[{"name":"n","type":"branch","branches":[{"name":"b","when":"a > 1","else":true,"nodes":[]}]}]}`, "/nodes/0/branches/0", "not_allowed"},
		{"a file outside sample/", KindTemplate, `{"name":"t","title":"T","version":"1.0.0","sample":[{"name":"s","entity":"w","file":"../secret.json"}]}`, "/sample/0/file", "pattern"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			definition, problems := Decode(tt.kind, []byte(tt.raw))
			if definition != nil {
				t.Fatal("decoded all the same")
			}
			for _, p := range problems {
				if p.Path == tt.path && p.Code == tt.code {
					return
				}
			}
			t.Errorf("got %v, want %s at %q", problems, tt.code, tt.path)
		})
	}
}

// structKeys are the JSON keys of a definition's Go struct.
func structKeys(d Definition) map[string]bool { return keysOf(reflect.TypeOf(d).Elem()) }

func FuzzDecode(f *testing.F) {
	kinds := []Kind{KindEntity, KindForm, KindView, KindFlow, KindRole, KindDictionary, KindMenu, KindSettings, KindTemplate, KindDataset, KindDashboard, KindImport}
	files, _ := filepath.Glob("testdata/worked/*/*.json")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(slices.Index(kinds, Kind(filepath.Base(filepath.Dir(file))))), raw)
	}
	f.Add(uint8(0), []byte(`{"name":"w","title":"W","type":"object","properties":{},"allOf":[{"$ref":"#/properties"}]}`))
	f.Fuzz(func(t *testing.T, kind uint8, raw []byte) {
		of := kinds[int(kind)%len(kinds)]
		definition, problems := Decode(of, raw)
		if len(problems) > 0 {
			if definition != nil {
				t.Fatal("decoded with problems")
			}
			return
		}
		checkRoundTrip(t, of, raw)
		encoded, err := Encode(definition)
		if err != nil {
			t.Fatal(err)
		}
		if _, problems := Decode(of, encoded); len(problems) > 0 {
			t.Fatalf("the canonical form does not decode: %v", problems)
		}
		// Whatever decodes can be compiled and checked without a panic.
		if of == KindTemplate {
			return
		}
		catalog, _ := Compile(Definitions{RefOf("fuzz", definition): definition}, "")
		Check(catalog)
	})
}
