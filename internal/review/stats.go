package review

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"vigil"
	"vigil/internal/access"
	svg "vigil/internal/chart"
	"vigil/internal/display"
	"vigil/internal/stats"
)

// statsPatience is how long a page waits for the statistics to catch up with the
// logs; what is left is read on after it.
const statsPatience = 400 * time.Millisecond

// A statsPage is what the stats template shows.
type statsPage struct {
	Views    []view
	AsOf     string
	Progress stats.Progress
	Tiles    []tile
	Figures  []figure
	Pairs    bool   // this person may see who agrees with whom
	Again    string // address of this page
}

// A view is one of the pages of statistics.
type view struct {
	Name, Address, Meaning string
	Here                   bool
}

// A tile is a number that says something by itself.
type tile struct {
	N     string
	Label string
}

// A figure is a table and pictures of it.
type figure struct {
	stats.Table
	Pictures []template.HTML // from the chart package
	Empty    string          // what is said if there is nothing to draw
}

// stats shows how the work goes, in pictures.
func (h *handler) stats(w http.ResponseWriter, r *http.Request) {
	rep, ok := h.report(w, r)
	if !ok {
		return
	}
	p := statsPage{AsOf: rep.AsOf(), Progress: rep.Progress, Pairs: person(r).Can(access.ReadPairs)}
	here := r.URL.Query().Get("view")
	for _, v := range []view{
		{Name: "Work", Address: "/stats", Meaning: "what waits, comes in and is decided"},
		{Name: "Agreement", Address: "/stats?view=agreement", Meaning: "how far readers agree"},
		{Name: "Indicators and scores", Address: "/stats?view=model", Meaning: "what they are worth by decisions"},
	} {
		_, query, _ := strings.Cut(v.Address, "view=")
		v.Here = query == here
		p.Views = append(p.Views, v)
	}
	for _, v := range p.Views {
		if p.Again == "" || v.Here {
			p.Again = v.Address
		}
	}
	switch here {
	case "agreement":
		p.Figures = agreementFigures(rep)
	case "model":
		p.Figures = modelFigures(rep)
	default:
		p.Views[0].Here = true
		p.Tiles, p.Figures = tiles(rep), workFigures(rep)
	}
	for i := range p.Figures {
		p.Figures[i].Table = cleaned(p.Figures[i].Table)
	}
	h.show(w, r, http.StatusOK, "stats", frame{Title: "Stats", Here: "stats", Data: p})
}

// statsTable sends one table as CSV.
func (h *handler) statsTable(w http.ResponseWriter, r *http.Request) {
	id, isCSV := strings.CutSuffix(r.PathValue("table"), ".csv")
	rep, ok := h.report(w, r)
	if !ok {
		return
	}
	t, found := rep.Table(id)
	if !isCSV || !found {
		h.fail(w, r, fmt.Errorf("table %s: %w", display.Cut(id, 40), vigil.ErrNotFound))
		return
	}
	var b bytes.Buffer
	if err := stats.WriteCSV(&b, t); err != nil {
		h.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+t.ID+`.csv"`)
	w.Write(b.Bytes())
}

// report returns the report as this person may see it; if it says no, it has
// answered.
func (h *handler) report(w http.ResponseWriter, r *http.Request) (stats.Report, bool) {
	if h.Stats == nil {
		h.nothing(w, r)
		return stats.Report{}, false
	}
	if err := person(r).May(access.ReadStats, h.Desk.Clock()); err != nil {
		h.fail(w, r, err)
		return stats.Report{}, false
	}
	h.Stats.Want(r.Context(), statsPatience)
	rep := h.Stats.Report(h.Desk.Clock())
	if !person(r).Can(access.ReadPairs) {
		rep = rep.WithoutPairs()
	}
	return rep, true
}

// cleaned returns a table whose cells are fit for a page.
func cleaned(t stats.Table) stats.Table {
	rows := make([][]string, len(t.Rows))
	for i, row := range t.Rows {
		for _, cell := range row {
			rows[i] = append(rows[i], display.Cut(display.Clean(cell), 80))
		}
	}
	t.Rows = rows
	return t
}

