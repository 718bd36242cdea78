package stats

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"vigil"
)

// A Text writes reports for people at a terminal, in lines of at most 80 columns
// but where a name is longer.
type Text struct {
	Clean func(string) string // makes names and words from outside fit to be shown; nil for none
	Bold  func(string) string // marks a heading; nil for not
	// Explain adds to each table what its numbers mean, and what they do not.
	Explain bool
}

// Write writes a report.
func (t Text) Write(w io.Writer, r Report) error {
	p := &printed{Text: t, r: r}
	p.overview()
	p.levels()
	p.alarms()
	p.decisions()
	p.open()
	p.agreement()
	p.precision()
	p.calibration()
	_, err := w.Write(p.b.Bytes())
	return err
}

// textColumns is how wide lines are.
const textColumns = 80

// A printed is a report in the making, line by line.
type printed struct {
	Text
	r Report
	b bytes.Buffer
}

func (p *printed) line(format string, args ...any) { fmt.Fprintf(&p.b, format+"\n", args...) }

func (p *printed) clean(s string) string {
	if p.Clean == nil {
		return s
	}
	return p.Clean(s)
}

// heading begins a table of the report, by its ID.
func (p *printed) heading(id, title string) {
	if p.Bold != nil {
		title = p.Bold(title)
	}
	p.line("\n%s", title)
	if t, ok := p.r.Table(id); ok && p.Explain {
		p.wrapped(t.Says)
		p.wrapped(t.Not)
	}
}

// wrapped writes words in lines that fit.
func (p *printed) wrapped(text string) {
	line := " "
	for word := range strings.FieldsSeq(text) {
		if line != " " && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > textColumns {
			p.line("%s", line)
			line = " "
		}
		line += " " + word
	}
	p.line("%s", line)
}

// columns writes rows under a head: the first column on the left, numbers on the
// right, and the last as it is where it has no head.
func (p *printed) columns(rows [][]string) {
	wide := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			wide[i] = max(wide[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", wide[i]-utf8.RuneCountInString(cell))
			switch {
			case i == 0:
				b.WriteString("  " + cell + pad)
			case rows[0][i] == "":
				b.WriteString("  " + cell)
			default:
				b.WriteString("  " + pad + cell)
			}
		}
		p.line("%s", strings.TrimRight(b.String(), " "))
	}
}

func (p *printed) overview() {
	waiting, week := 0, 0
	for _, w := range p.r.Waiting {
		waiting += w.Ages.Sum()
	}
	for _, s := range p.r.Days[max(0, len(p.r.Days)-7):] {
		week += sumOf(s.Alarms)
	}
	p.line("%s%s", strings.ToUpper(p.r.AsOf()[:1]), p.r.AsOf()[1:])
	if n := p.r.Progress.Unread; n > 0 {
		p.line("Left out: %d records that could not be read; vigil check says why", n)
	}
	p.line("%d assessed, %d decided; %d came in within 7 days", p.r.Listings, p.r.Judged, week)
	p.line("%d wait for a first reading; readers differ on %d", waiting, p.r.Disputed.Sum())
}

func sumOf[K comparable](m map[K]int) (sum int) {
	for _, n := range m {
		sum += n
	}
	return sum
}

func (p *printed) levels() {
	p.heading("waiting", "Listings by level; those that wait, by age in days")
	rows := [][]string{{"LEVEL", "ALL", "DECIDED", "WAIT", "<1", "1-3", "3-7", "7-30", ">30"}}
	ages := map[vigil.Level]Ages{}
	for _, w := range p.r.Waiting {
		ages[w.Level] = w.Ages
	}
	for _, l := range p.r.Levels {
		rows = append(rows, append([]string{string(l.Level), strconv.Itoa(l.All), strconv.Itoa(l.Decided), strconv.Itoa(l.Waiting)}, ages[l.Level].row("")[1:1+len(Ages{})]...))
	}
	differ := p.r.Disputed.row("")
	rows = append(rows, append([]string{"readers differ", "", "", differ[len(differ)-1]}, differ[1:1+len(Ages{})]...))
	p.columns(rows)
}

