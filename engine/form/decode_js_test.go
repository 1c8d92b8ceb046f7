package form

import (
	"testing"

	"formwork/engine/def"
)

func decode(t testing.TB, kind def.Kind, raw string) def.Definition {
	t.Helper()
	return parse(t, kind, raw)
}