func tiles(r stats.Report) []tile {
	waiting := 0
	for _, w := range r.Waiting {
		waiting += w.Ages.Sum()
	}
	week := 0
	for _, s := range r.Days[max(0, len(r.Days)-7):] {
		for _, n := range s.Alarms {
			week += n
		}
	}
	return []tile{
		{svg.Count(float64(waiting)), "wait for a first reading"},
		{svg.Count(float64(r.Disputed.Sum())), "on which two readers differ"},
		{svg.Count(float64(week)), "came in within 7 days"},
		{svg.Count(float64(r.Judged)), "decided"},
		{svg.Count(float64(r.Listings)), "assessed in all"},
	}
}

// tableOf returns the table of a figure; the report has all that are asked for here.
func tableOf(r stats.Report, id string) stats.Table {
	t, _ := r.Table(id)
	return t
}

func saying(id, title, desc string) svg.Text { return svg.Text{ID: id, Title: title, Desc: desc} }

func workFigures(r stats.Report) []figure {
	return []figure{waitingFigure(r), decisionFigure(r), alarmFigure(r), openFigure(r)}
}

func waitingFigure(r stats.Report) figure {
	f := figure{Table: tableOf(r, "waiting"), Empty: "Nothing waits."}
	c := svg.Bars{}
	for i, age := range stats.AgeWords() {
		s := svg.Series{Name: age, Class: fmt.Sprintf("age%d", i)}
		for _, w := range r.Waiting {
			s.Values = append(s.Values, float64(w.Ages[i]))
		}
		c.Series = append(c.Series, svg.Series{Name: s.Name, Class: s.Class, Values: append(s.Values, float64(r.Disputed[i]))})
	}
	var desc []string
	sum := r.Disputed.Sum()
	for _, w := range r.Waiting {
		c.Labels = append(c.Labels, string(w.Level))
		desc = append(desc, fmt.Sprintf("%s %d, of these %d over 7 days", w.Level, w.Ages.Sum(), w.Ages[3]+w.Ages[4]))
		sum += w.Ages.Sum()
	}
	c.Labels = append(c.Labels, "readers differ")
	c.Text = saying("waiting", f.Title, strings.Join(append(desc, fmt.Sprintf("readers differ %d", r.Disputed.Sum())), ". ")+".")
	if sum > 0 {
		f.Pictures = append(f.Pictures, c.SVG())
	}
	return f
}

func alarmFigure(r stats.Report) figure {
	f := figure{Table: tableOf(r, "alarms"), Empty: "No listing has come to ask for a review yet."}
	days, sum := alarmSeries(r.Days, vigil.LevelEscalate, vigil.LevelPriority, vigil.LevelReview)
	c := svg.Strips{Series: days, Text: saying("alarms", "Alarms by day, the last 90 days", fmt.Sprintf("%d listings came to ask for a review.", sum))}
	for _, d := range r.Days {
		c.Labels = append(c.Labels, dayLabel(d.Begins))
	}
	if sum > 0 {
		f.Pictures = append(f.Pictures, c.SVG())
	}
	months, before := alarmSeries(r.Months, vigil.LevelReview, vigil.LevelPriority, vigil.LevelEscalate)
	m := svg.Columns{Series: months, Text: saying("alarms-months", "Alarms by month, before the last 90 days", fmt.Sprintf("%d listings came to ask for a review.", before))}
	for _, d := range r.Months {
		m.Labels = append(m.Labels, d.Begins.Format("Jan 06"))
	}
	if before > 0 {
		f.Pictures = append(f.Pictures, m.SVG())
	}
	return f
}

// alarmSeries returns the alarms of spans by level, and how many they are.
func alarmSeries(spans []stats.Span, levels ...vigil.Level) (series []svg.Series, sum int) {
	for _, level := range levels {
		s := svg.Series{Name: string(level), Class: string(level)}
		for _, sp := range spans {
			s.Values = append(s.Values, float64(sp.Alarms[level]))
			sum += sp.Alarms[level]
		}
		series = append(series, s)
	}
	return series, sum
}

// dayLabel writes every Monday.
func dayLabel(t time.Time) string {
	if t.Weekday() == time.Monday {
		return t.Format("2 Jan")
	}
	return ""
}

