package display

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil"
)

// A Fact is one thing that the page or its capture states.
type Fact struct{ Name, Value string }

// MaxFact is how many columns of a fact are shown.
const MaxFact = 1000

// Facts lists what is known about a listing besides its text, ready to be
// shown. Absent facts are absent.
func Facts(v View) []Fact {
	v = v.Shielded()
	l, p := v.Listing, v.Page
	title := Title(l, v.Assessment)
	if v.Hidden() {
		title = "withheld: restricted handling"
	}
	facts := []Fact{
		{"title", title}, {"vendor", Clean(l.Vendor)}, {"price", price(l.Price)},
		{"category", cleanList(l.Category)}, {"ships from", Clean(l.ShipsFrom)}, {"ships to", cleanList(l.ShipsTo)},
		{"posted", Clean(l.PostedAt)}, {"sales", sales(l.Sales)}, {"rating", Clean(l.Rating)},
		{"address", Defang(cmp.Or(p.FinalURL, p.URL, l.URL))}, {"captured", captured(p)}, {"source", Clean(v.Assessment.Source)},
		{"page", Clean(p.ID)}, {"body sha-256", Clean(p.BodySHA256)}, {"media", media(v)},
		{"problems", problems(v)}, {"model", Clean(v.Assessment.Model)},
	}
	for i := range facts {
		facts[i].Value = Cut(facts[i].Value, MaxFact)
	}
	return slices.DeleteFunc(facts, func(f Fact) bool { return f.Value == "" })
}

func sales(n *int) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

// captured says when and how the page came into the case.
func captured(p vigil.Page) string {
	if p.CapturedAt.IsZero() {
		return ""
	}
	how := "by " + Clean(p.Method)
	if p.Status != 0 {
		how += fmt.Sprintf(", HTTP status %d", p.Status)
	}
	return Stamp(p.CapturedAt) + ", " + how
}

// media says what was not fetched and what was not kept.
func media(v View) string {
	var parts []string
	if n := len(v.Listing.MediaURLs); n > 0 {
		parts = append(parts, fmt.Sprintf("%d referenced, not fetched", n))
	}
	if n := len(v.Page.Withheld); n > 0 {
		parts = append(parts, fmt.Sprintf("%d inline, withheld", n))
	}
	return strings.Join(parts, "; ")
}

// problems says what could not be read.
func problems(v View) string {
	var parts []string
	if v.Page.Problem != "" {
		parts = append(parts, Clean(v.Page.Problem))
	}
	if v.Page.Truncated != "" {
		parts = append(parts, "capture cut short: "+Clean(v.Page.Truncated))
	}
	for _, p := range v.Listing.Problems[:min(len(v.Listing.Problems), 20)] {
		parts = append(parts, Clean(p))
	}
	return strings.Join(parts, "; ")
}

// cleanList joins what a page lists, at most twenty of it.
func cleanList(list []string) string {
	const most = 20
	var parts []string
	for _, s := range list[:min(len(list), most)] {
		parts = append(parts, Clean(s))
	}
	if len(list) > most {
		parts = append(parts, fmt.Sprintf("and %d more", len(list)-most))
	}
	return strings.Join(parts, ", ")
}

// IdentifierFacts says how sure an identifier is and how it was found.
func IdentifierFacts(id vigil.Identifier) string {
	parts := []string{"class " + Clean(string(id.Class))}
	if id.Network != "" {
		parts = append(parts, Clean(id.Network))
	}
	if id.Method != "" {
		parts = append(parts, Clean(id.Method))
	}
	if len(id.Readings) > 1 {
		parts = append(parts, "may be "+strings.ReplaceAll(cleanList(id.Readings), ", ", " or "))
	}
	return strings.Join(parts, ", ")
}

// TopIndicators returns up to n indicators that speak for, strongest first.
func TopIndicators(a vigil.Assessment, n int) []string {
	best := map[string]float64{}
	for _, f := range a.Findings {
		if f.Polarity != vigil.Against {
			best[f.Indicator] = max(best[f.Indicator], f.Weight)
		}
	}
	var ids []string
	for id := range best {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(best[b], best[a]), strings.Compare(a, b)) })
	ids = ids[:min(len(ids), n)]
	for i := range ids {
		ids[i] = Clean(ids[i])
	}
	return ids
}

// FieldText returns the text that findings of a field point into.
func FieldText(l vigil.Listing, field string) string {
	text, _ := l.Field(field)
	return text
}

// Stamp shows a time in UTC, to the second.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }
