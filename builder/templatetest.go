package builder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"formwork/engine/file"
	"formwork/engine/store"
)

// Scratch is where a template's tests run: an empty store and a place for files. Whoever made them closes them.
type Scratch struct {
	Templates fs.FS // as in Config
	Store     store.Backend
	Blobs     file.Blobs
	Now       time.Time // when the files of Blobs are looked at; tests have clocks of their own
}

// TestResult is what became of one test of a template.
type TestResult struct {
	Template string
	File     string
	About    string
	Steps    int
	Failures []TestFailure
}

// TestFailure is one expectation that was not met. Expected and Got are texts; Step counts from 1, 0 is the world.
type TestFailure struct {
	Step     int
	Note     string // what the test says about the step
	Where    string // which part of the answer
	Expected string
	Got      string
}

// String is the failure in one line.
func (f TestFailure) String() string {
	return fmt.Sprintf("step %d (%s): %s: expected %s, got %s", f.Step, f.Note, f.Where, f.Expected, f.Got)
}

// templateTest is one file of testdata/ that template.json lists under tests (docs/templates.md): a world, and steps of
// people in it.
type templateTest struct {
	About   string       `json:"about"`
	Now     string       `json:"now"`   // local time at the beginning: 2026-03-04T10:00
	World   string       `json:"world"` // file with the people and records this test shares with others
	People  []testPerson `json:"people"`
	Records []testBatch  `json:"records"`
	Steps   []testStep   `json:"steps"`
}

// testPerson is a member of the company. Manager is the name of another, listed before.
type testPerson struct {
	Name    string   `json:"name"`
	Roles   []string `json:"roles"`
	Manager string   `json:"manager"`
}

// testBatch are opening data of one entity.
type testBatch struct {
	Entity  string           `json:"entity"`
	State   string           `json:"state"` // of entities with approval; "" = approved
	Records []map[string]any `json:"records"`
}

// testStep is what a person does, and what must come of it.
type testStep struct {
	Note string `json:"note"`
	Now  string `json:"now"` // moves the clock, before anything else
	As   string `json:"as"`  // who; "" = the engine itself
	// What he does, and with what.
	Do      string            `json:"do"`   // create, import, patch, read, void, delete, dataset, fill, or a verb of the flow
	On      string            `json:"on"`   // entity of create and import, dataset, form.button of fill, else a record: its name or entity/key
	Name    string            `json:"name"` // what the record is called from here on
	Values  map[string]any    `json:"values"`
	Params  map[string]any    `json:"params"`
	Submit  bool              `json:"submit"` // of create: and submit
	Sign    bool              `json:"sign"`   // with a signature
	Comment string            `json:"comment"`
	To      string            `json:"to"`      // node of return, person of transfer
	Reasons map[string]string `json:"reasons"` // for warnings, by rule
	// What must come of it.
	Problems []string            `json:"problems"` // "field code" of each; the write is refused
	Refused  string              `json:"refused"`  // code of any other refusal
	Expect   map[string]any      `json:"expect"`   // path → value of the record as he sees it; null = not there
	Tasks    map[string][]string `json:"tasks"`    // node → who has a task for the record now
	Rows     []map[string]any    `json:"rows"`     // of dataset and fill: these, in this order
	Totals   map[string]any      `json:"totals"`
}

// TestTemplate runs the tests of a template, each in a company of its own with the template and those it needs installed,
// through the services that run in production. A test that is not met is no error; an error means that the tests could not
// run. It fails with ErrUnknownTemplate.
func TestTemplate(ctx context.Context, scratch Scratch, name string) ([]TestResult, error) {
	bed, err := newTestBed(ctx, scratch)
	if err != nil {
		return nil, fmt.Errorf("test template %s: %w", name, err)
	}
	template, err := bed.builder.Template(name)
	if err != nil {
		return nil, err
	}
	results := make([]TestResult, 0, len(template.Manifest.Tests))
	for _, file := range template.Manifest.Tests {
		result := TestResult{Template: name, File: file}
		test, err := readTest(template.Files, file)
		if err != nil {
			result.Failures = []TestFailure{{Note: "read", Where: file, Expected: "a test", Got: err.Error()}}
			results = append(results, result)
			continue
		}
		result.About, result.Steps = test.About, len(test.Steps)
		if result.Failures, err = bed.run(ctx, name, test); err != nil {
			return results, fmt.Errorf("test %s of template %s: %w", file, name, err)
		}
		results = append(results, result)
	}
	return results, nil
}

// PrintTests writes a line per test, its failures below it, and a closing count; it gives the number of tests that failed.
func PrintTests(w io.Writer, results []TestResult) (failed int, err error) {
	for _, r := range results {
		verdict := "ok  "
		if len(r.Failures) > 0 {
			verdict = "FAIL"
			failed++
		}
		if _, err := fmt.Fprintf(w, "%s %s %s: %s (%d steps)\n", verdict, r.Template, path.Base(r.File), r.About, r.Steps); err != nil {
			return failed, fmt.Errorf("print tests: %w", err)
		}
		for _, failure := range r.Failures {
			if _, err := fmt.Fprintf(w, "     %s\n", failure); err != nil {
				return failed, fmt.Errorf("print tests: %w", err)
			}
		}
	}
	if _, err := fmt.Fprintf(w, "%d ok, %d failed\n", len(results)-failed, failed); err != nil {
		return failed, fmt.Errorf("print tests: %w", err)
	}
	return failed, nil
}

// readTest decodes a test and puts what it shares with others in front.
func readTest(files fs.FS, name string) (*templateTest, error) {
	var test templateTest
	if err := decodeTest(files, name, &test); err != nil {
		return nil, err
	}
	if test.World == "" {
		return &test, nil
	}
	var world templateTest
	if err := decodeTest(files, path.Join(path.Dir(name), test.World), &world); err != nil {
		return nil, fmt.Errorf("world: %w", err)
	}
	if len(world.Steps) > 0 || world.World != "" {
		return nil, errors.New("world: it has steps or a world of its own")
	}
	test.People = append(world.People, test.People...)
	test.Records = append(world.Records, test.Records...)
	if test.Now == "" {
		test.Now = world.Now
	}
	return &test, nil
}

func decodeTest(files fs.FS, name string, into *templateTest) error {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}
