package eval_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/eval"
)

func row(t *testing.T, text string) eval.Row {
	t.Helper()
	r, err := eval.ParseRow([]byte(text), known)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func finding(id string, start, end int) vigil.Finding {
	return vigil.Finding{Indicator: id, Polarity: vigil.For, Field: vigil.FieldDescription, Start: start, End: end}
}

// A system that is right about four texts of six.
func sample(t *testing.T) *eval.System {
	s := &eval.System{Name: "it"}
	offer := `{"id":"%s","description":"we sell a cook now","level":"%s","genre":"offer-person","lang":"%s","obfuscated":%v,"indicators":[{"id":"SAL-1","field":"description","text":"sell a cook"}]}`
	s.Add("f", row(t, fmt.Sprintf(offer, "1", "review", "en", false)), eval.Judgement{Score: 0.9, Level: vigil.LevelReview, Findings: []vigil.Finding{finding("SAL-1", 3, 14)}})
	s.Add("f", row(t, fmt.Sprintf(offer, "2", "priority", "en", true)), eval.Judgement{Score: 0.6, Level: vigil.LevelReview, Findings: []vigil.Finding{finding("SAL-1", 8, 18), finding("DOC-1", 0, 2)}})
	s.Add("f", row(t, fmt.Sprintf(offer, "3", "review", "ar", true)), eval.Judgement{Score: 0.1, Level: vigil.LevelNone, Insufficient: true})
	s.Add("f", row(t, `{"id":"4","description":"a boat","level":"none","class":"boats","indicators":[]}`), eval.Judgement{Score: 0.7, Level: vigil.LevelPriority, Findings: []vigil.Finding{finding("SAL-1", 0, 1)}})
	s.Add("f", row(t, `{"id":"5","description":"a book","level":"none","class":"books","indicators":[]}`), eval.Judgement{Score: 0.05, Level: vigil.LevelNone, Findings: []vigil.Finding{finding("SAL-1", 0, 1)}})
	s.Add("f", row(t, `{"id":"6","description":"a book","level_min":"note","level_max":"review","class":"books"}`), eval.Judgement{Score: 0.3, Level: vigil.LevelNote})
	for i := range 100 {
		s.AddNegative("titles", eval.Negative{Class: "x"}, eval.Judgement{Score: 0.01, Insufficient: i == 0})
	}
	return s
}

func TestAReportCountsByHand(t *testing.T) {
	r := sample(t).Report()
	check(t, "recall", float64(r.Recall.Value), 2.0/3)
	check(t, "precision", float64(r.Precision.Value), 2.0/3)
	check(t, "obfuscated recall", float64(r.Obfuscated.Value), 0.5)
	check(t, "MAE", float64(r.MAE.Value), (0+1+2+3+0+0)/6.0)
	check(t, "macro-MAE", float64(r.MacroMAE.Value), (1.5+1+1)/3)
	check(t, "coverage", float64(r.Coverage), 104.0/106)
	check(t, "risk", float64(r.Risk), 0.25) // of 1, 2, 4 and 5 the fourth is wrong
	check(t, "recall at FPR", float64(r.RecallAtFPR.Value), 1.0/3)
	if r.Texts != 6 || r.Groups != 6 || r.Negatives != 100 || r.NObfuscated != 2 || r.Abstained != 2 {
		t.Errorf("counted %d texts, %d groups, %d negatives, %d obfuscated, %d abstained", r.Texts, r.Groups, r.Negatives, r.NObfuscated, r.Abstained)
	}
	for _, l := range r.Levels {
		want := map[vigil.Level]eval.Count{
			"note": {TP: 3, FP: 1, FN: 1, TN: 1}, "review": {TP: 2, FP: 1, FN: 1, TN: 1},
			"priority": {TP: 0, FP: 1, FN: 1, TN: 4}, "escalate": {TN: 6},
		}[l.Level]
		if l.Count != want {
			t.Errorf("%s: counted %+v, want %+v", l.Level, l.Count, want)
		}
	}
}

// A note that is taken for a review counts against precision, not against that among texts
// of level none.
func TestPrecisionAgainstNoneLeavesNotesOut(t *testing.T) {
	s := sample(t)
	s.Add("f", row(t, `{"id":"7","description":"a cook, one week","level":"note"}`), eval.Judgement{Score: 0.8, Level: vigil.LevelReview})
	r := s.Report()
	check(t, "precision", float64(r.Precision.Value), 2.0/4)
	check(t, "precision against none", float64(r.AgainstNone.Value), 2.0/3)
}

func TestSpansAreComparedOneToOne(t *testing.T) {
	r := sample(t).Report()
	if len(r.Indicators) != 2 || r.Indicators[1].ID != "SAL-1" || r.Indicators[0].ID != "DOC-1" {
		t.Fatalf("indicators %+v, want DOC-1 and SAL-1", r.Indicators)
	}
	sal := r.Indicators[1] // shown in 1, 2 and, wrongly, 4; the finding of 5 is below note
	check(t, "precision by text", float64(sal.Text.Precision), 2.0/3)
	check(t, "recall by text", float64(sal.Text.Recall), 2.0/3)
	check(t, "exact precision", float64(sal.Exact.Precision), 1.0/3)
	check(t, "exact recall", float64(sal.Exact.Recall), 1.0/3)
	check(t, "overlap precision", float64(sal.Overlap.Precision), 2.0/3)
	check(t, "overlap recall", float64(sal.Overlap.Recall), 2.0/3)
	check(t, "precision of what is not there", float64(r.Indicators[0].Text.Precision), 0)

	var s eval.System
	twice := row(t, `{"id":"1","description":"we sell a cook now","level":"review","indicators":[{"id":"SAL-1","field":"description","text":"sell a cook"}]}`)
	s.Add("f", twice, eval.Judgement{Level: vigil.LevelReview, Findings: []vigil.Finding{finding("SAL-1", 3, 7), finding("SAL-1", 8, 14)}})
	check(t, "overlap precision of two findings for one mark", float64(s.Report().Indicators[0].Overlap.Precision), 0.5)
}

func TestFalseAlarmsAreCountedByClass(t *testing.T) {
	r := sample(t).Report()
	got := fmt.Sprint(len(r.Alarms), r.Alarms[0].Class, r.Alarms[0].Alarms, r.Alarms[1].Class, r.Alarms[1].Alarms, r.Alarms[2].N)
	if got != "3boats1books0 100" {
		t.Errorf("alarms %+v", r.Alarms)
	}
	check(t, "rate", float64(r.Alarms[0].Per10k), 10000)
	check(t, "upper bound", r.Alarms[2].CI.High, 1e4*eval.Wilson(0, 100).High)
	var s eval.System
	for i := range 2000 {
		s.AddNegative("f", eval.Negative{Class: fmt.Sprint(i)}, eval.Judgement{})
	}
	if n := len(s.Report().Alarms); n > 501 {
		t.Errorf("%d classes kept, want a bound", n)
	}
}

func TestAReportIsJSON(t *testing.T) {
	for _, s := range []*eval.System{sample(t), {Name: "empty"}} {
		b, err := json.Marshal(s.Report())
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]any
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if back["system"] != s.Name {
			t.Errorf("system is %v", back["system"])
		}
	}
	if v := (&eval.System{}).Report().Recall.Value; !math.IsNaN(float64(v)) {
		t.Errorf("recall of nothing is %v", v)
	}
}

func TestTablesShowEverySystem(t *testing.T) {
	other := &eval.System{Name: "another"}
	other.Add("f", row(t, `{"id":"1","title":"x","level":"none"}`), eval.Judgement{})
	var b bytes.Buffer
	if err := eval.Write(&b, []eval.Report{sample(t).Report(), other.Report()}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nit ", "\nanother ", "recall of 2 obfuscated positives", "SAL-1", "boats", "titles"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "NaN") {
		t.Errorf("NaN is shown in\n%s", b.String())
	}
}

func TestThePictureIsWellFormed(t *testing.T) {
	r := sample(t).Report()
	r.System = `<&"`
	var b bytes.Buffer
	if err := eval.WriteSVG(&b, r); err != nil {
		t.Fatal(err)
	}
	circles := 0
	for d := xml.NewDecoder(&b); ; {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "circle" {
			circles++
		}
	}
	if circles != len(r.Reliability.Equal) || circles == 0 {
		t.Errorf("%d points drawn for %d bins", circles, len(r.Reliability.Equal))
	}
}
