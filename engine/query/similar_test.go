package query

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var companyWords = []string{"有限公司", "有限责任公司", "公司"}

func TestSimilarKey(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"宏达建筑劳务有限公司", "宏达建筑劳务"},
		{"宏达建筑劳务 有限责任公司", "宏达建筑劳务"},
		{"宏达建筑劳务(南京)有限公司", "宏达建筑劳务南京"},
		{"宏达建筑劳务（南京）有限公司", "宏达建筑劳务南京"},
		{"ＨＤ劳务·原宏达", "hd劳务原宏达"},
		{"有限公司", "有限公司"},
		{"陈有限公司", "陈有限公司"},
		{"——", ""},
	} {
		if got := SimilarKey(tt.text, companyWords); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.text, got, tt.want)
		}
	}
}

// similar tells whether two texts are alike to 75 percent.
func similar(a, b string, percent int) bool {
	x, y := LikenessOf(SimilarKey(a, companyWords)), LikenessOf(SimilarKey(b, companyWords))
	shared := 0
	for piece, n := range x.Counts {
		shared += min(n, y.Counts[piece])
	}
	return Reaches(shared, x.Total, y.Total, percent)
}

// The pairs are those of the worked example, with their coefficients: 1, 0.8333, 0.3636, 0, 0.3077.
func TestLikenessOfNames(t *testing.T) {
	const hongda, nanjing, other = "宏达建筑劳务有限公司", "宏达建筑劳务(南京)有限公司", "HD劳务(原宏达)"
	for _, tt := range []struct {
		a, b    string
		percent int
		want    bool
	}{
		{hongda, "宏达建筑劳务 有限责任公司", 100, true},
		{hongda, nanjing, 83, true},
		{hongda, nanjing, 84, false},
		{hongda, other, 36, true},
		{hongda, other, 37, false},
		{hongda, "鑫源钢铁贸易有限公司", 1, false},
		{nanjing, other, 30, true},
		{nanjing, other, 31, false},
		{"王", "王", 100, true},
		{"王", "汪", 1, false},
		{"啊啊啊啊", "啊啊", 50, true}, // a repeated pair counts as often as it stands there: 2·1 / (3+1)
		{"啊啊啊啊", "啊啊", 51, false},
		{"", "", 1, false},
	} {
		if similar(tt.a, tt.b, tt.percent) != tt.want || similar(tt.b, tt.a, tt.percent) != tt.want {
			t.Errorf("%s and %s to %d percent: want %v", tt.a, tt.b, tt.percent, tt.want)
		}
	}
}

// What is similar is found: one of the wanted grams is among those the search index has of the other text.
func FuzzSimilarTextsAreFound(f *testing.F) {
	f.Add("宏达建筑劳务有限公司", "宏达建筑劳务(南京)有限公司", uint8(75))
	f.Add("中铁十二局集团第三工程有限公司", "中铁十二局 集团 第三工程公司", uint8(75))
	f.Add("王", "王", uint8(100))
	f.Add("宏达建筑", "宏 达 建 筑", uint8(90))
	f.Add("南京宏达建筑劳务", "宏达建筑劳务南京", uint8(75))
	f.Add("宏达", "宏达建", uint8(60))
	f.Fuzz(func(t *testing.T, a, b string, percent uint8) {
		percent = 50 + percent%51
		if !similar(a, b, int(percent)) || strings.ContainsFunc(b, func(r rune) bool { return lettersOf(string(r)) == "" && r != ' ' }) {
			return // punctuation that parts every pair is beyond the index
		}
		for _, word := range companyWords {
			if strings.Contains(lettersOf(b), word) != strings.Contains(b, word) {
				return
			}
		}
		find := func(held func(string) int) {
			grams := Grams(b)
			wanted := LikenessOf(SimilarKey(a, companyWords)).Wanted(int(percent), held)
			if !slices.ContainsFunc(wanted, func(gram string) bool {
				one, other, both := strings.Cut(gram, " ")
				return slices.Contains(grams, one) && (!both || slices.Contains(grams, other))
			}) {
				t.Errorf("%q is similar to %q, but none of %q is in its index %q", a, b, wanted, grams)
			}
		}
		find(func(string) int { return 0 })
		if utf8.RuneCountInString(b) > 1 && SimilarKey(b, companyWords) == b { // nothing parts it, however common its grams are
			for seed := range 4 {
				find(func(gram string) int { return (int(gram[0]) + int(gram[len(gram)-1]) + seed) % 4 * Common / 2 })
			}
		}
	})
}
