package flow

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sharedCases is where the scenarios of the contract stand beside a checkout.
const sharedCases = "../../../shared/cases/flow_cases.json"

func TestSharedCases(t *testing.T) {
	file := sharedCases
	if other := os.Getenv("FORMWORK_CASES"); other != "" {
		file = other
	}
	playFile(t, file)
}

// TestScenarios plays the scenarios of this package: what the contract says and the shared cases leave out.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { playFile(t, file) })
	}
}

func playFile(t *testing.T, name string) {
	t.Helper()
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no %s", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	results, err := RunCases(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) == 0 {
		t.Fatalf("%s holds no cases", name)
	}
	for _, r := range results {
		t.Run(r.ID, func(t *testing.T) {
			if r.Failure != "" {
				t.Error(r.String())
			}
		})
	}
}

// TestWrongExpectationsFail makes sure that a scenario can fail, and says what was wrong.
func TestWrongExpectationsFail(t *testing.T) {
	const def = `"def": {"key": "t", "nodes": [{"id": "a", "type": "approve", "who": ["user:m1"]}]}`
	tests := []struct{ name, steps, want string }{
		{
			"status", `[{"do": "start", "by": "u1", "expect": {"status": "approved"}}]`,
			`step 1 (u1 start): expected status "approved", got "running"`,
		},
		{
			"open", `[{"do": "start", "by": "u1", "expect": {"open": {}}}]`,
			`step 1 (u1 start): expected open {}, got {"a":["m1"]}`,
		},
		{
			"refusal", `[{"do": "start", "by": "u1"}, {"do": "approve", "by": "m1", "error": "E_ENDED"}]`,
			`step 2 (m1 approve): expected E_ENDED, got done`,
		},
		{
			"no refusal", `[{"do": "start", "by": "u1"}, {"do": "approve", "by": "l1"}]`,
			`step 2 (l1 approve): expected done, got E_NOT_ASSIGNEE`,
		},
		{
			"race", `[{"do": "start", "by": "u1"}, {"race": [{"do": "approve", "by": "m1"}, {"do": "comment", "by": "u1"}], "ok": 1}]`,
			`step 2 (race): expected 1 done in order [0 1], got 2`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := `{"format": 1, "cases": [{"id": "X", "title": "x", ` + def + `, "steps": ` + tt.steps + `}]}`
			results, err := RunCases(strings.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if results[0].Failure != tt.want {
				t.Errorf("got  %s\nwant %s", results[0].Failure, tt.want)
			}
			var out strings.Builder
			if failed, err := PrintCases(&out, results); err != nil || failed != 1 ||
				out.String() != "FAIL X x: "+tt.want+"\n0 ok, 1 failed\n" {
				t.Errorf("printed %q, %d failed, %v", out.String(), failed, err)
			}
		})
	}
	results, err := RunCases(strings.NewReader(`{"cases": [{"id": "X", "stepz": []}]}`))
	if err != nil || len(results) != 1 || results[0].ID != "X" || results[0].Failure == "" {
		t.Errorf("a misspelt member was accepted: %v, %v", results, err)
	}
}