func decisionFigure(r stats.Report) figure {
	f := figure{Table: tableOf(r, "decisions"), Empty: "Nothing has been decided yet."}
	c, sum := svg.Columns{}, 0
	const week = 7
	for begin := len(r.Days) % week; begin < len(r.Days); begin += week {
		c.Labels = append(c.Labels, r.Days[begin].Begins.Format("2 Jan"))
	}
	for i, v := range verdicts() {
		s := svg.Series{Name: strings.ToLower(v.Label), Class: fmt.Sprintf("v%d", i)}
		for begin := len(r.Days) % week; begin < len(r.Days); begin += week {
			n := 0
			for _, d := range r.Days[begin : begin+week] {
				n += d.Decisions[v.Verdict]
			}
			s.Values = append(s.Values, float64(n))
			sum += n
		}
		c.Series = append(c.Series, s)
	}
	c.Text = saying("decisions", "Decisions by week and verdict, the last 12 weeks", fmt.Sprintf("%d decisions in all.", sum))
	if sum > 0 {
		f.Pictures = append(f.Pictures, c.SVG())
	}
	return f
}

func openFigure(r stats.Report) figure {
	f := figure{Table: tableOf(r, "open"), Empty: "Nothing has been decided yet."}
	c := svg.Dots{From: 0, To: 1, Marks: []float64{0, 0.25, 0.5, 0.75, 1}}
	all := r.OpenShares()
	for _, o := range all[max(0, len(all)-6):] {
		c.Rows = append(c.Rows, dot(o.Month.Format("January 2006"), o.Share, fmt.Sprintf("%d of %d", o.Open, o.Decided)))
	}
	c.Text = describe("open", "Share of decisions that leave relevance open, by month", c.Rows)
	if len(c.Rows) > 0 {
		f.Pictures = append(f.Pictures, c.SVG())
	}
	return f
}

// dot is an estimate in a picture.
func dot(label string, e stats.Estimate, note string) svg.Dot {
	return svg.Dot{Label: display.Clean(label), Value: e.Value, Low: e.Low, High: e.High, Missing: e.Missing, Note: note}
}

// describe says the values of a picture in words, up to a dozen.
func describe(id, title string, rows []svg.Dot) svg.Text {
	var parts []string
	for i, d := range rows {
		switch {
		case i == 12:
			parts = append(parts, fmt.Sprintf("and %d more", len(rows)-i))
		case i > 12:
		case d.Missing != "":
			parts = append(parts, d.Label+": "+d.Missing)
		default:
			parts = append(parts, fmt.Sprintf("%s: %.2f, from %.2f to %.2f", d.Label, d.Value, d.Low, d.High))
		}
	}
	return saying(id, title, strings.Join(parts, ". ")+".")
}

// mostRows is how many rows a picture has, and a table of agreement twice.
const mostRows = 40

const fewPairs = "Nobody has read a listing that another has read. Second readings are asked of some listings; see Help."

func agreementFigures(r stats.Report) []figure {
	f := figure{Table: tableOf(r, "agreement"), Empty: fewPairs}
	c := svg.Dots{From: -1, To: 1, Marks: []float64{-1, -0.5, 0, 0.5, 1}}
	for _, way := range []struct {
		name string
		a    stats.Agreement
	}{{"relevance", r.Agreement.Binary}, {"verdict", r.Agreement.Verdicts}} {
		note := fmt.Sprintf("%d of %d", way.a.Same, way.a.Pairs)
		c.Rows = append(c.Rows, dot(way.name+" raw", way.a.Raw, note), dot(way.name+" kappa", way.a.Kappa, ""), dot(way.name+" PABAK", way.a.PABAK, ""))
	}
	for i := range c.Rows {
		c.Rows[i].Mark = i % 3
	}
	c.Signs = []string{"raw share", "kappa", "PABAK"}
	c.Text = describe("agreement", f.Title, c.Rows)
	if r.Agreement.Verdicts.Pairs > 0 {
		f.Pictures = append(f.Pictures, c.SVG())
	}
	figures := []figure{f}
	if t, ok := r.Table("agreement-by-pair"); ok {
		var rows []svg.Dot
		for _, p := range r.Pairs {
			rows = append(rows, agreementDots(p.A+" · "+p.B, p.Agreement)...)
		}
		figures = append(figures, agreementFigure(t, rows))
	}
	var rows []svg.Dot
	for _, in := range r.Indicators {
		if in.Agreement.Verdicts.Pairs > 0 {
			rows = append(rows, agreementDots(in.Indicator, in.Agreement)...)
		}
	}
	return append(figures, agreementFigure(tableOf(r, "agreement-by-indicator"), rows))
}

