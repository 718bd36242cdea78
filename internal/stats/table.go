package stats

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"vigil"
	"vigil/internal/sheet"
)

// A Table is one of a report's. The first column names the row; cells are as they
// are, and hostile where they come from outside: see [WriteCSV].
type Table struct {
	ID     string // a word for addresses
	Title  string
	Says   string // what the numbers mean
	Not    string // and what they do not
	Header []string
	Rows   [][]string
}

// Tables returns the report as tables, in the order in which they are told. Of the
// days those are left out in which nothing happened.
func (r Report) Tables() []Table {
	ts := []Table{r.waitingTable(), r.alarmTable(), r.decisionTable(), r.openTable(), r.agreementTable(), r.indicatorTable()}
	if r.Pairs != nil {
		ts = append(ts, r.pairTable())
	}
	return append(ts, r.precisionTable(), r.calibrationTable())
}

// Table returns the table with an ID; false if there is none.
func (r Report) Table(id string) (Table, bool) {
	for _, t := range r.Tables() {
		if t.ID == id {
			return t, true
		}
	}
	return Table{}, false
}

func (r Report) waitingTable() Table {
	t := Table{
		ID: "waiting", Title: "What waits, by level and age",
		Says:   "Listings of which nobody has decided yet, by how long they have waited since they came to ask for a review.",
		Not:    "It is the queue's age and nobody's pace. A level says how soon to look, not what is true.",
		Header: append(append([]string{"level"}, AgeWords()...), "all"),
	}
	for _, w := range r.Waiting {
		t.Rows = append(t.Rows, w.Ages.row(string(w.Level)))
	}
	t.Rows = append(t.Rows, r.Disputed.row("two readers differ"))
	return t
}

func (a Ages) row(name string) []string {
	row := []string{name}
	for _, n := range append(a[:], a.Sum()) {
		row = append(row, strconv.Itoa(n))
	}
	return row
}

func (r Report) alarmTable() Table {
	t := Table{
		ID: "alarms", Title: "Alarms over time",
		Says:   "Listings that came to ask for a review on a day (UTC), each counted once, by the level that it has now. Days before the last 90 are summed by month.",
		Not:    "More alarms may mean more pages fetched or another model, not more crime.",
		Header: []string{"when"},
	}
	for _, l := range alarmLevels() {
		t.Header = append(t.Header, string(l))
	}
	r.spans(func(when string, s Span) {
		row, sum := []string{when}, 0
		for _, l := range alarmLevels() {
			row = append(row, strconv.Itoa(s.Alarms[l]))
			sum += s.Alarms[l]
		}
		if sum > 0 {
			t.Rows = append(t.Rows, row)
		}
	})
	return t
}

// spans calls f with each span, newest first.
func (r Report) spans(f func(when string, s Span)) {
	for i := len(r.Days) - 1; i >= 0; i-- {
		f(r.Days[i].Begins.Format(time.DateOnly), r.Days[i])
	}
	for i := len(r.Months) - 1; i >= 0; i-- {
		f(r.Months[i].Begins.Format("2006-01"), r.Months[i])
	}
}

func (r Report) decisionTable() Table {
	t := Table{
		ID: "decisions", Title: "Decisions over time",
		Says:   "Readings and adjudications that stand, by verdict and by the day (UTC) on which they were made. Those of a cluster count for each listing.",
		Not:    "It is no measure of anybody's work: listings differ in length, language and weight.",
		Header: []string{"when"},
	}
	for _, v := range vigil.Verdicts() {
		t.Header = append(t.Header, words(v.Verdict))
	}
	r.spans(func(when string, s Span) {
		row := []string{when}
		for _, v := range vigil.Verdicts() {
			row = append(row, strconv.Itoa(s.Decisions[v.Verdict]))
		}
		if len(s.Decisions) > 0 {
			t.Rows = append(t.Rows, row)
		}
	})
	return t
}

func words(v vigil.Verdict) string { return strings.ReplaceAll(string(v), "-", " ") }

// OpenShare is how many decisions of a month leave relevance open.
type OpenShare struct {
	Month         time.Time
	Open, Decided int
	NoTranslation int // of Open: needs-translation
	Share         Estimate
}

// OpenShares returns the share of decisions that leave relevance open, by month,
// oldest first.
func (r Report) OpenShares() []OpenShare {
	var out []OpenShare
	for _, s := range append(append([]Span{}, r.Months...), r.Days...) {
		open, of := s.Open()
		if of == 0 {
			continue
		}
		if m := monthOf(s.Begins); len(out) == 0 || !out[len(out)-1].Month.Equal(m) {
			out = append(out, OpenShare{Month: m})
		}
		o := &out[len(out)-1]
		o.Open += open
		o.Decided += of
		o.NoTranslation += s.Decisions[vigil.NeedsTranslation]
	}
	for i := range out {
		out[i].Share = share(out[i].Open, out[i].Decided)
	}
	return out
}

func (r Report) openTable() Table {
	t := Table{
		ID: "open", Title: "Unsure, or in need of a translation",
		Says:   "The share of each month's decisions that leave open whether a listing is relevant.",
		Not:    "To be unsure is a good answer. A rising share asks for a translator or clearer rules, not for guesses.",
		Header: append([]string{"month", "decisions", "unsure", "needs translation", "share left open"}, interval()...),
	}
	for _, o := range r.OpenShares() {
		t.Rows = append(t.Rows, append([]string{o.Month.Format("2006-01"), strconv.Itoa(o.Decided), strconv.Itoa(o.Open - o.NoTranslation), strconv.Itoa(o.NoTranslation)}, o.Share.cells()...))
	}
	return t
}

func interval() []string { return []string{"from", "to"} }

