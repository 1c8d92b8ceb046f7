//go:build !js

package def

import "testing"

func BenchmarkCheck(b *testing.B) {
	defs := workedExample(b)
	for b.Loop() {
		catalog, problems := Compile(defs, "")
		if len(problems) > 0 {
			b.Fatal(problems)
		}
		if problems := Check(catalog); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}
