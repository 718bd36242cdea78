package bundle

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"vigil"
)

//go:embed report.html.tmpl
var reportText string

// A ReportInput is what the report of a bundle is made from.
type ReportInput struct {
	ID       string // of the bundle
	Order    vigil.Order
	Exhibits []vigil.Exhibit
	Logs     []ReportLog
	Tool     string
	Sealed   time.Time
	Exporter string
	// Indicators says in a few words what each indicator means, by code. It may be nil.
	Indicators map[string]string
	// Links says what ties exhibits together. It may be empty.
	Links Links
}

// A ReportLog is an excerpt of a log, as the report shows it.
type ReportLog struct {
	Checkpoint vigil.Checkpoint
	Entries    []vigil.Entry
}

// Links is what ties the exhibits of a bundle together: derived from their
// assessments, and, for how common an identifier is, from the case.
type Links struct {
	// Pictures are SVG elements that this program made: no script, no load, all text
	// escaped, and no listing but the exhibits.
	Pictures [][]byte
	Rows     []Link
}

// A Link is an identifier that two or more exhibits name, or one that a list has.
type Link struct {
	Key    string
	Lists  string // lists that have it, with their dates
	Places []Place
}

// A Place says which exhibit names the identifier, and where.
type Place struct {
	Listing, Where string
	Weak           []string // why it ties nothing; empty if it does
}

// RenderReport writes the report: what the records say, for a reader.
// Everything that came from a page is escaped, shown with its invisible
// characters, and nowhere a link.
func RenderReport(c ReportInput) ([]byte, error) {
	t, err := template.New("report").Funcs(template.FuncMap{
		"stamp":   stamp,
		"visible": visible,
		"join":    func(ss []string) string { return strings.Join(ss, ", ") },
		"marked":  marked,
		"meaning": meaning,
		"sorted":  sorted,
		"name":    func(code string) string { return c.Indicators[code] },
		"weight":  func(w float64) string { return fmt.Sprintf("%+.2f", w) },
		"inc":     func(i int) int { return i + 1 },
		"sum":     vigil.SumHex,
		"svg":     func(picture []byte) template.HTML { return template.HTML(picture) },
		"is":      func(polarity string, f vigil.Finding) bool { return f.Polarity == polarity },
	}).Parse(reportText)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, c); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return out.Bytes(), nil
}

// meaning returns what a verdict means.
func meaning(v vigil.Verdict) string {
	for _, known := range vigil.Verdicts() {
		if known.Verdict == v {
			return known.Meaning
		}
	}
	return ""
}

// A segment is a piece of text, and the findings that point at all of it.
type segment struct {
	Text     string
	For      bool // an indicator points at it
	Against  bool // a counter-indicator does
	Findings string
}

// marked cuts a field of a listing where findings begin and end.
func marked(e vigil.Exhibit, field string) []segment {
	text := e.Listing.Title
	if field == vigil.FieldDescription {
		text = e.Listing.Description
	}
	cuts := []int{0, len(text)}
	var here []vigil.Finding
	for _, f := range e.Assessment.Findings {
		if _, err := span(e.Listing, f.Field, f.Start, f.End); err == nil && f.Field == field {
			here = append(here, f)
			cuts = append(cuts, f.Start, f.End)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var segs []segment
	for i := 1; i < len(cuts); i++ {
		s := segment{Text: visible(text[cuts[i-1]:cuts[i]])}
		var names []string
		for _, f := range here {
			if f.Start <= cuts[i-1] && cuts[i] <= f.End {
				names = append(names, f.Indicator)
				s.For = s.For || f.Polarity == vigil.For
				s.Against = s.Against || f.Polarity == vigil.Against
			}
		}
		slices.Sort(names)
		s.Findings = strings.Join(slices.Compact(names), ", ")
		segs = append(segs, s)
	}
	return segs
}

// visible writes characters that cannot be seen, or that turn text around, as
// their code points, and bytes that are no text as such.
func visible(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, "‹byte %02X›", s[i])
		case r == '\n' || r == '\t':
			b.WriteRune(r)
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || unicode.Is(unicode.Co, r):
			fmt.Fprintf(&b, "‹U+%04X›", r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// sorted returns the exhibits, highest level first, then highest score.
func sorted(es []vigil.Exhibit) []vigil.Exhibit {
	return slices.SortedStableFunc(slices.Values(es), func(a, b vigil.Exhibit) int {
		return cmp.Or(
			cmp.Compare(b.Assessment.Level.Rank(), a.Assessment.Level.Rank()),
			cmp.Compare(b.Assessment.Score, a.Assessment.Score),
			cmp.Compare(a.Listing.ID, b.Listing.ID))
	})
}

// stamp writes a time for people: UTC, to the second.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}
