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

	"vigil"
	"vigil/classify/indicator"
)

//go:embed model.json
var modelFile []byte

// A model holds the numbers of the linear score.
type model struct {
	Name       string             `json:"name"`
	Version    string             `json:"version"`
	Bias       float64            `json:"bias"`
	Thresholds thresholds         `json:"thresholds"`
	Hedge      float64            `json:"hedge"` // share of its weight that a reported or supposed indicator keeps
	Weights    map[string]float64 `json:"weights"`
	Joint      []joint            `json:"joint"`
}

// thresholds are the scores from which a level begins.
type thresholds struct {
	Note     float64 `json:"note"`
	Review   float64 `json:"review"`
	Priority float64 `json:"priority"`
}

// A joint weight takes the place of an indicator's own where another family votes too.
type joint struct {
	Indicator string  `json:"indicator"`
	With      string  `json:"with"`
	Weight    float64 `json:"weight"`
}

// parseModel reads a model and checks it against the taxonomy.
func parseModel(b []byte, t indicator.Taxonomy) (model, error) {
	var m model
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return model{}, err
	}
	if h := m.Thresholds; !(0 < h.Note && h.Note < h.Review && h.Review < h.Priority && h.Priority < 1) {
		return model{}, fmt.Errorf("thresholds %v, expected 0 < note < review < priority < 1", h)
	}
	if !(0 <= m.Hedge && m.Hedge <= 1) {
		return model{}, fmt.Errorf("hedge %v, expected 0 to 1", m.Hedge)
	}
	for _, in := range t.Indicators {
		w, ok := m.Weights[in.ID]
		if !ok {
			return model{}, fmt.Errorf("no weight for %s", in.ID)
		}
		if in.Polarity == vigil.Against && w >= 0 {
			return model{}, fmt.Errorf("weight of %s is %v, expected a negative one", in.ID, w)
		}
	}
	for id := range m.Weights {
		if _, ok := t.Find(id); !ok {
			return model{}, fmt.Errorf("weight for %s, which the taxonomy lacks", id)
		}
	}
	return m, nil
}

// score is the logistic function of the sum of all weights, to four places.
func (m model) score(fs []vigil.Finding) float64 {
	sum := m.Bias
	for _, f := range fs {
		sum += f.Weight
	}
	return math.Round(1e4/(1+math.Exp(-sum))) / 1e4
}

func (m model) level(score float64) vigil.Level {
	switch t := m.Thresholds; {
	case score >= t.Priority:
		return vigil.LevelPriority
	case score >= t.Review:
		return vigil.LevelReview
	case score >= t.Note:
		return vigil.LevelNote
	}
	return vigil.LevelNone
}

// id names the model with a hash over all data that its results depend on.
func (m model) id() (string, error) {
	h := sha256.New()
	h.Write(modelFile)
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
