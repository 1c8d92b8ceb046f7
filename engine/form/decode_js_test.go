package form

import (
	"testing"

	"formwork/engine/def"
)

// decode reads a definition; browsers have no meta-schemas.
func decode(t testing.TB, kind def.Kind, raw string) def.Definition {
	t.Helper()
	canonical, problems := def.Canonical([]byte(raw))
	if len(problems) > 0 {
		t.Fatalf("%s: %v", kind, problems)
	}
	d, err := def.Parse(kind, canonical)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
