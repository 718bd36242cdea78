package watchlist

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"vigil"
)

// words returns the words of a listing that may equal a row which fits no rule,
// as identifiers of kind "raw": each as it stands, and without the punctuation
// around it. Words of what the assessment found to be of a test network, or
// withheld, are left out.
func words(l vigil.Listing, a vigil.Assessment) []vigil.Identifier {
	var out []vigil.Identifier
	for _, f := range []struct{ name, text string }{{vigil.FieldTitle, l.Title}, {vigil.FieldDescription, l.Description}, {vigil.FieldContact, strings.Join(l.Contact, "\n")}} {
		barred := barredIn(f.name, a)
		for start, end := range spans(f.text) {
			if end-start < minDistinct {
				continue
			}
			word := f.text[start:end]
			trimmed := strings.TrimFunc(word, punctuation)
			from := start + strings.Index(word, trimmed)
			for _, w := range []struct{ start, end int }{{start, end}, {from, from + len(trimmed)}} {
				text := f.text[w.start:w.end]
				if !Distinct(text) || overlaps(barred, w.start, w.end) {
					continue
				}
				out = append(out, vigil.Identifier{
					Field: f.name, Kind: "raw", Value: text, Key: vigil.RawKey(text), Class: vigil.ClassC,
					Readings: []string{}, Method: "plain", Start: w.start, End: w.end, Raw: text,
				})
				if len(trimmed) == len(word) {
					break
				}
			}
		}
	}
	return out
}

// spans yields where the words of a text begin and end.
func spans(text string) func(yield func(start, end int) bool) {
	return func(yield func(start, end int) bool) {
		start := -1
		for i, r := range text {
			switch space := unicode.IsSpace(r); {
			case space && start >= 0:
				if !yield(start, i) {
					return
				}
				start = -1
			case !space && start < 0:
				start = i
			}
		}
		if start >= 0 {
			yield(start, len(text))
		}
	}
}

// barredIn returns the identifiers of a field that must not be compared, by
// place. None overlaps another.
func barredIn(field string, a vigil.Assessment) []vigil.Identifier {
	var out []vigil.Identifier
	for _, id := range a.Identifiers {
		if !id.Links() && id.Field == field {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b vigil.Identifier) int { return cmp.Compare(a.Start, b.Start) })
	return out
}

// overlaps reports whether one of ids, by place, shares a byte with start:end.
func overlaps(ids []vigil.Identifier, start, end int) bool {
	i, _ := slices.BinarySearchFunc(ids, start, func(id vigil.Identifier, start int) int { return cmp.Compare(id.End, start+1) })
	return i < len(ids) && ids[i].Start < end
}
