package form

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"formwork/engine/def"
)

// paper has one field of every type.
const paper = `{"name": "paper", "title": "单据", "type": "object", "x-natural": "code", "properties": {
 "code": {"type": "string", "x-type": "text", "title": "码"},
 "name": {"type": "string", "x-type": "text", "title": "名", "minLength": 2, "maxLength": 6, "pattern": "^[^!]*$"},
 "story": {"type": "string", "x-type": "longtext", "title": "文"},
 "spec": {"type": "string", "x-type": "text", "title": "规格", "x-cleaning": ["nfkc", "upper", "no_space", "fold_brackets"]},
 "count": {"type": "integer", "x-type": "integer", "title": "数", "minimum": 0, "maximum": 100},
 "big": {"type": "integer", "x-type": "integer", "title": "大数"},
 "rate": {"type": "string", "x-type": "decimal", "x-scale": 4, "x-fixed": true, "title": "率"},
 "hours": {"type": "string", "x-type": "decimal", "x-scale": 1, "title": "小时", "x-min": "0", "x-max": "24"},
 "wide": {"type": "string", "x-type": "decimal", "title": "宽"},
 "share": {"type": "string", "x-type": "percent", "title": "占比"},
 "pay": {"type": "string", "x-type": "money", "title": "钱"},
 "done": {"type": "boolean", "x-type": "boolean", "title": "完"},
 "day": {"type": "string", "format": "date", "x-type": "date", "title": "日", "x-min": "2026-01-01"},
 "at": {"type": "string", "format": "date-time", "x-type": "datetime", "title": "时"},
 "month": {"type": "string", "x-type": "month", "title": "月"},
 "kind": {"type": "string", "x-type": "select", "title": "类", "oneOf": [{"const": "a", "title": "甲"}, {"const": "gone", "title": "废", "x-disabled": true}]},
 "tags": {"type": "array", "x-type": "multiselect", "title": "签", "maxItems": 2, "items": {"type": "string", "oneOf": [{"const": "a", "title": "甲"}, {"const": "b", "title": "乙"}, {"const": "c", "title": "丙"}]}},
 "boss": {"type": "string", "x-type": "user", "title": "人"},
 "team": {"type": "array", "x-type": "users", "title": "组", "items": {"type": "string"}},
 "phone": {"type": "string", "x-type": "phone", "title": "机"},
 "id_no": {"type": "string", "x-type": "id_card", "title": "证"},
 "credit": {"type": "string", "x-type": "credit_code", "title": "信"},
 "card": {"type": "string", "x-type": "bank_card", "title": "卡"},
 "rows": {"type": "array", "x-type": "table", "title": "行", "minItems": 2, "maxItems": 3, "items": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "x-type": "integer", "title": "数"}}}}}}`

