//go:build !js

package form

import (
	"testing"

	"formwork/engine/def"
)

// decode reads a definition strictly.
func decode(tb testing.TB, kind def.Kind, raw string) def.Definition {
	tb.Helper()
	d, problems := def.Decode(kind, []byte(raw))
	if len(problems) > 0 {
		tb.Fatalf("%s: %v", kind, problems)
	}
	return d
}
