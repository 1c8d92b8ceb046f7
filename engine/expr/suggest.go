package expr

import "strings"

// nearest finds the candidate a person most likely meant: equal but for case, else the one with the fewest
// changed, missing, added or swapped letters, if these are few. Empty = none is near.
func nearest(name string, candidates []string) string {
	best, fewest := "", len([]rune(name))/3+1
	for _, candidate := range candidates {
		if strings.EqualFold(candidate, name) {
			return candidate
		}
		distance := editDistance([]rune(name), []rune(candidate))
		if distance < fewest || distance == fewest && (best == "" || candidate < best) {
			best, fewest = candidate, distance
		}
	}
	return best
}

// editDistance counts the letters to change, add, remove or swap with a neighbour.
func editDistance(a, b []rune) int {
	if len(a) > 64 || len(b) > 64 {
		return max(len(a), len(b))
	}
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j-1]+change, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
