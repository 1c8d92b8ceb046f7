package main

import (
	"encoding/json"
	"strings"
	"testing"
)

const slice = `{"lang": "zh-CN", "entity": {"name": "order", "title": "订单", "type": "object",
 "properties": {
  "day": {"type": "string", "format": "date", "x-type": "date", "x-default": "today()"},
  "supplier": {"type": "string", "x-type": "reference", "x-entity": "supplier", "x-filter": {"field": "region", "op": "eq", "value": {"var": "record.region"}}},
  "region": {"type": "string", "x-type": "text"},
  "discount": {"type": "string", "x-type": "percent", "x-compute": "supplier.discount"},
  "lines": {"type": "array", "x-type": "table", "items": {"type": "object", "properties": {
   "qty": {"type": "integer", "x-type": "integer"}, "price": {"type": "string", "x-type": "money"},
   "amount": {"type": "string", "x-type": "money", "x-compute": "qty * price"}}}},
  "total": {"type": "string", "x-type": "money", "x-compute": "sum(lines, .amount)"}},
 "x-rules": {"cheap": {"must": "total <= 1000", "level": "warning", "field": "total"}}},
 "entities": {"supplier": {"name": "supplier", "title": "供应商", "type": "object", "properties": {"discount": {"type": "string", "x-type": "percent"}}}}}`

const begin = `{"values": {}, "touched": [], "context": {"now": "2026-06-01T02:00:00Z", "zone": "+08:00", "actor": {"id": "U1", "name": "王"}}}`

// call decodes an answer.
func call(t *testing.T, result any, err error) map[string]any {
	t.Helper()
	text := answer(func() (any, error) { return result, err })
	var decoded map[string]any
	if err := json.Unmarshal([]byte(text), &decoded); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return decoded
}

func at(t *testing.T, tree any, path ...string) any {
	t.Helper()
	for _, key := range path {
		object, ok := tree.(map[string]any)
		if !ok {
			t.Fatalf("no %v in %v", path, tree)
		}
		tree = object[key]
	}
	return tree
}

func list(value any) []any {
	items, _ := value.([]any)
	return items
}

func handleOf(opened map[string]any) int {
	handle, _ := opened["handle"].(float64)
	return int(handle)
}

func TestAnOrderIsTyped(t *testing.T) {
	b := newBridge()
	result, err := b.open(slice, begin)
	opened := call(t, result, err)
	handle := handleOf(opened)
	if got := at(t, opened, "values", "day"); got != "2026-06-01" {
		t.Errorf("day %v", got)
	}

	result, err = b.rows(handle, "lines", "insert", `{"rows": [{"qty": 3, "price": "2.50"}, {}]}`)
	if got := at(t, call(t, result, err), "values", "total"); got != "7.50" {
		t.Errorf("total %v after inserting", got)
	}
	result, err = b.rows(handle, "lines", "paste", `{"row": "+2", "columns": ["qty", "price"], "cells": [["1,000", "¥4"]]}`)
	changes := call(t, result, err)
	if got := at(t, changes, "values", "total"); got != "4007.50" {
		t.Errorf("total %v after pasting", got)
	}
	if problems := list(at(t, changes, "problems", "total")); len(problems) != 1 || at(t, problems[0], "code") != "cheap" {
		t.Errorf("problems %v", problems)
	}
	result, err = b.rows(handle, "lines", "write", `{"cells": {"lines[+1].qty": 2, "lines[+2].price": "5.00", "lines[+1].price": null}}`)
	changes = call(t, result, err)
	if got := at(t, changes, "values", "total"); got != "5000.00" {
		t.Errorf("total %v after writing cells", got)
	}
	result, err = b.rows(handle, "lines", "write", `{"cells": {"lines[+1].qty": 3, "lines[+2].price": "4.00", "lines[+1].price": "2.50"}}`)
	if got := at(t, call(t, result, err), "values", "total"); got != "4007.50" {
		t.Errorf("total %v after writing them back", got)
	}
	result, err = b.rows(handle, "lines", "write", `{"cells": {"region": "华东"}}`)
	if got := call(t, result, err); got["code"] != "unknown_path" {
		t.Errorf("a field of the header written as a cell answers %v", got)
	}
	result, err = b.rows(handle, "people", "insert", `{"rows": [{}]}`)
	if got := list(call(t, result, err)["rows"]); len(got) != 0 {
		t.Errorf("a table that does not exist has rows: %v", got)
	}
	result, err = b.acknowledge(handle, `{"cheap": "急用"}`)
	if problems := list(at(t, call(t, result, err), "problems", "total")); len(problems) != 0 {
		t.Errorf("problems %v after giving a reason", problems)
	}

	result, err = b.set(handle, "supplier", `"S1"`)
	asks := list(at(t, call(t, result, err), "asks"))
	if len(asks) != 1 || at(t, asks[0], "key") != "supplier/S1" {
		t.Fatalf("asks %v", asks)
	}
	result, err = b.answer(handle, `{"records": {"supplier/S1": {"discount": "5.00"}}}`)
	if got := at(t, call(t, result, err), "values", "discount"); got != "5.00" {
		t.Errorf("discount %v", got)
	}
	result, err = b.choices(handle, "supplier")
	if got := call(t, result, err); got["entity"] != "supplier" {
		t.Errorf("choices %v", got)
	}

	result, err = b.patch(handle)
	if got := written(must(t, result, err)); got != `{"day":"2026-06-01","lines":[{"_id":"+1","price":"2.50","qty":3},{"_id":"+2","price":"4.00","qty":1000}],"supplier":"S1"}` {
		t.Errorf("patch %s", got)
	}
	b.close(handle)
	result, err = b.result(handle)
	if got := call(t, result, err); got["code"] != "unknown_handle" {
		t.Errorf("a closed handle answers %v", got)
	}
}

