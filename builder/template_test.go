package builder

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"unicode"

	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/templates"
)

// catalogOf compiles a shipped template together with those it needs.
func catalogOf(tb testing.TB, name string) *def.Catalog {
	tb.Helper()
	b, err := New(Config{Templates: templates.Files, Lint: flow.Lint})
	if err != nil {
		tb.Fatal(err)
	}
	order, err := b.needed(name, nil)
	if err != nil {
		tb.Fatal(err)
	}
	defs := def.Definitions{}
	for _, template := range order {
		for ref, definition := range template.Definitions {
			if defs[ref] != nil {
				tb.Fatalf("%s stands in two templates", ref)
			}
			defs[ref] = definition
		}
	}
	active, _ := def.Compile(def.Definitions{}, "")
	catalog, problems := b.compile(defs, active)
	for _, p := range problems {
		tb.Errorf("%s %s%s: %s %v", p.Level, p.Ref, p.Path, p.Code, p.Params)
	}
	return catalog
}

func TestShippedTemplatesPassEveryCheck(t *testing.T) {
	for _, name := range []string{"base", "labor"} {
		t.Run(name, func(t *testing.T) { catalogOf(t, name) })
	}
}

func TestShippedTemplatesAreTranslated(t *testing.T) {
	err := fs.WalkDir(templates.Files, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(file, "/sample/") || strings.Contains(file, "/testdata/") {
			return err
		}
		raw, err := fs.ReadFile(templates.Files, file)
		if err != nil {
			return err
		}
		var tree any
		if err := json.Unmarshal(raw, &tree); err != nil {
			return err
		}
		checkTranslated(t, file, tree)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkTranslated wants English beside every text that has Chinese in it.
func checkTranslated(t *testing.T, at string, node any) {
	t.Helper()
	switch v := node.(type) {
	case []any:
		for _, item := range v {
			checkTranslated(t, at, item)
		}
	case map[string]any:
		i18n, _ := v["x-i18n"].(map[string]any)
		english, _ := i18n["en"].(map[string]any)
		for _, key := range []string{"title", "message", "help", "placeholder"} {
			text, has := v[key].(string)
			translated, _ := english[key].(string)
			if has && (translated == "" || strings.ContainsFunc(translated, isHan)) {
				t.Errorf("%s: %s %q has no English", at, key, text)
			}
		}
		for key, item := range v {
			if key != "x-i18n" {
				checkTranslated(t, at, item)
			}
		}
	}
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

func TestVersionRanges(t *testing.T) {
	tests := []struct {
		version, rng string
		want         bool
	}{
		{"1.2.3", "", true},
		{"1.2.3", ">=1.0.0", true},
		{"1.2.3", ">=1.0.0 <2.0.0", true},
		{"2.0.0", ">=1.0.0 <2.0.0", false},
		{"1.10.0", ">1.9.0", true},
		{"1.2.3", "1.2.3", true},
		{"1.2.3", "=1.2.4", false},
		{"0.9.0", "<=1.0.0", true},
	}
	for _, tt := range tests {
		if got := satisfies(tt.version, tt.rng); got != tt.want {
			t.Errorf("satisfies(%s, %q) = %v", tt.version, tt.rng, got)
		}
	}
}
