package eval

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// Write writes reports as tables that people can read: all systems side by side, then the
// first in detail.
func Write(w io.Writer, rs []Report) error {
	t := &table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	if len(rs) == 0 {
		return nil
	}
	if rs[0].Texts > 0 {
		t.systems(rs)
		t.intervals(rs[0])
		t.levels(rs[0])
		t.indicators(rs[0])
		t.parts("language", rs[0].ByLang)
		t.parts("genre", rs[0].ByGenre)
		t.parts("file", rs[0].ByCorpus)
		t.bins(rs[0])
	}
	t.alarms(rs)
	return t.w.Flush()
}

type table struct{ w *tabwriter.Writer }

func (t *table) row(cells ...any) {
	parts := make([]string, len(cells))
	for i, c := range cells {
		switch c := c.(type) {
		case number:
			parts[i] = c.text(3)
		case Interval:
			parts[i] = c.text(3)
		default:
			parts[i] = fmt.Sprint(c)
		}
	}
	fmt.Fprintln(t.w, strings.Join(parts, "\t"))
}

// head begins a new table.
func (t *table) head(title string, cells ...any) {
	t.w.Flush()
	fmt.Fprintf(t.w, "\n%s\n", title)
	t.row(cells...)
}

func (n number) text(places int) string {
	if math.IsNaN(float64(n)) {
		return "-"
	}
	return fmt.Sprintf("%.*f", places, float64(n))
}

func (i Interval) text(places int) string {
	if math.IsNaN(i.Low) || math.IsNaN(i.High) {
		return "-"
	}
	return fmt.Sprintf("%.*f–%.*f", places, i.Low, places, i.High)
}

func (t *table) systems(rs []Report) {
	r := rs[0]
	t.head(fmt.Sprintf("%d texts in %d groups; at level review or above", r.Texts, r.Groups),
		"system", "recall", "precision", "against none", "F1", "PR-AUC", "recall at FPR ≤ 0.1 %", "P@10", "P@50", "P@100", "MAE", "macro-MAE", "Brier", "ECE", "ECE adaptive", "obfuscated recall")
	for _, r := range rs {
		cells := []any{r.System, r.Recall.Value, r.Precision.Value, r.AgainstNone.Value, r.F1.Value, r.PRAUC.Value, r.RecallAtFPR.Value}
		for i := range 3 {
			k := number(math.NaN())
			if i < len(r.PrecisionAt) {
				k = r.PrecisionAt[i].Value
			}
			cells = append(cells, k)
		}
		t.row(append(cells, r.MAE.Value, r.MacroMAE.Value, r.Brier.Value, r.ECE.Value, r.ECEAdaptive.Value, r.Obfuscated.Value)...)
	}
}

func (t *table) intervals(r Report) {
	t.head(fmt.Sprintf("%s, with 95 %% intervals (bootstrap over groups)", r.System), "measure", "value", "interval")
	for _, m := range []struct {
		name string
		m    Measure
	}{
		{"recall", r.Recall}, {"precision", r.Precision}, {"precision against level none", r.AgainstNone}, {"F1", r.F1}, {"PR-AUC", r.PRAUC}, {"recall at FPR ≤ 0.1 %", r.RecallAtFPR},
		{"MAE, levels", r.MAE}, {"macro-MAE, levels", r.MacroMAE}, {"Brier", r.Brier}, {"ECE", r.ECE}, {"ECE adaptive", r.ECEAdaptive},
		{fmt.Sprintf("recall of %d obfuscated positives", r.NObfuscated), r.Obfuscated},
	} {
		t.row(m.name, m.m.Value, m.m.CI)
	}
	t.row("coverage", r.Coverage, fmt.Sprintf("%d abstained", r.Abstained))
	t.row("wrong among those judged", r.Risk, "")
}

func (t *table) levels(r Report) {
	t.head("at level or above", "level", "positives", "found", "recall", "95 %", "alarms", "false", "precision", "95 %", "F1")
	for _, l := range r.Levels {
		t.row(l.Level, l.TP+l.FN, l.TP, l.Recall, l.RCI, l.TP+l.FP, l.FP, l.Precision, l.PCI, l.F1)
	}
}

func (t *table) indicators(r Report) {
	if len(r.Indicators) == 0 {
		return
	}
	t.head("indicators, by text and by span (P precision, R recall)", "indicator", "texts", "P", "R", "F1", "exact P", "R", "F1", "overlap P", "R", "F1")
	for _, i := range r.Indicators {
		t.row(i.ID, i.N, i.Text.Precision, i.Text.Recall, i.Text.F1, i.Exact.Precision, i.Exact.Recall, i.Exact.F1, i.Overlap.Precision, i.Overlap.Recall, i.Overlap.F1)
	}
}

func (t *table) parts(name string, rows []PartRow) {
	if len(rows) < 2 {
		return
	}
	t.head("by "+name, name, "texts", "positives", "found", "recall", "negatives", "false alarms", "coverage")
	for _, p := range rows {
		t.row(orDash(p.Part), p.N, p.Positives, p.Found, p.Recall, p.Negatives, p.Alarms, p.Coverage)
	}
}

func (t *table) bins(r Report) {
	t.head("calibration: what the score promises and what came", "scores", "texts", "mean score", "share at review or above")
	for _, b := range r.Reliability.Equal {
		t.row(fmt.Sprintf("%.2f–%.2f", b.Low, b.High), b.N, number(b.Score), number(b.Rate))
	}
}

// alarms shows the false alarms of the first system by corpus and class, and those of all
// by corpus.
func (t *table) alarms(rs []Report) {
	if len(rs[0].Alarms) == 0 {
		return
	}
	t.head("false alarms per 10,000 negatives, 95 % (Wilson)", "system", "corpus", "negatives", "alarms", "per 10,000", "95 %")
	for _, r := range rs {
		for _, a := range byCorpus(r.Alarms) {
			t.row(r.System, a.Corpus, a.N, a.Alarms, a.Per10k.text(1), a.CI.text(1))
		}
	}
	t.head("false alarms of "+rs[0].System+" by class", "corpus", "class", "negatives", "alarms", "per 10,000", "95 %")
	for _, a := range rs[0].Alarms {
		t.row(a.Corpus, orDash(a.Class), a.N, a.Alarms, a.Per10k.text(1), a.CI.text(1))
	}
}

// mostCorpora is how many corpora have a line each; more have one together.
const mostCorpora = 12

// byCorpus adds up the classes of each corpus. The alarms are sorted by corpus.
func byCorpus(as []Alarm) []Alarm {
	out := addUp(as)
	if len(out) > mostCorpora {
		all := fmt.Sprintf("all %d", len(out))
		for i := range out {
			out[i].Corpus = all
		}
		out = addUp(out)
	}
	return out
}

// addUp adds up alarms that follow each other of one corpus.
func addUp(as []Alarm) []Alarm {
	var out []Alarm
	for _, a := range as {
		if len(out) == 0 || out[len(out)-1].Corpus != a.Corpus {
			out = append(out, Alarm{Corpus: a.Corpus})
		}
		sum := &out[len(out)-1]
		sum.N += a.N
		sum.Alarms += a.Alarms
	}
	for i := range out {
		out[i] = out[i].per10k()
	}
	return out
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
