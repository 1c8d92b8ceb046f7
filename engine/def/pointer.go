package def

import (
	"fmt"
	"maps"
	"slices"
)

// joinPointer adds a token (a key or an index) to a JSON pointer.
func joinPointer(pointer string, tokens ...any) string {
	for _, token := range tokens {
		pointer += "/" + escapePointer(fmt.Sprint(token))
	}
	return pointer
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
