package flow

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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
