//go:build !js

package form

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"formwork/engine/def"
)

// beyond are the codes for which a value may be refused here although a schema accepts it (definitions.md §14); of
// pattern only the check digits, of option the disabled ones.
var beyond = []string{"min", "max", "duplicate_row"}

// FuzzVerdicts holds the checks here and the compiled JSON Schema to one verdict: what is accepted here, the schema
// accepts; what the schema rejects, is rejected here; what only is rejected here has a reason no schema can tell.
func FuzzVerdicts(f *testing.F) {
	cat := entities(f, paper)
	form := mustCompile(f, cat, "paper", Layout{})
	validator, err := cat.Validator("paper")
	if err != nil {
		f.Fatal(err)
	}
	fields := cat.Entities["paper"].Fields()
	texts := []string{
		"", "张三", "12", "8.5", "8.55", "-0.5", "-0", "08", "1e3", "2026-06-30", "2026-02-30", "2026-06", "2026-13", "2026-06-30T06:05:00Z",
		"2026-06-30T06:05:00.123456789Z", "2026-06-30T14:05:00+08:00", "a", "gone", "zz", "13900000001", "021-58881234", "11010519491231002X",
		"110105194912310021", "91350100M000100Y43", "4539148803436467", "no!", strings.Repeat("长", 300), strings.Repeat("9", 29), "10000000000000.01", "\x00",
	}
	for field := range fields {
		for i, text := range texts {
			f.Add(uint8(field), uint8(i%5), text)
		}
		f.Add(uint8(field), uint8(5), "12")
		f.Add(uint8(field), uint8(5), "12.5")
		f.Add(uint8(field), uint8(6), "true")
	}
	f.Fuzz(func(t *testing.T, number, shape uint8, text string) {
		field := fields[int(number)%len(fields)]
		given := shaped(shape, text)
		result := form.Evaluate(Input{Values: Values{field.Name: given}, Context: on("2026-06-01")})
		refusals := validator.Check(result.Values)
		ours := slices.DeleteFunc(slices.Clone(result.Problems), func(p Problem) bool { return p.Level == def.LevelWarning })
		if len(ours) == 0 && len(refusals) > 0 {
			t.Errorf("%s %#v is accepted as %#v, the schema says %v", field.Name, given, result.Values[field.Name], refusals)
		}
		if len(refusals) > 0 {
			return
		}
		for _, p := range ours {
			if !slices.Contains(beyond, p.Code) && !beyondSchema(p, field) {
				t.Errorf("%s %#v is refused with %v, the schema accepts it", field.Name, given, p)
			}
		}
	})
}

// beyondSchema tells whether a refusal is one no portable schema can express: check digits, disabled options, days of the
// calendar.
func beyondSchema(p Problem, field *def.Field) bool {
	switch p.Code {
	case "pattern":
		return field.XType == def.TypeIDCard || field.XType == def.TypeCreditCode
	case "option":
		return p.Params["disabled"] == true
	case "type":
		return field.XType == def.TypeDate || field.XType == def.TypeDateTime // 2026-02-30
	}
	return false
}

// shaped makes a value of some JSON type from a text.
func shaped(shape uint8, text string) any {
	switch shape % 7 {
	case 1:
		return []any{text}
	case 2:
		return []any{text, "a", "b"}
	case 3:
		return []any{Values{"n": int64(len(text))}, Values{"_id": text, "n": text}}
	case 4:
		return Values{"x": text}
	case 5:
		if _, err := strconv.ParseFloat(text, 64); err == nil && json.Valid([]byte(text)) {
			return json.Number(text)
		}
	case 6:
		return text == "true"
	}
	return text
}