// weekly sums the days up by week, and adds the months before them; newest first,
// without those in which f finds nothing.
func (p *printed) weekly(f func(Span) bool) (when []string, sums []Span) {
	add := func(name string, s Span) {
		if n := len(when); n == 0 || when[n-1] != name {
			if n > 0 && !f(sums[n-1]) {
				when, sums = when[:n-1], sums[:n-1]
			}
			when, sums = append(when, name), append(sums, *newSpan(s.Begins))
		}
		for k, n := range s.Alarms {
			sums[len(sums)-1].Alarms[k] += n
		}
		for k, n := range s.Decisions {
			sums[len(sums)-1].Decisions[k] += n
		}
	}
	for _, s := range slices.Backward(p.r.Days) {
		monday := s.Begins.AddDate(0, 0, -(int(s.Begins.Weekday())+6)%7)
		add(monday.Format(time.DateOnly), s)
	}
	for _, s := range slices.Backward(p.r.Months) {
		add(s.Begins.Format("2006-01"), s)
	}
	if n := len(when); n > 0 && !f(sums[n-1]) {
		when, sums = when[:n-1], sums[:n-1]
	}
	return when, sums
}

// barColumns is how long the longest bar of a table is.
const barColumns = 24

// bar draws a number of a largest one.
func bar(n, most int) string {
	if n == 0 || most == 0 {
		return ""
	}
	return strings.Repeat("█", max(1, int(math.Round(barColumns*float64(n)/float64(most)))))
}

func (p *printed) alarms() {
	p.heading("alarms", "Alarms by week: listings that came to ask for a review")
	when, sums := p.weekly(func(s Span) bool { return sumOf(s.Alarms) > 0 })
	if len(when) == 0 {
		p.line("  none yet")
		return
	}
	most := 0
	for _, s := range sums {
		most = max(most, sumOf(s.Alarms))
	}
	rows := [][]string{{"WEEK OF"}}
	for _, l := range alarmLevels() {
		rows[0] = append(rows[0], strings.ToUpper(string(l)))
	}
	rows[0] = append(rows[0], "ALL", "")
	for i, s := range sums {
		row := []string{when[i]}
		for _, l := range alarmLevels() {
			row = append(row, strconv.Itoa(s.Alarms[l]))
		}
		n := sumOf(s.Alarms)
		rows = append(rows, append(row, strconv.Itoa(n), bar(n, most)))
	}
	p.columns(rows)
}

func (p *printed) decisions() {
	p.heading("decisions", "Decisions by week and verdict")
	when, sums := p.weekly(func(s Span) bool { return len(s.Decisions) > 0 })
	if len(when) == 0 {
		p.line("  none yet")
		return
	}
	short := map[vigil.Verdict]string{vigil.NeedsTranslation: "TRANSLATE", vigil.SuspectedMinor: "MINOR", vigil.NotRelevant: "NOT REL."}
	rows := [][]string{{"WEEK OF"}}
	for _, v := range vigil.Verdicts() {
		name := short[v.Verdict]
		if name == "" {
			name = strings.ToUpper(words(v.Verdict))
		}
		rows[0] = append(rows[0], name)
	}
	rows[0] = append(rows[0], "ALL")
	for i, s := range sums {
		row := []string{when[i]}
		for _, v := range vigil.Verdicts() {
			row = append(row, strconv.Itoa(s.Decisions[v.Verdict]))
		}
		rows = append(rows, append(row, strconv.Itoa(sumOf(s.Decisions))))
	}
	p.columns(rows)
}

func (p *printed) open() {
	shares := p.r.OpenShares()
	if len(shares) == 0 {
		return
	}
	p.heading("open", "Decisions that leave open whether a listing is relevant")
	rows := [][]string{{"MONTH", "DECISIONS", "UNSURE", "TRANSLATE", "SHARE"}}
	for _, o := range slices.Backward(shares) {
		rows = append(rows, []string{o.Month.Format("2006-01"), strconv.Itoa(o.Decided), strconv.Itoa(o.Open - o.NoTranslation), strconv.Itoa(o.NoTranslation), o.Share.text()})
	}
	p.columns(rows)
}

