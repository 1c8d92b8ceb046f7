package form

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// ParseText reads a text as people write it into spreadsheets as a wire value of a field: thousands separators, 2026/6/1
// and 2026年6月1日, titles of options, 是 and 否, a percent sign, lists with 、 or commas. nil for an empty text. What it
// cannot read it gives back as it is: the check of the field then says so.
func ParseText(f *def.Field, text, lang string) any {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	folded := norm.NFKC.String(text)
	switch f.XType {
	case def.TypeInteger:
		if d, err := expr.ParseDecimal(plainNumber(folded)); err == nil {
			if n, ok := expr.DecimalInt64(d); ok {
				return n
			}
		}
	case def.TypeDecimal, def.TypePercent, def.TypeMoney:
		return plainNumber(folded)
	case def.TypeBoolean:
		if is, known := truths[strings.ToLower(folded)]; known {
			return is
		}
	case def.TypeDate:
		return plainDate(folded)
	case def.TypeMonth:
		return plainMonth(folded)
	case def.TypeSelect:
		return optionNamed(f, text, lang)
	case def.TypeMultiSelect:
		names := []any{}
		for _, title := range strings.FieldsFunc(text, isListSeparator) {
			names = append(names, optionNamed(f, strings.TrimSpace(title), lang))
		}
		return names
	default: // as it stands
	}
	if f.IsList() {
		ids := []any{}
		for _, id := range strings.FieldsFunc(text, isListSeparator) {
			ids = append(ids, strings.TrimSpace(id))
		}
		return ids
	}
	return text
}

var truths = map[string]bool{
	"true": true, "yes": true, "y": true, "1": true, "是": true, "有": true, "√": true, "对": true,
	"false": false, "no": false, "n": false, "0": false, "否": false, "无": false, "×": false, "错": false,
}

func isListSeparator(r rune) bool { return strings.ContainsRune(",，、;；\n", r) }

var (
	numberNoise  = strings.NewReplacer(",", "", "_", "", " ", "", "¥", "", "￥", "", "元", "", "%", "")
	leadingZeros = regexp.MustCompile(`^(-?)0+([0-9])`)
)

// plainNumber takes what people add to numbers away: 1,234.50 · ¥5 · 62.5% · +3 · 007 · .5.
func plainNumber(text string) string {
	text = strings.TrimPrefix(numberNoise.Replace(text), "+")
	if strings.HasPrefix(text, ".") {
		text = "0" + text
	}
	if before, found := strings.CutSuffix(text, "."); found {
		text = before
	}
	return leadingZeros.ReplaceAllString(text, "$1$2")
}

var (
	datePattern  = regexp.MustCompile(`^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T]00:00(?::00)?)?$`)
	packedDate   = regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})$`)
	monthPattern = regexp.MustCompile(`^([0-9]{4})[-/.年]([0-9]{1,2})月?$`)
)

func plainDate(text string) string {
	for _, pattern := range []*regexp.Regexp{datePattern, packedDate} {
		if m := pattern.FindStringSubmatch(text); m != nil {
			return m[1] + "-" + twoDigits(m[2]) + "-" + twoDigits(m[3])
		}
	}
	return text
}

func plainMonth(text string) string {
	if m := monthPattern.FindStringSubmatch(text); m != nil {
		return m[1] + "-" + twoDigits(m[2])
	}
	return text
}

func twoDigits(text string) string {
	if n, err := strconv.Atoi(text); err == nil && n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return text
}

// optionNamed finds an option by its name or its title in any language.
func optionNamed(f *def.Field, text, lang string) string {
	if _, ok := f.Option(text); ok {
		return text
	}
	for _, option := range f.Opts {
		if option.Title == text || option.Label(lang) == text {
			return option.Const
		}
		for _, translated := range option.I18n {
			if translated["title"] == text {
				return option.Const
			}
		}
	}
	return text
}
