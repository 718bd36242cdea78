package main

import (
	"bytes"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/classify"
	"vigil/internal/display"
	"vigil/internal/eval"
	"vigil/internal/eval/baseline"
)

// A judge is a system that is measured.
type judge struct {
	name string
	of   func(vigil.Listing) eval.Judgement
}

// A comparison says what the classifier is measured beside.
type comparison struct{ baselines, ablate bool }

func (w *comparison) flags(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&w.baselines, "baselines", false, "measure simple systems as well, some of them trained on the training texts")
	f.BoolVar(&w.ablate, "ablate", false, "measure the classifier without each of its gates as well")
}

// judges returns the classifier and whatever it is compared with; rows are what others may
// learn from.
func (w *comparison) judges(c *classify.Classifier, rows []eval.Row) []judge {
	js := []judge{{"vigil", assessor(c)}}
	if w.baselines {
		for _, b := range baseline.All(rows) {
			js = append(js, judge{b.Name, b.Judge})
		}
	}
	if w.ablate {
		for _, g := range classify.Gates() {
			js = append(js, judge{"vigil without " + string(g), assessor(c.Without(g))})
		}
	}
	return js
}

func assessor(c *classify.Classifier) func(vigil.Listing) eval.Judgement {
	return func(l vigil.Listing) eval.Judgement {
		a := c.Assess(l)
		return eval.Judgement{Score: a.Score, Level: a.Level, Insufficient: a.Insufficient, Findings: a.Findings}
	}
}

// show writes reports: as JSON lines, or as tables. Names in them are from files that
// others may have written.
func (a *app) show(rs []eval.Report) error {
	if a.json {
		for _, r := range rs {
			if err := writeJSON(a.stdout, r); err != nil {
				return err
			}
		}
		return nil
	}
	var b bytes.Buffer
	if err := eval.Write(&b, rs); err != nil {
		return err
	}
	for line := range strings.Lines(b.String()) {
		line = strings.TrimRight(line, " \n")
		if _, err := io.WriteString(a.stdout, display.Visible(line)+"\n"); err != nil {
			return err
		}
	}
	return nil
}
