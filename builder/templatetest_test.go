package builder

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"formwork/engine/file"
	"formwork/engine/store/sqlite"
	"formwork/templates"
)

// scratch is an empty place for tests of templates.
func scratch(tb testing.TB, files fs.FS) Scratch {
	tb.Helper()
	backend, err := sqlite.New(sqlite.Options{Dir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = backend.Close() })
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	blobs, err := file.OpenFolder(tb.TempDir(), now)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = blobs.Close() })
	return Scratch{Templates: files, Store: backend, Blobs: blobs, Now: now}
}

// Every shipped template passes its own tests, and has some.
func TestShippedTemplatesPassTheirTests(t *testing.T) {
	folders, err := fs.ReadDir(templates.Files, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		t.Run(folder.Name(), func(t *testing.T) {
			t.Parallel()
			results, err := TestTemplate(t.Context(), scratch(t, templates.Files), folder.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, result := range results {
				for _, failure := range result.Failures {
					t.Errorf("%s: %s", result.File, failure)
				}
			}
			if len(results) == 0 {
				t.Error("no tests")
			}
		})
	}
}

// shop is a small template whose test is given.
func shop(test string) fstest.MapFS {
	return fstest.MapFS{
		"shop/template.json": {Data: []byte(`{"name":"shop","title":"Shop","version":"1.0.0","tests":["testdata/order.json"]}`)},
		"shop/entities/order.json": {Data: []byte(`{"name":"order","title":"Order","type":"object","x-natural":"no","x-display":"no","required":["no"],
			"properties":{"no":{"type":"string","x-type":"text","title":"No"},"price":{"type":"string","x-type":"money","title":"Price"},
				"secret":{"type":"string","x-type":"text","title":"Secret"}},
			"x-rules":{"positive":{"must":"price > 0","field":"price","code":"not_positive","message":"Price"}}}`)},
		"shop/roles/seller.json": {Data: []byte(`{"name":"seller","title":"Seller","grants":{"orders":{"entity":"order","actions":["create","read"],"fields":{"secret":"hidden"}}}}`)},
		"shop/testdata/order.json": {Data: []byte(`{"about":"orders","now":"2026-03-12T09:00","people":[{"name":"ann","roles":["seller"]},{"name":"bob","roles":[]}],
			"records":[{"entity":"order","records":[{"no":"A","price":"5.00"}]}],"steps":[` + test + `]}`)},
	}
}

// What a test does not find is said with what was expected and what came; what it finds is not said.
func TestATemplateTestTellsWhatIsWrong(t *testing.T) {
	tests := []struct {
		name, step, want string // want: the failure; "" = none
	}{
		{"met", `{"note":"n","as":"ann","do":"create","on":"order","values":{"no":"B","price":"1.00"},"expect":{"price":"1.00","secret":null}}`, ""},
		{"refused as expected", `{"note":"n","as":"ann","do":"create","on":"order","values":{"no":"B","price":"0"},"problems":["price not_positive"]}`, ""},
		{"forbidden as expected", `{"note":"n","as":"bob","do":"create","on":"order","values":{"no":"B"},"refused":"forbidden"}`, ""},
		{
			"another value", `{"note":"n","as":"ann","do":"create","on":"order","values":{"no":"B","price":"1.00"},"expect":{"price":"2.00"}}`,
			"step 1 (n): price: expected 2.00, got 1.00",
		},
		{
			"a value nobody should see", `{"note":"n","do":"create","on":"order","values":{"no":"B","secret":"x"},"expect":{"secret":null}}`,
			"step 1 (n): secret: expected nothing, got x",
		},
		{
			"not refused", `{"note":"n","as":"ann","do":"create","on":"order","values":{"no":"B","price":"1.00"},"problems":["price not_positive"]}`,
			"step 1 (n): problems: expected price not_positive, got none",
		},
		{
			"refused for something else", `{"note":"n","as":"ann","do":"create","on":"order","values":{"no":"B","price":"0"},"problems":["no required"]}`,
			"step 1 (n): problems: expected no required, got price not_positive",
		},
		{
			"refused", `{"note":"n","as":"bob","do":"create","on":"order","values":{"no":"B"}}`,
			"step 1 (n): refused: expected nothing, got forbidden",
		},
		{"nobody", `{"note":"n","as":"eve","do":"create","on":"order"}`, "step 1 (n): as: expected somebody of the people, got eve"},
		{"nothing of that name", `{"note":"n","as":"ann","do":"read","on":"x"}`, "step 1 (n): on: expected the name of a record, got x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			results, err := TestTemplate(t.Context(), scratch(t, shop(tt.step)), "shop")
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, failure := range results[0].Failures {
				said = append(said, failure.String())
			}
			if got := strings.Join(said, "; "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPrintTests(t *testing.T) {
	var out bytes.Buffer
	failed, err := PrintTests(&out, []TestResult{
		{Template: "shop", File: "testdata/a.json", About: "one", Steps: 3},
		{Template: "shop", File: "testdata/b.json", About: "two", Steps: 1, Failures: []TestFailure{{1, "n", "price", "2", "1"}}},
	})
	want := "ok   shop a.json: one (3 steps)\nFAIL shop b.json: two (1 steps)\n     step 1 (n): price: expected 2, got 1\n1 ok, 1 failed\n"
	if err != nil || failed != 1 || out.String() != want {
		t.Errorf("%d, %v: %s", failed, err, out.String())
	}
}

func TestTestsThatCannotBeRead(t *testing.T) {
	results, err := TestTemplate(t.Context(), scratch(t, shop(`{"nonsense":1}`)), "shop")
	if err != nil || len(results) != 1 || len(results[0].Failures) != 1 || !strings.Contains(results[0].Failures[0].Got, "nonsense") {
		t.Errorf("%+v, %v", results, err)
	}
	if _, err := TestTemplate(t.Context(), scratch(t, shop("")), "none"); !errors.Is(err, ErrUnknownTemplate) {
		t.Errorf("unknown template: %v", err)
	}
}