// agreementDots are kappa and PABAK of relevant or not.
func agreementDots(name string, a stats.Agreements) []svg.Dot {
	kappa, other := dot(name, a.Binary.Kappa, fmt.Sprintf("%d of %d", a.Binary.Same, a.Binary.Pairs)), dot("", a.Binary.PABAK, "")
	other.Mark = 1
	if other.Missing != "" {
		return []svg.Dot{kappa}
	}
	return []svg.Dot{kappa, other}
}

func agreementFigure(t stats.Table, rows []svg.Dot) figure {
	f := figure{Table: t, Empty: fewPairs}
	if len(t.Rows) > 2*mostRows {
		f.Table.Rows = t.Rows[:2*mostRows]
		f.Says += fmt.Sprintf(" Here are the first %d of %d; the file has all.", mostRows, len(t.Rows)/2)
	}
	if len(rows) == 0 {
		return f
	}
	rows = rows[:min(len(rows), 2*mostRows)]
	c := svg.Dots{Text: describe(t.ID, t.Title+": kappa and PABAK of relevant or not", rows), From: -1, To: 1, Marks: []float64{-1, -0.5, 0, 0.5, 1}, Rows: rows, Signs: []string{"kappa", "PABAK"}}
	f.Pictures = append(f.Pictures, c.SVG())
	return f
}

func modelFigures(r stats.Report) []figure {
	f := figure{Table: tableOf(r, "precision"), Empty: "No indicator was found in 10 decided listings yet."}
	var rows []svg.Dot
	for _, in := range r.Indicators {
		if in.Precision.Missing == "" {
			rows = append(rows, dot(in.Indicator, in.Precision, fmt.Sprintf("%d of %d", in.Relevant, in.Decided)))
		}
	}
	if len(rows) > 0 {
		c := svg.Dots{Text: describe("precision", f.Title, rows), From: 0, To: 1, Marks: []float64{0, 0.25, 0.5, 0.75, 1}, Rows: rows}
		f.Pictures = append(f.Pictures, c.SVG())
	}
	return []figure{calibrationFigure(r), f}
}

// calibrationFigure is of the model whose assessments are judged now.
func calibrationFigure(r stats.Report) figure {
	f := figure{Table: tableOf(r, "calibration"), Empty: "No listing of the model in use has been decided yet."}
	var tenths [10]stats.Deciles
	drift := svg.Lines{Series: []svg.Series{{Name: "mean score"}, {Name: "share found relevant"}}}
	var said []string
	for _, c := range r.Calibration {
		if c.Model != r.Model {
			continue
		}
		for i, d := range c.Tenth {
			tenths[i] = tenths[i].Add(d)
		}
		all := c.All()
		score, share := all.Score/float64(all.N), float64(all.Relevant)/float64(all.N)
		drift.Labels = append(drift.Labels, c.Month.Format("Jan 06"))
		drift.Series[0].Values, drift.Series[1].Values = append(drift.Series[0].Values, score), append(drift.Series[1].Values, share)
		said = append(said, fmt.Sprintf("%s: score %.2f, share %.2f, of %d", c.Month.Format("2006-01"), score, share, all.N))
	}
	if len(said) == 0 {
		return f
	}
	f.Pictures = []template.HTML{promises(r.Model, tenths)}
	drift.Text = saying("drift", "Mean score, and share found relevant, by month: where they part, the model drifts", strings.Join(said, ". ")+".")
	if len(said) > 1 {
		f.Pictures = append(f.Pictures, drift.SVG())
	}
	return f
}

// promises draws scores against what people decided.
func promises(model string, tenths [10]stats.Deciles) template.HTML {
	c := svg.Reliability{Across: "score", Up: "share found relevant"}
	var said []string
	for _, d := range tenths {
		if d.N == 0 {
			continue
		}
		e := stats.Share(d.Relevant, d.N)
		c.Points = append(c.Points, svg.Promise{Score: d.Score / float64(d.N), Share: e.Value, Low: e.Low, High: e.High, N: d.N})
		said = append(said, fmt.Sprintf("score %.2f, share %.2f, of %d", d.Score/float64(d.N), e.Value, d.N))
	}
	c.Text = saying("promises", "Scores and verdicts of "+display.Cut(display.Clean(model), 60), strings.Join(said, ". ")+".")
	return c.SVG()
}
