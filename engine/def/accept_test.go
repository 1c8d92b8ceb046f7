//go:build !js

package def

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// schemas are what fields become, and some keywords an acceptor leaves to the validator.
var schemas = []string{
	`{"type":"string","maxLength":3}`, `{"type":"string","minLength":2,"maxLength":4,"pattern":"^a"}`,
	`{"type":"string","pattern":"` + patternDate + `"}`, `{"type":"string","pattern":"` + patternMonth + `"}`,
	`{"type":"string","pattern":"^-?(0|[1-9][0-9]{0,27})(\\.[0-9]{1,2})?$"}`, `{"type":"string","pattern":"^(0|[1-9][0-9]{0,27})$"}`,
	`{"type":"string","pattern":"^(0|[1-9][0-9]{0,27})(\\.[0-9]{1,10})?$"}`,
	`{"type":"string","enum":["a","b"]}`, `{"type":"string","const":"a"}`, `{"const":"a","enum":["b"]}`, `{"const":1}`, `{"enum":[1,"a"]}`,
	`{"type":"boolean"}`, `{"type":"integer","minimum":-2,"maximum":9007199254740991}`, `{"type":"number","minimum":0.5}`,
	`{"type":["string","null"]}`, `{"type":"string","format":"date"}`, `{"type":"string","not":{"const":"a"}}`,
	`{"type":"string","allOf":[{"pattern":"^a"},{"maxLength":2}]}`, `{"type":"integer","multipleOf":2}`, `{}`, `true`, `false`,
	`{"type":"array","maxItems":2,"minItems":1,"items":{"type":"string","maxLength":2}}`, `{"type":"array","uniqueItems":true}`,
	`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["a"],"additionalProperties":false}`,
	`{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"string"}}`,
	`{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"a":{"enum":["a"]}},"required":["a"]}}}}`,
	`{"type":"object","minProperties":2}`, `{"if":{"type":"string"},"then":{"maxLength":1}}`, `{"oneOf":[{"type":"string"},{"type":"integer"}]}`,
}

var instances = []string{
	`"a"`, `"b"`, `"aa"`, `"abcde"`, `"长长长"`, `"长长长长"`, `""`, `"2026-06-30"`, `"2026-13-01"`, `"2026-06-32"`, `"2026-06"`, `"2026-6-30"`, `"0"`, `"-0"`, `"00"`,
	`"12.34"`, `"12.345"`, `"-1.5"`, `".5"`, `"5."`, `"1234567890123456789012345678"`, `"12345678901234567890123456789"`, `"0.0123456789"`,
	`true`, `false`, `null`, `1`, `0`, `-2`, `-3`, `9007199254740991`, `9007199254740992`, `3`, `[]`, `["a"]`, `["a","a"]`, `["a","a","a"]`, `["abc"]`, `[1]`,
	`{}`, `{"a":"a"}`, `{"a":1}`, `{"a":"a","b":2}`, `{"a":"a","c":2}`, `{"a":"a","c":"x"}`, `{"b":2}`, `{"a":[{"a":"a"}]}`, `{"a":[{"a":"b"}]}`, `{"a":[{}]}`, `{"a":[1]}`, `{"b":1.5}`,
}

// FuzzAccept holds that what an acceptor accepts, the validator accepts.
func FuzzAccept(f *testing.F) {
	for i := range schemas {
		for _, instance := range instances {
			f.Add(uint8(i), instance)
		}
	}
	f.Fuzz(func(t *testing.T, number uint8, text string) {
		document := schemas[int(number)%len(schemas)]
		value, ok := wireOf(text)
		if !ok {
			return
		}
		schema, err := compileSchema("formwork:test", map[string]any{"properties": map[string]any{"x": jsonTree(json.RawMessage(document))}})
		if err != nil {
			t.Fatal(document, err)
		}
		values := map[string]any{"x": value}
		if accepts := acceptor(schema); accepts != nil && accepts(values) && schema.Validate(values) != nil {
			t.Errorf("%s is accepted by %s, the validator says %v", text, document, schema.Validate(values))
		}
	})
}

// wireOf reads JSON as values are stored: whole numbers as int64.
func wireOf(text string) (any, bool) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var tree any
	if d.Decode(&tree) != nil {
		return nil, false
	}
	var wire func(any) any
	wire = func(node any) any {
		switch node := node.(type) {
		case json.Number:
			if n, err := node.Int64(); err == nil {
				return n
			}
		case []any:
			for i := range node {
				node[i] = wire(node[i])
			}
		case map[string]any:
			for name := range node {
				node[name] = wire(node[name])
			}
		}
		return node
	}
	return wire(tree), true
}

// Patterns that are not matched as regular expressions mean the same.
func FuzzMatchers(f *testing.F) {
	for _, instance := range instances {
		f.Add(strings.Trim(instance, `"`))
	}
	patterns := []*regexp.Regexp{regexp.MustCompile(patternDate)}
	for _, min := range []string{"", "0"} {
		for scale := range 5 {
			patterns = append(patterns, regexp.MustCompile(decimalPattern(&Field{XType: TypeDecimal, Min: min, Scale: &scale})))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, pattern := range patterns {
			if matcher(pattern)(text) != pattern.MatchString(text) {
				t.Errorf("%q and %s: %v", text, pattern, matcher(pattern)(text))
			}
		}
	})
}

// The records people write most are accepted without the validator.
func TestSheetsAreAcceptedAtOnce(t *testing.T) {
	catalog := exampleCatalog(t)
	for _, name := range []string{"day_labor_sheet", "project", "worker_rate"} {
		validator, err := catalog.Validator(name)
		if err != nil || validator.accepts == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	validator, err := catalog.Validator("project")
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{"code": "P1", "name": "云锦", "manager": "u1", "labor_policy": "p1"}
	if !validator.accepts(values) {
		t.Error("a good project is left to the validator")
	}
	for name, wrong := range map[string]any{"code": int64(1), "name": strings.Repeat("长", 300), "manager": fmt.Sprint(strings.Repeat("u", 65)), "more": "x"} {
		before := values[name]
		values[name] = wrong
		if validator.accepts(values) {
			t.Errorf("%s %v is accepted", name, wrong)
		}
		if values[name] = before; before == nil {
			delete(values, name)
		}
	}
}
