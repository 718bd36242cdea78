package extract

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"vigil"
)

// A Mark compares one field of a reading with what the page states.
type Mark struct {
	Field string // by its JSON name
	Exact bool   // the same but for white space; amounts are the same numbers
	// Fuzzy is the F1 of the field's words, without case and punctuation: twice the
	// words in common by the words of both, each counted as often as it stands.
	Fuzzy float64
}

// Score marks every field that expected states or got has read, in the order of
// [vigil.Listing]. What is in neither gets no mark; a fact that was read off a page
// that does not state it counts as wrong.
func Score(expected, got vigil.Listing) []Mark {
	want, have := spelled(expected), spelled(got)
	var marks []Mark
	for i, w := range want {
		if h := have[i].value; w.value != "" || h != "" {
			marks = append(marks, Mark{w.field, w.value == h, tokenF1(w.value, h)})
		}
	}
	return marks
}

type spelling struct{ field, value string }

// spelled writes the fields of l in one way.
func spelled(l vigil.Listing) []spelling {
	price, prices, sales := "", "", ""
	if l.Price != nil {
		price = spelledPrice(*l.Price)
	}
	for _, p := range l.Prices {
		prices += " " + spelledPrice(p)
	}
	if l.Sales != nil {
		sales = strconv.Itoa(*l.Sales)
	}
	all := []spelling{
		{"page_type", string(l.PageType)}, {"title", l.Title}, {"description", l.Description}, {"vendor", l.Vendor},
		{"price", price}, {"prices", prices}, {"category", strings.Join(l.Category, " > ")}, {"ships_from", l.ShipsFrom},
		{"ships_to", strings.Join(l.ShipsTo, ", ")}, {"posted_at", l.PostedAt}, {"sales", sales}, {"rating", l.Rating},
	}
	for i := range all {
		all[i].value = strings.Join(strings.Fields(all[i].value), " ")
	}
	return all
}

func spelledPrice(p vigil.Price) string { return plainAmount(p.Amount) + p.Currency }

// plainAmount returns a decimal without zeros at its end.
func plainAmount(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// tokenF1 returns the F1 of two texts' words.
func tokenF1(a, b string) float64 {
	as, bs := tokens(a), tokens(b)
	if len(as)+len(bs) == 0 {
		if a == b {
			return 1
		}
		return 0
	}
	left := make(map[string]int)
	for _, w := range as {
		left[w]++
	}
	common := 0
	for _, w := range bs {
		if left[w] > 0 {
			left[w]--
			common++
		}
	}
	return 2 * float64(common) / float64(len(as)+len(bs))
}

func tokens(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// A Scorecard sums marks by engine and field. The zero Scorecard is empty.
type Scorecard struct {
	engines []string // as they came
	sums    map[[2]string]*sum
}

type sum struct {
	pages, exact int
	fuzzy        float64
}

// A Row of a Scorecard is what one field of one engine's pages came to.
type Row struct {
	Engine string  `json:"engine"` // "all" for the sum
	Field  string  `json:"field"`
	Pages  int     `json:"pages"` // that state the field, or for which it was read
	Exact  float64 `json:"exact"` // share of Pages
	Fuzzy  float64 `json:"fuzzy"` // mean
}

// AllEngines is the engine of the rows that sum all others.
const AllEngines = "all"

// Add adds the marks of one page.
func (c *Scorecard) Add(engine string, marks []Mark) {
	if c.sums == nil {
		c.sums = make(map[[2]string]*sum)
	}
	if !slices.Contains(c.engines, engine) {
		c.engines = append(c.engines, engine)
	}
	for _, m := range marks {
		for _, e := range []string{engine, AllEngines} {
			s := c.sums[[2]string{e, m.Field}]
			if s == nil {
				s = new(sum)
				c.sums[[2]string{e, m.Field}] = s
			}
			s.pages++
			s.fuzzy += m.Fuzzy
			if m.Exact {
				s.exact++
			}
		}
	}
}

// Rows returns the sums by engine, in the order in which they were added, and the
// sum of all at the end.
func (c *Scorecard) Rows() []Row {
	var rows []Row
	for _, e := range append(c.engines[:len(c.engines):len(c.engines)], AllEngines) {
		for _, f := range spelled(vigil.Listing{}) {
			if s := c.sums[[2]string{e, f.field}]; s != nil {
				n := float64(s.pages)
				rows = append(rows, Row{e, f.field, s.pages, round3(float64(s.exact) / n), round3(s.fuzzy / n)})
			}
		}
	}
	return rows
}

func round3(f float64) float64 { return math.Round(f*1000) / 1000 }

// String returns a table with a line for each engine and a column for each field:
// exact/fuzzy, - where no page states the field.
func (c *Scorecard) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fields := spelled(vigil.Listing{})
	fmt.Fprint(w, "engine")
	for _, f := range fields {
		fmt.Fprint(w, "\t", f.field)
	}
	rows := c.Rows()
	for _, e := range append(c.engines[:len(c.engines):len(c.engines)], AllEngines) {
		fmt.Fprint(w, "\n", e)
		for _, f := range fields {
			i := slices.IndexFunc(rows, func(r Row) bool { return r.Engine == e && r.Field == f.field })
			if i < 0 {
				fmt.Fprint(w, "\t-")
				continue
			}
			fmt.Fprintf(w, "\t%.3f/%.3f", rows[i].Exact, rows[i].Fuzzy)
		}
	}
	fmt.Fprintln(w)
	_ = w.Flush() // a Builder takes everything
	return b.String()
}