func TestValuesAreCleanedAndChecked(t *testing.T) {
	f := mustCompile(t, entities(t, paper), "paper", Layout{})
	tests := []struct {
		field string
		given any
		want  any    // canonical; nil = missing
		codes string // of the problems, without the field
	}{
		{"name", " 张三 ", "张三", ""},
		{"name", "e\u0301e\u0301", "éé", ""},
		{"name", "ab\u0007\ncd", "abcd", ""},
		{"name", "m²；①", "m²；①", ""},
		{"name", "   ", nil, ""},
		{"name", "张", "张", "length"},
		{"name", "一二三四五六七", "一二三四五六七", "length"},
		{"name", "no!", "no!", "pattern"},
		{"name", 12, 12, "type"},
		{"story", " one\r\ntwo\u0000 ", "one\ntwo", ""},
		{"spec", "ｈrb４００ 【Φ12】", "HRB400[Φ12]", ""},
		{"code", "ＰＪ１", "PJ1", ""},
		{"count", json.Number("12"), int64(12), ""},
		{"count", 12.0, int64(12), ""},
		{"count", json.Number("12.5"), json.Number("12.5"), "type"},
		{"count", "12", "12", "type"},
		{"count", int64(101), int64(101), "max"},
		{"count", int64(-1), int64(-1), "min"},
		{"big", int64(1 << 53), int64(1 << 53), "max"},
		{"big", int64(1<<53 - 1), int64(1<<53 - 1), ""},
		{"big", json.Number("1e400"), json.Number("1e400"), "type"},
		{"rate", "26", "26.0000", ""},
		{"rate", "26.00001", "26.00001", "scale"},
		{"hours", "8.0", "8", ""},
		{"hours", "8.50", "8.50", "scale"},
		{"hours", json.Number("8.5"), json.Number("8.5"), "type"},
		{"hours", int64(8), int64(8), "type"},
		{"hours", "24.1", "24.1", "max"},
		{"hours", "-0.5", "-0.5", "min"},
		{"hours", "08", "08", "type"},
		{"hours", "1e1", "1e1", "type"},
		{"hours", "-0", "0", ""},
		{"wide", "1234567890123456789012345678.123456", "1234567890123456789012345678.123456", ""},
		{"wide", "12345678901234567890123456789", "12345678901234567890123456789", "max"},
		{"share", "62.5", "62.50", ""},
		{"share", "100.01", "100.01", "max"},
		{"pay", "1234.5", "1234.50", ""},
		{"pay", "10000000000000.01", "10000000000000.01", "max"},
		{"pay", "1234.567", "1234.567", "scale"},
		{"done", false, false, ""},
		{"done", "true", "true", "type"},
		{"day", "2026-06-30", "2026-06-30", ""},
		{"day", "2026-06-31", "2026-06-31", "type"},
		{"day", "2026-6-3", "2026-6-3", "type"},
		{"day", "2025-12-31", "2025-12-31", "min"},
		{"at", "2026-06-30T14:05:00+08:00", "2026-06-30T06:05:00Z", ""},
		{"at", "2026-06-30 14:05", "2026-06-30 14:05", "type"},
		{"month", "2026-06", "2026-06", ""},
		{"month", "2026-13", "2026-13", "type"},
		{"kind", "a", "a", ""},
		{"kind", "甲", "甲", "option"},
		{"kind", "gone", "gone", "option"},
		{"tags", []any{"b", "a", "b"}, []any{"b", "a"}, ""},
		{"tags", []any{"a", "b", "c"}, []any{"a", "b", "c"}, "items"},
		{"tags", []any{"x"}, []any{"x"}, "option"},
		{"tags", []any{}, nil, ""},
		{"tags", "a", "a", "type"},
		{"boss", "01J8U2", "01J8U2", ""},
		{"boss", strings.Repeat("x", 65), strings.Repeat("x", 65), "type"},
		{"team", []any{"U1", "", "U1"}, []any{"U1"}, ""},
		{"phone", "１３９ ００００ ０００１", "13900000001", ""},
		{"phone", "021-58881234", "021-58881234", ""},
		{"phone", "12345", "12345", "pattern"},
		{"id_no", "11010519491231002x", "11010519491231002X", ""},
		{"id_no", "110105194912310021", "110105194912310021", "pattern"},
		{"credit", "91350100M000100Y43", "91350100M000100Y43", ""},
		{"credit", "91350100M000100Y44", "91350100M000100Y44", "pattern"},
		{"card", "6222 0200-0000 0000 01", "622202000000000001", "card_check?"},
		{"card", "4539 1488 0343 6467", "4539148803436467", ""},
		{"card", "62x2", "62x2", "pattern"},
		{"rows", "none", "none", "type"},
		{"rows", []any{int64(1)}, []any{int64(1)}, "type"},
		{"rows", []any{Values{"_id": "a", "n": int64(1)}}, []any{Values{"_id": "a", "n": int64(1)}}, "items"},
		{"rows", []any{Values{"n": int64(1)}, Values{"n": int64(2)}}, []any{Values{"_id": "+1", "n": int64(1)}, Values{"_id": "+2", "n": int64(2)}}, ""},
		{"rows", []any{Values{"_id": "a", "n": int64(1)}, Values{"_id": "a", "n": int64(2)}}, []any{Values{"_id": "a", "n": int64(1)}, Values{"_id": "+2", "n": int64(2)}}, ""},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s %v", tt.field, tt.given), func(t *testing.T) {
			result := f.Evaluate(Input{Values: Values{tt.field: tt.given}, Context: on("2026-06-01")})
			if !sameWire(result.Values[tt.field], tt.want) {
				t.Errorf("value %#v, want %#v", result.Values[tt.field], tt.want)
			}
			got := []string{}
			for _, code := range codes(result.Problems) {
				got = append(got, strings.TrimPrefix(code, tt.field+" "))
			}
			if strings.Join(got, " ") != tt.codes {
				t.Errorf("problems %q, want %q", got, tt.codes)
			}
		})
	}
}

