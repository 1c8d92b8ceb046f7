package form

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// maxInteger is the largest integer every JSON reader keeps exactly.
const maxInteger = 1<<53 - 1

// maxID is the most characters of an id of a record, a person or a file.
const maxID = 64

// fault is what is wrong with one value; its place is added where the value stands.
type fault struct {
	code   string
	level  string
	rule   string
	params map[string]any
}

// cleaned is an input value in canonical wire form. If it is not of the field's type at all, wire keeps what was
// given, so that an editor can show it, and val is missing.
type cleaned struct {
	wire   any // nil = missing
	val    any // the runtime value; for references and rows it is made where they stand
	faults []fault
}

func refused(raw any, code string, params map[string]any) cleaned {
	return cleaned{wire: raw, faults: []fault{{code: code, level: def.LevelError, params: params}}}
}

func (c *cleaned) fault(code string, params map[string]any) {
	c.faults = append(c.faults, fault{code: code, level: def.LevelError, params: params})
}

// clean brings a value to the canonical wire form of the field (definitions.md §4) and checks it by itself.
// Sub-tables are not its business.
func (f *field) clean(raw any) cleaned {
	if raw == nil {
		return cleaned{}
	}
	switch {
	case f.XType == def.TypeBoolean:
		if is, ok := raw.(bool); ok {
			return f.checkConst(cleaned{wire: is, val: is})
		}
		return f.typeFault(raw)
	case f.XType == def.TypeInteger:
		return f.cleanInteger(raw)
	case f.IsList():
		return f.cleanList(raw)
	}
	text, ok := raw.(string)
	if !ok {
		return f.typeFault(raw)
	}
	text = cleanText(text, f.XType == def.TypeLongText, f.cleaning)
	if text == "" {
		return cleaned{}
	}
	return f.cleanScalar(raw, text)
}

func (f *field) typeFault(raw any) cleaned {
	return refused(raw, "type", map[string]any{"want": string(f.XType)})
}

// cleanScalar reads a text, already cleaned and not empty, as the field's type.
func (f *field) cleanScalar(raw any, text string) cleaned {
	switch f.XType {
	case def.TypeDecimal, def.TypePercent, def.TypeMoney:
		return f.cleanDecimal(text)
	case def.TypeDate:
		if d, err := expr.ParseDate(text); err == nil {
			return f.checkBounds(cleaned{wire: text, val: d})
		}
		return f.typeFault(raw)
	case def.TypeMonth:
		if m, err := expr.ParseMonth(text); err == nil {
			return f.checkBounds(cleaned{wire: text, val: m})
		}
		return f.typeFault(raw)
	case def.TypeDateTime:
		if t, err := expr.ParseTime(text); err == nil {
			return f.checkBounds(cleaned{wire: expr.TimeString(t), val: t})
		}
		return f.typeFault(raw)
	case def.TypeSelect:
		return f.checkConst(f.checkOption(cleaned{wire: text, val: text}, text))
	case def.TypeReference, def.TypeUser, def.TypeDepartment, def.TypeSignature:
		if utf8.RuneCountInString(text) > maxID {
			return f.typeFault(raw)
		}
		return cleaned{wire: text, val: text}
	default:
		return f.checkText(cleaned{wire: text, val: text}, text)
	}
}

// cleanDecimal reads an exact number; more places than x-scale are refused even if they are zeros.
func (f *field) cleanDecimal(text string) cleaned {
	d, err := expr.ParseDecimal(text)
	if err != nil {
		return f.typeFault(text)
	}
	c := cleaned{wire: f.decimalText(d), val: d}
	if _, places, _ := strings.Cut(text, "."); len(places) > f.scale {
		c.wire = text
		c.fault("scale", map[string]any{"scale": f.scale})
	}
	return f.checkBounds(c)
}

func (f *field) decimalText(d expr.Decimal) string { return expr.FormatDecimal(d, f.scale, f.fixed) }