// text is an estimate in one cell: its value, and from where to where it may be.
func (e Estimate) text() string {
	if e.Missing != "" {
		return e.Missing
	}
	return number(e.Value) + " " + number(e.Low) + "…" + number(e.High)
}

func (p *printed) agreement() {
	p.heading("agreement", "Agreement of readers, with intervals of 95 %")
	if p.r.Agreement.Verdicts.Pairs == 0 {
		p.line("  nobody has read a listing that another has read")
		return
	}
	p.agreements("all pairs", p.r.Agreement)
	for _, in := range p.r.Indicators {
		if in.Agreement.Verdicts.Pairs > 0 {
			p.agreements("where "+p.clean(in.Indicator)+" was found", in.Agreement)
		}
	}
	if len(p.r.Pairs) > 0 {
		p.heading("agreement-by-pair", "The same, of each two people, by name: no ranking")
	}
	for _, pair := range p.r.Pairs {
		p.agreements(p.clean(pair.A)+" and "+p.clean(pair.B), pair.Agreement)
	}
}

// agreements writes one table of two ways of judging.
func (p *printed) agreements(of string, a Agreements) {
	p.line("  %s", of)
	rows := [][]string{{"  JUDGED BY", "PAIRS", "SAME", "RAW", "KAPPA", "PABAK"}}
	for _, way := range []struct {
		name string
		a    Agreement
	}{{"  relevant", a.Binary}, {"  verdict", a.Verdicts}} {
		rows = append(rows, []string{way.name, strconv.Itoa(way.a.Pairs), strconv.Itoa(way.a.Same), way.a.Raw.text(), way.a.Kappa.text(), way.a.PABAK.text()})
	}
	p.columns(rows)
}

func (p *printed) precision() {
	p.heading("precision", "Indicators: of the decided listings that have one, how many are relevant")
	rows := [][]string{{"INDICATOR", "DECIDED", "RELEVANT", "SHARE", ""}}
	for _, in := range p.r.Indicators {
		if in.Precision.Missing == "" {
			rows = append(rows, []string{p.clean(in.Indicator), strconv.Itoa(in.Decided), strconv.Itoa(in.Relevant), in.Precision.text(), bar(int(math.Round(100*in.Precision.Value)), 100)})
		}
	}
	if len(rows) == 1 {
		p.line("  none was found in %d decided listings yet", least)
		return
	}
	p.columns(rows)
}

// calibration is of the model that made the newest assessment: its tenths, and its
// months, in which it may drift.
func (p *printed) calibration() {
	var tenths [10]Deciles
	months := [][]string{{"MONTH", "DECIDED", "MEAN SCORE", "RELEVANT", "SHARE"}}
	for _, c := range slices.Backward(p.r.Calibration) {
		if c.Model != p.r.Model {
			continue
		}
		for i, d := range c.Tenth {
			tenths[i] = tenths[i].Add(d)
		}
		months = append(months, append([]string{c.Month.Format("2006-01")}, c.All().cells()...))
	}
	p.heading("calibration", "Scores and verdicts: where a model keeps its promise, score and share agree")
	if len(months) == 1 {
		p.line("  no listing of the model in use has been decided yet")
		return
	}
	p.line("  %s", p.clean(p.r.Model))
	rows := [][]string{{"SCORES", "DECIDED", "MEAN SCORE", "RELEVANT", "SHARE"}}
	for i, d := range tenths {
		if d.N > 0 {
			rows = append(rows, append([]string{fmt.Sprintf("%.1f…%.1f", float64(i)/10, float64(i+1)/10)}, d.cells()...))
		}
	}
	p.columns(rows)
	p.columns(months)
}

// cells are how many, their mean score, and how many of them are relevant; there is
// at least one.
func (d Deciles) cells() []string {
	return []string{strconv.Itoa(d.N), number(d.Score / float64(d.N)), strconv.Itoa(d.Relevant), Share(d.Relevant, d.N).text()}
}
