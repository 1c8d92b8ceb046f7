package query

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Fold is the form in which texts are searched: NFKC, lower case. Folding twice changes nothing.
func Fold(text string) string {
	ascii, lower := true, true
	for i := range len(text) {
		ascii = ascii && text[i] < 0x80
		lower = lower && (text[i] < 'A' || text[i] > 'Z')
	}
	if ascii && lower {
		return text
	}
	if ascii {
		return strings.ToLower(text)
	}
	return norm.NFKC.String(strings.ToLower(norm.NFKC.String(text)))
}

// ContainsFolded tells whether the folded text holds the folded part.
func ContainsFolded(text, part string) bool { return strings.Contains(Fold(text), Fold(part)) }

// StartsFolded tells whether the folded text begins with the folded part.
func StartsFolded(text, part string) bool { return strings.HasPrefix(Fold(text), Fold(part)) }

// Grams lists what a text is found by in a search index, each once: of each word of the folded text every two
// neighbouring characters, and the last character. So each character of the text begins one gram at least.
func Grams(text string) []string {
	var grams []string
	seen := map[string]bool{}
	add := func(gram string) {
		if !seen[gram] {
			seen[gram] = true
			grams = append(grams, gram)
		}
	}
	for _, word := range strings.Fields(Fold(text)) {
		runes := []rune(word)
		for i := range len(runes) - 1 {
			add(string(runes[i : i+2]))
		}
		add(string(runes[len(runes)-1:]))
	}
	return grams
}

// Gram is one thing that must stand in the search index of a record. Prefix: a gram that begins with Text will do.
type Gram struct {
	Text   string
	Prefix bool
}

// Words splits what a person searches for into folded words. A record matches if each word stands in one of its
// searched fields.
func Words(search string) []string { return strings.Fields(Fold(search)) }

// WordGrams lists what the index must hold for a word to be possible. Having all is necessary, not sufficient: the
// texts must be looked at as well (MatchSearch).
func WordGrams(word string) []Gram {
	runes := []rune(word)
	if len(runes) == 1 {
		return []Gram{{word, true}}
	}
	grams := make([]Gram, 0, len(runes)-1)
	seen := map[string]bool{}
	for i := range len(runes) - 1 {
		if gram := string(runes[i : i+2]); !seen[gram] {
			seen[gram] = true
			grams = append(grams, Gram{gram, false})
		}
	}
	return grams
}

// MatchSearch tells whether each word of the search stands in one of the texts.
func MatchSearch(search string, texts []string) bool {
	for _, word := range Words(search) {
		found := false
		for _, text := range texts {
			if found = strings.Contains(Fold(text), word); found {
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}
