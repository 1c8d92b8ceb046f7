package expr

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// readCases reads every file of testdata: cases by file.
func readCases(tb testing.TB) map[string][]json.RawMessage {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no cases: %v", err)
	}
	cases := map[string][]json.RawMessage{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			tb.Fatalf("%s: %v", file, err)
		}
		cases[filepath.Base(file)] = list
	}
	return cases
}

func TestCases(t *testing.T) {
	total := 0
	for file, list := range readCases(t) {
		t.Run(strings.TrimSuffix(file, ".json"), func(t *testing.T) {
			for i, raw := range list {
				if err := RunCase(raw); err != nil {
					t.Errorf("%s #%d: %v", file, i+1, err)
				}
			}
		})
		total += len(list)
	}
	if total < 300 {
		t.Errorf("%d cases", total)
	}
}

// A case must be able to fail: a wrong value, a wrong error and a wrong finding are all reported.
func TestRunCaseReports(t *testing.T) {
	tests := []struct{ name, raw, want string }{
		{"a wrong value", `{"expr": "1 + 1", "want": 3}`, "got number 2, want number 3"},
		{"a value of another kind", `{"expr": "1", "want": "1"}`, "got number 1, want text 1"},
		{"a value where an error is wanted", `{"expr": "1", "error": "type"}`, "want the error type"},
		{"an error where a value is wanted", `{"expr": "1 +", "want": 1}`, "syntax"},
		{"another error", `{"expr": "1 / 0", "error": "budget"}`, "division_by_zero"},
		{"another place", `{"expr": "x", "error": "unknown_name", "at": [1, 2]}`, "want it at"},
		{"another suggestion", `{"expr": "rond(1)", "error": "unknown_function", "suggestion": "sum"}`, "want the suggestion"},
		{"other reads", `{"expr": "a", "env": {"self": {"a": 1}}, "want": 1, "reads": []}`, "reads a"},
		{"other missing paths", `{"expr": "a", "env": {"self": {"a": {"missing": "number"}}}, "want": null, "missing": []}`, "may be missing for a"},
		{"other rounding", `{"expr": "1 / 3", "want": 1, "unrounded": false}`, "unrounded true"},
		{"a case nobody can read", `{"expr": "1", "wants": 1}`, "read case"},
		{"an environment nobody can read", `{"expr": "1", "env": {"slef": {}}}`, "unknown field"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := RunCase([]byte(tt.raw)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("RunCase = %v, want %q in it", err, tt.want)
			}
		})
	}
}

// Every function has a case that gives a value and one that gives an error or a missing value.
func TestEveryFunctionHasCases(t *testing.T) {
	var all strings.Builder
	for _, list := range readCases(t) {
		for _, raw := range list {
			var tc testCase
			if err := json.Unmarshal(raw, &tc); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&all, tc.Expr)
		}
	}
	for _, fn := range Functions() {
		if n := strings.Count(all.String(), fn.Name+"("); n < 2 {
			t.Errorf("%s is in %d cases", fn.Name, n)
		}
	}
}
