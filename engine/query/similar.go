package query

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SimilarKey is the form in which texts are compared for likeness (x-similar): folded, letters and digits only, without
// the ignored words, the longest first. A text that would have less than two characters left keeps them.
func SimilarKey(text string, ignored []string) string {
	whole := lettersOf(text)
	words := make([]string, 0, len(ignored))
	for _, word := range ignored {
		if word = lettersOf(word); word != "" {
			words = append(words, word)
		}
	}
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	key := whole
	for _, word := range words {
		key = strings.ReplaceAll(key, word, "")
	}
	if utf8.RuneCountInString(key) < 2 {
		return whole
	}
	return key
}

func lettersOf(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, Fold(text))
}

// Likeness is a key taken to pieces: how often it holds each pair of neighbouring characters. A key of one character is
// one piece.
type Likeness struct {
	Order  []string // the pieces, each once, as they come
	Counts map[string]int
	Total  int
}

// LikenessOf takes a key of SimilarKey to pieces.
func LikenessOf(key string) Likeness {
	l := Likeness{Counts: map[string]int{}}
	runes := []rune(key)
	last := len(runes) - 1
	for i := range max(last, min(len(runes), 1)) {
		piece := string(runes[i:min(i+2, len(runes))])
		if l.Counts[piece] == 0 {
			l.Order = append(l.Order, piece)
		}
		l.Counts[piece]++
		l.Total++
	}
	return l
}

// Reaches tells whether Dice's coefficient of two keys that share so many pieces is at least so many percent.
func Reaches(shared, totalA, totalB, percent int) bool {
	return shared > 0 && 200*shared >= percent*(totalA+totalB)
}

// slack is how many of the pieces two keys share the text of one may have in another form: its key is without the blanks
// and brackets the search index keeps.
const slack = 2

// Wanted lists grams one of which a text stands for in the search index if its key reaches so many percent with this
// one. They come from the front, where names differ most: so many are left out as a similar key may lack. Single
// characters find names written with blanks between them.
func (l Likeness) Wanted(percent int) []string {
	// 200·shared ≥ percent·(total + other) and other ≥ shared, so shared ≥ percent·total / (200 − percent).
	least := (percent*l.Total + 199 - percent) / (200 - percent)
	spare := least - 1 - slack
	keep := len(l.Order)
	for keep > 0 && spare >= l.Counts[l.Order[keep-1]] {
		keep--
		spare -= l.Counts[l.Order[keep]]
	}
	wanted := slices.Clone(l.Order[:keep])
	for _, piece := range l.Order {
		for _, r := range piece {
			if one := string(r); !slices.Contains(wanted, one) {
				wanted = append(wanted, one)
			}
		}
	}
	return wanted
}
