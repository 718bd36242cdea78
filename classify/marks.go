package classify

import (
	"regexp"
	"sort"
	"strconv"
	"strings"

	"vigil"
)

// Marks of form that tell a genre as a strong cue does.
var (
	// dateline opens a news report: a place in capitals and a dash.
	dateline = regexp.MustCompile(`(?m)^[ \t]*\p{Lu}[\p{Lu} .'-]{2,30}(?:,[ \p{L}.]{2,20})?(?: \([\p{L} ]{2,20}\))? ?[-–—]{1,2} +\p{Lu}`)
	// quoted opens a line that answers another post.
	quoted = regexp.MustCompile(`(?m)^[ \t]*(?:>|&gt;)[ \t>]*\pL+`)
)

// past is the year before which an event is history.
const past = 1946

// modern is the year from which a number after a mere preposition is taken for one.
const modern = 1400

// marks adds marks of form to the tally, one of each kind.
func (t *tally) marks(fields []*field) {
	for n, f := range fields {
		given := f.given[:min(len(f.given), maxField)]
		if strings.Contains(given, "- ") || strings.Contains(given, "–") || strings.Contains(given, "—") {
			if at := dateline.FindStringIndex(given); at != nil {
				t.mark(vigil.GenreNews, n, f, at)
			}
		}
		if strings.Contains(given, ">") || strings.Contains(given, "&gt;") {
			if at := quoted.FindStringIndex(given); at != nil {
				t.mark(vigil.GenreForum, n, f, at)
			}
		}
		if start, end := dated(f.text); end > start {
			g := genreIndex(string(vigil.GenreHistory))
			t.strong[g]++
			t.places[g] = append(t.places[g], located{n, place{-1, start, end}})
		}
	}
}

// dated returns the first year of the past in a folded text: "in 1782", "the year 154".
func dated(text string) (start, end int) {
	for i := 0; i < len(text); i++ {
		if !isDigit(rune(text[i])) {
			continue
		}
		start, end = i, i
		for end < len(text) && isDigit(rune(text[end])) {
			end++
		}
		i = end
		if n := end - start; n < 3 || n > 4 || start < 2 || text[start-1] != ' ' || end < len(text) && wordByte(text[end]) {
			continue
		}
		word := text[strings.LastIndexAny(text[:start-1], " \n")+1 : start-1]
		switch year, _ := strconv.Atoi(text[start:end]); word {
		case "year", "anno":
			if year < past {
				return start, end
			}
		case "in", "dated", "since":
			if year >= modern && year < past {
				return start, end
			}
		}
	}
	return 0, 0
}

// mark counts a strong cue at bytes of the field as given.
func (t *tally) mark(g vigil.Genre, n int, f *field, at []int) {
	find := func(b int) int { return sort.Search(len(f.lo), func(i int) bool { return int(f.lo[i]) >= b }) }
	start, end := find(at[0]), find(at[1])
	if start >= end {
		return
	}
	i := genreIndex(string(g))
	t.strong[i]++
	t.places[i] = append(t.places[i], located{n, place{-1, start, end}})
}
