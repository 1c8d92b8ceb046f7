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

// Common is how many texts of the search index hold a gram from which on it is common: it finds more than it tells apart.
const Common = 300

// Wanted lists grams one of which a text stands for in the search index if its key reaches so many percent with this
// one. As many are left out as a similar key may lack: the most common ones, by how many texts hold them, and among equals
// those further back, since names differ most at the front. What slack leaves open is kept unless it is common. Single
// characters, unless common, find names written with blanks between them. Common grams that cannot be left out are asked
// for in pairs.
func (l Likeness) Wanted(percent int, held func(gram string) int) []string {
	// 200·shared ≥ percent·(total + other) and other ≥ shared, so shared ≥ percent·total / (200 − percent).
	least := (percent*l.Total + 199 - percent) / (200 - percent)
	order := slices.Clone(l.Order)
	slices.SortStableFunc(order, func(a, b string) int { return held(a) - held(b) })
	spare := least - 1
	keep := len(order)
	for keep > 0 {
		last := order[keep-1]
		left := spare - l.Counts[last]
		if left < 0 || left < slack && held(last) < Common {
			break
		}
		keep, spare = keep-1, left
	}
	wanted := commonInPairs(order, keep, least, l.Counts, held)
	for _, one := range l.singles() {
		if held(one) < Common && !slices.Contains(wanted, one) {
			wanted = append(wanted, one)
		}
	}
	return wanted
}

// maxPaired is how many common grams are paired with one another.
const maxPaired = 4

// commonInPairs gives the grams kept of an order. What is similar and holds no rare one shares so many of the common ones
// that it holds two even of a few; those few are given as pairs, since each by itself finds far too much.
func commonInPairs(order []string, keep, least int, counts map[string]int, held func(gram string) int) []string {
	rare := 0
	for rare < keep && held(order[rare]) < Common {
		rare++
	}
	if rare == keep {
		return order[:keep:keep]
	}
	left, most := 0, 0
	for _, piece := range order[rare:] {
		left += counts[piece]
	}
	for end := rare; end < min(len(order), rare+maxPaired); end++ {
		left, most = left-counts[order[end]], max(most, counts[order[end]])
		if left+most > least-1 || end == rare {
			continue // what shares only what is left out and one of these may be similar
		}
		wanted := slices.Clone(order[:rare])
		for i, one := range order[rare : end+1] {
			for _, other := range order[rare : rare+i] {
				wanted = append(wanted, other+" "+one)
			}
		}
		return wanted
	}
	return order[:keep:keep]
}

// Grams are those Wanted chooses from.
func (l Likeness) Grams() []string { return append(slices.Clone(l.Order), l.singles()...) }

// singles are the characters of the key, each once.
func (l Likeness) singles() []string {
	var all []string
	for _, piece := range l.Order {
		for _, r := range piece {
			if one := string(r); !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	return all
}
