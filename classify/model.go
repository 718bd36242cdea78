package classify

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"vigil"
	"vigil/classify/indicator"
)

//go:embed model.json
var modelFile []byte

// A Model holds the numbers of the linear score, as model.json does. Package train
// makes it.
type Model struct {
	Name       string             `json:"name"`
	Version    string             `json:"version"`
	Data       string             `json:"data"`  // hash of the training texts
	Texts      int                `json:"texts"` // their number
	Bias       float64            `json:"bias"`  // logit of the score of a listing without findings
	Thresholds Thresholds         `json:"thresholds"`
	Weights    map[string]float64 `json:"weights"` // of each feature, in logits
	Wording    Wording            `json:"wording"` // what makes the feature of that name
}

// Thresholds are the scores from which a level begins.
type Thresholds struct {
	Note     float64 `json:"note"`
	Review   float64 `json:"review"`
	Priority float64 `json:"priority"`
}

// ParseModel reads a model and checks it against the taxonomy: every feature has a
// weight of the sign that its kind asks for, and alone does no more than it may.
func ParseModel(b []byte, t indicator.Taxonomy) (Model, error) {
	var m Model
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Model{}, err
	}
	if h := m.Thresholds; !(0 < h.Note && h.Note < h.Review && h.Review < h.Priority && h.Priority < 1) {
		return Model{}, fmt.Errorf("thresholds %v, expected 0 < note < review < priority < 1", h)
	}
	if s := m.alone(0); !(s < m.Thresholds.Note) {
		return Model{}, fmt.Errorf("bias %v makes a score of %v, expected less than the threshold of note", m.Bias, s)
	}
	space := Space(t)
	for _, f := range space {
		w, ok := m.Weights[f.Name]
		if !ok {
			return Model{}, fmt.Errorf("no weight for %s", f.Name)
		}
		if err := m.check(f, w); err != nil {
			return Model{}, fmt.Errorf("weight of %s is %v: %w", f.Name, w, err)
		}
	}
	if err := m.checkPairs(space); err != nil {
		return Model{}, err
	}
	if len(m.Wording.Grams) > MaxGrams {
		return Model{}, fmt.Errorf("%d grams of wording, expected at most %d", len(m.Wording.Grams), MaxGrams)
	}
	if len(m.Weights) > len(space) {
		return Model{}, fmt.Errorf("%d weights for %d features, expected no others", len(m.Weights), len(space))
	}
	return m, nil
}

// check says what a feature's weight may not be.
func (m Model) check(f Feature, w float64) error {
	switch f.Kind {
	case Strong:
		if m.alone(w) < m.Thresholds.Review {
			return fmt.Errorf("alone it must make a review")
		}
	case Weak:
		if s := m.alone(w); s < m.Thresholds.Note || s >= m.Thresholds.Review {
			return fmt.Errorf("alone it must make a note")
		}
	case Told:
		if w < 0 || m.alone(w) >= m.Thresholds.Review {
			return fmt.Errorf("expected no less than 0, and no review alone")
		}
	case Context, Combination, Score:
		if w < 0 {
			return fmt.Errorf("expected no less than 0")
		}
	case Inverse:
		if w > 0 {
			return fmt.Errorf("expected no more than 0")
		}
	case Counter:
		if w >= 0 {
			return fmt.Errorf("expected less than 0")
		}
	}
	return nil
}

// checkPairs says whether two weak votes make a review, and the second never speaks against.
func (m Model) checkPairs(space []Feature) error {
	var weak []float64
	pair := 0.0
	for _, f := range space {
		switch f.Kind {
		case Weak:
			weak = append(weak, m.Weights[f.Name])
		case Pair:
			pair = m.Weights[f.Name]
		}
	}
	slices.Sort(weak)
	if len(weak) >= 2 && (m.alone(weak[0]+weak[1]+pair) < m.Thresholds.Review || weak[0]+pair < 0) {
		return fmt.Errorf("two weak votes of %v and %v with %v for the pair make no review", weak[0], weak[1], pair)
	}
	return nil
}

// alone is the score of a listing whose findings weigh w.
func (m Model) alone(w float64) float64 { return squash(m.Bias + w) }

// weight is what a finding adds to the logit, to four places.
func (m Model) weight(ts []term) float64 {
	sum := 0.0
	for _, t := range ts {
		sum += float64(m.Weights[t.feature] * t.value) // the conversion keeps platforms from fusing
	}
	return math.Round(sum*1e4) / 1e4
}

// reviews reports whether a weighing is one for review.
func (m Model) reviews(w *weighing) bool {
	sum := m.Bias
	for _, ts := range w.terms {
		sum += m.weight(ts)
	}
	return squash(sum) >= m.Thresholds.Review
}

// score is the logistic function of the sum of all weights, to four places.
func (m Model) score(fs []vigil.Finding) float64 {
	sum := m.Bias
	for _, f := range fs {
		sum += f.Weight
	}
	return squash(sum)
}

func squash(logit float64) float64 { return math.Round(1e4/(1+math.Exp(-logit))) / 1e4 }

// level is that of a score, of a listing in which a rule voted or none did: wording alone is
// no priority.
func (m Model) level(score float64, voted bool) vigil.Level {
	switch t := m.Thresholds; {
	case score >= t.Priority && voted:
		return vigil.LevelPriority
	case score >= t.Review:
		return vigil.LevelReview
	case score >= t.Note:
		return vigil.LevelNote
	}
	return vigil.LevelNone
}

// id names the model with a hash over all data that its results depend on. b is the
// model's file.
func (m Model) id(b []byte) (string, error) {
	h := sha256.New()
	h.Write(b)
	err := fs.WalkDir(indicator.Files(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(indicator.Files(), path)
		fmt.Fprintf(h, "%s %d\n%s", path, len(b), b)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("hash the model's data: %w", err)
	}
	return fmt.Sprintf("%s %s %s", m.Name, m.Version, hex.EncodeToString(h.Sum(nil)[:6])), nil
}

// Embedded returns model.json as this program carries it.
func Embedded() []byte { return bytes.Clone(modelFile) }
