package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"vigil"
	"vigil/classify"
	"vigil/classify/indicator"
	"vigil/internal/bundle"
	"vigil/internal/report"
)

// Names of the files for readers.
const (
	reportName        = "data/report/report.html"
	reportPDFName     = "data/report/report.pdf"
	certificationName = "data/certification-draft.txt"
)

// reportOptions say how a report is made.
type reportOptions struct {
	pdf    bool   // print it as well, if the machine can
	reveal bool   // identifiers in full
	beside string // folder in which the page stands while it is printed; the bundle's own
}

// reportFiles returns the files of a bundle that are for readers: the report, the
// draft of a certification, and the report as a PDF if it was asked for and the
// machine can. It ranges over the exhibits and logs of c once for each of them, so
// these must begin anew each time.
func (a *app) reportFiles(ctx context.Context, c bundle.Contents, links report.Links, o reportOptions) ([]bundle.File, error) {
	in, err := reportInput(c, links)
	if err != nil {
		return nil, err
	}
	in.Reveal = o.reveal
	html := func(w io.Writer) error { return report.Render(w, in) }
	out := []bundle.File{
		{Name: reportName, Write: html},
		{Name: certificationName, Write: func(w io.Writer) error { return report.Certify(w, in) }},
	}
	if !o.pdf {
		return out, nil
	}
	var pdf bytes.Buffer
	switch err := (printer{o.beside}).print(ctx, &pdf, c.Made, html); {
	case errors.Is(err, errNoBrowser):
		a.info("no PDF of the report: %v", err)
		return out, nil
	case err != nil && ctx.Err() == nil:
		a.info("no PDF of the report: %v", err)
		return out, nil
	case err != nil:
		return nil, err
	}
	return append(out, bundle.File{Name: reportPDFName, Write: func(w io.Writer) error {
		_, err := w.Write(pdf.Bytes())
		return err
	}}), nil
}

// reportInput takes from the contents of a bundle what a report tells.
func reportInput(c bundle.Contents, links report.Links) (report.Input, error) {
	in := report.Input{
		ID: c.ID, Kind: string(c.Kind), Supersedes: c.Supersedes, Parent: c.Parent.ID, Tool: c.Tool, Made: c.Made, Order: c.Order,
		Exhibits: func(yield func(vigil.Exhibit, error) bool) {
			for it, err := range c.Exhibits {
				if !yield(it.Exhibit, err) {
					return
				}
			}
		},
		Events: eventsOf(c.Logs),
		Links:  links,
	}
	var err error
	if in.Taxonomy, err = indicator.Load(); err != nil {
		return in, err
	}
	in.Models, err = knownModels(in.Taxonomy)
	return in, err
}

// eventsOf returns the entries of logs, one log after the other.
func eventsOf(logs []bundle.Log) iter.Seq2[vigil.Event, error] {
	return func(yield func(vigil.Event, error) bool) {
		for _, l := range logs {
			for e, err := range l.Entries {
				if !yield(e.Event, err) {
					return
				}
			}
		}
	}
}

// knownModels returns what is known of the model that this program carries.
func knownModels(t indicator.Taxonomy) ([]report.Model, error) {
	m, err := classify.ParseModel(classify.Embedded(), t)
	if err != nil {
		return nil, fmt.Errorf("load the model: %w", err)
	}
	c, err := newClassifier()
	if err != nil {
		return nil, err
	}
	out := report.Model{
		ID: c.Model(), Texts: m.Texts, Data: m.Data, Bias: m.Bias,
		Thresholds: report.Thresholds{Note: m.Thresholds.Note, Review: m.Thresholds.Review, Priority: m.Thresholds.Priority},
	}
	measured, err := classify.EmbeddedMeasured()
	if err != nil {
		return nil, err
	}
	if measured.Model == out.ID {
		for _, t := range measured.Tests {
			out.Tests = append(out.Tests, testOf(t))
		}
	}
	return []report.Model{out}, nil
}

// testOf says what a measurement is, in words for a reader.
func testOf(m classify.Measurement) report.Test {
	t := report.Test{
		Name: m.Name, Seen: m.Seen, Texts: m.Texts, Positives: m.Positives, Negatives: m.Negatives,
		Found: rateOf(m.Recall), Right: rateOf(m.Precision), False: rateOf(m.FalseAlarms),
	}
	switch {
	case m.Seen:
		t.Name, t.On = "Cross-validation", "Each of the training texts, judged by a model that was made without it"
	default:
		t.Name = "Held back: " + cmp.Or(strings.TrimSuffix(strings.Join(m.Files, ", "), filepath.Ext(m.Name)), m.Name)
		t.On = "Texts that were kept from the making of the model"
	}
	for _, l := range m.Languages {
		t.Languages = append(t.Languages, report.Part{
			Name: l.Language, Texts: l.Texts, Positives: l.Positives, Found: l.Found, Negatives: l.Negatives, FalselyRaised: l.Alarms,
		})
	}
	slices.SortStableFunc(t.Languages, func(a, b report.Part) int { return cmp.Compare(b.Texts, a.Texts) })
	return t
}

func rateOf(e classify.Estimate) report.Rate {
	if e == nil {
		return report.Rate{}
	}
	return report.Rate{Value: e[0], Low: e[1], High: e[2], Known: true}
}