func TestDisabledOptionStaysWhereItWas(t *testing.T) {
	f := mustCompile(t, entities(t, paper), "paper", Layout{})
	stored := Values{"kind": "gone"}
	wantCodes(t, f.Evaluate(Input{Values: Values{"kind": "gone", "name": "改名"}, Stored: stored, Context: on("2026-06-01")}).Problems)
	wantCodes(t, f.Evaluate(Input{Values: Values{"kind": "gone"}, Stored: Values{"kind": "a"}, Context: on("2026-06-01")}).Problems, "kind option")
}

func TestParseTextAsPeopleWrite(t *testing.T) {
	cat := entities(t, paper)
	tests := []struct {
		field, text string
		want        any
	}{
		{"pay", "¥1,234.50", "1234.50"},
		{"pay", "１２３４．５", "1234.5"},
		{"share", "62.5%", "62.5"},
		{"hours", "+.5", "0.5"},
		{"hours", "008", "8"},
		{"hours", "八", "八"},
		{"count", "1,000", int64(1000)},
		{"count", "1.5", "1.5"},
		{"done", "是", true},
		{"done", "×", false},
		{"done", "也许", "也许"},
		{"day", "2026/6/1", "2026-06-01"},
		{"day", "2026年6月1日", "2026-06-01"},
		{"day", "20260601", "2026-06-01"},
		{"day", "2026-06-01 00:00:00", "2026-06-01"},
		{"day", "6月1日", "6月1日"},
		{"month", "2026年6月", "2026-06"},
		{"kind", "甲", "a"},
		{"kind", "a", "a"},
		{"kind", "己", "己"},
		{"tags", "甲、乙", []any{"a", "b"}},
		{"team", "U1,U2", []any{"U1", "U2"}},
		{"name", " 张三 ", "张三"},
		{"name", "  ", nil},
	}
	for _, tt := range tests {
		f, ok := cat.Field("paper", tt.field)
		if !ok {
			t.Fatal(tt.field)
		}
		if got := ParseText(f, tt.text, "zh-CN"); !sameWire(got, tt.want) {
			t.Errorf("%s %q = %#v, want %#v", tt.field, tt.text, got, tt.want)
		}
	}
}

func FuzzCleanText(f *testing.F) {
	for _, seed := range []string{" 张 三 ", "e\u0301", "\xff\xfe", "ﬁ①", "a\r\nb", "\u00a0x\u3000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, steps := range [][]string{nil, {"nfkc"}, {"nfkc", "upper", "no_space"}, {"nfkc", "digits"}, {"fold_brackets", "lower"}} {
			for _, lines := range []bool{false, true} {
				once := cleanText(text, lines, steps)
				if again := cleanText(once, lines, steps); again != once {
					t.Errorf("cleaning %q by %v gives %q, again %q", text, steps, once, again)
				}
			}
		}
	})
}

func TestBoundsOfTheWrongTypeAreErrors(t *testing.T) {
	cat := entities(t, paper)
	broken := *cat.Entities["paper"].Properties["hours"]
	broken.Min = "zero"
	if _, err := compileLimits(&broken); err == nil {
		t.Error("a bound that is no number is taken")
	}
	pattern := *cat.Entities["paper"].Properties["name"]
	pattern.Pattern = "("
	if _, err := compileLimits(&pattern); err == nil {
		t.Error("a pattern that is no expression is taken")
	}
	if _, err := Compile(&def.Catalog{}, "paper", Layout{}); err == nil {
		t.Error("an unknown entity is taken")
	}
}
