// Package baseline holds simple systems to compare the classifier with: what the field
// uses, and what anybody would try first.
package baseline

import (
	"strings"
	"unicode"

	"vigil"
	"vigil/internal/eval"
)

// A System is a baseline: a name, and what it says of a listing.
type System struct {
	Name  string
	Judge func(vigil.Listing) eval.Judgement
}

// judgement flags a listing from a score of a half.
func judgement(score float64) eval.Judgement {
	j := eval.Judgement{Score: score, Level: vigil.LevelNone}
	if score >= 0.5 {
		j.Level = vigil.LevelReview
	}
	return j
}

// words returns the words of a listing, in lower case.
func words(l vigil.Listing) []string {
	return strings.FieldsFunc(strings.ToLower(l.Title+"\n"+l.Description), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\''
	})
}

// Majority says of every listing what most training texts are: its score is the share of
// positives among them.
func Majority(rows []eval.Row) System {
	n, all := 0, 0
	for _, r := range rows {
		if y, ok := label(r); ok {
			all++
			if y {
				n++
			}
		}
	}
	share := float64(n) / float64(max(1, all))
	return System{"majority", func(vigil.Listing) eval.Judgement { return judgement(share) }}
}

// label tells whether a row is at review or above; ok is false if its label leaves that open.
func label(r eval.Row) (positive, ok bool) {
	at := vigil.LevelReview.Rank()
	return r.Min.Rank() >= at, r.Min.Rank() >= at || r.Max.Rank() < at
}

// keywords is a list in the manner of those that are published: words that turned up in
// cases, matched wherever they stand.
var keywords = []string{
	"new in town", "new arrival", "just arrived", "visiting", "available now", "any time", "24/7", "all day and night",
	"young", "fresh", "sweet", "innocent", "petite", "exotic", "foreign", "imported", "well trained", "obedient", "no limits", "no restrictions",
	"girls", "ladies", "our women", "our girls", "my girl", "companion", "escort", "massage", "spa", "model", "hostess", "dancer",
	"for sale", "auction", "highest bidder", "owner", "property", "slave", "trafficking", "delivery", "shipping", "in stock",
	"passport", "documents held", "debt", "contract", "work off", "visa", "no experience", "free housing", "travel paid",
	"discreet", "cash only", "deposit", "no police", "no questions", "hotel", "outcall", "incall", "verified", "real photos",
}

// Keywords flags a listing that contains a keyword; more of them score higher: n/(n+1).
func Keywords() System {
	return System{"keyword list", func(l vigil.Listing) eval.Judgement {
		text := strings.ToLower(l.Title + "\n" + l.Description)
		n := 0.0
		for _, k := range keywords {
			if strings.Contains(text, k) {
				n++
			}
		}
		return judgement(n / (n + 1))
	}}
}

// Pronouns flags a listing that speaks of others or of several sellers (as the labelling
// functions of T-Net do, 2024); more such words score higher: n/(n+1).
func Pronouns() System {
	voice := map[string]bool{"she": true, "her": true, "hers": true, "he": true, "him": true, "his": true, "they": true, "them": true, "their": true, "we": true, "us": true, "our": true}
	return System{"pronoun rule", func(l vigil.Listing) eval.Judgement {
		n := 0.0
		for _, w := range words(l) {
			if voice[w] {
				n++
			}
		}
		return judgement(n / (n + 1))
	}}
}
