//go:build !js

package form

import (
	"testing"

	"formwork/engine/def"
)

// decode reads a definition strictly.
func decode(t testing.TB, kind def.Kind, raw string) def.Definition {
	t.Helper()
	d, problems := def.Decode(kind, []byte(raw))
	if len(problems) > 0 {
		t.Fatalf("%s: %v", kind, problems)
	}
	return d
}
