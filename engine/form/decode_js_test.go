package form

import (
	"testing"

	"formwork/engine/def"
)

func decode(tb testing.TB, kind def.Kind, raw string) def.Definition {
	tb.Helper()
	return parse(tb, kind, raw)
}
