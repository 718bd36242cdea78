package train

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"

	"vigil"
	"vigil/classify"
	"vigil/fixtures"
	"vigil/internal/eval"
)

// HeldTexts returns the embedded texts that are held back from training, in the
// order of their names.
func HeldTexts() ([]File, error) {
	names, err := fs.Glob(fixtures.FS, "texts/held*.jsonl")
	if err != nil {
		return nil, fmt.Errorf("find held texts: %w", err)
	}
	slices.Sort(names)
	var out []File
	for _, name := range names {
		b, err := fixtures.FS.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read held texts: %w", err)
		}
		out = append(out, File{name, b})
	}
	return out, nil
}

// MeasureHeld judges each file of held texts with a classifier.
func MeasureHeld(c *classify.Classifier) ([]classify.Measurement, error) {
	files, err := HeldTexts()
	if err != nil {
		return nil, err
	}
	taxonomy := c.Taxonomy()
	known := func(id string) bool { _, ok := taxonomy.Find(id); return ok }
	var out []classify.Measurement
	for _, f := range files {
		rows, _, err := Rows([]File{f}, known)
		if err != nil {
			return nil, err
		}
		s := &eval.System{Name: path.Base(f.Name)}
		for _, r := range rows {
			a := c.Assess(r.Listing)
			s.Add(path.Base(f.Name), r, eval.Judgement{Score: a.Score, Level: a.Level, Insufficient: a.Insufficient, Findings: a.Findings})
		}
		out = append(out, Measurement(s.Report(), []File{f}, false))
	}
	return out, nil
}

// Measurement takes from a report what measured.json keeps. seen says that the
// rules were written with the texts in view.
func Measurement(r eval.Report, files []File, seen bool) classify.Measurement {
	m := classify.Measurement{
		Name: r.System, Seen: seen, Texts: r.Texts, Groups: r.Groups,
		Recall: estimate(float64(r.Recall.Value), r.Recall.CI), Precision: estimate(float64(r.Precision.Value), r.Precision.CI),
		AgainstNone: estimate(float64(r.AgainstNone.Value), r.AgainstNone.CI),
		ECE:         estimate(float64(r.ECE.Value), r.ECE.CI),
	}
	for _, f := range files {
		m.Files = append(m.Files, path.Base(f.Name))
	}
	for _, l := range r.Levels {
		if l.Level == vigil.LevelReview {
			m.Positives, m.Found, m.Negatives, m.Alarms = l.TP+l.FN, l.TP, l.FP+l.TN, l.FP
		}
	}
	if m.Negatives > 0 {
		m.FalseAlarms = estimate(float64(m.Alarms)/float64(m.Negatives), eval.Wilson(m.Alarms, m.Negatives))
	}
	for _, p := range r.ByLang {
		m.Languages = append(m.Languages, classify.LanguagePart{
			Language: p.Part, Texts: p.N, Positives: p.Positives, Found: p.Found, Negatives: p.Negatives, Alarms: p.Alarms,
		})
	}
	return m
}

func estimate(v float64, ci eval.Interval) classify.Estimate {
	var e [3]float64
	for i, f := range []float64{v, ci.Low, ci.High} {
		if math.IsNaN(f) {
			return nil
		}
		e[i] = math.Round(f*1e4) / 1e4
	}
	return &e
}

// EncodeMeasured writes measurements as measured.json holds them.
func EncodeMeasured(m classify.Measured) ([]byte, error) {
	b, err := json.MarshalIndent(m, "", "  ")
	return append(b, '\n'), err
}
