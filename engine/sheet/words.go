package sheet

import (
	_ "embed"
	"encoding/json"
	"strings"
	"sync"

	"formwork/engine/def"
)

// A workbook is read without the browser that translates everything else, so its few fixed labels are data here.
//
//go:embed words.json
var wordsFile []byte

var allWords = sync.OnceValue(func() map[string]map[string]string {
	var words map[string]map[string]string
	if err := json.Unmarshal(wordsFile, &words); err != nil {
		panic(err) //nolint:forbidigo // an embedded file that does not parse is a mistake of the build
	}
	return words
})

// word is a fixed label in a language; Chinese for all but English.
func word(lang, key string) string {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	if base != "en" {
		base = "zh"
	}
	return allWords()[base][key]
}

// titleOf is the label of a field of a record, system fields included.
func titleOf(field *def.Field, lang string) string {
	if field.Title == "" {
		if text := word(lang, field.Name); text != "" {
			return text
		}
	}
	return field.Label(lang)
}

// optionText is an option as the reader knows it.
func optionText(field *def.Field, name, lang string) string {
	if field.Name == def.FieldState && field.Title == "" {
		if text := word(lang, name); text != "" {
			return text
		}
	}
	if option, ok := field.Option(name); ok && option.Title != "" {
		return option.Label(lang)
	}
	return name
}
