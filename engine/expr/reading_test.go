package expr

import (
	"strings"
	"testing"
)

// shown writes a reading as a list in brackets.
func shown(r Reading) string {
	if len(r.Args) == 0 {
		if r.Name == "" {
			return r.Op
		}
		return r.Op + ":" + r.Name
	}
	parts := []string{r.Op}
	if r.Name != "" {
		parts[0] += ":" + r.Name
	}
	for _, arg := range r.Args {
		parts = append(parts, shown(arg))
	}
	return "(" + strings.Join(parts, " ") + ")"
}

func TestRead(t *testing.T) {
	for source, want := range map[string]string{
		`total > 50000 && dept == "x"`:                  `(and (> field:total number:50000) (== field:dept text:x))`,
		`a or b and not c`:                              `(or field:a (and field:b (not field:c)))`,
		`nz(total, 0) >= 12345678901234567890.12`:       `(>= (?? field:total number:0) number:12345678901234567890.12)`,
		`kind not in ["a", 'b']`:                        `(not (in field:kind (list text:a text:b)))`,
		`record.team.contract != nil`:                   `(!= field:record.team.contract nil)`,
		`note == ""`:                                    `(== field:note nil)`,
		`any(lines, .hours > 8 and ok)`:                 `(call:any field:lines (and (> item:lines.hours number:8) field:ok))`,
		`sum(filter(lines, .kind == "a"), .amount) > 1`: `(> (call:sum (call:filter field:lines (== item:lines.kind text:a)) item:lines.amount) number:1)`,
		`max(map(lines, .hours)) > -1`:                  `(> (call:max (call:map field:lines item:lines.hours)) number:-1)`,
		`AND(a, OR(b, c), NOT(d))`:                      `(and field:a (or field:b field:c) (not field:d))`,
		`IF(a, 1, 2) == (b ? 3 : 4)`:                    `(== (IF field:a number:1 number:2) (IF field:b number:3 number:4))`,
		`days(start, today()) > setting("labor.days")`:  `(> (call:days field:start call:today) (call:setting text:labor.days))`,
		`-x * (2 - 1.50) < +1`:                          ``,
		"`${a}` == 'x'":                                 ``,
		`name matches "^x"`:                             ``,
		`let y = 1; x > y`:                              ``,
		`lines[0].hours > 1`:                            ``,
		`a = 1`:                                         ``,
		`any([1, 2], # > 1)`:                            ``,
		``:                                              ``,
	} {
		got, ok := Read(source)
		if ok != (want != "") || ok && shown(got) != want {
			t.Errorf("%s: %s, %v; want %s", source, shown(got), ok, want)
		}
	}
}

// FuzzRead: whatever is typed, Read comes back; what compiles without names reads like what was compiled.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{`total > 50000 && dept == "x"`, `any(lines, .a > 1)`, `IF(a, 1, 2)`, `((((`, `-` + "`${x}`"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		got, ok := Read(source)
		if ok && got.Op == "" {
			t.Errorf("%q has a reading that says nothing", source)
		}
	})
}