func must(t *testing.T, result any, err error) any {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestFailuresHaveCodes(t *testing.T) {
	b := newBridge()
	result, err := b.open(slice, begin)
	handle := handleOf(call(t, result, err))
	tests := []struct {
		name string
		call func() (any, error)
		want string
	}{
		{"slice is no JSON", func() (any, error) { return b.open("{", begin) }, "bad_slice"},
		{"slice without entity", func() (any, error) { return b.open("{}", begin) }, "bad_slice"},
		{"slice with a wrong formula", func() (any, error) { return b.open(strings.Replace(slice, "qty * price", "qty *", 1), begin) }, "bad_slice"},
		{"input without time", func() (any, error) { return b.open(slice, `{"values": {}}`) }, "bad_input"},
		{"input with unknown keys", func() (any, error) { return b.open(slice, `{"value": {}}`) }, "bad_json"},
		{"zone by name", func() (any, error) {
			return b.open(slice, strings.Replace(begin, "+08:00", "Asia/Shanghai", 1))
		}, "bad_input"},
		{"value is no JSON", func() (any, error) { return b.set(handle, "day", "2026-06-01") }, "bad_json"},
		{"unknown operation", func() (any, error) { return b.rows(handle, "lines", "shuffle", "{}") }, "unknown_operation"},
		{"choices of a text", func() (any, error) { return b.choices(handle, "region") }, "unknown_path"},
		{"a panic", func() (any, error) { var s []int; return s[handle], nil }, "internal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got failure
			if err := json.Unmarshal([]byte(answer(tt.call)), &got); err != nil || got.Code != tt.want {
				t.Errorf("code %q (%v), want %q", got.Code, err, tt.want)
			}
		})
	}
}

func TestCasesAndFunctions(t *testing.T) {
	if got := evalCase(`{"expr": "0.1 + 0.2", "want": 0.3}`); !got.Pass {
		t.Error(got.Error)
	}
	if got := evalCase(`{"expr": "0.1 + 0.2", "want": 0.4}`); got.Pass || got.Error == "" {
		t.Errorf("a wrong case passes: %v", got)
	}
	result, err := evalCases(`[{"expr": "1 / 3", "want": 0.3333333333333333333333333333333333}, {"expr": "1", "want": 2}]`)
	if got, ok := must(t, result, err).([]verdict); !ok || len(got) != 2 || !got[0].Pass || got[1].Pass {
		t.Errorf("verdicts %v", result)
	}
	if all := functions(); len(all) != 65 || all[0].Name != "IF" {
		t.Errorf("%d functions", len(all))
	}
}