// cleanInteger reads a JSON integer; like JSON Schema it takes 12.0 and 1e2 for whole numbers.
func (f *field) cleanInteger(raw any) cleaned {
	n, ok := wholeNumber(raw)
	if !ok {
		return f.typeFault(raw)
	}
	c := cleaned{wire: n, val: expr.DecimalFromInt(n)}
	switch {
	case n > maxInteger:
		c.fault("max", map[string]any{"max": strconv.Itoa(maxInteger)})
	case n < -maxInteger:
		c.fault("min", map[string]any{"min": strconv.Itoa(-maxInteger)})
	}
	return f.checkConst(f.checkBounds(c))
}

func wholeNumber(raw any) (int64, bool) {
	switch v := raw.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<62
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, true
		}
		x, err := v.Float64()
		if err != nil {
			return 0, false
		}
		return wholeNumber(x)
	}
	return 0, false
}

// cleanList reads a list of texts (options, ids); repeated elements are dropped.
func (f *field) cleanList(raw any) cleaned {
	given, ok := raw.([]any)
	if !ok {
		return f.typeFault(raw)
	}
	c := cleaned{}
	wire, val := make([]any, 0, len(given)), make([]any, 0, len(given))
	seen := make(map[string]bool, len(given))
	for _, item := range given {
		text, ok := item.(string)
		if !ok {
			return f.typeFault(raw)
		}
		text = cleanText(text, false, nil)
		if text == "" || seen[text] {
			continue
		}
		if f.XType == def.TypeMultiSelect {
			c = f.checkOption(c, text)
		} else if utf8.RuneCountInString(text) > maxID {
			return f.typeFault(raw)
		}
		seen[text] = true
		wire, val = append(wire, text), append(val, text)
	}
	if len(wire) == 0 {
		return cleaned{faults: c.faults}
	}
	c.wire, c.val = wire, val
	f.checkItems(&c, len(wire))
	return c
}

// CleanNatural is a text as the natural key of an entity would be kept: so that whoever names a record as he wrote it
// finds it, be it with brackets of full width.
func CleanNatural(natural *def.Field, text string) string {
	return cleanText(text, false, naturalSteps(natural))
}

// naturalSteps are the cleaning steps of a natural key: forms that look alike are one, unless the field says otherwise.
func naturalSteps(natural *def.Field) []string {
	if steps := natural.EffectiveCleaning(); steps != nil || natural.Cleaning != nil {
		return steps
	}
	return []string{"nfkc"}
}

// cleanText applies definitions.md §4.1: NFC, no control characters, no blanks around, then the steps of x-cleaning.
func cleanText(text string, lines bool, steps []string) string { //nolint:revive // lines is a property of the type, not a mode
	if plainASCII(text) {
		text = strings.TrimSpace(text)
	} else {
		text = strings.ToValidUTF8(text, "\uFFFD")
		if lines {
			text = strings.ReplaceAll(text, "\r\n", "\n")
		}
		// Control characters go first: what stood between a letter and its accent would keep them apart.
		text = strings.TrimSpace(norm.NFC.String(strings.Map(func(r rune) rune {
			if unicode.IsControl(r) && (!lines || r != '\n' && r != '\t') {
				return -1
			}
			return r
		}, text)))
	}
	if len(steps) == 0 {
		return text
	}
	for _, step := range steps {
		text = cleaningStep(text, step)
	}
	return strings.TrimSpace(norm.NFC.String(text)) // what a step took away may have kept an accent from its letter
}

// plainASCII tells whether a text needs neither normal form nor removal of control characters.
func plainASCII(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] >= 0x7f {
			return false
		}
	}
	return true
}

var brackets = strings.NewReplacer("（", "(", "）", ")", "【", "[", "】", "]", "〔", "[", "〕", "]", "｛", "{", "｝", "}",
	"《", "<", "》", ">", "〈", "<", "〉", ">")

func cleaningStep(text, step string) string {
	switch step {
	case "nfkc":
		return norm.NFKC.String(text)
	case "upper":
		return strings.ToUpper(text)
	case "lower":
		return strings.ToLower(text)
	case "no_space":
		return keep(text, func(r rune) bool { return !unicode.IsSpace(r) })
	case "digits":
		// Letters stay: a bank card number with letters is to be refused, not silently shortened.
		return keep(text, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.IsPunct(r) })
	case "fold_brackets":
		return brackets.Replace(text)
	}
	return text
}

func keep(text string, wanted func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if wanted(r) {
			return r
		}
		return -1
	}, text)
}