// cells are an estimate's value, low and high; where it is missing, why.
func (e Estimate) cells() []string {
	if e.Missing != "" {
		return []string{e.Missing, "", ""}
	}
	return []string{number(e.Value), number(e.Low), number(e.High)}
}

func number(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	if s == "-0.00" {
		return "0.00"
	}
	return s
}

const agreementNot = "High agreement is not truth: readers may err together. Kappa falls where one verdict is rare, which PABAK makes up for; read both. " +
	"Listings decided together with a near-duplicate are left out."

func agreementHeader(first ...string) []string {
	h := append(first, "judged by", "pairs", "same")
	for _, m := range []string{"raw", "kappa", "PABAK"} {
		h = append(append(h, m), interval()...)
	}
	return h
}

// rows are agreements as two rows.
func (a Agreements) rows(first ...string) (rows [][]string) {
	for _, way := range []struct {
		name string
		a    Agreement
	}{{"relevant or not", a.Binary}, {"all verdicts", a.Verdicts}} {
		row := append(append([]string{}, first...), way.name, strconv.Itoa(way.a.Pairs), strconv.Itoa(way.a.Same))
		for _, e := range []Estimate{way.a.Raw, way.a.Kappa, way.a.PABAK} {
			row = append(row, e.cells()...)
		}
		rows = append(rows, row)
	}
	return rows
}

func (r Report) agreementTable() Table {
	return Table{
		ID: "agreement", Title: "Agreement of readers, in all",
		Says:   "How often two people who read the same listing gave the same verdict, and how much of that chance would not explain (kappa, PABAK), with intervals of 95 %.",
		Not:    agreementNot,
		Header: agreementHeader("readers"), Rows: r.Agreement.rows("all pairs"),
	}
}

func (r Report) indicatorTable() Table {
	t := Table{
		ID: "agreement-by-indicator", Title: "Agreement of readers, by indicator",
		Says:   "The same of listings in which an indicator was found. Where readers differ, its definition may need words.",
		Not:    agreementNot,
		Header: agreementHeader("indicator"),
	}
	for _, in := range r.Indicators {
		if in.Agreement.Verdicts.Pairs > 0 {
			t.Rows = append(t.Rows, in.Agreement.rows(in.Indicator)...)
		}
	}
	return t
}

func (r Report) pairTable() Table {
	t := Table{
		ID: "agreement-by-pair", Title: "Agreement of readers, by pair",
		Says:   "The same of each two people, by name. It is for talking a difference over.",
		Not:    "It says that two differ, not who is right, and it is no ranking. " + agreementNot,
		Header: agreementHeader("reader", "and"),
	}
	for _, p := range r.Pairs {
		t.Rows = append(t.Rows, p.Agreement.rows(p.A, p.B)...)
	}
	return t
}

func (r Report) precisionTable() Table {
	t := Table{
		ID: "precision", Title: "Precision of each indicator, by decisions",
		Says:   "Of the decided listings in which an indicator was found: the share that people found relevant (urgent and suspected minor are), with its interval of 95 % (Wilson 1927). Only indicators with 10 such listings or more.",
		Not:    "Indicators come together, so this is not what one does alone. It says nothing of listings that it missed, or that nobody has read.",
		Header: append([]string{"indicator", "decided", "relevant", "share"}, interval()...),
	}
	for _, in := range r.Indicators {
		if in.Precision.Missing == "" {
			t.Rows = append(t.Rows, append([]string{in.Indicator, strconv.Itoa(in.Decided), strconv.Itoa(in.Relevant)}, in.Precision.cells()...))
		}
	}
	return t
}

func (r Report) calibrationTable() Table {
	t := Table{
		ID: "calibration", Title: "Scores and verdicts",
		Says:   "By month of the verdict, model and tenth of the score: how many decided listings, their mean score, and the share that people found relevant. Where a model keeps its promise, both are the same.",
		Not:    "Mostly listings of level review and above get read, so low scores are judged by few and by no fair sample.",
		Header: []string{"month", "model", "score", "decided", "mean score", "relevant", "share"},
	}
	for _, c := range r.Calibration {
		for i, d := range c.Tenth {
			if d.N == 0 {
				continue
			}
			t.Rows = append(t.Rows, []string{
				c.Month.Format("2006-01"), c.Model, fmt.Sprintf("%.1f to %.1f", float64(i)/10, float64(i+1)/10), strconv.Itoa(d.N),
				number(d.Score / float64(d.N)), strconv.Itoa(d.Relevant), number(float64(d.Relevant) / float64(d.N)),
			})
		}
	}
	return t
}

// WriteCSV writes a table as CSV (RFC 4180) whose cells no spreadsheet takes for a
// formula, and leaves numbers as they are (OWASP ASVS 5.0, 1.2.10).
func WriteCSV(w io.Writer, t Table) error {
	cw := csv.NewWriter(w)
	cw.UseCRLF = true
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = Neutral(cell)
		}
		if err := cw.Write(safe); err != nil {
			return err
		}
	}
	cw.Flush()
	return cw.Error()
}

// Neutral returns a cell as [WriteCSV] writes it.
func Neutral(cell string) string {
	if _, err := strconv.ParseFloat(cell, 64); err == nil && cell[0] == '-' && !strings.ContainsAny(cell, "xXpPiInN_") {
		return cell
	}
	return sheet.Cell(cell)
}

// AsOf says in words how far the report goes.
func (r Report) AsOf() string {
	s := fmt.Sprintf("as of entry %d of %d", r.Progress.Entries, r.Progress.Of)
	if !r.Newest.IsZero() {
		s += ", " + r.Newest.UTC().Format("2006-01-02 15:04") + " UTC"
	}
	return s
}
