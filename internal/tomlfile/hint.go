package tomlfile

import (
	"fmt"
	"strings"
)

// hint proposes the known key that key may be a misspelling of, else lists
// the known keys if they are few.
func hint(key string, known []string) string {
	best, at := 2+len(key)/4, ""
	for _, k := range known {
		if d := distance(strings.ToLower(key), k, best); d < best {
			best, at = d, k
		}
	}
	if at != "" {
		return fmt.Sprintf(": did you mean %q?", at)
	}
	if len(known) > 0 && len(known) <= 24 {
		return ": known keys are " + strings.Join(known, ", ")
	}
	return ""
}

// distance returns the number of single-byte insertions, deletions and
// replacements between a and b, or enough if it is no less than enough.
func distance(a, b string, enough int) int {
	if len(a)-len(b) >= enough || len(b)-len(a) >= enough {
		return enough
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return min(row[len(b)], enough)
}
